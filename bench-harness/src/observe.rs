//! Watches a run from outside: samples of the processes around the measured window, progress and the rate over time.
//!
//! Invariants: process samples and counters are read at the same moments, so that CPU per byte is of the same span. Runs
//! on the thread that started the others.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::drive::{Outcome, Plan, WAIT_MAX};
use crate::error::BenchError;
use crate::live_latency::LatencyReading;
use crate::process::ProcessSample;
use crate::result::TimelinePoint;
use crate::settings::Span;
use crate::stolen::CpuTime;
use crate::tally::{Counts, Progress, Tally, Window};

/// Between two reports of progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);
/// Between two points of the timeline, in runs of up to four minutes.
const TIMELINE_INTERVAL_NS: u64 = 250_000_000;
/// Points of a timeline: longer runs have them further apart.
const TIMELINE_POINTS_MAX: u64 = 1_000;

/// How a run is getting on, for a progress line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiveProgress {
    /// Since the start of the warm-up.
    pub elapsed_s: f64,
    /// Warm-up and measurement together.
    pub total_s: f64,
    /// Whether the measured window has begun.
    pub is_measuring: bool,
    /// Bytes of batches so far.
    pub bytes: u64,
    /// Records so far.
    pub records: u64,
    /// Requests so far.
    pub requests: u64,
    /// 10^6 bytes a second since the report before.
    pub mb_per_s: f64,
    /// Records a second since the report before.
    pub records_per_s: f64,
    /// The median latency since the report before; coarse, as are the others.
    pub p50_ms: Option<f64>,
    /// The 99th percentile since the report before.
    pub p99_ms: Option<f64>,
}

/// Receives [`LiveProgress`] about ten times a second.
pub type OnProgress<'a> = &'a mut dyn FnMut(&LiveProgress);

/// The thread that samples and reports while others work: client threads, or the cores of an engine in this process.
pub(crate) struct Observer<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) window: &'a Window,
    pub(crate) progress: &'a [Progress],
    pub(crate) finished: &'a AtomicUsize,
    pub(crate) start: Instant,
}

/// Counters and processes at one moment.
struct Moment {
    at: Instant,
    counts: Counts,
    server: Option<ProcessSample>,
    client: ProcessSample,
    machine: Option<CpuTime>,
}

pub(crate) struct Observed {
    from: Moment,
    until: Moment,
    timeline: Vec<TimelinePoint>,
}

impl Observer<'_> {
    pub(crate) fn watch(&self, on_progress: OnProgress) -> Result<Observed, BenchError> {
        let mut timeline = Timeline::of(self.plan.span);
        let mut reporter = Reporter::default();
        self.wait_until(
            || self.window.from_ns,
            &mut timeline,
            &mut reporter,
            on_progress,
        );
        let from = self.moment()?;
        if let Some(bytes) = self.plan.span.measure_bytes {
            reporter.end_at_bytes = Some(from.counts.bytes.saturating_add(bytes));
        }
        reporter.is_measuring = true;
        self.wait_until(
            || self.window.until_ns(),
            &mut timeline,
            &mut reporter,
            on_progress,
        );
        let until = self.moment()?;
        Ok(Observed {
            from,
            until,
            timeline: timeline.points,
        })
    }

    fn wait_until(
        &self,
        end_ns: impl Fn() -> u64,
        timeline: &mut Timeline,
        reporter: &mut Reporter,
        on_progress: &mut dyn FnMut(&LiveProgress),
    ) {
        loop {
            let now_ns = nanoseconds(self.start.elapsed());
            let counts = self.counts();
            timeline.extend(now_ns, counts, || self.latencies());
            let latencies = || self.latencies();
            reporter.report(now_ns, counts, latencies, self.plan.span, on_progress);
            let is_over = reporter.end_at_bytes.is_some_and(|end| counts.bytes >= end)
                || self.are_all_finished();
            if is_over {
                self.window.end_at(now_ns);
            }
            if now_ns >= end_ns() || is_over {
                return;
            }
            let pause = if reporter.end_at_bytes.is_some() {
                WAIT_MAX
            } else {
                REPORT_INTERVAL
            };
            thread::sleep(Duration::from_nanos(end_ns() - now_ns).min(pause));
        }
    }

    fn moment(&self) -> Result<Moment, BenchError> {
        let server = self.plan.server_pid.map(ProcessSample::take).transpose()?;
        let client = ProcessSample::take(std::process::id())?;
        Ok(Moment {
            at: Instant::now(),
            counts: self.counts(),
            server,
            client,
            machine: CpuTime::now(),
        })
    }

    fn counts(&self) -> Counts {
        self.progress
            .iter()
            .map(Progress::counts)
            .fold(Counts::default(), Counts::plus)
    }

    fn latencies(&self) -> LatencyReading {
        let mut reading = LatencyReading::default();
        for progress in self.progress {
            reading.add(progress.live_latency());
        }
        reading
    }

    fn are_all_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire) == self.progress.len()
    }
}

