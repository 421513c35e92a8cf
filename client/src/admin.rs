//! Administrative calls: create, delete and grow topics, describe and alter configurations.
//!
//! Invariants: one call changes one thing and reports the broker's own code and words when it is refused.

use corelane_protocol::ApiKey;
use corelane_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsTopic,
};
use corelane_protocol::messages::create_topics::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest,
};
use corelane_protocol::messages::delete_topics::{DeleteTopicState, DeleteTopicsRequest};
use corelane_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult,
};
use corelane_protocol::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use uuid::Uuid;

use crate::cluster::Cluster;
use crate::error::{ClientError, check};

/// From this version on DeleteTopics names topics in a structure that may hold an id instead.
const DELETE_TOPICS_BY_STATE: i16 = 6;

/// A topic to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub name: String,
    /// How many partitions; the broker's default without a number.
    pub partitions: Option<i32>,
    /// How many replicas; the broker's default without a number.
    pub replication_factor: Option<i16>,
    /// Configurations that differ from the broker's.
    pub configs: Vec<(String, String)>,
}

/// What a configuration belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigResource {
    /// A topic, by name.
    Topic(String),
    /// A broker, by number.
    Broker(i32),
    /// All brokers.
    AllBrokers,
}

impl ConfigResource {
    pub(crate) fn of_wire(kind: i8, name: String) -> Option<Self> {
        match kind {
            2 => Some(Self::Topic(name)),
            4 => name.parse().ok().map(Self::Broker),
            _ => None,
        }
    }

    fn wire(&self) -> (i8, String) {
        match self {
            Self::Topic(name) => (2, name.clone()),
            Self::Broker(node_id) => (4, node_id.to_string()),
            Self::AllBrokers => (4, String::new()),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Topic(name) => format!("topic `{name}`"),
            Self::Broker(node_id) => format!("broker {node_id}"),
            Self::AllBrokers => "all brokers".to_owned(),
        }
    }
}

/// Where a configuration's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set on the topic.
    Topic,
    /// Set on this broker while it runs.
    Broker,
    /// Set for all brokers while they run.
    AllBrokers,
    /// From the broker's configuration at its start.
    Static,
    /// The default.
    Default,
    /// Another source, by Kafka's number.
    Other(i8),
}

impl ConfigSource {
    fn of_wire(number: i8) -> Self {
        match number {
            1 => Self::Topic,
            2 => Self::Broker,
            3 => Self::AllBrokers,
            4 => Self::Static,
            5 => Self::Default,
            other => Self::Other(other),
        }
    }
}

/// A configuration with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Its name.
    pub name: String,
    /// Its value; none when it is secret.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ConfigSource,
    /// Whether it cannot be altered.
    pub read_only: bool,
    /// Whether its value is secret.
    pub is_sensitive: bool,
    /// What it is for.
    pub documentation: Option<String>,
}

/// A change of one configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChange {
    /// Gives it a value.
    Set(String, String),
    /// Goes back to the default.
    Delete(String),
    /// Adds to a list.
    Append(String, String),
    /// Removes from a list.
    Subtract(String, String),
}

impl ConfigChange {
    fn wire(&self) -> AlterableConfig {
        let (operation, name, value) = match self {
            Self::Set(name, value) => (0, name, Some(value)),
            Self::Delete(name) => (1, name, None),
            Self::Append(name, value) => (2, name, Some(value)),
            Self::Subtract(name, value) => (3, name, Some(value)),
        };
        AlterableConfig {
            name: name.clone(),
            config_operation: operation,
            value: value.cloned(),
        }
    }
}

impl Cluster {
    /// Creates a topic, or only checks that it could be created. Returns its id (nil from older brokers).
    pub fn create_topic(
        &mut self,
        topic: &NewTopic,
        validate_only: bool,
    ) -> Result<Uuid, ClientError> {
        let request = CreateTopicsRequest {
            topics: vec![creatable(topic)],
            timeout_ms: self.timeout_ms(),
            validate_only,
        };
        let response = self.call(&request)?;
        let answer = response
            .topics
            .into_iter()
            .find(|answer| answer.name == topic.name);
        let answer = answer.ok_or_else(|| {
            self.incomplete(ApiKey::CreateTopics, format!("topic `{}`", topic.name))
        })?;
        check(answer.error_code, answer.error_message, || {
            format!("create topic `{}`", topic.name)
        })?;
        self.forget(&topic.name);
        Ok(answer.topic_id)
    }

