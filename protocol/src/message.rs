//! The traits that every message of the protocol has, written by the generator; pure.
//!
//! Invariant: `decode` and `encode` refuse a version outside `MIN_VERSION..=MAX_VERSION`.

use crate::{ApiKey, DecodeError, EncodeError, Reader, Writer};

/// A message body or header of the Kafka protocol, with its versions.
///
/// The `Default` of a message has the default values that Kafka's definitions give its fields.
pub trait Message: Sized + Default {
    /// The name in Kafka's definitions, such as `FetchRequest`.
    const NAME: &'static str;
    /// The lowest version that can be decoded and encoded.
    const MIN_VERSION: i16;
    /// The highest version that can be decoded and encoded.
    const MAX_VERSION: i16;

    /// Reads one message and leaves the reader behind it.
    ///
    /// Bytes that follow are not looked at: see [`Reader::finish`]. Unknown tagged fields are skipped.
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, DecodeError>;

    /// Appends the message to the writer.
    ///
    /// Fails when a field that the version does not have is set, unless Kafka lets it be left out.
    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), EncodeError>;

    /// Hands over every error code of a response, success (0) included, in the order of the fields; none of a request.
    fn error_codes(&self, _visit: &mut dyn FnMut(i16)) {}
}

/// A request body, which names its API and its response.
pub trait Request: Message {
    /// The response to this request, of the same version.
    type Response: Message;
    /// The API of this request.
    const KEY: ApiKey;

    /// The version of the request header before this request.
    fn header_version(version: i16) -> i16 {
        Self::KEY.request_header_version(version)
    }

    /// The version of the response header before the response to this request.
    fn response_header_version(version: i16) -> i16 {
        Self::KEY.response_header_version(version)
    }
}

/// Refuses a version that `M` does not have, before its fields are read.
pub(crate) fn check_decode_version<M: Message>(version: i16) -> Result<(), DecodeError> {
    if (M::MIN_VERSION..=M::MAX_VERSION).contains(&version) {
        return Ok(());
    }
    Err(DecodeError::UnsupportedVersion {
        what: M::NAME,
        version,
    })
}

/// Refuses a version that `M` does not have, before its fields are written.
pub(crate) fn check_encode_version<M: Message>(version: i16) -> Result<(), EncodeError> {
    if (M::MIN_VERSION..=M::MAX_VERSION).contains(&version) {
        return Ok(());
    }
    Err(EncodeError::UnsupportedVersion {
        what: M::NAME,
        version,
    })
}
