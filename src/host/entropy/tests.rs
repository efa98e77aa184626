//! Draws differ, repeat from a seed, and stay below their bound.

use super::*;
use stead_rules::ids::UserId;

#[test]
fn system_draws_differ() {
    let entropy = SystemEntropy::new();
    assert_ne!(fresh(&entropy, UserId::from_bytes), fresh(&entropy, UserId::from_bytes));
}

#[test]
fn seeds_repeat() {
    let (one, same, other) = (SeededEntropy::new(7), SeededEntropy::new(7), SeededEntropy::new(8));
    let first: [u8; 20] = bytes(&one);
    assert_eq!(first, bytes::<20>(&same));
    assert_ne!(first, bytes::<20>(&other));
    assert_ne!(first, bytes::<20>(&one));
}

#[test]
fn below_reaches_every_number_and_no_other() {
    let entropy = SeededEntropy::new(1);
    let mut seen = [0_u32; 20];
    for _ in 0..4000 {
        seen[below(&entropy, 20) as usize] += 1;
    }
    assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
    assert_eq!(below(&entropy, 1), 0);
    assert_eq!(below(&entropy, 0), 0);
}
