//! The engine on a disk that is not there: seeded, single-threaded, in virtual time, crashed and broken at will.
//!
//! Compiled for tests only (feature `simulation`). [`Simulation`] runs futures; inside of one, [`SimEngine`] is the
//! engine with the real logic of topics, partitions, recovery and upkeep, over [`SimDisk`]. The runtime's part is
//! played by a [`World`](world::World): which runnable task goes next, how long an I/O takes and what a crash leaves
//! are decided by the seed. Invariants: equal seeds and equal inputs give equal traces (see
//! [`Simulation::trace`]); nothing in here reads a clock, the environment or a random source.
//!
//! The model of the disk, which is meant to be worse than any real one within the assumptions of `docs/format.md`,
//! is described in [`storage`].

mod dice;
mod disk;
mod engine;
pub mod storage;
mod world;

pub use dice::Dice;
pub use disk::{SimDisk, SimFile};
pub use engine::{DATA, SimEngine, SimPartition};
pub use storage::{CrashMode, Effect, Storage};
pub use world::{Fault, FaultKind, Moment, Outcome, Point, SimSettings, SimWrite, Simulation};
