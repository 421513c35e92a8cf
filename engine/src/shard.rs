//! One core: its executor, its ring, its mailbox and the partitions that it owns.
//!
//! Shard-local, but for [`Switchboard`], through which cores reach each other. Invariants: a partition is touched
//! by its owner core only; everything that crosses is a message; what a core sends during one turn of its loop
//! leaves in one delivery and at most one wake-up per core.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::catalogue::Image;
use crate::io::{Ring, RingDisk};
use crate::lane::{self, Lane};
use crate::mailbox::{Mail, Mailbox};
use crate::partition::Partition;
use crate::runtime::{Hooks, drive, spawn, yield_now};
use crate::types::{ShardId, TopicPartition};

/// Rounds in which tasks end that nothing holds any more once the core has stopped.
const LAST_ROUNDS: u32 = 8;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Shard>>> = const { RefCell::new(None) };
}

/// Every core's mailbox: the one way between cores.
#[derive(Clone)]
pub(crate) struct Switchboard {
    pub(crate) mailboxes: Arc<[Mailbox]>,
}

/// The core that the calling code runs on.
pub struct Shard {
    ring: Ring,
    switchboard: Switchboard,
    lane: Rc<Lane<RingDisk>>,
    outgoing: RefCell<Vec<Vec<Mail>>>,
    calls: RefCell<Calls>,
    stopping: Cell<bool>,
    /// When the core last came back from its ring.
    awake_since: Cell<Instant>,
}

impl Shard {
    /// The core of the calling thread.
    ///
    /// # Panics
    /// On a thread that is no shard.
    pub fn current() -> Rc<Shard> {
        Self::try_current()
            .expect("called from a task of a shard, which is set before its first task")
    }

    /// The core of the calling thread, none on a thread that is no shard.
    pub fn try_current() -> Option<Rc<Shard>> {
        CURRENT.with(|current| current.borrow().clone())
    }

    /// This core's place among the cores.
    pub fn id(&self) -> ShardId {
        self.lane.id()
    }

    /// The topic catalogue as this core knows it.
    pub fn image(&self) -> Arc<Image> {
        self.lane.image()
    }

    /// A partition that this core owns.
    pub fn partition(&self, partition: &TopicPartition) -> Option<Rc<Partition<RingDisk>>> {
        self.lane.partition(partition)
    }

    /// All partitions that this core owns.
    pub fn partitions(&self) -> Vec<Rc<Partition<RingDisk>>> {
        self.lane.partitions()
    }

    /// What this core keeps.
    pub(crate) fn lane(&self) -> Rc<Lane<RingDisk>> {
        self.lane.clone()
    }

    /// Ends this core's loop at its next turn.
    pub(crate) fn stop(&self) {
        self.stopping.set(true);
    }

    fn post(&self, shard: ShardId, mail: Mail) {
        self.outgoing.borrow_mut()[usize::from(shard.0)].push(mail);
    }
}

impl Hooks for Shard {
    fn before_turn(&self) {
        for (mail, mailbox) in self
            .outgoing
            .borrow_mut()
            .iter_mut()
            .zip(self.switchboard.mailboxes.iter())
        {
            if !mail.is_empty() {
                mailbox.deliver(mail.drain(..));
            }
        }
        let turn_ns =
            u64::try_from(self.awake_since.get().elapsed().as_nanos()).unwrap_or(u64::MAX);
        let longest = &self.mailbox().longest_turn_ns;
        if turn_ns > longest.load(Ordering::Relaxed) {
            longest.store(turn_ns, Ordering::Relaxed);
        }
    }

    fn idle(&self) {
        self.mailbox().idle();
    }

    fn has_mail(&self) -> bool {
        self.mailbox().has_mail()
    }

    fn may_sleep(&self) -> bool {
        self.mailbox().prepare_to_sleep()
    }

    fn after_turn(&self) -> bool {
        self.awake_since.set(Instant::now());
        let mailbox = self.mailbox();
        mailbox.awake();
        mailbox.turns.fetch_add(1, Ordering::Relaxed);
        for mail in mailbox.take() {
            mail();
        }
        !self.stopping.get()
    }
}

