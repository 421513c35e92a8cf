//! Makes topics, adds partitions to them and deletes them.
//!
//! Invariant: the catalogue says a change, durably, before any core acts on it. On the catalogue's core, one change at a
//! time.

use std::sync::Arc;

use uuid::Uuid;

use super::directory::{
    Start, clear_the_way, discard_unfinished, flush_data_directory, keep_aside, open_partition,
    set_aside,
};
use super::{Turn, log_config};
use crate::catalogue::{
    ConfigRecord, Image, MetadataRecord, PartitionRecord, ResourceType, TopicRecord,
};
use crate::cores::Cores;
use crate::engine::{NewTopic, TopicError};
use crate::file_name;
use crate::log_config::LogConfig;
use crate::open::OpenError;
use crate::types::{ShardId, TopicPartition};
use crate::upkeep;

/// See [`crate::Engine::create_topic`].
pub(crate) async fn create<C: Cores>(cores: C, topic: NewTopic) -> Result<Uuid, TopicError> {
    file_name::validate_new_topic_name(&topic.name).map_err(|error| TopicError::InvalidName {
        name: topic.name.clone(),
        reason: error.to_string(),
    })?;
    let pairs = topic
        .configs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    LogConfig::from_pairs(pairs)?;
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    if image.topic_by_name(&topic.name).is_some() {
        return Err(TopicError::Exists { name: topic.name });
    }
    let same_metric = |other: &&crate::catalogue::TopicImage| {
        file_name::topic_names_collide(&topic.name, &other.name)
    };
    if let Some(other) = image.topics().find(same_metric) {
        return Err(TopicError::InvalidName {
            reason: format!(
                "it collides with topic {}: '.' and '_' count as one",
                other.name
            ),
            name: topic.name,
        });
    }
    let topic_id = cores.new_id();
    let mut records = vec![MetadataRecord::Topic(TopicRecord {
        name: topic.name.clone(),
        topic_id,
    })];
    let added = new_partitions(&cores, &image, topic_id, 0, topic.partitions);
    records.extend(added.iter().cloned().map(MetadataRecord::Partition));
    records.extend(topic.configs.into_iter().map(|(name, value)| {
        MetadataRecord::Config(ConfigRecord {
            resource_type: ResourceType::Topic,
            resource_name: topic.name.clone(),
            name,
            value: Some(value),
        })
    }));
    let image = turn.log().append(records).await?;
    if let Err(error) = open_new(&cores, &image, &topic.name, &added).await {
        // A topic that serves in part until the next start is worse than none, which can be asked for again.
        if let Err(undo) = remove(&cores, &mut turn, topic_id).await {
            tracing::error!(topic = topic.name, error = %undo, "a topic that could not be made was not removed in full");
        }
        return Err(error.into());
    }
    Ok(topic_id)
}

/// See [`crate::Engine::create_partitions`].
pub(crate) async fn add_partitions<C: Cores>(
    cores: C,
    topic_id: Uuid,
    count: u32,
) -> Result<(), TopicError> {
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    let topic = image
        .topic_by_id(topic_id)
        .ok_or(TopicError::Unknown { topic_id })?;
    let present = u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX);
    if count <= present {
        return Err(TopicError::NotMorePartitions {
            present,
            asked: count,
        });
    }
    let added = new_partitions(&cores, &image, topic_id, present, count);
    let name = topic.name.clone();
    let records = added
        .iter()
        .cloned()
        .map(MetadataRecord::Partition)
        .collect();
    let image = turn.log().append(records).await?;
    open_new(&cores, &image, &name, &added).await?;
    Ok(())
}

/// Records for the partitions `from..to`, each on the core that has the fewest.
fn new_partitions<C: Cores>(
    cores: &C,
    image: &Image,
    topic_id: Uuid,
    from: u32,
    to: u32,
) -> Vec<PartitionRecord> {
    let mut load = vec![0_usize; usize::from(cores.count())];
    for topic in image.topics() {
        for record in topic.partitions.values() {
            load[usize::from(cores.owner(record.slot()).0)] += 1;
        }
    }
    let place = |partition: u32| {
        let least = (0..load.len()).min_by_key(|core| load[*core]).unwrap_or(0);
        load[least] += 1;
        PartitionRecord::on_one_node(
            topic_id,
            i32::try_from(partition).expect("bounded by the caller"),
            cores.node_id(),
            cores.directory_id(),
            ShardId(u16::try_from(least).expect("there are fewer cores")),
        )
    };
    (from..to).map(place).collect()
}

