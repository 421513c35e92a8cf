//! The power-cut disk itself, under an ext4: a cut takes exactly what was not flushed, and faults are answered as asked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use corelane_rigs::disk_fault::{DiskOperation, Fault, FaultKind};
use corelane_rigs::disk_image::Survival;
use corelane_rigs::ext4::Ext4;
use corelane_rigs::power_cut_disk::PowerCutDisk;
use corelane_rigs::{kernel, requirements};

const DISK_BYTES: usize = 64 << 20;
const BLOCK: usize = 4096;

/// A power-cut disk with an ext4 on it.
struct Rig {
    // In this order: a dead disk lets go of the file system above it.
    disk: PowerCutDisk,
    ext4: Option<Ext4>,
    folder: tempfile::TempDir,
}

impl Rig {
    fn new(name: &str) -> Option<Rig> {
        if !requirements::are_met(name) {
            return None;
        }
        kernel::take_private_mounts().expect("root may");
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a scratch folder");
        for name in ["disk", "ext4"] {
            std::fs::create_dir(folder.path().join(name)).expect("the folder is ours");
        }
        let tool = Path::new(env!("CARGO_BIN_EXE_corelane-rigs"));
        let disk = PowerCutDisk::start(tool, &folder.path().join("disk"), DISK_BYTES);
        let disk = disk.expect("the disk starts");
        Ext4::format(disk.file()).expect("the disk can be formatted");
        let mut rig = Rig {
            disk,
            ext4: None,
            folder,
        };
        rig.mount();
        Some(rig)
    }

    fn mount(&mut self) {
        let mounted = Ext4::mount(self.disk.file(), &self.folder.path().join("ext4"));
        self.ext4 = Some(mounted.expect("the file system mounts"));
    }

    fn unmount(&mut self) {
        let ext4 = self.ext4.take().expect("it is mounted");
        ext4.unmount().expect("nobody uses it");
    }

    fn cut_and_revive(&mut self, survival: Survival) {
        self.disk.cut(survival).expect("the disk takes commands");
        self.unmount();
        self.disk.revive().expect("the disk takes commands");
        self.mount();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("ext4").join(name)
    }
}

/// Memory that O_DIRECT takes.
#[repr(align(4096))]
struct Block([u8; BLOCK]);

fn direct(path: &Path) -> File {
    let mut options = File::options();
    options.read(true).write(true).create(true);
    options.custom_flags(libc::O_DIRECT);
    options.open(path).expect("ext4 has direct I/O")
}

/// A file of zeros whose blocks are allocated, written and durable.
fn durable_zeros(rig: &Rig, name: &str) -> File {
    let file = direct(&rig.path(name));
    for block in 0..16 {
        file.write_all_at(&Block([0; BLOCK]).0, block * BLOCK as u64)
            .expect("the disk is well");
    }
    file.sync_all().expect("the disk is well");
    file
}

fn contents(rig: &Rig, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = File::open(rig.path(name)).expect("the file is there");
    file.read_to_end(&mut bytes).expect("the disk is well");
    bytes
}

