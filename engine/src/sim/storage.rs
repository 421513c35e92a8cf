//! What the simulated disk holds, what a crash leaves of it, and what each operation does to it.
//!
//! A file is 512-byte sectors and a length. What was written is *volatile* until the file was flushed; names in a
//! directory are volatile until the directory was flushed. A crash decides for each unflushed sector whether it has
//! arrived, in any of the versions written since the last flush, or as garbage in the bytes that were to change; for
//! the changes of a file's length how many of them, in order, have; for a directory's changes which have, where two
//! that touch one name keep their order. So a file may have its new length without its data and the reverse, and a
//! file that was flushed is gone when its name was not. What was cut off or never written reads as zeros.
//!
//! Pure: no time, no tasks. Clones share what they have in common, so that each crash point can be kept.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::dice::Dice;
use crate::io::DirectoryEntry;

/// Bytes that arrive together.
pub const SECTOR: usize = 512;
/// Bytes in which space is counted.
const BLOCK: u64 = 4096;
/// The number of the top directory's inode.
const TOP: u64 = 1;
/// What no path resolves to.
const ENOTEMPTY: i32 = 39;

type Sector = Arc<[u8; SECTOR]>;

/// What a crash leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CrashMode {
    /// Power cut: nothing that was not flushed.
    None,
    /// Power cut: everything, also what was under way.
    All,
    /// Power cut: by the dice.
    Subset,
    /// Power cut: by the dice, and some of what arrived is garbage.
    Garbage,
    /// The process dies, the machine goes on: all that had completed, and some of what was under way.
    Kill,
}

impl CrashMode {
    /// All of them.
    pub const ALL: [CrashMode; 5] = [
        CrashMode::None,
        CrashMode::All,
        CrashMode::Subset,
        CrashMode::Garbage,
        CrashMode::Kill,
    ];
}

/// What an operation does when it completes.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Reads, opens, lists.
    Nothing,
    /// Makes a file, or finds it.
    Create(PathBuf),
    /// Makes a directory, or finds it.
    MakeDirectory(PathBuf),
    /// Writes bytes.
    Write {
        /// The file.
        inode: u64,
        /// The first byte.
        position: u64,
        /// The bytes.
        bytes: Bytes,
    },
    /// Makes durable what had been written when it was asked for.
    Flush {
        /// The file.
        inode: u64,
        /// What came later is not covered.
        before: u64,
    },
    /// Sets the length.
    Truncate {
        /// The file.
        inode: u64,
        /// The length.
        length: u64,
    },
    /// Reserves space up to a position; the file is at least that long afterwards.
    Allocate {
        /// The file.
        inode: u64,
        /// The position.
        end: u64,
    },
    /// Renames within a directory.
    Rename(PathBuf, PathBuf),
    /// Removes a file.
    Remove(PathBuf),
    /// Removes an empty directory.
    RemoveDirectory(PathBuf),
    /// Makes the names of a directory durable that it had when this was asked for.
    FlushDirectory {
        /// The directory.
        path: PathBuf,
        /// What came later is not covered.
        before: u64,
    },
}

impl Effect {
    /// Whether it can change what is found after a crash.
    #[must_use]
    pub fn changes_anything(&self) -> bool {
        !matches!(self, Effect::Nothing)
    }
}

#[derive(Clone, Default)]
struct Content {
    length: u64,
    sectors: Arc<BTreeMap<u64, Sector>>,
}

impl Content {
    fn sector(&self, index: u64) -> Sector {
        match self.sectors.get(&index) {
            Some(sector) => sector.clone(),
            None => Arc::new([0; SECTOR]),
        }
    }

    fn put(&mut self, index: u64, sector: Sector) {
        Arc::make_mut(&mut self.sectors).insert(index, sector);
    }

    fn grow(&mut self, length: u64) {
        self.length = self.length.max(length);
    }

    /// Cuts or extends; what lies behind is forgotten.
    fn set_length(&mut self, length: u64) {
        self.length = length;
        self.clip();
    }

    /// Forgets what lies behind the end.
    fn clip(&mut self) {
        let (whole, rest) = (
            self.length / SECTOR as u64,
            (self.length % SECTOR as u64) as usize,
        );
        let first_gone = self.length.div_ceil(SECTOR as u64);
        if self.sectors.range(first_gone..).next().is_some() {
            Arc::make_mut(&mut self.sectors).split_off(&first_gone);
        }
        if rest > 0 && self.sectors.contains_key(&whole) {
            let mut sector = *self.sector(whole);
            if sector[rest..].iter().any(|byte| *byte != 0) {
                sector[rest..].fill(0);
                self.put(whole, Arc::new(sector));
            }
        }
    }

