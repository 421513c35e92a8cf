//! The `fetch` workload: reads partitions as fast as they come, looking only at batch headers.
//!
//! Invariants: a request in flight and the partitions it asks for belong together, so that no partition is asked for
//! twice at once; positions move by what was received. Records are counted by the headers, not decoded.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use corelane_client::{Cluster, OffsetAt, Topic};
use corelane_engine::batch::{RecordBatchHeader, crc32c};
use corelane_engine::record::first_batch_size;
use corelane_protocol::frame::{decode_response, encode_request};
use corelane_protocol::messages::fetch::{
    FetchPartition, FetchRequest, FetchResponse, FetchTopic, PartitionData,
};

use crate::drive::{Plan, drive, window_of};
use crate::durability;
use crate::error::{BenchError, system};
use crate::lane::{Answer, AnswerTimes, Contents, Lane, RequestFrame, Talk};
use crate::ledger::Ledger;
use crate::observe::OnProgress;
use crate::pace::Pace;
use crate::produce::{CLIENT_ID, code_name, partitions_by_leader, timeouts};
use crate::report::assemble;
use crate::result::{RunResult, Workload};
use crate::settings::{AtEnd, FetchFrom, FetchSettings, Span};

/// Runs the workload on a topic that exists.
pub fn fetch(settings: &FetchSettings, on_progress: OnProgress) -> Result<RunResult, BenchError> {
    settings.validate()?;
    let mut cluster = Cluster::connect(
        &settings.broker.bootstrap,
        CLIENT_ID,
        timeouts(settings.client.answer_timeout_s),
    )?;
    let topic = cluster.topic(&settings.topic)?.clone();
    let durability = durability::of_topic(&mut cluster, &settings.topic, &settings.broker, None);
    let lanes = lanes(&mut cluster, &topic, settings, None)?;
    let span = measured_span(settings);
    let window = window_of(&span);
    let plan = Plan::alone(&settings.client, &span, settings.broker.server_pid);
    let outcome = drive(lanes, &plan, &window, on_progress)?;
    assemble(
        Workload::Fetch(settings.clone()),
        &settings.client,
        durability,
        outcome,
    )
}

/// A run that reads everything once has nothing left after a warm-up.
pub(crate) fn measured_span(settings: &FetchSettings) -> Span {
    match settings.at_end {
        AtEnd::Stop | AtEnd::CatchUp => Span {
            warm_up_s: 0.0,
            ..settings.span
        },
        AtEnd::Restart | AtEnd::Wait => settings.span,
    }
}

/// The lanes of all groups. What the first group receives is noted in `ledger`.
pub(crate) fn lanes(
    cluster: &mut Cluster,
    topic: &Topic,
    settings: &FetchSettings,
    ledger: Option<&Arc<Ledger>>,
) -> Result<Vec<Lane>, BenchError> {
    let leaders = partitions_by_leader(topic)?;
    let connections = usize::try_from(settings.client.connections).unwrap_or(1);
    let mut lanes = Vec::new();
    for group in 0..settings.groups {
        let ledger = ledger.filter(|_ledger| group == 0);
        for number in 0..connections {
            let (leader, led) = &leaders[number % leaders.len()];
            let lanes_of_leader = (connections - number % leaders.len()).div_ceil(leaders.len());
            let turn = number / leaders.len();
            let own: Vec<i32> = led
                .iter()
                .copied()
                .skip(turn % led.len().max(1))
                .step_by(lanes_of_leader)
                .collect();
            let readings = begin(cluster, topic, &own, settings)?;
            let mut talk = FetchTalk::new(topic.clone(), readings, settings.clone());
            talk.ledger = ledger.map(Arc::clone);
            lanes.push(lane(cluster, *leader, talk)?);
        }
    }
    Ok(lanes)
}

fn begin(
    cluster: &mut Cluster,
    topic: &Topic,
    partitions: &[i32],
    settings: &FetchSettings,
) -> Result<Vec<Reading>, BenchError> {
    partitions
        .iter()
        .map(|&partition| Reading::begin(cluster, topic, partition, settings.from))
        .collect()
}

