//! What a workload is: named steps, each with a topic, loads and durations, as a YAML file describes them.
//!
//! Invariants: unknown keys and values out of range are refused by the name of the key; a workload that was read can be
//! run against any target that offers what it needs. `docs/bench.md` has the schema in prose. Pure.

mod catalogue;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::settings::{
    Acks, AtEnd, CONNECTIONS_MAX, FetchFrom, IN_FLIGHT_MAX, PARTITIONS_MAX, RECORD_BYTES_MAX,
    RECORDS_PER_BATCH_MAX, SECONDS_MAX,
};

pub use catalogue::{Named, find, named};

/// Steps of one workload.
pub const STEPS_MAX: usize = 64;
/// What a step may write before it measures: 1 TiB.
pub const FILL_MIB_MAX: u64 = 1 << 20;
/// Bytes of a workload file.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Numbers up to here are not scaled: scaling is for sizes that make a run long.
const SCALED_ABOVE: u32 = 16;

/// Why a workload file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WorkloadError {
    /// No YAML, or larger than a workload can be.
    #[error("the workload is no YAML: {reason}")]
    NoYaml {
        /// What the reader said, with the line.
        reason: String,
    },
    /// A key that is unknown, missing, or has a value of the wrong kind.
    #[error("`{key}`: {reason}")]
    Key {
        /// The key, with the way to it.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// No such name.
    #[error(
        "there is no workload `{name}`; `corelane bench workloads` lists them, and a file's name ends in .yaml or .yml"
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
}

/// A workload: steps that run one after the other on each target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadPlan {
    /// Its name in tables.
    pub name: String,
    /// What it shows, in a sentence.
    #[serde(default)]
    pub about: String,
    /// What is run.
    pub steps: Vec<Step>,
}

/// One measurement. Without a load the target is watched while nothing happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name in tables, unique in the workload.
    pub name: String,
    /// The topic, created for the step and deleted after it.
    #[serde(default)]
    pub topic: TopicPlan,
    /// Mebibytes that are written before the measurement, by `produce` without its rate, or by 64 KiB batches.
    #[serde(default)]
    pub fill_mib: u64,
    /// What is written.
    #[serde(default)]
    pub produce: Option<ProduceLoad>,
    /// What is read meanwhile.
    #[serde(default)]
    pub fetch: Option<FetchLoad>,
    /// Kills the broker with SIGKILL under the load once `fill_mib` are acknowledged, starts it again, and checks the data.
    #[serde(default)]
    pub kill: bool,
    /// Starts another broker of the target's kind on an empty directory, for the time to its first record.
    #[serde(default)]
    pub start: bool,
    /// Makes it a fault when the target's memory or descriptors grow during the measurement, or one of its cores hangs.
    #[serde(default)]
    pub steady: bool,
    /// Load before the measurement, in place of the run's.
    #[serde(default)]
    pub warm_up_s: Option<f64>,
    /// The measurement, in place of the run's.
    #[serde(default)]
    pub measure_s: Option<f64>,
}

/// The topic of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TopicPlan {
    /// Partitions.
    pub partitions: u32,
    /// Kafka's topic configurations.
    pub configs: BTreeMap<String, String>,
}

impl Default for TopicPlan {
    fn default() -> Self {
        Self {
            partitions: 8,
            configs: BTreeMap::new(),
        }
    }
}

/// A load of Produce requests. The defaults are W1's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProduceLoad {
    /// Bytes of each record's value.
    pub record_bytes: u32,
    /// Records of each batch; a request carries one batch.
    pub records_per_batch: u32,
    /// When requests are answered.
    pub acks: AcksPlan,
    /// Whether an answer must mean "on disk": a target that does not flush before it answers acks=all gets
    /// `flush.messages=1`.
    pub durable: bool,
    /// Connections.
    pub connections: u32,
    /// Requests in flight on each.
    pub in_flight: u32,
    /// The schedule; without one, as fast as answers allow.
    pub rate: Option<Rate>,
    /// The share of requests that go to partition 0.
    pub hot_share: Option<f64>,
    /// Gives records keys; of n records about this share of n have keys of their own.
    pub unique_keys: Option<f64>,
    /// Tells latency apart by partition.
    pub latency_by_partition: bool,
}

