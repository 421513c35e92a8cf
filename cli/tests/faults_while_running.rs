//! Disks that fail, fill up, hang or vanish under a running broker, limits of the process, and clients that behave badly:
//! what a client is told, what goes on meanwhile, and what resumes when the cause is gone.
//!
//! A faulty disk is a file system of its own under one partition, so that the others show what must go on. Cases that
//! mount need root; they skip loudly, by name, elsewhere.

mod support;

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use support::broker::{Broker, Target, corelane_serve, scratch_parent};
use support::calls::{
    self, Acks, KAFKA_STORAGE_ERROR, NONE, REQUEST_TIMED_OUT, UNKNOWN_TOPIC_OR_PARTITION,
    create_topic, end_offset, fetch, is_retriable, produce,
};
use support::mount::Mount;
use support::process::{Server, bound_to_this_test, free_port, run};
use support::wire::{Answer, Batch, Wire};
use support::{report, skip};

/// Longer than anything here takes to come right again.
const PATIENCE: Duration = Duration::from_secs(30);
/// A stop takes no longer, whatever the disk does.
const STOP_LIMIT: Duration = Duration::from_secs(5);
/// What a machine with more to do than this test may add.
const BUSY_MACHINE: Duration = Duration::from_secs(1);
/// Bytes of the reserve, as `docs/format.md` has them.
const RESERVE_BYTES: u64 = 4 << 20;

const TOPIC: &str = "t";
/// The partition on the faulty disk.
const FAULTY: i32 = 0;
const PARTITIONS: i32 = 4;

/// A broker with one partition on a disk of its own.
struct OneFaultyDisk {
    broker: Broker,
    mount: Option<Mount>,
    _folder: tempfile::TempDir,
}

impl OneFaultyDisk {
    /// None, and the test skipped, where that cannot be mounted.
    fn start(test: &str, size: &str, configs: &[(&str, &str)]) -> Option<Self> {
        if not_for_kafka(test) {
            return None;
        }
        let broker = Broker::start();
        wait_until_served(broker.address());
        let image = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
        let directory = broker.data().join(format!("{TOPIC}-{FAULTY}"));
        std::fs::create_dir(&directory).expect("the broker has made its data directory");
        let mount = Mount::ext4_at(test, &directory, image.path(), size)?;
        let mut wire = Wire::connect(broker.address());
        assert_eq!(create_topic(&mut wire, TOPIC, PARTITIONS, configs), NONE);
        Some(Self {
            broker,
            mount: Some(mount),
            _folder: image,
        })
    }

    fn wire(&self) -> Wire {
        Wire::connect(self.broker.address())
    }

    fn mount(&self) -> &Mount {
        self.mount.as_ref().expect("mounted until the end")
    }

    /// All partitions but the faulty one take and give records.
    fn assert_others_go_on(&self) {
        self.assert_go_on((0..PARTITIONS).filter(|partition| *partition != FAULTY));
    }

    /// Partitions of other cores than the faulty one's do, which are those of odd numbers on any machine of two or more.
    fn assert_other_cores_go_on(&self) {
        self.assert_go_on((0..PARTITIONS).filter(|partition| partition % 2 == 1));
    }

    fn assert_go_on(&self, partitions: impl Iterator<Item = i32>) {
        let mut wire = self.wire();
        for partition in partitions {
            let (code, _) = produce(&mut wire, TOPIC, partition, 1000, Acks::ALL);
            assert_eq!(code, NONE, "partition {partition}");
            assert_eq!(fetch(&mut wire, TOPIC, partition, 0).0, NONE);
        }
    }
}

impl Drop for OneFaultyDisk {
    fn drop(&mut self) {
        // A frozen disk keeps a killed process from ending.
        if let Some(mount) = &self.mount {
            let _ = Command::new("fsfreeze")
                .arg("-u")
                .arg(mount.path())
                .output();
        }
        self.broker.server().kill();
        drop(self.mount.take());
    }
}