fn lane(cluster: &mut Cluster, leader: i32, mut talk: FetchTalk) -> Result<Lane, BenchError> {
    let connection = cluster.open_another(leader)?;
    talk.version = connection.version_of::<FetchRequest>()?;
    let in_flight = usize::try_from(talk.settings.client.in_flight).unwrap_or(1);
    Lane::new(
        connection.into_parts()?,
        Box::new(talk),
        Pace::Closed,
        in_flight,
    )
    .map_err(system("prepare a connection"))
}

/// Where the bytes begin that a batch's CRC covers.
const CRC_FROM: usize = 21;

/// How closely an answer is looked at.
#[derive(Clone, Copy)]
struct Look<'a> {
    checks: bool,
    ledger: Option<&'a Ledger>,
    now_ns: u64,
}

/// Where the reading of one partition stands.
#[derive(Debug, Clone)]
struct Reading {
    partition: i32,
    first_offset: i64,
    end_offset: i64,
    position: i64,
    is_done: bool,
}

impl Reading {
    fn begin(
        cluster: &mut Cluster,
        topic: &Topic,
        partition: i32,
        from: FetchFrom,
    ) -> Result<Self, BenchError> {
        let first_offset = cluster
            .offset(&topic.name, partition, OffsetAt::Earliest)?
            .unwrap_or(0);
        let end_offset = cluster
            .offset(&topic.name, partition, OffsetAt::Latest)?
            .unwrap_or(0);
        let position = match from {
            FetchFrom::Earliest => first_offset,
            FetchFrom::Tail => end_offset,
        };
        Ok(Self {
            partition,
            first_offset,
            end_offset,
            position,
            is_done: false,
        })
    }

    /// Goes past the whole batches of `records` and counts them. A batch that is cut off comes again.
    fn advance(&mut self, records: &[u8], look: Look) -> Result<Contents, String> {
        let mut contents = Contents::default();
        let mut rest = records;
        while let Some(size) = first_batch_size(rest) {
            let (batch, following) = rest.split_at(size);
            if let Some(header) = RecordBatchHeader::view(batch) {
                if look.checks {
                    self.check(header, batch)?;
                }
                if let Some(ledger) = look.ledger {
                    ledger.received(self.partition, header.base_offset().0, look.now_ns);
                }
                contents.records += u64::from(header.record_count().unsigned_abs());
                self.position = header.next_offset().map_or(self.position, |next| next.0);
            }
            contents.bytes += u64::try_from(size).unwrap_or(u64::MAX);
            rest = following;
        }
        Ok(contents)
    }

    fn check(&self, header: &RecordBatchHeader, batch: &[u8]) -> Result<(), String> {
        let (partition, position) = (self.partition, self.position);
        // The first batch of an answer may begin before the offset that was asked for.
        if header.base_offset().0 > position {
            let found = header.base_offset().0;
            return Err(format!(
                "partition {partition} goes on at offset {found} where {position} was due"
            ));
        }
        if crc32c(batch.get(CRC_FROM..).unwrap_or_default()) != header.crc() {
            return Err(format!(
                "a batch of partition {partition} at offset {position} has a wrong CRC"
            ));
        }
        Ok(())
    }

    fn turn_at_end(&mut self, at_end: AtEnd, high_watermark: i64) {
        if at_end == AtEnd::CatchUp {
            self.is_done = self.position >= high_watermark;
            return;
        }
        if self.position < self.end_offset {
            return;
        }
        match at_end {
            AtEnd::Restart => self.position = self.first_offset,
            AtEnd::Stop => self.is_done = true,
            AtEnd::Wait | AtEnd::CatchUp => {}
        }
    }
}

/// Partitions that one request asks for.
type Group = Vec<Reading>;

/// Asks for groups of partitions, each by one request at a time.
struct FetchTalk {
    topic: Topic,
    settings: FetchSettings,
    version: i16,
    idle: VecDeque<Group>,
    asked: VecDeque<Group>,
    ledger: Option<Arc<Ledger>>,
}

