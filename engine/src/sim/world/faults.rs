//! What can go wrong with an I/O, and what it then does to the disk.
//!
//! Invariant: without a fault an I/O does what was asked, all of it or with the error that a kernel would give.

use std::io;

use super::State;
use super::asks::{Ask, Done, length_of};
use crate::sim::storage::{Effect, SECTOR};

/// What can go wrong with one I/O.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Fails; of a write any sectors may have arrived, a failed flush forgets what was dirty.
    Eio,
    /// No space: of a write the first sectors have arrived.
    Enospc,
    /// A write takes its first part only, and says so; the caller goes on with the rest.
    Short,
    /// Never completes.
    Hang,
    /// A write that ends with "no space" behind its first bytes, so many of them.
    FullAt(u32),
    /// A write or flush that says it succeeded and did nothing.
    Dropped,
    /// A write whose bytes land in other sectors of the disk, which belong to the same file or to another one.
    Misdirected,
    /// A read that gives one bit wrongly; the disk has the right one.
    Misread,
}

impl FaultKind {
    /// What a disk says, and an engine has to live with.
    pub const SAID: [FaultKind; 4] = [
        FaultKind::Eio,
        FaultKind::Enospc,
        FaultKind::Short,
        FaultKind::Hang,
    ];
}

/// A fault at one I/O, counted from the start of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The number of the I/O.
    pub io: u64,
    /// What goes wrong.
    pub kind: FaultKind,
}

impl State {
    pub(super) fn carry_out(
        &mut self,
        ask: &Ask,
        fault: Option<FaultKind>,
        now_ms: i64,
    ) -> io::Result<Done> {
        let eio = || io::Error::from_raw_os_error(libc::EIO);
        let enospc = || io::Error::from_raw_os_error(libc::ENOSPC);
        match fault {
            None | Some(FaultKind::Hang) => self.carry_out_well(ask, now_ms),
            Some(FaultKind::Eio) => {
                self.fail_partly(&ask.effect, false);
                Err(eio())
            }
            // A read needs no space.
            Some(FaultKind::Enospc) if !ask.effect.changes_anything() => {
                self.carry_out_well(ask, now_ms)
            }
            Some(FaultKind::Enospc) => {
                self.fail_partly(&ask.effect, true);
                Err(enospc())
            }
            Some(FaultKind::Short) => self.carry_out_shortly(ask, now_ms),
            Some(FaultKind::FullAt(count)) => match &ask.effect {
                Effect::Write {
                    inode,
                    position,
                    bytes,
                } => {
                    let fits = usize::try_from(count).unwrap_or(usize::MAX);
                    let effect = Effect::Write {
                        inode: *inode,
                        position: *position,
                        bytes: bytes.slice(..fits.min(bytes.len())),
                    };
                    self.storage.apply(&effect, now_ms)?;
                    Err(enospc())
                }
                _ => self.carry_out_well(ask, now_ms),
            },
            Some(FaultKind::Dropped) => match &ask.effect {
                Effect::Write { .. } | Effect::Flush { .. } | Effect::FlushDirectory { .. } => {
                    Ok(self.pretend(&ask.effect, now_ms))
                }
                _ => self.carry_out_well(ask, now_ms),
            },
            Some(FaultKind::Misdirected) => match &ask.effect {
                Effect::Write { bytes, .. } => {
                    self.storage.land_elsewhere(bytes, &mut self.dice);
                    Ok(self.pretend(&ask.effect, now_ms))
                }
                _ => self.carry_out_well(ask, now_ms),
            },
            Some(FaultKind::Misread) => self.misread(ask, now_ms),
        }
    }

    fn misread(&mut self, ask: &Ask, now_ms: i64) -> io::Result<Done> {
        let done = self.carry_out_well(ask, now_ms)?;
        let mut bytes = done.bytes.to_vec();
        if !bytes.is_empty() {
            let at = self.dice.index(bytes.len());
            bytes[at] ^= 1 << self.dice.below(8);
        }
        Ok(Done {
            bytes: bytes.into(),
            ..done
        })
    }

    /// Nothing of `effect` reaches the disk but a file's length, which is the file system's own.
    fn pretend(&mut self, effect: &Effect, now_ms: i64) -> Done {
        if let Effect::Write {
            inode,
            position,
            bytes,
        } = effect
        {
            let end = position + bytes.len() as u64;
            let inode = *inode;
            // A full disk takes less of it.
            let _ = self.storage.apply(&Effect::Allocate { inode, end }, now_ms);
        }
        Done {
            count: length_of(effect),
            ..Done::default()
        }
    }

    fn carry_out_well(&mut self, ask: &Ask, now_ms: i64) -> io::Result<Done> {
        if let Some(path) = &ask.find {
            let inode = self.storage.find(path).ok_or(io::ErrorKind::NotFound)?;
            return Ok(Done {
                inode,
                ..Done::default()
            });
        }
        if let Some((inode, position, length)) = ask.read {
            let bytes = self.storage.read(inode, position, length)?.into();
            return Ok(Done {
                bytes,
                ..Done::default()
            });
        }
        let inode = self.storage.apply(&ask.effect, now_ms)?;
        Ok(Done {
            inode,
            count: length_of(&ask.effect),
            ..Done::default()
        })
    }

    fn carry_out_shortly(&mut self, ask: &Ask, now_ms: i64) -> io::Result<Done> {
        let Effect::Write {
            inode,
            position,
            bytes,
        } = &ask.effect
        else {
            return self.carry_out_well(ask, now_ms);
        };
        let sectors = (bytes.len() / SECTOR) as u64;
        let kept = self.dice.below(sectors) as usize * SECTOR;
        // A write of less than a sector has no shorter form that is not nothing.
        let kept = if kept == 0 { bytes.len() } else { kept };
        let effect = Effect::Write {
            inode: *inode,
            position: *position,
            bytes: bytes.slice(..kept),
        };
        self.storage.apply(&effect, now_ms)?;
        Ok(Done {
            count: kept,
            ..Done::default()
        })
    }

    fn fail_partly(&mut self, effect: &Effect, in_order: bool) {
        self.storage.write_partly(effect, in_order, &mut self.dice);
        if let Effect::Flush { inode, .. } = effect {
            self.storage.forget_dirty(*inode, &mut self.dice);
            self.has_forgotten = true;
        }
    }
}
