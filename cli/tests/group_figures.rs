//! Figures of consumer groups, measured on the broker as a process and printed: how soon a large group is stable, what
//! many idle groups cost, what a durable commit costs.
//!
//! Run by hand, with `CORELANE_TEST_FIGURES` and a release build, on a machine that does little else; `docs/performance.md`
//! has the command and what it said. Clients are bare: a socket and the protocol's own requests, so that their own work
//! takes little of the CPUs that they share with the broker.

mod support;

#[path = "group_figures/classic.rs"]
mod classic;
#[path = "group_figures/connection.rs"]
mod connection;
#[path = "group_figures/consumer.rs"]
mod consumer;
#[path = "group_figures/rally.rs"]
mod rally;

use std::sync::Barrier;
use std::time::{Duration, Instant};

use connection::Connection;
use corelane_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use rally::Rally;
use support::broker::Broker;
use support::{calls, report, wire::Wire};

/// Asks for the figures.
const ASKED_FOR: &str = "CORELANE_TEST_FIGURES";
/// Members of the large group, and partitions of what they read.
const MEMBERS: usize = 1_000;
const IDLE_GROUPS: usize = 10_000;
/// Threads that speak for them.
const SPEAKERS: usize = 8;
/// How often the Java client's members are heard of by default.
const CLASSIC_INTERVAL: Duration = Duration::from_secs(3);
/// How often the broker wants to hear of members of the consumer protocol.
const CONSUMER_INTERVAL: Duration = Duration::from_secs(5);
const IDLE_TIME: Duration = Duration::from_secs(15);
const COMMIT_TIME: Duration = Duration::from_secs(4);
const TOPIC: &str = "read";
/// `/proc/PID/stat` counts in these.
const TICKS_PER_S: f64 = 100.0;

fn broker(figures: &str, partitions: usize) -> Option<Broker> {
    if std::env::var_os(ASKED_FOR).is_none() {
        report(&format!("SKIPPED {figures}: set {ASKED_FOR} to measure it"));
        return None;
    }
    let broker = Broker::start_corelane(&["--metrics-listen", "none"]);
    let mut wire = Wire::connect(broker.address());
    let partitions = i32::try_from(partitions).expect("few");
    let made = calls::create_topic(&mut wire, TOPIC, partitions, &[]);
    assert_eq!(made, calls::NONE);
    Connection::open(broker.address()).await_coordinator("any");
    Some(broker)
}

