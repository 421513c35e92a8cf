//! Crashes a broker under load again and again, and judges after each restart.
//!
//! Lives on one thread, with one more for each lane while there is load. Invariant: a campaign ends with the first
//! violation, since nothing behind it could be trusted.

use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::broker_process::{BrokerProcess, BrokerProgram};
use crate::lane::{Lane, Signals};
use crate::ledger::{RecordCounts, Violation};
use crate::random;
use crate::requirements;
use crate::rig::Rig;

/// Clients at a time.
const LANES: u32 = 2;
/// The most batches that are acknowledged between a restart and the crash.
const BATCHES_MAX: u64 = 500;
/// How long after that many the crash comes, at most.
const DELAY_MAX: Duration = Duration::from_micros(3_000);
/// One in so many crashes is followed by another one during the start.
const SECOND_CRASH_EVERY: u64 = 4;
/// How long after the begin of the start, at most.
const START_MAX: Duration = Duration::from_millis(60);
const POLL: Duration = Duration::from_micros(200);
/// A long run says where it is.
const REPORT_EVERY: u32 = 250;
/// The end of the broker's log that is shown with a violation.
const LOG_TAIL_BYTES: usize = 4_000;

/// What to do.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// What reports call it.
    pub name: String,
    /// The broker.
    pub program: BrokerProgram,
    /// How many crashes.
    pub crashes: u32,
    /// Of the load, the moments and the ways of the crashes.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// Crashes that happened, those during a start included.
    pub crashes: u32,
    /// Of these, those during a start.
    pub crashes_during_start: u32,
    /// Records by their fate.
    pub records: RecordCounts,
    /// Acknowledged records that were gone.
    pub lost: u64,
    /// Promises that were not kept.
    pub violations: Vec<Violation>,
    /// The end of the broker's log, where there are any.
    pub log_tail: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} crashes, {} of them during a start, in {:.0} s; records: {} acknowledged, {} kept, {} deleted, {} lost",
            self.crashes,
            self.crashes_during_start,
            self.elapsed.as_secs_f64(),
            self.records.acknowledged,
            self.records.kept,
            self.records.deleted,
            self.lost,
        )?;
        for violation in &self.violations {
            write!(formatter, "\n  {violation}")?;
        }
        if !self.violations.is_empty() {
            write!(formatter, "\n{}", self.log_tail)?;
        }
        Ok(())
    }
}

impl Campaign {
    /// Runs it.
    ///
    /// # Errors
    /// When the rig itself fails, not the broker.
    pub fn run(&self, rig: &mut impl Rig) -> io::Result<Outcome> {
        let mut run = Run {
            campaign: self,
            rig,
            lanes: (0..LANES).map(|lane| Lane::new(lane, self.seed)).collect(),
            next_report: REPORT_EVERY,
            choices: self.seed,
            crashes: 0,
            crashes_during_start: 0,
        };
        let start = Instant::now();
        let violations = run.crash_until_done()?;
        let lost = |violation: &Violation| match violation {
            Violation::Lost { records, .. } => *records,
            _ => 0,
        };
        let records = run.records();
        Ok(Outcome {
            crashes: run.crashes,
            crashes_during_start: run.crashes_during_start,
            records,
            lost: violations.iter().map(lost).sum(),
            violations,
            log_tail: run.log_tail(),
            elapsed: start.elapsed(),
        })
    }
}

struct Run<'a, R: Rig> {
    campaign: &'a Campaign,
    rig: &'a mut R,
    lanes: Vec<Lane>,
    next_report: u32,
    choices: u64,
    crashes: u32,
    crashes_during_start: u32,
}

