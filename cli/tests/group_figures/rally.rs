//! Members that all join, and the moment from which on nothing of their assignment changes any more.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long nothing may change until an assignment counts as stable: longer than any pause between heartbeats.
const CALM: Duration = Duration::from_secs(8);
const LIMIT: Duration = Duration::from_secs(90);
/// Stacks of the members' threads, which are many.
const STACK_BYTES: usize = 256 << 10;

/// What is known of one member.
#[derive(Clone, Copy, Debug)]
struct Place {
    joined: Instant,
    changed: Instant,
    epoch: i32,
    partitions: usize,
}

/// All members.
pub struct Rally {
    places: Vec<Mutex<Option<Place>>>,
    is_over: AtomicBool,
}

impl Rally {
    pub fn new(members: usize) -> Self {
        Self {
            places: (0..members).map(|_| Mutex::new(None)).collect(),
            is_over: AtomicBool::new(false),
        }
    }

    /// Has all members but one take part at once, and the last one when they are stable; how long each took from the last
    /// one's join until all had, in one epoch, what they had to have.
    pub fn run(&self, member: impl Fn(&Rally, usize) + Sync) -> (Duration, Duration) {
        let (member, last) = (&member, self.places.len() - 1);
        std::thread::scope(|scope| {
            let begin = |number| {
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                let started = thread.spawn_scoped(scope, move || member(self, number));
                started.expect("the machine has threads");
            };
            (0..last).for_each(begin);
            let at_once = self.await_calm(last);
            begin(last);
            let one_more = self.await_calm(last + 1);
            self.is_over.store(true, Ordering::Relaxed);
            (at_once, one_more)
        })
    }

    /// A member is about to ask for the first time.
    pub fn joins(&self, number: usize) {
        let now = Instant::now();
        *self.place(number) = Some(Place {
            joined: now,
            changed: now,
            epoch: 0,
            partitions: 0,
        });
    }

    /// A member has been given partitions, in an epoch.
    pub fn is_at(&self, number: usize, epoch: i32, partitions: usize) {
        let mut place = self.place(number);
        let place = place.as_mut().expect("it has joined");
        if (place.epoch, place.partitions) != (epoch, partitions) {
            (place.epoch, place.partitions) = (epoch, partitions);
            place.changed = Instant::now();
        }
    }

    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn place(&self, number: usize) -> std::sync::MutexGuard<'_, Option<Place>> {
        self.places[number].lock().expect("no holder panics")
    }

    fn await_calm(&self, members: usize) -> Duration {
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < LIMIT, "no stable assignment");
            std::thread::sleep(Duration::from_millis(100));
            let places = (0..members).map(|number| *self.place(number));
            let places: Option<Vec<Place>> = places.collect();
            let Some(places) = places else { continue };
            let epoch = places[0].epoch;
            let is_one = places.iter().all(|place| place.epoch == epoch) && epoch > 0;
            let partitions: usize = places.iter().map(|place| place.partitions).sum();
            let changed = places.iter().map(|place| place.changed).max();
            let joined = places.iter().map(|place| place.joined).max();
            let (Some(changed), Some(joined)) = (changed, joined) else {
                continue;
            };
            let is_calm = changed.elapsed() > CALM;
            if is_one && is_calm && partitions == super::MEMBERS {
                return changed - joined;
            }
        }
    }
}
