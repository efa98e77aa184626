//! `stead.txt`: what is read of it, and what is left in it.

use proptest::prelude::*;

use crate::claim::{BadOwnCode, BootFile, Reset, blanked, check_own_code, told, without_reset};
use crate::secret::SecretText;

fn read(text: &str) -> (Option<String>, Option<String>, Vec<String>) {
    let file = BootFile::parse(text);
    let words = |secret: Option<SecretText>| secret.map(|secret| secret.expose().to_owned());
    (words(file.code), words(file.recover), file.unknown)
}

#[test]
fn a_file_is_read_as_people_write_it() {
    let some = |word: &str| Some(word.to_owned());
    for (text, code, recover, unknown) in [
        ("code = seven kettles", some("seven kettles"), None, vec![]),
        ("\u{feff}Code=seven kettles\r\n", some("seven kettles"), None, vec![]),
        ("  CODE\t=  a = b  \r\nrecover = x\n", some("a = b"), some("x"), vec![]),
        ("# code = no\ncode =\n\nnothing here", None, None, vec![]),
        ("code = one\ncode = two", some("two"), None, vec![]),
        ("code = one\ncode =", some("one"), None, vec![]),
        ("vlan = home\nname = attic", None, None, vec!["vlan", "name"]),
        ("", None, None, vec![]),
    ] {
        let unknown: Vec<String> = unknown.into_iter().map(str::to_owned).collect();
        assert_eq!(read(text), (code, recover, unknown), "{text:?}");
    }
}

#[test]
fn what_was_read_is_blanked_and_answered_and_the_rest_stays() {
    let text = "# mine\ncode = seven kettles\r\nvlan = home\nRecover=x\n# Stead: an older answer\n";
    let left = blanked(text, &["the code is set."]);
    assert_eq!(
        left,
        "# mine\r\ncode =\r\nvlan = home\r\nrecover =\r\n# Stead: the code is set.\r\n"
    );
    assert!(BootFile::parse(&left).is_idle());
    assert_eq!(blanked(&left, &["the code is set."]), left);
}

#[test]
fn a_reset_is_taken_out_and_what_is_for_the_new_server_stays() {
    let text = "# mine\nreset = everything\nrecover = old kettles\ncode = new kettles\nwifi = Our house\n\
                # Stead: an old line\n";
    let left = without_reset(text, &["everything goes."]);
    let expected = "# mine\nreset =\nrecover =\ncode = new kettles\nwifi = Our house\n\
                    # Stead: everything goes.\n";
    assert_eq!(left, expected.replace('\n', "\r\n"));
    let again = BootFile::parse(&left);
    assert!(again.reset.is_none() && again.code.is_some() && again.wifi.is_some());
}

#[test]
fn an_address_stays_and_asks_for_nothing_once() {
    let text = "Address = 192.168.1.20/24\ngateway=192.168.1.1\nDNS = 192.168.1.1, 9.9.9.9\n";
    let file = BootFile::parse(text);
    assert!(file.is_idle() && file.unknown.is_empty());
    assert!(file.static_address().unwrap().is_some());
    assert_eq!(blanked(text, &[]), text.replace('\n', "\r\n"));
    assert_eq!(BootFile::parse("host = films\n").static_address(), Ok(None));
    assert!(BootFile::parse("address = here\n").static_address().is_err());
}

#[test]
fn what_was_told_is_read_back() {
    let text = blanked("host = films\n# mine\n", &["the code is set.", "no address is set."]);
    assert_eq!(told(&text).collect::<Vec<_>>(), ["the code is set.", "no address is set."]);
}

#[test]
fn short_codes_are_refused() {
    for (code, want) in [
        ("seven kettles", Ok(())),
        ("12345678", Ok(())),
        ("äöüäöüäö", Ok(())),
        ("1234567", Err(BadOwnCode::TooShort)),
        ("äöüäöüä", Err(BadOwnCode::TooShort)),
        ("", Err(BadOwnCode::TooShort)),
        ("seven\u{7}kettles", Err(BadOwnCode::ControlCharacter)),
    ] {
        assert_eq!(check_own_code(&SecretText::new(code.to_owned())), want, "{code:?}");
    }
    let long = SecretText::new("k".repeat(257));
    assert_eq!(check_own_code(&long), Err(BadOwnCode::TooLong));
}

proptest! {
    #[test]
    fn no_secret_outlives_the_blanking(text in "(code|recover|wifi|wifi password|country|x|#| |=|\r|\n|kettle){0,40}") {
        let left = blanked(&text, &[]);
        prop_assert!(BootFile::parse(&left).is_idle());
        prop_assert_eq!(BootFile::parse(&left).unknown, BootFile::parse(&text).unknown);
    }
}

#[test]
fn wishes_are_blanked_and_a_host_name_stays() {
    let text = "host = films\nReset = Everything\nwifi = Our house\nWIFI PASSWORD = a # b = c\n\
                Country = de\n";
    let file = BootFile::parse(text);
    assert_eq!(file.host.as_deref(), Some("films"));
    assert_eq!(file.reset, Some(Reset::Everything));
    assert_eq!(file.wifi.as_deref(), Some("Our house"));
    assert_eq!(file.wifi_password.as_ref().map(SecretText::expose), Some("a # b = c"));
    assert_eq!(file.country.as_deref(), Some("de"));
    assert!(!file.is_idle() && file.must_be_taken_out());
    let left = blanked(text, &[]);
    assert_eq!(left, "host = films\r\nreset =\r\nwifi =\r\nwifi password =\r\ncountry =\r\n");
    let file = BootFile::parse(&left);
    assert!(file.is_idle() && !file.must_be_taken_out());
    assert_eq!(file.host.as_deref(), Some("films"));
}

#[test]
fn a_reset_takes_its_word() {
    for (text, expected) in [
        ("reset = everything", Some(Reset::Everything)),
        ("reset = yes", Some(Reset::Unclear)),
        ("reset = everything, please", Some(Reset::Unclear)),
        ("reset =", None),
        ("# reset = everything", None),
    ] {
        let file = BootFile::parse(text);
        assert_eq!(file.reset, expected, "{text}");
        assert_eq!(file.must_be_taken_out(), expected == Some(Reset::Everything));
    }
}
