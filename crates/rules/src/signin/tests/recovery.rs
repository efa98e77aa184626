//! Recovery codes as shown and as typed.

use std::collections::HashSet;

use proptest::prelude::*;

use crate::signin::{RecoveryCode, tail_of_any};

#[test]
fn codes_are_read_as_people_type_them() {
    let code = RecoveryCode::parse("abcde-fgh01-mnpqr").unwrap();
    for typed in [
        "ABCDE FGH01 MNPQR",
        "abcdefgh01mnpqr",
        "abcde–fghOl–mnpqr",
        " abcde-fgho1-mnpqr\n",
        "abcdefghoimnpqr",
    ] {
        assert_eq!(RecoveryCode::parse(typed).unwrap().bytes(), code.bytes(), "{typed:?}");
    }
    for typed in
        ["", "abcde-fghij", "abcde-fgh01-mnpqrs", "ubcde-fgh01-mnpqr", "ａbcde-fgh01-mnpqr"]
    {
        assert!(RecoveryCode::parse(typed).is_err(), "{typed:?}");
    }
    assert_eq!(code.expose(), "abcde-fgh01-mnpqr");
    assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
}

#[test]
fn the_end_of_any_code_shows_that_they_were_saved() {
    let codes = ["abcde-fgh01-mnpqr", "00000-00000-01234"].map(|c| RecoveryCode::parse(c).unwrap());
    for (typed, right) in [
        ("npqr", true),
        (" NPQR ", true),
        ("1234", true),
        ("l234", true),
        ("mnpq", false),
        ("pqr", false),
        ("mnpqr", false),
        ("", false),
        ("u234", false),
    ] {
        assert_eq!(tail_of_any(&codes, typed), right, "{typed:?}");
    }
    assert!(!tail_of_any(&[], "npqr"));
}

#[test]
fn every_character_is_equally_likely() {
    let all = (0..=255_u8).map(|byte| RecoveryCode::from_random(&[byte; 15]).expose());
    let distinct: HashSet<String> = all.collect();
    assert_eq!(distinct.len(), 32);
}

proptest! {
    #[test]
    fn what_is_shown_is_read(random in any::<[u8; 15]>()) {
        let code = RecoveryCode::from_random(&random);
        let read = RecoveryCode::parse(&code.expose().to_uppercase()).unwrap();
        prop_assert_eq!(read.bytes(), code.bytes());
        prop_assert_eq!(code.expose().len(), 17);
    }

    #[test]
    fn any_text_is_read_without_harm(text in ".{0,40}") {
        let _ = RecoveryCode::parse(&text);
        let _ = tail_of_any(&[], &text);
    }
}
