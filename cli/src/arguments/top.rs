//! The flags of `top`.
//!
//! Pure.

use clap::Args;

/// `top`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane top
  corelane top --metrics 127.0.0.1:9700 --interval-s 5
  corelane top --once
  corelane top --once --json | jq .groups

Where the output is no terminal it prints once. Ctrl-C ends it.")]
pub struct Top {
    /// Where the broker serves its metrics [default: the setting metrics-listen, 127.0.0.1:9644]
    #[arg(long, value_name = "HOST:PORT")]
    pub metrics: Option<String>,
    /// Seconds between two looks; rates are those of the time between
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub interval_s: u64,
    /// Look twice, print and end
    #[arg(long)]
    pub once: bool,
    /// One JSON object for each look
    #[arg(long)]
    pub json: bool,
}
