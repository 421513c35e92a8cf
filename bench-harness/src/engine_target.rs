//! The workloads on an engine in this process: what the log costs without sockets, protocol and a client's threads.
//!
//! Invariants: the engine's data lies in a scratch directory that holds nothing else; each partition is worked on by
//! tasks of the core that owns it, through the same calls as the broker's; the engine is stopped before a result is
//! handed out, so that nothing of a run goes on behind the next one's back.

mod append_load;
mod core_load;
mod read_load;
mod scratch;

use std::path::{Path, PathBuf};

use corelane_engine::log_config::LogConfig;
use corelane_engine::{Engine, EngineConfig, Image, NewTopic, TopicPartition, ValidBatch};
use futures_lite::future::block_on;

use crate::affinity::CoreList;
use crate::drive::{Outcome, Plan, window_of};
use crate::durability;
use crate::error::BenchError;
use crate::fetch::measured_span;
use crate::observe::OnProgress;
use crate::produce::build_batch;
use crate::report::assemble;
use crate::result::{Durability, RunResult, Workload};
use crate::settings::{
    Acks, ClientSettings, FetchFrom, FetchSettings, ProduceSettings, SettingsError, TopicSettings,
};
use crate::target::Target;
use append_load::AppendLoad;
use read_load::ReadLoad;

const ONE_PROCESS: &str = "the engine ran in this process: no sockets, no protocol; server and client figures are both those of this process";
const READS: &str = "the engine was opened for this run, so its memory holds next to nothing of the log: ranges of files are read (pread, from the page cache where it has them) into a buffer that is used again, where a broker splices them";

/// An engine in this process, opened for each run on a scratch directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineTarget {
    /// The scratch directory.
    pub directory: PathBuf,
    /// The CPUs of the engine, one core each. Without: all that the process may use.
    pub cores: Option<CoreList>,
}

impl Target for EngineTarget {
    fn name(&self) -> &str {
        "engine"
    }

    fn produce(
        &mut self,
        settings: &ProduceSettings,
        on_progress: OnProgress,
    ) -> Result<RunResult, BenchError> {
        settings.validate()?;
        if settings.acks == Acks::None {
            let reason = "an engine always answers an append; choose acks 1 or all";
            return Err(SettingsError::Contradiction(reason).into());
        }
        if settings.hot_share.is_some() || settings.unique_keys.is_some() {
            let reason =
                "hot partitions and keys are for brokers, not for an engine in this process";
            return Err(SettingsError::Contradiction(reason).into());
        }
        self.with_engine(|engine| produce(engine, settings, on_progress))
    }

    fn fetch(
        &mut self,
        settings: &FetchSettings,
        on_progress: OnProgress,
    ) -> Result<RunResult, BenchError> {
        settings.validate()?;
        if settings.from == FetchFrom::Tail {
            let reason =
                "nobody appends to an engine in this process while it is read; leave the tail out";
            return Err(SettingsError::Contradiction(reason).into());
        }
        self.with_engine(|engine| fetch(engine, settings, &self.directory, on_progress))
    }
}

impl EngineTarget {
    fn with_engine(
        &self,
        work: impl FnOnce(&Engine) -> Result<RunResult, BenchError>,
    ) -> Result<RunResult, BenchError> {
        let data = scratch::claim(&self.directory)?;
        let cpus = self.cores.as_ref().map(|cores| cores.cores().to_vec());
        let engine = Engine::open(EngineConfig {
            cpus: cpus.unwrap_or_default(),
            ..EngineConfig::new(data)
        })?;
        let result = work(&engine);
        engine.stop();
        result
    }
}

fn produce(
    engine: &Engine,
    settings: &ProduceSettings,
    on_progress: OnProgress,
) -> Result<RunResult, BenchError> {
    let name = &settings.topic.name;
    let created = ensure_topic(engine, &settings.topic)?;
    let image = block_on(engine.image());
    let result = produce_to(engine, &image, settings, on_progress);
    if created && settings.topic.delete_after {
        let topic = image.topic_by_name(name);
        if let Some(topic) = topic {
            block_on(engine.delete_topic(topic.topic_id))?;
        }
    }
    result
}

