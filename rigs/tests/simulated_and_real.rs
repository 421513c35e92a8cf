//! One script of engine operations, on the simulated disk and on real ones: what a real crash leaves is among what the
//! simulated ones leave. Otherwise the simulation would prove a fiction.
//!
//! The simulated engine plays the script for some seeds and is crashed at every point in every way of a power cut. Each
//! crash gives, for each partition, how many batches had been answered and which are there after recovery; all of these are
//! what is allowed. Then the engine plays it on an ext4 that is shut down, and on a disk whose power is cut, at some moment,
//! and the outcome has to be one of them. An engine that acknowledges before it flushes has to leave another one.
//!
//! The last two tests let a flush fail on the real disk, which then forgets what it had to cover. An engine that believes
//! the flush after it has to be caught. They write one partition: a disk has one cache, and the kernel tells of its failed
//! flush the one file that has asked for it, so that beside others nobody could say whose loss it is.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use corelane_engine::TopicPartition;
use corelane_engine::io::Disk;
use corelane_engine::sim::{CrashMode, DATA, SimDisk, SimEngine, SimSettings, Simulation, Storage};
use corelane_rigs::disk_fault::{DiskOperation, Fault, FaultKind};
use corelane_rigs::disk_image::Survival;
use corelane_rigs::rig::{PowerCutRig, Rig, ShutdownRig};
use corelane_rigs::twin::{self, END, Outcome, PARTITIONS, READY, STEPS};
use corelane_rigs::{random, requirements};

const TOOL: &str = env!("CARGO_BIN_EXE_corelane-rigs");
const DISK_BYTES: usize = 128 << 20;
/// Simulated lives; each is crashed at every point, in each of [`CUTS`].
const SEEDS: u64 = 12;
const CUTS: [CrashMode; 4] = [
    CrashMode::None,
    CrashMode::All,
    CrashMode::Subset,
    CrashMode::Garbage,
];
/// Virtual, so that waiting costs nothing.
const LIFE: Duration = Duration::from_secs(600);
/// Crashes of each real disk.
const CRASHES: u64 = 25;
/// The broken engine is not caught by every crash.
const CONTROL_CRASHES: u64 = 200;
/// Flushes of a script, one of which fails in each run.
const FLUSHES: u64 = 24;
/// Longer than any answer takes, also on a machine that is held up for minutes.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
fn what_a_shut_down_file_system_leaves_is_among_what_the_simulation_leaves() {
    if let Some(mut rig) = shutdown_rig("the script on ext4 shutdown") {
        assert_all_are_allowed(&mut rig);
    }
}

#[test]
fn what_a_power_cut_leaves_is_among_what_the_simulation_leaves() {
    if let Some(mut rig) = power_cut_rig("the script on power cuts") {
        assert_all_are_allowed(&mut rig);
    }
}

#[test]
fn an_engine_that_acknowledges_before_it_flushes_leaves_what_the_simulation_never_does() {
    let Some(mut rig) = power_cut_rig("the script, acknowledged before the flush") else {
        return;
    };
    let is_strange = |outcome: &Outcome| !allowed().contains(outcome);
    let caught = (0..CONTROL_CRASHES).find(|run| {
        crash(&mut rig, *run, Some("ack-before-flush"))
            .iter()
            .any(is_strange)
    });
    assert!(caught.is_some(), "not caught by {CONTROL_CRASHES} crashes");
}

#[test]
fn a_flush_that_fails_costs_nothing_that_was_acknowledged() {
    if let Some(mut rig) = power_cut_rig("the script with a failed flush") {
        for failed in 0..FLUSHES {
            for outcome in fail_a_flush(&mut rig, failed, None) {
                assert!(outcome.is_kept(), "flush {failed} failed: {outcome:?}");
            }
        }
    }
}

#[test]
fn an_engine_that_believes_the_flush_after_a_failed_one_is_caught() {
    let Some(mut rig) = power_cut_rig("the script with a failed flush, believed") else {
        return;
    };
    let caught = (0..FLUSHES).find(|failed| {
        let outcomes = fail_a_flush(&mut rig, *failed, Some("retry-failed-flush"));
        outcomes.iter().any(|outcome| !outcome.is_kept())
    });
    assert!(
        caught.is_some(),
        "none of {FLUSHES} failed flushes lost anything"
    );
}

