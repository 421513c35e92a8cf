//! Numbers that look random and are the same for the same seed (SplitMix64, Steele, Lea and Flood 2014).
//!
//! Pure: the state is the caller's.

/// The next number; moves `state` on.
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number below `bound`, which is not zero.
pub fn below(state: &mut u64, bound: u64) -> u64 {
    next(state) % bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_numbers_again() {
        let numbers = |mut state| [next(&mut state), next(&mut state), below(&mut state, 10)];
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
        assert!(numbers(5)[2] < 10);
    }
}
