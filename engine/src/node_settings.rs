//! What the catalogue keeps of the node and of its clients: the node's configurations, quotas, feature levels.
//!
//! The changes run on the catalogue's core, in the same turns as those of topics. Invariant: a change is durable in the
//! catalogue before any core acts on it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use crate::catalogue::{ClientQuotaRecord, Image, MetadataRecord, ResourceType};
use crate::catalogue_log::CatalogueError;
use crate::cores::Cores;
use crate::lane::Lane;
use crate::log_config::LogConfig;
use crate::topics::{Turn, config_changes, log_config};

/// See [`crate::Engine::alter_node_configs`].
pub(crate) async fn alter_configs<C: Cores>(
    cores: C,
    name: String,
    configs: BTreeMap<String, String>,
) -> Result<(), CatalogueError> {
    let mut turn = Turn::take(&cores).await;
    let image = turn.log().image().clone();
    let records = config_changes(&image, ResourceType::Broker, &name, configs);
    if records.is_empty() {
        return Ok(());
    }
    let changed = turn.log().append_freeing(records).await?;
    let configs: HashMap<Uuid, LogConfig> = changed
        .topics()
        .map(|topic| (topic.topic_id, log_config(&cores, &changed, &topic.name)))
        .collect();
    let configs = Arc::new(configs);
    let everywhere = cores.clone();
    cores
        .on_each(move || {
            let (cores, changed, configs) = (everywhere.clone(), changed.clone(), configs.clone());
            async move {
                let lane = cores.lane();
                lane.set_image(changed);
                set_everywhere(&lane, &configs);
            }
        })
        .await;
    Ok(())
}

fn set_everywhere<D: crate::io::Disk>(lane: &Lane<D>, configs: &HashMap<Uuid, LogConfig>) {
    for partition in lane.partitions() {
        if let Some(config) = configs.get(&partition.id().topic_id) {
            partition.set_config(config.clone());
        }
    }
}

/// See [`crate::Engine::alter_client_quotas`].
pub(crate) async fn alter_quotas<C: Cores>(
    cores: C,
    quotas: Vec<ClientQuotaRecord>,
) -> Result<(), CatalogueError> {
    change(cores, |image| {
        let records = quotas.into_iter().filter(|quota| is_news(image, quota));
        records.map(MetadataRecord::ClientQuota).collect()
    })
    .await
}

fn is_news(image: &Image, quota: &ClientQuotaRecord) -> bool {
    let present = image
        .quotas_of(&quota.entity)
        .and_then(|quotas| quotas.get(&quota.key));
    present != quota.value.as_ref()
}

/// See [`crate::Engine::set_features`].
pub(crate) async fn set_features<C: Cores>(
    cores: C,
    levels: Vec<(String, i16)>,
) -> Result<(), CatalogueError> {
    change(cores, |_| {
        let level = |(name, level)| MetadataRecord::FeatureLevel { name, level };
        levels.into_iter().map(level).collect()
    })
    .await
}

/// Appends the records that lead on from the image of the moment, and shows what comes of them to all cores.
async fn change<C: Cores>(
    cores: C,
    records: impl FnOnce(&Image) -> Vec<MetadataRecord>,
) -> Result<(), CatalogueError> {
    let mut turn = Turn::take(&cores).await;
    let records = records(turn.log().image());
    if records.is_empty() {
        return Ok(());
    }
    let changed = turn.log().append_freeing(records).await?;
    let everywhere = cores.clone();
    cores
        .on_each(move || {
            let (cores, changed) = (everywhere.clone(), changed.clone());
            async move { cores.lane().set_image(changed) }
        })
        .await;
    Ok(())
}
