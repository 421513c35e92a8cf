//! One member of a group that uses the classic protocol.
//!
//! Pure. Invariants: its protocols are in the order of its preference, each name once; what it holds of a request is
//! copied, so that no member keeps a whole request in memory.

use std::rc::Rc;

use bytes::Bytes;
use corelane_protocol::messages::describe_groups::DescribedGroupMember;
use corelane_protocol::messages::group_metadata_value::MemberMetadata;
use corelane_protocol::messages::join_group::JoinGroupRequestProtocol;

use super::outbox::Ticket;

/// What a member asks for when it joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Protocols with their metadata, in the order of preference.
    pub protocols: Vec<(String, Bytes)>,
    /// How long the member may be silent.
    pub session_timeout_ms: i32,
    /// How long it may take to join again.
    pub rebalance_timeout_ms: i32,
}

impl Subscription {
    /// Copies what a request says; of protocols with one name the last counts, at the place of the first.
    pub fn of(
        protocols: &[JoinGroupRequestProtocol],
        session_timeout_ms: i32,
        rebalance_timeout_ms: i32,
    ) -> Subscription {
        let mut kept: Vec<(String, Bytes)> = Vec::with_capacity(protocols.len());
        for protocol in protocols {
            let metadata = Bytes::copy_from_slice(&protocol.metadata);
            match kept.iter_mut().find(|(name, _)| *name == protocol.name) {
                Some(known) => known.1 = metadata,
                None => kept.push((protocol.name.clone(), metadata)),
            }
        }
        Subscription {
            protocols: kept,
            session_timeout_ms,
            rebalance_timeout_ms,
        }
    }

    /// The names of its protocols.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.protocols.iter().map(|(name, _)| name.as_str())
    }

    fn bytes(&self) -> usize {
        let protocol = |(name, metadata): &(String, Bytes)| {
            size_of::<(String, Bytes)>() + name.len() + metadata.len()
        };
        self.protocols.iter().map(protocol).sum()
    }
}

/// Where a member's requests come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its client id.
    pub id: String,
    /// Its address, as Kafka prints it: `/127.0.0.1`.
    pub host: String,
}

/// A member.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its id.
    pub id: Rc<str>,
    /// The instance that it is, where it is a static member (KIP-345).
    pub instance_id: Option<String>,
    /// Where it is.
    pub client: Client,
    /// What it asked for last.
    pub subscription: Subscription,
    /// What the leader gave it.
    pub assignment: Bytes,
    /// Its JoinGroup that waits.
    pub joining: Option<Ticket>,
    /// Its SyncGroup that waits.
    pub syncing: Option<Ticket>,
    /// It has not been through a rebalance yet.
    pub is_new: bool,
    /// It has asked for something since the coordinator was loaded.
    pub is_heard: bool,
    /// When it counts as gone.
    pub deadline_ms: u64,
    /// The deadline that stands among the timers; earlier than the true one where the member has been heard of since.
    pub timer_ms: Option<u64>,
}

impl Member {
    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        size_of::<Member>()
            + 3 * self.id.len()
            + self.client.id.len()
            + self.client.host.len()
            + self.subscription.bytes()
            + self.assignment.len()
    }

    /// Its metadata for a protocol.
    pub fn metadata(&self, protocol: &str) -> Bytes {
        let mut protocols = self.subscription.protocols.iter();
        let found = protocols.find(|(name, _)| name == protocol);
        found
            .map(|(_, metadata)| metadata.clone())
            .unwrap_or_default()
    }

    /// Whether silence is no sign of its death: it waits for the others.
    pub fn waits(&self) -> bool {
        !self.is_new && (self.joining.is_some() || self.syncing.is_some())
    }

    /// As it is stored, with the assignment given.
    pub fn to_record(&self, protocol: Option<&str>, assignment: Bytes) -> MemberMetadata {
        MemberMetadata {
            member_id: self.id.to_string(),
            group_instance_id: self.instance_id.clone(),
            client_id: self.client.id.clone(),
            client_host: self.client.host.clone(),
            rebalance_timeout: self.subscription.rebalance_timeout_ms,
            session_timeout: self.subscription.session_timeout_ms,
            subscription: protocol.map(|name| self.metadata(name)).unwrap_or_default(),
            assignment,
        }
    }

    /// As it was stored.
    pub fn from_record(stored: &MemberMetadata, protocol: Option<&str>) -> Member {
        let protocol = protocol.map(|name| {
            let metadata = Bytes::copy_from_slice(&stored.subscription);
            (name.to_owned(), metadata)
        });
        // Version 0 of the record has no rebalance timeout.
        let rebalance_timeout_ms = match stored.rebalance_timeout {
            -1 => stored.session_timeout,
            timeout_ms => timeout_ms,
        };
        Member {
            id: Rc::from(stored.member_id.as_str()),
            instance_id: stored.group_instance_id.clone(),
            client: Client {
                id: stored.client_id.clone(),
                host: stored.client_host.clone(),
            },
            subscription: Subscription {
                protocols: protocol.into_iter().collect(),
                session_timeout_ms: stored.session_timeout,
                rebalance_timeout_ms,
            },
            assignment: Bytes::copy_from_slice(&stored.assignment),
            joining: None,
            syncing: None,
            is_new: false,
            is_heard: false,
            deadline_ms: 0,
            timer_ms: None,
        }
    }

    /// As DescribeGroups shows it; metadata only where the group has settled on a protocol.
    pub fn describe(&self, protocol: Option<&str>) -> DescribedGroupMember {
        DescribedGroupMember {
            member_id: self.id.to_string(),
            group_instance_id: self.instance_id.clone(),
            client_id: self.client.id.clone(),
            client_host: self.client.host.clone(),
            member_metadata: protocol.map(|name| self.metadata(name)).unwrap_or_default(),
            member_assignment: self.assignment.clone(),
        }
    }
}
