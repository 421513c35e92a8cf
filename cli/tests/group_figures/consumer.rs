//! A member of the consumer protocol (KIP-848), as the Java client is one: says what it has when that has changed, at once,
//! and else is heard of as often as the broker says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use corelane_protocol::messages::consumer_group_heartbeat::{
    ConsumerGroupHeartbeatRequest, RequestTopicPartitions,
};
use uuid::Uuid;

use crate::TOPIC;
use crate::connection::Connection;
use crate::rally::Rally;

pub struct Member {
    connection: Connection,
    group: String,
    id: String,
    epoch: i32,
    interval: Duration,
    owned: BTreeMap<Uuid, BTreeSet<i32>>,
}

impl Member {
    pub fn new(address: SocketAddr, group: &str, number: usize) -> Self {
        Self {
            connection: Connection::open(address),
            group: group.to_owned(),
            id: format!("member-{number}"),
            epoch: 0,
            interval: Duration::ZERO,
            owned: BTreeMap::new(),
        }
    }

    /// One that has a group for itself.
    pub fn of_its_own(address: SocketAddr, group: &str, number: usize) -> Self {
        let mut member = Self::new(address, group, number);
        while member.ask_to_stay(true) {}
        member
    }

    pub fn take_part(mut self, rally: &Rally, number: usize) {
        rally.joins(number);
        let mut is_news = true;
        while !rally.is_over() {
            is_news = self.ask_to_stay(is_news);
            let partitions = self.owned.values().map(BTreeSet::len).sum();
            rally.is_at(number, self.epoch, partitions);
            if !is_news {
                std::thread::sleep(self.interval);
            }
        }
    }

    /// Is heard of.
    pub fn beat(&mut self) {
        assert!(!self.ask_to_stay(false), "nobody else is in the group");
    }

    /// Whether what it has has changed, which is to be said. `is_news` says that it is news for the broker.
    fn ask_to_stay(&mut self, is_news: bool) -> bool {
        let joins = self.epoch == 0;
        let owned = self.owned.iter();
        let owned = owned.map(|(topic_id, indexes)| RequestTopicPartitions {
            topic_id: *topic_id,
            partitions: indexes.iter().copied().collect(),
        });
        let request = ConsumerGroupHeartbeatRequest {
            group_id: self.group.clone(),
            member_id: self.id.clone(),
            member_epoch: self.epoch,
            rebalance_timeout_ms: if joins { 60_000 } else { -1 },
            subscribed_topic_names: joins.then(|| vec![TOPIC.to_owned()]),
            topic_partitions: is_news.then(|| owned.collect()),
            ..ConsumerGroupHeartbeatRequest::default()
        };
        let said = self.connection.ask(1, &request);
        assert_eq!(said.error_code, 0, "{:?}", said.error_message);
        self.epoch = said.member_epoch;
        let interval_ms = u64::try_from(said.heartbeat_interval_ms);
        self.interval = Duration::from_millis(interval_ms.expect("a time"));
        let Some(assignment) = said.assignment else {
            return false;
        };
        let topics = assignment.topic_partitions.into_iter();
        let told = topics.map(|topic| (topic.topic_id, topic.partitions.into_iter().collect()));
        let told = told.collect();
        std::mem::replace(&mut self.owned, told) != self.owned
    }
}
