//! Kafka Streams, exactly once: a word count over the text of the flights, and a join of their departures with their arrivals,
//! while the program and the broker are killed. What is committed at the end is what the same computation gives offline:
//! nothing is missing, nothing is there twice.
//!
//! The suite runs against Apache Kafka as well: `CORELANE_TEST_TARGET=kafka cargo test -p corelane --test kafka_streams`.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::broker::Broker;
use support::clients::create_topics;
use support::flights::flights;
use support::kafka::java;
use support::process::{Server, bound_to_this_test, run};
use support::{clients_are_installed, clients_folder, report};

const PARTITIONS: i32 = 4;
/// Small segments, so that transactions meet rolls.
const CONFIG: &str = "segment.bytes=1048576,retention.ms=-1";
/// The flights are written in so many portions; the program is killed while each but the last is worked on.
const PORTIONS: usize = 4;
/// Lines that are written at once, and the pause behind them.
const CHUNK: usize = 20;
const CHUNK_PAUSE: Duration = Duration::from_millis(40);
/// How long the program may take until it runs, or until all that was written is worked on.
const LIMIT: Duration = Duration::from_secs(180);
/// How long the program may take to end in good order.
const STOP_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// What a topic holds of what is committed: the values of each key, in order.
type Values = BTreeMap<String, Vec<String>>;

/// A program of Kafka Streams and what it works on.
struct Computation {
    /// Which of them, as the program calls them.
    program: &'static str,
    /// The lines of each input, as many in each, with the topic.
    inputs: Vec<(&'static str, Vec<String>)>,
    /// Whether the lines begin with a key.
    has_keys: bool,
    output: &'static str,
    /// The same computed here, of the first lines of each input.
    offline: fn(&[&[String]]) -> Values,
}

impl Computation {
    fn lines(&self) -> usize {
        self.inputs[0].1.len()
    }

    fn portion_begin(&self, portion: usize) -> usize {
        self.lines() * portion / PORTIONS
    }

    fn portion_end(&self, portion: usize) -> usize {
        self.portion_begin(portion + 1)
    }

    fn expected(&self, lines: usize) -> Values {
        let inputs = self.inputs.iter().map(|(_, all)| &all[..lines]);
        (self.offline)(&inputs.collect::<Vec<&[String]>>())
    }

    fn topics(&self) -> Vec<String> {
        let inputs = self.inputs.iter().map(|(topic, _)| *topic);
        inputs.chain([self.output]).map(str::to_owned).collect()
    }
}

/// The program as a process that can be killed and started again.
struct Program<'a> {
    computation: &'a Computation,
    process: Server,
    state: PathBuf,
    started: usize,
}

impl<'a> Program<'a> {
    fn start(broker: &Broker, computation: &'a Computation) -> Self {
        let state = broker.scratch().join("state");
        Program {
            process: launch(broker, computation, &state),
            computation,
            state,
            started: 1,
        }
    }

    /// SIGKILL.
    fn kill(&mut self) {
        self.process.kill();
    }

    fn start_again(&mut self, broker: &Broker) {
        self.process = launch(broker, self.computation, &self.state);
        self.started += 1;
    }

    /// Takes its local state away, so that all of it comes from the topics in which the broker keeps it.
    fn lose_state(&self) {
        std::fs::remove_dir_all(&self.state).expect("the program has kept state");
    }

    /// Waits until it says that its last start has led to a program that runs.
    fn wait_until_it_runs(&mut self, before: usize) {
        let deadline = Instant::now() + LIMIT;
        while self.times_it_ran() <= before {
            self.assert_time_is_left(deadline, "it does not run");
            std::thread::sleep(POLL);
        }
    }

    fn times_it_ran(&self) -> usize {
        let said = self.process.output();
        said.lines().filter(|line| *line == "state RUNNING").count()
    }

    fn assert_time_is_left(&mut self, deadline: Instant, complaint: &str) {
        let is_in_time = Instant::now() < deadline;
        assert!(
            is_in_time && self.process.is_alive(),
            "{complaint}:\n{}",
            self.process.output()
        );
    }

