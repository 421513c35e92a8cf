//! The decision table of `recovery`, row by row, and the classification behind damage. Pure.

use std::collections::HashSet;

use super::*;
use crate::batch::place as place_batch;
use crate::record::{BatchBuilder, BatchOptions, NewRecord};

const EPOCH: LeaderEpoch = LeaderEpoch(4);
const END: Place = Place {
    position: Position(5000),
    offset: Offset(50),
};

const FROM: ScanFrom = ScanFrom {
    position: Position::ZERO,
    offset: Offset(10),
    epoch_min: LeaderEpoch(1),
    epoch_max: LeaderEpoch(9),
    gaps: Gaps::Refused,
    batch_bytes_max: 1 << 16,
};

/// A log whose durable end is offset 40, stopped by a crash.
fn facts(outcome: ScanOutcome) -> TailFacts {
    TailFacts {
        durable_end: Some(Offset(40)),
        durable_end_missed: None,
        clean_stop: false,
        next_segment: None,
        outcome,
        leader_epoch: EPOCH,
        unflushed_bytes_max: 1000,
    }
}

fn clean() -> ScanOutcome {
    ScanOutcome::CleanEnd { end: END }
}

fn damage(follows: Follows) -> ScanOutcome {
    damage_of(END, Found::Nothing, follows)
}

fn damage_of(place: Place, found: Found, follows: Follows) -> ScanOutcome {
    ScanOutcome::Damage {
        place,
        found,
        follows,
    }
}

/// A whole batch at `offset` in the place of another.
fn batch_found(offset: i64) -> Found {
    Found::Batch {
        base_offset: Offset(offset),
        last_offset: Offset(offset),
        leader_epoch: EPOCH,
    }
}

const FILE_START: Place = Place {
    position: Position::ZERO,
    offset: Offset(50),
};

fn later(distance: u64, epoch: i32) -> ScanOutcome {
    damage(Follows::LaterBatch {
        place: Place {
            position: Position(END.position.0 + distance),
            offset: Offset(60),
        },
        leader_epoch: LeaderEpoch(epoch),
    })
}

