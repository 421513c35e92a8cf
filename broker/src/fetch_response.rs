//! Writes the Fetch response by hand: everything but the record bytes, which follow as parts of their own.
//!
//! Pure. Invariants: with the parts in their places the bytes are what the generated codec would write; a test holds
//! them against it for every version.

use bytes::Bytes;
use corelane_engine::{FetchPart, RingFile};
use corelane_protocol::frame::{LENGTH_PREFIX_BYTES, write_response_header};
use corelane_protocol::{ApiKey, EncodeError, ErrorCode, Writer};
use uuid::Uuid;

use crate::response::Part;

/// The first flexible version.
const FLEXIBLE_SINCE: i16 = 12;
/// The first version that names topics by id.
const TOPIC_IDS_SINCE: i16 = 13;
/// The tag of a partition's diverging epoch.
const DIVERGING_EPOCH_TAG: u32 = 0;

/// One topic of the response.
pub struct FetchedTopic {
    /// The name, up to version 12.
    pub name: String,
    /// The id, from version 13 on.
    pub id: Uuid,
    /// Its partitions, in the order of the request.
    pub partitions: Vec<FetchedPartition>,
}

/// One partition of the response.
pub struct FetchedPartition {
    /// Its number.
    pub index: i32,
    /// What went wrong.
    pub error: ErrorCode,
    /// The end of what consumers may see, -1 when not known.
    pub high_watermark: i64,
    /// The end of what no transaction holds back, -1 when not known.
    pub last_stable_offset: i64,
    /// The first offset, -1 when not known.
    pub log_start_offset: i64,
    /// Where the client's log and this one part: the epoch and its end.
    pub diverging: Option<(i32, i64)>,
    /// The records.
    pub parts: Vec<FetchPart<RingFile>>,
    /// Bytes of the records.
    pub length: u64,
}

/// What a response is like as a whole.
#[derive(Clone, Copy)]
pub struct FetchHeader {
    /// The version of the request.
    pub version: i16,
    /// The correlation id of the request.
    pub correlation_id: i32,
    /// An error that concerns the whole request.
    pub error: ErrorCode,
    /// Whether aborted transactions are listed (none are) or left out.
    pub read_committed: bool,
}

impl FetchedPartition {
    /// A partition that could not be read.
    pub fn failed(index: i32, error: ErrorCode) -> Self {
        FetchedPartition {
            index,
            error,
            high_watermark: -1,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging: None,
            parts: Vec::new(),
            length: 0,
        }
    }
}

/// The parts of the whole response, its length included.
///
/// # Errors
/// When a name or the response itself is too long for the protocol.
pub fn encode(header: FetchHeader, topics: Vec<FetchedTopic>) -> Result<Vec<Part>, EncodeError> {
    let mut sheet = Sheet::new(header);
    sheet.writer.write_i32(0);
    write_response_header(&mut sheet.writer, ApiKey::Fetch, header.version, header.correlation_id)?;
    sheet.writer.write_i32(0);
    if header.version >= 7 {
        sheet.writer.write_i16(header.error.code());
        // The session id that tells the client to name every partition in every request.
        sheet.writer.write_i32(0);
    }
    sheet.write_count(topics.len(), "FetchResponse.Responses")?;
    for topic in topics {
        sheet.write_topic(topic)?;
    }
    sheet.write_no_tags();
    sheet.finish()
}

struct Sheet {
    header: FetchHeader,
    writer: Writer,
    /// Where in the written bytes record parts belong, in rising order.
    inserts: Vec<(usize, Part)>,
    inserted_bytes: u64,
}

impl Sheet {
    fn new(header: FetchHeader) -> Sheet {
        Sheet { header, writer: Writer::new(), inserts: Vec::new(), inserted_bytes: 0 }
    }

    fn flexible(&self) -> bool {
        self.header.version >= FLEXIBLE_SINCE
    }

