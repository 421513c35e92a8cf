//! What a coordinator's machine says: answers to requests that wait, and records to append.
//!
//! Pure. Invariants: each ticket is answered once; appends are carried out in the order in which they were said, and
//! their outcomes reported in that order.

use corelane_engine::marker::NewMarker;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_heartbeat::ConsumerGroupHeartbeatResponse;
use corelane_protocol::messages::join_group::JoinGroupResponse;
use corelane_protocol::messages::sync_group::SyncGroupResponse;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::consumer::changes::Key;
use super::record::GroupRecord;

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The answer of a request that waited.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// To a JoinGroup.
    Join(JoinGroupResponse),
    /// To a SyncGroup.
    Sync(SyncGroupResponse),
    /// To a ConsumerGroupHeartbeat.
    Beat(ConsumerGroupHeartbeatResponse),
    /// To whoever waits for an append.
    Stored(Result<(), ErrorCode>),
}

/// The transaction that records belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The producer.
    pub producer_id: i64,
    /// Its epoch.
    pub producer_epoch: i16,
}

/// Records to append.
#[derive(Clone, Debug, PartialEq)]
pub struct Append {
    /// In order.
    pub records: Vec<GroupRecord>,
    /// The transaction that they are part of.
    pub transaction: Option<Transaction>,
    /// What comes when they have been appended, or could not be.
    pub then: Then,
}

/// What follows an append.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// Nothing: what was written only spares later work.
    Nothing,
    /// A group is in the log: what was held back of its answers goes out.
    Created {
        /// The group.
        group: Rc<str>,
    },
    /// Somebody waits for it.
    Answer(Ticket),
    /// A producer's offsets count, or never will. The append is that of the marker, which has no records of a group.
    TransactionEnded {
        /// What is appended.
        marker: NewMarker,
        /// Who waits for it.
        ticket: Ticket,
    },
    /// Changes of a consumer group have been stored.
    Changed {
        /// The group.
        group: Rc<str>,
        /// What has changed.
        keys: BTreeSet<Key>,
        /// What the member is told that has changed it.
        answer: Option<(Ticket, Box<Reply>)>,
    },
    /// The leader's assignment has been stored: members get theirs.
    Synced {
        /// The group.
        group: Rc<str>,
        /// The generation of the assignment.
        generation: i32,
    },
    /// A static member has come back under a new id in a stable group.
    StaticJoined {
        /// The group.
        group: Rc<str>,
        /// Its new id.
        member: Rc<str>,
        /// The leader before.
        former_leader: Option<Rc<str>>,
        /// Whether the client can be told to skip the assignment.
        may_skip: bool,
    },
}

/// What has been said and not yet done.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Answers.
    pub replies: Vec<(Ticket, Reply)>,
    /// Appends.
    pub appends: Vec<Append>,
}

impl Outbox {
    /// Answers a JoinGroup.
    pub fn join(&mut self, ticket: Ticket, response: JoinGroupResponse) {
        self.replies.push((ticket, Reply::Join(response)));
    }

    /// Answers a SyncGroup.
    pub fn sync(&mut self, ticket: Ticket, response: SyncGroupResponse) {
        self.replies.push((ticket, Reply::Sync(response)));
    }

    /// Answers who waits for an append.
    pub fn stored(&mut self, ticket: Ticket, outcome: Result<(), ErrorCode>) {
        self.replies.push((ticket, Reply::Stored(outcome)));
    }

    /// Asks for an append outside of any transaction.
    pub fn append(&mut self, records: Vec<GroupRecord>, then: Then) {
        self.appends.push(Append {
            records,
            transaction: None,
            then,
        });
    }
}
