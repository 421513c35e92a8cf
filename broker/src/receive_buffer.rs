//! Memory that requests arrive in: views of it travel as batches, and it is used again when the last view is gone.
//!
//! Shard-local: one pool per core, newest buffer first, because its memory is still in the cache.
//!
//! Invariants: a buffer is given out only when no view of its memory is left. Bytes received but not cut into a
//! frame move at most once per buffer, and not at all while requests are as long as those before them.

use std::cell::RefCell;

use bytes::BytesMut;

use crate::limits::{
    FRAME_ADVANCE_BYTES_MAX, RECEIVE_BUFFER_BYTES_MAX, RECEIVE_BUFFER_BYTES_MIN, SPARE_BUFFERS_MAX,
};

/// How many spare buffers are tried before a fresh one is allocated.
const TRIES_MAX: usize = 16;

/// This core's spare receive buffers.
#[derive(Default)]
pub struct ReceiveBuffers {
    /// Emptied handles of allocations whose last views may still be on their way to the disk.
    spare: RefCell<Vec<BytesMut>>,
}

impl ReceiveBuffers {
    /// Makes room in `received` for at least one more byte, and for the frame of `frame_bytes` (prefix included) that
    /// it starts with, if that is known.
    pub fn make_room(&self, received: BytesMut, frame_bytes: usize, traffic: Traffic) -> BytesMut {
        let capacity = traffic.capacity;
        let wanted = wanted_bytes(received.len(), frame_bytes);
        // Between frames, the end of a buffer that is nearly used up would only bring small receives, and the beginning
        // of a frame that does not fit would have to move.
        let worthwhile = if received.is_empty() {
            wanted
                .max(capacity / 4)
                .max(traffic.frame_bytes.min(capacity))
        } else {
            wanted
        };
        if received.capacity() >= worthwhile {
            return received;
        }
        let mut roomy = self.take(wanted.max(capacity));
        roomy.extend_from_slice(&received);
        self.give_back(received);
        roomy
    }

    fn take(&self, capacity: usize) -> BytesMut {
        let mut spare = self.spare.borrow_mut();
        let first = spare.len().saturating_sub(TRIES_MAX);
        for index in (first..spare.len()).rev() {
            if spare[index].try_reclaim(capacity) {
                return spare.remove(index);
            }
        }
        BytesMut::with_capacity(capacity)
    }

    /// Takes a buffer whose bytes are of no use any more.
    pub fn give_back(&self, mut buffer: BytesMut) {
        buffer.clear();
        let mut spare = self.spare.borrow_mut();
        if spare.len() == SPARE_BUFFERS_MAX {
            spare.remove(0);
        }
        spare.push(buffer);
    }
}

/// Bytes that a buffer with `received` bytes of a frame of `frame_bytes` should hold.
fn wanted_bytes(received: usize, frame_bytes: usize) -> usize {
    let advance = received.saturating_mul(2).max(FRAME_ADVANCE_BYTES_MAX);
    frame_bytes.min(advance).max(received + 1)
}

/// What a connection's traffic is like.
#[derive(Clone, Copy, Debug)]
pub struct Traffic {
    /// The buffer size in bytes that it has earned: doubled twice whenever a receive fills its buffer, halved when one
    /// brings little.
    pub capacity: usize,
    /// Bytes of its last frame, prefix included: the next one is often as long.
    pub frame_bytes: usize,
}

impl Default for Traffic {
    fn default() -> Self {
        Traffic {
            capacity: RECEIVE_BUFFER_BYTES_MIN,
            frame_bytes: 0,
        }
    }
}

impl Traffic {
    /// How much of `free` bytes behind `received` ones is to be received at most: up to the end of the last frame that
    /// fits, if frames go on as before.
    pub fn receive_bytes(self, received: usize, free: usize) -> usize {
        let whole_frames = match self.frame_bytes {
            0 => 0,
            frame_bytes => (received + free) / frame_bytes * frame_bytes,
        };
        match whole_frames.checked_sub(received) {
            None | Some(0) => free,
            Some(up_to_the_end) => up_to_the_end,
        }
    }

