//! The text of a `leader-epoch-checkpoint`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::leader_epoch::fuzz_leader_epochs(data));
