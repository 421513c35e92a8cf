//! A group of the consumer protocol, heartbeat by heartbeat: epochs, assignments and refusals are Kafka's.

use corelane_protocol::messages::consumer_group_describe::ConsumerGroupDescribeRequest;
use corelane_protocol::messages::consumer_group_heartbeat::{
    ConsumerGroupHeartbeatRequest, RequestTopicPartitions,
};
use corelane_protocol::messages::find_coordinator::FindCoordinatorRequest;
use uuid::Uuid;

use super::Pair;

const GROUP: &str = "compared-group";
const TOPIC: &str = "compared";
const VERSION: i16 = 1;

/// What a member says; `owned` is what it has of the topic.
struct Say<'a> {
    case: &'a str,
    member: &'a str,
    epoch: i32,
    instance: Option<&'a str>,
    topics: Option<&'a [&'a str]>,
    pattern: Option<&'a str>,
    assignor: Option<&'a str>,
    owned: Option<&'a [i32]>,
}

const NOTHING: Say<'static> = Say {
    case: "",
    member: "",
    epoch: 0,
    instance: None,
    topics: None,
    pattern: None,
    assignor: None,
    owned: None,
};

fn request(say: &Say<'_>, topic_id: Uuid) -> ConsumerGroupHeartbeatRequest {
    let owned = |partitions: &[i32]| match partitions.is_empty() {
        true => Vec::new(),
        false => vec![RequestTopicPartitions {
            topic_id,
            partitions: partitions.to_vec(),
        }],
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    ConsumerGroupHeartbeatRequest {
        group_id: GROUP.to_owned(),
        member_id: say.member.to_owned(),
        member_epoch: say.epoch,
        instance_id: say.instance.map(str::to_owned),
        rebalance_timeout_ms: if say.epoch == 0 { 60_000 } else { -1 },
        subscribed_topic_names: say.topics.map(names),
        subscribed_topic_regex: say.pattern.map(str::to_owned),
        server_assignor: say.assignor.map(str::to_owned),
        topic_partitions: say.owned.map(owned),
        ..ConsumerGroupHeartbeatRequest::default()
    }
}

fn described(pair: &Pair, case: &str) {
    pair.compare(case, |_| ConsumerGroupDescribeRequest {
        group_ids: vec![GROUP.to_owned(), "no-such-group".to_owned()],
        include_authorized_operations: true,
    });
}

/// Asks everything; `ids` are those of the topic, Kafka's first.
pub fn run(pair: &Pair, ids: [Uuid; 2]) {
    let say = |say: Say<'_>| {
        let requests = ids.map(|id| request(&say, id));
        pair.compare_each(say.case, VERSION, [&requests[0], &requests[1]]);
    };
    find_coordinator(pair);
    refusals(&say);
    let join = |case, member, instance| Say {
        case,
        member,
        instance,
        topics: Some(&[TOPIC]),
        assignor: Some("range"),
        owned: Some(&[]),
        ..NOTHING
    };
    say(join("the first member joins", "a", None));
    described(pair, "one member");
    say(join("the second member joins", "b", Some("i")));
    described(pair, "two members");
    let beat = |case, member, epoch, owned| Say {
        case,
        member,
        epoch,
        owned,
        ..NOTHING
    };
    say(beat("the first is to give up", "a", 1, None));
    say(Say {
        instance: Some("i"),
        ..beat("the second waits", "b", 2, None)
    });
    say(beat(
        "the first has given nothing up",
        "a",
        1,
        Some(&[0, 1]),
    ));
    described(pair, "on the way");
    say(beat("the first has given up", "a", 1, Some(&[])));
    say(Say {
        instance: Some("i"),
        ..beat("the second gets its part", "b", 2, None)
    });
    described(pair, "settled");
    say(beat("an epoch to come", "a", 9, Some(&[])));
    say(beat("an epoch of long ago", "a", 1, Some(&[99])));
    say(beat("nobody", "x", 2, Some(&[])));
    say(Say {
        instance: Some("i"),
        ..beat("another one's instance", "a", 2, None)
    });
    say(join("an instance in use", "c", Some("i")));
    say(Say {
        instance: Some("i"),
        ..beat("the second leaves for a while", "b", -2, None)
    });
    described(pair, "one is away");
    say(join("it comes back", "c", Some("i")));
    described(pair, "it is back");
    say(Say {
        instance: Some("i"),
        ..beat("the former self", "b", 2, None)
    });
    say(beat("the first leaves", "a", -1, None));
    say(beat("it leaves again", "a", -1, None));
    say(Say {
        instance: Some("i"),
        ..beat("the last leaves", "c", -1, None)
    });
    described(pair, "nobody is left");
}

/// The first one makes the topic of the coordinators.
fn find_coordinator(pair: &Pair) {
    for _ in 0..100 {
        let request = FindCoordinatorRequest {
            coordinator_keys: vec![GROUP.to_owned()],
            ..FindCoordinatorRequest::default()
        };
        if pair.both_find(&request) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    panic!("there is no coordinator");
}

fn refusals(say: &impl Fn(Say<'_>)) {
    let join = Say {
        member: "a",
        topics: Some(&[TOPIC]),
        owned: Some(&[]),
        ..NOTHING
    };
    say(Say {
        case: "no id",
        member: "",
        ..join
    });
    say(Say {
        case: "no instance",
        instance: Some(""),
        ..join
    });
    say(Say {
        case: "an epoch below all",
        epoch: -3,
        ..join
    });
    say(Say {
        case: "away without an instance",
        epoch: -2,
        ..join
    });
    say(Say {
        case: "no subscription",
        topics: None,
        ..join
    });
    say(Say {
        case: "partitions at once",
        owned: Some(&[0]),
        ..join
    });
    say(Say {
        case: "no such assignor",
        assignor: Some("mine"),
        ..join
    });
    say(Say {
        case: "a pattern that is none",
        topics: None,
        pattern: Some("("),
        ..join
    });
    say(Say {
        case: "a group that is not there",
        epoch: 5,
        ..join
    });
    say(Say {
        case: "leaving a group that is not there",
        epoch: -1,
        ..join
    });
}