#[test]
fn on_a_full_disk_topics_can_be_deleted_and_that_lets_writes_resume() {
    const TEST: &str = "deletions on a full disk";
    let Some(mut full) = FullDisk::fill(TEST) else {
        return;
    };
    let mut wire = full.wire();
    // Nothing new is begun, and nothing of the attempt stays.
    let created = create_topic(&mut wire, "new", 20, &[]);
    assert_eq!(created, KAFKA_STORAGE_ERROR);
    assert!(is_retriable(created));
    assert_eq!(
        produce(&mut wire, "new", 0, 10, Acks::ALL).0,
        UNKNOWN_TOPIC_OR_PARTITION
    );
    let left = names(&full.data(), "new-");
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(fetch(&mut wire, TOPIC, 0, 0).0, NONE, "reads go on");
    // What frees space may take the reserve.
    assert_eq!(
        calls::set_config(&mut wire, TOPIC, "retention.bytes", "1000000"),
        NONE
    );
    assert_eq!(calls::delete_topic(&mut wire, "ballast"), NONE);
    eventually("writes resume", || {
        produce(&mut wire, TOPIC, 0, 1000, Acks::ALL).0 == NONE
    });
    eventually("the reserve is made again", || {
        full.reserve_bytes() == RESERVE_BYTES
    });
    assert_eq!(create_topic(&mut wire, "new", 20, &[]), NONE);
    assert_eq!(calls::producer_id(&mut wire).0, NONE);
    assert!(full.server.is_alive());
    assert_eq!(full.server.terminate(STOP_LIMIT).code(), Some(0));
}

#[test]
fn on_a_full_disk_records_can_be_deleted_and_that_lets_writes_resume() {
    let Some(mut full) = FullDisk::fill("DeleteRecords on a full disk") else {
        return;
    };
    let mut wire = full.wire();
    let end = end_offset(&mut wire, TOPIC, 0);
    assert_eq!(calls::delete_records(&mut wire, TOPIC, 0, end - 1), NONE);
    assert_eq!(fetch(&mut wire, TOPIC, 0, 0).0, calls::OFFSET_OUT_OF_RANGE);
    eventually("writes resume", || {
        produce(&mut wire, TOPIC, 0, 1000, Acks::ALL).0 == NONE
    });
    assert!(full.server.is_alive());
}

#[test]
fn a_full_disk_under_one_partition_is_no_matter_to_the_others_and_writes_resume() {
    let configs = [("segment.bytes", "1048576"), ("file.delete.delay.ms", "0")];
    let Some(disk) = OneFaultyDisk::start("a full disk under one partition", "16M", &configs)
    else {
        return;
    };
    let mut wire = disk.wire();
    let written = (0..)
        .find(|_| produce(&mut wire, TOPIC, FAULTY, 300_000, Acks::ALL).0 != NONE)
        .expect("16 MiB are not endless");
    let (code, offset) = produce(&mut wire, TOPIC, FAULTY, 300_000, Acks::LEADER);
    assert_eq!((code, offset), (KAFKA_STORAGE_ERROR, -1));
    assert!(is_retriable(code));
    disk.assert_others_go_on();
    assert_eq!(end_offset(&mut wire, TOPIC, FAULTY), written);
    assert_eq!(fetch(&mut wire, TOPIC, FAULTY, 0).0, NONE);
    assert_eq!(
        calls::delete_records(&mut wire, TOPIC, FAULTY, written - 2),
        NONE
    );
    let mut resumed = -1;
    eventually("writes resume", || {
        let (code, offset) = produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL);
        resumed = offset;
        code == NONE
    });
    assert_eq!(resumed, written, "nothing that was refused is in the log");
}

