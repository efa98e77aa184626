//! Who may enrol a first second factor once one is asked for: whoever was there before, and nobody by an
//! old password alone.

use serde_json::json;

use crate::harness::Client;
use crate::policy_acts::{require, sam, switch_off};
use crate::policy_house::{DAY_MS, FAMILY, House, Of};

/// Whether a browser is let in to enrolment: it asks for the draft of an authenticator.
fn may_enrol(browser: &mut Client) -> bool {
    let answer = browser.post("/api/v1/factors/totp", &json!({}));
    if answer.status == 200 {
        return true;
    }
    assert_eq!(answer.expect(403).code(), "enrolment_needs_code");
    false
}

fn shows_the_password_again(house: &House, browser: &mut Client) {
    let shown = json!({ "password": "seven green kettles",
        "browser_time_ms": house.app().clock_ms() });
    browser.post("/api/v1/stepup", &shown).expect(204);
}

/// Enrolment hijack: of two browsers with the same old password, the one from before may.
#[test]
fn enrolment_hijack_a_device_from_before_enrols_in_grace_and_after_and_a_later_one_never() {
    let house = House::new();
    let (mut owner, mut before) = (house.owner(), house.browser());
    assert!(!may_enrol(&mut before), "nothing is asked, so there is no before");
    let id = require(&house, &mut owner, Of::Server, 7);
    let mut thief = house.browser();
    assert!(may_enrol(&mut before));
    assert!(!may_enrol(&mut thief), "in grace neither");
    // Off and on again makes no later browser an earlier one.
    switch_off(&mut owner, id);
    require(&house, &mut owner, Of::Server, 7);
    assert!(!may_enrol(&mut thief));
    // Nor does another requirement.
    require(&house, &mut owner, Of::Films, 7);
    assert!(!may_enrol(&mut thief));
    house.app().clock.advance(8 * DAY_MS);
    for browser in [&mut before, &mut thief] {
        assert_eq!(browser.get("/api/v1/home").expect(403).code(), "enrolment_required");
        shows_the_password_again(&house, browser);
    }
    assert!(may_enrol(&mut before), "after the deadline the way in is open");
    assert!(!may_enrol(&mut thief));
    // It stays so over a restart.
    let house = house.restart();
    assert!(may_enrol(&mut before.at(house.app().http_port)));
    assert!(!may_enrol(&mut thief.at(house.app().http_port)));
}

#[test]
fn whoever_was_not_asked_was_there_before_when_they_are() {
    let house = House::new();
    let mut owner = house.owner();
    let path = format!("/api/v1/groups/{FAMILY}/members");
    let member = |is: bool| json!({ "user_id": sam(), "member": is });
    owner.post(&path, &member(false)).expect(204);
    require(&house, &mut owner, Of::Group, 7);
    // Something is asked of others, and not of Sam.
    let mut before = house.browser();
    assert!(!may_enrol(&mut before));
    owner.post(&path, &member(true)).expect(204);
    assert!(may_enrol(&mut before));
    assert!(!may_enrol(&mut house.browser()));
}
