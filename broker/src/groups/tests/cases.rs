//! Cases of the machine, each named after what it claims.

use super::*;
use crate::groups::describing::ListFilter;
use corelane_protocol::messages::leave_group::MemberIdentity;

fn code(response: &JoinGroupResponse) -> ErrorCode {
    ErrorCode::try_from(response.error_code).unwrap()
}

fn sync_code(response: &SyncGroupResponse) -> ErrorCode {
    ErrorCode::try_from(response.error_code).unwrap()
}

#[test]
fn a_new_member_is_given_an_id_and_joins_with_it() {
    let mut bench = Bench::new();
    let ticket = bench.ask_to_join("", None);
    assert!(
        bench.joined(ticket).is_none(),
        "the log does not know the group"
    );
    bench.store();
    let first = bench.joined(ticket).unwrap();
    assert_eq!(code(&first), ErrorCode::MemberIdRequired);
    assert!(first.member_id.starts_with("client-"));
    let ticket = bench.ask_to_join(&first.member_id, None);
    let joined = bench.joined(ticket).unwrap();
    assert_eq!((code(&joined), joined.generation_id), (ErrorCode::None, 1));
    assert_eq!(joined.leader, first.member_id);
    assert_eq!(joined.members.len(), 1);
    bench.check_sums();
}

#[test]
fn an_old_client_joins_at_once() {
    let mut bench = Bench::new();
    bench.version = 3;
    let ticket = bench.ask_to_join("", None);
    bench.store();
    assert_eq!(code(&bench.joined(ticket).unwrap()), ErrorCode::None);
}

#[test]
fn assignments_are_handed_out_once_they_are_durable() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    let id = joined.member_id.clone();
    let ticket = bench.ask_to_sync(&joined, None, &[(&id, b"all")]);
    let stored = bench.appends.len();
    assert!(
        bench.synced(ticket).is_none(),
        "{stored} appends are under way"
    );
    bench.store();
    let synced = bench.synced(ticket).unwrap();
    assert_eq!(&synced.assignment[..], b"all");
    assert_eq!(bench.beat(&id, None, 1), ErrorCode::None);
    bench.check_sums();
}

#[test]
fn an_assignment_that_cannot_be_stored_is_refused_and_the_group_joins_again() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    bench.store();
    let id = joined.member_id.clone();
    let ticket = bench.ask_to_sync(&joined, None, &[(&id, b"all")]);
    bench.store_one(Err(ErrorCode::NotCoordinator));
    assert_eq!(
        sync_code(&bench.synced(ticket).unwrap()),
        ErrorCode::NotCoordinator
    );
    assert_eq!(bench.beat(&id, None, 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn a_second_member_begins_a_rebalance_that_the_first_learns_of_by_heartbeat() {
    let mut bench = Bench::new();
    let first = bench.enter();
    let ticket = bench.ask_to_sync(&first, None, &[(&first.member_id, b"all")]);
    bench.store();
    bench.synced(ticket).unwrap();
    let ticket = bench.ask_to_join("", None);
    let id = bench.joined(ticket).unwrap().member_id;
    let second = bench.ask_to_join(&id, None);
    assert!(bench.joined(second).is_none());
    assert_eq!(
        bench.beat(&first.member_id, None, 1),
        ErrorCode::RebalanceInProgress
    );
    let again = bench.ask_to_join(&first.member_id, None);
    let (again, second) = (bench.joined(again).unwrap(), bench.joined(second).unwrap());
    assert_eq!((again.generation_id, second.generation_id), (2, 2));
    assert_eq!((again.members.len(), second.members.len()), (2, 0));
    bench.check_sums();
}

#[test]
fn a_silent_member_is_out_after_its_session_and_a_loud_one_stays() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    let ticket = bench.ask_to_sync(&joined, None, &[]);
    bench.store();
    bench.synced(ticket).unwrap();
    for _ in 0..10 {
        bench.pass(9_000);
        assert_eq!(bench.beat(&joined.member_id, None, 1), ErrorCode::None);
    }
    bench.pass(10_001);
    assert_eq!(
        bench.beat(&joined.member_id, None, 1),
        ErrorCode::UnknownMemberId
    );
    assert_eq!(bench.machine.describe(GROUP, 5).group_state, "Empty");
    bench.check_sums();
}

#[test]
fn a_member_that_does_not_sync_in_time_is_out() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    for _ in 0..7 {
        bench.beat(&joined.member_id, None, 1);
        bench.pass(9_000);
    }
    assert_eq!(
        bench.beat(&joined.member_id, None, 1),
        ErrorCode::UnknownMemberId
    );
    bench.check_sums();
}

