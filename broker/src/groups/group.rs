//! One group of the classic protocol: its members, its state, its generation and what it has committed.
//!
//! Pure. Invariants: `awaiting_joins` counts the members whose JoinGroup waits; `supported` counts for each protocol the
//! members that have it; `instances` has each static member; the leader is a member. `bytes` is what members and
//! offsets take.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use bytes::Bytes;
use corelane_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use corelane_protocol::messages::group_metadata_value::GroupMetadataValue;
use corelane_protocol::messages::join_group::{JoinGroupResponse, JoinGroupResponseMember};
use corelane_protocol::{ErrorCode, Message, Reader};

use super::consumer::group::ConsumerGroup;
use super::member::{Member, Subscription};
use super::outbox::{Outbox, Reply, Ticket};
use super::record::{Committed, GroupRecord};

/// The protocol type of consumers, whose metadata is understood here as far as the topics.
pub const CONSUMER_PROTOCOL_TYPE: &str = "consumer";
/// The version of the consumers' metadata that is the beginning of all versions.
const CONSUMER_PROTOCOL_BASE_VERSION: i16 = 0;

/// Where a group is; Kafka's `ClassicGroupState`, of which Dead is a group that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No members; maybe offsets.
    Empty,
    /// Members join.
    PreparingRebalance,
    /// The leader works out who gets what.
    CompletingRebalance,
    /// All have what they were given.
    Stable,
}

impl State {
    /// Kafka's name.
    pub fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

/// What the deadline of a rebalance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinTimer {
    /// The first rebalance of an empty group waits for more members.
    Initial {
        /// Of this pause.
        delay_ms: u64,
        /// What is left for further pauses.
        remaining_ms: u64,
    },
    /// Members have their rebalance timeout.
    Rebalance,
}

/// A group.
#[derive(Debug)]
pub struct Group {
    /// Its id.
    pub id: Rc<str>,
    /// Where it is.
    pub state: State,
    /// Where it was before.
    pub previous_state: State,
    /// Since when it is there, in milliseconds since the epoch; none for groups of offsets only.
    pub state_since_ms: Option<i64>,
    /// The generation of its members.
    pub generation: i32,
    /// What kind of protocol it uses; none before the first member.
    pub protocol_type: Option<String>,
    /// The protocol of this generation.
    pub protocol: Option<String>,
    /// The member that assigns.
    pub leader: Option<Rc<str>>,
    /// Those that take part.
    pub members: BTreeMap<Rc<str>, Member>,
    /// Those that have been given an id and have not joined with it, with their deadlines.
    pub pending_joins: BTreeMap<Rc<str>, u64>,
    /// Those that have not asked for their assignment in this generation.
    pub pending_syncs: BTreeSet<Rc<str>>,
    /// Static members by their instance.
    pub instances: HashMap<String, Rc<str>>,
    /// A member has joined during the pause of the first rebalance.
    pub new_member_added: bool,
    /// The deadline of the rebalance.
    pub join_timer: Option<(u64, JoinTimer)>,
    /// The deadline for asking for assignments.
    pub sync_timer: Option<u64>,
    /// The topics that members subscribe to, where it is known.
    pub subscribed: Option<BTreeSet<String>>,
    /// What has been committed, by topic and partition.
    pub offsets: BTreeMap<Rc<str>, BTreeMap<i32, Committed>>,
    /// Until when members that the log does not know of may go on with their ids: set where the group was read from
    /// the log.
    pub adopts_until_ms: Option<u64>,
    /// Its first record is not durable yet.
    pub is_unstored: bool,
    /// Answers that wait for it: no member of a group that a restart would not know of.
    pub held: Vec<(Ticket, Reply)>,
    /// What it is in the consumer protocol, where its members speak that. All that is of the classic protocol is as
    /// in an empty group then.
    pub consumer: Option<Box<ConsumerGroup>>,
    /// Memory of members and offsets, about.
    pub bytes: usize,
    awaiting_joins: usize,
    supported: HashMap<String, usize>,
}

