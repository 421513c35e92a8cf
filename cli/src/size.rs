//! Byte counts as people write and read them: `64MiB` in, `64.0 MiB` out.
//!
//! Pure.

/// Units in the order in which they are tried for printing.
const UNITS: [(&str, u64); 4] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
];

/// Parses a count of bytes: a number, or a number with `KiB`, `MiB`, `GiB` or `TiB` behind it.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let number: u64 = digits.parse().map_err(|_| expected_bytes(text))?;
    let factor = match unit.trim() {
        "" | "B" => 1,
        unit => {
            UNITS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))
                .ok_or_else(|| expected_bytes(text))?
                .1
        }
    };
    number
        .checked_mul(factor)
        .ok_or_else(|| format!("{text} is more bytes than 64 bits can count"))
}

fn expected_bytes(text: &str) -> String {
    format!("`{text}` is not a number of bytes; write it like 1048576, 64MiB or 1GiB")
}

/// A count of bytes for people, with one decimal from KiB on.
pub fn for_people(bytes: u64) -> String {
    match UNITS.iter().find(|(_, factor)| bytes >= *factor) {
        Some((name, factor)) => format!("{:.1} {name}", bytes as f64 / *factor as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_with_and_without_a_unit() {
        assert_eq!(parse_bytes("1048576"), Ok(1 << 20));
        assert_eq!(parse_bytes("64MiB"), Ok(64 << 20));
        assert_eq!(parse_bytes("2 gib"), Ok(2 << 30));
    }

    #[test]
    fn nonsense_overflow_and_negative_numbers_are_refused() {
        for text in ["", "MiB", "-1", "12XB", "99999999TiB"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_are_printed_in_the_largest_whole_unit() {
        assert_eq!(for_people(1023), "1023 B");
        assert_eq!(for_people(1536), "1.5 KiB");
        assert_eq!(for_people(3 << 30), "3.0 GiB");
    }
}
