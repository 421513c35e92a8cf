//! Offsets in transactions: who may commit them, when they count, and what becomes of them when their group or topic goes.

use super::*;
use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::types::ProducerId;
use corelane_protocol::messages::offset_delete::{
    OffsetDeleteRequestPartition, OffsetDeleteRequestTopic,
};
use corelane_protocol::messages::offset_fetch::OffsetFetchRequestTopics;

use super::super::outbox::{Then, Transaction};

const PRODUCER: i64 = 7;

fn marker(verdict: Verdict) -> NewMarker {
    NewMarker {
        producer_id: ProducerId(PRODUCER),
        producer_epoch: 0,
        marker: Marker {
            verdict,
            coordinator_epoch: 0,
        },
        raised_epoch: false,
    }
}

/// Who commits in a transaction.
struct Who<'a> {
    member: &'a str,
    instance: Option<&'a str>,
    generation: i32,
}

const NOBODY: Who<'static> = Who {
    member: "",
    instance: None,
    generation: -1,
};

impl Bench {
    fn commit_in_transaction(&mut self, who: &Who<'_>, offset: i64) -> Result<Ticket, ErrorCode> {
        let (ticket, now) = (self.ticket(), self.now());
        let committing = Committing {
            group: GROUP.to_owned(),
            generation: who.generation,
            member: who.member.to_owned(),
            instance: who.instance.map(str::to_owned),
            version: 5,
            retention_ms: None,
            transaction: Some(Transaction {
                producer_id: PRODUCER,
                producer_epoch: 0,
            }),
            offsets: vec![NewOffset {
                topic: TOPIC.to_owned(),
                topic_id: uuid::Uuid::nil(),
                partition: 0,
                offset,
                leader_epoch: -1,
                metadata: None,
            }],
        };
        let accepted = self.machine.commit(now, committing, ticket);
        self.collect();
        accepted.map(|_| ticket)
    }

    fn end(&mut self, verdict: Verdict) -> Ticket {
        let ticket = self.ticket();
        self.machine.append_marker(marker(verdict), ticket);
        self.collect();
        ticket
    }

    /// The code and offset that a reader of what is stable finds.
    fn stable(&self) -> (ErrorCode, i64) {
        let topics = [OffsetFetchRequestTopics {
            name: TOPIC.to_owned(),
            partition_indexes: vec![0],
            ..OffsetFetchRequestTopics::default()
        }];
        let found = self.machine.fetch_offsets(GROUP, Some(&topics), true);
        let found = &found[0].partitions[0];
        let code = ErrorCode::try_from(found.error_code).unwrap();
        (code, found.committed_offset)
    }
}

#[test]
fn a_marker_decides_over_what_was_said_before_it_and_not_over_what_comes_behind() {
    let mut bench = Bench::new();
    bench.commit_in_transaction(&NOBODY, 5).unwrap();
    let ended = bench.end(Verdict::Commit);
    bench.commit_in_transaction(&NOBODY, 6).unwrap();
    assert_eq!(bench.stable(), (ErrorCode::None, -1), "nothing is durable");
    bench.store_one(Ok(()));
    assert_eq!(bench.stable(), (ErrorCode::UnstableOffsetCommit, -1));
    bench.store_one(Ok(()));
    assert_eq!(bench.is_stored(ended), Some(Ok(())));
    assert_eq!(bench.stable(), (ErrorCode::None, 5));
    bench.store_one(Ok(()));
    assert_eq!(bench.stable(), (ErrorCode::UnstableOffsetCommit, -1));
    bench.end(Verdict::Abort);
    bench.store();
    assert_eq!(bench.stable(), (ErrorCode::None, 5));
    bench.check_sums();
}

#[test]
fn offsets_stay_pending_while_their_marker_cannot_be_written() {
    let mut bench = Bench::new();
    bench.commit_in_transaction(&NOBODY, 5).unwrap();
    bench.store();
    let ended = bench.end(Verdict::Commit);
    bench.store_one(Err(ErrorCode::NotCoordinator));
    let refused = Some(Err(ErrorCode::NotCoordinator));
    assert_eq!(bench.is_stored(ended), refused);
    assert_eq!(bench.stable(), (ErrorCode::UnstableOffsetCommit, -1));
    bench.end(Verdict::Commit);
    bench.store();
    assert_eq!(bench.stable(), (ErrorCode::None, 5));
}