impl Group {
    /// A group without members or offsets.
    pub fn new(id: &str) -> Group {
        Group {
            id: Rc::from(id),
            state: State::Empty,
            previous_state: State::Empty,
            state_since_ms: None,
            generation: 0,
            protocol_type: None,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            pending_joins: BTreeMap::new(),
            pending_syncs: BTreeSet::new(),
            instances: HashMap::new(),
            new_member_added: false,
            join_timer: None,
            sync_timer: None,
            subscribed: None,
            offsets: BTreeMap::new(),
            adopts_until_ms: None,
            is_unstored: false,
            held: Vec::new(),
            consumer: None,
            bytes: size_of::<Group>() + 2 * id.len(),
            awaiting_joins: 0,
            supported: HashMap::new(),
        }
    }

    /// The group as the log has it.
    pub fn from_record(id: &str, stored: &GroupMetadataValue) -> Group {
        let mut group = Group::new(id);
        group.generation = stored.generation;
        group.protocol = stored.protocol.clone();
        group.leader = stored.leader.as_deref().map(Rc::from);
        group.state_since_ms =
            (stored.current_state_timestamp >= 0).then_some(stored.current_state_timestamp);
        group.protocol_type =
            (!stored.protocol_type.is_empty()).then(|| stored.protocol_type.clone());
        for member in &stored.members {
            group.insert(Member::from_record(member, stored.protocol.as_deref()));
        }
        if !group.members.is_empty() {
            group.state = State::Stable;
        }
        group.find_subscribed();
        group
    }

