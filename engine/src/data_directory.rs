//! The directory that holds everything: its lock, its identity, and the checks before a log may live there.
//!
//! Runs at start, before any core does, with plain blocking calls. Invariant: from [`DataDirectory::claim`] to its
//! drop, no other process of ours has the directory.

#![allow(clippy::disallowed_methods)] // Blocking files: nothing else runs yet.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::checkpoint::MetaProperties;
use crate::file_name;
use crate::types::uuid_to_text;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirectoryError {
    /// Another process has it.
    #[error("{} is in use by process {holder}; stop it, or give --data another directory", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
        /// What the lock file says of its holder.
        holder: String,
    },
    /// It cannot be made, read or written.
    #[error("cannot use {}: {source}; check that it exists and that this user may write there", path.display())]
    Unusable {
        /// The path that failed.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Its file system has no O_DIRECT.
    #[error("the file system of {} does not support O_DIRECT ({source}); use ext4 or xfs, not tmpfs or overlay", path.display())]
    NoDirectIo {
        /// The directory.
        path: PathBuf,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Its identity file is not readable as one.
    #[error("{} is damaged: {reason}", path.display())]
    BadIdentity {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A data directory that this process has to itself.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    pub(crate) path: PathBuf,
    pub(crate) identity: MetaProperties,
    /// Held open for its lock.
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory where there is none, locks it, checks it, reads or makes its identity.
    pub(crate) fn claim(path: &Path, node_id: i32) -> Result<DataDirectory, DataDirectoryError> {
        let unusable = |path: &Path| {
            let path = path.to_path_buf();
            move |source| DataDirectoryError::Unusable { path, source }
        };
        fs::create_dir_all(path).map_err(unusable(path))?;
        let path = fs::canonicalize(path).map_err(unusable(path))?;
        let lock = lock(&path)?;
        check_direct_io(&path)?;
        let identity = identity(&path, node_id)?;
        Ok(DataDirectory {
            path,
            identity,
            _lock: lock,
        })
    }
}

fn lock(directory: &Path) -> Result<File, DataDirectoryError> {
    let path = directory.join(file_name::LOCK_FILE);
    let unusable = |source| DataDirectoryError::Unusable {
        path: path.clone(),
        source,
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The name is a courtesy; the lock is what counts.
            let _ = file.read_to_string(&mut holder);
            let path = directory.to_path_buf();
            let holder = holder.trim().to_owned();
            return Err(DataDirectoryError::Locked { path, holder });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(source)),
    }
    // The name is a courtesy to whoever comes second, and a full disk must not keep a broker from starting.
    let name = |file: &mut File| {
        file.rewind()?;
        writeln!(file, "{:<10}", std::process::id())
    };
    if let Err(error) = name(&mut file) {
        tracing::warn!(path = %path.display(), %error, "the lock does not name this process");
    }
    Ok(file)
}

/// Opens a file for O_DIRECT, which is where file systems without it refuse.
fn check_direct_io(directory: &Path) -> Result<(), DataDirectoryError> {
    let probe = directory.join(".direct-io-probe");
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .custom_flags(libc::O_DIRECT)
        .open(&probe);
    // Left behind, it is an empty file that the next start replaces.
    let _ = fs::remove_file(&probe);
    match opened {
        Ok(_) => Ok(()),
        Err(source) if source.raw_os_error() == Some(libc::EINVAL) => {
            let path = directory.to_path_buf();
            Err(DataDirectoryError::NoDirectIo { path, source })
        }
        Err(source) => Err(DataDirectoryError::Unusable {
            path: probe,
            source,
        }),
    }
}

fn identity(directory: &Path, node_id: i32) -> Result<MetaProperties, DataDirectoryError> {
    let path = directory.join(file_name::META_PROPERTIES);
    let unusable = |source| DataDirectoryError::Unusable {
        path: path.clone(),
        source,
    };
    match fs::read(&path) {
        Ok(text) => MetaProperties::parse(&text).map_err(|error| DataDirectoryError::BadIdentity {
            path: path.clone(),
            reason: error.to_string(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let identity = MetaProperties {
                cluster_id: uuid_to_text(Uuid::new_v4()),
                node_id,
                directory_id: Uuid::new_v4(),
            };
            write_durably(directory, &path, &identity.encode()).map_err(unusable)?;
            Ok(identity)
        }
        Err(source) => Err(unusable(source)),
    }
}

fn write_durably(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("tmp");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    fs::rename(&beside, path)?;
    File::open(directory)?.sync_all()
}
