//! How large the volume under the data directory is, and what is free of it.
//!
//! The kernel is asked by a thread of its own, since a file system that hangs keeps whoever asks; a core must not be
//! kept. Invariant: one such thread at most, which ends with its answer.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use corelane_engine::runtime::sleep;

use crate::limits::VOLUME_WAIT_MAX;

/// How often the answer is looked for.
const LOOK_INTERVAL: Duration = Duration::from_micros(200);

/// Whether the thread runs. The second threads are the other cores and that thread.
static ASKING: AtomicBool = AtomicBool::new(false);

/// Bytes of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// In all.
    pub total_bytes: i64,
    /// What this process may still take.
    pub usable_bytes: i64,
}

/// What the kernel says of the volume that holds `path`; nothing when it fails, or takes longer than
/// [`VOLUME_WAIT_MAX`].
pub async fn space(path: &Path) -> Option<Space> {
    let deadline = Instant::now() + VOLUME_WAIT_MAX;
    while ASKING.swap(true, Ordering::Acquire) {
        if Instant::now() >= deadline {
            return None;
        }
        sleep(LOOK_INTERVAL).await;
    }
    // The second thread is the one that asks.
    let place: Arc<OnceLock<Option<Space>>> = Arc::default();
    let (path, filling) = (CString::new(path.as_os_str().as_bytes()), place.clone());
    let spawned = std::thread::Builder::new().spawn(move || {
        let space = path.ok().and_then(|path| ask(&path));
        // Nobody else fills it.
        let _ = filling.set(space);
        ASKING.store(false, Ordering::Release);
    });
    if spawned.is_err() {
        ASKING.store(false, Ordering::Release);
        return None;
    }
    loop {
        if let Some(space) = place.get() {
            return *space;
        }
        if Instant::now() >= deadline {
            return None;
        }
        sleep(LOOK_INTERVAL).await;
    }
}

fn ask(path: &CString) -> Option<Space> {
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    // SAFETY: the path ends in a zero byte and the structure is large enough; both outlive the call.
    let result = unsafe { libc::statvfs(path.as_ptr(), stat.as_mut_ptr()) };
    if result != 0 {
        return None;
    }
    // SAFETY: the call has succeeded, which fills the structure.
    let stat = unsafe { stat.assume_init() };
    let bytes =
        |blocks: u64| i64::try_from(blocks.saturating_mul(stat.f_frsize)).unwrap_or(i64::MAX);
    Some(Space {
        total_bytes: bytes(stat.f_blocks),
        usable_bytes: bytes(stat.f_bavail),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_has_room_and_what_is_no_path_has_none() {
        let root = ask(&CString::new("/").unwrap()).unwrap();
        assert!(root.total_bytes > 0 && root.usable_bytes <= root.total_bytes);
        assert_eq!(ask(&CString::new("/no/such/path").unwrap()), None);
    }
}
