//! Passwords that are taken and those that are not.

use proptest::prelude::*;

use crate::limits::PASSWORD_MIN_WITH_FACTOR_CHARS as MIN;
use crate::secret::SecretText;
use crate::signin::BadPassword::{
    self, ContainsName, ControlCharacter, TooCommon, TooLong, TooShort,
};
use crate::signin::{Password, check_password};

fn typed(password: &str) -> Password {
    Password::typed(&SecretText::new(password.to_owned()))
}

fn check(password: &str, want: Result<(), BadPassword>) {
    assert_eq!(
        check_password(&typed(password), MIN, &["Anna Berg", "Attic"], false),
        want,
        "{password:?}"
    );
}

#[test]
fn length_counts_and_names_do_not() {
    check("correct horse", Ok(()));
    check("kv7-wq2x", Ok(()));
    check("kv7-wq2", Err(TooShort { min: 8 }));
    check("пароль-м", Ok(()));
    check("🐴🔋📎✅🐴🔋📎", Err(TooShort { min: 8 }));
    check("        ", Err(TooCommon));
    check("  spaces at both ends  ", Ok(()));
    check("aaaaaaaa", Err(TooCommon));
    check("ABababAB", Err(TooCommon));
    check("12345678", Err(TooCommon));
    check("hgfedcba", Err(TooCommon));
    check("anna berg1", Err(ContainsName));
    check("ANNA BERG and a boat", Ok(()));
    check("attic2026", Err(ContainsName));
    check("pass\nword", Err(ControlCharacter));
    check("passw\0rd", Err(ControlCharacter));
    check(&"long".repeat(256), Ok(()));
    check(&"longer".repeat(200), Err(TooLong));
}

#[test]
fn the_list_of_common_ones_counts() {
    assert_eq!(check_password(&typed("trustno1"), MIN, &[], true), Err(TooCommon));
}

#[test]
fn short_names_and_no_names_forbid_nothing() {
    for names in [&["Al"][..], &[""][..], &["  "][..], &[][..]] {
        assert_eq!(check_password(&typed("balalaika"), MIN, names, false), Ok(()), "{names:?}");
    }
}

#[test]
fn codes_are_stable() {
    assert_eq!(TooShort { min: 8 }.code(), "password_too_short");
    assert_eq!(TooLong.code(), "password_too_long");
    assert_eq!(TooCommon.code(), "password_too_common");
    assert_eq!(ContainsName.code(), "password_contains_name");
    assert_eq!(ControlCharacter.code(), "password_control_character");
    assert_eq!(TooShort { min: 8 }.to_string(), "a password has at least 8 characters");
}

#[test]
fn words_that_are_tried_first_are_refused_under_their_ornaments() {
    for password in [
        "password",
        "Password1",
        "P@ssw0rd!",
        "passwort2024",
        "12345password",
        "qwertyuiop",
        "Qwertz123!",
        "letmein99",
        "sunshine!",
        "il0veyou",
        "pass word",
        "Trustno1",
        "plexplex",
        "123jellyfin",
        "motdepasse",
    ] {
        assert_eq!(check_password(&typed(password), MIN, &[], false), Err(TooCommon), "{password}");
    }
    for password in ["my password is long", "sunshine over malta", "plexiglas", "kv7-wq2x"] {
        assert_eq!(check_password(&typed(password), MIN, &[], false), Ok(()), "{password}");
    }
    assert!(crate::signin::common::words().is_sorted());
}

#[test]
fn what_one_keyboard_makes_another_makes_too() {
    for (one, other) in [
        ("cafe\u{301} au lait", "café au lait"),
        ("two\u{a0}words\u{3000}more", "two words more"),
        ("각 하나 둘 셋", "\u{1100}\u{1161}\u{11a8} 하나 둘 셋"),
    ] {
        assert_eq!(typed(one).expose(), typed(other).expose(), "{one}");
    }
    for other in ["CAFÉ au lait", "cafe au lait", "café  au lait", "café au lait ", "ｃafé au lait"]
    {
        assert_ne!(typed("café au lait").expose(), typed(other).expose(), "{other}");
    }
    check(&"e\u{301}".repeat(7), Err(TooShort { min: 8 }));
    check(&"\u{fb2c}".repeat(400), Err(TooLong));
    check("rene\u{301}1", Err(TooShort { min: 8 }));
    let named = check_password(&typed("Rene\u{301} 123"), MIN, &["René"], false);
    assert_eq!(named, Err(ContainsName));
}

proptest! {
    #[test]
    fn a_spelling_is_its_own_spelling_and_fits_its_room(text in "\\PC{0,64}") {
        let once = typed(&text);
        let (spelled, again) = (once.expose(), typed(once.expose()));
        prop_assert_eq!(again.expose(), spelled);
        prop_assert!(spelled.len() <= 3 * text.len());
    }
}
