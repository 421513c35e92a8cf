//! Turns requested changes into the set of configurations that a topic or a broker sets afterwards.
//!
//! Pure. Invariant: a set that is returned holds only checked values of known configurations.

use std::collections::{BTreeMap, HashSet};

use corelane_protocol::ErrorCode;

use crate::config_kind::ConfigKind;
use crate::dynamic_config;
use crate::refusal::Refusal;
use crate::topic_config;

/// The configurations that a topic or a broker sets.
pub type SetConfigs = BTreeMap<String, String>;

/// A change of one configuration (KIP-339).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Gives it a value.
    Set,
    /// Takes its value away, so that the default is in force.
    Delete,
    /// Adds words to a list.
    Append,
    /// Takes words from a list.
    Subtract,
}

impl Operation {
    /// The operation that the number means.
    pub fn of(code: i8) -> Option<Self> {
        match code {
            0 => Some(Operation::Set),
            1 => Some(Operation::Delete),
            2 => Some(Operation::Append),
            3 => Some(Operation::Subtract),
            _ => None,
        }
    }
}

/// Which configurations there are, of what type, and with what values.
#[derive(Clone, Copy)]
pub enum Schema<'a> {
    /// Those of topics.
    Topic,
    /// Those of the broker that can be altered; the function knows the names of the others.
    Broker(&'a dyn Fn(&str) -> bool),
}

impl Schema<'_> {
    /// The checked value as it is stored.
    fn check(self, name: &str, value: &str) -> Result<String, Refusal> {
        match self {
            Schema::Topic => topic_config::check(name, Some(value))
                .map_err(|error| Refusal::new(ErrorCode::InvalidConfig, error.to_string())),
            // Kafka answers so for the broker (KAFKA-13609).
            Schema::Broker(is_static) => dynamic_config::check(name, value, is_static(name))
                .map_err(|error| Refusal::new(ErrorCode::InvalidRequest, error.to_string())),
        }
    }

    /// What a list has while nobody has set it; none where it is no list.
    fn list_default(self, name: &str) -> Option<&'static str> {
        match self {
            Schema::Topic => topic_config::find(name)
                .filter(|config| config.kind == ConfigKind::List)
                .map(|config| config.default),
            Schema::Broker(_) => {
                let is_list = dynamic_config::kind(name) == Some(ConfigKind::List);
                is_list.then(|| dynamic_config::list_default(name))
            }
        }
    }
}

/// The resources that are named more than once.
pub fn repeated<'a>(resources: impl Iterator<Item = (i8, &'a str)>) -> HashSet<(i8, &'a str)> {
    let mut seen = HashSet::new();
    resources
        .filter(|resource| !seen.insert(*resource))
        .collect()
}

/// What each of them is told.
pub fn appears_twice() -> Refusal {
    Refusal::new(
        ErrorCode::InvalidRequest,
        "Each resource must appear at most once.",
    )
}

/// Refuses names that are given twice.
///
/// # Errors
/// INVALID_REQUEST.
pub fn check_names<'a>(mut names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match names.all(|name| seen.insert(name)) {
        true => Ok(()),
        false => Err(Refusal::new(
            ErrorCode::InvalidRequest,
            "Error due to duplicate config keys",
        )),
    }
}

/// Applies one change.
///
/// # Errors
/// INVALID_CONFIG for names and values, INVALID_REQUEST for a change without its value and for the broker's.
pub fn apply(
    set: &mut SetConfigs,
    schema: Schema<'_>,
    name: &str,
    operation: Operation,
    value: Option<&str>,
) -> Result<(), Refusal> {
    if operation == Operation::Delete {
        // A name that means nothing is not there, and what is not there can be taken away.
        set.remove(name);
        return Ok(());
    }
    let value = value.ok_or_else(|| {
        let message = format!("Null value not supported for : {name}");
        Refusal::new(ErrorCode::InvalidRequest, message)
    })?;
    let value = match operation {
        Operation::Append | Operation::Subtract => {
            changed_list(set, schema, name, operation, value)?
        }
        Operation::Set | Operation::Delete => value.to_owned(),
    };
    set.insert(name.to_owned(), schema.check(name, &value)?);
    Ok(())
}

fn changed_list(
    set: &SetConfigs,
    schema: Schema<'_>,
    name: &str,
    operation: Operation,
    value: &str,
) -> Result<String, Refusal> {
    let default = schema.list_default(name).ok_or_else(|| {
        let verb = match operation {
            Operation::Append => "APPEND",
            _ => "SUBTRACT",
        };
        let message = format!("Can't {verb} to key {name} because its type is not LIST.");
        Refusal::new(ErrorCode::InvalidConfig, message)
    })?;
    let present = set.get(name).map_or(default, String::as_str);
    let mut words: Vec<&str> = present.split(',').filter(|word| !word.is_empty()).collect();
    for word in value.split(',').map(str::trim) {
        match operation {
            Operation::Subtract => words.retain(|present| *present != word),
            _ if words.contains(&word) => {}
            _ => words.push(word),
        }
    }
    Ok(words.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(operations: &[(&str, Operation, Option<&str>)]) -> Result<SetConfigs, ErrorCode> {
        let mut set = SetConfigs::new();
        for (name, operation, value) in operations {
            apply(&mut set, Schema::Topic, name, *operation, *value)
                .map_err(|refusal| refusal.code)?;
        }
        Ok(set)
    }

    #[test]
    fn values_are_set_and_deleted() {
        use Operation::{Delete, Set};
        let set = after(&[
            ("retention.ms", Set, Some("5")),
            ("segment.ms", Set, Some("6")),
        ])
        .unwrap();
        assert_eq!(set.len(), 2);
        let set = after(&[
            ("retention.ms", Set, Some("5")),
            ("retention.ms", Delete, None),
        ])
        .unwrap();
        assert!(set.is_empty());
    }

    #[test]
    fn lists_grow_and_shrink_and_other_types_do_not() {
        use Operation::{Append, Subtract};
        let same = after(&[("cleanup.policy", Append, Some("delete"))]).unwrap();
        assert_eq!(same["cleanup.policy"], "delete");
        let both = after(&[("cleanup.policy", Append, Some("compact"))]).unwrap();
        assert_eq!(both["cleanup.policy"], "delete,compact");
        for operation in [
            ("cleanup.policy", Append, Some("shred")),
            ("cleanup.policy", Subtract, Some("delete")),
            ("retention.ms", Append, Some("5")),
            ("no.such.config", Append, Some("5")),
        ] {
            assert_eq!(
                after(&[operation]),
                Err(ErrorCode::InvalidConfig),
                "{operation:?}"
            );
        }
    }
}
