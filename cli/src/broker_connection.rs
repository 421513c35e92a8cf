//! From the settings to a cluster that answers, and from a client's errors to exit codes.

use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::settings::Resolved;
use corelane_client::{ClientError, Cluster, ErrorCode, Timeouts};

/// The name that brokers see.
const CLIENT_ID: &str = "corelane";

/// Connects to the broker that `bootstrap` names.
pub fn connect(resolved: &Resolved) -> Result<Cluster, Failure> {
    let bootstrap = resolved.bootstrap()?.to_string();
    Cluster::connect(&[bootstrap], CLIENT_ID, Timeouts::default()).map_err(failure)
}

/// A client's error with the exit code that tells whether trying again may help.
pub fn failure(error: ClientError) -> Failure {
    let advice = match &error {
        ClientError::Connect { .. } | ClientError::Resolve { .. } => {
            Some("start one with `corelane serve`, or name another with --bootstrap")
        }
        _ => None,
    };
    // Kafka calls a missing topic retriable, because metadata may lag behind; here somebody named a wrong one.
    let is_missing = error.code() == Some(ErrorCode::UnknownTopicOrPartition);
    let code = match error.is_retriable() && !is_missing {
        true => ExitCode::Temporary,
        false => ExitCode::Failure,
    };
    let failure = Failure::new(code, error.to_string());
    match advice {
        Some(advice) => failure.advise(advice),
        None => failure,
    }
}
