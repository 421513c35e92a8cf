//! A client of the consumer protocol, and what a bench needs for it.

use super::*;
use crate::groups::consumer::Partitions;
use crate::groups::consumer::heartbeat::Beating;
use crate::groups::consumer::topics::Topics;
use corelane_protocol::messages::consumer_group_describe::DescribedGroup;
use corelane_protocol::messages::consumer_group_heartbeat::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, RequestTopicPartitions,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Topics by name, with their partitions.
#[derive(Debug, Default)]
pub struct Named(pub BTreeMap<String, i32>);

pub fn topic_id(name: &str) -> Uuid {
    let bytes = name
        .bytes()
        .fold(7_u128, |id, byte| (id << 8) | u128::from(byte));
    Uuid::from_u128(bytes)
}

impl Topics for Named {
    fn find(&self, name: &str) -> Option<(Uuid, i32)> {
        self.0.get(name).map(|count| (topic_id(name), *count))
    }

    fn name(&self, id: Uuid) -> Option<&str> {
        self.0
            .keys()
            .map(String::as_str)
            .find(|name| topic_id(name) == id)
    }

    fn matching(&self, takes: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
        self.0.keys().filter(|name| takes(name)).cloned().collect()
    }
}

/// What a client of the protocol knows and does.
#[derive(Clone, Debug, Default)]
pub struct Consumer {
    pub id: String,
    pub instance: Option<String>,
    pub epoch: i32,
    pub topics: Vec<String>,
    pub pattern: Option<String>,
    pub assignor: Option<String>,
    /// What it has: what it was told, less what it has given up.
    pub owned: Partitions,
    /// What it has been told to have.
    pub told: Option<Partitions>,
}

impl Consumer {
    pub fn new(id: &str, topics: &[&str]) -> Self {
        Consumer {
            id: id.to_owned(),
            topics: topics.iter().map(|name| (*name).to_owned()).collect(),
            ..Consumer::default()
        }
    }

    pub fn with_pattern(id: &str, pattern: &str) -> Self {
        Consumer {
            pattern: Some(pattern.to_owned()),
            ..Consumer::new(id, &[])
        }
    }

    pub fn instance(self, instance: &str) -> Self {
        Consumer {
            instance: Some(instance.to_owned()),
            ..self
        }
    }

    /// Everything that it has to say; as the Java client, nothing of what it has while that is about to change.
    pub fn request(&self) -> ConsumerGroupHeartbeatRequest {
        let is_at_rest =
            self.epoch == 0 || self.told.as_ref().is_none_or(|told| *told == self.owned);
        let owned = self.owned.iter();
        let owned = owned.map(|(topic_id, indexes)| RequestTopicPartitions {
            topic_id: *topic_id,
            partitions: indexes.iter().copied().collect(),
        });
        ConsumerGroupHeartbeatRequest {
            group_id: GROUP.to_owned(),
            member_id: self.id.clone(),
            member_epoch: self.epoch,
            instance_id: self.instance.clone(),
            rebalance_timeout_ms: REBALANCE_MS,
            subscribed_topic_names: Some(self.topics.clone()),
            subscribed_topic_regex: Some(self.pattern.clone().unwrap_or_default()),
            server_assignor: self.assignor.clone(),
            topic_partitions: is_at_rest.then(|| owned.collect()),
            ..ConsumerGroupHeartbeatRequest::default()
        }
    }

    /// What it learns.
    pub fn hear(&mut self, response: &ConsumerGroupHeartbeatResponse) -> ErrorCode {
        let code = ErrorCode::try_from(response.error_code).unwrap();
        if code != ErrorCode::None {
            return code;
        }
        self.epoch = response.member_epoch;
        if let Some(assignment) = &response.assignment {
            let topics = assignment.topic_partitions.iter();
            let told =
                topics.map(|topic| (topic.topic_id, topic.partitions.iter().copied().collect()));
            self.told = Some(told.collect());
        }
        code
    }

    /// Gives up and takes what it has been told to.
    pub fn obey(&mut self) {
        if let Some(told) = &self.told {
            self.owned.clone_from(told);
        }
    }

    pub fn forget(&mut self) {
        self.epoch = 0;
        self.owned.clear();
        self.told = None;
    }
}

impl Bench {
    pub fn see(&mut self, topics: &[(&str, i32)]) {
        let named = topics
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        self.topics = Arc::new(Named(named.collect()));
        self.machine.see_topics(self.topics.clone());
    }

    pub fn ask_to_beat(&mut self, request: ConsumerGroupHeartbeatRequest) -> Ticket {
        let (ticket, now) = (self.ticket(), self.now());
        self.next_uuid += 1;
        let beating = Beating {
            request,
            version: 1,
            client: Client {
                id: "client".to_owned(),
                host: "/127.0.0.1".to_owned(),
            },
            fresh: Uuid::from_u128(self.next_uuid).to_string(),
        };
        self.machine.see_topics(self.topics.clone());
        self.machine.beat(now, &beating, ticket);
        self.collect();
        ticket
    }

    pub fn beaten(&mut self, ticket: Ticket) -> Option<ConsumerGroupHeartbeatResponse> {
        match self.answers.remove(&ticket)? {
            Reply::Beat(response) => Some(response),
            other => panic!("a heartbeat is answered with {other:?}"),
        }
    }

    /// A whole heartbeat of a client that obeys, on a disk that is quick.
    pub fn round(&mut self, consumer: &mut Consumer) -> ErrorCode {
        let ticket = self.ask_to_beat(consumer.request());
        self.store();
        let response = self.beaten(ticket).expect("all is stored");
        let code = consumer.hear(&response);
        consumer.obey();
        code
    }

    /// Heartbeats until nothing changes.
    pub fn settle(&mut self, consumers: &mut [Consumer]) {
        for _ in 0..10 {
            for consumer in consumers.iter_mut() {
                assert_eq!(self.round(consumer), ErrorCode::None, "{}", consumer.id);
            }
        }
        let described = self.describe();
        assert_eq!(described.group_state, "Stable", "{described:?}");
    }

    pub fn describe(&self) -> DescribedGroup {
        self.machine.describe_consumer(GROUP)
    }

    pub fn state(&self) -> String {
        self.describe().group_state
    }
}
