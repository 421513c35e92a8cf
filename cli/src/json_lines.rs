//! Listings for programs: one JSON object a line, so that a reader needs no more memory than a line.
//!
//! Every `--json` of the binary prints this form. Lives on the main thread.

use serde::Serialize;
use std::io::{self, Write};

/// Writes `value` as one line of JSON.
pub fn write_line(output: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value).map_err(io::Error::from)?;
    output.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_one_object_and_ends_with_a_newline() {
        let mut output = Vec::new();
        write_line(&mut output, &serde_json::json!({"text": "a\nb"})).unwrap();
        assert_eq!(output, b"{\"text\":\"a\\nb\"}\n");
    }
}
