//! Subscriptions by regular expression: their compilation within bounds, and the topics that they stand for.
//!
//! Pure. The engine takes time that is linear in pattern and name; the size of what a pattern compiles to is bounded, so
//! that repetitions of repetitions cost no memory.

use std::collections::BTreeSet;

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue;
use regex::{Regex, RegexBuilder};

use super::topics::Topics;
use crate::groups::settings::{PATTERN_BYTES_MAX, PATTERN_PROGRAM_BYTES_MAX};
use crate::refusal::Refusal;

/// A pattern with its topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What it stands for.
    pub topics: BTreeSet<String>,
    /// When that was looked up, in milliseconds since the epoch.
    pub at_ms: i64,
    /// As of which topics; 0 for what was read from the log.
    pub topics_version: u64,
    /// The members that subscribe by it.
    pub members: usize,
}

/// Compiles a pattern that the whole name of a topic has to match.
///
/// # Errors
/// INVALID_REGULAR_EXPRESSION, also for one that is too long or too large.
pub fn compile(pattern: &str) -> Result<Regex, Refusal> {
    let refuse = |reason: &str| {
        let message = format!(
            "SubscribedTopicRegex `{pattern}` is not a valid regular expression: {reason}."
        );
        Refusal::new(ErrorCode::InvalidRegularExpression, message)
    };
    if pattern.len() > PATTERN_BYTES_MAX {
        let code = ErrorCode::InvalidRegularExpression;
        let message = format!(
            "SubscribedTopicRegex has {} bytes, and may have {PATTERN_BYTES_MAX}.",
            pattern.len()
        );
        return Err(Refusal::new(code, message));
    }
    let build = |text: &str| {
        RegexBuilder::new(text)
            .size_limit(PATTERN_PROGRAM_BYTES_MAX)
            .dfa_size_limit(PATTERN_PROGRAM_BYTES_MAX)
            .build()
    };
    let reason = |error: regex::Error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large",
        _ => "it cannot be parsed",
    };
    // By itself first, since two halves of a pattern may be valid together with what surrounds them.
    build(pattern).map_err(|error| refuse(reason(error)))?;
    build(&format!(r"\A(?:{pattern})\z")).map_err(|error| refuse(reason(error)))
}

/// The topics that a pattern stands for.
pub fn resolve(pattern: &Regex, topics: &dyn Topics) -> BTreeSet<String> {
    topics.matching(&|name| pattern.is_match(name))
}

impl Resolved {
    /// Memory that it takes, about.
    pub fn bytes(&self) -> usize {
        let names = self.topics.iter();
        let names: usize = names.map(|name| size_of::<String>() + name.len()).sum();
        size_of::<Resolved>() + names
    }

    /// As it is stored.
    pub fn to_record(&self) -> ConsumerGroupRegularExpressionValue {
        ConsumerGroupRegularExpressionValue {
            topics: self.topics.iter().cloned().collect(),
            version: i64::try_from(self.topics_version).unwrap_or(i64::MAX),
            timestamp: self.at_ms,
        }
    }

    /// As it was stored; members are counted by whoever reads them.
    pub fn from_record(stored: ConsumerGroupRegularExpressionValue) -> Resolved {
        Resolved {
            topics: stored.topics.into_iter().collect(),
            at_ms: stored.timestamp,
            topics_version: 0,
            members: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names_only() {
        let pattern = compile("flights|flights-eu").unwrap();
        assert!(pattern.is_match("flights-eu"));
        assert!(!pattern.is_match("flights-eu-2"));
        assert!(!pattern.is_match("my-flights"));
    }

    #[test]
    fn hostile_patterns_are_refused_and_cost_little() {
        let long = "a".repeat(PATTERN_BYTES_MAX + 1);
        for bad in [
            "(",
            "a)|(b",
            "*",
            "[z-a]",
            "(a{1000}){1000}",
            r"\p{L}{5000}",
            &long,
        ] {
            let refused = compile(bad).unwrap_err();
            assert_eq!(
                refused.code,
                ErrorCode::InvalidRegularExpression,
                "{bad:.20}"
            );
        }
    }

    #[test]
    fn a_pattern_that_makes_others_backtrack_takes_linear_time() {
        let pattern = compile("(a|a|a)*b|(a*)*c").unwrap();
        let name = "a".repeat(249);
        assert!(!pattern.is_match(&name));
    }
}
