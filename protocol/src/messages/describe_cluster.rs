//! The DescribeCluster API (key 60), generated from Apache Kafka 4.2's message definitions; pure.
//!
//! Do not edit: `cargo run -p corelane-protocol --example generate` writes this file.

use crate::message::{check_decode_version, check_encode_version};
use crate::{ApiKey, Request};
use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// DescribeClusterRequest of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeClusterRequest {
    pub include_cluster_authorized_operations: bool,
    /// Field of versions 1 to 2.
    pub endpoint_type: i8,
    /// Field of version 2.
    pub include_fenced_brokers: bool,
}

impl Default for DescribeClusterRequest {
    fn default() -> Self {
        Self {
            include_cluster_authorized_operations: false,
            endpoint_type: 1,
            include_fenced_brokers: false,
        }
    }
}

impl Message for DescribeClusterRequest {
    const NAME: &'static str = "DescribeClusterRequest";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.include_cluster_authorized_operations =
            reader.read_bool("DescribeClusterRequest.IncludeClusterAuthorizedOperations")?;
        if version >= 1 {
            value.endpoint_type = reader.read_i8("DescribeClusterRequest.EndpointType")?;
        }
        if version >= 2 {
            value.include_fenced_brokers =
                reader.read_bool("DescribeClusterRequest.IncludeFencedBrokers")?;
        }
        reader.skip_tagged_fields("DescribeClusterRequest")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_bool(self.include_cluster_authorized_operations);
        if version >= 1 {
            writer.write_i8(self.endpoint_type);
        }
        if version >= 2 {
            writer.write_bool(self.include_fenced_brokers);
        }
        if version < 1 && self.endpoint_type != 1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeClusterRequest.EndpointType",
                version,
            });
        }
        if version < 2 && self.include_fenced_brokers {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeClusterRequest.IncludeFencedBrokers",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }
}

#[cfg(test)]
impl DescribeClusterRequest {
    pub(crate) fn sample(version: i16, _nulls: bool) -> Self {
        let mut value = Self::default();
        value.include_cluster_authorized_operations = true;
        if version >= 1 {
            value.endpoint_type = 18;
        }
        if version >= 2 {
            value.include_fenced_brokers = true;
        }
        value
    }
}

impl Request for DescribeClusterRequest {
    type Response = DescribeClusterResponse;
    const KEY: ApiKey = ApiKey::DescribeCluster;
}

/// DescribeClusterResponse of versions 0 to 2.
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeClusterResponse {
    pub throttle_time_ms: i32,
    pub error_code: i16,
    pub error_message: Option<String>,
    /// Field of versions 1 to 2.
    pub endpoint_type: i8,
    pub cluster_id: String,
    pub controller_id: i32,
    pub brokers: Vec<DescribeClusterBroker>,
    pub cluster_authorized_operations: i32,
}

impl Default for DescribeClusterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            endpoint_type: 1,
            cluster_id: String::new(),
            controller_id: -1,
            brokers: Vec::new(),
            cluster_authorized_operations: -2147483648,
        }
    }
}

