//! Asks partitions for something, each on the core that owns it: one message per core and request.
//!
//! Shard-local; the work itself runs on the owners' cores.
//!
//! Invariants: answers come back in the order of the questions. Questions to one core are asked there in their order.

use std::rc::Rc;
use std::time::Duration;

use corelane_engine::types::{ShardId, TopicPartition};
use corelane_engine::{Engine, Shard};

use crate::gather::Gather;
use crate::topics::Partition;

/// A question to one partition.
#[derive(Clone)]
pub struct Question<Q> {
    /// The core that owns the partition.
    pub shard: ShardId,
    /// The partition.
    pub partition: TopicPartition,
    /// What is asked.
    pub question: Q,
}

/// The answers of one core, with the places of their questions.
type Answers<A> = (Vec<usize>, Vec<A>);

/// Questions under way.
pub struct PartitionCalls<'a, A> {
    gather: Gather<'a, Answers<A>>,
    count: usize,
    owner: Option<ShardId>,
}

impl<'a, A: Send + 'static> PartitionCalls<'a, A> {
    /// Hands each owner its questions. `ask` runs on the owner's core; it gets no partition where the owner has none by
    /// this id any more.
    pub fn new<Q, F>(engine: &'a Engine, questions: Vec<Question<Q>>, ask: F) -> Self
    where
        Q: Send + 'static,
        F: AsyncFn(Option<Rc<Partition>>, Q) -> A + Clone + Send + 'static,
    {
        Self::hand_out(engine, questions, async move |questions| {
            gather(questions, &ask).finish().await
        })
    }

    /// Hands each owner its questions, which `answer_all` answers there in their order.
    fn hand_out<Q, F>(engine: &'a Engine, questions: Vec<Question<Q>>, answer_all: F) -> Self
    where
        Q: Send + 'static,
        F: AsyncFn(Vec<(TopicPartition, Q)>) -> Vec<A> + Clone + Send + 'static,
    {
        let count = questions.len();
        let mut gather = Gather::default();
        let owned = by_owner(questions);
        let owner = match &owned[..] {
            [(owner, ..)] => Some(*owner),
            _ => None,
        };
        for (shard, places, questions) in owned {
            let answer_all = answer_all.clone();
            let answers = engine.on(shard, move || async move { answer_all(questions).await });
            gather.add(async move { (places, answers.await) });
        }
        PartitionCalls {
            gather,
            count,
            owner,
        }
    }

    /// The core that owns all partitions asked, where there is one.
    pub fn owner(&self) -> Option<ShardId> {
        self.owner
    }

    /// Sends the questions off: on this core they have been asked when this returns, to others they are on their way.
    pub async fn start(&mut self) {
        self.gather.start().await;
    }

    /// Waits for all answers.
    pub async fn finish(self) -> Vec<A> {
        let mut answers: Vec<Option<A>> = (0..self.count).map(|_| None).collect();
        for (places, owner_answers) in self.gather.finish().await {
            for (place, answer) in places.into_iter().zip(owner_answers) {
                answers[place] = Some(answer);
            }
        }
        let complete: Option<Vec<A>> = answers.into_iter().collect();
        complete.expect("each question was handed to one owner, which answers all of its own")
    }
}

impl<'a, A: Send + 'static> PartitionCalls<'a, Option<A>> {
    /// As [`PartitionCalls::new`], for what waits for a disk: after `limit` there is none in the place of an answer that
    /// has not come, and its partition is suspected of a disk that does not answer.
    pub fn within<Q, F>(
        engine: &'a Engine,
        questions: Vec<Question<Q>>,
        limit: Duration,
        ask: F,
    ) -> Self
    where
        Q: Send + 'static,
        F: AsyncFn(Option<Rc<Partition>>, Q) -> A + Clone + Send + 'static,
    {
        Self::hand_out(engine, questions, async move |questions| {
            let asked: Vec<TopicPartition> = questions.iter().map(|(id, _)| *id).collect();
            let answers = gather(questions, &ask).finish_within(limit).await;
            for (id, answer) in asked.iter().zip(&answers) {
                if answer.is_none()
                    && let Some(partition) = Shard::current().partition(id)
                {
                    partition.suspect_stall();
                }
            }
            answers
        })
    }
}

/// Asks the partitions of the calling core.
fn gather<'a, Q: 'a, A, F>(questions: Vec<(TopicPartition, Q)>, ask: &'a F) -> Gather<'a, A>
where
    F: AsyncFn(Option<Rc<Partition>>, Q) -> A,
{
    let here = Shard::current();
    let mut asking = Gather::default();
    for (partition, question) in questions {
        asking.add(ask(here.partition(&partition), question));
    }
    asking
}

type Owned<Q> = (ShardId, Vec<usize>, Vec<(TopicPartition, Q)>);

fn by_owner<Q>(questions: Vec<Question<Q>>) -> Vec<Owned<Q>> {
    let mut owners: Vec<Owned<Q>> = Vec::new();
    for (
        place,
        Question {
            shard,
            partition,
            question,
        },
    ) in questions.into_iter().enumerate()
    {
        let index = owners
            .iter()
            .position(|owner| owner.0 == shard)
            .unwrap_or_else(|| {
                owners.push((shard, Vec::new(), Vec::new()));
                owners.len() - 1
            });
        owners[index].1.push(place);
        owners[index].2.push((partition, question));
    }
    owners
}
