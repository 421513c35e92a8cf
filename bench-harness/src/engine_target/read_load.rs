//! Reads: tasks on each core that plan reads of its partitions in turn and walk the batch headers of what they get.
//!
//! Invariants: a partition is read by one task of a group only, so that no position is read twice at once; positions
//! move by the headers that were seen. Latency counts from the call to the last header, waits at the end left out.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::sync::Arc;

use corelane_engine::batch::{HEADER_LENGTH, RecordBatchHeader};
use corelane_engine::runtime::{timeout, yield_now};
use corelane_engine::{
    FetchPart, FetchPlan, FileRange, Offset, Partition, ReadRequest, Shard, TopicPartition,
};

use super::core_load::CoreAccount;
use crate::drive::WAIT_MAX;
use crate::lane::Contents;
use crate::settings::{AtEnd, FetchFrom, FetchSettings};

/// What the tasks of every core are told.
#[derive(Clone)]
pub(super) struct ReadLoad {
    partitions: Vec<TopicPartition>,
    groups: u32,
    /// Reads in flight of each group, over all cores.
    in_flight: usize,
    from: FetchFrom,
    at_end: AtEnd,
    bytes_max: usize,
}

/// Where the reading of one partition stands.
struct Reading {
    partition: Rc<Partition>,
    first: Offset,
    end: Offset,
    next: Offset,
}

/// A task's partitions, and what it reads files with.
struct Reader {
    readings: VecDeque<Reading>,
    at_end: AtEnd,
    bytes_max: usize,
    file: Option<(Arc<OwnedFd>, File)>,
    buffer: Vec<u8>,
}

impl ReadLoad {
    pub(super) fn new(settings: &FetchSettings, partitions: Vec<TopicPartition>) -> Self {
        let in_flight = settings
            .client
            .connections
            .saturating_mul(settings.client.in_flight);
        let bytes_max = settings.partition_max_bytes.min(settings.max_bytes);
        Self {
            partitions,
            groups: settings.groups,
            in_flight: usize::try_from(in_flight).unwrap_or(usize::MAX),
            from: settings.from,
            at_end: settings.at_end,
            bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
        }
    }

    /// Starts the tasks of the calling core.
    pub(super) fn start(&self, account: &Rc<CoreAccount>) {
        let shard = Shard::current();
        let own: Vec<Rc<Partition>> = self
            .partitions
            .iter()
            .filter_map(|id| shard.partition(id))
            .collect();
        for _ in 0..self.groups {
            for readings in self.deal(&own) {
                let reader = Reader {
                    readings,
                    at_end: self.at_end,
                    bytes_max: self.bytes_max,
                    file: None,
                    buffer: Vec::new(),
                };
                account.start(read_until_the_end(Rc::clone(account), reader));
            }
        }
    }

    /// The core's partitions by task: its share of the reads in flight, at most one a partition.
    fn deal(&self, own: &[Rc<Partition>]) -> Vec<VecDeque<Reading>> {
        let share = self.in_flight.saturating_mul(own.len());
        let tasks = match self.at_end {
            // Who waits for one partition must not keep others waiting.
            AtEnd::Wait => own.len(),
            AtEnd::Restart | AtEnd::Stop | AtEnd::CatchUp => {
                share.div_ceil(self.partitions.len().max(1)).min(own.len())
            }
        };
        let mut dealt: Vec<VecDeque<Reading>> = (0..tasks).map(|_| VecDeque::new()).collect();
        for (number, partition) in own.iter().enumerate() {
            dealt[number % tasks].push_back(self.reading(Rc::clone(partition)));
        }
        dealt
    }

    fn reading(&self, partition: Rc<Partition>) -> Reading {
        let (first, end) = (partition.log_start_offset(), partition.high_watermark());
        let next = match self.from {
            FetchFrom::Earliest => first,
            FetchFrom::Tail => end,
        };
        Reading {
            partition,
            first,
            end,
            next,
        }
    }
}

async fn read_until_the_end(account: Rc<CoreAccount>, mut reader: Reader) {
    while let Some(mut reading) = reader.readings.pop_front() {
        if account.now_ns() >= account.until_ns() {
            return;
        }
        if reader.read(&account, &mut reading).await {
            reader.readings.push_back(reading);
        }
        // A read that comes from memory alone never waits; the core has others to serve.
        yield_now().await;
    }
}

