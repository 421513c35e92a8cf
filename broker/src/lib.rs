//! The Kafka protocol in front of the engine.
//!
//! The way of a request: [`server`] accepts, `connection` reads and cuts frames, `dispatch` decodes and starts a
//! handler, the handler asks partitions on their cores, `response_queue` puts the answers in order, `connection`
//! writes them; records in files go out by `splice`.

mod altered_config;
mod altered_topic;
mod append_order;
mod authorized_operations;
mod broker_config;
mod clock;
mod complaint;
mod config_entry;
mod config_kind;
mod config_resource;
mod connection;
mod coordinator;
mod delayed_fetch;
mod dispatch;
mod error_map;
mod gather;
pub mod groups;
mod handlers;
mod lane;
mod leader_epoch;
pub mod limits;
mod memory_budget;
mod new_topic;
mod partition_calls;
mod patience;
mod produce_batch;
mod receive_buffer;
mod refusal;
mod response;
mod response_queue;
pub mod server;
mod settings;
mod splice;
pub mod topic_config;
pub mod topic_defaults;
mod topics;

pub use config_kind::ConfigKind;
pub use groups::GroupSettings;
pub use server::{RunningBroker, ServeConfig, ServeError, StopOrder, serve};
pub use settings::Endpoint;
pub use topic_defaults::{TopicDefaultError, TopicDefaults};
