//! Keeps the Produce requests of one connection in order where it counts: at the assignment of offsets.
//!
//! Shard-local, shared by the tasks of one connection.
//!
//! Invariants: turns come up in the order in which they were taken. A place that is dropped lets the next one in.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// The queue of one connection.
#[derive(Default)]
pub struct AppendOrder {
    next: Cell<u64>,
    serving: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, Waker>>,
    /// Places that were given up before their turn came.
    given_up: RefCell<Vec<u64>>,
}

/// A request's place in the queue; dropping it lets the next request append.
pub struct Place {
    order: Rc<AppendOrder>,
    number: u64,
}

impl AppendOrder {
    /// Takes the next place.
    pub fn take(self: &Rc<Self>) -> Place {
        let number = self.next.get();
        self.next.set(number + 1);
        Place {
            order: self.clone(),
            number,
        }
    }

    fn advance(&self) {
        let mut serving = self.serving.get() + 1;
        let mut given_up = self.given_up.borrow_mut();
        while let Some(index) = given_up.iter().position(|number| *number == serving) {
            given_up.swap_remove(index);
            serving += 1;
        }
        drop(given_up);
        self.serving.set(serving);
        let waker = self.waiting.borrow_mut().remove(&serving);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Place {
    /// Waits until every earlier place has been dropped.
    pub async fn come_up(&self) {
        poll_fn(|context| {
            if self.order.serving.get() == self.number {
                return Poll::Ready(());
            }
            self.order
                .waiting
                .borrow_mut()
                .insert(self.number, context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.order.serving.get() == self.number {
            self.order.advance();
        } else {
            self.order.waiting.borrow_mut().remove(&self.number);
            self.order.given_up.borrow_mut().push(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    fn is_up(place: &Place) -> bool {
        pin!(place.come_up())
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready()
    }

    #[test]
    fn places_come_up_in_order_and_skip_those_given_up() {
        let order = Rc::new(AppendOrder::default());
        let [first, second, third, fourth] = std::array::from_fn(|_| order.take());
        assert!(is_up(&first) && !is_up(&second));
        drop(third);
        drop(first);
        assert!(is_up(&second) && !is_up(&fourth));
        drop(second);
        assert!(is_up(&fourth));
    }
}
