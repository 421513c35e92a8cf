//! The bytes of a `.log` after a crash, with the decision that recovery takes: what it cuts leaves a log that it keeps.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::recovery::fuzz_recovery(data));
