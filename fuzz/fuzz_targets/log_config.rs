//! Names and values of topic configurations, as clients send them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::log_config::fuzz_log_config(data));
