//! A harness is worth what it detects: brokers that stall, drop, answer early or refuse, and reports that say so.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

use corelane_bench::null_broker::{InjectedFault, NullBroker};
use corelane_bench::settings::{Acks, BrokerSettings, ClientSettings, Span};
use corelane_bench::{ProduceSettings, RunResult, produce};
use corelane_protocol::ErrorCode;

/// 1,000 requests a second over one connection, for one second.
fn settings(address: &str) -> ProduceSettings {
    let mut settings = ProduceSettings::maximum(BrokerSettings::at(address));
    settings.client = ClientSettings {
        connections: 1,
        in_flight: 64,
        answer_timeout_s: 2.0,
        ..settings.client
    };
    settings.span = Span {
        warm_up_s: 0.2,
        measure_s: 1.0,
        measure_bytes: None,
    };
    (settings.record_bytes, settings.records_per_batch) = (100, 1);
    settings.records_per_second = Some(1_000.0);
    settings
}

fn run(faults: Vec<InjectedFault>, alter: impl FnOnce(&mut ProduceSettings)) -> RunResult {
    let broker = NullBroker::start("127.0.0.1:0", faults).unwrap();
    let mut settings = settings(&broker.address().to_string());
    alter(&mut settings);
    produce(&settings, &mut |_live| {}).unwrap()
}

#[test]
fn one_stall_shows_in_the_tail_with_every_request_that_waited_behind_it() {
    let pause = Duration::from_millis(200);
    let result = run(
        vec![InjectedFault::Stall {
            request: 600,
            pause,
        }],
        |_| {},
    );
    // At 1,000 requests a second about 200 of 1,000 were due during the stall: a fifth of them, waiting 100 ms on
    // average. A closed loop would have shown one slow request and a p99 without a trace of it.
    assert!(
        result.latency.max_ms >= 195.0,
        "{:?}",
        result.latency.max_ms
    );
    assert!(
        result.latency.p99_9_ms >= 150.0,
        "{}",
        result.latency.p99_9_ms
    );
    assert!(result.latency.p90_ms >= 50.0, "{}", result.latency.p90_ms);
    assert!(result.faults.is_clean(), "{:?}", result.faults);
}

#[test]
fn requests_that_the_full_window_held_back_count_from_their_intended_time() {
    let pause = Duration::from_millis(200);
    let result = run(
        vec![InjectedFault::Stall {
            request: 600,
            pause,
        }],
        |settings| settings.client.in_flight = 1,
    );
    let behind = result.behind_schedule.unwrap();
    assert!(behind.max_ms >= 150.0, "{}", behind.max_ms);
    assert!(result.latency.p90_ms >= 50.0, "{}", result.latency.p90_ms);
}

#[test]
fn requests_that_never_left_are_a_fault_and_stand_in_the_tail() {
    // From 0.6 s on nothing is answered any more; what was due until the end at 1.2 s had no room.
    let pause = Duration::from_millis(1_500);
    let result = run(
        vec![InjectedFault::Stall {
            request: 600,
            pause,
        }],
        |settings| settings.client.in_flight = 1,
    );
    let unsent = result.faults.unsent;
    assert!((400..=700).contains(&unsent), "{unsent}");
    // Of 1,000 that were due in the span the unsent ones waited 0 to 600 ms, and one for the whole stall.
    assert!(result.latency.count > 900, "{}", result.latency.count);
    assert!(result.latency.p90_ms >= 300.0, "{}", result.latency.p90_ms);
    assert!(result.latency.p99_ms >= 450.0, "{}", result.latency.p99_ms);
}

#[test]
fn a_dropped_answer_is_reported() {
    let result = run(vec![InjectedFault::DropAnswer { request: 500 }], |_| {});
    assert_eq!(result.faults.answers_missing, 1);
    assert_eq!(result.faults.unanswered, 0);
    assert!(
        result
            .rows()
            .iter()
            .any(|(label, text)| label == "fault" && text.contains("dropped"))
    );
}

#[test]
fn a_broker_that_falls_silent_is_reported_and_the_run_ends() {
    let result = run(
        vec![InjectedFault::Stall {
            request: 500,
            pause: Duration::from_secs(60),
        }],
        |settings| {
            settings.client.answer_timeout_s = 0.3;
            settings.client.in_flight = 1;
        },
    );
    assert_eq!(result.faults.unanswered, 1);
    assert_eq!(result.faults.connections_failed.len(), 1);
}

#[test]
fn an_early_answer_is_reported() {
    let result = run(
        vec![InjectedFault::AnswerEarly { request: 500 }],
        |settings| settings.client.in_flight = 1,
    );
    assert_eq!(result.faults.answers_early, 1);
}

#[test]
fn a_refused_request_is_reported_by_kafkas_name_and_not_counted_as_throughput() {
    let fault = InjectedFault::Refuse {
        request: 500,
        code: ErrorCode::NotEnoughReplicas,
    };
    let result = run(vec![fault], |_| {});
    assert_eq!(result.faults.refused.get("NOT_ENOUGH_REPLICAS"), Some(&1));
}

#[test]
fn a_closed_loop_counts_what_the_broker_counted() {
    let broker = NullBroker::start("127.0.0.1:0", Vec::new()).unwrap();
    let mut settings = settings(&broker.address().to_string());
    settings.records_per_second = None;
    settings.client.connections = 3;
    settings.client.threads = 2;
    (settings.record_bytes, settings.records_per_batch) = (1024, 64);
    let result = produce(&settings, &mut |_live| {}).unwrap();
    assert!(result.faults.is_clean(), "{:?}", result.faults);
    assert!(result.requests > 100);
    assert!(result.requests <= broker.requests());
    assert!(result.bytes <= broker.bytes());
    assert_eq!(result.records, result.requests * 64);
    assert!((result.bytes / result.requests) > 64 * 1024);
}

#[test]
fn a_byte_count_ends_the_measurement_before_its_time() {
    let result = run(Vec::new(), |settings| {
        settings.records_per_second = None;
        settings.span = Span {
            warm_up_s: 0.05,
            measure_s: 60.0,
            measure_bytes: Some(1_000_000),
        };
    });
    assert!(result.bytes >= 1_000_000);
    assert!(result.measured_s < 30.0);
}

#[test]
fn requests_without_answers_are_counted_by_what_the_socket_took() {
    let result = run(Vec::new(), |settings| {
        settings.records_per_second = None;
        settings.acks = Acks::None;
    });
    assert!(result.requests > 0);
    assert!(result.faults.is_clean(), "{:?}", result.faults);
}

#[test]
fn a_listener_that_never_answers_is_an_error_that_names_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let silent = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 1024];
        while stream.read(&mut bytes).is_ok_and(|count| count > 0) {}
    });
    let mut settings = settings(&address);
    settings.client.answer_timeout_s = 0.2;
    let error = produce(&settings, &mut |_live| {}).unwrap_err();
    assert!(error.to_string().contains(&address), "{error}");
    silent.join().unwrap();
}

#[test]
fn a_result_survives_the_way_through_json() {
    let result = run(Vec::new(), |settings| settings.span.measure_s = 0.3);
    let text = serde_json::to_string(&result).unwrap();
    let read: RunResult = serde_json::from_str(&text).unwrap();
    assert_eq!(read.workload, result.workload);
    assert_eq!(read.latency.buckets, result.latency.buckets);
}
