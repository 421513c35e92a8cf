//! `corelane-rigs disk <mount point> <bytes>`: the process behind a power-cut disk.

use std::process::ExitCode;

use corelane_rigs::disk_server;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome: Result<(), Box<dyn std::error::Error>> = match words[..] {
        ["disk", mount_point, size_bytes] => serve_disk(mount_point, size_bytes),
        _ => Err("usage: corelane-rigs disk <mount point> <bytes>".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corelane-rigs: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_disk(mount_point: &str, size_bytes: &str) -> Result<(), Box<dyn std::error::Error>> {
    Ok(disk_server::serve(
        mount_point.as_ref(),
        size_bytes.parse()?,
    )?)
}
