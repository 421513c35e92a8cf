//! Test suites that the authors of clients wrote, run against a broker: what each of their tests says is compared, by
//! name, with the list of those that do not pass in `docs/limits.md`. A test that fails and is not listed fails here, and so
//! does a listed one that passes: the list only shrinks.
//!
//! The suites come from package registries, with `.ci/install`; none of their code is in this repository. With
//! `CORELANE_TEST_TARGET=kafka` they run against Apache Kafka, and what the list says is reported instead of judged.

mod support;

#[path = "suites_of_others/franz_go.rs"]
mod franz_go;
#[path = "suites_of_others/librdkafka.rs"]
mod librdkafka;
#[path = "suites_of_others/verdict.rs"]
mod verdict;
