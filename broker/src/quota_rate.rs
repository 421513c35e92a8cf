//! How fast something happens against how fast it may, as Kafka measures it: rates over windows of a second, and a
//! bucket of tokens for changes of topics (KIP-599).
//!
//! Pure: numbers and `now` in, the time to wait out. Invariant: at most [`SAMPLES`] samples are kept.

use std::collections::VecDeque;

/// Windows of a rate: Kafka's `quota.window.num`.
pub const SAMPLES: usize = 11;
/// Their length in ms: Kafka's `quota.window.size.seconds`.
pub const WINDOW_MS: u64 = 1_000;
/// A rate that nothing was added to for so long is zero.
pub const MEMORY_MS: u64 = SAMPLES as u64 * WINDOW_MS;

/// A part of the time that a rate looks back on.
#[derive(Clone, Copy, Debug)]
struct Sample {
    start_ms: u64,
    sum: f64,
}

/// How fast something has happened lately.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: VecDeque<Sample>,
}

impl Rate {
    /// Adds `amount`; returns how long to wait, in ms, until the rate is down at `limit` a second.
    pub fn add(&mut self, amount: f64, limit: f64, now_ms: u64) -> u64 {
        self.forget(now_ms);
        match self.samples.back_mut() {
            Some(last) if now_ms < last.start_ms + WINDOW_MS => last.sum += amount,
            _ => self.samples.push_back(Sample {
                start_ms: now_ms,
                sum: amount,
            }),
        }
        let window_ms = self.window_ms(now_ms);
        let sum: f64 = self.samples.iter().map(|sample| sample.sum).sum();
        let rate = sum / window_ms * 1_000.0;
        wait_ms((rate - limit) / limit * window_ms)
    }

    fn forget(&mut self, now_ms: u64) {
        while let Some(first) = self.samples.front() {
            if now_ms.saturating_sub(first.start_ms) < MEMORY_MS {
                break;
            }
            self.samples.pop_front();
        }
    }

    /// The time that the samples stand for: never less than all windows but one, so that a first burst is no rate.
    fn window_ms(&self, now_ms: u64) -> f64 {
        let first_ms = self.samples.front().map_or(now_ms, |first| first.start_ms);
        let elapsed_ms = now_ms.saturating_sub(first_ms);
        let missing = (SAMPLES as u64 - 1).saturating_sub(elapsed_ms / WINDOW_MS);
        (elapsed_ms + missing * WINDOW_MS) as f64
    }
}

/// What may still be changed: refilled at the limit, up to what [`SAMPLES`] windows give.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    /// What has been taken beyond what was refilled.
    debt: f64,
    at_ms: u64,
}

impl Bucket {
    /// How long it takes, in ms, until something is in the bucket; 0 while there is.
    pub fn wait_ms(&mut self, limit: f64, now_ms: u64) -> u64 {
        self.refill(limit, now_ms);
        wait_ms((self.debt - Self::size(limit)) / limit * 1_000.0)
    }

    /// Takes tokens, more than there are if need be.
    pub fn take(&mut self, count: f64, limit: f64, now_ms: u64) {
        self.refill(limit, now_ms);
        self.debt += count;
    }

    fn refill(&mut self, limit: f64, now_ms: u64) {
        let elapsed_ms = now_ms.saturating_sub(self.at_ms);
        self.debt = (self.debt - limit * elapsed_ms as f64 / 1_000.0).max(0.0);
        self.at_ms = now_ms;
    }

    fn size(limit: f64) -> f64 {
        limit * SAMPLES as f64
    }
}

/// A time that may be negative, or no number where a limit is absurd, in whole ms.
fn wait_ms(time_ms: f64) -> u64 {
    // Saturates, and takes no number for nothing.
    time_ms.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_waits_until_its_rate_is_down_at_the_limit() {
        let mut rate = Rate::default();
        assert_eq!(rate.add(10_000.0, 1_000.0, 0), 0, "ten seconds' worth");
        assert_eq!(rate.add(5_000.0, 1_000.0, 0), 5_000);
        // After the wait the same amount of the limit is fine again.
        assert_eq!(
            rate.add(0.0, 1_000.0, 5_000),
            5_000,
            "ten seconds are looked at"
        );
        assert_eq!(rate.add(0.0, 1_000.0, 11_000), 0, "and no more than eleven");
    }

    #[test]
    fn samples_are_bounded() {
        let mut rate = Rate::default();
        for now_ms in (0..100_000).step_by(300) {
            rate.add(1.0, 1_000.0, now_ms);
            assert!(rate.samples.len() <= SAMPLES);
        }
    }

    #[test]
    fn a_bucket_may_be_overdrawn_once_and_fills_at_the_limit() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.wait_ms(1.0, 0), 0);
        bucket.take(13.0, 1.0, 0);
        assert_eq!(bucket.wait_ms(1.0, 0), 2_000, "eleven were there");
        assert_eq!(bucket.wait_ms(1.0, 2_000), 0);
    }
}
