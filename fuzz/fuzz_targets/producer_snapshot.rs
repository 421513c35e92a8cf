//! The bytes of a producer `.snapshot`.
#![no_main]

libfuzzer_sys::fuzz_target!(
    |data: &[u8]| corelane_engine::producer_state::fuzz_producer_snapshot(data)
);
