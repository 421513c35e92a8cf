//! Names found in a data directory: what parses is built again as it was.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| corelane_engine::file_name::fuzz_file_name(data));
