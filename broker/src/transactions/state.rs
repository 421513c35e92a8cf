//! What a coordinator knows of one transactional id, and the steps that change it: Kafka's `TransactionMetadata`.
//!
//! Pure. Invariant: a step returns what the transaction will be; nothing changes before the record of it is durable.

use std::collections::BTreeSet;

/// Kafka's marker for no producer id, and for no epoch.
pub const NO_PRODUCER_ID: i64 = -1;
/// See [`NO_PRODUCER_ID`].
pub const NO_PRODUCER_EPOCH: i16 = -1;
/// The version of a client whose every ending of a transaction raises the epoch (KIP-890).
pub const TRANSACTION_VERSION_2: i16 = 2;
/// No time.
const NO_TIME_MS: i64 = -1;

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// A producer was initialized and has begun nothing.
    Empty,
    /// Partitions were added.
    Ongoing,
    /// The commit is decided; its markers are being written.
    PrepareCommit,
    /// The abort is decided; its markers are being written.
    PrepareAbort,
    /// Every marker of the commit is written.
    CompleteCommit,
    /// Every marker of the abort is written.
    CompleteAbort,
}

impl State {
    /// Every state.
    pub const ALL: [State; 6] = [
        State::Empty,
        State::Ongoing,
        State::PrepareCommit,
        State::PrepareAbort,
        State::CompleteCommit,
        State::CompleteAbort,
    ];

    /// Its number in the log.
    #[must_use]
    pub fn id(self) -> i8 {
        match self {
            State::Empty => 0,
            State::Ongoing => 1,
            State::PrepareCommit => 2,
            State::PrepareAbort => 3,
            State::CompleteCommit => 4,
            State::CompleteAbort => 5,
        }
    }

    /// The state of a number in the log.
    #[must_use]
    pub fn of_id(id: i8) -> Option<State> {
        State::ALL.into_iter().find(|state| state.id() == id)
    }

    /// Its name in DescribeTransactions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::Ongoing => "Ongoing",
            State::PrepareCommit => "PrepareCommit",
            State::PrepareAbort => "PrepareAbort",
            State::CompleteCommit => "CompleteCommit",
            State::CompleteAbort => "CompleteAbort",
        }
    }

    /// Whether markers of a decision are being written.
    #[must_use]
    pub fn is_prepared(self) -> bool {
        matches!(self, State::PrepareCommit | State::PrepareAbort)
    }

    /// Whether nothing is under way, so that the transactional id may be forgotten some day.
    #[must_use]
    pub fn is_idle(self) -> bool {
        matches!(
            self,
            State::Empty | State::CompleteCommit | State::CompleteAbort
        )
    }
}

/// A partition by its topic's name, as the log of transactions names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedPartition {
    /// The topic's name.
    pub topic: String,
    /// The partition's number.
    pub index: i32,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The producer id in use.
    pub producer_id: i64,
    /// The one before it.
    pub previous_producer_id: i64,
    /// The one that will be used when the transaction is complete, as the epochs of this one are used up.
    pub next_producer_id: i64,
    /// The epoch in use.
    pub producer_epoch: i16,
    /// The epoch before it, where a producer's retry may name it.
    pub last_producer_epoch: i16,
    /// After so long an ongoing transaction is aborted.
    pub timeout_ms: i32,
    /// Where it stands.
    pub state: State,
    /// The partitions that take part.
    pub partitions: BTreeSet<NamedPartition>,
    /// When it began; −1 where none has.
    pub start_ms: i64,
    /// When it changed last.
    pub update_ms: i64,
    /// What the client that ended it spoke.
    pub client_version: i16,
}

/// Whether a producer may not be given another epoch of this producer id: the last one is for fencing.
#[must_use]
pub fn is_epoch_exhausted(epoch: i16) -> bool {
    epoch >= i16::MAX - 1
}

impl Transaction {
    /// One that was just heard of; its first record gives it epoch 0.
    #[must_use]
    pub fn new(producer_id: i64, timeout_ms: i32, now_ms: i64) -> Transaction {
        Transaction {
            producer_id,
            previous_producer_id: NO_PRODUCER_ID,
            next_producer_id: NO_PRODUCER_ID,
            producer_epoch: NO_PRODUCER_EPOCH,
            last_producer_epoch: NO_PRODUCER_EPOCH,
            timeout_ms,
            state: State::Empty,
            partitions: BTreeSet::new(),
            start_ms: NO_TIME_MS,
            update_ms: now_ms,
            client_version: 0,
        }
    }

