//! The power-cut disk itself, under an ext4: a cut takes exactly what was not flushed, and faults are answered as asked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use corelane_rigs::disk_fault::{DiskOperation, Fault, FaultKind};
use corelane_rigs::disk_image::Survival;
use corelane_rigs::rig::{PowerCutRig, Rig};
use corelane_rigs::{kernel, requirements};

const DISK_BYTES: usize = 64 << 20;
const BLOCK: usize = 4096;

fn rig(name: &str) -> Option<PowerCutRig> {
    let tool = Path::new(env!("CARGO_BIN_EXE_corelane-rigs"));
    let parent = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/rigs"));
    requirements::are_met(name)
        .then(|| PowerCutRig::new(tool, parent, DISK_BYTES).expect("the rig is set up"))
}

fn cut_and_restore(rig: &mut PowerCutRig, survival: Survival) {
    rig.disk().cut(survival).expect("the disk takes commands");
    rig.restore().expect("the file system mounts");
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
fn durable_zeros(rig: &PowerCutRig, name: &str) -> File {
    let file = direct(&rig.directory().join(name));
    for block in 0..16 {
        file.write_all_at(&Block([0; BLOCK]).0, block * BLOCK as u64)
            .expect("the disk is well");
    }
    file.sync_all().expect("the disk is well");
    file
}

fn contents(rig: &PowerCutRig, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = File::open(rig.directory().join(name)).expect("the file is there");
    file.read_to_end(&mut bytes).expect("the disk is well");
    bytes
}

#[test]
fn a_cut_takes_what_was_not_flushed_and_nothing_else() {
    let Some(mut rig) = rig("power-cut disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    file.write_all_at(&Block([1; BLOCK]).0, 0).expect("written");
    file.sync_data().expect("flushed");
    file.write_all_at(&Block([2; BLOCK]).0, BLOCK as u64)
        .expect("written");
    drop(file);
    cut_and_restore(&mut rig, Survival::None);
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
    let Some(mut rig) = rig("torn blocks") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    for block in 0..16 {
        file.write_all_at(&Block([1; BLOCK]).0, block * BLOCK as u64)
            .expect("written");
    }
    drop(file);
    cut_and_restore(&mut rig, Survival::Coin { seed: 1 });
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
    let Some(mut rig) = rig("a dead disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    rig.disk()
        .cut(Survival::All)
        .expect("the disk takes commands");
    let error = file.write_all_at(&Block([1; BLOCK]).0, 0);
    assert_eq!(
        error.map_err(|error| error.raw_os_error()),
        Err(Some(libc::EIO))
    );
    drop(file);
    rig.restore().expect("the file system mounts");
    assert_eq!(contents(&rig, "a").len(), 16 * BLOCK);
}

#[test]
fn errors_are_answered_in_their_place_only_and_end_when_healed() {
    let Some(mut rig) = rig("disk errors") else {
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
        rig.disk()
            .inject(&fault.within(places.clone()))
            .expect("the disk takes commands");
        let refused = bad.write_all_at(&Block([1; BLOCK]).0, 0).expect_err("set");
        assert_eq!(refused.raw_os_error(), Some(number), "{kind:?}");
        good.write_all_at(&Block([1; BLOCK]).0, 0)
            .expect("the fault is elsewhere");
        rig.disk().heal().expect("the disk takes commands");
        bad.write_all_at(&Block([1; BLOCK]).0, 0).expect("healed");
    }
    assert_eq!(rig.disk().counts().expect("it counts").faults, 2);
}

#[test]
fn a_disk_that_lies_about_its_flushes_loses_what_was_flushed() {
    let Some(mut rig) = rig("a lying disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    let lie = Fault::every(DiskOperation::Flush, FaultKind::Drop);
    rig.disk().inject(&lie).expect("the disk takes commands");
    file.write_all_at(&Block([1; BLOCK]).0, 0).expect("written");
    file.sync_data().expect("claimed");
    drop(file);
    cut_and_restore(&mut rig, Survival::None);
    assert!(contents(&rig, "a")[..BLOCK] == [0; BLOCK]);
}

#[test]
fn a_hanging_write_ends_when_healed() {
    let Some(mut rig) = rig("a hanging disk") else {
        return;
    };
    let file = durable_zeros(&rig, "a");
    let hang = Fault::every(DiskOperation::Write, FaultKind::Hang);
    rig.disk().inject(&hang).expect("the disk takes commands");
    let (done, is_done) = std::sync::mpsc::channel();
    let writer = std::thread::spawn(move || {
        let written = file.write_all_at(&Block([1; BLOCK]).0, 0);
        // The test may have failed meanwhile.
        let _ = done.send(written.is_ok());
    });
    let waited = is_done.recv_timeout(std::time::Duration::from_millis(200));
    assert!(waited.is_err(), "it hangs");
    rig.disk().heal().expect("the disk takes commands");
    assert!(is_done.recv().expect("the writer answers"));
    writer.join().expect("the writer ends");
    assert!(contents(&rig, "a")[..BLOCK] == [1; BLOCK]);
}

#[test]
fn a_buffered_file_that_was_never_flushed_is_lost_and_the_file_system_mounts() {
    let Some(mut rig) = rig("an unflushed file") else {
        return;
    };
    let mut file = File::create(rig.directory().join("b")).expect("there is room");
    file.write_all(&[7; 1 << 20]).expect("there is room");
    drop(file);
    cut_and_restore(&mut rig, Survival::Coin { seed: 5 });
    assert!(!rig.directory().join("b").exists());
}