impl Shard {
    /// Breaks the circles of tasks that wait for something of this core and hold it: they will not run again, and the
    /// core's files and memory go with them.
    fn let_go(&self) {
        self.lane.let_go();
        let calls = self.calls.take();
        drop(calls);
        let outgoing: Vec<Vec<Mail>> = self
            .outgoing
            .borrow_mut()
            .iter_mut()
            .map(std::mem::take)
            .collect();
        drop(outgoing);
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.switchboard.mailboxes[usize::from(self.id().0)]
    }
}

/// The life of a core's thread: installs ring and shard, reports readiness, drives until stopped.
pub(crate) fn run(
    executor: &glommio::LocalExecutor,
    id: ShardId,
    switchboard: Switchboard,
    settings: lane::Settings,
    spare_cpus: &[usize],
    ready: impl FnOnce(Result<(), crate::io::RingError>),
) {
    // First of all: a wake-up can be lost before the executor's first task, and the watchdog has to know whom to wake.
    // SAFETY: asks for the calling thread's own id.
    #[allow(unsafe_code)]
    let thread = unsafe { libc::gettid() };
    let mailboxes = switchboard.mailboxes.clone();
    let mailbox = &mailboxes[usize::from(id.0)];
    mailbox.thread.store(thread, Ordering::Release);
    executor.run(async {
        match Ring::install() {
            Ok(ring) => {
                ring.move_workers_to(spare_cpus);
                live(id, switchboard, settings, ring, ready).await;
            }
            Err(error) => ready(Err(error)),
        }
    });
    mailbox.thread.store(0, Ordering::Release);
}

async fn live(
    id: ShardId,
    switchboard: Switchboard,
    settings: lane::Settings,
    ring: Ring,
    ready: impl FnOnce(Result<(), crate::io::RingError>),
) {
    let shard = Rc::new(Shard {
        ring: ring.clone(),
        outgoing: RefCell::new(switchboard.mailboxes.iter().map(|_| Vec::new()).collect()),
        switchboard,
        lane: Lane::new(id, settings),
        calls: RefCell::default(),
        stopping: Cell::new(false),
        awake_since: Cell::new(Instant::now()),
    });
    CURRENT.with(|current| *current.borrow_mut() = Some(shard.clone()));
    let budget = shard.lane().cache_budget();
    ring.when_short_of_descriptors(move || budget.open_files.close_all());
    spawn(answer_bell(shard.clone()));
    ready(Ok(()));
    drive(&ring, &*shard).await;
    shard.mailbox().close();
    shard.let_go();
    for _ in 0..LAST_ROUNDS {
        // Tasks that were runnable may begin another operation before they end.
        ring.shut_down();
        yield_now().await;
    }
    ring.shut_down();
    Ring::uninstall();
    CURRENT.with(|current| current.borrow_mut().take());
}

/// Keeps the bell in the ring, so that a delivery completes something and the blocked core wakes.
async fn answer_bell(shard: Rc<Shard>) {
    use std::os::fd::AsRawFd;
    loop {
        let bell = shard.mailbox().bell().clone();
        let mut count = bytes::BytesMut::with_capacity(8);
        let entry = io_uring::opcode::Read::new(
            io_uring::types::Fd(bell.as_raw_fd()),
            count.spare_capacity_mut().as_mut_ptr().cast::<u8>(),
            8,
        )
        .build();
        // SAFETY: the entry points into the buffer that the hold keeps, and names the descriptor handed along.
        #[allow(unsafe_code)]
        let op = unsafe {
            shard
                .ring
                .submit(entry, Some(bell), crate::io::Hold::Buffer(count))
        };
        if let Err(error) = op.await.result {
            tracing::error!(%error, "cannot read the wake-up descriptor of a core");
            std::process::abort();
        }
    }
}

type Answer = Box<dyn Any + Send>;

/// Calls to other cores that wait for an answer.
#[derive(Default)]
struct Calls {
    waiting: HashMap<u64, Waiting>,
    next: u64,
}

#[derive(Default)]
struct Waiting {
    answer: Option<Answer>,
    waker: Option<Waker>,
}

struct Call<R> {
    shard: Rc<Shard>,
    ticket: u64,
    answer: std::marker::PhantomData<R>,
}

impl<R> Unpin for Call<R> {}