/// Shows the new image to all cores and opens the new partitions on theirs.
async fn open_new<C: Cores>(
    cores: &C,
    image: &Arc<Image>,
    topic: &str,
    added: &[PartitionRecord],
) -> Result<(), OpenError> {
    let added: Arc<[(TopicPartition, ShardId)]> = added
        .iter()
        .map(|record| {
            let partition = TopicPartition {
                topic_id: record.topic_id,
                partition: record.partition,
            };
            (partition, cores.owner(record.slot()))
        })
        .collect();
    let topic = topic.to_owned();
    let (shown, config) = (image.clone(), log_config(cores, image, &topic));
    let open_here = {
        let everywhere = cores.clone();
        move || {
            let (cores, topic, added) = (everywhere.clone(), topic.clone(), added.clone());
            let (shown, config) = (shown.clone(), config.clone());
            async move {
                let here = cores.lane().id();
                let mut outcome = Ok(());
                for (partition, _) in added.iter().filter(|(_, owner)| *owner == here) {
                    let opened = open_one(&cores, &topic, *partition, config.clone()).await;
                    outcome = outcome.and(opened);
                }
                // Only now, so that whoever sees the partition in the image finds it open.
                cores.lane().set_image(shown);
                outcome
            }
        }
    };
    let opened: Result<(), OpenError> = cores.on_each(open_here).await.into_iter().collect();
    opened?;
    flush_data_directory(cores).await
}

async fn open_one<C: Cores>(
    cores: &C,
    topic: &str,
    partition: TopicPartition,
    config: LogConfig,
) -> Result<(), OpenError> {
    clear_the_way(cores, topic, partition).await?;
    let start = Start {
        clean_stop: false,
        progress: Arc::default(),
    };
    open_partition(cores, topic, partition, config, start).await
}

/// See [`crate::Engine::delete_topic`].
pub(crate) async fn delete<C: Cores>(cores: C, topic_id: Uuid) -> Result<(), TopicError> {
    let mut turn = Turn::take(&cores).await;
    remove(&cores, &mut turn, topic_id).await
}

/// Takes a topic out of the catalogue, then its partitions off their cores and their directories from their names.
/// What fails of the latter keeps nothing of the rest from going.
async fn remove<C: Cores>(
    cores: &C,
    turn: &mut Turn<C::Disk>,
    topic_id: Uuid,
) -> Result<(), TopicError> {
    let topic = turn.log().image().topic_by_id(topic_id).cloned();
    let topic = topic.ok_or(TopicError::Unknown { topic_id })?;
    let image = turn
        .log()
        .append_freeing(vec![MetadataRecord::RemoveTopic { topic_id }])
        .await?;
    let owned = topic.partitions.values();
    let owned: Arc<[(i32, ShardId)]> = owned
        .map(|record| (record.partition, cores.owner(record.slot())))
        .collect();
    let everywhere = cores.clone();
    let close_here = move || {
        let (cores, image) = (everywhere.clone(), image.clone());
        let (owned, name) = (owned.clone(), topic.name.clone());
        async move {
            let lane = cores.lane();
            lane.set_image(image);
            let mut outcome = Ok(());
            for (partition, _) in owned.iter().filter(|(_, owner)| *owner == lane.id()) {
                let id = TopicPartition {
                    topic_id,
                    partition: *partition,
                };
                let gone = match lane.disown(&id) {
                    Some(gone) => {
                        // A topic of the same name may be made in its place: nothing of this one may touch a path by
                        // then.
                        upkeep::close(&gone).await;
                        match gone.is_foreign() {
                            // Under its own name the next start would take it for a partition that the catalogue has lost.
                            true => keep_aside(&cores, &name, *partition).await,
                            false => set_aside(&cores, &name, *partition, gone.readers()).await,
                        }
                    }
                    None => discard_unfinished(&cores, &name, id).await,
                };
                outcome = outcome.and(gone);
            }
            outcome
        }
    };
    let closed: Result<(), OpenError> = cores.on_each(close_here).await.into_iter().collect();
    closed?;
    Ok(flush_data_directory(cores).await?)
}