    fn read(&self, position: u64, length: usize) -> Vec<u8> {
        let end = self.length.min(position.saturating_add(length as u64));
        let mut bytes = vec![0; end.saturating_sub(position) as usize];
        if bytes.is_empty() {
            return bytes;
        }
        let sector_size = SECTOR as u64;
        for (index, sector) in self
            .sectors
            .range(position / sector_size..end.div_ceil(sector_size))
        {
            let start = index * sector_size;
            let (from, to) = (start.max(position), (start + sector_size).min(end));
            let target = (from - position) as usize..(to - position) as usize;
            bytes[target].copy_from_slice(&sector[(from - start) as usize..(to - start) as usize]);
        }
        bytes
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Sector { index, bytes } => self.put(*index, bytes.clone()),
            Change::Grow(length) => self.grow(*length),
            Change::Truncate(length) => self.set_length(*length),
        }
    }
}

#[derive(Clone)]
enum Change {
    Sector { index: u64, bytes: Sector },
    Grow(u64),
    Truncate(u64),
}

#[derive(Clone, Default)]
struct File {
    durable: Content,
    /// What reads see.
    volatile: Content,
    /// What was done since the last flush, in order, with the number of the operation.
    pending: Vec<(u64, Change)>,
    modified_ms: i64,
}

impl File {
    fn change(&mut self, number: u64, change: Change) {
        self.volatile.apply(&change);
        self.pending.push((number, change));
    }

    fn write(&mut self, number: u64, position: u64, bytes: &[u8]) {
        let mut done = 0;
        while done < bytes.len() {
            let at = position + done as u64;
            let (index, within) = (at / SECTOR as u64, (at % SECTOR as u64) as usize);
            let count = (SECTOR - within).min(bytes.len() - done);
            let mut sector = *self.volatile.sector(index);
            sector[within..within + count].copy_from_slice(&bytes[done..done + count]);
            let bytes = Arc::new(sector);
            self.change(number, Change::Sector { index, bytes });
            done += count;
        }
        let end = position + bytes.len() as u64;
        if end > self.volatile.length {
            self.change(number, Change::Grow(end));
        }
    }

    fn flush(&mut self, before: u64) {
        let later = self.pending.partition_point(|(number, _)| *number < before);
        for (_, change) in self.pending.drain(..later) {
            self.durable.apply(&change);
        }
    }

    /// A flush has failed: what was dirty is forgotten, whether it arrived or not, and no later flush covers it.
    fn forget(&mut self, dice: &mut Dice) {
        for (_, change) in std::mem::take(&mut self.pending) {
            if dice.coin() {
                self.durable.apply(&change);
            }
        }
        // Lengths are the journal's, which goes on.
        let length = self.volatile.length;
        self.durable.length = length;
        self.durable.clip();
    }

    fn after_crash(&self, mode: CrashMode, dice: &mut Dice) -> Content {
        let mut left = self.durable.clone();
        let is_length = |change: &Change| !matches!(change, Change::Sector { .. });
        let lengths = self.pending.iter().filter(|(_, change)| is_length(change));
        let mut lengths_left = dice.below(lengths.count() as u64 + 1);
        for (_, change) in &self.pending {
            let arrives = match (mode, is_length(change)) {
                (CrashMode::None, _) => false,
                (CrashMode::All | CrashMode::Kill, _) => true,
                (CrashMode::Subset | CrashMode::Garbage, false) => dice.coin(),
                (CrashMode::Subset | CrashMode::Garbage, true) => {
                    let is_left = lengths_left > 0;
                    lengths_left = lengths_left.saturating_sub(1);
                    is_left
                }
            };
            match change {
                Change::Sector { index, bytes }
                    if arrives && mode == CrashMode::Garbage && dice.coin() =>
                {
                    left.put(*index, torn(&left.sector(*index), bytes, dice));
                }
                _ if arrives => left.apply(change),
                _ => {}
            }
        }
        left.clip();
        left
    }
}

