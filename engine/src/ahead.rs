//! Space in front of a log's tail: allocated, and where appends are flushed, written with zeros; both in the background.
//!
//! Shard-local. Writing into space that was only allocated makes the file system note that it now holds data, and the
//! next flush has to commit that to the journal. Where zeros have been written before, a flush is the data and the
//! device's cache. That writes everything twice, so it is done for logs whose appends wait for flushes.
//!
//! Invariants: an append never waits for an allocation. Zeros are written past the append that is in flight, and an
//! append that reaches those on their way waits for them: nothing is ever overwritten by zeros.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use crate::io::{BLOCK, Disk};
use crate::partition::Partition;
use crate::signal::Signal;
use crate::types::{Offset, Position};

/// The least and the most that is allocated ahead at a time: small logs stay small, and a large step takes the file
/// system no longer than a small one.
const ALLOCATE_BYTES_MIN: u64 = 256 << 10;
const ALLOCATE_BYTES_MAX: u64 = 64 << 20;
/// The least and the most that is written with zeros at a time: a small log's zeros stay small, and no append waits for
/// more than one such write, which it seldom catches up with.
const ZEROS_BYTES_MIN: u64 = 64 << 10;
const ZEROS_BYTES_MAX: u64 = 1 << 20;

/// Zeros that were written in front of the tail of the active segment.
#[derive(Default)]
pub(crate) struct Zeros {
    /// Where they end.
    end: Cell<u64>,
    /// Those on their way, and who is told when they have arrived.
    under_way: RefCell<Option<(Range<u64>, Rc<Signal>)>>,
}

impl Zeros {
    /// Waits while zeros are on their way that an append up to `end` would reach.
    pub(crate) async fn keep_off(&self, end: u64) {
        let arrival = match &*self.under_way.borrow() {
            Some((range, arrived)) if range.start < end => arrived.wait(),
            _ => return,
        };
        arrival.await;
    }

    /// A new segment has begun.
    pub(crate) fn reset(&self) {
        self.end.set(0);
    }

    fn begin(&self, range: &Range<u64>) {
        let begun = (range.clone(), Rc::default());
        self.under_way.replace(Some(begun));
    }

    fn arrived(&self) {
        if let Some((_, arrived)) = self.under_way.take() {
            arrived.set();
        }
    }
}

/// Prepares space in front of the tail where it runs short. Called between two appends.
pub(crate) fn prepare<D: Disk>(partition: &Rc<Partition<D>>, flushed: bool) {
    if partition.allocating.get() {
        return;
    }
    let (end, limit, file, segment) = {
        let log = partition.log.borrow();
        (
            log.written.position.0,
            u64::from(log.config.segment_bytes),
            log.active_file(),
            log.active().base_offset,
        )
    };
    let space = to_allocate(end, limit, partition.allocated.get());
    let zeros = match flushed {
        true => to_zero(end, partition.zeros.end.get(), partition.allocated.get()),
        false => None,
    };
    if space.is_none() && zeros.is_none() {
        return;
    }
    partition.allocating.set(true);
    if let Some(zeros) = &zeros {
        partition.zeros.begin(zeros);
    }
    let partition = partition.clone();
    partition.disk.clone().spawn(async move {
        if let Some(space) = space {
            allocate(&partition, &file, segment, space).await;
        }
        if let Some(zeros) = zeros {
            write_zeros(&partition, &file, segment, zeros).await;
        }
        if !is_active(&partition, segment) {
            trim_late(&partition, &file, segment).await;
        }
        // A clean stop waits for this, so that it comes last.
        partition.allocating.set(false);
    });
}

/// Whether a segment takes appends, and no roll has begun that seals it.
fn is_active<D: Disk>(partition: &Rc<Partition<D>>, segment: Offset) -> bool {
    let log = partition.log.borrow();
    log.active().base_offset == segment && !log.roll_begun
}

/// What to allocate behind `allocated`, if there is little left.
fn to_allocate(end: u64, limit: u64, allocated: u64) -> Option<Range<u64>> {
    let step = end
        .next_power_of_two()
        .clamp(ALLOCATE_BYTES_MIN, ALLOCATE_BYTES_MAX);
    if end + step / 2 <= allocated || allocated >= limit {
        return None;
    }
    let from = allocated.max(end.next_multiple_of(BLOCK as u64));
    let length = step
        .min(limit.saturating_sub(from))
        .next_multiple_of(BLOCK as u64);
    Some(from..from + length)
}

