//! Asks every core for what it has counted, one after the other.
//!
//! Runs on the thread that answers for metrics; each part is made on the core that it speaks of and crosses as plain
//! numbers. Invariant: a core is asked for some partitions at a time and looks at its ring in between, so that a broker
//! with many of them is not held up by being looked at.

use std::sync::Arc;

use corelane_engine::catalogue::Image;
use corelane_engine::runtime::yield_now;
use corelane_engine::types::{ShardId, TopicPartition};
use corelane_engine::{CoreReport, Engine, Intake, Partition, Shard};
use futures_lite::future::block_on;
use uuid::Uuid;

use crate::counters::ApiCounts;
use crate::groups::census::GroupCensus;
use crate::lane::Lane;
use crate::limits::METRICS_GROUP_OFFSETS_MAX;
use crate::volume::{self, Space};

/// Partitions and group coordinators that a core tells of before it looks at its ring again.
const AT_ONCE_MAX: usize = 64;

/// Everything at about one moment.
pub struct Snapshot {
    /// The topics.
    pub image: Arc<Image>,
    /// Each core's part, in their order.
    pub cores: Vec<CorePart>,
    /// Wake-ups by the watchdog.
    pub watchdog_kicks: u64,
    /// The volume of the data directory, where it answers.
    pub space: Option<Space>,
}

/// What one core tells.
pub struct CorePart {
    /// The core.
    pub core: ShardId,
    /// The engine's part.
    pub engine: CoreReport,
    /// Its partitions.
    pub partitions: Vec<PartitionPart>,
    /// The broker's part; none while a core starts or stops.
    pub broker: Option<BrokerPart>,
}

/// One partition.
pub struct PartitionPart {
    /// Which.
    pub id: TopicPartition,
    /// Bytes of its segments.
    pub size_bytes: u64,
    /// The first offset that it holds.
    pub log_start_offset: i64,
    /// The end of what consumers may see.
    pub high_watermark: i64,
    /// The end of what is written.
    pub log_end_offset: i64,
    /// What it has taken since it was opened.
    pub intake: Intake,
    /// Why it refuses writes.
    pub refused: Option<Arc<str>>,
    /// What was cut off its end when it was opened.
    pub cut: Option<Arc<str>>,
}

/// What the broker counts on a core.
pub struct BrokerPart {
    /// Requests by the key of their API.
    pub apis: Vec<(i16, ApiCounts)>,
    /// Bytes of records sent.
    pub bytes_out: u64,
    /// The same by topic.
    pub bytes_out_by_topic: Vec<(Uuid, u64)>,
    /// Connections that are open.
    pub connections: usize,
    /// Connections accepted.
    pub accepted: u64,
    /// Connections turned away.
    pub turned_away: u64,
    /// Connections that have moved away.
    pub moved_out: u64,
    /// Answers that told their client to wait.
    pub throttled: u64,
    /// How long they were told to, in ms.
    pub throttle_ms: u64,
    /// Bytes of requests that are held.
    pub request_bytes_held: usize,
    /// Groups of the coordinators that are loaded.
    pub groups: Vec<GroupCensus>,
    /// Committed offsets that were left out.
    pub group_offsets_left_out: usize,
}

impl Snapshot {
    /// Asks the cores. The engine must not be stopped meanwhile.
    pub fn take(engine: &Engine) -> Snapshot {
        let image = block_on(engine.image());
        let cores = engine.shards().map(|core| {
            let image = image.clone();
            block_on(engine.on(core, move || async move { of_this_core(&image).await }))
        });
        let cores = cores.collect();
        let data = engine.data().to_owned();
        Snapshot {
            cores,
            image,
            watchdog_kicks: engine.watchdog_kicks(),
            space: block_on(engine.on(
                ShardId(0),
                move || async move { volume::space(&data).await },
            )),
        }
    }
}

async fn of_this_core(image: &Image) -> CorePart {
    let shard = Shard::current();
    let mut partitions = Vec::new();
    for some in shard.partitions().chunks(AT_ONCE_MAX) {
        partitions.extend(some.iter().map(|partition| part_of(partition)));
        yield_now().await;
    }
    let broker = match Lane::current() {
        Some(lane) => Some(broker_part(&lane, image).await),
        None => None,
    };
    CorePart {
        core: shard.id(),
        engine: shard.report(),
        partitions,
        broker,
    }
}

fn part_of(partition: &Partition) -> PartitionPart {
    PartitionPart {
        id: partition.id(),
        size_bytes: partition.size_bytes(),
        log_start_offset: partition.log_start_offset().0,
        high_watermark: partition.high_watermark().0,
        log_end_offset: partition.log_end_offset().0,
        intake: partition.intake(),
        refused: partition.refused(),
        cut: partition.cut_at_open(),
    }
}

async fn broker_part(lane: &Lane, image: &Image) -> BrokerPart {
    let (mut groups, mut group_offsets_left_out) = (Vec::new(), 0);
    let mut offsets_left = METRICS_GROUP_OFFSETS_MAX;
    for (index, coordinator) in lane.groups.active().into_iter().enumerate() {
        let (some, left_out) = coordinator.act(|machine, _| machine.census(offsets_left));
        offsets_left -= some.iter().map(|group| group.offsets.len()).sum::<usize>();
        group_offsets_left_out += left_out;
        groups.extend(some);
        if index % AT_ONCE_MAX == AT_ONCE_MAX - 1 {
            yield_now().await;
        }
    }
    let counters = &lane.counters;
    BrokerPart {
        apis: counters.apis(),
        bytes_out: counters.bytes_out(),
        bytes_out_by_topic: counters.bytes_out_by_topic(image),
        connections: lane.connection_count(),
        accepted: counters.accepted.read(),
        turned_away: counters.turned_away.read(),
        moved_out: counters.moved_out.read(),
        throttled: counters.throttled.read(),
        throttle_ms: counters.throttle_ms.read(),
        request_bytes_held: lane.request_memory.held_bytes()
            + lane.large_request_memory.held_bytes(),
        groups,
        group_offsets_left_out,
    }
}
