//! How long requests wait for a disk that does not answer, and what they are told then.
//!
//! Shard-local. Invariants: what a request has begun is never cut short by its giving up, since an operation that is
//! dropped halfway leaves its owner without knowing what became of it; at most [`ABANDONED_MAX`] operations of a core
//! go on without anybody who waits.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use corelane_engine::runtime::{spawn, timeout};
use corelane_protocol::ErrorCode;

use crate::limits::{ABANDONED_MAX, CHANGE_WAIT_MAX, PRODUCE_WAIT_MIN};
use crate::refusal::Refusal;

thread_local! {
    /// Operations of this core under way that may have nobody who waits.
    static UNDER_WAY: Cell<usize> = const { Cell::new(0) };
}

/// How long a Produce request waits that says it wants to wait for `timeout_ms`. Kafka's leader writes before it
/// starts to count, so that a short limit that is fine there must be fine here.
pub fn produce_limit(timeout_ms: i32) -> Duration {
    let asked = Duration::from_millis(u64::try_from(timeout_ms).unwrap_or(0));
    asked.max(PRODUCE_WAIT_MIN)
}

/// What is said when the disk has not answered: whether it was done is not known.
pub fn timed_out() -> Refusal {
    Refusal::new(
        ErrorCode::RequestTimedOut,
        "the disk has not answered in time; whether this was done is not known",
    )
}

/// Waits for `work`, which goes on by itself when [`CHANGE_WAIT_MAX`] has passed.
///
/// # Errors
/// REQUEST_TIMED_OUT.
pub async fn within_limit<R: 'static>(
    work: impl Future<Output = R> + 'static,
) -> Result<R, Refusal> {
    if UNDER_WAY.get() >= ABANDONED_MAX {
        return Err(timed_out());
    }
    let place: Rc<Place<R>> = Rc::default();
    let filling = place.clone();
    UNDER_WAY.set(UNDER_WAY.get() + 1);
    spawn(async move {
        let result = work.await;
        UNDER_WAY.set(UNDER_WAY.get() - 1);
        filling.fill(result);
    });
    timeout(CHANGE_WAIT_MAX, place.filled())
        .await
        .ok_or_else(timed_out)
}

/// Where work that goes on by itself leaves its result.
struct Place<R> {
    result: RefCell<Option<R>>,
    waker: RefCell<Option<Waker>>,
}

impl<R> Default for Place<R> {
    fn default() -> Self {
        Place {
            result: RefCell::default(),
            waker: RefCell::default(),
        }
    }
}

impl<R> Place<R> {
    fn fill(&self, result: R) {
        self.result.replace(Some(result));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    async fn filled(&self) -> R {
        poll_fn(|context| match self.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                self.waker.replace(Some(context.waker().clone()));
                Poll::Pending
            }
        })
        .await
    }
}
