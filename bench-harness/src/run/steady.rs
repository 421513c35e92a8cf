//! Watches whether a target stays as it is under a load: its memory, its descriptors, and cores that hang.
//!
//! Invariants: samples are taken once a second on a thread of their own, which ends with the watch; the first third of the
//! measurement is for caches to fill, and the last is compared with the middle one. What grows is a fault of the run.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::target::Wire;
use crate::error::BenchError;
use crate::process::ProcessSample;
use crate::results::Measured;
use crate::settings::Span;

/// Between two samples.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);
/// The last third may have so much more than the middle one: what an allocator keeps for itself comes and goes.
const GROWTH_MAX: f64 = 1.05;
/// And so much more memory besides.
const MEMORY_GROWTH_MAX_MIB: f64 = 4.0;
/// And so many more descriptors besides: segments that were rolled and are not deleted yet.
const DESCRIPTOR_GROWTH_MAX: f64 = 16.0;
/// How long the metrics may take.
const SCRAPE_MAX: Duration = Duration::from_secs(5);
/// More than any page of metrics has.
const SCRAPE_BYTES_MAX: u64 = 64 << 20;
/// The counter of times that the watchdog has found a core hanging.
const KICKS: &str = "corelane_watchdog_kicks_total";

/// What a process held at a moment.
#[derive(Debug, Clone, Copy)]
struct Held {
    at_s: f64,
    memory_mib: f64,
    descriptors: f64,
}

/// A watch under way.
pub(super) struct Watch {
    stop: Sender<()>,
    sampling: JoinHandle<Vec<Held>>,
    metrics: Option<String>,
    kicks_before: Option<f64>,
}

impl Watch {
    /// Begins it, at the moment at which the load's warm-up begins.
    pub(super) fn begin(wire: &Wire) -> Result<Self, BenchError> {
        let Some(pid) = wire.broker.server_pid else {
            let reason = "the target's process is not known".to_owned();
            return Err(BenchError::NothingMeasured { reason });
        };
        let metrics = wire.process.as_ref().and_then(|process| process.metrics());
        let metrics = metrics.map(str::to_owned);
        let (stop, stopped) = channel();
        let began = Instant::now();
        let sampling = std::thread::spawn(move || {
            let mut samples = Vec::new();
            // Dropping the sender ends the wait as well.
            while stopped.recv_timeout(SAMPLE_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                // A process that has ended shows by its load.
                if let Ok(sample) = ProcessSample::take(pid) {
                    samples.push(Held::of(&sample, began.elapsed()));
                }
            }
            samples
        });
        Ok(Self {
            stop,
            sampling,
            kicks_before: metrics.as_deref().and_then(kicks),
            metrics,
        })
    }

    /// Ends it and judges.
    pub(super) fn end(self, span: &Span, measured: &mut Measured) {
        let kicks_after = self.metrics.as_deref().and_then(kicks);
        drop(self.stop);
        let samples = match self.sampling.join() {
            Ok(samples) => samples,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        judge(&samples, span, measured);
        if let (Some(before), Some(after)) = (self.kicks_before, kicks_after) {
            measured.note("watchdog kicks", after - before);
            if after > before {
                let times = after - before;
                let fault = format!("the watchdog found a core hanging, {times} times");
                measured.faults.push(fault);
            }
        }
    }
}

impl Held {
    #[allow(
        clippy::cast_precision_loss,
        reason = "memory and descriptors stay below 2^53"
    )]
    fn of(sample: &ProcessSample, since: Duration) -> Self {
        Self {
            at_s: since.as_secs_f64(),
            memory_mib: sample.resident_bytes as f64 / f64::from(1 << 20),
            descriptors: sample.descriptors as f64,
        }
    }
}

