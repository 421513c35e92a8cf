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

/// Asks for the suites that take many minutes and want a machine that does little else.
const ASKED_FOR: &str = "CORELANE_TEST_SUITES";

/// Whether a suite is to run; if not, it is skipped loudly.
fn is_asked_for(suite: &str) -> bool {
    let is_asked_for = std::env::var_os(ASKED_FOR).is_some();
    if !is_asked_for {
        support::report(&format!(
            "SKIPPED {suite}: set {ASKED_FOR} to run it, after `.ci/install --clients-only --suites`"
        ));
    }
    is_asked_for && support::clients_are_installed(suite)
}
