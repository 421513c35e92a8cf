//! What `top` shows: rates and totals of cores, topics and groups between two looks.
//!
//! Pure. Invariants: a counter that is lower than before has begun again with the broker, and counts from zero; the
//! busiest topic and the group furthest behind come first.

use super::sample::{Sample, Scrape};
use crate::size;
use crate::table::{Align, Table};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Everything, as programs get it.
#[derive(Debug, Serialize)]
pub struct View {
    /// The time between the two looks.
    interval_s: f64,
    version: String,
    uptime_s: f64,
    connections: u64,
    partitions: u64,
    partitions_refusing: u64,
    resident_bytes: u64,
    watchdog_kicks: u64,
    requests_per_s: f64,
    errors_per_s: f64,
    cores: Vec<CoreLine>,
    topics: Vec<TopicLine>,
    groups: Vec<GroupLine>,
}

#[derive(Debug, Serialize)]
struct CoreLine {
    core: u16,
    cpu_percent: f64,
    requests_per_s: f64,
    bytes_in_per_s: f64,
    bytes_out_per_s: f64,
    messages_in_per_s: f64,
    connections: u64,
    partitions: u64,
    tail_cache_bytes: u64,
}

#[derive(Debug, Serialize)]
struct TopicLine {
    topic: String,
    partitions: u64,
    size_bytes: u64,
    messages_in_per_s: f64,
    bytes_in_per_s: f64,
    bytes_out_per_s: f64,
}

#[derive(Debug, Serialize)]
struct GroupLine {
    group: String,
    state: String,
    members: u64,
    partitions: u64,
    lag: u64,
    /// By how many records a second the lag grows; negative where the group catches up.
    lag_per_s: f64,
}

/// Two looks.
struct Pair<'a> {
    before: &'a Scrape,
    now: &'a Scrape,
    seconds: f64,
}

impl Pair<'_> {
    fn rate(&self, family: &str, takes: impl Fn(&Sample) -> bool) -> f64 {
        let now = self.now.sum(family, &takes);
        let before = self.before.sum(family, &takes);
        let grown = if now < before { now } else { now - before };
        grown / self.seconds
    }

    fn total(&self, family: &str, takes: impl Fn(&Sample) -> bool) -> u64 {
        // Counts and bytes, which the broker prints as whole numbers.
        self.now.sum(family, takes).max(0.0) as u64
    }
}

impl View {
    /// What has happened between two looks.
    pub fn between(before: &Scrape, now: &Scrape) -> View {
        let pair = Pair {
            before,
            now,
            seconds: now.at.saturating_sub(before.at).as_secs_f64().max(1e-3),
        };
        let all = |_: &Sample| true;
        let version = now.all("corelane_build_info").first();
        View {
            interval_s: pair.seconds,
            version: version.map_or_else(String::new, |sample| sample.label("version").to_owned()),
            uptime_s: now.sum("corelane_uptime_seconds", all),
            connections: pair.total("corelane_connections", all),
            partitions: pair.total("corelane_partitions", all),
            partitions_refusing: pair.total("corelane_partitions_refusing", all),
            resident_bytes: pair.total("process_resident_memory_bytes", all),
            watchdog_kicks: pair.total("corelane_watchdog_kicks_total", all),
            requests_per_s: pair.rate("corelane_requests_total", all),
            errors_per_s: pair.rate("corelane_request_errors_total", all),
            cores: cores(&pair),
            topics: topics(&pair),
            groups: groups(&pair),
        }
    }

    /// The view for people.
    pub fn write(&self, output: &mut impl Write) -> io::Result<()> {
        writeln!(
            output,
            "corelane {} up {}  {} connections  {} partitions  {} resident  {:.0} requests/s  {:.1} errors/s",
            self.version,
            duration(self.uptime_s),
            self.connections,
            self.partitions,
            size::for_people(self.resident_bytes),
            self.requests_per_s,
            self.errors_per_s,
        )?;
        if self.partitions_refusing > 0 {
            writeln!(
                output,
                "{} partitions refuse writes: the log of the broker names them",
                self.partitions_refusing
            )?;
        }
        if self.watchdog_kicks > 0 {
            writeln!(output, "{} watchdog kicks", self.watchdog_kicks)?;
        }
        writeln!(output)?;
        self.write_cores(output)?;
        writeln!(output)?;
        self.write_topics(output)?;
        if !self.groups.is_empty() {
            writeln!(output)?;
            self.write_groups(output)?;
        }
        Ok(())
    }

