//! The command `serve`: the machine's check, the log lines, the banner, and the call that runs the broker.
//!
//! Everything that stops a start exits with 78 and says what to type; a broker that stops cleanly exits with 0, one that
//! could not flush everything with 1.

mod stop_signals;

use crate::doctor;
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::settings::{HostPort, ServeSettings};
use corelane_broker::{Endpoint, GroupSettings, MetricsConfig, ServeConfig, ServeError, StopOrder};
use corelane_engine::{EngineConfig, Finding, StartReport};
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use stop_signals::on_stop_signal;

/// Runs the broker until a signal stops it.
pub fn run(settings: &ServeSettings, output: &mut impl Write) -> anyhow::Result<ExitCode> {
    doctor::required_checks(settings).map_err(|findings| doctor::refusal(&findings))?;
    start_log(settings.log_level);
    // Without this, a limit on file sizes would end the process, where a refused write ends in an error.
    signal_hook::flag::register(libc::SIGXFSZ, Arc::default())?;
    if let Err(error) = doctor::raise_open_files_limit() {
        tracing::warn!(%error, "the limit on open files stays as it is");
    }
    if let Some(finding) = doctor::volatile_data(settings) {
        let remedy = finding.remedy.unwrap_or_default();
        tracing::warn!(data = %settings.data.display(), "{}; {remedy}", finding.detail);
    }
    let cpus = settings
        .cores
        .choose(&doctor::usable_cpus()?)
        .map_err(Failure::configuration)?;
    let listen = resolve(settings)?;
    let config = config(settings, listen, cpus.clone());
    // Before the start, which may take long: a signal in the middle of it lets it end, then stops cleanly.
    let order = StopOrder::default();
    let given = order.clone();
    on_stop_signal(move || given.give())?;
    let broker = corelane_broker::serve(config).map_err(refusal)?;
    // A broker whose standard output is closed serves all the same.
    let mut text = banner(
        settings,
        broker.addresses(),
        broker.metrics_address(),
        &cpus,
    );
    text += &start_report(&broker.start_report());
    let _ = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    let report = broker.wait(&order);
    if !report.is_clean() {
        // The log lines have said why of each.
        tracing::error!(
            partitions = report.unclean.len(),
            "the stop was not clean; the next start checks the logs"
        );
        return Ok(ExitCode::Failure);
    }
    Ok(ExitCode::Success)
}

fn config(settings: &ServeSettings, listen: SocketAddr, cpus: Vec<usize>) -> ServeConfig {
    let defaults = ServeConfig::new(&settings.data);
    ServeConfig {
        engine: EngineConfig {
            cpus,
            tail_cache_bytes: settings.tail_cache_bytes,
            ..defaults.engine
        },
        listen,
        listener_per_core: settings.listener_per_core,
        advertise: settings.advertise.as_ref().map(endpoint),
        auto_create_topics: settings.auto_create_topics,
        num_partitions: settings.num_partitions,
        connections_max: settings.connections_max as usize,
        connections_per_address_max: defaults.connections_per_address_max,
        request_bytes_max: settings.request_bytes_max,
        request_memory_bytes: settings.request_memory_bytes,
        open_files_max: doctor::open_files_max(),
        topic_defaults: settings.topic_defaults.clone(),
        groups: groups(settings, listen),
        metrics: settings.metrics_listen.map(|metrics| MetricsConfig {
            listen: metrics.address,
            is_optional: metrics.is_default,
        }),
    }
}

/// On loopback nobody wants to wait for members that other machines start.
fn groups(settings: &ServeSettings, listen: SocketAddr) -> GroupSettings {
    let defaults = settings.groups.clone();
    let default_delay_ms = match listen.ip().to_canonical().is_loopback() {
        true => 0,
        false => defaults.initial_rebalance_delay_ms,
    };
    let set_delay_ms = settings.group_initial_rebalance_delay_ms;
    GroupSettings {
        topic_partitions: settings.offsets_topic_partitions,
        initial_rebalance_delay_ms: set_delay_ms.unwrap_or(default_delay_ms),
        offsets_retention_ms: i64::from(settings.offsets_retention_minutes) * 60_000,
        ..defaults
    }
}

fn endpoint(advertise: &HostPort) -> Endpoint {
    Endpoint {
        host: advertise.host().to_owned(),
        port: advertise.port(),
    }
}

/// Why the broker did not start, with what to type.
fn refusal(error: ServeError) -> Failure {
    match error {
        ServeError::PortInUse { address } => {
            Failure::configuration(format!("cannot listen on {address}: another program does"))
                .advise("stop it, or choose another port with --listen")
        }
        ServeError::Listen { address, source } => Failure::configuration(format!(
            "cannot listen on {address}: {source}"
        ))
        .advise("give --listen an address of this machine, such as 127.0.0.1:9092 or 0.0.0.0:9092"),
        ServeError::Metrics { address, source } => {
            Failure::configuration(format!("cannot serve metrics on {address}: {source}"))
                .advise("choose another port with --metrics-listen, or `--metrics-listen none`")
        }
        ServeError::Engine(error) => Failure::configuration(error.to_string()),
    }
}

/// Log lines go to standard error, so that standard output holds the banner only.
fn start_log(level: tracing::Level) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
}

