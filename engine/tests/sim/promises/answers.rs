//! What an answer to a producer or a reader promises of the disk.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use corelane_engine::io::Disk;
use corelane_engine::recovery::Row;
use corelane_engine::sim::{
    CrashMode, DATA, Fault, FaultKind, SimDisk, SimEngine, Simulation, Storage,
};
use corelane_engine::{Acks, AppendError, PartitionError, TopicPartition};

use super::{batch, create_topic, live, numbers, numbers_of, run, send, send_durably};
use crate::model::header;
use crate::play::{patiently, read_batches, read_log, settings};

/// I2: what a consumer was shown of a producer that waits for a flush is there after a power cut.
#[test]
pub fn a_record_that_was_read_outlasts_a_power_cut() {
    let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
    let read = Rc::new(Cell::new(0));
    let cuts: Rc<RefCell<Vec<(i64, Storage)>>> = Rc::default();
    let (seen, kept) = (read.clone(), cuts.clone());
    sim.observe(move |point| {
        if seen.get() > 0 {
            let cut = point.crash(CrashMode::None, point.number());
            kept.borrow_mut().push((seen.get(), cut));
        }
    });
    let reader = read.clone();
    let id = run(&sim, async move {
        SimEngine.open().await.expect("the disk is well");
        let id = create_topic(&[]).await.expect("the disk is well");
        SimEngine.spawn(async move {
            while reader.get() < 20 {
                if let Ok(batches) = read_batches(id, reader.get()).await
                    && let Some(last) = batches.last()
                {
                    reader.set(header(last).next_offset().expect("in range").0);
                }
                SimDisk.sleep(Duration::from_micros(2)).await;
            }
        });
        for number in 0..20 {
            send_durably(id, batch(number, None)).await;
        }
        id
    });
    drop(sim);
    assert!(cuts.borrow().len() > 20, "the reader has seen nothing");
    for (seen, cut) in cuts.take() {
        let end = live(&cut, async move {
            let ends = SimEngine.with_partition(id, |open| async move { open.high_watermark() });
            ends.await.expect("the partition is open")
        });
        assert!(
            end.0.0 >= seen,
            "I2: offset {seen} was read, and the log ends at {}",
            end.0
        );
    }
}

/// `flush.messages=3` makes every third record wait for a flush, whatever its producer asked for.
#[test]
pub fn flush_messages_makes_durable_what_it_counts() {
    live(&Storage::new(DATA), async {
        let flushed = [("flush.messages", "3")];
        let id = create_topic(&flushed).await.expect("the disk is well");
        for number in 1..=12 {
            let sent = send(id, batch(number, None), Acks::Written).await;
            sent.expect("the disk is well");
            let durable = SimEngine.with_partition(id, |open| async move { open.durable_offset() });
            let durable = durable.await.expect("the partition is open").0 as usize;
            assert!(
                durable + 3 > number,
                "{number} are acknowledged, {durable} durable"
            );
        }
    });
}

/// Batches with acks=1 survive a power cut once the engine has stopped cleanly.
#[test]
pub fn a_clean_stop_makes_everything_durable() {
    let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
    let id = run(&sim, async {
        SimEngine.open().await.expect("the disk is well");
        let id = create_topic(&[]).await.expect("the disk is well");
        for number in 0..5 {
            let sent = send(id, batch(number, None), Acks::Written).await;
            sent.expect("the disk is well");
        }
        SimEngine.stop().await;
        id
    });
    let cut = sim.point().crash(CrashMode::None, 1);
    let (found, _) = live(&cut, async move { numbers(id).await });
    assert_eq!(found, Ok((0..5).collect()));
}

/// What producers were told.
#[derive(Clone, Default)]
struct Answers {
    acknowledged: BTreeSet<usize>,
    /// Told that nothing was appended.
    failed: BTreeSet<usize>,
}

impl Answers {
    fn count(&self) -> usize {
        self.acknowledged.len() + self.failed.len()
    }

    fn check(&self, found: &[usize]) -> Result<(), String> {
        let lost = self
            .acknowledged
            .iter()
            .find(|number| !found.contains(number));
        let back = self.failed.iter().find(|number| found.contains(number));
        match (lost, back) {
            (Some(lost), _) => Err(format!("I1: batch {lost} was acknowledged and is lost")),
            (None, Some(back)) => Err(format!("I2: batch {back} had failed and is there")),
            (None, None) => Ok(()),
        }
    }
}

