//! Members of the classic protocol in a group of the consumer protocol: while the members of a group are exchanged one by
//! one, those that are still the old ones go on, and are led to the same target.
//!
//! Pure. Kafka's `classicGroup…ToConsumerGroup`. Invariants: the generation that such a member knows is its epoch; it is
//! told REBALANCE_IN_PROGRESS while it is behind, has to give something up, or could get more, and joins again then.

use std::rc::Rc;

use bytes::Bytes;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_member_metadata_value::{
    ClassicMemberMetadata, ClassicProtocol,
};
use corelane_protocol::messages::heartbeat::HeartbeatRequest;
use corelane_protocol::messages::join_group::JoinGroupResponse;
use corelane_protocol::messages::leave_group::{MemberIdentity, MemberResponse};
use corelane_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupResponse};

use super::check::Asker;
use super::embedded::{Subscribed, read_subscription, write_assignment};
use super::group::ConsumerGroup;
use super::member::{ConsumerMember, Profile, Stage};
use super::{each, has};
use crate::groups::group::{CONSUMER_PROTOCOL_TYPE, Group};
use crate::groups::machine::GroupMachine;
use crate::groups::membership::{Joining, MEMBER_ID_REQUIRED_SINCE};
use crate::groups::outbox::{Reply, Ticket};
use crate::groups::rebalance::{Work, join_refused, sync_refused};
use crate::groups::timers::{Now, Timer};

impl GroupMachine {
    /// JoinGroup to a consumer group: answered when what it has changed is durable.
    pub(in crate::groups) fn join_consumer(&mut self, now: Now, joining: &Joining, ticket: Ticket) {
        let id = joining.request.group_id.as_str();
        let joined = self.with(now, id, |group, work| group.join_consumer(joining, work));
        match joined {
            Some(Ok(response)) => {
                let answer = Box::new(Reply::Join(response));
                self.store_changes(id, Some((ticket, answer)));
            }
            Some(Err(refused)) => self.outbox.join(ticket, *refused),
            None => {
                let member = &joining.request.member_id;
                let refused = join_refused(member, ErrorCode::UnknownMemberId);
                self.outbox.join(ticket, refused);
            }
        }
    }

    /// SyncGroup to a consumer group: answered when what the member has been led to is durable.
    pub(in crate::groups) fn sync_consumer(
        &mut self,
        now: Now,
        request: &SyncGroupRequest,
        ticket: Ticket,
    ) {
        let id = request.group_id.as_str();
        let synced = self.with(now, id, |group, work| group.sync_consumer(request, work));
        match synced.unwrap_or(Err(ErrorCode::UnknownMemberId)) {
            Ok(response) => {
                let answer = Box::new(Reply::Sync(response));
                self.store_changes(id, Some((ticket, answer)));
            }
            Err(code) => self.outbox.sync(ticket, sync_refused(code)),
        }
    }
}

