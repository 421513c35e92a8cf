//! An error as the person at the terminal meets it: what went wrong, what to do next, and the exit code.
//!
//! Any other error that reaches `main` exits with [`ExitCode::Failure`]. Lives in the command line only.

use crate::exit_code::ExitCode;
use std::fmt;

/// A failure whose exit code or advice its place of origin knows.
#[derive(Debug)]
pub struct Failure {
    exit_code: ExitCode,
    message: String,
    advice: Option<String>,
}

impl Failure {
    /// The command line asks for something that cannot be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// A setting or the machine is not fit.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::new(ExitCode::Configuration, message)
    }

    /// A failure with this exit code and no advice yet.
    pub fn new(exit_code: ExitCode, message: impl Into<String>) -> Self {
        Failure {
            exit_code,
            message: message.into(),
            advice: None,
        }
    }

    /// Adds what to do next, as a sentence or a command to type.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// The exit code that this failure asks for.
    pub fn exit_code(&self) -> ExitCode {
        self.exit_code
    }

    /// What to do next, where that is known.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
