//! What can be measured: a Kafka-protocol broker, and whatever else takes the same workloads.
//!
//! Invariants: workloads, settings and results are the same for every target, so that results can be compared.

use crate::error::BenchError;
use crate::observe::OnProgress;
use crate::result::RunResult;
use crate::settings::{FetchSettings, ProduceSettings};

/// Something that takes the workloads.
pub trait Target {
    /// Its name in tables.
    fn name(&self) -> &str;
    /// Runs the `produce` workload.
    fn produce(
        &mut self,
        settings: &ProduceSettings,
        on_progress: OnProgress,
    ) -> Result<RunResult, BenchError>;
    /// Runs the `fetch` workload.
    fn fetch(
        &mut self,
        settings: &FetchSettings,
        on_progress: OnProgress,
    ) -> Result<RunResult, BenchError>;
}

/// A broker that speaks the Kafka protocol; the settings name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// Its name in tables.
    pub name: String,
}

impl Target for Wire {
    fn name(&self) -> &str {
        &self.name
    }

    fn produce(
        &mut self,
        settings: &ProduceSettings,
        on_progress: OnProgress,
    ) -> Result<RunResult, BenchError> {
        crate::produce::produce(settings, on_progress)
    }

    fn fetch(
        &mut self,
        settings: &FetchSettings,
        on_progress: OnProgress,
    ) -> Result<RunResult, BenchError> {
        crate::fetch::fetch(settings, on_progress)
    }
}
