//! Certificates as files carry them, and what a limit shows.

use std::fmt::Write;

use proptest::prelude::*;

use crate::golden;
use crate::media::{Age, AgeLimit, certificate_age};

/// Each with what it is: the reviewed answers stand in `golden/certificates.txt`.
const WRITTEN: &[&str] = &[
    // Motion Picture Association.
    "G",
    "PG",
    "PG-13",
    "R",
    "NC-17",
    "Rated G",
    "Rated PG-13",
    "Rated R",
    "rated pg-13",
    "Rated PG-13 for some violence and language",
    "R (Restricted)",
    "MPAA:PG-13",
    "MPAA R",
    "X",
    "GP",
    "PG13",
    "PG 13",
    "NC17",
    " PG-13 ",
    "(PG-13)",
    // TV Parental Guidelines.
    "TV-Y",
    "TV-Y7",
    "TV-Y7-FV",
    "TV-G",
    "TV-PG",
    "TV-14",
    "TV-MA",
    "TVMA",
    "TV-14-DLSV",
    "TV-MA-LSV",
    "TV-PG-V",
    "TV-MA (LSV)",
    "us-tv|TV-14|500|",
    // With a country.
    "US:PG-13",
    "USA:R",
    "us:pg-13",
    "US-PG-13",
    "United States:TV-MA",
    "US:Rated R",
    "GB:U",
    "GB:Uc",
    "GB:PG",
    "UK:12A",
    "UK:15",
    "GB-18",
    "GB:R18",
    "BBFC 15",
    "United Kingdom:12",
    "IE:G",
    "IE:15A",
    "IFCO 16",
    "DE:0",
    "DE:FSK 0",
    "DE:FSK 12",
    "DE-16",
    "FSK 18",
    "FSK-6",
    "FSK16",
    "FSK: 12",
    "FSK ab 12",
    "Germany:12",
    "Germany:18",
    "ab 16",
    "Freigegeben ab 12 Jahren",
    "ab 6 Jahren",
    "FSK o.A.",
    "FSK Ohne Altersbeschränkung",
    "DE:KJ",
    "12 (FSK)",
    "de-movie|ab 12 Jahren|300|",
    "AU:G",
    "AU:PG",
    "AU:M",
    "AU:MA15+",
    "AU:MA 15+",
    "AU:R18+",
    "AU:X18+",
    "Australia:M",
    "AU:P",
    "NZ:M",
    "NZ:R13",
    "NZ:RP16",
    "NZ:R18",
    "CA:G",
    "CA:PG",
    "CA:14A",
    "CA:18A",
    "CA:R",
    "CA:C8",
    "CA:13+",
    "IN:U",
    "IN:UA",
    "IN:U/A 13+",
    "IN:A",
    "MX:AA",
    "MX:B",
    "MX:B15",
    "MX:C",
    "JP:G",
    "JP:PG12",
    "JP:R15+",
    "JP:R18+",
    "KR:ALL",
    "KR:15",
    "KR:19",
    "FR:U",
    "FR:TP",
    "FR:-12",
    "France:16",
    "FR:Tous publics",
    "ES:A",
    "ES:APTA",
    "ES:TP",
    "ES:13",
    "IT:T",
    "IT:VM14",
    "IT:VM18",
    "PT:M/12",
    "M/16",
    "BR:L",
    "BR:14",
    "BR:Livre",
    "AR:ATP",
    "SE:Btl",
    "SE:11",
    "Sweden:15",
    "NO:A",
    "NO:12",
    "DK:A",
    "DK:15",
    "FI:S",
    "FI:K-16",
    "K-7",
    "NL:AL",
    "NL:9",
    "Kijkwijzer 12",
    "AT:14",
    "CH:16",
    "SG:NC16",
    "SG:M18",
    "SG:R21",
    "HK:III",
    "MY:P13",
    "RU:18+",
    "PH:R-13",
    "ZA:16",
    // Numbers alone.
    "0",
    "6",
    "12",
    "12+",
    "+12",
    "-12",
    "16+",
    "18",
    "18+",
    "21",
    "12A",
    "15A",
    "18 years",
    "R18",
    "22",
    "99",
    "1999",
    "012",
    // Words alone that several boards use.
    "U",
    "M",
    "A",
    "MA",
    "UA",
    "ALL",
    "AL",
    // Several at once: the strictest.
    "US:PG-13 / DE:FSK 16",
    "DE:12 / US:R",
    "Germany:6, USA:PG",
    "US:NR / GB:15",
    "mpaa|PG-13|300|",
    "mpaa|R|400|",
    "mpaa|NR|000|",
    "uk-movie|15|350|",
    "nowhere|15|1|",
    "||",
    "|",
    // What says nothing.
    "",
    " ",
    "Not Rated",
    "NR",
    "Unrated",
    "UR",
    "Approved",
    "Passed",
    "E",
    "none",
    "N/A",
    "pending",
    "Rated",
    "US:",
    ":",
    "-",
    "12 monkeys",
    "PG-13-ish",
    "ünrated",
    "R2D2",
    "TV",
    "TV-",
    "XX:12",
    "Rated for everybody",
];

