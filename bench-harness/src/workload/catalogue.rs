//! The workloads that are known by name: W1 to W13, each one of the YAML files beside this crate's sources.
//!
//! Invariants: every file is read by the same parser as a user's, so that each is an example of the schema. Pure.

use super::{WorkloadError, WorkloadPlan};

/// A workload of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// `W1` to `W13`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The file.
    pub yaml: &'static str,
}

macro_rules! workload {
    ($id:literal, $name:literal) => {
        Named {
            id: $id,
            name: $name,
            yaml: include_str!(concat!("../../workloads/", $name, ".yaml")),
        }
    };
}

const NAMED: [Named; 13] = [
    workload!("W1", "produce"),
    workload!("W2", "produce-durable"),
    workload!("W3", "latency"),
    workload!("W4", "fanout"),
    workload!("W5", "catchup"),
    workload!("W6", "small"),
    workload!("W7", "partitions"),
    workload!("W8", "connections"),
    workload!("W9", "hot"),
    workload!("W10", "retention"),
    workload!("W11", "recovery"),
    workload!("W12", "idle"),
    workload!("W13", "soak"),
];

/// All of them, in order.
pub fn named() -> &'static [Named] {
    &NAMED
}

/// The workload with this id or name.
pub fn find(name: &str) -> Result<WorkloadPlan, WorkloadError> {
    let found = NAMED
        .iter()
        .find(|named| named.name == name || named.id.eq_ignore_ascii_case(name));
    let named = found.ok_or_else(|| WorkloadError::Unknown {
        name: name.to_owned(),
    })?;
    WorkloadPlan::from_yaml(named.yaml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_workload_is_read_and_called_what_it_is() {
        for named in named() {
            let plan = find(named.id).unwrap_or_else(|error| panic!("{}: {error}", named.name));
            assert_eq!(plan.name, named.name);
            assert!(!plan.about.is_empty());
        }
    }

    #[test]
    fn a_name_that_is_none_is_told() {
        assert!(find("W14").unwrap_err().to_string().contains("W14"));
    }
}
