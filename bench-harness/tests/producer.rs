//! The client's producer against a null broker that refuses, once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use corelane_bench::null_broker::{InjectedFault, NullBroker};
use corelane_client::{Cluster, NewTopic, Producer, ProducerOptions, ProducerRecord, Timeouts};
use corelane_protocol::ErrorCode;

const RECORDS: u64 = 1_000;

fn producer(broker: &NullBroker) -> Producer {
    let mut cluster =
        Cluster::connect(&[broker.address().to_string()], "test", Timeouts::default()).unwrap();
    let topic = NewTopic {
        name: "t".to_owned(),
        partitions: Some(2),
        ..NewTopic::default()
    };
    cluster.create_topic(&topic, false).unwrap();
    let options = ProducerOptions {
        is_idempotent: false,
        batch_bytes: 512,
        ..ProducerOptions::default()
    };
    Producer::new(cluster, "t", options).unwrap()
}

fn send_all(producer: &mut Producer) -> Result<u64, corelane_client::ClientError> {
    for number in 0..RECORDS {
        let key = number.to_be_bytes();
        producer.send(&ProducerRecord {
            key: Some(&key),
            value: Some(b"value"),
            ..ProducerRecord::default()
        })?;
    }
    producer.flush().map(|delivery| delivery.records)
}

#[test]
fn every_record_is_delivered_although_a_leader_moved() {
    let faults = vec![InjectedFault::Refuse {
        request: 5,
        code: ErrorCode::NotLeaderOrFollower,
    }];
    let broker = NullBroker::start("127.0.0.1:0", faults).unwrap();
    assert_eq!(send_all(&mut producer(&broker)).unwrap(), RECORDS);
}

#[test]
fn a_refusal_that_will_not_pass_is_an_error_with_kafkas_name_and_a_remedy() {
    let faults = vec![InjectedFault::Refuse {
        request: 5,
        code: ErrorCode::MessageTooLarge,
    }];
    let broker = NullBroker::start("127.0.0.1:0", faults).unwrap();
    let error = send_all(&mut producer(&broker)).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::MessageTooLarge));
    assert!(error.to_string().contains("max.message.bytes"), "{error}");
}
