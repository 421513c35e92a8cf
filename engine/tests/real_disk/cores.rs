//! Cores: calls across them, dropped futures, the watchdog, and the embedded use.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corelane_engine::io::{Disk, Ring, RingDisk};
use corelane_engine::runtime::{spawn, timeout};
use corelane_engine::{Acks, Offset, Shard, ShardId, TopicPartition};

use futures_lite::future::poll_once;

use crate::rig::{
    Scene, batch, batches, block_on, create_topic, eventually, read, request, scratch, valid,
};

/// Produces `count` batches to partitions of all cores, from one core, `window` at a time.
async fn produce(
    engine: corelane_engine::Engine,
    topic_id: uuid::Uuid,
    count: usize,
    window: usize,
) {
    let payload = valid(batch(1, 1, 20));
    let mut done = 0;
    while done < count {
        let mut under_way = Vec::new();
        for number in 0..window {
            let partition = TopicPartition {
                topic_id,
                partition: (number % 2) as i32,
            };
            let mut call = Box::pin(engine.append(partition, payload.clone(), Acks::Written));
            match poll_once(&mut call).await {
                Some(appended) => drop(appended.expect("the append succeeds")),
                None => under_way.push(call),
            }
        }
        for call in under_way {
            call.await.expect("the append succeeds");
        }
        done += window;
    }
}

#[test]
fn under_a_short_preemption_timer_cores_make_progress() {
    let scene = Scene::with(|config| config.preempt_timer = Duration::from_micros(20));
    let topic_id = create_topic(scene.engine(), "short", 2, &[]).unwrap();
    let start = Instant::now();
    // Queued many at a time, from every core to every core, and one at a time from outside.
    let engine = scene.engine().clone();
    let shards: Vec<ShardId> = engine.shards().collect();
    std::thread::scope(|scope| {
        for shard in &shards {
            let engine = engine.clone();
            scope.spawn(move || {
                let inside = engine.clone();
                block_on(engine.on(*shard, move || async move {
                    let mut lanes = Vec::new();
                    for _ in 0..10 {
                        let (send, receive) = std::sync::mpsc::channel::<()>();
                        lanes.push(receive);
                        let engine = inside.clone();
                        spawn(async move {
                            produce(engine, topic_id, 4800, 60).await;
                            drop(send);
                        });
                    }
                    while lanes.iter().any(|lane| {
                        lane.try_recv() != Err(std::sync::mpsc::TryRecvError::Disconnected)
                    }) {
                        corelane_engine::runtime::sleep(Duration::from_millis(1)).await;
                    }
                }));
            });
        }
        for number in 0..50 {
            let partition = TopicPartition {
                topic_id,
                partition: number % 2,
            };
            scene.append(partition, batch(1, 1, 20), Acks::Written);
        }
    });
    let appended: i64 = (0..2)
        .map(|partition| {
            let partition = TopicPartition {
                topic_id,
                partition,
            };
            scene.on_partition(partition, |open| async move { open.log_end_offset().0 })
        })
        .sum();
    assert_eq!(appended, shards.len() as i64 * 48_000 + 50);
    println!(
        "{appended} appends under a timer of 20 µs in {:?}, {} kicks",
        start.elapsed(),
        scene.engine().watchdog_kicks()
    );
}

#[test]
fn in_normal_settings_no_core_needs_a_kick() {
    let scene = Scene::new();
    let topic_id = create_topic(scene.engine(), "normal", 2, &[]).unwrap();
    for number in 0..200 {
        let partition = TopicPartition {
            topic_id,
            partition: number % 2,
        };
        let acks = if number % 7 == 0 {
            Acks::Durable
        } else {
            Acks::Written
        };
        scene.append(partition, batch(1, 1, 20), acks);
        if number % 50 == 0 {
            // Both cores fall asleep and have to be woken.
            std::thread::sleep(Duration::from_millis(60));
        }
    }
    assert_eq!(scene.engine().watchdog_kicks(), 0);
}

#[test]
fn a_call_is_answered_from_outside_from_its_core_and_from_another() {
    let scene = Scene::new();
    let engine = scene.engine();
    for from in engine.shards() {
        for to in engine.shards() {
            let inner = engine.clone();
            let answer = block_on(engine.on(from, move || async move {
                let seen = inner.on(to, || async { Shard::current().id() }).await;
                (Shard::current().id(), seen)
            }));
            assert_eq!(answer, (from, to));
        }
    }
}

#[test]
fn a_call_that_is_given_up_does_no_harm() {
    let scene = Scene::new();
    let engine = scene.engine().clone();
    let count = engine.shard_count() as u16;
    block_on(scene.engine().on(ShardId(0), move || async move {
        for number in 0..500_u64 {
            let there = ShardId((number % u64::from(count)) as u16);
            let call = engine.on(there, move || async move {
                corelane_engine::runtime::sleep(Duration::from_micros(number)).await;
                number
            });
            let answer = timeout(Duration::from_micros(250), call).await;
            assert!(answer.is_none_or(|answer| answer == number));
        }
    }));
}

