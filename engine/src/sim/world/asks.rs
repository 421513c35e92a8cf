//! What is asked of the disk, how long that takes, and how it stands in a trace.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use crate::sim::dice::Dice;
use crate::sim::storage::Effect;

/// One I/O in so many takes fifty times as long.
const SLOW_ONCE_IN: u64 = 64;
const SLOW_FACTOR: u64 = 50;

/// What is asked of the disk.
pub(in crate::sim) struct Ask {
    pub(super) effect: Effect,
    pub(super) read: Option<(u64, u64, usize)>,
    pub(super) find: Option<PathBuf>,
}

impl Ask {
    pub(in crate::sim) fn of(effect: Effect) -> Ask {
        Ask {
            effect,
            read: None,
            find: None,
        }
    }

    pub(in crate::sim) fn read(inode: u64, position: u64, length: usize) -> Ask {
        Ask {
            read: Some((inode, position, length)),
            ..Ask::of(Effect::Nothing)
        }
    }

    pub(in crate::sim) fn find(path: &Path) -> Ask {
        Ask {
            find: Some(path.to_path_buf()),
            ..Ask::of(Effect::Nothing)
        }
    }

    pub(super) fn latency_us(&self, dice: &mut Dice) -> u64 {
        let (least, spread) = match self.effect {
            Effect::Nothing => (20, 60),
            Effect::Write { .. } => (20, 200),
            Effect::Flush { .. } | Effect::FlushDirectory { .. } => (50, 1000),
            _ => (20, 200),
        };
        let usual = least + dice.below(spread);
        if dice.once_in(SLOW_ONCE_IN) {
            usual * SLOW_FACTOR
        } else {
            usual
        }
    }

    pub(super) fn describe(&self) -> String {
        match (&self.effect, &self.read, &self.find) {
            (_, Some((inode, position, length)), _) => {
                format!("read inode {inode} at {position}, {length} bytes")
            }
            (_, _, Some(path)) => format!("find {}", path.display()),
            (
                Effect::Write {
                    inode,
                    position,
                    bytes,
                },
                _,
                _,
            ) => format!(
                "write inode {inode} at {position}, {} bytes, CRC {:08x}",
                bytes.len(),
                crc32fast::hash(bytes)
            ),
            (effect, _, _) => format!("{effect:?}"),
        }
    }
}

/// What became of it.
#[derive(Default)]
pub(in crate::sim) struct Done {
    pub(in crate::sim) inode: u64,
    pub(in crate::sim) count: usize,
    pub(in crate::sim) bytes: Bytes,
}

pub(super) fn length_of(effect: &Effect) -> usize {
    match effect {
        Effect::Write { bytes, .. } => bytes.len(),
        _ => 0,
    }
}
