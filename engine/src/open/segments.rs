//! The walk over one segment: from a place that is known to be good to its end, decision by decision, and over damage
//! where the log can be found again behind it.
//!
//! Shard-local. Invariants: every walk ends in a decision of [`crate::recovery`]; a range between a refusal and the
//! place where the log goes on is remembered as damaged, so that a read of it fails; after a refusal nothing of the
//! partition is changed.

use std::path::PathBuf;

use super::walk::{self, Walked};
use super::{OpenError, Opening, at};
use crate::batch::{Gaps, ScanFrom, ScannedBatch};
use crate::checkpoint::DurableEnd;
use crate::io::Disk;
use crate::log::DamagedRange;
use crate::planted::{self, Bug};
use crate::recovery::{self, Action, Decision, Place, Row, TailFacts};
use crate::segment::Segment;
use crate::types::{LeaderEpoch, Offset, Position};

/// Damaged ranges of one segment behind which the log is looked for again. What lies behind the last one is not
/// served.
const DAMAGED_RANGES_MAX: usize = 64;

/// A segment's file, and what the other files say of it.
pub(super) struct SegmentFile<F> {
    pub(super) base_offset: Offset,
    pub(super) path: PathBuf,
    pub(super) file: F,
    pub(super) length: u64,
    /// The base offset of the next segment; none for the last one.
    pub(super) next: Option<Offset>,
    pub(super) gaps: Gaps,
}

/// Where a walk begins, and what is known of the segment up to there.
pub(super) struct WalkStart<F> {
    pub(super) segment: Segment<F>,
    /// Producers are as of this offset: batches before it have been counted.
    pub(super) producers_offset: Offset,
}

impl<D: Disk> Opening<D> {
    /// Walks to the end of the segment.
    pub(super) async fn walk_segment(
        &mut self,
        on_disk: &SegmentFile<D::File>,
        start: WalkStart<D::File>,
    ) -> Result<Segment<D::File>, OpenError> {
        let mut segment = start.segment;
        for _ in 0..DAMAGED_RANGES_MAX {
            let begin = segment.end_place();
            let (walked, durable_end_missed) = self
                .walk_on(on_disk, &mut segment, start.producers_offset)
                .await;
            self.last_block = Some(walked.last_block.clone());
            let facts = self.facts(on_disk, &walked, durable_end_missed);
            let decision = recovery::decide(&facts);
            self.apply(decision, on_disk, walked.zeros_to).await?;
            let Action::Refuse { at } = decision.action else {
                return Ok(segment);
            };
            let range = self.range_of(on_disk, decision.row, begin, at, &walked);
            let range = range.await;
            self.damaged.push(range);
            // Ranges that end with the file, or beyond it, leave nothing to walk.
            if range.segment != on_disk.base_offset || range.end.position.0 >= on_disk.length {
                return Ok(segment);
            }
            segment.skip_to(range.end);
        }
        self.damaged.push(rest_of(on_disk, segment.end_place()));
        Ok(segment)
    }