#[test]
fn a_failed_write_poisons_its_partition_until_a_restart_and_no_other() {
    let Some(mut disk) = OneFaultyDisk::start("EIO on a write", "32M", &[]) else {
        return;
    };
    let mut wire = disk.wire();
    assert_eq!(
        produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL),
        (NONE, 0)
    );
    disk.mount().shut_down();
    for acks in [Acks::ALL, Acks::LEADER, Acks::ALL] {
        let (code, offset) = produce(&mut wire, TOPIC, FAULTY, 1000, acks);
        assert_eq!((code, offset), (KAFKA_STORAGE_ERROR, -1));
        assert!(is_retriable(code));
    }
    disk.assert_others_go_on();
    // What is in memory can be read.
    let (code, records) = fetch(&mut wire, TOPIC, FAULTY, 0);
    assert_eq!((code, end_offset(&mut wire, TOPIC, FAULTY)), (NONE, 1));
    assert!(records.len() > 1000);
    let said = disk.broker.server().output();
    let refusals = said.matches("the partition refuses writes").count();
    assert_eq!(refusals, 1, "it is said once:\n{said}");
    assert!(said.contains("t-0"), "{said}");
    drop(wire);
    let status = disk.broker.server().terminate(STOP_LIMIT);
    assert_eq!(status.code(), Some(1), "a stop that is not clean says so");
}

#[test]
fn a_file_system_that_turns_read_only_refuses_writes_and_serves_reads() {
    let Some(disk) = OneFaultyDisk::start("a read-only remount", "32M", &[]) else {
        return;
    };
    let mut wire = disk.wire();
    assert_eq!(produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL).0, NONE);
    disk.mount().turn_read_only();
    let (code, _) = produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL);
    assert_eq!(code, KAFKA_STORAGE_ERROR);
    assert_eq!(fetch(&mut wire, TOPIC, FAULTY, 0).0, NONE);
    disk.assert_others_go_on();
}

#[test]
fn a_mount_that_is_lost_poisons_what_needs_a_new_file_and_loses_nothing() {
    const TEST: &str = "a lost mount";
    if not_for_kafka(TEST) {
        return;
    }
    let image = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let Some(mount) = Mount::ext4(TEST, image.path(), "64M") else {
        return;
    };
    let address = free_address();
    let log = image.path().join("broker.log");
    let mut server = Server::start(corelane_serve(&mount.path().join("data"), address), &log);
    server.wait_until_it_listens(address, PATIENCE);
    let mut wire = Wire::connect(address);
    assert_eq!(
        create_topic(&mut wire, TOPIC, 1, &[("segment.bytes", "1048576")]),
        NONE
    );
    assert_eq!(produce(&mut wire, TOPIC, 0, 600_000, Acks::ALL).0, NONE);
    mount.lose();
    // The second one belongs into a new segment, whose directory is not there any more.
    let (code, _) = produce(&mut wire, TOPIC, 0, 600_000, Acks::ALL);
    assert_eq!(code, KAFKA_STORAGE_ERROR);
    assert_eq!(fetch(&mut wire, TOPIC, 0, 0).0, NONE);
    assert_eq!(create_topic(&mut wire, "new", 1, &[]), KAFKA_STORAGE_ERROR);
    assert!(server.is_alive());
    assert!(
        server.output().contains("refuses writes"),
        "{}",
        server.output()
    );
    server.kill_and_free(address);
}