/// Every row with facts that lead to it.
fn table() -> Vec<(Row, TailFacts)> {
    let rubbish = facts(damage(Follows::Rubbish));
    let zeros = facts(damage(Follows::Zeros));
    let below = Some(Offset(51));
    let next = |offset| Some(Offset(offset));
    vec![
        (Row::WholeLog, facts(clean())),
        (
            Row::WholeLog,
            TailFacts {
                durable_end: None,
                ..facts(clean())
            },
        ),
        (
            Row::WholeLog,
            TailFacts {
                durable_end: Some(END.offset),
                clean_stop: true,
                ..facts(clean())
            },
        ),
        (
            Row::SealedSegment,
            TailFacts {
                next_segment: next(50),
                durable_end: Some(Offset(900)),
                ..facts(clean())
            },
        ),
        (
            Row::MissingOffsets,
            TailFacts {
                next_segment: next(60),
                ..facts(clean())
            },
        ),
        (
            Row::OverlappingSegments,
            TailFacts {
                next_segment: next(45),
                ..facts(clean())
            },
        ),
        (
            Row::ShortenedSegment,
            TailFacts {
                next_segment: next(60),
                ..facts(damage_of(END, Found::CutShort, Follows::Rubbish))
            },
        ),
        (
            Row::ShorterThanDurableEnd,
            TailFacts {
                durable_end: below,
                ..facts(damage_of(END, Found::CutShort, Follows::Rubbish))
            },
        ),
        (
            Row::TornTail,
            facts(damage_of(END, Found::CutShort, Follows::Rubbish)),
        ),
        (
            Row::ForeignSegment,
            facts(damage_of(FILE_START, batch_found(0), Follows::Rubbish)),
        ),
        (
            Row::ForeignSegment,
            facts(damage_of(FILE_START, batch_found(70), Follows::Rubbish)),
        ),
        (
            Row::EpochDisagrees,
            facts(damage_of(END, batch_found(50), Follows::Rubbish)),
        ),
        (
            Row::MisplacedBatch,
            facts(damage_of(END, batch_found(20), Follows::Rubbish)),
        ),
        (
            Row::CheckpointDisagrees,
            TailFacts {
                durable_end_missed: Some(END),
                ..facts(clean())
            },
        ),
        (
            Row::ShorterThanDurableEnd,
            TailFacts {
                durable_end: below,
                ..facts(clean())
            },
        ),
        (
            Row::ShorterThanDurableEnd,
            TailFacts {
                durable_end: below,
                ..zeros
            },
        ),
        (Row::AllocatedSpace, zeros),
        (
            Row::AllocatedSpace,
            TailFacts {
                durable_end: Some(END.offset),
                clean_stop: true,
                ..zeros
            },
        ),
        (
            Row::AllocatedSpace,
            TailFacts {
                durable_end: None,
                ..zeros
            },
        ),
        (
            Row::AllocatedSpace,
            TailFacts {
                next_segment: next(50),
                durable_end: Some(Offset(900)),
                ..zeros
            },
        ),
        (Row::TornTail, rubbish),
        (
            Row::TornTail,
            TailFacts {
                durable_end: Some(END.offset),
                ..rubbish
            },
        ),
        (Row::TornGroup, facts(later(1, 4))),
        (Row::TornGroup, facts(later(999, 4))),
        (Row::RotBeforeLaterGroup, facts(later(1000, 4))),
        (Row::RotBeforeLaterEpoch, facts(later(1, 5))),
        (
            Row::MisplacedBatch,
            facts(damage_of(END, batch_found(60), Follows::Rubbish)),
        ),
        (
            Row::RotBelowDurableEnd,
            TailFacts {
                durable_end: below,
                ..rubbish
            },
        ),
        (
            Row::RotBelowDurableEnd,
            TailFacts {
                durable_end: below,
                ..facts(later(1, 4))
            },
        ),
        (
            Row::RotBelowDurableEnd,
            TailFacts {
                durable_end: below,
                next_segment: next(90),
                ..zeros
            },
        ),
        (
            Row::DamageInSealedSegment,
            TailFacts {
                next_segment: next(90),
                ..rubbish
            },
        ),
        (
            Row::DamageInSealedSegment,
            TailFacts {
                next_segment: next(90),
                ..zeros
            },
        ),
        (
            Row::RotAfterCleanStop,
            TailFacts {
                clean_stop: true,
                ..rubbish
            },
        ),
        (
            Row::RotAfterCleanStop,
            TailFacts {
                clean_stop: true,
                ..facts(later(1, 4))
            },
        ),
        (
            Row::DamageWithoutCheckpoint,
            TailFacts {
                durable_end: None,
                ..rubbish
            },
        ),
        (Row::UndecidedTail, facts(damage(Follows::Undecided))),
        (
            Row::ReadFailed,
            facts(ScanOutcome::Unreadable { place: END }),
        ),
    ]
}

/// Rows of the start of a log, with the checkpoint and the first segment that lead to them.
fn start_table() -> Vec<(Option<Row>, Option<DurableEnd>, Option<Offset>)> {
    let durable = Some(DurableEnd {
        durable_end: Offset(40),
        segment_base_offset: Offset(30),
        position: Position(100),
        log_start_offset: Offset(10),
        leader_epoch: EPOCH,
    });
    let nothing_left = durable.map(|durable| DurableEnd {
        log_start_offset: Offset(40),
        ..durable
    });
    vec![
        (None, durable, Some(Offset(0))),
        (None, durable, Some(Offset(10))),
        (Some(Row::MissingFirstSegment), durable, Some(Offset(11))),
        (Some(Row::NoSegment), durable, None),
        (None, nothing_left, None),
        (None, None, None),
        (None, None, Some(Offset(11))),
    ]
}

#[test]
fn every_row_is_reached_and_only_by_its_facts() {
    for (row, facts) in table() {
        assert_eq!(decide(&facts).row, row, "{facts:?}");
    }
    let starts = start_table().into_iter();
    for (row, durable, first) in starts.clone() {
        let decided = decide_start(durable, first).map(|missing| missing.row);
        assert_eq!(decided, row, "{durable:?} {first:?}");
    }
    let reached: HashSet<Row> = table()
        .into_iter()
        .map(|(row, _)| row)
        .chain(starts.filter_map(|(row, ..)| row))
        .collect();
    for row in Row::ALL {
        assert!(reached.contains(&row), "no case for {}", row.label());
    }
}

