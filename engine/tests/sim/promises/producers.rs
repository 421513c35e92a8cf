//! What is known of idempotent producers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use corelane_engine::Acks;
use corelane_engine::io::Disk;
use corelane_engine::sim::{CrashMode, DATA, SimDisk, SimEngine, Simulation, Storage};

use super::{batch, batch_at, create_topic, live, numbers, run, send, send_durably};
use crate::play::{patiently, settings};

/// I2: whatever a crash leaves of a snapshot, a retry of a batch that is lost is no retry. The batch is on its way
/// while the partition is saved, right after a start, when much has to be done before it can be written.
#[test]
pub fn a_snapshot_knows_no_batch_that_is_not_in_the_log() {
    let ((id, producer), storage) = live(&Storage::new(DATA), async {
        let id = create_topic(&[]).await.expect("the disk is well");
        let producer = SimEngine.allocate_producer_id().await;
        let producer = producer.expect("the disk is well");
        send_durably(id, batch(0, Some(producer))).await;
        // The checkpoint catches up, so that a start believes the snapshot.
        SimDisk.sleep(Duration::from_millis(250)).await;
        (id, producer)
    });
    for seed in 0..24 {
        let sim = Simulation::new(settings(seed, 1), storage.clone());
        let crashes: Rc<RefCell<Vec<Storage>>> = Rc::default();
        let has_begun = Rc::new(Cell::new(false));
        let (begun, kept) = (has_begun.clone(), crashes.clone());
        let (acks, mode) = match seed % 2 {
            0 => (Acks::Durable, CrashMode::Kill),
            _ => (Acks::Written, CrashMode::Subset),
        };
        sim.observe(move |point| {
            if begun.get() {
                kept.borrow_mut().push(point.crash(mode, point.number()));
            }
        });
        run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            let is_saved = Rc::new(Cell::new(false));
            let saved = is_saved.clone();
            has_begun.set(true);
            SimEngine.spawn(async move {
                SimDisk.sleep(Duration::from_micros(20 * (seed / 2))).await;
                SimEngine.save(id).await.expect("the disk is well");
                saved.set(true);
            });
            let sent = send(id, batch(1, Some(producer)), acks).await;
            sent.expect("the disk is well");
            while !is_saved.get() {
                SimDisk.sleep(Duration::from_micros(50)).await;
            }
        });
        for crash in crashes.take() {
            live(&crash, async move {
                let again = send(id, batch(1, Some(producer)), Acks::Durable);
                let again = patiently(again).await.expect("I8: a retry is answered");
                again.expect("the disk is well");
                assert_eq!(
                    numbers(id).await,
                    Ok(vec![0, 1]),
                    "I2: batch 1 was sent twice"
                );
            });
        }
    }
}

/// I2: a snapshot is there whole and the batch that it knows of is not, as neither was flushed. A retry is no retry.
#[test]
pub fn a_snapshot_ahead_of_the_durable_end_is_not_believed() {
    let ((id, producer), storage) = live(&Storage::new(DATA), async {
        let id = create_topic(&[]).await.expect("the disk is well");
        let producer = SimEngine.allocate_producer_id().await;
        let producer = producer.expect("the disk is well");
        send_durably(id, batch(0, Some(producer))).await;
        SimEngine.stop().await;
        (id, producer)
    });
    for seed in 0..64 {
        let sim = Simulation::new(settings(seed, 1), storage.clone());
        run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            let sent = send(id, batch(1, Some(producer)), Acks::Written).await;
            sent.expect("the disk is well");
            SimEngine.save(id).await.expect("the disk is well");
        });
        let cut = sim.point().crash(CrashMode::Subset, seed);
        live(&cut, async move {
            send_durably(id, batch(1, Some(producer))).await;
            assert_eq!(numbers(id).await, Ok(vec![0, 1]), "I2: seed {seed}");
        });
    }
}

/// I2: a retry is known after retention has looked for producers that have gone.
#[test]
pub fn retention_forgets_no_producer_that_is_active() {
    live(&Storage::new(DATA), async {
        let id = create_topic(&[]).await.expect("the disk is well");
        let producer = SimEngine.allocate_producer_id().await;
        let one = batch_at(
            0,
            Some(producer.expect("the disk is well")),
            SimDisk.now_ms(),
        );
        send_durably(id, one.clone()).await;
        SimDisk.sleep(Duration::from_secs(60)).await;
        SimEngine.retain(id).await.expect("the disk is well");
        let again = send(id, one, Acks::Durable)
            .await
            .expect("the disk is well");
        assert!(
            again.duplicate,
            "I2: a retry after a minute is appended again"
        );
    });
}
