//! What the rigs run as processes of their own.
//!
//! `corelane-rigs disk <mount point> <bytes>`: the process behind a power-cut disk.
//! `corelane-rigs serve <data> [<bug>]`: a broker on a free port, with a planted bug if one is named; it says its address.
//! `corelane-rigs play <data> <partitions> [<bug>]`: an engine without a broker, which plays the script of [`twin`] and says what is answered.
//! `corelane-rigs found <data>`: says what such an engine has left.

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use corelane_broker::{ServeConfig, StopOrder, serve};
use corelane_engine::EngineConfig;
use corelane_engine::planted::{self, Bug};
use corelane_rigs::{disk_server, twin};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Often, so that segments go while there is load.
const RETENTION_CHECK_INTERVAL_MS: u64 = 50;
/// Small, so that reads come from files.
const TAIL_CACHE_BYTES: usize = 4 << 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["disk", mount_point, size_bytes] => serve_disk(mount_point, size_bytes),
        ["serve", data] => serve_broker(data, None),
        ["serve", data, bug] => serve_broker(data, Some(bug)),
        ["play", data, partitions] => play(data, partitions, None),
        ["play", data, partitions, bug] => play(data, partitions, Some(bug)),
        ["found", data] => found(data),
        _ => Err("usage: corelane-rigs disk <mount point> <bytes> | serve <data> [<bug>] | play <data> <partitions> [<bug>] | found <data>".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corelane-rigs: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_disk(mount_point: &str, size_bytes: &str) -> Outcome {
    Ok(disk_server::serve(
        mount_point.as_ref(),
        size_bytes.parse()?,
    )?)
}

fn log_to_standard_error() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

fn plant(bug: Option<&str>) -> Outcome {
    if let Some(name) = bug {
        planted::plant(Bug::parse(name).ok_or_else(|| format!("there is no bug {name:?}"))?);
    }
    Ok(())
}

fn play(data: &str, partitions: &str, bug: Option<&str>) -> Outcome {
    log_to_standard_error();
    plant(bug)?;
    twin::play(data.as_ref(), partitions.parse()?)
}

fn found(data: &str) -> Outcome {
    log_to_standard_error();
    twin::found(data.as_ref())
}

fn serve_broker(data: &str, bug: Option<&str>) -> Outcome {
    log_to_standard_error();
    plant(bug)?;
    let order = StopOrder::default();
    let given = order.clone();
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGTERM])?;
    std::thread::spawn(move || {
        signals.forever().next();
        given.give();
    });
    let broker = serve(ServeConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        auto_create_topics: false,
        engine: EngineConfig {
            retention_check_interval_ms: RETENTION_CHECK_INTERVAL_MS,
            tail_cache_bytes: TAIL_CACHE_BYTES,
            ..EngineConfig::new(data)
        },
        ..ServeConfig::new(data)
    })?;
    println!("listens on {}", broker.address());
    std::io::stdout().flush()?;
    broker.wait(&order);
    Ok(())
}