#[test]
fn a_short_write_is_not_acknowledged_and_what_was_is_there_after_a_restart() {
    const TEST: &str = "RLIMIT_FSIZE";
    if not_for_kafka(TEST) {
        return;
    }
    let mut broker = Broker::start();
    let mut wire = Wire::connect(broker.address());
    assert_eq!(create_topic(&mut wire, TOPIC, 2, &[]), NONE);
    assert_eq!(produce(&mut wire, TOPIC, 0, 900_000, Acks::ALL), (NONE, 0));
    assert_eq!(produce(&mut wire, TOPIC, 1, 1000, Acks::ALL), (NONE, 0));
    // The kernel takes what fits below the limit of a write that crosses it.
    let pid = broker.server().pid().to_string();
    run(Command::new("prlimit").args(["--pid", &pid, "--fsize=1200000:unlimited"]));
    let (code, offset) = produce(&mut wire, TOPIC, 0, 900_000, Acks::ALL);
    assert_eq!((code, offset), (KAFKA_STORAGE_ERROR, -1));
    assert_eq!(produce(&mut wire, TOPIC, 1, 1000, Acks::ALL), (NONE, 1));
    // That the limit is gone helps nobody: nothing is known of what was written.
    run(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:unlimited"]));
    let (code, _) = produce(&mut wire, TOPIC, 0, 1000, Acks::ALL);
    assert_eq!(code, KAFKA_STORAGE_ERROR);
    assert_eq!(end_offset(&mut wire, TOPIC, 0), 1);
    drop(wire);
    broker.crash_and_restart();
    let mut wire = Wire::connect(broker.address());
    // The write that failed has no definite outcome but the code was definite: it must not appear.
    assert_eq!(end_offset(&mut wire, TOPIC, 0), 1);
    assert_eq!(produce(&mut wire, TOPIC, 0, 1000, Acks::ALL), (NONE, 1));
}

#[test]
fn a_read_that_fails_is_said_and_what_can_be_read_is_served() {
    let configs = [("segment.bytes", "8388608")];
    let Some(mut disk) = OneFaultyDisk::start("EIO on a read", "96M", &configs) else {
        return;
    };
    let mut wire = disk.wire();
    let count = 60;
    for offset in 0..count {
        assert_eq!(
            produce(&mut wire, TOPIC, FAULTY, 900_000, Acks::ALL),
            (NONE, offset)
        );
    }
    drop(wire);
    assert_eq!(disk.broker.stop().code(), Some(0));
    // What the kernel has read before it would not read again.
    disk.mount().remount();
    disk.broker.restart();
    wait_until_served(disk.broker.address());
    // The second half of the disk is gone: reads of it get no bytes.
    let file = std::fs::File::options()
        .write(true)
        .open(disk.mount().image());
    file.and_then(|file| file.set_len(40 << 20))
        .expect("the image is ours");
    let mut wire = disk.wire();
    let mut codes = Vec::new();
    for offset in 0..count {
        codes.push(fetch_or_lose(&mut wire, offset));
        if codes.last() == Some(&None) {
            wire = disk.wire();
        }
    }
    let served = codes.iter().filter(|code| **code == Some(NONE)).count();
    let failed = codes.len() - served;
    report(&format!("{served} batches read, {failed} not: {codes:?}"));
    assert!(served > 10 && failed > 10, "{codes:?}");
    assert!(
        codes
            .iter()
            .flatten()
            .all(|code| [NONE, KAFKA_STORAGE_ERROR].contains(code)),
        "{codes:?}"
    );
    disk.assert_others_go_on();
}

/// The code of a fetch; none when the connection ended amid the answer, as it must when promised bytes cannot be read.
fn fetch_or_lose(wire: &mut Wire, offset: i64) -> Option<i16> {
    match wire.ask(&calls::fetch_request(TOPIC, FAULTY, offset, 0)) {
        Answer::Closed => None,
        answer => {
            let (code, records) = calls::fetched(&mut answer.body());
            if code == NONE {
                assert_eq!(
                    i64::from_be_bytes(records[..8].try_into().expect("8 bytes")),
                    offset
                );
            }
            Some(code)
        }
    }
}

#[test]
fn a_disk_that_hangs_times_its_requests_out_and_holds_up_nobody_else() {
    let Some(mut disk) = OneFaultyDisk::start("hung I/O", "64M", &[]) else {
        return;
    };
    let mut wire = disk.wire();
    assert_eq!(
        produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL),
        (NONE, 0)
    );
    disk.mount().freeze();
    let soon = Acks {
        acks: -1,
        timeout_ms: 1000,
    };
    let start = Instant::now();
    let unknown = Batch::of(&[b"unknown outcome"]).encode();
    let request = calls::produce_request(TOPIC, FAULTY, &unknown, soon);
    wire.send(&request.frame());
    disk.assert_other_cores_go_on();
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "the others do not wait"
    );
    let (code, _) = calls::produced(&mut wire.answer().body());
    assert_eq!(code, REQUEST_TIMED_OUT);
    assert!(is_retriable(code));
    // Once it is clear that the disk does not answer, nothing more is queued for it.
    eventually("the partition is said to stand still", || {
        let (code, _) = produce(&mut wire, TOPIC, FAULTY, 1000, soon);
        assert!(
            [REQUEST_TIMED_OUT, KAFKA_STORAGE_ERROR].contains(&code),
            "{code}"
        );
        code == KAFKA_STORAGE_ERROR
    });
    let said = disk.broker.server().output();
    assert!(said.contains("the disk does not answer"), "{said}");
    assert!(said.contains("t-0/00000000000000000000.log"), "{said}");
    disk.broker.server().reset_peak_memory();
    let before = disk.broker.server().peak_resident_kib();
    for _ in 0..200 {
        let (code, _) = produce(&mut wire, TOPIC, FAULTY, 900_000, soon);
        assert_eq!(code, KAFKA_STORAGE_ERROR);
    }
    let grown = disk.broker.server().peak_resident_kib() - before;
    assert!(
        grown < 64 << 10,
        "{grown} KiB more after 180 MB of refused batches"
    );
    disk.assert_other_cores_go_on();
    disk.mount().thaw();
    eventually("writes resume", || {
        produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL).0 == NONE
    });
    let (code, records) = fetch(&mut wire, TOPIC, FAULTY, 1);
    assert_eq!(code, NONE);
    let found = records
        .windows(15)
        .filter(|bytes| bytes == b"unknown outcome")
        .count();
    assert_eq!(found, 1, "what was timed out is there once");
}