impl Message for DescribeClusterResponse {
    const NAME: &'static str = "DescribeClusterResponse";
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<Self>(version)?;
        let mut value = Self::default();
        value.throttle_time_ms = reader.read_i32("DescribeClusterResponse.ThrottleTimeMs")?;
        value.error_code = reader.read_i16("DescribeClusterResponse.ErrorCode")?;
        value.error_message =
            reader.read_nullable_string(true, "DescribeClusterResponse.ErrorMessage")?;
        if version >= 1 {
            value.endpoint_type = reader.read_i8("DescribeClusterResponse.EndpointType")?;
        }
        value.cluster_id = reader.read_string(true, "DescribeClusterResponse.ClusterId")?;
        value.controller_id = reader.read_i32("DescribeClusterResponse.ControllerId")?;
        value.brokers = reader.read_array(
            true,
            DescribeClusterBroker::encoded_bytes_min(version),
            "DescribeClusterResponse.Brokers",
            |reader| DescribeClusterBroker::decode(reader, version),
        )?;
        value.cluster_authorized_operations =
            reader.read_i32("DescribeClusterResponse.ClusterAuthorizedOperations")?;
        reader.skip_tagged_fields("DescribeClusterResponse")?;
        Ok(value)
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        check_encode_version::<Self>(version)?;
        writer.write_i32(self.throttle_time_ms);
        writer.write_i16(self.error_code);
        writer.write_nullable_string(
            true,
            self.error_message.as_deref(),
            "DescribeClusterResponse.ErrorMessage",
        )?;
        if version >= 1 {
            writer.write_i8(self.endpoint_type);
        }
        writer.write_string(true, &self.cluster_id, "DescribeClusterResponse.ClusterId")?;
        writer.write_i32(self.controller_id);
        writer.write_array(
            true,
            &self.brokers,
            "DescribeClusterResponse.Brokers",
            |writer, value| value.encode(writer, version),
        )?;
        writer.write_i32(self.cluster_authorized_operations);
        if version < 1 && self.endpoint_type != 1 {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeClusterResponse.EndpointType",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    fn error_codes(&self, visit: &mut dyn FnMut(i16)) {
        visit(self.error_code);
    }
}

#[cfg(test)]
impl DescribeClusterResponse {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.throttle_time_ms = 0x0102_0311;
        value.error_code = 18;
        value.error_message = if nulls {
            None
        } else {
            Some("error_message-19".to_owned())
        };
        if version >= 1 {
            value.endpoint_type = 20;
        }
        value.cluster_id = "cluster_id-21".to_owned();
        value.controller_id = 0x0102_0316;
        value.brokers = vec![
            DescribeClusterBroker::sample(version, nulls),
            DescribeClusterBroker::sample(version, nulls),
        ];
        value.cluster_authorized_operations = 0x0102_0318;
        value
    }
}

/// Part of [`DescribeClusterResponse`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DescribeClusterBroker {
    pub broker_id: i32,
    pub host: String,
    pub port: i32,
    pub rack: Option<String>,
    /// Field of version 2.
    pub is_fenced: bool,
}

impl DescribeClusterBroker {
    pub(crate) fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self::default();
        value.broker_id = reader.read_i32("DescribeClusterBroker.BrokerId")?;
        value.host = reader.read_string(true, "DescribeClusterBroker.Host")?;
        value.port = reader.read_i32("DescribeClusterBroker.Port")?;
        value.rack = reader.read_nullable_string(true, "DescribeClusterBroker.Rack")?;
        if version >= 2 {
            value.is_fenced = reader.read_bool("DescribeClusterBroker.IsFenced")?;
        }
        reader.skip_tagged_fields("DescribeClusterBroker")?;
        Ok(value)
    }

    pub(crate) fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError> {
        writer.write_i32(self.broker_id);
        writer.write_string(true, &self.host, "DescribeClusterBroker.Host")?;
        writer.write_i32(self.port);
        writer.write_nullable_string(true, self.rack.as_deref(), "DescribeClusterBroker.Rack")?;
        if version >= 2 {
            writer.write_bool(self.is_fenced);
        }
        if version < 2 && self.is_fenced {
            return Err(EncodeError::FieldNotInVersion {
                what: "DescribeClusterBroker.IsFenced",
                version,
            });
        }
        writer.write_varint(0);
        Ok(())
    }

    /// The fewest bytes that one takes on the wire.
    pub(crate) fn encoded_bytes_min(version: i16) -> usize {
        match version {
            ..=1 => 11,
            _ => 12,
        }
    }
}

#[cfg(test)]
impl DescribeClusterBroker {
    pub(crate) fn sample(version: i16, nulls: bool) -> Self {
        let mut value = Self::default();
        value.broker_id = 0x0102_0311;
        value.host = "host-18".to_owned();
        value.port = 0x0102_0313;
        value.rack = if nulls {
            None
        } else {
            Some("rack-20".to_owned())
        };
        if version >= 2 {
            value.is_fenced = true;
        }
        value
    }
}
