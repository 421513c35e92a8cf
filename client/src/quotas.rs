//! Quotas of clients: describe and alter them (KIP-546).
//!
//! Invariants: one call alters one entity and reports the broker's own code and words when it is refused.

use std::collections::BTreeMap;

use corelane_protocol::ApiKey;
use corelane_protocol::messages::alter_client_quotas::{
    AlterClientQuotasRequest, OpData, RequestEntityData, RequestEntryData,
};
use corelane_protocol::messages::describe_client_quotas::{
    ComponentData, DescribeClientQuotasRequest, EntryData,
};

use crate::cluster::Cluster;
use crate::error::{ClientError, check};

/// Whom a quota is for: names by their types (`user`, `client-id`, `ip`); no name stands for whoever has no quota of
/// his own.
pub type QuotaEntity = BTreeMap<String, Option<String>>;

/// An entity and what it may do, by the names of the quotas.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientQuota {
    /// Whose.
    pub entity: QuotaEntity,
    /// How much of what.
    pub values: BTreeMap<String, f64>,
}

const MATCH_EXACT: i8 = 0;
const MATCH_DEFAULT: i8 = 1;

impl Cluster {
    /// The quotas of the entities that have all of `filter`, or exactly it; of all with an empty filter.
    pub fn client_quotas(
        &mut self,
        filter: &QuotaEntity,
        exactly: bool,
    ) -> Result<Vec<ClientQuota>, ClientError> {
        let component = |(kind, name): (&String, &Option<String>)| ComponentData {
            entity_type: kind.clone(),
            match_type: match name {
                Some(_) => MATCH_EXACT,
                None => MATCH_DEFAULT,
            },
            r#match: name.clone(),
        };
        let response = self.call(&DescribeClientQuotasRequest {
            components: filter.iter().map(component).collect(),
            strict: exactly,
        })?;
        check(response.error_code, response.error_message, || {
            "describe the quotas of clients".to_owned()
        })?;
        let entries = response.entries.unwrap_or_default();
        Ok(entries.into_iter().map(quota_of).collect())
    }

    /// Sets quotas of an entity, and removes those without a value.
    pub fn alter_client_quotas(
        &mut self,
        entity: &QuotaEntity,
        changes: &BTreeMap<String, Option<f64>>,
        validate_only: bool,
    ) -> Result<(), ClientError> {
        let parts = entity.iter().map(|(kind, name)| RequestEntityData {
            entity_type: kind.clone(),
            entity_name: name.clone(),
        });
        let ops = changes.iter().map(|(key, value)| OpData {
            key: key.clone(),
            value: value.unwrap_or_default(),
            remove: value.is_none(),
        });
        let response = self.call(&AlterClientQuotasRequest {
            entries: vec![RequestEntryData {
                entity: parts.collect(),
                ops: ops.collect(),
            }],
            validate_only,
        })?;
        let what = || format!("the quotas of {entity:?}");
        let answer = response.entries.into_iter().next();
        let answer = answer.ok_or_else(|| self.incomplete(ApiKey::AlterClientQuotas, what()))?;
        check(answer.error_code, answer.error_message, || {
            format!("alter {}", what())
        })
    }
}

fn quota_of(entry: EntryData) -> ClientQuota {
    let parts = entry.entity.into_iter();
    let values = entry.values.into_iter();
    ClientQuota {
        entity: parts
            .map(|part| (part.entity_type, part.entity_name))
            .collect(),
        values: values.map(|value| (value.key, value.value)).collect(),
    }
}
