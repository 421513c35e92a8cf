//! What the tests of this binary share: a scratch directory with an engine on it, batches, and a plain model to
//! compare with.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use corelane_engine::batch::{Placement, RecordBatchHeader, place};
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, ProducerFields};
use corelane_engine::{
    Acks, AppendError, Appended, DataDirectoryError, Engine, EngineConfig, EngineError, FetchPart,
    FetchPlan, NewTopic, Offset, Partition, PartitionError, ProducerId, ReadError, ReadRequest,
    Shard, TopicPartition, ValidBatch,
};
pub use futures_lite::future::block_on;

/// Longer than anything here takes; a test that waits so long has hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// A data directory and an engine on it.
pub struct Scene {
    engine: Option<Engine>,
    config: EngineConfig,
    _scratch: Option<tempfile::TempDir>,
}

pub fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("cargo has made its scratch directory")
}

pub fn small_config(data: &Path) -> EngineConfig {
    EngineConfig {
        tail_cache_bytes: 8 << 20,
        ..EngineConfig::new(data)
    }
}

impl Scene {
    pub fn new() -> Scene {
        Scene::with(|_| {})
    }

    /// A fresh directory, with some settings changed.
    pub fn with(change: impl FnOnce(&mut EngineConfig)) -> Scene {
        let scratch = scratch();
        let mut config = small_config(&scratch.path().join("data"));
        change(&mut config);
        let mut scene = Scene {
            engine: None,
            config,
            _scratch: Some(scratch),
        };
        scene.start();
        scene
    }

    /// A directory of somebody else.
    pub fn at(data: &Path) -> Scene {
        let mut scene = Scene {
            engine: None,
            config: small_config(data),
            _scratch: None,
        };
        scene.start();
        scene
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("the engine runs")
    }

    pub fn config(&self) -> EngineConfig {
        self.config.clone()
    }

    pub fn data(&self) -> &Path {
        &self.config.data
    }

    pub fn start(&mut self) {
        // A child of another test that has been forked and has not called exec yet holds this lock for a moment.
        let start = Instant::now();
        let engine = loop {
            match Engine::open(self.config.clone()) {
                Err(EngineError::DataDirectory(DataDirectoryError::Locked { .. }))
                    if self.engine.is_none() && start.elapsed() < PATIENCE =>
                {
                    std::thread::sleep(Duration::from_millis(1));
                }
                opened => break opened.expect("the engine opens"),
            }
        };
        self.engine = Some(engine);
    }

    /// A clean stop.
    pub fn stop(&mut self) {
        self.engine.take().expect("the engine runs").stop();
    }

    /// Ends the engine without a stop: nothing is flushed, saved or marked.
    pub fn drop_engine(&mut self) {
        drop(self.engine.take());
    }

    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// An end without a stop, then a start.
    pub fn crash(&mut self) {
        self.drop_engine();
        self.start();
    }

    pub fn topic(&self, name: &str, configs: &[(&str, &str)]) -> TopicPartition {
        let topic_id = create_topic(self.engine(), name, 1, configs).expect("the topic is new");
        TopicPartition {
            topic_id,
            partition: 0,
        }
    }

    pub fn directory(&self, topic: &str) -> PathBuf {
        self.data().join(format!("{topic}-0"))
    }

    /// Runs `work` on the core of a partition.
    pub fn on_partition<R, W, F>(&self, partition: TopicPartition, work: W) -> R
    where
        R: Send + 'static,
        W: FnOnce(Rc<Partition>) -> F + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        on_partition(self.engine(), partition, work)
    }

    pub fn append(&self, partition: TopicPartition, batch: Bytes, acks: Acks) -> Appended {
        append(self.engine(), partition, batch, acks).expect("the append succeeds")
    }

    /// Every byte from the log start to the high watermark.
    pub fn read_all(&self, partition: TopicPartition) -> Vec<u8> {
        let start = self.on_partition(partition, |open| async move { open.log_start_offset() });
        read_from(self.engine(), partition, start)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take()
            && !std::thread::panicking()
        {
            engine.stop();
        }
    }
}

