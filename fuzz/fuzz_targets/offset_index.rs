//! The bytes of an `.index`: lookups agree with a linear scan.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::index::offset::fuzz_offset_index(data));
