//! A fetch request read in place: partitions come one by one from the frame, and no array of them is built; pure.
//!
//! Invariant: a view exists only of a body that was walked to its end without an error.

use bytes::Bytes;
use uuid::Uuid;

use crate::message::check_decode_version;
use crate::messages::fetch::{FetchRequest, ForgottenTopic, ReplicaState};
use crate::topic_walk::{TopicLayout, TopicRef, TopicWalk};
use crate::{DecodeError, Message, Reader};

/// The first version with compact lengths and tagged fields.
const FIRST_FLEXIBLE_VERSION: i16 = 12;
/// The first version that names topics by id (KIP-516).
const FIRST_TOPIC_ID_VERSION: i16 = 13;
/// The first version that has the replica in a tagged field.
const FIRST_REPLICA_STATE_VERSION: i16 = 15;

/// A fetch request whose partitions are read from the frame one by one.
#[derive(Debug, Clone)]
pub struct FetchView {
    pub max_wait_ms: i32,
    pub min_bytes: i32,
    pub max_bytes: i32,
    /// 0 reads uncommitted records, 1 committed ones only.
    pub isolation_level: i8,
    pub session_id: i32,
    pub session_epoch: i32,
    /// Who asks: replica id -1 is a consumer.
    pub replica: ReplicaState,
    pub cluster_id: Option<String>,
    pub forgotten_topics: Vec<ForgottenTopic>,
    pub rack_id: String,
    version: i16,
    walk: TopicWalk,
}

/// One partition of a fetch request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchPartitionView<'a> {
    pub topic: TopicRef<'a>,
    pub partition: i32,
    pub current_leader_epoch: i32,
    pub fetch_offset: i64,
    pub last_fetched_epoch: i32,
    pub log_start_offset: i64,
    pub partition_max_bytes: i32,
    pub replica_directory_id: Uuid,
    pub high_watermark: i64,
}

impl FetchView {
    /// Reads the body at which `reader` stands and checks all of it, to the last byte.
    pub fn parse(mut reader: Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<FetchRequest>(version)?;
        let mut defaults = FetchRequest::default();
        if version < FIRST_REPLICA_STATE_VERSION {
            defaults.replica_state.replica_id = reader.read_i32("FetchRequest.ReplicaId")?;
        }
        let max_wait_ms = reader.read_i32("FetchRequest.MaxWaitMs")?;
        let min_bytes = reader.read_i32("FetchRequest.MinBytes")?;
        let max_bytes = reader.read_i32("FetchRequest.MaxBytes")?;
        let isolation_level = reader.read_i8("FetchRequest.IsolationLevel")?;
        if version >= 7 {
            defaults.session_id = reader.read_i32("FetchRequest.SessionId")?;
            defaults.session_epoch = reader.read_i32("FetchRequest.SessionEpoch")?;
        }
        let mut view = Self {
            max_wait_ms,
            min_bytes,
            max_bytes,
            isolation_level,
            session_id: defaults.session_id,
            session_epoch: defaults.session_epoch,
            replica: defaults.replica_state,
            cluster_id: defaults.cluster_id,
            forgotten_topics: defaults.forgotten_topics_data,
            rack_id: defaults.rack_id,
            version,
            walk: TopicWalk::start(reader, topic_layout(version))?,
        };
        view.read_behind_topics()?;
        Ok(view)
    }

