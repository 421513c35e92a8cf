//! The bytes of a `.timeindex`: lookups agree with a linear scan.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::index::time::fuzz_time_index(data));
