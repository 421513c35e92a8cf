//! Kafka's wire messages: bounded decoding, exactly Kafka 4.2's versions, no sockets.
//!
//! `messages` is generated from Kafka's own definitions by `examples/generate`. Everything here is pure: bytes in,
//! values out. Input is hostile until it has been decoded; no count or length in it is believed (see [`Reader`]).

mod api_key;
pub mod coordinator_record;
mod error_code;
pub mod fetch_view;
pub mod frame;
mod message;
pub mod messages;
pub mod produce_view;
mod reader;
mod topic_walk;
mod writer;

#[cfg(test)]
mod fuzz_seeds;

pub use api_key::UnknownApiKey;
pub use error_code::{ErrorCode, UnknownErrorCode};
pub use message::{Message, Request};
pub use messages::api_key::ApiKey;
pub use reader::{DecodeError, MEMORY_FACTOR, MEMORY_FLOOR_BYTES, Reader};
pub use topic_walk::TopicRef;
pub use writer::{EncodeError, Writer};
