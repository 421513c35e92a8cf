//! The scratch directory: a marker that says whose it is, and the engine's data in a folder beside the marker.
//!
//! Invariants: nothing is written to a directory that is neither empty nor marked; nothing is ever removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{BenchError, system};

/// The file that marks a directory of this harness.
const MARKER: &str = "corelane-bench-scratch";
/// The engine's data directory.
const DATA: &str = "data";
/// What a fresh file system holds.
const LOST_AND_FOUND: &str = "lost+found";

/// Makes or takes `directory`; the engine's data directory within.
pub(super) fn claim(directory: &Path) -> Result<PathBuf, BenchError> {
    let failed = || system(format!("prepare {}", directory.display()));
    fs::create_dir_all(directory).map_err(failed())?;
    let marker = directory.join(MARKER);
    if !marker.try_exists().map_err(failed())? {
        if !is_empty(directory).map_err(failed())? {
            return Err(BenchError::ForeignDirectory {
                directory: directory.to_owned(),
            });
        }
        fs::write(
            &marker,
            "made by `corelane bench`; this directory may be deleted\n",
        )
        .map_err(failed())?;
    }
    Ok(directory.join(DATA))
}

fn is_empty(directory: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        if entry?.file_name() != LOST_AND_FOUND {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_somebody_else_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("meta.properties"), "").unwrap();
        let refused = claim(folder.path());
        assert!(matches!(refused, Err(BenchError::ForeignDirectory { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_directory_is_marked_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = folder.path().join("scratch");
        let data = claim(&scratch).unwrap();
        fs::create_dir(&data).unwrap();
        assert_eq!(claim(&scratch).unwrap(), data);
    }
}
