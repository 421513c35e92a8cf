//! The FindCoordinator API (key 10), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// FindCoordinatorRequest of versions 0 to 6.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FindCoordinatorRequest {
    /// Field of versions 0 to 3.
    pub key: String,
    /// Field of versions 1 to 6.
    pub key_type: i8,
    /// Field of versions 4 to 6.
    pub coordinator_keys: Vec<String>,
}

impl Message for FindCoordinatorRequest {
    const NAME: &'static str = "FindCoordinatorRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        if version <= 3 {
            value.key = reader.read_string(flexible, "FindCoordinatorRequest.Key")?;
        }
        if version >= 1 {
            value.key_type = reader.read_i8("FindCoordinatorRequest.KeyType")?;
        }
        if version >= 4 {
            value.coordinator_keys = reader.read_array(
                true,
                1,
                "FindCoordinatorRequest.CoordinatorKeys",
                |reader| reader.read_string(true, "FindCoordinatorRequest.CoordinatorKeys"),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("FindCoordinatorRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        if version <= 3 {
            writer.write_string(flexible, &self.key, "FindCoordinatorRequest.Key")?;
        }
        if version >= 1 {
            writer.write_i8(self.key_type);
        }
        if version >= 4 {
            writer.write_array(
                true,
                &self.coordinator_keys,
                "FindCoordinatorRequest.CoordinatorKeys",
                |writer, value| {
                    writer.write_string(true, value, "FindCoordinatorRequest.CoordinatorKeys")
                },
            )?;
        }
        if version > 3 && !self.key.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorRequest.Key",
                version,
            });
        }
        if version < 1 && self.key_type != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorRequest.KeyType",
                version,
            });
        }
        if version < 4 && !self.coordinator_keys.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorRequest.CoordinatorKeys",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl FindCoordinatorRequest {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version <= 3 {
            value.key = "key-17".to_owned();
        }
        if version >= 1 {
            value.key_type = 18;
        }
        if version >= 4 {
            value.coordinator_keys = vec![
                "coordinator_keys-19".to_owned(),
                "coordinator_keys-59".to_owned(),
            ];
        }
        value
    }
}

impl Request for FindCoordinatorRequest {
    type Response = FindCoordinatorResponse;
    const KEY: ApiKey = ApiKey::FindCoordinator;
}

/// FindCoordinatorResponse of versions 0 to 6.
#[derive(Debug, Clone, PartialEq)]
pub struct FindCoordinatorResponse {
    /// Field of versions 1 to 6.
    pub throttle_time_ms: i32,
    /// Field of versions 0 to 3.
    pub error_code: i16,
    /// Field of versions 1 to 3.
    pub error_message: Option<String>,
    /// Field of versions 0 to 3.
    pub node_id: i32,
    /// Field of versions 0 to 3.
    pub host: String,
    /// Field of versions 0 to 3.
    pub port: i32,
    /// Field of versions 4 to 6.
    pub coordinators: Vec<Coordinator>,
}

impl Default for FindCoordinatorResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            node_id: 0,
            host: String::new(),
            port: 0,
            coordinators: Vec::new(),
        }
    }
}

impl Message for FindCoordinatorResponse {
    const NAME: &'static str = "FindCoordinatorResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("FindCoordinatorResponse.ThrottleTimeMs")?;
        }
        if version <= 3 {
            value.error_code = reader.read_i16("FindCoordinatorResponse.ErrorCode")?;
        }
        if (1..=3).contains(&version) {
            value.error_message =
                reader.read_nullable_string(flexible, "FindCoordinatorResponse.ErrorMessage")?;
        }
        if version <= 3 {
            value.node_id = reader.read_i32("FindCoordinatorResponse.NodeId")?;
        }
        if version <= 3 {
            value.host = reader.read_string(flexible, "FindCoordinatorResponse.Host")?;
        }
        if version <= 3 {
            value.port = reader.read_i32("FindCoordinatorResponse.Port")?;
        }
        if version >= 4 {
            value.coordinators = reader.read_array(
                true,
                Coordinator::encoded_bytes_min(version),
                "FindCoordinatorResponse.Coordinators",
                |reader| Coordinator::decode(reader, version),
            )?;
        }
        if flexible {
            reader.skip_tagged_fields("FindCoordinatorResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 1 {
            writer.write_i32(self.throttle_time_ms);
        }
        if version <= 3 {
            writer.write_i16(self.error_code);
        }
        if (1..=3).contains(&version) {
            writer.write_nullable_string(
                flexible,
                self.error_message.as_deref(),
                "FindCoordinatorResponse.ErrorMessage",
            )?;
        }
        if version <= 3 {
            writer.write_i32(self.node_id);
        }
        if version <= 3 {
            writer.write_string(flexible, &self.host, "FindCoordinatorResponse.Host")?;
        }
        if version <= 3 {
            writer.write_i32(self.port);
        }
        if version >= 4 {
            writer.write_array(
                true,
                &self.coordinators,
                "FindCoordinatorResponse.Coordinators",
                |writer, value| value.encode(writer, version),
            )?;
        }
        if version > 3 && self.error_code != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorResponse.ErrorCode",
                version,
            });
        }
        if version > 3 && self.node_id != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorResponse.NodeId",
                version,
            });
        }
        if version > 3 && !self.host.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorResponse.Host",
                version,
            });
        }
        if version > 3 && self.port != 0 {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorResponse.Port",
                version,
            });
        }
        if version < 4 && !self.coordinators.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "FindCoordinatorResponse.Coordinators",
                version,
            });
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
        self.coordinators
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl FindCoordinatorResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0311;
        }
        if version <= 3 {
            value.error_code = 18;
        }
        if (1..=3).contains(&version) {
            value.error_message = if nulls {
                None
            } else {
                Some("error_message-19".to_owned())
            };
        }
        if version <= 3 {
            value.node_id = 0x0102_0314;
        }
        if version <= 3 {
            value.host = "host-21".to_owned();
        }
        if version <= 3 {
            value.port = 0x0102_0316;
        }
        if version >= 4 {
            value.coordinators = vec![
                Coordinator::sample(version, nulls),
                Coordinator::sample(version, nulls),
            ];
        }
        value
    }
}

/// Part of [`FindCoordinatorResponse`] of versions 4 to 6.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinator {
    pub key: String,
    pub node_id: i32,
    pub host: String,
    pub port: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Self {
            key: String::new(),
            node_id: 0,
            host: String::new(),
            port: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl Coordinator {
    pub(crate) fn decode(reader: &mut Reader, _version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.key = reader.read_string(true, "Coordinator.Key")?;
        value.node_id = reader.read_i32("Coordinator.NodeId")?;
        value.host = reader.read_string(true, "Coordinator.Host")?;
        value.port = reader.read_i32("Coordinator.Port")?;
        value.error_code = reader.read_i16("Coordinator.ErrorCode")?;
        value.error_message = reader.read_nullable_string(true, "Coordinator.ErrorMessage")?;
        reader.skip_tagged_fields("Coordinator")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        writer.write_string(true, &self.key, "Coordinator.Key")?;
        writer.write_i32(self.node_id);
        writer.write_string(true, &self.host, "Coordinator.Host")?;
        writer.write_i32(self.port);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "Coordinator.ErrorMessage",
        )?;
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        14
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl Coordinator {
    pub(crate) fn sample(_version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.key = "key-17".to_owned();
        value.node_id = 0x0102_0312;
        value.host = "host-19".to_owned();
        value.port = 0x0102_0314;
        value.error_code = 21;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-22".to_owned())
        };
        value
    }
}
