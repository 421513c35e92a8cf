//! Whole runs against null brokers: what is interleaved, what a report says of a broker that misbehaves, and that a run
//! can be done again from its result.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use std::time::Duration;

use corelane_bench::difference::difference;
use corelane_bench::null_broker::{InjectedFault, NullBroker};
use corelane_bench::page::page;
use corelane_bench::percentile_file::percentile_files;
use corelane_bench::results::{Results, StepOutcome};
use corelane_bench::run::{RunPlan, TargetKind, TargetPlan, run};
use corelane_bench::statistics::Verdict;
use corelane_bench::summary::tables;
use corelane_bench::workload::WorkloadPlan;

/// 1,000 requests a second over one connection.
const STEADY: &str = "
name: steady
steps:
  - name: 1 k/s
    produce: {record_bytes: 100, records_per_batch: 1, connections: 1, in_flight: 64, rate: {records_per_s: 1000}}
";

fn plan(targets: &[(&str, &NullBroker)], workload: &str, rounds: u32) -> RunPlan {
    let target = |(name, broker): &(&str, &NullBroker)| TargetPlan {
        name: (*name).to_owned(),
        kind: TargetKind::Address {
            bootstrap: broker.address().to_string(),
            pid: Some(std::process::id()),
        },
    };
    RunPlan {
        targets: targets.iter().map(target).collect(),
        workloads: vec![WorkloadPlan::from_yaml(workload).unwrap()],
        scale: 1.0,
        rounds,
        first_warm_up_s: 0.0,
        warm_up_s: 0.1,
        measure_s: 0.8,
        threads: 1,
        client_cores: None,
        directory: PathBuf::new(),
    }
}

fn broker(faults: Vec<InjectedFault>) -> NullBroker {
    NullBroker::start("127.0.0.1:0", faults).unwrap()
}

fn run_with(faults: Vec<InjectedFault>) -> Results {
    let broker = broker(faults);
    run(&plan(&[("one", &broker)], STEADY, 1), &mut |_, _| {}).unwrap()
}

fn figure(results: &Results, name: &str) -> f64 {
    let tables = tables(results);
    let row = tables[0].rows.iter().find(|row| row.name == name);
    row.unwrap().spreads[0].unwrap().median
}

fn remarks(results: &Results) -> String {
    tables(results)[0].remarks.join("\n")
}

#[test]
fn a_stall_of_200_ms_stands_in_the_tail_of_the_table_and_of_the_curve_over_time() {
    let pause = Duration::from_millis(200);
    let results = run_with(vec![InjectedFault::Stall {
        request: 500,
        pause,
    }]);
    assert!(figure(&results, "max ms") >= 195.0);
    // A fifth to a quarter of all requests were due during the stall.
    assert!(figure(&results, "p90 ms") >= 50.0);
    let measured = results.runs[0].measured().unwrap();
    let timeline = &measured.produce.as_ref().unwrap().timeline;
    let slow = |point: &&corelane_bench::TimelinePoint| point.p99_ms.is_some_and(|ms| ms >= 150.0);
    assert!(timeline.iter().any(|point| slow(&point)), "{timeline:?}");
    assert!(!timeline.iter().all(|point| slow(&point)), "{timeline:?}");
}

#[test]
fn a_dropped_answer_is_a_remark_below_the_table_and_a_fault_of_the_run() {
    let results = run_with(vec![InjectedFault::DropAnswer { request: 300 }]);
    assert!(
        remarks(&results).contains("dropped"),
        "{}",
        remarks(&results)
    );
    assert_eq!(results.faults().len(), 1);
}

#[test]
fn an_early_answer_is_a_fault_of_the_run() {
    let results = run_with(vec![InjectedFault::AnswerEarly { request: 300 }]);
    assert!(!results.faults().is_empty());
    let page = page(&[("early".to_owned(), results)]);
    assert!(page.contains("class=\"remark\""));
}

#[test]
fn a_clean_run_has_neither_faults_nor_remarks() {
    let results = run_with(Vec::new());
    assert_eq!(results.faults(), Vec::<String>::new());
    assert!(!remarks(&results).contains("fault"));
    let rate = figure(&results, "records/s");
    assert!((800.0..1_200.0).contains(&rate), "{rate}");
}

#[test]
fn rounds_take_the_targets_by_turns_and_ratios_are_the_first_ones_by_the_others() {
    let (left, right) = (broker(Vec::new()), broker(Vec::new()));
    let mut plan = plan(&[("left", &left), ("right", &right)], STEADY, 2);
    plan.measure_s = 0.3;
    let results = run(&plan, &mut |_, _| {}).unwrap();
    let order: Vec<&str> = results.runs.iter().map(|run| run.target.as_str()).collect();
    assert_eq!(order, ["left", "right", "right", "left"]);
    let tables = tables(&results);
    let row = tables[0].rows.iter().find(|row| row.name == "records/s");
    let rate = |position: usize| {
        let measured = results.runs[position].measured().unwrap();
        measured.produce.as_ref().unwrap().records_per_s
    };
    let expected = f64::midpoint(rate(0) / rate(1), rate(3) / rate(2));
    let ratio = row.unwrap().ratios[1].unwrap().median;
    assert!((ratio - expected).abs() < 1e-9, "{ratio} {expected}");
    assert!(row.unwrap().ratios[0].is_none());
}