#[test]
fn labels_are_one_for_each_row() {
    let labels: HashSet<_> = Row::ALL.map(Row::label).into_iter().collect();
    assert_eq!(labels.len(), Row::ALL.len());
}

#[test]
fn nothing_below_the_durable_end_is_ever_cut_or_kept() {
    let follows = [
        Follows::Zeros,
        Follows::Rubbish,
        Follows::Undecided,
        Follows::LaterBatch {
            place: END,
            leader_epoch: EPOCH,
        },
    ];
    let outcomes = follows
        .map(damage)
        .into_iter()
        .chain([clean(), later(1, 4), later(5000, 9)]);
    for outcome in outcomes {
        for clean_stop in [false, true] {
            let facts = TailFacts {
                durable_end: Some(Offset(51)),
                clean_stop,
                ..facts(outcome)
            };
            let decision = decide(&facts);
            assert_eq!(
                decision.action,
                Action::Refuse { at: END },
                "{}",
                decision.row.label()
            );
        }
    }
}

/// `count` batches of three records from offset 10 on, each with its position.
fn log(count: u32) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::new();
    let mut starts = Vec::new();
    for n in 0..count {
        let mut builder = BatchBuilder::new(BatchOptions::default());
        for record in 0..3_u8 {
            let value = vec![u8::try_from(n).unwrap() * 3 + record + 1; 40];
            let record = NewRecord {
                timestamp_ms: 7,
                value: Some(&value),
                ..NewRecord::default()
            };
            builder.append(&record).unwrap();
        }
        let mut batch = builder.build().unwrap().to_vec();
        let placement = Placement {
            base_offset: Offset(10 + 3 * i64::from(n)),
            leader_epoch: EPOCH,
        };
        place_batch(&mut batch, placement);
        starts.push(bytes.len());
        bytes.extend_from_slice(&batch);
    }
    (bytes, starts)
}

fn decide_over(file: &[u8], durable_end: i64) -> Decision {
    let (outcome, _) = outcome_of(file, FROM);
    decide(&TailFacts {
        durable_end: Some(Offset(durable_end)),
        ..facts(outcome)
    })
}

#[test]
fn torn_tail_is_cut_to_the_last_whole_batch() {
    let (file, starts) = log(5);
    let last = starts[4];
    // The last byte of a record without headers is a zero, which a filler of zeros would complete.
    for arrived in last + 1..file.len() - 1 {
        for filler in [0, 64] {
            let mut torn = file[..arrived].to_vec();
            torn.resize(arrived + filler * 10, 0);
            let decision = decide_over(&torn, 10);
            let to = decision.action.log_end().unwrap();
            let expected = Place {
                position: Position(last as u64),
                offset: Offset(22),
            };
            assert_eq!(to, expected, "{arrived} {filler}");
            assert!(matches!(decision.row, Row::TornTail | Row::AllocatedSpace));
        }
    }
}

#[test]
fn a_torn_group_is_cut_before_its_first_missing_batch() {
    let (mut file, starts) = log(5);
    file[starts[3]..starts[4]].fill(0);
    let decision = decide_over(&file, 10);
    assert_eq!(decision.row, Row::TornGroup);
    assert_eq!(decision.action.log_end().unwrap().offset, Offset(19));
    let cut = decide_over(&file[..starts[3]], 10);
    assert_eq!(cut.row, Row::WholeLog);
}

#[test]
fn rot_before_batches_of_later_groups_is_refused() {
    let (mut file, starts) = log(20);
    file[starts[1] + 70] ^= 1;
    let decision = decide_over(&file, 10);
    assert_eq!(decision.row, Row::RotBeforeLaterGroup);
    let at = Place {
        position: Position(starts[1] as u64),
        offset: Offset(13),
    };
    assert_eq!(decision.action, Action::Refuse { at });
}

