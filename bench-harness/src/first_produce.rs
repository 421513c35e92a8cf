//! How long after its start a broker takes its first record.
//!
//! Invariants: the clock starts with the process; the topic is created on the way, as a new user would.

use std::time::{Duration, Instant};

use corelane_client::{Acks, ClientError, Cluster, Producer, ProducerOptions, ProducerRecord};

use crate::broker_process::BrokerProcess;
use crate::error::BenchError;
use crate::produce::{CLIENT_ID, ensure_topic, timeouts};
use crate::settings::TopicSettings;

/// Between two attempts while the broker is not ready.
const ATTEMPT_INTERVAL: Duration = Duration::from_millis(1);
/// How long the first record may take.
const FIRST_PRODUCE_MAX: Duration = Duration::from_secs(60);

/// The time from the start of the process to the first acknowledged record (acks=all, one partition).
pub fn time_to_first_produce(broker: &BrokerProcess) -> Result<Duration, BenchError> {
    let deadline = Instant::now() + FIRST_PRODUCE_MAX;
    loop {
        match produce_one(broker.address()) {
            Ok(()) => return Ok(broker.started().elapsed()),
            Err(BenchError::Client(error)) if error.is_retriable() && Instant::now() < deadline => {
                std::thread::sleep(ATTEMPT_INTERVAL);
            }
            Err(error) => return Err(error),
        }
    }
}

fn produce_one(address: &str) -> Result<(), BenchError> {
    let mut cluster = Cluster::connect(&[address.to_owned()], CLIENT_ID, timeouts(5.0))?;
    let topic = TopicSettings {
        name: "corelane-first-produce".to_owned(),
        partitions: 1,
        ..TopicSettings::default()
    };
    ensure_topic(&mut cluster, &topic)?;
    write_one(cluster, &topic.name).map_err(BenchError::from)
}

fn write_one(cluster: Cluster, topic: &str) -> Result<(), ClientError> {
    let options = ProducerOptions {
        acks: Acks::All,
        is_idempotent: false,
        ..ProducerOptions::default()
    };
    let mut producer = Producer::new(cluster, topic, options)?;
    producer.send(&ProducerRecord {
        value: Some(b"first"),
        ..ProducerRecord::default()
    })?;
    producer.flush().map(|_delivery| ())
}