    /// The partitions in the order of the request, topic by topic.
    pub fn partitions(&self) -> FetchPartitions<'_> {
        FetchPartitions {
            input: self.walk.reader.input(),
            version: self.version,
            walk: self.walk.clone(),
        }
    }

    /// Walks over the partitions and reads what follows them.
    fn read_behind_topics(&mut self) -> Result<(), DecodeError> {
        let mut partitions = self.partitions();
        for partition in partitions.by_ref() {
            partition?;
        }
        let mut reader = partitions.walk.reader;
        let version = self.version;
        let flexible = version >= FIRST_FLEXIBLE_VERSION;
        if version >= 7 {
            self.forgotten_topics = reader.read_array(
                flexible,
                ForgottenTopic::encoded_bytes_min(version),
                "FetchRequest.ForgottenTopicsData",
                |reader| ForgottenTopic::decode(reader, version),
            )?;
        }
        if version >= 11 {
            self.rack_id = reader.read_string(flexible, "FetchRequest.RackId")?;
        }
        if flexible {
            self.read_tagged_fields(&mut reader)?;
        }
        reader.finish()
    }

    fn read_tagged_fields(&mut self, reader: &mut Reader) -> Result<(), DecodeError> {
        let version = self.version;
        reader.read_tagged_fields("FetchRequest", |tag, reader| {
            match tag {
                0 => {
                    self.cluster_id =
                        reader.read_nullable_string(true, "FetchRequest.ClusterId")?;
                }
                1 if version >= FIRST_REPLICA_STATE_VERSION => {
                    self.replica = ReplicaState::decode(reader, version)?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        })
    }
}

/// Reads one partition after the other; an error can come only while a view is being parsed.
#[derive(Debug)]
pub struct FetchPartitions<'a> {
    input: &'a [u8],
    version: i16,
    walk: TopicWalk,
}

impl<'a> FetchPartitions<'a> {
    fn read_next(&mut self) -> Result<Option<FetchPartitionView<'a>>, DecodeError> {
        if !self.walk.next_partition()? {
            return Ok(None);
        }
        let topic = self.walk.topic(self.input)?;
        read_partition(&mut self.walk.reader, topic, self.version).map(Some)
    }
}

impl<'a> Iterator for FetchPartitions<'a> {
    type Item = Result<FetchPartitionView<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_next().transpose()
    }
}

fn read_partition<'a>(
    reader: &mut Reader,
    topic: TopicRef<'a>,
    version: i16,
) -> Result<FetchPartitionView<'a>, DecodeError> {
    let partition = reader.read_i32("FetchPartition.Partition")?;
    let current_leader_epoch = match version >= 9 {
        true => reader.read_i32("FetchPartition.CurrentLeaderEpoch")?,
        false => -1,
    };
    let fetch_offset = reader.read_i64("FetchPartition.FetchOffset")?;
    let last_fetched_epoch = match version >= 12 {
        true => reader.read_i32("FetchPartition.LastFetchedEpoch")?,
        false => -1,
    };
    let log_start_offset = match version >= 5 {
        true => reader.read_i64("FetchPartition.LogStartOffset")?,
        false => -1,
    };
    let mut view = FetchPartitionView {
        topic,
        partition,
        current_leader_epoch,
        fetch_offset,
        last_fetched_epoch,
        log_start_offset,
        partition_max_bytes: reader.read_i32("FetchPartition.PartitionMaxBytes")?,
        replica_directory_id: Uuid::nil(),
        high_watermark: i64::MAX,
    };
    if version >= FIRST_FLEXIBLE_VERSION {
        read_partition_tagged_fields(reader, &mut view, version)?;
    }
    Ok(view)
}

