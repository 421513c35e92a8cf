//! Quotas of clients as the catalogue keeps them: whose, which, how much (KIP-546, ClientQuotaRecord).
//!
//! What an entity or a key means is decided by who enforces quotas. Pure.

use std::collections::BTreeMap;

use super::MetadataDecodeError;
use super::wire::{Reader, Writer};

/// Whom a quota is for: names by their types (`user`, `client-id`, `ip`). No name stands for whoever has no quota of
/// his own.
pub type QuotaEntity = BTreeMap<String, Option<String>>;

/// A quota, compared by its bits so that what is written reads back equal whatever it is.
#[derive(Clone, Copy, Debug)]
pub struct QuotaValue(pub f64);

impl PartialEq for QuotaValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for QuotaValue {}

/// A quota is set or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientQuotaRecord {
    /// Whose.
    pub entity: QuotaEntity,
    /// Which.
    pub key: String,
    /// How much; `None` removes it.
    pub value: Option<QuotaValue>,
}

impl ClientQuotaRecord {
    pub(super) fn write(&self, out: &mut Writer) {
        out.count(self.entity.len());
        for (kind, name) in &self.entity {
            out.string(kind);
            out.nullable_string(name.as_deref());
            out.no_tags();
        }
        out.string(&self.key);
        out.f64(self.value.map_or(0.0, |value| value.0));
        out.i8(i8::from(self.value.is_none()));
        out.no_tags();
    }

    /// Reads the body but for its tags.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, MetadataDecodeError> {
        let mut entity = QuotaEntity::new();
        for _ in 0..reader.count()? {
            let kind = reader.string()?;
            let name = reader.nullable_string()?;
            reader.tags(|_, _| Ok(()))?;
            if entity.insert(kind, name).is_some() {
                return Err(reader.malformed());
            }
        }
        let key = reader.string()?;
        let value = QuotaValue(reader.f64()?);
        let is_removed = reader.i8()? != 0;
        Ok(Self {
            entity,
            key,
            value: (!is_removed).then_some(value),
        })
    }
}
