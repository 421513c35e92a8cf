//! The bank of planted bugs: places where the engine can be broken on purpose, so that the tests prove that they notice.
//!
//! Invariants: without the feature `planted-bugs`, [`is`] is a constant `false` and nothing of a bug is compiled in; with
//! it, every bug is off until a test asks for one with `plant` or `plant_here`: no environment variable, no setting. So a
//! build in which another crate has switched the feature on (`cargo test --workspace` unifies features) behaves like one
//! without. Shared: the choice of `plant` is the process's, that of `plant_here` a thread's.
//!
//! A further bug is a variant of [`Bug`], its name, and an `if planted::is(Bug::…)` where it belongs.

/// A bug of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Appends are acknowledged when they are written, and flushed afterwards.
    AckBeforeFlush,
}

/// Whether `bug` is planted. Never, in this build.
#[cfg(not(feature = "planted-bugs"))]
pub(crate) const fn is(_bug: Bug) -> bool {
    false
}

#[cfg(feature = "planted-bugs")]
pub(crate) use bank::is;
#[cfg(feature = "planted-bugs")]
pub use bank::{PlantedHere, plant, plant_here};

#[cfg(feature = "planted-bugs")]
mod bank {
    use std::cell::Cell;
    use std::marker::PhantomData;
    use std::sync::OnceLock;

    use super::Bug;

    /// Written once, by the thread that plants; read by all cores.
    static PROCESS: OnceLock<Bug> = OnceLock::new();

    thread_local! {
        static HERE: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    impl Bug {
        /// All of them.
        pub const ALL: &[Bug] = &[Bug::AckBeforeFlush];

        /// The name by which tools ask for it.
        pub fn name(self) -> &'static str {
            match self {
                Bug::AckBeforeFlush => "ack-before-flush",
            }
        }

        /// The bug of that name.
        pub fn parse(name: &str) -> Option<Bug> {
            Bug::ALL.iter().copied().find(|bug| bug.name() == name)
        }
    }

    /// Whether `bug` is planted, in this process or on this thread.
    pub(crate) fn is(bug: Bug) -> bool {
        PROCESS.get() == Some(&bug) || HERE.get() == Some(bug)
    }

    /// Plants a bug in the whole process, for good. For tools that run one broken engine.
    ///
    /// # Panics
    /// When another one is planted already: two bugs at once prove nothing of either.
    pub fn plant(bug: Bug) {
        let planted = *PROCESS.get_or_init(|| bug);
        assert_eq!(planted, bug, "one bug a process");
    }

    /// Plants a bug on the calling thread until the returned value goes. For tests of what runs on one thread.
    pub fn plant_here(bug: Bug) -> PlantedHere {
        HERE.set(Some(bug));
        PlantedHere {
            on_this_thread: PhantomData,
        }
    }

    /// Keeps a bug planted on its thread.
    #[must_use = "the bug goes with this value"]
    pub struct PlantedHere {
        on_this_thread: PhantomData<*const ()>,
    }

    impl Drop for PlantedHere {
        fn drop(&mut self) {
            HERE.set(None);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_bug_is_planted_on_one_thread_as_long_as_it_is_asked_for() {
            assert!(!is(Bug::AckBeforeFlush));
            let planted = plant_here(Bug::AckBeforeFlush);
            assert!(is(Bug::AckBeforeFlush));
            let elsewhere = std::thread::spawn(|| is(Bug::AckBeforeFlush)).join();
            assert!(!elsewhere.expect("the thread ends"));
            drop(planted);
            assert!(!is(Bug::AckBeforeFlush));
        }

        #[test]
        fn every_bug_is_found_by_its_name() {
            for bug in Bug::ALL {
                assert_eq!(Bug::parse(bug.name()), Some(*bug));
            }
            assert_eq!(Bug::parse("none"), None);
        }
    }
}
