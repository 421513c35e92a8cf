//! The page in a real browser: without a network, every chart is drawn and no script fails.
//!
//! Needs Chromium (`chromium` on PATH, or a path in CORELANE_TEST_CHROMIUM). Without it the test says SKIPPED past the
//! harness's capture and passes, or fails where CORELANE_REQUIRE_CLIENTS is set.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use corelane_bench::null_broker::NullBroker;
use corelane_bench::page::page;
use corelane_bench::results::Results;
use corelane_bench::run::{RunPlan, TargetKind, TargetPlan, run};
use corelane_bench::workload::find;

/// How long a browser may take on a busy machine.
const BROWSER_MAX: Duration = Duration::from_secs(120);

fn results() -> Results {
    let brokers =
        ["left", "right"].map(|name| (name, NullBroker::start("127.0.0.1:0", Vec::new()).unwrap()));
    let target = |(name, broker): &(&str, NullBroker)| TargetPlan {
        name: (*name).to_owned(),
        kind: TargetKind::Address {
            bootstrap: broker.address().to_string(),
            pid: None,
        },
    };
    let plan = RunPlan {
        targets: brokers.iter().map(target).collect(),
        workloads: vec![find("hot").unwrap()],
        scale: 1.0,
        rounds: 2,
        first_warm_up_s: 0.0,
        warm_up_s: 0.0,
        measure_s: 0.6,
        threads: 1,
        client_cores: None,
        directory: PathBuf::new(),
    };
    run(&plan, &mut |_, _| {}).unwrap()
}

#[test]
fn the_page_holds_everything_it_needs_and_no_text_of_a_result_as_markup() {
    let mut results = results();
    results.targets[0].version = "<script>alert(1)</script>".to_owned();
    let page = page(&[("a</script><b>".to_owned(), results)]);
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("a</script><b>"));
    for fetched in ["<link", "src=", "@import", "url("] {
        assert!(!page.contains(fetched), "{fetched}");
    }
    assert!(page.contains("nothing") || page.contains("an answer survives"));
}

#[test]
fn a_browser_without_a_network_draws_every_chart() {
    let Some(browser) = browser() else {
        return skip(
            "no Chromium; install the Debian package chromium, or name one in CORELANE_TEST_CHROMIUM",
        );
    };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("page.html");
    std::fs::write(&file, page(&[("run".to_owned(), results())])).unwrap();
    let document = document_of(&browser, &file, folder.path());
    assert!(!document.contains("data-failed"), "{}", head(&document));
    // Two steps with a latency curve, a throughput and a tail over time each.
    assert!(document.contains("data-drawn=\"6\""), "{}", head(&document));
    assert!(document.contains("data-inked=\"6\""), "{}", head(&document));
    assert!(document.contains("class=\"u-legend"));
}

/// The document after its scripts have run.
fn document_of(browser: &Path, file: &Path, folder: &Path) -> String {
    let output = folder.join("document.html");
    let mut command = Command::new(browser);
    command
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        // Nothing outside can be reached, whatever the page asks for.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("file://{}#check", file.display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&output).unwrap())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > BROWSER_MAX {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser did not end within {BROWSER_MAX:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::read_to_string(&output).unwrap()
}

fn head(document: &str) -> &str {
    let start = document.find("<body").unwrap_or(0);
    &document[start..document.len().min(start + 300)]
}

fn browser() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CORELANE_TEST_CHROMIUM") {
        return Some(PathBuf::from(path));
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join("chromium"))
        .find(|path| path.is_file())
}

fn skip(reason: &str) {
    assert!(
        std::env::var_os("CORELANE_REQUIRE_CLIENTS").is_none(),
        "a_browser_without_a_network_draws_every_chart: {reason}"
    );
    // Not by a print macro: the harness captures those of a test that passes.
    let line = format!("SKIPPED a_browser_without_a_network_draws_every_chart: {reason}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
