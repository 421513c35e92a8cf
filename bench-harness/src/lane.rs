//! One connection under load: requests out, answers in, and the account of both.
//!
//! Invariants: the socket never blocks; requests in flight are bounded by the settings; each answer is matched to its
//! request by correlation id, and what does not match is counted as a fault. Latency counts from the intended time.
//! Lives on one client thread.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};
use std::net::TcpStream;

use bytes::Bytes;
use corelane_client::{ConnectionParts, FrameError, FrameReader, LENGTH_PREFIX};

use crate::pace::Pace;
use crate::tally::{Progress, Tally};

/// Frames that one system call may send.
const FRAMES_PER_WRITE_MAX: usize = 16;
/// Bytes of a frame in front of the correlation id: length, API key, version.
const CORRELATION_ID_POSITION: usize = 8;
/// Length of the part of a frame that differs each time it is sent.
const HEAD_LENGTH: usize = 12;

const _: () = assert!(HEAD_LENGTH == LENGTH_PREFIX + 8);

/// A whole request frame, sent under a correlation id of its own each time without being copied.
#[derive(Debug, Clone)]
pub(crate) struct RequestFrame {
    /// The frame, with any correlation id.
    pub(crate) bytes: Bytes,
    /// Whether the broker answers.
    pub(crate) is_answered: bool,
    /// What the request counts when it has no answer.
    pub(crate) contents: Contents,
    /// The class that its latency is told apart by, see [`Tally::answered`].
    pub(crate) class: Option<u32>,
}

/// The two times of an answer, in nanoseconds since the run's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AnswerTimes {
    /// When its request should have left.
    pub(crate) intended_ns: u64,
    /// When it arrived.
    pub(crate) now_ns: u64,
}

/// Records and bytes of batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

/// What an answer said.
#[derive(Debug)]
pub(crate) enum Answer {
    /// As asked.
    Good(Contents),
    /// Error codes, by Kafka's name.
    Refused(String),
    /// Not what the protocol says.
    Unreadable(String),
}

/// What a lane says and how it understands the answers.
pub(crate) trait Talk: Send {
    /// The next request; none while there is nothing to ask until an answer arrives, or ever.
    fn next_request(&mut self) -> Option<RequestFrame>;
    /// Understands the answer to the oldest request in flight. The frame begins with the response header.
    fn answer(&mut self, frame: &Bytes, times: AnswerTimes) -> Answer;
    /// Goes on without the answers to the oldest `count` requests, which the broker dropped.
    fn skip_answers(&mut self, count: usize);
    /// Whether there is nothing left to ask.
    fn is_finished(&self) -> bool;
}

#[derive(Debug, Clone, Copy)]
struct Flight {
    correlation_id: i32,
    intended_ns: u64,
    class: Option<u32>,
}

#[derive(Debug)]
struct Outgoing {
    head: [u8; HEAD_LENGTH],
    frame: RequestFrame,
    sent: usize,
}

/// One connection and its conversation.
pub(crate) struct Lane {
    stream: TcpStream,
    frames: FrameReader,
    talk: Box<dyn Talk>,
    pace: Pace,
    in_flight: VecDeque<Flight>,
    in_flight_max: usize,
    outgoing: VecDeque<Outgoing>,
    next_correlation_id: i32,
    /// When the window last had room again after being full.
    room_since_ns: u64,
    is_open: bool,
    is_write_blocked: bool,
    is_unanswered: bool,
}

impl Lane {
    pub(crate) fn new(
        parts: ConnectionParts,
        talk: Box<dyn Talk>,
        pace: Pace,
        in_flight_max: usize,
    ) -> io::Result<Self> {
        parts.stream.set_nonblocking(true)?;
        Ok(Self {
            stream: parts.stream,
            frames: parts.frames,
            talk,
            pace,
            in_flight: VecDeque::with_capacity(in_flight_max),
            in_flight_max,
            outgoing: VecDeque::with_capacity(in_flight_max),
            next_correlation_id: parts.next_correlation_id,
            room_since_ns: 0,
            is_open: true,
            is_write_blocked: false,
            is_unanswered: false,
        })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether the socket took less than there is to send.
    pub(crate) fn is_write_blocked(&self) -> bool {
        self.is_write_blocked
    }

    /// Whether more can be sent at once although no answer will come to ask for it.
    pub(crate) fn sends_unasked(&self) -> bool {
        self.is_open && !self.is_write_blocked && self.is_unanswered && self.outgoing.is_empty()
    }

    /// Whether requests wait for their answers, or for being sent.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_open && !(self.in_flight.is_empty() && self.outgoing.is_empty())
    }