impl FetchTalk {
    fn new(topic: Topic, readings: Vec<Reading>, settings: FetchSettings) -> Self {
        let group_count = usize::try_from(settings.client.in_flight)
            .unwrap_or(1)
            .clamp(1, readings.len().max(1));
        let mut idle: VecDeque<Group> = (0..group_count).map(|_| Group::new()).collect();
        for (number, reading) in readings.into_iter().enumerate() {
            idle[number % group_count].push(reading);
        }
        idle.retain(|group| !group.is_empty());
        Self {
            topic,
            settings,
            version: 0,
            idle,
            asked: VecDeque::new(),
            ledger: None,
        }
    }

    fn request(&self, group: &Group) -> FetchRequest {
        let wire = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let partitions = group.iter().map(|reading| FetchPartition {
            partition: reading.partition,
            fetch_offset: reading.position,
            partition_max_bytes: wire(self.settings.partition_max_bytes),
            ..FetchPartition::default()
        });
        FetchRequest {
            max_wait_ms: wire(self.settings.max_wait_ms),
            min_bytes: wire(self.settings.min_bytes),
            max_bytes: wire(self.settings.max_bytes),
            topics: vec![FetchTopic {
                topic: self.topic.name.clone(),
                topic_id: self.topic.id,
                partitions: partitions.collect(),
            }],
            ..FetchRequest::default()
        }
    }

    fn understand(&mut self, response: &FetchResponse, times: AnswerTimes) -> Answer {
        let Some(mut group) = self.asked.pop_front() else {
            return Answer::Unreadable("an answer to no fetch".to_owned());
        };
        let look = Look {
            checks: self.settings.check,
            ledger: self.ledger.as_deref(),
            now_ns: times.now_ns,
        };
        let mut contents = Contents::default();
        let mut refused = (response.error_code != 0).then(|| code_name(response.error_code));
        for answer in response
            .responses
            .iter()
            .flat_map(|topic| &topic.partitions)
        {
            match take_in(&mut group, answer, self.settings.at_end, look) {
                Ok(more) => {
                    contents.records += more.records;
                    contents.bytes += more.bytes;
                }
                Err(code) => refused = Some(code),
            }
        }
        group.retain(|reading| !reading.is_done);
        // The broker fills a response from the front, so the first partition must not always be the same.
        if !group.is_empty() {
            group.rotate_left(1);
            self.idle.push_back(group);
        }
        refused.map_or(Answer::Good(contents), Answer::Refused)
    }
}

fn take_in(
    group: &mut Group,
    answer: &PartitionData,
    at_end: AtEnd,
    look: Look,
) -> Result<Contents, String> {
    let Some(reading) = group
        .iter_mut()
        .find(|reading| reading.partition == answer.partition_index)
    else {
        return Err("a partition that was not asked for".to_owned());
    };
    if answer.error_code != 0 {
        return Err(code_name(answer.error_code));
    }
    let contents = match &answer.records {
        Some(records) => reading.advance(records, look).inspect_err(|_damage| {
            // What is damaged would be read for ever.
            reading.is_done = true;
        })?,
        None => Contents::default(),
    };
    reading.turn_at_end(at_end, answer.high_watermark);
    Ok(contents)
}

impl Talk for FetchTalk {
    fn next_request(&mut self) -> Option<RequestFrame> {
        let group = self.idle.pop_front()?;
        let frame = encode_request(&self.request(&group), self.version, 0, Some(CLIENT_ID)).ok()?;
        self.asked.push_back(group);
        Some(RequestFrame {
            bytes: Bytes::from(frame),
            is_answered: true,
            contents: Contents::default(),
            class: None,
        })
    }

    fn answer(&mut self, frame: &Bytes, times: AnswerTimes) -> Answer {
        match decode_response::<FetchRequest>(frame.clone(), self.version) {
            Ok((_correlation_id, response)) => self.understand(&response, times),
            Err(error) => Answer::Unreadable(error.to_string()),
        }
    }

    fn skip_answers(&mut self, count: usize) {
        let skipped = self.asked.drain(..count.min(self.asked.len()));
        self.idle.extend(skipped);
    }

    fn is_finished(&self) -> bool {
        self.idle.is_empty() && self.asked.is_empty()
    }
}
