//! `log repair` on directories that a real broker wrote: what it says, what it loses, and that the broker serves all
//! the rest and takes writes afterwards.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use support::written::{RECORDS, Written, consume, lines, log, produce, value};

const STOP_LIMIT: Duration = Duration::from_secs(10);

fn repair(path: &Path, flags: &[&str]) -> Output {
    log("repair", path, &[&["--json"], flags].concat())
}

/// A case: the damage, and the offsets that may be lost by it.
struct Case {
    name: &'static str,
    damage: fn(&Written),
    lost: fn(&Written) -> BTreeSet<usize>,
}

fn none(_: &Written) -> BTreeSet<usize> {
    BTreeSet::new()
}

/// The offsets of the second segment's sixth batch.
fn sixth_batch(written: &Written) -> BTreeSet<usize> {
    let (.., first, last) = written.batches(written.base_offsets()[1])[5];
    offsets(first, last + 1)
}

fn second_segment(written: &Written) -> BTreeSet<usize> {
    offsets(written.base_offsets()[1], written.base_offsets()[2])
}

fn offsets(first: i64, end: i64) -> BTreeSet<usize> {
    (first..end)
        .map(|offset| usize::try_from(offset).expect("an offset"))
        .collect()
}

fn flip_in_sixth_batch(written: &Written, at: usize) {
    let second = written.base_offsets()[1];
    let (position, ..) = written.batches(second)[5];
    written.edit(&written.file(second, "log"), |bytes| {
        bytes[position + at] ^= 0x40
    });
}

fn last_batch(written: &Written) -> (i64, usize, i64, i64) {
    let last = *written.base_offsets().last().expect("segments");
    let (position, _, first, end) = *written.batches(last).last().expect("batches");
    (last, position, first, end)
}

const CASES: &[Case] = &[
    Case {
        name: "a flip in records",
        damage: |w| flip_in_sixth_batch(w, 200),
        lost: sixth_batch,
    },
    Case {
        name: "a flip in the base offset",
        damage: |w| flip_in_sixth_batch(w, 7),
        lost: none,
    },
    Case {
        name: "a flip in the length",
        damage: |w| flip_in_sixth_batch(w, 9),
        lost: none,
    },
    Case {
        name: "a flip in the leader epoch",
        damage: |w| flip_in_sixth_batch(w, 15),
        lost: none,
    },
    Case {
        name: "a flip in the magic",
        damage: |w| flip_in_sixth_batch(w, 16),
        lost: none,
    },
    Case {
        name: "a flip in the CRC",
        damage: |w| flip_in_sixth_batch(w, 18),
        lost: sixth_batch,
    },
    Case {
        name: "a missing segment",
        damage: |w| std::fs::remove_file(w.file(w.base_offsets()[1], "log")).expect("removed"),
        lost: second_segment,
    },
    Case {
        name: "an emptied segment",
        damage: |w| w.edit(&w.file(w.base_offsets()[1], "log"), Vec::clear),
        lost: second_segment,
    },
    Case {
        name: "a sealed segment cut within its last batch",
        damage: |w| {
            w.edit(&w.file(w.base_offsets()[1], "log"), |bytes| {
                bytes.truncate(bytes.len() - 50)
            })
        },
        lost: |w| {
            let (.., first, last) = *w.batches(w.base_offsets()[1]).last().expect("batches");
            offsets(first, last + 1)
        },
    },
    Case {
        name: "the last segment cut at a batch below the durable end",
        damage: |w| {
            let (last, position, ..) = last_batch(w);
            w.edit(&w.file(last, "log"), |bytes| bytes.truncate(position));
        },
        lost: |w| {
            let (_, _, first, end) = last_batch(w);
            offsets(first, end + 1)
        },
    },
    Case {
        name: "a copy of a segment under another name",
        damage: |w| {
            let second = w.base_offsets()[1];
            std::fs::copy(w.file(second, "log"), w.file(second + 3, "log")).expect("copied");
        },
        lost: none,
    },
    Case {
        name: "a segment under a wrong name",
        damage: |w| {
            let second = w.base_offsets()[1];
            std::fs::rename(w.file(second, "log"), w.file(second + 3, "log")).expect("renamed");
        },
        lost: none,
    },
    Case {
        name: "zeros inside the log",
        damage: |w| {
            let second = w.base_offsets()[1];
            let (position, length, ..) = w.batches(second)[5];
            w.edit(&w.file(second, "log"), |bytes| {
                bytes[position..position + length].fill(0)
            });
        },
        lost: sixth_batch,
    },
    Case {
        name: "a lying index",
        damage: |w| w.edit(&w.file(w.base_offsets()[1], "index"), |bytes| bytes[7] ^= 1),
        lost: none,
    },
    Case {
        name: "a damaged snapshot",
        damage: |w| {
            w.edit(&w.file(w.base_offsets()[1], "snapshot"), |bytes| {
                bytes[4] ^= 1
            })
        },
        lost: none,
    },
    Case {
        name: "a durable-end checkpoint without a valid slot",
        damage: |w| {
            w.edit(&w.partition().join("durable-end"), |bytes| {
                bytes[20] ^= 1;
                bytes[4096 + 20] ^= 1;
            })
        },
        lost: none,
    },
    Case {
        name: "an epoch checkpoint that is none",
        damage: |w| {
            w.edit(&w.partition().join("leader-epoch-checkpoint"), |bytes| {
                bytes[0] = b'9'
            })
        },
        lost: none,
    },
];