impl Default for ProduceLoad {
    fn default() -> Self {
        Self {
            record_bytes: 1024,
            records_per_batch: 64,
            acks: AcksPlan::One,
            durable: false,
            connections: 4,
            in_flight: 8,
            rate: None,
            hot_share: None,
            unique_keys: None,
            latency_by_partition: false,
        }
    }
}

/// `acks` in a file. Without answers there would be nothing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcksPlan {
    /// By the leader: acks=1.
    One,
    /// By all in-sync replicas.
    All,
}

impl From<AcksPlan> for Acks {
    fn from(acks: AcksPlan) -> Self {
        match acks {
            AcksPlan::One => Self::Leader,
            AcksPlan::All => Self::All,
        }
    }
}

/// A fixed schedule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// Records a second in all.
    RecordsPerS(f64),
    /// 10^6 bytes of values a second.
    MbPerS(f64),
    /// A share of what the same target did at most with the same load, measured before the first round.
    OfMaximum(f64),
}

/// A load of Fetch requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FetchLoad {
    /// Readers that each read everything.
    pub groups: u32,
    /// Connections of each.
    pub connections: u32,
    /// Requests in flight on each connection, for different partitions.
    pub in_flight: u32,
    /// `earliest` or `tail`.
    pub from: FetchFrom,
    /// `wait`, `restart`, `stop` (at the end as it was at first) or `catch-up` (with what is written meanwhile).
    pub at_end: AtEnd,
    /// Largest answer.
    pub max_bytes: u32,
    /// Largest part of a partition in an answer.
    pub partition_max_bytes: u32,
    /// How long the broker waits for data.
    pub max_wait_ms: u32,
}

impl Default for FetchLoad {
    fn default() -> Self {
        Self {
            groups: 1,
            connections: 4,
            in_flight: 1,
            from: FetchFrom::Tail,
            at_end: AtEnd::Wait,
            max_bytes: 8 << 20,
            partition_max_bytes: 1 << 20,
            max_wait_ms: 500,
        }
    }
}

impl WorkloadPlan {
    /// Reads a YAML (or JSON) text.
    pub fn from_yaml(text: &str) -> Result<Self, WorkloadError> {
        if text.len() > FILE_BYTES_MAX {
            let reason = format!("it is larger than {FILE_BYTES_MAX} bytes");
            return Err(WorkloadError::NoYaml { reason });
        }
        let value: serde_json::Value =
            serde_saphyr::from_str(text).map_err(|error| WorkloadError::NoYaml {
                reason: error.to_string(),
            })?;
        let plan: Self =
            serde_path_to_error::deserialize(value).map_err(|error| WorkloadError::Key {
                key: error.path().to_string(),
                reason: error.inner().to_string(),
            })?;
        plan.validate()?;
        Ok(plan)
    }

    /// Refuses what cannot be run, by the name of the key.
    pub fn validate(&self) -> Result<(), WorkloadError> {
        if self.steps.is_empty() || self.steps.len() > STEPS_MAX {
            return Err(key("steps", &format!("must be 1 to {STEPS_MAX}")));
        }
        for (number, step) in self.steps.iter().enumerate() {
            let at = format!("steps[{number}]");
            if self.steps[..number]
                .iter()
                .any(|other| other.name == step.name)
            {
                return Err(key(&format!("{at}.name"), "another step has the same name"));
            }
            step.validate(&at)?;
        }
        Ok(())
    }

    /// The same with sizes that make a run long multiplied: `fill_mib`, and partitions and connections above 16.
    pub fn scaled(mut self, factor: f64) -> Self {
        for step in &mut self.steps {
            step.fill_mib = scale_u64(step.fill_mib, factor);
            step.topic.partitions = scale(step.topic.partitions, factor);
            if let Some(produce) = &mut step.produce {
                produce.connections = scale(produce.connections, factor);
            }
        }
        self
    }
}

