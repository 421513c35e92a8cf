//! Whom quotas are for and which there are, as clients name them (KIP-546), and what Kafka's controller checks of it.
//!
//! Pure.

use std::net::IpAddr;

use corelane_engine::catalogue::QuotaEntity;
use corelane_protocol::ErrorCode;

use crate::refusal::Refusal;

/// The type of entities that are users.
pub const USER: &str = "user";
/// The type of entities that are client ids.
pub const CLIENT_ID: &str = "client-id";
/// The type of entities that are addresses.
pub const IP: &str = "ip";

/// Bytes that a client may produce a second.
pub const PRODUCER_BYTE_RATE: &str = "producer_byte_rate";
/// Bytes that a client may fetch a second.
pub const CONSUMER_BYTE_RATE: &str = "consumer_byte_rate";
/// Partitions that a client may create or delete a second.
pub const CONTROLLER_MUTATION_RATE: &str = "controller_mutation_rate";
/// Connections that an address may open a second.
pub const CONNECTION_CREATION_RATE: &str = "connection_creation_rate";
/// The share of time that a client's requests may take. Kafka has it; here it is not measured.
const REQUEST_PERCENTAGE: &str = "request_percentage";

/// Reads an entity off a request.
///
/// # Errors
/// INVALID_REQUEST where Kafka's controller says so.
pub fn parse<'a>(
    parts: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<QuotaEntity, Refusal> {
    let mut entity = QuotaEntity::new();
    for (kind, name) in parts {
        if !matches!(kind, USER | CLIENT_ID | IP) {
            return invalid(format!("Unhandled client quota entity type: {kind}"));
        }
        if name == Some("") {
            return invalid(format!("Empty {kind} not supported"));
        }
        let previous = entity.insert(kind.to_owned(), name.map(str::to_owned));
        if previous.is_some() {
            return invalid(format!(
                "Invalid client quota entity, duplicate entity entry {kind}"
            ));
        }
    }
    match entity.get(IP) {
        None if entity.is_empty() => invalid("Invalid empty client quota entity"),
        None => Ok(entity),
        Some(_) if entity.len() > 1 => invalid(
            "Invalid quota entity combination, IP entity should not be combined with User or ClientId",
        ),
        // A name would have to be looked up, which takes its time.
        Some(Some(address)) if address.parse::<IpAddr>().is_err() => {
            invalid(format!("{address} is not a valid IP address."))
        }
        Some(_) => Ok(entity),
    }
}

/// Checks a quota of an entity that [`parse`] has read.
///
/// # Errors
/// INVALID_REQUEST where Kafka's controller says so, and for the one quota that is not enforced.
pub fn check(entity: &QuotaEntity, key: &str, value: f64) -> Result<(), Refusal> {
    if key == REQUEST_PERCENTAGE && !entity.contains_key(IP) {
        return invalid(format!(
            "{REQUEST_PERCENTAGE} is not supported by this broker: the time that requests take is not measured"
        ));
    }
    let is_whole = match (entity.contains_key(IP), key) {
        (true, CONNECTION_CREATION_RATE) | (false, PRODUCER_BYTE_RATE | CONSUMER_BYTE_RATE) => true,
        (false, CONTROLLER_MUTATION_RATE) => false,
        _ => return invalid(format!("Invalid configuration key {key}")),
    };
    if value <= 0.0 || value.is_nan() {
        return invalid(format!("Quota {key} must be greater than 0"));
    }
    if is_whole && (value % 1.0).abs() > 1e-6 {
        return invalid(format!("{key} cannot be a fractional value."));
    }
    let (max, kind) = match key {
        CONNECTION_CREATION_RATE => (f64::from(i32::MAX), "an INT"),
        CONTROLLER_MUTATION_RATE => (f64::INFINITY, ""),
        _ => (i64::MAX as f64, "a LONG"),
    };
    if value > max {
        return invalid(format!("Proposed value for {key} is too large for {kind}."));
    }
    Ok(())
}

fn invalid<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(ErrorCode::InvalidRequest, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(parts: &[(&str, Option<&str>)]) -> Result<QuotaEntity, Refusal> {
        parse(parts.iter().copied())
    }

    #[test]
    fn only_sensible_entities_are_taken() {
        for good in [
            &[(USER, None)][..],
            &[(USER, Some("a")), (CLIENT_ID, None)],
            &[(IP, Some("127.0.0.1"))],
            &[(IP, None)],
        ] {
            assert!(entity(good).is_ok(), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("group", Some("a"))],
            &[(USER, Some("a")), (USER, None)],
            &[(IP, None), (USER, None)],
            &[(IP, Some("no address"))],
            &[(CLIENT_ID, Some(""))],
        ] {
            assert_eq!(
                entity(bad).unwrap_err().code,
                ErrorCode::InvalidRequest,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn quotas_are_checked_as_kafka_does() {
        let client = entity(&[(CLIENT_ID, None)]).unwrap();
        let address = entity(&[(IP, None)]).unwrap();
        assert!(check(&client, PRODUCER_BYTE_RATE, 5.0).is_ok());
        assert!(check(&client, CONTROLLER_MUTATION_RATE, 0.5).is_ok());
        assert!(check(&address, CONNECTION_CREATION_RATE, 5.0).is_ok());
        for (entity, key, value) in [
            (&client, PRODUCER_BYTE_RATE, 0.0),
            (&client, PRODUCER_BYTE_RATE, 0.5),
            (&client, PRODUCER_BYTE_RATE, f64::NAN),
            (&client, PRODUCER_BYTE_RATE, 1e30),
            (&client, CONNECTION_CREATION_RATE, 5.0),
            (&address, PRODUCER_BYTE_RATE, 5.0),
            (&client, REQUEST_PERCENTAGE, 50.0),
            (&client, "speed", 5.0),
        ] {
            assert!(check(entity, key, value).is_err(), "{key}={value}");
        }
    }
}
