//! What follows from an API's key and version by rule, beside the generated table of keys and versions; pure.
//!
//! Invariant: the response header of ApiVersions never has tagged fields, because its reader cannot know the version yet.

use std::fmt;
use std::ops::RangeInclusive;

use thiserror::Error;

use crate::ApiKey;

/// No API that a broker serves has this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no API has the key {0}")]
pub struct UnknownApiKey(pub i16);

impl TryFrom<i16> for ApiKey {
    type Error = UnknownApiKey;

    fn try_from(number: i16) -> Result<Self, UnknownApiKey> {
        Self::of_number(number).ok_or(UnknownApiKey(number))
    }
}

impl From<ApiKey> for i16 {
    fn from(key: ApiKey) -> Self {
        key as i16
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl ApiKey {
    /// The versions that Kafka 4.2 serves, without versions that it calls unstable.
    pub const fn versions(self) -> RangeInclusive<i16> {
        self.min_version()..=self.max_version()
    }

    /// Whether Kafka 4.2 serves the version.
    pub fn serves(self, version: i16) -> bool {
        self.versions().contains(&version)
    }

    /// The lowest version to announce in ApiVersions.
    ///
    /// Kafka announces Produce from 0 and refuses 0 to 2, because librdkafka takes a higher minimum for a broker that
    /// cannot compress (KAFKA-18659).
    pub const fn advertised_min_version(self) -> i16 {
        match self {
            Self::Produce => 0,
            other => other.min_version(),
        }
    }

    /// Whether the version has compact lengths and tagged fields.
    pub fn is_flexible(self, version: i16) -> bool {
        self.first_flexible_version()
            .is_some_and(|first| version >= first)
    }

    /// The version of the request header: 2 has tagged fields, 1 has none.
    pub fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { 2 } else { 1 }
    }

    /// The version of the response header: 1 has tagged fields, 0 has none.
    pub fn response_header_version(self, version: i16) -> i16 {
        match self {
            Self::ApiVersions => 0,
            other => i16::from(other.is_flexible(version)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_numbers_are_each_other() {
        for key in ApiKey::ALL {
            assert_eq!(ApiKey::try_from(i16::from(*key)), Ok(*key));
        }
        for number in [-1, 4, 52, 58, 93, i16::MAX] {
            assert_eq!(ApiKey::try_from(number), Err(UnknownApiKey(number)));
        }
    }

    #[test]
    fn unstable_versions_are_not_served() {
        assert_eq!(ApiKey::InitProducerId.versions(), 0..=5);
    }

    #[test]
    fn the_response_header_of_api_versions_has_no_tagged_fields() {
        assert_eq!(ApiKey::ApiVersions.request_header_version(3), 2);
        assert_eq!(ApiKey::ApiVersions.response_header_version(4), 0);
        assert_eq!(ApiKey::Metadata.response_header_version(9), 1);
        assert_eq!(ApiKey::Metadata.response_header_version(8), 0);
        assert_eq!(ApiKey::SaslHandshake.request_header_version(1), 1);
    }

    #[test]
    fn produce_is_advertised_from_zero_and_served_from_three() {
        assert_eq!(ApiKey::Produce.advertised_min_version(), 0);
        assert!(!ApiKey::Produce.serves(2) && ApiKey::Produce.serves(3));
    }
}
