//! Tells when a connection should live on another core: when each of its requests goes there, and finds that core idle.
//!
//! Shard-local, one per connection. A client that waits for each answer before it asks again, and whose partitions all
//! belong to one other core, pays for the way there and back with each request, and often for waking two sleeping CPUs; on
//! the owner's core it pays for neither. Where the owner is busy the connection's own core shares the work, and it stays.
//!
//! Invariant: a run of [`CALLS_BEFORE_MOVE`] requests speaks for the move, without one that speaks against it.

use std::cell::Cell;

use corelane_engine::types::ShardId;

use crate::limits::{CALLS_BEFORE_MOVE, CALLS_FOUND_IDLE_MIN};

/// What a request was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// The one other core that owns all its partitions; none where there are several, or it is this one.
    pub owner: Option<ShardId>,
    /// No other request of the connection was open.
    pub is_alone: bool,
    /// The owner had nothing else to do.
    pub is_idle: bool,
}

/// The requests of a connection that spoke for the same core, one after the other.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    owner: Option<ShardId>,
    calls: u32,
    idle: u32,
}

/// Where a connection should live.
#[derive(Debug, Default)]
pub struct Home(Cell<Run>);

impl Home {
    /// Takes note of a request.
    pub fn note(&self, observed: Observed) {
        let run = self.0.get();
        let (Some(owner), true) = (observed.owner, observed.is_alone) else {
            return self.0.set(Run::default());
        };
        let run = match run.owner == Some(owner) && run.calls < CALLS_BEFORE_MOVE {
            true => run,
            false => Run::default(),
        };
        self.0.set(Run {
            owner: Some(owner),
            calls: run.calls + 1,
            idle: run.idle + u32::from(observed.is_idle),
        });
    }

    /// The core to move to.
    pub fn elsewhere(&self) -> Option<ShardId> {
        let run = self.0.get();
        match run.calls == CALLS_BEFORE_MOVE && run.idle >= CALLS_FOUND_IDLE_MIN {
            true => run.owner,
            false => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: ShardId = ShardId(1);

    fn after(observed: impl Fn(u32) -> Observed) -> Option<ShardId> {
        let home = Home::default();
        (0..CALLS_BEFORE_MOVE).for_each(|call| home.note(observed(call)));
        home.elsewhere()
    }

    const FITTING: Observed = Observed {
        owner: Some(OTHER),
        is_alone: true,
        is_idle: true,
    };

    #[test]
    fn a_client_whose_requests_all_go_to_one_idle_core_belongs_there() {
        assert_eq!(after(|_| FITTING), Some(OTHER));
    }

    #[test]
    fn a_client_whose_owner_is_busy_stays() {
        let is_idle = |call| call % 4 == 0;
        assert_eq!(
            after(|call| Observed {
                is_idle: is_idle(call),
                ..FITTING
            }),
            None
        );
    }

    #[test]
    fn one_request_that_speaks_against_it_ends_the_run() {
        for other in [
            Observed {
                owner: None,
                ..FITTING
            },
            Observed {
                owner: Some(ShardId(2)),
                ..FITTING
            },
            Observed {
                is_alone: false,
                ..FITTING
            },
        ] {
            let odd = |call| match call == CALLS_BEFORE_MOVE / 2 {
                true => other,
                false => FITTING,
            };
            assert_eq!(after(odd), None);
        }
    }

    #[test]
    fn a_run_that_did_not_suffice_is_followed_by_another() {
        let home = Home::default();
        let busy = Observed {
            is_idle: false,
            ..FITTING
        };
        (0..CALLS_BEFORE_MOVE).for_each(|_| home.note(busy));
        assert_eq!(home.elsewhere(), None);
        (0..CALLS_BEFORE_MOVE).for_each(|_| home.note(FITTING));
        assert_eq!(home.elsewhere(), Some(OTHER));
    }
}
