//! Frames without a socket: cuts them out of received bytes, reads the header inside, puts header and length before a body; pure.
//!
//! Invariant: a length outside `0..=length_max` is refused as soon as its four bytes are there, before anything is
//! allocated for it.

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

use crate::fetch_view::FetchView;
use crate::messages::check_request;
use crate::messages::request_header::RequestHeader;
use crate::messages::response_header::ResponseHeader;
use crate::produce_view::ProduceView;
use crate::{ApiKey, DecodeError, EncodeError, Message, Reader, Request, UnknownApiKey, Writer};

/// Every frame starts with its length in this many bytes, which the length does not count.
pub const LENGTH_PREFIX_BYTES: usize = 4;

/// What most frames fit into, so that writing one takes its memory once.
const SMALL_FRAME_BYTES: usize = 256;

/// A length that no frame of the connection may have: the stream cannot be read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("a frame of {length} bytes")]
    NegativeLength { length: i32 },
    #[error("a frame of {length} bytes, where at most {length_max} are taken")]
    TooLong { length: usize, length_max: usize },
}

/// The length of the frame at the start of `bytes`, without its prefix; none while the prefix is not whole.
pub fn frame_length(bytes: &[u8], length_max: usize) -> Option<Result<usize, FrameError>> {
    let prefix = bytes.first_chunk::<LENGTH_PREFIX_BYTES>()?;
    let length = i32::from_be_bytes(*prefix);
    Some(match usize::try_from(length) {
        Err(_) => Err(FrameError::NegativeLength { length }),
        Ok(length) if length > length_max => Err(FrameError::TooLong { length, length_max }),
        Ok(length) => Ok(length),
    })
}

/// Takes the first frame out of `buffer`, without its prefix and without a copy; none while it is not whole.
pub fn cut_frame(buffer: &mut BytesMut, length_max: usize) -> Option<Result<Bytes, FrameError>> {
    let length = match frame_length(buffer, length_max)? {
        Ok(length) => length,
        Err(error) => return Some(Err(error)),
    };
    if buffer.len() - LENGTH_PREFIX_BYTES < length {
        return None;
    }
    buffer.advance(LENGTH_PREFIX_BYTES);
    Some(Ok(buffer.split_to(length).freeze()))
}

/// What stands before the body of every request. The key may be one that no broker serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    pub api_key: i16,
    pub version: i16,
    pub correlation_id: i32,
    pub client_id: Option<String>,
}

impl RequestHead {
    /// The API, if a broker serves it.
    pub fn key(&self) -> Result<ApiKey, UnknownApiKey> {
        ApiKey::try_from(self.api_key)
    }

    /// Reads the header of a request and leaves the reader at its body.
    ///
    /// Works for every key and version. Behind the client id of an unknown API nothing is read, since its header's
    /// version is unknown too.
    pub fn read(reader: &mut Reader) -> Result<Self, DecodeError> {
        let head = Self {
            api_key: reader.read_i16("RequestHeader.RequestApiKey")?,
            version: reader.read_i16("RequestHeader.RequestApiVersion")?,
            correlation_id: reader.read_i32("RequestHeader.CorrelationId")?,
            client_id: reader.read_nullable_string(false, "RequestHeader.ClientId")?,
        };
        if let Ok(key) = head.key()
            && key.request_header_version(head.version) >= 2
        {
            reader.skip_tagged_fields("RequestHeader")?;
        }
        Ok(head)
    }
}

/// A whole request with its length, ready to be sent.
pub fn encode_request<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Result<Vec<u8>, EncodeError> {
    framed(|writer| {
        write_request_header::<R>(writer, version, correlation_id, client_id)?;
        request.encode(writer, version)
    })
}

/// A whole response with its length, ready to be sent.
pub fn encode_response<M: Message>(
    response: &M,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
) -> Result<Vec<u8>, EncodeError> {
    framed(|writer| {
        write_response_header(writer, key, version, correlation_id)?;
        response.encode(writer, version)
    })
}