impl<R: Rig> Run<'_, R> {
    fn crash_until_done(&mut self) -> io::Result<Vec<Violation>> {
        loop {
            let mut broker = self.start()?;
            let violations = self.resume(&mut broker);
            if !violations.is_empty() {
                return Ok(violations);
            }
            self.report_progress();
            if self.crashes >= self.campaign.crashes {
                return self.clean_stop(broker);
            }
            let violations = self.load_until_crash(&mut broker)?;
            drop(broker);
            self.rig.restore()?;
            if !violations.is_empty() {
                return Ok(violations);
            }
            if random::below(&mut self.choices, SECOND_CRASH_EVERY) == 0 {
                self.crash_during_start()?;
            }
        }
    }

    fn records(&self) -> RecordCounts {
        let mut records = RecordCounts::default();
        self.lanes.iter().for_each(|lane| records += lane.counts());
        records
    }

    fn report_progress(&mut self) {
        if self.crashes >= self.next_report {
            self.next_report = self.crashes + REPORT_EVERY;
            let (name, crashes) = (&self.campaign.name, self.crashes);
            let acknowledged = self.records().acknowledged;
            requirements::report(&format!(
                "{name}: {crashes} crashes so far, {acknowledged} records acknowledged"
            ));
        }
    }

    fn start(&self) -> io::Result<BrokerProcess> {
        let log = self.rig.scratch().join("broker.log");
        // What was said before the last restart is about another life.
        std::fs::write(&log, "")?;
        BrokerProcess::start(&self.campaign.program, &self.rig.data(), &log)
    }

    fn resume(&mut self, broker: &mut BrokerProcess) -> Vec<Violation> {
        let address = match broker.address() {
            Ok(address) => address,
            Err(error) => {
                let what = error.to_string();
                return vec![Violation::Dead { what }];
            }
        };
        let lanes = self.lanes.iter_mut();
        lanes.flat_map(|lane| lane.resume(&address)).collect()
    }

    /// Lets the lanes work, takes the disk away at some moment, and the broker with it.
    fn load_until_crash(&mut self, broker: &mut BrokerProcess) -> io::Result<Vec<Violation>> {
        let signals = Signals::default();
        let batches = random::below(&mut self.choices, BATCHES_MAX);
        let delay = duration_below(&mut self.choices, DELAY_MAX);
        let (rig, choices) = (&mut *self.rig, &mut self.choices);
        let lanes = self.lanes.iter_mut();
        let violations = std::thread::scope(|scope| {
            let threads: Vec<_> = lanes
                .map(|lane| scope.spawn(|| lane.run(&signals)))
                .collect();
            while signals.acknowledged_batches.load(Ordering::Relaxed) < batches
                && !signals.has_ended.load(Ordering::Acquire)
            {
                std::thread::sleep(POLL);
            }
            std::thread::sleep(delay);
            signals.is_cut.store(true, Ordering::Release);
            let crashed = rig.crash(choices);
            broker.kill();
            let ended = threads
                .into_iter()
                .filter_map(|thread| match thread.join() {
                    Ok(violation) => violation,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
            let violations: Vec<Violation> = ended.collect();
            crashed.map(|()| violations)
        });
        self.crashes += 1;
        violations
    }

    /// The recovery may itself crash.
    fn crash_during_start(&mut self) -> io::Result<()> {
        let mut broker = self.start()?;
        std::thread::sleep(duration_below(&mut self.choices, START_MAX));
        self.rig.crash(&mut self.choices)?;
        broker.kill();
        drop(broker);
        self.crashes += 1;
        self.crashes_during_start += 1;
        self.rig.restore()
    }

    /// What survived all crashes survives a clean stop too.
    fn clean_stop(&mut self, broker: BrokerProcess) -> io::Result<Vec<Violation>> {
        let status = broker.stop()?;
        if !status.success() {
            let what = format!("a clean stop ended with {status}");
            return Ok(vec![Violation::Dead { what }]);
        }
        let mut broker = self.start()?;
        Ok(self.resume(&mut broker))
    }

    fn log_tail(&self) -> String {
        let log = std::fs::read(self.rig.scratch().join("broker.log")).unwrap_or_default();
        let tail = &log[log.len().saturating_sub(LOG_TAIL_BYTES)..];
        String::from_utf8_lossy(tail).into_owned()
    }
}

fn duration_below(choices: &mut u64, bound: Duration) -> Duration {
    let bound = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(random::below(choices, bound))
}
