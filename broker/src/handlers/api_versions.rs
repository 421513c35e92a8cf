//! ApiVersions (18): what this broker serves.
//!
//! - 0 is the answer to every version that is not known, with UNSUPPORTED_VERSION and the range of ApiVersions itself
//!   (KIP-511). The response header is version 0 always.
//! - 1 adds the throttle time.
//! - 3 is flexible, names the client's software, and adds features, those of `features`.
//! - 4 lets a supported feature's lowest version be 0.

use corelane_protocol::ApiKey;
use corelane_protocol::Message;
use corelane_protocol::frame::{framed, write_response_header};
use corelane_protocol::messages::api_versions::{
    ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};

use crate::dispatch::{Call, SERVED};
use crate::features;
use crate::response::Answer;
use crate::topics;
use corelane_protocol::ErrorCode;

/// The first version in which a supported feature may begin at 0.
const LOWEST_ZERO_SINCE: i16 = 4;
/// The first version in which the client says what it is.
const NAMES_SOFTWARE_SINCE: i16 = 3;

/// Answers with the served APIs.
pub async fn handle(call: &Call, request: ApiVersionsRequest) -> ApiVersionsResponse {
    let named = call.head.version >= NAMES_SOFTWARE_SINCE;
    let software = [
        &request.client_software_name,
        &request.client_software_version,
    ];
    if named && !software.into_iter().all(|text| is_software_text(text)) {
        return ApiVersionsResponse {
            error_code: ErrorCode::InvalidRequest.code(),
            ..ApiVersionsResponse::default()
        };
    }
    let image = topics::image();
    ApiVersionsResponse {
        api_keys: SERVED.iter().map(|key| range(*key)).collect(),
        supported_features: match call.head.version >= LOWEST_ZERO_SINCE {
            true => features::supported().map(supported).collect(),
            false => Vec::new(),
        },
        finalized_features_epoch: image.last_offset().map_or(0, |last| last.0),
        finalized_features: features::finalized(&image).map(finalized).collect(),
        ..ApiVersionsResponse::default()
    }
}

fn supported((name, level_max): (&str, i16)) -> SupportedFeatureKey {
    SupportedFeatureKey {
        name: name.to_owned(),
        min_version: 0,
        max_version: level_max,
    }
}

fn finalized((name, level): (&str, i16)) -> FinalizedFeatureKey {
    FinalizedFeatureKey {
        name: name.to_owned(),
        max_version_level: level,
        min_version_level: level,
    }
}

/// The answer to a version that is not served, in version 0.
pub fn answer_unsupported(call: &Call) -> Answer {
    let response = ApiVersionsResponse {
        error_code: ErrorCode::UnsupportedVersion.code(),
        api_keys: vec![range(ApiKey::ApiVersions)],
        ..ApiVersionsResponse::default()
    };
    call.answer_of(framed(|writer| {
        write_response_header(writer, ApiKey::ApiVersions, 0, call.head.correlation_id)?;
        response.encode(writer, 0)
    }))
}

fn range(key: ApiKey) -> ApiVersion {
    ApiVersion {
        api_key: key.into(),
        min_version: key.advertised_min_version(),
        max_version: key.max_version(),
    }
}

/// Kafka's `[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?`.
fn is_software_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    bytes.iter().all(inner)
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names_follow_kafkas_pattern() {
        for good in ["librdkafka", "apache-kafka-java", "2.0.2", "a"] {
            assert!(is_software_text(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "é"] {
            assert!(!is_software_text(bad), "{bad}");
        }
    }
}
