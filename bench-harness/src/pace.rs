//! When a lane sends: as fast as answers allow, or on a fixed schedule that nothing can delay.
//!
//! Invariants: the intended time of a request depends on its number alone, never on what happened before it, so that a
//! stalled broker cannot hide its stall (coordinated omission). Times are nanoseconds since the run's start. Pure.

/// The schedule of one lane.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pace {
    /// A request is due as soon as there is room for it.
    Closed,
    /// Requests are due at fixed times.
    Fixed(FixedPace),
}

/// Every `period_ns`, from `first_ns` on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FixedPace {
    first_ns: f64,
    period_ns: f64,
    next_number: u64,
}

impl Pace {
    /// The share of lane `lane` of `lanes` in `requests_per_second`: lanes take turns, so that requests are evenly spaced.
    pub(crate) fn fixed(requests_per_second: f64, lane: u32, lanes: u32) -> Self {
        let gap_ns = 1e9 / requests_per_second;
        Self::Fixed(FixedPace {
            first_ns: gap_ns * f64::from(lane),
            period_ns: gap_ns * f64::from(lanes),
            next_number: 0,
        })
    }

    /// The intended time of the next request: `now_ns` without a schedule.
    pub(crate) fn next_ns(&self, now_ns: u64) -> u64 {
        match self {
            Self::Closed => now_ns,
            Self::Fixed(fixed) => fixed.intended_ns(),
        }
    }

    /// How many further requests are due from `from_ns` to before `until_ns`, with the times of the first and the last.
    pub(crate) fn due_between(&self, from_ns: u64, until_ns: u64) -> Option<(u64, u64, u64)> {
        let Self::Fixed(fixed) = self else {
            return None;
        };
        let mut first = fixed.clone();
        first.skip_to(from_ns);
        let mut behind = first.clone();
        behind.skip_to(until_ns);
        let count = behind.next_number.checked_sub(first.next_number)?;
        if count == 0 {
            return None;
        }
        let last = FixedPace {
            next_number: behind.next_number - 1,
            ..behind
        };
        Some((count, first.intended_ns(), last.intended_ns()))
    }

    /// Goes on to the request after.
    pub(crate) fn advance(&mut self) {
        if let Self::Fixed(fixed) = self {
            fixed.next_number += 1;
        }
    }

    /// Whether there is a schedule.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed(_))
    }
}

impl FixedPace {
    /// Goes on to the first request that is due at `at_ns` or later.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "numbers of requests stay below 2^53, and the division is of what is not negative"
    )]
    fn skip_to(&mut self, at_ns: u64) {
        let number = ((at_ns as f64 - self.first_ns).max(0.0) / self.period_ns) as u64;
        self.next_number = self.next_number.max(number);
        while self.intended_ns() < at_ns {
            self.next_number += 1;
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times of a run of a day stay below 2^53 ns and are not negative"
    )]
    fn intended_ns(&self) -> u64 {
        (self.first_ns + self.period_ns * self.next_number as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_take_turns_at_the_total_rate() {
        let mut lanes: Vec<Pace> = (0..4).map(|lane| Pace::fixed(1_000.0, lane, 4)).collect();
        let mut times = Vec::new();
        for _ in 0..3 {
            for lane in &mut lanes {
                times.push(lane.next_ns(0));
                lane.advance();
            }
        }
        let expected: Vec<u64> = (0..12).map(|number| number * 1_000_000).collect();
        assert_eq!(times, expected);
    }

    #[test]
    fn requests_that_are_still_due_are_counted_from_the_next_one_on() {
        let mut pace = Pace::fixed(1_000.0, 0, 1);
        for _ in 0..5 {
            pace.advance();
        }
        let due = pace.due_between(0, 10_000_000);
        assert_eq!(due, Some((5, 5_000_000, 9_000_000)));
        assert_eq!(
            pace.due_between(8_000_000, 9_000_001),
            Some((2, 8_000_000, 9_000_000))
        );
        assert_eq!(pace.due_between(0, 5_000_000), None);
        assert_eq!(Pace::Closed.due_between(0, 5), None);
    }

    #[test]
    fn a_schedule_does_not_look_at_the_clock() {
        let mut pace = Pace::fixed(10.0, 0, 1);
        pace.advance();
        assert_eq!(pace.next_ns(99_000_000_000), 100_000_000);
    }
}
