//! ConsumerGroupHeartbeat (68) and OffsetCommit (8) as a liar writes them: any field, any value, byte by byte.

use crate::support::wire::{Answer, Answered, Fields, Request, Wire};

const CONSUMER_GROUP_HEARTBEAT: i16 = 68;
const OFFSET_COMMIT: i16 = 8;

/// A heartbeat of version 1; none is what has not changed.
#[derive(Clone, Debug)]
pub struct Beat<'a> {
    pub group: &'a str,
    pub member: &'a str,
    pub epoch: i32,
    pub instance: Option<&'a str>,
    pub rebalance_timeout_ms: i32,
    pub names: Option<Vec<String>>,
    pub pattern: Option<&'a str>,
    /// Topic ids, each with partitions.
    pub owned: Option<Vec<([u8; 16], Vec<i32>)>>,
}

/// What was answered to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beaten {
    pub code: i16,
    pub epoch: i32,
    pub assigned: Option<Vec<([u8; 16], Vec<i32>)>>,
}

impl<'a> Beat<'a> {
    /// A member that joins and names one topic.
    pub fn join(group: &'a str, member: &'a str, topic: &str) -> Self {
        Self {
            group,
            member,
            epoch: 0,
            instance: None,
            rebalance_timeout_ms: 60_000,
            names: Some(vec![topic.to_owned()]),
            pattern: None,
            owned: Some(Vec::new()),
        }
    }

    /// One that says no more than that it is there.
    pub fn stay(group: &'a str, member: &'a str, epoch: i32) -> Self {
        Self {
            epoch,
            rebalance_timeout_ms: -1,
            names: None,
            owned: None,
            ..Self::join(group, member, "")
        }
    }

    pub fn request(&self) -> Request {
        let mut body = compact(compact(Fields::new(), Some(self.group)), Some(self.member));
        body = compact(body.i32(self.epoch), self.instance);
        body = compact(body, None).i32(self.rebalance_timeout_ms);
        body = count(body, self.names.as_ref().map(Vec::len));
        for name in self.names.iter().flatten() {
            body = compact(body, Some(name));
        }
        body = compact(compact(body, self.pattern), None);
        body = count(body, self.owned.as_ref().map(Vec::len));
        for (topic, partitions) in self.owned.iter().flatten() {
            body = count(body.raw(topic), Some(partitions.len()));
            body = partitions.iter().fold(body, |body, index| body.i32(*index));
            body = body.i8(0);
        }
        Request::flexible(CONSUMER_GROUP_HEARTBEAT, 1, body.i8(0))
    }

    /// Sends it, and takes the answer.
    pub fn ask(&self, wire: &mut Wire) -> Beaten {
        beaten(&wire.ask(&self.request()))
    }

    /// The error code that it gets.
    pub fn code(&self, wire: &mut Wire) -> i16 {
        self.ask(wire).code
    }
}

/// Reads the answer to a heartbeat.
pub fn beaten(answer: &Answer) -> Beaten {
    let mut body = answer.body();
    let _head = (body.i8(), body.i32());
    let code = body.i16();
    let _message = compact_text(&mut body);
    let _member = compact_text(&mut body);
    let epoch = body.i32();
    let _interval_ms = body.i32();
    let assigned = (body.i8() >= 0).then(|| {
        let topics = 0..varint(&mut body).saturating_sub(1);
        topics.map(|_| topic_partitions(&mut body)).collect()
    });
    Beaten {
        code,
        epoch,
        assigned,
    }
}

fn topic_partitions(body: &mut Answered<'_>) -> ([u8; 16], Vec<i32>) {
    let topic = body.take(16).try_into().expect("16 bytes were taken");
    let partitions = 0..varint(body).saturating_sub(1);
    let partitions = partitions.map(|_| body.i32()).collect();
    let _tags = body.i8();
    (topic, partitions)
}

/// Who commits, and as of which epoch.
#[derive(Clone, Copy, Debug)]
pub struct Committer<'a> {
    pub group: &'a str,
    pub member: &'a str,
    pub epoch: i32,
    pub version: i16,
}

/// OffsetCommit, version 8 or 9, of offset 0 of the topic's first partition; its error code.
pub fn commit(wire: &mut Wire, by: Committer<'_>, topic: &str) -> i16 {
    let answer = wire.ask(&commit_request(by, topic));
    committed(&answer)
}

pub fn commit_request(by: Committer<'_>, topic: &str) -> Request {
    let body = compact(Fields::new(), Some(by.group)).i32(by.epoch);
    let body = compact(compact(body, Some(by.member)), None);
    let body = compact(count(body, Some(1)), Some(topic));
    let body = compact(count(body, Some(1)).i32(0).i64(0).i32(-1), Some(""));
    Request::flexible(OFFSET_COMMIT, by.version, body.i8(0).i8(0).i8(0))
}

/// The code of the one partition that was committed.
pub fn committed(answer: &Answer) -> i16 {
    let mut body = answer.body();
    let _head = (body.i8(), body.i32(), varint(&mut body));
    let _topic = compact_text(&mut body);
    let _partition = (varint(&mut body), body.i32());
    body.i16()
}

/// A string with its length as a varint.
pub fn compact(body: Fields, text: Option<&str>) -> Fields {
    let body = count(body, text.map(str::len));
    match text {
        Some(text) => body.raw(text.as_bytes()),
        None => body,
    }
}

/// A count as a varint, and none as it is written.
pub fn count(body: Fields, count: Option<usize>) -> Fields {
    let mut rest = count.map_or(0, |count| count + 1);
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7f).expect("seven bits") | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).expect("below 0x80"));
    body.raw(&bytes)
}

/// Reads a varint.
pub fn varint(body: &mut Answered<'_>) -> usize {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = body.take(1)[0];
        value |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn compact_text(body: &mut Answered<'_>) -> Option<String> {
    let length = varint(body).checked_sub(1)?;
    Some(String::from_utf8_lossy(body.take(length)).into_owned())
}
