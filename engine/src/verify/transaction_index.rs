//! The index of aborted transactions (`.txnindex`), as Kafka's `AbortedTxn` writes it.
//!
//! Entries of 34 bytes, big-endian: version (2), producer id (8), first offset (8), last offset (8), last stable
//! offset (8). Pure.

/// Bytes of an entry.
pub const ENTRY_LENGTH: usize = 34;

/// The only version that Kafka has written.
const VERSION: i16 = 0;

/// An aborted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose it was.
    pub producer_id: i64,
    /// Its first offset.
    pub first_offset: i64,
    /// The offset of its abort marker.
    pub last_offset: i64,
    /// The last stable offset when it was aborted.
    pub last_stable_offset: i64,
}

/// The entries of a file, or what is wrong with it and where.
///
/// # Errors
/// The position of what is wrong, and what it is.
pub fn parse(bytes: &[u8]) -> Result<Vec<AbortedTransaction>, (u64, String)> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_LENGTH>();
    let mut parsed: Vec<AbortedTransaction> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let at = |message: String| ((index * ENTRY_LENGTH) as u64, message);
        let version = i16::from_be_bytes([entry[0], entry[1]]);
        if version != VERSION {
            return Err(at(format!("unknown version {version}")));
        }
        let aborted = AbortedTransaction {
            producer_id: number(entry, 2),
            first_offset: number(entry, 10),
            last_offset: number(entry, 18),
            last_stable_offset: number(entry, 26),
        };
        if aborted.first_offset > aborted.last_offset {
            return Err(at(format!(
                "first offset {} lies above last offset {}",
                aborted.first_offset, aborted.last_offset
            )));
        }
        if parsed
            .last()
            .is_some_and(|before| before.last_offset >= aborted.last_offset)
        {
            return Err(at("last offsets do not rise".to_owned()));
        }
        parsed.push(aborted);
    }
    match rest.is_empty() {
        true => Ok(parsed),
        false => Err((
            (bytes.len() - rest.len()) as u64,
            format!("{} bytes are no whole entry", rest.len()),
        )),
    }
}

/// The eight bytes from `at` on.
fn number(entry: &[u8; ENTRY_LENGTH], at: usize) -> i64 {
    entry[at..at + 8]
        .iter()
        .fold(0, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(first_offset: i64, last_offset: i64) -> Vec<u8> {
        let mut bytes = vec![0, 0];
        for number in [7, first_offset, last_offset, first_offset] {
            bytes.extend(i64::to_be_bytes(number));
        }
        bytes
    }

    #[test]
    fn entries_are_read_in_order() {
        let parsed = parse(&[entry(1, 5), entry(2, 9)].concat()).unwrap();
        assert_eq!(parsed.len(), 2);
        assert_eq!(
            (
                parsed[1].producer_id,
                parsed[1].first_offset,
                parsed[1].last_offset
            ),
            (7, 2, 9)
        );
    }

    #[test]
    fn half_entries_and_impossible_offsets_are_found_with_their_position() {
        assert_eq!(parse(&entry(1, 5)[..20]).unwrap_err().0, 0);
        assert_eq!(
            parse(&[entry(1, 5), entry(9, 8)].concat()).unwrap_err().0,
            34
        );
        assert_eq!(
            parse(&[entry(1, 5), entry(1, 5)].concat()).unwrap_err().0,
            34
        );
    }
}