impl Reader {
    /// Reads once. False when the partition has been read to its end and that is all.
    async fn read(&mut self, account: &CoreAccount, reading: &mut Reading) -> bool {
        if reading.next >= reading.end {
            match self.at_end {
                AtEnd::Stop | AtEnd::CatchUp => return false,
                AtEnd::Restart => reading.next = reading.first,
                AtEnd::Wait => {}
            }
        }
        if reading.next >= reading.partition.high_watermark() {
            // In slices, so that the end of the run is noticed.
            let news = reading.partition.wait_for_data(reading.next);
            let _is_there_news = timeout(WAIT_MAX, news).await;
            return true;
        }
        let begun_ns = account.now_ns();
        let request = ReadRequest {
            offset: reading.next,
            bytes_max: self.bytes_max,
            at_least_one: true,
            offset_max: None,
        };
        match account.in_flight(reading.partition.read(request)).await {
            Ok(plan) => match self.walk(&plan) {
                Ok(walk) => {
                    reading.next = walk.next.unwrap_or(reading.next);
                    account.answered(begun_ns, walk.contents);
                }
                Err(error) => account.refused(error).await,
            },
            Err(error) => {
                // Retention may have overtaken the reading.
                reading.first = reading.partition.log_start_offset();
                reading.next = reading.next.max(reading.first);
                account.refused(error).await;
            }
        }
        true
    }

    fn walk(&mut self, plan: &FetchPlan) -> io::Result<HeaderWalk> {
        let mut walk = HeaderWalk::default();
        for part in &plan.parts {
            match part {
                FetchPart::Memory(bytes) => walk.feed(bytes),
                FetchPart::File(range) => walk.feed(self.load(range)?),
            }
        }
        Ok(walk)
    }

    /// Reads a range of a file into the task's buffer.
    fn load(&mut self, range: &FileRange) -> io::Result<&[u8]> {
        let descriptor = range.file.reader();
        let file = match self.file.take() {
            Some((known, file)) if Arc::ptr_eq(&known, descriptor) => file,
            _ => File::from(descriptor.try_clone()?),
        };
        let length = usize::try_from(range.length).map_err(io::Error::other)?;
        if self.buffer.len() < length {
            self.buffer.resize(length, 0);
        }
        let outcome = file.read_exact_at(&mut self.buffer[..length], range.position);
        self.file = Some((Arc::clone(descriptor), file));
        outcome.map(|()| &self.buffer[..length])
    }
}

/// A walk from batch header to batch header over the parts of a plan; headers may lie across parts.
#[derive(Default)]
struct HeaderWalk {
    contents: Contents,
    next: Option<Offset>,
    /// The beginning of a header whose end is in the next part.
    begun: Vec<u8>,
    /// Bytes up to the next header.
    skip: usize,
}

impl HeaderWalk {
    fn feed(&mut self, mut bytes: &[u8]) {
        self.contents.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if bytes.is_empty() {
                return;
            }
            let missing = HEADER_LENGTH - self.begun.len();
            if self.begun.is_empty() && bytes.len() >= HEADER_LENGTH {
                self.note(bytes);
                continue;
            }
            let taken = missing.min(bytes.len());
            self.begun.extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if self.begun.len() == HEADER_LENGTH {
                let header = std::mem::take(&mut self.begun);
                self.note(&header);
                self.skip -= HEADER_LENGTH;
            }
        }
    }

    /// Counts the batch whose header `bytes` begin with. What is no batch ends the walk: plans hold whole batches.
    fn note(&mut self, bytes: &[u8]) {
        let header = RecordBatchHeader::view(bytes);
        let size = header.and_then(RecordBatchHeader::size);
        let (Some(header), Some(size)) = (header, size.filter(|size| *size >= HEADER_LENGTH))
        else {
            self.skip = usize::MAX;
            return;
        };
        self.contents.records += u64::from(header.record_count().unsigned_abs());
        self.next = header.next_offset().or(self.next);
        self.skip = size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::produce::build_batch;
    use crate::settings::{BrokerSettings, ProduceSettings};

    #[test]
    fn headers_are_found_wherever_parts_are_cut() {
        let settings = ProduceSettings {
            record_bytes: 10,
            records_per_batch: 3,
            ..ProduceSettings::maximum(BrokerSettings::at("localhost:9092"))
        };
        let batch = build_batch(&settings).unwrap();
        let log = [&batch[..], &batch[..], &batch[..]].concat();
        for part in 1..log.len() {
            let mut walk = HeaderWalk::default();
            log.chunks(part).for_each(|part| walk.feed(part));
            assert_eq!(walk.contents.records, 9, "parts of {part} bytes");
            assert_eq!(walk.next, Some(Offset(3)));
        }
    }
}