#[test]
fn operations_given_up_in_flight_keep_their_memory_until_the_kernel_has_answered() {
    let scene = Scene::new();
    let scratch = scratch();
    let path = scratch.path().join("read");
    let contents: Vec<u8> = (0..8 << 20_usize).map(|at| (at / 4096) as u8).collect();
    File::create(&path).unwrap().write_all(&contents).unwrap();
    let (reader, writer) = pipe();
    block_on(scene.engine().on(ShardId(0), move || async move {
        let ring = Ring::current();
        let file = RingDisk.open_existing(&path).await.unwrap();
        let idle = settled(&ring).await;
        for round in 0..300_u64 {
            // Given up at every stage: not yet submitted, in flight, completed and not collected.
            let read = RingDisk.read(&file, round % 64 * 4096, 1 << 20);
            let patience = Duration::from_micros(round % 40 * 10);
            if let Some(bytes) = timeout(patience, read).await {
                let bytes = bytes.unwrap();
                assert_eq!(bytes[0], (round % 64) as u8);
                assert_eq!(bytes[bytes.len() - 1], (round % 64 + 255) as u8);
            }
            let poll = ring.poll(&reader, libc::POLLIN);
            assert!(
                timeout(Duration::from_micros(round % 3), poll)
                    .await
                    .is_none()
            );
        }
        // Slots are used again, and an operation that follows gets its own answer.
        while ring.in_flight() > idle {
            ring.nop().await;
        }
        for block in 0..64_u64 {
            let bytes = RingDisk.read(&file, block * 4096, 4096).await.unwrap();
            assert!(bytes.iter().all(|byte| *byte == block as u8));
        }
    }));
    drop(writer);
}

#[test]
fn opens_given_up_in_flight_leak_no_descriptor() {
    let scene = Scene::new();
    let scratch = scratch();
    let path = scratch.path().join("opened");
    let shown = path.clone();
    File::create(&path).unwrap();
    block_on(scene.engine().on(ShardId(0), move || async move {
        let idle = settled(&Ring::current()).await;
        for round in 0..300_u64 {
            let open = RingDisk.open_existing(&path);
            drop(timeout(Duration::from_micros(round % 20), open).await);
        }
        while Ring::current().in_flight() > idle {
            Ring::current().nop().await;
        }
    }));
    let open = std::fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| *target == shown)
        .count();
    assert_eq!(open, 0);
}

#[test]
fn reads_given_up_do_not_disturb_the_partition() {
    let scene = Scene::with(|config| config.tail_cache_bytes = 0);
    let topic = scene.topic("given-up", &[("segment.bytes", "1048576")]);
    for number in 0..60 {
        scene.append(topic, batch(number, 1, 50_000), Acks::Written);
    }
    scene.on_partition(topic, |open| async move {
        for round in 0..200_u64 {
            let read = open.read(request(Offset(round as i64 % 60)));
            drop(timeout(Duration::from_micros(round % 30 * 5), read).await);
            let wait = open.wait_for_data(Offset(60));
            assert!(timeout(Duration::from_micros(1), wait).await.is_none());
        }
    });
    for offset in 0..60 {
        let plan = read(scene.engine(), topic, request(Offset(offset))).unwrap();
        let bytes = crate::rig::bytes_of(&plan);
        assert_eq!(batches(&bytes)[0].base_offset(), offset);
    }
}

#[test]
fn an_engine_that_has_ended_leaves_no_descriptor_and_no_thread() {
    // In a process of its own: other tests open files as well.
    const ALONE: &str = "CORELANE_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let name = "cores::an_engine_that_has_ended_leaves_no_descriptor_and_no_thread";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr).into_owned();
        assert!(child.status.success(), "{said}");
        return;
    }
    let count = |path: &str| std::fs::read_dir(path).unwrap().count();
    let mut scene = Scene::new();
    let topic = scene.topic("ended", &[("segment.bytes", "1048576")]);
    let mut seen = Vec::new();
    for round in 0..12 {
        for number in 0..4 {
            scene.append(topic, batch(number, 1, 300_000), Acks::Written);
        }
        // A read that waits for ever must not hold anything either.
        scene.on_partition(topic, |open| async move {
            spawn(async move { open.wait_for_data(Offset(i64::MAX - 1)).await });
        });
        if round % 2 == 0 {
            scene.stop();
        } else {
            scene.drop_engine();
        }
        if round == 3 {
            // The kernel takes a moment to end the workers of a ring.
            std::thread::sleep(Duration::from_millis(50));
        }
        seen.push((count("/proc/self/fd"), count("/proc/self/task")));
        scene.start();
    }
    scene.stop();
    eventually("everything is given back", || {
        count("/proc/self/fd") <= seen[3].0 && count("/proc/self/task") <= seen[3].1
    });
}

#[test]
fn absurd_durations_sleep_for_ever_instead_of_failing() {
    let scene = Scene::new();
    let topic = scene.topic(
        "patient",
        &[
            ("flush.ms", "9223372036854775806"),
            ("file.delete.delay.ms", "9223372036854775807"),
            ("segment.bytes", "1048576"),
        ],
    );
    for number in 0..5 {
        scene.append(topic, batch(number, 1, 400_000), Acks::Written);
    }
    scene.on_partition(topic, |open| async move {
        open.delete_records_before(Offset(4)).await.unwrap();
    });
    scene.append(topic, batch(5, 1, 10), Acks::Durable);
}

#[test]
fn the_embedded_example_runs() {
    let scratch = scratch();
    embedded::run(scratch.path().join("data")).unwrap();
}

#[path = "../../examples/embedded.rs"]
#[allow(dead_code)] // Its `main` belongs to the example.
mod embedded;

/// Operations that are always in flight: what wakes the core has to be back in the ring.
async fn settled(ring: &Ring) -> usize {
    for _ in 0..10 {
        ring.nop().await;
    }
    ring.in_flight()
}

fn pipe() -> (Arc<OwnedFd>, OwnedFd) {
    let (reader, writer) = std::io::pipe().unwrap();
    (Arc::new(reader.into()), writer.into())
}
