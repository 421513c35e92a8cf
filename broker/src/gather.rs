//! Runs several futures of one task side by side: one call per owner core, started in order, awaited together.
//!
//! Shard-local. Invariant: results come back in the order of the futures.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use corelane_engine::runtime::timeout;

/// Futures of one request that run at a time, where a client says how many there are.
const AT_ONCE_MAX: usize = 128;

/// Runs futures to their ends, a bounded number of them side by side; results keep their order.
pub async fn gather_some<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut futures = futures.into_iter().peekable();
    let mut results = Vec::new();
    while futures.peek().is_some() {
        let mut some = Gather::default();
        for future in futures.by_ref().take(AT_ONCE_MAX) {
            some.add(future);
        }
        results.extend(some.finish().await);
    }
    results
}

/// Futures under way.
pub struct Gather<'a, R> {
    futures: Vec<Running<'a, R>>,
}

enum Running<'a, R> {
    Waiting(Pin<Box<dyn Future<Output = R> + 'a>>),
    Done(Option<R>),
}

impl<R> Default for Gather<'_, R> {
    fn default() -> Self {
        Gather {
            futures: Vec::new(),
        }
    }
}

impl<'a, R> Gather<'a, R> {
    /// Adds a future.
    pub fn add(&mut self, future: impl Future<Output = R> + 'a) {
        self.futures.push(Running::Waiting(Box::pin(future)));
    }

    /// Polls each future once, in order: what it does before its first wait has been done when this returns.
    pub async fn start(&mut self) {
        poll_fn(|context| {
            self.poll_each(context);
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for all.
    pub async fn finish(mut self) -> Vec<R> {
        self.wait().await;
        self.futures
            .into_iter()
            .filter_map(Running::result)
            .collect()
    }

    /// Waits for all, but no longer than `limit`: none for those that are not done, which are dropped.
    pub async fn finish_within(mut self, limit: Duration) -> Vec<Option<R>> {
        // The results tell what time was up for.
        let _ = timeout(limit, self.wait()).await;
        self.futures.into_iter().map(Running::result).collect()
    }

    async fn wait(&mut self) {
        poll_fn(|context| match self.poll_each(context) {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
    }

    /// Waits for the first to be done; none when there are no futures. The others are dropped.
    pub async fn first(mut self) -> Option<(usize, R)> {
        if self.futures.is_empty() {
            return None;
        }
        poll_fn(|context| {
            self.poll_each(context);
            let done = self
                .futures
                .iter()
                .position(|running| matches!(running, Running::Done(_)));
            match done.and_then(|index| Some((index, self.futures.swap_remove(index).result()?))) {
                Some(first) => Poll::Ready(Some(first)),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Polls what is not done; returns how many are left.
    fn poll_each(&mut self, context: &mut Context<'_>) -> usize {
        let mut left = 0;
        for running in &mut self.futures {
            if let Running::Waiting(future) = running {
                match future.as_mut().poll(context) {
                    Poll::Ready(result) => *running = Running::Done(Some(result)),
                    Poll::Pending => left += 1,
                }
            }
        }
        left
    }
}

impl<R> Running<'_, R> {
    fn result(self) -> Option<R> {
        match self {
            Running::Done(result) => result,
            Running::Waiting(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::pin::pin;
    use std::task::Waker;

    #[test]
    fn many_futures_run_some_at_a_time_and_keep_their_order() {
        let count = 3 * AT_ONCE_MAX + 1;
        let (under_way, most) = (RefCell::new(0), RefCell::new(0));
        let one = |number: usize| {
            let (under_way, most) = (&under_way, &most);
            async move {
                *under_way.borrow_mut() += 1;
                let now = *under_way.borrow();
                most.replace_with(|most| now.max(*most));
                let mut is_first = true;
                poll_fn(|_| match std::mem::take(&mut is_first) {
                    true => Poll::Pending,
                    false => Poll::Ready(()),
                })
                .await;
                *under_way.borrow_mut() -= 1;
                number
            }
        };
        let mut all = pin!(gather_some((0..count).map(one)));
        let mut context = Context::from_waker(Waker::noop());
        let results = loop {
            if let Poll::Ready(results) = all.as_mut().poll(&mut context) {
                break results;
            }
        };
        assert!(results.into_iter().eq(0..count));
        assert_eq!(*most.borrow(), AT_ONCE_MAX);
    }

    #[test]
    fn futures_start_in_order_and_results_keep_it() {
        let started = RefCell::new(Vec::new());
        let mut gather = Gather::default();
        for number in 0..3 {
            let started = &started;
            gather.add(async move {
                started.borrow_mut().push(number);
                let mut polls = 0;
                poll_fn(|_| {
                    polls += 1;
                    if polls + number > 3 {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
                number
            });
        }
        let mut context = Context::from_waker(Waker::noop());
        assert!(pin!(gather.start()).poll(&mut context).is_ready());
        assert_eq!(*started.borrow(), [0, 1, 2]);
        let mut finish = pin!(gather.finish());
        let results = loop {
            if let Poll::Ready(results) = finish.as_mut().poll(&mut context) {
                break results;
            }
        };
        assert_eq!(results, [0, 1, 2]);
    }
}