    /// Walks from the segment's end until the file ends or something is no batch in its place. Also tells where the
    /// checkpoint says that the log was durable, when the walk has come by and there is no such place.
    async fn walk_on(
        &mut self,
        on_disk: &SegmentFile<D::File>,
        segment: &mut Segment<D::File>,
        producers_offset: Offset,
    ) -> (Walked, Option<Place>) {
        let begin = segment.end_place();
        let from = self.scan_from(on_disk, begin);
        let mut durable = self
            .durable_end_in(on_disk)
            .and_then(|place| DurableBoundary::new(place, begin));
        // A clean stop leaves nothing allocated, and without a checkpoint zeros may be what was durable.
        let is_live = on_disk.next.is_none() && !self.request.clean_stop;
        let allocated_from = self.durable_end().filter(|_| is_live);
        let allocated_from = allocated_from.map(|durable| durable.durable_end);
        let epochs_are_known = self.epochs_are_known;
        let (producers, epochs, config) =
            (&mut self.producers, &mut self.epochs, &self.request.config);
        let note = |batch: &ScannedBatch| {
            let header = &batch.header;
            let last_offset = header.last_offset().expect("the scan has checked it");
            if epochs_are_known && !epochs.agrees_with(header.base_offset(), header.leader_epoch())
            {
                return false;
            }
            if !epochs_are_known {
                // Negative epochs are not assigned; batches of other brokers may carry them.
                let _ = epochs.assign(header.leader_epoch(), header.base_offset());
            }
            let is_new = header.base_offset() >= producers_offset;
            if is_new && !planted::is(Bug::ProducersNotReplayed) {
                let decided = producers.update(header, header.base_offset(), batch.marker);
                if let Some(decided) = decided {
                    let undecided = producers.first_open_transaction_offset();
                    segment.note_decided(&decided, undecided);
                }
            }
            segment.note(header, last_offset, batch.size as u64, config);
            if let Some(durable) = &mut durable {
                durable.pass(segment.end_place());
            }
            true
        };
        let rules = walk::WalkRules {
            progress: &self.request.progress,
            allocated_from,
        };
        let file = &on_disk.file;
        let mut walked =
            walk::scan_file(&self.disk, file, from, on_disk.length, &rules, note).await;
        let missed = durable.and_then(|durable| durable.missed_by(walked.outcome.place()));
        walked.outcome = self.cleaner.reached(on_disk.base_offset, walked.outcome);
        (walked, missed)
    }

    pub(super) fn scan_from(&self, on_disk: &SegmentFile<D::File>, begin: Place) -> ScanFrom {
        ScanFrom {
            position: begin.position,
            offset: begin.offset,
            epoch_min: LeaderEpoch::UNDEFINED,
            epoch_max: self.epoch_max,
            gaps: on_disk.gaps,
            batch_bytes_max: walk::BATCH_BYTES_MAX,
        }
    }

    /// Where the checkpoint says that the durable end lies, if it is in this segment and the segment is the last one.
    /// Sealed segments may be rewritten with other positions.
    pub(super) fn durable_end_in(&self, on_disk: &SegmentFile<D::File>) -> Option<Place> {
        let DurableEnd {
            durable_end,
            segment_base_offset,
            position,
            log_start_offset,
            ..
        } = self.durable_end()?;
        // A log start above what was durable raises the offset and leaves the position.
        let is_here = on_disk.next.is_none()
            && segment_base_offset == on_disk.base_offset
            && durable_end > log_start_offset;
        is_here.then_some(Place {
            position,
            offset: durable_end,
        })
    }

    fn facts(
        &self,
        on_disk: &SegmentFile<D::File>,
        walked: &Walked,
        durable_end_missed: Option<Place>,
    ) -> TailFacts {
        let place = walked.outcome.place();
        let leader_epoch = self.epochs.epoch_for_offset(place.offset);
        TailFacts {
            durable_end: self.durable_end().map(|durable| durable.durable_end),
            durable_end_missed,
            clean_stop: self.request.clean_stop,
            next_segment: on_disk.next,
            outcome: walked.outcome,
            leader_epoch: leader_epoch.unwrap_or(walked.leader_epoch),
            unflushed_bytes_max: self.request.config.segment_bytes.into(),
        }
    }