    fn write_count(&mut self, count: usize, what: &'static str) -> Result<(), EncodeError> {
        let flexible = self.flexible();
        self.writer.write_length(flexible, count, what)
    }

    fn write_no_tags(&mut self) {
        if self.flexible() {
            self.writer.write_varint(0);
        }
    }

    fn write_topic(&mut self, topic: FetchedTopic) -> Result<(), EncodeError> {
        if self.header.version >= TOPIC_IDS_SINCE {
            self.writer.write_uuid(topic.id);
        } else {
            let flexible = self.flexible();
            self.writer.write_string(flexible, &topic.name, "FetchableTopicResponse.Topic")?;
        }
        self.write_count(topic.partitions.len(), "FetchableTopicResponse.Partitions")?;
        for partition in topic.partitions {
            self.write_partition(partition)?;
        }
        self.write_no_tags();
        Ok(())
    }

    fn write_partition(&mut self, partition: FetchedPartition) -> Result<(), EncodeError> {
        self.writer.write_i32(partition.index);
        self.writer.write_i16(partition.error.code());
        self.writer.write_i64(partition.high_watermark);
        self.writer.write_i64(partition.last_stable_offset);
        if self.header.version >= 5 {
            self.writer.write_i64(partition.log_start_offset);
        }
        let flexible = self.flexible();
        if self.header.read_committed {
            self.write_count(0, "PartitionData.AbortedTransactions")?;
        } else {
            self.writer.write_null_length(flexible);
        }
        if self.header.version >= 11 {
            // No replica is nearer than the leader.
            self.writer.write_i32(-1);
        }
        self.write_records(partition.parts, partition.length)?;
        match partition.diverging {
            Some((epoch, end_offset)) if flexible => self.write_diverging(epoch, end_offset)?,
            _ => self.write_no_tags(),
        }
        Ok(())
    }

    fn write_records(&mut self, parts: Vec<FetchPart<RingFile>>, length: u64) -> Result<(), EncodeError> {
        let flexible = self.flexible();
        let count = usize::try_from(length).expect("answers are bounded by FETCH_BYTES_MAX and one batch");
        self.writer.write_length(flexible, count, "PartitionData.Records")?;
        let position = self.writer.position();
        self.inserted_bytes += length;
        self.inserts.extend(parts.into_iter().map(|part| (position, Part::from(part))));
        Ok(())
    }

    fn write_diverging(&mut self, epoch: i32, end_offset: i64) -> Result<(), EncodeError> {
        self.writer.write_varint(1);
        self.writer.write_tagged_field(DIVERGING_EPOCH_TAG, "PartitionData.DivergingEpoch", |writer| {
            writer.write_i32(epoch);
            writer.write_i64(end_offset);
            writer.write_varint(0);
            Ok(())
        })
    }

    fn finish(self) -> Result<Vec<Part>, EncodeError> {
        let length = (self.writer.position() - LENGTH_PREFIX_BYTES) as u64 + self.inserted_bytes;
        let prefix = i32::try_from(length).map_err(|_| EncodeError::TooLong {
            what: "frame",
            length: usize::try_from(length).unwrap_or(usize::MAX),
            length_max: i32::MAX.unsigned_abs() as usize,
        })?;
        let mut written = self.writer.into_vec();
        written[..LENGTH_PREFIX_BYTES].copy_from_slice(&prefix.to_be_bytes());
        Ok(interleave(&Bytes::from(written), self.inserts))
    }
}

/// The written bytes with the inserts in their places.
fn interleave(written: &Bytes, inserts: Vec<(usize, Part)>) -> Vec<Part> {
    let mut parts = Vec::with_capacity(2 * inserts.len() + 1);
    let mut done = 0;
    for (position, part) in inserts {
        if position > done {
            parts.push(Part::Bytes(written.slice(done..position)));
            done = position;
        }
        parts.push(part);
    }
    if done < written.len() {
        parts.push(Part::Bytes(written.slice(done..)));
    }
    parts
}
