//! Names that are taken and how.

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
    check(&"ä".repeat(64), Ok(&"ä".repeat(64)));
    check(&"ä".repeat(65), Err(TooLong));
    check(&" ".repeat(5000), Err(TooLong));
}

#[test]
fn whoever_signs_in_need_not_mind_case() {
    let key = |typed: &str| Name::parse(typed).unwrap().key();
    assert_eq!(key("ANNA  Berg"), key("anna berg"));
    assert_eq!(key("می\u{200c}خواهم"), key("میخواهم"));
    assert_ne!(key("Anna"), key("Änna"));
    assert_eq!(Empty.code(), "name_invalid");
}
