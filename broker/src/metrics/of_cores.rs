//! The families that speak of cores, clients and the disk: by core where cores differ, else added up.
//!
//! Pure.

use std::collections::BTreeMap;

use corelane_engine::CoreCounts;
use corelane_engine::duration_histogram::DurationCounts;
use corelane_protocol::{ApiKey, ErrorCode};

use super::exposition::{Exposition, Kind};
use super::snapshot::{BrokerPart, CorePart, Snapshot};
use crate::counters::ApiCounts;

/// Writes them.
pub fn write(text: &mut Exposition, snapshot: &Snapshot) {
    text.family("corelane_cores", Kind::Gauge, "Cores of the broker.");
    text.sample(&[], snapshot.cores.len());
    text.family(
        "corelane_watchdog_kicks_total",
        Kind::Counter,
        "Times that the watchdog had to wake a core which had work; 0 where all is well.",
    );
    text.sample(&[], snapshot.watchdog_kicks);
    loops(text, snapshot);
    traffic(text, snapshot);
    clients(text, snapshot);
    requests(text, snapshot);
    disk(text, snapshot);
}

/// A family with a number for each core.
fn by_core(
    text: &mut Exposition,
    snapshot: &Snapshot,
    (name, kind, help): (&'static str, Kind, &str),
    number: impl Fn(&CorePart) -> f64,
) {
    text.family(name, kind, help);
    for part in &snapshot.cores {
        let core = part.core.0.to_string();
        text.sample(&[("core", &core)], number(part));
    }
}

/// What a core's broker part says; 0 while there is none.
fn of_broker(part: &CorePart, number: impl Fn(&BrokerPart) -> u64) -> f64 {
    part.broker.as_ref().map_or(0, number) as f64
}

fn loops(text: &mut Exposition, snapshot: &Snapshot) {
    by_core(
        text,
        snapshot,
        (
            "corelane_core_cpu_seconds_total",
            Kind::Counter,
            "CPU time of the core's thread.",
        ),
        |part| part.engine.cpu_time.as_secs_f64(),
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_core_turns_total",
            Kind::Counter,
            "Turns of the core's loop.",
        ),
        |part| part.engine.turns as f64,
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_core_longest_turn_seconds",
            Kind::Gauge,
            "The longest that the core has gone without a look at its ring since the start.",
        ),
        |part| part.engine.longest_turn.as_secs_f64(),
    );
}

fn traffic(text: &mut Exposition, snapshot: &Snapshot) {
    by_core(
        text,
        snapshot,
        (
            "corelane_core_bytes_in_total",
            Kind::Counter,
            "Bytes of record batches written by the core, of topics since deleted too.",
        ),
        |part| part.engine.counts.bytes_in as f64,
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_core_messages_in_total",
            Kind::Counter,
            "Records written by the core, of topics since deleted too.",
        ),
        |part| part.engine.counts.messages_in as f64,
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_core_bytes_out_total",
            Kind::Counter,
            "Bytes of record batches that the core has answered to its clients, of topics since deleted too.",
        ),
        |part| of_broker(part, |broker| broker.bytes_out),
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_core_requests_total",
            Kind::Counter,
            "Requests that the core has answered to its clients.",
        ),
        |part| {
            of_broker(part, |broker| {
                let answered = broker.apis.iter().map(|(_, api)| api.durations.total());
                answered.sum()
            })
        },
    );
}

fn clients(text: &mut Exposition, snapshot: &Snapshot) {
    by_core(
        text,
        snapshot,
        (
            "corelane_connections",
            Kind::Gauge,
            "Connections of clients that are open.",
        ),
        |part| of_broker(part, |broker| broker.connections as u64),
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_request_memory_bytes",
            Kind::Gauge,
            "Bytes of requests that the core holds, from their receipt to their answer.",
        ),
        |part| of_broker(part, |broker| broker.request_bytes_held as u64),
    );
    let mut sum = |name, help, number: fn(&BrokerPart) -> u64| {
        text.family(name, Kind::Counter, help);
        let parts = snapshot
            .cores
            .iter()
            .filter_map(|part| part.broker.as_ref());
        text.sample(&[], parts.map(number).sum::<u64>());
    };
    sum(
        "corelane_connections_accepted_total",
        "Connections that were accepted.",
        |broker| broker.accepted,
    );
    sum(
        "corelane_connections_turned_away_total",
        "Connections that were closed at once: too many of them, or over a quota.",
        |broker| broker.turned_away,
    );
    sum(
        "corelane_connections_moved_total",
        "Moves of connections to the core that owns what they work on.",
        |broker| broker.moved_out,
    );
    sum(
        "corelane_throttled_requests_total",
        "Answers that told their client to wait because of a quota.",
        |broker| broker.throttled,
    );
    text.family(
        "corelane_throttle_seconds_total",
        Kind::Counter,
        "How long clients were told to wait because of quotas.",
    );
    let parts = snapshot
        .cores
        .iter()
        .filter_map(|part| part.broker.as_ref());
    let throttle_ms: u64 = parts.map(|broker| broker.throttle_ms).sum();
    text.sample(&[], throttle_ms as f64 / 1e3);
}

