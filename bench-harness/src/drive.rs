//! Drives all lanes of a run: client threads, warm-up, the measured window, the drain, and the samples around it.
//!
//! Invariants: process samples and counters are read at the same moments, so that CPU per byte is of the same span; a
//! request of the window counts with its latency even when its answer comes after the window. No wait is unbounded.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::affinity::{CoreList, ask_for_precise_timers};
use crate::error::{BenchError, system};
use crate::lane::Lane;
use crate::process::{ProcessSample, ProcessUse};
use crate::readiness::{Interest, Readiness, Ready};
use crate::result::TimelinePoint;
use crate::settings::{ClientSettings, Span};
use crate::tally::{Counts, Progress, Tally, Window};

/// The longest wait of a client thread: bounds how late it notices the end and missing answers.
pub(crate) const WAIT_MAX: Duration = Duration::from_millis(20);
/// Between two reports of progress.
const REPORT_INTERVAL: Duration = Duration::from_millis(100);
/// Between two points of the timeline.
const TIMELINE_INTERVAL_NS: u64 = 1_000_000_000;

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
}

/// Receives [`LiveProgress`] about ten times a second.
pub type OnProgress<'a> = &'a mut dyn FnMut(&LiveProgress);

/// What a run needs beside its lanes.
pub(crate) struct Plan<'a> {
    pub(crate) client: &'a ClientSettings,
    pub(crate) span: &'a Span,
    pub(crate) server_pid: Option<u32>,
}

/// What a run found, before it is put into words.
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) counts: Counts,
    pub(crate) measured: Duration,
    pub(crate) server: Option<ProcessUse>,
    pub(crate) client: ProcessUse,
    pub(crate) timeline: Vec<TimelinePoint>,
}

/// The window of `span`.
pub(crate) fn window_of(span: &Span) -> Arc<Window> {
    let from_ns = nanoseconds(Duration::from_secs_f64(span.warm_up_s));
    let measure_ns = nanoseconds(Duration::from_secs_f64(span.measure_s));
    Arc::new(Window::new(from_ns, from_ns.saturating_add(measure_ns)))
}

/// Runs `lanes` to the end of `window`.
pub(crate) fn drive(
    lanes: Vec<Lane>,
    plan: &Plan,
    window: &Arc<Window>,
    on_progress: OnProgress,
) -> Result<Outcome, BenchError> {
    let shares = deal(lanes, plan.client.threads);
    let progress: Vec<Progress> = shares.iter().map(|_| Progress::default()).collect();
    let finished = AtomicUsize::new(0);
    let answer_timeout_ns = nanoseconds(Duration::from_secs_f64(plan.client.answer_timeout_s));
    let start = Instant::now();
    thread::scope(|scope| {
        let workers: Vec<_> = shares
            .into_iter()
            .zip(&progress)
            .map(|(lanes, progress)| {
                let worker = Worker {
                    lanes,
                    window,
                    progress,
                    start,
                    answer_timeout_ns,
                };
                let finished = &finished;
                let cores = plan.client.cores.as_ref();
                scope.spawn(move || {
                    let tally = worker.run(cores);
                    finished.fetch_add(1, Ordering::Release);
                    tally
                })
            })
            .collect();
        let observer = Observer {
            plan,
            window,
            progress: &progress,
            finished: &finished,
            start,
        };
        let observed = observer.watch(on_progress);
        // Whatever the observer met, the threads must end before the scope does.
        window.end_at(nanoseconds(start.elapsed()));
        let mut tally = Tally::new(Arc::clone(window));
        for worker in workers {
            match worker.join() {
                Ok(account) => tally.merge(account?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        observed.map(|seen| seen.into_outcome(tally))
    })
}

/// Deals lanes to threads in turn.
fn deal(lanes: Vec<Lane>, threads: u32) -> Vec<Vec<Lane>> {
    let count = usize::try_from(threads)
        .unwrap_or(1)
        .clamp(1, lanes.len().max(1));
    let mut shares: Vec<Vec<Lane>> = (0..count).map(|_| Vec::new()).collect();
    for (number, lane) in lanes.into_iter().enumerate() {
        shares[number % count].push(lane);
    }
    shares
}

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
}

pub(crate) struct Observed {
    from: Moment,
    until: Moment,
    timeline: Vec<TimelinePoint>,
}

impl Observer<'_> {
    pub(crate) fn watch(&self, on_progress: OnProgress) -> Result<Observed, BenchError> {
        let mut timeline = Timeline::default();
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
            timeline.extend(now_ns, counts);
            reporter.report(now_ns, counts, self.plan.span, on_progress);
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
        })
    }

    fn counts(&self) -> Counts {
        self.progress
            .iter()
            .map(Progress::counts)
            .fold(Counts::default(), Counts::plus)
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
        Outcome {
            tally,
            counts: self.until.counts.since(self.from.counts),
            measured,
            server,
            client: self.until.client.since(&self.from.client, measured),
            timeline: self.timeline,
        }
    }
}

