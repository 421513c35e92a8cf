//! Batches and markers sent, and what their answers say of them.

use std::collections::BTreeMap;
use std::task::Poll;

use bytes::Bytes;
use corelane_engine::io::Disk;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::record::{BatchBuilder, BatchOptions, Header, NewRecord, ProducerFields};
use corelane_engine::sim::{Dice, SimDisk, SimEngine};
use corelane_engine::{
    AppendError, Appended, PartitionError, ProducerId, TopicPartition, ValidBatch,
};

use super::{Player, patiently};
use crate::model::{NUMBER_HEADER, Sent, State, header};
use crate::script::{Batch, Level, TRANSACTIONAL};

/// Different keys, so that most records are not the only ones of theirs.
const KEYS: u64 = 6;

/// The batch of that number. Some of its records are tombstones, a few have no key.
fn build(number: u64, batch: &Batch, timestamp_ms: i64, producer: Option<ProducerFields>) -> Bytes {
    let options = BatchOptions {
        producer,
        is_transactional: batch.producer == Some(TRANSACTIONAL),
        ..BatchOptions::default()
    };
    let mut builder = BatchBuilder::new(options);
    let mut dice = Dice::new(number);
    let number_bytes = number.to_be_bytes();
    let header = Header {
        key: NUMBER_HEADER.as_bytes(),
        value: Some(&number_bytes),
    };
    for record in 0..batch.records {
        let mut value = format!("{number}:{record}:").into_bytes();
        // No zeros, so that what is lost shows.
        value.extend((0..batch.bytes / batch.records).map(|_| dice.roll() as u8 | 1));
        let key = [b'k', dice.below(KEYS) as u8];
        let record = NewRecord {
            timestamp_ms: timestamp_ms - dice.below(3) as i64,
            key: (!dice.once_in(20)).then_some(&key),
            value: (!dice.once_in(6)).then_some(&value),
            headers: &[header],
        };
        builder.append(&record).expect("the batch is small");
    }
    builder.build().expect("the batch has records")
}

impl Player {
    async fn producer_fields(
        &self,
        producer: usize,
        id: TopicPartition,
        count: usize,
    ) -> Option<ProducerFields> {
        while self.model.borrow().producers.len() <= producer {
            match patiently(SimEngine.allocate_producer_id()).await {
                Some(Ok(new)) => {
                    let mut model = self.model.borrow_mut();
                    let is_known = model.producers.iter().any(|known| known.id == new.0);
                    if is_known {
                        self.complain(format!("I2: producer id {} was given out twice", new.0));
                    }
                    model.producers.push(crate::model::ProducerModel {
                        id: new.0,
                        at: BTreeMap::new(),
                    });
                }
                Some(Err(error)) => {
                    self.excuse("allocating a producer id", &error);
                    return None;
                }
                None => {
                    self.excuse("allocating a producer id", &"it hangs");
                    return None;
                }
            }
        }
        let mut model = self.model.borrow_mut();
        let producer = &mut model.producers[producer];
        let at = producer.at.entry(id).or_default();
        let fields = ProducerFields {
            id: ProducerId(producer.id),
            epoch: at.epoch,
            base_sequence: at.next_sequence,
        };
        at.next_sequence += count as i32;
        Some(fields)
    }

    async fn prepare(&self, topic: &str, partition: i32, batch: &Batch) -> Option<Sending> {
        let id = self.id_of(topic, partition)?;
        let fields = match batch.producer {
            Some(producer) => Some(self.producer_fields(producer, id, batch.records).await?),
            None => None,
        };
        let mut model = self.model.borrow_mut();
        model.now_ms = model.now_ms.max(SimDisk.now_ms()) + batch.later_ms;
        model.next_batch += 1;
        let (number, timestamp_ms) = (model.next_batch, model.now_ms + batch.off_ms);
        let bytes = build(number, batch, timestamp_ms, fields);
        let log = model.partition(id)?;
        let index = log.sent.len();
        log.sent.push(Sent {
            number,
            bytes: bytes.clone(),
            marker: None,
            count: batch.records as i64,
            timestamp_ms: header(&bytes).max_timestamp().0,
            sent_ms: SimDisk.now_ms(),
            acks: batch.acks.acks(),
            state: State::Unknown,
        });
        if let Some(producer) = batch.producer {
            let at = model.producers[producer].at.entry(id).or_default();
            at.last = Some(index);
        }
        Some(Sending {
            id,
            index,
            bytes,
            level: batch.acks,
            producer: batch.producer,
        })
    }

    /// One batch, made and sent.
    pub async fn append(&self, topic: &str, partition: i32, batch: &Batch) {
        if let Some(sending) = self.prepare(topic, partition, batch).await {
            self.send(sending).await;
        }
    }

    async fn send(&self, sending: Sending) {
        if sending.level == Level::Zero {
            // Nobody waits for the answer.
            let player = self.clone();
            SimEngine.spawn(async move { player.send_and_note(sending).await });
        } else {
            self.send_and_note(sending).await;
        }
    }

    async fn send_and_note(&self, sending: Sending) {
        let batch = ValidBatch::check(sending.bytes.clone(), 100 << 20).expect("well made");
        let acks = sending.level.acks();
        let answer = patiently(SimEngine.append(sending.id, batch, acks)).await;
        self.note_answer(&sending, answer);
    }

