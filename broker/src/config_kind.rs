//! The types of configuration values, as DescribeConfigs numbers them.
//!
//! Invariants: `normal` is idempotent. Pure.

use std::fmt;

/// A type of configuration values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigKind {
    /// `true` or `false`.
    Boolean,
    /// Text.
    String,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Long,
    /// A fraction.
    Double,
    /// Words separated by commas.
    List,
}

impl ConfigKind {
    /// The number in DescribeConfigs answers.
    pub fn code(self) -> i8 {
        match self {
            ConfigKind::Boolean => 1,
            ConfigKind::String => 2,
            ConfigKind::Int => 3,
            ConfigKind::Long => 5,
            ConfigKind::Double => 6,
            ConfigKind::List => 7,
        }
    }

    /// `value` as Kafka prints it after parsing; `None` when it is not of this type.
    pub fn normal(self, value: &str) -> Option<String> {
        match self {
            ConfigKind::Boolean => [true, false]
                .map(|truth| truth.to_string())
                .into_iter()
                .find(|word| word.eq_ignore_ascii_case(value)),
            ConfigKind::String => Some(value.to_owned()),
            ConfigKind::Int => value.parse::<i32>().ok().map(|number| number.to_string()),
            ConfigKind::Long => value.parse::<i64>().ok().map(|number| number.to_string()),
            ConfigKind::Double => value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(|number| number.to_string()),
            ConfigKind::List => Some(
                value
                    .split(',')
                    .map(str::trim)
                    .collect::<Vec<_>>()
                    .join(","),
            ),
        }
    }
}

impl fmt::Display for ConfigKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ConfigKind::Boolean => "BOOLEAN",
            ConfigKind::String => "STRING",
            ConfigKind::Int => "INT",
            ConfigKind::Long => "LONG",
            ConfigKind::Double => "DOUBLE",
            ConfigKind::List => "LIST",
        })
    }
}
