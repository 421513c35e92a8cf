//! The model of the disk loses and keeps what it says.

use super::*;

const TOP_PATH: &str = "/data";

struct Bench {
    storage: Storage,
}

impl Bench {
    fn new() -> Bench {
        Bench {
            storage: Storage::new(TOP_PATH),
        }
    }

    fn path(name: &str) -> PathBuf {
        Path::new(TOP_PATH).join(name)
    }

    fn run(&mut self, effect: Effect) -> u64 {
        self.storage.apply(&effect, 0).unwrap()
    }

    fn create(&mut self, name: &str) -> u64 {
        self.run(Effect::Create(Self::path(name)))
    }

    fn write(&mut self, inode: u64, position: u64, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        self.run(Effect::Write {
            inode,
            position,
            bytes,
        });
    }

    fn flush(&mut self, inode: u64) {
        let before = self.storage.next_number();
        self.run(Effect::Flush { inode, before });
    }

    fn flush_names(&mut self) {
        let before = self.storage.next_number();
        let path = PathBuf::from(TOP_PATH);
        self.run(Effect::FlushDirectory { path, before });
    }

    fn crash(&self, mode: CrashMode, seed: u64) -> Storage {
        self.storage.after_crash(mode, &[], &mut Dice::new(seed))
    }
}

#[test]
fn what_was_not_flushed_is_lost_and_what_was_flushed_stays() {
    let mut bench = Bench::new();
    let inode = bench.create("file");
    bench.flush_names();
    bench.write(inode, 0, &[1; 1000]);
    bench.flush(inode);
    bench.write(inode, 1000, &[2; 1000]);
    for mode in [CrashMode::Subset, CrashMode::Garbage] {
        for seed in 0..200 {
            let left = bench.crash(mode, seed).contents(&Bench::path("file"));
            assert_eq!(left.unwrap()[..1000], [1; 1000]);
        }
    }
    let path = Bench::path("file");
    let left = |mode| bench.crash(mode, 0).contents(&path).unwrap();
    assert_eq!(left(CrashMode::None), [1; 1000]);
    assert_eq!(left(CrashMode::All).len(), 2000);
    assert_eq!(left(CrashMode::Kill).len(), 2000);
}

/// A file of 1970 would be old enough for any retention.
#[test]
fn what_arrives_with_a_crash_has_not_changed_in_1970() {
    let mut bench = Bench::new();
    let path = Bench::path("file");
    let create = Effect::Create(path.clone());
    let inode = bench.storage.apply(&create, 5000).unwrap();
    let write = |inode| Effect::Write {
        inode,
        position: 0,
        bytes: Bytes::from(vec![1; 10]),
    };
    let made = Effect::Create(Bench::path("made"));
    let in_flight = [write(inode), made, write(inode + 1)];
    for mode in [CrashMode::All, CrashMode::Kill] {
        for seed in 0..20 {
            let mut dice = Dice::new(seed);
            let left = bench.storage.after_crash(mode, &in_flight, &mut dice);
            for entry in left.list(Path::new(TOP_PATH)).unwrap() {
                assert_eq!(entry.modified_ms, 5000, "{mode:?}, seed {seed}: {entry:?}");
            }
        }
    }
}

#[test]
fn a_file_without_a_durable_name_is_gone() {
    let mut bench = Bench::new();
    let inode = bench.create("file");
    bench.write(inode, 0, &[1; 10]);
    bench.flush(inode);
    let path = Bench::path("file");
    assert_eq!(bench.crash(CrashMode::None, 0).contents(&path), None);
    let kept = (0..100).filter(|seed| {
        let left = bench.crash(CrashMode::Subset, *seed).contents(&path);
        left.is_some_and(|bytes| bytes == [1; 10])
    });
    assert!((10..90).contains(&kept.count()));
}

