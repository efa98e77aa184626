use crate::limits::{PASSKEY_CEREMONY_SECONDS, PASSKEYS_MAX};
use crate::signin::{
    AskedName, BoxNames, NoPasskeyHere, TooManyPasskeys, ceremony_is_live, may_add_passkey,
    passkey_name,
};
use crate::time::{BootMs, Now, TimeTrust, WallMs};

#[test]
fn a_passkey_is_made_for_a_name_that_stays_with_the_box() {
    let configured = ["Films.example.org".to_owned()];
    let names = BoxNames { own: "stead-ab12.local", configured: &configured };
    for (asked, expected) in [
        (AskedName::Name("stead-ab12.local"), Ok("stead-ab12.local")),
        (AskedName::Name("films.example.org"), Ok("films.example.org")),
        (AskedName::Name("localhost"), Ok("localhost")),
        (AskedName::Name("stead.local"), Err(NoPasskeyHere::SharedName)),
        (AskedName::Name("stead-ab12-2.local"), Err(NoPasskeyHere::SharedName)),
        (AskedName::Name("example.org"), Err(NoPasskeyHere::SharedName)),
        (AskedName::Name("local"), Err(NoPasskeyHere::SharedName)),
        (AskedName::Address, Err(NoPasskeyHere::Address)),
    ] {
        assert_eq!(passkey_name(asked, names), expected, "{asked:?}");
    }
}

#[test]
fn passkeys_are_counted() {
    assert_eq!(may_add_passkey(PASSKEYS_MAX - 1), Ok(()));
    assert_eq!(may_add_passkey(PASSKEYS_MAX), Err(TooManyPasskeys));
}

#[test]
fn a_challenge_is_good_for_five_minutes() {
    let begun = BootMs(7_000);
    let at = |ms| Now { wall: WallMs(0), boot: BootMs(7_000 + ms), trust: TimeTrust::Unknown };
    let end = PASSKEY_CEREMONY_SECONDS * 1000;
    assert!(ceremony_is_live(begun, at(end - 1)));
    assert!(!ceremony_is_live(begun, at(end)));
}
