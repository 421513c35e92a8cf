//! What has to hold between the segments of a partition and the small files beside them.
//!
//! The end of the log is judged by the very table that the broker's recovery uses, so that a tail which the next start
//! cuts is not called damage here, and one that it refuses is. Pure: reports and decoded files in, findings out.

use super::batches::Damage;
use super::segment::{SegmentReport, is_field_only};
use super::{Finding, Severity};
use crate::batch::Gaps;
use crate::checkpoint::{CheckpointError, DecodedCheckpoint};
use crate::compaction::checkpoint::CleanerCheckpoint;
use crate::file_name::{
    DURABLE_END_CHECKPOINT, LEADER_EPOCH_CHECKPOINT, SegmentFileKind, SegmentFileName,
};
use crate::leader_epoch::{EpochCheckpointError, LeaderEpochs};
use crate::producer_state::{ProducerStates, SnapshotError};
use crate::recovery::{
    Action, Decision, Follows, Found, Place, Row, ScanOutcome, TailFacts, decide,
};
use crate::types::{LeaderEpoch, Offset, Position};

/// Who wrote a partition, as far as its files tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// This broker.
    Corelane,
    /// This broker's catalogue of topics, which has no checkpoints.
    Catalogue,
    /// Apache Kafka, or nothing tells.
    Kafka,
}

/// What is known of a partition beside its segments.
#[derive(Debug)]
pub struct PartitionFacts {
    /// Who wrote it.
    pub origin: Origin,
    /// Whether compaction may have left gaps anywhere.
    pub gaps: Gaps,
    /// Which segments compaction wrote, where that is known: gaps may be in those alone, as recovery has it. None for
    /// Kafka's partitions, and while a broker may be compacting.
    pub cleaned: Option<CleanerCheckpoint>,
    /// The durable-end checkpoint, where there is a file.
    pub durable_end: Option<Result<DecodedCheckpoint, CheckpointError>>,
    /// Kafka's recovery point for the partition.
    pub recovery_point: Option<Offset>,
    /// The epoch checkpoint, where there is a file.
    pub epochs: Option<Result<LeaderEpochs, EpochCheckpointError>>,
    /// Producer snapshots with the offsets of their names.
    pub snapshots: Vec<(Offset, Result<ProducerStates, SnapshotError>)>,
    /// Whether the last stop flushed and saved everything.
    pub clean_stop: bool,
    /// Whether a broker has the directory open, so that the end of the log moves.
    pub is_running: bool,
    /// See [`TailFacts::unflushed_bytes_max`].
    pub unflushed_bytes_max: u64,
}

impl PartitionFacts {
    /// The durable end that damage is measured against.
    #[must_use]
    pub fn known_durable_end(&self) -> Option<Offset> {
        match &self.durable_end {
            Some(Ok(checkpoint)) => Some(checkpoint.durable_end.durable_end),
            _ => self.recovery_point,
        }
    }

    /// The log start of the checkpoint.
    #[must_use]
    pub fn log_start(&self) -> Option<Offset> {
        match &self.durable_end {
            Some(Ok(checkpoint)) => Some(checkpoint.durable_end.log_start_offset),
            _ => None,
        }
    }

    /// Whether compaction may have left gaps in the segment at `base_offset`.
    #[must_use]
    pub fn gaps_in(&self, base_offset: i64) -> Gaps {
        match &self.cleaned {
            Some(cleaned) if cleaned.segment(Offset(base_offset)).is_some() => Gaps::Allowed,
            Some(_) => Gaps::Refused,
            None => self.gaps,
        }
    }

    /// Whether compaction may have left a gap between the segment at `base_offset` and one that begins at `next`.
    fn may_skip_to(&self, base_offset: i64, next: i64) -> bool {
        match &self.cleaned {
            Some(cleaned) => cleaned
                .segment(Offset(base_offset))
                .is_some_and(|segment| segment.covers_to.0 >= next),
            None => self.gaps == Gaps::Allowed,
        }
    }

    /// The epochs of the checkpoint, where it can be read.
    #[must_use]
    pub fn known_epochs(&self) -> Option<&LeaderEpochs> {
        self.epochs.as_ref().and_then(|epochs| epochs.as_ref().ok())
    }
}

