//! The content of a request frame, of every API and version.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_protocol::frame::fuzz_request(data));
