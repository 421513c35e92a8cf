//! What the user sets of consumer groups, by Kafka's names, and the bounds of what a coordinator holds.
//!
//! Pure.

/// Kafka's `group.initial.rebalance.delay.ms`, for a broker that other machines reach.
pub const INITIAL_REBALANCE_DELAY_MS: u64 = 3_000;
/// Kafka's `offsets.topic.num.partitions`.
pub const OFFSETS_TOPIC_PARTITIONS: i32 = 50;
/// Kafka's `group.min.session.timeout.ms`.
pub const SESSION_TIMEOUT_MS_MIN: i32 = 6_000;
/// Kafka's `group.max.session.timeout.ms`.
pub const SESSION_TIMEOUT_MS_MAX: i32 = 1_800_000;
/// Kafka's `offsets.retention.minutes`.
pub const OFFSETS_RETENTION_MINUTES: u32 = 7 * 24 * 60;
/// Kafka's `offsets.retention.check.interval.ms`.
pub const OFFSETS_RETENTION_CHECK_INTERVAL_MS: u64 = 600_000;
/// Kafka's `offset.metadata.max.bytes`, of the text that comes with a committed offset.
pub const OFFSET_METADATA_BYTES_MAX: usize = 4_096;
/// Members of one group, those that have been given an id and have not joined yet included: Kafka's `group.max.size`,
/// which has no bound there.
pub const MEMBERS_PER_GROUP_MAX: usize = 20_000;
/// How long a new member waits for the rebalance that it has caused, Kafka's `NEW_MEMBER_JOIN_TIMEOUT_MS`.
pub const NEW_MEMBER_JOIN_TIMEOUT_MS: u64 = 300_000;
/// How long after a start the members that the log does not know of may go on with the ids that they have.
pub const ADOPTION_MS_MAX: u64 = 300_000;
/// Protocols (assignors) that a member offers.
pub const PROTOCOLS_PER_MEMBER_MAX: usize = 256;
/// The longest string of a group: what a length field of Kafka's records can say.
pub const STRING_BYTES_MAX: usize = 32_767;
/// Kafka's `group.consumer.session.timeout.ms`.
pub const CONSUMER_SESSION_TIMEOUT_MS: i32 = 45_000;
/// Kafka's `group.consumer.heartbeat.interval.ms`.
pub const CONSUMER_HEARTBEAT_INTERVAL_MS: i32 = 5_000;
/// Bytes of a regular expression that a member subscribes by.
pub const PATTERN_BYTES_MAX: usize = 4_096;
/// Memory of what such a pattern compiles to.
pub const PATTERN_PROGRAM_BYTES_MAX: usize = 1024 * 1024;
/// Topics that a member of the consumer protocol names.
pub const TOPICS_PER_MEMBER_MAX: usize = 10_000;
/// What a member of the consumer protocol says of itself, as a record: Kafka stores no more by its default of
/// `max.message.bytes`.
pub const MEMBER_RECORD_BYTES_MAX: usize = 1_048_000;
/// Patterns of one group.
pub const PATTERNS_PER_GROUP_MAX: usize = 1_000;
/// How often a pattern is looked up again while topics come and go: Kafka's `REGEX_BATCH_REFRESH_MIN_INTERVAL_MS`.
pub const PATTERN_REFRESH_MS_MIN: u64 = 10_000;
/// Memory of one coordinator: members with their subscriptions and assignments, and offsets.
pub const COORDINATOR_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Settings of consumer groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSettings {
    /// Partitions that `__consumer_offsets` is created with: `offsets.topic.num.partitions`.
    pub topic_partitions: i32,
    /// How long the first rebalance of an empty group waits for more members: `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay_ms: u64,
    /// The shortest session that a member may ask for: `group.min.session.timeout.ms`.
    pub session_timeout_ms_min: i32,
    /// The longest: `group.max.session.timeout.ms`.
    pub session_timeout_ms_max: i32,
    /// How long offsets are kept that nobody uses: `offsets.retention.minutes`.
    pub offsets_retention_ms: i64,
    /// How often a coordinator looks for such offsets: `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval_ms: u64,
    /// Members of one group: `group.max.size`.
    pub members_max: usize,
    /// How long a member of a consumer group may be silent: `group.consumer.session.timeout.ms`.
    pub consumer_session_timeout_ms: i32,
    /// How often it is told to be heard of: `group.consumer.heartbeat.interval.ms`.
    pub consumer_heartbeat_interval_ms: i32,
    /// Members of one consumer group: `group.consumer.max.size`.
    pub consumer_members_max: usize,
    /// Memory of one coordinator.
    pub coordinator_bytes_max: usize,
}

impl Default for GroupSettings {
    fn default() -> Self {
        GroupSettings {
            topic_partitions: OFFSETS_TOPIC_PARTITIONS,
            initial_rebalance_delay_ms: INITIAL_REBALANCE_DELAY_MS,
            session_timeout_ms_min: SESSION_TIMEOUT_MS_MIN,
            session_timeout_ms_max: SESSION_TIMEOUT_MS_MAX,
            offsets_retention_ms: i64::from(OFFSETS_RETENTION_MINUTES) * 60_000,
            offsets_retention_check_interval_ms: OFFSETS_RETENTION_CHECK_INTERVAL_MS,
            members_max: MEMBERS_PER_GROUP_MAX,
            consumer_session_timeout_ms: CONSUMER_SESSION_TIMEOUT_MS,
            consumer_heartbeat_interval_ms: CONSUMER_HEARTBEAT_INTERVAL_MS,
            consumer_members_max: MEMBERS_PER_GROUP_MAX,
            coordinator_bytes_max: COORDINATOR_BYTES_MAX,
        }
    }
}

impl GroupSettings {
    /// Whether a member may have this session timeout.
    pub fn takes_session_timeout(&self, timeout_ms: i32) -> bool {
        (self.session_timeout_ms_min..=self.session_timeout_ms_max).contains(&timeout_ms)
    }
}