    /// The group as the log should have it. Members get `assignments`, or nothing where they are not in there.
    pub fn to_record(&self, assignments: &HashMap<&str, Bytes>) -> GroupRecord {
        let member = |member: &Member| {
            let assignment = assignments.get(&*member.id).cloned().unwrap_or_default();
            member.to_record(self.protocol.as_deref(), assignment)
        };
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.as_deref().map(str::to_owned),
            current_state_timestamp: self.state_since_ms.unwrap_or(-1),
            members: self.members.values().map(member).collect(),
        };
        GroupRecord::Group(self.id.to_string(), Some(value))
    }

    /// As [`Group::to_record`], with the assignments that the members have.
    pub fn to_record_as_assigned(&self) -> GroupRecord {
        let assigned = |member: &'_ Member| member.assignment.clone();
        let assignments = self.members.iter();
        let assignments = assignments.map(|(id, member)| (&**id, assigned(member)));
        self.to_record(&assignments.collect())
    }

    /// Whether nobody is in it.
    pub fn is_vacant(&self) -> bool {
        match &self.consumer {
            Some(consumer) => consumer.member_count() == 0,
            None => self.state == State::Empty,
        }
    }

    /// Forgets what a group without members keeps of the classic protocol.
    pub fn leave_classic(&mut self) {
        self.state_since_ms = None;
        self.generation = 0;
        self.protocol_type = None;
        self.protocol = None;
        self.leader = None;
        self.subscribed = None;
        self.adopts_until_ms = None;
    }

    /// Whether it has a member by this id.
    pub fn has_member(&self, id: &str) -> bool {
        self.members.contains_key(id)
    }

    /// Whether this member assigns.
    pub fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    /// Whether its members use the consumers' protocol.
    pub fn is_consumer(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER_PROTOCOL_TYPE)
    }

    /// Goes over to another state.
    pub fn enter(&mut self, state: State, wall_ms: i64) {
        self.previous_state = self.state;
        self.state = state;
        self.state_since_ms = Some(wall_ms);
    }

    /// Whether every member waits in a JoinGroup, and nobody else is about to.
    pub fn all_have_joined(&self) -> bool {
        self.members.len() == self.awaiting_joins && self.pending_joins.is_empty()
    }

    /// How many members' JoinGroup waits.
    pub fn awaiting_joins(&self) -> usize {
        self.awaiting_joins
    }

    /// The longest that a member may take to join again.
    pub fn rebalance_timeout_ms(&self) -> u64 {
        let timeouts = self.members.values();
        let timeouts = timeouts.map(|member| member.subscription.rebalance_timeout_ms);
        let longest = timeouts.max().unwrap_or(0);
        u64::try_from(longest).unwrap_or(0)
    }

    /// Whether a member with these protocols can take part.
    pub fn supports<'a>(
        &self,
        protocol_type: &str,
        mut names: impl Iterator<Item = &'a str>,
    ) -> bool {
        if self.state == State::Empty {
            return !protocol_type.is_empty() && names.next().is_some();
        }
        let by_all = |name: &str| self.supported.get(name) == Some(&self.members.len());
        self.protocol_type.as_deref() == Some(protocol_type) && names.any(by_all)
    }

    /// Takes a member in.
    pub fn insert(&mut self, member: Member) {
        if let Some(instance) = &member.instance_id {
            self.instances.insert(instance.clone(), member.id.clone());
        }
        if self.leader.is_none() {
            self.leader = Some(member.id.clone());
        }
        for name in member.subscription.names() {
            *self.supported.entry(name.to_owned()).or_default() += 1;
        }
        self.awaiting_joins += usize::from(member.joining.is_some());
        self.bytes += member.bytes();
        self.pending_joins.remove(&member.id);
        self.members.insert(member.id.clone(), member);
    }

    /// Takes a member out; the first that is left leads where it led.
    pub fn remove(&mut self, id: &str) -> Option<Member> {
        let removed = self.members.remove(id);
        if let Some(member) = &removed {
            self.withdraw_support(member);
            self.awaiting_joins -= usize::from(member.joining.is_some());
            self.bytes = self.bytes.saturating_sub(member.bytes());
            if let Some(instance) = &member.instance_id {
                self.instances.remove(instance);
            }
        }
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
        self.pending_joins.remove(id);
        self.pending_syncs.remove(id);
        removed
    }

    fn withdraw_support(&mut self, member: &Member) {
        for name in member.subscription.names() {
            if let Some(count) = self.supported.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.supported.remove(name);
                }
            }
        }
    }

    /// Changes what a member asks for, and whether its JoinGroup waits.
    pub fn change(&mut self, id: &str, subscription: Subscription, joining: Option<Ticket>) {
        let Some(mut member) = self.members.remove(id) else {
            return;
        };
        self.withdraw_support(&member);
        self.bytes = self.bytes.saturating_sub(member.bytes());
        self.awaiting_joins -= usize::from(member.joining.is_some());
        member.subscription = subscription;
        member.joining = joining;
        for name in member.subscription.names() {
            *self.supported.entry(name.to_owned()).or_default() += 1;
        }
        self.bytes += member.bytes();
        self.awaiting_joins += usize::from(member.joining.is_some());
        self.members.insert(member.id.clone(), member);
    }

    /// Gives a member what the leader said.
    pub fn assign(&mut self, id: &str, assignment: Bytes) {
        if let Some(member) = self.members.get_mut(id) {
            self.bytes = self.bytes.saturating_sub(member.assignment.len()) + assignment.len();
            member.assignment = assignment;
        }
    }

    /// Answers a member's JoinGroup, if one waits.
    pub fn answer_join(&mut self, id: &str, response: JoinGroupResponse, outbox: &mut Outbox) {
        let waiting = self.members.get_mut(id);
        if let Some(ticket) = waiting.and_then(|member| member.joining.take()) {
            self.awaiting_joins -= 1;
            outbox.join(ticket, response);
        }
    }

    /// Makes sure that the leader has joined; false where nobody has.
    pub fn elect_joined_leader(&mut self) -> bool {
        let has_joined = |member: &Member| member.joining.is_some();
        let leader = self.leader.as_ref().and_then(|id| self.members.get(id));
        if leader.is_some_and(has_joined) {
            return true;
        }
        let Some(joined) = self.members.values().find(|member| has_joined(member)) else {
            return false;
        };
        self.leader = Some(joined.id.clone());
        true
    }

    /// The protocol that most members like best, of those that all have.
    pub fn choose_protocol(&self) -> Option<String> {
        let by_all = |name: &str| self.supported.get(name) == Some(&self.members.len());
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for member in self.members.values() {
            if let Some(name) = member.subscription.names().find(|name| by_all(name)) {
                *votes.entry(name).or_default() += 1;
            }
        }
        let most = votes.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(name, _)| name.to_owned())
    }

    /// Begins the next generation with the members that there are.
    pub fn begin_generation(&mut self, wall_ms: i64) {
        // A generation that has reached the end starts over: it never becomes negative, which means none.
        self.generation = self.generation.checked_add(1).unwrap_or(1);
        self.protocol = self.choose_protocol();
        self.find_subscribed();
        let state = if self.members.is_empty() {
            State::Empty
        } else {
            State::CompletingRebalance
        };
        self.enter(state, wall_ms);
        self.pending_syncs.clear();
    }

    /// Reads the members' topics out of their metadata, where it is a consumer's.
    pub fn find_subscribed(&mut self) {
        self.subscribed = self.read_subscribed();
    }

    fn read_subscribed(&self) -> Option<BTreeSet<String>> {
        if !self.is_consumer() {
            return None;
        }
        if self.members.is_empty() {
            return Some(BTreeSet::new());
        }
        let protocol = self.protocol.as_deref()?;
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            topics.extend(read_topics(member.metadata(protocol))?);
        }
        Some(topics)
    }

    /// Whether a member reads this topic, as far as it is known.
    pub fn subscribes_to(&self, topic: &str) -> bool {
        if let Some(consumer) = &self.consumer {
            return consumer.subscribes_to(topic);
        }
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.is_consumer(),
        }
    }

    /// What the leader is told of the members.
    pub fn joined_members(&self) -> Vec<JoinGroupResponseMember> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let joined = |member: &Member| JoinGroupResponseMember {
            member_id: member.id.to_string(),
            group_instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol),
        };
        self.members.values().map(joined).collect()
    }

    /// What a member is told of this generation.
    pub fn joined(&self, member: &str, members: Vec<JoinGroupResponseMember>) -> JoinGroupResponse {
        JoinGroupResponse {
            error_code: ErrorCode::None.code(),
            generation_id: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            leader: self.leader.as_deref().unwrap_or_default().to_owned(),
            member_id: member.to_owned(),
            members,
            ..JoinGroupResponse::default()
        }
    }

    /// Whether `id` is a member, and the one that its instance is.
    ///
    /// # Errors
    /// UNKNOWN_MEMBER_ID and FENCED_INSTANCE_ID.
    pub fn check_member(&self, id: &str, instance: Option<&str>) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            match self.instances.get(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(known) if &**known != id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        match self.has_member(id) {
            true => Ok(()),
            false => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// Whether this may be a live member of a generation that the log has not seen, because the broker stopped in the
    /// middle of a rebalance. Such members join again under the ids that they have.
    pub fn may_adopt(&self, id: &str, now_ms: u64) -> bool {
        let is_ours = |id: &str| {
            let uuid = id.len().checked_sub(36).and_then(|at| id.get(at..));
            uuid.is_some_and(|uuid| uuid::Uuid::try_parse(uuid).is_ok())
        };
        let is_classic = self.consumer.is_none();
        is_classic && self.adopts_until_ms.is_some_and(|until| now_ms < until) && is_ours(id)
    }
}

fn read_topics(metadata: Bytes) -> Option<Vec<String>> {
    let mut reader = Reader::new(metadata);
    reader
        .read_i16("ConsumerProtocolSubscription.Version")
        .ok()?;
    let subscription =
        ConsumerProtocolSubscription::decode(&mut reader, CONSUMER_PROTOCOL_BASE_VERSION).ok()?;
    Some(subscription.topics)
}
