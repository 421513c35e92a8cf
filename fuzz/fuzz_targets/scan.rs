//! The walk over the bytes of a `.log`: one window and many windows see the same batches.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::batch::fuzz_scan(data));