#[test]
fn every_flipped_bit_below_the_durable_end_is_refused_and_named_or_is_an_epoch() {
    let (file, starts) = log(6);
    for bit in 0..file.len() * 8 {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let decision = decide_over(&flipped, 28);
        let batch = starts.partition_point(|start| *start <= bit / 8) - 1;
        let in_batch = bit / 8 - starts[batch];
        match decision.action {
            Action::Refuse { at } => {
                let named = starts
                    .iter()
                    .position(|start| *start as u64 == at.position.0);
                // An epoch that rose makes the batch after it the one that falls.
                let is_epoch = (12..16).contains(&in_batch);
                assert!(named == Some(batch) || is_epoch, "bit {bit}");
            }
            action => assert!((12..16).contains(&in_batch), "bit {bit}: {action:?}"),
        }
    }
}

#[test]
fn a_log_cut_to_nothing_is_shorter_than_its_durable_end() {
    let (file, starts) = log(4);
    for length in 0..starts[3] {
        let decision = decide_over(&file[..length], 22);
        assert!(matches!(decision.action, Action::Refuse { .. }), "{length}");
    }
}

#[test]
fn zeros_and_rubbish_are_told_from_later_batches() {
    let (file, starts) = log(3);
    assert_eq!(what_follows(&[], FROM), Follows::Zeros);
    assert_eq!(what_follows(&[0; 5000], FROM), Follows::Zeros);
    let mut rubbish = [0; 5000];
    rubbish[4999] = 1;
    assert_eq!(what_follows(&rubbish, FROM), Follows::Rubbish);
    // The batch that was expected here is not a later one.
    assert_eq!(what_follows(&file[..starts[1]], FROM), Follows::Rubbish);
    for zeros in 0..40 {
        let mut tail = vec![0; zeros];
        tail.extend_from_slice(&file[starts[1]..]);
        let expected = Follows::LaterBatch {
            place: Place {
                position: Position((zeros + starts[2] - starts[1]) as u64),
                offset: Offset(16),
            },
            leader_epoch: EPOCH,
        };
        assert_eq!(what_follows(&tail, FROM), expected, "{zeros}");
    }
}

#[test]
fn leading_zeros_are_counted_to_the_byte() {
    for length in [0, 1, 63, 64, 65, 200] {
        let mut bytes = vec![0; length];
        assert_eq!(leading_zeros(&bytes), length);
        for at in 0..length {
            bytes[at] = 1;
            assert_eq!(leading_zeros(&bytes), at);
            bytes[at] = 0;
        }
    }
}

#[test]
fn overlapping_windows_say_what_the_whole_tail_says() {
    let (file, starts) = log(12);
    let mut tail = file[starts[1]..].to_vec();
    tail[70] ^= 1;
    let whole = what_follows(&tail, FROM);
    let batch = starts[1];
    let mut merged = Follows::Zeros;
    let mut start = 0;
    while start < tail.len() {
        let end = (start + 3 * batch).min(tail.len());
        let from = ScanFrom {
            position: Position(start as u64),
            ..FROM
        };
        merged = merged.and_then(what_follows(&tail[start..end], from));
        start += 2 * batch;
    }
    assert_eq!(merged, whole);
}

#[test]
fn bytes_made_up_of_overlapping_headers_end_undecided_and_soon() {
    let (file, starts) = log(2);
    let mut header = file[starts[1]..starts[1] + HEADER_LENGTH].to_vec();
    header[8..12].copy_from_slice(&60_000_i32.to_be_bytes());
    let tail = header.repeat(20_000);
    assert_eq!(what_follows(&tail, FROM), Follows::Undecided);
}

#[test]
fn behind_damage_the_log_goes_on_where_a_chain_of_batches_meets_a_known_place() {
    let (file, starts) = log(6);
    let end = Place {
        position: Position(file.len() as u64),
        offset: Offset(28),
    };
    let mut damaged = file.clone();
    damaged[starts[1] + 70] ^= 1;
    let from = ScanFrom {
        position: Position(starts[1] as u64),
        offset: Offset(13),
        ..FROM
    };
    let bytes = &damaged[starts[1]..];
    let third = Place {
        position: Position(starts[2] as u64),
        offset: Offset(16),
    };
    assert_eq!(chain_into(bytes, from, end), Some(third));
    // With damage again it is the last chain that counts.
    damaged[starts[4] + 70] ^= 1;
    let last = chain_into(&damaged[starts[1]..], from, end).unwrap();
    assert_eq!(last.position.0, starts[5] as u64);
    // A place that no chain meets proves nothing.
    for wrong in [
        Place {
            offset: Offset(29),
            ..end
        },
        Place {
            position: Position(end.position.0 + 1),
            ..end
        },
    ] {
        assert_eq!(chain_into(&file[starts[1]..], from, wrong), None);
    }
}

