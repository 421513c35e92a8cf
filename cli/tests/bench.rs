//! `corelane bench run`, `report` and `compare` as processes against brokers over real sockets: what they write, what they
//! say of a broker that misbehaves, and how they end.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use corelane_bench::null_broker::{InjectedFault, NullBroker};
use serde_json::Value;
use support::broker::{corelane, scratch_parent};
use support::command::CommandLine;
use support::http::{Metrics, try_get};
use support::process::{free_port, run};
use tempfile::TempDir;

/// A start, and 200 requests a second that are read at the tail.
const MINE: &str = "
name: mine
about: What a test runs.
steps:
  - name: start
    start: true
  - name: written
    topic: {partitions: 2}
    produce: {record_bytes: 100, records_per_batch: 2, acks: all, durable: true, connections: 2, in_flight: 64, rate: {records_per_s: 400}}
  - name: read
    topic: {partitions: 2}
    produce: {record_bytes: 100, records_per_batch: 2, connections: 2, in_flight: 64, rate: {records_per_s: 400}}
    fetch: {connections: 1, in_flight: 1, from: tail, at_end: wait}
";
/// 500 requests a second over one connection, with room for all that are due while the broker is silent.
const STEADY: &str = "
name: steady
steps:
  - name: 500/s
    topic: {partitions: 1}
    produce: {record_bytes: 100, records_per_batch: 1, connections: 1, in_flight: 256, rate: {records_per_s: 500}}
";
/// How long a broker is silent.
const STALL: Duration = Duration::from_millis(200);
/// How long something may take that takes a moment.
const LIMIT: Duration = Duration::from_secs(30);

/// A folder for workloads, data and results.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::tempdir_in(scratch_parent()).expect("a scratch directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn workload(&self, text: &str) -> String {
        let path = self.path("workload.yaml");
        fs::write(&path, text).expect("the folder is writable");
        path.display().to_string()
    }

    /// `corelane bench …` with these arguments, split at blanks, in the folder.
    fn bench(&self, arguments: &str) -> Command {
        let mut command = corelane();
        command
            .arg("bench")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .stdin(Stdio::null());
        command
    }

    fn json(&self, name: &str) -> Value {
        let text = fs::read_to_string(self.path(name)).expect("the result was written");
        serde_json::from_str(&text).expect("the result is JSON")
    }
}

fn output(mut command: Command) -> Output {
    command.output().expect("the binary starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Demands a run without faults; on a busy machine the client may have been the limit, which has to be said then.
fn must_be_clean(output: &Output) -> String {
    let stderr = stderr(output);
    assert!(!stderr.contains("fault:"), "{stderr}");
    match output.status.code() {
        Some(0) => assert!(!stderr.contains("the client was the limit"), "{stderr}"),
        code => {
            assert_eq!(code, Some(1), "{stderr}");
            assert!(stderr.contains("the client was the limit"), "{stderr}");
        }
    }
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What was measured at a step of a target, in the first round.
fn measured<'a>(results: &'a Value, step: &str, target: &str) -> &'a Value {
    let runs = results["runs"].as_array().expect("a result has runs");
    let run = runs
        .iter()
        .find(|run| run["step"] == step && run["target"] == target);
    &run.unwrap_or_else(|| panic!("no {step} of {target}"))["outcome"]
}

#[test]
fn a_run_is_printed_written_reported_compared_and_done_again() {
    let scratch = Scratch::new();
    let workload = scratch.workload(MINE);
    let printed = must_be_clean(&output(scratch.bench(&format!(
        "run {workload} --start corelane --start null --directory data --rounds 1 --first-warm-up 0 --warm-up 0.1 \
         --seconds 0.6 --output first.json --hgrm latencies"
    ))));
    for words in [
        "mine: read",
        "end to end p99.99 ms",
        "corelane / null",
        "flushed to disk before each ack",
        "the target keeps nothing that could be read",
    ] {
        assert!(printed.contains(words), "no `{words}` in:\n{printed}");
    }
    let first = scratch.json("first.json");
    let start = &measured(&first, "start", "corelane")["measured"]["others"];
    let first_ms = start["start to first produce ms"].as_f64().unwrap();
    assert!((1.0..30_000.0).contains(&first_ms), "{first_ms}");
    let durable = &measured(&first, "written", "corelane")["measured"]["produce"];
    assert_eq!(durable["durability"]["on_disk_before_ack"], true);
    assert!(durable["server"]["process"]["user_cpu_s"].is_number());
    let read = &measured(&first, "read", "corelane")["measured"];
    assert!(read["end_to_end"]["count"].as_u64().unwrap() > 50, "{read}");
    // What the second broker wrote is gone, and the first one's data is there.
    assert!(!scratch.path("data/corelane-start-0").exists());
    assert!(scratch.path("data/corelane/data").is_dir());
    let curve = fs::read_to_string(scratch.path("latencies/corelane--mine--read--end-to-end.hgrm"));
    assert!(curve.unwrap().contains("1/(1-Percentile)"));

    must_be_clean(&output(
        scratch.bench("run --from first.json --output again.json"),
    ));
    let again = scratch.json("again.json");
    assert_eq!(again["plan"], first["plan"]);
    assert_eq!(
        again["runs"].as_array().unwrap().len(),
        first["runs"].as_array().unwrap().len()
    );

    let compared = output(scratch.bench("compare first.json again.json"));
    assert_eq!(compared.status.code(), Some(0), "{}", stderr(&compared));
    let text = String::from_utf8_lossy(&compared.stdout).into_owned();
    assert!(text.contains("too few rounds"), "{text}");

    run(&mut scratch.bench("report first.json again.json --output page.html"));
    let page = fs::read_to_string(scratch.path("page.html")).expect("the page was written");
    assert!(page.contains("<h2>first</h2>") && page.contains("<h2>again</h2>"));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
}

/// One second of [`STEADY`] against a broker with a fault: the result, the exit code and standard error.
fn run_against(fault: InjectedFault) -> (Value, Option<i32>, String) {
    let scratch = Scratch::new();
    let workload = scratch.workload(STEADY);
    let broker = NullBroker::start("127.0.0.1:0", vec![fault]).expect("loopback has a free port");
    let output = output(scratch.bench(&format!(
        "run {workload} --target one={} --rounds 1 --first-warm-up 0 --warm-up 0.1 --seconds 1 --output r.json",
        broker.address()
    )));
    let (code, stderr) = (output.status.code(), stderr(&output));
    (scratch.json("r.json"), code, stderr)
}

#[test]
fn a_broker_that_is_silent_once_for_200_ms_shows_in_the_latencies() {
    let (result, _, stderr) = run_against(InjectedFault::Stall {
        request: 300,
        pause: STALL,
    });
    assert!(!stderr.contains("fault:"), "{stderr}");
    must_show_the_stall(&measured(&result, "500/s", "one")["measured"]["produce"]);
}

fn must_show_the_stall(produce: &Value) {
    let quantile = |name: &str| produce["latency"][name].as_f64().expect("a figure");
    assert!(quantile("max_ms") >= 190.0, "{}", quantile("max_ms"));
    // A tenth of the requests or more was due meanwhile; a closed loop would have shown one.
    assert!(quantile("p99_ms") >= 100.0, "{}", quantile("p99_ms"));
    let points = produce["timeline"].as_array().expect("a timeline");
    let is_slow = |point: &Value| point["p99_ms"].as_f64().is_some_and(|ms| ms >= 100.0);
    assert!(points.iter().any(is_slow), "{points:?}");
}

#[test]
fn a_dropped_answer_is_told_on_standard_error_and_by_the_exit_code() {
    let (_, code, stderr) = run_against(InjectedFault::DropAnswer { request: 300 });
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("fault: one, steady, 500/s, round 1: 1 answers were dropped"),
        "{stderr}"
    );
}

