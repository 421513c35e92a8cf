//! How far a log has come, as one type that cannot be out of order.
//!
//! Pure. Invariant, checked at each step: `log start ≤ durable ≤ written ≤ assigned`, and
//! `high watermark ≤ written`. Each is an exclusive end: the offset of the first record that is not yet so far.

use crate::types::Offset;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    start: Offset,
    durable: Offset,
    written: Offset,
    assigned: Offset,
    /// The first written offset whose producer asked for a flush that has not completed.
    unflushed: Option<Offset>,
}

impl Ends {
    /// A log just opened: all that it holds is durable.
    pub fn opened(start: Offset, end: Offset) -> Ends {
        let ends = Ends {
            start,
            durable: end,
            written: end,
            assigned: end,
            unflushed: None,
        };
        ends.check();
        ends
    }

    /// The first offset that the log still holds.
    pub fn start(&self) -> Offset {
        self.start
    }

    /// Everything below is on the disk: fdatasync has returned.
    pub fn durable(&self) -> Offset {
        self.durable
    }

    /// Everything below has been handed to the kernel in full.
    pub fn written(&self) -> Offset {
        self.written
    }

    /// The offset that the next record gets.
    pub fn assigned(&self) -> Offset {
        self.assigned
    }

    /// What consumers may see: never a record whose producer waits for a flush.
    ///
    /// On one node this follows from the other ends; a cluster will lower it to what its replicas hold.
    pub fn high_watermark(&self) -> Offset {
        self.unflushed.unwrap_or(self.written)
    }

    /// Offsets up to `end` have been given out.
    pub fn assign(&mut self, end: Offset) {
        assert!(
            end > self.assigned,
            "assigning {end} after {}",
            self.assigned
        );
        self.assigned = end;
    }

    /// A write of everything up to `end` has completed; `unflushed` is the first offset in it whose
    /// acknowledgement waits for a flush.
    pub fn write(&mut self, end: Offset, unflushed: Option<Offset>) {
        assert!(end > self.written, "writing {end} after {}", self.written);
        self.written = end;
        self.unflushed = self.unflushed.or(unflushed);
        self.check();
    }

    /// A flush that began when everything up to `end` had been written has completed.
    pub fn flush(&mut self, end: Offset) {
        self.durable = self.durable.max(end);
        if self.unflushed.is_some_and(|first| first < end) {
            self.unflushed = None;
        }
        self.check();
    }

    /// Records before `start` have been deleted.
    pub fn advance_start(&mut self, start: Offset) {
        self.start = self.start.max(start);
        self.check();
    }

    /// Gives back the offsets that were assigned and never written.
    pub fn forget_assigned(&mut self) {
        self.assigned = self.written;
    }

    fn check(&self) {
        assert!(
            self.start <= self.written
                && self.durable <= self.written
                && self.written <= self.assigned
                && self.unflushed.is_none_or(|first| first <= self.written),
            "the ends of a log are out of order: {self:?}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_sees_nothing_that_waits_for_a_flush() {
        let mut ends = Ends::opened(Offset(0), Offset(0));
        ends.assign(Offset(10));
        ends.write(Offset(4), None);
        assert_eq!(ends.high_watermark(), Offset(4));
        ends.write(Offset(10), Some(Offset(6)));
        assert_eq!(ends.high_watermark(), Offset(6));
        assert_eq!(ends.durable(), Offset(0));
        ends.flush(Offset(10));
        assert_eq!(ends.high_watermark(), Offset(10));
        assert_eq!(ends.durable(), Offset(10));
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn writing_what_was_not_assigned_is_a_bug() {
        let mut ends = Ends::opened(Offset(0), Offset(0));
        ends.write(Offset(1), None);
    }
}
