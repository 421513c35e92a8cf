//! Metrics as text, read back: samples with their labels, and questions to them.
//!
//! Pure. Invariant: a line that is no sample makes the whole an error, so that nothing is shown of what was half
//! understood.

use std::collections::HashMap;
use std::time::Duration;

/// One look.
#[derive(Debug)]
pub struct Scrape {
    /// When, on a clock that only runs forward.
    pub at: Duration,
    families: HashMap<String, Vec<Sample>>,
}

/// One number with what it speaks of.
#[derive(Debug, PartialEq)]
pub struct Sample {
    labels: Vec<(String, String)>,
    /// The number.
    pub value: f64,
}

impl Sample {
    /// The value of a label; empty where it has none.
    pub fn label(&self, name: &str) -> &str {
        let found = self.labels.iter().find(|(label, _)| label == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Scrape {
    /// Reads the text.
    pub fn parse(text: &str, at: Duration) -> Result<Scrape, String> {
        let mut families: HashMap<String, Vec<Sample>> = HashMap::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, sample) =
                parse_line(line).ok_or_else(|| format!("`{line}` is no sample"))?;
            families.entry(name.to_owned()).or_default().push(sample);
        }
        match families.contains_key("corelane_build_info") {
            true => Ok(Scrape { at, families }),
            false => Err("it has other metrics".to_owned()),
        }
    }

    /// The samples of a family.
    pub fn all(&self, family: &str) -> &[Sample] {
        self.families.get(family).map_or(&[], Vec::as_slice)
    }

    /// The sum of a family's samples that `takes`.
    pub fn sum(&self, family: &str, takes: impl Fn(&Sample) -> bool) -> f64 {
        let samples = self.all(family).iter().filter(|sample| takes(sample));
        samples.map(|sample| sample.value).sum()
    }
}

/// `name{label="value",…} number`.
fn parse_line(line: &str) -> Option<(&str, Sample)> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => parse_labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value = rest.trim().split(' ').next()?.parse().ok()?;
    Some((name, Sample { labels, value }))
}

/// Labels up to the closing brace, and what follows it.
fn parse_labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches(',');
        if let Some(behind) = rest.strip_prefix('}') {
            return Some((labels, behind));
        }
        let (name, behind) = rest.split_once("=\"")?;
        let (value, behind) = parse_value(behind)?;
        labels.push((name.to_owned(), value));
        rest = behind;
    }
}

/// An escaped value up to its closing quote, and what follows it.
fn parse_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((index, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[index + 1..])),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_whatever_they_hold() {
        let text = "# HELP x y\ncorelane_build_info{version=\"1\"} 1\nx{a=\"q\\\"} 3\",b=\"c\\\\d\\ne\"} 2.5\nx 7\n";
        let scrape = Scrape::parse(text, Duration::ZERO).unwrap();
        let [first, second] = scrape.all("x") else {
            panic!("two samples");
        };
        assert_eq!((first.label("a"), first.label("b")), ("q\"} 3", "c\\d\ne"));
        assert_eq!(
            (first.value, second.value, second.label("a")),
            (2.5, 7.0, "")
        );
        assert_eq!(scrape.sum("x", |_| true), 9.5);
    }

    #[test]
    fn what_is_no_metric_is_refused() {
        for text in [
            "<html>",
            "corelane_build_info 1\nx{a=\"b} 1",
            "corelane_build_info 1\nx one",
            "go_threads 7",
        ] {
            assert!(Scrape::parse(text, Duration::ZERO).is_err(), "{text}");
        }
    }
}
