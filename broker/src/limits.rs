//! The bounds of what clients can make the broker hold, in one place so that their relations can be checked.
//!
//! Invariants: the `const` asserts below. Pure.

use std::time::Duration;

/// The largest request, in bytes: the default of Kafka's `socket.request.max.bytes`.
pub const FRAME_BYTES_MAX: usize = 100 * 1024 * 1024;
/// Connections of the whole broker.
pub const CONNECTIONS_MAX: usize = 20_000;
/// Connections from one address. Kafka has no limit by default; one machine rarely runs more clients than this.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 10_000;
/// Requests of one connection that may be under way; the next one is read when the oldest has been answered.
pub const REQUESTS_IN_FLIGHT_MAX: usize = 64;
/// Bytes of requests that all cores together hold, from a frame's allocation to its answer, unless set otherwise. A
/// core can always hold two requests of the largest size, so that a large one cannot wait for ever.
pub const REQUEST_BYTES_MAX: usize = 512 * 1024 * 1024;
/// The receive buffer of a connection that says nothing.
pub const RECEIVE_BUFFER_BYTES_MIN: usize = 4 * 1024;
/// The receive buffer of a connection that fills smaller ones. Batches stay in it until they are appended; two
/// such buffers stay in the second-level cache of a core.
pub const RECEIVE_BUFFER_BYTES_MAX: usize = 256 * 1024;
/// Memory that is taken for a frame before its bytes have come; beyond it, memory doubles as bytes arrive, so that a
/// length alone costs nothing.
pub const FRAME_ADVANCE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Requests of the largest size that a core receives at once, beside the smaller ones.
pub const LARGE_REQUESTS_AT_ONCE: usize = 2;
/// Receive buffers that a core keeps for reuse.
pub const SPARE_BUFFERS_MAX: usize = 64;
/// The largest Fetch answer, in bytes of records: Kafka's `fetch.max.bytes` of the broker.
pub const FETCH_BYTES_MAX: usize = 55 * 1024 * 1024;
/// Fetch requests of one connection that hold data, the one that is being written included.
pub const FETCHES_WITH_DATA_MAX: u64 = 2;
/// The longest that a Fetch waits, whatever it asks for; the client just asks again.
pub const FETCH_WAIT_MAX: Duration = Duration::from_secs(60);
/// Slices that one vectored send takes: the kernel's IOV_MAX is 1024.
pub const SEND_SLICES_MAX: usize = 128;
/// Bytes of a pipe between a file and a socket; more needs root.
pub const PIPE_BYTES: usize = 1024 * 1024;
/// Pipes that a core keeps for reuse.
pub const SPARE_PIPES_MAX: usize = 16;
/// File ranges below this length are read and copied: two ring operations and a pipe cost more.
pub const SPLICE_BYTES_MIN: u32 = 32 * 1024;
/// A connection without traffic is closed after this time: Kafka's `connections.max.idle.ms`.
pub const IDLE_MAX: Duration = Duration::from_secs(600);
/// The time within which a request that has begun must be whole, plus what [`RECEIVE_BYTES_PER_S_MIN`] allows.
pub const RECEIVE_MAX: Duration = Duration::from_secs(30);
/// The slowest sender of a large request that is waited for.
pub const RECEIVE_BYTES_PER_S_MIN: usize = 64 * 1024;
/// How long the socket may take nothing of an answer.
pub const SEND_STALL_MAX: Duration = IDLE_MAX;
/// How long answers of a connection that has said its last request may take to go out.
pub const DRAIN_MAX: Duration = Duration::from_secs(4);
/// How long the whole broker may take to stop.
pub const STOP_MAX: Duration = Duration::from_secs(5);
/// The shortest wait of a Produce request for the disk, whatever shorter one it asks for.
pub const PRODUCE_WAIT_MIN: Duration = Duration::from_secs(5);
/// How long a change of topics or a deletion of records waits for the disk; the client may ask again.
pub const CHANGE_WAIT_MAX: Duration = Duration::from_secs(10);
/// Changes and deletions of a core under way, those included that nobody waits for any more.
pub const ABANDONED_MAX: usize = 1024;
/// Descriptors that connections leave to the logs.
pub const DESCRIPTORS_KEPT: usize = 64;
/// How long the flush at a stop may get nowhere once draining has taken its time; [`STOP_MAX`] otherwise.
pub const FLUSH_STILL_MAX: Duration = Duration::from_millis(600);
/// The wait after an accept that failed for want of descriptors or memory.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Groups that one request may name.
pub const GROUPS_PER_REQUEST_MAX: usize = 10_000;
/// Partitions that one marker of WriteTxnMarkers may name.
pub const PARTITIONS_PER_MARKER_MAX: usize = 20_000;
/// Requests in a row that speak for a connection's move to another core, and how many of them must have found it idle.
pub const CALLS_BEFORE_MOVE: u32 = 32;
/// See [`CALLS_BEFORE_MOVE`].
pub const CALLS_FOUND_IDLE_MIN: u32 = 24;
/// Partitions of one topic.
pub const PARTITIONS_PER_TOPIC_MAX: i32 = 10_000;
/// Topics and partitions that one answer of DescribeTopicPartitions lists:
/// Kafka's `max.request.partition.size.limit`.
pub const DESCRIBED_PARTITIONS_MAX: i32 = 2_000;
/// Transactional ids that one partition of `__transaction_state` coordinates; idle ones are forgotten after a week.
pub const TRANSACTIONAL_IDS_MAX: usize = 100_000;
/// Bytes of a regular expression over transactional ids.
pub const TRANSACTIONAL_ID_PATTERN_BYTES_MAX: usize = 4 * 1024;

