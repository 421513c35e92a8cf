//! Members of consumer groups (KIP-848) that lie: Apache Kafka's codes, and nothing of it changes what honest members have.
//!
//! With `CORELANE_TEST_TARGET=kafka` the lies go to Apache Kafka, so that the codes can be compared. Where Corelane
//! has a bound that Kafka has not, the test asks Corelane alone.

use crate::beat::{Beat, Committer, commit};
use crate::support::broker::{Broker, Target};
use crate::support::calls;
use crate::support::wire::Wire;
use crate::{GROWTH_KIB_MAX, TOPIC, await_coordinator};

const NONE: i16 = 0;
const UNKNOWN_SERVER_ERROR: i16 = -1;
const UNKNOWN_MEMBER_ID: i16 = 25;
const UNSUPPORTED_VERSION: i16 = 35;
const INVALID_REQUEST: i16 = 42;
const GROUP_ID_NOT_FOUND: i16 = 69;
const FENCED_MEMBER_EPOCH: i16 = 110;
const STALE_MEMBER_EPOCH: i16 = 113;
const INVALID_REGULAR_EXPRESSION: i16 = 128;

const GROUP: &str = "of-liars";
const HONEST: &str = "honest";
const PARTITIONS: i32 = 4;
const NO_TOPIC: [u8; 16] = [9; 16];

/// A broker with a topic and a group of one honest member, the topic's id, and the member's epoch.
struct Scene {
    broker: Broker,
    wire: Wire,
    topic_id: [u8; 16],
    epoch: i32,
}

impl Scene {
    fn new(target: Target) -> Self {
        let broker = Broker::start_target(target);
        let mut wire = Wire::connect(broker.address());
        let made = calls::create_topic(&mut wire, TOPIC, PARTITIONS, &[]);
        assert_eq!(made, calls::NONE);
        await_coordinator(&mut wire, GROUP);
        let joined = Beat::join(GROUP, HONEST, TOPIC).ask(&mut wire);
        let assigned = joined.assigned.as_deref();
        let [(topic_id, partitions)] = assigned.expect("a member that joins is told") else {
            panic!("not one topic: {joined:?}")
        };
        assert_eq!(partitions.len(), 4);
        Self {
            topic_id: *topic_id,
            epoch: joined.epoch,
            broker,
            wire,
        }
    }

    fn honest(&self) -> Beat<'static> {
        Beat::stay(GROUP, HONEST, self.epoch)
    }

    /// The honest member is where it was, with what it had.
    fn assert_unharmed(&mut self, after: &str) {
        let all = Beat {
            rebalance_timeout_ms: 60_000,
            names: Some(vec![TOPIC.to_owned()]),
            owned: Some(vec![(self.topic_id, (0..PARTITIONS).collect())]),
            ..self.honest()
        };
        let said = all.ask(&mut self.wire);
        assert_eq!((said.code, said.epoch), (NONE, self.epoch), "after {after}");
        let assigned = said.assigned.expect("a full heartbeat is told everything");
        let mut partitions = assigned[0].1.clone();
        partitions.sort_unstable();
        assert_eq!(partitions, [0, 1, 2, 3], "after {after}");
    }

    fn lie(&mut self, what: &str, lie: &Beat<'_>, expected: i16) {
        assert_eq!(lie.code(&mut self.wire), expected, "{what}");
        self.assert_unharmed(what);
    }
}

#[test]
fn epochs_that_nobody_has_been_given_are_fenced() {
    let mut scene = Scene::new(Target::from_environment());
    let honest = scene.honest();
    let cases = [
        ("one to come", scene.epoch + 1, FENCED_MEMBER_EPOCH),
        ("the last that there is", i32::MAX, FENCED_MEMBER_EPOCH),
        ("none", -3, INVALID_REQUEST),
        ("the first that there is", i32::MIN, INVALID_REQUEST),
        ("away, and no static member", -2, INVALID_REQUEST),
    ];
    for (what, epoch, expected) in cases {
        let lie = Beat {
            epoch,
            ..honest.clone()
        };
        scene.lie(what, &lie, expected);
    }
}