impl<R: 'static> Future for Call<R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let mut calls = self.shard.calls.borrow_mut();
        let waiting = calls
            .waiting
            .get_mut(&self.ticket)
            .expect("a call waits until it is dropped");
        let Some(answer) = waiting.answer.take() else {
            waiting.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        let answer = answer
            .downcast()
            .expect("the answer's type is that of the call");
        Poll::Ready(*answer)
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        self.shard.calls.borrow_mut().waiting.remove(&self.ticket);
    }
}

impl Calls {
    fn open(&mut self) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.waiting.insert(ticket, Waiting::default());
        ticket
    }

    /// Stores an answer; nothing happens when the caller has gone.
    fn answer(&mut self, ticket: u64, answer: Answer) -> Option<Waker> {
        let waiting = self.waiting.get_mut(&ticket)?;
        waiting.answer = Some(answer);
        waiting.waker.take()
    }
}

impl Switchboard {
    /// Runs `work` on `shard` and resolves to its answer. On that core already, it runs in place.
    pub(crate) async fn on<R, W, F>(&self, shard: ShardId, work: W) -> R
    where
        R: Send + 'static,
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        match Shard::try_current() {
            Some(here) if here.id() == shard => work().await,
            Some(here) => call_from_shard(&here, shard, work).await,
            None => self.call_from_outside(shard, work).await,
        }
    }

    async fn call_from_outside<R, W, F>(&self, shard: ShardId, work: W) -> R
    where
        R: Send + 'static,
        W: FnOnce() -> F + Send + 'static,
        F: Future<Output = R> + 'static,
    {
        let promise = Arc::new(Promise::default());
        let fulfil = Fulfil(promise.clone());
        let mail: Mail = Box::new(move || {
            spawn(async move {
                let answer = work().await;
                fulfil.with(answer);
            });
        });
        self.mailboxes[usize::from(shard.0)].deliver([mail]);
        PromiseFuture(promise).await
    }
}

async fn call_from_shard<R, W, F>(here: &Rc<Shard>, there: ShardId, work: W) -> R
where
    R: Send + 'static,
    W: FnOnce() -> F + Send + 'static,
    F: Future<Output = R> + 'static,
{
    let ticket = here.calls.borrow_mut().open();
    let call = Call {
        shard: here.clone(),
        ticket,
        answer: std::marker::PhantomData,
    };
    let back = here.id();
    here.post(
        there,
        Box::new(move || {
            spawn(async move {
                let answer: Answer = Box::new(work().await);
                Shard::current().post(back, Box::new(move || receive_answer(ticket, answer)));
            });
        }),
    );
    call.await
}

fn receive_answer(ticket: u64, answer: Answer) {
    let waker = Shard::current().calls.borrow_mut().answer(ticket, answer);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// An answer on its way to a thread that is no shard, whose wakers may be called from anywhere.
struct Promise<R>(Mutex<PromiseState<R>>);

enum PromiseState<R> {
    Waiting(Option<Waker>),
    Answered(R),
    Broken,
}

impl<R> Default for Promise<R> {
    fn default() -> Self {
        Promise(Mutex::new(PromiseState::Waiting(None)))
    }
}

impl<R> Promise<R> {
    fn settle(&self, state: PromiseState<R>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let PromiseState::Waiting(waker) = std::mem::replace(&mut *held, state) {
            drop(held);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

struct Fulfil<R>(Arc<Promise<R>>);

impl<R> Fulfil<R> {
    fn with(&self, answer: R) {
        self.0.settle(PromiseState::Answered(answer));
    }
}

impl<R> Drop for Fulfil<R> {
    fn drop(&mut self) {
        let mut held = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let PromiseState::Waiting(waker) = &mut *held {
            let waker = waker.take();
            *held = PromiseState::Broken;
            drop(held);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

struct PromiseFuture<R>(Arc<Promise<R>>);

impl<R> Future for PromiseFuture<R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<R> {
        let mut held = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *held, PromiseState::Broken) {
            PromiseState::Answered(answer) => Poll::Ready(answer),
            PromiseState::Waiting(_) => {
                *held = PromiseState::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            PromiseState::Broken => panic!("the engine was used after it had been stopped"),
        }
    }
}

/// CPU time that the calling thread has taken.
pub(crate) fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the kernel fills the structure that is handed along. The clock is there for every thread, so that it
    // cannot fail.
    #[allow(unsafe_code)]
    unsafe {
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time)
    };
    let ns = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), ns)
}