fn produce_to(
    engine: &Engine,
    image: &Image,
    settings: &ProduceSettings,
    on_progress: OnProgress,
) -> Result<RunResult, BenchError> {
    let topic = &settings.topic.name;
    let config = LogConfig::from_pairs(image.topic_configs(topic))?;
    let limit = usize::try_from(config.max_message_bytes).unwrap_or(usize::MAX);
    let batch = ValidBatch::check(build_batch(settings)?, limit)?;
    let load = AppendLoad::new(settings, partitions_of(image, topic), batch);
    let window = window_of(&settings.span);
    let client = on_these_cores(engine, &settings.client);
    let plan = Plan::alone(&client, &settings.span, Some(std::process::id()));
    let start_tasks = move |account: &_| load.start(account);
    let outcome = core_load::run(engine, &plan, &window, on_progress, start_tasks)?;
    let workload = Workload::Produce(ProduceSettings {
        client: client.clone(),
        ..settings.clone()
    });
    let durability = durability_of(image, topic, Some(settings.acks));
    result(workload, &client, durability, outcome, &[ONE_PROCESS])
}

fn fetch(
    engine: &Engine,
    settings: &FetchSettings,
    directory: &Path,
    on_progress: OnProgress,
) -> Result<RunResult, BenchError> {
    let image = block_on(engine.image());
    let topic = &settings.topic;
    if image.topic_by_name(topic).is_none() {
        return Err(BenchError::NoTopic {
            topic: topic.clone(),
            directory: directory.to_owned(),
        });
    }
    let load = ReadLoad::new(settings, partitions_of(&image, topic));
    let span = measured_span(settings);
    let window = window_of(&span);
    let client = on_these_cores(engine, &settings.client);
    let plan = Plan::alone(&client, &span, Some(std::process::id()));
    let start_tasks = move |account: &_| load.start(account);
    let outcome = core_load::run(engine, &plan, &window, on_progress, start_tasks)?;
    let workload = Workload::Fetch(FetchSettings {
        client: client.clone(),
        ..settings.clone()
    });
    let durability = durability_of(&image, topic, None);
    result(
        workload,
        &client,
        durability,
        outcome,
        &[ONE_PROCESS, READS],
    )
}

fn result(
    workload: Workload,
    client: &ClientSettings,
    durability: Durability,
    outcome: Outcome,
    notes: &[&str],
) -> Result<RunResult, BenchError> {
    let mut result = assemble(workload, client, durability, outcome)?;
    // Busy cores are what is measured here, not a limit of the measurement.
    result.client_limit = None;
    result.notes = notes.iter().map(|note| (*note).to_owned()).collect();
    Ok(result)
}

/// The client's threads are the engine's cores.
fn on_these_cores(engine: &Engine, client: &ClientSettings) -> ClientSettings {
    ClientSettings {
        threads: u32::try_from(engine.shard_count()).unwrap_or(u32::MAX),
        ..client.clone()
    }
}

/// Whether the topic was created by this call.
fn ensure_topic(engine: &Engine, topic: &TopicSettings) -> Result<bool, BenchError> {
    if block_on(engine.image())
        .topic_by_name(&topic.name)
        .is_some()
    {
        return Ok(false);
    }
    block_on(engine.create_topic(NewTopic {
        name: topic.name.clone(),
        partitions: topic.partitions,
        configs: topic.configs.clone(),
    }))?;
    Ok(true)
}

fn partitions_of(image: &Image, topic: &str) -> Vec<TopicPartition> {
    let topic = image.topic_by_name(topic);
    topic.map_or_else(Vec::new, |topic| {
        let numbers = topic.partitions.keys().copied();
        let topic_id = topic.topic_id;
        numbers
            .map(|partition| TopicPartition {
                topic_id,
                partition,
            })
            .collect()
    })
}

fn durability_of(image: &Image, topic: &str, acks: Option<Acks>) -> Durability {
    let value = |wanted: &str| {
        let mut configs = image.topic_configs(topic);
        configs
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value.to_owned())
    };
    let mut durability = Durability {
        acks: acks.map_or_else(String::new, |acks| acks.to_string()),
        flush_messages: value("flush.messages"),
        flush_ms: value("flush.ms"),
        min_insync_replicas: value("min.insync.replicas"),
        replicas: Some(1),
        ..Durability::default()
    };
    // `Acks::Durable`, which is what acks=all becomes, is answered after fdatasync.
    let (statement, on_disk) = durability::conclude(&durability, true, acks);
    durability.statement = statement;
    durability.on_disk_before_ack = on_disk;
    durability
}