    /// Whether the epochs of its producer id are used up.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        is_epoch_exhausted(self.producer_epoch)
    }

    /// Begins anew with another epoch, which a retry that names `last_epoch` gets as well.
    #[must_use]
    pub fn with_epoch(&self, epoch: i16, last_epoch: i16, timeout_ms: i32, now_ms: i64) -> Self {
        Transaction {
            producer_epoch: epoch,
            last_producer_epoch: last_epoch,
            ..self.begun_anew(timeout_ms, now_ms)
        }
    }

    /// Begins anew with another producer id.
    #[must_use]
    pub fn with_producer_id(
        &self,
        producer_id: i64,
        last_epoch: i16,
        timeout_ms: i32,
        now_ms: i64,
    ) -> Self {
        Transaction {
            producer_id,
            previous_producer_id: self.producer_id,
            producer_epoch: 0,
            last_producer_epoch: last_epoch,
            ..self.begun_anew(timeout_ms, now_ms)
        }
    }

    fn begun_anew(&self, timeout_ms: i32, now_ms: i64) -> Transaction {
        Transaction {
            next_producer_id: NO_PRODUCER_ID,
            timeout_ms,
            state: State::Empty,
            partitions: BTreeSet::new(),
            start_ms: NO_TIME_MS,
            update_ms: now_ms,
            client_version: 0,
            ..self.clone()
        }
    }

    /// With partitions added; the first ones begin it.
    #[must_use]
    pub fn with_partitions(&self, added: &BTreeSet<NamedPartition>, now_ms: i64) -> Transaction {
        let mut partitions = self.partitions.clone();
        partitions.extend(added.iter().cloned());
        Transaction {
            state: State::Ongoing,
            partitions,
            start_ms: match self.state {
                State::Ongoing => self.start_ms,
                _ => now_ms,
            },
            update_ms: now_ms,
            client_version: 0,
            ..self.clone()
        }
    }

    /// Decided. With version 2 the epoch rises, so that what the producer sends late is told from its next
    /// transaction; where epochs are used up, `next_producer_id` follows.
    #[must_use]
    pub fn decided(&self, decision: Decision) -> Transaction {
        let raises = decision.client_version >= TRANSACTION_VERSION_2;
        let (producer_epoch, last_producer_epoch) = match raises {
            // Epochs given out end below the last one, so that there is one more.
            true => (self.producer_epoch.saturating_add(1), self.producer_epoch),
            false => (self.producer_epoch, self.last_producer_epoch),
        };
        let has_begun = self.state == State::Ongoing;
        Transaction {
            producer_epoch,
            last_producer_epoch,
            next_producer_id: decision.next_producer_id,
            state: match decision.commit {
                true => State::PrepareCommit,
                false => State::PrepareAbort,
            },
            // A transaction that nothing was added to begins and ends at once.
            start_ms: if has_begun {
                self.start_ms
            } else {
                decision.now_ms
            },
            update_ms: decision.now_ms,
            client_version: decision.client_version,
            ..self.clone()
        }
    }

    /// With every marker written.
    #[must_use]
    pub fn completed(&self, now_ms: i64) -> Transaction {
        let done = Transaction {
            state: match self.state {
                State::PrepareCommit => State::CompleteCommit,
                _ => State::CompleteAbort,
            },
            partitions: BTreeSet::new(),
            update_ms: now_ms,
            ..self.clone()
        };
        if self.client_version < TRANSACTION_VERSION_2 || self.next_producer_id == NO_PRODUCER_ID {
            return done;
        }
        Transaction {
            producer_id: self.next_producer_id,
            previous_producer_id: self.producer_id,
            next_producer_id: NO_PRODUCER_ID,
            producer_epoch: 0,
            last_producer_epoch: self.producer_epoch,
            ..done
        }
    }
}

/// How a transaction is decided.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// Committed or aborted.
    pub commit: bool,
    /// What the one who decides speaks.
    pub client_version: i16,
    /// The producer id to go on with, where the epochs of this one are used up.
    pub next_producer_id: i64,
    /// When.
    pub now_ms: i64,
}
