//! A produce request read in place: no structure is built, names and records are slices of the frame; pure.
//!
//! Invariant: a view exists only of a body that was walked to its end without an error, so nothing is appended from a
//! request whose second half is malformed.

use bytes::Bytes;

use crate::message::check_decode_version;
use crate::messages::produce::ProduceRequest;
use crate::topic_walk::{TopicLayout, TopicRef, TopicWalk};
use crate::{DecodeError, Message, Reader};

/// The first version with compact lengths and tagged fields.
const FIRST_FLEXIBLE_VERSION: i16 = 9;
/// The first version that names topics by id (KIP-516).
const FIRST_TOPIC_ID_VERSION: i16 = 13;

/// A produce request whose partitions are read from the frame one by one.
#[derive(Debug, Clone)]
pub struct ProduceView {
    pub transactional_id: Option<String>,
    /// -1 for all in-sync replicas, 1 for the leader, 0 for no answer; unchecked.
    pub acks: i16,
    pub timeout_ms: i32,
    walk: TopicWalk,
}

/// One partition's records in a produce request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducePartition<'a> {
    pub topic: TopicRef<'a>,
    pub index: i32,
    /// The record batches, a slice of the frame.
    pub records: Option<Bytes>,
}

impl ProduceView {
    /// Reads the body at which `reader` stands and checks all of it, to the last byte.
    pub fn parse(mut reader: Reader, version: i16) -> Result<Self, DecodeError> {
        check_decode_version::<ProduceRequest>(version)?;
        let flexible = version >= FIRST_FLEXIBLE_VERSION;
        let transactional_id =
            reader.read_nullable_string(flexible, "ProduceRequest.TransactionalId")?;
        let acks = reader.read_i16("ProduceRequest.Acks")?;
        let timeout_ms = reader.read_i32("ProduceRequest.TimeoutMs")?;
        let layout = TopicLayout {
            flexible,
            by_id: version >= FIRST_TOPIC_ID_VERSION,
            partition_bytes_min: if flexible { 6 } else { 8 },
            what: "ProduceRequest.TopicData",
        };
        let walk = TopicWalk::start(reader, layout)?;
        let view = Self {
            transactional_id,
            acks,
            timeout_ms,
            walk,
        };
        view.check(flexible)?;
        Ok(view)
    }

    /// The partitions in the order of the request, topic by topic.
    pub fn partitions(&self) -> ProducePartitions<'_> {
        ProducePartitions {
            input: self.walk.reader.input(),
            flexible: self.walk.is_flexible(),
            walk: self.walk.clone(),
        }
    }

    fn check(&self, flexible: bool) -> Result<(), DecodeError> {
        let mut partitions = self.partitions();
        for partition in partitions.by_ref() {
            partition?;
        }
        let mut reader = partitions.walk.reader;
        if flexible {
            reader.skip_tagged_fields("ProduceRequest")?;
        }
        reader.finish()
    }
}

/// Reads one partition after the other; an error can come only while a view is being parsed.
#[derive(Debug)]
pub struct ProducePartitions<'a> {
    input: &'a [u8],
    flexible: bool,
    walk: TopicWalk,
}

impl<'a> ProducePartitions<'a> {
    fn read_next(&mut self) -> Result<Option<ProducePartition<'a>>, DecodeError> {
        if !self.walk.next_partition()? {
            return Ok(None);
        }
        let topic = self.walk.topic(self.input)?;
        let reader = &mut self.walk.reader;
        let index = reader.read_i32("PartitionProduceData.Index")?;
        let records = reader.read_nullable_bytes(self.flexible, "PartitionProduceData.Records")?;
        if self.flexible {
            reader.skip_tagged_fields("PartitionProduceData")?;
        }
        Ok(Some(ProducePartition {
            topic,
            index,
            records,
        }))
    }
}

impl<'a> Iterator for ProducePartitions<'a> {
    type Item = Result<ProducePartition<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_next().transpose()
    }
}