    /// SIGTERM; it commits what it has.
    fn stop(&mut self) {
        self.process.terminate(STOP_LIMIT);
        let said = self.process.output();
        assert!(said.lines().any(|line| line == "closed"), "{said}");
    }
}

fn launch(broker: &Broker, computation: &Computation, state: &Path) -> Server {
    let mut command = java("192m");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]);
    // The library of the store is unpacked there at each start, and stays when the program is killed.
    let scratch = broker.scratch().display();
    command.arg(format!("-Djava.io.tmpdir={scratch}"));
    command.args(["StreamsProgram", &broker.bootstrap()]);
    command.arg(state).args([computation.program]);
    command.args(computation.topics());
    Server::start(command, &broker.scratch().join("streams.log"))
}

/// Writes lines to a topic, slowly, until all are acknowledged.
fn write(broker: &Broker, topic: &str, has_keys: bool, lines: &[String]) -> JoinHandle<()> {
    let mut command = bound_to_this_test("kcat");
    command.args(["-P", "-E", "-b", &broker.bootstrap(), "-t", topic, "-q"]);
    command.args(["-X", "acks=all", "-X", "enable.idempotence=true"]);
    command.args(["-X", "sticky.partitioning.linger.ms=0"]);
    command.args(["-X", "reconnect.backoff.max.ms=200"]);
    if has_keys {
        command.args(["-K", "\t"]);
    }
    let lines = lines.to_vec();
    std::thread::spawn(move || write_slowly(&mut command, &lines))
}

fn write_slowly(kcat: &mut Command, lines: &[String]) {
    let mut process = kcat.stdin(Stdio::piped()).spawn().expect("kcat starts");
    let mut input = process.stdin.take().expect("it is piped");
    for chunk in lines.chunks(CHUNK) {
        for line in chunk {
            writeln!(input, "{line}").expect("kcat reads");
        }
        std::thread::sleep(CHUNK_PAUSE);
    }
    drop(input);
    assert!(process.wait().expect("kcat ends").success());
}

/// What is committed in a topic: librdkafka reads no more unless it is asked to.
fn read(broker: &Broker, topic: &str) -> Values {
    let mut command = bound_to_this_test("kcat");
    command.args(["-C", "-b", &broker.bootstrap(), "-t", topic]);
    command.args(["-o", "beginning", "-e", "-q", "-f", "%k\t%s\n"]);
    command.args(["-X", "fetch.wait.max.ms=10"]);
    let text = String::from_utf8(run(&mut command)).expect("text");
    let mut values = Values::new();
    for line in text.lines() {
        let (key, value) = line.split_once('\t').expect("a key and a value");
        let of_key = values.entry(key.to_owned()).or_default();
        of_key.push(value.to_owned());
    }
    values
}

fn count(values: &Values) -> usize {
    values.values().map(Vec::len).sum()
}

/// The first key whose values are not those that were expected.
fn fault(expected: &Values, committed: &Values) -> Option<String> {
    let keys = expected.keys().chain(committed.keys());
    let mut differing = keys.filter(|key| expected.get(*key) != committed.get(*key));
    let key = differing.next()?;
    let (wanted, there) = (expected.get(key), committed.get(key));
    Some(format!("{key}: {there:?} is committed, not {wanted:?}"))
}

/// Waits until so many records are committed.
fn wait_until_committed(broker: &Broker, program: &mut Program<'_>, wanted: usize) -> usize {
    let deadline = Instant::now() + LIMIT;
    loop {
        let committed = count(&read(broker, program.computation.output));
        if committed >= wanted {
            return committed;
        }
        let complaint = format!("{committed} of {wanted} are committed");
        program.assert_time_is_left(deadline, &complaint);
        std::thread::sleep(POLL);
    }
}

/// What is killed while a portion is worked on.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Program,
    ProgramAndItsState,
    ProgramAndBroker,
}

