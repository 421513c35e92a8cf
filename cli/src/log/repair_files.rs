//! The files of a repair: what goes is saved first, what is new is written beside and takes its place by a rename.
//!
//! Invariants: before the first file of the partition changes, every byte that will be cut or replaced is on the disk in
//! the directory `<topic>-<partition>.<n>-cut`, with a manifest; a log is replaced only by one whose kept ranges have
//! been read back and are the same; indexes go before the log that they belong to changes. So a crash leaves a
//! partition that is as damaged as before or less, and a second run finishes.

use super::partition::Partition;
use super::window::{Window, open_batches};
use anyhow::Context;
use corelane_engine::checkpoint::{DURABLE_END_FILE_LENGTH, DurableEnd, encode_slot};
use corelane_engine::file_name::{
    DURABLE_END_CHECKPOINT, LEADER_EPOCH_CHECKPOINT, SegmentFileKind, SegmentFileName,
};
use corelane_engine::leader_epoch::LeaderEpochs;
use corelane_engine::log_config::LogConfig;
use corelane_engine::marker;
use corelane_engine::producer_state::ProducerStates;
use corelane_engine::types::{LeaderEpoch, Offset, Position};
use corelane_engine::verify::batches::{Depth, Found};
use corelane_engine::verify::partition::PartitionFacts;
use corelane_engine::verify::repair::{Piece, RepairPlan, SegmentStep, empty_batches};
use corelane_engine::verify::segment::make_indexes;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Bytes copied at a time.
const COPY_BYTES: u64 = 1 << 20;
/// Repairs of one partition whose saved bytes may lie beside it.
const CUT_DIRECTORIES_MAX: u32 = 10_000;
/// Bytes read at a time when a log is read anew.
const PIECE_BYTES: usize = 1 << 20;

/// Everything that a repair of one partition is about.
pub struct Repair {
    pub partition: Partition,
    pub facts: PartitionFacts,
    pub config: LogConfig,
    pub plan: RepairPlan,
    pub small: SmallRepairs,
}

/// Files beside the logs that are made again.
#[derive(Debug, Default)]
pub struct SmallRepairs {
    /// Segments whose indexes are damaged.
    pub indexes: BTreeSet<i64>,
    /// Snapshots that are damaged, by their offsets.
    pub snapshots: BTreeSet<i64>,
    pub epochs: bool,
    pub durable_end: bool,
}

/// One step of the execution; between two of them the partition may stay for any time.
#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Save,
    Segment(&'p SegmentStep),
    Indexes(i64),
    Epochs,
    Snapshot(i64),
    DurableEnd,
}

impl Repair {
    /// Bytes that will be cut.
    pub fn cut_bytes(&self) -> u64 {
        let pieces = self.plan.steps.iter().flat_map(|step| match step {
            SegmentStep::Rewrite { pieces, .. } => pieces.as_slice(),
            _ => &[],
        });
        pieces
            .map(|piece| match piece {
                Piece::Cut { length, .. } => *length,
                _ => 0,
            })
            .sum()
    }

    /// Does it; returns the directory that holds what was cut and replaced.
    pub fn execute(&self) -> anyhow::Result<PathBuf> {
        self.execute_some(usize::MAX)
    }

    /// Does the first steps, as far as a crash would have let it come.
    pub fn execute_some(&self, count: usize) -> anyhow::Result<PathBuf> {
        let saved = self.free_cut_directory()?;
        for step in self.steps().into_iter().take(count) {
            self.run(step, &saved).with_context(|| {
                format!(
                    "the repair of {} stopped; run it again",
                    self.directory().display()
                )
            })?;
        }
        Ok(saved)
    }

    /// How many steps there are.
    #[cfg(test)]
    pub fn step_count(&self) -> usize {
        self.steps().len()
    }

    fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = vec![Step::Save];
        steps.extend(self.plan.steps.iter().map(Step::Segment));
        let mut indexes = self.small.indexes.clone();
        for step in &self.plan.steps {
            match step {
                SegmentStep::Rewrite { base_offset, .. } => indexes.insert(*base_offset),
                SegmentStep::Rename { from, to } => {
                    indexes.remove(from);
                    indexes.insert(*to)
                }
                SegmentStep::Create { from, .. } => indexes.insert(*from),
                SegmentStep::SetAside { base_offset, .. } => indexes.remove(base_offset),
            };
        }
        steps.extend(indexes.into_iter().map(Step::Indexes));
        if self.small.epochs {
            steps.push(Step::Epochs);
        }
        steps.extend(self.small.snapshots.iter().copied().map(Step::Snapshot));
        if self.small.durable_end {
            steps.push(Step::DurableEnd);
        }
        steps
    }

    fn run(&self, step: Step<'_>, saved: &Path) -> anyhow::Result<()> {
        match step {
            Step::Save => self.save(saved),
            Step::Segment(step) => self.segment(step, saved),
            Step::Indexes(base_offset) => self.rebuild_indexes(base_offset),
            Step::Epochs => self.replace(
                LEADER_EPOCH_CHECKPOINT,
                self.plan.epochs.encode().as_bytes(),
            ),
            Step::Snapshot(offset) => self.rebuild_snapshot(offset),
            Step::DurableEnd => self.write_durable_end(),
        }
    }

    fn directory(&self) -> &Path {
        &self.partition.directory
    }

    fn path(&self, base_offset: i64, kind: SegmentFileKind) -> PathBuf {
        self.directory()
            .join(SegmentFileName::live(Offset(base_offset), kind).to_string())
    }

    fn log(&self, base_offset: i64) -> PathBuf {
        self.path(base_offset, SegmentFileKind::Log)
    }

    /// The epochs that empty batches are written in.
    fn epochs(&self) -> &LeaderEpochs {
        match self.facts.known_epochs() {
            Some(epochs) if !self.plan.epochs_are_wrong => epochs,
            _ => &self.plan.epochs,
        }
    }

    fn free_cut_directory(&self) -> anyhow::Result<PathBuf> {
        let directory = std::path::absolute(self.directory())?;
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        let mut numbers = 1..CUT_DIRECTORIES_MAX;
        let free = numbers.find_map(|number| {
            let path = directory.with_file_name(format!("{name}.{number}-cut"));
            (!path.exists()).then_some(path)
        });
        free.with_context(|| format!("{name} was repaired {CUT_DIRECTORIES_MAX} times; remove old directories that end in -cut"))
    }

    fn save(&self, saved: &Path) -> anyhow::Result<()> {
        fs::create_dir(saved).with_context(|| format!("cannot make {}", saved.display()))?;
        let mut manifest = Vec::new();
        let mut renamed = None;
        for step in &self.plan.steps {
            match step {
                SegmentStep::Rename { from, to } => {
                    renamed = Some((*to, *from));
                    manifest.push(json!({"action": "rename", "from": from, "to": to}));
                }
                SegmentStep::Rewrite {
                    base_offset,
                    pieces,
                } => {
                    let name = renamed
                        .filter(|(to, _)| to == base_offset)
                        .map_or(*base_offset, |(_, from)| from);
                    self.save_pieces(saved, name, pieces, &mut manifest)?;
                }
                SegmentStep::SetAside {
                    base_offset,
                    message,
                } => {
                    manifest.push(json!({"action": "set-aside", "base_offset": base_offset, "message": message}));
                }
                SegmentStep::Create { from, to } => {
                    manifest
                        .push(json!({"action": "create", "first_offset": from, "end_offset": to}));
                }
            }
        }
        for path in self.replaced_files() {
            if let (true, Some(name)) = (path.is_file(), path.file_name()) {
                write_durably(&saved.join(name), |file| {
                    io::copy(&mut File::open(&path)?, file).map(|_| ())
                })?;
                manifest.push(json!({"action": "replace", "file": name.to_string_lossy()}));
            }
        }
        let manifest = json!({
            "partition": self.directory().file_name().unwrap_or_default().to_string_lossy(),
            "log_start": self.plan.log_start,
            "log_end": self.plan.log_end,
            "actions": manifest,
        });
        write_durably(&saved.join("manifest.json"), |file| {
            serde_json::to_writer_pretty(file, &manifest).map_err(io::Error::from)
        })?;
        sync_directory(saved)?;
        sync_directory(saved.parent().unwrap_or(Path::new("/")))
    }

    /// Saves the bytes that are cut or mended, each stretch as a file named after segment and position.
    fn save_pieces(
        &self,
        saved: &Path,
        base_offset: i64,
        pieces: &[Piece],
        manifest: &mut Vec<serde_json::Value>,
    ) -> anyhow::Result<()> {
        let path = self.log(base_offset);
        let log = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for piece in pieces {
            let (action, position, length, message) = match piece {
                Piece::Cut {
                    position,
                    length,
                    message,
                } => ("cut", *position, *length, message),
                Piece::Mend {
                    position,
                    bytes,
                    message,
                } => ("mend", *position, bytes.len() as u64, message),
                Piece::Fill { from, to } => {
                    manifest.push(json!({"action": "fill", "file": name, "first_offset": from, "end_offset": to}));
                    continue;
                }
                Piece::Keep { .. } => continue,
            };
            let file_name = format!("{name}.{position}");
            write_durably(&saved.join(&file_name), |file| {
                copy_range(&log, position, length, file)
            })?;
            manifest.push(json!({
                "action": action, "file": name, "position": position, "length": length,
                "message": message, "saved_as": file_name,
            }));
        }
        Ok(())
    }

    fn replaced_files(&self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for base_offset in &self.small.indexes {
            paths.push(self.path(*base_offset, SegmentFileKind::OffsetIndex));
            paths.push(self.path(*base_offset, SegmentFileKind::TimeIndex));
        }
        for offset in &self.small.snapshots {
            paths.push(self.path(*offset, SegmentFileKind::ProducerSnapshot));
        }
        if self.small.epochs {
            paths.push(self.directory().join(LEADER_EPOCH_CHECKPOINT));
        }
        if self.small.durable_end {
            paths.push(self.directory().join(DURABLE_END_CHECKPOINT));
        }
        paths
    }

    fn segment(&self, step: &SegmentStep, saved: &Path) -> anyhow::Result<()> {
        match step {
            SegmentStep::Rewrite {
                base_offset,
                pieces,
            } => self.rewrite(*base_offset, pieces),
            SegmentStep::Create { from, to } => {
                let bytes = empty_batches(*from, *to, self.epochs());
                self.remove_indexes(*from)?;
                let name = SegmentFileName::live(Offset(*from), SegmentFileKind::Log);
                self.replace(&name.to_string(), &bytes)
            }
            SegmentStep::Rename { from, to } => {
                self.remove_indexes(*from)?;
                self.remove_indexes(*to)?;
                fs::rename(self.log(*from), self.log(*to))?;
                sync_directory(self.directory())
            }
            SegmentStep::SetAside { base_offset, .. } => {
                for kind in SegmentFileKind::ALL {
                    let path = self.path(*base_offset, kind);
                    if let (true, Some(name)) = (path.exists(), path.file_name()) {
                        fs::rename(&path, saved.join(name))?;
                    }
                }
                sync_directory(saved)?;
                sync_directory(self.directory())
            }
        }
    }

    fn remove_indexes(&self, base_offset: i64) -> anyhow::Result<()> {
        for kind in [SegmentFileKind::OffsetIndex, SegmentFileKind::TimeIndex] {
            match fs::remove_file(self.path(base_offset, kind)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        sync_directory(self.directory())
    }

    fn rewrite(&self, base_offset: i64, pieces: &[Piece]) -> anyhow::Result<()> {
        let path = self.log(base_offset);
        let beside = path.with_extension("log.tmp");
        let old = File::open(&path)?;
        write_durably(&beside, |new| {
            for piece in pieces {
                match piece {
                    Piece::Keep { position, length } => copy_range(&old, *position, *length, new)?,
                    Piece::Mend { bytes, .. } => new.write_all(bytes)?,
                    Piece::Fill { from, to } => {
                        new.write_all(&empty_batches(*from, *to, self.epochs()))?
                    }
                    Piece::Cut { .. } => {}
                }
            }
            Ok(())
        })?;
        self.compare(&old, &File::open(&beside)?, pieces)
            .with_context(|| {
                format!(
                    "{} is not what it was copied from; the disk cannot be trusted",
                    beside.display()
                )
            })?;
        self.remove_indexes(base_offset)?;
        fs::rename(&beside, &path)?;
        sync_directory(self.directory())
    }

    /// Reads every range that was kept from both files.
    fn compare(&self, old: &File, new: &File, pieces: &[Piece]) -> io::Result<()> {
        let mut at = 0;
        for piece in pieces {
            match piece {
                Piece::Keep { position, length } => {
                    compare_ranges((old, *position), (new, at), *length)?;
                    at += length;
                }
                Piece::Mend { bytes, .. } => at += bytes.len() as u64,
                Piece::Fill { from, to } => {
                    at += empty_batches(*from, *to, self.epochs()).len() as u64
                }
                Piece::Cut { .. } => {}
            }
        }
        match new.metadata()?.len() == at {
            true => Ok(()),
            false => Err(io::Error::other("its length is wrong")),
        }
    }

    fn rebuild_indexes(&self, base_offset: i64) -> anyhow::Result<()> {
        let log = self.log(base_offset);
        let is_active = self.last_segment()? == base_offset;
        let window = Window::open(&log, PIECE_BYTES)?;
        let (offsets, times) = make_indexes(window, base_offset, &self.config, is_active)?;
        for (kind, bytes) in [
            (SegmentFileKind::OffsetIndex, offsets.encode()),
            (SegmentFileKind::TimeIndex, times.encode()),
        ] {
            let name = SegmentFileName::live(Offset(base_offset), kind);
            self.replace(&name.to_string(), &bytes)?;
        }
        Ok(())
    }

    /// The base offsets of the segments that are there.
    fn base_offsets(&self) -> anyhow::Result<Vec<i64>> {
        let now = super::partition::read(self.directory())?;
        Ok(now
            .segments
            .iter()
            .map(|segment| segment.base_offset)
            .collect())
    }

    fn last_segment(&self) -> anyhow::Result<i64> {
        Ok(self.base_offsets()?.last().copied().unwrap_or(0))
    }

    /// Counts producers' state up from the last snapshot before `offset` that is whole, and the log from there.
    fn rebuild_snapshot(&self, offset: i64) -> anyhow::Result<()> {
        let whole = self.facts.snapshots.iter().rev().find_map(|(at, states)| {
            let states = states.as_ref().ok()?;
            (at.0 < offset && !self.small.snapshots.contains(&at.0)).then(|| (*at, states.clone()))
        });
        let (from, mut states) = whole.unwrap_or((Offset(i64::MIN), ProducerStates::new()));
        for base_offset in self.base_offsets()? {
            // What a control batch says stands in its record.
            let log = self.log(base_offset);
            let mut batches = open_batches(&log, base_offset, Depth::Contents)?;
            while let Some(found) = batches.advance()? {
                let Found::Batch(batch) = found else { continue };
                let at = batch.header.base_offset();
                if at >= from && at.0 < offset {
                    let marker = marker::of_control(&batch.header, batch.bytes);
                    states.update(&batch.header, at, marker);
                }
            }
        }
        let name = SegmentFileName::live(Offset(offset), SegmentFileKind::ProducerSnapshot);
        self.replace(&name.to_string(), &states.encode_snapshot())
    }

    /// Both slots anew. What they call durable is made so first.
    fn write_durable_end(&self) -> anyhow::Result<()> {
        let segment = self.last_segment()?;
        let log = File::open(self.log(segment))?;
        log.sync_all()?;
        let known = self
            .facts
            .durable_end
            .as_ref()
            .and_then(|known| known.as_ref().ok());
        let generation = known.map_or(0, |known| known.generation);
        let epoch = self
            .epochs()
            .latest()
            .map_or(LeaderEpoch(0), |latest| latest.epoch);
        let durable_end = DurableEnd {
            durable_end: Offset(self.plan.log_end),
            segment_base_offset: Offset(segment),
            position: self.end_position(segment)?,
            log_start_offset: Offset(self.plan.log_start),
            leader_epoch: epoch,
        };
        let mut file = vec![0; DURABLE_END_FILE_LENGTH];
        for generation in [generation + 1, generation + 2] {
            let slot = encode_slot(generation, &durable_end);
            let start = slot.position.0 as usize;
            file[start..start + slot.block.len()].copy_from_slice(&slot.block);
        }
        self.replace(DURABLE_END_CHECKPOINT, &file)
    }

    /// Where the log ends in its last segment.
    fn end_position(&self, segment: i64) -> anyhow::Result<Position> {
        let mut batches = open_batches(&self.log(segment), segment, Depth::Headers)?;
        let mut end = 0;
        while let Some(found) = batches.advance()? {
            match found {
                Found::Batch(batch) if batch.header.base_offset().0 < self.plan.log_end => {
                    end = batch.position + batch.length;
                }
                _ => break,
            }
        }
        Ok(Position(end))
    }

    /// Puts a whole file in the place of another, durably.
    fn replace(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let path = self.directory().join(name);
        let beside = self.directory().join(format!("{name}.tmp"));
        write_durably(&beside, |file| file.write_all(bytes))?;
        fs::rename(&beside, &path).with_context(|| format!("cannot replace {}", path.display()))?;
        sync_directory(self.directory())
    }
}

fn write_durably(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> anyhow::Result<()> {
    let writing = || format!("cannot write {}", path.display());
    let mut file = File::create(path).with_context(writing)?;
    write(&mut file).with_context(writing)?;
    file.sync_all().with_context(writing)
}

fn sync_directory(path: &Path) -> anyhow::Result<()> {
    let syncing = || format!("cannot flush the directory {}", path.display());
    File::open(path)
        .with_context(syncing)?
        .sync_all()
        .with_context(syncing)
}

fn copy_range(from: &File, position: u64, length: u64, to: &mut File) -> io::Result<()> {
    let mut buffer = vec![0; COPY_BYTES.min(length) as usize];
    let mut done = 0;
    while done < length {
        let part = &mut buffer[..COPY_BYTES.min(length - done) as usize];
        from.read_exact_at(part, position + done)?;
        to.write_all(part)?;
        done += part.len() as u64;
    }
    Ok(())
}

fn compare_ranges(old: (&File, u64), new: (&File, u64), length: u64) -> io::Result<()> {
    let (mut one, mut other) = (vec![0; COPY_BYTES as usize], vec![0; COPY_BYTES as usize]);
    let mut done = 0;
    while done < length {
        let part = COPY_BYTES.min(length - done) as usize;
        old.0.read_exact_at(&mut one[..part], old.1 + done)?;
        new.0.read_exact_at(&mut other[..part], new.1 + done)?;
        if one[..part] != other[..part] {
            return Err(io::Error::other(format!(
                "bytes from {} on differ",
                new.1 + done
            )));
        }
        done += part as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::data_directory::DataDirectory;
    use crate::log::{partition, repair};
    use corelane_engine::record::{BatchBuilder, BatchOptions, NewRecord};

    /// Four segments of three batches; the third is missing, and each of the others has a damaged batch.
    fn damaged(root: &Path) -> PathBuf {
        let directory = root.join("flights-0");
        fs::create_dir(&directory).unwrap();
        for base_offset in [0, 30, 90] {
            let mut log = Vec::new();
            for offset in (base_offset..base_offset + 30).step_by(10) {
                log.extend(batch(offset));
            }
            let flip = log.len() / 2;
            log[flip] ^= 1;
            let name = SegmentFileName::live(Offset(base_offset), SegmentFileKind::Log);
            fs::write(directory.join(name.to_string()), log).unwrap();
        }
        let state = DurableEnd {
            durable_end: Offset(120),
            segment_base_offset: Offset(90),
            position: Position(0),
            log_start_offset: Offset(0),
            leader_epoch: LeaderEpoch(0),
        };
        let mut slots = vec![0; DURABLE_END_FILE_LENGTH];
        let slot = encode_slot(2, &state);
        slots[..slot.block.len()].copy_from_slice(&slot.block);
        fs::write(directory.join(DURABLE_END_CHECKPOINT), slots).unwrap();
        fs::write(directory.join(LEADER_EPOCH_CHECKPOINT), "0\n1\n0 0\n").unwrap();
        directory
    }

    fn batch(base_offset: i64) -> Vec<u8> {
        let mut builder = BatchBuilder::new(BatchOptions {
            base_offset: Offset(base_offset),
            leader_epoch: LeaderEpoch(0),
            ..BatchOptions::default()
        });
        for index in 0..10 {
            let record = NewRecord {
                timestamp_ms: 1_000 + index,
                key: None,
                value: Some(b"value"),
                headers: &[],
            };
            builder.append(&record).unwrap();
        }
        builder.build().unwrap().to_vec()
    }

    fn prepare(directory: &Path) -> Repair {
        let data = DataDirectory::around(directory).unwrap();
        repair::prepare(partition::read(directory).unwrap(), &data).unwrap()
    }

    /// The records that the logs hold.
    fn record_count(directory: &Path) -> i64 {
        let mut count = 0;
        for segment in partition::read(directory).unwrap().segments {
            let log = segment.file(SegmentFileKind::Log).unwrap();
            let mut batches = open_batches(log, segment.base_offset, Depth::Contents).unwrap();
            while let Some(found) = batches.advance().unwrap() {
                if let Found::Batch(batch) = found {
                    count += i64::from(batch.header.record_count());
                }
            }
        }
        count
    }

    #[test]
    fn a_repair_stopped_after_any_step_is_finished_by_the_next_and_loses_nothing_more() {
        let steps = {
            let root = tempfile::tempdir().unwrap();
            prepare(&damaged(root.path())).step_count()
        };
        assert!(steps > 8, "{steps}");
        for stop in 0..=steps {
            let root = tempfile::tempdir().unwrap();
            let directory = damaged(root.path());
            prepare(&directory).execute_some(stop).unwrap();
            let second = prepare(&directory);
            if second.step_count() > 1 {
                second.execute().unwrap();
            }
            let third = prepare(&directory);
            assert_eq!(third.step_count(), 1, "after {stop}: {:?}", third.plan);
            assert_eq!(third.plan.log_end, 120);
            assert_eq!(record_count(&directory), 60, "after {stop}");
        }
    }
}