#[derive(Default)]
struct Timeline {
    points: Vec<TimelinePoint>,
    last_ns: u64,
    last: Counts,
}

impl Timeline {
    fn extend(&mut self, now_ns: u64, counts: Counts) {
        if now_ns.saturating_sub(self.last_ns) < TIMELINE_INTERVAL_NS {
            return;
        }
        let (mb_per_s, records_per_s) = rates(counts.since(self.last), now_ns - self.last_ns);
        self.points.push(TimelinePoint {
            at_s: seconds(now_ns),
            mb_per_s,
            records_per_s,
        });
        self.last_ns = now_ns;
        self.last = counts;
    }
}

#[derive(Default)]
struct Reporter {
    last_ns: u64,
    last: Counts,
    is_measuring: bool,
    end_at_bytes: Option<u64>,
}

impl Reporter {
    fn report(
        &mut self,
        now_ns: u64,
        counts: Counts,
        span: &Span,
        on_progress: &mut dyn FnMut(&LiveProgress),
    ) {
        if now_ns.saturating_sub(self.last_ns) < nanoseconds(REPORT_INTERVAL) {
            return;
        }
        let (mb_per_s, records_per_s) = rates(counts.since(self.last), now_ns - self.last_ns);
        on_progress(&LiveProgress {
            elapsed_s: seconds(now_ns),
            total_s: span.warm_up_s + span.measure_s,
            is_measuring: self.is_measuring,
            bytes: counts.bytes,
            records: counts.records,
            requests: counts.requests,
            mb_per_s,
            records_per_s,
        });
        self.last_ns = now_ns;
        self.last = counts;
    }
}

/// One client thread.
struct Worker<'run, 'threads> {
    lanes: Vec<Lane>,
    window: &'run Arc<Window>,
    progress: &'threads Progress,
    start: Instant,
    answer_timeout_ns: u64,
}

/// The thread's readiness set and its lanes' appointments.
struct Appointments {
    readiness: Readiness,
    ready: Vec<Ready>,
    due: BinaryHeap<Reverse<(u64, usize)>>,
    is_due_listed: Vec<bool>,
    waits_to_write: Vec<bool>,
}

impl Worker<'_, '_> {
    fn run(mut self, cores: Option<&CoreList>) -> Result<Tally, BenchError> {
        if let Some(cores) = cores {
            cores
                .pin_current_thread()
                .map_err(system(format!("pin the client to cores {cores}")))?;
        }
        ask_for_precise_timers();
        let mut tally = Tally::new(Arc::clone(self.window));
        let mut appointments = self
            .appointments()
            .map_err(system("watch the client's sockets"))?;
        self.load(&mut appointments, &mut tally)
            .map_err(system("wait for the client's sockets"))?;
        self.drain(&mut appointments, &mut tally)
            .map_err(system("wait for the last answers"))?;
        Ok(tally)
    }

    fn now_ns(&self) -> u64 {
        nanoseconds(self.start.elapsed())
    }

    fn appointments(&self) -> std::io::Result<Appointments> {
        let readiness = Readiness::new()?;
        for (number, lane) in self.lanes.iter().enumerate() {
            readiness.register(lane.stream(), token(number), Interest::Read)?;
        }
        Ok(Appointments {
            readiness,
            ready: Vec::new(),
            due: (0..self.lanes.len())
                .map(|number| Reverse((0, number)))
                .collect(),
            is_due_listed: vec![true; self.lanes.len()],
            waits_to_write: vec![false; self.lanes.len()],
        })
    }

    fn load(&mut self, appointments: &mut Appointments, tally: &mut Tally) -> std::io::Result<()> {
        let mut checked_ns = 0;
        loop {
            let now_ns = self.now_ns();
            let until_ns = self.window.until_ns();
            if now_ns >= until_ns || self.lanes.iter().all(Lane::is_finished) {
                return Ok(());
            }
            while let Some(number) = appointments.next_due(now_ns) {
                self.send(number, until_ns, appointments, tally)?;
            }
            let pause = Duration::from_nanos(until_ns.saturating_sub(now_ns)).min(WAIT_MAX);
            self.serve_ready(appointments, pause, Some(until_ns), tally)?;
            if self.now_ns().saturating_sub(checked_ns) > nanoseconds(WAIT_MAX) {
                checked_ns = self.now_ns();
                self.abandon_silent_lanes(appointments, tally);
            }
        }
    }