#[test]
fn a_run_is_done_again_from_its_json() {
    let broker = broker(Vec::new());
    let mut plan = plan(&[("one", &broker)], STEADY, 1);
    plan.measure_s = 0.3;
    let first = run(&plan, &mut |_, _| {}).unwrap();
    let text = serde_json::to_string(&first).unwrap();
    let read = Results::from_json(&text).unwrap();
    let again = run(&read.plan, &mut |_, _| {}).unwrap();
    assert_eq!(again.plan, first.plan);
    assert_eq!(again.environment, first.environment);
    assert_eq!(again.runs.len(), first.runs.len());
    let found = difference(&read, &again);
    assert!(found.remarks.is_empty(), "{:?}", found.remarks);
    // One round can tell nothing, whatever the figures.
    let mut verdicts = found.figures.iter().map(|figure| figure.verdict);
    assert!(verdicts.all(|verdict| verdict == Verdict::TooFewRounds));
}

#[test]
fn a_slower_broker_is_told_from_noise_and_the_same_one_is_not() {
    // The second one stalls for longer than it serves, so that more than half of all requests wait.
    let (steady, stalling) = (broker(Vec::new()), broker(stalls()));
    let measure = |broker: &NullBroker| {
        let mut plan = plan(&[("one", broker)], STEADY, 5);
        (plan.warm_up_s, plan.measure_s) = (0.0, 0.2);
        run(&plan, &mut |_, _| {}).unwrap()
    };
    let (before, after) = (measure(&steady), measure(&stalling));
    let found = difference(&before, &after);
    let worse = found.figures.iter().find(|figure| figure.name == "p50 ms");
    assert_eq!(worse.unwrap().is_better, Some(false), "{worse:?}");
    assert!(found.is_worse());
    let same = difference(&before, &before);
    assert!(!same.is_worse());
}

/// One stall in every fifty requests, which is four in each round.
fn stalls() -> Vec<InjectedFault> {
    let pause = Duration::from_millis(60);
    let requests = (0..40).map(|number| number * 50 + 25);
    requests
        .map(|request| InjectedFault::Stall { request, pause })
        .collect()
}

#[test]
fn a_step_that_a_target_cannot_do_is_left_out_with_the_reason() {
    let broker = broker(Vec::new());
    let workload = "
name: mixed
steps:
  - name: killed
    fill_mib: 1
    produce: {}
    kill: true
";
    let results = run(&plan(&[("one", &broker)], workload, 1), &mut |_, _| {}).unwrap();
    assert!(matches!(
        results.runs[0].outcome,
        StepOutcome::NotRun { .. }
    ));
    assert!(remarks(&results).contains("not run"));
}

#[test]
fn a_step_that_fails_is_a_fault_with_its_reason_and_ends_no_other() {
    let broker = broker(Vec::new());
    let workload = "
name: two
steps:
  - name: read by nobody
    produce: {records_per_batch: 1, rate: {records_per_s: 100}}
    fetch: {}
  - name: written
    produce: {records_per_batch: 1, rate: {records_per_s: 100}}
";
    let results = run(&plan(&[("one", &broker)], workload, 1), &mut |_, _| {}).unwrap();
    // The null broker serves no Fetch.
    assert!(remarks(&results).contains("Fetch"), "{}", remarks(&results));
    assert_eq!(results.faults().len(), 1);
    assert!(results.runs[1].measured().is_some());
}

#[test]
fn hot_partitions_have_figures_of_their_own_and_every_latency_a_percentile_file() {
    let broker = broker(Vec::new());
    let workload = "
name: hot
steps:
  - name: nine in ten
    topic: {partitions: 4}
    produce: {record_bytes: 100, records_per_batch: 1, connections: 2, hot_share: 0.9, rate: {records_per_s: 2000}}
";
    let results = run(&plan(&[("one", &broker)], workload, 1), &mut |_, _| {}).unwrap();
    assert!(figure(&results, "cold p99 ms") > 0.0);
    let measured = results.runs[0].measured().unwrap();
    let produce = measured.produce.as_ref().unwrap();
    let (hot, cold) = (
        &produce.latency_by_class["hot"],
        &produce.latency_by_class["cold"],
    );
    // What was due in the last moment and never left has a latency and went to no partition.
    let unsent = produce.latency.count - (hot.count + cold.count);
    assert!(unsent < produce.latency.count / 20, "{unsent} never left");
    let files = percentile_files(&results);
    assert_eq!(files[0].name, "one--hot--nine-in-ten--produce.hgrm");
    assert!(files[0].text.contains("1/(1-Percentile)"));
}