#[test]
fn a_log_inside_a_record_is_not_taken_for_what_goes_on_behind_damage() {
    let (inner, _) = log(4);
    let (outer, starts) = log(2);
    // Batches of the very offsets that are expected, and behind them bytes that are none.
    let mut bytes = vec![7; 100];
    bytes.extend_from_slice(&inner[starts[1]..]);
    bytes.extend_from_slice(&[9; 50]);
    let end = Place {
        position: Position((bytes.len() + outer.len()) as u64),
        offset: Offset(22),
    };
    assert_eq!(chain_into(&bytes, FROM, end), None);
}

#[test]
fn bytes_made_up_of_overlapping_headers_end_the_search_for_a_chain_soon() {
    let (file, starts) = log(2);
    let mut header = file[starts[1]..starts[1] + HEADER_LENGTH].to_vec();
    header[8..12].copy_from_slice(&60_000_i32.to_be_bytes());
    let bytes = header.repeat(20_000);
    let end = Place {
        position: Position(bytes.len() as u64),
        offset: Offset(99),
    };
    assert_eq!(chain_into(&bytes, FROM, end), None);
}

#[test]
fn a_cut_always_leaves_a_log_that_is_kept() {
    let (file, _) = log(6);
    for flags in [0, 1, 2, 3, 4, 5, 0x41, 0x45, 0xf1] {
        let mut seed = vec![flags];
        seed.extend_from_slice(&file);
        fuzz_recovery(&seed);
        for length in 0..seed.len() {
            fuzz_recovery(&seed[..length]);
        }
        for bit in (8..seed.len() * 8).step_by(5) {
            let mut flipped = seed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fuzz_recovery(&flipped);
        }
    }
}

/// A tiny deterministic generator (xorshift64*), so that every run tries the same cases.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }
}

const SECTOR_BYTES: usize = 512;

/// The file after a power cut: sectors wholly or partly above `durable` survive by a coin toss, and hold what they
/// held when `durable` was flushed otherwise: the bytes below it, and zeros.
fn after_power_cut(file: &[u8], durable: usize, seeded: &mut Seeded) -> Vec<u8> {
    let mut survived = file.to_vec();
    let first = durable / SECTOR_BYTES * SECTOR_BYTES;
    for start in (first..file.len()).step_by(SECTOR_BYTES) {
        let end = (start + SECTOR_BYTES).min(file.len());
        if seeded.next().is_multiple_of(2) {
            survived[start.max(durable)..end].fill(0);
        }
    }
    survived
}

#[test]
fn a_power_cut_in_the_last_group_loses_nothing_durable_and_is_never_refused() {
    let (file, starts) = log(40);
    for seed in 1..2000 {
        let mut seeded = Seeded(seed);
        let durable_batch = seeded.below(starts.len());
        let durable = starts[durable_batch];
        let durable_end = 10 + 3 * i64::try_from(durable_batch).unwrap();
        let mut survived = after_power_cut(&file, durable, &mut seeded);
        survived.resize(file.len() + seeded.below(3) * 4096, 0);
        let (outcome, _) = outcome_of(&survived, FROM);
        let decision = decide(&TailFacts {
            durable_end: Some(Offset(durable_end)),
            unflushed_bytes_max: 1 << 20,
            ..facts(outcome)
        });
        let end = decision.action.log_end();
        let end = end.unwrap_or_else(|| panic!("seed {seed}: {}", decision.row.label()));
        assert!(end.offset >= Offset(durable_end), "seed {seed}");
        let kept = usize::try_from(end.position.0).unwrap();
        assert_eq!(survived[..kept], file[..kept], "seed {seed}");
    }
}

