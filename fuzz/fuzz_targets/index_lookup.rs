//! Valid logs and their indexes: every lookup finds what a linear scan finds.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::index::fuzz_index_lookup(data));