#[test]
fn a_repair_says_first_and_loses_only_what_was_damaged_and_the_broker_goes_on() {
    for case in CASES {
        let pristine = Written::copy();
        let lost = (case.lost)(&pristine);
        let written = Written::copy();
        (case.damage)(&written);
        let before = written.hashes();
        let dry = repair(&written.partition(), &[]);
        assert!(dry.status.success(), "{}: {dry:?}", case.name);
        let told = lines(&dry);
        assert!(
            told.iter().any(|line| line["kind"] == "action"),
            "{}: {told:?}",
            case.name
        );
        assert_eq!(
            written.hashes(),
            before,
            "{}: a dry run writes nothing",
            case.name
        );
        assert_eq!(
            told.last().expect("a summary")["lost_offset_count"],
            lost.len(),
            "{}",
            case.name
        );
        let done = repair(&written.partition(), &["--execute"]);
        assert!(done.status.success(), "{}: {done:?}", case.name);
        assert_others_untouched(case.name, &pristine.base_offsets(), &before, &written);
        assert_clean(case.name, &written);
        let again = lines(&repair(&written.partition(), &["--execute"]));
        assert_eq!(
            again.len(),
            1,
            "{}: nothing is left to do: {again:?}",
            case.name
        );
        assert_serves_all_but(case.name, &lost, &written);
    }
}

