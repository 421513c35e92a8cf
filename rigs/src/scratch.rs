//! A folder of a test that runs, removed with it; folders of tests that were killed are removed by the next one.

use std::io;
use std::path::{Path, PathBuf};

const PREFIX: &str = "rig-";

/// A folder that is there as long as this value.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    /// A new folder in `parent`, which is made when it is not there.
    pub fn new(parent: &Path) -> io::Result<Scratch> {
        std::fs::create_dir_all(parent)?;
        sweep(parent)?;
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)?;
        Ok(Scratch(folder))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A folder inside, made when it is not there.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }
}

/// Removes the folders of processes that are gone. Their mounts have gone with them.
fn sweep(parent: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        let is_alive = owner.is_none_or(|pid| Path::new("/proc").join(pid).exists());
        if !is_alive {
            // Another test may sweep at the same time.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_test_has_left_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        // No process has a number this high.
        let dead = parent.path().join("rig-999999999-abc");
        let foreign = parent.path().join("something");
        for path in [&dead, &foreign] {
            std::fs::create_dir(path).expect("the folder is ours");
        }
        let first = Scratch::new(parent.path()).expect("room");
        let second = Scratch::new(parent.path()).expect("room");
        assert!(!dead.exists());
        assert!(foreign.exists() && first.path().exists() && second.path().exists());
    }
}