/// Writes the header of a response to a request of this API and version.
pub fn write_response_header(
    writer: &mut Writer,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
) -> Result<(), EncodeError> {
    ResponseHeader { correlation_id }.encode(writer, key.response_header_version(version))
}

/// Reads the correlation id of a response and leaves the reader at its body.
pub fn read_response_header(
    reader: &mut Reader,
    key: ApiKey,
    version: i16,
) -> Result<i32, DecodeError> {
    let header = ResponseHeader::decode(reader, key.response_header_version(version))?;
    Ok(header.correlation_id)
}

/// The correlation id and the body of a response frame, which must end with the body.
pub fn decode_response<R: Request>(
    frame: Bytes,
    version: i16,
) -> Result<(i32, R::Response), DecodeError> {
    let mut reader = Reader::new(frame);
    let correlation_id = read_response_header(&mut reader, R::KEY, version)?;
    let response = R::Response::decode(&mut reader, version)?;
    reader.finish()?;
    Ok((correlation_id, response))
}

/// A frame without its records, which are sent from where they lie: a tail cache, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitFrame {
    /// Length prefix, header and body; the prefix counts the records too.
    pub bytes: Bytes,
    /// For each `records` field in wire order, the position in `bytes` before which its records belong.
    pub gaps: Vec<usize>,
}

impl SplitFrame {
    /// The bytes before the first records, between records, and behind the last: one more part than there are gaps.
    pub fn parts(&self) -> impl Iterator<Item = Bytes> {
        let starts = std::iter::once(0).chain(self.gaps.iter().copied());
        let ends = self.gaps.iter().copied().chain([self.bytes.len()]);
        starts
            .zip(ends)
            .map(|(start, end)| self.bytes.slice(start..end))
    }
}

/// A whole request but for its records, whose lengths are given for each `records` field in wire order.
pub fn encode_split_request<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
    records_lengths: &[usize],
) -> Result<SplitFrame, EncodeError> {
    split_framed(records_lengths, |writer| {
        write_request_header::<R>(writer, version, correlation_id, client_id)?;
        request.encode(writer, version)
    })
}

/// A whole response but for its records, whose lengths are given for each `records` field in wire order.
pub fn encode_split_response<M: Message>(
    response: &M,
    key: ApiKey,
    version: i16,
    correlation_id: i32,
    records_lengths: &[usize],
) -> Result<SplitFrame, EncodeError> {
    split_framed(records_lengths, |writer| {
        write_response_header(writer, key, version, correlation_id)?;
        response.encode(writer, version)
    })
}

fn split_framed(
    records_lengths: &[usize],
    write: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
) -> Result<SplitFrame, EncodeError> {
    let mut writer = Writer::with_outside_records(records_lengths.iter().copied());
    write_framed(&mut writer, records_lengths.iter().sum(), write)?;
    let (buffer, gaps) = writer.into_parts()?;
    Ok(SplitFrame {
        bytes: Bytes::from(buffer),
        gaps,
    })
}

/// What `write` writes, behind its length.
pub fn framed(
    write: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
) -> Result<Vec<u8>, EncodeError> {
    let mut writer = Writer::over(Vec::with_capacity(SMALL_FRAME_BYTES));
    write_framed(&mut writer, 0, write)?;
    Ok(writer.into_vec())
}

fn write_framed(
    writer: &mut Writer,
    outside_bytes: usize,
    write: impl FnOnce(&mut Writer) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    writer.write_i32(0);
    write(writer)?;
    let length = (writer.position() - LENGTH_PREFIX_BYTES).saturating_add(outside_bytes);
    let prefix = i32::try_from(length).map_err(|_| EncodeError::TooLong {
        what: "frame",
        length,
        length_max: i32::MAX.unsigned_abs() as usize,
    })?;
    writer.patch_i32(0, prefix);
    Ok(())
}

