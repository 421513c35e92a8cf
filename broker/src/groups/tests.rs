//! The machine without a socket: cases by name, and random schedules of clients, disk and crashes.

mod cases;
mod consumer;
mod consumer_client;
mod consumer_schedules;
mod schedules;
mod transactional;
mod upgrade;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::heartbeat::HeartbeatRequest;
use corelane_protocol::messages::join_group::{
    JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse,
};
use corelane_protocol::messages::sync_group::{
    SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse,
};

use super::GroupSettings;
use super::consumer::replay::timer_count;
use super::machine::GroupMachine;
use super::member::Client;
use super::membership::Joining;
use super::offsets::{Accepted, Committing, NewOffset};
use super::outbox::{Append, Reply, Ticket};
use super::record::GroupRecord;
use super::timers::Now;

const GROUP: &str = "g";
const TOPIC: &str = "t";
const SESSION_MS: i32 = 10_000;
const REBALANCE_MS: i32 = 60_000;

/// A machine with its clock, its log, and the answers that it has given.
struct Bench {
    machine: GroupMachine,
    settings: GroupSettings,
    elapsed_ms: u64,
    /// What is durable.
    log: Vec<GroupRecord>,
    /// Appends under way, in order.
    appends: Vec<Append>,
    answers: HashMap<Ticket, Reply>,
    next_ticket: u64,
    next_uuid: u128,
    version: i16,
    topics: Arc<consumer_client::Named>,
}

impl Bench {
    fn new() -> Self {
        Bench::with(GroupSettings {
            initial_rebalance_delay_ms: 0,
            ..GroupSettings::default()
        })
    }

    fn with(settings: GroupSettings) -> Self {
        let mut bench = Bench {
            machine: GroupMachine::new(settings.clone()),
            settings,
            elapsed_ms: 0,
            log: Vec::new(),
            appends: Vec::new(),
            answers: HashMap::new(),
            next_ticket: 0,
            next_uuid: 0,
            version: 9,
            topics: Arc::default(),
        };
        let now = bench.now();
        bench.machine.finish_loading(now);
        bench
    }