/// Runs a computation whose program is killed in the midst of each portion but the last, and compares what is committed then.
/// `in_order` is how the values of a key compare: as they are, or sorted where several threads may exchange them.
fn runs_exactly_once_under(
    blows: [Blow; PORTIONS - 1],
    computation: &Computation,
    in_order: fn(Values) -> Values,
) {
    let mut broker = Broker::start();
    let topics = computation.topics();
    create_topics(&broker.bootstrap(), PARTITIONS, CONFIG, &topics);
    let mut program = Program::start(&broker, computation);
    let started = Instant::now();
    program.wait_until_it_runs(0);
    for (portion, blow) in blows.into_iter().enumerate() {
        strike_in_the_midst_of(portion, blow, &mut broker, &mut program);
    }
    join_all(write_portion(&broker, computation, PORTIONS - 1));
    let expected = computation.expected(computation.lines());
    wait_until_committed(&broker, &mut program, count(&expected));
    program.stop();
    let committed = in_order(read(&broker, computation.output));
    assert_eq!(fault(&expected, &committed), None);
    report(&format!(
        "{}: {} lines in each input, {} results, each once, with {} starts after {:?}",
        computation.program,
        computation.lines(),
        count(&committed),
        program.started,
        started.elapsed()
    ));
}

/// Writes a portion, kills when a third of what it leads to is committed, and waits until the program runs again.
fn strike_in_the_midst_of(
    portion: usize,
    blow: Blow,
    broker: &mut Broker,
    program: &mut Program<'_>,
) {
    let computation = program.computation;
    let writing = write_portion(broker, computation, portion);
    let results = |lines| count(&computation.expected(lines));
    let before = results(computation.portion_begin(portion));
    let after = results(computation.portion_end(portion));
    let committed = wait_until_committed(broker, program, before + (after - before) / 3);
    let ran = program.times_it_ran();
    program.kill();
    match blow {
        Blow::Program => {}
        Blow::ProgramAndItsState => program.lose_state(),
        Blow::ProgramAndBroker => broker.crash_and_restart(),
    }
    program.start_again(broker);
    report(&format!(
        "{}: {blow:?} lost with {committed} of {after} committed",
        computation.program
    ));
    join_all(writing);
    program.wait_until_it_runs(ran);
}

fn join_all(writing: Vec<JoinHandle<()>>) {
    for writer in writing {
        writer.join().expect("the writer has ended well");
    }
}

fn write_portion(
    broker: &Broker,
    computation: &Computation,
    portion: usize,
) -> Vec<JoinHandle<()>> {
    let begin = computation.portion_begin(portion);
    let end = computation.portion_end(portion);
    let inputs = computation.inputs.iter();
    inputs
        .map(|(topic, lines)| write(broker, topic, computation.has_keys, &lines[begin..end]))
        .collect()
}

/// Lines of the flights' file that are counted; each has 19 words.
const COUNTED_LINES: usize = 3_000;

#[test]
fn a_word_count_under_kills_counts_each_word_of_the_flights_exactly_once() {
    if !clients_are_installed("the word count of Kafka Streams") {
        return;
    }
    let text = std::fs::read_to_string(clients_folder().join("flights.csv"));
    let text = text.expect("the flights are installed");
    let lines = text.lines().take(COUNTED_LINES).map(str::to_owned);
    let computation = Computation {
        program: "word-count",
        inputs: vec![("lines", lines.collect())],
        has_keys: false,
        output: "counts",
        offline: counts,
    };
    let blows = [
        Blow::Program,
        Blow::ProgramAndItsState,
        Blow::ProgramAndBroker,
    ];
    runs_exactly_once_under(blows, &computation, |values| values);
}

/// Each word with 1, 2, 3 and so on, as often as it is there.
fn counts(inputs: &[&[String]]) -> Values {
    let mut counts = Values::new();
    for word in inputs[0].iter().flat_map(|line| line.split(',')) {
        let of_word = counts.entry(word.to_owned()).or_default();
        of_word.push((of_word.len() + 1).to_string());
    }
    counts
}

/// Flights that are joined.
const JOINED_FLIGHTS: usize = 4_000;
/// As in `StreamsProgram.java`.
const WINDOW_MS: i64 = 6 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn a_join_under_kills_meets_each_departure_with_each_arrival_exactly_once() {
    if !clients_are_installed("the exactly-once join of Kafka Streams") {
        return;
    }
    let (departures, arrivals) = departures_and_arrivals(JOINED_FLIGHTS);
    let computation = Computation {
        program: "join",
        inputs: vec![("departures", departures), ("arrivals", arrivals)],
        has_keys: true,
        output: "meetings",
        offline: meetings,
    };
    let blows = [
        Blow::ProgramAndItsState,
        Blow::ProgramAndBroker,
        Blow::Program,
    ];
    runs_exactly_once_under(blows, &computation, sorted);
}