#[test]
fn a_cut_takes_what_was_not_flushed_and_nothing_else() {
    let Some(mut rig) = Rig::new("power-cut disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    file.write_all_at(&Block([1; BLOCK]).0, 0).expect("written");
    file.sync_data().expect("flushed");
    file.write_all_at(&Block([2; BLOCK]).0, BLOCK as u64)
        .expect("written");
    drop(file);
    rig.cut_and_revive(Survival::None);
    let found = contents(&rig, "a");
    assert!(
        found[..BLOCK] == [1; BLOCK],
        "what was flushed is there: the loop device passes flushes on"
    );
    assert!(
        found[BLOCK..2 * BLOCK] == [0; BLOCK],
        "what was not flushed is not"
    );
}

#[test]
fn a_cut_can_tear_a_block_at_its_sectors() {
    let Some(mut rig) = Rig::new("torn blocks") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    for block in 0..16 {
        file.write_all_at(&Block([1; BLOCK]).0, block * BLOCK as u64)
            .expect("written");
    }
    drop(file);
    rig.cut_and_revive(Survival::Coin { seed: 1 });
    let found = contents(&rig, "a");
    let sectors: Vec<bool> = found
        .chunks(512)
        .map(|sector| {
            assert!(sector.iter().all(|byte| *byte == sector[0]));
            sector[0] == 1
        })
        .collect();
    let is_torn = |block: &[bool]| block.iter().any(|whole| *whole != block[0]);
    assert!(sectors.chunks(8).any(is_torn), "{sectors:?}");
}

#[test]
fn a_dead_disk_answers_errors_until_it_is_revived() {
    let Some(mut rig) = Rig::new("a dead disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    rig.disk
        .cut(Survival::All)
        .expect("the disk takes commands");
    let error = file.write_all_at(&Block([1; BLOCK]).0, 0);
    assert_eq!(
        error.map_err(|error| error.raw_os_error()),
        Err(Some(libc::EIO))
    );
    drop(file);
    rig.unmount();
    rig.disk.revive().expect("the disk takes commands");
    rig.mount();
    assert_eq!(contents(&rig, "a").len(), 16 * BLOCK);
}

#[test]
fn errors_are_answered_in_their_place_only_and_end_when_healed() {
    let Some(mut rig) = Rig::new("disk errors") else {
        return;
    };
    let bad = durable_zeros(&rig, "bad");
    let good = durable_zeros(&rig, "good");
    let places = kernel::places_of(&bad).expect("ext4 tells");
    for (number, kind) in [
        (libc::EIO, io::ErrorKind::Other),
        (libc::ENOSPC, io::ErrorKind::StorageFull),
    ] {
        let fault = Fault::every(DiskOperation::Write, FaultKind::Error(number));
        rig.disk
            .inject(&fault.within(places.clone()))
            .expect("the disk takes commands");
        let refused = bad.write_all_at(&Block([1; BLOCK]).0, 0).expect_err("set");
        assert_eq!(refused.raw_os_error(), Some(number), "{kind:?}");
        good.write_all_at(&Block([1; BLOCK]).0, 0)
            .expect("the fault is elsewhere");
        rig.disk.heal().expect("the disk takes commands");
        bad.write_all_at(&Block([1; BLOCK]).0, 0).expect("healed");
    }
    assert_eq!(rig.disk.counts().expect("it counts").faults, 2);
}

#[test]
fn a_disk_that_lies_about_its_flushes_loses_what_was_flushed() {
    let Some(mut rig) = Rig::new("a lying disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    let lie = Fault::every(DiskOperation::Flush, FaultKind::Drop);
    rig.disk.inject(&lie).expect("the disk takes commands");
    file.write_all_at(&Block([1; BLOCK]).0, 0).expect("written");
    file.sync_data().expect("claimed");
    drop(file);
    rig.cut_and_revive(Survival::None);
    assert!(contents(&rig, "a")[..BLOCK] == [0; BLOCK]);
}

#[test]
fn a_hanging_write_ends_when_healed() {
    let Some(mut rig) = Rig::new("a hanging disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    let hang = Fault::every(DiskOperation::Write, FaultKind::Hang);
    rig.disk.inject(&hang).expect("the disk takes commands");
    let (done, is_done) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        let written = file.write_all_at(&Block([1; BLOCK]).0, 0);
        // The test may have failed meanwhile.
        let _ = done.send(written.is_ok());
    });
    let waited = is_done.recv_timeout(std::time::Duration::from_millis(200));
    assert!(waited.is_err(), "it hangs");
    rig.disk.heal().expect("the disk takes commands");
    assert!(is_done.recv().expect("the writer answers"));
    writer.join().expect("the writer ends");
    assert!(contents(&rig, "a")[..BLOCK] == [1; BLOCK]);
}

#[test]
fn a_buffered_file_that_was_never_flushed_is_lost_and_the_file_system_mounts() {
    let Some(mut rig) = Rig::new("an unflushed file") else {
        return;
    };
    let mut file = File::create(rig.path("b")).expect("there is room");
    file.write_all(&[7; 1 << 20]).expect("there is room");
    drop(file);
    rig.cut_and_revive(Survival::Coin { seed: 5 });
    assert!(!rig.path("b").exists());
}
