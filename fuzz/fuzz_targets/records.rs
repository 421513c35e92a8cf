//! The records inside a batch, compressed or not.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::record::fuzz_records(data));