/// The numbers of the batches that are served, whether the partition takes writes or not. The stop has never been clean
/// here, so that nothing may be refused as damage after a clean one.
async fn served(id: TopicPartition) -> Result<Vec<usize>, String> {
    let log = read_log(id).await?.ok_or("the partition is not open")?;
    match log.refusal {
        Some(reason) if reason.contains(Row::RotAfterCleanStop.label()) => Err(reason),
        _ => numbers_of(&log.batches),
    }
}

type Shared<T> = Rc<RefCell<T>>;

/// Rounds of three batches at once, so that groups have several, then a stop.
async fn produce(place: Rc<Cell<Option<TopicPartition>>>, answers: Shared<Answers>) {
    if SimEngine.open().await.is_err() {
        return;
    }
    let Some(id) = create_topic(&[]).await else {
        return;
    };
    place.set(Some(id));
    for round in 0..5 {
        for number in 3 * round..3 * round + 3 {
            let answers = answers.clone();
            SimEngine.spawn(async move {
                let sent = send(id, batch(number, None), Acks::Durable).await;
                let mut answers = answers.borrow_mut();
                match sent {
                    Ok(_) => answers.acknowledged.insert(number),
                    Err(PartitionError::Refused(AppendError::Failed { .. })) => false,
                    Err(_) => answers.failed.insert(number),
                };
            });
        }
        SimDisk.sleep(Duration::from_millis(700)).await;
    }
    let _ = patiently(SimEngine.stop()).await;
}

/// One I/O fails; each answer that follows is held against what a power cut leaves at once.
#[test]
pub fn an_answer_holds_whatever_failed_before() {
    let faults =
        [FaultKind::Eio, FaultKind::Enospc].map(|kind| (30..100).map(move |io| (io, kind)));
    for (io, kind) in faults.into_iter().flatten() {
        let sim = Rc::new(Simulation::new(settings(io, 0), Storage::new(DATA)));
        sim.fail(Fault { io, kind });
        let place = Rc::new(Cell::new(None));
        let answers: Shared<Answers> = Rc::default();
        let cuts: Shared<Vec<(Answers, Storage)>> = Rc::default();
        let (seen, kept, weak) = (answers.clone(), cuts.clone(), Rc::downgrade(&sim));
        let mut last = 0;
        sim.observe(move |point| {
            let seen = seen.borrow();
            let has_struck = weak.upgrade().is_some_and(|sim| sim.ios() > io);
            if has_struck && seen.count() > last {
                last = seen.count();
                for mode in [CrashMode::None, CrashMode::Subset] {
                    let cut = point.crash(mode, point.number());
                    kept.borrow_mut().push((seen.clone(), cut));
                }
            }
        });
        run(&sim, produce(place.clone(), answers.clone()));
        let killed = sim.point().crash(CrashMode::Kill, io);
        cuts.borrow_mut().push((answers.borrow().clone(), killed));
        let Some(id) = place.get() else {
            continue;
        };
        for (answers, cut) in cuts.take() {
            let (found, _) = live(&cut, async move { served(id).await });
            let checked = found.and_then(|found| answers.check(&found));
            assert_eq!(checked, Ok(()), "{kind:?} at I/O {io}");
        }
    }
}

/// I4: what a failed flush had to cover can be read until the power goes, also by the next process. What that one has
/// shown is there after the power cut.
#[test]
pub fn what_a_start_shows_after_a_failed_flush_outlasts_a_power_cut() {
    let mut forgotten = 0;
    for io in 30..100 {
        let sim = Simulation::new(settings(io, 0), Storage::new(DATA));
        let kind = FaultKind::Eio;
        sim.fail(Fault { io, kind });
        let place = Rc::new(Cell::new(None));
        run(&sim, produce(place.clone(), Rc::default()));
        let (Some(id), true) = (place.get(), sim.has_forgotten()) else {
            continue;
        };
        forgotten += 1;
        let killed = sim.point().crash(CrashMode::Kill, io);
        drop(sim);
        let sim = Simulation::new(settings(io, 1), killed);
        let shown = run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            served(id).await
        });
        let point = sim.point();
        drop(sim);
        for mode in [CrashMode::None, CrashMode::Subset] {
            let (found, _) = live(&point.crash(mode, io), async move { served(id).await });
            assert_eq!(found, shown, "{mode:?} after the flush at I/O {io} failed");
        }
    }
    assert!(forgotten > 3, "{forgotten} flushes failed");
}