#[test]
fn length_and_data_arrive_apart() {
    let mut bench = Bench::new();
    let inode = bench.create("file");
    bench.flush_names();
    bench.write(inode, 0, &[7; 2 * SECTOR]);
    let mut seen = BTreeSet::new();
    for seed in 0..500 {
        let left = bench.crash(CrashMode::Subset, seed);
        let bytes = left.contents(&Bench::path("file")).unwrap();
        let sectors: Vec<u8> = bytes.chunks(SECTOR).map(|sector| sector[0]).collect();
        seen.insert(sectors);
    }
    let expected = [vec![], vec![0, 0], vec![0, 7], vec![7, 0], vec![7, 7]];
    assert_eq!(seen, BTreeSet::from(expected));
}

#[test]
fn what_was_cut_off_reads_as_zeros_when_the_file_grows_again() {
    let mut bench = Bench::new();
    let inode = bench.create("file");
    bench.flush_names();
    bench.write(inode, 0, &[7; 3 * SECTOR]);
    bench.flush(inode);
    let length = 100;
    bench.run(Effect::Truncate { inode, length });
    bench.run(Effect::Allocate { inode, end: 1500 });
    let mut expected = vec![7; 100];
    expected.resize(1500, 0);
    let read = |storage: &Storage| storage.contents(&Bench::path("file")).unwrap();
    assert_eq!(read(&bench.storage), expected);
    for seed in 0..100 {
        let left = read(&bench.crash(CrashMode::Subset, seed));
        let cut = vec![7; 100];
        let whole = vec![7; 3 * SECTOR];
        assert!(left == expected || left == cut || left == whole);
    }
}

#[test]
fn garbage_spares_the_bytes_that_were_not_to_change() {
    let mut bench = Bench::new();
    let inode = bench.create("file");
    bench.flush_names();
    bench.write(inode, 0, &[1; 100]);
    bench.flush(inode);
    let mut longer = vec![1; 100];
    longer.extend([2; 100]);
    bench.write(inode, 0, &longer);
    let mut garbage = 0;
    for seed in 0..200 {
        let left = bench.crash(CrashMode::Garbage, seed);
        let left = left.contents(&Bench::path("file")).unwrap();
        assert_eq!(left[..100], [1; 100]);
        let tail = left.get(100..).unwrap_or_default();
        garbage += usize::from(tail.iter().any(|byte| ![0, 2].contains(byte)));
    }
    assert!(garbage > 20, "{garbage}");
}

#[test]
fn a_flush_after_a_failed_one_does_not_bring_the_data_back() {
    let path = Bench::path("file");
    let lost = (0..100).filter(|seed| {
        let mut bench = Bench::new();
        let inode = bench.create("file");
        bench.flush_names();
        bench.write(inode, 0, &[1; SECTOR]);
        bench.storage.forget_dirty(inode, &mut Dice::new(*seed));
        bench.flush(inode);
        assert_eq!(bench.storage.contents(&path).unwrap(), [1; SECTOR]);
        bench.crash(CrashMode::All, 0).contents(&path).unwrap() != [1; SECTOR]
    });
    assert!((20..80).contains(&lost.count()));
}

#[test]
fn a_full_disk_takes_what_fits() {
    let mut bench = Bench::new();
    let inode = bench.create("file");
    bench.storage.capacity_bytes = Some(8192);
    let bytes = Bytes::from(vec![3; 10_000]);
    let effect = Effect::Write {
        inode,
        position: 0,
        bytes,
    };
    let error = bench.storage.apply(&effect, 0).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    let left = bench.storage.contents(&Bench::path("file")).unwrap();
    assert_eq!(left, [3; 8192]);
}

#[test]
fn a_rename_is_whole_or_not_there() {
    let mut bench = Bench::new();
    let old = bench.create("name");
    bench.write(old, 0, b"old");
    bench.flush(old);
    bench.flush_names();
    let new = bench.create("name.tmp");
    bench.write(new, 0, b"new");
    bench.flush(new);
    bench.run(Effect::Rename(Bench::path("name.tmp"), Bench::path("name")));
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let left = bench.crash(CrashMode::Subset, seed);
        seen.insert(left.contents(&Bench::path("name")).unwrap());
    }
    assert_eq!(seen, BTreeSet::from([b"old".to_vec(), b"new".to_vec()]));
}
