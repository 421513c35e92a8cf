//! What the topics ask of the cores: to be run on a given one, and what that one keeps.
//!
//! The seam between the logic that crosses cores and how a crossing is made. [`crate::Engine`] crosses by mailbox
//! between pinned threads; a simulation crosses by starting a task. Invariants: work runs on the core named, in place
//! when that is the calling one; a value is `Send` where it crosses.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use uuid::Uuid;

use crate::catalogue::Image;
use crate::io::Disk;
use crate::lane::Lane;
use crate::log_config::LogConfig;
use crate::types::ShardId;

/// See the module. Clones are the same cores.
pub(crate) trait Cores: Clone + Send + 'static {
    /// The disk under all of them.
    type Disk: Disk;

    /// What the calling core keeps.
    fn lane(&self) -> Rc<Lane<Self::Disk>>;
    /// The disk, as the calling core reaches it.
    fn disk(&self) -> Self::Disk;
    /// How many cores there are.
    fn count(&self) -> u16;
    /// Where everything is kept.
    fn data(&self) -> &Path;
    /// The node's id.
    fn node_id(&self) -> i32;
    /// The id of the data directory.
    fn directory_id(&self) -> Uuid;
    /// What holds for a topic where its own configurations say nothing, by an image.
    fn log_defaults(&self, image: &Image) -> LogConfig;
    /// An id that nothing else has.
    fn new_id(&self) -> Uuid;
    /// Runs `work` on a core and resolves to its answer; in place when called there.
    fn on<R, W, F>(&self, shard: ShardId, work: W) -> impl Future<Output = R>
    where
        R: Send + 'static,
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = R> + 'static;

    /// The core that serves a slot.
    fn owner(&self, slot: ShardId) -> ShardId {
        ShardId(slot.0 % self.count())
    }

    /// Runs `work` on every core, side by side; the answers are in the order of the cores.
    fn on_each<R, W, F>(&self, work: W) -> impl Future<Output = Vec<R>>
    where
        R: Send + 'static,
        W: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        let calls: Vec<_> = (0..self.count())
            .map(|shard| Box::pin(self.on(ShardId(shard), work.clone())))
            .collect();
        join_all(calls)
    }
}

/// Runs futures side by side; the outputs are in their order.
pub(crate) async fn join_all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut answers: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, answer) in futures.iter_mut().zip(answers.iter_mut()) {
            if answer.is_some() {
                continue;
            }
            if let Poll::Ready(value) = Pin::new(future).poll(context) {
                *answer = Some(value);
            }
        }
        if answers.iter().any(Option::is_none) {
            return Poll::Pending;
        }
        Poll::Ready(answers.drain(..).flatten().collect())
    })
    .await
}
