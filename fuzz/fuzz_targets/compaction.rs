//! Valid logs, compacted: what stays is what a plain map of the newest records keeps.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::compaction::fuzz_compaction(data));
