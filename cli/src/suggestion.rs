//! Finds the name that somebody who mistyped another probably meant.
//!
//! Pure.

/// Edits up to which a known name still counts as what was meant.
const EDITS_MAX: usize = 3;

/// The known name closest to `typed`, if any is close enough. `_` and `-` count as the same character.
pub fn closest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.replace('_', "-").to_lowercase();
    let limit = EDITS_MAX.min(typed.chars().count() / 2);
    known
        .into_iter()
        .map(|name| (edit_distance(&typed, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Levenshtein's distance: insertions, deletions and replacements that turn `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_name() {
        let known = ["listen", "data", "num-partitions"];
        assert_eq!(closest("lisen", known), Some("listen"));
        assert_eq!(closest("num_partition", known), Some("num-partitions"));
    }

    #[test]
    fn something_quite_different_finds_nothing() {
        assert_eq!(closest("compression", ["listen", "data"]), None);
        assert_eq!(closest("x", ["data"]), None);
    }
}
