//! Codes that answers and logs carry are stable and distinct.

use std::collections::HashSet;

use super::world::{LOCKS, STEPS, address, states};
use crate::claim::{Reject, State};

#[test]
fn every_refusal_has_its_own_code() {
    let all = [
        (Reject::NotOffered, "not_offered"),
        (Reject::OffLink, "off_link"),
        (Reject::ProofWrong, "claim_proof_wrong"),
        (
            Reject::InProgress { can_take_over: true, from: address(1), begun_seconds_ago: 0 },
            "claim_in_progress",
        ),
        (Reject::NotYours { taken_over: false }, "claim_not_yours"),
        (Reject::WrongStep { at: STEPS[0] }, "claim_wrong_step"),
        (Reject::AlreadyClaimed, "already_claimed"),
        (Reject::Locked(LOCKS[0]), "locked"),
        (Reject::NothingToUnlock, "nothing_to_unlock"),
        (Reject::NotNow, "not_now"),
    ];
    for (reject, code) in all {
        assert_eq!(reject.code(), code);
        assert!(!reject.to_string().is_empty());
    }
    let codes: HashSet<_> = all.iter().map(|(reject, _)| reject.code()).collect();
    assert_eq!(codes.len(), all.len());
}

#[test]
fn states_and_reasons_have_their_words() {
    let words: HashSet<_> = states().iter().map(|(_, state)| state.word()).collect();
    assert_eq!(words.len(), 8);
    assert_eq!(State::Claimed.word(), "claimed");
    let reasons: HashSet<_> = LOCKS.iter().map(|why| why.word()).collect();
    assert_eq!(reasons.len(), LOCKS.len());
}