/// The address to listen on: of several that a name has, the first IPv4 one, which every client can use.
fn resolve(settings: &ServeSettings) -> Result<SocketAddr, Failure> {
    let listen = &settings.listen;
    let unknown = |reason: String| {
        Failure::configuration(format!("cannot listen on {listen}: {reason}")).advise(
            "give --listen an address of this machine, such as 127.0.0.1:9092 or 0.0.0.0:9092",
        )
    };
    let addresses: Vec<SocketAddr> = (listen.host(), listen.port())
        .to_socket_addrs()
        .map_err(|error| unknown(error.to_string()))?
        .collect();
    let ipv4 = addresses.iter().find(|address| address.is_ipv4());
    let chosen = ipv4.or(addresses.first()).copied();
    chosen.ok_or_else(|| unknown("the name has no address".to_owned()))
}

/// What a person needs to know once the broker accepts connections on `addresses`.
fn banner(
    settings: &ServeSettings,
    addresses: &[SocketAddr],
    metrics: Option<SocketAddr>,
    cpus: &[usize],
) -> String {
    let mut text = String::new();
    let advertised = match &settings.advertise {
        Some(advertise) => format!(", and clients are told {advertise}"),
        None => String::new(),
    };
    let cpu_list = cpus
        .iter()
        .map(usize::to_string)
        .collect::<Vec<_>>()
        .join(",");
    let address = addresses[0];
    let bootstrap = match address.ip().is_unspecified() {
        true => SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), address.port()),
        false => address,
    };
    let others = addresses[1..].iter().map(|other| format!(", {other}"));
    let others: String = others.collect();
    let lines = [
        format!("corelane {} listens on {address}{others}{advertised}", env!("CARGO_PKG_VERSION")),
        format!("  cores       {} (CPUs {cpu_list})", cpus.len()),
        format!("  data        {}", settings.data.display()),
        "  durability  acks=all is answered when the disk has it (fdatasync), acks=1 when it is written".to_owned(),
        match metrics {
            Some(metrics) => format!("  metrics     http://{metrics}/metrics (also /health, /ready)"),
            None => "  metrics     none".to_owned(),
        },
        format!("  try         corelane topic create flights --partitions 8 --bootstrap {bootstrap}"),
        format!("              echo hello | corelane produce flights --bootstrap {bootstrap}"),
        format!("              corelane consume flights --bootstrap {bootstrap}"),
    ];
    for line in lines {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    }
    text
}

/// What the start has found that a person should look at; empty where all is well.
fn start_report(report: &StartReport) -> String {
    let mut text = String::new();
    let lines = |verb: &str, findings: &[Finding]| -> String {
        let line = |finding: &Finding| {
            format!(
                "  {verb:<11} {}: {}\n",
                finding.directory.display(),
                finding.what
            )
        };
        findings.iter().map(line).collect()
    };
    if !report.refused.is_empty() {
        let (refused, all) = (report.refused.len(), report.partition_count);
        text += &format!("  damaged     {refused} of {all} partitions refuse writes:\n");
    }
    text += &lines("refused", &report.refused);
    text += &lines("cut", &report.cut);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Resolved, SettingsFile};

    fn settings(flags: &[(&'static str, &str)]) -> ServeSettings {
        let flags: Vec<_> = flags
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect();
        ServeSettings::new(&Resolved::new(&flags, |_| None, &SettingsFile::default())).unwrap()
    }

    #[test]
    fn the_banner_names_address_cores_data_and_durability() {
        let settings = settings(&[("data", "/var/lib/corelane"), ("advertise", "broker1:9092")]);
        let text = banner(
            &settings,
            &["0.0.0.0:9092", "0.0.0.0:9093"].map(|text| text.parse().unwrap()),
            Some("127.0.0.1:9644".parse().unwrap()),
            &[0, 2],
        );
        for part in [
            "0.0.0.0:9092, 0.0.0.0:9093",
            "broker1:9092",
            "2 (CPUs 0,2)",
            "/var/lib/corelane",
            "fdatasync",
            "http://127.0.0.1:9644/metrics",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
        assert!(text.contains("--bootstrap 127.0.0.1:9092"));
    }

    #[test]
    fn the_start_report_names_every_refused_partition_and_what_was_cut() {
        let finding = |name: &str, what: &str| Finding {
            directory: name.into(),
            what: what.to_owned(),
        };
        assert_eq!(start_report(&StartReport::default()), "");
        let report = StartReport {
            partition_count: 9,
            refused: vec![finding("/data/a-0", "why a"), finding("/data/b-1", "why b")],
            cut: vec![finding("/data/c-2", "777 bytes")],
        };
        let text = start_report(&report);
        for part in [
            "2 of 9 partitions refuse writes",
            "/data/a-0: why a",
            "/data/b-1: why b",
            "cut         /data/c-2: 777 bytes",
        ] {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }

    #[test]
    fn a_name_without_an_address_is_refused_with_the_flag_that_changes_it() {
        let failure = resolve(&settings(&[("listen", "no-such-host.invalid:9092")])).unwrap_err();
        assert_eq!(failure.exit_code(), ExitCode::Configuration);
        assert!(failure.advice().unwrap().contains("--listen"));
    }
}
