//! What producers and coordinators do: decisions agree with a plain list of what was appended.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::producer_state::fuzz_producer_history(data));