#[test]
fn the_first_rebalance_waits_for_more_members_where_it_is_set() {
    let mut bench = Bench::with(GroupSettings::default());
    bench.version = 3;
    let first = bench.ask_to_join("", None);
    bench.store();
    bench.pass(2_000);
    let second = bench.ask_to_join("", None);
    bench.pass(2_000);
    assert!(
        bench.joined(first).is_none(),
        "the second has extended the pause"
    );
    bench.pass(3_000);
    assert_eq!(bench.joined(first).unwrap().generation_id, 1);
    assert_eq!(bench.joined(second).unwrap().generation_id, 1);
    bench.check_sums();
}

#[test]
fn a_static_member_comes_back_without_a_rebalance_and_its_old_id_is_fenced() {
    let mut bench = Bench::new();
    let ticket = bench.ask_to_join("", Some("i"));
    bench.store();
    let old = bench.joined(ticket).unwrap();
    let ticket = bench.ask_to_sync(&old, Some("i"), &[(&old.member_id, b"all")]);
    bench.store();
    bench.synced(ticket).unwrap();
    let ticket = bench.ask_to_join("", Some("i"));
    bench.store();
    let new = bench.joined(ticket).unwrap();
    assert_eq!((code(&new), new.generation_id), (ErrorCode::None, 1));
    assert_ne!(new.member_id, old.member_id);
    assert!(new.skip_assignment, "it leads, and is told not to assign");
    let ticket = bench.ask_to_sync(&new, Some("i"), &[]);
    assert_eq!(&bench.synced(ticket).unwrap().assignment[..], b"all");
    assert_eq!(
        bench.beat(&old.member_id, Some("i"), 1),
        ErrorCode::FencedInstanceId
    );
    bench.check_sums();
}

#[test]
fn a_member_with_another_protocol_is_refused() {
    let mut bench = Bench::new();
    bench.enter();
    let mut other = bench.joining("", None, b"");
    other.request.protocols[0].name = "sticky".to_owned();
    let ticket = bench.ask_to_join_as(&other);
    assert_eq!(
        code(&bench.joined(ticket).unwrap()),
        ErrorCode::InconsistentGroupProtocol
    );
}

#[test]
fn sessions_outside_of_the_bounds_and_empty_group_ids_are_refused() {
    let mut bench = Bench::new();
    let mut joining = bench.joining("", None, b"");
    joining.request.session_timeout_ms = 5_999;
    let ticket = bench.ask_to_join_as(&joining);
    assert_eq!(
        code(&bench.joined(ticket).unwrap()),
        ErrorCode::InvalidSessionTimeout
    );
    let mut joining = bench.joining("", None, b"");
    joining.request.group_id = String::new();
    let ticket = bench.ask_to_join_as(&joining);
    assert_eq!(
        code(&bench.joined(ticket).unwrap()),
        ErrorCode::InvalidGroupId
    );
    assert!(bench.machine.groups.is_empty());
}

#[test]
fn a_full_group_takes_nobody_and_ids_that_nobody_joins_with_count() {
    let mut bench = Bench::with(GroupSettings {
        members_max: 2,
        initial_rebalance_delay_ms: 0,
        ..GroupSettings::default()
    });
    bench.enter();
    let pending = bench.ask_to_join("", None);
    assert_eq!(
        code(&bench.joined(pending).unwrap()),
        ErrorCode::MemberIdRequired
    );
    let ticket = bench.ask_to_join("", None);
    assert_eq!(
        code(&bench.joined(ticket).unwrap()),
        ErrorCode::GroupMaxSizeReached
    );
    bench.check_sums();
}

