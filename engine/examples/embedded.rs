//! The engine without a broker: open, create a topic, append, read back.
//!
//! `cargo run -p corelane-engine --example embedded -- /path/on/ext4`

use std::path::PathBuf;

use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records};
use corelane_engine::{
    Acks, Engine, EngineConfig, FetchPart, NewTopic, Offset, ReadRequest, TopicPartition,
    ValidBatch,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "./data-embedded".into());
    run(data.into())
}

/// Opens an engine, uses it, stops it.
pub fn run(data: PathBuf) -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::open(EngineConfig::new(data))?;
    futures_lite::future::block_on(append_and_read(&engine))?;
    engine.stop();
    Ok(())
}

async fn append_and_read(engine: &Engine) -> Result<(), Box<dyn std::error::Error>> {
    let name = format!("greetings-{}", std::process::id());
    let topic = NewTopic {
        name,
        partitions: 1,
        configs: Default::default(),
    };
    let topic_id = engine.create_topic(topic).await?;
    let partition = TopicPartition {
        topic_id,
        partition: 0,
    };

    let mut builder = BatchBuilder::new(BatchOptions::default());
    builder.append(&NewRecord {
        value: Some(b"hello, log"),
        ..Default::default()
    })?;
    let batch = ValidBatch::check(builder.build()?, 1 << 20)?;
    let appended = engine.append(partition, batch, Acks::Durable).await?;
    println!("durable at offset {}", appended.base_offset);

    let request = ReadRequest {
        offset: Offset(0),
        bytes_max: 1 << 20,
        at_least_one: true,
        offset_max: None,
    };
    for part in engine.read(partition, request).await?.parts {
        // What was just written comes from memory; older data comes as ranges of files.
        let FetchPart::Memory(bytes) = part else {
            continue;
        };
        for record in Records::open(&bytes)?.iter() {
            let record = record?;
            println!(
                "{}: {}",
                record.offset,
                String::from_utf8_lossy(record.value.unwrap_or_default())
            );
        }
    }
    Ok(())
}
