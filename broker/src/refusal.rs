//! A Kafka error code with a message for people.
//!
//! Pure.

use corelane_protocol::ErrorCode;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What clients act on.
    pub code: ErrorCode,
    /// What people read.
    pub message: String,
}

impl Refusal {
    /// Pairs a code with a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Refusal {
            code,
            message: message.into(),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Refusal::new(code, code.message())
    }
}
