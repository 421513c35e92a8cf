//! The same requests to Corelane and to a real Apache Kafka 4.2, their answers compared field by field, over the APIs and
//! versions that are served. Ids, times, hosts and sizes of disks are left aside.
//!
//! What differs on purpose is listed in `differential/intended.rs` with the reason; a difference that is not listed
//! fails the test, and so does a listed one that is gone.

mod support;

#[path = "differential/cases.rs"]
mod cases;
#[path = "differential/consumer_groups.rs"]
mod consumer_groups;
#[path = "differential/intended.rs"]
mod intended;
#[path = "differential/transactions.rs"]
mod transactions;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use corelane_protocol::frame::{decode_response, encode_request};
use corelane_protocol::messages::find_coordinator::FindCoordinatorRequest;
use corelane_protocol::{ApiKey, Message, Request};
use support::answer_tree::fields;
use support::broker::{Broker, Target};

/// Fields that are never the same, by the ends of their paths.
const LEFT_ASIDE: [&str; 16] = [
    "log_dir",
    "topic_id",
    "producer_id",
    "cluster_id",
    "directory_id",
    "host",
    "port",
    "total_bytes",
    "usable_bytes",
    "timestamp",
    "log_append_time_ms",
    "finalized_features_epoch",
    "log_end_offset",
    "documentation",
    "error_message",
    "rack",
];

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    api: &'static str,
    case: String,
    path: String,
    kafka: String,
    corelane: String,
}

/// Both brokers.
pub struct Pair {
    kafka: Asked,
    corelane: Asked,
    differences: RefCell<BTreeMap<Difference, BTreeSet<i16>>>,
    compared: RefCell<BTreeMap<&'static str, (BTreeSet<i16>, usize)>>,
}

impl Pair {
    fn connect(kafka: &Broker, corelane: &Broker) -> Pair {
        Pair {
            kafka: Asked::new(kafka),
            corelane: Asked::new(corelane),
            differences: RefCell::default(),
            compared: RefCell::default(),
        }
    }

    /// Asks both in every served version, and compares.
    pub fn compare<R: Request>(&self, case: &str, request: impl Fn(i16) -> R)
    where
        R::Response: std::fmt::Debug,
    {
        for version in R::KEY.min_version()..=R::KEY.max_version() {
            self.compare_in(case, version, &request(version));
        }
    }

    /// Whether both have found the coordinators that are asked for.
    pub fn both_find(&self, request: &FindCoordinatorRequest) -> bool {
        [&self.kafka, &self.corelane].into_iter().all(|broker| {
            let found = broker.ask(FindCoordinatorRequest::MAX_VERSION, request);
            found.is_some_and(|found| found.coordinators.iter().all(|one| one.error_code == 0))
        })
    }

    /// Asks both in one version, and compares; returns the answers, Kafka's first, of those that have answered.
    pub fn compare_in<R: Request>(
        &self,
        case: &str,
        version: i16,
        request: &R,
    ) -> [Option<R::Response>; 2]
    where
        R::Response: std::fmt::Debug,
    {
        self.compare_each(case, version, [request, request])
    }

    /// As [`Pair::compare_in`], where each broker has ids of its own.
    pub fn compare_each<R: Request>(
        &self,
        case: &str,
        version: i16,
        requests: [&R; 2],
    ) -> [Option<R::Response>; 2]
    where
        R::Response: std::fmt::Debug,
    {
        let api = R::KEY.name();
        let kafka = self.kafka.ask(version, requests[0]);
        let corelane = self.corelane.ask(version, requests[1]);
        let told = |answer: &Option<R::Response>| match answer {
            Some(answer) => fields(answer),
            None => BTreeMap::from([("(connection)".to_owned(), "closed".to_owned())]),
        };
        let (theirs, ours) = (told(&kafka), told(&corelane));
        let paths: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        let mut compared = self.compared.borrow_mut();
        let (versions, count) = compared.entry(api).or_default();
        versions.insert(version);
        *count += paths.len();
        for path in paths.into_iter().filter(|path| !is_left_aside(path)) {
            let value = |of: &BTreeMap<String, String>| {
                of.get(path).cloned().unwrap_or_else(|| "(absent)".into())
            };
            let (kafka, corelane) = (value(&theirs), value(&ours));
            if kafka != corelane {
                let (case, path) = (case.to_owned(), path.clone());
                let difference = Difference {
                    api,
                    case,
                    path,
                    kafka,
                    corelane,
                };
                let mut differences = self.differences.borrow_mut();
                differences.entry(difference).or_default().insert(version);
            }
        }
        [kafka, corelane]
    }
}

/// A broker and the connection to it, which is made again when the broker has closed it.
struct Asked {
    address: SocketAddr,
    stream: RefCell<TcpStream>,
}

impl Asked {
    fn new(broker: &Broker) -> Self {
        let address = broker.address();
        Asked {
            address,
            stream: RefCell::new(connect(address)),
        }
    }