fn assert_clean(name: &str, written: &Written) {
    let output = log("verify", &written.data(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{name}: {output:?}");
}

/// Only the second segment and the last one are damaged by the cases; what belongs to others stays as it was.
fn assert_others_untouched(
    name: &str,
    bases: &[i64],
    before: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>,
    written: &Written,
) {
    let after = written.hashes();
    for base_offset in [bases[0], bases[2]] {
        for extension in ["log", "index", "timeindex"] {
            let path = written.file(base_offset, extension);
            assert_eq!(
                before.get(&path),
                after.get(&path),
                "{name}: {}",
                path.display()
            );
        }
    }
}

fn assert_serves_all_but(name: &str, lost: &BTreeSet<usize>, written: &Written) {
    let (mut server, address) = written.serve();
    let found = consume(address);
    for offset in 0..RECORDS {
        let expected = (!lost.contains(&offset)).then(|| value(offset));
        assert_eq!(
            found.get(&offset),
            expected.as_ref(),
            "{name}: offset {offset}"
        );
    }
    produce(address, &written.data(), "none", &[value(7)]);
    let found = consume(address);
    assert_eq!(
        found.get(&RECORDS),
        Some(&value(7)),
        "{name}: the next offset is not one that was given out"
    );
    assert!(
        server.terminate(STOP_LIMIT).success(),
        "{name}:\n{}",
        server.output()
    );
    std::fs::remove_file(written.data().join("lines.txt")).expect("removed");
    assert_clean(name, written);
}

#[test]
fn every_byte_that_is_cut_lies_beside_the_partition_with_a_manifest() {
    let written = Written::copy();
    let second = written.base_offsets()[1];
    let (position, length, ..) = written.batches(second)[5];
    flip_in_sixth_batch(&written, 200);
    let old = std::fs::read(written.file(second, "log")).expect("a log");
    let done = lines(&repair(&written.partition(), &["--execute"]));
    let saved = done.last().expect("a summary")["saved_in"]
        .as_str()
        .expect("a path")
        .to_owned();
    assert!(saved.ends_with("flights-0.1-cut"), "{saved}");
    let cut = std::fs::read(Path::new(&saved).join(format!("{second:020}.log.{position}")))
        .expect("saved");
    assert_eq!(cut, old[position..position + length]);
    let manifest =
        std::fs::read_to_string(Path::new(&saved).join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let actions = manifest["actions"].as_array().expect("actions");
    assert!(
        actions
            .iter()
            .any(|action| action["action"] == "cut" && action["length"] == length)
    );
    let new = std::fs::read(written.file(second, "log")).expect("a log");
    assert_eq!(new[..position], old[..position]);
    assert_eq!(
        new[new.len() - (old.len() - position - length)..],
        old[position + length..]
    );
}

#[test]
fn a_sound_partition_has_nothing_to_repair() {
    let written = Written::copy();
    let before = written.hashes();
    let output = log("repair", &written.data(), &["--execute"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("nothing to repair"));
    assert_eq!(written.hashes(), before);
}

#[test]
fn a_repair_is_refused_while_a_broker_runs_and_names_it() {
    let written = Written::copy();
    let (mut server, _) = written.serve();
    for flags in [&[][..], &["--execute"]] {
        let output = repair(&written.partition(), flags);
        assert_eq!(output.status.code(), Some(78), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(&server.pid().to_string()), "{text}");
    }
    let status = server.terminate(STOP_LIMIT);
    assert!(status.success(), "{status}:\n{}", server.output());
}

#[test]
fn kafkas_directories_are_not_repaired() {
    let folder = tempfile::tempdir().expect("a folder");
    let partition = folder.path().join("flights-0");
    std::fs::create_dir(&partition).expect("a folder");
    std::fs::write(partition.join("00000000000000000000.log"), b"").expect("a file");
    assert_eq!(repair(&partition, &[]).status.code(), Some(2));
}

#[test]
fn a_repair_that_is_killed_at_any_moment_is_finished_by_a_second_one() {
    for pause_ms in [0, 2, 4, 6, 9, 13, 18, 25] {
        let written = Written::copy();
        let lost = sixth_batch(&written);
        flip_in_sixth_batch(&written, 200);
        let mut first = support::broker::corelane();
        first
            .args(["log", "repair", "--execute"])
            .arg(written.partition());
        let mut first = first
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the repair starts");
        std::thread::sleep(Duration::from_millis(pause_ms));
        first.kill().expect("killed");
        first.wait().expect("reaped");
        let second = repair(&written.partition(), &["--execute"]);
        assert!(second.status.success(), "after {pause_ms} ms: {second:?}");
        assert_clean("killed", &written);
        if pause_ms == 9 {
            assert_serves_all_but("killed", &lost, &written);
        }
    }
}