#[test]
fn strangers_neither_stay_nor_leave() {
    let mut scene = Scene::new(Target::from_environment());
    let stranger = |epoch| Beat::stay(GROUP, "stranger", epoch);
    for epoch in [1, 7, i32::MAX, -1] {
        scene.lie("an epoch", &stranger(epoch), UNKNOWN_MEMBER_ID);
    }
    let away = Beat {
        instance: Some("i"),
        ..stranger(-2)
    };
    scene.lie("an instance of nobody", &away, UNKNOWN_MEMBER_ID);
    let taken = Beat {
        instance: Some("i"),
        ..scene.honest()
    };
    scene.lie("an instance that it is not", &taken, UNKNOWN_MEMBER_ID);
    let nameless = Beat {
        member: "",
        ..stranger(0)
    };
    scene.lie("no id", &nameless, INVALID_REQUEST);
    for epoch in [1, -1] {
        let lie = Beat::stay("no-such-group", "stranger", epoch);
        scene.lie("a group of nobody", &lie, GROUP_ID_NOT_FOUND);
    }
}

#[test]
fn partitions_that_nobody_has_are_owned_in_vain() {
    let mut scene = Scene::new(Target::from_environment());
    let owning = |owned| Beat {
        owned: Some(owned),
        ..scene.honest()
    };
    let topic = scene.topic_id;
    let lies = [
        ("a topic that is not there", vec![(NO_TOPIC, vec![0])]),
        ("partitions below none", vec![(topic, vec![-1, i32::MIN])]),
        ("partitions beyond all", vec![(topic, vec![4, i32::MAX])]),
        ("one again and again", vec![(topic, vec![0; 1_000])]),
        ("a topic twice", vec![(topic, vec![0]), (topic, vec![0])]),
        ("nothing of a topic", vec![(NO_TOPIC, vec![])]),
    ];
    let lies = lies.map(|(what, owned)| (what, owning(owned)));
    for (what, lie) in lies {
        scene.lie(what, &lie, NONE);
    }
    let joins = Beat {
        owned: Some(vec![(topic, vec![0])]),
        ..Beat::join(GROUP, "early", TOPIC)
    };
    scene.lie("partitions before it has joined", &joins, INVALID_REQUEST);
}

#[test]
fn offsets_are_taken_from_no_liar() {
    let mut scene = Scene::new(Target::from_environment());
    let epoch = scene.epoch;
    let cases = [
        ("a stranger", "stranger", epoch, 9, UNKNOWN_MEMBER_ID),
        ("nobody", "", -1, 9, UNKNOWN_MEMBER_ID),
        ("a member by hand", HONEST, -1, 9, STALE_MEMBER_EPOCH),
        ("an epoch to come", HONEST, epoch + 1, 9, STALE_MEMBER_EPOCH),
        ("the last epoch", HONEST, i32::MAX, 9, STALE_MEMBER_EPOCH),
        ("an old client", HONEST, epoch, 8, UNSUPPORTED_VERSION),
        ("the member", HONEST, epoch, 9, NONE),
    ];
    for (what, member, epoch, version, expected) in cases {
        let by = Committer {
            group: GROUP,
            member,
            epoch,
            version,
        };
        let code = commit(&mut scene.wire, by, TOPIC);
        assert_eq!(code, expected, "{what}");
        scene.assert_unharmed(what);
    }
}

fn with_pattern<'a>(member: &'a str, pattern: &'a str) -> Beat<'a> {
    Beat {
        names: None,
        pattern: Some(pattern),
        ..Beat::join("by-patterns", member, TOPIC)
    }
}