    /// The answer; none where the broker closes the connection instead.
    fn ask<R: Request>(&self, version: i16, request: &R) -> Option<R::Response> {
        let name = R::KEY.name();
        let frame = encode_request(request, version, 7, Some("differential"));
        let frame = frame.unwrap_or_else(|error| panic!("{name} {version}: {error}"));
        let mut stream = self.stream.borrow_mut();
        let answer = match exchange(&mut stream, &frame) {
            Ok(answer) => Bytes::from(answer),
            Err(_) => {
                *stream = connect(self.address);
                return None;
            }
        };
        let decoded = decode_response::<R>(answer, version);
        let decoded = decoded.unwrap_or_else(|error| panic!("{name} {version}: {error}"));
        Some(decoded.1)
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the broker listens");
    let limit = Some(Duration::from_secs(30));
    stream.set_read_timeout(limit).expect("a limit above zero");
    stream
}

fn exchange(stream: &mut TcpStream, frame: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(frame)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(i32::from_be_bytes(length)).expect("a length");
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn is_left_aside(path: &str) -> bool {
    LEFT_ASIDE.iter().any(|end| path.ends_with(end))
}

/// Whether `text` is what `pattern` says, where `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[test]
fn answers_are_those_of_kafka_but_for_what_is_listed() {
    if !support::clients_are_installed("answers_are_those_of_kafka_but_for_what_is_listed") {
        return;
    }
    let corelane = Broker::start_corelane(&[]);
    let kafka = Broker::start_target(Target::Kafka);
    let pair = Pair::connect(&kafka, &corelane);
    cases::run(&pair);
    transactions::run(&pair);
    for (api, (versions, count)) in pair.compared.borrow().iter() {
        support::report(&format!(
            "{api}: {} versions, {count} fields",
            versions.len()
        ));
    }
    judge(&pair.differences.borrow());
}

fn judge(differences: &BTreeMap<Difference, BTreeSet<i16>>) {
    let mut used = BTreeSet::new();
    let mut unlisted = Vec::new();
    for (difference, versions) in differences {
        let listed = intended::DIFFERENCES.iter().position(|listed| {
            listed.api == difference.api
                && fits(listed.case, &difference.case)
                && fits(listed.path, &difference.path)
        });
        match listed {
            Some(index) => drop(used.insert(index)),
            None => unlisted.push(format!(
                "{} {versions:?}, {}: {} is {} of Kafka and {} here",
                difference.api,
                difference.case,
                difference.path,
                difference.kafka,
                difference.corelane
            )),
        }
    }
    let gone = (0..intended::DIFFERENCES.len()).filter(|index| !used.contains(index));
    let gone: Vec<String> = gone
        .map(|index| format!("gone: {:?}", intended::DIFFERENCES[index]))
        .collect();
    support::report(&format!(
        "{} fields differ, {} of them unlisted",
        differences.len(),
        unlisted.len()
    ));
    assert!(
        unlisted.is_empty() && gone.is_empty(),
        "{}\n{}",
        unlisted.join("\n"),
        gone.join("\n")
    );
}

#[test]
fn every_served_api_is_compared() {
    let cases = [
        include_str!("differential/cases.rs"),
        include_str!("differential/consumer_groups.rs"),
        include_str!("differential/transactions.rs"),
    ];
    let cases = cases.concat();
    let dispatch = include_str!("../../broker/src/dispatch.rs");
    let (_, rest) = dispatch.split_once("pub const SERVED").expect("the list");
    let (list, _) = rest.split_once("];").expect("its end");
    let served = ApiKey::ALL
        .iter()
        .map(|key| key.name())
        .filter(|name| list.contains(&format!("ApiKey::{name},")));
    let missing: Vec<&str> = served
        .filter(|name| !cases.contains(&format!("{name}Request")))
        .filter(|name| !cases::NOT_COMPARED.iter().any(|(other, _)| other == name))
        .collect();
    assert!(missing.is_empty(), "no case sends {missing:?}");
}

#[test]
fn a_pattern_fits_what_its_stars_stand_for() {
    for (pattern, text, expected) in [
        ("*", "anything", true),
        ("a*c", "abc", true),
        ("a*c*e", "abcde", true),
        ("a*c", "abd", false),
        ("ab", "abc", false),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn every_field_has_its_path() {
    #[derive(Debug)]
    #[allow(dead_code, reason = "read by its Debug form")]
    struct Part {
        name: &'static str,
        code: i16,
    }
    #[derive(Debug)]
    #[allow(dead_code, reason = "read by its Debug form")]
    struct Whole {
        parts: Option<Vec<Part>>,
        text: Option<String>,
        numbers: Vec<i32>,
    }
    let part = |name, code| Part { name, code };
    let whole = Whole {
        parts: Some(vec![part("a", 1), part("b, \"c\" }", 2), part("a", 3)]),
        text: None,
        numbers: vec![-7],
    };
    let fields = fields(&whole);
    let expected = [
        ("numbers.count", "1"),
        ("numbers[0]", "-7"),
        ("parts.count", "3"),
        ("parts[a#1].code", "3"),
        ("parts[a].code", "1"),
        ("text", "None"),
    ];
    for (path, value) in expected {
        assert_eq!(fields.get(path).map(String::as_str), Some(value), "{path}");
    }
}
