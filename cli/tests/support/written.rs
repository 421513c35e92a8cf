//! Data directories that a real broker wrote and stopped on, to be damaged: written once for a suite, copied for each
//! case.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::broker::{Broker, Target, corelane, corelane_serve, scratch_parent};
use super::process::{Server, free_port, run};

/// The topic; it has one partition.
pub const TOPIC: &str = "flights";
/// Records: enough for four segments of 1 MiB.
pub const RECORDS: usize = 6_400;
/// The codecs of every fourth stretch of records; the others are not compressed, so that there are several segments.
const CODECS: [&str; 4] = ["snappy", "lz4", "zstd", "gzip"];
const LIMIT: Duration = Duration::from_secs(60);

/// A copy of the directory.
pub struct Written {
    folder: TempDir,
}

impl Written {
    /// A copy of what the broker left after a clean stop.
    pub fn copy() -> Self {
        static ORIGINAL: OnceLock<Broker> = OnceLock::new();
        let original = ORIGINAL.get_or_init(write);
        let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
        let written = Self { folder };
        copy_tree(original.data(), &written.data());
        written
    }

    /// A directory that a test filled itself, with the data in its folder `data`.
    pub fn of(folder: TempDir) -> Self {
        Self { folder }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn partition(&self) -> PathBuf {
        self.data().join(format!("{TOPIC}-0"))
    }

    /// The segments' base offsets.
    pub fn base_offsets(&self) -> Vec<i64> {
        let mut offsets: Vec<i64> = std::fs::read_dir(self.partition())
            .expect("a folder")
            .filter_map(|entry| {
                let name = entry.expect("an entry").file_name();
                name.to_str()?.strip_suffix(".log")?.parse().ok()
            })
            .collect();
        offsets.sort_unstable();
        offsets
    }

    pub fn file(&self, base_offset: i64, extension: &str) -> PathBuf {
        self.partition()
            .join(format!("{base_offset:020}.{extension}"))
    }

    /// Changes a file's bytes.
    pub fn edit(&self, file: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = std::fs::read(file).expect("a readable file");
        edit(&mut bytes);
        std::fs::write(file, bytes).expect("a writable file");
    }

    /// Where the batches of a segment are: position, length, base offset, last offset.
    pub fn batches(&self, base_offset: i64) -> Vec<(usize, usize, i64, i64)> {
        let bytes = std::fs::read(self.file(base_offset, "log")).expect("a log");
        let number = |at: usize, count: usize| {
            bytes[at..at + count]
                .iter()
                .fold(0_i64, |number, byte| number << 8 | i64::from(*byte))
        };
        let mut batches = Vec::new();
        let mut at = 0;
        while at + 61 <= bytes.len() && bytes[at + 16] == 2 {
            let length = usize::try_from(number(at + 8, 4)).expect("a length") + 12;
            let base = number(at, 8);
            batches.push((at, length, base, base + number(at + 23, 4)));
            at += length;
        }
        batches
    }

    /// The files with the hashes of their bytes.
    pub fn hashes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut hashes = BTreeMap::new();
        hash_tree(&self.data(), &mut hashes);
        hashes
    }

    /// A broker on the directory.
    pub fn serve(&self) -> (Server, SocketAddr) {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let log = self.folder.path().join("broker.log");
        let mut server = Server::start(corelane_serve(&self.data(), address), &log);
        server.wait_until_it_listens(address, LIMIT);
        (server, address)
    }
}

/// `corelane log COMMAND PATH FLAGS`.
pub fn log(command: &str, path: &Path, flags: &[&str]) -> Output {
    let mut corelane = corelane();
    corelane.args(["log", command]).arg(path).args(flags);
    corelane.output().expect("the binary runs")
}

/// The lines of a JSON output.
pub fn lines(output: &Output) -> Vec<serde_json::Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).collect()
}

/// The value of the record at an offset of the original.
pub fn value(offset: usize) -> String {
    format!("{offset} {}", "flight ".repeat(120 + offset % 40))
}

/// Everything that a consumer gets: offset → value.
pub fn consume(address: SocketAddr) -> BTreeMap<usize, String> {
    let mut command = client(address);
    let output = run(command.args(["consume", TOPIC, "--format", "%o\\t%s\\n"]));
    let text = String::from_utf8(output).expect("UTF-8");
    text.lines()
        .map(|line| {
            let (offset, value) = line.split_once('\t').expect("a tab");
            (offset.parse().expect("an offset"), value.to_owned())
        })
        .collect()
}

/// Writes the lines, in batches of 8 KiB.
pub fn produce(address: SocketAddr, folder: &Path, codec: &str, lines: &[String]) {
    let input = folder.join("lines.txt");
    std::fs::write(&input, lines.join("\n") + "\n").expect("a scratch file");
    let mut command = client(address);
    command.args([
        "produce",
        TOPIC,
        "--batch-bytes",
        "8KiB",
        "--compression",
        codec,
        "--file",
    ]);
    run(command.arg(&input));
}

fn client(address: SocketAddr) -> Command {
    let mut command = corelane();
    command.args(["--bootstrap", &address.to_string()]);
    command
}

fn write() -> Broker {
    let mut broker = Broker::start_target(Target::Corelane);
    create_topic(broker.address());
    let values: Vec<String> = (0..RECORDS).map(value).collect();
    for (index, chunk) in values.chunks(RECORDS / 16).enumerate() {
        let codec = if index % 4 == 3 {
            CODECS[index / 4]
        } else {
            "none"
        };
        produce(broker.address(), broker.scratch(), codec, chunk);
    }
    assert!(broker.stop().success());
    broker
}

/// The topic with small segments and an index entry for nearly every batch.
pub fn create_topic(address: SocketAddr) {
    let settings = [
        "segment.bytes=1048576",
        "index.interval.bytes=1024",
        "retention.ms=-1",
    ];
    let mut command = client(address);
    command.args(["topic", "create", TOPIC, "--partitions", "1"]);
    for setting in settings {
        command.args(["--set", setting]);
    }
    run(&mut command);
}

/// Copies a directory, file by file in the order of names.
pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_tree(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).expect("a copy");
            }
        }
    }
}

fn hash_tree(folder: &Path, hashes: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            hash_tree(&path, hashes);
        } else {
            let bytes = std::fs::read(&path).expect("a readable file");
            hashes.insert(path, Sha256::digest(bytes).to_vec());
        }
    }
}
