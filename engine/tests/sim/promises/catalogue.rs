//! What a start makes of a catalogue whose last change was torn, or whose flush failed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use corelane_engine::NewTopic;
use corelane_engine::sim::{CrashMode, DATA, Fault, FaultKind, SimEngine, Simulation, Storage};

use super::{TOPIC, live, run};
use crate::play::{patiently, settings};

fn topic(name: &str, partitions: u32) -> NewTopic {
    NewTopic {
        name: name.into(),
        partitions,
        configs: Default::default(),
    }
}

async fn topics() -> Vec<String> {
    let image = SimEngine.image().await;
    let mut names: Vec<String> = image.topics().map(|topic| topic.name.clone()).collect();
    names.sort();
    names
}

/// I8: what a torn change has left behind the catalogue's end is gone with the start that cuts it. A later start after a
/// clean stop would have to take it for damage.
#[test]
pub fn a_torn_change_is_no_damage_after_a_clean_stop() {
    let (_, storage) = live(&Storage::new(DATA), async {});
    let mut torn = 0;
    for seed in 0..6 {
        let sim = Simulation::new(settings(seed, 1), storage.clone());
        let crashes: Rc<RefCell<Vec<Storage>>> = Rc::default();
        let is_changing = Rc::new(Cell::new(false));
        let (changing, kept) = (is_changing.clone(), crashes.clone());
        sim.observe(move |point| {
            // The change is the first thing that is written.
            if changing.get() && kept.borrow().len() < 8 {
                let mode = [CrashMode::Subset, CrashMode::Garbage][point.number() as usize % 2];
                kept.borrow_mut().push(point.crash(mode, seed));
            }
        });
        run(&sim, async move {
            SimEngine.open().await.expect("the disk is well");
            is_changing.set(true);
            let made = SimEngine.create_topic(topic(TOPIC, 12)).await;
            made.expect("the disk is well");
        });
        for crash in crashes.take() {
            let (first, stopped) = live(&crash, async {
                let first = topics().await;
                SimEngine.stop().await;
                first
            });
            torn += u32::from(first.is_empty());
            let sim = Simulation::new(settings(seed, 2), stopped);
            let (opened, second) = run(&sim, async {
                let opened = SimEngine.open().await;
                (opened.map_err(|error| error.to_string()), topics().await)
            });
            assert_eq!(opened, Ok(()), "I8: seed {seed}");
            assert_eq!(second, first, "seed {seed}");
        }
    }
    assert!(torn > 3, "{torn} changes were torn");
}

/// I4: a change whose flush has failed can be read until the power goes. What the next start shows of it stays.
#[test]
pub fn a_change_whose_flush_failed_is_shown_for_good_or_not_at_all() {
    let mut forgotten = 0;
    for (seed, io) in (0..6).flat_map(|seed| (5..50).map(move |io| (seed, io))) {
        let sim = Simulation::new(settings(seed, 0), Storage::new(DATA));
        let kind = FaultKind::Eio;
        sim.fail(Fault { io, kind });
        run(&sim, async {
            if SimEngine.open().await.is_ok() {
                for name in ["arrivals", TOPIC] {
                    // A failed change may be anything.
                    let _ = patiently(SimEngine.create_topic(topic(name, 1))).await;
                }
            }
        });
        if !sim.has_forgotten() {
            continue;
        }
        forgotten += 1;
        let killed = sim.point().crash(CrashMode::Kill, seed);
        drop(sim);
        let sim = Simulation::new(settings(seed, 1), killed);
        let shown = run(&sim, async {
            SimEngine.open().await.expect("the disk is well");
            topics().await
        });
        let point = sim.point();
        drop(sim);
        for mode in [CrashMode::None, CrashMode::Subset] {
            let sim = Simulation::new(settings(seed, 2), point.crash(mode, io));
            let found = run(&sim, async {
                let opened = SimEngine.open().await;
                (opened.map_err(|error| error.to_string()), topics().await)
            });
            assert_eq!(
                found,
                (Ok(()), shown.clone()),
                "I4: seed {seed}, {mode:?} after I/O {io} failed"
            );
        }
    }
    assert!(forgotten > 3, "{forgotten} flushes failed");
}