/// A sector whose rewriting was cut short: bytes that were to stay have stayed, the others are anything.
fn torn(old: &Sector, new: &Sector, dice: &mut Dice) -> Sector {
    let mut torn = **old;
    for (byte, wanted) in torn.iter_mut().zip(new.iter()) {
        if *byte != *wanted {
            *byte = dice.roll() as u8;
        }
    }
    Arc::new(torn)
}

#[derive(Clone)]
enum NameChange {
    Link(String, u64),
    Unlink(String),
    Rename(String, String),
}

impl NameChange {
    fn apply(&self, names: &mut BTreeMap<String, u64>) {
        match self {
            NameChange::Link(name, inode) => {
                names.insert(name.clone(), *inode);
            }
            NameChange::Unlink(name) => {
                names.remove(name);
            }
            NameChange::Rename(from, to) => {
                if let Some(inode) = names.remove(from) {
                    names.insert(to.clone(), inode);
                }
            }
        }
    }

    fn names(&self) -> Vec<&str> {
        match self {
            NameChange::Link(name, _) | NameChange::Unlink(name) => vec![name],
            NameChange::Rename(from, to) => vec![from, to],
        }
    }
}

#[derive(Clone, Default)]
struct Directory {
    durable: BTreeMap<String, u64>,
    volatile: BTreeMap<String, u64>,
    pending: Vec<(u64, NameChange)>,
}

impl Directory {
    fn change(&mut self, number: u64, change: NameChange) {
        change.apply(&mut self.volatile);
        self.pending.push((number, change));
    }

    fn flush(&mut self, before: u64) {
        let later = self.pending.partition_point(|(number, _)| *number < before);
        for (_, change) in self.pending.drain(..later) {
            change.apply(&mut self.durable);
        }
    }

    fn after_crash(&self, mode: CrashMode, dice: &mut Dice) -> BTreeMap<String, u64> {
        let mut left = self.durable.clone();
        let in_order = dice.coin();
        let mut prefix = dice.below(self.pending.len() as u64 + 1);
        let mut lost: BTreeSet<&str> = BTreeSet::new();
        for (_, change) in &self.pending {
            let names = change.names();
            let arrives = match mode {
                CrashMode::None => false,
                CrashMode::All | CrashMode::Kill => true,
                CrashMode::Subset | CrashMode::Garbage if in_order => {
                    let arrives = prefix > 0;
                    prefix = prefix.saturating_sub(1);
                    arrives
                }
                CrashMode::Subset | CrashMode::Garbage => {
                    dice.coin() && !names.iter().any(|name| lost.contains(name))
                }
            };
            if arrives {
                change.apply(&mut left);
            } else {
                lost.extend(names);
            }
        }
        left
    }
}

#[derive(Clone)]
enum Inode {
    File(File),
    Directory(Directory),
}

/// See the module.
#[derive(Clone)]
pub struct Storage {
    inodes: BTreeMap<u64, Arc<Inode>>,
    next_inode: u64,
    /// Numbers operations, so that a flush covers what came before it.
    next_number: u64,
    /// The time of the last change: what a crash or a fault lets through counts as changed then.
    changed_ms: i64,
    /// Bytes that files may take together.
    pub capacity_bytes: Option<u64>,
    /// Where the top directory is mounted.
    top: PathBuf,
}

impl Storage {
    /// An empty directory at `top`.
    #[must_use]
    pub fn new(top: impl Into<PathBuf>) -> Storage {
        let directory = Arc::new(Inode::Directory(Directory::default()));
        Storage {
            inodes: BTreeMap::from([(TOP, directory)]),
            next_inode: TOP + 1,
            next_number: 1,
            changed_ms: 0,
            capacity_bytes: None,
            top: top.into(),
        }
    }

