//! Clients that are slow, or half gone: they are waited for as long as the limits say, cost no more than their connection,
//! and disturb nobody.

mod support;

use std::time::{Duration, Instant};

use support::broker::Broker;
use support::wire::{API_VERSIONS, Answer, FETCH, Fields, Request, Wire};

/// The broker's limit on a request that has begun, and what a loaded machine may add.
const RECEIVE_MAX: Duration = Duration::from_secs(30);
const SLACK: Duration = Duration::from_secs(15);

fn api_versions() -> Vec<u8> {
    Request::classic(API_VERSIONS, 0, Fields::new()).frame()
}

#[test]
fn a_request_of_one_byte_a_second_is_given_up_after_its_time_and_nobody_else_notices() {
    let broker = Broker::start_corelane(&[]);
    let mut slow = Wire::connect(broker.address());
    // Longer than the limit at this speed.
    let request = [&200_i32.to_be_bytes()[..], &[0; 200]].concat();
    let start = Instant::now();
    let mut sent = request.iter();
    loop {
        let taken = start.elapsed();
        if let Some(Answer::Closed) = slow.answer_within(Duration::from_secs(1)) {
            assert!(
                taken + Duration::from_secs(2) >= RECEIVE_MAX,
                "closed after {taken:?}"
            );
            break;
        }
        assert!(taken < RECEIVE_MAX + SLACK, "still open after {taken:?}");
        slow.send(&[*sent.next().expect("there are more bytes than seconds")]);
        let asked = Instant::now();
        let mut other = Wire::connect(broker.address());
        other.send(&api_versions());
        assert!(matches!(other.answer(), Answer::Frame(_)));
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "{:?}",
            asked.elapsed()
        );
    }
}

#[test]
fn a_small_request_byte_by_byte_is_answered() {
    let broker = Broker::start_corelane(&[]);
    let mut wire = Wire::connect(broker.address());
    for byte in api_versions() {
        wire.send(&[byte]);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(matches!(wire.answer(), Answer::Frame(_)));
}

#[test]
fn a_client_that_has_closed_its_side_still_gets_its_answers() {
    let broker = Broker::start_corelane(&[]);
    let mut wire = Wire::connect(broker.address());
    for _ in 0..3 {
        wire.send(&api_versions());
    }
    wire.finish();
    for _ in 0..3 {
        assert!(matches!(wire.answer(), Answer::Frame(_)));
    }
    assert_eq!(wire.answer(), Answer::Closed);
}

/// As the Java client sends it when it closes, for the end of a session that was never kept.
#[test]
fn a_fetch_of_nothing_is_answered_at_once() {
    let broker = Broker::start_corelane(&[]);
    let mut wire = Wire::connect(broker.address());
    let (wait_ms, bytes_min, bytes_max) = (30_000, 1, 4 << 20);
    let body = Fields::new()
        .i32(-1)
        .i32(wait_ms)
        .i32(bytes_min)
        .i32(bytes_max);
    let (isolation, session_id, final_epoch, none) = (0, 0, -1, 0);
    let body = body.i8(isolation).i32(session_id).i32(final_epoch);
    wire.send(&Request::classic(FETCH, 11, body.i32(none).i32(none).string("")).frame());
    let asked = Instant::now();
    assert!(matches!(wire.answer(), Answer::Frame(_)));
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
}
