//! Opens what a crash has left, compares it with the model, and goes on: lookups, retries, appends, and the next
//! crash.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use corelane_engine::batch::ValidBatch;
use corelane_engine::io::Disk;
use corelane_engine::record::Records;
use corelane_engine::sim::{
    CrashMode, Dice, Outcome, Point, SimDisk, SimEngine, Simulation, Storage,
};
use corelane_engine::{Acks, Image, Offset, TimestampMs, TopicPartition};

use crate::compacted::{Decisions, check_decisions};
use crate::model::{Model, PartitionModel, ReadLog, Since, State, header};
use crate::play::{Player, patiently, read_batches, read_log, settings};
use crate::script::{Batch, Level};

const LIFE: Duration = Duration::from_secs(600);
/// Tasks that an idle engine has at most: retention on each core, and what waits for a timer of each partition.
const IDLE_TASKS_MAX: usize = 200;

/// One crash and what is known of it.
#[derive(Clone)]
pub struct Case {
    pub seed: u64,
    pub since: Since,
    pub elapsed_ms: i64,
    /// How many crashes during recoveries are still to come.
    pub depth: u32,
    /// Whether lookups of every offset are compared, or of some.
    pub thorough: bool,
}

/// Recovers `storage` and compares; then crashes the recovery at one of its points and does it again; then cuts the
/// power of what was recovered, and does it again.
pub fn check(storage: &Storage, model: &Model, case: &Case) -> Result<(), String> {
    let mut dice = Dice::of(&[case.seed, u64::from(case.depth), 3]);
    let (settled, end, in_recovery) = recover(storage, model, case)?;
    if case.depth == 0 {
        return Ok(());
    }
    let next_seed = dice.roll();
    let power_cut = |case: &Case| Case {
        depth: case.depth - 1,
        since: Since::PowerCut,
        seed: next_seed,
        ..case.clone()
    };
    if let Some(point) = in_recovery {
        let mode = CrashMode::ALL[dice.index(5)];
        let mut again = power_cut(case);
        if Since::from(mode) == Since::ProcessRan {
            again.since = case.since;
        }
        check(&point.crash(mode, case.seed), model, &again).map_err(|error| {
            format!(
                "{error}, after a crash ({mode:?}) at point {} of the recovery",
                point.number
            )
        })?;
    }
    let mode = CrashMode::ALL[dice.index(4)];
    check(&end.crash(mode, case.seed), &settled, &power_cut(case)).map_err(|error| {
        format!("I4: {error}, after a power cut ({mode:?}) once all had recovered")
    })
}

/// One recovery. What is known afterwards, the last point, and a point while it was opening.
fn recover(
    storage: &Storage,
    model: &Model,
    case: &Case,
) -> Result<(Model, Point, Option<Point>), String> {
    let mut settings = settings(case.seed, 1000 + u64::from(case.depth));
    settings.started_ms = case.elapsed_ms;
    settings.clock_jump_ms = model.clock_jump_ms;
    let sim = Simulation::new(settings, storage.clone());
    let chosen: Rc<RefCell<Option<Point>>> = Rc::default();
    let place = chosen.clone();
    let mut dice = Dice::of(&[case.seed, u64::from(case.depth), 4]);
    // One of all the points of the recovery, each as likely as the others.
    let mut seen = 0;
    sim.observe(move |point| {
        seen += 1;
        if dice.once_in(seen) {
            *place.borrow_mut() = Some(point.point());
        }
    });
    let is_traced = std::env::var_os("CORELANE_SIM_TRACE").is_some();
    if is_traced {
        sim.record();
    }
    let opened = sim.run(LIFE, SimEngine.open());
    for line in sim.lines() {
        println!("recovery {}  {line}", case.depth);
    }
    sim.observe(|_| {});
    match opened {
        Outcome::Done(Ok(())) => {}
        Outcome::Done(Err(error)) => return Err(format!("I8: the start fails: {error}")),
        stuck => return Err(format!("I8: the start is {stuck:?}")),
    }
    let player = Player::new(model.clone(), false);
    let checker = Checker {
        player: player.clone(),
        case: case.clone(),
    };
    match sim.run(LIFE, async move { checker.everything().await }) {
        Outcome::Done(Ok(())) => {}
        Outcome::Done(Err(error)) => return Err(error),
        stuck => return Err(format!("I8: after the start the engine is {stuck:?}")),
    }
    if let Some(failure) = player.failures.borrow().first() {
        return Err(failure.clone());
    }
    if sim.live_tasks() > IDLE_TASKS_MAX {
        return Err(format!("I7: {} tasks are left", sim.live_tasks()));
    }
    let settled = player.model.borrow().clone();
    let in_recovery = chosen.borrow_mut().take();
    Ok((settled, sim.point(), in_recovery))
}

