//! Configurations of consumer groups that a broker is started with, under Kafka's names
//! (`group.consumer.session.timeout.ms`), and what a group is told of them (`consumer.session.timeout.ms`).
//!
//! Pure. Invariant: a value that is held was checked by itself; what two of them say together is checked when all are known.

use super::consumer::assignor::Assignor;
use super::settings::{GroupSettings, MEMBERS_PER_GROUP_MAX};
use crate::config_kind::ConfigKind;

/// Kafka's name for the session timeout of members of the consumer protocol.
const SESSION_TIMEOUT_MS: &str = "group.consumer.session.timeout.ms";
/// Kafka's name for how often they are to be heard of.
const HEARTBEAT_INTERVAL_MS: &str = "group.consumer.heartbeat.interval.ms";
/// Kafka's name for how many of them a group has at most.
const MAX_SIZE: &str = "group.consumer.max.size";
/// Kafka's name for the assignors that they choose from, the default first.
const ASSIGNORS: &str = "group.consumer.assignors";
/// Kafka's name for what happens where members of both protocols meet.
const MIGRATION_POLICY: &str = "group.consumer.migration.policy";

/// Why a configuration of consumer groups is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupConfigError {
    /// Nothing of groups is configured by this name.
    #[error("`{name}` is no configuration of consumer groups")]
    Unknown {
        /// The name given.
        name: String,
    },
    /// The value is no number, or out of bounds.
    #[error("`{value}` is not a whole number from 1 to {max}")]
    Number {
        /// The value given.
        value: String,
        /// The largest there is.
        max: i32,
    },
    /// Who is heard of as often as told would be thrown out in between.
    #[error(
        "{SESSION_TIMEOUT_MS} ({session_timeout_ms}) must be greater than {HEARTBEAT_INTERVAL_MS} ({heartbeat_interval_ms})"
    )]
    SessionTooShort {
        /// The session.
        session_timeout_ms: i32,
        /// The interval.
        heartbeat_interval_ms: i32,
    },
}

/// A configuration as it is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    /// Kafka's name for it, at the broker.
    pub name: &'static str,
    /// Kafka's name for it, at a group, where groups have it.
    pub of_group: Option<&'static str>,
    /// Its type.
    pub kind: ConfigKind,
    /// What holds.
    pub value: String,
    /// What holds in Kafka where nobody says anything.
    pub default: &'static str,
    /// What it is for.
    pub documentation: &'static str,
}

/// The names that a broker can be started with, with what they are for.
pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    let can_be_set = |described: &Described| described.kind == ConfigKind::Int;
    let all = described(&GroupSettings::default()).into_iter();
    all.filter(can_be_set)
        .map(|described| (described.name, described.documentation))
}

/// Every one, with what holds.
pub(crate) fn described(settings: &GroupSettings) -> Vec<Described> {
    vec![
        Described {
            name: ASSIGNORS,
            of_group: None,
            kind: ConfigKind::List,
            value: Assignor::ALL.map(Assignor::name).join(","),
            default: "uniform,range",
            documentation: "The assignors that members of the consumer protocol choose from, the default first.",
        },
        Described {
            name: HEARTBEAT_INTERVAL_MS,
            of_group: Some("consumer.heartbeat.interval.ms"),
            kind: ConfigKind::Int,
            value: settings.consumer_heartbeat_interval_ms.to_string(),
            default: "5000",
            documentation: "How often members of the consumer protocol are to be heard of.",
        },
        Described {
            name: MAX_SIZE,
            of_group: None,
            kind: ConfigKind::Int,
            value: settings.consumer_members_max.to_string(),
            default: "2147483647",
            documentation: "Members that a group of the consumer protocol has at most.",
        },
        Described {
            name: MIGRATION_POLICY,
            of_group: None,
            kind: ConfigKind::String,
            value: "upgrade".to_owned(),
            default: "bidirectional",
            documentation: "What becomes of a group in which members of both protocols meet.",
        },
        Described {
            name: SESSION_TIMEOUT_MS,
            of_group: Some("consumer.session.timeout.ms"),
            kind: ConfigKind::Int,
            value: settings.consumer_session_timeout_ms.to_string(),
            default: "45000",
            documentation: "How long a member of the consumer protocol may be silent.",
        },
    ]
}

impl GroupSettings {
    /// Sets one by Kafka's name.
    ///
    /// # Errors
    /// For a name that is not among [`known`], and for a value out of bounds.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), GroupConfigError> {
        match name {
            SESSION_TIMEOUT_MS => self.consumer_session_timeout_ms = number(value, i32::MAX)?,
            HEARTBEAT_INTERVAL_MS => self.consumer_heartbeat_interval_ms = number(value, i32::MAX)?,
            MAX_SIZE => {
                let max = i32::try_from(MEMBERS_PER_GROUP_MAX).unwrap_or(i32::MAX);
                let members = number(value, max)?;
                self.consumer_members_max =
                    usize::try_from(members).unwrap_or(MEMBERS_PER_GROUP_MAX);
            }
            _ => {
                return Err(GroupConfigError::Unknown {
                    name: name.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// What all of them say together.
    ///
    /// # Errors
    /// Where a session is not longer than the time between two heartbeats.
    pub fn check(&self) -> Result<(), GroupConfigError> {
        let (session_timeout_ms, heartbeat_interval_ms) = (
            self.consumer_session_timeout_ms,
            self.consumer_heartbeat_interval_ms,
        );
        match session_timeout_ms > heartbeat_interval_ms {
            true => Ok(()),
            false => Err(GroupConfigError::SessionTooShort {
                session_timeout_ms,
                heartbeat_interval_ms,
            }),
        }
    }
}

fn number(text: &str, max: i32) -> Result<i32, GroupConfigError> {
    let number = text.trim().parse().ok();
    let number = number.filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| GroupConfigError::Number {
        value: text.to_owned(),
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_holds_and_is_described() {
        let mut settings = GroupSettings::default();
        for (name, _) in known() {
            settings.set(name, " 17 ").unwrap();
        }
        let described = described(&settings);
        let numbers = described.iter().filter(|one| one.kind == ConfigKind::Int);
        assert!(numbers.clone().all(|one| one.value == "17"));
        assert_eq!(numbers.count(), 3);
        let refused = settings.check().unwrap_err();
        assert!(matches!(refused, GroupConfigError::SessionTooShort { .. }));
    }

    #[test]
    fn what_is_out_of_bounds_or_unknown_is_refused() {
        let mut settings = GroupSettings::default();
        for bad in ["0", "-1", "2147483648", "1.5", "", "20001"] {
            let refused = settings.set(MAX_SIZE, bad).unwrap_err();
            assert!(matches!(refused, GroupConfigError::Number { .. }), "{bad}");
        }
        for bad in ["group.consumer.assignors", "group.max.size"] {
            let refused = settings.set(bad, "1").unwrap_err();
            assert!(matches!(refused, GroupConfigError::Unknown { .. }), "{bad}");
        }
        assert_eq!(settings, GroupSettings::default());
        settings.check().unwrap();
    }
}
