//! The files of sealed segments that one core keeps open: a bounded cache over all of its partitions.
//!
//! Shard-local. Invariant: at most [`OPEN_SEALED_MAX`] are open for readers to come; plans that are under way keep
//! theirs beyond that. The longest open goes first. Files of active segments are open as long as their partitions are
//! and do not count.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Weak;

use crate::types::Offset;

/// Sealed segments of one core whose files stay open; each takes two descriptors.
pub(crate) const OPEN_SEALED_MAX: usize = 128;

/// Has files of sealed segments open, and lets go of them.
pub(crate) trait HoldsFiles {
    /// Closes the file of the segment at `base_offset`, unless it is the active one or gone.
    fn close_sealed(&self, base_offset: Offset);
}

/// See the module.
#[derive(Default)]
pub(crate) struct OpenFiles {
    /// The longest open first. Entries of segments and partitions that are gone stay until their turn.
    order: RefCell<VecDeque<(Weak<dyn HoldsFiles>, Offset)>>,
}

impl OpenFiles {
    /// Takes note that `holder` has opened the file of a sealed segment. Nothing of any holder may be borrowed.
    pub(crate) fn opened(&self, holder: Weak<dyn HoldsFiles>, base_offset: Offset) {
        let mut order = self.order.borrow_mut();
        order.push_back((holder, base_offset));
        let longest = match order.len() > OPEN_SEALED_MAX {
            true => order.pop_front(),
            false => None,
        };
        drop(order);
        if let Some(longest) = longest {
            close(&longest);
        }
    }

    /// Closes all of them, for want of descriptors.
    pub(crate) fn close_all(&self) {
        let all = self.order.take();
        all.iter().for_each(close);
    }
}

fn close((holder, base_offset): &(Weak<dyn HoldsFiles>, Offset)) {
    if let Some(holder) = holder.upgrade() {
        holder.close_sealed(*base_offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[derive(Default)]
    struct Holder(RefCell<Vec<i64>>);

    impl HoldsFiles for Holder {
        fn close_sealed(&self, base_offset: Offset) {
            self.0.borrow_mut().retain(|open| *open != base_offset.0);
        }
    }

    fn open(files: &OpenFiles, holder: &Rc<Holder>, base_offset: i64) {
        holder.0.borrow_mut().push(base_offset);
        let weak: Weak<Holder> = Rc::downgrade(holder);
        files.opened(weak, Offset(base_offset));
    }

    #[test]
    fn many_partitions_together_keep_no_more_files_open_than_one() {
        let files = OpenFiles::default();
        let holders: Vec<Rc<Holder>> = (0..50).map(|_| Rc::default()).collect();
        for base_offset in 0..10 {
            for holder in &holders {
                open(&files, holder, base_offset);
            }
        }
        let open_count: usize = holders.iter().map(|holder| holder.0.borrow().len()).sum();
        assert_eq!(open_count, OPEN_SEALED_MAX);
        // Those that were opened last.
        assert!(holders.iter().all(|holder| holder.0.borrow().contains(&9)));
        assert!(holders.iter().all(|holder| !holder.0.borrow().contains(&0)));
        files.close_all();
        assert!(holders.iter().all(|holder| holder.0.borrow().is_empty()));
    }

    #[test]
    fn partitions_that_are_gone_are_no_obstacle() {
        let files = OpenFiles::default();
        for base_offset in 0..2 * i64::try_from(OPEN_SEALED_MAX).unwrap() {
            open(&files, &Rc::default(), base_offset);
        }
        assert_eq!(files.order.borrow().len(), OPEN_SEALED_MAX);
    }
}
