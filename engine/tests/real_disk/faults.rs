//! Disks that are full, read-only, or none that a log may live on.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use corelane_engine::{
    Acks, AppendError, DataDirectoryError, Engine, EngineError, Offset, PartitionError, ProducerId,
};

use crate::rig::{
    Model, Scene, append, batch, batch_of, batches, create_topic, eventually, may_mount, scratch,
    skip, small_config,
};

/// A mounted file system, unmounted when dropped.
pub struct Mount {
    pub at: PathBuf,
    _scratch: tempfile::TempDir,
}

impl Mount {
    fn run(scratch: tempfile::TempDir, arguments: &[&str], what: &Path) -> Option<Mount> {
        let at = scratch.path().join("mounted");
        fs::create_dir(&at).unwrap();
        let status = Command::new("mount")
            .args(arguments)
            .arg(what)
            .arg(&at)
            .status();
        status
            .is_ok_and(|status| status.success())
            .then_some(Mount {
                at,
                _scratch: scratch,
            })
    }

    fn of_kind(kind: &str) -> Option<Mount> {
        Mount::run(scratch(), &["-t", kind], Path::new(kind))
    }

    pub fn ext4(megabytes: u64) -> Option<Mount> {
        let scratch = scratch();
        let image = scratch.path().join("image");
        let file = fs::File::create(&image).unwrap();
        file.set_len(megabytes << 20).unwrap();
        let made = Command::new("mkfs.ext4")
            .args(["-q", "-F"])
            .arg(&image)
            .status();
        if !made.is_ok_and(|status| status.success()) {
            return None;
        }
        Mount::run(scratch, &["-o", "loop"], &image)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let path = CString::new(self.at.to_str().unwrap()).unwrap();
        // SAFETY: the path is a string that outlives the call.
        #[allow(unsafe_code)]
        let unmounted = unsafe { libc::umount2(path.as_ptr(), libc::MNT_DETACH) };
        assert_eq!(unmounted, 0, "{} stays mounted", self.at.display());
    }
}

#[test]
fn a_full_disk_is_said_reads_go_on_and_writes_resume() {
    const RIG: &str = "small ext4";
    if !may_mount(RIG) {
        return;
    }
    let Some(mount) = Mount::ext4(24) else {
        return skip(RIG, "a loop device cannot be mounted");
    };
    let mut scene = Scene::at(&mount.at.join("data"));
    let topic = scene.topic("full", &[]);
    let ballast = mount.at.join("ballast");
    fs::write(&ballast, vec![1; 4 << 20]).unwrap();
    let producer = ProducerId(5);
    let mut model = Model::default();
    let mut sequence = 0;
    let refused = loop {
        let acks = if sequence % 2 == 0 {
            Acks::Durable
        } else {
            Acks::Written
        };
        model.append(&scene, topic, batch_of(producer, 0, sequence, 1), acks);
        sequence += 1;
        match append(scene.engine(), topic, batch(1, 1, 200_000), acks) {
            Ok(appended) => model
                .batches
                .push((appended.base_offset.0, batch(1, 1, 200_000))),
            Err(PartitionError::Refused(error)) => break error,
            Err(other) => panic!("{other:?}"),
        }
    };
    assert!(
        matches!(refused, AppendError::DiskFull { .. }),
        "{refused:?}"
    );
    // The next producer's batch is refused as well, and is no gap in its sequence afterwards.
    let batch_before = batch_of(producer, 0, sequence, 1);
    let again = append(scene.engine(), topic, batch_before, Acks::Durable);
    assert!(matches!(
        again,
        Err(PartitionError::Refused(AppendError::DiskFull { .. }))
    ));
    model.assert_is(&scene.read_all(topic));
    // A crash in this state brings back nothing that was refused.
    scene.crash();
    model.assert_is(&scene.read_all(topic));
    fs::remove_file(&ballast).unwrap();
    eventually("writes resume", || {
        match append(
            scene.engine(),
            topic,
            batch_of(producer, 0, sequence, 1),
            Acks::Durable,
        ) {
            Ok(appended) => {
                assert!(!appended.duplicate);
                model
                    .batches
                    .push((appended.base_offset.0, batch_of(producer, 0, sequence, 1)));
                true
            }
            Err(PartitionError::Refused(AppendError::DiskFull { .. })) => false,
            Err(other) => panic!("{other:?}"),
        }
    });
    model.assert_is(&scene.read_all(topic));
    scene.restart();
    model.assert_is(&scene.read_all(topic));
    scene.stop();
}

#[test]
fn on_a_disk_that_was_full_writes_resume_without_a_restart_and_deletions_help() {
    const RIG: &str = "small ext4 for deletions";
    if !may_mount(RIG) {
        return;
    }
    let Some(mount) = Mount::ext4(24) else {
        return skip(RIG, "a loop device cannot be mounted");
    };
    let mut scene = Scene::at(&mount.at.join("data"));
    let topic = scene.topic(
        "full",
        &[("segment.bytes", "1048576"), ("file.delete.delay.ms", "0")],
    );
    let mut number = 0;
    let refused = loop {
        match append(
            scene.engine(),
            topic,
            batch(number, 1, 90_000),
            Acks::Durable,
        ) {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(
        refused,
        PartitionError::Refused(AppendError::DiskFull { .. })
    ));
    let end = number as i64;
    // Deleting needs no space.
    let start = scene.on_partition(topic, move |open| async move {
        open.delete_records_before(Offset(end - 5)).await.unwrap()
    });
    assert_eq!(start, Offset(end - 5));
    let mut appended = None;
    eventually("writes resume", || {
        let outcome = append(
            scene.engine(),
            topic,
            batch(number, 1, 90_000),
            Acks::Durable,
        );
        appended = outcome.ok();
        appended.is_some()
    });
    assert_eq!(appended.unwrap().base_offset, Offset(end));
    let found = batches(&scene.read_all(topic));
    assert_eq!(found.len(), 6);
    // The catalogue takes changes again as well.
    create_topic(scene.engine(), "later", 1, &[]).unwrap();
    scene.restart();
    assert_eq!(batches(&scene.read_all(topic)).len(), 6);
    scene.stop();
}

#[test]
fn a_file_system_without_direct_io_is_refused_by_name() {
    const RIG: &str = "ramfs";
    if !may_mount(RIG) {
        return;
    }
    // Since Linux 6.6 tmpfs takes O_DIRECT; ramfs never has.
    let Some(mount) = Mount::of_kind("ramfs") else {
        return skip(RIG, "it cannot be mounted");
    };
    let data = mount.at.join("data");
    match Engine::open(small_config(&data)) {
        Err(EngineError::DataDirectory(error @ DataDirectoryError::NoDirectIo { .. })) => {
            assert!(error.to_string().contains(data.to_str().unwrap()));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("ramfs has no direct I/O"),
    }
}

#[test]
fn a_read_only_directory_is_refused_by_its_path() {
    const RIG: &str = "read-only mount";
    if !may_mount(RIG) {
        return;
    }
    let target = scratch();
    let Some(mount) = Mount::run(scratch(), &["--bind"], target.path()) else {
        return skip(RIG, "it cannot be mounted");
    };
    let remounted = Command::new("mount")
        .args(["-o", "remount,bind,ro"])
        .arg(&mount.at)
        .status();
    assert!(remounted.unwrap().success());
    match Engine::open(small_config(&mount.at)) {
        Err(EngineError::DataDirectory(DataDirectoryError::Unusable { path, .. })) => {
            assert!(path.starts_with(&mount.at));
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("nothing can be written there"),
    }
}
