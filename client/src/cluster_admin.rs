//! What administrators ask of the cluster as a whole: its quorum, its features, its data directories, and which of its
//! resources have configurations.
//!
//! Invariants: a broker's refusal is reported with its own code and words.

use corelane_protocol::ApiKey;
use corelane_protocol::messages::api_versions::ApiVersionsRequest;
use corelane_protocol::messages::describe_log_dirs::DescribeLogDirsRequest;
use corelane_protocol::messages::describe_quorum::{
    DescribeQuorumRequest, RequestPartitionData, RequestTopicData,
};
use corelane_protocol::messages::list_config_resources::ListConfigResourcesRequest;

use crate::admin::ConfigResource;
use crate::cluster::Cluster;
use crate::error::{ClientError, check};

/// Who keeps the catalogue of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The leading node.
    pub leader: i32,
    /// Its epoch.
    pub leader_epoch: i32,
    /// The first offset that is not committed.
    pub high_watermark: i64,
    /// The nodes that vote.
    pub voters: Vec<i32>,
}

/// A feature with the levels that the broker knows and the one that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// The lowest level that the broker knows.
    pub level_min: i16,
    /// The highest.
    pub level_max: i16,
    /// The level in force; none where the feature is off.
    pub level: Option<i16>,
}

/// A data directory of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDirectory {
    /// Its path on the broker's machine.
    pub path: String,
    /// Bytes of its volume; none where they are not known.
    pub total_bytes: Option<i64>,
    /// Bytes of its volume that are free.
    pub usable_bytes: Option<i64>,
    /// Topic, partition and bytes of each partition in it.
    pub partitions: Vec<(String, i32, i64)>,
}

impl Cluster {
    /// Who keeps the catalogue.
    pub fn quorum(&mut self) -> Result<Quorum, ClientError> {
        let request = DescribeQuorumRequest {
            topics: vec![RequestTopicData {
                topic_name: "__cluster_metadata".to_owned(),
                partitions: vec![RequestPartitionData { partition_index: 0 }],
            }],
        };
        let response = self.call(&request)?;
        let what = || "describe the quorum".to_owned();
        check(response.error_code, response.error_message, what)?;
        let mut topics = response.topics.into_iter();
        let partition = topics
            .next()
            .and_then(|topic| topic.partitions.into_iter().next());
        let partition = partition
            .ok_or_else(|| self.incomplete(ApiKey::DescribeQuorum, "the quorum".to_owned()))?;
        check(partition.error_code, partition.error_message, what)?;
        let voters = partition.current_voters.iter();
        Ok(Quorum {
            leader: partition.leader_id,
            leader_epoch: partition.leader_epoch,
            high_watermark: partition.high_watermark,
            voters: voters.map(|voter| voter.replica_id).collect(),
        })
    }

    /// The features that the broker knows.
    pub fn features(&mut self) -> Result<Vec<Feature>, ClientError> {
        let response = self.call(&ApiVersionsRequest {
            client_software_name: "corelane".to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
        })?;
        check(response.error_code, None, || "ask for features".to_owned())?;
        let finalized = &response.finalized_features;
        let feature = |known: &corelane_protocol::messages::api_versions::SupportedFeatureKey| {
            let own = finalized.iter().find(|own| own.name == known.name);
            Feature {
                name: known.name.clone(),
                level_min: known.min_version,
                level_max: known.max_version,
                level: own.map(|own| own.max_version_level),
            }
        };
        Ok(response.supported_features.iter().map(feature).collect())
    }

    /// The data directories of a broker with the partitions in them.
    pub fn log_directories(&mut self, node_id: i32) -> Result<Vec<LogDirectory>, ClientError> {
        let request = DescribeLogDirsRequest { topics: None };
        let response = self.connection(node_id)?.call(&request)?;
        let what = || format!("describe the directories of broker {node_id}");
        check(response.error_code, None, what)?;
        let mut directories = Vec::new();
        for result in response.results {
            check(result.error_code, None, what)?;
            let known = |bytes: i64| (bytes >= 0).then_some(bytes);
            let mut partitions = Vec::new();
            for topic in result.topics {
                let own = topic.partitions.iter();
                partitions.extend(own.map(|partition| {
                    let (index, bytes) = (partition.partition_index, partition.partition_size);
                    (topic.name.clone(), index, bytes)
                }));
            }
            directories.push(LogDirectory {
                path: result.log_dir,
                total_bytes: known(result.total_bytes),
                usable_bytes: known(result.usable_bytes),
                partitions,
            });
        }
        Ok(directories)
    }

    /// The topics and brokers, which are what has configurations; other kinds are left out.
    pub fn config_resources(&mut self) -> Result<Vec<ConfigResource>, ClientError> {
        let response = self.call(&ListConfigResourcesRequest::default())?;
        check(response.error_code, None, || {
            "list what has configurations".to_owned()
        })?;
        let resources = response.config_resources.into_iter();
        Ok(resources
            .filter_map(|resource| {
                ConfigResource::of_wire(resource.resource_type, resource.resource_name)
            })
            .collect())
    }
}