impl Observed {
    pub(crate) fn into_outcome(self, tally: Tally) -> Outcome {
        let measured = self.until.at.duration_since(self.from.at);
        let server = match (&self.until.server, &self.from.server) {
            (Some(until), Some(from)) => Some(until.since(from, measured)),
            _ => None,
        };
        let machine = self.until.machine.zip(self.from.machine);
        Outcome {
            tally,
            counts: self.until.counts.since(self.from.counts),
            measured,
            server,
            client: self.until.client.since(&self.from.client, measured),
            stolen_percent: machine.map(|(until, from)| until.stolen_percent_since(&from)),
            timeline: self.timeline,
        }
    }
}

#[derive(Default)]
struct Timeline {
    points: Vec<TimelinePoint>,
    interval_ns: u64,
    last_ns: u64,
    last: Counts,
    last_latencies: LatencyReading,
}

impl Timeline {
    fn of(span: &Span) -> Self {
        let whole = Duration::from_secs_f64(span.warm_up_s + span.measure_s);
        Self {
            interval_ns: TIMELINE_INTERVAL_NS.max(nanoseconds(whole) / TIMELINE_POINTS_MAX),
            ..Self::default()
        }
    }

    fn extend(&mut self, now_ns: u64, counts: Counts, latencies: impl Fn() -> LatencyReading) {
        if now_ns.saturating_sub(self.last_ns) < self.interval_ns {
            return;
        }
        let (mb_per_s, records_per_s) = rates(counts.since(self.last), now_ns - self.last_ns);
        let latencies = latencies();
        self.points.push(TimelinePoint {
            at_s: seconds(now_ns),
            mb_per_s,
            records_per_s,
            p50_ms: latencies.quantile_ms_since(&self.last_latencies, 0.5),
            p99_ms: latencies.quantile_ms_since(&self.last_latencies, 0.99),
        });
        self.last_ns = now_ns;
        self.last = counts;
        self.last_latencies = latencies;
    }
}

#[derive(Default)]
struct Reporter {
    last_ns: u64,
    last: Counts,
    last_latencies: LatencyReading,
    is_measuring: bool,
    end_at_bytes: Option<u64>,
}

impl Reporter {
    fn report(
        &mut self,
        now_ns: u64,
        counts: Counts,
        latencies: impl Fn() -> LatencyReading,
        span: &Span,
        on_progress: &mut dyn FnMut(&LiveProgress),
    ) {
        if now_ns.saturating_sub(self.last_ns) < nanoseconds(REPORT_INTERVAL) {
            return;
        }
        let (mb_per_s, records_per_s) = rates(counts.since(self.last), now_ns - self.last_ns);
        let latencies = latencies();
        on_progress(&LiveProgress {
            elapsed_s: seconds(now_ns),
            total_s: span.warm_up_s + span.measure_s,
            is_measuring: self.is_measuring,
            bytes: counts.bytes,
            records: counts.records,
            requests: counts.requests,
            mb_per_s,
            records_per_s,
            p50_ms: latencies.quantile_ms_since(&self.last_latencies, 0.5),
            p99_ms: latencies.quantile_ms_since(&self.last_latencies, 0.99),
        });
        self.last_ns = now_ns;
        self.last = counts;
        self.last_latencies = latencies;
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a rate needs no more than 53 bits"
)]
fn rates(counts: Counts, elapsed_ns: u64) -> (f64, f64) {
    let elapsed_s = seconds(elapsed_ns).max(1e-9);
    (
        counts.bytes as f64 / 1e6 / elapsed_s,
        counts.records as f64 / elapsed_s,
    )
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a run of a day stays below 2^53 ns"
)]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
