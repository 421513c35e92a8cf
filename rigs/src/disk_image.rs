//! What a power-cut disk holds: the bytes that a read sees, those that a power cut leaves, and which sectors differ.
//!
//! Pure. Invariants: only [`DiskImage::flush`] and [`DiskImage::cut`] change what is durable; a sector is durable whole
//! or not at all; same seed and same writes, same survivors.

use std::str::FromStr;

/// What a disk promises to write whole.
pub const SECTOR_BYTES: usize = 512;

/// Which unflushed sectors are there after a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// None: the cache was never written back.
    None,
    /// Every one: the cache happened to be empty.
    All,
    /// Each by the toss of a coin, which falls the same way for the same seed.
    Coin {
        /// The seed.
        seed: u64,
    },
}

impl std::fmt::Display for Survival {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Survival::None => formatter.write_str("none"),
            Survival::All => formatter.write_str("all"),
            Survival::Coin { seed } => write!(formatter, "coin:{seed}"),
        }
    }
}

impl FromStr for Survival {
    type Err = String;

    fn from_str(text: &str) -> Result<Survival, String> {
        match text {
            "none" => Ok(Survival::None),
            "all" => Ok(Survival::All),
            other => other
                .strip_prefix("coin:")
                .and_then(|seed| seed.parse().ok())
                .map(|seed| Survival::Coin { seed })
                .ok_or_else(|| format!("{other:?} is not none, all or coin:<seed>")),
        }
    }
}

/// What a power cut met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutReport {
    /// Sectors that were written and not flushed.
    pub unflushed_count: usize,
    /// Those of them that are there afterwards.
    pub survivor_count: usize,
}

/// The contents of a disk with a volatile cache.
pub struct DiskImage {
    current: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors in which the two may differ, each once, in the order of their first write.
    unflushed: Vec<usize>,
    is_unflushed: Vec<bool>,
    /// Sectors that a flush which failed has forgotten.
    forgotten: Vec<usize>,
}

impl DiskImage {
    /// A disk of zeros; its size is rounded up to whole sectors.
    pub fn new(size_bytes: usize) -> DiskImage {
        let size_bytes = size_bytes.next_multiple_of(SECTOR_BYTES);
        DiskImage {
            current: vec![0; size_bytes],
            durable: vec![0; size_bytes],
            unflushed: Vec::new(),
            is_unflushed: vec![false; size_bytes / SECTOR_BYTES],
            forgotten: Vec::new(),
        }
    }

    /// Its size.
    pub fn size_bytes(&self) -> usize {
        self.current.len()
    }

    /// What a read of `length` bytes from `position` sees; shorter only at the end of the disk.
    pub fn read(&self, position: usize, length: usize) -> &[u8] {
        let end = position.saturating_add(length).min(self.current.len());
        &self.current[position.min(end)..end]
    }

    /// Writes into the cache. Returns how many bytes fit on the disk.
    pub fn write(&mut self, position: usize, bytes: &[u8]) -> usize {
        let length = bytes.len().min(self.size_bytes().saturating_sub(position));
        if length > 0 {
            self.current[position..position + length].copy_from_slice(&bytes[..length]);
            self.touch(position, length);
        }
        length
    }

    /// Writes zeros into the cache, up to the end of the disk.
    pub fn write_zeros(&mut self, position: usize, length: usize) {
        let length = length.min(self.size_bytes().saturating_sub(position));
        if length > 0 {
            self.current[position..position + length].fill(0);
            self.touch(position, length);
        }
    }

    fn touch(&mut self, position: usize, length: usize) {
        for sector in position / SECTOR_BYTES..=(position + length - 1) / SECTOR_BYTES {
            if !std::mem::replace(&mut self.is_unflushed[sector], true) {
                self.unflushed.push(sector);
            }
        }
    }

    /// Makes everything written so far durable.
    pub fn flush(&mut self) {
        for sector in std::mem::take(&mut self.unflushed) {
            self.keep(sector);
        }
    }

    /// A flush has failed: what it had to cover can be read, counts as written to the disk, and is not there.
    pub fn forget(&mut self) {
        for sector in std::mem::take(&mut self.unflushed) {
            self.is_unflushed[sector] = false;
            self.forgotten.push(sector);
        }
    }

    /// Takes the power away: from here on, reads see what the cut has left.
    pub fn cut(&mut self, survival: Survival) -> CutReport {
        let mut unflushed = std::mem::take(&mut self.unflushed);
        for sector in std::mem::take(&mut self.forgotten) {
            // One that was written again is among the unflushed, or was flushed.
            if !self.is_unflushed[sector] {
                self.revert(sector);
            }
        }
        // The coin falls by the sector's place on the disk, not by the order of the writes.
        unflushed.sort_unstable();
        let mut coin = Coin::new(survival);
        let mut report = CutReport {
            unflushed_count: unflushed.len(),
            survivor_count: 0,
        };
        for sector in unflushed {
            if coin.survives() {
                self.keep(sector);
                report.survivor_count += 1;
            } else {
                self.revert(sector);
            }
        }
        report
    }