#[test]
fn an_early_answer_is_told_on_standard_error_and_by_the_exit_code() {
    let (_, code, stderr) = run_against(InjectedFault::AnswerEarly { request: 300 });
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("fault:"), "{stderr}");
}

#[test]
fn a_client_that_is_held_up_itself_is_a_warning_and_exit_code_1() {
    let scratch = Scratch::new();
    let workload = scratch.workload(STEADY);
    let broker = NullBroker::start("127.0.0.1:0", Vec::new()).expect("loopback has a free port");
    let bench = scratch.bench(&format!(
        "run {workload} --target one={} --rounds 1 --first-warm-up 0 --warm-up 0.1 --seconds 1.5",
        broker.address()
    ));
    let running = in_the_background(bench);
    let deadline = Instant::now() + LIMIT;
    while broker.requests() < 200 {
        assert!(Instant::now() < deadline, "{} requests", broker.requests());
        std::thread::sleep(Duration::from_millis(5));
    }
    hold_up(running.id());
    let output = running.wait_with_output().expect("the child is ours");
    let stderr = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("warning: the client was the limit: one, steady, 500/s, round 1"),
        "{stderr}"
    );
    assert!(!stderr.contains("fault:"), "{stderr}");
}

#[test]
fn a_corelane_that_the_kernel_holds_up_for_200_ms_shows_in_the_latencies() {
    let scratch = Scratch::new();
    let workload = scratch.workload(STEADY);
    let metrics = format!("127.0.0.1:{}", free_port());
    let mut line = CommandLine::start_with(&["--metrics-listen", &metrics]);
    let pid = line.broker.server().pid();
    let bench = scratch.bench(&format!(
        "run {workload} --target real={} --pid real={pid} --rounds 1 --first-warm-up 0 --warm-up 0.1 --seconds 2 \
         --output r.json",
        line.broker.bootstrap()
    ));
    let running = in_the_background(bench);
    wait_for_messages(&metrics, 200.0, running.id());
    hold_up(pid);
    let output = running.wait_with_output().expect("the child is ours");
    let stderr = stderr(&output);
    assert!(!stderr.contains("fault:"), "{stderr}");
    let result = scratch.json("r.json");
    must_show_the_stall(&measured(&result, "500/s", "real")["measured"]["produce"]);
}

fn wait_for_messages(metrics: &str, wanted: f64, bench: u32) {
    let address = metrics.parse().expect("an address");
    let deadline = Instant::now() + LIMIT;
    loop {
        let answer = try_get(address, "/metrics").filter(|answer| answer.status == 200);
        let written = answer.map(|answer| Metrics(answer.body).sum("corelane_messages_in_total"));
        if written.is_some_and(|written| written >= wanted) {
            return;
        }
        let is_there = Path::new(&format!("/proc/{bench}")).exists();
        assert!(is_there && Instant::now() < deadline, "{written:?} written");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Takes the CPU from a process for the time of a stall.
fn hold_up(pid: u32) {
    signal("STOP", pid);
    std::thread::sleep(STALL);
    signal("CONT", pid);
}

fn signal(name: &str, pid: u32) {
    run(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]));
}

fn in_the_background(mut command: Command) -> Child {
    command
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

#[test]
fn a_workload_with_an_unknown_key_is_refused_by_its_name() {
    let scratch = Scratch::new();
    let workload = scratch.workload(&STEADY.replace("in_flight", "inflight"));
    let output = output(scratch.bench(&format!("run {workload} --target one=127.0.0.1:1")));
    assert_eq!(output.status.code(), Some(2));
    let stderr = stderr(&output);
    assert!(stderr.contains("steps[0].produce.inflight"), "{stderr}");
}