/// Meters of clients that have quotas, over all cores.
pub const QUOTA_METERS_MAX: usize = 100_000;
/// Clients of which a core remembers what their quotas are.
pub const QUOTA_CLIENTS_KNOWN_MAX: usize = 10_000;
/// How long DescribeLogDirs waits for the kernel to say how large the volume is.
pub const VOLUME_WAIT_MAX: Duration = Duration::from_secs(1);
/// Connections over their address's quota that are kept open until their time has passed.
pub const THROTTLED_CONNECTIONS_MAX: usize = 1_024;
/// Records of one batch that a Produce answer names as refused; the first ones, where there are more.
pub const RECORD_REFUSALS_MAX: usize = 10_000;
/// Those of them that come with a message, so that an answer does not grow far beyond its request.
pub const RECORD_REFUSAL_MESSAGES_MAX: usize = 100;
/// Topics that `/metrics` names.
pub const METRICS_TOPICS_MAX: usize = 2_000;
/// Partitions that `/metrics` names.
pub const METRICS_PARTITIONS_MAX: usize = 10_000;
/// Groups that `/metrics` names.
pub const METRICS_GROUPS_MAX: usize = 2_000;
/// Committed offsets of a core's groups that `/metrics` names.
pub const METRICS_GROUP_OFFSETS_MAX: usize = 10_000;
/// Partitions that refuse writes, and partitions that were cut, that `/metrics` names.
pub const METRICS_FINDINGS_MAX: usize = 1_000;
/// Connections to the HTTP port; each has a thread while it is open.
pub const HTTP_CONNECTIONS_MAX: usize = 32;
/// Bytes of an HTTP request up to the end of its headers.
pub const HTTP_REQUEST_BYTES_MAX: usize = 8 * 1024;
/// Headers of an HTTP request.
pub const HTTP_HEADERS_MAX: usize = 64;
/// How long an HTTP request may take to arrive.
pub const HTTP_REQUEST_TIME_MAX: Duration = Duration::from_secs(5);
/// How long an HTTP answer may take to go out.
pub const HTTP_ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

const _: () = assert!(REQUEST_BYTES_MAX >= 2 * FRAME_BYTES_MAX);
const _: () = assert!(RECEIVE_BUFFER_BYTES_MIN <= RECEIVE_BUFFER_BYTES_MAX);
const _: () = assert!(RECEIVE_BUFFER_BYTES_MAX <= FRAME_ADVANCE_BYTES_MAX);
const _: () = assert!(SEND_SLICES_MAX <= 1024);
const _: () = assert!(RECORD_REFUSAL_MESSAGES_MAX <= RECORD_REFUSALS_MAX);
const _: () = assert!(DRAIN_MAX.as_millis() + FLUSH_STILL_MAX.as_millis() < STOP_MAX.as_millis());
// Monitoring must not take the descriptors that are kept for the logs: two for each connection.
const _: () = assert!(2 * HTTP_CONNECTIONS_MAX <= DESCRIPTORS_KEPT);
const _: () = assert!(CONNECTIONS_PER_ADDRESS_MAX <= CONNECTIONS_MAX);
