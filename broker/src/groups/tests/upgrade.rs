//! Members of both protocols in one group: they are exchanged one by one, and nobody reads what another one has.

use super::consumer_client::Consumer;
use super::*;
use crate::groups::consumer::Partitions;
use crate::groups::consumer::embedded::{read_assignment, write_assignment};
use crate::groups::consumer::{count, each};
use corelane_protocol::coordinator_record::encode_value;
use corelane_protocol::messages::consumer_protocol_subscription::ConsumerProtocolSubscription;
use corelane_protocol::messages::leave_group::MemberIdentity;
use std::collections::{BTreeMap, BTreeSet};

/// A client of the classic protocol that gives everything up before it joins again.
#[derive(Clone, Debug, Default)]
struct Classic {
    id: String,
    generation: i32,
    owned: Partitions,
    is_joining: bool,
}

fn metadata() -> Bytes {
    let subscription = ConsumerProtocolSubscription {
        topics: vec!["t".to_owned()],
        ..ConsumerProtocolSubscription::default()
    };
    encode_value(&subscription, 0).unwrap()
}

impl Classic {
    fn join(&mut self, bench: &mut Bench) -> JoinGroupResponse {
        let joining = bench.joining(&self.id, None, &metadata());
        let ticket = bench.ask_to_join_as(&joining);
        bench.store();
        bench.joined(ticket).expect("nobody else is waited for")
    }

    /// A heartbeat, and all that follows from it.
    fn step(&mut self, bench: &mut Bench) {
        if !self.is_joining {
            match bench.beat(&self.id, None, self.generation) {
                ErrorCode::None => return,
                ErrorCode::RebalanceInProgress => self.is_joining = true,
                code => panic!("{} is told {code:?}", self.id),
            }
        }
        self.owned.clear();
        let joined = self.join(bench);
        assert_eq!(joined.error_code, 0, "{joined:?}");
        assert_eq!(joined.member_id, self.id);
        self.generation = joined.generation_id;
        let ticket = bench.ask_to_sync(&joined, None, &[]);
        bench.store();
        let synced = bench.synced(ticket).unwrap();
        match ErrorCode::try_from(synced.error_code).unwrap() {
            ErrorCode::None => {
                self.is_joining = false;
                self.owned = read_assignment(&synced.assignment, &*bench.topics).unwrap();
            }
            ErrorCode::RebalanceInProgress => {}
            code => panic!("{} is told {code:?}", self.id),
        }
    }
}

/// Two members of a classic group that is stable.
fn classic_group(bench: &mut Bench) -> [Classic; 2] {
    bench.see(&[("t", 6)]);
    let mut members = [Classic::default(), Classic::default()];
    for member in &mut members {
        member.id = member.join(bench).member_id;
    }
    let first = bench.joining(&members[0].id, None, &metadata());
    let first = bench.ask_to_join_as(&first);
    bench.joined(first).unwrap();
    let second = bench.joining(&members[1].id, None, &metadata());
    let second = bench.ask_to_join_as(&second);
    let first = bench.joining(&members[0].id, None, &metadata());
    let first = bench.ask_to_join_as(&first);
    let (first, second) = (bench.joined(first).unwrap(), bench.joined(second).unwrap());
    let part = |from: i32| {
        let mut part = Partitions::new();
        part.insert(
            super::consumer_client::topic_id("t"),
            (from..from + 3).collect::<BTreeSet<i32>>(),
        );
        part
    };
    let given: Vec<Bytes> = [0, 3]
        .map(|from| write_assignment(&part(from), &metadata(), &*bench.topics))
        .to_vec();
    let (a, b) = (members[0].id.clone(), members[1].id.clone());
    bench.ask_to_sync(&second, None, &[]);
    bench.ask_to_sync(&first, None, &[(&a, &given[0]), (&b, &given[1])]);
    bench.store();
    for (member, from) in members.iter_mut().zip([0, 3]) {
        member.generation = first.generation_id;
        member.owned = part(from);
    }
    members
}

fn check(bench: &Bench, classic: &[Classic], consumers: &[Consumer]) {
    bench.check_sums();
    let mut owners = BTreeMap::new();
    let classic = classic.iter().map(|member| (&member.id, &member.owned));
    let consumers = consumers.iter().map(|member| (&member.id, &member.owned));
    for (id, owned) in classic.chain(consumers) {
        for at in each(owned) {
            let other = owners.insert(at, id);
            assert!(other.is_none(), "{at:?} is read by {other:?} and {id}");
        }
    }
}

