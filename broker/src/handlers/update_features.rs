//! UpdateFeatures (57): sets the levels of features (KIP-584).
//!
//! - 1 tells upgrades from downgrades and can be tried only, 2 answers for the whole instead of for each feature.
//!
//! All of a request is done or nothing.

use std::collections::HashSet;

use corelane_engine::Image;
use corelane_protocol::ErrorCode;
use corelane_protocol::messages::update_features::{
    FeatureUpdateKey, UpdatableFeatureResult, UpdateFeaturesRequest, UpdateFeaturesResponse,
};

use crate::dispatch::Call;
use crate::error_map;
use crate::features;
use crate::patience::within_limit;
use crate::refusal::Refusal;
use crate::topics;

/// From this version on clients say which kind of change they mean.
const KIND_SINCE: i16 = 1;
/// From this version on there is one answer for the whole.
const ONE_ANSWER_SINCE: i16 = 2;

const UPGRADE: i8 = 1;
const SAFE_DOWNGRADE: i8 = 2;
const UNSAFE_DOWNGRADE: i8 = 3;

/// Checks all, then sets all.
pub async fn handle(call: &Call, request: UpdateFeaturesRequest) -> UpdateFeaturesResponse {
    let outcome = update(call, &request).await;
    let refusal = outcome.err();
    let error_code = refusal
        .as_ref()
        .map_or(ErrorCode::None, |refusal| refusal.code)
        .code();
    let mut response = UpdateFeaturesResponse {
        error_code,
        error_message: refusal.map(|refusal| refusal.message),
        ..UpdateFeaturesResponse::default()
    };
    if call.head.version < ONE_ANSWER_SINCE && error_code == ErrorCode::None.code() {
        let updates = request.feature_updates.into_iter();
        response.results = updates
            .map(|update| UpdatableFeatureResult {
                feature: update.feature,
                ..UpdatableFeatureResult::default()
            })
            .collect();
    }
    response
}

async fn update(call: &Call, request: &UpdateFeaturesRequest) -> Result<(), Refusal> {
    let image = topics::image();
    let mut seen = HashSet::new();
    for update in &request.feature_updates {
        check(&image, update, call.head.version)?;
        if !seen.insert(update.feature.as_str()) {
            let message = format!("{} is named twice.", update.feature);
            return Err(Refusal::new(ErrorCode::InvalidRequest, message));
        }
    }
    if request.validate_only {
        return Ok(());
    }
    let updates = request.feature_updates.iter();
    let levels = updates.map(|update| (update.feature.clone(), update.max_version_level));
    let (engine, levels) = (call.lane().engine.clone(), levels.collect());
    let set = within_limit(async move { engine.set_features(levels).await }).await?;
    set.map_err(|error| error_map::catalogue(&error))
}

/// What Kafka's controller says of a change, in its order.
fn check(image: &Image, update: &FeatureUpdateKey, version: i16) -> Result<(), Refusal> {
    let (name, level) = (&update.feature, update.max_version_level);
    let refuse = |reason: String| {
        let message = format!("Invalid update version {level} for feature {name}. {reason}");
        Err(Refusal::new(ErrorCode::InvalidUpdateVersion, message))
    };
    let kind = match (version >= KIND_SINCE, update.allow_downgrade) {
        (true, _) => update.upgrade_type,
        (false, true) => SAFE_DOWNGRADE,
        (false, false) => UPGRADE,
    };
    if !matches!(kind, UPGRADE | SAFE_DOWNGRADE | UNSAFE_DOWNGRADE) {
        return refuse("The controller does not support the given upgrade type.".to_owned());
    }
    if level < 0 {
        return refuse("A feature version cannot be less than 0.".to_owned());
    }
    let Some(level_max) = features::level_max(name) else {
        return refuse("Local controller 1 does not support this feature.".to_owned());
    };
    if level > level_max {
        return refuse(format!(
            "Local controller 1 only supports versions 0-{level_max}"
        ));
    }
    let present = features::finalized(image).find(|(present, _)| *present == name.as_str());
    let present = present.map_or(0, |(_, level)| level);
    if level < present && kind == UPGRADE {
        return refuse(
            "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe \
             downgrade."
                .to_owned(),
        );
    }
    if level > present && kind != UPGRADE {
        return refuse("Can't downgrade to a newer version.".to_owned());
    }
    Ok(())
}
