//! What a start has found: the partitions that refuse writes, and what was cut off the ends of logs.
//!
//! Crosses cores as plain text. Invariant: it names every partition that refused writes when it was opened.

use std::path::PathBuf;

use crate::cores::Cores;
use crate::engine::Engine;
use crate::shard::Shard;

/// See [`Engine::start_report`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartReport {
    /// How many partitions are open.
    pub partition_count: usize,
    /// Those that refuse writes, by directory.
    pub refused: Vec<Finding>,
    /// Those whose log ended in a torn write, by directory.
    pub cut: Vec<Finding>,
}

/// What was found in one partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The partition's directory.
    pub directory: PathBuf,
    /// File, position, offset and the row of the decision table.
    pub what: String,
}

impl Engine {
    /// What the start has found, in all partitions that are open.
    pub async fn start_report(&self) -> StartReport {
        let mut report = StartReport::default();
        for part in self.on_each(|| async { of_this_core() }).await {
            report.partition_count += part.partition_count;
            report.refused.extend(part.refused);
            report.cut.extend(part.cut);
        }
        report.refused.sort();
        report.cut.sort();
        report
    }
}

fn of_this_core() -> StartReport {
    let partitions = Shard::current().partitions();
    let mut report = StartReport {
        partition_count: partitions.len(),
        ..StartReport::default()
    };
    for partition in partitions {
        let finding = |what: std::sync::Arc<str>| Finding {
            directory: partition.directory(),
            what: what.to_string(),
        };
        report.refused.extend(partition.refused().map(finding));
        report.cut.extend(partition.cut_at_open().map(finding));
    }
    report
}
