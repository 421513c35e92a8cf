//! What monitoring is told of the groups of one coordinator: members, states, committed offsets.
//!
//! Pure.

use super::machine::GroupMachine;

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCensus {
    /// Its id.
    pub group: String,
    /// Its state, as Kafka calls it.
    pub state: &'static str,
    /// How many take part.
    pub member_count: usize,
    /// What it has committed.
    pub offsets: Vec<CommittedOffset>,
}

/// What a group has committed for one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset that is read next.
    pub offset: i64,
}

impl GroupMachine {
    /// The groups, in the order of their ids, with at most `offsets_max` offsets in all; and how many offsets were left
    /// out.
    pub fn census(&self, offsets_max: usize) -> (Vec<GroupCensus>, usize) {
        let (mut left, mut left_out) = (offsets_max, 0);
        let mut groups = Vec::with_capacity(self.groups.len());
        for group in self.groups.values() {
            let count: usize = group.offsets.values().map(|topic| topic.len()).sum();
            let taken = count.min(left);
            left -= taken;
            left_out += count - taken;
            let offsets = group.offsets.iter().flat_map(|(topic, partitions)| {
                partitions
                    .iter()
                    .map(|(partition, committed)| CommittedOffset {
                        topic: topic.to_string(),
                        partition: *partition,
                        offset: committed.offset,
                    })
            });
            groups.push(GroupCensus {
                group: group.id.to_string(),
                state: group.state.name(),
                member_count: group.members.len(),
                offsets: offsets.take(taken).collect(),
            });
        }
        (groups, left_out)
    }
}
