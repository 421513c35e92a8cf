//! The flags of `consume`.
//!
//! Pure.

use clap::Args;

/// `consume`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  corelane consume flights
  corelane consume flights --from end --follow
  corelane consume flights --partition 3 --from 1000 --count 5 --json
  corelane consume flights --from @1357016400000 --format '%t-%p %o %k %s\\n'

It ends at the end of the topic unless --follow is given. In a format string: %k key, %s or %v value, %t topic,
%p partition, %o offset, %T timestamp in ms, %d date, %h headers, %K and %S lengths (-1: null), %% a percent sign,
\\n \\t \\r \\0 \\xHH.")]
pub struct Consume {
    /// The topic
    pub topic: String,
    /// Partitions to read; may be given several times [default: all]
    #[arg(long = "partition", value_name = "NUMBER", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(0..))]
    pub partitions: Vec<i32>,
    /// beginning, end, an offset, a count before the end as in -10, or a time as in @1357016400000
    #[arg(
        long,
        value_name = "WHERE",
        default_value = "beginning",
        allow_hyphen_values = true
    )]
    pub from: String,
    /// Records to print at most
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Wait for further records at the end
    #[arg(long)]
    pub follow: bool,
    /// How a record is printed [default: the value and a newline]
    #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
    pub format: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
}
