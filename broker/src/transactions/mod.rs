//! Transactions: the coordinator of a partition of `__transaction_state`, in Kafka's rules (KIP-98, KIP-360, KIP-890).
//!
//! [`machine`] decides, pure: events and `now` in; records to append, answers and markers to write out. [`state`] is
//! what it knows of one transactional id, [`log_record`] how that lies in the log. [`lane`] runs the machines of a core,
//! and [`verification`] asks them before a Produce.
//!
//! Invariants: nothing is answered before the record that it rests on is durable; at most one record of a transactional
//! id is under way; a decided transaction is decided again after a restart until all its markers are written.

pub mod lane;
pub mod log_record;
pub mod machine;
pub mod state;
pub mod verification;

#[cfg(test)]
mod crash_walk;
