//! Counts the bytes of requests that a core holds, and makes connections wait when they are too many.
//!
//! Shard-local.
//!
//! Invariants: granted bytes never exceed the budget. Grants are given in the order in which they were asked for, so
//! that a large request is not starved by small ones.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A number of bytes that may be held at once.
#[derive(Clone)]
pub struct MemoryBudget(Rc<RefCell<State>>);

struct State {
    bytes_max: usize,
    free_bytes: usize,
    /// Who waits, oldest first; an entry whose owner has gone is `None`.
    queue: VecDeque<(u64, Waker)>,
    next_ticket: u64,
}

/// Bytes that count as held until this is dropped.
pub struct Held {
    budget: MemoryBudget,
    bytes: usize,
}

/// A place in the queue, given up on drop.
struct Ticket<'a> {
    budget: &'a MemoryBudget,
    number: Option<u64>,
}

impl MemoryBudget {
    /// A budget of `bytes`.
    pub fn new(bytes: usize) -> Self {
        MemoryBudget(Rc::new(RefCell::new(State {
            bytes_max: bytes,
            free_bytes: bytes,
            queue: VecDeque::new(),
            next_ticket: 0,
        })))
    }

    /// Waits until `bytes` are free, and holds them.
    pub async fn hold(&self, bytes: usize) -> Held {
        let mut ticket = Ticket {
            budget: self,
            number: None,
        };
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            let is_next = match (ticket.number, state.queue.front()) {
                (_, None) => true,
                (Some(mine), Some((first, _))) => mine == *first,
                (None, Some(_)) => false,
            };
            if is_next && state.free_bytes >= bytes {
                state.free_bytes -= bytes;
                return Poll::Ready(());
            }
            state.enqueue(&mut ticket.number, context.waker());
            Poll::Pending
        })
        .await;
        Held {
            budget: self.clone(),
            bytes,
        }
    }

    /// Bytes that are held.
    pub fn held_bytes(&self) -> usize {
        let state = self.0.borrow();
        state.bytes_max - state.free_bytes
    }

    fn wake_first(&self) {
        let waker = self
            .0
            .borrow()
            .queue
            .front()
            .map(|(_, waker)| waker.clone());
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    fn enqueue(&mut self, number: &mut Option<u64>, waker: &Waker) {
        if let Some(mine) = *number {
            if let Some(entry) = self.queue.iter_mut().find(|(other, _)| *other == mine) {
                entry.1.clone_from(waker);
            }
            return;
        }
        *number = Some(self.next_ticket);
        self.queue.push_back((self.next_ticket, waker.clone()));
        self.next_ticket += 1;
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if let Some(mine) = self.number {
            self.budget
                .0
                .borrow_mut()
                .queue
                .retain(|(other, _)| *other != mine);
            self.budget.wake_first();
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.0.borrow_mut().free_bytes += self.bytes;
        self.budget.wake_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    #[test]
    fn bytes_are_granted_in_order_and_never_beyond_the_budget() {
        let budget = MemoryBudget::new(100);
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(first) = pin!(budget.hold(60)).poll(&mut context) else {
            panic!("60 of 100 bytes are free");
        };
        assert_eq!(budget.held_bytes(), 60);
        let mut large = Box::pin(budget.hold(80));
        assert!(large.as_mut().poll(&mut context).is_pending());
        let mut small = Box::pin(budget.hold(10));
        assert!(
            small.as_mut().poll(&mut context).is_pending(),
            "the large one came first"
        );
        drop(first);
        let Poll::Ready(large) = large.as_mut().poll(&mut context) else {
            panic!("100 bytes are free");
        };
        assert!(small.as_mut().poll(&mut context).is_ready());
        drop(large);
    }

    #[test]
    fn a_waiter_that_gives_up_lets_the_next_one_in() {
        let budget = MemoryBudget::new(100);
        let mut context = Context::from_waker(Waker::noop());
        let mut held = Box::pin(budget.hold(50));
        let Poll::Ready(_held) = held.as_mut().poll(&mut context) else {
            panic!("nothing is held yet");
        };
        let mut large = Box::pin(budget.hold(80));
        assert!(large.as_mut().poll(&mut context).is_pending());
        let mut small = Box::pin(budget.hold(10));
        assert!(small.as_mut().poll(&mut context).is_pending());
        drop(large);
        assert!(small.as_mut().poll(&mut context).is_ready());
    }
}
