//! The features of the cluster that clients and tools can ask for and set (KIP-584), and their levels.
//!
//! Pure. Invariant: what is finalized is what the catalogue says, within what is supported here.

use corelane_engine::Image;

/// What this broker has: Kafka's names with their highest levels. The lowest is 0, which means that a feature is off.
pub const SUPPORTED: &[(&str, i16)] = &[];

/// The highest level of a feature; none where this broker does not have it.
pub fn level_max(name: &str) -> Option<i16> {
    let found = SUPPORTED.iter().find(|(known, _)| *known == name);
    found.map(|(_, level_max)| *level_max)
}

/// The features that are on, with their levels.
pub fn finalized(image: &Image) -> impl Iterator<Item = (&str, i16)> {
    image
        .features()
        .filter(|(name, _)| level_max(name).is_some())
}
