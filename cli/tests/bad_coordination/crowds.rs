//! More groups than anybody has, and transactions that nobody ends: memory stays bounded, and the broker goes on serving,
//! also after a restart.

use std::time::{Duration, Instant};

use crate::beat::{Committer, commit_request, committed, compact, count, varint};
use crate::support::broker::Broker;
use crate::support::calls;
use crate::support::wire::{Fields, Request, Wire};
use crate::{FIND_COORDINATOR, TOPIC, await_coordinator};

const INIT_PRODUCER_ID: i16 = 22;
const ADD_PARTITIONS_TO_TXN: i16 = 24;
const LIST_GROUPS: i16 = 16;
const LIST_TRANSACTIONS: i16 = 66;

const GROUPS: usize = 100_000;
/// Requests that are sent before the first answer is taken: fewer than the broker holds of a connection.
const IN_FLIGHT: usize = 50;
/// A group with one offset takes a kilobyte or so.
const GROUPS_GROWTH_KIB_MAX: u64 = 400 << 10;
const OPEN_TRANSACTIONS: usize = 2_000;
const OPEN_GROWTH_KIB_MAX: u64 = 64 << 10;
/// How long such a transaction may take; the broker looks once a second.
const TIMEOUT_MS: i32 = 5_000;

/// Sends requests over one connection, several at a time; the codes that `read` finds in their answers.
fn ask_all(
    wire: &mut Wire,
    requests: &[Request],
    read: impl Fn(&crate::Answer) -> i16,
) -> Vec<i16> {
    let mut codes = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(IN_FLIGHT) {
        let frames: Vec<u8> = chunk.iter().flat_map(Request::frame).collect();
        wire.send(&frames);
        codes.extend(chunk.iter().map(|_| read(&wire.answer())));
    }
    codes
}

fn groups_listed(wire: &mut Wire) -> usize {
    let answer = wire.ask(&Request::classic(LIST_GROUPS, 0, Fields::new()));
    let mut body = answer.body();
    assert_eq!(body.i16(), calls::NONE);
    usize::try_from(body.i32()).expect("a count")
}

#[test]
fn a_hundred_thousand_groups_are_kept_in_bounded_memory_and_outlast_a_kill() {
    let mut broker = Broker::start_corelane(&[]);
    let mut wire = Wire::connect(broker.address());
    assert_eq!(calls::create_topic(&mut wire, TOPIC, 1, &[]), calls::NONE);
    await_coordinator(&mut wire, "a-group");
    let before = broker.server().resident_kib();
    let requests: Vec<Request> = (0..GROUPS)
        .map(|number| {
            let group = format!("one-of-many-{number}");
            let by = Committer {
                group: &group,
                member: "",
                epoch: -1,
                version: 9,
            };
            commit_request(by, TOPIC)
        })
        .collect();
    let codes = ask_all(&mut wire, &requests, committed);
    assert!(codes.iter().all(|code| *code == calls::NONE));
    assert_eq!(groups_listed(&mut wire), GROUPS);
    let after = broker.server().resident_kib();
    assert!(
        after <= before + GROUPS_GROWTH_KIB_MAX,
        "from {before} to {after} KiB"
    );

    broker.crash_and_restart();
    let mut wire = Wire::connect(broker.address());
    let start = Instant::now();
    while groups_listed_so_far(&mut wire) < GROUPS {
        assert!(start.elapsed() < Duration::from_secs(30), "not loaded");
        std::thread::sleep(Duration::from_millis(100));
    }
    let codes = ask_all(&mut wire, &requests[..IN_FLIGHT], committed);
    assert!(codes.iter().all(|code| *code == calls::NONE));
}

/// As [`groups_listed`], while coordinators are being loaded.
fn groups_listed_so_far(wire: &mut Wire) -> usize {
    let answer = wire.ask(&Request::classic(LIST_GROUPS, 0, Fields::new()));
    let mut body = answer.body();
    let _code = body.i16();
    usize::try_from(body.i32()).unwrap_or(0)
}

fn init(transactional_id: &str) -> Request {
    let body = Fields::new().string(transactional_id).i32(TIMEOUT_MS);
    Request::classic(INIT_PRODUCER_ID, 0, body)
}

fn add(transactional_id: &str, (producer_id, epoch): (i64, i16)) -> Request {
    let body = Fields::new().string(transactional_id).i64(producer_id);
    let body = body.i16(epoch).i32(1).string(TOPIC).i32(1).i32(0);
    Request::classic(ADD_PARTITIONS_TO_TXN, 0, body)
}

#[test]
fn thousands_of_transactions_that_nobody_ends_are_ended_by_the_broker() {
    let mut broker = Broker::start_corelane(&[]);
    let mut wire = Wire::connect(broker.address());
    assert_eq!(calls::create_topic(&mut wire, TOPIC, 1, &[]), calls::NONE);
    await_transaction_coordinator(&mut wire);
    let before = broker.server().resident_kib();
    let ids: Vec<String> = (0..OPEN_TRANSACTIONS)
        .map(|number| format!("never-ended-{number}"))
        .collect();
    for chunk in ids.chunks(IN_FLIGHT) {
        let frames: Vec<u8> = chunk.iter().flat_map(|id| init(id).frame()).collect();
        wire.send(&frames);
        let producers: Vec<(i64, i16)> = chunk.iter().map(|_| producer(&mut wire)).collect();
        let adds = chunk.iter().zip(&producers);
        let adds: Vec<Request> = adds.map(|(id, producer)| add(id, *producer)).collect();
        let codes = ask_all(&mut wire, &adds, added);
        assert!(codes.iter().all(|code| *code == calls::NONE), "{codes:?}");
    }
    let after = broker.server().resident_kib();
    assert!(
        after <= before + OPEN_GROWTH_KIB_MAX,
        "from {before} to {after} KiB"
    );
    assert!(transactions_open(&mut wire) >= IN_FLIGHT);
    let start = Instant::now();
    while transactions_open(&mut wire) > 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "still open");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Transactions of which the coordinators say that they are going on.
fn transactions_open(wire: &mut Wire) -> usize {
    let body = count(Fields::new(), Some(1));
    let body = count(compact(body, Some("Ongoing")), Some(0)).i8(0);
    let answer = wire.ask(&Request::flexible(LIST_TRANSACTIONS, 0, body));
    let mut body = answer.body();
    let _head = (body.i8(), body.i32());
    assert_eq!(body.i16(), calls::NONE);
    let _unknown_filters = varint(&mut body);
    varint(&mut body).saturating_sub(1)
}

fn await_transaction_coordinator(wire: &mut Wire) {
    let start = Instant::now();
    let find = compact(Fields::new(), Some("any")).i8(1).i8(0);
    loop {
        let answer = wire.ask(&Request::flexible(FIND_COORDINATOR, 3, find.clone()));
        let mut body = answer.body();
        let _head = (body.i8(), body.i32());
        if body.i16() == calls::NONE {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(15), "no coordinator");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn producer(wire: &mut Wire) -> (i64, i16) {
    let answer = wire.answer();
    let mut body = answer.body();
    let _throttle = body.i32();
    assert_eq!(body.i16(), calls::NONE);
    (body.i64(), body.i16())
}

fn added(answer: &crate::Answer) -> i16 {
    let mut body = answer.body();
    let _head = (
        body.i32(),
        body.i32(),
        body.string(),
        body.i32(),
        body.i32(),
    );
    body.i16()
}
