//! A machine that is not fit for the broker: it says what is wrong and what to do, ends with a code that
//! scripts can rely on, and does no harm to what is there. Cases that need mounts need root.

mod support;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use support::broker::{Broker, Target, corelane_serve, scratch_parent};
use support::calls::{self, Acks, KAFKA_STORAGE_ERROR, NONE, UNKNOWN_TOPIC_OR_PARTITION};
use support::mount::Mount;
use support::process::{Server, free_port};
use support::report;
use support::wire::Wire;

/// A start that fails does so at once.
const FAIL_LIMIT: Duration = Duration::from_secs(10);

/// Writes resume this soon after room returns.
const RESUME_LIMIT: Duration = Duration::from_secs(30);

/// `EX_CONFIG`: the configuration or the machine is not fit.
const EXIT_CONFIGURATION: i32 = 78;

#[test]
fn a_second_process_on_the_directory_is_refused_and_told_who_holds_it() {
    if not_for_kafka("a second process") {
        return;
    }
    let mut first = Broker::start();
    let holder = first.server().pid().to_string();
    let output = refused_start(first.data(), free_address(), &[]);
    assert_mentions(&output, &[&first.data().display().to_string(), &holder]);
    assert!(first.server().is_alive());
    drop(Wire::connect(first.address()));
}

