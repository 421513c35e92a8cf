//! What a repair does about damage: which bytes stay, which fields are put right, what is cut, and what fills the place
//! of offsets that are lost.
//!
//! Invariants: a whole batch in its place is never touched; nothing is cut that is not listed; after the repair offsets
//! are dense again, so that recovery needs no rule for gaps: where records are lost, empty batches take up their
//! offsets, as Kafka's compaction leaves them. An offset that was durable is never given out a second time. Pure but
//! for what [`LogBytes`] reads; the files are changed elsewhere.

mod pieces;

pub use pieces::empty_batches;

use std::io;

use super::LogBytes;
use super::batches::{Batches, Damage, Depth, Found, WalkFrom};
use super::partition::{PartitionFacts, tail_decision};
use super::segment::{Identity, SegmentFacts, check_segment, identify, is_field_only};
use crate::batch::Gaps;
use crate::leader_epoch::LeaderEpochs;
use crate::types::Offset;
use pieces::Pieces;

/// Empty segments that a repair makes at most: each takes up 2³¹ offsets. A larger hole is no lost segment but a file
/// that does not belong here.
const EMPTY_SEGMENTS_MAX: usize = 64;
/// The most offsets of one segment, so that its index can name them.
const SEGMENT_OFFSETS_MAX: i64 = i32::MAX as i64;

/// A part of a segment's new log, or of what is cut from the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes stay as they are.
    Keep {
        /// Where they are.
        position: u64,
        /// How many.
        length: u64,
    },
    /// A batch whose records are whole gets right what lies outside its CRC.
    Mend {
        /// Where it is.
        position: u64,
        /// The mended batch, as long as before.
        bytes: Vec<u8>,
        /// What was wrong.
        message: String,
    },
    /// Empty batches take up offsets whose records are lost.
    Fill {
        /// The first offset.
        from: i64,
        /// The offset behind the last.
        to: i64,
    },
    /// These bytes go; they are saved first.
    Cut {
        /// Where they are.
        position: u64,
        /// How many.
        length: u64,
        /// Why.
        message: String,
    },
}

/// What to do with one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentStep {
    /// Write its log anew from these pieces.
    Rewrite {
        /// Its base offset.
        base_offset: i64,
        /// The pieces, in the order of the file.
        pieces: Vec<Piece>,
    },
    /// Give it the name of what it holds.
    Rename {
        /// The base offset in its name.
        from: i64,
        /// That of its first batch.
        to: i64,
    },
    /// Move its files away: the log is whole without them, or they are of another log.
    SetAside {
        /// The base offset in its name.
        base_offset: i64,
        /// Why.
        message: String,
    },
    /// Make a segment of empty batches in the place of one that is missing.
    Create {
        /// Its first offset.
        from: i64,
        /// The offset behind its last.
        to: i64,
    },
}

/// What to do with a partition's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairPlan {
    /// Steps, in the order of offsets.
    pub steps: Vec<SegmentStep>,
    /// Whether the epoch checkpoint contradicts the log and is made again from it.
    pub epochs_are_wrong: bool,
    /// The epochs by the log, for that case.
    pub epochs: LeaderEpochs,
    /// The first offset that the log has afterwards.
    pub log_start: i64,
    /// The offset behind the last one afterwards.
    pub log_end: i64,
}

impl RepairPlan {
    /// Offset ranges whose records are lost, each with its end exclusive.
    #[must_use]
    pub fn lost(&self) -> Vec<(i64, i64)> {
        let mut lost = Vec::new();
        for step in &self.steps {
            match step {
                SegmentStep::Create { from, to } => lost.push((*from, *to)),
                SegmentStep::Rewrite { pieces, .. } => {
                    lost.extend(pieces.iter().filter_map(|piece| match piece {
                        Piece::Fill { from, to } => Some((*from, *to)),
                        _ => None,
                    }));
                }
                SegmentStep::Rename { .. } | SegmentStep::SetAside { .. } => {}
            }
        }
        lost
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A log cannot be read: what it holds is not known to be lost.
    #[error("segment {base_offset} cannot be read: {source}")]
    Unreadable {
        /// Its base offset.
        base_offset: i64,
        /// The kernel's answer.
        source: io::Error,
    },
    /// More offsets are missing than any lost segments could have held.
    #[error(
        "offsets {from} to {to} are missing, more than lost segments can have held; look at what begins at {to}, and move it away if it is of another log"
    )]
    HoleTooLarge {
        /// The first offset missing.
        from: i64,
        /// Where the log goes on.
        to: i64,
    },
}

