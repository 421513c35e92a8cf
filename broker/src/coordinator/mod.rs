//! What every coordinator needs of its partition of an internal topic: where it is, what its log says, appends to it.
//!
//! A coordinator is a partition of `__consumer_offsets` or `__transaction_state` and lives on that partition's core.
//! Its state is rebuilt from the records of the partition alone.

pub mod internal_topic;
pub mod record_log;
pub mod replay;
