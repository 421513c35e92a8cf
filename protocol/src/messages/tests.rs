//! Every message at every version: written and read back, with fields set, with nulls, and with defaults.

use bytes::Bytes;

use super::for_every_api;
use crate::{EncodeError, MEMORY_FACTOR, Message, Reader, Writer};

fn encoded<M: Message>(message: &M, version: i16) -> Bytes {
    let mut writer = Writer::new();
    if let Err(error) = message.encode(&mut writer, version) {
        panic!("{} version {version}: {error}", M::NAME);
    }
    writer.into_bytes()
}

fn assert_reads_back<M: Message + PartialEq + std::fmt::Debug>(message: &M, version: i16) {
    let mut reader = Reader::new(encoded(message, version));
    let read = M::decode(&mut reader, version);
    assert_eq!(read.as_ref(), Ok(message), "version {version}");
    assert_eq!(reader.finish(), Ok(()), "{} version {version}", M::NAME);
}

/// Every prefix is refused, so that no field is read without a look at what remains.
fn assert_prefixes_are_refused<M: Message>(message: &M, version: i16) {
    let bytes = encoded(message, version);
    for length in 0..bytes.len() {
        let result = M::decode(&mut Reader::new(bytes.slice(..length)), version);
        assert!(
            result.is_err(),
            "{} version {version} cut at {length}",
            M::NAME
        );
    }
}

/// The budget's floor is not needed: a long message of such parts is read as well as a short one.
fn assert_memory_factor_suffices<M: Message>(message: &M, version: i16) {
    let bytes = encoded(message, version);
    let mut reader = Reader::new(bytes.clone());
    let budget = reader.memory_left_bytes();
    assert!(M::decode(&mut reader, version).is_ok());
    let taken = budget - reader.memory_left_bytes();
    assert!(
        taken <= bytes.len() * MEMORY_FACTOR,
        "{} version {version} takes {taken} bytes for {}",
        M::NAME,
        bytes.len()
    );
}

fn assert_default_reads_back<M: Message + PartialEq + std::fmt::Debug>(version: i16) {
    let message = M::default();
    match message.encode(&mut Writer::new(), version) {
        Ok(()) => assert_reads_back(&message, version),
        Err(EncodeError::UnexpectedNull { .. }) => {}
        Err(error) => panic!("{} version {version}: {error}", M::NAME),
    }
}

macro_rules! check_message {
    ($message:ty) => {
        for version in <$message>::MIN_VERSION..=<$message>::MAX_VERSION {
            for nulls in [false, true] {
                let sample = <$message>::sample(version, nulls);
                assert_reads_back(&sample, version);
                assert_prefixes_are_refused(&sample, version);
                assert_memory_factor_suffices(&sample, version);
            }
            assert_default_reads_back::<$message>(version);
        }
    };
}

#[test]
fn every_message_reads_back_as_written_within_its_memory_and_no_prefix_of_it_is_taken() {
    macro_rules! visit {
        ($key:ident, $request:ty, $response:ty) => {
            check_message!($request);
            check_message!($response);
        };
    }
    for_every_api!(visit);
    check_message!(super::consumer_protocol_assignment::ConsumerProtocolAssignment);
    check_message!(super::consumer_protocol_subscription::ConsumerProtocolSubscription);
    check_message!(super::end_txn_marker::EndTxnMarker);
    check_message!(super::consumer_group_current_member_assignment_key::ConsumerGroupCurrentMemberAssignmentKey);
    check_message!(super::consumer_group_current_member_assignment_value::ConsumerGroupCurrentMemberAssignmentValue);
    check_message!(super::consumer_group_member_metadata_key::ConsumerGroupMemberMetadataKey);
    check_message!(super::consumer_group_member_metadata_value::ConsumerGroupMemberMetadataValue);
    check_message!(super::consumer_group_metadata_key::ConsumerGroupMetadataKey);
    check_message!(super::consumer_group_metadata_value::ConsumerGroupMetadataValue);
    check_message!(super::consumer_group_regular_expression_key::ConsumerGroupRegularExpressionKey);
    check_message!(
        super::consumer_group_regular_expression_value::ConsumerGroupRegularExpressionValue
    );
    check_message!(
        super::consumer_group_target_assignment_member_key::ConsumerGroupTargetAssignmentMemberKey
    );
    check_message!(super::consumer_group_target_assignment_member_value::ConsumerGroupTargetAssignmentMemberValue);
    check_message!(super::consumer_group_target_assignment_metadata_key::ConsumerGroupTargetAssignmentMetadataKey);
    check_message!(super::consumer_group_target_assignment_metadata_value::ConsumerGroupTargetAssignmentMetadataValue);
    check_message!(super::group_metadata_key::GroupMetadataKey);
    check_message!(super::group_metadata_value::GroupMetadataValue);
    check_message!(super::offset_commit_key::OffsetCommitKey);
    check_message!(super::offset_commit_value::OffsetCommitValue);
    check_message!(super::transaction_log_key::TransactionLogKey);
    check_message!(super::transaction_log_value::TransactionLogValue);
    check_message!(super::request_header::RequestHeader);
    check_message!(super::response_header::ResponseHeader);
}

#[test]
fn a_field_that_the_version_lacks_is_refused_unless_it_may_be_left_out() {
    let mut request = super::join_group::JoinGroupRequest::sample(9, false);
    assert_eq!(
        request.encode(&mut Writer::new(), 4),
        Err(EncodeError::FieldNotInVersion {
            what: "JoinGroupRequest.GroupInstanceId",
            version: 4
        })
    );
    request.group_instance_id = None;
    assert!(request.reason.is_some());
    assert_eq!(request.encode(&mut Writer::new(), 4), Ok(()));
}

#[test]
fn null_is_refused_where_the_version_allows_none() {
    let request = super::metadata::MetadataRequest {
        topics: None,
        ..Default::default()
    };
    assert_eq!(
        request.encode(&mut Writer::new(), 0),
        Err(EncodeError::UnexpectedNull {
            what: "MetadataRequest.Topics",
            version: 0
        })
    );
    assert_eq!(request.encode(&mut Writer::new(), 1), Ok(()));
}

#[test]
fn versions_outside_the_range_are_refused() {
    macro_rules! visit {
        ($key:ident, $request:ty, $response:ty) => {
            assert_eq!(<$request>::MIN_VERSION, crate::ApiKey::$key.min_version());
            assert_eq!(<$response>::MAX_VERSION, crate::ApiKey::$key.max_version());
            assert!(
                <$request>::default()
                    .encode(&mut Writer::new(), <$request>::MAX_VERSION + 1)
                    .is_err()
            );
            let mut reader = Reader::new(Bytes::from_static(&[0; 100]));
            assert!(<$response>::decode(&mut reader, <$response>::MIN_VERSION - 1).is_err());
        };
    }
    for_every_api!(visit);
}