fn shutdown_rig(name: &str) -> Option<ShutdownRig> {
    requirements::are_met(name)
        .then(|| ShutdownRig::new(scratch_parent(), DISK_BYTES as u64).expect("the rig is set up"))
}

fn power_cut_rig(name: &str) -> Option<PowerCutRig> {
    requirements::are_met(name).then(|| {
        PowerCutRig::new(Path::new(TOOL), scratch_parent(), DISK_BYTES).expect("the rig is set up")
    })
}

fn scratch_parent() -> &'static Path {
    Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/rigs"))
}

/// What the simulated crashes leave.
fn allowed() -> &'static BTreeSet<Outcome> {
    static ALLOWED: OnceLock<BTreeSet<Outcome>> = OnceLock::new();
    ALLOWED.get_or_init(|| (0..SEEDS).flat_map(simulate).collect())
}

type Answered = [usize; PARTITIONS as usize];

fn simulate(seed: u64) -> BTreeSet<Outcome> {
    let sim = Simulation::new(SimSettings::new(seed), Storage::new(DATA));
    let answered: Rc<RefCell<Option<Answered>>> = Rc::default();
    let crashes: Rc<RefCell<Vec<(Answered, Storage)>>> = Rc::default();
    let (so_far, kept) = (answered.clone(), crashes.clone());
    sim.observe(move |moment| {
        if let Some(answered) = *so_far.borrow() {
            let point = moment.point();
            let left = CUTS.map(|mode| (answered, point.crash(mode, seed)));
            kept.borrow_mut().extend(left);
        }
    });
    let topic_id = sim.run(LIFE, async move {
        SimEngine.open().await.expect("the disk is well");
        let topic_id = SimEngine.create_topic(twin::topic(PARTITIONS)).await;
        let topic_id = topic_id.expect("the disk is well");
        *answered.borrow_mut() = Some(Answered::default());
        for partition in 0..PARTITIONS {
            let answered = answered.clone();
            let id = TopicPartition {
                topic_id,
                partition,
            };
            SimEngine.spawn(async move {
                for (number, acks) in STEPS.into_iter().enumerate() {
                    let sent = SimEngine.append(id, twin::batch(number), acks).await;
                    sent.expect("the disk is well");
                    let mut answered = answered.borrow_mut();
                    answered.as_mut().expect("set above")[partition as usize] += 1;
                }
            });
        }
        while *answered.borrow() != Some([STEPS.len(); PARTITIONS as usize]) {
            SimDisk.sleep(Duration::from_millis(1)).await;
        }
        topic_id
    });
    let topic_id = topic_id.done();
    drop(sim);
    let crashes = crashes.take();
    assert!(crashes.len() > 100, "{} crashes", crashes.len());
    let outcomes = crashes.into_iter().flat_map(|(answered, left)| {
        let sim = Simulation::new(SimSettings::new(seed + 1), left);
        let outcomes = sim.run(LIFE, async move {
            SimEngine.open().await.expect("the disk is well");
            let mut outcomes = Vec::new();
            for partition in 0..PARTITIONS {
                let id = TopicPartition {
                    topic_id,
                    partition,
                };
                outcomes.push(Outcome {
                    partition,
                    answered: answered[partition as usize],
                    found: simulated_numbers(id).await,
                });
            }
            outcomes
        });
        outcomes.done()
    });
    outcomes
        .inspect(|outcome| assert!(outcome.is_kept(), "{outcome:?}"))
        .collect()
}

async fn simulated_numbers(id: TopicPartition) -> Vec<usize> {
    let mut found = Vec::new();
    loop {
        let read = SimEngine.read(id, twin::request(found.len() as i64)).await;
        let bytes = read.expect("nothing is damaged").bytes;
        let bytes = bytes.expect("the disk is well");
        if bytes.is_empty() {
            return found;
        }
        found.extend(twin::numbers(bytes.into()).expect("whole batches"));
    }
}

fn assert_all_are_allowed(rig: &mut impl Rig) {
    let mut seen = BTreeSet::new();
    for run in 0..CRASHES {
        for outcome in crash(rig, run, None) {
            assert!(allowed().contains(&outcome), "run {run}: {outcome:?}");
            seen.insert(outcome);
        }
    }
    requirements::report(&format!(
        "{CRASHES} crashes left {} outcomes, all among the {} simulated ones",
        seen.len(),
        allowed().len()
    ));
    assert!(seen.len() > 10, "{seen:?}");
}