#[test]
fn a_stop_on_a_disk_that_hangs_says_what_is_not_flushed_within_five_seconds() {
    let Some(mut disk) = OneFaultyDisk::start("a stop on a hung disk", "64M", &[]) else {
        return;
    };
    let mut wire = disk.wire();
    assert_eq!(produce(&mut wire, TOPIC, FAULTY, 1000, Acks::ALL).0, NONE);
    disk.mount().freeze();
    let batch = Batch::of(&[b"never flushed"]).encode();
    wire.send(&calls::produce_request(TOPIC, FAULTY, &batch, Acks::ALL).frame());
    // Its answer waits for the disk; that of the next connection shows that the first has been read.
    disk.assert_other_cores_go_on();
    let pid = disk.broker.server().pid().to_string();
    let start = Instant::now();
    run(Command::new("kill").args(["-TERM", &pid]));
    let said = |disk: &mut OneFaultyDisk| disk.broker.server().output();
    while !said(&mut disk).contains("the stop was not clean") {
        let limit = STOP_LIMIT + BUSY_MACHINE;
        assert!(start.elapsed() < limit, "{}", said(&mut disk));
        std::thread::sleep(Duration::from_millis(10));
    }
    report(&format!("said after {:?}", start.elapsed()));
    let output = said(&mut disk);
    assert!(
        output.contains("stopping without what is not flushed"),
        "{output}"
    );
    assert!(output.contains("t-0/00000000000000000000.log"), "{output}");
    // The kernel lets a process go only when its writes have ended.
    disk.mount().thaw();
    let status = disk.broker.server().wait_for_exit(PATIENCE);
    assert_eq!(status.code(), Some(1));
}

