//! Topics made, changed and deleted, in the engine and in the model.

use std::collections::BTreeMap;

use corelane_engine::NewTopic;
use corelane_engine::sim::SimEngine;

use super::{Player, patiently};
use crate::model::{PartitionModel, TopicModel};

impl Player {
    pub(super) async fn create_topic(&self, name: &str, partitions: u32, configs: &[(&str, &str)]) {
        let is_free = {
            let model = self.model.borrow();
            // What may be there is left alone until it is known.
            model.topics.get(name).is_none_or(|topic| !topic.may_exist)
        };
        if !is_free {
            return;
        }
        let configs: BTreeMap<String, String> = configs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let topic = TopicModel {
            id: None,
            may_exist: true,
            may_miss: true,
            partitions: vec![PartitionModel::default(); partitions as usize],
            counts: vec![partitions as usize],
            configs: vec![configs.clone()],
            configs_ever: vec![configs.clone()],
        };
        self.model
            .borrow_mut()
            .topics
            .insert(name.to_owned(), topic);
        let request = NewTopic {
            name: name.to_owned(),
            partitions,
            configs,
        };
        let created = patiently(SimEngine.create_topic(request)).await;
        let mut model = self.model.borrow_mut();
        let topic = model.topics.get_mut(name).expect("just inserted");
        match created {
            Some(Ok(id)) => {
                topic.id = Some(id);
                topic.may_miss = false;
            }
            Some(Err(error)) => self.excuse("creating a topic", &error),
            None => self.excuse("creating a topic", &"it hangs"),
        }
    }

    pub(super) async fn delete_topic(&self, name: &str) {
        let id = {
            let mut model = self.model.borrow_mut();
            let Some(topic) = model
                .topics
                .get_mut(name)
                .filter(|topic| topic.id.is_some())
            else {
                return;
            };
            topic.may_miss = true;
            topic.id
        };
        let deleted = patiently(SimEngine.delete_topic(id.expect("filtered above"))).await;
        match deleted {
            Some(Ok(())) => {
                self.model.borrow_mut().topics.remove(name);
            }
            Some(Err(error)) => self.excuse("deleting a topic", &error),
            None => self.excuse("deleting a topic", &"it hangs"),
        }
    }

    pub(super) async fn add_partitions(&self, name: &str, count: u32) {
        let id = {
            let mut model = self.model.borrow_mut();
            let Some(topic) = model
                .topics
                .get_mut(name)
                .filter(|topic| topic.id.is_some())
            else {
                return;
            };
            if count as usize <= topic.partitions.len() {
                return;
            }
            topic.counts.push(count as usize);
            topic.id.expect("filtered above")
        };
        let added = patiently(SimEngine.create_partitions(id, count)).await;
        let mut model = self.model.borrow_mut();
        let topic = model.topics.get_mut(name).expect("it was there");
        match added {
            Some(Ok(())) => {
                topic.counts = vec![count as usize];
                topic
                    .partitions
                    .resize(count as usize, PartitionModel::default());
            }
            Some(Err(error)) => self.excuse("adding partitions", &error),
            None => self.excuse("adding partitions", &"it hangs"),
        }
    }

    pub(super) async fn alter_configs(&self, name: &str, configs: &[(&str, &str)]) {
        let configs: BTreeMap<String, String> = configs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let id = {
            let mut model = self.model.borrow_mut();
            let Some(topic) = model
                .topics
                .get_mut(name)
                .filter(|topic| topic.id.is_some())
            else {
                return;
            };
            topic.configs.push(configs.clone());
            topic.configs_ever.push(configs.clone());
            topic.id.expect("filtered above")
        };
        let altered = patiently(SimEngine.alter_configs(id, configs.clone())).await;
        let mut model = self.model.borrow_mut();
        let topic = model.topics.get_mut(name).expect("it was there");
        match altered {
            Some(Ok(())) => topic.configs = vec![configs],
            Some(Err(error)) => self.excuse("altering a configuration", &error),
            None => self.excuse("altering a configuration", &"it hangs"),
        }
    }
}
