//! Cases of groups of the consumer protocol, each named after what it claims. `consumer_schedules` runs them in random
//! order.

use super::consumer_client::{Consumer, topic_id};
use super::*;
use crate::groups::consumer::{count, each};
use crate::groups::describing::ListFilter;
use uuid::Uuid;

fn counts(consumers: &[Consumer]) -> Vec<usize> {
    consumers
        .iter()
        .map(|consumer| count(&consumer.owned))
        .collect()
}

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.see(&[("t", 6), ("u", 3)]);
    bench
}

#[test]
fn a_member_joins_and_reads_everything_in_one_heartbeat() {
    let mut bench = bench();
    let mut member = Consumer::new("m", &["t"]);
    let ticket = bench.ask_to_beat(member.request());
    assert!(bench.beaten(ticket).is_none(), "nothing is durable yet");
    bench.store();
    let response = bench.beaten(ticket).unwrap();
    assert_eq!(member.hear(&response), ErrorCode::None);
    member.obey();
    assert_eq!((member.epoch, count(&member.owned)), (1, 6));
    assert_eq!(response.heartbeat_interval_ms, 5_000);
    assert_eq!(bench.state(), "Stable");
    bench.check_sums();
}

#[test]
fn a_partition_is_given_to_the_next_member_once_the_last_one_has_given_it_up() {
    let mut bench = bench();
    let mut first = Consumer::new("a", &["t"]);
    let mut second = Consumer::new("b", &["t"]);
    bench.round(&mut first);
    bench.round(&mut second);
    assert_eq!((second.epoch, count(&second.owned)), (2, 0));
    assert_eq!(bench.state(), "Reconciling");

    // The first is told, and has not given anything up: the second still waits.
    let ticket = bench.ask_to_beat(first.request());
    bench.store();
    let told = bench.beaten(ticket).unwrap();
    assert_eq!(told.member_epoch, 1);
    bench.round(&mut second);
    assert_eq!(count(&second.owned), 0);

    first.hear(&told);
    first.obey();
    assert_eq!(count(&first.owned), 3);
    bench.round(&mut first);
    assert_eq!(first.epoch, 2);
    bench.round(&mut second);
    assert_eq!(counts(&[first, second]), [3, 3]);
    assert_eq!(bench.state(), "Stable");
    bench.check_sums();
}

#[test]
fn a_member_that_does_not_give_up_in_time_is_out() {
    let mut bench = bench();
    let mut first = Consumer::new("a", &["t"]);
    let mut second = Consumer::new("b", &["t"]);
    bench.round(&mut first);
    bench.round(&mut second);
    for _ in 0..8 {
        bench.pass(9_000);
        let mut stubborn = first.clone();
        let ticket = bench.ask_to_beat(stubborn.request());
        bench.store();
        let response = bench.beaten(ticket).unwrap();
        if stubborn.hear(&response) == ErrorCode::UnknownMemberId {
            bench.round(&mut second);
            assert_eq!(count(&second.owned), 6);
            return bench.check_sums();
        }
        bench.round(&mut second);
    }
    panic!("the rebalance timeout is {REBALANCE_MS} ms");
}

#[test]
fn a_silent_member_is_out_after_its_session_and_its_partitions_go_to_others() {
    let mut bench = bench();
    let mut members = [Consumer::new("a", &["t"]), Consumer::new("b", &["t"])];
    for member in &mut members {
        bench.round(member);
    }
    bench.settle(&mut members);
    for _ in 0..10 {
        bench.pass(5_000);
        bench.round(&mut members[1]);
        bench.store();
    }
    assert_eq!(count(&members[1].owned), 6);
    assert_eq!(bench.round(&mut members[0]), ErrorCode::UnknownMemberId);
    bench.check_sums();
}

#[test]
fn a_member_that_leaves_is_forgotten_with_tombstones() {
    let mut bench = bench();
    let mut member = Consumer::new("m", &["t"]);
    bench.round(&mut member);
    member.epoch = -1;
    let ticket = bench.ask_to_beat(member.request());
    bench.store();
    let left = bench.beaten(ticket).unwrap();
    assert_eq!((left.error_code, left.member_epoch), (0, -1));
    assert_eq!(bench.state(), "Empty");
    bench.crash(0);
    assert_eq!(bench.state(), "Empty");
    let epoch = bench.describe().group_epoch;
    assert_eq!(epoch, 2);
    member.forget();
    assert_eq!(bench.round(&mut member), ErrorCode::None);
    assert_eq!(member.epoch, 3);
    bench.check_sums();
}

