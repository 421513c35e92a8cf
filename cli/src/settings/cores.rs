//! Which CPUs the engine runs on: `all`, a number of them, or a list as `taskset` writes it.
//!
//! Pure: the CPUs that this process may use are an argument.

/// CPUs above this number are taken for a slip of the finger.
const CPU_MAX: usize = 4095;

/// A choice among the CPUs that the process may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoreSelection {
    /// Every CPU that the process may use.
    All,
    /// The first so many of them.
    Count(usize),
    /// Exactly these.
    Cpus(Vec<usize>),
}

impl CoreSelection {
    /// Parses `all`, `4`, `0-3` or `0-3,6`. A single CPU by number is `2-2`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!("`{text}` names no cores; write `all`, a number as in 4, or CPUs as in 0-3,6")
        };
        if text == "all" {
            return Ok(CoreSelection::All);
        }
        if let Ok(count) = text.parse::<usize>() {
            return if count > 0 {
                Ok(CoreSelection::Count(count))
            } else {
                Err(expected())
            };
        }
        let mut cpus = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let first: usize = first.trim().parse().map_err(|_| expected())?;
            let last: usize = last.trim().parse().map_err(|_| expected())?;
            if first > last || last > CPU_MAX {
                return Err(expected());
            }
            cpus.extend(first..=last);
        }
        cpus.sort_unstable();
        cpus.dedup();
        Ok(CoreSelection::Cpus(cpus))
    }

    /// The CPUs to run on, given those that the process may use.
    pub fn choose(&self, usable: &[usize]) -> Result<Vec<usize>, String> {
        match self {
            CoreSelection::All => Ok(usable.to_vec()),
            CoreSelection::Count(count) if *count <= usable.len() => Ok(usable[..*count].to_vec()),
            CoreSelection::Count(count) => Err(format!(
                "{count} cores are asked for, but this process may use {}",
                usable.len()
            )),
            CoreSelection::Cpus(cpus) => match cpus.iter().find(|cpu| !usable.contains(cpu)) {
                Some(missing) => Err(format!(
                    "CPU {missing} is asked for, but this process may not use it"
                )),
                None => Ok(cpus.clone()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_counts_and_lists_are_read() {
        assert_eq!(CoreSelection::parse("all"), Ok(CoreSelection::All));
        assert_eq!(CoreSelection::parse("4"), Ok(CoreSelection::Count(4)));
        assert_eq!(
            CoreSelection::parse("0-2,5"),
            Ok(CoreSelection::Cpus(vec![0, 1, 2, 5]))
        );
        assert_eq!(
            CoreSelection::parse("2-2"),
            Ok(CoreSelection::Cpus(vec![2]))
        );
    }

    #[test]
    fn no_core_at_all_and_backward_ranges_are_refused() {
        for text in ["", "0", "3-1", "a", "1,,2", "0-99999"] {
            assert!(CoreSelection::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_cpus_that_the_process_may_use_are_chosen() {
        assert_eq!(CoreSelection::Count(2).choose(&[1, 3, 5]), Ok(vec![1, 3]));
        assert!(CoreSelection::Count(4).choose(&[1, 3, 5]).is_err());
        assert!(CoreSelection::Cpus(vec![2]).choose(&[1, 3, 5]).is_err());
    }
}