    fn now(&self) -> Now {
        Now {
            elapsed_ms: self.elapsed_ms,
            wall_ms: 1_700_000_000_000 + i64::try_from(self.elapsed_ms).unwrap(),
        }
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    fn collect(&mut self) {
        let outbox = self.machine.take_outbox();
        for (ticket, reply) in outbox.replies {
            assert!(
                self.answers.insert(ticket, reply).is_none(),
                "{ticket:?} is answered twice"
            );
        }
        self.appends.extend(outbox.appends);
    }

    /// The disk carries the first append out.
    fn store_one(&mut self, outcome: Result<(), ErrorCode>) {
        let append = self.appends.remove(0);
        let outcome = outcome.map(|()| {
            self.log.extend(append.records.iter().cloned());
            i64::try_from(self.log.len()).unwrap()
        });
        let now = self.now();
        self.machine.appended(now, append, outcome);
        self.collect();
    }

    fn store(&mut self) {
        while !self.appends.is_empty() {
            self.store_one(Ok(()));
        }
    }

    fn pass(&mut self, ms: u64) {
        let end = self.elapsed_ms + ms;
        while let Some(at) = self.machine.next_deadline_ms().filter(|at| *at <= end) {
            self.elapsed_ms = self.elapsed_ms.max(at);
            let now = self.now();
            self.machine.fire(now);
            self.collect();
        }
        self.elapsed_ms = end;
    }

    /// The broker is killed with `survivors` of the appends under way on the disk, and started again.
    fn crash(&mut self, survivors: usize) {
        for append in self.appends.drain(..).take(survivors) {
            self.log.extend(append.records);
        }
        self.answers.clear();
        self.machine = GroupMachine::new(self.settings.clone());
        for (offset, record) in (0..).zip(self.log.clone()) {
            // What was written can be read.
            let keyed = record.encode().unwrap();
            let decoded = GroupRecord::decode(&keyed.key, keyed.value.as_ref());
            self.machine.replay(decoded.unwrap().unwrap(), None, offset);
        }
        let now = self.now();
        self.machine.finish_loading(now);
        self.collect();
    }

    fn joining(&mut self, member: &str, instance: Option<&str>, metadata: &[u8]) -> Joining {
        self.next_uuid += 1;
        Joining {
            request: JoinGroupRequest {
                group_id: GROUP.to_owned(),
                session_timeout_ms: SESSION_MS,
                rebalance_timeout_ms: REBALANCE_MS,
                member_id: member.to_owned(),
                group_instance_id: instance.map(str::to_owned),
                protocol_type: "consumer".to_owned(),
                protocols: vec![JoinGroupRequestProtocol {
                    name: "range".to_owned(),
                    metadata: Bytes::copy_from_slice(metadata),
                }],
                reason: None,
            },
            version: self.version,
            client: Client {
                id: "client".to_owned(),
                host: "/127.0.0.1".to_owned(),
            },
            fresh: uuid::Uuid::from_u128(self.next_uuid).to_string(),
        }
    }

    fn ask_to_join(&mut self, member: &str, instance: Option<&str>) -> Ticket {
        let joining = self.joining(member, instance, b"");
        self.ask_to_join_as(&joining)
    }

    fn ask_to_join_as(&mut self, joining: &Joining) -> Ticket {
        let (ticket, now) = (self.ticket(), self.now());
        self.machine.join(now, joining, ticket);
        self.collect();
        ticket
    }

    fn joined(&mut self, ticket: Ticket) -> Option<JoinGroupResponse> {
        match self.answers.remove(&ticket)? {
            Reply::Join(response) => Some(response),
            other => panic!("a JoinGroup is answered with {other:?}"),
        }
    }

    fn ask_to_sync(
        &mut self,
        joined: &JoinGroupResponse,
        instance: Option<&str>,
        given: &[(&str, &[u8])],
    ) -> Ticket {
        let (ticket, now) = (self.ticket(), self.now());
        let request = SyncGroupRequest {
            group_id: GROUP.to_owned(),
            generation_id: joined.generation_id,
            member_id: joined.member_id.clone(),
            group_instance_id: instance.map(str::to_owned),
            protocol_type: Some("consumer".to_owned()),
            protocol_name: Some("range".to_owned()),
            assignments: given
                .iter()
                .map(|(member, assignment)| SyncGroupRequestAssignment {
                    member_id: (*member).to_owned(),
                    assignment: Bytes::copy_from_slice(assignment),
                })
                .collect(),
        };
        self.machine.sync(now, &request, ticket);
        self.collect();
        ticket
    }

    fn synced(&mut self, ticket: Ticket) -> Option<SyncGroupResponse> {
        match self.answers.remove(&ticket)? {
            Reply::Sync(response) => Some(response),
            other => panic!("a SyncGroup is answered with {other:?}"),
        }
    }

    fn beat(&mut self, member: &str, instance: Option<&str>, generation: i32) -> ErrorCode {
        let now = self.now();
        let request = HeartbeatRequest {
            group_id: GROUP.to_owned(),
            generation_id: generation,
            member_id: member.to_owned(),
            group_instance_id: instance.map(str::to_owned),
        };
        let code = self.machine.heartbeat(now, &request);
        self.collect();
        code
    }

    fn commit(
        &mut self,
        member: &str,
        generation: i32,
        partition: i32,
        offset: i64,
    ) -> (Ticket, Result<Accepted, ErrorCode>) {
        let (ticket, now) = (self.ticket(), self.now());
        let committing = Committing {
            group: GROUP.to_owned(),
            generation,
            member: member.to_owned(),
            instance: None,
            version: self.version,
            retention_ms: None,
            transaction: None,
            offsets: vec![NewOffset {
                topic: TOPIC.to_owned(),
                topic_id: uuid::Uuid::nil(),
                partition,
                offset,
                leader_epoch: 0,
                metadata: Some("m".to_owned()),
            }],
        };
        let accepted = self.machine.commit(now, committing, ticket);
        self.collect();
        (ticket, accepted)
    }

    fn is_stored(&mut self, ticket: Ticket) -> Option<Result<(), ErrorCode>> {
        match self.answers.remove(&ticket)? {
            Reply::Stored(outcome) => Some(outcome),
            other => panic!("a commit is answered with {other:?}"),
        }
    }

    fn committed(&self, partition: i32) -> Option<i64> {
        let found = self.machine.fetch_offsets(GROUP, None, false);
        let partitions = found.into_iter().flat_map(|topic| topic.partitions);
        let mut found = partitions.filter(|found| found.partition_index == partition);
        found.next().map(|found| found.committed_offset)
    }

    /// A new dynamic member joins until it is in: the two requests that Kafka asks for.
    fn enter(&mut self) -> JoinGroupResponse {
        let ticket = self.ask_to_join("", None);
        self.store();
        let id = self.joined(ticket).expect("an id").member_id;
        let ticket = self.ask_to_join(&id, None);
        self.joined(ticket).expect("nobody else is waited for")
    }

    /// The sums that the machine keeps are those of what it holds.
    fn check_sums(&self) {
        let groups: usize = self.machine.groups.values().map(|group| group.bytes).sum();
        let pending = self
            .machine
            .pending
            .values()
            .flat_map(|offsets| offsets.values());
        let pending: usize = pending.map(super::record::Committed::bytes).sum();
        assert_eq!(self.machine.bytes, groups + pending);
        let owned: usize = self
            .machine
            .groups
            .values()
            .map(|group| {
                let sessions = group.members.values().filter(|m| m.timer_ms.is_some());
                let consumer = group.consumer.iter().flat_map(|consumer| {
                    consumer.check_sums();
                    consumer.members().map(timer_count)
                });
                sessions.count()
                    + consumer.sum::<usize>()
                    + group.pending_joins.len()
                    + usize::from(group.join_timer.is_some())
                    + usize::from(group.sync_timer.is_some())
            })
            .sum();
        assert_eq!(
            self.machine.timers.len(),
            owned + 1,
            "and the search for expired offsets"
        );
    }
}