impl Group {
    /// JoinGroup to a consumer group.
    ///
    /// # Errors
    /// The whole answer.
    pub(in crate::groups) fn join_consumer(
        &mut self,
        joining: &Joining,
        work: &mut Work<'_>,
    ) -> Result<JoinGroupResponse, Box<JoinGroupResponse>> {
        let request = &joining.request;
        let given = request.member_id.as_str();
        let refuse = |code: ErrorCode| Box::new(join_refused(given, code));
        let Some(consumer) = &self.consumer else {
            return Err(refuse(ErrorCode::UnknownMemberId));
        };
        let is_full = consumer.member_count() >= work.settings.consumer_members_max;
        if is_full && consumer.member(given).is_none() {
            return Err(Box::new(join_refused("", ErrorCode::GroupMaxSizeReached)));
        }
        let first = request.protocols.first();
        let said = first.and_then(|protocol| read_subscription(&protocol.metadata, work.topics));
        let (Some(said), true) = (said, consumer.supports(joining)) else {
            return Err(refuse(ErrorCode::InconsistentGroupProtocol));
        };
        let instance = request.group_instance_id.as_deref();
        let fresh = format!(
            "{}-{}",
            instance.unwrap_or(&joining.client.id),
            joining.fresh
        );
        let id = if given.is_empty() {
            fresh.as_str()
        } else {
            given
        };
        if given.is_empty() && instance.is_none() && joining.version >= MEMBER_ID_REQUIRED_SINCE {
            return Err(Box::new(join_refused(id, ErrorCode::MemberIdRequired)));
        }
        let asker = consumer.classic_asker(id, instance, given.is_empty());
        let asker = asker.map_err(refuse)?;
        let base = match &asker {
            Asker::Member => consumer.member(id),
            Asker::New => None,
            Asker::Successor(former) => consumer.member(former),
        };
        let profile = profile_of(base.map(|member| &member.profile), joining, &said);
        if ConsumerMember::new(Rc::from(id), profile.clone()).bytes() > work.room_bytes {
            return Err(Box::new(join_refused("", ErrorCode::GroupMaxSizeReached)));
        }
        let (member, is_changed) = self.enter_consumer(&asker, id, profile, None, work);
        self.lead(&member, Some(&said.owned), is_changed, work);
        self.keep_consumer_session(&member, work);
        self.expect_classic(&member, true, work);
        let epoch = self.consumer.as_ref().and_then(|c| c.member(&member));
        Ok(JoinGroupResponse {
            generation_id: epoch.map_or(0, |member| member.epoch),
            protocol_type: Some(CONSUMER_PROTOCOL_TYPE.to_owned()),
            protocol_name: first.map(|protocol| protocol.name.clone()),
            member_id: member.to_string(),
            ..JoinGroupResponse::default()
        })
    }

    /// Gives a classic member its rebalance timeout to join, or to sync; from here on, or from where it was told first.
    fn expect_classic(&mut self, id: &Rc<str>, anew: bool, work: &mut Work<'_>) {
        let group = self.id.clone();
        let Some(member) = self.consumer.as_mut().and_then(|c| c.timers_of(id)) else {
            return;
        };
        if member.classic_by.is_some() && !anew {
            return;
        }
        let timeout_ms = u64::try_from(member.profile.rebalance_timeout_ms).unwrap_or(0);
        let at = work.now.elapsed_ms.saturating_add(timeout_ms);
        let member_id = member.id.clone();
        let timer = Timer::Rejoin {
            group,
            member: member_id,
        };
        if let Some(before) = member.classic_by.replace(at) {
            work.timers.cancel(before, timer.clone());
        }
        work.timers.add(at, timer);
    }

    /// A classic member has had its time to join or to sync.
    pub(in crate::groups) fn classic_timer_due(
        &mut self,
        id: &Rc<str>,
        at_ms: u64,
        work: &mut Work<'_>,
    ) {
        let member = self.consumer.as_mut().and_then(|c| c.timers_of(id));
        let due = member.and_then(|member| member.classic_by.take_if(|at| *at == at_ms));
        if due.is_some() {
            self.drop_consumer(id, work);
        }
    }

    /// It has joined and synced, or speaks the consumer protocol from here on.
    pub(in crate::groups) fn end_expectation(&mut self, id: &Rc<str>, work: &mut Work<'_>) {
        let group = self.id.clone();
        let member = self.consumer.as_mut().and_then(|c| c.timers_of(id));
        if let Some(at) = member.and_then(|member| member.classic_by.take()) {
            let member = id.clone();
            work.timers.cancel(at, Timer::Rejoin { group, member });
        }
    }