impl Step {
    fn validate(&self, at: &str) -> Result<(), WorkloadError> {
        let within = |name: &str, value: f64, minimum: f64, maximum: f64| {
            in_range(&format!("{at}.{name}"), value, minimum, maximum)
        };
        within(
            "topic.partitions",
            self.topic.partitions.into(),
            1.0,
            PARTITIONS_MAX.into(),
        )?;
        if self.fill_mib > FILL_MIB_MAX {
            let reason = format!("is {}; it must be at most {FILL_MIB_MAX}", self.fill_mib);
            return Err(key(&format!("{at}.fill_mib"), &reason));
        }
        if let Some(seconds) = self.warm_up_s {
            within("warm_up_s", seconds, 0.0, SECONDS_MAX)?;
        }
        if let Some(seconds) = self.measure_s {
            within("measure_s", seconds, 0.001, SECONDS_MAX)?;
        }
        if let Some(produce) = &self.produce {
            produce.validate(&format!("{at}.produce"))?;
        }
        if let Some(fetch) = &self.fetch {
            fetch.validate(&format!("{at}.fetch"))?;
        }
        let has_load = self.produce.is_some() || self.fetch.is_some();
        if self.start && (has_load || self.fill_mib > 0) {
            return Err(key(&format!("{at}.start"), "is a step without a load"));
        }
        if self.steady && (!has_load || self.kill) {
            return Err(key(&format!("{at}.steady"), "needs a load, and no `kill`"));
        }
        if self.kill && (self.produce.is_none() || self.fetch.is_some() || self.fill_mib == 0) {
            return Err(key(
                &format!("{at}.kill"),
                "needs `produce` and `fill_mib`, and no `fetch`",
            ));
        }
        Ok(())
    }
}

impl ProduceLoad {
    fn validate(&self, at: &str) -> Result<(), WorkloadError> {
        let within = |name: &str, value: f64, minimum: f64, maximum: f64| {
            in_range(&format!("{at}.{name}"), value, minimum, maximum)
        };
        within(
            "record_bytes",
            self.record_bytes.into(),
            0.0,
            RECORD_BYTES_MAX.into(),
        )?;
        let records = f64::from(self.records_per_batch);
        within(
            "records_per_batch",
            records,
            1.0,
            RECORDS_PER_BATCH_MAX.into(),
        )?;
        within(
            "connections",
            self.connections.into(),
            1.0,
            CONNECTIONS_MAX.into(),
        )?;
        within(
            "in_flight",
            self.in_flight.into(),
            1.0,
            IN_FLIGHT_MAX.into(),
        )?;
        match self.rate {
            None => {}
            Some(Rate::RecordsPerS(rate)) => within("rate.records_per_s", rate, 0.001, 1e9)?,
            Some(Rate::MbPerS(rate)) => within("rate.mb_per_s", rate, 0.001, 1e6)?,
            Some(Rate::OfMaximum(share)) => within("rate.of_maximum", share, 0.01, 1.0)?,
        }
        if let Some(share) = self.hot_share {
            within("hot_share", share, 0.0, 1.0)?;
        }
        if let Some(share) = self.unique_keys {
            within("unique_keys", share, 0.0, 1.0)?;
        }
        if self.durable && self.acks != AcksPlan::All {
            return Err(key(&format!("{at}.durable"), "needs `acks: all`"));
        }
        Ok(())
    }

    /// Records a second of the schedule, given what the target did at most.
    pub fn records_per_second(&self, maximum: Option<f64>) -> Option<f64> {
        match self.rate? {
            Rate::RecordsPerS(rate) => Some(rate),
            Rate::MbPerS(rate) => Some(rate * 1e6 / f64::from(self.record_bytes.max(1))),
            Rate::OfMaximum(share) => maximum.map(|maximum| share * maximum),
        }
    }
}

