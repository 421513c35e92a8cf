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
    /// The records of a batch that are to blame; empty where it is none in particular.
    pub records: Vec<RecordRefusal>,
}

/// Why one record of a batch was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRefusal {
    /// The record's number in its batch, from 0.
    pub index: i32,
    /// What people read; none beside very many others.
    pub message: Option<String>,
}

impl Refusal {
    /// Pairs a code with a message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Refusal {
            code,
            message: message.into(),
            records: Vec::new(),
        }
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Refusal::new(code, code.message())
    }
}
