//! The quota on creating and deleting partitions, through one request (KIP-599).
//!
//! Shard-local. Newer versions of a request are strict: what is over the quota is refused with
//! THROTTLING_QUOTA_EXCEEDED. Older ones are permissive: everything is done, and the client waits afterwards.

use corelane_protocol::ErrorCode;

use crate::dispatch::Call;
use crate::refusal::Refusal;
use crate::topics;

/// See the module.
pub struct MutationQuota<'a> {
    call: &'a Call,
    is_strict: bool,
}

impl<'a> MutationQuota<'a> {
    /// For a request that is strict from version `strict_since` on.
    pub fn new(call: &'a Call, strict_since: i16) -> Self {
        MutationQuota {
            call,
            is_strict: call.head.version >= strict_since,
        }
    }

    /// Asks for a change of so many partitions.
    ///
    /// # Errors
    /// THROTTLING_QUOTA_EXCEEDED.
    pub fn take(&self, partitions: usize) -> Result<(), Refusal> {
        let quotas = &self.call.lane().quotas;
        if !quotas.is_active() {
            return Ok(());
        }
        if self.is_strict && self.wait_ms() > 0 {
            return Err(ErrorCode::ThrottlingQuotaExceeded.into());
        }
        quotas.mutate(&topics::image(), self.call.client_id(), partitions);
        Ok(())
    }

    /// How long the client is told to wait, in ms; it is held to that.
    pub fn throttle_ms(&self) -> i32 {
        if !self.call.lane().quotas.is_active() {
            return 0;
        }
        self.call.hold(self.wait_ms())
    }

    fn wait_ms(&self) -> u64 {
        let quotas = &self.call.lane().quotas;
        quotas.mutation_wait_ms(&topics::image(), self.call.client_id())
    }
}
