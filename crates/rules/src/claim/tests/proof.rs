//! Codes, links, and how guesses are slowed.

use std::net::{IpAddr, Ipv6Addr};

use proptest::prelude::*;

use super::world::address;
use crate::claim::{ClaimCode, CodeThrottle, LinkSecret, Wait, secret_is_old};
use crate::limits::{CODE_ADDRESSES_MAX, CODE_FREE_MISSES, CODE_GLOBAL_WAIT_SECONDS};
use crate::time::BootMs;

#[test]
fn codes_are_read_as_people_type_them() {
    for (typed, good) in [
        ("WXZB-BCDF", true),
        ("wxzbbcdf", true),
        ("  w x z b - b c d f ", true),
        ("WXZB–BCDF", true),
        ("WXZB.BCDF", true),
        ("WXZB-BCD", false),
        ("WXZB-BCDFG", false),
        ("WXAB-BCDF", false),
        ("WXYB-BCDF", false),
        ("1234-5678", false),
        ("", false),
        ("ＷXZB-BCDF", false),
    ] {
        assert_eq!(ClaimCode::parse(typed).is_ok(), good, "{typed:?}");
    }
    let code = ClaimCode::parse("wxzb bcdf").unwrap();
    assert_eq!(code.expose(), "WXZB-BCDF");
    assert!(code.matches(&ClaimCode::parse("WXZB-BCDF").unwrap()));
    assert!(!code.matches(&ClaimCode::parse("WXZB-BCDG").unwrap()));
}

#[test]
fn every_letter_is_equally_likely() {
    let mut counts = [0_u32; 26];
    for byte in 0..=255_u8 {
        if let Some(code) = ClaimCode::from_random(&[byte; ClaimCode::RANDOM_BYTES]) {
            counts[usize::from(code.expose().as_bytes()[0] - b'A')] += 1;
        }
    }
    let used: Vec<u32> = counts.into_iter().filter(|count| *count > 0).collect();
    assert_eq!(used, vec![12; 20]);
}

#[test]
fn bytes_that_would_favour_a_letter_are_skipped() {
    let mut random = [255; ClaimCode::RANDOM_BYTES];
    assert!(ClaimCode::from_random(&random).is_none());
    for (index, byte) in (56..64).zip([0, 1, 2, 3, 4, 5, 6, 239]) {
        random[index] = byte;
    }
    assert_eq!(ClaimCode::from_random(&random).unwrap().expose(), "BCDF-GHJZ");
}

#[test]
fn links_have_one_text_each() {
    let secret = LinkSecret::from_random([0xff; 16]);
    assert_eq!(secret.expose(), "_____________________w");
    assert_eq!(LinkSecret::from_random([0; 16]).expose(), "AAAAAAAAAAAAAAAAAAAAAA");
    for bad in
        ["", "AAAA", "_____________________x", "AAAAAAAAAAAAAAAAAAAAA=", "AAAAAAAAAAA+AAAAAAAAAA"]
    {
        assert!(LinkSecret::parse(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn links_survive_the_way_through_a_url(bytes in any::<[u8; 16]>(), other in any::<[u8; 16]>()) {
        let secret = LinkSecret::from_random(bytes);
        let read = LinkSecret::parse(&secret.expose()).unwrap();
        prop_assert!(read.matches(&secret));
        prop_assert_eq!(secret.expose().len(), 22);
        prop_assert_eq!(LinkSecret::from_random(other).matches(&secret), other == bytes);
    }

    #[test]
    fn any_text_is_read_without_harm(text in ".{0,40}") {
        let _ = LinkSecret::parse(&text);
        let _ = ClaimCode::parse(&text);
    }
}

#[test]
fn secrets_are_not_printed() {
    let code = ClaimCode::parse("WXZBBCDF").unwrap();
    assert_eq!(
        format!("{code:?} {:?}", LinkSecret::from_random([1; 16])),
        "ClaimCode(…) LinkSecret(…)"
    );
}

#[test]
fn secrets_grow_old() {
    assert!(!secret_is_old(30 * 24 * 3600 - 1));
    assert!(secret_is_old(30 * 24 * 3600));
}

fn boot(seconds: u64) -> BootMs {
    BootMs(seconds * 1000)
}

#[test]
fn a_person_may_mistype_then_waits_doubling() {
    let mut throttle = CodeThrottle::default();
    for _ in 0..CODE_FREE_MISSES {
        assert_eq!(throttle.check(address(1), boot(0)), Wait::Go);
        throttle.missed(address(1), boot(0));
    }
    assert_eq!(throttle.check(address(1), boot(0)), Wait::Go);
    for seconds in [1, 2, 4, 8] {
        throttle.missed(address(1), boot(0));
        assert_eq!(throttle.check(address(1), boot(0)), Wait::Seconds(seconds));
    }
    assert_eq!(throttle.check(address(1), boot(8)), Wait::Go);
    assert_eq!(throttle.check(address(2), boot(0)), Wait::Go, "others do not wait");
}

#[test]
fn many_addresses_together_are_slowed_but_never_beyond_a_minute() {
    let mut throttle = CodeThrottle::default();
    for low in 0..1000_u16 {
        let guess = IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, low));
        throttle.missed(guess, boot(u64::from(low)));
    }
    assert_eq!(throttle.addresses(), CODE_ADDRESSES_MAX);
    let wait = throttle.check(address(9), boot(999));
    assert_eq!(wait, Wait::Seconds(CODE_GLOBAL_WAIT_SECONDS));
    assert_eq!(throttle.check_place(address(9), boot(999)), Wait::Go, "each place by itself");
    assert_eq!(throttle.check(address(9), boot(999 + CODE_GLOBAL_WAIT_SECONDS)), Wait::Go);
}

#[test]
fn misses_are_forgotten_after_an_hour_and_by_a_hit() {
    let mut throttle = CodeThrottle::default();
    for _ in 0..10 {
        throttle.missed(address(1), boot(0));
    }
    assert_eq!(throttle.check(address(1), boot(0)), Wait::Seconds(64));
    throttle.missed(address(1), boot(4000));
    assert_eq!(throttle.check(address(1), boot(4000)), Wait::Go, "counted from one again");
    throttle.forget(address(1));
    assert_eq!(throttle.addresses(), 0);
}

#[test]
fn one_person_behind_both_kinds_of_address_is_one() {
    let mut throttle = CodeThrottle::default();
    let mapped: IpAddr = "::ffff:192.168.1.1".parse().unwrap();
    for _ in 0..5 {
        throttle.missed(mapped, boot(0));
    }
    assert_ne!(throttle.check(address(1), boot(0)), Wait::Go);
}