impl FetchLoad {
    fn validate(&self, at: &str) -> Result<(), WorkloadError> {
        let within = |name: &str, value: u32, minimum: f64, maximum: f64| {
            in_range(&format!("{at}.{name}"), value.into(), minimum, maximum)
        };
        within("groups", self.groups, 1.0, 1_000.0)?;
        within("connections", self.connections, 1.0, CONNECTIONS_MAX.into())?;
        within("in_flight", self.in_flight, 1.0, IN_FLIGHT_MAX.into())?;
        within("max_bytes", self.max_bytes, 1.0, f64::from(64 << 20))?;
        within(
            "partition_max_bytes",
            self.partition_max_bytes,
            1.0,
            f64::from(64 << 20),
        )?;
        within("max_wait_ms", self.max_wait_ms, 0.0, 60_000.0)
    }
}

fn key(key: &str, reason: &str) -> WorkloadError {
    WorkloadError::Key {
        key: key.to_owned(),
        reason: reason.to_owned(),
    }
}

fn in_range(name: &str, value: f64, minimum: f64, maximum: f64) -> Result<(), WorkloadError> {
    // Written so that NaN is refused too.
    if value >= minimum && value <= maximum {
        return Ok(());
    }
    Err(key(
        name,
        &format!("is {value}; it must be between {minimum} and {maximum}"),
    ))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a validated number times a factor of at most one stays in its range"
)]
fn scale(number: u32, factor: f64) -> u32 {
    if number <= SCALED_ABOVE {
        return number;
    }
    ((f64::from(number) * factor) as u32).max(SCALED_ABOVE)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "mebibytes of a fill stay below 2^53"
)]
fn scale_u64(number: u64, factor: f64) -> u64 {
    if number == 0 {
        return 0;
    }
    ((number as f64 * factor) as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        WorkloadPlan::from_yaml(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_few_lines_is_a_whole_workload() {
        let plan = WorkloadPlan::from_yaml(
            "name: mine\nsteps:\n  - name: one\n    produce: {acks: all}\n",
        )
        .unwrap();
        assert_eq!(plan.steps[0].topic.partitions, 8);
        let produce = plan.steps[0].produce.as_ref().unwrap();
        assert_eq!((produce.acks, produce.connections), (AcksPlan::All, 4));
    }

    #[test]
    fn an_unknown_key_is_named_with_the_way_to_it() {
        let error = refusal("name: m\nsteps:\n  - name: s\n    produce: {record_size: 5}\n");
        assert!(error.contains("steps[0].produce.record_size"), "{error}");
        assert!(error.contains("record_bytes"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_names_its_key() {
        let error = refusal("name: m\nsteps:\n  - name: s\n    topic: {partitions: many}\n");
        assert!(error.contains("steps[0].topic.partitions"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_names_its_key_and_the_range() {
        let error = refusal("name: m\nsteps:\n  - name: s\n    produce: {connections: 0}\n");
        assert!(error.contains("steps[0].produce.connections"), "{error}");
        assert!(error.contains("10000"), "{error}");
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let error = refusal("name: m\nname: n\nsteps: []\n");
        assert!(error.contains("name"), "{error}");
    }

    #[test]
    fn two_steps_of_one_name_are_refused() {
        let error = refusal("name: m\nsteps:\n  - name: s\n  - name: s\n");
        assert!(error.contains("steps[1].name"), "{error}");
    }

    #[test]
    fn what_is_no_yaml_is_said_with_its_line() {
        let error = refusal("name: m\nsteps: [\n");
        assert!(error.contains("YAML"), "{error}");
    }

    #[test]
    fn scaling_leaves_small_numbers_alone() {
        let plan = find("partitions").unwrap().scaled(0.01);
        let partitions: Vec<u32> = plan
            .steps
            .iter()
            .map(|step| step.topic.partitions)
            .collect();
        assert_eq!(partitions, [1, 10, 16, 16, 100]);
    }
}