    async fn apply(
        &mut self,
        decision: Decision,
        on_disk: &SegmentFile<D::File>,
        zeros_to: Option<Position>,
    ) -> Result<(), OpenError> {
        let SegmentFile { path, file, .. } = on_disk;
        match decision.action {
            Action::Refuse { at } => {
                self.refuse(&format!(
                    "{} is damaged at position {}, where offset {} should be ({})",
                    path.display(),
                    at.position,
                    at.offset,
                    decision.row.label(),
                ));
                Ok(())
            }
            // A partition that refuses writes is left as it was found.
            _ if self.is_refused() => Ok(()),
            Action::Keep { .. } => Ok(()),
            Action::TrimZeros { to } if on_disk.next.is_some() => self
                .disk
                .truncate(file, to.position.0)
                .await
                .map_err(at(path)),
            Action::TrimZeros { .. } => match zeros_to {
                // What was not read must never be found behind what is written next. The first flush of that is one of
                // the new length as well, so that a start needs none of its own, with thousands of logs.
                Some(zeros_to) => {
                    let trimmed = self.disk.truncate(file, zeros_to.0).await;
                    trimmed.map_err(at(path))
                }
                None => Ok(()),
            },
            Action::CutTornTail { to } => {
                let cut_bytes = on_disk.length - to.position.0;
                let rule = decision.row.label();
                tracing::warn!(
                    path = %path.display(), position = %to.position, offset = %to.offset, cut_bytes, rule,
                    "cut a torn tail"
                );
                self.cut = Some(format!(
                    "{}: {cut_bytes} bytes from position {} on, offset {} ({rule})",
                    path.display(),
                    to.position,
                    to.offset,
                ));
                self.disk
                    .truncate(file, to.position.0)
                    .await
                    .map_err(at(path))?;
                self.disk.flush(file).await.map_err(at(path))
            }
        }
    }

    /// What a refusal at `at` keeps from being served.
    async fn range_of(
        &self,
        on_disk: &SegmentFile<D::File>,
        row: Row,
        begin: Place,
        at: Place,
        walked: &Walked,
    ) -> DamagedRange {
        match row {
            Row::OverlappingSegments => overlap(on_disk, at),
            // Nothing of what the walk has found is known to be this partition's.
            Row::CheckpointDisagrees => rest_of(on_disk, begin),
            Row::MissingOffsets | Row::ShorterThanDurableEnd => rest_of(on_disk, at),
            _ => {
                let from = ScanFrom {
                    epoch_min: walked.leader_epoch,
                    ..self.scan_from(on_disk, at)
                };
                match self.place_behind(on_disk, from).await {
                    Some(end) => DamagedRange {
                        segment: on_disk.base_offset,
                        start: at,
                        end,
                    },
                    None => rest_of(on_disk, at),
                }
            }
        }
    }
}

/// From `start` to the next segment, or without an end in the last one.
fn rest_of<F>(on_disk: &SegmentFile<F>, start: Place) -> DamagedRange {
    DamagedRange {
        segment: on_disk.base_offset,
        start,
        end: Place {
            position: Position(u64::MAX),
            offset: on_disk.next.unwrap_or(Offset(i64::MAX)),
        },
    }
}

/// What this segment, which ends at `end`, and the next one both hold: nothing says which of them is right.
fn overlap<F>(on_disk: &SegmentFile<F>, end: Place) -> DamagedRange {
    let next = on_disk.next.unwrap_or(end.offset);
    DamagedRange {
        segment: next,
        start: Place {
            position: Position::ZERO,
            offset: next,
        },
        end: Place {
            position: Position::ZERO,
            offset: end.offset,
        },
    }
}

/// Watches whether a walk passes the place of the durable end between two batches.
struct DurableBoundary {
    place: Place,
    is_passed: bool,
}

impl DurableBoundary {
    /// None for a walk that begins behind it.
    fn new(place: Place, begin: Place) -> Option<DurableBoundary> {
        (begin.position <= place.position).then_some(DurableBoundary {
            place,
            is_passed: begin == place,
        })
    }

    fn pass(&mut self, place: Place) {
        self.is_passed |= place == self.place;
    }

    /// The place, when a walk to `end` should have passed it and has not.
    fn missed_by(&self, end: Place) -> Option<Place> {
        let is_behind = end.position >= self.place.position || end.offset >= self.place.offset;
        (is_behind && !self.is_passed).then_some(self.place)
    }
}