struct Checker {
    player: Player,
    case: Case,
}

impl Checker {
    async fn everything(self) -> Result<(), String> {
        let image = SimEngine.image().await;
        self.check_topics(&image)?;
        let partitions = self.partitions(&image);
        for (name, id) in &partitions {
            self.check_partition(name, *id)
                .await
                .map_err(|error| format!("{error} ({name}-{})", id.partition))?;
        }
        for (name, id) in &partitions {
            self.check_retries(*id)
                .await
                .map_err(|error| format!("{error} ({name}-{})", id.partition))?;
            let batch = Batch {
                records: 2,
                bytes: 40,
                acks: Level::All,
                producer: None,
                later_ms: 1,
                off_ms: 0,
            };
            // Fails the test when it does not succeed.
            self.player.append(name, id.partition, &batch).await;
        }
        self.player.consume().await;
        Ok(())
    }

    /// Compares the topics and takes what is there for what is known.
    fn check_topics(&self, image: &Image) -> Result<(), String> {
        let mut model = self.player.model.borrow_mut();
        for topic in image.topics() {
            let Some(known) = model.topics.get_mut(&topic.name) else {
                return Err(format!(
                    "I2: topic {} is there and was deleted, or never made",
                    topic.name
                ));
            };
            if known.id.is_some_and(|id| id != topic.topic_id) || !known.may_exist {
                return Err(format!("I2: topic {} is another one", topic.name));
            }
            let count = topic.partitions.len();
            if !known.counts.contains(&count) {
                return Err(format!(
                    "I1: topic {} has {count} partitions, not {:?}",
                    topic.name, known.counts
                ));
            }
            let configs: BTreeMap<String, String> = image
                .topic_configs(&topic.name)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            if !known.configs.contains(&configs) {
                return Err(format!(
                    "I1: topic {} is configured as {configs:?}, not {:?}",
                    topic.name, known.configs
                ));
            }
            known.id = Some(topic.topic_id);
            known.may_miss = false;
            known.counts = vec![count];
            known.configs = vec![configs];
            known.partitions.resize(count, PartitionModel::default());
        }
        let lost = model
            .topics
            .iter()
            .find(|(name, topic)| !topic.may_miss && image.topic_by_name(name).is_none());
        if let Some((name, _)) = lost {
            return Err(format!("I1: topic {name} is lost"));
        }
        model
            .topics
            .retain(|name, _| image.topic_by_name(name).is_some());
        Ok(())
    }

    fn partitions(&self, image: &Image) -> Vec<(String, TopicPartition)> {
        let mut partitions = Vec::new();
        for topic in image.topics() {
            for partition in topic.partitions.keys().copied() {
                let topic_id = topic.topic_id;
                partitions.push((
                    topic.name.clone(),
                    TopicPartition {
                        topic_id,
                        partition,
                    },
                ));
            }
        }
        partitions
    }

    async fn check_partition(&self, name: &str, id: TopicPartition) -> Result<(), String> {
        let log = read_log(id).await?;
        let log = log.ok_or_else(|| "I1: the partition is not open".to_owned())?;
        if let Some(reason) = &log.refusal {
            return Err(format!("I8: the partition refuses writes: {reason}"));
        }
        {
            let mut model = self.player.model.borrow_mut();
            let rules = model.rules(name, SimDisk.now_ms());
            let partition = model.partition(id).ok_or("I2: an unknown partition")?;
            let places = partition.check(&log, self.case.since, &rules)?;
            partition.settle(&log, &places, &rules);
        }
        self.check_lookups(id, &log).await?;
        check_transactions(id, &log).await?;
        check_times(id, &log).await
    }

