//! Crashed at every point, in every way, and again while recovering.

use crate::play::play;
use crate::script;

#[test]
fn equal_seeds_have_equal_traces() {
    let run = |seed| {
        let played = play(seed, &script::random(seed, 60), None, |_, _, _, _| {});
        assert_eq!(played.failures, Vec::<String>::new(), "seed {seed}");
        played.trace
    };
    for seed in 0..20 {
        assert_eq!(run(seed), run(seed), "I9: seed {seed}");
    }
    assert_ne!(run(1), run(2));
}
