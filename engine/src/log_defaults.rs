//! What holds for topics that set nothing themselves: from the start, and from what the catalogue says of the node.
//!
//! Shared by all cores, immutable. Invariant: a function of the image alone, so that every core and every start comes
//! to the same.

use std::fmt;
use std::sync::Arc;

use crate::catalogue::Image;
use crate::log_config::LogConfig;

/// See the module. The `Arc` is for the cores, which are threads of their own.
#[derive(Clone)]
pub struct LogDefaults(Arc<dyn Fn(&Image) -> LogConfig + Send + Sync>);

impl LogDefaults {
    /// Defaults that follow from the image.
    pub fn new(of_image: impl Fn(&Image) -> LogConfig + Send + Sync + 'static) -> Self {
        LogDefaults(Arc::new(of_image))
    }

    /// The defaults that an image leads to.
    #[must_use]
    pub fn of(&self, image: &Image) -> LogConfig {
        (self.0)(image)
    }
}

impl Default for LogDefaults {
    fn default() -> Self {
        LogDefaults::new(|_| LogConfig::default())
    }
}

impl fmt::Debug for LogDefaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LogDefaults")
    }
}
