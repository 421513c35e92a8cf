//! Bad input for coordinators. Here: requests that name very many things, or very long ones, in a few megabytes: they are
//! answered, and cost neither the broker's life nor memory that grows with their square. `liars` has members that say what is
//! not true, `crowds` more groups and transactions than anybody has.

mod support;

#[path = "bad_coordination/beat.rs"]
mod beat;
#[path = "bad_coordination/crowds.rs"]
mod crowds;
#[path = "bad_coordination/liars.rs"]
mod liars;

use std::time::Duration;

use support::broker::Broker;
use support::calls;
use support::wire::{Answer, Fields, Request, Wire};

const OFFSET_COMMIT: i16 = 8;
const FIND_COORDINATOR: i16 = 10;
const JOIN_GROUP: i16 = 11;
const DESCRIBE_GROUPS: i16 = 15;
const ADD_PARTITIONS_TO_TXN: i16 = 24;

const INVALID_REQUEST: i16 = 42;
const TOPIC: &str = "named-often";
/// Far above what such a request may take, far below what it would take if each of its entries had a copy of a name.
const GROWTH_KIB_MAX: u64 = 512 << 10;
const PATIENCE: Duration = Duration::from_secs(15);

/// A broker whose coordinators have their topics.
fn broker() -> (Broker, Wire) {
    let broker = Broker::start_corelane(&[]);
    let mut wire = Wire::connect(broker.address());
    assert_eq!(calls::create_topic(&mut wire, TOPIC, 1, &[]), calls::NONE);
    await_coordinator(&mut wire, "a-group");
    (broker, wire)
}

/// Returns once a group has a coordinator.
fn await_coordinator(wire: &mut Wire, group: &str) {
    let start = std::time::Instant::now();
    loop {
        let find = Request::classic(FIND_COORDINATOR, 0, Fields::new().string(group));
        if wire.ask(&find).body().i16() == calls::NONE {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "no coordinator");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The answer's body, after which the broker serves others and has not grown much.
fn ask(api_key: i16, version: i16, body: Fields) -> Vec<u8> {
    let (mut broker, mut wire) = broker();
    let before = broker.server().resident_kib();
    broker.server().reset_peak_memory();
    let Answer::Frame(frame) = wire.ask(&Request::classic(api_key, version, body)) else {
        panic!("closed without an answer");
    };
    let peak = broker.server().peak_resident_kib();
    assert!(
        peak <= before + GROWTH_KIB_MAX,
        "from {before} to {peak} KiB"
    );
    let mut other = Wire::connect(broker.address());
    assert_eq!(calls::end_offset(&mut other, TOPIC, 0), 0);
    frame[4..].to_vec()
}

fn count(number: usize) -> i32 {
    i32::try_from(number).expect("few")
}

#[test]
fn a_million_groups_are_not_described() {
    let names = 1_100_000;
    let body = Fields::new().i32(count(names)).raw(&vec![0; 2 * names]);
    let answer = ask(DESCRIBE_GROUPS, 0, body);
    // One entry, with the code.
    assert_eq!(answer[..6], [0, 0, 0, 1, 0, 42]);
}

#[test]
fn a_long_name_with_many_partitions_is_not_copied_for_each() {
    let partitions = 100_000;
    let mut body = Fields::new().string("an-id").i64(0).i16(0).i32(1);
    body = body.string(&"n".repeat(32_000)).i32(count(partitions));
    for index in 0..partitions {
        body = body.i32(count(index));
    }
    let answer = ask(ADD_PARTITIONS_TO_TXN, 0, body);
    assert!(answer.len() > 6 * partitions);
}

#[test]
fn a_member_with_very_many_protocols_is_refused() {
    let protocols = 300_000;
    let body = Fields::new().string("a-group").i32(10_000).string("");
    let mut body = body.string("consumer").i32(count(protocols));
    for number in 0..protocols {
        body = body.string(&format!("{number:06}")).bytes_field(b"");
    }
    let answer = ask(JOIN_GROUP, 0, body);
    assert_eq!(answer[..2], INVALID_REQUEST.to_be_bytes());
}

#[test]
fn a_long_group_with_many_offsets_takes_no_more_than_its_coordinator_may_have() {
    let offsets = 20_000;
    let body = Fields::new()
        .string(&"g".repeat(32_000))
        .i32(-1)
        .string("")
        .i64(-1);
    let mut body = body.i32(1).string(TOPIC).i32(count(offsets));
    for offset in 0..offsets {
        body = body.i32(0).i64(i64::from(count(offset))).string("");
    }
    let answer = ask(OFFSET_COMMIT, 2, body);
    assert!(answer.len() > 6 * offsets);
}
