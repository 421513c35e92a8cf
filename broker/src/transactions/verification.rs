//! Sees to it that the partitions of a transactional Produce or TxnOffsetCommit take part in an ongoing transaction before
//! anything is appended (KIP-890): a batch that came late would else open a range that nobody decides over.
//!
//! Shard-local.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use corelane_engine::runtime::sleep;
use corelane_protocol::ErrorCode;

use super::lane;
use super::machine::{Answer, ProducerClaim, Request};
use super::state::NamedPartition;
use crate::lane::Lane;
use crate::refusal::Refusal;

/// How long to wait while the markers of the transaction before are being written.
const RETRY_INTERVAL: Duration = Duration::from_millis(2);

/// Who wants to append what.
pub struct Claim<'a> {
    /// The transactional id of the request.
    pub transactional_id: &'a str,
    /// Whether the version of the request adds its partitions by itself; else they must have been added before.
    pub adds: bool,
    /// Whether the version of the request knows TRANSACTION_ABORTABLE.
    pub knows_abortable: bool,
    /// The producer of its batches.
    pub producer: ProducerClaim,
    /// Where they go.
    pub partitions: BTreeSet<NamedPartition>,
    /// How long the request waits.
    pub limit: Duration,
}

/// What a coordinator has said.
pub struct Verified {
    answer: Answer,
    knows_abortable: bool,
}

impl Verified {
    /// Why nothing is appended to a partition, as Kafka's `AddPartitionsToTxnManager` hands it on; NONE where it takes
    /// part.
    pub fn code(&self, partition: &NamedPartition) -> ErrorCode {
        let code = match &self.answer {
            Answer::Done | Answer::Producer(_) => ErrorCode::None,
            Answer::Refused(code) => *code,
            Answer::Verified(verified) => verified
                .iter()
                .find(|(known, _)| known == partition)
                .map_or(ErrorCode::TransactionAbortable, |(_, code)| *code),
        };
        match code {
            ErrorCode::ProducerFenced => ErrorCode::InvalidProducerEpoch,
            ErrorCode::TransactionAbortable if !self.knows_abortable => ErrorCode::InvalidTxnState,
            code => code,
        }
    }

    /// As [`Verified::code`], as a Produce is told.
    pub fn refusal(&self, partition: &NamedPartition) -> Option<Refusal> {
        match self.code(partition) {
            ErrorCode::None => None,
            // Older clients retry this code, and not what was said.
            code @ (ErrorCode::ConcurrentTransactions
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator) => Some(Refusal::new(
                ErrorCode::NotEnoughReplicas,
                format!(
                    "Unable to verify the partition has been added to the transaction: {}",
                    code.message()
                ),
            )),
            code => Some(code.into()),
        }
    }
}

/// Adds the partitions, or verifies that they were added, as the version of the request has it.
pub async fn verify(lane: &Rc<Lane>, claim: Claim<'_>) -> Verified {
    let deadline = Instant::now() + claim.limit;
    loop {
        let (producer, partitions) = (claim.producer, claim.partitions.clone());
        let request = match claim.adds {
            true => Request::AddPartitions {
                producer,
                partitions,
            },
            false => Request::VerifyPartitions {
                producer,
                partitions,
            },
        };
        let answer = lane::ask(lane, claim.transactional_id, request).await;
        let is_passing = answer == Answer::Refused(ErrorCode::ConcurrentTransactions);
        if !(claim.adds && is_passing && Instant::now() < deadline) {
            return Verified {
                answer,
                knows_abortable: claim.knows_abortable,
            };
        }
        sleep(RETRY_INTERVAL).await;
    }
}
