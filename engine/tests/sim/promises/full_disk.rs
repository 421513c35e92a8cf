//! What a full disk costs, and what not.

use std::time::Duration;

use corelane_engine::io::Disk;
use corelane_engine::sim::{
    CrashMode, DATA, Fault, FaultKind, Outcome, SimDisk, SimEngine, Simulation, Storage,
};
use corelane_engine::{Acks, AppendError, Offset, PartitionError, TopicPartition};

use super::{FIRST_MS, LIFE, batch, batch_at, create_topic, live, name_of, numbers, send, values};
use crate::model::header;
use crate::play::{patiently, read_batches, settings};

/// One producer goes on after a full disk; whether the disk was full, or why the run says nothing.
async fn produce_over_a_full_disk() -> Result<bool, String> {
    const BATCHES: usize = 8;
    if SimEngine.open().await.is_err() {
        return Ok(false);
    }
    let small = [("index.interval.bytes", "100")];
    let (Some(id), Ok(producer)) = (
        create_topic(&small).await,
        SimEngine.allocate_producer_id().await,
    ) else {
        return Ok(false);
    };
    let mut was_full = false;
    for number in 0..BATCHES {
        let mut tries = 0;
        loop {
            match patiently(send(id, batch(number, Some(producer)), Acks::Durable)).await {
                Some(Ok(sent)) if sent.duplicate => {
                    return Err(format!("batch {number} failed and is taken for a retry"));
                }
                Some(Ok(_)) => break,
                Some(Err(PartitionError::Refused(AppendError::DiskFull { .. }))) if tries < 60 => {
                    was_full = true;
                    tries += 1;
                    SimDisk.sleep(Duration::from_millis(500)).await;
                }
                Some(Err(PartitionError::Refused(AppendError::Failed { .. }))) => return Ok(false),
                Some(Err(error)) => return Err(format!("batch {number}: {error}")),
                None => return Err(format!("batch {number} hangs")),
            }
        }
    }
    let found = values(id).await?;
    let offsets: Vec<i64> = found.iter().map(|(offset, _)| *offset).collect();
    if offsets != (0..BATCHES as i64).collect::<Vec<_>>() {
        return Err(format!("I3: the log holds the offsets {offsets:?}"));
    }
    for offset in offsets {
        let read = read_batches(id, offset).await;
        let read = read.map_err(|_| format!("I5: offset {offset} is not found"))?;
        if read.first().map(|first| header(first).base_offset()) != Some(Offset(offset)) {
            return Err(format!("I5: a read at {offset} gives another batch"));
        }
    }
    Ok(was_full)
}

/// I8: a disk without room for one I/O costs the producer a retry, and nothing else.
#[test]
pub fn writes_go_on_when_there_is_room_again() {
    let mut full = 0;
    for io in 0..150 {
        let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
        let kind = FaultKind::Enospc;
        sim.fail(Fault { io, kind });
        match sim.run(LIFE, produce_over_a_full_disk()) {
            Outcome::Done(Ok(was_full)) => full += u32::from(was_full),
            Outcome::Done(Err(error)) => panic!("I/O {io}: {error}"),
            stuck => panic!("I/O {io}: the engine is {}", name_of(&stuck)),
        }
    }
    assert!(full > 3, "the disk was full for {full} producers only");
}

/// One batch in the middle is so late that it needs a new segment; whoever finds the disk full gives up, and the next
/// batch fits the old segment. The partition, the numbers acknowledged, and how many were told that the disk is full;
/// none when nothing was.
async fn roll_over_a_full_disk() -> Option<(TopicPartition, Vec<usize>, usize)> {
    SimEngine.open().await.ok()?;
    let id = create_topic(&[("segment.ms", "60000")]).await?;
    let (mut acknowledged, mut full) = (Vec::new(), 0);
    for number in 0..12 {
        let later_ms = if number == 4 { 61_000 } else { 0 };
        let one = batch_at(number, None, FIRST_MS + number as i64 + later_ms);
        match patiently(send(id, one, Acks::Durable)).await? {
            Ok(_) => acknowledged.push(number),
            Err(PartitionError::Refused(AppendError::DiskFull { .. })) => {
                full += 1;
                SimDisk.sleep(Duration::from_secs(3)).await;
            }
            Err(_) => return None,
        }
    }
    Some((id, acknowledged, full))
}

/// The next segment's file may be there when a roll fails: what comes next must not go into the old one.
#[test]
pub fn a_roll_that_failed_is_ended_before_anything_else() {
    let mut full = 0;
    for io in 30..120 {
        let sim = Simulation::new(settings(1, 0), Storage::new(DATA));
        let kind = FaultKind::Enospc;
        sim.fail(Fault { io, kind });
        let outcome = sim.run(LIFE, roll_over_a_full_disk());
        let killed = sim.point().crash(CrashMode::Kill, io);
        drop(sim);
        let Outcome::Done(Some((id, acknowledged, told))) = outcome else {
            continue;
        };
        full += told;
        let (found, _) = live(&killed, async move { numbers(id).await });
        assert_eq!(found, Ok(acknowledged), "I/O {io}");
    }
    assert!(full > 3, "the disk was full {full} times only");
}

/// I2: a group is written in full or in part, and the disk says that it is full. Whoever is told that nothing was appended
/// never finds it, also when the power goes.
#[test]
pub fn what_a_full_disk_has_refused_never_appears() {
    let mut full = 0;
    for io in 10..60 {
        let sim = Simulation::new(settings(io, 0), Storage::new(DATA));
        let kind = FaultKind::FullAt(1 << 20);
        sim.fail(Fault { io, kind });
        let outcome = sim.run(LIFE, async {
            SimEngine.open().await.ok()?;
            let id = create_topic(&[]).await?;
            for number in 0..8 {
                match patiently(send(id, batch(number, None), Acks::Durable)).await? {
                    Ok(_) => {}
                    Err(PartitionError::Refused(AppendError::DiskFull { .. })) => {
                        return Some((id, number));
                    }
                    Err(_) => return None,
                }
            }
            None
        });
        let Outcome::Done(Some((id, refused))) = outcome else {
            continue;
        };
        full += 1;
        let point = sim.point();
        drop(sim);
        for seed in 0..16 {
            let cut = point.crash(CrashMode::Subset, seed);
            let (found, _) = live(&cut, async move { numbers(id).await });
            let acknowledged: Vec<usize> = (0..refused).collect();
            assert_eq!(found, Ok(acknowledged), "I2: I/O {io}, seed {seed}");
        }
    }
    assert!(full > 3, "the disk was full {full} times only");
}