/// Fuzz entry point: a version in one byte, then the body of a request. The view must say what the generated decoder
/// says.
pub fn fuzz_produce(bytes: &[u8]) {
    let Some((version, body)) = bytes.split_first() else {
        return;
    };
    let version = i16::from(*version);
    let body = Reader::new(Bytes::copy_from_slice(body));
    let view = ProduceView::parse(body.clone(), version);
    let mut reader = body;
    let decoded = ProduceRequest::decode(&mut reader, version)
        .and_then(|request| reader.finish().map(|()| request));
    match (view, decoded) {
        (Ok(view), Ok(request)) => assert_view_is_of(&view, &request, version),
        // A view builds no structures, so it takes what the decoder refuses for want of memory.
        (_, Err(DecodeError::MemoryBudget { .. })) | (Err(_), Err(_)) => {}
        (view, decoded) => {
            panic!("version {version}: the view says {view:?}, the decoder {decoded:?}")
        }
    }
}

fn assert_view_is_of(view: &ProduceView, request: &ProduceRequest, version: i16) {
    assert_eq!(view.transactional_id, request.transactional_id);
    assert_eq!(
        (view.acks, view.timeout_ms),
        (request.acks, request.timeout_ms)
    );
    let partitions: Result<Vec<_>, _> = view.partitions().collect();
    assert_eq!(
        partitions,
        Ok(partitions_of(request, version)),
        "version {version}"
    );
}

/// What a view should say, from the structures that the generated decoder builds.
fn partitions_of(request: &ProduceRequest, version: i16) -> Vec<ProducePartition<'_>> {
    let partitions = request.topic_data.iter().flat_map(|topic| {
        let name = match version >= FIRST_TOPIC_ID_VERSION {
            true => TopicRef::Id(topic.topic_id),
            false => TopicRef::Name(&topic.name),
        };
        topic
            .partition_data
            .iter()
            .map(move |partition| ProducePartition {
                topic: name,
                index: partition.index,
                records: partition.records.clone(),
            })
    });
    partitions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Writer;

    fn encoded(request: &ProduceRequest, version: i16) -> Bytes {
        let mut writer = Writer::new();
        request.encode(&mut writer, version).unwrap();
        writer.into_bytes()
    }

    fn assert_view_agrees(request: &ProduceRequest, version: i16) {
        let view = ProduceView::parse(Reader::new(encoded(request, version)), version).unwrap();
        assert_view_is_of(&view, request, version);
    }

    #[test]
    fn the_view_agrees_with_the_generated_decoder_at_every_version() {
        for version in ProduceRequest::MIN_VERSION..=ProduceRequest::MAX_VERSION {
            for nulls in [false, true] {
                let mut request = ProduceRequest::sample(version, nulls);
                assert_view_agrees(&request, version);
                request.topic_data[0].partition_data.clear();
                assert_view_agrees(&request, version);
                request.topic_data.clear();
                assert_view_agrees(&request, version);
            }
        }
    }

    #[test]
    fn no_prefix_and_no_longer_body_has_a_view() {
        for version in ProduceRequest::MIN_VERSION..=ProduceRequest::MAX_VERSION {
            let mut body = encoded(&ProduceRequest::sample(version, false), version).to_vec();
            for length in 0..body.len() {
                let cut = Bytes::copy_from_slice(&body[..length]);
                assert!(ProduceView::parse(Reader::new(cut), version).is_err());
            }
            body.push(0);
            let longer = ProduceView::parse(Reader::new(Bytes::from(body)), version);
            assert!(matches!(
                longer,
                Err(DecodeError::TrailingBytes { remaining: 1, .. })
            ));
        }
    }

    #[test]
    fn the_name_of_a_topic_without_partitions_must_be_utf8_too() {
        let mut request = ProduceRequest::sample(11, false);
        request.topic_data.truncate(1);
        request.topic_data[0].partition_data.clear();
        let name = request.topic_data[0].name.clone();
        let mut body = encoded(&request, 11).to_vec();
        let start = body
            .windows(name.len())
            .position(|window| window == name.as_bytes())
            .unwrap();
        body[start] = 0x91;
        let view = ProduceView::parse(Reader::new(Bytes::from(body)), 11);
        assert!(matches!(view, Err(DecodeError::InvalidUtf8 { .. })));
    }

    #[test]
    fn records_are_slices_of_the_frame() {
        let body = encoded(&ProduceRequest::sample(9, false), 9);
        let view = ProduceView::parse(Reader::new(body.clone()), 9).unwrap();
        let partition = view.partitions().next().unwrap().unwrap();
        let records = partition.records.unwrap();
        assert!(body.as_ptr_range().contains(&records.as_ptr()));
    }
}
