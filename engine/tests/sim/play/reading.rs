//! Partitions read from start to end, and compared with the model.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::io::Disk;
use corelane_engine::sim::{SimDisk, SimEngine, SimPartition};
use corelane_engine::{Offset, PartitionError, ReadError, ReadRequest, TopicPartition};

use super::{Player, patiently};
use crate::model::{ReadLog, Since, header};

/// Reads of one partition until it is read through; more is a reader that does not get on.
const READS_MAX: usize = 10_000;

impl Player {
    fn known_partitions(&self) -> Vec<(String, TopicPartition)> {
        let model = self.model.borrow();
        let mut known = Vec::new();
        for (name, topic) in &model.topics {
            let Some(topic_id) = topic.id else {
                continue;
            };
            for partition in 0..topic.partitions.len() as i32 {
                let id = TopicPartition {
                    topic_id,
                    partition,
                };
                known.push((name.clone(), id));
            }
        }
        known
    }

    /// Reads everything and compares, while the engine runs.
    pub async fn consume(&self) {
        for (name, id) in self.known_partitions() {
            let is_certain = !self.model.borrow().topics[&name].may_miss;
            if patiently(until_visible(id)).await.is_none() {
                self.excuse(
                    "reading",
                    &"the high watermark stays behind the end of the log",
                );
            }
            match patiently(read_log(id)).await {
                Some(Ok(Some(log))) => self.compare(&name, id, &log),
                Some(Ok(None)) if !is_certain || self.may_fail => {}
                Some(Ok(None)) => self.complain(format!("I1: {name} {id} is not open")),
                Some(Err(error)) => self.excuse("reading", &error),
                None => self.excuse("reading", &"it hangs"),
            }
        }
    }

    fn compare(&self, name: &str, id: TopicPartition, log: &ReadLog) {
        let mut model = self.model.borrow_mut();
        let rules = model.rules(name, SimDisk.now_ms());
        let partition = model.partition(id).expect("it is known");
        let since = if log.is_refused {
            Since::PowerCut
        } else {
            Since::ProcessRan
        };
        match partition.check(log, since, &rules) {
            Ok(places) => partition.served(&places),
            Err(error) => self.complain(format!("{error} (reading {name}-{})", id.partition)),
        }
    }
}

/// Waits until readers see what has been written so far. A record that was acknowledged when it had been written is
/// held back while one before it waits for its flush, also one that nobody has asked a flush for but `flush.messages`.
async fn until_visible(id: TopicPartition) {
    let ends = |open: Rc<SimPartition>| async move {
        let is_refused = open.refused().is_some();
        (open.high_watermark(), open.log_end_offset(), is_refused)
    };
    let Some((_, written, _)) = SimEngine.with_partition(id, ends).await else {
        return;
    };
    while let Some((visible, _, false)) = SimEngine.with_partition(id, ends).await {
        if visible >= written {
            return;
        }
        SimDisk.sleep(Duration::from_millis(1)).await;
    }
}

/// Reads a partition from its start to its end; none when it is not open.
pub async fn read_log(id: TopicPartition) -> Result<Option<ReadLog>, String> {
    'again: for _ in 0..10 {
        let ends = SimEngine.with_partition(id, |open| async move {
            let (start, end) = (open.log_start_offset().0, open.high_watermark().0);
            (start, end, open.refused())
        });
        let Some((start, high_watermark, refused)) = ends.await else {
            return Ok(None);
        };
        let mut log = ReadLog {
            start,
            high_watermark,
            batches: Vec::new(),
            is_refused: refused.is_some(),
            ends_in_damage: false,
            refusal: refused.map(|reason| reason.to_string()),
        };
        let mut offset = start;
        for _ in 0..READS_MAX {
            if offset >= high_watermark {
                // What came while this was reading.
                log.high_watermark = offset;
                log.ends_in_damage = log.is_refused && read_batches(id, offset).await.is_err();
                return Ok(Some(log));
            }
            match read_batches(id, offset).await {
                Ok(batches) => {
                    let last = batches.last().ok_or_else(|| {
                        format!("I1: nothing is read at {offset}, below {high_watermark}")
                    })?;
                    offset = header(last).next_offset().expect("in range").0;
                    log.batches.extend(batches);
                }
                // Retention was faster.
                Err(ReadFailure::OutOfRange) => continue 'again,
                Err(ReadFailure::Other(error)) => return Err(error),
            }
        }
        return Err(format!("I7: {id} is not read through in {READS_MAX} reads"));
    }
    Err(format!(
        "I8: the start of {id} moves faster than it can be read"
    ))
}

pub enum ReadFailure {
    OutOfRange,
    Other(String),
}

/// The batches of one read.
pub async fn read_batches(id: TopicPartition, offset: i64) -> Result<Vec<Bytes>, ReadFailure> {
    let request = ReadRequest {
        offset: Offset(offset),
        bytes_max: 16 << 10,
        at_least_one: true,
        offset_max: None,
    };
    let read = match SimEngine.read(id, request).await {
        Err(PartitionError::Refused(ReadError::OutOfRange { .. })) => {
            return Err(ReadFailure::OutOfRange);
        }
        Err(error) => return Err(ReadFailure::Other(error.to_string())),
        Ok(read) => read,
    };
    let bytes = read
        .bytes
        .map_err(|error| ReadFailure::Other(error.to_string()))?;
    let mut rest = Bytes::from(bytes);
    let mut batches = Vec::new();
    while !rest.is_empty() {
        let size = corelane_engine::batch::RecordBatchHeader::view(&rest)
            .and_then(|header| header.size())
            .filter(|size| *size <= rest.len());
        let Some(size) = size else {
            let what = format!("I6: at offset {offset} bytes are served that are no batch");
            return Err(ReadFailure::Other(what));
        };
        batches.push(rest.split_to(size));
    }
    Ok(batches)
}
