//! The disk is taken away from a broker under load, again and again: every acknowledged record is there once, in order,
//! byte for byte, and nothing else is.
//!
//! Two rigs: the shutdown of an ext4, which loses what its journal has not committed, and a power cut, which loses
//! unflushed sectors. `CORELANE_TEST_CRASHES` sets the number of crashes of each and `CORELANE_TEST_SEED` what they are
//! drawn from. The last two tests prove the others: they run a broker that acknowledges before it flushes.

use std::path::Path;

use corelane_rigs::broker_process::BrokerProgram;
use corelane_rigs::campaign::{Campaign, Outcome};
use corelane_rigs::requirements;
use corelane_rigs::rig::{PowerCutRig, Rig, ShutdownRig};

const TOOL: &str = env!("CARGO_BIN_EXE_corelane-rigs");
const DISK_BYTES: usize = 256 << 20;
const CRASHES: u32 = 200;
/// The broken broker flushes right behind its acknowledgement, so that not every crash hits the moment between; a rig that
/// has not caught it by then does not work.
const CONTROL_CRASHES: u32 = 500;

#[test]
fn nothing_acknowledged_is_lost_when_the_file_system_shuts_down() {
    if let Some(mut rig) = shutdown_rig("ext4 shutdown under load") {
        assert_nothing_is_lost(&mut rig, "ext4 shutdown");
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_fails() {
    if let Some(mut rig) = power_cut_rig("power cuts under load") {
        assert_nothing_is_lost(&mut rig, "power cut");
    }
}

#[test]
fn a_file_system_that_shuts_down_catches_a_broker_that_acknowledges_before_it_flushes() {
    if let Some(mut rig) = shutdown_rig("the negative control of ext4 shutdown") {
        assert_the_broken_broker_is_caught(&mut rig, "ext4 shutdown");
    }
}

#[test]
fn a_power_cut_catches_a_broker_that_acknowledges_before_it_flushes() {
    if let Some(mut rig) = power_cut_rig("the negative control of power cuts") {
        assert_the_broken_broker_is_caught(&mut rig, "power cut");
    }
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

fn assert_nothing_is_lost(rig: &mut impl Rig, name: &str) {
    let program = BrokerProgram::from_environment(Path::new(TOOL));
    let outcome = run(rig, name, program, number("CORELANE_TEST_CRASHES", CRASHES));
    assert!(outcome.violations.is_empty(), "{name}: {outcome}");
    assert!(outcome.records.kept > 0, "{name}: {outcome}");
}

fn assert_the_broken_broker_is_caught(rig: &mut impl Rig, name: &str) {
    let program = BrokerProgram::Embedded {
        tool: TOOL.into(),
        bug: Some("ack-before-flush"),
    };
    let name = format!("{name}, acknowledged before the flush");
    let outcome = run(rig, &name, program, CONTROL_CRASHES);
    assert!(outcome.lost > 0, "{name}: {outcome}");
}

fn run(rig: &mut impl Rig, name: &str, program: BrokerProgram, crashes: u32) -> Outcome {
    let seed = number("CORELANE_TEST_SEED", 1);
    let campaign = Campaign {
        name: name.to_owned(),
        program,
        crashes,
        seed: u64::from(seed),
    };
    let outcome = campaign.run(rig).expect("the rig works");
    requirements::report(&format!("{name}, seed {seed}: {outcome}"));
    outcome
}

fn number(variable: &str, default: u32) -> u32 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")),
        Err(_) => default,
    }
}