    fn note_answer(
        &self,
        sending: &Sending,
        answer: Option<Result<Appended, PartitionError<AppendError>>>,
    ) {
        let mut model = self.model.borrow_mut();
        let Some(log) = model.partition(sending.id) else {
            // The topic has been deleted meanwhile.
            return;
        };
        let sent = &mut log.sent[sending.index];
        let is_deleted = |base: i64| base < log.start_least;
        match answer {
            Some(Ok(appended)) => {
                let base_offset = appended.base_offset.0;
                let mut acks = sending.level.acks();
                if let State::Acknowledged {
                    base_offset: before,
                    acks: acks_before,
                } = sent.state
                {
                    if before != base_offset && !is_deleted(before) {
                        self.complain(format!(
                            "I2: batch {} is at {before} and, sent again, at {base_offset}",
                            sending.index
                        ));
                    }
                    if acks_before == corelane_engine::Acks::Durable {
                        acks = acks_before;
                    }
                }
                if sending.level != Level::Zero {
                    sent.state = State::Acknowledged { base_offset, acks };
                }
            }
            Some(Err(error)) => {
                let is_known = matches!(sent.state, State::Acknowledged { .. });
                if !is_known && !sending.is_again() && is_definite(&error) {
                    sent.state = State::Absent;
                }
                let is_sequence = matches!(
                    error,
                    PartitionError::Refused(
                        AppendError::OutOfOrderSequence { .. }
                            | AppendError::InvalidProducerEpoch { .. }
                    )
                );
                let is_excused = is_sequence
                    || matches!(
                        error,
                        PartitionError::Unknown(_)
                            | PartitionError::Refused(AppendError::Closed { .. })
                    );
                if !is_excused {
                    self.excuse("an append", &error);
                }
                if let Some(producer) = sending.producer {
                    let at = model.producers[producer].at.entry(sending.id).or_default();
                    at.epoch += 1;
                    at.next_sequence = 0;
                    at.last = None;
                }
            }
            None => self.excuse("an append", &"it hangs"),
        }
    }

    pub(super) async fn burst(&self, batches: &[(&'static str, i32, Batch)]) {
        let mut sendings = Vec::new();
        for (topic, partition, batch) in batches {
            sendings.extend(self.prepare(topic, *partition, batch).await);
        }
        let mut waiting: Vec<_> = sendings
            .into_iter()
            .map(|sending| Box::pin(self.send(sending)))
            .collect();
        std::future::poll_fn(move |context| {
            waiting.retain_mut(|waiting| waiting.as_mut().poll(context).is_pending());
            if waiting.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    pub(super) async fn resend(&self, topic: &str, partition: i32, producer: usize) {
        let Some(id) = self.id_of(topic, partition) else {
            return;
        };
        let sending = {
            let mut model = self.model.borrow_mut();
            let at = model
                .producers
                .get(producer)
                .and_then(|known| known.at.get(&id));
            let Some(index) = at.and_then(|at| at.last) else {
                return;
            };
            let Some(log) = model.partition(id) else {
                return;
            };
            let sent = &mut log.sent[index];
            if matches!(sent.state, State::Absent | State::Gone) {
                return;
            }
            Sending {
                id,
                index,
                bytes: sent.bytes.clone(),
                level: Level::All,
                producer: None,
            }
        };
        self.send_and_note(sending).await;
    }

    /// A marker of the transactional producer, where it has sent anything.
    pub(super) async fn decide(&self, topic: &str, partition: i32, verdict: Verdict) {
        let Some(id) = self.id_of(topic, partition) else {
            return;
        };
        let (new, index) = {
            let mut model = self.model.borrow_mut();
            let producer = model.producers.get(TRANSACTIONAL);
            let Some((producer, at)) =
                producer.and_then(|known| Some((known.id, known.at.get(&id)?)))
            else {
                return;
            };
            let producer_epoch = at.epoch;
            model.next_batch += 1;
            let number = model.next_batch;
            let new = NewMarker {
                producer_id: ProducerId(producer),
                producer_epoch,
                marker: Marker {
                    verdict,
                    coordinator_epoch: number as i32,
                },
                raised_epoch: false,
            };
            let Some(log) = model.partition(id) else {
                return;
            };
            let now_ms = SimDisk.now_ms();
            log.sent.push(Sent {
                number,
                bytes: Bytes::new(),
                marker: Some(new),
                count: 1,
                timestamp_ms: now_ms,
                sent_ms: now_ms,
                acks: corelane_engine::Acks::Durable,
                state: State::Unknown,
            });
            (new, log.sent.len() - 1)
        };
        let answer = patiently(SimEngine.append_marker(id, new)).await;
        let mut model = self.model.borrow_mut();
        let Some(log) = model.partition(id) else {
            return;
        };
        let sent = &mut log.sent[index];
        match answer {
            Some(Ok(appended)) => {
                sent.state = State::Acknowledged {
                    base_offset: appended.base_offset.0,
                    acks: corelane_engine::Acks::Durable,
                };
            }
            Some(Err(error)) => {
                if is_definite(&error) && sent.state == State::Unknown {
                    sent.state = State::Absent;
                }
                self.excuse("a marker", &error);
            }
            None => self.excuse("a marker", &"it hangs"),
        }
    }
}

/// A batch on its way.
#[derive(Clone)]
struct Sending {
    id: TopicPartition,
    index: usize,
    bytes: Bytes,
    level: Level,
    /// Whose sequence is broken when this fails; none for a batch sent again.
    producer: Option<usize>,
}

impl Sending {
    fn is_again(&self) -> bool {
        self.producer.is_none() && header(&self.bytes).producer_id() != ProducerId::NONE
    }
}

/// Whether the error says that nothing was appended.
fn is_definite(error: &PartitionError<AppendError>) -> bool {
    match error {
        PartitionError::Unknown(_) => true,
        PartitionError::Refused(AppendError::Failed { .. }) => false,
        PartitionError::Refused(_) => true,
    }
}
