//! Writes metrics as text, in the format of Prometheus 0.0.4.
//!
//! Pure. Invariants: a family's lines stand together under its HELP and TYPE; whatever a label's value holds, it cannot
//! end its line; the buckets of a histogram are cumulative and its last one is its count.

use std::fmt::{Display, Write};

use corelane_engine::duration_histogram::{DurationCounts, STEP_ENDS_NS};

/// What the text is, for HTTP.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What a family's numbers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They only grow.
    Counter,
    /// They rise and fall.
    Gauge,
    /// They count durations in steps.
    Histogram,
}

/// The text so far.
#[derive(Default)]
pub struct Exposition {
    text: String,
    family: &'static str,
}

/// A label's name and value.
pub type Label<'a> = (&'static str, &'a str);

impl Exposition {
    /// Begins a family; the samples that follow are its own.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        self.family = name;
        // Writing to a string cannot fail.
        let _ = write!(
            self.text,
            "# HELP {name} {}\n# TYPE {name} {kind}\n",
            help.replace('\\', "\\\\").replace('\n', "\\n")
        );
    }

    /// A number of the family.
    pub fn sample(&mut self, labels: &[Label<'_>], value: impl Display) {
        self.line("", labels, None, value);
    }

    /// The durations of the family with these labels.
    pub fn durations(&mut self, labels: &[Label<'_>], counts: &DurationCounts) {
        let mut so_far = 0;
        for (end_ns, count) in STEP_ENDS_NS.iter().zip(&counts.counts) {
            so_far += count;
            let end = seconds(*end_ns).to_string();
            self.line("_bucket", labels, Some(("le", &end)), so_far);
        }
        self.line("_bucket", labels, Some(("le", "+Inf")), counts.total());
        self.line("_sum", labels, None, seconds(counts.sum_ns));
        self.line("_count", labels, None, counts.total());
    }

    /// All of it.
    pub fn finish(self) -> String {
        self.text
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: &[Label<'_>],
        last: Option<Label<'_>>,
        value: impl Display,
    ) {
        self.text.push_str(self.family);
        self.text.push_str(suffix);
        let mut separator = '{';
        for (name, value) in labels.iter().copied().chain(last) {
            self.text.push(separator);
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(value, &mut self.text);
            self.text.push('"');
            separator = ',';
        }
        if separator == ',' {
            self.text.push('}');
        }
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, " {value}");
    }
}

/// Nanoseconds as seconds.
pub fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn escape(value: &str, text: &mut String) {
    for letter in value.chars() {
        match letter {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::duration_histogram::DurationHistogram;
    use std::time::Duration;

    #[test]
    fn a_label_cannot_end_its_line() {
        let mut text = Exposition::default();
        text.family("size", Kind::Gauge, "two\nlines");
        text.sample(&[("reason", "a \"b\\\nsize 7"), ("n", "1")], 5);
        assert_eq!(
            text.finish(),
            "# HELP size two\\nlines\n# TYPE size gauge\nsize{reason=\"a \\\"b\\\\\\nsize 7\",n=\"1\"} 5\n"
        );
    }

    #[test]
    fn buckets_are_cumulative_and_the_last_one_is_the_count() {
        let histogram = DurationHistogram::new();
        histogram.count(Duration::from_micros(50));
        histogram.count(Duration::from_micros(60));
        histogram.count(Duration::from_secs(11));
        let mut text = Exposition::default();
        text.family("time_seconds", Kind::Histogram, "");
        text.durations(&[("request", "Fetch")], &histogram.read());
        let text = text.finish();
        for line in [
            "time_seconds_bucket{request=\"Fetch\",le=\"0.00005\"} 1",
            "time_seconds_bucket{request=\"Fetch\",le=\"0.0001\"} 2",
            "time_seconds_bucket{request=\"Fetch\",le=\"10\"} 2",
            "time_seconds_bucket{request=\"Fetch\",le=\"+Inf\"} 3",
            "time_seconds_sum{request=\"Fetch\"} 11.00011",
            "time_seconds_count{request=\"Fetch\"} 3",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
        }
    }
}
