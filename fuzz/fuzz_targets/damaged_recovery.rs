//! Valid logs with a durable end, then damaged: nothing durable is cut, nothing damaged is kept.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::recovery::fuzz_damaged_recovery(data));