/// Seconds of CPU that the broker has taken so far.
fn cpu_s(broker: &mut Broker) -> f64 {
    let path = format!("/proc/{}/stat", broker.server().pid());
    let stat = std::fs::read_to_string(path).expect("the broker runs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let ticks = fields.split(' ').skip(11).take(2);
    let ticks = ticks.map(|ticks| ticks.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() / TICKS_PER_S
}

#[test]
fn a_thousand_members_of_the_classic_protocol_are_stable_in_five_seconds() {
    let Some(broker) = broker("a large classic group", MEMBERS) else {
        return;
    };
    let (at_once, one_more) = Rally::new(MEMBERS).run(|rally, number| {
        classic::Member::new(broker.address(), "large").take_part(rally, number);
    });
    report(&format!(
        "{MEMBERS} members of the classic protocol, heartbeats every {CLASSIC_INTERVAL:?}: stable {:.2} s after the last \
         of all joined at once, {:.2} s after one more joined the others",
        at_once.as_secs_f64(),
        one_more.as_secs_f64()
    ));
    let slower = at_once.max(one_more);
    assert!(slower <= Duration::from_secs(5), "{slower:?}");
}

#[test]
fn a_thousand_members_of_the_consumer_protocol_get_a_stable_assignment() {
    let Some(broker) = broker("a large consumer group", MEMBERS) else {
        return;
    };
    let (at_once, one_more) = Rally::new(MEMBERS).run(|rally, number| {
        consumer::Member::new(broker.address(), "large", number).take_part(rally, number);
    });
    report(&format!(
        "{MEMBERS} members of the consumer protocol, heartbeats as the broker says: stable {:.2} s after the last of all \
         joined at once, {:.2} s after one more joined the others",
        at_once.as_secs_f64(),
        one_more.as_secs_f64()
    ));
    // The last one waits for a heartbeat of whoever has what it is to get, and the answer lies in its own next one.
    let slower = at_once.max(one_more);
    assert!(slower <= Duration::from_secs(11), "{slower:?}");
}

/// Has `SPEAKERS` threads make idle groups, and then be heard of at even distances; the share of a core that this takes.
fn idle<M>(
    broker: &mut Broker,
    interval: Duration,
    make: impl Fn(usize) -> M + Sync,
    beat: impl Fn(&mut M) + Sync,
) -> f64 {
    let made = Barrier::new(SPEAKERS + 1);
    let (make, beat, made) = (&make, &beat, &made);
    std::thread::scope(|scope| {
        for speaker in 0..SPEAKERS {
            scope.spawn(move || {
                let numbers = (speaker..IDLE_GROUPS).step_by(SPEAKERS);
                let mut members: Vec<M> = numbers.map(make).collect();
                made.wait();
                let start = Instant::now();
                let count = u32::try_from(members.len()).expect("few");
                for turn in 0.. {
                    let due = start + (interval / count) * turn;
                    if due > start + interval + IDLE_TIME {
                        break;
                    }
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let number = turn as usize % members.len();
                    beat(&mut members[number]);
                }
            });
        }
        made.wait();
        // What was made has settled after the first round.
        std::thread::sleep(interval);
        let (before, start) = (cpu_s(broker), Instant::now());
        std::thread::sleep(IDLE_TIME - Duration::from_secs(1));
        (cpu_s(broker) - before) / start.elapsed().as_secs_f64()
    })
}

#[test]
fn ten_thousand_idle_groups_of_the_classic_protocol_cost_little() {
    let Some(mut broker) = broker("idle classic groups", 1) else {
        return;
    };
    let address = broker.address();
    let share = idle(
        &mut broker,
        CLASSIC_INTERVAL,
        |number| classic::Member::of_its_own(address, &format!("idle-{number}")),
        classic::Member::beat,
    );
    report(&format!(
        "{IDLE_GROUPS} groups of one member of the classic protocol, a heartbeat each {CLASSIC_INTERVAL:?}: {:.1} % of a core",
        share * 100.0
    ));
}

#[test]
fn ten_thousand_idle_groups_of_the_consumer_protocol_cost_little() {
    let Some(mut broker) = broker("idle consumer groups", 1) else {
        return;
    };
    let address = broker.address();
    let share = idle(
        &mut broker,
        CONSUMER_INTERVAL,
        |number| consumer::Member::of_its_own(address, &format!("idle-{number}"), number),
        consumer::Member::beat,
    );
    report(&format!(
        "{IDLE_GROUPS} groups of one member of the consumer protocol, a heartbeat each {CONSUMER_INTERVAL:?}: {:.1} % of a \
         core",
        share * 100.0
    ));
}

fn commit(group: &str, offset: i64) -> OffsetCommitRequest {
    OffsetCommitRequest {
        group_id: group.to_owned(),
        generation_id_or_member_epoch: -1,
        topics: vec![OffsetCommitRequestTopic {
            name: TOPIC.to_owned(),
            partitions: vec![OffsetCommitRequestPartition {
                committed_offset: offset,
                ..OffsetCommitRequestPartition::default()
            }],
            ..OffsetCommitRequestTopic::default()
        }],
        ..OffsetCommitRequest::default()
    }
}

/// Commits over so many connections, each of a group of its own, one at a time; how often, in how long.
fn commits(address: std::net::SocketAddr, connections: usize) -> (u64, Duration) {
    let start = Instant::now();
    let counts: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|number| {
                scope.spawn(move || {
                    let mut connection = Connection::open(address);
                    let group = format!("commits-{number}");
                    let mut count = 0;
                    while start.elapsed() < COMMIT_TIME {
                        let answer = connection.ask(9, &commit(&group, 0));
                        assert_eq!(answer.topics[0].partitions[0].error_code, calls::NONE);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        let counts = threads.into_iter().map(|thread| thread.join());
        counts.map(|count| count.expect("it commits")).collect()
    });
    (counts.iter().sum(), start.elapsed())
}

#[test]
fn a_durable_commit_costs_little() {
    let Some(mut broker) = broker("durable commits", 1) else {
        return;
    };
    for connections in [1, 8, 64, 256] {
        let before = cpu_s(&mut broker);
        let (count, took) = commits(broker.address(), connections);
        let cpu_s = cpu_s(&mut broker) - before;
        report(&format!(
            "durable commits over {connections} connections, one in flight on each: {:.0}/s, {:.1} µs of the broker's CPU \
             each",
            count as f64 / took.as_secs_f64(),
            cpu_s * 1e6 / count as f64
        ));
    }
}
