//! Names that are taken and how.

use proptest::prelude::*;

use crate::signin::BadName::{self, Empty, Invisible, TooLong};
use crate::signin::Name;

fn check(typed: &str, want: Result<&str, BadName>) {
    let name = Name::parse(typed);
    assert_eq!(name.as_ref().map(Name::as_str).map_err(|bad| *bad), want, "{typed:?}");
}

#[test]
fn names_of_any_language_in_one_spelling() {
    check("Anna", Ok("Anna"));
    check("  Anna \t  Berg ", Ok("Anna Berg"));
    check("王小明", Ok("王小明"));
    check("می\u{200c}خواهم", Ok("می\u{200c}خواهم"));
    check("O'Neill-Šmíd", Ok("O'Neill-Šmíd"));
    check("7", Ok("7"));
    check("", Err(Empty));
    check(" \u{a0} ", Err(Empty));
    check("---", Err(Empty));
    check("🐴", Err(Empty));
    check("An\u{200b}na", Err(Invisible));
    check("\u{202e}annA", Err(Invisible));
    check("Anna\u{0}", Err(Invisible));
    check("Anna\u{feff}", Err(Invisible));
    check("Anna\u{e0041}", Err(Invisible));
    check("Rene\u{301}", Ok("René"));
    check(&"a\u{308}".repeat(64), Ok(&"ä".repeat(64)));
    check(&"ä".repeat(64), Ok(&"ä".repeat(64)));
    check(&"ä".repeat(65), Err(TooLong));
    check(&" ".repeat(5000), Err(TooLong));
}

fn key(typed: &str) -> String {
    Name::parse(typed).unwrap().key()
}

#[test]
fn whoever_signs_in_need_not_mind_case() {
    assert_eq!(key("ANNA  Berg"), key("anna berg"));
    assert_eq!(key("می\u{200c}خواهم"), key("میخواهم"));
    assert_ne!(key("Anna"), key("Änna"));
    assert_eq!(Empty.code(), "name_invalid");
}

#[test]
fn names_that_look_the_same_are_one() {
    for (one, other) in [
        ("ﬁlm", "film"),
        ("Ａｎｎａ　Ｂｅｒｇ", "anna berg"),
        ("ｶﾞﾗｽ", "ガラス"),
        ("Rene\u{301}", "RENÉ"),
        ("A\u{30a}sa", "\u{212b}sa"),
        ("Zoe\u{200d}\u{308}", "Zoë"),
        ("Ⅳ", "iv"),
        ("ΟΔΥΣΣΕΑΣ", "οδυσσεας"),
        ("각하", "\u{1100}\u{1161}\u{11a8}하"),
        ("ϒ", "υ"),
    ] {
        assert_eq!(key(one), key(other), "{one} {other}");
    }
    for (one, other) in [("Rene", "René"), ("film", "fiim"), ("Anna", "Аnna")] {
        assert_ne!(key(one), key(other), "{one} {other}");
    }
}

proptest! {
    /// A key that is typed is the key of itself, so no two accounts stand behind one name.
    #[test]
    fn a_key_is_its_own_key(typed in "\\PC{1,64}") {
        if let Ok(name) = Name::parse(&typed)
            && let Ok(again) = Name::parse(&name.key())
        {
            prop_assert_eq!(again.key(), again.as_str());
        }
    }
}
