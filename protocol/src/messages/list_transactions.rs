//! The ListTransactions API (key 66), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ListTransactionsRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct ListTransactionsRequest {
    pub state_filters: Vec<String>,
    pub producer_id_filters: Vec<i64>,
    /// Field of versions 1 to 2.
    pub duration_filter: i64,
    /// Field of version 2.
    pub transactional_id_pattern: Option<String>,
}

impl Default for ListTransactionsRequest {
    fn default() -> Self {
        Self {
            state_filters: Vec::new(),
            producer_id_filters: Vec::new(),
            duration_filter: -1,
            transactional_id_pattern: None,
        }
    }
}

impl Message for ListTransactionsRequest {
    const NAME: &'static str = "ListTransactionsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.state_filters =
            reader.read_array(true, 1, "ListTransactionsRequest.StateFilters", |reader| {
                reader.read_string(true, "ListTransactionsRequest.StateFilters")
            })?;
        value.producer_id_filters = reader.read_array(
            true,
            8,
            "ListTransactionsRequest.ProducerIdFilters",
            |reader| reader.read_i64("ListTransactionsRequest.ProducerIdFilters"),
        )?;
        if version >= 1 {
            value.duration_filter = reader.read_i64("ListTransactionsRequest.DurationFilter")?;
        }
        if version >= 2 {
            value.transactional_id_pattern = reader
                .read_nullable_string(true, "ListTransactionsRequest.TransactionalIdPattern")?;
        }
        reader.skip_tagged_fields("ListTransactionsRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_array(
            true,
            &self.state_filters,
            "ListTransactionsRequest.StateFilters",
            |writer, value| {
                writer.write_string(true, value, "ListTransactionsRequest.StateFilters")
            },
        )?;
        writer.write_array(
            true,
            &self.producer_id_filters,
            "ListTransactionsRequest.ProducerIdFilters",
            |writer, value| {
                writer.write_i64(*value);
                Ok(())
            },
        )?;
        if version >= 1 {
            writer.write_i64(self.duration_filter);
        }
        if version >= 2 {
            writer.write_nullable_string(
                true,
                self.transactional_id_pattern.as_deref(),
                "ListTransactionsRequest.TransactionalIdPattern",
            )?;
        }
        if version < 1 && self.duration_filter != -1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListTransactionsRequest.DurationFilter",
                version,
            });
        }
        if version < 2 && self.transactional_id_pattern.is_some() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListTransactionsRequest.TransactionalIdPattern",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl ListTransactionsRequest {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.state_filters = vec!["state_filters-17".to_owned(), "state_filters-57".to_owned()];
        value.producer_id_filters = vec![0x0102_0304_0506_0712, 0x0102_0304_0506_073a];
        if version >= 1 {
            value.duration_filter = 0x0102_0304_0506_0713;
        }
        if version >= 2 {
            value.transactional_id_pattern = if nulls {
                None
            } else {
                Some("transactional_id_pattern-20".to_owned())
            };
        }
        value
    }
}

impl Request for ListTransactionsRequest {
    type Response = ListTransactionsResponse;
    const KEY: ApiKey = ApiKey::ListTransactions;
}

/// ListTransactionsResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListTransactionsResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub unknown_state_filters: Vec<String>,
    pub transaction_states: Vec<TransactionState>,
}

impl Message for ListTransactionsResponse {
    const NAME: &'static str = "ListTransactionsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("ListTransactionsResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("ListTransactionsResponse.ErrorCode")?;
        value.unknown_state_filters = reader.read_array(
            true,
            1,
            "ListTransactionsResponse.UnknownStateFilters",
            |reader| reader.read_string(true, "ListTransactionsResponse.UnknownStateFilters"),
        )?;
        value.transaction_states = reader.read_array(
            true,
            TransactionState::encoded_bytes_min(version),
            "ListTransactionsResponse.TransactionStates",
            |reader| TransactionState::decode(reader, version),
        )?;
        reader.skip_tagged_fields("ListTransactionsResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_array(
            true,
            &self.unknown_state_filters,
            "ListTransactionsResponse.UnknownStateFilters",
            |writer, value| {
                writer.write_string(true, value, "ListTransactionsResponse.UnknownStateFilters")
            },
        )?;
        writer.write_array(
            true,
            &self.transaction_states,
            "ListTransactionsResponse.TransactionStates",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ListTransactionsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.unknown_state_filters = vec![
            "unknown_state_filters-19".to_owned(),
            "unknown_state_filters-59".to_owned(),
        ];
        value.transaction_states = vec![
            TransactionState::sample(version, nulls),
            TransactionState::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListTransactionsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TransactionState {
    pub transactional_id: String,
    pub producer_id: i64,
    pub transaction_state: String,
}

impl TransactionState {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.transactional_id = reader.read_string(true, "TransactionState.TransactionalId")?;
        value.producer_id = reader.read_i64("TransactionState.ProducerId")?;
        value.transaction_state = reader.read_string(true, "TransactionState.TransactionState")?;
        reader.skip_tagged_fields("TransactionState")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(
            true,
            &self.transactional_id,
            "TransactionState.TransactionalId",
        )?;
        writer.write_i64(self.producer_id);
        writer.write_string(
            true,
            &self.transaction_state,
            "TransactionState.TransactionState",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        11
    }
}

#[cfg(test)]
impl TransactionState {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.transactional_id = "transactional_id-17".to_owned();
        value.producer_id = 0x0102_0304_0506_0712;
        value.transaction_state = "transaction_state-19".to_owned();
        value
    }
}
