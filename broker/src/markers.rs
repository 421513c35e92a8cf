//! Writes the markers that decide over producers' open ranges, each on the core of its partition.
//!
//! Shard-local.

use std::rc::Rc;

use corelane_engine::marker::{Marker, NewMarker, Verdict};
use corelane_engine::types::ProducerId;
use corelane_engine::{AppendError, Engine};
use corelane_protocol::{ErrorCode, TopicRef};

use crate::coordinator::internal_topic::CONSUMER_OFFSETS;
use crate::error_map;
use crate::lane::Lane;
use crate::partition_calls::{PartitionCalls, Question};
use crate::topics::{self, Partition};
use crate::transactions::machine::Markers;
use crate::transactions::state::NamedPartition;

/// The marker of a decision.
pub fn marker_of(markers: &Markers, coordinator_epoch: i32) -> NewMarker {
    NewMarker {
        producer_id: ProducerId(markers.producer.id),
        producer_epoch: markers.producer.epoch,
        marker: Marker {
            verdict: match markers.commit {
                true => Verdict::Commit,
                false => Verdict::Abort,
            },
            coordinator_epoch,
        },
        raised_epoch: markers.raised_epoch,
    }
}

/// Writes a coordinator's markers. True when none is left to be written: where the partition is gone, or a newer
/// decision is there, nothing is.
pub async fn write_decision(engine: &Engine, markers: &Markers, coordinator_epoch: i32) -> bool {
    let marker = marker_of(markers, coordinator_epoch);
    let partitions: Vec<NamedPartition> = markers.partitions.iter().cloned().collect();
    let codes = write(engine, &partitions, marker).await;
    let is_left = |(partition, code): (&NamedPartition, &ErrorCode)| match code {
        ErrorCode::None
        | ErrorCode::UnknownTopicOrPartition
        | ErrorCode::InvalidProducerEpoch
        | ErrorCode::TransactionCoordinatorFenced => false,
        code => {
            tracing::warn!(id = %markers.transactional_id, topic = %partition.topic, partition = partition.index, ?code, "a marker is tried again");
            true
        }
    };
    !partitions.iter().zip(&codes).any(is_left)
}

/// Writes a marker to each partition, and returns what became of it, in their order.
pub async fn write(
    engine: &Engine,
    partitions: &[NamedPartition],
    marker: NewMarker,
) -> Vec<ErrorCode> {
    let Some(lane) = Lane::current() else {
        return vec![ErrorCode::NotLeaderOrFollower; partitions.len()];
    };
    let image = topics::image();
    let mut questions = Vec::with_capacity(partitions.len());
    let mut refusals = Vec::with_capacity(partitions.len());
    for partition in partitions {
        let topic = TopicRef::Name(&partition.topic);
        let place = topics::locate(&lane, &image, topic, partition.index);
        refusals.push(place.as_ref().err().copied());
        questions.extend(place.ok().map(|place| Question {
            shard: place.shard,
            partition: place.partition,
            question: marker,
        }));
    }
    let calls = PartitionCalls::new(engine, questions, async |partition, marker| {
        append(partition, marker).await
    });
    let mut codes = calls.finish().await.into_iter();
    let code = |refusal: Option<ErrorCode>| match refusal {
        Some(code) => code,
        None => codes.next().unwrap_or(ErrorCode::NotLeaderOrFollower),
    };
    refusals.into_iter().map(code).collect()
}

/// Runs on the partition's core.
async fn append(partition: Option<Rc<Partition>>, marker: NewMarker) -> ErrorCode {
    let Some(partition) = partition else {
        // The catalogue will tell whether it is gone.
        return ErrorCode::NotLeaderOrFollower;
    };
    if is_of_offsets(&partition) {
        return end_at_coordinator(&partition, marker).await;
    }
    let code = |error: AppendError| error_map::append(&error).code;
    let pending = match partition.append_marker(&marker) {
        Ok(pending) => pending,
        Err(error) => return code(error),
    };
    match pending.await {
        Ok(_) => ErrorCode::None,
        Err(error) => code(error),
    }
}

fn is_of_offsets(partition: &Partition) -> bool {
    let image = topics::image();
    let topic = image.topic_by_name(CONSUMER_OFFSETS.name);
    topic.is_some_and(|topic| topic.topic_id == partition.id().topic_id)
}

/// A group coordinator appends its markers itself, as what they decide over is its state.
async fn end_at_coordinator(partition: &Partition, marker: NewMarker) -> ErrorCode {
    let Some(lane) = Lane::current() else {
        return ErrorCode::NotLeaderOrFollower;
    };
    let ended = match lane.groups.coordinator(partition.id()).await {
        Ok(coordinator) => coordinator.end_transaction(marker).await,
        Err(code) => Err(code),
    };
    match ended {
        Ok(()) => ErrorCode::None,
        // Who writes markers knows nothing of coordinators, and comes again.
        Err(
            ErrorCode::CoordinatorNotAvailable
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::NotCoordinator,
        ) => ErrorCode::NotLeaderOrFollower,
        Err(code) => code,
    }
}
