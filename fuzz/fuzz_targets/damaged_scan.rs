//! Valid logs, then damaged: the walk finds everything in front of the damage, and takes none of it for a batch.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::batch::fuzz_damaged_scan(data));