/// Batches of 130 bytes, so that headers straddle sectors at many places. A sector that is lost, or garbage, can hold
/// no more of a header than the base offset and a part of the length or the epoch.
#[test]
fn a_sector_torn_in_front_of_a_headers_crc_is_cut_like_any_other() {
    let value = [b'v'; 61];
    let mut file = Vec::new();
    let mut torn = 0;
    for offset in 10..1010 {
        let start = file.len();
        let mut builder = BatchBuilder::new(BatchOptions::default());
        let record = NewRecord {
            value: Some(&value),
            ..NewRecord::default()
        };
        builder.append(&record).unwrap();
        let mut batch = builder.build().unwrap().to_vec();
        let placement = Placement {
            base_offset: Offset(offset),
            leader_epoch: EPOCH,
        };
        place_batch(&mut batch, placement);
        file.extend_from_slice(&batch);
        let sector_end = start.next_multiple_of(SECTOR_BYTES);
        if sector_end == start || sector_end > start + 17 {
            continue;
        }
        torn += 1;
        for garbage in [0, 0x5a] {
            let mut survived = file.clone();
            survived[start..sector_end.min(start + 8)].fill(garbage);
            let (outcome, _) = outcome_of(&survived, FROM);
            let at = |durable_end| TailFacts {
                durable_end: Some(Offset(durable_end)),
                ..facts(outcome)
            };
            if let ScanOutcome::CleanEnd { .. } = outcome {
                continue;
            }
            let to = Place {
                position: Position(start as u64),
                offset: Offset(offset),
            };
            let decision = decide(&at(offset));
            assert_eq!(
                decision.action,
                Action::CutTornTail { to },
                "{}",
                decision.row.label()
            );
            let below = decide(&at(offset + 1));
            assert_eq!(below.action, Action::Refuse { at: to });
            let clean_stop = decide(&TailFacts {
                clean_stop: true,
                ..at(offset)
            });
            assert_eq!(clean_stop.action, Action::Refuse { at: to });
        }
    }
    assert!(torn > 10, "{torn}");
}

/// The same wrong offset is rot where the bytes lie in one sector with the CRC, or where a byte of the next sector is
/// wrong.
#[test]
fn a_wrong_offset_in_a_sector_that_holds_the_crc_is_refused() {
    let wrong = |position, base_offset| {
        let place = Place {
            position: Position(position),
            offset: Offset(0x4050),
        };
        let found = Found::Batch {
            base_offset: Offset(base_offset),
            last_offset: Offset(base_offset),
            leader_epoch: EPOCH,
        };
        decide(&facts(damage_of(place, found, Follows::Rubbish))).row
    };
    for sector_end in 1..=512 {
        let position = 5120 - sector_end;
        let is_torn = (8..21).contains(&sector_end);
        let row = if is_torn {
            Row::TornTail
        } else {
            Row::MisplacedBatch
        };
        assert_eq!(wrong(position, 0x4051), row, "{sector_end}");
    }
    // The low byte lies behind the sector's end, and the one before it in front.
    assert_eq!(wrong(5120 - 7, 0x4150), Row::TornTail);
    assert_eq!(wrong(5120 - 7, 0x4051), Row::MisplacedBatch);
}

#[test]
fn rot_in_what_a_power_cut_left_below_the_durable_end_is_never_cut() {
    let (file, starts) = log(40);
    for seed in 1..2000 {
        let mut seeded = Seeded(seed);
        let durable_batch = 1 + seeded.below(starts.len() - 1);
        let mut survived = after_power_cut(&file, starts[durable_batch], &mut seeded);
        let bit = seeded.below(starts[durable_batch] * 8);
        survived[bit / 8] ^= 1 << (bit % 8);
        let is_epoch = starts
            .iter()
            .any(|start| (start + 12..start + 16).contains(&(bit / 8)));
        let (outcome, _) = outcome_of(&survived, FROM);
        let decision = decide(&TailFacts {
            durable_end: Some(Offset(10 + 3 * i64::try_from(durable_batch).unwrap())),
            unflushed_bytes_max: 1 << 20,
            ..facts(outcome)
        });
        let refused = matches!(decision.action, Action::Refuse { .. });
        assert!(refused || is_epoch, "seed {seed}: {}", decision.row.label());
    }
}
