//! Sees to it that the partitions of a transactional Produce take part in an ongoing transaction before anything is
//! appended (KIP-890): a batch that came late would else open a range that nobody decides over.
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

/// The first Produce version that adds its partitions by itself.
const ADDS_PARTITIONS_SINCE: i16 = 12;
/// The first Produce version that knows TRANSACTION_ABORTABLE.
const ABORTABLE_SINCE: i16 = 11;
/// How long to wait while the markers of the transaction before are being written.
const RETRY_INTERVAL: Duration = Duration::from_millis(2);

/// Who wants to append what.
pub struct Claim<'a> {
    /// The transactional id of the request.
    pub transactional_id: &'a str,
    /// The version of the request.
    pub version: i16,
    /// The producer of its batches.
    pub producer: ProducerClaim,
    /// Where they go.
    pub partitions: BTreeSet<NamedPartition>,
    /// How long the request waits.
    pub limit: Duration,
}

/// What a coordinator has said of a Produce.
pub struct Verified {
    answer: Answer,
    version: i16,
}

impl Verified {
    /// Why nothing is appended to a partition; none where it takes part.
    pub fn refusal(&self, partition: &NamedPartition) -> Option<Refusal> {
        let code = match &self.answer {
            Answer::Done | Answer::Producer(_) => ErrorCode::None,
            Answer::Refused(code) => *code,
            Answer::Verified(verified) => verified
                .iter()
                .find(|(known, _)| known == partition)
                .map_or(ErrorCode::TransactionAbortable, |(_, code)| *code),
        };
        match code {
            ErrorCode::None => None,
            // Older clients retry this code, and not what was said.
            ErrorCode::ConcurrentTransactions
            | ErrorCode::CoordinatorLoadInProgress
            | ErrorCode::CoordinatorNotAvailable
            | ErrorCode::NotCoordinator => Some(Refusal::new(
                ErrorCode::NotEnoughReplicas,
                format!(
                    "Unable to verify the partition has been added to the transaction: {}",
                    code.message()
                ),
            )),
            ErrorCode::ProducerFenced => Some(ErrorCode::InvalidProducerEpoch.into()),
            ErrorCode::TransactionAbortable if self.version < ABORTABLE_SINCE => {
                Some(ErrorCode::InvalidTxnState.into())
            }
            code => Some(code.into()),
        }
    }
}

/// Adds the partitions, or verifies that they were added, as the version of the request has it.
pub async fn verify(lane: &Rc<Lane>, claim: Claim<'_>) -> Verified {
    let deadline = Instant::now() + claim.limit;
    let adds = claim.version >= ADDS_PARTITIONS_SINCE;
    loop {
        let (producer, partitions) = (claim.producer, claim.partitions.clone());
        let request = match adds {
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
        if !(adds && is_passing && Instant::now() < deadline) {
            return Verified {
                answer,
                version: claim.version,
            };
        }
        sleep(RETRY_INTERVAL).await;
    }
}