#[test]
fn lies_about_epochs_are_fenced() {
    let mut bench = bench();
    let mut member = Consumer::new("m", &["t"]);
    bench.round(&mut member);
    let mut ask = |change: &dyn Fn(&mut Consumer)| {
        let mut liar = member.clone();
        change(&mut liar);
        let ticket = bench.ask_to_beat(liar.request());
        bench.store();
        liar.hear(&bench.beaten(ticket).unwrap())
    };
    assert_eq!(ask(&|liar| liar.epoch = 7), ErrorCode::FencedMemberEpoch);
    assert_eq!(ask(&|liar| liar.epoch = -7), ErrorCode::InvalidRequest);
    assert_eq!(
        ask(&|liar| liar.id = "other".to_owned()),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(ask(&|liar| liar.id.clear()), ErrorCode::InvalidRequest);
    assert_eq!(
        ask(&|liar| liar.assignor = Some("mine".to_owned())),
        ErrorCode::UnsupportedAssignor
    );
    assert_eq!(
        ask(&|liar| liar.pattern = Some("(".to_owned())),
        ErrorCode::InvalidRegularExpression
    );
    assert_eq!(
        ask(&|liar| liar.instance = Some("i".to_owned())),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(ask(&|liar| liar.epoch = -2), ErrorCode::InvalidRequest);
    assert_eq!(
        ask(&|_| {}),
        ErrorCode::None,
        "nothing of it has changed the group"
    );
    bench.check_sums();
}

#[test]
fn an_answer_that_was_lost_is_given_again() {
    let mut bench = bench();
    let mut members = [Consumer::new("a", &["t"]), Consumer::new("b", &["t"])];
    for member in &mut members {
        bench.round(member);
    }
    bench.settle(&mut members);
    bench.see(&[("t", 8)]);
    let before = members[0].clone();
    bench.round(&mut members[0]);
    assert!(members[0].epoch > before.epoch);
    // It asks again with the epoch that it has, and with one of long ago.
    let mut again = before.clone();
    assert_eq!(bench.round(&mut again), ErrorCode::None);
    assert_eq!(
        (again.epoch, &again.owned),
        (members[0].epoch, &members[0].owned)
    );
    let mut old = before;
    old.epoch -= 1;
    assert_eq!(bench.round(&mut old), ErrorCode::FencedMemberEpoch);
}

#[test]
fn topics_that_grow_come_and_go_change_the_target() {
    let mut bench = bench();
    let mut members = [
        Consumer::new("a", &["t", "later"]),
        Consumer::new("b", &["t"]),
    ];
    for member in &mut members {
        bench.round(member);
    }
    bench.settle(&mut members);
    assert_eq!(counts(&members), [3, 3]);
    bench.see(&[("t", 8), ("later", 2)]);
    bench.settle(&mut members);
    assert_eq!(counts(&members), [5, 5]);
    bench.see(&[("later", 2)]);
    bench.settle(&mut members);
    assert_eq!(counts(&members), [2, 0]);
    bench.check_sums();
}

#[test]
fn a_pattern_follows_the_topics_and_is_stored() {
    let mut bench = bench();
    let mut members = [Consumer::with_pattern("a", "t.*")];
    bench.round(&mut members[0]);
    assert_eq!(counts(&members), [6]);
    bench.see(&[("t", 6), ("t2", 2), ("my-t", 5)]);
    bench.round(&mut members[0]);
    assert_eq!(counts(&members), [6], "it has been looked up a moment ago");
    bench.pass(10_000);
    bench.settle(&mut members);
    assert_eq!(counts(&members), [8]);
    bench.crash(0);
    bench.settle(&mut members);
    assert_eq!(counts(&members), [8]);
    // Names instead: the pattern goes.
    members[0].pattern = None;
    members[0].topics = vec!["my-t".to_owned()];
    bench.settle(&mut members);
    assert_eq!(counts(&members), [5]);
    let consumer = bench
        .machine
        .group(GROUP)
        .unwrap()
        .consumer
        .as_ref()
        .unwrap();
    assert!(consumer.patterns().is_empty());
    bench.check_sums();
}

#[test]
fn a_static_member_comes_back_under_another_id_to_what_it_had() {
    let mut bench = bench();
    let mut members = [
        Consumer::new("a", &["t"]).instance("i"),
        Consumer::new("b", &["t"]),
    ];
    for member in &mut members {
        bench.round(member);
    }
    bench.settle(&mut members);
    let had = members[0].owned.clone();
    let epoch = bench.describe().group_epoch;

    let mut other = Consumer::new("c", &["t"]).instance("i");
    assert_eq!(bench.round(&mut other), ErrorCode::UnreleasedInstanceId);
    let mut leaving = members[0].clone();
    leaving.epoch = -2;
    assert_eq!(bench.round(&mut leaving), ErrorCode::None);
    assert_eq!(bench.round(&mut members[0]), ErrorCode::FencedMemberEpoch);
    assert_eq!(bench.round(&mut members[1]), ErrorCode::None);
    assert_eq!(count(&members[1].owned), 3, "nobody else gets what it had");
    bench.crash(0);
    assert_eq!(bench.round(&mut other), ErrorCode::None);
    assert_eq!(other.owned, had);
    assert_eq!(bench.round(&mut members[0]), ErrorCode::FencedInstanceId);
    assert_eq!(bench.describe().group_epoch, epoch, "it is no rebalance");
    bench.check_sums();
}

#[test]
fn a_static_member_that_does_not_come_back_is_out_after_its_session() {
    let mut bench = bench();
    let mut member = Consumer::new("a", &["t"]).instance("i");
    bench.round(&mut member);
    let mut leaving = member.clone();
    leaving.epoch = -2;
    bench.round(&mut leaving);
    bench.pass(45_001);
    bench.store();
    assert_eq!(bench.state(), "Empty");
    bench.check_sums();
}

#[test]
fn offsets_are_taken_from_members_in_their_epoch_only() {
    let mut bench = bench();
    let mut member = Consumer::new("m", &["t"]);
    bench.round(&mut member);
    let mut commit = |id: &str, epoch: i32| {
        let (_, accepted) = bench.commit(id, epoch, 0, 5);
        bench.store();
        accepted.map(|accepted| accepted.is_pending)
    };
    assert_eq!(commit("m", 1), Ok(true));
    assert_eq!(commit("m", 0), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(commit("m", 2), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(commit("other", 1), Err(ErrorCode::UnknownMemberId));
    assert_eq!(commit("", -1), Err(ErrorCode::UnknownMemberId));
    bench.version = 8;
    let (_, old) = bench.commit("m", 1, 0, 5);
    assert_eq!(old, Err(ErrorCode::UnsupportedVersion));
    let fetch = |member, epoch| bench.machine.check_fetch(GROUP, member, epoch);
    assert_eq!(fetch(None, -1), Ok(()));
    assert_eq!(fetch(Some("m"), 1), Ok(()));
    assert_eq!(fetch(Some("m"), 2), Err(ErrorCode::StaleMemberEpoch));
    assert_eq!(fetch(Some("x"), 1), Err(ErrorCode::UnknownMemberId));
}

#[test]
fn a_change_that_could_not_be_stored_is_answered_with_an_error_and_stored_with_the_next() {
    let mut bench = bench();
    let mut member = Consumer::new("m", &["t"]);
    let ticket = bench.ask_to_beat(member.request());
    bench.store_one(Err(ErrorCode::NotCoordinator));
    let refused = bench.beaten(ticket).unwrap();
    assert_eq!(member.hear(&refused), ErrorCode::NotCoordinator);
    assert_eq!(bench.round(&mut member), ErrorCode::None);
    bench.crash(0);
    assert_eq!(
        bench.round(&mut member),
        ErrorCode::None,
        "the log knows it"
    );
    assert_eq!(count(&member.owned), 6);
}

#[test]
fn the_log_knows_everything_that_was_answered() {
    let mut bench = bench();
    let mut members = [
        Consumer::new("a", &["t"]),
        Consumer::with_pattern("b", "u|t").instance("i"),
        Consumer::new("c", &["u"]),
    ];
    for member in &mut members {
        bench.round(member);
        let before = bench.describe();
        bench.crash(0);
        bench.machine.see_topics(bench.topics.clone());
        assert_eq!(bench.describe(), before);
    }
    bench.settle(&mut members);
    bench.check_sums();
}

#[test]
fn a_classic_group_that_is_empty_becomes_a_consumer_group_and_back_with_its_offsets() {
    let mut bench = bench();
    let joined = bench.enter();
    bench.ask_to_sync(&joined, None, &[]);
    bench.store();
    bench.commit(&joined.member_id, 1, 0, 42).1.unwrap();
    bench.store();
    let mut member = Consumer::new("m", &["t"]);
    assert_eq!(bench.round(&mut member), ErrorCode::GroupIdNotFound);
    bench.pass(10_001);
    bench.store();
    assert_eq!(bench.round(&mut member), ErrorCode::None);
    assert_eq!(bench.committed(0), Some(42));
    bench.crash(0);
    let listed = bench.machine.list(&ListFilter::default());
    assert_eq!(
        (listed.len(), listed[0].group_type.as_str()),
        (1, "Consumer")
    );
    assert_eq!(bench.machine.describe(GROUP, 5).group_state, "Dead");
    let ticket = bench.ask_to_join("", None);
    let refused = bench.joined(ticket).unwrap();
    assert_eq!(
        refused.error_code,
        ErrorCode::InconsistentGroupProtocol.code()
    );
    member.epoch = -1;
    bench.round(&mut member);
    bench.enter();
    bench.store();
    bench.crash(0);
    assert_eq!(
        bench.machine.list(&ListFilter::default())[0].group_type,
        "Classic"
    );
    assert_eq!(bench.committed(0), Some(42));
    bench.check_sums();
}

#[test]
fn a_consumer_group_can_be_deleted_when_it_is_empty() {
    let mut bench = bench();
    let mut member = Consumer::new("m", &["t"]);
    bench.round(&mut member);
    let delete = |bench: &mut Bench| {
        let ticket = bench.ticket();
        let (codes, _) = bench.machine.delete_groups(&[GROUP.to_owned()], ticket);
        bench.collect();
        bench.store();
        codes
    };
    assert_eq!(delete(&mut bench), [ErrorCode::NonEmptyGroup]);
    member.epoch = -1;
    bench.round(&mut member);
    assert_eq!(delete(&mut bench), [ErrorCode::None]);
    assert!(bench.machine.group(GROUP).is_none());
    bench.crash(0);
    assert!(bench.machine.group(GROUP).is_none());
    bench.check_sums();
}

#[test]
fn a_group_is_no_larger_than_it_may_be() {
    let mut bench = Bench::with(GroupSettings {
        consumer_members_max: 2,
        ..GroupSettings::default()
    });
    bench.see(&[("t", 2)]);
    for id in ["a", "b"] {
        assert_eq!(bench.round(&mut Consumer::new(id, &["t"])), ErrorCode::None);
    }
    let refused = bench.round(&mut Consumer::new("c", &["t"]));
    assert_eq!(refused, ErrorCode::GroupMaxSizeReached);
    bench.check_sums();
}

#[test]
fn most_members_choose_the_assignor() {
    let mut bench = bench();
    let mut members = [
        Consumer::new("a", &["t", "u"]),
        Consumer::new("b", &["t", "u"]),
    ];
    members[1].assignor = Some("range".to_owned());
    for member in &mut members {
        bench.round(member);
    }
    bench.settle(&mut members);
    assert_eq!(bench.describe().assignor_name, "range");
    let first: Vec<(Uuid, i32)> = each(&members[0].owned).collect();
    let (t, u) = (topic_id("t"), topic_id("u"));
    let mut wanted = vec![(t, 0), (t, 1), (t, 2), (u, 0), (u, 1)];
    wanted.sort_unstable();
    assert_eq!(first, wanted);
}
