//! Creates a topic on any Kafka-protocol broker, writes keyed records with every codec, reads them back, deletes it.
//!
//! `cargo run -p corelane-client --example round_trip -- 127.0.0.1:9092`

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use corelane_client::{
    Assignment, Cluster, ConfigResource, Consumer, ConsumerOptions, NewTopic, Producer,
    ProducerOptions, ProducerRecord, StartAt, Timeouts,
};
use corelane_engine::compress::Compression;

const TOPIC: &str = "corelane-round-trip";
const PARTITIONS: i32 = 3;
const RECORDS: u32 = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:9092".to_owned());
    let mut cluster = Cluster::connect(&[address], "round-trip", Timeouts::default())?;
    let topic = NewTopic {
        name: TOPIC.to_owned(),
        partitions: Some(PARTITIONS),
        ..NewTopic::default()
    };
    cluster.create_topic(&topic, false)?;
    cluster.wait_for_topic(TOPIC, 3)?;
    for codec in [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        cluster = write(cluster, codec)?;
    }
    let (mut cluster, read) = read(cluster)?;
    println!("{read} records read");
    let configs = cluster.describe_configs(
        &ConfigResource::Topic(TOPIC.to_owned()),
        Some(&["flush.messages"]),
    )?;
    println!("{configs:?}");
    cluster.delete_topic(TOPIC)?;
    Ok(())
}

fn write(cluster: Cluster, codec: Compression) -> Result<Cluster, Box<dyn std::error::Error>> {
    let options = ProducerOptions {
        compression: codec,
        ..ProducerOptions::default()
    };
    let mut producer = Producer::new(cluster, TOPIC, options)?;
    for number in 0..RECORDS {
        let key = format!("{}-{number}", codec.name());
        let value = format!("value {number}");
        producer.send(&ProducerRecord {
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            ..ProducerRecord::default()
        })?;
    }
    let (cluster, delivery) = producer.close()?;
    println!("{}: {delivery:?}", codec.name());
    Ok(cluster)
}

fn read(cluster: Cluster) -> Result<(Cluster, usize), Box<dyn std::error::Error>> {
    let assignments: Vec<Assignment> = (0..PARTITIONS)
        .map(|partition| Assignment {
            topic: TOPIC.to_owned(),
            partition,
            start: StartAt::Beginning,
        })
        .collect();
    let mut consumer = Consumer::new(cluster, &assignments, ConsumerOptions::default())?;
    let mut keys = BTreeSet::new();
    while !consumer.is_at_end() {
        consumer.poll(|record| {
            keys.insert(record.key.map(<[u8]>::to_vec));
            ControlFlow::Continue(())
        })?;
    }
    Ok((consumer.into_cluster(), keys.len()))
}