#[test]
fn a_port_in_use_is_named_together_with_the_flag_that_changes_it() {
    if not_for_kafka("port in use") {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = taken.local_addr().expect("a bound socket has an address");
    let output = refused_start(&folder.path().join("data"), address, &[]);
    assert_mentions(&output, &[&address.to_string(), "--listen"]);
}

#[test]
fn too_few_descriptors_are_refused_with_the_remedy() {
    if not_for_kafka("too few descriptors") {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let limit = ["prlimit", "--nofile=64:64", "--"];
    let output = refused_start(&folder.path().join("data"), free_address(), &limit);
    assert_mentions(&output, &["ulimit -n"]);
}

#[test]
fn a_kernel_that_refuses_io_uring_is_named_with_the_remedy() {
    if not_for_kafka("no io_uring") {
        return;
    }
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let filter = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/clients/python/without_io_uring.py"
    );
    let output = refused_start(
        &folder.path().join("data"),
        free_address(),
        &["python3", filter],
    );
    assert_mentions(&output, &["io_uring"]);
}

#[test]
fn a_read_only_directory_is_refused_by_its_path() {
    if not_for_kafka("a read-only directory") {
        return;
    }
    let Some(mount) = Mount::tmpfs("a read-only directory", "ro,size=8m") else {
        return;
    };
    let output = refused_start(mount.path(), free_address(), &[]);
    assert_mentions(&output, &[&mount.path().display().to_string(), "read-only"]);
}

#[test]
fn a_place_of_the_kernels_is_refused_with_the_flag_that_changes_it() {
    if not_for_kafka("a place of the kernel's") {
        return;
    }
    let output = refused_start(Path::new("/proc/foo"), free_address(), &[]);
    assert_mentions(&output, &["/proc belongs to the kernel", "--data"]);
    assert!(!output.contains("chown"), "{output}");
    let output = refused_start(Path::new("/dev/null/data"), free_address(), &[]);
    assert_mentions(&output, &["/dev/null is a file", "--data"]);
}

#[test]
fn a_file_system_without_direct_io_is_refused_with_the_remedy() {
    if not_for_kafka("no O_DIRECT") {
        return;
    }
    let Some(mount) = Mount::new("no O_DIRECT", &["-t", "ramfs", "ramfs"]) else {
        return;
    };
    let output = refused_start(mount.path(), free_address(), &[]);
    assert_mentions(
        &output,
        &[&mount.path().display().to_string(), "direct", "--data"],
    );
}

#[test]
fn a_full_disk_refuses_writes_keeps_serving_reads_and_recovers_when_room_returns() {
    if not_for_kafka("a full disk") {
        return;
    }
    let Some(mut full) = FullDisk::fill("a full disk") else {
        return;
    };
    let mut wire = Wire::connect(full.address);
    assert_eq!(fetch_first(&mut wire), NONE, "reads go on");
    std::fs::remove_file(full.ballast()).expect("deleting needs no room");
    let start = Instant::now();
    while produce(&mut wire) != NONE {
        assert!(
            start.elapsed() < RESUME_LIMIT,
            "writes resume when room returns:\n{}",
            full.server.output()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(full.server.is_alive());
}

#[test]
fn a_broker_that_crashed_on_a_full_disk_starts_there_again_and_serves_what_it_acknowledged() {
    if not_for_kafka("a start on a full disk") {
        return;
    }
    let Some(mut full) = FullDisk::fill("a start on a full disk") else {
        return;
    };
    full.server.kill_and_free(full.address);
    full.server = FullDisk::serve(&full.mount, &full.folder, full.address);
    let mut wire = Wire::connect(full.address);
    assert_eq!(end_offset(&mut wire), full.acknowledged);
    assert_eq!(fetch_first(&mut wire), NONE);
}

/// A flip in the catalogue's last change looks like a write that a crash has torn, but for the partition that lies there.
/// What `docs/operations.md` says of it brings the topic back.
#[test]
fn a_catalogue_that_has_lost_a_topic_is_refused_and_the_topic_can_be_brought_back() {
    if not_for_kafka("a catalogue that has lost a topic") {
        return;
    }
    let mut broker = Broker::start();
    let (data, address) = (broker.data().to_path_buf(), broker.address());
    let mut wire = Wire::connect(address);
    assert_eq!(calls::create_topic(&mut wire, "kept", 1, &[]), NONE);
    create_topic(&mut wire);
    assert_eq!([produce(&mut wire), produce(&mut wire)], [NONE, NONE]);
    broker.server().kill_and_free(address);
    let catalogue = data.join("__cluster_metadata-0/00000000000000000000.log");
    let mut bytes = std::fs::read(&catalogue).expect("the catalogue is there");
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    std::fs::write(&catalogue, &bytes).expect("written");

    let partition = data.join("t-0");
    let output = refused_start(&data, address, &[]);
    let named = [&catalogue, &partition].map(|path| path.display().to_string());
    assert_mentions(&output, &[&named[0], &named[1], "damaged from position"]);
    assert_mentions(
        &output,
        &["out of the data directory", "docs/operations.md"],
    );
    assert!(!output.contains("kept-0"), "{output}");
    assert_eq!(
        std::fs::read(&catalogue).expect("there"),
        bytes,
        "it was cut"
    );

    let aside = broker.scratch().join("t-0.aside");
    std::fs::rename(&partition, &aside).expect("moved");
    broker.restart();
    let mut wire = Wire::connect(address);
    assert_eq!(calls::fetch(&mut wire, "kept", 0, 0).0, NONE);
    create_topic(&mut wire);
    assert!(broker.stop().success());
    std::fs::remove_file(data.join(".clean-stop")).expect("the stop was clean");
    for name in files_of_the_log(&partition) {
        std::fs::remove_file(partition.join(name)).expect("removed");
    }
    for name in files_of_the_log(&aside) {
        std::fs::rename(aside.join(&name), partition.join(&name)).expect("moved");
    }
    broker.restart();
    let mut wire = Wire::connect(address);
    assert_eq!((end_offset(&mut wire), fetch_first(&mut wire)), (2, NONE));
    assert_eq!(produce(&mut wire), NONE);
}

/// The names of all that a partition's directory holds but the topic's id.
fn files_of_the_log(partition: &Path) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(partition).expect("the directory is there");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names.filter(|name| name != "partition.metadata").collect()
}

/// A broker whose disk has taken all that it can.
struct FullDisk {
    // In this order: the broker ends before its file system goes, and that before its image.
    server: Server,
    mount: Mount,
    folder: tempfile::TempDir,
    address: SocketAddr,
    acknowledged: i64,
}

impl FullDisk {
    fn fill(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
        let mount = Mount::ext4(test, folder.path(), "256M")?;
        std::fs::write(mount.path().join("ballast"), vec![0; 96 << 20])
            .expect("an empty disk has room");
        let address = free_address();
        let mut server = Self::serve(&mount, &folder, address);
        let mut wire = Wire::connect(address);
        create_topic(&mut wire);
        let acknowledged = produce_until_full(&mut wire);
        report(&format!("the disk took {acknowledged} batches of 1 MB"));
        assert!(server.is_alive(), "{}", server.output());
        Some(Self {
            server,
            mount,
            folder,
            address,
            acknowledged,
        })
    }

    fn serve(mount: &Mount, folder: &tempfile::TempDir, address: SocketAddr) -> Server {
        let command = corelane_serve(&mount.path().join("data"), address);
        let mut server = Server::start(command, &folder.path().join("broker.log"));
        server.wait_until_it_listens(address, FAIL_LIMIT);
        server
    }

    /// A file that gives room when it is deleted.
    fn ballast(&self) -> PathBuf {
        self.mount.path().join("ballast")
    }
}

/// Fills the disk; the number of acknowledged batches. The refusal must be the storage error, never silence.
fn produce_until_full(wire: &mut Wire) -> i64 {
    for written in 0..400 {
        match produce(wire) {
            NONE => {}
            KAFKA_STORAGE_ERROR if written > 0 => return written,
            code => panic!("code {code} after {written} batches"),
        }
    }
    panic!("a disk of 256 MiB took 400 MB")
}

/// Starts the broker and expects it to end with `EX_CONFIG`; what it said on standard error.
fn refused_start(data: &Path, listen: SocketAddr, wrapper: &[&str]) -> String {
    let folder = tempfile::tempdir_in(scratch_parent()).expect("a scratch directory");
    let serve = corelane_serve(data, listen);
    let command = match wrapper {
        [] => serve,
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .arg(serve.get_program())
                .args(serve.get_args());
            command
        }
    };
    let mut server = Server::start(command, &folder.path().join("broker.log"));
    let status = server.wait_for_exit(FAIL_LIMIT);
    let output = server.output();
    assert_eq!(status.code(), Some(EXIT_CONFIGURATION), "{output}");
    output
}

fn assert_mentions(output: &str, words: &[&str]) {
    for word in words {
        assert!(
            output.contains(word),
            "no {word:?} in what was said:\n{output}"
        );
    }
}

/// These are promises of Corelane; Kafka makes others.
fn not_for_kafka(test: &str) -> bool {
    let kafka = Target::from_environment() == Target::Kafka;
    if kafka {
        report(&format!("not for Kafka: {test}"));
    }
    kafka
}

fn free_address() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()))
}

fn create_topic(wire: &mut Wire) {
    let created = calls::create_topic(wire, "t", 1, &[("segment.bytes", "8388608")]);
    assert_eq!(created, NONE);
    while fetch_first(wire) == UNKNOWN_TOPIC_OR_PARTITION {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Produces a batch of 1 MB with acks=all; the error code.
fn produce(wire: &mut Wire) -> i16 {
    calls::produce(wire, "t", 0, 1_000_000, Acks::ALL).0
}

/// Fetches from offset 0; the error code.
fn fetch_first(wire: &mut Wire) -> i16 {
    calls::fetch(wire, "t", 0, 0).0
}

fn end_offset(wire: &mut Wire) -> i64 {
    calls::end_offset(wire, "t", 0)
}