    /// Takes the answers to what was sent in the window.
    fn drain(&mut self, appointments: &mut Appointments, tally: &mut Tally) -> std::io::Result<()> {
        let deadline_ns = self.now_ns().saturating_add(self.answer_timeout_ns);
        appointments.due.clear();
        while self.lanes.iter().any(Lane::is_busy) && self.now_ns() < deadline_ns {
            self.serve_ready(appointments, WAIT_MAX, None, tally)?;
        }
        for lane in &mut self.lanes {
            lane.give_up(tally);
        }
        Ok(())
    }

    fn serve_ready(
        &mut self,
        appointments: &mut Appointments,
        pause: Duration,
        send_until_ns: Option<u64>,
        tally: &mut Tally,
    ) -> std::io::Result<()> {
        let pause = appointments.pause(self.now_ns(), pause);
        let mut ready = std::mem::take(&mut appointments.ready);
        ready.clear();
        appointments
            .readiness
            .wait(pause, |event| ready.push(event))?;
        for event in &ready {
            let Ok(number) = usize::try_from(event.token) else {
                continue;
            };
            let start = self.start;
            let lane = &mut self.lanes[number];
            if event.readable && lane.is_open() {
                lane.receive(|| nanoseconds(start.elapsed()), tally, self.progress);
            }
            if event.writable && lane.is_open() {
                lane.flush(tally, self.progress);
            }
            match send_until_ns {
                Some(until_ns) => self.send(number, until_ns, appointments, tally)?,
                None => appointments.follow(number, &self.lanes[number])?,
            }
        }
        appointments.ready = ready;
        Ok(())
    }

    fn send(
        &mut self,
        number: usize,
        until_ns: u64,
        appointments: &mut Appointments,
        tally: &mut Tally,
    ) -> std::io::Result<()> {
        let now_ns = self.now_ns();
        let lane = &mut self.lanes[number];
        if lane.is_open() {
            lane.send_due(now_ns, until_ns, tally, self.progress);
        }
        let sends_unasked = lane.sends_unasked();
        if let Some(due_ns) = lane
            .due_ns(now_ns)
            .filter(|due_ns| *due_ns > now_ns || sends_unasked)
        {
            appointments.list(number, due_ns.max(now_ns));
        }
        appointments.follow(number, &self.lanes[number])
    }

    fn abandon_silent_lanes(&mut self, appointments: &mut Appointments, tally: &mut Tally) {
        let now_ns = self.now_ns();
        for lane in &mut self.lanes {
            if lane.is_open() && lane.oldest_wait_ns(now_ns) > self.answer_timeout_ns {
                lane.abandon("a request was not answered in time", tally);
                // The socket may stay in the set: it is silent.
                let _unwatched = appointments.readiness.remove(lane.stream());
            }
        }
    }
}

impl Appointments {
    fn next_due(&mut self, now_ns: u64) -> Option<usize> {
        let Reverse((due_ns, number)) = *self.due.peek()?;
        if due_ns > now_ns {
            return None;
        }
        self.due.pop();
        self.is_due_listed[number] = false;
        Some(number)
    }

    /// A lane's next due time does not change until it sends, so one entry a lane is enough.
    fn list(&mut self, number: usize, due_ns: u64) {
        if !self.is_due_listed[number] {
            self.is_due_listed[number] = true;
            self.due.push(Reverse((due_ns, number)));
        }
    }

    fn pause(&self, now_ns: u64, at_most: Duration) -> Duration {
        self.due.peek().map_or(at_most, |Reverse((due_ns, _))| {
            Duration::from_nanos(due_ns.saturating_sub(now_ns)).min(at_most)
        })
    }

    /// Waits for room to write only while there is something to write.
    fn follow(&mut self, number: usize, lane: &Lane) -> std::io::Result<()> {
        if !lane.is_open() {
            // A failed socket would be reported as ready for ever; a second removal is harmless.
            let _was_removed_before = self.readiness.remove(lane.stream());
            return Ok(());
        }
        let wants = lane.is_write_blocked();
        if self.waits_to_write[number] == wants {
            return Ok(());
        }
        self.waits_to_write[number] = wants;
        let interest = if wants {
            Interest::ReadAndWrite
        } else {
            Interest::Read
        };
        self.readiness
            .change(lane.stream(), token(number), interest)
    }
}

fn token(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
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
