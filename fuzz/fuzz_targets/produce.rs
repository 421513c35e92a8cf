//! The body of a Produce request: the view in place and the generated decoder agree.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_protocol::produce_view::fuzz_produce(data));