    fn write_cores(&self, output: &mut impl Write) -> io::Result<()> {
        let mut table = Table::new(&[
            ("core", Align::Right),
            ("CPU %", Align::Right),
            ("requests/s", Align::Right),
            ("in/s", Align::Right),
            ("out/s", Align::Right),
            ("records/s", Align::Right),
            ("connections", Align::Right),
            ("partitions", Align::Right),
            ("cache", Align::Right),
        ]);
        for core in &self.cores {
            table.row([
                core.core.to_string(),
                format!("{:.1}", core.cpu_percent),
                format!("{:.0}", core.requests_per_s),
                bytes(core.bytes_in_per_s),
                bytes(core.bytes_out_per_s),
                format!("{:.0}", core.messages_in_per_s),
                core.connections.to_string(),
                core.partitions.to_string(),
                size::for_people(core.tail_cache_bytes),
            ]);
        }
        table.write(output)
    }

    fn write_topics(&self, output: &mut impl Write) -> io::Result<()> {
        let mut table = Table::new(&[
            ("topic", Align::Left),
            ("partitions", Align::Right),
            ("size", Align::Right),
            ("records/s", Align::Right),
            ("in/s", Align::Right),
            ("out/s", Align::Right),
        ]);
        for topic in &self.topics {
            table.row([
                topic.topic.clone(),
                topic.partitions.to_string(),
                size::for_people(topic.size_bytes),
                format!("{:.0}", topic.messages_in_per_s),
                bytes(topic.bytes_in_per_s),
                bytes(topic.bytes_out_per_s),
            ]);
        }
        table.write(output)
    }

    fn write_groups(&self, output: &mut impl Write) -> io::Result<()> {
        let mut table = Table::new(&[
            ("group", Align::Left),
            ("state", Align::Left),
            ("members", Align::Right),
            ("partitions", Align::Right),
            ("lag", Align::Right),
            ("lag/s", Align::Right),
        ]);
        for group in &self.groups {
            table.row([
                group.group.clone(),
                group.state.clone(),
                group.members.to_string(),
                group.partitions.to_string(),
                group.lag.to_string(),
                format!("{:+.0}", group.lag_per_s),
            ]);
        }
        table.write(output)
    }
}

fn cores(pair: &Pair<'_>) -> Vec<CoreLine> {
    let cores = pair.now.all("corelane_core_turns_total").iter();
    let line = |sample: &Sample| {
        let name = sample.label("core");
        let of_core = |sample: &Sample| sample.label("core") == name;
        CoreLine {
            core: name.parse().unwrap_or_default(),
            cpu_percent: 100.0 * pair.rate("corelane_core_cpu_seconds_total", of_core),
            requests_per_s: pair.rate("corelane_core_requests_total", of_core),
            bytes_in_per_s: pair.rate("corelane_core_bytes_in_total", of_core),
            bytes_out_per_s: pair.rate("corelane_core_bytes_out_total", of_core),
            messages_in_per_s: pair.rate("corelane_core_messages_in_total", of_core),
            connections: pair.total("corelane_connections", of_core),
            partitions: pair.total("corelane_partitions", of_core),
            tail_cache_bytes: pair.total("corelane_tail_cache_bytes", of_core),
        }
    };
    cores.map(line).collect()
}

/// A family summed up by the value of a label, with how many samples each value has.
fn by_label<'a>(scrape: &'a Scrape, family: &str, label: &str) -> BTreeMap<&'a str, (f64, u64)> {
    let mut sums = BTreeMap::new();
    for sample in scrape.all(family) {
        let (sum, count) = sums.entry(sample.label(label)).or_insert((0.0, 0));
        *sum += sample.value;
        *count += 1;
    }
    sums
}

/// Two looks at a family, by the value of a label.
fn rates<'a>(pair: &Pair<'a>, family: &str, label: &str) -> BTreeMap<&'a str, f64> {
    let before = by_label(pair.before, family, label);
    let now = by_label(pair.now, family, label).into_iter();
    now.map(|(name, (sum, _))| {
        let past = before.get(name).map_or(0.0, |(past, _)| *past);
        let grown = if sum < past { sum } else { sum - past };
        (name, grown / pair.seconds)
    })
    .collect()
}

fn topics(pair: &Pair<'_>) -> Vec<TopicLine> {
    let rates = |family| rates(pair, family, "topic");
    let messages_in = rates("corelane_messages_in_total");
    let bytes_in = rates("corelane_bytes_in_total");
    let bytes_out = rates("corelane_bytes_out_total");
    let sizes = by_label(pair.now, "corelane_log_size_bytes", "topic");
    let names: BTreeSet<&str> = messages_in.keys().chain(sizes.keys()).copied().collect();
    let line = |name: &str| {
        let (size_bytes, partitions) = sizes.get(name).copied().unwrap_or((0.0, 0));
        TopicLine {
            topic: name.to_owned(),
            partitions,
            size_bytes: size_bytes as u64,
            messages_in_per_s: rate(&messages_in, name),
            bytes_in_per_s: rate(&bytes_in, name),
            bytes_out_per_s: rate(&bytes_out, name),
        }
    };
    let mut lines: Vec<TopicLine> = names.into_iter().map(line).collect();
    let traffic = |line: &TopicLine| line.bytes_in_per_s + line.bytes_out_per_s;
    lines.sort_by(|one, other| traffic(other).total_cmp(&traffic(one)));
    lines
}