fn settle(bench: &mut Bench, classic: &mut [Classic], consumers: &mut [Consumer]) {
    for _ in 0..12 {
        for index in 0..classic.len() {
            classic[index].step(bench);
            check(bench, classic, consumers);
        }
        for index in 0..consumers.len() {
            assert_eq!(bench.round(&mut consumers[index]), ErrorCode::None);
            check(bench, classic, consumers);
        }
    }
    assert_eq!(bench.describe().group_state, "Stable");
    let classic = classic.iter().map(|member| count(&member.owned));
    let consumers = consumers.iter().map(|member| count(&member.owned));
    let counts: Vec<usize> = classic.chain(consumers).collect();
    assert_eq!(counts.iter().sum::<usize>(), 6, "{counts:?}");
    let (least, most) = (counts.iter().min(), counts.iter().max());
    assert!(most.unwrap() - least.unwrap() <= 1, "{counts:?}");
}

fn leave(bench: &mut Bench, classic: &Classic) {
    let leaving = MemberIdentity {
        member_id: classic.id.clone(),
        ..MemberIdentity::default()
    };
    let now = bench.now();
    let left = bench.machine.leave(now, GROUP, &[leaving]).unwrap();
    assert_eq!(left[0].error_code, 0);
    bench.collect();
    bench.store();
}

#[test]
fn members_of_a_classic_group_are_exchanged_one_by_one() {
    let mut bench = Bench::new();
    let [mut first, mut second] = classic_group(&mut bench);
    let generation = first.generation;
    let mut consumers = vec![Consumer::new("new-1", &["t"])];
    assert_eq!(bench.round(&mut consumers[0]), ErrorCode::None);
    assert_eq!(consumers[0].epoch, generation + 1);
    assert_eq!(count(&consumers[0].owned), 0, "the others have everything");
    let (_, committed) = bench.commit(&first.id, generation, 0, 7);
    assert!(
        committed.is_ok(),
        "a member that is behind may still commit"
    );
    bench.store();
    bench.crash(0);
    let mut classic = [first.clone(), second.clone()];
    settle(&mut bench, &mut classic, &mut consumers);
    [first, second] = classic;

    leave(&mut bench, &first);
    consumers.push(Consumer::new("new-2", &["t"]));
    let mut classic = [second.clone()];
    settle(&mut bench, &mut classic, &mut consumers);
    [second] = classic;
    let described = bench.describe();
    let types: Vec<i8> = described
        .members
        .iter()
        .map(|member| member.member_type)
        .collect();
    assert_eq!(
        types.iter().filter(|kind| **kind == 0).count(),
        1,
        "{types:?}"
    );

    leave(&mut bench, &second);
    settle(&mut bench, &mut [], &mut consumers);
    bench.crash(0);
    settle(&mut bench, &mut [], &mut consumers);
    assert_eq!(bench.committed(0), Some(7));
}

#[test]
fn a_classic_member_that_does_not_join_again_is_out_after_its_rebalance_timeout() {
    let mut bench = Bench::new();
    let [first, second] = classic_group(&mut bench);
    let mut consumers = [Consumer::new("new", &["t"])];
    bench.round(&mut consumers[0]);
    for _ in 0..10 {
        bench.pass(8_000);
        bench.store();
        for member in [&first, &second] {
            let code = bench.beat(&member.id, None, member.generation);
            assert!(matches!(
                code,
                ErrorCode::RebalanceInProgress | ErrorCode::UnknownMemberId
            ));
        }
        bench.round(&mut consumers[0]);
    }
    settle(&mut bench, &mut [], &mut consumers);
}

#[test]
fn a_classic_member_joins_a_consumer_group_and_becomes_a_consumer_itself() {
    let mut bench = Bench::new();
    bench.see(&[("t", 6)]);
    let mut consumers = [Consumer::new("new", &["t"])];
    bench.round(&mut consumers[0]);
    let mut classic = Classic::default();
    let named = classic.join(&mut bench);
    assert_eq!(named.error_code, ErrorCode::MemberIdRequired.code());
    classic.id = named.member_id;
    classic.is_joining = true;
    let mut classic = [classic];
    settle(&mut bench, &mut classic, &mut consumers);
    // The same client comes back with the other protocol, under the same id.
    let [classic] = classic;
    let [new] = consumers;
    let mut consumers = [new, Consumer::new(&classic.id, &["t"])];
    settle(&mut bench, &mut [], &mut consumers);
    assert_eq!(
        bench.beat(&classic.id, None, classic.generation),
        ErrorCode::UnknownMemberId
    );
}

#[test]
fn a_group_that_is_none_of_consumers_stays_what_it_is() {
    let mut bench = Bench::new();
    bench.see(&[("t", 6)]);
    let mut joining = bench.joining("", None, b"what a Connect worker says");
    joining.request.protocol_type = "connect".to_owned();
    joining.version = 3;
    let ticket = bench.ask_to_join_as(&joining);
    bench.store();
    assert_eq!(bench.joined(ticket).unwrap().error_code, 0);
    let refused = bench.round(&mut Consumer::new("new", &["t"]));
    assert_eq!(refused, ErrorCode::GroupIdNotFound);
    bench.check_sums();
}
