//! Consumer groups: who is a member, which generation it is, and what has been committed.
//!
//! A coordinator is a partition of `__consumer_offsets`. Its state is a pure machine ([`machine`]): events and the time
//! go in; records to append, answers and the next deadline come out. [`registry`] loads coordinators, [`coordinator`]
//! drives one: it appends what the machine says, wakes it when a deadline has come, and hands answers to the requests
//! that wait.

pub(crate) mod census;
pub mod config;
pub(crate) mod consumer;
pub(crate) mod coordinator;
pub(crate) mod describing;
pub(crate) mod group;
pub(crate) mod machine;
pub(crate) mod member;
pub(crate) mod membership;
pub(crate) mod offsets;
pub(crate) mod outbox;
pub(crate) mod rebalance;
pub(crate) mod record;
pub(crate) mod registry;
pub mod settings;
pub(crate) mod timers;
pub(crate) mod verification_guard;

#[cfg(test)]
mod tests;

pub use config::GroupConfigError;
pub use settings::GroupSettings;
