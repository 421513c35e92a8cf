//! AlterClientQuotas (49): sets and removes quotas of clients (KIP-546).
//!
//! - 1 is flexible.
//!
//! They are in force when the answer goes out.

use std::collections::HashSet;

use corelane_engine::catalogue::{ClientQuotaRecord, QuotaEntity, QuotaValue};
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::alter_client_quotas::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, RequestEntryData, ResponseEntityData,
    ResponseEntryData,
};

use crate::dispatch::Call;
use crate::error_map;
use crate::patience::within_limit;
use crate::quota_entity;
use crate::refusal::Refusal;
use crate::topics;

/// Alters the entities one after the other.
pub async fn handle(call: &Call, request: AlterClientQuotasRequest) -> AlterClientQuotasResponse {
    let mut seen = HashSet::new();
    let mut response = AlterClientQuotasResponse::default();
    for entry in &request.entries {
        let checked = check(entry, &mut seen);
        let altered = match checked {
            Ok(records) if !request.validate_only => store(call, records).await,
            checked => checked.map(drop),
        };
        response.entries.push(respond(entry, altered));
    }
    response
}

fn check(
    entry: &RequestEntryData,
    seen: &mut HashSet<QuotaEntity>,
) -> Result<Vec<ClientQuotaRecord>, Refusal> {
    let parts = entry.entity.iter();
    let entity = quota_entity::parse(
        parts.map(|part| (part.entity_type.as_str(), part.entity_name.as_deref())),
    )?;
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidRequest, message));
    if !seen.insert(entity.clone()) {
        return invalid(format!("Ignoring duplicate entity {entity:?}"));
    }
    let mut keys = HashSet::new();
    let mut records = Vec::new();
    for op in &entry.ops {
        if !keys.insert(op.key.as_str()) {
            return invalid(format!("Duplicate quota key {}", op.key));
        }
        if !op.remove {
            quota_entity::check(&entity, &op.key, op.value)?;
        }
        records.push(ClientQuotaRecord {
            entity: entity.clone(),
            key: op.key.clone(),
            value: (!op.remove).then_some(QuotaValue(op.value)),
        });
    }
    Ok(records)
}

async fn store(call: &Call, records: Vec<ClientQuotaRecord>) -> Result<(), Refusal> {
    let engine = call.lane().engine.clone();
    let altered = within_limit(async move { engine.alter_client_quotas(records).await }).await?;
    altered.map_err(|error| error_map::catalogue(&error))?;
    call.lane().quotas.note(&topics::image());
    Ok(())
}

fn respond(entry: &RequestEntryData, altered: Result<(), Refusal>) -> ResponseEntryData {
    let refusal = altered.err();
    let names = entry.entity.iter().map(|part| ResponseEntityData {
        entity_type: part.entity_type.clone(),
        entity_name: part.entity_name.clone(),
    });
    ResponseEntryData {
        error_code: refusal
            .as_ref()
            .map_or(ErrorCode::None, |refusal| refusal.code)
            .code(),
        error_message: refusal.map(|refusal| refusal.message),
        entity: names.collect(),
    }
}
