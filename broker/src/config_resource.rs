//! The kinds of things that have configurations, as the protocol numbers them.
//!
//! Pure.

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A topic, by name.
    Topic,
    /// A broker, by id; an empty name means the defaults of all brokers.
    Broker,
    /// A group, by id.
    Group,
    /// Log levels of a broker and client metrics: known to Kafka, not here.
    NotHere,
    /// No kind that Kafka has.
    Unknown,
}

impl ResourceKind {
    /// The kind that the number means.
    pub fn of(code: i8) -> Self {
        match code {
            2 => ResourceKind::Topic,
            4 => ResourceKind::Broker,
            32 => ResourceKind::Group,
            8 | 16 => ResourceKind::NotHere,
            _ => ResourceKind::Unknown,
        }
    }
}
