//! Puts the answers of one connection into the order of its requests.
//!
//! Shard-local, shared by the tasks of one connection.
//!
//! Invariants: an answer leaves only when every earlier request has been answered. At most
//! [`REQUESTS_IN_FLIGHT_MAX`] requests are open. No borrow is held while a waker runs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use crate::limits::REQUESTS_IN_FLIGHT_MAX;

/// The place of a request among those of its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(u64);

enum Slot<R> {
    Running,
    Answered(R),
}

/// The open requests of a connection, oldest first. `R` is an answer, or that there is none to send.
pub struct ResponseQueue<R> {
    inner: RefCell<Inner<R>>,
}

struct Inner<R> {
    /// The turn of the oldest open request.
    first: u64,
    slots: VecDeque<Slot<R>>,
    /// Answers handed to the writer and not written yet: they are at the front of `slots` no more.
    writing: u64,
    /// No request follows: the connection has ended.
    ended: bool,
    wakers: Vec<Waker>,
}

impl<R> Default for ResponseQueue<R> {
    fn default() -> Self {
        ResponseQueue {
            inner: RefCell::new(Inner {
                first: 0,
                slots: VecDeque::new(),
                writing: 0,
                ended: false,
                wakers: Vec::new(),
            }),
        }
    }
}

impl<R> ResponseQueue<R> {
    /// Opens the next request's place. The caller has waited for [`ResponseQueue::room`].
    pub fn open(&self) -> Turn {
        let mut inner = self.inner.borrow_mut();
        assert!(
            inner.open_count() < REQUESTS_IN_FLIGHT_MAX,
            "a request was opened without room for it"
        );
        inner.slots.push_back(Slot::Running);
        Turn(inner.first + inner.slots.len() as u64 - 1)
    }

    /// Stores the answer of a request.
    pub fn answer(&self, turn: Turn, answer: R) {
        self.change(|inner| {
            let place = usize::try_from(turn.0 - inner.first).expect("open requests are few");
            let slot = std::mem::replace(&mut inner.slots[place], Slot::Answered(answer));
            assert!(
                matches!(slot, Slot::Running),
                "a request was answered twice"
            );
        });
    }

    /// Says that no further request comes; [`ResponseQueue::next`] ends after the last answer.
    pub fn end(&self) {
        self.change(|inner| inner.ended = true);
    }

    /// Whether [`ResponseQueue::end`] was called.
    pub fn has_ended(&self) -> bool {
        self.inner.borrow().ended
    }

    /// Waits until [`ResponseQueue::end`] was called.
    pub async fn ended(&self) {
        self.until(|inner| inner.ended.then_some(())).await;
    }

    /// Requests whose answers have not been written.
    pub fn open_count(&self) -> usize {
        self.inner.borrow().open_count()
    }

    /// Says that the answers taken so far have been written.
    pub fn written(&self) {
        self.change(|inner| inner.writing = 0);
    }

    /// Waits until another request may be opened.
    pub async fn room(&self) {
        self.until(|inner| (inner.open_count() < REQUESTS_IN_FLIGHT_MAX).then_some(()))
            .await;
    }

    /// Waits until at most `ahead_max` earlier requests are unanswered or unwritten.
    pub async fn near_front(&self, turn: Turn, ahead_max: u64) {
        self.until(|inner| (turn.0 + inner.writing <= inner.first + ahead_max).then_some(()))
            .await;
    }

    /// The next answers in order, at least one; `None` when the connection has ended and all are taken.
    pub async fn next(&self) -> Option<Vec<R>> {
        self.until(|inner| match inner.take_answered() {
            answers if !answers.is_empty() => Some(Some(answers)),
            _ if inner.ended && inner.slots.is_empty() => Some(None),
            _ => None,
        })
        .await
    }

    /// Changes the state, then wakes whoever waits for a change.
    fn change(&self, change: impl FnOnce(&mut Inner<R>)) {
        let mut inner = self.inner.borrow_mut();
        change(&mut inner);
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
    }

    async fn until<T>(&self, mut ready: impl FnMut(&mut Inner<R>) -> Option<T>) -> T {
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if let Some(value) = ready(&mut inner) {
                return Poll::Ready(value);
            }
            if !inner
                .wakers
                .iter()
                .any(|waker| waker.will_wake(context.waker()))
            {
                inner.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

impl<R> Inner<R> {
    fn open_count(&self) -> usize {
        self.slots.len() + usize::try_from(self.writing).expect("answers being written are few")
    }

    fn take_answered(&mut self) -> Vec<R> {
        let count = self
            .slots
            .iter()
            .take_while(|slot| matches!(slot, Slot::Answered(_)))
            .count();
        self.first += count as u64;
        self.writing += count as u64;
        self.slots
            .drain(..count)
            .map(|slot| match slot {
                Slot::Answered(answer) => answer,
                Slot::Running => unreachable!("counted as answered above"),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::Context;

    fn poll<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn answers_leave_in_the_order_of_the_requests() {
        let queue = ResponseQueue::default();
        let turns: Vec<Turn> = (0..4).map(|_| queue.open()).collect();
        queue.answer(turns[2], "c");
        assert_eq!(poll(queue.next()), None);
        queue.answer(turns[0], "a");
        assert_eq!(poll(queue.next()), Some(Some(vec!["a"])));
        queue.answer(turns[1], "b");
        assert_eq!(poll(queue.next()), Some(Some(vec!["b", "c"])));
        queue.end();
        assert_eq!(poll(queue.next()), None);
        queue.answer(turns[3], "d");
        assert_eq!(poll(queue.next()), Some(Some(vec!["d"])));
        assert_eq!(poll(queue.next()), Some(None));
    }

    #[test]
    fn a_request_too_many_waits_until_an_answer_is_written() {
        let queue = ResponseQueue::default();
        let turns: Vec<Turn> = (0..REQUESTS_IN_FLIGHT_MAX).map(|_| queue.open()).collect();
        queue.answer(turns[0], ());
        assert_eq!(poll(queue.room()), None);
        assert_eq!(poll(queue.next()), Some(Some(vec![()])));
        assert_eq!(
            poll(queue.room()),
            None,
            "taken, but the client may not read"
        );
        queue.written();
        assert_eq!(poll(queue.room()), Some(()));
    }

    #[test]
    fn only_the_front_requests_may_hold_data() {
        let queue = ResponseQueue::default();
        let turns: Vec<Turn> = (0..3).map(|_| queue.open()).collect();
        assert_eq!(poll(queue.near_front(turns[1], 1)), Some(()));
        assert_eq!(poll(queue.near_front(turns[2], 1)), None);
        queue.answer(turns[0], ());
        assert_eq!(poll(queue.next()), Some(Some(vec![()])));
        assert_eq!(
            poll(queue.near_front(turns[2], 1)),
            None,
            "the first is still being written"
        );
        queue.written();
        assert_eq!(poll(queue.near_front(turns[2], 1)), Some(()));
    }
}
