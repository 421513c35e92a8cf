//! Asks partitions for something, each on the core that owns it: one message per core and request.
//!
//! Shard-local; the work itself runs on the owners' cores.
//!
//! Invariants: answers come back in the order of the questions. Questions to one core are asked there in their order.

use std::rc::Rc;

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
}

impl<'a, A: Send + 'static> PartitionCalls<'a, A> {
    /// Hands each owner its questions. `ask` runs on the owner's core; it gets no partition where the owner has none by
    /// this id any more.
    pub fn new<Q, F>(engine: &'a Engine, questions: Vec<Question<Q>>, ask: F) -> Self
    where
        Q: Send + 'static,
        F: AsyncFn(Option<Rc<Partition>>, Q) -> A + Clone + Send + 'static,
    {
        let count = questions.len();
        let mut gather = Gather::default();
        for (shard, places, questions) in by_owner(questions) {
            let ask = ask.clone();
            let work = move || async move {
                let here = Shard::current();
                let mut asking = Gather::default();
                for (partition, question) in questions {
                    asking.add(ask(here.partition(&partition), question));
                }
                asking.finish().await
            };
            let answers = engine.on(shard, work);
            gather.add(async move { (places, answers.await) });
        }
        PartitionCalls { gather, count }
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
