//! The exit codes of the binary: what a script may rely on.
//!
//! 2 is clap's own code for usage; 74, 75 and 78 are `EX_IOERR`, `EX_TEMPFAIL` and `EX_CONFIG` of BSD's `sysexits.h`.
//! Lives in the command line only; pure.

/// How a run of the binary ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Everything asked for was done; a reader that closed its pipe early counts as this.
    Success,
    /// Something failed, or an inspection found damage.
    Failure,
    /// The command line itself is wrong.
    Usage,
    /// Files could not be read, so that nothing is known of what they hold.
    Unreadable,
    /// It may work when tried again: the broker cannot be reached, or did not answer in time.
    Temporary,
    /// The configuration or the machine is not fit: a bad setting, or a required check of `doctor` failed.
    Configuration,
}

impl ExitCode {
    /// The number that the process hands to its parent.
    pub fn number(self) -> u8 {
        match self {
            ExitCode::Success => 0,
            ExitCode::Failure => 1,
            ExitCode::Usage => 2,
            ExitCode::Unreadable => 74,
            ExitCode::Temporary => 75,
            ExitCode::Configuration => 78,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        std::process::ExitCode::from(code.number())
    }
}