    /// SyncGroup of a classic member: what it has been led to so far.
    ///
    /// # Errors
    /// Kafka's codes.
    pub(in crate::groups) fn sync_consumer(
        &mut self,
        request: &SyncGroupRequest,
        work: &mut Work<'_>,
    ) -> Result<SyncGroupResponse, ErrorCode> {
        let instance = request.group_instance_id.as_deref();
        let id = self.classic_member(&request.member_id, instance, request.generation_id)?;
        let Some(consumer) = &self.consumer else {
            return Err(ErrorCode::UnknownMemberId);
        };
        let member = consumer.member(&id).ok_or(ErrorCode::UnknownMemberId)?;
        let (name, metadata) = member.first_protocol().unwrap_or_default();
        let is_other = |asked: &Option<String>, known: &str| {
            asked.as_deref().is_some_and(|asked| asked != known)
        };
        if is_other(&request.protocol_type, CONSUMER_PROTOCOL_TYPE)
            || is_other(&request.protocol_name, &name)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if consumer.epoch > member.epoch && member.stage != Stage::Unrevoked {
            self.expect_classic(&id, false, work);
            return Err(ErrorCode::RebalanceInProgress);
        }
        let assignment = write_assignment(&member.assigned, &metadata, work.topics);
        self.end_expectation(&id, work);
        self.keep_consumer_session(&id, work);
        Ok(SyncGroupResponse {
            protocol_type: request.protocol_type.clone(),
            protocol_name: request.protocol_name.clone(),
            assignment,
            ..SyncGroupResponse::default()
        })
    }

    /// Heartbeat of a classic member.
    pub(in crate::groups) fn heartbeat_consumer(
        &mut self,
        request: &HeartbeatRequest,
        work: &mut Work<'_>,
    ) -> ErrorCode {
        let instance = request.group_instance_id.as_deref();
        let id = match self.classic_member(&request.member_id, instance, request.generation_id) {
            Ok(id) => id,
            Err(code) => return code,
        };
        self.keep_consumer_session(&id, work);
        let consumer = self.consumer.as_ref();
        if consumer.is_some_and(|consumer| consumer.has_to_rejoin(&id)) {
            self.expect_classic(&id, false, work);
            return ErrorCode::RebalanceInProgress;
        }
        ErrorCode::None
    }

    /// LeaveGroup: of classic members only, as in Kafka.
    pub(in crate::groups) fn leave_classic_members(
        &mut self,
        leaving: &[MemberIdentity],
        work: &mut Work<'_>,
    ) -> Vec<MemberResponse> {
        let left = leaving.iter().map(|leaving| {
            let instance = leaving.group_instance_id.as_deref();
            let found = self.consumer.as_ref().map(|consumer| {
                let holder = instance.and_then(|instance| consumer.static_member(instance));
                match (instance, holder) {
                    (Some(_), Some(holder)) if leaving.member_id.is_empty() => {
                        Ok(holder.id.clone())
                    }
                    _ => consumer.find_classic(&leaving.member_id, instance),
                }
            });
            let code = match found.unwrap_or(Err(ErrorCode::UnknownMemberId)) {
                Ok(id) if self.is_classic_member(&id) => {
                    self.drop_consumer(&id, work);
                    ErrorCode::None
                }
                Ok(_) => ErrorCode::UnknownMemberId,
                Err(code) => code,
            };
            MemberResponse {
                member_id: leaving.member_id.clone(),
                group_instance_id: leaving.group_instance_id.clone(),
                error_code: code.code(),
            }
        });
        left.collect()
    }

    fn is_classic_member(&self, id: &str) -> bool {
        let member = self.consumer.as_ref().and_then(|c| c.member(id));
        member.is_some_and(ConsumerMember::is_classic)
    }

    fn classic_member(
        &self,
        id: &str,
        instance: Option<&str>,
        generation: i32,
    ) -> Result<Rc<str>, ErrorCode> {
        let consumer = self.consumer.as_ref().ok_or(ErrorCode::UnknownMemberId)?;
        let id = consumer.find_classic(id, instance)?;
        let member = consumer.member(&id).filter(|member| member.is_classic());
        match member.ok_or(ErrorCode::UnknownMemberId)?.epoch == generation {
            true => Ok(id),
            false => Err(ErrorCode::IllegalGeneration),
        }
    }
}

