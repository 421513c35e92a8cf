//! A seeded source of decisions: SplitMix64. Pure.

/// See the module.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Equal seeds decide equally.
    #[must_use]
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// Dice whose decisions depend on each of `parts`.
    #[must_use]
    pub fn of(parts: &[u64]) -> Dice {
        let mix = |state: u64, part: &u64| Dice(state ^ part).roll();
        Dice(parts.iter().fold(0x5eed, mix))
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when `end` is.
    pub fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// An index below `end`.
    pub fn index(&mut self, end: usize) -> usize {
        let index = self.below(end as u64);
        usize::try_from(index).expect("below a usize")
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// True every other time.
    pub fn coin(&mut self) -> bool {
        self.once_in(2)
    }
}