/// Plans the repair of a partition whose segments are named after `base_offsets`, in rising order.
///
/// # Errors
/// See [`PlanError`].
pub fn plan<S: LogBytes>(
    facts: &PartitionFacts,
    base_offsets: &[i64],
    mut open: impl FnMut(i64) -> io::Result<S>,
) -> Result<RepairPlan, PlanError> {
    let mut planner = Planner {
        facts,
        epochs: facts.known_epochs().cloned(),
        plan: RepairPlan::default(),
    };
    let mut known = Vec::new();
    for base_offset in base_offsets.iter().copied() {
        let unreadable = |source| PlanError::Unreadable {
            base_offset,
            source,
        };
        let mut source = open(base_offset).map_err(unreadable)?;
        known.push((
            base_offset,
            identify(&mut source, base_offset).map_err(unreadable)?,
        ));
    }
    planner.judge_epochs(&known, &mut open)?;
    planner.segments(&known, &mut open)?;
    Ok(planner.plan)
}

struct Planner<'f> {
    facts: &'f PartitionFacts,
    /// The epochs that batches have to agree with.
    epochs: Option<LeaderEpochs>,
    plan: RepairPlan,
}

impl Planner<'_> {
    /// Finds out what the log itself says of epochs, and whether the checkpoint can be believed.
    fn judge_epochs<S: LogBytes>(
        &mut self,
        known: &[(i64, Identity)],
        open: &mut impl FnMut(i64) -> io::Result<S>,
    ) -> Result<(), PlanError> {
        let mut disagreements = 0;
        for (base_offset, identity) in known {
            if *identity != Identity::Named {
                continue;
            }
            let unreadable = |source| PlanError::Unreadable {
                base_offset: *base_offset,
                source,
            };
            let walk = self.walk(*base_offset, None, self.epochs.as_ref());
            let facts = SegmentFacts {
                walk,
                offset_entries: None,
                time_entries: None,
            };
            let source = open(*base_offset).map_err(unreadable)?;
            let report = check_segment(source, facts, |_| {}).map_err(unreadable)?;
            disagreements += report.epoch_disagreements;
            for entry in report.epochs.entries() {
                let rises = self
                    .plan
                    .epochs
                    .latest()
                    .is_none_or(|latest| entry.epoch > latest.epoch);
                if rises {
                    let _ = self.plan.epochs.assign(entry.epoch, entry.start_offset);
                }
            }
        }
        let is_bad = matches!(self.facts.epochs, Some(Err(_)));
        self.plan.epochs_are_wrong = is_bad || disagreements > 0;
        if self.plan.epochs_are_wrong {
            self.epochs =
                Some(self.plan.epochs.clone()).filter(|epochs| !epochs.entries().is_empty());
        }
        Ok(())
    }

    fn walk<'e>(
        &self,
        base_offset: i64,
        offset_limit: Option<i64>,
        epochs: Option<&'e LeaderEpochs>,
    ) -> WalkFrom<'e> {
        WalkFrom {
            base_offset,
            depth: Depth::Contents,
            gaps: self.facts.gaps,
            offset_limit,
            epochs,
        }
    }

    fn segments<S: LogBytes>(
        &mut self,
        known: &[(i64, Identity)],
        open: &mut impl FnMut(i64) -> io::Result<S>,
    ) -> Result<(), PlanError> {
        let log_start = self.facts.log_start().map_or(0, |start| start.0);
        let durable_end = self.facts.known_durable_end().map_or(0, |end| end.0);
        let mut end: Option<i64> = None;
        for (index, (base_offset, identity)) in known.iter().copied().enumerate() {
            let named_later = known[index + 1..]
                .iter()
                .find(|(_, identity)| *identity == Identity::Named)
                .map(|(base_offset, _)| *base_offset);
            // Retention would have dropped it.
            let is_below_start = named_later.is_some_and(|next| next <= log_start) && end.is_none();
            if is_below_start {
                continue;
            }
            if let Some(message) = self.reason_to_set_aside(base_offset, identity, end) {
                self.plan.steps.push(SegmentStep::SetAside {
                    base_offset,
                    message,
                });
                continue;
            }
            let start = match identity {
                Identity::Named => base_offset,
                Identity::Contains { first_offset } => {
                    self.plan.steps.push(SegmentStep::Rename {
                        from: base_offset,
                        to: first_offset,
                    });
                    first_offset
                }
            };
            self.hole(end.unwrap_or(start), start)?;
            let unreadable = |source| PlanError::Unreadable {
                base_offset,
                source,
            };
            if end.is_none() {
                self.plan.log_start = start.max(log_start);
            }
            let last_end = (index + 1 == known.len()).then_some(durable_end);
            let source = open(base_offset).map_err(unreadable)?;
            let behind = self
                .segment(source, start, named_later, last_end)
                .map_err(unreadable)?;
            end = Some(behind);
        }
        let end = end.unwrap_or_else(|| {
            self.plan.log_start = log_start;
            log_start
        });
        self.hole(end, durable_end)?;
        self.plan.log_end = end.max(durable_end);
        Ok(())
    }

    fn reason_to_set_aside(
        &self,
        base_offset: i64,
        identity: Identity,
        end: Option<i64>,
    ) -> Option<String> {
        match (identity, end) {
            (Identity::Contains { first_offset }, Some(end)) if first_offset == end => None,
            (Identity::Contains { first_offset }, _) => Some(format!(
                "it begins with offset {first_offset}, which is not its name and not where the log before it ends"
            )),
            (Identity::Named, Some(end)) if base_offset < end => Some(format!(
                "the segment before it holds offsets up to {}",
                end - 1
            )),
            (Identity::Named, _) => None,
        }
    }

    /// Takes up the offsets between segments.
    fn hole(&mut self, from: i64, to: i64) -> Result<(), PlanError> {
        let is_end = self.facts.known_durable_end() == Some(Offset(to));
        if self.facts.gaps == Gaps::Allowed && !is_end {
            return Ok(());
        }
        let mut start = from;
        let mut count = 0;
        while start < to {
            count += 1;
            if count > EMPTY_SEGMENTS_MAX {
                return Err(PlanError::HoleTooLarge { from, to });
            }
            let end = to.min(start.saturating_add(SEGMENT_OFFSETS_MAX));
            // A segment that has lost everything keeps its file, which gets the empty batches.
            let is_empty_file = |step: &SegmentStep| matches!(step, SegmentStep::Rewrite { base_offset, .. } if *base_offset == start);
            match self
                .plan
                .steps
                .last_mut()
                .filter(|step| is_empty_file(step))
            {
                Some(SegmentStep::Rewrite { pieces, .. }) => {
                    pieces.push(Piece::Fill {
                        from: start,
                        to: end,
                    });
                }
                _ => self.plan.steps.push(SegmentStep::Create {
                    from: start,
                    to: end,
                }),
            }
            start = end;
        }
        Ok(())
    }

    /// Plans one segment, the last one with the durable end; returns the offset behind it.
    fn segment<S: LogBytes>(
        &mut self,
        source: S,
        base_offset: i64,
        offset_limit: Option<i64>,
        last_end: Option<i64>,
    ) -> io::Result<i64> {
        let mut pieces = Pieces::new(base_offset);
        let epochs = self.epochs.clone();
        let epochs = epochs.as_ref();
        let mut batches = Batches::new(source, self.walk(base_offset, offset_limit, epochs));
        let mut pending: Option<Damage> = None;
        loop {
            let found = batches.advance()?.map(Seen::from);
            match found {
                Some(Seen::Damage(damage)) if is_field_only(&damage.kind) => {
                    if let Some(before) = pending.take() {
                        pieces.resolve(
                            batches.source(),
                            before,
                            Some(damage.expected_offset),
                            epochs,
                        )?;
                    }
                    pieces.mend_fields(batches.source(), &damage, epochs)?;
                }
                Some(Seen::Damage(damage)) => {
                    pending = Some(match pending.take() {
                        Some(before) => Damage {
                            length: damage.position + damage.length - before.position,
                            ..before
                        },
                        None => damage,
                    });
                }
                Some(Seen::Batch {
                    position,
                    length,
                    base_offset,
                    next_offset,
                }) => {
                    if let Some(before) = pending.take() {
                        pieces.resolve(batches.source(), before, Some(base_offset), epochs)?;
                    }
                    pieces.keep(position, length, next_offset);
                }
                // A file that is written anew ends behind its last batch; one that is not keeps its space.
                Some(Seen::Zeros) => {}
                None => break,
            }
        }
        if let Some(before) = pending.take() {
            pieces.resolve(batches.source(), before, None, epochs)?;
        }
        let last = last_end.map(|fill_to| (fill_to, batches.source()));
        self.finish_segment(pieces, last)
    }

    /// `last` is there for the last segment: the durable end, and the bytes once more.
    fn finish_segment<S: LogBytes>(
        &mut self,
        mut pieces: Pieces,
        last: Option<(i64, &mut S)>,
    ) -> io::Result<i64> {
        if !pieces.is_changed() {
            return Ok(pieces.end);
        }
        let base_offset = pieces.base_offset;
        if let Some((durable_end, source)) = last {
            if let Some(end) = self.recoverable_end(source, base_offset)? {
                return Ok(end);
            }
            if durable_end - base_offset <= SEGMENT_OFFSETS_MAX {
                pieces.fill(durable_end);
            }
        }
        self.plan.steps.push(SegmentStep::Rewrite {
            base_offset,
            pieces: pieces.list,
        });
        Ok(pieces.end)
    }

    /// Where the next start of the broker ends the log by itself, if it does.
    fn recoverable_end<S: LogBytes>(
        &self,
        source: &mut S,
        base_offset: i64,
    ) -> io::Result<Option<i64>> {
        let facts = SegmentFacts {
            walk: self.walk(base_offset, None, self.epochs.as_ref()),
            offset_entries: None,
            time_entries: None,
        };
        let report = check_segment(Again(source), facts, |_| {})?;
        let decision = tail_decision(self.facts, &report);
        let mut damages = report.damages.iter();
        let is_mendable = damages.any(|damage| is_field_only(&damage.kind));
        let end = decision.action.log_end().map(|end| end.offset.0);
        Ok(end.filter(|_| !is_mendable))
    }
}

/// The same bytes once more.
struct Again<'s, S>(&'s mut S);

impl<S: LogBytes> LogBytes for Again<'_, S> {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn bytes(&mut self, position: u64, length: u64) -> io::Result<&[u8]> {
        self.0.bytes(position, length)
    }
}

/// What the walk found, without its bytes.
enum Seen {
    Batch {
        position: u64,
        length: u64,
        base_offset: i64,
        next_offset: i64,
    },
    Damage(Damage),
    Zeros,
}

impl From<Found<'_>> for Seen {
    fn from(found: Found<'_>) -> Seen {
        match found {
            Found::Batch(batch) => Seen::Batch {
                position: batch.position,
                length: batch.length,
                base_offset: batch.header.base_offset().0,
                next_offset: batch
                    .header
                    .next_offset()
                    .map_or(i64::MAX, |offset| offset.0),
            },
            Found::Damage(damage) => Seen::Damage(damage),
            Found::Zeros { .. } => Seen::Zeros,
        }
    }
}

#[cfg(test)]
mod tests;
