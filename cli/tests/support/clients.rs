//! The clients of the matrix, each behind the same three verbs: create topics, produce, read.
//!
//! Every client writes to the partition that the record names and reads by assigning partitions, so
//! that a run needs no consumer group. The programs lie in `cli/tests/clients`; kcat is driven directly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::hashes::{Hashes, PartitionHasher, Record, parse_lines, records_file};
use super::kafka::java;
use super::process::{bound_to_this_test, run};

/// Workers that run client programs side by side; the suites are made for two cores.
const SIDE_BY_SIDE: usize = 2;

/// Every codec of a record batch.
pub const CODECS: [&str; 5] = ["none", "gzip", "snappy", "lz4", "zstd"];

/// Every client of the matrix.
pub const CLIENTS: [Client; 6] = [
    Client::KafkaPython,
    Client::KafkaJs,
    Client::Confluent,
    Client::Java,
    Client::FranzGo,
    Client::Kcat,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    Kcat,
    Java,
    Confluent,
    KafkaPython,
    KafkaJs,
    FranzGo,
}

/// A topic and the codec that it is written with.
#[derive(Clone, Debug)]
pub struct TopicWrite {
    pub topic: String,
    pub codec: &'static str,
}

impl Client {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kcat => "kcat",
            Self::Java => "java",
            Self::Confluent => "confluent-kafka",
            Self::KafkaPython => "kafka-python",
            Self::KafkaJs => "kafkajs",
            Self::FranzGo => "franz-go",
        }
    }

    /// Whether the client can give a record its timestamp and headers of its own; kcat cannot.
    pub fn sets_timestamp_and_headers(self) -> bool {
        self != Self::Kcat
    }

    /// The records as this client is able to write them.
    pub fn writable(self, records: &[Record]) -> Vec<Record> {
        let mut records = records.to_vec();
        if !self.sets_timestamp_and_headers() {
            for record in &mut records {
                record.headers.truncate(1);
            }
        }
        records
    }

    /// Writes all records to each topic; every record acknowledged by all, idempotently.
    pub fn produce(
        self,
        bootstrap: &str,
        scratch: &Path,
        records: &[Record],
        writes: &[TopicWrite],
    ) {
        if self == Self::Kcat {
            return kcat_produce(bootstrap, scratch, records, writes);
        }
        let path = scratch.join(format!("{}.records", self.name()));
        std::fs::write(&path, records_file(records)).expect("the scratch folder is writable");
        let mut command = self.program();
        command.args(["produce", bootstrap]).arg(&path);
        command.args(
            writes
                .iter()
                .map(|write| format!("{}={}", write.topic, write.codec)),
        );
        run(&mut command);
    }

    /// Reads every partition of the topics from its beginning to its end.
    pub fn read(self, bootstrap: &str, topics: &[String]) -> Hashes {
        if self == Self::Kcat {
            return topics
                .iter()
                .flat_map(|topic| kcat_read(bootstrap, topic))
                .collect();
        }
        let mut command = self.program();
        command.args(["read", bootstrap]).args(topics);
        parse_lines(&run(&mut command))
    }

    /// The command of a member of a group: it prints the values that it has read and committed, until its standard
    /// input closes.
    pub fn member(self, bootstrap: &str, group: &str, topic: &str) -> Command {
        if self == Self::Java {
            let mut command = java("128m");
            command.arg("org.apache.kafka.tools.consumer.ConsoleConsumer");
            command.args(["--bootstrap-server", bootstrap, "--topic", topic]);
            command.args(["--group", group, "--from-beginning"]);
            for property in [
                "session.timeout.ms=6000",
                "heartbeat.interval.ms=500",
                "auto.commit.interval.ms=200",
            ] {
                command.args(["--command-property", property]);
            }
            return command;
        }
        let mut command = self.program();
        command.args(["member", bootstrap, group, topic]);
        command
    }

    /// As [`Client::member`], in the consumer protocol (KIP-848). A topic that begins with `^` is a regular expression.
    pub fn consumer_member(
        self,
        bootstrap: &str,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Command {
        if self == Self::Java {
            let mut command = java("128m");
            command.arg("org.apache.kafka.tools.consumer.ConsoleConsumer");
            command.args(["--bootstrap-server", bootstrap, "--topic", topic]);
            command.args(["--group", group, "--from-beginning"]);
            let instance = instance.map(|instance| format!("group.instance.id={instance}"));
            let properties = ["group.protocol=consumer", "auto.commit.interval.ms=200"];
            let properties = properties.into_iter().chain(instance.as_deref());
            for property in properties {
                command.args(["--command-property", property]);
            }
            return command;
        }
        let mut command = self.program();
        command.args(["member", bootstrap, group, topic, "consumer"]);
        command.args(instance);
        command
    }

    fn program(self) -> Command {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
        let installed = super::clients_folder();
        match self {
            Self::Kcat => bound_to_this_test("kcat"),
            Self::Java => {
                let mut command = java("512m");
                command.arg("CorelaneClient");
                command
            }
            Self::Confluent => python(&installed, &sources.join("python/confluent.py")),
            Self::KafkaPython => python(&installed, &sources.join("python/kafka_python.py")),
            Self::KafkaJs => {
                let mut command = bound_to_this_test("node");
                command.env("CORELANE_NODE_MODULES", installed.join("js/node_modules"));
                // Partitions are always named by the record, so the default partitioner's change is moot.
                command
                    .env("KAFKAJS_NO_PARTITIONER_WARNING", "1")
                    .arg(sources.join("js/client.js"));
                command
            }
            Self::FranzGo => franz_go(),
        }
    }
}

