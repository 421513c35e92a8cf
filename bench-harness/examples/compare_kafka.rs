//! Starts two brokers and compares them: Corelane's binary with Apache Kafka, or Kafka with itself as a check of noise.
//!
//! `cargo run --release -p corelane-bench --example compare_kafka -- KAFKA_LIBS SCRATCH_DIRECTORY [CORELANE_BINARY]`

use std::path::PathBuf;

use corelane_bench::broker_process::{CorelaneLaunch, KafkaLaunch};
use corelane_bench::compare::CompareCase;
use corelane_bench::launch::{Launch, LaunchSettings, compare_launched};
use corelane_bench::settings::{ClientSettings, Span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let libs = arguments
        .next()
        .ok_or("name the folder with Kafka's jars")?;
    let directory = arguments.next().ok_or("name a scratch directory")?;
    let kafka = Launch::Kafka(KafkaLaunch::from_libs(&libs));
    let subject = match arguments.next() {
        Some(binary) => Launch::Corelane(CorelaneLaunch {
            binary,
            arguments: Vec::new(),
            cores: None,
        }),
        None => kafka.clone(),
    };
    let seconds = |name: &str, default: f64| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let settings = LaunchSettings {
        subject,
        reference: kafka,
        directory,
        rounds: 5,
        first_warm_up_s: seconds("WARM_UP_S", 60.0),
        idle_s: seconds("IDLE_S", 10.0),
        span: Span {
            warm_up_s: 1.0,
            measure_s: seconds("MEASURE_S", 5.0),
            measure_bytes: None,
        },
        client: ClientSettings::default(),
        cases: CompareCase::ALL.to_vec(),
    };
    let result = compare_launched(&settings, &mut |case, name, round, live| {
        eprint!(
            "\r{round} {:30} {name:20} {:8.1} MB/s ",
            case.name(),
            live.mb_per_s
        );
    })?;
    let (headings, rows) = result.table();
    println!("\n{}", headings.join(" | "));
    for row in rows {
        println!("{}", row.join(" | "));
    }
    Ok(())
}