#[test]
fn metadata_beyond_the_memory_of_a_coordinator_is_refused() {
    let mut bench = Bench::with(GroupSettings {
        coordinator_bytes_max: 10_000,
        initial_rebalance_delay_ms: 0,
        ..GroupSettings::default()
    });
    let joining = bench.joining("", None, &[0; 20_000]);
    let ticket = bench.ask_to_join_as(&joining);
    assert_eq!(
        code(&bench.joined(ticket).unwrap()),
        ErrorCode::GroupMaxSizeReached
    );
    assert!(bench.machine.bytes < 10_000);
    let mut refused = 0;
    for partition in 0..1_000 {
        let (_, accepted) = bench.commit("", -1, partition, 1);
        refused += usize::from(accepted.unwrap().codes[0] == ErrorCode::InvalidCommitOffsetSize);
        bench.store();
    }
    assert!(refused > 800, "{refused}");
    assert!(bench.machine.bytes < 11_000);
}

#[test]
fn an_offset_is_found_once_it_is_durable_and_after_a_crash() {
    let mut bench = Bench::new();
    let (ticket, accepted) = bench.commit("", -1, 0, 7);
    assert!(accepted.unwrap().is_pending);
    assert_eq!((bench.committed(0), bench.is_stored(ticket)), (None, None));
    bench.store();
    assert_eq!(bench.is_stored(ticket), Some(Ok(())));
    assert_eq!(bench.committed(0), Some(7));
    bench.crash(0);
    assert_eq!(bench.committed(0), Some(7));
    bench.check_sums();
}

#[test]
fn only_members_of_the_generation_commit_to_a_group_with_members() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    let id = joined.member_id.clone();
    let refused = |bench: &mut Bench, member: &str, generation| {
        bench.commit(member, generation, 0, 1).1.unwrap_err()
    };
    assert_eq!(refused(&mut bench, &id, 1), ErrorCode::RebalanceInProgress);
    let ticket = bench.ask_to_sync(&joined, None, &[]);
    bench.store();
    bench.synced(ticket).unwrap();
    assert_eq!(refused(&mut bench, "", -1), ErrorCode::UnknownMemberId);
    assert_eq!(refused(&mut bench, "liar", 1), ErrorCode::UnknownMemberId);
    assert_eq!(refused(&mut bench, &id, 0), ErrorCode::IllegalGeneration);
    assert_eq!(refused(&mut bench, &id, 2), ErrorCode::IllegalGeneration);
    assert!(bench.commit(&id, 1, 0, 1).1.is_ok());
}

#[test]
fn a_commit_with_a_generation_to_a_group_that_is_not_there_is_refused_by_version() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.commit("m", 1, 0, 1).1,
        Err(ErrorCode::GroupIdNotFound)
    );
    bench.version = 8;
    assert_eq!(
        bench.commit("m", 1, 0, 1).1,
        Err(ErrorCode::IllegalGeneration)
    );
}

#[test]
fn offsets_of_an_empty_group_expire_and_the_group_with_them() {
    let mut bench = Bench::with(GroupSettings {
        offsets_retention_ms: 3_600_000,
        ..GroupSettings::default()
    });
    bench.commit("", -1, 0, 7).1.unwrap();
    bench.store();
    bench.pass(3_000_000);
    bench.store();
    assert_eq!(bench.committed(0), Some(7));
    bench.pass(1_300_000);
    bench.store();
    assert_eq!(bench.committed(0), None);
    assert!(bench.machine.group(GROUP).is_none());
    bench.crash(0);
    assert!(bench.machine.group(GROUP).is_none());
    bench.check_sums();
}

#[test]
fn a_group_with_members_is_not_deleted_and_an_empty_one_is_with_its_offsets() {
    let mut bench = Bench::new();
    let joined = bench.enter();
    let ticket = bench.ticket();
    let ids = [GROUP.to_owned(), "nobody".to_owned()];
    let (codes, _) = bench.machine.delete_groups(&ids, ticket);
    assert_eq!(
        codes,
        [ErrorCode::NonEmptyGroup, ErrorCode::GroupIdNotFound]
    );
    let leaving = MemberIdentity {
        member_id: joined.member_id,
        ..MemberIdentity::default()
    };
    let now = bench.now();
    let left = bench.machine.leave(now, GROUP, &[leaving]).unwrap();
    bench.collect();
    assert_eq!(left[0].error_code, 0);
    bench.commit("", -1, 0, 7).1.unwrap();
    bench.store();
    let ticket = bench.ticket();
    bench.machine.delete_groups(&ids, ticket);
    bench.collect();
    bench.store();
    assert_eq!(bench.is_stored(ticket), Some(Ok(())));
    assert!(bench.machine.group(GROUP).is_none());
    bench.crash(0);
    assert!(bench.machine.group(GROUP).is_none());
    bench.check_sums();
}

