//! Short runs against an engine in this process: what was appended is what is read.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use corelane_bench::settings::{Acks, AtEnd, BrokerSettings, FetchFrom, Span};
use corelane_bench::{BenchError, EngineTarget, FetchSettings, ProduceSettings, RunResult, Target};
use tempfile::TempDir;

/// On the disk of the build: the system's own scratch may have no direct I/O.
fn scratch() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn target(directory: &Path) -> EngineTarget {
    EngineTarget {
        directory: directory.to_owned(),
        cores: None,
    }
}

fn produce_settings(directory: &Path, acks: Acks) -> ProduceSettings {
    let mut settings = ProduceSettings::maximum(BrokerSettings::in_process(directory));
    settings.span = Span {
        warm_up_s: 0.1,
        measure_s: 0.4,
        measure_bytes: None,
    };
    settings.record_bytes = 100;
    settings.records_per_batch = 10;
    settings.acks = acks;
    settings
}

fn produce(settings: &ProduceSettings, directory: &Path) -> RunResult {
    target(directory)
        .produce(settings, &mut |_progress| {})
        .unwrap()
}

#[test]
fn what_the_engine_has_appended_is_read_to_the_end() {
    let folder = scratch();
    let settings = produce_settings(folder.path(), Acks::Leader);
    let written = produce(&settings, folder.path());
    assert!(written.faults.is_clean(), "{:?}", written.faults);
    assert!(written.records > 0 && written.latency.count > 0);
    assert!(!written.durability.on_disk_before_ack);
    assert!(written.server.is_some());

    let mut fetch = FetchSettings::maximum(settings.broker, &settings.topic.name);
    fetch.at_end = AtEnd::Stop;
    let read = target(folder.path())
        .fetch(&fetch, &mut |_progress| {})
        .unwrap();
    assert!(read.faults.is_clean(), "{:?}", read.faults);
    // What was written outside of the measured span is read as well.
    assert!(read.records >= written.records);
    assert_eq!(read.records % 10, 0);
    assert!(read.notes.iter().any(|note| note.contains("pread")));
}

#[test]
fn an_open_loop_with_durable_appends_keeps_its_rate_and_says_what_survives() {
    let folder = scratch();
    let mut settings = produce_settings(folder.path(), Acks::All);
    settings.records_per_second = Some(500.0);
    let written = produce(&settings, folder.path());
    assert!(written.faults.is_clean(), "{:?}", written.faults);
    assert!(written.durability.on_disk_before_ack);
    assert!(written.behind_schedule.is_some());
    // Fifty batches a second over 0.4 s; never more than the schedule has, answers of the warm-up included.
    assert!(written.requests <= 25, "{} appends", written.requests);
}

#[test]
fn appends_that_nobody_answers_are_refused() {
    let folder = scratch();
    let settings = produce_settings(folder.path(), Acks::None);
    let refused = target(folder.path()).produce(&settings, &mut |_progress| {});
    assert!(matches!(refused, Err(BenchError::Settings(_))));
}

#[test]
fn a_topic_that_was_never_filled_is_named() {
    let folder = scratch();
    let settings = FetchSettings::maximum(BrokerSettings::in_process(folder.path()), "nothing");
    let refused = target(folder.path()).fetch(&settings, &mut |_progress| {});
    assert!(matches!(refused, Err(BenchError::NoTopic { .. })));
}

#[test]
fn a_tail_that_nobody_appends_to_is_refused() {
    let folder = scratch();
    let mut settings = FetchSettings::maximum(BrokerSettings::in_process(folder.path()), "t");
    settings.from = FetchFrom::Tail;
    settings.at_end = AtEnd::Wait;
    let refused = target(folder.path()).fetch(&settings, &mut |_progress| {});
    assert!(matches!(refused, Err(BenchError::Settings(_))));
}
