//! `/metrics`, `/health`, `/ready` and `corelane top` over real sockets: the numbers are those of what clients did, and
//! what comes over HTTP harms no broker.

mod support;

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::broker::{Broker, corelane, corelane_serve};
use support::calls::{self, Acks, NONE, create_topic, fetch, fetch_request, produce_batch};
use support::clients_folder;
use support::command::CommandLine;
use support::http::{Metrics, get, read_answer, try_get};
use support::process::{Server, bound_to_this_test, finished, free_port};
use support::wire::{Batch, Wire};
use support::{clients_are_installed, skip};

const ACKS_ALL: Acks = Acks::ALL;
/// How long something may take that takes a moment.
const LIMIT: Duration = Duration::from_secs(30);

/// A broker with metrics on a free port.
fn start(more: &[&str]) -> (CommandLine, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let listen = address.to_string();
    let mut arguments = vec!["--metrics-listen", &listen];
    arguments.extend(more);
    let line = CommandLine::start_with(&arguments);
    wait_until_ready(address);
    (line, address)
}

fn wait_until_ready(address: SocketAddr) {
    let deadline = Instant::now() + LIMIT;
    while try_get(address, "/ready").is_none_or(|answer| answer.status != 200) {
        assert!(Instant::now() < deadline, "never ready");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Looks until `wanted` holds: what a client has been answered may be counted a moment later.
fn look_until(address: SocketAddr, wanted: impl Fn(&Metrics) -> bool) -> Metrics {
    let deadline = Instant::now() + LIMIT;
    loop {
        let metrics = Metrics::of(address);
        if wanted(&metrics) {
            return metrics;
        }
        assert!(Instant::now() < deadline, "not in\n{}", metrics.0);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn counters_are_true_to_what_was_written_and_read_on_all_cores() {
    let (line, address) = start(&["--cores", "2"]);
    let mut wire = Wire::connect(line.broker.address());
    assert_eq!(create_topic(&mut wire, "numbers", 4, &[]), NONE);
    let batch = Batch::of(&[b"one", b"two", b"three"]).encode();
    let (mut bytes_in, mut bytes_out) = (0, 0);
    for partition in 0..4 {
        for _ in 0..=partition {
            let (code, _) = produce_batch(&mut wire, "numbers", partition, &batch, ACKS_ALL);
            assert_eq!(code, NONE);
            bytes_in += batch.len();
        }
    }
    for _ in 0..2 {
        let (code, records) = fetch(&mut wire, "numbers", 3, 0);
        assert_eq!((code, records.len()), (NONE, 4 * batch.len()));
        bytes_out += records.len();
    }
    let (code, records) = fetch(&mut wire, "numbers", 3, 3);
    assert_eq!((code, records.len()), (NONE, 3 * batch.len()));
    bytes_out += records.len();

    let metrics = Metrics::of(address);
    let value = |series: &str| metrics.value(series);
    let (bytes_in, bytes_out) = (bytes_in as f64, bytes_out as f64);
    assert_eq!(
        value("corelane_messages_in_total{topic=\"numbers\"}"),
        Some(30.0)
    );
    assert_eq!(
        value("corelane_bytes_in_total{topic=\"numbers\"}"),
        Some(bytes_in)
    );
    assert_eq!(
        value("corelane_bytes_out_total{topic=\"numbers\"}"),
        Some(bytes_out)
    );
    assert_eq!(metrics.sum("corelane_core_messages_in_total"), 30.0);
    assert_eq!(metrics.sum("corelane_core_bytes_in_total"), bytes_in);
    assert_eq!(metrics.sum("corelane_core_bytes_out_total"), bytes_out);
    assert_eq!(metrics.sum("corelane_log_size_bytes"), bytes_in);
    for (family, number) in [
        ("size_bytes", bytes_in * 0.4),
        ("start_offset", 0.0),
        ("end_offset", 12.0),
    ] {
        let series = format!("corelane_log_{family}{{topic=\"numbers\",partition=\"3\"}}");
        assert_eq!(value(&series), Some(number), "{series}");
    }
    // Each core owns two of the partitions, and tells of its own.
    for (series, messages) in metrics.series("corelane_core_messages_in_total") {
        assert!((9.0..=21.0).contains(&messages), "{series} {messages}");
    }
    for (request, count) in [("Produce", 10.0), ("Fetch", 3.0), ("CreateTopics", 1.0)] {
        let series = format!("corelane_requests_total{{request=\"{request}\"}}");
        assert_eq!(value(&series), Some(count), "{series}");
        let series = format!("corelane_request_duration_seconds_count{{request=\"{request}\"}}");
        assert_eq!(value(&series), Some(count), "{series}");
    }
    // Each batch was flushed, and before it the epoch's files, by other means.
    assert_eq!(
        value("corelane_log_flush_duration_seconds_count"),
        Some(10.0)
    );
    assert!(metrics.sum("corelane_log_written_bytes_total") >= 10.0 * 4096.0);
    assert_eq!(value("corelane_reads_total{from=\"memory\"}"), Some(3.0));
    assert_eq!(
        value("corelane_read_bytes_total{from=\"memory\"}"),
        Some(bytes_out)
    );
    assert_eq!(metrics.sum("corelane_connections"), 1.0);
    assert_eq!(value("corelane_watchdog_kicks_total"), Some(0.0));
}

#[test]
fn errors_are_counted_by_api_and_code() {
    let (line, address) = start(&["--auto-create-topics", "false"]);
    let mut wire = Wire::connect(line.broker.address());
    let batch = Batch::of(&[b"lost"]).encode();
    for _ in 0..3 {
        let (code, _) = produce_batch(&mut wire, "nowhere", 0, &batch, ACKS_ALL);
        assert_eq!(code, calls::UNKNOWN_TOPIC_OR_PARTITION);
    }
    let (code, _) = fetch(&mut wire, "nowhere", 0, 0);
    assert_eq!(code, calls::UNKNOWN_TOPIC_OR_PARTITION);
    let metrics = Metrics::of(address);
    for (request, count) in [("Produce", 3.0), ("Fetch", 1.0)] {
        let series = format!(
            "corelane_request_errors_total{{request=\"{request}\",error=\"UNKNOWN_TOPIC_OR_PARTITION\"}}"
        );
        assert_eq!(metrics.value(&series), Some(count), "{series}");
    }
    assert_eq!(metrics.sum("corelane_request_errors_total"), 4.0);
}

#[test]
fn what_kcat_writes_is_counted_to_the_record() {
    if !clients_are_installed("what_kcat_writes_is_counted_to_the_record") {
        return;
    }
    let (line, address) = start(&["--num-partitions", "3"]);
    let mut kcat = bound_to_this_test("kcat");
    kcat.args(["-P", "-b", &line.broker.bootstrap(), "-t", "words"]);
    let mut process = kcat.stdin(Stdio::piped()).spawn().expect("kcat starts");
    let mut input = process.stdin.take().expect("it is piped");
    for number in 0..1234 {
        writeln!(input, "{number}").expect("kcat reads");
    }
    drop(input);
    assert!(process.wait().expect("kcat ends").success());
    let mut kcat = bound_to_this_test("kcat");
    kcat.args([
        "-C",
        "-e",
        "-q",
        "-b",
        &line.broker.bootstrap(),
        "-t",
        "words",
    ]);
    let read = finished(&mut kcat);
    assert_eq!(
        read.stdout.iter().filter(|byte| **byte == b'\n').count(),
        1234
    );
    let metrics = Metrics::of(address);
    let of_topic = |family: &str| metrics.value(&format!("{family}{{topic=\"words\"}}"));
    assert_eq!(of_topic("corelane_messages_in_total"), Some(1234.0));
    assert_eq!(
        of_topic("corelane_bytes_in_total"),
        Some(metrics.sum("corelane_log_size_bytes"))
    );
    assert!(of_topic("corelane_bytes_out_total") >= of_topic("corelane_bytes_in_total"));
}

#[test]
fn the_lag_of_a_group_is_what_it_has_not_committed() {
    let (line, address) = start(&["--offsets-topic-partitions", "3"]);
    line.run("topic create flights --partitions 2").text();
    let records: String = (0..100).map(|number| format!("{number}\n")).collect();
    line.run_with("produce flights --partition 0", records.as_bytes())
        .text();
    line.run("group reset-offsets billing --topic flights:0 --to-offset 30 --execute")
        .text();
    line.run("group reset-offsets billing --topic flights:1 --to-earliest --execute")
        .text();
    let labels = |partition: u8| {
        format!("{{consumergroup=\"billing\",topic=\"flights\",partition=\"{partition}\"}}")
    };
    let metrics = look_until(address, |metrics| {
        metrics
            .value(&format!("corelane_consumergroup_lag{}", labels(1)))
            .is_some()
    });
    for (family, partition, number) in [
        ("lag", 0, 70.0),
        ("current_offset", 0, 30.0),
        ("lag", 1, 0.0),
        ("current_offset", 1, 0.0),
    ] {
        let series = format!("corelane_consumergroup_{family}{}", labels(partition));
        assert_eq!(metrics.value(&series), Some(number), "{series}");
    }
    let members = "corelane_consumergroup_members{consumergroup=\"billing\",state=\"Empty\"}";
    assert_eq!(metrics.value(members), Some(0.0));

    let metrics_flag = format!("top --once --json --interval-s 1 --metrics {address}");
    let view = &line.run(&metrics_flag).json()[0];
    assert_eq!(view["groups"][0]["group"], "billing");
    assert_eq!(view["groups"][0]["lag"], 70);
    assert_eq!(view["groups"][0]["partitions"], 2);
    let topic = view["topics"].as_array().expect("a list");
    let topic = topic.iter().find(|topic| topic["topic"] == "flights");
    assert_eq!(topic.expect("it is listed")["partitions"], 2);
    assert!(!view["cores"].as_array().expect("a list").is_empty());
}

#[test]
fn a_partition_that_refuses_writes_is_named_with_the_reason() {
    let (mut line, address) = start(&[]);
    let mut wire = Wire::connect(line.broker.address());
    assert_eq!(create_topic(&mut wire, "hurt", 2, &[]), NONE);
    let batch = Batch::of(&[b"some"]).encode();
    for _ in 0..3 {
        let (code, _) = produce_batch(&mut wire, "hurt", 1, &batch, ACKS_ALL);
        assert_eq!(code, NONE);
    }
    assert_eq!(
        Metrics::of(address).value("corelane_partitions_refusing"),
        Some(0.0)
    );
    drop(wire);
    assert!(line.broker.stop().success());
    // The mark of a clean stop would spare the start its look.
    std::fs::remove_file(line.broker.data().join(".clean-stop")).expect("the stop was clean");
    let log = line.broker.data().join("hurt-1/00000000000000000000.log");
    let mut bytes = std::fs::read(&log).expect("the log is there");
    bytes[batch.len() + 70] ^= 1;
    std::fs::write(&log, bytes).expect("the log is ours");
    for saved in ["index", "timeindex", "snapshot"] {
        let folder = std::fs::read_dir(log.parent().expect("a folder")).expect("it is there");
        for entry in folder.map(|entry| entry.expect("it is there").path()) {
            if entry
                .extension()
                .is_some_and(|extension| extension == saved)
            {
                std::fs::remove_file(entry).expect("it is ours");
            }
        }
    }
    line.broker.restart();
    wait_until_ready(address);
    let metrics = Metrics::of(address);
    assert_eq!(
        metrics.value("corelane_partitions_refusing"),
        Some(1.0),
        "{}",
        line.broker.server().output()
    );
    let refusing: Vec<(&str, f64)> = metrics.series("corelane_partition_refuses").collect();
    let [(series, 1.0)] = refusing[..] else {
        panic!("one partition is named: {refusing:?}");
    };
    assert!(
        series.starts_with("corelane_partition_refuses{topic=\"hurt\",partition=\"1\",reason=\""),
        "{series}"
    );
    assert!(
        series.contains("00000000000000000000"),
        "the reason names the file: {series}"
    );
}

#[test]
fn a_broker_that_stops_is_alive_and_not_ready() {
    let (mut line, address) = start(&[]);
    let broker = line.broker.address();
    let mut wire = Wire::connect(broker);
    assert_eq!(create_topic(&mut wire, "large", 1, &[]), NONE);
    let batch = Batch::of(&[&vec![b'x'; 900_000]]).encode();
    for _ in 0..8 {
        let (code, _) = produce_batch(&mut wire, "large", 0, &batch, ACKS_ALL);
        assert_eq!(code, NONE);
    }
    // A client that asks for much and takes nothing keeps the broker from stopping at once.
    for _ in 0..16 {
        wire.send(&fetch_request("large", 0, 0, 0).frame());
    }
    look_until(address, |metrics| {
        metrics.value("corelane_requests_total{request=\"Fetch\"}") >= Some(1.0)
    });
    let pid = line.broker.server().pid().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(sent.expect("kill runs").success());
    let deadline = Instant::now() + LIMIT;
    let mut seen = None;
    while seen.is_none() {
        assert!(Instant::now() < deadline, "it was never seen stopping");
        let answer = try_get(address, "/ready").expect("the port answers until the end");
        if answer.status == 503 {
            seen = Some(answer);
        }
    }
    let answer = seen.expect("the loop ends with it");
    assert!(answer.body.contains("stopping"), "{}", answer.body);
    assert_eq!(get(address, "/health").status, 200);
    assert_eq!(get(address, "/metrics").status, 503);
    drop(wire);
    assert!(line.broker.server().wait_for_exit(LIMIT).success());
    assert!(TcpStream::connect(address).is_err(), "the port is free");
}

#[test]
fn bad_http_harms_neither_the_metrics_nor_the_broker() {
    let (line, address) = start(&[]);
    let mut wire = Wire::connect(line.broker.address());
    assert_eq!(create_topic(&mut wire, "calm", 1, &[]), NONE);
    let idle: Vec<TcpStream> = (0..100)
        .map(|_| TcpStream::connect(address).expect("it accepts"))
        .collect();
    let mut slow = TcpStream::connect(address).expect("it accepts");
    slow.write_all(b"GET /metr").expect("it is read");
    for (request, status) in [
        (vec![0; 100_000], 400),
        (b"GET /metrics HTTP/9.9\r\n\r\n".to_vec(), 400),
        (
            [b"GET / HTTP/1.1\r\nA: ".as_slice(), &[b'a'; 100_000]].concat(),
            431,
        ),
        (b"DELETE /metrics HTTP/1.1\r\n\r\n".to_vec(), 405),
        (b"GET /../../etc/passwd HTTP/1.1\r\n\r\n".to_vec(), 404),
    ] {
        let mut stream = TcpStream::connect(address).expect("it accepts");
        // The server stops reading when it has seen enough.
        let _ = stream.write_all(&request);
        let answer = read_answer(&mut stream);
        assert_eq!(answer.map(|answer| answer.status), Some(status));
    }
    let batch = Batch::of(&[b"fine"]).encode();
    let (code, _) = produce_batch(&mut wire, "calm", 0, &batch, ACKS_ALL);
    assert_eq!(code, NONE);
    let metrics = Metrics::of(address);
    assert_eq!(
        metrics.value("corelane_messages_in_total{topic=\"calm\"}"),
        Some(1.0)
    );
    // Those that say nothing have lost their places to others, or lose them when their time is up.
    let open_files = metrics.value("process_open_fds").expect("it is told");
    assert!(open_files < 200.0, "{open_files} open files");
    drop((idle, slow));
}

#[test]
fn a_second_broker_does_without_the_default_port_and_refuses_one_that_was_asked_for() {
    // Held by this test, or by another broker of this machine: it is taken in any case.
    let default = TcpListener::bind("127.0.0.1:9644");
    let mut broker = Broker::start_corelane(&[]);
    let deadline = Instant::now() + LIMIT;
    while !broker.server().output().contains("metrics     none") {
        assert!(Instant::now() < deadline, "{}", broker.server().output());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(broker.server().output().contains("no metrics are served"));
    drop(default);

    let holder = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let taken = holder.local_addr().expect("a bound socket has an address");
    let folder = tempfile::tempdir_in(support::broker::scratch_parent()).expect("scratch");
    let mut command = corelane_serve(folder.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let refused = finished(command.args(["--metrics-listen", &taken.to_string()]));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(78), "{said}");
    assert!(
        said.contains(&taken.to_string()) && said.contains("--metrics-listen"),
        "{said}"
    );
    drop(holder);
    for (address, code) in [("0.0.0.0:9644", 2), ("everywhere", 2)] {
        let mut command = corelane();
        let refused = finished(command.args(["config", "show", "--metrics-listen", address]));
        assert_eq!(refused.status.code(), Some(code), "{address}");
    }
}

#[test]
fn top_says_what_to_do_where_there_are_no_metrics() {
    let folder = tempfile::tempdir_in(support::broker::scratch_parent()).expect("scratch");
    let top = |flag: &str, variable: &str| {
        let mut command = corelane();
        command.current_dir(folder.path()).args(["top", "--once"]);
        if !flag.is_empty() {
            command.args(["--metrics", flag]);
        }
        finished(command.env("CORELANE_METRICS_LISTEN", variable))
    };
    let off = top("", "none");
    assert_eq!(off.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&off.stderr).contains("--metrics-listen"));
    let nobody = format!("127.0.0.1:{}", free_port());
    let nobody = top(&nobody, "none");
    assert_eq!(nobody.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("--metrics"));
    let broker = Broker::start_corelane(&["--metrics-listen", "none"]);
    let wrong_port = top(&broker.bootstrap(), "none");
    assert!(matches!(wrong_port.status.code(), Some(1 | 75)));
}

#[test]
fn top_into_a_closed_pipe_is_a_success_and_without_a_terminal_it_prints_once() {
    let (line, address) = start(&[]);
    let plain = line
        .run(&format!("top --interval-s 1 --metrics {address}"))
        .text();
    for word in ["core", "CPU %", "topic", "up "] {
        assert!(plain.contains(word), "no {word} in {plain}");
    }
    assert!(
        !plain.contains('\u{1b}'),
        "no terminal, no control sequences"
    );
    let mut command = corelane();
    command.args([
        "top",
        "--json",
        "--interval-s",
        "1",
        "--metrics",
        &address.to_string(),
    ]);
    let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
    drop(process.stdout.take());
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = process.try_wait().expect("it is ours") {
            break status;
        }
        assert!(Instant::now() < deadline, "it goes on without a reader");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_documents_name_exactly_the_metrics_that_there_are() {
    let (_line, address) = start(&[]);
    let metrics = Metrics::of(address);
    let mut printed = metrics.families();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let operations = std::fs::read_to_string(root.join("docs/operations.md")).expect("it is there");
    let rows = operations
        .lines()
        .filter_map(|line| line.strip_prefix("| `"));
    let named = rows.filter_map(|row| row.split('`').next());
    let mut named: Vec<&str> = named
        .map(|name| name.split('{').next().unwrap_or_default())
        .filter(|name| name.starts_with("corelane_") || name.starts_with("process_"))
        .collect();
    let count = printed.len();
    printed.sort_unstable();
    printed.dedup();
    assert_eq!(printed.len(), count, "a family is printed twice");
    named.sort_unstable();
    assert_eq!(named, printed);

    let dashboard = root.join("docs/grafana-dashboard.json");
    let dashboard = std::fs::read_to_string(dashboard).expect("it is there");
    let parsed: serde_json::Value = serde_json::from_str(&dashboard).expect("it is JSON");
    assert!(
        parsed["panels"]
            .as_array()
            .is_some_and(|panels| !panels.is_empty())
    );
    let words = dashboard.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    for word in words.filter(|word| word.starts_with("corelane_") || word.starts_with("process_")) {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| word.strip_suffix(suffix))
            .unwrap_or(word);
        assert!(printed.contains(&family), "the dashboard asks for {word}");
    }
}

#[test]
fn a_parser_of_prometheus_reads_what_is_printed() {
    let test = "a_parser_of_prometheus_reads_what_is_printed";
    if !clients_are_installed(test) {
        return;
    }
    let python = clients_folder().join("venv/bin/python");
    let (line, address) = start(&[]);
    line.run("topic create flights --partitions 2").text();
    line.run_with("produce flights", b"a\nb\n").text();
    let program = "import sys
from prometheus_client.parser import text_string_to_metric_families as parse
families = {family.name: family for family in parse(sys.stdin.read())}
messages = {tuple(sample.labels.items()): sample.value for sample in families['corelane_messages_in'].samples}
print(len(families), families['corelane_request_duration_seconds'].type, int(messages[(('topic', 'flights'),)]))";
    let mut command = bound_to_this_test(python);
    command.args(["-c", program]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut process) = command.spawn() else {
        return skip(test, "Python does not start");
    };
    let metrics = Metrics::of(address);
    let mut input = process.stdin.take().expect("it is piped");
    input.write_all(metrics.0.as_bytes()).expect("it is read");
    drop(input);
    let output = process.wait_with_output().expect("it is ours");
    let printed = String::from_utf8_lossy(&output.stdout);
    let wanted = format!("{} histogram 2\n", metrics.families().len());
    assert_eq!(printed, wanted);
}

#[test]
fn a_broker_that_opens_its_logs_is_alive_before_it_is_ready() {
    let (mut line, address) = start(&[]);
    line.run("topic create many --partitions 1000").text();
    line.broker.server().kill();
    let log = line.broker.scratch().join("again.log");
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut command = corelane_serve(line.broker.data(), listen);
    command.args(["--metrics-listen", &address.to_string()]);
    let _server = Server::start(command, &log);
    let deadline = Instant::now() + LIMIT;
    let mut starting = None;
    loop {
        assert!(Instant::now() < deadline, "never ready");
        match try_get(address, "/ready") {
            Some(answer) if answer.status == 200 => break,
            Some(answer) => starting = Some(answer),
            None => {}
        }
    }
    let starting = starting.expect("1000 partitions are not open at once");
    assert_eq!(starting.status, 503);
    assert!(starting.body.contains("starting"), "{}", starting.body);
}