#[test]
fn offsets_of_a_transaction_count_when_it_commits_and_never_when_it_aborts() {
    let mut bench = Bench::new();
    for (producer_id, is_committed) in [(1, false), (2, true)] {
        bench.machine.apply_offset(
            super::super::record::OffsetKey {
                group: GROUP.to_owned(),
                topic: TOPIC.to_owned(),
                partition: 0,
            },
            Some(super::super::record::Committed {
                offset: producer_id,
                leader_epoch: -1,
                metadata: String::new(),
                commit_timestamp_ms: 0,
                expire_timestamp_ms: None,
                topic_id: uuid::Uuid::nil(),
                record_offset: -1,
            }),
            Some(producer_id),
            producer_id,
        );
        bench.check_sums();
        assert_eq!(bench.committed(0), None);
        bench.machine.end_transaction(producer_id, is_committed);
    }
    assert_eq!(bench.committed(0), Some(2));
    bench.check_sums();
}

#[test]
fn lists_filter_by_state_and_type_in_any_case() {
    let mut bench = Bench::new();
    bench.commit("", -1, 0, 7).1.unwrap();
    bench.store();
    let list = |bench: &Bench, states: &[&str], types: &[&str]| {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let filter = ListFilter::new(&owned(states), &owned(types));
        bench.machine.list(&filter).len()
    };
    assert_eq!(list(&bench, &[], &[]), 1);
    assert_eq!(list(&bench, &["EMPTY"], &["classic"]), 1);
    assert_eq!(list(&bench, &["Stable"], &[]), 0);
    assert_eq!(list(&bench, &[], &["consumer"]), 0);
}

#[test]
fn a_group_that_is_not_there_is_dead_or_not_found_by_version() {
    let bench = Bench::new();
    let described = bench.machine.describe("nobody", 5);
    assert_eq!((described.error_code, &*described.group_state), (0, "Dead"));
    let described = bench.machine.describe("nobody", 6);
    assert_eq!(described.error_code, ErrorCode::GroupIdNotFound.code());
}

#[test]
fn a_restart_in_the_middle_of_a_rebalance_keeps_every_live_member() {
    let mut bench = Bench::new();
    let first = bench.enter();
    let ticket = bench.ask_to_sync(&first, None, &[(&first.member_id, b"all")]);
    bench.store();
    bench.synced(ticket).unwrap();
    // A second member joins, the group settles on generation 2, and the broker dies before it is stored.
    let ticket = bench.ask_to_join("", None);
    let id = bench.joined(ticket).unwrap().member_id;
    let second = bench.ask_to_join(&id, None);
    let again = bench.ask_to_join(&first.member_id, None);
    let again = bench.joined(again).unwrap();
    let second = bench.joined(second).unwrap();
    assert_eq!(second.generation_id, 2);
    bench.crash(0);
    // Both are told to join again, and may under their ids.
    let ticket = bench.ask_to_sync(&second, None, &[]);
    let refused = bench.synced(ticket).unwrap();
    assert_eq!(sync_code(&refused), ErrorCode::RebalanceInProgress);
    let code_of_first = bench.beat(&first.member_id, None, again.generation_id);
    assert_eq!(code_of_first, ErrorCode::RebalanceInProgress);
    let second = bench.ask_to_join(&second.member_id, None);
    let first = bench.ask_to_join(&first.member_id, None);
    assert_eq!(code(&bench.joined(first).unwrap()), ErrorCode::None);
    assert_eq!(code(&bench.joined(second).unwrap()), ErrorCode::None);
    bench.check_sums();
}

#[test]
fn who_waits_is_told_when_the_coordinator_stops() {
    let mut bench = Bench::new();
    bench.enter();
    bench.version = 3;
    let ticket = bench.ask_to_join("", None);
    bench.machine.resign();
    bench.collect();
    assert_eq!(
        code(&bench.joined(ticket).unwrap()),
        ErrorCode::NotCoordinator
    );
}
