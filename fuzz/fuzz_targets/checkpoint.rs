//! The small files: durable-end checkpoint, clean-stop marker, `meta.properties`, `partition.metadata`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::checkpoint::fuzz_checkpoint(data));
