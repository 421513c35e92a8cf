//! Refuses to build anywhere but on Linux, with one sentence instead of a hundred errors of missing system calls.
//!
//! A build script, not a `compile_error!`: it runs before any crate of the target is compiled, and the dependencies of
//! this package are declared for Linux only, so that this message is all that a build on another system prints.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target_os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if target_os != "linux" {
        println!(
            "cargo::error=Corelane runs on Linux only, because its engine needs io_uring; this build is for {target_os}. \
             Build it on a Linux machine or in a Linux container (kernel 5.19 or later)."
        );
    }
}
