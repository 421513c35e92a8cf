//! Operations without a disk: what the ring does under pressure, and with what is dropped inside of it.

use std::pin::pin;

use super::*;

/// Submissions fail for as long as a test wants.
const FOR_EVER: u32 = u32::MAX;

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn nop(ring: &Ring, hold: Hold) -> Op {
    // SAFETY: a NOP names no memory and no descriptor.
    #[allow(unsafe_code)]
    unsafe {
        ring.submit(opcode::Nop::new().build(), None, hold)
    }
}

fn complete_all(ring: &Ring, ops: &mut [Op]) {
    for op in ops {
        let mut turns = 0;
        while poll_once(op).is_pending() {
            ring.turn(Wait::UntilSomething);
            turns += 1;
            assert!(turns < 10_000, "an operation never completes");
        }
    }
}

#[test]
fn a_kernel_without_memory_holds_up_nobody_who_submits_and_nothing_is_lost() {
    let ring = Ring::install().expect("this machine has io_uring");
    ring.0.refusals.set(FOR_EVER);
    let mut ops: Vec<Op> = (0..3 * ENTRIES)
        .map(|_| nop(&ring, Hold::Nothing))
        .collect();
    assert!(!ring.0.backlog.borrow().is_empty());
    ring.turn(Wait::UntilSomething);
    assert!(ops.iter_mut().all(|op| poll_once(op).is_pending()));
    ring.0.refusals.set(0);
    complete_all(&ring, &mut ops);
    assert_eq!(ring.in_flight(), 0);
    assert!(ring.0.backlog.borrow().is_empty());
    Ring::uninstall();
}

#[test]
fn linked_operations_reach_the_kernel_together_when_they_had_to_wait() {
    let ring = Ring::install().expect("this machine has io_uring");
    ring.0.refusals.set(FOR_EVER);
    // An odd one in front, so that a pair would be cut by the end of the queue.
    let mut alone = nop(&ring, Hold::Nothing);
    let nobody = || (opcode::Nop::new().build(), None, Hold::Nothing);
    let failing = || {
        // A read from a descriptor that does not exist fails, which cancels what is linked to it.
        let mut memory = BytesMut::with_capacity(8);
        let pointer = memory.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        let read = opcode::Read::new(types::Fd(i32::MAX), pointer, 8).build();
        (read, None, Hold::Buffer(memory))
    };
    let pairs: Vec<(Op, Op)> = (0..2 * ENTRIES)
        .map(|_| {
            // SAFETY: the read points into the buffer that its hold keeps; no descriptor is named that exists.
            #[allow(unsafe_code)]
            unsafe {
                ring.submit_linked(failing(), nobody())
            }
        })
        .collect();
    ring.0.refusals.set(0);
    complete_all(&ring, std::slice::from_mut(&mut alone));
    for (mut first, mut second) in pairs {
        let outcome = |op: &mut Op| loop {
            match poll_once(op) {
                Poll::Ready(completion) => break completion.result.unwrap_err().raw_os_error(),
                Poll::Pending => ring.turn(Wait::UntilSomething),
            }
        };
        assert_eq!(outcome(&mut first), Some(libc::EBADF));
        assert_eq!(outcome(&mut second), Some(libc::ECANCELED));
    }
    Ring::uninstall();
}

#[test]
fn a_shut_down_under_pressure_waits_for_the_kernels_answers() {
    let ring = Ring::install().expect("this machine has io_uring");
    let ops: Vec<Op> = (0..2 * ENTRIES)
        .map(|_| nop(&ring, Hold::Nothing))
        .collect();
    ring.0.refusals.set(3);
    ring.shut_down();
    assert_eq!(ring.in_flight(), 0);
    drop(ops);
    Ring::uninstall();
}

/// Comes back to the ring when it is dropped, as whatever holds an operation does.
struct ComesBack(Option<Op>);

impl Drop for ComesBack {
    fn drop(&mut self) {
        drop(self.0.take());
        drop(nop(&Ring::current(), Hold::Nothing));
    }
}

fn comes_back(ring: &Ring) -> Hold {
    Hold::Boxed(Box::new(ComesBack(Some(nop(ring, Hold::Nothing)))))
}

#[test]
fn a_hold_that_comes_back_to_the_ring_may_be_dropped_by_a_completion() {
    let ring = Ring::install().expect("this machine has io_uring");
    drop(nop(&ring, comes_back(&ring)));
    while ring.in_flight() > 0 {
        ring.turn(Wait::UntilSomething);
    }
    Ring::uninstall();
}

#[test]
fn a_hold_that_comes_back_to_the_ring_may_be_dropped_unread() {
    let ring = Ring::install().expect("this machine has io_uring");
    let op = nop(&ring, comes_back(&ring));
    // The completion is there, and nobody takes it.
    ring.turn(Wait::UntilSomething);
    ring.turn(Wait::No);
    drop(op);
    while ring.in_flight() > 0 {
        ring.turn(Wait::UntilSomething);
    }
    Ring::uninstall();
}