    /// The number that the next operation gets: a flush asked for now covers those below it.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    fn directory(&self, inode: u64) -> Option<&Directory> {
        match self.inodes.get(&inode)?.as_ref() {
            Inode::Directory(directory) => Some(directory),
            Inode::File(_) => None,
        }
    }

    fn directory_mut(&mut self, inode: u64) -> io::Result<&mut Directory> {
        match self.inodes.get_mut(&inode).map(Arc::make_mut) {
            Some(Inode::Directory(directory)) => Ok(directory),
            Some(Inode::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn file(&self, inode: u64) -> io::Result<&File> {
        match self.inodes.get(&inode).map(Arc::as_ref) {
            Some(Inode::File(file)) => Ok(file),
            Some(Inode::Directory(_)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn file_mut(&mut self, inode: u64) -> io::Result<&mut File> {
        match self.inodes.get_mut(&inode).map(Arc::make_mut) {
            Some(Inode::File(file)) => Ok(file),
            Some(Inode::Directory(_)) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// The inode that a path leads to.
    #[must_use]
    pub fn find(&self, path: &Path) -> Option<u64> {
        let below = path.strip_prefix(&self.top).ok()?;
        below.iter().try_fold(TOP, |inode, name| {
            self.directory(inode)?.volatile.get(name.to_str()?).copied()
        })
    }

    fn is_directory(&self, inode: u64) -> bool {
        self.directory(inode).is_some()
    }

    fn parent_and_name(&self, path: &Path) -> io::Result<(u64, String)> {
        let name = path.file_name().and_then(OsStr::to_str);
        let parent = path.parent().and_then(|parent| self.find(parent));
        match (parent, name) {
            (Some(parent), Some(name)) => Ok((parent, name.to_owned())),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Bytes that a file holds.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn length(&self, inode: u64) -> io::Result<u64> {
        Ok(self.file(inode)?.volatile.length)
    }

    /// Up to `length` bytes from `position`.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn read(&self, inode: u64, position: u64, length: usize) -> io::Result<Vec<u8>> {
        Ok(self.file(inode)?.volatile.read(position, length))
    }

    /// What a directory holds, in the order of names.
    ///
    /// # Errors
    /// When there is no such directory.
    pub fn list(&self, path: &Path) -> io::Result<Vec<DirectoryEntry>> {
        let inode = self.find(path).ok_or(io::ErrorKind::NotFound)?;
        let directory = self.directory(inode).ok_or(io::ErrorKind::NotADirectory)?;
        let entry = |(name, inode): (&String, &u64)| {
            let (length, modified_ms) = match self.file(*inode) {
                Ok(file) => (file.volatile.length, file.modified_ms),
                Err(_) => (BLOCK, 0),
            };
            DirectoryEntry {
                name: name.clone(),
                is_directory: self.is_directory(*inode),
                length,
                modified_ms,
            }
        };
        Ok(directory.volatile.iter().map(entry).collect())
    }

    /// Bytes that files take.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        let space = |path: &PathBuf| {
            let inode = self.find(path)?;
            Some(self.length(inode).ok()?.next_multiple_of(BLOCK))
        };
        self.files().iter().filter_map(space).sum()
    }

    /// How far a file can grow to reach `end`.
    fn reachable(&self, inode: u64, end: u64) -> io::Result<u64> {
        let length = self.length(inode)?;
        let Some(capacity) = self.capacity_bytes.filter(|_| end > length) else {
            return Ok(end);
        };
        let free = capacity.saturating_sub(self.used_bytes());
        Ok(end.min(length.next_multiple_of(BLOCK) + free - free % BLOCK))
    }

    /// Does what `effect` says. For what is made, its inode.
    ///
    /// # Errors
    /// When the kernel would refuse it; a write to a full disk leaves what had room.
    pub fn apply(&mut self, effect: &Effect, now_ms: i64) -> io::Result<u64> {
        let number = self.next_number;
        self.next_number += 1;
        self.changed_ms = now_ms;
        match effect {
            Effect::Nothing => Ok(0),
            Effect::Create(path) => self.make(number, path, Inode::File(File::default()), now_ms),
            Effect::MakeDirectory(path) => {
                self.make(number, path, Inode::Directory(Directory::default()), now_ms)
            }
            Effect::Write {
                inode,
                position,
                bytes,
            } => self.write(number, *inode, *position, bytes, now_ms),
            Effect::Flush { inode, before } => {
                self.file_mut(*inode)?.flush(*before);
                Ok(0)
            }
            Effect::Truncate { inode, length } => {
                let file = self.file_mut(*inode)?;
                let change = if *length < file.volatile.length {
                    Change::Truncate(*length)
                } else {
                    Change::Grow(*length)
                };
                file.change(number, change);
                Ok(0)
            }
            Effect::Allocate { inode, end } => {
                if self.reachable(*inode, *end)? < *end {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                let file = self.file_mut(*inode)?;
                if *end > file.volatile.length {
                    file.change(number, Change::Grow(*end));
                }
                Ok(0)
            }
            Effect::Rename(from, to) => self.rename(number, from, to),
            Effect::Remove(path) => self.remove(number, path, false),
            Effect::RemoveDirectory(path) => self.remove(number, path, true),
            Effect::FlushDirectory { path, before } => {
                let inode = self.find(path).ok_or(io::ErrorKind::NotFound)?;
                self.directory_mut(inode)?.flush(*before);
                Ok(0)
            }
        }
    }

    fn make(&mut self, number: u64, path: &Path, new: Inode, now_ms: i64) -> io::Result<u64> {
        let (parent, name) = self.parent_and_name(path)?;
        if let Some(found) = self.find(path) {
            return Ok(found);
        }
        let inode = self.next_inode;
        self.next_inode += 1;
        self.inodes.insert(inode, Arc::new(new));
        if let Ok(file) = self.file_mut(inode) {
            file.modified_ms = now_ms;
        }
        self.directory_mut(parent)?
            .change(number, NameChange::Link(name, inode));
        Ok(inode)
    }

    fn write(
        &mut self,
        number: u64,
        inode: u64,
        position: u64,
        bytes: &[u8],
        now_ms: i64,
    ) -> io::Result<u64> {
        let end = position + bytes.len() as u64;
        let reachable = self.reachable(inode, end)?;
        let fits = usize::try_from(reachable.saturating_sub(position)).unwrap_or(usize::MAX);
        let file = self.file_mut(inode)?;
        file.write(number, position, &bytes[..fits.min(bytes.len())]);
        file.modified_ms = now_ms;
        if reachable < end {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(0)
    }

    fn rename(&mut self, number: u64, from: &Path, to: &Path) -> io::Result<u64> {
        let (parent, from_name) = self.parent_and_name(from)?;
        let (to_parent, to_name) = self.parent_and_name(to)?;
        assert_eq!(parent, to_parent, "renames stay within a directory");
        if self.find(from).is_none() {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.directory_mut(parent)?
            .change(number, NameChange::Rename(from_name, to_name));
        Ok(0)
    }

    fn remove(&mut self, number: u64, path: &Path, is_directory: bool) -> io::Result<u64> {
        let Some(inode) = self.find(path) else {
            return Ok(0);
        };
        match (self.directory(inode), is_directory) {
            (None, true) => return Err(io::ErrorKind::NotADirectory.into()),
            (Some(_), false) => return Err(io::ErrorKind::IsADirectory.into()),
            (Some(directory), true) if !directory.volatile.is_empty() => {
                return Err(io::Error::from_raw_os_error(ENOTEMPTY));
            }
            _ => {}
        }
        let (parent, name) = self.parent_and_name(path)?;
        self.directory_mut(parent)?
            .change(number, NameChange::Unlink(name));
        Ok(0)
    }

    /// Lets a write arrive in part: each sector by the dice, or with `in_order` the first ones only.
    pub fn write_partly(&mut self, effect: &Effect, in_order: bool, dice: &mut Dice) {
        let Effect::Write {
            inode,
            position,
            bytes,
        } = effect
        else {
            return;
        };
        let pieces: Vec<(u64, Bytes)> = sectors_of(*position, bytes).collect();
        let first = dice.index(pieces.len() + 1);
        for (index, (position, bytes)) in pieces.into_iter().enumerate() {
            let arrives = if in_order { index < first } else { dice.coin() };
            if arrives {
                let inode = *inode;
                let piece = Effect::Write {
                    inode,
                    position,
                    bytes,
                };
                // A full disk takes less of it.
                let _ = self.apply(&piece, self.changed_ms);
            }
        }
    }

    /// A flush of the file has failed; see [`Effect::Flush`].
    pub fn forget_dirty(&mut self, inode: u64, dice: &mut Dice) {
        if let Ok(file) = self.file_mut(inode) {
            file.forget(dice);
        }
    }

    /// What is found after a crash while `in_flight` was under way. After a power cut all of it is durable.
    #[must_use]
    pub fn after_crash(&self, mode: CrashMode, in_flight: &[Effect], dice: &mut Dice) -> Storage {
        let mut last = self.clone();
        for effect in in_flight {
            let is_flush = matches!(effect, Effect::Flush { .. } | Effect::FlushDirectory { .. });
            match mode {
                CrashMode::None => {}
                _ if is_flush => {}
                CrashMode::Kill if dice.coin() => {}
                CrashMode::Kill if matches!(effect, Effect::Write { .. }) => {
                    last.write_partly(effect, false, dice);
                }
                // What the kernel would have refused has no effect either.
                _ => drop(last.apply(effect, last.changed_ms)),
            }
        }
        // The page cache and the disk's own outlive the process: what was not flushed may still be lost later.
        if mode == CrashMode::Kill {
            return last;
        }
        last.settle(mode, dice)
    }

    fn settle(&self, mode: CrashMode, dice: &mut Dice) -> Storage {
        let mut left = Storage {
            inodes: BTreeMap::new(),
            ..self.clone()
        };
        let mut todo = vec![TOP];
        while let Some(number) = todo.pop() {
            let Some(inode) = self.inodes.get(&number) else {
                continue;
            };
            let settled = match inode.as_ref() {
                Inode::File(file) => {
                    let content = file.after_crash(mode, dice);
                    Inode::File(File {
                        durable: content.clone(),
                        volatile: content,
                        pending: Vec::new(),
                        modified_ms: file.modified_ms,
                    })
                }
                Inode::Directory(directory) => {
                    let names = directory.after_crash(mode, dice);
                    todo.extend(names.values());
                    Inode::Directory(Directory {
                        durable: names.clone(),
                        volatile: names,
                        pending: Vec::new(),
                    })
                }
            };
            left.inodes.insert(number, Arc::new(settled));
        }
        left
    }

    /// The paths of all files, in order.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut todo = vec![(self.top.clone(), TOP)];
        while let Some((path, inode)) = todo.pop() {
            match self.directory(inode) {
                None => files.push(path),
                Some(directory) => {
                    let below = directory.volatile.iter();
                    todo.extend(below.map(|(name, inode)| (path.join(name), *inode)));
                }
            }
        }
        files.sort();
        files
    }

    /// A file's bytes.
    #[must_use]
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let file = self.file(self.find(path)?).ok()?;
        let length = usize::try_from(file.volatile.length).ok()?;
        Some(file.volatile.read(0, length))
    }

    /// Rot: flips one bit of a file, on the medium.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn flip_bit(&mut self, path: &Path, bit: u64) {
        let inode = self.find(path).expect("the file exists");
        let file = self.file_mut(inode).expect("it is a file");
        let (index, within) = (bit / 8 / SECTOR as u64, (bit / 8) as usize % SECTOR);
        let mut sector = *file.volatile.sector(index);
        sector[within] ^= 1 << (bit % 8);
        file.durable.put(index, Arc::new(sector));
        file.volatile.put(index, Arc::new(sector));
    }

    /// A write has gone astray: `bytes` are on the medium where some file has its sectors, within that file's length.
    pub fn land_elsewhere(&mut self, bytes: &[u8], dice: &mut Dice) {
        let files: Vec<u64> = self
            .files()
            .iter()
            .filter_map(|path| self.find(path))
            .collect();
        let Some(inode) = files.get(dice.index(files.len())) else {
            return;
        };
        let Ok(file) = self.file_mut(*inode) else {
            return;
        };
        let first = dice.below(file.volatile.length.div_ceil(SECTOR as u64));
        let room = file.volatile.length.saturating_sub(first * SECTOR as u64);
        let fits = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        for (index, piece) in (first..).zip(bytes[..fits].chunks(SECTOR)) {
            for content in [&mut file.durable, &mut file.volatile] {
                let mut sector = *content.sector(index);
                sector[..piece.len()].copy_from_slice(piece);
                content.put(index, Arc::new(sector));
            }
        }
    }

    /// Takes a file away, durably.
    pub fn take_away(&mut self, path: &Path) {
        let effect = Effect::Remove(path.to_path_buf());
        if self.apply(&effect, self.changed_ms).is_ok() {
            *self = self.after_crash(CrashMode::All, &[], &mut Dice::new(0));
        }
    }
}

/// A write cut at sector boundaries.
fn sectors_of(position: u64, bytes: &Bytes) -> impl Iterator<Item = (u64, Bytes)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = position + done as u64;
        let room = SECTOR - (at % SECTOR as u64) as usize;
        let count = room.min(bytes.len() - done);
        let piece = (count > 0).then(|| (at, bytes.slice(done..done + count)));
        done += count;
        piece
    })
}

#[cfg(test)]
mod tests;