impl ConsumerGroup {
    fn find_classic(&self, id: &str, instance: Option<&str>) -> Result<Rc<str>, ErrorCode> {
        if let Some(instance) = instance {
            self.check_instance(instance, id)
                .map_err(|refusal| refusal.code)?;
        }
        let member = self.member(id);
        member
            .map(|member| member.id.clone())
            .ok_or(ErrorCode::UnknownMemberId)
    }

    fn classic_asker(
        &self,
        id: &str,
        instance: Option<&str>,
        is_unnamed: bool,
    ) -> Result<Asker, ErrorCode> {
        match (instance, self.member(id)) {
            (Some(instance), _) if is_unnamed => Ok(match self.static_member(instance) {
                Some(holder) => Asker::Successor(holder.id.clone()),
                None => Asker::New,
            }),
            (Some(instance), _) => {
                let checked = self.check_instance(instance, id);
                checked.map_err(|refusal| refusal.code)?;
                Ok(Asker::Member)
            }
            (None, Some(_)) => Ok(Asker::Member),
            (None, None) => Ok(Asker::New),
        }
    }

    /// Whether a classic member has a protocol that all others of them have.
    fn supports(&self, joining: &Joining) -> bool {
        let request = &joining.request;
        let classic = || self.members().filter(|member| member.is_classic());
        let by_all = |name: &str| classic().all(|member| member.supports(name));
        let mut names = request
            .protocols
            .iter()
            .map(|protocol| protocol.name.as_str());
        request.protocol_type == CONSUMER_PROTOCOL_TYPE && names.any(by_all)
    }

    fn has_to_rejoin(&self, id: &str) -> bool {
        let Some(member) = self.member(id) else {
            return false;
        };
        member.epoch < self.epoch
            || match member.stage {
                Stage::Stable => false,
                Stage::Unrevoked | Stage::Unknown => true,
                Stage::Unreleased => !self.waits_for_others(member),
            }
    }

    /// Whether something that it is to have is in other hands.
    fn waits_for_others(&self, member: &ConsumerMember) -> bool {
        let mut wanted = each(self.target(&member.id));
        wanted.any(|(topic, index)| {
            !has(&member.assigned, topic, index) && self.is_held(topic, index)
        })
    }
}

impl ConsumerMember {
    fn supports(&self, name: &str) -> bool {
        let classic = self.profile.classic.iter();
        let mut protocols = classic.flat_map(|said| &said.supported_protocols);
        protocols.any(|protocol| protocol.name == name)
    }

    fn first_protocol(&self) -> Option<(String, Bytes)> {
        let protocols = &self.profile.classic.as_ref()?.supported_protocols;
        let first = protocols.first()?;
        Some((first.name.clone(), first.metadata.clone()))
    }
}

fn profile_of(base: Option<&Profile>, joining: &Joining, said: &Subscribed) -> Profile {
    let request = &joining.request;
    let protocols = request.protocols.iter();
    let instance = request.group_instance_id.clone();
    let timeout_ms = match request.rebalance_timeout_ms {
        -1 => request.session_timeout_ms,
        timeout_ms => timeout_ms,
    };
    Profile {
        instance_id: instance.or_else(|| base.and_then(|base| base.instance_id.clone())),
        rack_id: said.rack_id.clone(),
        client: joining.client.clone(),
        rebalance_timeout_ms: timeout_ms,
        topics: said.topics.clone(),
        pattern: None,
        assignor: None,
        classic: Some(ClassicMemberMetadata {
            session_timeout_ms: request.session_timeout_ms,
            supported_protocols: protocols
                .map(|protocol| ClassicProtocol {
                    name: protocol.name.clone(),
                    metadata: Bytes::copy_from_slice(&protocol.metadata),
                })
                .collect(),
        }),
    }
}