/// Plays the script on an empty directory, crashes the disk at some moment and reads what is left.
fn crash(rig: &mut impl Rig, run: u64, bug: Option<&str>) -> Vec<Outcome> {
    let mut choices = run;
    let data = fresh_directory(rig, run);
    let mut player = Player::start(rig, &data, PARTITIONS, bug);
    let answers = random::below(&mut choices, (STEPS.len() * PARTITIONS as usize) as u64);
    let delay = Duration::from_micros(random::below(&mut choices, 400));
    player.listen(answers);
    std::thread::sleep(delay);
    rig.crash(&mut choices).expect("the rig works");
    player.outcomes(rig, &data)
}

/// Plays the script on an empty directory while one of its flushes fails, then cuts the power.
fn fail_a_flush(rig: &mut PowerCutRig, flush: u64, bug: Option<&str>) -> Vec<Outcome> {
    let data = fresh_directory(rig, flush);
    let mut player = Player::start(rig, &data, 1, bug);
    let fault = Fault::every(DiskOperation::Flush, FaultKind::Forget);
    rig.disk()
        .inject(&fault.after(flush).once())
        .expect("the disk takes commands");
    player.listen(u64::MAX);
    rig.disk()
        .cut(Survival::None)
        .expect("the disk takes commands");
    player.outcomes(rig, &data)
}

fn fresh_directory(rig: &impl Rig, run: u64) -> PathBuf {
    let parent = rig.data();
    let data = parent.join(run.to_string());
    let make = || -> io::Result<()> {
        if parent.exists() {
            std::fs::remove_dir_all(&parent)?;
        }
        std::fs::create_dir_all(&data)?;
        for directory in [&*data, &*parent, parent.parent().unwrap_or(&parent)] {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    };
    make().expect("the disk is well");
    data
}

/// The process that plays the script.
struct Player {
    process: Child,
    lines: Receiver<String>,
    answered: Answered,
}

impl Player {
    /// Starts it, and waits until the first batch goes out.
    fn start(rig: &impl Rig, data: &Path, partitions: i32, bug: Option<&str>) -> Player {
        let mut process = tool(rig, &["--pdeathsig", "KILL", "--", TOOL, "play"])
            .arg(data)
            .arg(partitions.to_string())
            .args(bug)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the tool starts");
        let said = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let player = Player {
            process,
            lines,
            answered: Answered::default(),
        };
        let first = player.lines.recv_timeout(PATIENCE);
        assert_eq!(first.as_deref(), Ok(READY), "the engine does not start");
        player
    }

    /// Hears so many answers, or all that come.
    fn listen(&mut self, answers: u64) {
        for _ in 0..answers {
            let line = self.lines.recv_timeout(PATIENCE).expect("the script ends");
            if !self.count(&line) {
                return;
            }
        }
    }

    fn count(&mut self, line: &str) -> bool {
        if line == END {
            return false;
        }
        let partition: usize = line.parse().expect("a partition");
        self.answered[partition] += 1;
        true
    }

    /// Kills the process, brings the disk back, and reads what is there.
    fn outcomes(mut self, rig: &mut impl Rig, data: &Path) -> Vec<Outcome> {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it is ours");
        // What it had said before it died.
        while let Ok(line) = self.lines.recv() {
            self.count(&line);
        }
        rig.restore().expect("the file system mounts");
        let output = tool(rig, &["--pdeathsig", "KILL", "--", TOOL, "found"])
            .arg(data)
            .output()
            .expect("the tool starts");
        assert!(output.status.success(), "{}", log_of(rig));
        let text = String::from_utf8(output.stdout).expect("numbers");
        let found = text.lines().map(|line| {
            let words = line.split_whitespace();
            words.map(|word| word.parse().expect("a number")).collect()
        });
        let found: Vec<Vec<usize>> = found.collect();
        let outcomes = found.into_iter().zip(self.answered).enumerate();
        outcomes
            .map(|(partition, (found, answered))| Outcome {
                partition: partition as i32,
                answered,
                found,
            })
            .collect()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // One that has ended already is as dead as was asked for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn tool(rig: &impl Rig, words: &[&str]) -> Command {
    let log = File::create(rig.scratch().join("engine.log")).expect("room for a log");
    let mut command = Command::new("setpriv");
    command.args(words).stdin(Stdio::null()).stderr(log);
    command
}

fn log_of(rig: &impl Rig) -> String {
    std::fs::read_to_string(rig.scratch().join("engine.log")).unwrap_or_default()
}