fn rate(rates: &BTreeMap<&str, f64>, name: &str) -> f64 {
    rates.get(name).copied().unwrap_or(0.0)
}

fn groups(pair: &Pair<'_>) -> Vec<GroupLine> {
    let lag_now = by_label(pair.now, "corelane_consumergroup_lag", "consumergroup");
    let lag_before = by_label(pair.before, "corelane_consumergroup_lag", "consumergroup");
    let members = pair.now.all("corelane_consumergroup_members").iter();
    let line = |sample: &Sample| {
        let name = sample.label("consumergroup");
        let (lag, partitions) = lag_now.get(name).copied().unwrap_or((0.0, 0));
        let past = lag_before.get(name).map_or(lag, |(past, _)| *past);
        GroupLine {
            group: name.to_owned(),
            state: sample.label("state").to_owned(),
            members: sample.value as u64,
            partitions,
            lag: lag as u64,
            lag_per_s: (lag - past) / pair.seconds,
        }
    };
    let mut lines: Vec<GroupLine> = members.map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.lag));
    lines
}

fn bytes(per_s: f64) -> String {
    size::for_people(per_s as u64)
}

/// Seconds for people: the two largest units.
fn duration(seconds: f64) -> String {
    let seconds = seconds as u64;
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, ..) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::top::scrape_of;

    const BEFORE: &str = "corelane_build_info{version=\"1.2\"} 1
corelane_core_turns_total{core=\"0\"} 5
corelane_core_cpu_seconds_total{core=\"0\"} 1.5
corelane_messages_in_total{topic=\"a\"} 100
corelane_messages_in_total{topic=\"b\"} 100
corelane_bytes_in_total{topic=\"b\"} 1000
corelane_consumergroup_members{consumergroup=\"g\",state=\"Stable\"} 2
corelane_consumergroup_lag{consumergroup=\"g\",topic=\"a\",partition=\"0\"} 50
";
    const NOW: &str = "corelane_build_info{version=\"1.2\"} 1
corelane_core_turns_total{core=\"0\"} 9
corelane_core_cpu_seconds_total{core=\"0\"} 2.5
corelane_messages_in_total{topic=\"a\"} 10
corelane_messages_in_total{topic=\"b\"} 300
corelane_bytes_in_total{topic=\"b\"} 5000
corelane_log_size_bytes{topic=\"b\",partition=\"0\"} 7
corelane_log_size_bytes{topic=\"b\",partition=\"1\"} 8
corelane_consumergroup_members{consumergroup=\"f\",state=\"Empty\"} 0
corelane_consumergroup_members{consumergroup=\"g\",state=\"Stable\"} 3
corelane_consumergroup_lag{consumergroup=\"g\",topic=\"a\",partition=\"0\"} 10
corelane_consumergroup_lag{consumergroup=\"g\",topic=\"a\",partition=\"1\"} 30
";

    fn view() -> View {
        View::between(&scrape_of(BEFORE, 10), &scrape_of(NOW, 12))
    }

    #[test]
    fn rates_are_those_of_the_time_between() {
        let view = view();
        assert_eq!(view.cores[0].cpu_percent, 50.0);
        let busiest = &view.topics[0];
        assert_eq!(busiest.topic, "b");
        assert_eq!((busiest.partitions, busiest.size_bytes), (2, 15));
        assert_eq!(busiest.messages_in_per_s, 100.0);
        assert_eq!(busiest.bytes_in_per_s, 2000.0);
    }

    #[test]
    fn a_counter_that_began_again_counts_from_zero() {
        assert_eq!(view().topics[1].messages_in_per_s, 5.0);
    }

    #[test]
    fn the_group_furthest_behind_comes_first() {
        let groups = view().groups;
        assert_eq!((groups[0].group.as_str(), groups[0].lag), ("g", 40));
        assert_eq!((groups[0].members, groups[0].partitions), (3, 2));
        assert_eq!(groups[0].lag_per_s, -5.0);
        assert_eq!((groups[1].group.as_str(), groups[1].lag), ("f", 0));
    }

    #[test]
    fn people_see_each_of_them() {
        let mut text = Vec::new();
        view().write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for word in ["corelane 1.2", "50.0", "2.0 KiB", "Stable", "-5"] {
            assert!(text.contains(word), "no {word} in\n{text}");
        }
    }
}