    pub(crate) fn is_finished(&self) -> bool {
        !self.is_open || (self.talk.is_finished() && !self.is_busy())
    }

    /// When a request is due for which there is room; none when an answer must come first.
    pub(crate) fn due_ns(&self, now_ns: u64) -> Option<u64> {
        let may_send = self.is_open && self.has_room() && !self.talk.is_finished();
        may_send.then(|| self.pace.next_ns(now_ns))
    }

    fn has_room(&self) -> bool {
        self.in_flight.len() < self.in_flight_max && self.outgoing.len() < self.in_flight_max
    }

    /// Queues every request that is due and sends what the socket takes.
    pub(crate) fn send_due(
        &mut self,
        now_ns: u64,
        until_ns: u64,
        tally: &mut Tally,
        progress: &Progress,
    ) {
        while let Some(intended_ns) = self.due_ns(now_ns) {
            if intended_ns > now_ns || intended_ns >= until_ns {
                break;
            }
            let Some(frame) = self.talk.next_request() else {
                break;
            };
            if self.pace.is_fixed() {
                let possible_ns = intended_ns.max(self.room_since_ns);
                tally.sent_late(
                    intended_ns,
                    now_ns.saturating_sub(intended_ns),
                    now_ns.saturating_sub(possible_ns),
                );
            }
            self.pace.advance();
            self.queue(frame, intended_ns);
        }
        self.flush(tally, progress);
    }

    fn queue(&mut self, frame: RequestFrame, intended_ns: u64) {
        let correlation_id = self.next_correlation_id;
        self.next_correlation_id = correlation_id.checked_add(1).unwrap_or(1);
        let mut head = [0; HEAD_LENGTH];
        head[..CORRELATION_ID_POSITION].copy_from_slice(&frame.bytes[..CORRELATION_ID_POSITION]);
        head[CORRELATION_ID_POSITION..].copy_from_slice(&correlation_id.to_be_bytes());
        self.is_unanswered = !frame.is_answered;
        if frame.is_answered {
            self.in_flight.push_back(Flight {
                correlation_id,
                intended_ns,
                class: frame.class,
            });
        }
        self.outgoing.push_back(Outgoing {
            head,
            frame,
            sent: 0,
        });
    }

    /// Sends until nothing is left or the socket is full.
    pub(crate) fn flush(&mut self, tally: &mut Tally, progress: &Progress) {
        self.is_write_blocked = false;
        while !self.outgoing.is_empty() && self.is_open {
            match self.write_once() {
                Ok(count) => self.settle_sent(count, progress),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.is_write_blocked = true;
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.fail(&error.to_string(), tally),
            }
        }
    }