    /// I5: a lookup by the index finds what a linear scan finds.
    async fn check_lookups(&self, id: TopicPartition, log: &ReadLog) -> Result<(), String> {
        let mut dice = Dice::of(&[self.case.seed, 5]);
        for batch in &log.batches {
            if !self.case.thorough && !dice.once_in(4) {
                continue;
            }
            let header = header(batch);
            let last = header.last_offset().expect("in range").0;
            let offset = last.max(log.start);
            match read_batches(id, offset).await {
                Ok(found) if found.first() == Some(batch) => {}
                Ok(_) => return Err(format!("I5: the read at {offset} gives another batch")),
                Err(_) => return Err(format!("I5: offset {offset} is not found")),
            }
        }
        Ok(())
    }

    /// I2: what each producer sent last is known, where it is still in the log.
    async fn check_retries(&self, id: TopicPartition) -> Result<(), String> {
        let lasts: Vec<_> = {
            let mut model = self.player.model.borrow_mut();
            let producers = model.producers.clone();
            let Some(log) = model.partition(id) else {
                return Ok(());
            };
            let last = |producer: &crate::model::ProducerModel| {
                let sent = &log.sent[producer.at.get(&id)?.last?];
                match sent.state {
                    State::Acknowledged { base_offset, .. } if base_offset >= log.start_least => {
                        Some((sent.bytes.clone(), base_offset))
                    }
                    _ => None,
                }
            };
            producers.iter().filter_map(last).collect()
        };
        for (bytes, base_offset) in lasts {
            let batch = ValidBatch::check(bytes, 100 << 20).expect("it was sent before");
            let appended = patiently(SimEngine.append(id, batch, Acks::Durable)).await;
            match appended {
                Some(Ok(appended))
                    if appended.duplicate && appended.base_offset.0 == base_offset => {}
                other => {
                    return Err(format!(
                        "I2: a retry of the batch at {base_offset} is answered {other:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// What is known of transactions is what a linear scan finds.
async fn check_transactions(id: TopicPartition, log: &ReadLog) -> Result<(), String> {
    let (start, end) = (Offset(log.start), Offset(log.high_watermark));
    let known = SimEngine.with_partition(id, move |open| async move {
        Decisions {
            stable_end: open.last_stable_offset().0,
            aborted: open.aborted_ranges(start, end),
        }
    });
    let known = known.await.ok_or("I1: the partition is not open")?;
    check_decisions(log, &known)
}

/// I5: a search by time finds what a linear scan finds.
async fn check_times(id: TopicPartition, log: &ReadLog) -> Result<(), String> {
    let Some(middle) = log.batches.get(log.batches.len() / 2) else {
        return Ok(());
    };
    let wanted = header(middle).max_timestamp();
    let first_in = |batch: &bytes::Bytes| {
        let records = Records::open(batch).expect("it has been compared with what was sent");
        let mut records = records.iter().flatten();
        let found =
            records.find(|record| record.timestamp >= wanted && record.offset.0 >= log.start);
        found.map(|record| record.offset.0)
    };
    let expected = log.batches.iter().find_map(first_in);
    let found = SimEngine.with_partition(id, move |open| async move {
        open.offset_for_timestamp(TimestampMs(wanted.0)).await
    });
    match found.await {
        Some(Ok(found)) if found.map(|found| found.offset.0) == expected => Ok(()),
        Some(Ok(found)) => Err(format!(
            "I5: time {wanted:?} is found at {found:?}, not {expected:?}"
        )),
        Some(Err(error)) => Err(format!("I5: time {wanted:?}: {error}")),
        None => Err("I1: the partition is not open".to_owned()),
    }
}