fn requests(text: &mut Exposition, snapshot: &Snapshot) {
    let mut apis: BTreeMap<i16, ApiCounts> = BTreeMap::new();
    let parts = snapshot
        .cores
        .iter()
        .filter_map(|part| part.broker.as_ref());
    for (key, counts) in parts.flat_map(|broker| &broker.apis) {
        let api = apis.entry(*key).or_default();
        api.request_bytes += counts.request_bytes;
        api.durations.add(&counts.durations);
        for (code, count) in &counts.errors {
            *api.errors.entry(*code).or_default() += count;
        }
    }
    // Keys that no broker serves were answered by the end of their connections.
    let named = apis.iter().filter_map(|(key, counts)| {
        let key = ApiKey::try_from(*key).ok()?;
        Some((format!("{key:?}"), counts))
    });
    let named: Vec<(String, &ApiCounts)> = named.collect();
    text.family(
        "corelane_requests_total",
        Kind::Counter,
        "Requests that were answered, by API.",
    );
    for (name, counts) in &named {
        text.sample(&[("request", name)], counts.durations.total());
    }
    text.family(
        "corelane_request_errors_total",
        Kind::Counter,
        "Errors in answers, by API and code; an answer has one for each partition or group that it concerns.",
    );
    for (name, counts) in &named {
        for (code, count) in &counts.errors {
            let error = ErrorCode::try_from(*code).map_or("UNKNOWN", ErrorCode::name);
            text.sample(&[("request", name), ("error", error)], count);
        }
    }
    text.family(
        "corelane_request_bytes_total",
        Kind::Counter,
        "Bytes of requests received, by API.",
    );
    for (name, counts) in &named {
        text.sample(&[("request", name)], counts.request_bytes);
    }
    text.family(
        "corelane_request_duration_seconds",
        Kind::Histogram,
        "From the receipt of a whole request to its answer being ready, by API; a Fetch waits for data as long as its client asked for.",
    );
    for (name, counts) in &named {
        text.durations(&[("request", name)], &counts.durations);
    }
}

fn disk(text: &mut Exposition, snapshot: &Snapshot) {
    by_core(
        text,
        snapshot,
        (
            "corelane_log_written_bytes_total",
            Kind::Counter,
            "Bytes of log files written: whole blocks, the unfinished one at the end again with each group.",
        ),
        |part| part.engine.counts.written_bytes as f64,
    );
    text.family(
        "corelane_log_flush_duration_seconds",
        Kind::Histogram,
        "Flushes of log files (fdatasync), with the write before where both were asked for at once.",
    );
    let mut flushes = DurationCounts::default();
    for part in &snapshot.cores {
        flushes.add(&part.engine.counts.flushes);
    }
    text.durations(&[], &flushes);
    by_core(
        text,
        snapshot,
        (
            "corelane_tail_cache_bytes",
            Kind::Gauge,
            "Memory that holds the newest records.",
        ),
        |part| part.engine.tail_cache_bytes as f64,
    );
    by_core(
        text,
        snapshot,
        (
            "corelane_tail_cache_max_bytes",
            Kind::Gauge,
            "The most that it may be.",
        ),
        |part| part.engine.tail_cache_bytes_max as f64,
    );
    let sum = |number: fn(&CoreCounts) -> u64| -> u64 {
        let counts = snapshot.cores.iter().map(|part| &part.engine.counts);
        counts.map(number).sum()
    };
    text.family(
        "corelane_reads_total",
        Kind::Counter,
        "Reads of partitions that found records: all in the tail cache (memory), or not (file).",
    );
    text.sample(&[("from", "memory")], sum(|core| core.reads_from_memory));
    text.sample(&[("from", "file")], sum(|core| core.reads_from_files));
    text.family(
        "corelane_read_bytes_total",
        Kind::Counter,
        "Bytes of records that reads found in the tail cache (memory) and in files (file).",
    );
    text.sample(
        &[("from", "memory")],
        sum(|core| core.read_bytes_from_memory),
    );
    text.sample(&[("from", "file")], sum(|core| core.read_bytes_from_files));
    let mut volume = |name, help, bytes: Option<i64>| {
        text.family(name, Kind::Gauge, help);
        if let Some(bytes) = bytes {
            text.sample(&[], bytes);
        }
    };
    let space = snapshot.space;
    volume(
        "corelane_volume_bytes",
        "Size of the volume of the data directory.",
        space.map(|space| space.total_bytes),
    );
    volume(
        "corelane_volume_usable_bytes",
        "What is free of it for the broker.",
        space.map(|space| space.usable_bytes),
    );
}