#[test]
fn members_and_generations_are_fenced_and_old_producers_without_any_are_not() {
    let mut bench = Bench::new();
    let other = Who {
        member: "other",
        generation: 3,
        ..NOBODY
    };
    let refused = bench.commit_in_transaction(&other, 1);
    assert_eq!(refused, Err(ErrorCode::IllegalGeneration), "no group");
    let joined = bench.enter();
    let (member, generation) = (joined.member_id.as_str(), joined.generation_id);
    let ticket = bench.ask_to_sync(&joined, None, &[(member, b"all")]);
    bench.store();
    bench.synced(ticket).expect("the leader has assigned");
    let refused = bench.commit_in_transaction(&other, 1);
    assert_eq!(refused, Err(ErrorCode::UnknownMemberId));
    let late = Who {
        member,
        generation: generation - 1,
        ..NOBODY
    };
    let refused = bench.commit_in_transaction(&late, 1);
    assert_eq!(refused, Err(ErrorCode::IllegalGeneration));
    let current = Who { generation, ..late };
    bench.commit_in_transaction(&current, 1).unwrap();
    bench.commit_in_transaction(&NOBODY, 2).unwrap();
}

#[test]
fn an_instance_that_was_taken_over_from_is_fenced() {
    let mut bench = Bench::new();
    let ticket = bench.ask_to_join("", Some("i"));
    bench.store();
    let first = bench.joined(ticket).expect("nobody else is waited for");
    let ticket = bench.ask_to_join("", Some("i"));
    bench.store();
    bench.joined(ticket).expect("it is the only member");
    let replaced = Who {
        member: &first.member_id,
        instance: Some("i"),
        generation: first.generation_id,
    };
    let refused = bench.commit_in_transaction(&replaced, 1);
    assert_eq!(refused, Err(ErrorCode::FencedInstanceId));
}

#[test]
fn a_member_that_a_restart_has_to_recognise_is_told_that_its_generation_is_over() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    bench.crash(0);
    let who = Who {
        member: &joined.member_id,
        generation: joined.generation_id,
        ..NOBODY
    };
    let refused = bench.commit_in_transaction(&who, 1);
    assert_eq!(refused, Err(ErrorCode::IllegalGeneration));
}

#[test]
fn a_commit_in_a_transaction_is_no_heartbeat() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    let (member, generation) = (joined.member_id.clone(), joined.generation_id);
    let ticket = bench.ask_to_sync(&joined, None, &[(&member, b"all")]);
    bench.store();
    bench.synced(ticket).expect("the leader has assigned");
    let who = Who {
        member: &member,
        generation,
        ..NOBODY
    };
    let session_ms = u64::try_from(SESSION_MS).unwrap();
    bench.pass(session_ms - 1);
    bench.commit_in_transaction(&who, 1).unwrap();
    bench.pass(1);
    let refused = bench.commit_in_transaction(&who, 1);
    assert_eq!(refused, Err(ErrorCode::UnknownMemberId));
}

#[test]
fn a_group_that_is_forgotten_while_its_offsets_are_pending_is_there_again_when_they_count() {
    let mut bench = Bench::new();
    bench.commit_in_transaction(&NOBODY, 5).unwrap();
    bench.store();
    // A group that had no offsets, as far as was known when this was said.
    let forget = vec![GroupRecord::Group(GROUP.to_owned(), None)];
    bench.machine.outbox.append(forget, Then::Nothing);
    bench.collect();
    bench.store();
    assert!(bench.machine.group(GROUP).is_none());
    bench.end(Verdict::Commit);
    bench.store();
    assert_eq!(bench.stable(), (ErrorCode::None, 5));
    bench.check_sums();
}

#[test]
fn a_topic_that_is_deleted_takes_its_pending_offsets_along() {
    let mut bench = Bench::new();
    bench.commit_in_transaction(&NOBODY, 5).unwrap();
    bench.store();
    bench.machine.forget_topic(TOPIC);
    bench.collect();
    bench.store();
    assert_eq!(bench.stable(), (ErrorCode::None, -1));
    bench.end(Verdict::Commit);
    bench.store();
    assert_eq!(bench.stable(), (ErrorCode::None, -1));
    bench.check_sums();
}

#[test]
fn a_partition_that_is_named_twice_is_answered_once() {
    let mut bench = Bench::new();
    bench.commit("", -1, 0, 1).1.unwrap();
    bench.store();
    let asked = OffsetFetchRequestTopics {
        name: TOPIC.to_owned(),
        partition_indexes: vec![0, 1, 0],
        ..OffsetFetchRequestTopics::default()
    };
    let found = bench
        .machine
        .fetch_offsets(GROUP, Some(&[asked.clone(), asked]), false);
    let counts: Vec<usize> = found.iter().map(|topic| topic.partitions.len()).collect();
    assert_eq!(counts, [2, 0]);
    let partition = |partition_index| OffsetDeleteRequestPartition { partition_index };
    let asked = OffsetDeleteRequestTopic {
        name: TOPIC.to_owned(),
        partitions: vec![partition(0), partition(0)],
    };
    let ticket = bench.ticket();
    let deleted = bench
        .machine
        .delete_offsets(GROUP, &[asked.clone(), asked], ticket);
    let (answers, _) = deleted.unwrap();
    assert_eq!(answers[0].partitions.len(), 1);
    bench.collect();
    assert_eq!(bench.appends[0].records.len(), 1);
}