/// What to write with zeros behind `zeroed`, if there is little left: of what is allocated, and far enough in front of
/// the tail that the next append does not reach it.
fn to_zero(end: u64, zeroed: u64, allocated: u64) -> Option<Range<u64>> {
    let step = (end / 4)
        .next_power_of_two()
        .clamp(ZEROS_BYTES_MIN, ZEROS_BYTES_MAX);
    let is_known = allocated != u64::MAX;
    if !is_known || end + 2 * step <= zeroed {
        return None;
    }
    let start = zeroed.max((end + step / 4).next_multiple_of(BLOCK as u64));
    (start + step <= allocated).then(|| start..start + step)
}

async fn allocate<D: Disk>(
    partition: &Rc<Partition<D>>,
    file: &D::File,
    segment: Offset,
    space: Range<u64>,
) {
    let length = space.end - space.start;
    let outcome = partition.disk.allocate(file, space.start, length).await;
    if is_active(partition, segment) {
        // Where there is no room or no such operation, the file grows as it is written, and asking again would cost
        // each append a call.
        partition.allocated.set(match outcome {
            Ok(()) => space.end,
            Err(_) => u64::MAX,
        });
    }
}

async fn write_zeros<D: Disk>(
    partition: &Rc<Partition<D>>,
    file: &D::File,
    segment: Offset,
    zeros: Range<u64>,
) {
    let length = usize::try_from(zeros.end - zeros.start).expect("at most ZEROS_BYTES_MAX");
    let outcome = partition.disk.write_zeros(file, zeros.start, length).await;
    partition.zeros.arrived();
    // What was not written is written by the appends themselves, as before.
    if outcome.is_ok() && is_active(partition, segment) {
        partition.zeros.end.set(zeros.end);
    }
}

/// Gives back what was allocated ahead of a sealed segment's end.
pub(crate) async fn trim<D: Disk>(partition: &Rc<Partition<D>>, file: &D::File, end: Position) {
    if let Err(error) = partition.disk.truncate(file, end.0).await {
        let directory = partition.directory();
        tracing::warn!(partition = %directory.display(), %error, "a sealed segment keeps its allocated tail");
    }
}

/// The segment was sealed while space was being allocated for it; the trim at the roll may have come before.
async fn trim_late<D: Disk>(partition: &Rc<Partition<D>>, file: &D::File, segment: Offset) {
    let end = {
        let log = partition.log.borrow();
        log.segments
            .iter()
            .find(|sealed| sealed.base_offset == segment)
            .map(|sealed| sealed.end)
    };
    if let Some(end) = end {
        trim(partition, file, end).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;

    #[test]
    fn space_is_allocated_in_steps_that_grow_with_the_log() {
        assert_eq!(to_allocate(100, 1 << 30, 0), Some(4096..4096 + 256 * KIB));
        assert_eq!(to_allocate(100, 1 << 30, 260 * KIB), None);
        let step = 16 * MIB;
        assert_eq!(to_allocate(step - 1, 1 << 30, step), Some(step..2 * step));
        // Not beyond the segment's end.
        assert_eq!(to_allocate(100, 8192, 4096), Some(4096..8192));
        assert_eq!(to_allocate(100, 4096, 4096), None);
    }

    #[test]
    fn zeros_begin_past_what_the_next_append_reaches() {
        let first = to_zero(100, 0, MIB).expect("nothing is written");
        assert_eq!(first, 20 * KIB..84 * KIB);
        assert_eq!(
            to_zero(200, first.end, MIB),
            Some(first.end..first.end + 64 * KIB)
        );
    }

    #[test]
    fn zeros_stop_well_in_front_of_the_tail_and_at_the_allocated_end() {
        assert_eq!(to_zero(100, 148 * KIB, MIB), None);
        assert_eq!(to_zero(100, 84 * KIB, 84 * KIB), None);
        assert_eq!(to_zero(0, 0, u64::MAX), None, "nothing is allocated ahead");
    }

    #[test]
    fn an_append_waits_for_zeros_that_it_would_reach_and_for_no_others() {
        use std::pin::pin;
        use std::task::{Context, Waker};
        let zeros = Zeros::default();
        let mut context = Context::from_waker(Waker::noop());
        zeros.begin(&(8192..65536));
        assert!(pin!(zeros.keep_off(8192)).poll(&mut context).is_ready());
        let mut waits = pin!(zeros.keep_off(8193));
        assert!(waits.as_mut().poll(&mut context).is_pending());
        zeros.arrived();
        assert!(waits.as_mut().poll(&mut context).is_ready());
        assert!(pin!(zeros.keep_off(65536)).poll(&mut context).is_ready());
    }
}
