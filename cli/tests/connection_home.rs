//! A connection whose client works on another core's partition, request by request, moves to that core; the client
//! sees nothing of it.

mod support;

use std::time::{Duration, Instant};

use support::broker::{Broker, Target};
use support::calls::{self, Acks, NONE};
use support::wire::{Answer, Batch, Wire};

const TOPIC: &str = "moving";
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests in a row on the same partition: more than it takes to move.
const STRETCH: usize = 50;
/// Requests sent before the first of them is answered.
const PIPELINED: usize = 20;

#[test]
fn a_connection_moves_to_the_core_of_its_partition_and_keeps_its_requests_in_order() {
    if Target::from_environment() == Target::Kafka {
        return support::skip("a connection that moves", "Kafka has no cores");
    }
    let cpus = std::thread::available_parallelism().expect("a count of CPUs");
    if cpus.get() < 2 {
        return support::skip("a connection that moves", "it needs two CPUs");
    }
    let mut broker = Broker::start_corelane(&["--cores", "2", "--log-level", "debug"]);
    let mut wire = Wire::connect(broker.address());
    assert_eq!(calls::create_topic(&mut wire, TOPIC, 2, &[]), NONE);
    let mut written = [0_usize; 2];
    let began = Instant::now();
    // Neither core is busy here but for what else the machine does, so that a few stretches suffice.
    let moves = |broker: &mut Broker| {
        broker
            .server()
            .output()
            .matches("a connection moves")
            .count()
    };
    while moves(&mut broker) < 3 {
        assert!(began.elapsed() < PATIENCE, "{}", broker.server().output());
        for partition in 0..2 {
            for _ in 0..STRETCH {
                let answer = calls::produce(&mut wire, TOPIC, partition, 100, Acks::LEADER);
                let expected = written[partition as usize];
                assert_eq!(answer, (NONE, i64::try_from(expected).expect("few")));
                written[partition as usize] += 1;
            }
            pipeline(&mut wire, partition, &mut written[partition as usize]);
        }
    }
    for (partition, written) in (0..2).zip(written) {
        let end = calls::end_offset(&mut wire, TOPIC, partition);
        assert_eq!(end, i64::try_from(written).expect("few"));
    }
    assert_eq!(broker.stop().code(), Some(0));
}

/// Requests that come while the one before is still at work, some of them perhaps in the middle of a move.
fn pipeline(wire: &mut Wire, partition: i32, written: &mut usize) {
    let batch = Batch::of(&[b"one after the other"]).encode();
    let request = calls::produce_request(TOPIC, partition, &batch, Acks::LEADER).frame();
    for _ in 0..PIPELINED {
        wire.send(&request);
    }
    for _ in 0..PIPELINED {
        let Answer::Frame(answer) = wire.answer() else {
            panic!("the broker closed the connection");
        };
        let (code, offset) = calls::produced(&mut Answer::Frame(answer).body());
        assert_eq!(
            (code, offset),
            (NONE, i64::try_from(*written).expect("few"))
        );
        *written += 1;
    }
}
