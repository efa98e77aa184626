//! When an issuer is asked about a code, and what is registered there.

use std::net::IpAddr;

use crate::limits::{CLAIM_PENDING_SECONDS, CLIENT_REDIRECTS_MAX};
use crate::signin::let_in::{
    CodeTimes, Doors, Heard, Patience, Turn, callbacks, told_again_after_seconds,
};
use crate::time::{BootMs, Now, TimeTrust, WallMs};

fn at(seconds: u64) -> Now {
    let boot = BootMs(1_000_000 + seconds * 1000);
    Now { wall: WallMs(0), boot, trust: TimeTrust::Unknown }
}

fn begin(expires_in: u64, interval: Option<u64>) -> Patience {
    Patience::begin(CodeTimes { expires_in, interval }, at(0))
}

fn waits(patience: &Patience, now: u64, seconds: u64) {
    assert_eq!(patience.turn(at(now)), Turn::Wait { seconds });
    assert_eq!(patience.turn(at(now + seconds)), Turn::Ask);
}

#[test]
fn an_issuer_is_asked_at_its_own_pace_and_slower_for_good_when_it_says_so() {
    waits(&begin(600, None), 0, 5);
    waits(&begin(600, Some(0)), 0, 1);
    let patience = begin(600, Some(7));
    waits(&patience, 0, 7);
    let slower = patience.heard(Heard::SlowDown, at(7));
    waits(&slower, 7, 12);
    let patience = slower.heard(Heard::Pending, at(19));
    waits(&patience, 19, 12);
    waits(&patience.heard(Heard::SlowDown, at(31)), 31, 17);
}

#[test]
fn an_issuer_that_does_not_answer_is_asked_less_and_less_and_again_as_before_when_it_does() {
    let mut patience = begin(900, None);
    let mut now = 5;
    for pause in [10, 20, 40, 60, 60] {
        patience = patience.heard(Heard::Nothing, at(now));
        waits(&patience, now, pause);
        now += pause;
    }
    waits(&patience.heard(Heard::Pending, at(now)), now, 5);
    // One that asks for longer pauses gets them.
    waits(&begin(900, Some(90)).heard(Heard::Nothing, at(90)), 90, 90);
}

#[test]
fn a_code_is_over_when_the_issuer_says_so_and_never_outlives_a_claim() {
    let patience = begin(60, None);
    assert_eq!((patience.turn(at(59)), patience.left_seconds(at(59))), (Turn::Ask, 1));
    assert_eq!((patience.turn(at(60)), patience.left_seconds(at(61))), (Turn::Over, 0));
    assert_eq!(begin(0, None).turn(at(0)), Turn::Over);
    let endless = begin(u64::MAX, Some(u64::MAX));
    assert_eq!(endless.left_seconds(at(0)), CLAIM_PENDING_SECONDS);
    assert_eq!(endless.turn(at(CLAIM_PENDING_SECONDS)), Turn::Over);
}

#[test]
fn names_are_registered_first_and_the_machine_itself_last() {
    let addresses: Vec<IpAddr> =
        ["192.168.1.9", "2001:db8::9"].map(|text| text.parse().unwrap()).to_vec();
    let doors = Doors {
        names: &["films.example.net", "stead-ab12.local", "stead.local", "*.example.net", "a b"],
        behind_proxy: &["films.example.net"],
        addresses: &addresses,
        https_port: 8443,
        http_port: 8080,
    };
    let hosts = [
        "https://films.example.net",
        "https://films.example.net:8443",
        "https://stead-ab12.local:8443",
        "https://stead.local:8443",
        "https://192.168.1.9:8443",
        "https://[2001:db8::9]:8443",
        "http://127.0.0.1:8080",
        "https://127.0.0.1:8443",
        "https://localhost:8443",
    ];
    assert_eq!(callbacks(&doors), hosts.map(|host| format!("{host}/signin/callback")));
    // The usual ports are not written, and nothing is twice.
    let doors = Doors { https_port: 443, http_port: 80, addresses: &[], ..doors };
    let hosts = [
        "https://films.example.net",
        "https://stead-ab12.local",
        "https://stead.local",
        "http://127.0.0.1",
        "https://127.0.0.1",
        "https://localhost",
    ];
    assert_eq!(callbacks(&doors), hosts.map(|host| format!("{host}/signin/callback")));
}

#[test]
fn no_more_is_registered_than_is_taken_and_names_stay() {
    let addresses: Vec<IpAddr> =
        (0..40).map(|last| format!("10.0.0.{last}").parse().unwrap()).collect();
    let doors = Doors {
        names: &["stead-ab12.local"],
        behind_proxy: &[],
        addresses: &addresses,
        https_port: 443,
        http_port: 80,
    };
    let pages = callbacks(&doors);
    assert_eq!(pages.len(), CLIENT_REDIRECTS_MAX);
    assert_eq!(pages[0], "https://stead-ab12.local/signin/callback");
    assert_eq!(pages[1], "https://10.0.0.0/signin/callback");
}

#[test]
fn an_issuer_that_could_not_be_told_is_told_again_within_the_hour() {
    let waits = [1, 2, 3, 4, 10, 11, 64, 65, u32::MAX].map(told_again_after_seconds);
    assert_eq!(waits, [10, 20, 40, 80, 3600, 3600, 3600, 3600, 3600]);
}
