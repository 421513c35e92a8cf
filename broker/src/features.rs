//! The features of the cluster that clients and tools can ask for and set (KIP-584), and their levels.
//!
//! Pure. Invariant: what is finalized is what the catalogue says, within what is supported here.

use corelane_engine::Image;

use crate::transactions::state::TRANSACTION_VERSION_2;

/// What can be set here: Kafka's names with their highest levels. The lowest is 0, which means that a feature is off.
pub const SUPPORTED: &[(&str, i16)] = &[];

/// What is always on, at its only level: `transaction.version` 2 tells clients that every end of a transaction raises the
/// producer's epoch (KIP-890), and `group.version` 1 that there are groups of KIP-848.
const ALWAYS_ON: &[(&str, i16)] = &[
    ("group.version", GROUP_VERSION_1),
    ("transaction.version", TRANSACTION_VERSION_2),
];

/// See [`ALWAYS_ON`].
const GROUP_VERSION_1: i16 = 1;

/// Every feature of this broker with its highest level.
pub fn supported() -> impl Iterator<Item = (&'static str, i16)> {
    SUPPORTED.iter().chain(ALWAYS_ON).copied()
}

/// The highest level of a feature; none where it cannot be set.
pub fn level_max(name: &str) -> Option<i16> {
    let found = SUPPORTED.iter().find(|(known, _)| *known == name);
    found.map(|(_, level_max)| *level_max)
}

/// The features that are on, with their levels.
pub fn finalized(image: &Image) -> impl Iterator<Item = (&str, i16)> {
    let set = image.features();
    set.filter(|(name, _)| level_max(name).is_some())
        .chain(ALWAYS_ON.iter().copied())
}
