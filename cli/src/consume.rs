//! The command `consume`: records of a topic, from anywhere, as text or JSON lines.
//!
//! Without `--follow` the ends of the partitions are asked for first and reading stops there, so that a topic under
//! load is printed up to a definite place. Records are flushed after every answer of the broker.

use crate::arguments::Consume;
use crate::broker_connection::{connect, failure};
use crate::exit_code::ExitCode;
use crate::failure::Failure;
use crate::record_format::{PlacedRecord, RecordFormat};
use crate::settings::Resolved;
use corelane_client::{
    Assignment, Cluster, ConsumedRecord, Consumer, ConsumerOptions, OffsetAt, StartAt,
};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// How a record is printed unless a format is given.
const DEFAULT_FORMAT: &str = "%s\\n";

/// Where to start, as the flag says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Beginning,
    End,
    Offset(i64),
    BeforeEnd(i64),
    Timestamp(i64),
}

impl Place {
    fn parse(text: &str) -> Result<Self, Failure> {
        let number = |digits: &str| digits.parse::<i64>().ok().filter(|number| *number >= 0);
        let parsed = match text {
            "beginning" | "earliest" => Some(Place::Beginning),
            "end" | "latest" => Some(Place::End),
            _ => match (text.strip_prefix('@'), text.strip_prefix('-')) {
                (Some(timestamp), _) => number(timestamp).map(Place::Timestamp),
                (_, Some(count)) => number(count).map(Place::BeforeEnd),
                _ => number(text).map(Place::Offset),
            },
        };
        parsed.ok_or_else(|| {
            Failure::usage(format!("--from: `{text}` is no place in a topic"))
                .advise("use beginning, end, an offset, a count before the end as in -10, or a time as in @1357016400000")
        })
    }
}

/// Prints the records.
pub fn run(
    arguments: &Consume,
    resolved: &Resolved,
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let from = Place::parse(&arguments.from)?;
    let format = match arguments.json {
        true => RecordFormat::Json,
        false => RecordFormat::parse(arguments.format.as_deref().unwrap_or(DEFAULT_FORMAT))
            .map_err(|reason| Failure::usage(format!("--format: {reason}")))?,
    };
    let mut cluster = connect(resolved)?;
    let partitions = partitions(&mut cluster, arguments)?;
    let mut printer = Printer {
        format,
        ends: BTreeMap::new(),
        remaining: arguments.count.unwrap_or(u64::MAX),
        error: None,
        output,
    };
    let mut assignments = Vec::new();
    for partition in partitions {
        let latest = latest(&mut cluster, &arguments.topic, partition)?;
        let start = start(&mut cluster, &arguments.topic, partition, from, latest)?;
        if !arguments.follow {
            printer.ends.insert(partition, latest);
        }
        assignments.push(Assignment {
            topic: arguments.topic.clone(),
            partition,
            start,
        });
    }
    let consumer =
        Consumer::new(cluster, &assignments, ConsumerOptions::default()).map_err(failure)?;
    printer.read(consumer, &arguments.topic)
}

fn partitions(cluster: &mut Cluster, arguments: &Consume) -> Result<Vec<i32>, Failure> {
    let topic = cluster.topic(&arguments.topic).map_err(failure)?;
    let existing: Vec<i32> = topic
        .partitions
        .iter()
        .map(|partition| partition.partition)
        .collect();
    if arguments.partitions.is_empty() {
        return Ok(existing);
    }
    match arguments
        .partitions
        .iter()
        .find(|partition| !existing.contains(partition))
    {
        Some(missing) => Err(Failure::new(
            ExitCode::Failure,
            format!(
                "{} has no partition {missing}; it has {}",
                arguments.topic,
                existing.len()
            ),
        )
        .advise("`corelane topic describe` lists them")),
        None => {
            let mut chosen = arguments.partitions.clone();
            chosen.sort_unstable();
            chosen.dedup();
            Ok(chosen)
        }
    }
}

fn latest(cluster: &mut Cluster, topic: &str, partition: i32) -> Result<i64, Failure> {
    Ok(cluster
        .offset(topic, partition, OffsetAt::Latest)
        .map_err(failure)?
        .unwrap_or(0))
}

fn start(
    cluster: &mut Cluster,
    topic: &str,
    partition: i32,
    from: Place,
    latest: i64,
) -> Result<StartAt, Failure> {
    Ok(match from {
        Place::Beginning => StartAt::Beginning,
        // The end that was asked for, not a later one: records in between must not be lost.
        Place::End => StartAt::Offset(latest),
        Place::Offset(offset) => StartAt::Offset(offset),
        Place::Timestamp(timestamp_ms) => StartAt::Timestamp(timestamp_ms),
        Place::BeforeEnd(count) => {
            let earliest = cluster
                .offset(topic, partition, OffsetAt::Earliest)
                .map_err(failure)?
                .unwrap_or(0);
            StartAt::Offset(latest.saturating_sub(count).max(earliest))
        }
    })
}

struct Printer<'o, W: Write> {
    format: RecordFormat,
    /// Where to stop, by partition; empty when following.
    ends: BTreeMap<i32, i64>,
    remaining: u64,
    error: Option<io::Error>,
    output: &'o mut W,
}

impl<W: Write> Printer<'_, W> {
    fn read(&mut self, mut consumer: Consumer, topic: &str) -> anyhow::Result<()> {
        while self.remaining > 0 {
            self.leave_finished(&mut consumer, topic);
            if consumer.positions().next().is_none() {
                break;
            }
            consumer
                .poll(|record| self.record(record))
                .map_err(failure)?;
            if let Some(error) = self.error.take() {
                return Err(error.into());
            }
            self.output.flush()?;
        }
        Ok(())
    }

    fn leave_finished(&self, consumer: &mut Consumer, topic: &str) {
        let is_finished = |partition: i32, position: i64| {
            self.ends
                .get(&partition)
                .is_some_and(|end| position >= *end)
        };
        let finished: Vec<i32> = consumer
            .positions()
            .filter(|(_, partition, position)| is_finished(*partition, *position))
            .map(|(_, partition, _)| partition)
            .collect();
        finished
            .into_iter()
            .for_each(|partition| consumer.unassign(topic, partition));
    }

    fn record(&mut self, record: ConsumedRecord<'_>) -> ControlFlow<()> {
        if self
            .ends
            .get(&record.partition)
            .is_some_and(|end| record.offset >= *end)
        {
            return ControlFlow::Continue(());
        }
        let placed = PlacedRecord {
            topic: record.topic,
            partition: record.partition,
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            key: record.key,
            value: record.value,
            headers: record.headers,
        };
        self.error = self.format.write(self.output, placed).err();
        self.remaining -= 1;
        match self.error.is_some() || self.remaining == 0 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_to_start_is_read() {
        let places = [
            ("beginning", Place::Beginning),
            ("end", Place::End),
            ("17", Place::Offset(17)),
            ("-10", Place::BeforeEnd(10)),
            ("@1357016400000", Place::Timestamp(1_357_016_400_000)),
        ];
        for (text, place) in places {
            assert_eq!(Place::parse(text).unwrap(), place);
        }
        for text in ["", "-", "@", "start", "--1", "1.5"] {
            assert!(Place::parse(text).is_err(), "{text}");
        }
    }
}
