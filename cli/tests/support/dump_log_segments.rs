//! Kafka's own `DumpLogSegments` as the judge of log and index files.

use std::path::{Path, PathBuf};

use super::kafka::java;
use super::process::finished;
use super::report;

/// What `DumpLogSegments` prints when something is wrong, besides failing.
const COMPLAINTS: [&str; 8] = [
    "Mismatches in",
    "Non-consecutive offsets",
    "Out of order timestamp",
    "Found timestamp mismatch",
    "isvalid: false",
    "Could not",
    "Error",
    "Exception",
];

/// Panics unless Kafka reads every log and index of the topics that begin with `prefix`, record by record
/// and entry by entry, without a complaint; returns how many logs there were. The broker must have stopped:
/// while it runs, the active files of Kafka itself end in zeros that are not data yet.
pub fn assert_kafka_reads(data: &Path, prefix: &str) -> usize {
    assert_reads(data, prefix, &COMPLAINTS)
}

/// As [`assert_kafka_reads`], of a compacted topic, of which Kafka says truly that offsets are missing.
pub fn assert_kafka_reads_compacted(data: &Path, prefix: &str) -> usize {
    let but_gaps: Vec<&str> = COMPLAINTS
        .into_iter()
        .filter(|complaint| *complaint != "Non-consecutive offsets")
        .collect();
    assert_reads(data, prefix, &but_gaps)
}

fn assert_reads(data: &Path, prefix: &str, complaints: &[&str]) -> usize {
    let logs = files(data, prefix, &["log"]);
    let indexes = files(data, prefix, &["index", "timeindex"]);
    assert_eq!(
        indexes.len(),
        2 * logs.len(),
        "every segment has its two indexes"
    );
    dump(&logs, &["--deep-iteration"], complaints);
    dump(&logs, &["--deep-iteration", "--print-data-log"], complaints);
    // Each index is checked entry by entry against its log, then for its size and order alone.
    dump(&indexes, &["--verify-index-only"], complaints);
    dump(&indexes, &["--index-sanity-check"], complaints);
    report(&format!(
        "DumpLogSegments read {} logs and {} indexes",
        logs.len(),
        indexes.len()
    ));
    logs.len()
}

/// The files in partition folders that begin with `prefix`, with one of the extensions, sorted.
pub fn files(data: &Path, prefix: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let named = |folder: &PathBuf| {
        folder
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    };
    let wanted = |file: &PathBuf| {
        file.extension()
            .is_some_and(|found| extensions.iter().any(|one| found == *one))
    };
    let folders = entries(data).into_iter().filter(named);
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| entries(&folder))
        .filter(wanted)
        .collect();
    files.sort();
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

/// One Java machine for all files of one kind.
fn dump(files: &[PathBuf], flags: &[&str], complaints: &[&str]) {
    let list = files
        .iter()
        .map(|file| file.display().to_string())
        .collect::<Vec<_>>()
        .join(",");
    let mut command = java("512m");
    command
        .arg("kafka.tools.DumpLogSegments")
        .args(flags)
        .args(["--files", &list]);
    let output = finished(&mut command);
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{flags:?}: {}\n{errors}",
        output.status
    );
    let quiet = |line: &&str| !line.contains(" payload: ") && !line.starts_with("SLF4J");
    let complains = |line: &&str| complaints.iter().any(|complaint| line.contains(complaint));
    assert_eq!(
        text.lines()
            .chain(errors.lines())
            .filter(quiet)
            .find(complains),
        None,
        "{flags:?}"
    );
    let dumped = text
        .lines()
        .filter(|line| line.starts_with("Dumping "))
        .count();
    assert_eq!(dumped, files.len(), "{flags:?}: every file was looked at");
}