    fn keep(&mut self, sector: usize) {
        let bytes = sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES;
        self.durable[bytes.clone()].copy_from_slice(&self.current[bytes]);
        self.is_unflushed[sector] = false;
    }

    fn revert(&mut self, sector: usize) {
        let bytes = sector * SECTOR_BYTES..(sector + 1) * SECTOR_BYTES;
        self.current[bytes.clone()].copy_from_slice(&self.durable[bytes]);
        self.is_unflushed[sector] = false;
    }
}

/// SplitMix64, one bit of it a toss.
struct Coin {
    survival: Survival,
    state: u64,
}

impl Coin {
    fn new(survival: Survival) -> Coin {
        let state = match survival {
            Survival::Coin { seed } => seed,
            Survival::None | Survival::All => 0,
        };
        Coin { survival, state }
    }

    fn survives(&mut self) -> bool {
        match self.survival {
            Survival::None => false,
            Survival::All => true,
            Survival::Coin { .. } => crate::random::next(&mut self.state) & 1 == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTORS: usize = 64;

    fn written() -> DiskImage {
        let mut image = DiskImage::new(SECTORS * SECTOR_BYTES);
        image.write(0, &[1; SECTORS * SECTOR_BYTES]);
        image
    }

    fn survivors(image: &DiskImage) -> Vec<bool> {
        let sectors = image.read(0, image.size_bytes()).chunks(SECTOR_BYTES);
        sectors
            .map(|sector| {
                assert!(
                    sector.iter().all(|byte| *byte == sector[0]),
                    "a torn sector"
                );
                sector[0] == 1
            })
            .collect()
    }

    #[test]
    fn what_was_flushed_survives_any_cut() {
        let mut image = written();
        image.flush();
        let report = image.cut(Survival::None);
        assert_eq!(report, CutReport::default());
        assert!(survivors(&image).iter().all(|survived| *survived));
    }

    #[test]
    fn what_a_failed_flush_has_forgotten_no_later_flush_keeps_unless_it_is_written_again() {
        let mut image = written();
        image.forget();
        let sectors = image.size_bytes() / SECTOR_BYTES;
        let again = vec![1; SECTOR_BYTES];
        image.write(0, &again);
        image.flush();
        let readable = image.read(SECTOR_BYTES, SECTOR_BYTES);
        assert!(
            readable.iter().any(|byte| *byte != 0),
            "until the power goes"
        );
        image.cut(Survival::All);
        assert_eq!(image.read(0, SECTOR_BYTES), again);
        let rest = image.read(SECTOR_BYTES, (sectors - 1) * SECTOR_BYTES);
        assert!(rest.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_cut_leaves_none_all_or_some_of_what_was_not_flushed() {
        for (survival, expected) in [(Survival::None, false), (Survival::All, true)] {
            let mut image = written();
            let report = image.cut(survival);
            assert_eq!(report.unflushed_count, SECTORS);
            assert!(
                survivors(&image)
                    .iter()
                    .all(|survived| *survived == expected)
            );
        }
        let mut image = written();
        let report = image.cut(Survival::Coin { seed: 7 });
        let count = survivors(&image)
            .iter()
            .filter(|survived| **survived)
            .count();
        assert_eq!(report.survivor_count, count);
        assert!((8..56).contains(&count), "{count} of {SECTORS}");
    }

    #[test]
    fn the_same_seed_leaves_the_same_sectors() {
        let outcome = |seed| {
            let mut image = written();
            image.cut(Survival::Coin { seed });
            survivors(&image)
        };
        assert_eq!(outcome(3), outcome(3));
        assert_ne!(outcome(3), outcome(4));
    }

    #[test]
    fn a_second_cut_takes_nothing_that_the_first_has_left() {
        let mut image = written();
        image.cut(Survival::Coin { seed: 1 });
        let left = survivors(&image);
        assert_eq!(image.cut(Survival::None).unflushed_count, 0);
        assert_eq!(survivors(&image), left);
    }

    #[test]
    fn a_write_within_a_sector_is_one_sector_and_one_past_the_end_is_cut() {
        let mut image = DiskImage::new(2 * SECTOR_BYTES);
        assert_eq!(image.write(700, &[1; 4]), 4);
        assert_eq!(image.write(2 * SECTOR_BYTES - 2, &[1; 4]), 2);
        assert_eq!(image.write(2 * SECTOR_BYTES, &[1; 4]), 0);
        assert_eq!(image.cut(Survival::None).unflushed_count, 1);
        assert_eq!(image.read(700, 4), [0; 4]);
        assert!(image.read(4096, 8).is_empty());
    }

    #[test]
    fn a_survival_reads_back_from_its_own_text() {
        for survival in [Survival::None, Survival::All, Survival::Coin { seed: 9 }] {
            assert_eq!(survival.to_string().parse(), Ok(survival));
        }
        assert!("coin:x".parse::<Survival>().is_err());
    }
}
