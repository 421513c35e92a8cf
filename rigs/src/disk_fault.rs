//! Errors that a power-cut disk answers on purpose: which operations, where, when, how often, and what they get.
//!
//! Pure. Invariant: the faults of a [`FaultPlan`] are looked at in the order in which they were added, and one operation
//! meets one fault at most.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// An operation of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskOperation {
    /// A read.
    Read,
    /// A write, or a write of zeros.
    Write,
    /// A flush of the cache.
    Flush,
}

/// What a faulty operation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// This error number; nothing is done.
    Error(i32),
    /// Success, with nothing done: a disk that lies.
    Drop,
    /// An error, of a flush: and what it had to cover can be read until the power goes, and no later flush covers it.
    Forget,
    /// No answer until the faults are healed or the power is cut.
    Hang,
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The operations that it concerns.
    pub operation: DiskOperation,
    /// What they get.
    pub kind: FaultKind,
    /// Bytes of the disk that an operation has to touch; empty for anywhere. A flush has no place: leave it empty.
    pub ranges: Vec<Range<u64>>,
    /// How many such operations go well before the first that does not.
    pub skip_count: u64,
    /// How many fail; none for all until healed.
    pub fail_count: Option<u64>,
}

impl Fault {
    /// A fault of every such operation anywhere, until healed.
    pub fn every(operation: DiskOperation, kind: FaultKind) -> Fault {
        Fault {
            operation,
            kind,
            ranges: Vec::new(),
            skip_count: 0,
            fail_count: None,
        }
    }

    /// The same fault, of operations that touch `ranges` only.
    pub fn within(mut self, ranges: Vec<Range<u64>>) -> Fault {
        self.ranges = ranges;
        self
    }

    /// The same fault, once: the next such operation.
    pub fn once(mut self) -> Fault {
        self.fail_count = Some(1);
        self
    }

    /// The same fault, after `count` such operations have gone well.
    pub fn after(mut self, count: u64) -> Fault {
        self.skip_count = count;
        self
    }

    fn concerns(&self, operation: DiskOperation, touched: &Range<u64>) -> bool {
        let overlaps = |range: &Range<u64>| range.start < touched.end && touched.start < range.end;
        self.operation == operation && (self.ranges.is_empty() || self.ranges.iter().any(overlaps))
    }
}

/// The faults that are set.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan(Vec<Fault>);

impl FaultPlan {
    /// Adds a fault behind those that are set.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Forgets all faults.
    pub fn heal(&mut self) {
        self.0.clear();
    }

    /// What an operation gets instead of being done, if anything. Counts it.
    pub fn meet(&mut self, operation: DiskOperation, touched: &Range<u64>) -> Option<FaultKind> {
        for fault in &mut self.0 {
            if !fault.concerns(operation, touched) {
                continue;
            }
            if fault.skip_count > 0 {
                fault.skip_count -= 1;
                continue;
            }
            match &mut fault.fail_count {
                Some(0) => continue,
                Some(left) => *left -= 1,
                None => {}
            }
            return Some(fault.kind);
        }
        None
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = match self.operation {
            DiskOperation::Read => "read",
            DiskOperation::Write => "write",
            DiskOperation::Flush => "flush",
        };
        let kind = match self.kind {
            FaultKind::Error(number) => format!("error:{number}"),
            FaultKind::Drop => "drop".to_owned(),
            FaultKind::Forget => "forget".to_owned(),
            FaultKind::Hang => "hang".to_owned(),
        };
        write!(formatter, "{operation} {kind} skip={}", self.skip_count)?;
        if let Some(count) = self.fail_count {
            write!(formatter, " count={count}")?;
        }
        self.ranges
            .iter()
            .try_for_each(|range| write!(formatter, " in={}-{}", range.start, range.end))
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let mut words = text.split_whitespace();
        let operation = match words.next() {
            Some("read") => DiskOperation::Read,
            Some("write") => DiskOperation::Write,
            Some("flush") => DiskOperation::Flush,
            other => return Err(format!("{other:?} is not read, write or flush")),
        };
        let mut fault = Fault::every(operation, parse_kind(words.next().unwrap_or_default())?);
        for word in words {
            let (name, value) = word
                .split_once('=')
                .ok_or_else(|| format!("no = in {word:?}"))?;
            match name {
                "skip" => fault.skip_count = number(value)?,
                "count" => fault.fail_count = Some(number(value)?),
                "in" => fault.ranges.push(parse_range(value)?),
                _ => return Err(format!("{name:?} is not skip, count or in")),
            }
        }
        Ok(fault)
    }
}

fn parse_kind(text: &str) -> Result<FaultKind, String> {
    match text {
        "drop" => Ok(FaultKind::Drop),
        "forget" => Ok(FaultKind::Forget),
        "hang" => Ok(FaultKind::Hang),
        other => {
            let error = other.strip_prefix("error:").and_then(|n| n.parse().ok());
            let error =
                error.ok_or_else(|| format!("{other:?} is not error:<n>, drop, forget or hang"))?;
            Ok(FaultKind::Error(error))
        }
    }
}

fn parse_range(text: &str) -> Result<Range<u64>, String> {
    let (start, end) = text
        .split_once('-')
        .ok_or_else(|| format!("{text:?} is not <start>-<end>"))?;
    Ok(number(start)?..number(end)?)
}

fn number(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|error| format!("{text:?} is no count: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_only_its_operation_and_place() {
        let mut plan = FaultPlan::default();
        let fault = Fault::every(DiskOperation::Write, FaultKind::Error(5));
        plan.add(fault.within(vec![1000..2000, 5000..6000]));
        assert_eq!(plan.meet(DiskOperation::Read, &(1000..1512)), None);
        assert_eq!(plan.meet(DiskOperation::Write, &(2000..2512)), None);
        let met = plan.meet(DiskOperation::Write, &(4900..5412));
        assert_eq!(met, Some(FaultKind::Error(5)));
        plan.heal();
        assert_eq!(plan.meet(DiskOperation::Write, &(4900..5412)), None);
    }

    #[test]
    fn a_fault_waits_its_turn_and_ends_after_its_count() {
        let mut plan = FaultPlan::default();
        plan.add(
            Fault::every(DiskOperation::Flush, FaultKind::Drop)
                .after(2)
                .once(),
        );
        let met: Vec<bool> = (0..5)
            .map(|_| plan.meet(DiskOperation::Flush, &(0..0)).is_some())
            .collect();
        assert_eq!(met, [false, false, true, false, false]);
    }

    #[test]
    fn a_fault_reads_back_from_its_own_text() {
        let faults = [
            Fault::every(DiskOperation::Flush, FaultKind::Hang),
            Fault::every(DiskOperation::Flush, FaultKind::Forget).once(),
            Fault::every(DiskOperation::Read, FaultKind::Drop).once(),
            Fault::every(DiskOperation::Write, FaultKind::Error(28))
                .within(vec![1..2, 4..9])
                .after(3),
        ];
        for fault in faults {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert!("write error:x".parse::<Fault>().is_err());
        assert!("write drop in=3".parse::<Fault>().is_err());
    }
}
