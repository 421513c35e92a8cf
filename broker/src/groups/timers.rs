//! The deadlines of one coordinator, in order.
//!
//! Pure. Invariants: a deadline stands in the set exactly while its owner remembers it, so that the set is never larger
//! than members and groups are; equal deadlines come up in the order of their keys.

use std::collections::BTreeSet;
use std::rc::Rc;

/// The time, as a coordinator sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds on a clock that never jumps, for deadlines.
    pub elapsed_ms: u64,
    /// Milliseconds since the epoch, for what is written.
    pub wall_ms: i64,
}

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// A member has not been heard of.
    Session {
        /// Its group.
        group: Rc<str>,
        /// The member.
        member: Rc<str>,
    },
    /// A member of a consumer group has had its time to give partitions up.
    Revoke {
        /// The group.
        group: Rc<str>,
        /// The member.
        member: Rc<str>,
    },
    /// A member of the classic protocol in a consumer group has had its time to join, or to sync.
    Rejoin {
        /// The group.
        group: Rc<str>,
        /// The member.
        member: Rc<str>,
    },
    /// Members have had their time to join.
    Join {
        /// The group.
        group: Rc<str>,
    },
    /// Members have had their time to ask for their assignments.
    Sync {
        /// The group.
        group: Rc<str>,
    },
    /// Offsets may have expired.
    Expiry,
}

/// The set.
#[derive(Debug, Default)]
pub struct Timers(BTreeSet<(u64, Timer)>);

impl Timers {
    /// Adds a deadline.
    pub fn add(&mut self, deadline_ms: u64, timer: Timer) {
        self.0.insert((deadline_ms, timer));
    }

    /// Takes a deadline away.
    pub fn cancel(&mut self, deadline_ms: u64, timer: Timer) {
        self.0.remove(&(deadline_ms, timer));
    }

    /// The nearest deadline.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.0.first().map(|(deadline_ms, _)| *deadline_ms)
    }

    /// Takes the first of what is due.
    pub fn take_due(&mut self, now_ms: u64) -> Option<(u64, Timer)> {
        let due = self
            .0
            .first()
            .is_some_and(|(deadline, _)| *deadline <= now_ms);
        due.then(|| self.0.pop_first()).flatten()
    }

    /// How many deadlines there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