pub fn create_topic(
    engine: &Engine,
    name: &str,
    partitions: u32,
    configs: &[(&str, &str)],
) -> Result<uuid::Uuid, corelane_engine::TopicError> {
    let topic = NewTopic {
        name: name.to_owned(),
        partitions,
        configs: pairs(configs),
    };
    block_on(engine.create_topic(topic))
}

pub fn pairs(configs: &[(&str, &str)]) -> BTreeMap<String, String> {
    configs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

pub fn on_partition<R, W, F>(engine: &Engine, partition: TopicPartition, work: W) -> R
where
    R: Send + 'static,
    W: FnOnce(Rc<Partition>) -> F + Send + 'static,
    F: Future<Output = R> + 'static,
{
    let image = block_on(engine.image());
    let topic = image
        .topic_by_id(partition.topic_id)
        .expect("the topic exists");
    let slot = topic.partitions[&partition.partition]
        .shard_slot
        .expect("placed by this engine");
    block_on(engine.on(engine.owner(slot), move || async move {
        let open = Shard::current().partition(&partition);
        work(open.expect("the partition is open")).await
    }))
}

pub fn append(
    engine: &Engine,
    partition: TopicPartition,
    batch: Bytes,
    acks: Acks,
) -> Result<Appended, PartitionError<AppendError>> {
    block_on(engine.append(partition, valid(batch), acks))
}

pub fn valid(batch: Bytes) -> ValidBatch {
    ValidBatch::check(batch, 100 << 20).expect("the builder makes valid batches")
}

/// A batch of `count` records with `length` bytes of a value that tells which one it is.
pub fn batch(number: u64, count: usize, length: usize) -> Bytes {
    batch_at(number, count, length, 1_700_000_000_000)
}

pub fn batch_at(number: u64, count: usize, length: usize, timestamp_ms: i64) -> Bytes {
    build(BatchOptions::default(), number, count, length, timestamp_ms)
}

/// A batch of an idempotent producer.
pub fn batch_of(producer: ProducerId, epoch: i16, base_sequence: i32, count: usize) -> Bytes {
    let options = BatchOptions {
        producer: Some(ProducerFields {
            id: producer,
            epoch,
            base_sequence,
        }),
        ..BatchOptions::default()
    };
    let number = u64::try_from(base_sequence).expect("sequences are not negative");
    build(options, number, count, 20, 1_700_000_000_000)
}

fn build(
    options: BatchOptions,
    number: u64,
    count: usize,
    length: usize,
    timestamp_ms: i64,
) -> Bytes {
    let mut builder = BatchBuilder::new(options);
    for record in 0..count {
        let value = value(number, record, length);
        builder
            .append(&NewRecord {
                timestamp_ms,
                value: Some(&value),
                ..NewRecord::default()
            })
            .expect("the batch is small");
    }
    builder.build().expect("the batch has records")
}

fn value(number: u64, record: usize, length: usize) -> Vec<u8> {
    // No zeros, so that a lost block shows.
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (record as u64) | 1;
    (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8 | 1
        })
        .collect()
}

pub fn request(offset: Offset) -> ReadRequest {
    ReadRequest {
        offset,
        bytes_max: 1 << 20,
        at_least_one: true,
        offset_max: None,
    }
}

pub fn read(
    engine: &Engine,
    partition: TopicPartition,
    request: ReadRequest,
) -> Result<FetchPlan, PartitionError<ReadError>> {
    block_on(engine.read(partition, request))
}

/// The bytes of a plan, those in files read through their descriptors.
pub fn bytes_of(plan: &FetchPlan) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in &plan.parts {
        match part {
            FetchPart::Memory(slice) => bytes.extend_from_slice(slice),
            FetchPart::File(range) => {
                let file = fs::File::from(range.file.reader().try_clone().expect("dup"));
                let start = bytes.len();
                bytes.resize(start + range.length as usize, 0);
                file.read_exact_at(&mut bytes[start..], range.position)
                    .expect("the range lies within the file");
            }
        }
    }
    assert_eq!(bytes.len() as u64, plan.length);
    bytes
}