fn read_partition_tagged_fields(
    reader: &mut Reader,
    view: &mut FetchPartitionView<'_>,
    version: i16,
) -> Result<(), DecodeError> {
    reader.read_tagged_fields("FetchPartition", |tag, reader| {
        match tag {
            0 if version >= 17 => {
                view.replica_directory_id =
                    reader.read_uuid("FetchPartition.ReplicaDirectoryId")?;
            }
            1 if version >= 18 => {
                view.high_watermark = reader.read_i64("FetchPartition.HighWatermark")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn topic_layout(version: i16) -> TopicLayout {
    TopicLayout {
        flexible: version >= FIRST_FLEXIBLE_VERSION,
        by_id: version >= FIRST_TOPIC_ID_VERSION,
        partition_bytes_min: match version {
            ..=4 => 16,
            5..=8 => 24,
            9..=11 => 28,
            _ => 33,
        },
        what: "FetchRequest.Topics",
    }
}

/// Fuzz entry point: a version in one byte, then the body of a request. The view must say what the generated decoder
/// says.
pub fn fuzz_fetch(bytes: &[u8]) {
    let Some((version, body)) = bytes.split_first() else {
        return;
    };
    let version = i16::from(*version);
    let body = Reader::new(Bytes::copy_from_slice(body));
    let view = FetchView::parse(body.clone(), version);
    let mut reader = body;
    let decoded = FetchRequest::decode(&mut reader, version)
        .and_then(|request| reader.finish().map(|()| request));
    match (view, decoded) {
        (Ok(view), Ok(request)) => assert_view_is_of(&view, &request, version),
        // A view builds fewer structures, so it takes what the decoder refuses for want of memory.
        (_, Err(DecodeError::MemoryBudget { .. })) | (Err(_), Err(_)) => {}
        (view, decoded) => {
            panic!("version {version}: the view says {view:?}, the decoder {decoded:?}")
        }
    }
}

fn assert_view_is_of(view: &FetchView, request: &FetchRequest, version: i16) {
    let partitions: Result<Vec<_>, _> = view.partitions().collect();
    assert_eq!(
        partitions,
        Ok(partitions_of(request, version)),
        "version {version}"
    );
    assert_eq!(
        (view.max_wait_ms, view.min_bytes, view.max_bytes),
        (request.max_wait_ms, request.min_bytes, request.max_bytes)
    );
    assert_eq!(
        (view.isolation_level, view.session_id, view.session_epoch),
        (
            request.isolation_level,
            request.session_id,
            request.session_epoch
        )
    );
    assert_eq!(view.forgotten_topics, request.forgotten_topics_data);
    assert_eq!(
        (&view.rack_id, &view.cluster_id),
        (&request.rack_id, &request.cluster_id)
    );
    let replica_id = match version >= FIRST_REPLICA_STATE_VERSION {
        true => request.replica_state.replica_id,
        false => request.replica_id,
    };
    assert_eq!(view.replica.replica_id, replica_id);
    assert_eq!(
        view.replica.replica_epoch,
        request.replica_state.replica_epoch
    );
}

/// What a view should say, from the structures that the generated decoder builds.
fn partitions_of(request: &FetchRequest, version: i16) -> Vec<FetchPartitionView<'_>> {
    let partitions = request.topics.iter().flat_map(|topic| {
        let name = match version >= FIRST_TOPIC_ID_VERSION {
            true => TopicRef::Id(topic.topic_id),
            false => TopicRef::Name(&topic.topic),
        };
        topic
            .partitions
            .iter()
            .map(move |partition| FetchPartitionView {
                topic: name,
                partition: partition.partition,
                current_leader_epoch: partition.current_leader_epoch,
                fetch_offset: partition.fetch_offset,
                last_fetched_epoch: partition.last_fetched_epoch,
                log_start_offset: partition.log_start_offset,
                partition_max_bytes: partition.partition_max_bytes,
                replica_directory_id: partition.replica_directory_id,
                high_watermark: partition.high_watermark,
            })
    });
    partitions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer;

    fn encoded(request: &FetchRequest, version: i16) -> Bytes {
        let mut writer = Writer::new();
        request.encode(&mut writer, version).unwrap();
        writer.into_bytes()
    }

    #[test]
    fn the_view_agrees_with_the_generated_decoder_at_every_version() {
        for version in FetchRequest::MIN_VERSION..=FetchRequest::MAX_VERSION {
            let request = FetchRequest::sample(version, false);
            let view = FetchView::parse(Reader::new(encoded(&request, version)), version).unwrap();
            assert_view_is_of(&view, &request, version);
        }
    }

    #[test]
    fn no_prefix_and_no_longer_body_has_a_view() {
        for version in FetchRequest::MIN_VERSION..=FetchRequest::MAX_VERSION {
            let mut body = encoded(&FetchRequest::sample(version, false), version).to_vec();
            for length in 0..body.len() {
                let cut = Bytes::copy_from_slice(&body[..length]);
                assert!(FetchView::parse(Reader::new(cut), version).is_err());
            }
            body.push(0);
            let longer = FetchView::parse(Reader::new(Bytes::from(body)), version);
            assert!(matches!(
                longer,
                Err(DecodeError::TrailingBytes { remaining: 1, .. })
            ));
        }
    }
}