    fn write_once(&mut self) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); 2 * FRAMES_PER_WRITE_MAX];
        let mut count = 0;
        for outgoing in self.outgoing.iter().take(FRAMES_PER_WRITE_MAX) {
            for part in outgoing.unsent() {
                slices[count] = IoSlice::new(part);
                count += 1;
            }
        }
        self.stream.write_vectored(&slices[..count])
    }

    fn settle_sent(&mut self, mut count: usize, progress: &Progress) {
        while let Some(front) = self.outgoing.front_mut() {
            let rest = front.frame.bytes.len() - front.sent;
            if count < rest {
                front.sent += count;
                return;
            }
            count -= rest;
            if !front.frame.is_answered {
                progress.add(front.frame.contents);
            }
            self.outgoing.pop_front();
        }
    }

    /// Reads what arrived and accounts for every answer.
    pub(crate) fn receive(
        &mut self,
        now: impl Fn() -> u64,
        tally: &mut Tally,
        progress: &Progress,
    ) {
        match self.frames.fill(&mut self.stream) {
            Ok(_progress) => {}
            Err(error) => return self.fail_frame(&error, tally),
        }
        let now_ns = now();
        loop {
            match self.frames.next_frame() {
                Ok(Some(frame)) => self.take_answer(frame, now_ns, tally, progress),
                Ok(None) => return,
                Err(error) => return self.fail_frame(&error, tally),
            }
        }
    }

    fn take_answer(&mut self, frame: Bytes, now_ns: u64, tally: &mut Tally, progress: &Progress) {
        let Some(flight) = self.match_answer(&frame, now_ns, tally) else {
            return;
        };
        let times = AnswerTimes {
            intended_ns: flight.intended_ns,
            now_ns,
        };
        match self.talk.answer(&frame, times) {
            Answer::Good(contents) => {
                tally.answered(times, flight.class);
                progress.add(contents);
                progress.latency(now_ns.saturating_sub(flight.intended_ns));
            }
            Answer::Refused(code) => tally.refused(code),
            Answer::Unreadable(reason) => self.fail(&reason, tally),
        }
        self.frames.recycle(frame);
    }

    /// The request that `frame` answers. Answers come in the order of requests, so requests before it lost theirs.
    fn match_answer(&mut self, frame: &Bytes, now_ns: u64, tally: &mut Tally) -> Option<Flight> {
        let Some(correlation_id) = frame
            .first_chunk::<4>()
            .map(|bytes| i32::from_be_bytes(*bytes))
        else {
            self.fail("an answer is shorter than its header", tally);
            return None;
        };
        let Some(position) = self
            .in_flight
            .iter()
            .position(|flight| flight.correlation_id == correlation_id)
        else {
            self.unmatched(correlation_id, tally);
            return None;
        };
        let unsent = self
            .outgoing
            .iter()
            .filter(|outgoing| outgoing.frame.is_answered)
            .count();
        if position + unsent >= self.in_flight.len() {
            tally.faults.answers_early += 1;
        }
        if self.in_flight.len() == self.in_flight_max {
            self.room_since_ns = now_ns;
        }
        if position > 0 {
            tally.faults.answers_missing += u64::try_from(position).unwrap_or(u64::MAX);
            self.in_flight.drain(..position);
            self.talk.skip_answers(position);
        }
        self.in_flight.pop_front()
    }

    fn unmatched(&self, correlation_id: i32, tally: &mut Tally) {
        if correlation_id >= self.next_correlation_id {
            tally.faults.answers_early += 1;
        } else {
            tally.faults.answers_unexpected += 1;
        }
    }

    fn fail_frame(&mut self, error: &FrameError, tally: &mut Tally) {
        self.fail(&error.to_string(), tally);
    }

    fn fail(&mut self, reason: &str, tally: &mut Tally) {
        self.is_open = false;
        tally.connection_failed(reason);
        self.give_up(tally);
    }

    /// Ends a conversation whose answers no longer come.
    pub(crate) fn abandon(&mut self, reason: &str, tally: &mut Tally) {
        self.fail(reason, tally);
    }

    /// Counts what is still in flight as never answered.
    pub(crate) fn give_up(&mut self, tally: &mut Tally) {
        tally.faults.unanswered += u64::try_from(self.in_flight.len()).unwrap_or(u64::MAX);
        self.in_flight.clear();
        self.outgoing.clear();
    }

    /// How long the oldest request in flight has waited.
    pub(crate) fn oldest_wait_ns(&self, now_ns: u64) -> u64 {
        self.in_flight
            .front()
            .map_or(0, |flight| now_ns.saturating_sub(flight.intended_ns))
    }
}

impl Outgoing {
    /// What is left of head and rest.
    fn unsent(&self) -> [&[u8]; 2] {
        let body = &self.frame.bytes[HEAD_LENGTH.max(self.sent)..];
        [&self.head[self.sent.min(HEAD_LENGTH)..], body]
    }
}