/// The franz-go program, which also creates topics and keeps up the load of the kill test.
pub fn franz_go() -> Command {
    bound_to_this_test(super::clients_folder().join("bin/franz-go"))
}

/// Creates topics; `configs` as `name=value` with commas between, or `-`.
pub fn create_topics(bootstrap: &str, partitions: i32, configs: &str, topics: &[String]) {
    let mut command = franz_go();
    command
        .args(["create", bootstrap, &partitions.to_string(), configs])
        .args(topics);
    run(&mut command);
}

/// Runs the jobs on as many threads as the suites use side by side, and returns their results in order.
pub fn side_by_side<T: Send, J: FnOnce() -> T + Send>(jobs: Vec<J>) -> Vec<T> {
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let results = Mutex::new(BTreeMap::new());
    let next = || {
        queue
            .lock()
            .expect("no job panics while it holds the queue")
            .next()
    };
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some((at, job)) = next() {
                    let result = job();
                    results
                        .lock()
                        .expect("inserting does not panic")
                        .insert(at, result);
                }
            });
        }
    });
    results
        .into_inner()
        .expect("every thread has ended")
        .into_values()
        .collect()
}

fn python(installed: &Path, program: &Path) -> Command {
    let mut command = bound_to_this_test(installed.join("venv/bin/python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(program);
    command
}

/// kcat writes one partition per run, a record per line.
fn kcat_produce(bootstrap: &str, scratch: &Path, records: &[Record], writes: &[TopicWrite]) {
    let files = kcat_files(scratch, records);
    for write in writes {
        for (partition, path) in &files {
            let mut command = bound_to_this_test("kcat");
            command.args([
                "-P",
                "-b",
                bootstrap,
                "-t",
                &write.topic,
                "-p",
                &partition.to_string(),
            ]);
            command.args([
                "-K",
                "\t",
                "-Z",
                "-X",
                &format!("compression.codec={}", write.codec),
            ]);
            command.args([
                "-X",
                "enable.idempotence=true",
                "-X",
                "acks=all",
                "-X",
                "linger.ms=5",
            ]);
            for (name, value) in &records[0].headers {
                let value = std::str::from_utf8(value).expect("flights are text");
                command.args(["-H", &format!("{name}={value}")]);
            }
            run(command.arg("-l").arg(path));
        }
    }
}

fn kcat_files(scratch: &Path, records: &[Record]) -> Vec<(i32, PathBuf)> {
    let mut lines: BTreeMap<i32, Vec<u8>> = BTreeMap::new();
    for record in records {
        let out = lines.entry(record.partition).or_default();
        out.extend(record.key.as_deref().unwrap_or_default());
        out.push(b'\t');
        out.extend(&record.value);
        out.push(b'\n');
    }
    let write = |(partition, lines): (i32, Vec<u8>)| {
        let path = scratch.join(format!("kcat-{partition}.lines"));
        std::fs::write(&path, lines).expect("the scratch folder is writable");
        (partition, path)
    };
    lines.into_iter().map(write).collect()
}

fn kcat_read(bootstrap: &str, topic: &str) -> Hashes {
    let mut command = bound_to_this_test("kcat");
    command.args([
        "-C",
        "-b",
        bootstrap,
        "-t",
        topic,
        "-o",
        "beginning",
        "-e",
        "-q",
    ]);
    // The end of each partition is found by a fetch that finds nothing; it need not wait for more.
    command.args([
        "-X",
        "fetch.wait.max.ms=10",
        "-f",
        "%p %o %T %K %S\n%k%s%h\n",
    ]);
    let output = run(&mut command);
    let mut hashers: BTreeMap<i32, PartitionHasher> = BTreeMap::new();
    let mut rest = output.as_slice();
    while !rest.is_empty() {
        let (offset, record) = kcat_record(&mut rest);
        hashers
            .entry(record.partition)
            .or_default()
            .add(offset, &record);
    }
    hashers
        .into_iter()
        .map(|(partition, hasher)| ((topic.to_owned(), partition), hasher.finish()))
        .collect()
}

fn kcat_record(rest: &mut &[u8]) -> (i64, Record) {
    let head = String::from_utf8_lossy(take_line(rest)).into_owned();
    let numbers: Vec<i64> = head
        .split(' ')
        .map(|n| n.parse().unwrap_or_else(|e| panic!("{e}: {head}")))
        .collect();
    let [partition, offset, timestamp_ms, key_length, value_length] = numbers[..] else {
        panic!("five numbers in {head}")
    };
    let key = usize::try_from(key_length)
        .ok()
        .map(|length| take(rest, length).to_vec());
    let value = take(rest, usize::try_from(value_length).unwrap_or(0)).to_vec();
    let headers = String::from_utf8_lossy(take_line(rest)).into_owned();
    let header = |text: &str| {
        let (name, value) = text.split_once('=').expect("kcat prints name=value");
        (name.to_owned(), value.as_bytes().to_vec())
    };
    let headers = headers
        .split(',')
        .filter(|text| !text.is_empty())
        .map(header)
        .collect();
    let partition = i32::try_from(partition).expect("a partition is 32 bits");
    (
        offset,
        Record {
            partition,
            timestamp_ms,
            key,
            headers,
            value,
        },
    )
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(length);
    *rest = left;
    taken
}

fn take_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("kcat ends each part with a line feed");
    let line = take(rest, end);
    take(rest, 1);
    line
}
