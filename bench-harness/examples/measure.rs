//! Measures a broker with the default workloads and prints the figures.
//!
//! `cargo run --release -p corelane-bench --example measure -- 127.0.0.1:9092 PID`

use corelane_bench::settings::BrokerSettings;
use corelane_bench::{FetchSettings, LiveProgress, ProduceSettings, RunResult, fetch, produce};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:9092".to_owned());
    let server_pid = arguments.next().map(|pid| pid.parse()).transpose()?;
    let broker = BrokerSettings {
        server_pid,
        ..BrokerSettings::at(&address)
    };
    let mut line =
        |live: &LiveProgress| eprint!("\r{:5.1} s {:8.1} MB/s ", live.elapsed_s, live.mb_per_s);
    let closed = ProduceSettings::maximum(broker.clone());
    print("produce, closed loop", &produce(&closed, &mut line)?);
    let mut open = closed.clone();
    open.records_per_second = Some(10_000.0);
    (open.record_bytes, open.records_per_batch) = (100, 1);
    print("produce, 10,000 records/s", &produce(&open, &mut line)?);
    let mut small = open.clone();
    small.records_per_second = None;
    print(
        "produce, one record a request",
        &produce(&small, &mut line)?,
    );
    print(
        "fetch",
        &fetch(
            &FetchSettings::maximum(broker, &closed.topic.name),
            &mut line,
        )?,
    );
    Ok(())
}

fn print(name: &str, result: &RunResult) {
    println!("\n## {name}");
    for (label, value) in result.rows() {
        println!("{label:30} {value}");
    }
}
