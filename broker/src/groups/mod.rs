//! Consumer groups: who is a member, which generation it is, and what has been committed.
//!
//! A coordinator is a partition of `__consumer_offsets`. Its state is a pure machine: events and the time go in;
//! records to append, answers and the next deadline come out. The modules outside of the machine load it, append what
//! it says, wake it when a deadline has come, and hand answers to the requests that wait.

pub mod settings;

pub use settings::GroupSettings;
