//! `.hgrm` files: a histogram as the percentile distribution that HdrHistogram's own tools print and plot.
//!
//! Invariants: values are milliseconds; the lines are those of HdrHistogram's `outputPercentileDistribution` with five
//! ticks for each half distance. Pure.

use std::fmt::Write;

use crate::latency::{LatencyHistogram, LatencySummary};
use crate::results::{Measured, Results};

/// One file of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PercentileFile {
    /// Its name, of letters, digits and dashes, ending in `.hgrm`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A file for each kind of latency of each step on each target, with all rounds merged.
pub fn percentile_files(results: &Results) -> Vec<PercentileFile> {
    let mut files = Vec::new();
    for workload in &results.plan.workloads {
        for step in &workload.steps {
            for target in &results.targets {
                let rounds: Vec<&Measured> = results
                    .rounds(&workload.name, &step.name, &target.name)
                    .collect();
                for (kind, read) in KINDS {
                    if let Some(merged) = merged(&rounds, read) {
                        let parts = [&target.name, &workload.name, &step.name, kind];
                        files.push(PercentileFile {
                            name: file_name(&parts),
                            text: merged.percentile_distribution(),
                        });
                    }
                }
            }
        }
    }
    files
}

type Read = fn(&Measured) -> Option<&LatencySummary>;

const KINDS: [(&str, Read); 3] = [
    ("produce", |measured| {
        Some(&measured.produce.as_ref()?.latency)
    }),
    ("fetch", |measured| Some(&measured.fetch.as_ref()?.latency)),
    ("end-to-end", |measured| measured.end_to_end.as_ref()),
];

fn merged(rounds: &[&Measured], read: Read) -> Option<LatencyHistogram> {
    let mut merged = LatencyHistogram::new();
    for summary in rounds.iter().filter_map(|measured| read(measured)) {
        merged.merge(&LatencyHistogram::from_buckets(&summary.buckets));
    }
    (merged.count() > 0).then_some(merged)
}

fn file_name(parts: &[&str]) -> String {
    let mut name = String::new();
    for part in parts {
        if !name.is_empty() {
            name.push_str("--");
        }
        let mut words = part.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<&str> = words.by_ref().filter(|word| !word.is_empty()).collect();
        name.push_str(&words.join("-"));
    }
    name + ".hgrm"
}

/// The text of a distribution: value, percentile, count up to there, and how rare what lies beyond is.
pub(crate) fn distribution(
    points: impl Iterator<Item = (f64, f64, u64)>,
    closing: &[(&str, f64); 4],
) -> String {
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    for (value_ms, quantile, count) in points {
        // Writing to a string cannot fail.
        let _written = if quantile < 1.0 {
            let rarity = 1.0 / (1.0 - quantile);
            writeln!(
                text,
                "{value_ms:>12.3} {quantile:>14.12} {count:>10} {rarity:>14.2}"
            )
        } else {
            writeln!(text, "{value_ms:>12.3} {quantile:>14.12} {count:>10}")
        };
    }
    let [mean, deviation, max, count] = closing.map(|(_name, value)| value);
    let _written = writeln!(
        text,
        "#[Mean    = {mean:>12.3}, StdDeviation   = {deviation:>12.3}]"
    );
    let _written = writeln!(
        text,
        "#[Max     = {max:>12.3}, Total count    = {count:>12.0}]"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_reaches_every_latency_in_the_form_of_hdrhistogram() {
        let mut histogram = LatencyHistogram::new();
        for milliseconds in 1..=1_000_u64 {
            histogram.record(milliseconds * 1_000_000);
        }
        let text = histogram.percentile_distribution();
        assert!(text.trim_start().starts_with("Value"));
        let last = text.lines().rfind(|line| !line.starts_with('#')).unwrap();
        let fields: Vec<&str> = last.split_ascii_whitespace().collect();
        assert_eq!(fields.len(), 3, "{last}");
        assert_eq!((fields[1], fields[2]), ("1.000000000000", "1000"));
        assert!(text.contains("Total count    =         1000"), "{text}");
    }

    #[test]
    fn names_of_files_need_no_quoting() {
        let name = file_name(&["kafka", "latency", "acks=1, 1 a batch, 80 % of", "produce"]);
        assert_eq!(name, "kafka--latency--acks-1-1-a-batch-80-of--produce.hgrm");
    }
}