#[test]
fn patterns_that_are_none_are_refused() {
    let mut scene = Scene::new(Target::from_environment());
    for bad in ["(", "a)|(b", "*", "[z-a]", "a{2,1}", r"\", "(?<a>b"] {
        let lie = with_pattern("m", bad);
        scene.lie(bad, &lie, INVALID_REGULAR_EXPRESSION);
    }
}

#[test]
fn patterns_that_make_others_backtrack_take_no_time() {
    let mut scene = Scene::new(Target::from_environment());
    let long = "a".repeat(249);
    assert_eq!(calls::create_topic(&mut scene.wire, &long, 1, &[]), NONE);
    let started = std::time::Instant::now();
    for (member, pattern) in [
        ("a", "(a+)+b"),
        ("b", "(a|a|a)*b"),
        ("c", "(a*)*(a*)*(a*)*c"),
        ("d", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)d"),
    ] {
        let joins = with_pattern(member, pattern);
        assert_eq!(joins.code(&mut scene.wire), NONE, "{pattern}");
    }
    let took = started.elapsed();
    assert!(took.as_secs() < 5, "{took:?}");
    scene.assert_unharmed("patterns");
}

#[test]
fn huge_patterns_are_refused_and_take_no_memory() {
    let mut scene = Scene::new(Target::Corelane);
    let before = scene.broker.server().resident_kib();
    scene.broker.server().reset_peak_memory();
    let mut huge = vec!["(a{1000}){1000}".to_owned(), r"\p{L}{5000}".to_owned()];
    huge.push("a".repeat(5_000));
    huge.push("a|".repeat(16_000));
    huge.push("(".repeat(2_000) + &")".repeat(2_000));
    for pattern in &huge {
        let joins = with_pattern("m", pattern);
        scene.lie(&pattern[..9], &joins, INVALID_REGULAR_EXPRESSION);
    }
    let peak = scene.broker.server().peak_resident_kib();
    assert!(peak <= before + 64 * 1024, "from {before} to {peak} KiB");
}

#[test]
fn a_thousand_members_with_a_pattern_each_are_served_and_then_no_more() {
    let mut scene = Scene::new(Target::Corelane);
    let members: Vec<(String, String)> = (0..=1_000)
        .map(|number| (format!("m{number}"), format!("(x{{{number}}}|named.*)")))
        .collect();
    let (last, members) = members.split_last().expect("a thousand and one");
    for some in members.chunks(100) {
        for (member, pattern) in some {
            let code = with_pattern(member, pattern).code(&mut scene.wire);
            assert_eq!(code, NONE, "{member}");
        }
        scene.assert_unharmed("some of a thousand patterns");
    }
    let one_more = with_pattern(&last.0, &last.1).code(&mut scene.wire);
    assert_eq!(one_more, INVALID_REGULAR_EXPRESSION);
    scene.assert_unharmed("a thousand patterns");
}

fn with_names(count: usize, bytes: usize) -> Beat<'static> {
    let names = (0..count).map(|number| format!("{number:0bytes$}"));
    Beat {
        names: Some(names.collect()),
        ..Beat::join(GROUP, "greedy", TOPIC)
    }
}

#[test]
fn ten_megabytes_of_topics_are_refused_and_the_group_goes_on() {
    let mut scene = Scene::new(Target::from_environment());
    let before = scene.broker.server().resident_kib();
    scene.broker.server().reset_peak_memory();
    let lie = with_names(10_000, 1_000);
    for _ in 0..5 {
        scene.lie("10 MB of names", &lie, UNKNOWN_SERVER_ERROR);
    }
    if scene.broker.target() == Target::Corelane {
        let peak = scene.broker.server().peak_resident_kib();
        assert!(
            peak <= before + GROWTH_KIB_MAX,
            "from {before} to {peak} KiB"
        );
    }
}

#[test]
fn too_many_topics_are_refused() {
    let mut scene = Scene::new(Target::Corelane);
    scene.lie("100,000 names", &with_names(100_000, 8), INVALID_REQUEST);
}

#[test]
fn an_id_that_no_record_holds_is_refused() {
    let mut scene = Scene::new(Target::Corelane);
    let long = "m".repeat(40_000);
    // Kafka closes the connection.
    let lie = Beat::join(GROUP, &long, TOPIC);
    scene.lie("a long id", &lie, INVALID_REQUEST);
}

#[test]
fn times_that_are_none_are_taken_as_they_are() {
    let mut scene = Scene::new(Target::from_environment());
    for (number, timeout_ms) in [0, -2, i32::MIN, i32::MAX].into_iter().enumerate() {
        let member = format!("timed-{number}");
        let joins = Beat {
            rebalance_timeout_ms: timeout_ms,
            ..Beat::join("of-times", &member, TOPIC)
        };
        assert_eq!(joins.code(&mut scene.wire), NONE, "{timeout_ms}");
    }
    scene.assert_unharmed("times");
}
