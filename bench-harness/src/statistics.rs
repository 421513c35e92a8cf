//! When a difference is more than noise: the exact rank-sum test, and its verdict in words.
//!
//! Invariants: no assumption about the distribution of figures; with too few rounds the answer is that nothing can be
//! said, never that there is no difference. Pure.

use serde::{Deserialize, Serialize};

/// A difference is called one when chance alone would show one as clear in fewer than one of a hundred cases. With five
/// rounds on both sides that takes two series which do not overlap.
pub const SIGNIFICANCE: f64 = 0.01;
/// Differences of medians below this are not worth a word, however sure.
pub const RATIO_MIN: f64 = 1.01;
/// Longer series are cut: the exact test counts every arrangement.
pub const VALUES_MAX: usize = 60;

/// What two series say about each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The second series is higher, beyond its noise.
    Higher,
    /// The second series is lower, beyond its noise.
    Lower,
    /// The difference is within the noise.
    WithinNoise,
    /// No difference could have been told with so few values.
    TooFewRounds,
}

/// Compares two series of one figure.
pub fn verdict(before: &[f64], after: &[f64]) -> Verdict {
    let before = &before[..before.len().min(VALUES_MAX)];
    let after = &after[..after.len().min(VALUES_MAX)];
    if smallest_p(before.len(), after.len()) > SIGNIFICANCE {
        return Verdict::TooFewRounds;
    }
    let (Some(old), Some(new)) = (median(before), median(after)) else {
        return Verdict::TooFewRounds;
    };
    let is_small = new <= old * RATIO_MIN && old <= new * RATIO_MIN;
    if is_small || rank_sum_p(before, after) > SIGNIFICANCE {
        Verdict::WithinNoise
    } else if new > old {
        Verdict::Higher
    } else {
        Verdict::Lower
    }
}

/// The median; none without values or with one that is no number.
pub fn median(values: &[f64]) -> Option<f64> {
    crate::compare::Spread::of(values).map(|spread| spread.median)
}

/// The two-sided probability that chance alone separates the series as clearly (Wilcoxon, Mann and Whitney; exact, ties
/// counted by half).
pub fn rank_sum_p(before: &[f64], after: &[f64]) -> f64 {
    let twice_u: usize = after
        .iter()
        .flat_map(|new| before.iter().map(move |old| (old, new)))
        .map(|(old, new)| match new.total_cmp(old) {
            std::cmp::Ordering::Greater => 2,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Less => 0,
        })
        .sum();
    let most = 2 * before.len() * after.len();
    // The lower tail, as the distribution is symmetric; half a count rounds towards the middle.
    let extreme = twice_u.min(most - twice_u).div_ceil(2);
    let counts = arrangements(before.len(), after.len());
    let all: f64 = counts.iter().sum();
    let tail: f64 = counts.iter().take(extreme + 1).sum();
    (2.0 * tail / all).min(1.0)
}

fn smallest_p(before: usize, after: usize) -> f64 {
    if before == 0 || after == 0 {
        return 1.0;
    }
    2.0 / arrangements(before, after).iter().sum::<f64>()
}

/// How many arrangements of the two series have each value of U, by the recurrence of Mann and Whitney.
fn arrangements(before: usize, after: usize) -> Vec<f64> {
    let most = before * after;
    // One row for each count of the second series' values; built up over the first series' values.
    let mut rows = vec![vec![0.0; most + 1]; after + 1];
    for row in &mut rows {
        row[0] = 1.0;
    }
    for old in 1..=before {
        let mut next = vec![vec![0.0; most + 1]; after + 1];
        next[0][0] = 1.0;
        for new in 1..=after {
            for u in 0..=most {
                // The largest value belongs to the second series and beats all of the first, or it belongs to the first.
                let beats_all = if u >= old {
                    next[new - 1][u - old]
                } else {
                    0.0
                };
                next[new][u] = beats_all + rows[new][u];
            }
        }
        rows = next;
    }
    rows.swap_remove(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_that_do_not_overlap_have_the_probability_of_the_tables() {
        let p = rank_sum_p(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]);
        assert!((p - 2.0 / 252.0).abs() < 1e-12, "{p}");
        let p = rank_sum_p(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0, 7.0, 8.0]);
        assert!((p - 2.0 / 70.0).abs() < 1e-12, "{p}");
    }

    #[test]
    fn the_arrangements_of_each_u_add_up_to_all() {
        let counts = arrangements(3, 2);
        assert_eq!(counts, [1.0, 1.0, 2.0, 2.0, 2.0, 1.0, 1.0]);
    }

    #[test]
    fn clear_differences_are_told_with_their_direction() {
        let slow = [100.0, 103.0, 98.0, 101.0, 99.0];
        let fast = [120.0, 118.0, 125.0, 119.0, 121.0];
        assert_eq!(verdict(&slow, &fast), Verdict::Higher);
        assert_eq!(verdict(&fast, &slow), Verdict::Lower);
    }

    #[test]
    fn series_that_overlap_are_noise() {
        let one = [100.0, 130.0, 90.0, 110.0, 95.0];
        let other = [105.0, 125.0, 99.0, 120.0, 96.0];
        assert_eq!(verdict(&one, &other), Verdict::WithinNoise);
        assert_eq!(verdict(&one, &one), Verdict::WithinNoise);
    }

    #[test]
    fn three_rounds_can_tell_nothing() {
        let verdict = verdict(&[1.0, 1.0, 1.0], &[9.0, 9.0, 9.0]);
        assert_eq!(verdict, Verdict::TooFewRounds);
    }

    #[test]
    fn a_sure_but_tiny_difference_is_not_worth_a_word() {
        let one = [100.0, 100.1, 100.2, 100.3, 100.4];
        let other = [100.5, 100.6, 100.7, 100.8, 100.9];
        assert_eq!(verdict(&one, &other), Verdict::WithinNoise);
    }
}
