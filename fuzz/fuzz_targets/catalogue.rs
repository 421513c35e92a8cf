//! The metadata records of the topic catalogue, and the image that they replay into.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::catalogue::fuzz_catalogue(data));
