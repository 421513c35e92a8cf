//! DescribeClientQuotas (48): the quotas whose entities pass a filter (KIP-546).
//!
//! - 1 is flexible.

use std::collections::BTreeMap;

use corelane_engine::catalogue::{QuotaEntity, QuotaValue};
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_client_quotas::{
    ComponentData, DescribeClientQuotasRequest, DescribeClientQuotasResponse, EntityData,
    EntryData, ValueData,
};

use crate::dispatch::Call;
use crate::quota_entity::{CLIENT_ID, IP, USER};
use crate::refusal::Refusal;
use crate::topics;

const MATCH_EXACT: i8 = 0;
const MATCH_DEFAULT: i8 = 1;
const MATCH_SPECIFIED: i8 = 2;

/// What an entity must have under a type: a name or that of everybody else, or any (`None`).
type Filter = BTreeMap<String, Option<Option<String>>>;

/// Lists what passes the filter.
pub async fn handle(
    _: &Call,
    request: DescribeClientQuotasRequest,
) -> DescribeClientQuotasResponse {
    let filter = match filter(&request.components) {
        Ok(filter) => filter,
        Err(refusal) => {
            return DescribeClientQuotasResponse {
                error_code: refusal.code.code(),
                error_message: Some(refusal.message),
                entries: None,
                ..DescribeClientQuotasResponse::default()
            };
        }
    };
    let image = topics::image();
    let passing = image
        .quotas()
        .filter(|(entity, _)| passes(entity, &filter, request.strict));
    DescribeClientQuotasResponse {
        entries: Some(passing.map(entry).collect()),
        ..DescribeClientQuotasResponse::default()
    }
}

fn filter(components: &[ComponentData]) -> Result<Filter, Refusal> {
    let mut filter = Filter::new();
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidRequest, message));
    for component in components {
        let kind = component.entity_type.as_str();
        if kind.is_empty() {
            return invalid("Invalid empty entity type.".to_owned());
        }
        if filter.contains_key(kind) {
            return invalid(format!(
                "Entity type {kind} cannot appear more than once in the filter."
            ));
        }
        if !matches!(kind, USER | CLIENT_ID | IP) {
            let message = format!("Unsupported entity type {kind}");
            return Err(Refusal::new(ErrorCode::UnsupportedVersion, message));
        }
        filter.insert(kind.to_owned(), condition(component)?);
    }
    if filter.contains_key(IP) && filter.len() > 1 {
        return invalid(
            "Invalid entity filter component combination. IP filter component should not be used with user or \
             clientId filter component."
                .to_owned(),
        );
    }
    Ok(filter)
}

fn condition(component: &ComponentData) -> Result<Option<Option<String>>, Refusal> {
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidRequest, message));
    match (component.match_type, &component.r#match) {
        (MATCH_EXACT, Some(name)) => Ok(Some(Some(name.clone()))),
        (MATCH_EXACT, None) => {
            invalid("Request specified MATCH_TYPE_EXACT, but set match string to null.".to_owned())
        }
        (MATCH_DEFAULT, None) => Ok(Some(None)),
        (MATCH_DEFAULT, Some(_)) => invalid(
            "Request specified MATCH_TYPE_DEFAULT, but also specified a match string.".to_owned(),
        ),
        (MATCH_SPECIFIED, None) => Ok(None),
        (MATCH_SPECIFIED, Some(_)) => invalid(
            "Request specified MATCH_TYPE_SPECIFIED, but also specified a match string.".to_owned(),
        ),
        (other, _) => invalid(format!("Unknown match type {other}")),
    }
}

fn passes(entity: &QuotaEntity, filter: &Filter, strict: bool) -> bool {
    let fits = |(kind, condition): (&String, &Option<Option<String>>)| match condition {
        Some(name) => entity.get(kind) == Some(name),
        None => entity.contains_key(kind),
    };
    (!strict || entity.len() == filter.len()) && filter.iter().all(fits)
}

fn entry((entity, quotas): (&QuotaEntity, &BTreeMap<String, QuotaValue>)) -> EntryData {
    let names = entity.iter().map(|(kind, name)| EntityData {
        entity_type: kind.clone(),
        entity_name: name.clone(),
    });
    let values = quotas.iter().map(|(key, value)| ValueData {
        key: key.clone(),
        value: value.0,
    });
    EntryData {
        entity: names.collect(),
        values: values.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(parts: &[(&str, Option<&str>)]) -> QuotaEntity {
        let parts = parts.iter();
        parts
            .map(|(kind, name)| ((*kind).to_owned(), name.map(str::to_owned)))
            .collect()
    }

    #[test]
    fn a_strict_filter_wants_nothing_beside_what_it_names() {
        let both = entity(&[(USER, Some("a")), (CLIENT_ID, None)]);
        let component = |match_type, name: Option<&str>| ComponentData {
            entity_type: USER.to_owned(),
            match_type,
            r#match: name.map(str::to_owned),
        };
        for (condition, expected) in [
            (component(MATCH_EXACT, Some("a")), true),
            (component(MATCH_EXACT, Some("b")), false),
            (component(MATCH_DEFAULT, None), false),
            (component(MATCH_SPECIFIED, None), true),
        ] {
            let filter = filter(&[condition]).unwrap();
            assert_eq!(passes(&both, &filter, false), expected, "{filter:?}");
            assert!(!passes(&both, &filter, true), "{filter:?}");
        }
        assert!(passes(&both, &Filter::new(), false), "no filter is for all");
    }
}