/// What is held of, how it is told of a sample, and how much more of it is no growth.
type Kind = (&'static str, fn(&Held) -> f64, f64);

fn judge(samples: &[Held], span: &Span, measured: &mut Measured) {
    let third_s = span.measure_s / 3.0;
    let highest = |third: f64, of: fn(&Held) -> f64| {
        let from_s = span.warm_up_s + third * third_s;
        let within = samples
            .iter()
            .filter(|sample| sample.at_s >= from_s && sample.at_s < from_s + third_s);
        within.map(of).reduce(f64::max)
    };
    let kinds: [Kind; 2] = [
        ("server MiB", |held| held.memory_mib, MEMORY_GROWTH_MAX_MIB),
        (
            "server descriptors",
            |held| held.descriptors,
            DESCRIPTOR_GROWTH_MAX,
        ),
    ];
    for (name, of, more) in kinds {
        let (Some(middle), Some(last)) = (highest(1.0, of), highest(2.0, of)) else {
            let fault = format!("{name}: the measurement is too short to tell whether they grow");
            measured.faults.push(fault);
            continue;
        };
        measured.note(&format!("{name}, middle third"), middle);
        measured.note(&format!("{name}, last third"), last);
        if last > middle * GROWTH_MAX + more {
            let fault =
                format!("{name} grew: {middle:.0} in the middle third, {last:.0} in the last");
            measured.faults.push(fault);
        }
    }
}

/// The counter as the target tells it; none when it does not.
fn kicks(address: &str) -> Option<f64> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(SCRAPE_MAX)).ok()?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = String::new();
    stream
        .take(SCRAPE_BYTES_MAX)
        .read_to_string(&mut text)
        .ok()?;
    value_of(&text, KICKS)
}

fn value_of(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        (name == series).then_some(value)
    });
    line?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span {
        warm_up_s: 10.0,
        measure_s: 60.0,
        measure_bytes: None,
    };

    /// One sample a second, with the memory and the descriptors that each second has.
    fn judged(held: impl Fn(u32) -> (f64, f64)) -> Measured {
        let samples: Vec<Held> = (0..70)
            .map(|second| {
                let (memory_mib, descriptors) = held(second);
                Held {
                    at_s: f64::from(second),
                    memory_mib,
                    descriptors,
                }
            })
            .collect();
        let mut measured = Measured::default();
        judge(&samples, &SPAN, &mut measured);
        measured
    }

    #[test]
    fn memory_that_grows_by_half_a_mebibyte_a_second_is_a_fault() {
        let measured = judged(|second| (80.0 + f64::from(second) * 0.5, 100.0));
        assert_eq!(measured.faults.len(), 1, "{:?}", measured.faults);
        assert!(measured.faults[0].starts_with("server MiB grew"));
    }

    #[test]
    fn one_descriptor_a_second_that_is_never_closed_is_a_fault() {
        let measured = judged(|second| (80.0, 20.0 + f64::from(second)));
        assert_eq!(measured.faults.len(), 1, "{:?}", measured.faults);
        assert!(measured.faults[0].starts_with("server descriptors grew"));
    }

    #[test]
    fn caches_that_fill_in_the_first_third_are_none() {
        let measured = judged(|second| (80.0 + f64::from(second.min(29)) * 10.0, 100.0));
        assert_eq!(measured.faults, Vec::<String>::new());
        assert_eq!(measured.others["server MiB, last third"], 370.0);
    }

    #[test]
    fn a_span_without_samples_is_not_called_steady() {
        let mut measured = Measured::default();
        judge(&[], &SPAN, &mut measured);
        assert_eq!(measured.faults.len(), 2);
    }

    #[test]
    fn a_counter_is_found_among_others_that_begin_like_it() {
        let text = "# TYPE corelane_watchdog_kicks_total counter\ncorelane_watchdog_kicks_total_x 7\ncorelane_watchdog_kicks_total 2\n";
        assert_eq!(value_of(text, KICKS), Some(2.0));
        assert_eq!(value_of("", KICKS), None);
    }
}