/// Every byte from `offset` to the high watermark.
pub fn read_from(engine: &Engine, partition: TopicPartition, mut offset: Offset) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let plan = read(engine, partition, request(offset)).expect("the log can be read");
        let more = bytes_of(&plan);
        if more.is_empty() {
            return bytes;
        }
        for batch in batches(&more) {
            offset = batch
                .header
                .last_offset()
                .and_then(Offset::next)
                .expect("in range");
        }
        bytes.extend_from_slice(&more);
    }
}

pub struct FoundBatch {
    pub header: RecordBatchHeader,
    pub bytes: Bytes,
}

impl FoundBatch {
    pub fn base_offset(&self) -> i64 {
        self.header.base_offset().0
    }

    pub fn last_offset(&self) -> i64 {
        self.header.last_offset().expect("in range").0
    }
}

/// Cuts bytes into batches, which have to be whole and intact.
pub fn batches(bytes: &[u8]) -> Vec<FoundBatch> {
    let mut rest = Bytes::copy_from_slice(bytes);
    let mut found = Vec::new();
    while !rest.is_empty() {
        let header = *RecordBatchHeader::view(&rest).expect("a whole header");
        let batch = rest.split_to(header.size().expect("a size"));
        ValidBatch::check_foreign(batch.clone(), 100 << 20).expect("an intact batch");
        found.push(FoundBatch {
            header,
            bytes: batch,
        });
    }
    found
}

/// What was acknowledged, in the order of the log: a plain vector to compare the log with.
#[derive(Default)]
pub struct Model {
    pub batches: Vec<(i64, Bytes)>,
}

impl Model {
    pub fn append(
        &mut self,
        scene: &Scene,
        partition: TopicPartition,
        batch: Bytes,
        acks: Acks,
    ) -> Appended {
        let appended = scene.append(partition, batch.clone(), acks);
        self.batches.push((appended.base_offset.0, batch));
        appended
    }

    /// Asserts that `found` is these batches, byte for byte, from `from` on; returns how many there were.
    pub fn assert_is(&self, found: &[u8]) {
        self.assert_is_from(0, found);
    }

    pub fn assert_is_from(&self, from: i64, found: &[u8]) {
        let found = batches(found);
        let expected: Vec<_> = self
            .batches
            .iter()
            .filter(|(base_offset, _)| *base_offset >= from)
            .collect();
        for ((base_offset, batch), found) in expected.iter().zip(&found) {
            let mut placed = batch.to_vec();
            place(
                &mut placed,
                Placement {
                    base_offset: Offset(*base_offset),
                    leader_epoch: found.header.leader_epoch(),
                },
            );
            assert_eq!(found.base_offset(), *base_offset);
            assert!(
                placed == found.bytes,
                "the batch at offset {base_offset} differs"
            );
        }
        assert_eq!(found.len(), expected.len(), "batches in the log");
    }
}

/// Names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .expect("the directory is there")
        .map(|entry| {
            let name = entry.expect("it can be listed").file_name();
            name.into_string().expect("our names are UTF-8")
        })
        .collect();
    names.sort();
    names
}

pub fn names_ending(directory: &Path, end: &str) -> Vec<String> {
    let mut names = names(directory);
    names.retain(|name| name.ends_with(end));
    names
}

/// Waits for something that happens in the background.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the tests may mount file systems. Skips loudly; where the clients' environment is demanded, refuses to.
pub fn may_mount(rig: &str) -> bool {
    // SAFETY: asks for a number.
    #[allow(unsafe_code)]
    let is_root = unsafe { libc::geteuid() } == 0;
    if !is_root {
        skip(rig, "mounting needs root");
    }
    is_root
}

pub fn skip(rig: &str, reason: &str) {
    assert!(
        std::env::var_os("CORELANE_REQUIRE_CLIENTS").is_none(),
        "{rig}: {reason}"
    );
    eprintln!("SKIPPED {rig}: {reason}");
}