#[test]
fn certificates_are_ages() {
    let mut table = String::from("# certificate → age, or nothing\n");
    for written in WRITTEN {
        let age = certificate_age(written).map_or_else(|| "–".to_owned(), |a| a.get().to_string());
        writeln!(table, "{age:>2}  {written:?}").unwrap();
    }
    golden::check("certificates.txt", &table);
}

#[test]
fn the_ladder_of_each_board_only_goes_up() {
    for ladder in [
        &["G", "PG", "PG-13", "R", "NC-17"][..],
        &["TV-Y", "TV-Y7", "TV-PG", "TV-14", "TV-MA"],
        &["GB:U", "GB:PG", "GB:12A", "GB:15", "GB:R18"],
        &["FSK 0", "FSK 6", "FSK 12", "FSK 16", "FSK 18"],
        &["AU:G", "AU:PG", "AU:M", "AU:R18+"],
    ] {
        let ages: Vec<_> = ladder.iter().map(|one| certificate_age(one).expect(one)).collect();
        assert!(ages.is_sorted(), "{ladder:?}: {ages:?}");
    }
}

fn age(years: u8) -> Age {
    Age::years(years).unwrap()
}

#[test]
fn a_limit_hides_what_is_above_and_by_choice_what_nobody_rated() {
    let strict = AgeLimit { up_to: age(12), hides_unrated: true };
    let lax = AgeLimit { hides_unrated: false, ..strict };
    for (limit, rated, is_rated_kind, shown) in [
        (strict, Some(12), true, true),
        (strict, Some(13), true, false),
        (lax, Some(13), true, false),
        (lax, Some(0), true, true),
        (strict, None, true, false),
        (lax, None, true, true),
        (strict, None, false, true),
        (strict, Some(16), false, false),
    ] {
        assert_eq!(limit.shows(rated.map(age), is_rated_kind), shown, "{limit:?} {rated:?}");
    }
    assert!(Age::years(21).is_ok() && Age::years(22).is_err());
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,40}") {
        let age = certificate_age(&text);
        prop_assert!(age.is_none_or(|age| age.get() <= 21));
    }

    #[test]
    fn no_text_of_their_letters_is_too_strange(text in "[A-Z0-9:|/ ()+-]{0,24}") {
        let age = certificate_age(&text);
        prop_assert!(age.is_none_or(|age| age.get() <= 21));
        prop_assert_eq!(age, certificate_age(&text.to_lowercase()));
    }

    #[test]
    fn two_limits_show_what_both_show(
        (one, other) in (0_u8..=21, 0_u8..=21), strict in any::<(bool, bool)>(),
        rated in proptest::option::of(0_u8..=21), is_rated_kind in any::<bool>(),
    ) {
        let one = AgeLimit { up_to: age(one), hides_unrated: strict.0 };
        let other = AgeLimit { up_to: age(other), hides_unrated: strict.1 };
        let rated = rated.map(age);
        let both = one.shows(rated, is_rated_kind) && other.shows(rated, is_rated_kind);
        prop_assert_eq!(one.and(other).shows(rated, is_rated_kind), both);
    }
}
