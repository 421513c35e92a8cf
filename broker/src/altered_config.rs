//! Turns requested changes into the set of configurations that a topic sets afterwards.
//!
//! Pure. Invariant: a set that is returned holds only checked values of known configurations.

use std::collections::BTreeMap;

use corelane_protocol::ErrorCode;

use crate::config_kind::ConfigKind;
use crate::refusal::Refusal;
use crate::topic_config::{self, TopicConfig, TopicConfigError};

/// The configurations that a topic sets.
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

/// Applies one change.
///
/// # Errors
/// INVALID_CONFIG for names and values, INVALID_REQUEST for a list operation without a value.
pub fn apply(
    set: &mut SetConfigs,
    name: &str,
    operation: Operation,
    value: Option<&str>,
) -> Result<(), Refusal> {
    let config = topic_config::find(name).ok_or_else(|| {
        refuse(TopicConfigError::Unknown {
            name: name.to_owned(),
        })
    })?;
    match operation {
        Operation::Delete => {
            set.remove(name);
            Ok(())
        }
        Operation::Set => put(set, config, value),
        Operation::Append | Operation::Subtract => {
            let words = changed_list(set, config, operation, value)?;
            put(set, config, Some(&words))
        }
    }
}

fn put(set: &mut SetConfigs, config: &TopicConfig, value: Option<&str>) -> Result<(), Refusal> {
    let value = topic_config::check(config.name, value).map_err(refuse)?;
    set.insert(config.name.to_owned(), value);
    Ok(())
}

fn changed_list(
    set: &SetConfigs,
    config: &TopicConfig,
    operation: Operation,
    value: Option<&str>,
) -> Result<String, Refusal> {
    if config.kind != ConfigKind::List {
        let message = format!(
            "Config value append is not allowed for config key: {}",
            config.name
        );
        return Err(Refusal::new(ErrorCode::InvalidConfig, message));
    }
    let value = value.ok_or_else(|| refuse(TopicConfigError::Null { name: config.name }))?;
    let present = set.get(config.name).map_or(config.default, String::as_str);
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

fn refuse(error: TopicConfigError) -> Refusal {
    Refusal::new(ErrorCode::InvalidConfig, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(operations: &[(&str, Operation, Option<&str>)]) -> Result<SetConfigs, ErrorCode> {
        let mut set = SetConfigs::new();
        for (name, operation, value) in operations {
            apply(&mut set, name, *operation, *value).map_err(|refusal| refusal.code)?;
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
