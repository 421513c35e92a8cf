//! The DeleteGroups API (key 42), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DeleteGroupsRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteGroupsRequest {
    pub groups_names: Vec<String>,
}

impl Message for DeleteGroupsRequest {
    const NAME: &'static str = "DeleteGroupsRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.groups_names = reader.read_array(
            flexible,
            if flexible { 1 } else { 2 },
            "DeleteGroupsRequest.GroupsNames",
            |reader| reader.read_string(flexible, "DeleteGroupsRequest.GroupsNames"),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteGroupsRequest")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_array(
            flexible,
            &self.groups_names,
            "DeleteGroupsRequest.GroupsNames",
            |writer, value| writer.write_string(flexible, value, "DeleteGroupsRequest.GroupsNames"),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }
}

#[cfg(test)]
impl DeleteGroupsRequest {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.groups_names = vec!["groups_names-17".to_owned(), "groups_names-57".to_owned()];
        value
    }
}

impl Request for DeleteGroupsRequest {
    type Response = DeleteGroupsResponse;
    const KEY: ApiKey = ApiKey::DeleteGroups;
}

/// DeleteGroupsResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeleteGroupsResponse {
    pub throttle_time_ms: i32,
    pub results: Vec<DeletableGroupResult>,
}

impl Message for DeleteGroupsResponse {
    const NAME: &'static str = "DeleteGroupsResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let flexible = version >= 2;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DeleteGroupsResponse.ThrottleTimeMs")?;
        value.results = reader.read_array(
            flexible,
            DeletableGroupResult::encoded_bytes_min(version),
            "DeleteGroupsResponse.Results",
            |reader| DeletableGroupResult::decode(reader, version),
        )?;
        if flexible {
            reader.skip_tagged_fields("DeleteGroupsResponse")?;
        }
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.write_i32(self.throttle_time_ms);
        writer.write_array(
            flexible,
            &self.results,
            "DeleteGroupsResponse.Results",
            |writer, value| value.encode(writer, version),
        )?;
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        self.results
            .iter()
            .for_each(|value| value.error_codes(visit));
    }
}

#[cfg(test)]
impl DeleteGroupsResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.results = vec![
            DeletableGroupResult::sample(version, nulls),
            DeletableGroupResult::sample(version, nulls),
        ];
        value
    }
}

/// Part of [`DeleteGroupsResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeletableGroupResult {
    pub group_id: String,
    pub error_code: i16,
}

impl DeletableGroupResult {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let flexible = version >= 2;
        let mut value = Self::default();
        value.group_id = reader.read_string(flexible, "DeletableGroupResult.GroupId")?;
        value.error_code = reader.read_i16("DeletableGroupResult.ErrorCode")?;
        if flexible {
            reader.skip_tagged_fields("DeletableGroupResult")?;
        }
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        let flexible = version >= 2;
        writer.write_string(flexible, &self.group_id, "DeletableGroupResult.GroupId")?;
        writer.write_i16(self.error_code);
        if flexible {
            writer.write_varint(0);
        }
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(_version: i16) -> usize {
        4
    }

    pub(crate) fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DeletableGroupResult {
    pub(crate) fn sample(_version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.group_id = "group_id-17".to_owned();
        value.error_code = 18;
        value
    }
}
