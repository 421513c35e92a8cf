//! The seeds of the protocol's fuzz targets, in `fuzz/seeds/<target>`: every one goes through the entry point that the
//! target calls, and those that are made here, of the samples of every message, are committed as they are made.
//!
//! `CORELANE_WRITE_SEEDS=1 cargo test -p corelane-protocol fuzz_seeds` writes them. Inputs that fuzzing found are kept
//! beside them, under names of their own.

use std::fs;
use std::path::PathBuf;

use crate::fetch_view::fuzz_fetch;
use crate::frame::{LENGTH_PREFIX_BYTES, encode_request, fuzz_request};
use crate::messages::fetch::FetchRequest;
use crate::messages::for_every_api;
use crate::messages::produce::ProduceRequest;
use crate::produce_view::fuzz_produce;
use crate::{Message, Writer};

/// All seeds of one target together; a corpus is to be read by people too.
const TARGET_BYTES_MAX: usize = 100_000;

type Seeds = Vec<(String, Vec<u8>)>;

struct Target {
    name: &'static str,
    entry_point: fn(&[u8]),
    make: fn() -> Seeds,
}

const TARGETS: [Target; 3] = [
    Target {
        name: "request",
        entry_point: fuzz_request,
        make: request_seeds,
    },
    Target {
        name: "produce",
        entry_point: fuzz_produce,
        make: produce_seeds,
    },
    Target {
        name: "fetch",
        entry_point: fuzz_fetch,
        make: fetch_seeds,
    },
];

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(target)
}

fn committed(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).expect("every target has a folder of seeds");
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn every_committed_seed_goes_through_its_entry_point() {
    for target in TARGETS {
        for (path, seed) in committed(target.name) {
            println!("{}", path.display());
            (target.entry_point)(&seed);
        }
    }
}

#[test]
fn seeds_are_committed_as_they_are_made() {
    let writes = std::env::var_os("CORELANE_WRITE_SEEDS").is_some();
    for target in TARGETS {
        let folder = folder(target.name);
        for (name, seed) in (target.make)() {
            let path = folder.join(name);
            if writes {
                fs::create_dir_all(&folder).unwrap();
                fs::write(&path, &seed).unwrap();
            }
            assert_eq!(fs::read(&path).ok(), Some(seed), "{}", path.display());
        }
        let seeds = committed(target.name);
        let total: usize = seeds.iter().map(|(_, seed)| seed.len()).sum();
        assert!(
            total < TARGET_BYTES_MAX,
            "{} has {total} bytes",
            target.name
        );
    }
}

/// Every API at its highest version with all fields, at its lowest with what may be null being null, and damaged ones.
fn request_seeds() -> Seeds {
    let mut seeds = Vec::new();
    macro_rules! visit {
        ($key:ident, $request:ty, $response:ty) => {
            let (lowest, highest) = (<$request>::MIN_VERSION, <$request>::MAX_VERSION);
            for (version, nulls) in [(lowest, true), (highest, false)] {
                let request = <$request>::sample(version, nulls);
                let frame = encode_request(&request, version, 7, Some("seed")).unwrap();
                let suffix = if nulls { "-nulls" } else { "" };
                let name = format!("{}-v{version}{suffix}", crate::ApiKey::$key.name());
                seeds.push((name, frame[LENGTH_PREFIX_BYTES..].to_vec()));
            }
        };
    }
    for_every_api!(visit);
    let (_, metadata) = &seeds[seeds.len() / 2];
    let mut longer = metadata.clone();
    longer.push(0);
    let cut = metadata[..metadata.len() / 2].to_vec();
    seeds.push(("damaged-longer".to_owned(), longer));
    seeds.push(("damaged-cut".to_owned(), cut));
    seeds.push((
        "damaged-unknown-api".to_owned(),
        vec![0x7f, 0xff, 0, 0, 0, 0, 0, 1],
    ));
    seeds.push(("damaged-huge-count".to_owned(), huge_count()));
    seeds
}

/// A Metadata request of version 12 that claims as many topics as a varint can say.
fn huge_count() -> Vec<u8> {
    let mut frame = vec![0, 3, 0, 12, 0, 0, 0, 1, 0xff, 0xff, 0];
    frame.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    frame.extend([0; 14]);
    frame
}

/// A version in one byte, then the body, as the entry points of the views take them.
fn with_version(message: &impl Message, version: i16) -> Vec<u8> {
    let mut writer = Writer::new();
    message.encode(&mut writer, version).unwrap();
    let mut seed = vec![u8::try_from(version).unwrap()];
    seed.extend(writer.into_bytes());
    seed
}

fn view_seeds<M: Message>(sample: fn(i16, bool) -> M) -> Seeds {
    let mut seeds = Vec::new();
    for version in M::MIN_VERSION..=M::MAX_VERSION {
        for (nulls, suffix) in [(false, ""), (true, "-nulls")] {
            let seed = with_version(&sample(version, nulls), version);
            seeds.push((format!("v{version}{suffix}"), seed));
        }
    }
    let (_, last) = &seeds[seeds.len() - 2];
    let (cut, mut large_byte) = (last[..last.len() / 2].to_vec(), last.clone());
    large_byte[last.len() / 3] = 0xff;
    seeds.push(("damaged-cut".to_owned(), cut));
    seeds.push(("damaged-large-byte".to_owned(), large_byte));
    seeds
}

fn produce_seeds() -> Seeds {
    view_seeds(ProduceRequest::sample)
}

fn fetch_seeds() -> Seeds {
    view_seeds(FetchRequest::sample)
}