#[test]
fn an_order_to_stop_in_the_middle_of_a_start_is_followed_cleanly() {
    if not_for_kafka("a stop while starting") {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let data = folder.path().join("data");
    for _ in 0..10 {
        let address = free_address();
        let mut server = Server::start(
            corelane_serve(&data, address),
            &folder.path().join("broker.log"),
        );
        // It listens before it has opened its logs.
        server.wait_until_it_listens(address, PATIENCE);
        let status = server.terminate(STOP_LIMIT);
        assert_eq!(status.code(), Some(0), "{status}:\n{}", server.output());
    }
}

#[test]
fn without_descriptors_accepting_pauses_and_the_logs_go_on() {
    const TEST: &str = "RLIMIT_NOFILE";
    if not_for_kafka(TEST) {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let address = free_address();
    let mut server = serve_limited(&folder, address, "--nofile=512:512");
    let mut wire = Wire::connect(address);
    let configs = [("segment.bytes", "1048576"), ("retention.ms", "-1")];
    assert_eq!(create_topic(&mut wire, TOPIC, 1, &configs), NONE);
    let flood: Vec<TcpStream> = (0..600)
        .map_while(|_| TcpStream::connect_timeout(&address, Duration::from_secs(2)).ok())
        .collect();
    eventually("accepting pauses", || {
        server.output().contains("accepting pauses")
    });
    // Each of them rolls, which takes new files, and reads of sealed segments open old ones.
    for offset in 0..40 {
        assert_eq!(
            produce(&mut wire, TOPIC, 0, 600_000, Acks::ALL),
            (NONE, offset)
        );
    }
    for offset in 0..40 {
        assert_eq!(fetch(&mut wire, TOPIC, 0, offset).0, NONE);
    }
    let said = server.output();
    assert_eq!(said.matches("accepting pauses").count(), 1, "{said}");
    drop(flood);
    eventually("clients are accepted again", || {
        let mut late = Wire::connect(address);
        late.send(&calls::fetch_request(TOPIC, 0, 0, 0).frame());
        matches!(
            late.answer_within(Duration::from_secs(1)),
            Some(Answer::Frame(_))
        )
    });
    assert_eq!(server.terminate(STOP_LIMIT).code(), Some(0));
}

#[test]
fn a_flood_of_connections_is_turned_away_and_those_that_are_served_go_on() {
    const TEST: &str = "a flood of connections";
    if not_for_kafka(TEST) {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let address = free_address();
    let mut command = corelane_serve(&folder.path().join("data"), address);
    command.args(["--connections-max", "20"]);
    let mut server = Server::start(command, &folder.path().join("broker.log"));
    server.wait_until_it_listens(address, PATIENCE);
    let mut wire = Wire::connect(address);
    assert_eq!(create_topic(&mut wire, TOPIC, 1, &[]), NONE);
    let mut flood: Vec<Wire> = (0..200).map(|_| Wire::connect(address)).collect();
    let closed = flood
        .iter_mut()
        .filter_map(|client| client.answer_within(Duration::from_millis(20)))
        .count();
    assert!(
        (170..=199).contains(&closed),
        "{closed} of 200 were turned away"
    );
    assert_eq!(produce(&mut wire, TOPIC, 0, 1000, Acks::ALL), (NONE, 0));
    drop(flood);
    eventually("there is room for others", || {
        let mut late = Wire::connect(address);
        late.send(&calls::fetch_request(TOPIC, 0, 0, 0).frame());
        matches!(
            late.answer_within(Duration::from_secs(1)),
            Some(Answer::Frame(_))
        )
    });
}

#[test]
fn a_process_that_was_stopped_for_long_goes_on_where_it_was() {
    if not_for_kafka("SIGSTOP") {
        return;
    }
    let seconds = std::env::var("CORELANE_TEST_STOP_S").map_or(10, |text| {
        text.parse().expect("CORELANE_TEST_STOP_S is a number")
    });
    let mut broker = Broker::start();
    let mut wire = Wire::connect(broker.address());
    assert_eq!(create_topic(&mut wire, TOPIC, 1, &[]), NONE);
    let (code, id) = calls::producer_id(&mut wire);
    assert_eq!(code, NONE);
    let batch = |sequence| {
        let mut batch = Batch::of(&[b"record"]);
        (batch.producer_id, batch.producer_epoch) = (id, 0);
        batch.base_sequence = sequence;
        batch.encode()
    };
    assert_eq!(
        calls::produce_batch(&mut wire, TOPIC, 0, &batch(0), Acks::ALL),
        (NONE, 0)
    );
    let mut waiting = Wire::connect(broker.address());
    waiting.send(&calls::fetch_request(TOPIC, 0, 1, 500).frame());
    let pid = broker.server().pid().to_string();
    run(Command::new("kill").args(["-STOP", &pid]));
    std::thread::sleep(Duration::from_secs(seconds));
    run(Command::new("kill").args(["-CONT", &pid]));
    // Connections, waits and sessions are what they were.
    assert_eq!(calls::fetched(&mut waiting.answer().body()).0, NONE);
    assert_eq!(
        calls::produce_batch(&mut wire, TOPIC, 0, &batch(1), Acks::ALL),
        (NONE, 1)
    );
    // A retry is known as one.
    assert_eq!(
        calls::produce_batch(&mut wire, TOPIC, 0, &batch(0), Acks::ALL),
        (NONE, 0)
    );
    let said = broker.server().output();
    assert!(!said.contains("aborting"), "{said}");
    drop((wire, waiting));
    assert_eq!(broker.stop().code(), Some(0));
}

#[test]
fn a_core_that_dies_takes_the_process_with_it_and_a_restart_recovers() {
    if not_for_kafka("a core that dies") {
        return;
    }
    let mut broker = Broker::start();
    let mut wire = Wire::connect(broker.address());
    assert_eq!(create_topic(&mut wire, TOPIC, 1, &[]), NONE);
    assert_eq!(produce(&mut wire, TOPIC, 0, 1000, Acks::ALL), (NONE, 0));
    let pid = broker.server().pid();
    // A fault in one core's thread only, as a panic is. Some others are the kernel's, which take no signals.
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    let is_core = |task: &String| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/task/{task}/comm"));
        name.is_ok_and(|name| name.starts_with("core-"))
    };
    let core = tasks
        .filter_map(|task| task.ok()?.file_name().into_string().ok())
        .find(is_core)
        .expect("a broker has a core");
    run(Command::new("python3").args([
        "-c",
        "import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(234, int(sys.argv[1]), int(sys.argv[2]), 6))",
        &pid.to_string(),
        &core,
    ]));
    let status = broker.server().wait_for_exit(PATIENCE);
    assert_eq!(status.code(), None, "ended by a signal");
    // Waits until the kernel has taken the dead process's ring down, which accepts connections until then.
    broker.crash_and_restart();
    let mut wire = Wire::connect(broker.address());
    assert_eq!(end_offset(&mut wire, TOPIC, 0), 1);
    assert_eq!(produce(&mut wire, TOPIC, 0, 1000, Acks::ALL), (NONE, 1));
}

#[test]
fn a_directory_that_may_not_be_written_is_refused_by_its_path() {
    const TEST: &str = "permission denied";
    if not_for_kafka(TEST) {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("the scratch directory is ours");
    let serve = corelane_serve(&data, free_address());
    let mut command = bound_to_this_test("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(serve.get_program())
        .args(serve.get_args());
    let output = support::process::finished(&mut command);
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("setpriv:") {
        return skip(
            TEST,
            &format!("another user cannot be taken: {}", said.trim()),
        );
    }
    assert_eq!(output.status.code(), Some(78), "{said}");
    for word in [data.to_str().expect("plain"), "ermission"] {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
}

/// A broker whose disk has taken all that it can.
struct FullDisk {
    // In this order: the broker ends before its file system goes, and that before its image.
    server: Server,
    mount: Mount,
    _folder: tempfile::TempDir,
    address: SocketAddr,
}

impl FullDisk {
    /// A disk of 64 MiB with two topics, of which one, `ballast`, holds a quarter of it.
    fn fill(test: &str) -> Option<Self> {
        if not_for_kafka(test) {
            return None;
        }
        let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
        let mount = Mount::ext4(test, folder.path(), "64M")?;
        let address = free_address();
        let command = corelane_serve(&mount.path().join("data"), address);
        let mut server = Server::start(command, &folder.path().join("broker.log"));
        server.wait_until_it_listens(address, PATIENCE);
        wait_until_served(address);
        let full = Self {
            server,
            mount,
            _folder: folder,
            address,
        };
        assert_eq!(full.reserve_bytes(), RESERVE_BYTES);
        let mut wire = full.wire();
        let configs = [("segment.bytes", "2097152"), ("file.delete.delay.ms", "0")];
        for topic in ["ballast", TOPIC] {
            assert_eq!(create_topic(&mut wire, topic, 1, &configs), NONE);
        }
        for _ in 0..16 {
            assert_eq!(produce(&mut wire, "ballast", 0, 900_000, Acks::ALL).0, NONE);
        }
        let (mut code, mut count) = (NONE, 0);
        while code == NONE {
            code = produce(&mut wire, TOPIC, 0, 900_000, Acks::ALL).0;
            count += 1;
        }
        assert_eq!(code, KAFKA_STORAGE_ERROR);
        assert!(count > 10, "{count} batches");
        // To the last block, so that not even a directory has room.
        let filler = full.mount.path().join("filler");
        let filled = std::fs::write(&filler, vec![1; 64 << 20]);
        assert!(filled.is_err(), "there was room for 64 MiB");
        // What has been freed may be handed out only once the journal has been written.
        eventually("the disk is full to the last block", || {
            let status = Command::new("sync")
                .arg("-f")
                .arg(full.mount.path())
                .status();
            assert!(status.expect("sync runs").success());
            let file = std::fs::OpenOptions::new().append(true).open(&filler);
            let mut file = file.expect("the filler");
            file.write_all(&[1; 4096]).is_err() || file.write_all(&vec![1; 64 << 20]).is_ok()
        });
        Some(full)
    }

    fn wire(&self) -> Wire {
        Wire::connect(self.address)
    }

    fn data(&self) -> PathBuf {
        self.mount.path().join("data")
    }

    fn reserve_bytes(&self) -> u64 {
        std::fs::metadata(self.data().join(".reserve")).map_or(0, |file| file.len())
    }
}

fn names(directory: &std::path::Path, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("the directory is there");
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(prefix))
        .collect()
}

fn serve_limited(folder: &tempfile::TempDir, address: SocketAddr, limit: &str) -> Server {
    let serve = corelane_serve(&folder.path().join("data"), address);
    let mut command = bound_to_this_test("prlimit");
    command
        .args([limit, "--"])
        .arg(serve.get_program())
        .args(serve.get_args());
    let mut server = Server::start(command, &folder.path().join("broker.log"));
    server.wait_until_it_listens(address, PATIENCE);
    server
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A broker listens before it has opened its logs, and answers after that.
fn wait_until_served(address: SocketAddr) {
    let unknown = fetch(&mut Wire::connect(address), "none", 0, 0).0;
    assert_eq!(unknown, UNKNOWN_TOPIC_OR_PARTITION);
}

fn free_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], free_port()))
}

/// These are promises of Corelane; Kafka makes others.
fn not_for_kafka(test: &str) -> bool {
    let kafka = Target::from_environment() == Target::Kafka;
    if kafka {
        report(&format!("not for Kafka: {test}"));
    }
    kafka
}
