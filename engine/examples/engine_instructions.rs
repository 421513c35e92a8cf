//! Does one pure step of the engine so many times and ends, for a count of its instructions; see `.ci/instructions`.
//!
//! `engine_instructions STEP COUNT`. Without arguments it lists the steps. The batch is the one of the harness's default
//! workload: 64 records of 1 KiB. Invariant: what is done depends on the arguments alone, so that two runs execute the
//! same instructions.

// An example has nobody to hand an error to.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use corelane_engine::batch::{Placement, RecordBatchHeader, ValidBatch, write_placed};
use corelane_engine::compress::DecompressLimits;
use corelane_engine::index::OffsetIndex;
use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord, Records, walk};
use corelane_engine::sim::{DATA, SimEngine, SimSettings, Simulation, Storage};
use corelane_engine::types::{LeaderEpoch, Offset, Position, TopicPartition};
use corelane_engine::{Acks, NewTopic};

/// Entries of an index: those of a segment of 64 MiB at the default interval.
const ENTRIES: u32 = 16_384;
/// Virtual time that the appends may take.
const PATIENCE: Duration = Duration::from_secs(86_400);

/// A step's name, and what takes it so many times.
type Step = (&'static str, fn(usize));

const STEPS: [Step; 7] = [
    ("header-parse", header_parse),
    ("batch-check", batch_check),
    ("records-walk", records_walk),
    ("records-iterate", records_iterate),
    ("batch-rewrite", batch_rewrite),
    ("index-lookup", index_lookup),
    ("append-simulated", append_simulated),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() {
        STEPS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    let [name, count] = arguments.as_slice() else {
        eprintln!("usage: engine_instructions [STEP COUNT]");
        return ExitCode::from(2);
    };
    let step = STEPS.iter().find(|(known, _)| known == name);
    match (step, count.parse()) {
        (Some((_, step)), Ok(count)) => step(count),
        _ => {
            eprintln!("no step {name}, or no count {count}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn batch() -> Bytes {
    let mut builder = BatchBuilder::new(BatchOptions::default());
    let value: Vec<u8> = (0..1024).map(|at| (at * 31 % 251) as u8).collect();
    for number in 0..64 {
        let record = NewRecord {
            timestamp_ms: 1_700_000_000_000 + number,
            key: Some(b"N14228"),
            value: Some(&value),
            headers: &[],
        };
        builder.append(&record).unwrap();
    }
    builder.build().unwrap()
}

fn header_parse(count: usize) {
    let bytes = batch();
    for _ in 0..count {
        let header = RecordBatchHeader::view(black_box(&bytes)).unwrap();
        black_box((
            header.size(),
            header.last_offset(),
            header.compression().is_ok(),
        ));
    }
}

fn batch_check(count: usize) {
    let bytes = batch();
    for _ in 0..count {
        black_box(ValidBatch::check(black_box(&bytes).clone(), bytes.len()).unwrap());
    }
}

fn records_walk(count: usize) {
    let bytes = batch();
    let batch = ValidBatch::check(bytes.clone(), bytes.len()).unwrap();
    for _ in 0..count {
        walk(black_box(&batch), DecompressLimits::default()).unwrap();
    }
}

fn records_iterate(count: usize) {
    let bytes = batch();
    for _ in 0..count {
        let records = Records::open(black_box(&bytes)).unwrap();
        black_box(records.iter().filter(Result::is_ok).count());
    }
}

fn batch_rewrite(count: usize) {
    let bytes = batch();
    let mut destination = vec![0; bytes.len()];
    let placement = Placement {
        base_offset: Offset(4711),
        leader_epoch: LeaderEpoch(3),
    };
    for _ in 0..count {
        write_placed(black_box(&mut destination), black_box(&bytes), placement);
    }
}

fn index_lookup(count: usize) {
    let mut offsets = OffsetIndex::new(Offset(0));
    for entry in 1..=ENTRIES {
        let position = Position(u64::from(entry) * 4096);
        offsets
            .append(Offset(i64::from(entry) * 4), position)
            .unwrap();
    }
    let mut at = 0;
    for _ in 0..count {
        at = (at + 7919) % (i64::from(ENTRIES) * 4);
        black_box(offsets.lookup(black_box(Offset(at))));
    }
}

/// Durable appends of one batch after the other through topics, log and appender, to the simulated disk and with it.
fn append_simulated(count: usize) {
    let simulation = Simulation::new(SimSettings::new(1), Storage::new(DATA));
    let life = async move {
        SimEngine.open().await.unwrap();
        let topic = NewTopic {
            name: "counted".to_owned(),
            partitions: 1,
            configs: Default::default(),
        };
        let partition = TopicPartition {
            topic_id: SimEngine.create_topic(topic).await.unwrap(),
            partition: 0,
        };
        let bytes = batch();
        for _ in 0..count {
            let batch = ValidBatch::check(bytes.clone(), bytes.len()).unwrap();
            let appended = SimEngine.append(partition, batch, Acks::Durable).await;
            black_box(appended.unwrap());
        }
    };
    simulation.run(PATIENCE, life).done();
}
