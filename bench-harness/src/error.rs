//! Why a measurement could not be made.
//!
//! Invariants: faults of the broker during a run are no errors, they stand in the result. Pure.

use std::io;
use std::path::PathBuf;

use corelane_client::ClientError;
use corelane_engine::batch::BatchError;
use corelane_engine::log_config::ConfigError;
use corelane_engine::{EngineError, TopicError};
use thiserror::Error;

use crate::process::ProcessError;
use crate::settings::SettingsError;
use crate::workload::WorkloadError;

/// Why there is no result.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The settings cannot be run.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The workload cannot be run.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
    /// The broker could not be prepared.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The broker's or the client's process could not be sampled.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A system call of the client failed.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing was answered in the measured span.
    #[error("nothing was measured: {reason}")]
    NothingMeasured {
        /// Why.
        reason: String,
    },
    /// A broker process ended before it served.
    #[error("{name} did not serve within {waited_s} s; its output is in {log}", log = .log.display())]
    NotServing {
        /// The broker.
        name: String,
        /// How long was waited.
        waited_s: f64,
        /// Its output.
        log: PathBuf,
    },
    /// The engine in this process did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The engine in this process did not create or delete the topic.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// The engine in this process keeps no such topic.
    #[error("{directory} holds no topic {topic}; fill it with `corelane bench produce --in-process`", directory = .directory.display())]
    NoTopic {
        /// The topic.
        topic: String,
        /// The scratch directory.
        directory: PathBuf,
    },
    /// The topic's configuration cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The batch is none that the topic takes.
    #[error(
        "the batch is refused: {0}; lower the record size or count, or raise max.message.bytes"
    )]
    Batch(#[from] BatchError),
    /// The directory holds what no benchmark has put there.
    #[error("{directory} is not empty and was not made by a benchmark; give an empty or a new directory", directory = .directory.display())]
    ForeignDirectory {
        /// The directory.
        directory: PathBuf,
    },
    /// A file that a broker needs is missing.
    #[error("{path} is not there; {remedy}", path = .path.display())]
    Missing {
        /// The file or folder.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
}

/// Names what failed.
pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> BenchError {
    let what = what.into();
    move |source| BenchError::System { what, source }
}