/// Judges a partition from what was found in its segments, in the order of their names. Segments that could not be
/// read are `None`.
#[must_use]
pub fn judge(facts: &PartitionFacts, segments: &[Option<SegmentReport>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let last = segments.iter().rposition(Option::is_some);
    for (index, report) in segments.iter().enumerate() {
        let Some(report) = report else { continue };
        let is_tail = Some(index) == last && index + 1 == segments.len();
        let tail = is_tail.then(|| tail_decision(facts, report));
        findings.extend(of_segment(facts, report, tail));
    }
    findings.extend(between_segments(facts, segments));
    findings.extend(checkpoints(facts, segments));
    findings.extend(snapshots(facts, segments));
    findings
}

fn log_name(report: &SegmentReport) -> String {
    SegmentFileName::live(Offset(report.base_offset), SegmentFileKind::Log).to_string()
}

/// What the broker's recovery would do with the end of the last segment.
#[must_use]
pub fn tail_decision(facts: &PartitionFacts, report: &SegmentReport) -> Decision {
    let place = |position: u64, offset: i64| Place {
        position: Position(position),
        offset: Offset(offset),
    };
    let end = place(report.end_position, report.next_offset);
    let outcome = match (report.damages.first(), report.zeros_from) {
        (Some(damage), _) => ScanOutcome::Damage {
            place: place(damage.position, damage.expected_offset),
            found: Found::Nothing,
            follows: what_follows(report, damage),
        },
        (None, Some(_)) => ScanOutcome::Damage {
            place: end,
            found: Found::Nothing,
            follows: Follows::Zeros,
        },
        (None, None) => ScanOutcome::CleanEnd { end },
    };
    let at = outcome.place();
    let leader_epoch = facts
        .known_epochs()
        .and_then(|epochs| epochs.epoch_for_offset(at.offset))
        .or(report.epochs.epoch_for_offset(at.offset))
        .unwrap_or(LeaderEpoch::UNDEFINED);
    let decision = decide(&TailFacts {
        durable_end: facts.known_durable_end(),
        durable_end_missed: None,
        clean_stop: facts.clean_stop,
        next_segment: None,
        outcome,
        leader_epoch,
        unflushed_bytes_max: facts.unflushed_bytes_max,
    });
    let is_torn_catalogue = facts.origin == Origin::Catalogue
        && matches!(
            outcome,
            ScanOutcome::Damage {
                follows: Follows::Rubbish,
                ..
            }
        );
    match decision.row {
        // Each batch of the catalogue is flushed before the next: the last one may be torn at any time.
        Row::DamageWithoutCheckpoint | Row::RotAfterCleanStop if is_torn_catalogue => Decision {
            row: Row::TornTail,
            action: Action::CutTornTail { to: at },
        },
        _ => decision,
    }
}

fn what_follows(report: &SegmentReport, damage: &Damage) -> Follows {
    match report.last_batch {
        Some((position, offset, epoch)) if position >= damage.position => Follows::LaterBatch {
            place: Place {
                position: Position(position),
                offset: Offset(offset),
            },
            leader_epoch: LeaderEpoch(epoch),
        },
        _ => Follows::Rubbish,
    }
}

/// The findings of one segment; `tail` is there for the last one.
fn of_segment(
    facts: &PartitionFacts,
    report: &SegmentReport,
    tail: Option<Decision>,
) -> Vec<Finding> {
    let log = log_name(report);
    let is_unfinished = tail.is_some_and(|decision| {
        !matches!(decision.action, Action::Refuse { .. })
            && !report
                .damages
                .iter()
                .any(|damage| is_field_only(&damage.kind))
    });
    let first = report.damages.first();
    // A writer is at work above the durable end: what a reader sees there may be half a write.
    let is_being_written = facts.is_running
        && tail.is_some()
        && first.is_some_and(|damage| {
            facts
                .known_durable_end()
                .is_none_or(|end| damage.expected_offset >= end.0)
        });
    let mut findings = Vec::new();
    if let (Some(damage), true) = (first, is_unfinished || is_being_written) {
        let message = if facts.is_running {
            "unfinished tail: a broker is writing here".to_owned()
        } else {
            format!(
                "unfinished tail ({}): recovery will cut it at the next start",
                damage.kind
            )
        };
        let note = Finding::note(&*log, "unfinished-tail", message);
        findings.push(Finding {
            length: Some(report.file_bytes - damage.position),
            ..note.at(damage.position, damage.expected_offset)
        });
    } else {
        findings.extend(report.damages.iter().map(|damage| of_damage(&log, damage)));
        if let (Some(Action::Refuse { at }), true) =
            (tail.map(|tail| tail.action), report.damages.is_empty())
        {
            let message = format!(
                "the log ends below the durable end, which is offset {}",
                facts.known_durable_end().unwrap_or(at.offset)
            );
            let damage = Finding::damage(&*log, "shorter-than-durable-end", message);
            findings.push(damage.at(at.position.0, at.offset.0));
        }
    }
    if let (Some(position), Some(_)) = (report.zeros_from, tail) {
        let length = report.file_bytes - position;
        let message =
            format!("{length} bytes of zeros up to the end: allocated ahead, not written yet");
        let note = Finding::note(&*log, "allocated-space", message);
        findings.push(note.at(position, report.next_offset));
    }
    // What a crash left of the active segment's indexes is made again at the start.
    let is_index_moving = tail.is_some() && !facts.clean_stop && facts.origin != Origin::Kafka;
    findings.extend(report.findings.iter().cloned().map(|finding| {
        match finding.file != log && (is_index_moving || (tail.is_some() && facts.is_running)) {
            true => Finding {
                severity: Severity::Note,
                ..finding
            },
            false => finding,
        }
    }));
    findings
}

fn of_damage(log: &str, damage: &Damage) -> Finding {
    let finding = Finding::damage(log, damage.kind.name(), damage.kind.to_string());
    Finding {
        length: Some(damage.length),
        ..finding.at(damage.position, damage.expected_offset)
    }
}

fn between_segments(facts: &PartitionFacts, segments: &[Option<SegmentReport>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let first = segments.first().and_then(Option::as_ref);
    if let (Some(first), Some(log_start)) = (first, facts.log_start())
        && first.base_offset > log_start.0
    {
        let message = format!(
            "offsets {log_start} to {} lie in no segment, and readers may ask for them",
            first.base_offset - 1
        );
        findings.push(Finding::damage("", "missing-segment", message).at(0, log_start.0));
    }
    let mut epoch = None;
    for pair in segments.windows(2) {
        let (Some(before), Some(after)) = (&pair[0], &pair[1]) else {
            epoch = None;
            continue;
        };
        epoch = epoch.max(before.last_batch.map(|(_, _, epoch)| epoch));
        let (end, base) = (before.next_offset, after.base_offset);
        let ends_damaged = before
            .damages
            .last()
            .is_some_and(|damage| damage.position >= before.end_position);
        if base < end {
            let message =
                format!("the segment before ends at offset {end}, above this one's base offset");
            findings.push(Finding::damage(log_name(after), "segment-overlap", message).at(0, base));
        } else if base > end && !ends_damaged {
            let message = format!("offsets {end} to {} lie in no segment", base - 1);
            let finding = match facts.may_skip_to(before.base_offset, base) {
                true => Finding::note(log_name(after), "gap", message),
                false => Finding::damage(log_name(after), "missing-segment", message),
            };
            findings.push(finding.at(0, end));
        }
        if let (Some(before), Some(first)) = (epoch, after.first_epoch)
            && first < before
        {
            let message = format!("leader epoch goes back from {before} to {first}");
            findings.push(Finding::damage(log_name(after), "epoch-back", message).at(0, base));
        }
        let sealed_zeros = before.zeros_from.filter(|_| before.damages.is_empty());
        if let Some(position) = sealed_zeros {
            let message = "zeros behind the last batch of a sealed segment, as a crash before its trim leaves them";
            let note = Finding::note(log_name(before), "allocated-space", message);
            findings.push(note.at(position, end));
        }
    }
    findings
}

fn checkpoints(facts: &PartitionFacts, segments: &[Option<SegmentReport>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let reports = || segments.iter().flatten();
    let has_batches = reports().any(|report| report.batch_count > 0);
    let file = DURABLE_END_CHECKPOINT;
    match &facts.durable_end {
        None if facts.origin == Origin::Corelane && has_batches => {
            let message = "there is no such file: nothing says what was durable";
            findings.push(Finding::damage(file, "missing-checkpoint", message));
        }
        Some(Err(error)) if has_batches => {
            findings.push(Finding::damage(file, "bad-checkpoint", error.to_string()));
        }
        Some(Ok(checkpoint)) if checkpoint.other_slot_is_damaged && !facts.is_running => {
            let message = "one of the two slots is damaged; the other one counts";
            findings.push(match facts.clean_stop {
                true => Finding::damage(file, "bad-checkpoint-slot", message),
                false => Finding::note(file, "bad-checkpoint-slot", message),
            });
        }
        _ => {}
    }
    if let (Some(log_start), Some(end), true) = (
        facts.log_start(),
        facts.known_durable_end(),
        segments.is_empty(),
    ) && end > log_start
    {
        let message = format!(
            "offsets {log_start} to {} were durable and no segment holds them",
            end.0 - 1
        );
        findings.push(Finding::damage("", "missing-segment", message));
    }
    let file = LEADER_EPOCH_CHECKPOINT;
    match &facts.epochs {
        Some(Err(error)) => {
            findings.push(Finding::damage(file, "bad-checkpoint", error.to_string()))
        }
        Some(Ok(_)) => {
            let count: u64 = reports().map(|report| report.epoch_disagreements).sum();
            if count > 0 {
                let message =
                    format!("{count} batches carry another epoch than it names for their offsets");
                findings.push(Finding::damage(file, "epochs-disagree", message));
            }
        }
        None => {}
    }
    findings
}

fn snapshots(facts: &PartitionFacts, segments: &[Option<SegmentReport>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let end = segments
        .iter()
        .flatten()
        .map(|report| report.next_offset)
        .max();
    for (offset, snapshot) in &facts.snapshots {
        let file = SegmentFileName::live(*offset, SegmentFileKind::ProducerSnapshot).to_string();
        let states = match snapshot {
            Ok(states) => states,
            Err(error) => {
                let message =
                    format!("{error}; producers' state is counted up from the log instead");
                findings.push(Finding::damage(file, "bad-snapshot", message));
                continue;
            }
        };
        if end.is_some_and(|end| offset.0 > end) && !facts.is_running {
            let message = "it is of an offset that the log does not reach, and is not used";
            findings.push(Finding::note(file, "snapshot-ahead", message));
            continue;
        }
        let segment = segments
            .iter()
            .flatten()
            .find(|report| report.next_offset == offset.0 && report.damages.is_empty());
        if let Some(message) = segment.and_then(|report| disagreement(states, &report.producers)) {
            findings.push(Finding::damage(file, "snapshot-disagrees", message));
        }
    }
    findings
}

/// Where the state at the end of a segment differs from what the segment's batches say. Producers that are missing may
/// have been idle for too long; those of earlier segments are not in `of_segment`.
fn disagreement(snapshot: &ProducerStates, of_segment: &ProducerStates) -> Option<String> {
    of_segment.entries().find_map(|(id, of_log)| {
        let saved = snapshot.entry(id)?;
        let (log, file) = (of_log.batches().last()?, saved.batches().last()?);
        let differs = saved.producer_epoch == of_log.producer_epoch
            && (log.last_offset != file.last_offset || log.last_sequence != file.last_sequence);
        differs.then(|| {
            format!(
                "producer {id} appended last at offset {} with sequence {}, and the snapshot says {} and {}",
                log.last_offset, log.last_sequence, file.last_offset, file.last_sequence
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compaction::checkpoint::CleanedSegment;

    fn facts(cleaned: Option<CleanerCheckpoint>) -> PartitionFacts {
        PartitionFacts {
            origin: Origin::Corelane,
            gaps: Gaps::Allowed,
            cleaned,
            durable_end: None,
            recovery_point: None,
            epochs: None,
            snapshots: Vec::new(),
            clean_stop: true,
            is_running: false,
            unflushed_bytes_max: 0,
        }
    }

    #[test]
    fn offsets_may_be_missing_where_compaction_is_known_to_have_been_and_nowhere_else() {
        let mut cleaned = CleanerCheckpoint::NEVER;
        cleaned.note(CleanedSegment {
            base_offset: Offset(0),
            end: Place {
                position: Position(100),
                offset: Offset(5),
            },
            covers_to: Offset(10),
        });
        let report = |base_offset, next_offset| {
            Some(SegmentReport {
                base_offset,
                next_offset,
                ..SegmentReport::default()
            })
        };
        let segments = [report(0, 5), report(10, 15), report(20, 25)];
        let kinds = |facts: &PartitionFacts| {
            let findings = between_segments(facts, &segments);
            let kinds = findings
                .iter()
                .map(|finding| (finding.severity, finding.name));
            kinds.collect::<Vec<_>>()
        };
        let known = facts(Some(cleaned));
        assert_eq!(
            kinds(&known),
            [
                (Severity::Note, "gap"),
                (Severity::Damage, "missing-segment")
            ]
        );
        assert_eq!(known.gaps_in(0), Gaps::Allowed);
        assert_eq!(known.gaps_in(10), Gaps::Refused);
        let unknown = facts(None);
        assert_eq!(
            kinds(&unknown),
            [(Severity::Note, "gap"), (Severity::Note, "gap")]
        );
        assert_eq!(unknown.gaps_in(10), Gaps::Allowed);
    }
}
