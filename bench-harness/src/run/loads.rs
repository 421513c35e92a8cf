//! The loads of a step, together: what is written and what is read meanwhile share one start, one window and one ledger.
//!
//! Invariants: consumers stand at their first offset before the first record is sent; both sides' threads end with the
//! step.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use corelane_client::Cluster;

use super::step::Prepared;
use crate::drive::{Outcome, Plan, drive, window_of};
use crate::durability;
use crate::error::BenchError;
use crate::lane::Lane;
use crate::ledger::Ledger;
use crate::observe::LiveProgress;
use crate::report::assemble;
use crate::result::{RunResult, Workload};
use crate::results::Measured;
use crate::settings::{AtEnd, ClientSettings, FetchSettings, ProduceSettings};
use crate::tally::Window;

/// How long consumers go on behind the measured span, so that its last records still reach them.
const LINGER: Duration = Duration::from_millis(300);

type Outcomes = (
    Option<Result<Outcome, BenchError>>,
    Option<Result<Outcome, BenchError>>,
);

/// Runs what the step asks for.
pub(super) fn measure(
    prepared: &Prepared,
    cluster: &mut Cluster,
    report: &mut dyn FnMut(&LiveProgress),
) -> Result<Measured, BenchError> {
    let step = prepared.place.step;
    let produce = step.produce.as_ref().map(|load| prepared.produce(load));
    let fetch = step.fetch.as_ref().map(|load| prepared.fetch(load));
    if let Some(settings) = &produce {
        settings.validate()?;
    }
    if let Some(settings) = &fetch {
        settings.validate()?;
    }
    let window = window_of(&prepared.span);
    let ledger = (produce.is_some() && fetch.is_some()).then(|| Arc::new(Ledger::new(&window)));
    let topic = cluster.topic(&prepared.topic.name)?.clone();
    let readers = match &fetch {
        Some(settings) => Some(crate::fetch::lanes(
            cluster,
            &topic,
            settings,
            ledger.as_ref(),
        )?),
        None => None,
    };
    let writers = match &produce {
        Some(settings) => Some(crate::produce::lanes(cluster, settings, ledger.as_ref())?),
        None => None,
    };
    let sides = Sides {
        produce: produce.as_ref(),
        fetch: fetch.as_ref(),
        window: &window,
    };
    let (written, read) = sides.run(writers, readers, report);
    let mut measured = Measured::default();
    if let (Some(settings), Some(outcome)) = (&produce, written) {
        let durability =
            durability::of_topic(cluster, &topic.name, &prepared.broker, Some(settings.acks));
        let workload = Workload::Produce(settings.clone());
        let result = assemble(workload, &sides.clients(), durability, outcome?)?;
        measured.take_produce(result);
    }
    if let (Some(settings), Some(outcome)) = (&fetch, read) {
        let durability = durability::of_topic(cluster, &topic.name, &prepared.broker, None);
        let workload = Workload::Fetch(settings.clone());
        let result = assemble(workload, &sides.clients(), durability, outcome?)?;
        if measured.produce.is_some() {
            // The limit of both was noted with the other side.
            measured.faults.extend(result.faults.lines());
        } else {
            measured.note_result(&result);
        }
        note_drain(&mut measured, settings, &result);
        measured.fetch = Some(result);
    }
    if let Some(ledger) = ledger {
        close(&mut measured, &ledger, fetch.as_ref());
    }
    Ok(measured)
}

struct Sides<'a> {
    produce: Option<&'a ProduceSettings>,
    fetch: Option<&'a FetchSettings>,
    window: &'a Arc<Window>,
}

impl Sides<'_> {
    fn run(
        &self,
        writers: Option<Vec<Lane>>,
        readers: Option<Vec<Lane>>,
        report: &mut dyn FnMut(&LiveProgress),
    ) -> Outcomes {
        let start = Instant::now();
        let plan = |client, span, server_pid| Plan {
            client,
            span,
            server_pid,
            start: Some(start),
            linger: Duration::ZERO,
        };
        let read = |readers: Vec<Lane>, report: &mut dyn FnMut(&LiveProgress)| {
            let settings = self.fetch?;
            let lasting = Plan {
                linger: if self.produce.is_some() {
                    LINGER
                } else {
                    Duration::ZERO
                },
                ..plan(&settings.client, &settings.span, settings.broker.server_pid)
            };
            Some(drive(readers, &lasting, self.window, report))
        };
        let write = |writers: Vec<Lane>, report: &mut dyn FnMut(&LiveProgress)| {
            let settings = self.produce?;
            let plan = plan(&settings.client, &settings.span, settings.broker.server_pid);
            Some(drive(writers, &plan, self.window, report))
        };
        match (writers, readers) {
            (Some(writers), Some(readers)) => thread::scope(|scope| {
                let reading = scope.spawn(|| read(readers, &mut |_live| {}));
                let written = write(writers, report);
                match reading.join() {
                    Ok(read) => (written, read),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }),
            (Some(writers), None) => (write(writers, report), None),
            (None, Some(readers)) => (None, read(readers, report)),
            (None, None) => (None, None),
        }
    }

    /// Both sides' threads together, which is what the process's CPU time is compared with.
    fn clients(&self) -> ClientSettings {
        let clients = [
            self.produce.map(|settings| &settings.client),
            self.fetch.map(|settings| &settings.client),
        ];
        let mut together = ClientSettings {
            threads: 0,
            connections: 0,
            ..ClientSettings::default()
        };
        for client in clients.into_iter().flatten() {
            together.threads += client.threads.min(client.connections);
            together.connections += client.connections;
        }
        together
    }
}

/// How long a drain took, and whether it slowed down where it went over from the disk to what is new.
fn note_drain(measured: &mut Measured, settings: &FetchSettings, result: &RunResult) {
    if !matches!(settings.at_end, AtEnd::CatchUp | AtEnd::Stop) || result.timeline.len() < 4 {
        return;
    }
    let rates: Vec<f64> = result.timeline.iter().map(|point| point.mb_per_s).collect();
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let last = &rates[rates.len() - rates.len() / 4..];
    #[allow(
        clippy::cast_precision_loss,
        reason = "a timeline has at most thousands of points"
    )]
    let last_quarter = last.iter().sum::<f64>() / last.len() as f64;
    measured.note("drain s", result.measured_s);
    measured.note("drain, slowest interval MB/s", slowest);
    measured.note("drain, last quarter MB/s", last_quarter);
}

fn close(measured: &mut Measured, ledger: &Ledger, fetch: Option<&FetchSettings>) {
    let closed = ledger.close();
    let reads_the_tail = fetch.is_some_and(|settings| settings.at_end == AtEnd::Wait);
    if !reads_the_tail {
        return;
    }
    measured.end_to_end = closed.end_to_end;
    if closed.unseen > 0 {
        let batches = closed.unseen;
        measured.faults.push(format!(
            "{batches} acknowledged batches did not reach the consumer within {} ms of the end",
            LINGER.as_millis()
        ));
    }
}
