//! The Kafka protocol in front of the engine.
//!
//! The way of a request: [`server`] accepts, `connection` reads and cuts frames, `dispatch` decodes and starts a
//! handler, the handler asks partitions on their cores, `response_queue` puts the answers in order, `connection`
//! writes them; records in files go out by `splice`.

mod altered_config;
mod altered_resource;
mod append_order;
mod authorized_operations;
mod broker_config;
mod clock;
mod complaint;
mod config_entry;
mod config_kind;
mod config_resource;
mod congestion;
mod connection;
mod coordinator;
mod counters;
mod delayed_fetch;
mod dispatch;
mod dynamic_config;
mod eagerness;
mod error_map;
mod features;
mod gather;
pub mod groups;
mod handlers;
mod home;
mod http;
mod lane;
mod leader_epoch;
pub mod limits;
mod markers;
mod memory_budget;
mod metrics;
mod mutation_quota;
mod new_topic;
mod nodes;
mod partition_calls;
mod patience;
mod produce_batch;
mod quota_entity;
mod quota_rate;
mod quotas;
mod receive_buffer;
mod record_refusals;
mod refusal;
mod response;
mod response_queue;
pub mod server;
mod settings;
mod splice;
mod throttle;
pub mod topic_config;
pub mod topic_defaults;
mod topics;
pub mod transactions;
mod volume;

pub use config_kind::ConfigKind;
pub use groups::config as group_config;
pub use groups::{GroupConfigError, GroupSettings};
pub use server::{MetricsConfig, RunningBroker, ServeConfig, ServeError, StopOrder, serve};
pub use settings::Endpoint;
pub use topic_defaults::{TopicDefaultError, TopicDefaults};
