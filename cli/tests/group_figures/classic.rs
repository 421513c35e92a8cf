//! A member of the classic protocol, as the Java client is one: joins, syncs, is heard of every three seconds.

use std::net::SocketAddr;

use bytes::Bytes;
use corelane_protocol::messages::heartbeat::HeartbeatRequest;
use corelane_protocol::messages::join_group::{
    JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse,
};
use corelane_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment};

use crate::CLASSIC_INTERVAL;
use crate::connection::Connection;
use crate::rally::Rally;

const REBALANCE_IN_PROGRESS: i16 = 27;
const MEMBER_ID_REQUIRED: i16 = 79;

pub struct Member {
    connection: Connection,
    group: String,
    id: String,
    generation: i32,
}

impl Member {
    pub fn new(address: SocketAddr, group: &str) -> Self {
        Self {
            connection: Connection::open(address),
            group: group.to_owned(),
            id: String::new(),
            generation: 0,
        }
    }

    /// One that has a group for itself.
    pub fn of_its_own(address: SocketAddr, group: &str) -> Self {
        let mut member = Self::new(address, group);
        while member.rejoin().is_none() {}
        member
    }

    pub fn take_part(mut self, rally: &Rally, number: usize) {
        rally.joins(number);
        while !rally.is_over() {
            let Some(partitions) = self.rejoin() else {
                continue;
            };
            rally.is_at(number, self.generation, partitions);
            while !rally.is_over() && self.ask_to_stay() {
                std::thread::sleep(CLASSIC_INTERVAL);
            }
        }
    }

    /// Is heard of.
    pub fn beat(&mut self) {
        assert!(self.ask_to_stay(), "nobody else is in the group");
    }

    fn ask_to_stay(&mut self) -> bool {
        let request = HeartbeatRequest {
            group_id: self.group.clone(),
            generation_id: self.generation,
            member_id: self.id.clone(),
            ..HeartbeatRequest::default()
        };
        match self.connection.ask(4, &request).error_code {
            0 => true,
            REBALANCE_IN_PROGRESS => false,
            code => panic!("heartbeat: {code}"),
        }
    }

    /// Joins and syncs; how many partitions it has got, or none where it has to join again.
    fn rejoin(&mut self) -> Option<usize> {
        let joined = self.join();
        if joined.error_code == MEMBER_ID_REQUIRED {
            self.id = joined.member_id;
            return None;
        }
        assert_eq!(joined.error_code, 0, "join");
        self.generation = joined.generation_id;
        let request = SyncGroupRequest {
            group_id: self.group.clone(),
            generation_id: joined.generation_id,
            member_id: self.id.clone(),
            protocol_type: Some("consumer".to_owned()),
            protocol_name: Some("range".to_owned()),
            assignments: match joined.leader == joined.member_id {
                true => assignments(&joined),
                false => Vec::new(),
            },
            ..SyncGroupRequest::default()
        };
        let synced = self.connection.ask(5, &request);
        match synced.error_code {
            0 => Some(usize::from(synced.assignment[0]) << 8 | usize::from(synced.assignment[1])),
            REBALANCE_IN_PROGRESS => None,
            code => panic!("sync: {code}"),
        }
    }

    fn join(&mut self) -> JoinGroupResponse {
        let request = JoinGroupRequest {
            group_id: self.group.clone(),
            session_timeout_ms: 45_000,
            rebalance_timeout_ms: 60_000,
            member_id: self.id.clone(),
            protocol_type: "consumer".to_owned(),
            protocols: vec![JoinGroupRequestProtocol {
                name: "range".to_owned(),
                // A subscription to one topic, of version 1 of the embedded protocol.
                metadata: Bytes::from_static(b"\0\x01\0\0\0\x01\0\x04read\xff\xff\xff\xff\0\0\0\0"),
            }],
            ..JoinGroupRequest::default()
        };
        self.connection.ask(9, &request)
    }
}

/// What the leader says: to the coordinator it is bytes, here the count of partitions and as much as they would take.
fn assignments(joined: &JoinGroupResponse) -> Vec<SyncGroupRequestAssignment> {
    let members = joined.members.len();
    let share = |number: usize| {
        let first = crate::MEMBERS * number / members;
        crate::MEMBERS * (number + 1) / members - first
    };
    let members = joined.members.iter().enumerate();
    members
        .map(|(number, member)| {
            let count = share(number);
            let mut bytes = u16::try_from(count).expect("few").to_be_bytes().to_vec();
            bytes.resize(16 + 4 * count, 0);
            SyncGroupRequestAssignment {
                member_id: member.member_id.clone(),
                assignment: Bytes::from(bytes),
            }
        })
        .collect()
}
