//! Between the protocols: what becomes of a group of the one when members of the other come.
//!
//! Pure. A group that nobody is in becomes one of the protocol of whoever joins, and keeps its offsets. A classic group of
//! consumers with members becomes a consumer group when the first member of the consumer protocol comes: its members
//! keep what they have, and are told to join again. It stays one until it is empty; Kafka makes it a classic
//! group again when only classic members are left.

use std::rc::Rc;

use bytes::Bytes;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_member_metadata_value::{
    ClassicMemberMetadata, ClassicProtocol,
};

use super::changes::Key;
use super::embedded::{read_assignment, read_subscription};
use super::group::ConsumerGroup;
use super::member::{ConsumerMember, Profile};
use super::topics::Topics;
use crate::groups::group::{Group, State};
use crate::groups::machine::GroupMachine;
use crate::groups::member::Member;
use crate::groups::outbox::Then;
use crate::groups::rebalance::{Work, join_refused, sync_refused};

/// Makes a group one of the consumer protocol; whether it is one then.
pub fn to_consumer(group: &mut Group, work: &mut Work<'_>) -> bool {
    let members = match group.is_vacant() {
        true => Some(Vec::new()),
        false => read_members(group, work),
    };
    let Some(members) = members else { return false };
    let is_in_log = group.protocol_type.is_some() || group.state_since_ms.is_some();
    let generation = group.generation;
    let is_taken_over = !members.is_empty();
    group.end_classic(work);
    group.consumer.get_or_insert_default();
    group.change_consumer(|consumer| {
        if is_in_log {
            consumer.changed.insert(Key::Classic);
        }
        if is_taken_over {
            consumer.take_over(members, generation);
        }
    });
    let consumer = group.consumer.iter();
    let ids: Vec<Rc<str>> = consumer
        .flat_map(|consumer| consumer.members().map(|member| member.id.clone()))
        .collect();
    for id in ids {
        group.keep_consumer_session(&id, work);
    }
    true
}

/// The members of a classic group as members of a consumer group; none where one of them is no consumer that can be read.
fn read_members(group: &Group, work: &Work<'_>) -> Option<Vec<ConsumerMember>> {
    let is_small = group.members.len() <= work.settings.consumer_members_max;
    if !group.is_consumer() || !is_small {
        return None;
    }
    let protocol = group.protocol.as_deref();
    let members = group.members.values();
    members
        .map(|member| read_member(member, protocol, group.generation, work.topics))
        .collect()
}

fn read_member(
    member: &Member,
    protocol: Option<&str>,
    generation: i32,
    topics: &dyn Topics,
) -> Option<ConsumerMember> {
    let subscription = &member.subscription;
    let first = subscription.protocols.first();
    let metadata = match protocol {
        Some(protocol) => member.metadata(protocol),
        None => first.map(|(_, metadata)| metadata.clone())?,
    };
    let said = read_subscription(&metadata, topics)?;
    let assigned = read_assignment(&member.assignment, topics)?;
    let of = |(name, metadata): &(String, Bytes)| ClassicProtocol {
        name: name.clone(),
        metadata: metadata.clone(),
    };
    let profile = Profile {
        instance_id: member.instance_id.clone(),
        rack_id: said.rack_id,
        client: member.client.clone(),
        rebalance_timeout_ms: subscription.rebalance_timeout_ms,
        topics: said.topics,
        pattern: None,
        assignor: None,
        classic: Some(ClassicMemberMetadata {
            session_timeout_ms: subscription.session_timeout_ms,
            supported_protocols: subscription.protocols.iter().map(of).collect(),
        }),
    };
    Some(ConsumerMember {
        epoch: generation,
        previous_epoch: generation,
        assigned,
        ..ConsumerMember::new(member.id.clone(), profile)
    })
}

impl ConsumerGroup {
    fn take_over(&mut self, members: Vec<ConsumerMember>, generation: i32) {
        self.epoch = generation;
        self.target_epoch = generation;
        self.changed.insert(Key::Group);
        self.changed.insert(Key::Target);
        for member in members {
            let id = member.id.clone();
            self.set_target(&id, Some(member.assigned.clone()));
            self.note_all_of(&id);
            self.put(member);
        }
    }
}

impl Group {
    /// Leaves the classic protocol: whoever waits is told to join again.
    fn end_classic(&mut self, work: &mut Work<'_>) {
        let about_to_join: Vec<Rc<str>> = self.pending_joins.keys().cloned().collect();
        for id in about_to_join {
            self.take_pending(&id, work);
        }
        let again = ErrorCode::RebalanceInProgress;
        let ids: Vec<Rc<str>> = self.members.keys().cloned().collect();
        for id in ids {
            self.answer_join(&id, join_refused(&id, again), work.outbox);
            if let Some(mut member) = self.remove(&id) {
                if let Some(ticket) = member.syncing.take() {
                    work.outbox.sync(ticket, sync_refused(again));
                }
                self.cancel_session(&mut member, work);
            }
        }
        self.cancel_join_timer(work);
        self.cancel_sync_timer(work);
        self.enter(State::Empty, work.now.wall_ms);
        self.leave_classic();
    }
}

impl GroupMachine {
    /// Makes a group one of the classic protocol that was one of the consumer protocol and that nobody is in; whether
    /// it has been made one.
    pub(in crate::groups) fn make_classic(&mut self, id: &str) -> bool {
        let vacant = self.groups.get_mut(id).filter(|group| group.is_vacant());
        let Some(group) = vacant else { return false };
        let Some(consumer) = group.consumer.take() else {
            return false;
        };
        let taken = consumer.bytes();
        group.bytes = group.bytes.saturating_sub(taken);
        self.bytes = self.bytes.saturating_sub(taken);
        let tombstones = consumer.tombstones(id);
        self.outbox.append(tombstones, Then::Nothing);
        true
    }
}
