//! Appends and reads of one partition.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use corelane_engine::runtime::{spawn, timeout, yield_now};
use corelane_engine::{
    Acks, AppendError, FetchPart, Offset, PartitionError, ProducerId, ReadError, ReadRequest,
    TopicPartition,
};

use crate::rig::{
    Model, Scene, append, batch, batch_of, batches, block_on, bytes_of, pairs, read, request, valid,
};

#[test]
fn what_is_appended_is_read_back_byte_for_byte() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    let mut model = Model::default();
    for number in 0..200 {
        let acks = if number % 3 == 0 {
            Acks::Durable
        } else {
            Acks::Written
        };
        let count = 1 + number as usize % 7;
        let appended = model.append(&scene, topic, batch(number, count, 37 * count), acks);
        assert!(!appended.duplicate);
        assert_eq!(appended.log_start_offset, Offset(0));
    }
    model.assert_is(&scene.read_all(topic));
    scene.on_partition(topic, |open| async move {
        assert_eq!(open.high_watermark(), open.log_end_offset());
        assert!(open.durable_offset() <= open.log_end_offset());
    });
}

#[test]
fn batches_larger_than_a_group_and_than_one_write_are_kept_whole() {
    let scene = Scene::new();
    let topic = scene.topic("large", &[("max.message.bytes", "50000000")]);
    let mut model = Model::default();
    for (number, length) in [(0, 10), (1, 3 << 20), (2, 100), (3, 9 << 20), (4, 10)] {
        model.append(&scene, topic, batch(number, 1, length), Acks::Durable);
    }
    model.assert_is(&scene.read_all(topic));
}

#[test]
fn a_read_in_the_middle_of_a_batch_starts_with_the_whole_batch() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    for number in 0..5 {
        scene.append(topic, batch(number, 10, 20), Acks::Written);
    }
    for offset in 0..50 {
        let plan = read(scene.engine(), topic, request(Offset(offset))).unwrap();
        let found = batches(&bytes_of(&plan));
        assert_eq!(found[0].base_offset(), offset / 10 * 10);
        assert_eq!(found.last().unwrap().last_offset(), 49);
    }
}

#[test]
fn a_read_returns_whole_batches_within_its_limit_and_at_least_one_when_asked() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    let size = batch(0, 1, 1000).len();
    for number in 0..300 {
        scene.append(topic, batch(number, 1, 1000), Acks::Written);
    }
    let ask = |bytes_max, at_least_one| {
        let request = ReadRequest {
            bytes_max,
            at_least_one,
            ..request(Offset(7))
        };
        let plan = read(scene.engine(), topic, request).unwrap();
        batches(&bytes_of(&plan)).len()
    };
    assert_eq!(ask(size - 1, false), 0);
    assert_eq!(ask(size - 1, true), 1);
    assert_eq!(ask(0, true), 1);
    assert_eq!(ask(size, false), 1);
    for bytes_max in [2 * size, 10 * size, 100 * size + 1, 292 * size] {
        let count = ask(bytes_max, false);
        assert!(count >= 1 && count * size <= bytes_max);
        // An answer may end at an index entry before the limit, never far before it.
        assert!(
            count * size + 6 * size > bytes_max,
            "{count} for {bytes_max}"
        );
    }
    assert_eq!(ask(usize::MAX, false), 293);
}

#[test]
fn a_reader_with_a_lower_limit_never_sees_a_record_above_it() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    for number in 0..20 {
        scene.append(topic, batch(number, 3, 10), Acks::Written);
    }
    for limit in 0..=60 {
        let request = ReadRequest {
            offset_max: Some(Offset(limit)),
            ..request(Offset(0))
        };
        let plan = read(scene.engine(), topic, request).unwrap();
        let last = batches(&bytes_of(&plan))
            .last()
            .map_or(-1, |last| last.last_offset());
        assert_eq!(last, limit / 3 * 3 - 1, "limit {limit}");
    }
}