/// What is scheduled of each flight whose plane is known, as lines: the plane, the flight's row, the time.
fn departures_and_arrivals(count: usize) -> (Vec<String>, Vec<String>) {
    let flights = flights(count).into_iter().enumerate();
    let lines = flights.filter_map(|(row, flight)| {
        let plane = String::from_utf8(flight.key?).expect("tail numbers are text");
        let value: serde_json::Value = serde_json::from_slice(&flight.value).expect("JSON");
        let departure = flight.timestamp_ms;
        let clock = value["sched_arr_time"].as_i64().expect("it is scheduled");
        let day = departure - departure.rem_euclid(DAY_MS);
        let arrival = day + (clock / 100 * 60 + clock % 100) * 60_000;
        let next_day = if arrival < departure { DAY_MS } else { 0 };
        let line = |time_ms: i64| format!("{plane}\t{row} {time_ms}");
        Some((line(departure), line(arrival + next_day)))
    });
    lines.unzip()
}

/// The rows of departures and arrivals of a plane that lie no further apart than the window.
fn meetings(inputs: &[&[String]]) -> Values {
    let mut meetings = Values::new();
    let arrivals = by_plane(inputs[1]);
    for (plane, departures) in by_plane(inputs[0]) {
        let arrivals = arrivals.get(plane).map_or(&[][..], Vec::as_slice);
        for (row, departure_ms) in departures {
            let meets =
                |(_, arrival_ms): &&(&str, i64)| (arrival_ms - departure_ms).abs() <= WINDOW_MS;
            let met = arrivals.iter().filter(meets);
            let met = met.map(|(other, _)| format!("{row} {other}"));
            meetings.entry(plane.to_owned()).or_default().extend(met);
        }
    }
    meetings.retain(|_, of_plane| !of_plane.is_empty());
    sorted(meetings)
}

/// The rows and times of each plane.
fn by_plane(lines: &[String]) -> BTreeMap<&str, Vec<(&str, i64)>> {
    let mut planes: BTreeMap<&str, Vec<(&str, i64)>> = BTreeMap::new();
    for line in lines {
        let (plane, value) = line.split_once('\t').expect("a key and a value");
        let (row, time_ms) = value.split_once(' ').expect("a row and a time");
        let time_ms = time_ms.parse().expect("a number");
        planes.entry(plane).or_default().push((row, time_ms));
    }
    planes
}

/// In which order a plane's departures and arrivals are read is nobody's promise.
fn sorted(mut values: Values) -> Values {
    values.values_mut().for_each(|of_key| of_key.sort());
    values
}

#[test]
fn a_result_that_is_missing_or_doubled_is_a_fault() {
    let lines = ["a,b,a".to_owned(), "b".to_owned()];
    let expected = counts(&[&lines]);
    assert_eq!(expected["a"], ["1", "2"]);
    assert_eq!(fault(&expected, &expected), None);
    let mut committed = expected.clone();
    committed.get_mut("a").expect("a word").push("2".to_owned());
    assert!(fault(&expected, &committed).is_some());
    committed = expected.clone();
    committed.remove("b");
    assert!(fault(&expected, &committed).is_some());
    assert!(fault(&committed, &expected).is_some());
}

#[test]
fn departures_meet_arrivals_of_the_same_plane_in_the_window() {
    let line = |plane: &str, row: u64, hours: i64| format!("{plane}\t{row} {}", hours * 3_600_000);
    let departures = [line("N1", 0, 8), line("N1", 1, 14), line("N2", 2, 8)];
    let arrivals = [line("N1", 0, 8), line("N1", 1, 20), line("N2", 2, 15)];
    let met = meetings(&[&departures, &arrivals]);
    let expected = ["0 0", "1 0", "1 1"].map(str::to_owned);
    assert_eq!(met, Values::from([("N1".to_owned(), expected.to_vec())]));
}
