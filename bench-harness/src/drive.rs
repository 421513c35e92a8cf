//! Drives all lanes of a run: client threads, warm-up, the measured window and the drain.
//!
//! Invariants: a request of the window counts with its latency even when its answer comes after the window. No wait is
//! unbounded.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::affinity::{CoreList, ask_for_precise_timers};
use crate::error::{BenchError, system};
use crate::lane::Lane;
use crate::observe::{Observer, OnProgress, nanoseconds};
use crate::process::ProcessUse;
use crate::readiness::{Interest, Readiness, Ready};
use crate::result::TimelinePoint;
use crate::settings::{ClientSettings, Span};
use crate::tally::{Counts, Progress, Tally, Window};

/// The longest wait of a client thread: bounds how late it notices the end and missing answers.
pub(crate) const WAIT_MAX: Duration = Duration::from_millis(20);

/// What a run needs beside its lanes.
pub(crate) struct Plan<'a> {
    pub(crate) client: &'a ClientSettings,
    pub(crate) span: &'a Span,
    pub(crate) server_pid: Option<u32>,
    /// The start that several runs share; without it the run starts when it is driven.
    pub(crate) start: Option<Instant>,
    /// How long requests go on behind the measured span, so that another run's last batches are still read.
    pub(crate) linger: Duration,
}

impl<'a> Plan<'a> {
    /// A run of its own.
    pub(crate) fn alone(
        client: &'a ClientSettings,
        span: &'a Span,
        server_pid: Option<u32>,
    ) -> Self {
        Self {
            client,
            span,
            server_pid,
            start: None,
            linger: Duration::ZERO,
        }
    }
}

/// What a run found, before it is put into words.
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) counts: Counts,
    pub(crate) measured: Duration,
    pub(crate) server: Option<ProcessUse>,
    pub(crate) client: ProcessUse,
    pub(crate) stolen_percent: Option<f64>,
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
    let start = plan.start.unwrap_or_else(Instant::now);
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
                    linger_ns: nanoseconds(plan.linger),
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

/// One client thread.
struct Worker<'run, 'threads> {
    lanes: Vec<Lane>,
    window: &'run Arc<Window>,
    progress: &'threads Progress,
    start: Instant,
    answer_timeout_ns: u64,
    linger_ns: u64,
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
            let until_ns = self.window.until_ns().saturating_add(self.linger_ns);
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
        for lane in &self.lanes {
            lane.end_schedule(self.window.from_ns, self.window.until_ns(), tally);
        }
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
