//! The ListGroups API (key 16), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// ListGroupsRequest of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListGroupsRequest {
    /// Field of versions 4 to 5.
    pub states_filter: Vec<String>,
    /// Field of version 5.
    pub types_filter: Vec<String>,
}

impl Message for ListGroupsRequest {
    const NAME: &'static str = "ListGroupsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        if version >= 4 {
            value.states_filter =
                reader.read_array(true, 1, "ListGroupsRequest.StatesFilter", |reader| {
                    reader.read_string(true, "ListGroupsRequest.StatesFilter")
                })?;
        }
        if version >= 5 {
            value.types_filter =
                reader.read_array(true, 1, "ListGroupsRequest.TypesFilter", |reader| {
                    reader.read_string(true, "ListGroupsRequest.TypesFilter")
                })?;
        }
        if flexible {
            reader.skip_tagged_fields("ListGroupsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 4 {
            writer.write_array(
                true,
                &self.states_filter,
                "ListGroupsRequest.StatesFilter",
                |writer, value| writer.write_string(true, value, "ListGroupsRequest.StatesFilter"),
            )?;
        }
        if version >= 5 {
            writer.write_array(
                true,
                &self.types_filter,
                "ListGroupsRequest.TypesFilter",
                |writer, value| writer.write_string(true, value, "ListGroupsRequest.TypesFilter"),
            )?;
        }
        if version < 4 && !self.states_filter.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListGroupsRequest.StatesFilter",
                version,
            });
        }
        if version < 5 && !self.types_filter.is_empty() {
            return Err(EncodeError::FieldNotInVersion {
                what: "ListGroupsRequest.TypesFilter",
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
impl ListGroupsRequest {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 4 {
            value.states_filter =
                vec!["states_filter-17".to_owned(), "states_filter-57".to_owned()];
        }
        if version >= 5 {
            value.types_filter = vec!["types_filter-18".to_owned(), "types_filter-58".to_owned()];
        }
        value
    }
}

impl Request for ListGroupsRequest {
    type Response = ListGroupsResponse;
    const KEY: ApiKey = ApiKey::ListGroups;
}

/// ListGroupsResponse of versions 0 to 5.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListGroupsResponse {
    /// Field of versions 1 to 5.
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub groups: Vec<ListedGroup>,
}

impl Message for ListGroupsResponse {
    const NAME: &'static str = "ListGroupsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 3;
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = reader.read_i32("ListGroupsResponse.ThrottleTimeMs")?;
        }
        value.error_code = reader.read_i16("ListGroupsResponse.ErrorCode")?;
        value.groups = reader.read_array(
            flexible,
            ListedGroup::encoded_bytes_min(version),
            "ListGroupsResponse.Groups",
            |reader| ListedGroup::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("ListGroupsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 1 {
            writer.write_i32(self.throttle_time_ms);
        }
        writer.write_i16(self.error_code);
        writer.write_array(
            flexible,
            &self.groups,
            "ListGroupsResponse.Groups",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl ListGroupsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        if version >= 1 {
            value.throttle_time_ms = 0x0102_0311;
        }
        value.error_code = 18;
        value.groups = vec![
            ListedGroup::sample(version, nulls),
            ListedGroup::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`ListGroupsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListedGroup {
    pub group_id: String,
    pub protocol_type: String,
    /// Field of versions 4 to 5.
    pub group_state: String,
    /// Field of version 5.
    pub group_type: String,
}

impl ListedGroup {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 3;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "ListedGroup.GroupId")?;
        value.protocol_type = reader.read_string(flexible, "ListedGroup.ProtocolType")?;
        if version >= 4 {
            value.group_state = reader.read_string(true, "ListedGroup.GroupState")?;
        }
        if version >= 5 {
            value.group_type = reader.read_string(true, "ListedGroup.GroupType")?;
        }
        if flexible {
            reader.skip_tagged_fields("ListedGroup")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 3;
        writer.write_string(flexible, &self.group_id, "ListedGroup.GroupId")?;
        writer.write_string(flexible, &self.protocol_type, "ListedGroup.ProtocolType")?;
        if version >= 4 {
            writer.write_string(true, &self.group_state, "ListedGroup.GroupState")?;
        }
        if version >= 5 {
            writer.write_string(true, &self.group_type, "ListedGroup.GroupType")?;
        }
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=2 => 4,
            3 => 3,
            4 => 4,
            _ => 5,
        }
    }
}

#[cfg(test)]
impl ListedGroup {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.protocol_type = "protocol_type-18".to_owned();
        if version >= 4 {
            value.group_state = "group_state-19".to_owned();
        }
        if version >= 5 {
            value.group_type = "group_type-20".to_owned();
        }
        value
    }
}
