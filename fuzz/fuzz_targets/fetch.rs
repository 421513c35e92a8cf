//! The body of a Fetch request: the view in place and the generated decoder agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_protocol::fetch_view::fuzz_fetch(data));