#[test]
fn reads_outside_of_the_log_say_where_it_is() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    scene.append(topic, batch(0, 4, 10), Acks::Written);
    let at_end = read(scene.engine(), topic, request(Offset(4))).unwrap();
    assert_eq!((at_end.length, at_end.high_watermark), (0, Offset(4)));
    for outside in [-1, 5, i64::MAX] {
        match read(scene.engine(), topic, request(Offset(outside))) {
            Err(PartitionError::Refused(ReadError::OutOfRange {
                log_start, log_end, ..
            })) => {
                assert_eq!((log_start, log_end), (Offset(0), Offset(4)));
            }
            other => panic!("{other:?}"),
        }
    }
    let unknown = TopicPartition {
        partition: 1,
        ..topic
    };
    assert!(matches!(
        read(scene.engine(), unknown, request(Offset(0))),
        Err(PartitionError::Unknown(_))
    ));
}

#[test]
fn concurrent_appenders_leave_no_gap_and_no_overlap() {
    let scene = Scene::new();
    let topic = scene.topic("busy", &[]);
    let engine = scene.engine();
    let mut receipts: Vec<(i64, bytes::Bytes)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread: u64| {
                scope.spawn(move || {
                    let mut receipts = Vec::new();
                    for number in 0..150 {
                        let batch = batch(thread * 1000 + number, 1 + number as usize % 4, 50);
                        let acks = if number % 5 == 0 {
                            Acks::Durable
                        } else {
                            Acks::Written
                        };
                        let appended = append(engine, topic, batch.clone(), acks).unwrap();
                        receipts.push((appended.base_offset.0, batch));
                    }
                    receipts
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    receipts.sort_by_key(|(base_offset, _)| *base_offset);
    let bytes = scene.read_all(topic);
    let mut next = 0;
    for found in batches(&bytes) {
        assert_eq!(found.base_offset(), next);
        next = found.last_offset() + 1;
    }
    let model = Model { batches: receipts };
    model.assert_is(&bytes);
}

#[test]
fn batches_queued_together_get_offsets_in_the_order_of_the_calls() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    let offsets = scene.on_partition(topic, |open| async move {
        let mut pending = Vec::new();
        for number in 0..100 {
            let acks = if number % 2 == 0 {
                Acks::Durable
            } else {
                Acks::Written
            };
            pending.push(open.append(valid(batch(number, 2, 300)), acks).unwrap());
        }
        let mut offsets = Vec::new();
        for pending in pending {
            offsets.push(pending.await.unwrap().base_offset.0);
        }
        offsets
    });
    assert_eq!(
        offsets,
        (0..100).map(|number| number * 2).collect::<Vec<_>>()
    );
    assert_eq!(batches(&scene.read_all(topic)).len(), 100);
}

#[test]
fn a_waiting_read_wakes_when_its_data_is_visible() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    scene.on_partition(topic, |open| async move {
        open.append(valid(batch(0, 3, 10)), Acks::Written)
            .unwrap()
            .await
            .unwrap();
        // What is there already does not make anybody wait.
        open.wait_for_data(Offset(2)).await;
        let woken = Rc::new(Cell::new(0));
        for offset in [3, 4, 5] {
            let (open, woken) = (open.clone(), woken.clone());
            spawn(async move {
                open.wait_for_data(Offset(offset)).await;
                assert!(open.high_watermark() > Offset(offset));
                woken.set(woken.get() + 1);
            });
        }
        let none = timeout(Duration::from_millis(20), open.wait_for_data(Offset(3)));
        assert_eq!(none.await, None);
        for (number, expected) in [(1, 2), (2, 3)] {
            open.append(valid(batch(number, 2, 10)), Acks::Durable)
                .unwrap()
                .await
                .unwrap();
            while woken.get() < expected {
                yield_now().await;
            }
            assert_eq!(woken.get(), expected);
        }
    });
}

#[test]
fn the_high_watermark_never_shows_a_batch_that_waits_for_its_flush() {
    let scene = Scene::new();
    let topic = scene.topic("events", &[]);
    let looks = scene.on_partition(topic, |open| async move {
        let done = Rc::new(Cell::new(false));
        // Offsets whose producers asked for a flush and have no answer, lowest first.
        let waiting = Rc::new(std::cell::RefCell::new(std::collections::BTreeSet::new()));
        for number in 0..300_i64 {
            let acks = if number % 2 == 0 {
                Acks::Durable
            } else {
                Acks::Written
            };
            let pending = open
                .append(valid(batch(number as u64, 1, 200)), acks)
                .unwrap();
            if acks == Acks::Durable {
                waiting.borrow_mut().insert(number);
            }
            let (open, waiting) = (open.clone(), waiting.clone());
            spawn(async move {
                let appended = pending.await.unwrap();
                let offset = appended.base_offset;
                assert!(open.high_watermark() > offset || acks == Acks::Written);
                if acks == Acks::Durable {
                    assert!(open.durable_offset() > offset);
                    waiting.borrow_mut().remove(&offset.0);
                }
            });
            if number % 10 == 0 {
                yield_now().await;
            }
        }
        let looks = Rc::new(Cell::new(0));
        while !waiting.borrow().is_empty() {
            let (high_watermark, durable) = (open.high_watermark(), open.durable_offset());
            let unsafe_offset = (durable.0..high_watermark.0).find(|offset| offset % 2 == 0);
            assert_eq!(
                unsafe_offset, None,
                "durable {durable}, visible {high_watermark}"
            );
            looks.set(looks.get() + 1);
            yield_now().await;
        }
        done.set(true);
        looks.get()
    });
    assert!(
        looks > 0,
        "nothing was looked at while flushes were under way"
    );
}

#[test]
fn a_batch_larger_than_a_segment_is_refused_and_leaves_nothing() {
    let scene = Scene::new();
    let topic = scene.topic("small", &[("segment.bytes", "1048576")]);
    match append(scene.engine(), topic, batch(0, 1, 2 << 20), Acks::Durable) {
        Err(PartitionError::Refused(AppendError::LargerThanSegment { segment_bytes, .. })) => {
            assert_eq!(segment_bytes, 1 << 20);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        scene
            .append(topic, batch(1, 1, 10), Acks::Durable)
            .base_offset,
        Offset(0)
    );
}

#[test]
fn a_retry_of_the_last_five_batches_gets_the_old_offset_and_adds_nothing() {
    let scene = Scene::new();
    let topic = scene.topic("idempotent", &[]);
    let producer = block_on(scene.engine().allocate_producer_id()).unwrap();
    for number in 0..8 {
        let appended = scene.append(topic, batch_of(producer, 0, number * 2, 2), Acks::Durable);
        assert_eq!(appended.base_offset.0, i64::from(number * 2));
    }
    for number in 3..8 {
        let again = scene.append(topic, batch_of(producer, 0, number * 2, 2), Acks::Durable);
        assert!(again.duplicate);
        assert_eq!(again.base_offset.0, i64::from(number * 2));
    }
    let forgotten = append(
        scene.engine(),
        topic,
        batch_of(producer, 0, 4, 2),
        Acks::Durable,
    );
    assert!(matches!(
        forgotten,
        Err(PartitionError::Refused(
            AppendError::OutOfOrderSequence { .. }
        ))
    ));
    assert_eq!(batches(&scene.read_all(topic)).len(), 8);
}

#[test]
fn a_missing_sequence_and_an_old_producer_epoch_are_told_apart() {
    let scene = Scene::new();
    let topic = scene.topic("idempotent", &[]);
    let producer = ProducerId(7);
    let send = |epoch, sequence| {
        let batch = batch_of(producer, epoch, sequence, 1);
        append(scene.engine(), topic, batch, Acks::Written)
    };
    send(0, 0).unwrap();
    match send(0, 2) {
        Err(PartitionError::Refused(AppendError::OutOfOrderSequence {
            base_sequence,
            last_sequence,
            ..
        })) => assert_eq!((base_sequence, last_sequence), (2, 0)),
        other => panic!("{other:?}"),
    }
    send(1, 0).unwrap();
    match send(0, 1) {
        Err(PartitionError::Refused(AppendError::InvalidProducerEpoch {
            producer_epoch,
            current_epoch,
            ..
        })) => assert_eq!((producer_epoch, current_epoch), (0, 1)),
        other => panic!("{other:?}"),
    }
    assert!(send(0, 0).is_err());
    assert_eq!(scene.read_all(topic), scene.read_all(topic));
    assert_eq!(batches(&scene.read_all(topic)).len(), 2);
}

#[test]
fn a_retry_sent_while_the_first_copy_is_under_way_waits_for_it() {
    let scene = Scene::new();
    let topic = scene.topic("idempotent", &[]);
    scene.on_partition(topic, |open| async move {
        let send = || {
            let batch = valid(batch_of(ProducerId(3), 0, 0, 2));
            open.append(batch, Acks::Durable).unwrap()
        };
        let (first, second) = (send(), send());
        let second = second.await.unwrap();
        assert!(second.duplicate && open.durable_offset() == Offset(2));
        assert_eq!(first.await.unwrap().base_offset, second.base_offset);
    });
    assert_eq!(batches(&scene.read_all(topic)).len(), 1);
}

#[test]
fn log_append_time_is_the_brokers_in_receipt_and_log() {
    let scene = Scene::new();
    let topic = scene.topic("stamped", &[("message.timestamp.type", "LogAppendTime")]);
    let appended = scene.append(topic, batch(0, 3, 10), Acks::Durable);
    let stamp = appended.log_append_time.expect("the topic says so");
    let found = batches(&scene.read_all(topic));
    assert_eq!(found[0].header.max_timestamp(), stamp);
    let records = corelane_engine::record::Records::open(&found[0].bytes).unwrap();
    for record in records.iter() {
        assert_eq!(record.unwrap().timestamp, stamp);
    }
}

#[test]
fn flush_messages_makes_every_nth_record_durable() {
    let scene = Scene::new();
    let topic = scene.topic("flushed", &[("flush.messages", "10")]);
    let durable = || scene.on_partition(topic, |open| async move { open.durable_offset() });
    for number in 0..9 {
        scene.append(topic, batch(number, 1, 10), Acks::Written);
    }
    assert_eq!(durable(), Offset(0));
    scene.append(topic, batch(9, 1, 10), Acks::Written);
    assert_eq!(durable(), Offset(10));
}

#[test]
fn flush_ms_makes_a_write_durable_in_the_background() {
    let scene = Scene::new();
    let topic = scene.topic("flushed", &[("flush.ms", "30")]);
    let plain = scene.topic("plain", &[]);
    for partition in [topic, plain] {
        scene.append(partition, batch(0, 3, 10), Acks::Written);
    }
    let durable =
        |partition| scene.on_partition(partition, |open| async move { open.durable_offset() });
    crate::rig::eventually("flush.ms flushes", || durable(topic) == Offset(3));
    assert_eq!(durable(plain), Offset(0));
    // Set later, it covers what was written before.
    block_on(
        scene
            .engine()
            .alter_configs(plain.topic_id, pairs(&[("flush.ms", "0")])),
    )
    .unwrap();
    crate::rig::eventually("a new flush.ms flushes", || durable(plain) == Offset(3));
    scene.append(topic, batch(1, 1, 10), Acks::Written);
    crate::rig::eventually("flush.ms flushes again", || durable(topic) == Offset(4));
}

#[test]
fn a_tiny_cache_serves_the_same_bytes_from_files() {
    let scene = Scene::with(|config| config.tail_cache_bytes = 0);
    let topic = scene.topic("cold", &[]);
    let mut model = Model::default();
    for number in 0..120 {
        model.append(
            &scene,
            topic,
            batch(number, 1, 10 + 311 * (number as usize % 40)),
            Acks::Written,
        );
        let from = Offset((number as i64 - 3).max(0));
        let plan = read(scene.engine(), topic, request(from)).unwrap();
        assert!(
            plan.parts
                .iter()
                .all(|part| matches!(part, FetchPart::File(_)))
        );
        model.assert_is_from(from.0, &bytes_of(&plan));
    }
    model.assert_is(&scene.read_all(topic));
}

#[test]
fn a_plan_across_files_and_memory_has_no_seam() {
    let scene = Scene::with(|config| config.tail_cache_bytes = 256 << 10);
    let topic = scene.topic("mixed", &[]);
    let mut model = Model::default();
    for number in 0..400 {
        model.append(&scene, topic, batch(number, 1, 2500), Acks::Written);
    }
    let request = ReadRequest {
        bytes_max: 8 << 20,
        ..request(Offset(0))
    };
    let plan = read(scene.engine(), topic, request).unwrap();
    assert!(matches!(plan.parts[0], FetchPart::File(_)));
    assert!(matches!(plan.parts.last(), Some(FetchPart::Memory(_))));
    model.assert_is(&bytes_of(&plan));
    for offset in 0..400 {
        let plan = read(scene.engine(), topic, crate::rig::request(Offset(offset))).unwrap();
        assert_eq!(batches(&bytes_of(&plan))[0].base_offset(), offset);
    }
}
