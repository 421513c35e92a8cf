//! What is told of groups: their descriptions and their list.
//!
//! Pure.

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::describe_groups::DescribedGroup;
use corelane_protocol::messages::list_groups::ListedGroup;

use super::group::{Group, State};
use super::machine::GroupMachine;

/// The state of a group that is not there.
const DEAD: &str = "Dead";
/// The type of groups whose members assign.
const CLASSIC: &str = "Classic";
/// The type of groups of KIP-848, and of their protocol.
const CONSUMER: &str = "Consumer";
const CONSUMER_PROTOCOL: &str = "consumer";
/// From this version on a group that is not there is an error (KIP-1043).
const GROUP_ID_NOT_FOUND_SINCE: i16 = 6;

/// Which groups are listed; nothing named means all.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    states: Vec<String>,
    types: Vec<String>,
}

impl ListFilter {
    /// States and types as a client names them, in any case.
    pub fn new(states: &[String], types: &[String]) -> Self {
        let lower = |names: &[String]| {
            names
                .iter()
                .map(|name| name.trim().to_lowercase())
                .collect()
        };
        ListFilter {
            states: lower(states),
            types: lower(types),
        }
    }

    fn takes(&self, state: &str, group_type: &str) -> bool {
        let is_named = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|named| named.eq_ignore_ascii_case(name))
        };
        is_named(&self.states, state) && is_named(&self.types, group_type)
    }
}

impl GroupMachine {
    /// DescribeGroups for one group.
    pub fn describe(&self, id: &str, version: i16) -> DescribedGroup {
        match self.group(id) {
            Some(group) if group.consumer.is_none() => describe(group),
            Some(_) => not_found(id, "is not a classic group", version),
            None => not_found(id, "not found", version),
        }
    }

    /// ListGroups.
    pub fn list(&self, filter: &ListFilter) -> Vec<ListedGroup> {
        let listed = self.groups.values().map(listed);
        listed
            .filter(|group| filter.takes(&group.group_state, &group.group_type))
            .collect()
    }
}

fn listed(group: &Group) -> ListedGroup {
    let (state, group_type, protocol_type) = match &group.consumer {
        Some(consumer) => (consumer.state().name(), CONSUMER, Some(CONSUMER_PROTOCOL)),
        None => (group.state.name(), CLASSIC, group.protocol_type.as_deref()),
    };
    ListedGroup {
        group_id: group.id.to_string(),
        protocol_type: protocol_type.unwrap_or_default().to_owned(),
        group_state: state.to_owned(),
        group_type: group_type.to_owned(),
    }
}

fn describe(group: &Group) -> DescribedGroup {
    let protocol = match group.state {
        State::Stable => group.protocol.as_deref(),
        State::Empty | State::PreparingRebalance | State::CompletingRebalance => None,
    };
    DescribedGroup {
        group_id: group.id.to_string(),
        group_state: group.state.name().to_owned(),
        protocol_type: group.protocol_type.clone().unwrap_or_default(),
        protocol_data: protocol.unwrap_or_default().to_owned(),
        members: group
            .members
            .values()
            .map(|member| member.describe(protocol))
            .collect(),
        ..DescribedGroup::default()
    }
}

fn not_found(id: &str, why: &str, version: i16) -> DescribedGroup {
    let is_error = version >= GROUP_ID_NOT_FOUND_SINCE;
    DescribedGroup {
        error_code: match is_error {
            true => ErrorCode::GroupIdNotFound.code(),
            false => ErrorCode::None.code(),
        },
        error_message: is_error.then(|| format!("Group {id} {why}.")),
        group_id: id.to_owned(),
        group_state: DEAD.to_owned(),
        ..DescribedGroup::default()
    }
}
