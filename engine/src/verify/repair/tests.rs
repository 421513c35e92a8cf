//! What plans claim, over logs made batch by batch. Pure.

use super::*;
use crate::batch::{HEADER_LENGTH, RecordBatchHeader, ScanFrom, scan};
use crate::checkpoint::{DecodedCheckpoint, DurableEnd};
use crate::types::{LeaderEpoch, Position};
use crate::verify::batches::tests::{batch, three_batches};
use crate::verify::partition::Origin;

fn facts(durable_end: i64) -> PartitionFacts {
    PartitionFacts {
        origin: Origin::Corelane,
        gaps: Gaps::Refused,
        cleaned: None,
        durable_end: Some(Ok(DecodedCheckpoint {
            generation: 1,
            durable_end: DurableEnd {
                durable_end: Offset(durable_end),
                segment_base_offset: Offset(0),
                position: Position(0),
                log_start_offset: Offset(0),
                leader_epoch: LeaderEpoch(0),
            },
            other_slot_is_damaged: false,
        })),
        recovery_point: None,
        epochs: Some(LeaderEpochs::parse(b"0\n1\n0 0\n")),
        snapshots: Vec::new(),
        clean_stop: false,
        is_running: false,
        unflushed_bytes_max: 1 << 30,
    }
}

fn plan_of(segments: &[(i64, Vec<u8>)], durable_end: i64) -> RepairPlan {
    let names: Vec<i64> = segments.iter().map(|(name, _)| *name).collect();
    let open = |name: i64| {
        let segment = segments
            .iter()
            .find(|(base_offset, _)| *base_offset == name);
        Ok(segment.unwrap().1.as_slice())
    };
    plan(&facts(durable_end), &names, open).unwrap()
}

/// The log that the pieces make.
fn rewritten(old: &[u8], pieces: &[Piece]) -> Vec<u8> {
    let epochs = LeaderEpochs::parse(b"0\n1\n0 0\n").unwrap();
    let mut new = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Keep { position, length } => {
                let start = usize::try_from(*position).unwrap();
                new.extend_from_slice(&old[start..start + usize::try_from(*length).unwrap()]);
            }
            Piece::Mend { bytes, .. } => new.extend_from_slice(bytes),
            Piece::Fill { from, to } => new.extend(empty_batches(*from, *to, &epochs)),
            Piece::Cut { .. } => {}
        }
    }
    new
}

/// Whether the engine's own scan, which knows no gaps, walks the log to its end.
fn scan_end(bytes: &[u8]) -> Option<Offset> {
    let from = ScanFrom {
        position: Position(0),
        offset: Offset(0),
        epoch_min: LeaderEpoch::UNDEFINED,
        epoch_max: LeaderEpoch(0),
        gaps: Gaps::Refused,
        batch_bytes_max: 1 << 20,
    };
    let mut walk = scan(bytes, from);
    walk.by_ref()
        .all(|step| step.is_ok())
        .then(|| walk.resume().offset)
}

#[test]
fn a_sound_log_has_no_plan() {
    let plan = plan_of(&[(0, three_batches())], 30);
    assert!(plan.steps.is_empty() && !plan.epochs_are_wrong);
    assert_eq!((plan.log_start, plan.log_end), (0, 30));
}

#[test]
fn every_flipped_bit_is_repaired_into_a_log_that_recovery_takes_and_headers_cost_no_record() {
    let whole = three_batches();
    let size = whole.len() / 3;
    for bit in size * 8..2 * size * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let plan = plan_of(&[(0, flipped.clone())], 30);
        let [SegmentStep::Rewrite { pieces, .. }] = plan.steps.as_slice() else {
            panic!("bit {bit}: {:?}", plan.steps);
        };
        let new = rewritten(&flipped, pieces);
        assert_eq!(scan_end(&new), Some(Offset(30)), "bit {bit}");
        let at = bit / 8 - size;
        if at < 17 {
            assert!(new == whole, "bit {bit} is outside the CRC");
            assert!(plan.lost().is_empty());
        } else {
            assert_eq!(plan.lost(), [(10, 20)], "bit {bit}");
            assert_eq!(new[..size], whole[..size]);
            assert_eq!(new[new.len() - size..], whole[2 * size..]);
        }
    }
}

#[test]
fn a_torn_tail_above_the_durable_end_is_left_to_recovery() {
    let mut torn = three_batches();
    torn.truncate(torn.len() - 10);
    assert!(plan_of(&[(0, torn.clone())], 20).steps.is_empty());
    let plan = plan_of(&[(0, torn)], 30);
    assert_eq!(plan.lost(), [(20, 30)]);
    assert_eq!(plan.log_end, 30);
}

#[test]
fn a_missing_segment_becomes_one_of_empty_batches() {
    let plan = plan_of(&[(0, three_batches()), (50, batch(50, 10))], 60);
    assert_eq!(plan.steps, [SegmentStep::Create { from: 30, to: 50 }]);
    let plan = plan_of(&[(0, three_batches())], 50);
    assert_eq!(plan.steps, [SegmentStep::Create { from: 30, to: 50 }]);
}

#[test]
fn a_segment_gets_the_name_of_what_it_holds_and_a_copy_is_set_aside() {
    let plan = plan_of(&[(0, three_batches()), (33, batch(30, 10))], 40);
    assert_eq!(plan.steps, [SegmentStep::Rename { from: 33, to: 30 }]);
    let plan = plan_of(
        &[
            (0, three_batches()),
            (30, batch(30, 10)),
            (33, batch(30, 10)),
        ],
        40,
    );
    assert!(
        matches!(
            plan.steps.as_slice(),
            [SegmentStep::SetAside {
                base_offset: 33,
                ..
            }]
        ),
        "{:?}",
        plan.steps
    );
}

#[test]
fn a_hole_that_no_segment_can_have_left_is_refused() {
    let names = [0, 1 << 60];
    let open = |name: i64| Ok(if name == 0 { &[][..] } else { &[1][..] });
    assert!(matches!(
        plan(&facts(0), &names, open),
        Err(PlanError::HoleTooLarge { .. })
    ));
}

#[test]
fn empty_batches_take_up_all_offsets_in_their_epochs() {
    let epochs = LeaderEpochs::parse(b"0\n2\n0 0\n3 15\n").unwrap();
    let bytes = empty_batches(10, 20, &epochs);
    let first = RecordBatchHeader::view(&bytes).unwrap();
    let second = RecordBatchHeader::view(&bytes[HEADER_LENGTH..]).unwrap();
    assert_eq!(
        (first.base_offset(), first.next_offset()),
        (Offset(10), Some(Offset(15)))
    );
    assert_eq!(
        (second.base_offset(), second.next_offset()),
        (Offset(15), Some(Offset(20)))
    );
    assert_eq!((first.leader_epoch().0, second.leader_epoch().0), (0, 3));
    assert_eq!(bytes.len(), 2 * HEADER_LENGTH);
}