    /// Takes note of a receive of `count` bytes into `room` bytes.
    pub fn note(&mut self, count: usize, room: usize) {
        if count == room {
            self.capacity = (self.capacity * 4).min(RECEIVE_BUFFER_BYTES_MAX);
        } else if count < RECEIVE_BUFFER_BYTES_MIN / 4 {
            self.capacity = (self.capacity / 2).max(RECEIVE_BUFFER_BYTES_MIN);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Buf;

    #[test]
    fn a_buffer_is_used_again_only_when_its_last_view_is_gone() {
        let buffers = ReceiveBuffers::default();
        let mut first = BytesMut::with_capacity(1024);
        let start = first.as_ptr();
        first.extend_from_slice(&[7; 1024]);
        let view = first.split_to(1024).freeze();
        buffers.give_back(first);
        assert_ne!(buffers.take(1024).as_ptr(), start);
        assert_eq!(view[0], 7);
        drop(view);
        assert_eq!(buffers.take(1024).as_ptr(), start);
    }

    #[test]
    fn a_claimed_length_alone_takes_little_memory() {
        assert_eq!(wanted_bytes(4, 100 << 20), FRAME_ADVANCE_BYTES_MAX);
        assert_eq!(wanted_bytes(4, 1000), 1000);
        assert_eq!(wanted_bytes(3 << 20, 100 << 20), 6 << 20);
        assert_eq!(wanted_bytes(0, 0), 1);
    }

    #[test]
    fn a_partial_frame_keeps_its_bytes_when_it_moves() {
        let buffers = ReceiveBuffers::default();
        let mut received = buffers.take(RECEIVE_BUFFER_BYTES_MIN);
        received.extend_from_slice(&vec![1; RECEIVE_BUFFER_BYTES_MIN - 3]);
        received.extend_from_slice(&[1, 2, 3]);
        received.advance(RECEIVE_BUFFER_BYTES_MIN - 2);
        let received = buffers.make_room(received, 10_000, Traffic::default());
        assert_eq!(&received[..], [2, 3]);
        assert!(received.capacity() >= 10_000);
    }

    #[test]
    fn capacity_follows_the_traffic() {
        let mut traffic = Traffic::default();
        for _ in 0..10 {
            traffic.note(100_000, 100_000);
        }
        assert_eq!(traffic.capacity, RECEIVE_BUFFER_BYTES_MAX);
        for _ in 0..10 {
            traffic.note(100, 100_000);
        }
        assert_eq!(traffic.capacity, RECEIVE_BUFFER_BYTES_MIN);
    }

    #[test]
    fn frames_of_one_length_are_received_up_to_the_end_of_a_frame() {
        let traffic = |frame_bytes| Traffic {
            capacity: 256,
            frame_bytes,
        };
        assert_eq!(traffic(100).receive_bytes(0, 256), 200);
        assert_eq!(traffic(100).receive_bytes(30, 226), 170);
        // Another frame than those before.
        assert_eq!(traffic(100).receive_bytes(200, 56), 56);
        assert_eq!(traffic(300).receive_bytes(0, 256), 256);
        assert_eq!(traffic(0).receive_bytes(0, 256), 256);
    }

    #[test]
    fn a_buffer_whose_rest_does_not_hold_another_frame_is_changed_between_frames() {
        let buffers = ReceiveBuffers::default();
        let mut received = buffers.take(1000);
        received.extend_from_slice(&[1; 600]);
        received.advance(600);
        let start = received.as_ptr();
        let traffic = |frame_bytes| Traffic {
            capacity: 1000,
            frame_bytes,
        };
        let received = buffers.make_room(received, 0, traffic(300));
        assert_eq!(received.as_ptr(), start, "one more fits");
        let received = buffers.make_room(received, 0, traffic(600));
        assert_eq!(received.capacity(), 1000);
    }
}