fn write_request_header<R: Request>(
    writer: &mut Writer,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Result<(), EncodeError> {
    let header = RequestHeader {
        request_api_key: R::KEY.into(),
        request_api_version: version,
        correlation_id,
        client_id: client_id.map(str::to_owned),
    };
    header.encode(writer, R::header_version(version))
}

/// Fuzz entry point: any bytes as the content of one frame, as a broker reads them.
pub fn fuzz_request(bytes: &[u8]) {
    let mut reader = Reader::new(Bytes::copy_from_slice(bytes));
    let Ok(head) = RequestHead::read(&mut reader) else {
        return;
    };
    let Ok(key) = head.key() else {
        return;
    };
    let body = reader.clone();
    let result = check_request(key, head.version, &mut reader);
    // A view builds no structures, so it may also take what the generated decoder refuses for want of memory.
    if matches!(result, Err(DecodeError::MemoryBudget { .. })) {
        return;
    }
    let view = match key {
        ApiKey::Produce => ProduceView::parse(body, head.version).map(|_| ()),
        ApiKey::Fetch => FetchView::parse(body, head.version).map(|_| ()),
        _ => return,
    };
    assert_eq!(
        view.is_ok(),
        result.is_ok(),
        "the view of {key} {} and the decoder disagree: {view:?}, {result:?}",
        head.version
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::api_versions::{ApiVersionsRequest, ApiVersionsResponse};
    use crate::messages::fetch::{FetchRequest, FetchResponse};
    use crate::messages::produce::ProduceRequest;

    fn buffer(bytes: &[u8]) -> BytesMut {
        BytesMut::from(bytes)
    }

    #[test]
    fn frames_are_cut_one_by_one_and_only_when_whole() {
        let mut received = buffer(&[0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(
            cut_frame(&mut received, 2),
            Some(Ok(Bytes::from_static(&[7, 8])))
        );
        assert_eq!(cut_frame(&mut received, 2), Some(Ok(Bytes::new())));
        assert_eq!(cut_frame(&mut received, 2), None);
        received.extend_from_slice(&[9]);
        assert_eq!(
            cut_frame(&mut received, 2),
            Some(Ok(Bytes::from_static(&[9])))
        );
        assert_eq!(cut_frame(&mut received, 2), None);
    }

    #[test]
    fn a_bad_length_is_refused_before_its_frame_arrives() {
        assert_eq!(
            cut_frame(&mut buffer(&[0xff, 0xff, 0xff, 0xfe]), 10),
            Some(Err(FrameError::NegativeLength { length: -2 }))
        );
        assert_eq!(
            cut_frame(&mut buffer(&[0, 0, 0, 11]), 10),
            Some(Err(FrameError::TooLong {
                length: 11,
                length_max: 10
            }))
        );
    }

    #[test]
    fn the_head_of_an_unknown_api_is_read() {
        let bytes = [0x7f, 0xff, 0, 9, 0, 0, 0, 5, 0xff, 0xff];
        let head = RequestHead::read(&mut Reader::new(Bytes::copy_from_slice(&bytes))).unwrap();
        assert_eq!(
            (head.api_key, head.version, head.correlation_id),
            (0x7fff, 9, 5)
        );
        assert_eq!(
            (head.key(), head.client_id),
            (Err(UnknownApiKey(0x7fff)), None)
        );
    }

    #[test]
    fn a_request_is_read_back_from_its_frame() {
        let request = ApiVersionsRequest {
            client_software_name: "corelane".to_owned(),
            client_software_version: "0.1".to_owned(),
        };
        let mut sent = buffer(&encode_request(&request, 4, 77, Some("me")).unwrap());
        let frame = cut_frame(&mut sent, 1000).unwrap().unwrap();
        let mut reader = Reader::new(frame);
        let head = RequestHead::read(&mut reader).unwrap();
        assert_eq!(head.key(), Ok(ApiKey::ApiVersions));
        assert_eq!(head.client_id.as_deref(), Some("me"));
        assert_eq!(
            ApiVersionsRequest::decode(&mut reader, head.version),
            Ok(request)
        );
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_response_is_read_back_from_its_frame() {
        let response = ApiVersionsResponse {
            error_code: 35,
            ..ApiVersionsResponse::default()
        };
        let sent = encode_response(&response, ApiKey::ApiVersions, 3, 6).unwrap();
        let frame = Bytes::from(sent).slice(LENGTH_PREFIX_BYTES..);
        assert_eq!(
            decode_response::<ApiVersionsRequest>(frame, 3),
            Ok((6, response))
        );
    }

    #[test]
    fn records_may_be_sent_from_elsewhere() {
        let records = [
            Bytes::from_static(&[1; 300]),
            Bytes::new(),
            Bytes::from_static(b"xy"),
        ];
        for version in FetchResponse::MIN_VERSION..=FetchResponse::MAX_VERSION {
            let mut response = FetchResponse::sample(version, false);
            response.responses[1].partitions.truncate(1);
            let partitions = response
                .responses
                .iter_mut()
                .flat_map(|topic| &mut topic.partitions);
            for (partition, records) in partitions.zip(&records) {
                partition.records = Some(records.clone());
            }
            let whole = encode_response(&response, ApiKey::Fetch, version, 3).unwrap();
            let lengths = records.each_ref().map(Bytes::len);
            let split =
                encode_split_response(&response, ApiKey::Fetch, version, 3, &lengths).unwrap();
            let mut joined = Vec::new();
            let mut parts = split.parts();
            for records in &records {
                joined.extend_from_slice(&parts.next().unwrap());
                joined.extend_from_slice(records);
            }
            joined.extend_from_slice(&parts.next().unwrap());
            assert_eq!((joined, parts.next()), (whole, None), "version {version}");
        }
    }

    #[test]
    fn a_wrong_number_of_records_lengths_is_refused() {
        let response = FetchResponse::sample(12, false);
        for lengths in [&[1, 2, 3][..], &[1, 2, 3, 4, 5]] {
            let split = encode_split_response(&response, ApiKey::Fetch, 12, 3, lengths);
            assert!(
                matches!(split, Err(EncodeError::OutsideRecords { .. })),
                "{split:?}"
            );
        }
    }

    #[test]
    fn views_and_decoder_agree_on_damaged_requests() {
        let samples = [
            (
                encode_request(&ProduceRequest::sample(7, false), 7, 1, None),
                70,
            ),
            (
                encode_request(&ProduceRequest::sample(12, false), 12, 1, None),
                60,
            ),
            (
                encode_request(&FetchRequest::sample(11, false), 11, 1, None),
                300,
            ),
            (
                encode_request(&FetchRequest::sample(18, false), 18, 1, None),
                300,
            ),
        ];
        for (sample, damaged_bytes) in samples {
            let frame = sample.unwrap().split_off(LENGTH_PREFIX_BYTES);
            for position in 8..frame.len().min(damaged_bytes) {
                for byte in [0, 1, 2, 0x7f, 0x80, 0xff] {
                    let mut damaged = frame.clone();
                    damaged[position] = byte;
                    fuzz_request(&damaged);
                }
            }
        }
    }

    #[test]
    fn fuzz_seeds_come_back() {
        fuzz_request(&[]);
        fuzz_request(&[0; 64]);
        fuzz_request(&[0xff; 64]);
        for key in ApiKey::ALL {
            for version in key.versions() {
                let mut bytes = Vec::new();
                bytes.extend_from_slice(&i16::from(*key).to_be_bytes());
                bytes.extend_from_slice(&version.to_be_bytes());
                bytes.extend_from_slice(&[0, 0, 0, 1, 0xff, 0xff, 0]);
                bytes.extend_from_slice(&[0x7f; 30]);
                fuzz_request(&bytes);
            }
        }
    }
}
