//! `docs/limits.md` is true to the code: every limit of the broker, every API of Kafka 4.2 with its key, either served
//! or not, and every topic configuration that has one value only.

// Helpers of tests fail by panicking, as the tests do.
#![allow(clippy::unwrap_used)]

use corelane_broker::topic_config::{Support, TOPIC_CONFIGS};
use corelane_protocol::ApiKey;

const PAGE: &str = include_str!("../../docs/limits.md");
const LIMITS: &str = include_str!("../src/limits.rs");
const DISPATCH: &str = include_str!("../src/dispatch.rs");

/// The keys and names in the rows of the tables between two lines of the page.
fn apis_between(from: &str, to: &str) -> Vec<(i16, &'static str)> {
    let (_, rest) = PAGE.split_once(from).unwrap();
    let (section, _) = rest.split_once(to).unwrap();
    let mut apis = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let keys = cells[1].split(", ").filter_map(|key| key.parse().ok());
        apis.extend(keys.zip(cells[2].split(", ")));
    }
    apis.sort_unstable();
    apis
}

fn named(keys: impl Iterator<Item = ApiKey>) -> Vec<(i16, &'static str)> {
    keys.map(|key| (i16::from(key), key.name())).collect()
}

fn is_served(key: ApiKey) -> bool {
    let (_, rest) = DISPATCH.split_once("pub const SERVED").unwrap();
    let (list, _) = rest.split_once("];").unwrap();
    list.contains(&format!("ApiKey::{},", key.name()))
}

#[test]
fn the_page_lists_the_apis_that_are_served_and_those_that_are_not() {
    let served = named(ApiKey::ALL.iter().copied().filter(|key| is_served(*key)));
    let others = named(ApiKey::ALL.iter().copied().filter(|key| !is_served(*key)));
    assert!(!served.is_empty());
    assert_eq!(
        apis_between("Served in Kafka 4.2's", "Produce 0 to 2"),
        served
    );
    assert_eq!(
        apis_between("Not served, and", "Served in Kafka 4.2's"),
        others
    );
}

#[test]
fn the_page_names_every_limit_of_the_broker() {
    let constants = LIMITS
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(':'))
        .map(|(name, _)| name);
    for name in constants {
        assert!(PAGE.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn the_page_names_exactly_the_topic_configurations_that_have_one_value() {
    let (_, rest) = PAGE.split_once("that have one value here").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let mut shown: Vec<&str> = section.split('`').skip(1).step_by(2).collect();
    shown.sort_unstable();
    let fixed = TOPIC_CONFIGS
        .iter()
        .filter(|config| config.support == Support::DefaultOnly)
        .map(|config| config.name);
    assert!(shown.into_iter().eq(fixed));
}