    /// Deletes a topic with all its records.
    pub fn delete_topic(&mut self, name: &str) -> Result<(), ClientError> {
        let by_state = self.entry().version_of::<DeleteTopicsRequest>()? >= DELETE_TOPICS_BY_STATE;
        let mut request = DeleteTopicsRequest {
            timeout_ms: self.timeout_ms(),
            ..Default::default()
        };
        if by_state {
            request.topics = vec![DeleteTopicState {
                name: Some(name.to_owned()),
                ..Default::default()
            }];
        } else {
            request.topic_names = vec![name.to_owned()];
        }
        let response = self.call(&request)?;
        self.forget(name);
        let answer = response
            .responses
            .into_iter()
            .find(|answer| answer.name.as_deref() == Some(name));
        let answer = answer
            .ok_or_else(|| self.incomplete(ApiKey::DeleteTopics, format!("topic `{name}`")))?;
        check(answer.error_code, answer.error_message, || {
            format!("delete topic `{name}`")
        })
    }

    /// Raises the number of a topic's partitions to `count` in all.
    pub fn create_partitions(
        &mut self,
        name: &str,
        count: i32,
        validate_only: bool,
    ) -> Result<(), ClientError> {
        let request = CreatePartitionsRequest {
            topics: vec![CreatePartitionsTopic {
                name: name.to_owned(),
                count,
                assignments: None,
            }],
            timeout_ms: self.timeout_ms(),
            validate_only,
        };
        let response = self.call(&request)?;
        self.forget(name);
        let answer = response
            .results
            .into_iter()
            .find(|answer| answer.name == name);
        let answer = answer
            .ok_or_else(|| self.incomplete(ApiKey::CreatePartitions, format!("topic `{name}`")))?;
        check(answer.error_code, answer.error_message, || {
            format!("raise the partitions of topic `{name}` to {count}")
        })
    }

    /// The configurations of a resource, all or those in `names`.
    pub fn describe_configs(
        &mut self,
        resource: &ConfigResource,
        names: Option<&[&str]>,
    ) -> Result<Vec<Config>, ClientError> {
        let (resource_type, resource_name) = resource.wire();
        let request = DescribeConfigsRequest {
            resources: vec![DescribeConfigsResource {
                resource_type,
                resource_name,
                configuration_keys: names
                    .map(|names| names.iter().map(|&name| name.to_owned()).collect()),
            }],
            ..Default::default()
        };
        let response = self.call_about(resource, &request)?;
        let answer = response.results.into_iter().next();
        let answer =
            answer.ok_or_else(|| self.incomplete(ApiKey::DescribeConfigs, resource.text()))?;
        check(answer.error_code, answer.error_message, || {
            format!("describe the configuration of {}", resource.text())
        })?;
        Ok(answer.configs.into_iter().map(config_of).collect())
    }

    /// Changes configurations of a resource, all or none of them.
    pub fn alter_configs(
        &mut self,
        resource: &ConfigResource,
        changes: &[ConfigChange],
        validate_only: bool,
    ) -> Result<(), ClientError> {
        let (resource_type, resource_name) = resource.wire();
        let configs = changes.iter().map(ConfigChange::wire).collect();
        let request = IncrementalAlterConfigsRequest {
            resources: vec![AlterConfigsResource {
                resource_type,
                resource_name,
                configs,
            }],
            validate_only,
        };
        let response = self.call_about(resource, &request)?;
        let answer = response.responses.into_iter().next();
        let answer = answer
            .ok_or_else(|| self.incomplete(ApiKey::IncrementalAlterConfigs, resource.text()))?;
        check(answer.error_code, answer.error_message, || {
            format!("alter the configuration of {}", resource.text())
        })
    }

    /// A broker's own configuration is known to that broker only.
    fn call_about<R: corelane_protocol::Request>(
        &mut self,
        resource: &ConfigResource,
        request: &R,
    ) -> Result<R::Response, ClientError> {
        match resource {
            ConfigResource::Topic(_) | ConfigResource::AllBrokers => self.call(request),
            ConfigResource::Broker(node_id) => self.connection(*node_id)?.call(request),
        }
    }

    fn timeout_ms(&self) -> i32 {
        i32::try_from(self.timeouts().request.as_millis()).unwrap_or(i32::MAX)
    }
}

fn creatable(topic: &NewTopic) -> CreatableTopic {
    CreatableTopic {
        name: topic.name.clone(),
        num_partitions: topic.partitions.unwrap_or(-1),
        replication_factor: topic.replication_factor.unwrap_or(-1),
        configs: topic
            .configs
            .iter()
            .map(|(name, value)| CreatableTopicConfig {
                name: name.clone(),
                value: Some(value.clone()),
            })
            .collect(),
        ..Default::default()
    }
}

fn config_of(answer: DescribeConfigsResourceResult) -> Config {
    Config {
        name: answer.name,
        value: answer.value,
        source: ConfigSource::of_wire(answer.config_source),
        read_only: answer.read_only,
        is_sensitive: answer.is_sensitive,
        documentation: answer.documentation,
    }
}
