//! The keys and values of coordinators' records: a message behind two bytes that say which; pure.
//!
//! A key starts with the type of its record, a value with the version of its message, each as a big-endian int16:
//! Kafka's `CoordinatorRecordSerde`.

use bytes::{Buf, Bytes};

use crate::{DecodeError, EncodeError, Message, Reader, Writer};

/// The version of all keys' messages.
const KEY_VERSION: i16 = 0;

/// A key of the record type `record_type`.
///
/// # Errors
/// When a field does not fit.
pub fn encode_key<M: Message>(record_type: i16, key: &M) -> Result<Bytes, EncodeError> {
    encode(record_type, key, KEY_VERSION)
}

/// A value of the given version.
///
/// # Errors
/// When a field does not fit.
pub fn encode_value<M: Message>(value: &M, version: i16) -> Result<Bytes, EncodeError> {
    encode(version, value, version)
}

fn encode<M: Message>(prefix: i16, message: &M, version: i16) -> Result<Bytes, EncodeError> {
    let mut writer = Writer::new();
    writer.write_i16(prefix);
    message.encode(&mut writer, version)?;
    Ok(writer.into_bytes())
}

/// The two bytes before a message, and the message; none where there are no two bytes.
pub fn split_prefix(bytes: &Bytes) -> Option<(i16, Bytes)> {
    let mut rest = bytes.clone();
    (rest.len() >= 2).then(|| (rest.get_i16(), rest))
}

/// The message of a key, behind its prefix.
///
/// # Errors
/// When it is malformed.
pub fn decode_key<M: Message>(rest: Bytes) -> Result<M, DecodeError> {
    M::decode(&mut Reader::new(rest), KEY_VERSION)
}

/// The message of a value, behind its prefix. A version above the highest known one is read as that: such values have
/// new tagged fields only (KIP-915).
///
/// # Errors
/// When it is malformed.
pub fn decode_value<M: Message>(version: i16, rest: Bytes) -> Result<M, DecodeError> {
    M::decode(&mut Reader::new(rest), version.min(M::MAX_VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::offset_commit_key::OffsetCommitKey;
    use crate::messages::offset_commit_value::OffsetCommitValue;

    #[test]
    fn an_offset_commit_has_the_bytes_that_kafka_writes() {
        let key = OffsetCommitKey {
            group: "g".to_owned(),
            topic: "t".to_owned(),
            partition: 2,
        };
        let bytes = encode_key(1, &key).unwrap();
        assert_eq!(&bytes[..], b"\0\x01\0\x01g\0\x01t\0\0\0\x02");
        let (record_type, rest) = split_prefix(&bytes).unwrap();
        assert_eq!(record_type, 1);
        assert_eq!(decode_key::<OffsetCommitKey>(rest).unwrap(), key);
        let value = OffsetCommitValue {
            offset: 7,
            leader_epoch: 1,
            metadata: "m".to_owned(),
            commit_timestamp: 9,
            ..OffsetCommitValue::default()
        };
        let bytes = encode_value(&value, 3).unwrap();
        assert_eq!(
            &bytes[..],
            b"\0\x03\0\0\0\0\0\0\0\x07\0\0\0\x01\0\x01m\0\0\0\0\0\0\0\x09"
        );
    }

    #[test]
    fn a_value_of_a_version_to_come_is_read_as_the_highest_known_one() {
        let value = OffsetCommitValue {
            offset: 7,
            ..OffsetCommitValue::default()
        };
        let (_, rest) = split_prefix(&encode_value(&value, 4).unwrap()).unwrap();
        assert_eq!(decode_value::<OffsetCommitValue>(9, rest).unwrap(), value);
    }

    #[test]
    fn bytes_without_a_prefix_are_no_key() {
        assert_eq!(split_prefix(&Bytes::from_static(b"\0")), None);
    }
}
