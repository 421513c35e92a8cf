//! Plays scripts on the simulated engine, keeps the model, and compares the two.
//!
//! | file | job |
//! |---|---|
//! | [`topics`] | topics made, changed and deleted |
//! | [`sending`] | batches and markers, and their answers |
//! | [`reading`] | partitions read and compared |

mod reading;
mod sending;
mod topics;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use corelane_engine::compaction::{CleanError, HashSeed};
use corelane_engine::io::Disk;
use corelane_engine::sim::{
    DATA, Dice, Fault, Moment, Outcome, SimDisk, SimEngine, SimSettings, Simulation, Storage,
};
use corelane_engine::{Offset, TopicPartition};

pub use self::reading::{read_batches, read_log};
use crate::model::Model;
use crate::script::Step;

/// Longer than any call takes whose I/O does not hang; virtual, so that waiting costs nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// A whole life of an engine, with calls that hang.
const LIFE: Duration = Duration::from_secs(3 * 3600);

pub type Shared = Rc<RefCell<Model>>;

/// Waits, but not for ever; none when time is up.
pub async fn patiently<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut alarm = pin!(SimDisk.sleep(PATIENCE));
    std::future::poll_fn(|context| {
        if let Poll::Ready(value) = future.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        alarm.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// A script being played.
#[derive(Clone)]
pub struct Player {
    pub model: Shared,
    /// Where what contradicts the model is kept.
    pub failures: Rc<RefCell<Vec<String>>>,
    /// Whether the disk is allowed to fail, so that calls are.
    pub may_fail: bool,
}

impl Player {
    pub fn new(model: Model, may_fail: bool) -> Player {
        Player {
            model: Rc::new(RefCell::new(model)),
            failures: Rc::default(),
            may_fail,
        }
    }

    fn complain(&self, what: String) {
        self.failures.borrow_mut().push(what);
    }

    /// An error, which only a failing disk excuses.
    fn excuse(&self, what: &str, error: &dyn std::fmt::Display) {
        if !self.may_fail {
            self.complain(format!("I8: {what} failed on a disk that is well: {error}"));
        }
    }

    pub async fn steps(&self, steps: &[Step]) {
        for step in steps {
            self.step(step).await;
        }
    }

    async fn step(&self, step: &Step) {
        match step {
            Step::CreateTopic {
                topic,
                partitions,
                configs,
            } => {
                self.create_topic(topic, *partitions, configs).await;
            }
            Step::DeleteTopic { topic } => self.delete_topic(topic).await,
            Step::AddPartitions { topic, count } => self.add_partitions(topic, *count).await,
            Step::AlterConfigs { topic, configs } => self.alter_configs(topic, configs).await,
            Step::Append {
                topic,
                partition,
                batch,
            } => self.append(topic, *partition, batch).await,
            Step::Burst { batches } => self.burst(batches).await,
            Step::Resend {
                topic,
                partition,
                producer,
            } => {
                self.resend(topic, *partition, *producer).await;
            }
            Step::DeleteRecords {
                topic,
                partition,
                percent,
            } => {
                self.delete_records(topic, *partition, *percent).await;
            }
            Step::Retain { topic, partition } => {
                if let Some(id) = self.id_of(topic, *partition) {
                    self.retain(id).await;
                }
            }
            Step::Save { topic, partition } => {
                if let Some(id) = self.id_of(topic, *partition)
                    && let Some(Err(error)) = patiently(SimEngine.save(id)).await
                {
                    self.excuse("saving", &error);
                }
            }
            Step::Compact {
                topic,
                partition,
                map_bytes,
            } => {
                if let Some(id) = self.id_of(topic, *partition) {
                    self.compact(id, *map_bytes).await;
                }
            }
            Step::Decide {
                topic,
                partition,
                verdict,
            } => self.decide(topic, *partition, *verdict).await,
            Step::JumpClock { ms } => {
                self.model.borrow_mut().note_jump(SimDisk.now_ms(), *ms);
                SimEngine.jump_clock(*ms);
            }
            Step::Consume => self.consume().await,
            Step::Sleep { ms } => SimDisk.sleep(Duration::from_millis(*ms)).await,
            Step::Restart => unreachable!("scripts are cut at restarts"),
        }
    }

    /// A partition that is known to be there.
    fn id_of(&self, topic: &str, partition: i32) -> Option<TopicPartition> {
        let model = self.model.borrow();
        let topic = model.topics.get(topic).filter(|topic| topic.may_exist)?;
        let count = topic.partitions.len() as i32;
        Some(TopicPartition {
            topic_id: topic.id?,
            partition: (partition < count).then_some(partition)?,
        })
    }

    async fn delete_records(&self, topic: &str, partition: i32, percent: i64) {
        let Some(id) = self.id_of(topic, partition) else {
            return;
        };
        let model = self.model.clone();
        let delete = SimEngine.with_partition(id, move |open| async move {
            let (start, end) = (open.log_start_offset().0, open.high_watermark().0);
            let (offset, asked) = match start + (end - start) * percent / 100 {
                offset if offset > end => (-1, end),
                offset => (offset, offset),
            };
            if let Some(log) = model.borrow_mut().partition(id) {
                log.start_asked = log.start_asked.max(asked);
            }
            open.delete_records_before(Offset(offset)).await
        });
        match patiently(delete).await {
            Some(Some(Ok(start))) => {
                if let Some(log) = self.model.borrow_mut().partition(id) {
                    log.start_least = log.start_least.max(start.0);
                }
            }
            Some(Some(Err(error))) => self.excuse("deleting records", &error),
            Some(None) => self.excuse("deleting records", &"the partition is not there"),
            None => self.excuse("deleting records", &"it hangs"),
        }
    }

    async fn compact(&self, id: TopicPartition, map_bytes: usize) {
        let clean = SimEngine.with_partition(id, move |open| async move {
            if !open.config().cleanup_policy.compact {
                return Ok(());
            }
            open.clean_now(map_bytes, HashSeed([3, 5])).await
        });
        match patiently(clean).await {
            // Retention was faster.
            Some(None | Some(Ok(()) | Err(CleanError::Interrupted))) => {}
            Some(Some(Err(error))) => self.excuse("compaction", &error),
            None => self.excuse("compaction", &"it hangs"),
        }
    }

    async fn retain(&self, id: TopicPartition) {
        match patiently(SimEngine.retain(id)).await {
            Some(Ok(_)) => {}
            Some(Err(error)) => self.excuse("retention", &error),
            None => self.excuse("retention", &"it hangs"),
        }
    }
}

/// What a whole script came to.
pub struct Played {
    pub storage: Storage,
    pub model: Model,
    pub failures: Vec<String>,
    /// A hash over the traces of all lives.
    pub trace: u64,
    /// For each life how many I/Os there were.
    pub ios: Vec<u64>,
    pub points: u64,
    pub elapsed_ms: i64,
}

/// A fault in one of the lives between restarts.
#[derive(Clone, Copy, Debug)]
pub struct LifeFault {
    pub life: usize,
    pub fault: Fault,
}

/// Plays a script from an empty disk, restarts included. `observe` sees each point with its life and the model.
pub fn play(
    seed: u64,
    steps: &[Step],
    fault: Option<LifeFault>,
    observe: impl FnMut(usize, Moment<'_>, &Model, i64) + 'static,
) -> Played {
    let observe = Rc::new(RefCell::new(observe));
    let mut played = Played {
        storage: Storage::new(DATA),
        model: Model::default(),
        failures: Vec::new(),
        trace: 0,
        ios: Vec::new(),
        points: 0,
        elapsed_ms: 0,
    };
    let lives: Vec<&[Step]> = steps.split(|step| *step == Step::Restart).collect();
    for (life, steps) in lives.iter().enumerate() {
        let mut settings = settings(seed, life as u64);
        settings.started_ms = played.elapsed_ms;
        settings.clock_jump_ms = played.model.clock_jump_ms;
        let sim = Rc::new(Simulation::new(settings, played.storage.clone()));
        if std::env::var_os("CORELANE_SIM_TRACE").is_some() {
            sim.record();
        }
        let fault_here = fault.filter(|fault| fault.life == life);
        if let Some(fault) = fault_here {
            sim.fail(fault.fault);
        }
        let player = Player::new(std::mem::take(&mut played.model), fault.is_some());
        let (model, observe) = (player.model.clone(), observe.clone());
        let weak = Rc::downgrade(&sim);
        sim.observe(move |point| {
            let elapsed_ms = weak.upgrade().map_or(0, |sim| sim.elapsed_ms());
            observe.borrow_mut()(life, point, &model.borrow(), elapsed_ms);
        });
        let steps = steps.to_vec();
        let there = player.clone();
        let outcome = sim.run(LIFE, async move {
            match patiently(SimEngine.open()).await {
                Some(Ok(())) => {}
                Some(Err(error)) => return there.excuse("opening", &error),
                None => return there.excuse("opening", &"it hangs"),
            }
            there.consume().await;
            there.steps(&steps).await;
            if patiently(SimEngine.stop()).await.is_none() {
                there.excuse("stopping", &"it hangs");
            }
        });
        if outcome != Outcome::Done(()) {
            player.complain(format!("I8: life {life} ended as {outcome:?}"));
        }
        for line in sim.lines() {
            println!("life {life}  {line}");
        }
        played.trace = Dice::of(&[played.trace, sim.trace()]).roll();
        played.ios.push(sim.ios());
        played.points += sim.points();
        played.elapsed_ms = sim.elapsed_ms();
        played.storage = sim
            .point()
            .crash(corelane_engine::sim::CrashMode::Kill, seed);
        played.failures.append(&mut player.failures.borrow_mut());
        sim.observe(|_| {});
        drop(sim);
        played.model = player.model.borrow().clone();
    }
    played
}

pub fn settings(seed: u64, life: u64) -> SimSettings {
    SimSettings {
        seed: Dice::of(&[seed, life, 7]).roll(),
        cores: 1 + (seed % 3) as u16,
        ..SimSettings::new(0)
    }
}
