//! Notices that a transaction ends between the moment at which it is verified to be open and the append that is to be part
//! of it: Kafka's `VerificationGuard` (KIP-890).
//!
//! Shard-local, one [`Guards`] for a coordinator. Invariant: a guard is listed exactly while somebody holds it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The guards of one coordinator.
#[derive(Default)]
pub struct Guards {
    held: RefCell<BTreeMap<u64, State>>,
    next: Cell<u64>,
}

struct State {
    producer_id: i64,
    has_ended: bool,
}

/// See the module.
pub struct Guard {
    guards: Rc<Guards>,
    number: u64,
}

impl Guards {
    /// Watches a producer's transaction from here on.
    pub fn watch(self: &Rc<Self>, producer_id: i64) -> Guard {
        let number = self.next.replace(self.next.get() + 1);
        let state = State {
            producer_id,
            has_ended: false,
        };
        self.held.borrow_mut().insert(number, state);
        Guard {
            guards: self.clone(),
            number,
        }
    }

    /// A marker over the producer's transaction has its place in the log.
    pub fn end(&self, producer_id: i64) {
        let mut held = self.held.borrow_mut();
        let of_producer = held.values_mut();
        for state in of_producer.filter(|state| state.producer_id == producer_id) {
            state.has_ended = true;
        }
    }
}

impl Guard {
    /// Whether a marker has come since.
    pub fn has_ended(&self) -> bool {
        let held = self.guards.held.borrow();
        held.get(&self.number).is_some_and(|state| state.has_ended)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.guards.held.borrow_mut().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_noticed_by_those_who_watch_its_producer_and_came_before_it() {
        let guards = Rc::new(Guards::default());
        let (first, other) = (guards.watch(7), guards.watch(8));
        guards.end(7);
        let later = guards.watch(7);
        assert!(first.has_ended() && !other.has_ended() && !later.has_ended());
        drop((first, other, later));
        assert!(guards.held.borrow().is_empty());
    }
}
