//! Grace is used up by what went by, whatever a clock says: real servers that are stopped, started and
//! cut off, with their clocks turned.

use serde_json::{Value, json};
use stead_rules::time::WallMs;

use crate::harness::Client;
use crate::policy_acts::{on_board, require, sam, switch_off, wish};
use crate::policy_house::{DAY_MS, House, Of};

const YEAR_MS: i64 = 365 * 86_400_000;

/// Days that Sam has left, as their browser is told.
fn left(browser: &mut Client) -> Value {
    let me = browser.get("/api/v1/me").expect(200).json();
    me["asked"]["days_left"].clone()
}

fn later(house: &House, days: i64) -> WallMs {
    WallMs(house.app().clock_ms() + days * 86_400_000)
}

#[test]
fn clock_rollback_turning_the_clock_stretches_nothing_and_takes_nothing() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 14);
    house.app().clock.advance(4 * DAY_MS);
    assert_eq!(left(&mut browser), 10);
    let right = house.app().clock_ms();
    for wall in [right - YEAR_MS, right + 2 * YEAR_MS, right] {
        house.app().clock.set_wall(WallMs(wall));
        assert_eq!(left(&mut browser), 10, "{wall}");
    }
    // Nor does ending and starting the server in between.
    house.app().clock.set_wall(WallMs(right - YEAR_MS));
    let house = house.restart();
    let mut browser = browser.at(house.app().http_port);
    assert_eq!(left(&mut browser), 10);
    house.app().clock.set_wall(WallMs(right));
    house.app().clock.advance(10 * DAY_MS);
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "enrolment_required");
}

#[test]
fn clock_rollback_a_machine_that_starts_in_the_past_goes_on_where_it_was() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 14);
    house.app().clock.advance(4 * DAY_MS);
    left(&mut browser);
    // Somebody turned its clock back by a year, and it believes that.
    let past = WallMs(house.app().clock_ms() - YEAR_MS);
    let house = house.reboot(past);
    house.know(past);
    let mut browser = browser.at(house.app().http_port);
    assert_eq!(left(&mut browser), 10);
    house.app().clock.advance(DAY_MS);
    assert_eq!(left(&mut browser), 9);
}

#[test]
fn pulling_the_plug_each_day_on_a_box_without_a_clock_gives_nothing_back() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 7);
    let mut house = house;
    for day in 1..7_u32 {
        house.app().clock.advance(DAY_MS);
        browser.get("/api/v1/home").expect(200);
        // Less than the minute in which it is kept again.
        house.app().clock.advance(30_000);
        house = house.cut_off(WallMs(0));
        browser = browser.at(house.app().http_port);
        assert_eq!(left(&mut browser), 7 - day);
        let me = browser.get("/api/v1/me").expect(200).json();
        assert!(me["asked"]["by_ms"].is_null(), "nobody knows the date: {me}");
    }
    house.app().clock.advance(DAY_MS);
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "enrolment_required");
}

#[test]
fn what_the_box_was_off_counts_once_the_time_is_known() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 14);
    house.app().clock.advance(DAY_MS);
    browser.get("/api/v1/home").expect(200);
    let in_five_days = later(&house, 5);
    // It comes up in 1970, twice, and is told the time in the end.
    let house = house.reboot(WallMs(0));
    let mut browser = browser.at(house.app().http_port);
    assert_eq!(left(&mut browser), 13);
    let house = house.cut_off(WallMs(0));
    let mut browser = browser.at(house.app().http_port);
    assert_eq!(left(&mut browser), 13);
    house.know(in_five_days);
    assert_eq!(left(&mut browser), 8);
    // From the next time that it is kept on, turning the clock takes nothing.
    let house = house.restart();
    let mut browser = browser.at(house.app().http_port);
    house.know(later(&house, 400));
    assert_eq!(left(&mut browser), 8, "turned while it runs, it takes nothing");
    // A clock that is right counts over a start as well.
    house.know(in_five_days);
    assert_eq!(left(&mut browser), 8);
    let in_two_more = later(&house, 2);
    let house = house.reboot(in_two_more);
    house.know(in_two_more);
    let mut browser = browser.at(house.app().http_port);
    assert_eq!(left(&mut browser), 6);
}

#[test]
fn grace_reset_by_toggling_off_and_on_goes_on_where_it_was() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    let id = require(&house, &mut owner, Of::Server, 14);
    house.app().clock.advance(4 * DAY_MS);
    let mut owner = house.owner();
    for _ in 0..3 {
        switch_off(&mut owner, id);
        assert!(left(&mut browser).is_null());
        assert_eq!(require(&house, &mut owner, Of::Server, 14), id, "the same row");
        assert_eq!(left(&mut browser), 10);
    }
    switch_off(&mut owner, id);
    house.app().clock.advance(30 * DAY_MS);
    let house = house.restart();
    let (mut owner, mut browser) = (house.owner(), browser.at(house.app().http_port));
    let preview = owner.post("/api/v1/policy/preview", &wish(&house, Of::Server, "mfa", 14));
    let preview = preview.expect(200).json();
    let after = &preview["affected"][0]["after"];
    assert_eq!(after, &json!({ "state": "grace", "days_left": 10 }), "the pause used up nothing");
    require(&house, &mut owner, Of::Server, 14);
    assert_eq!(left(&mut browser), 10);
    // Nor does whoever leaves a group and comes back begin anew.
    let mut owner = house.owner();
    require(&house, &mut owner, Of::Group, 14);
    house.app().clock.advance(9 * DAY_MS);
    let mut owner = house.owner();
    let path = format!("/api/v1/groups/{}/members", crate::policy_house::FAMILY);
    for member in [false, true] {
        owner.post(&path, &json!({ "user_id": sam(), "member": member })).expect(204);
    }
    let told = browser.get("/api/v1/me").expect(200).json();
    let days: Vec<_> = told["asked"]["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["days_left"].clone())
        .collect();
    assert_eq!(days, [json!(1), json!(5)]);
}

#[test]
fn shorter_holds_at_once_and_longer_is_an_act_of_the_owner() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    let id = require(&house, &mut owner, Of::Server, 30);
    house.app().clock.advance(10 * DAY_MS);
    assert_eq!(left(&mut browser), 20);
    for (days, left_then) in [(14, 4), (10, 0), (40, 30), (0, 0), (90, 80)] {
        let mut owner = house.owner();
        let preview = owner.post("/api/v1/policy/preview", &wish(&house, Of::Server, "mfa", days));
        preview.expect(200);
        assert_eq!(require(&house, &mut owner, Of::Server, days), id);
        let answer = browser.get("/api/v1/home");
        if left_then == 0 {
            assert_eq!(answer.expect(403).code(), "enrolment_required", "{days}");
            assert_eq!(on_board(&mut owner)["state"], "blocked", "{days}");
        } else {
            answer.expect(200);
            assert_eq!(left(&mut browser), left_then, "{days}");
            assert_eq!(on_board(&mut owner)["days_left"], left_then, "{days}");
        }
    }
    let log = house.owner().get("/api/v1/audit?kind=policy").expect(200).json();
    let entry = &log["entries"][0]["detail"];
    assert_eq!((&entry["grace_days"], &entry["before"]["grace_days"]), (&json!(90), &json!(0)));
    assert!(entry["by"].as_str().is_some_and(|by| by.len() == 32), "{entry}");
}

/// Of everybody's days and those that one person was given, the later end counts; what is previewed is
/// what comes of it.
#[test]
fn days_given_to_one_person_outlast_a_change_of_everybodys() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    let id = require(&house, &mut owner, Of::Server, 14);
    house.app().clock.advance(2 * DAY_MS);
    let mut owner = house.owner();
    let give = |owner: &mut Client, days: i64| {
        let body = json!({ "user_id": sam(), "requirement_id": id, "days": days });
        owner.post("/api/v1/policy/grace", &body).expect(204);
    };
    let change = |owner: &mut Client, browser: &mut Client, wish: &Value, then: i64| {
        let before = left(browser);
        let preview = owner.post("/api/v1/policy/preview", wish).expect(200).json();
        owner.post("/api/v1/policy/requirements", wish).expect(200);
        assert_eq!(left(browser), then, "{wish}");
        let told = preview["affected"][0]["after"]["days_left"].clone();
        assert_eq!(told, if before == then { Value::Null } else { json!(then) }, "{preview}");
    };
    let days = |days| wish(&house, Of::Server, "mfa", days);
    give(&mut owner, 60);
    assert_eq!(left(&mut browser), 60);
    change(&mut owner, &mut browser, &days(7), 60);
    // Off and on again, too.
    switch_off(&mut owner, id);
    owner.post("/api/v1/policy/requirements", &days(14)).expect(200);
    assert_eq!(left(&mut browser), 60);
    change(&mut owner, &mut browser, &days(90), 88);
    // Unless the owner says otherwise: shorter holds, and what changes no days gives none back.
    give(&mut owner, 3);
    assert_eq!(left(&mut browser), 3);
    let mut asked_again = days(90);
    asked_again["max_age_s"] = json!(7200);
    change(&mut owner, &mut browser, &asked_again, 3);
    switch_off(&mut owner, id);
    owner.post("/api/v1/policy/requirements", &asked_again).expect(200);
    assert_eq!(left(&mut browser), 3);
    change(&mut owner, &mut browser, &days(30), 28);
}

#[test]
fn an_exemption_is_used_up_like_grace() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 0);
    let wish = json!({ "user_id": sam(), "reason": "no phone", "days": 10 });
    owner.post("/api/v1/policy/exemptions", &wish).expect(201);
    house.app().clock.advance(4 * DAY_MS);
    browser.get("/api/v1/home").expect(200);
    let in_three_days = later(&house, 3);
    let house = house.cut_off(WallMs(0));
    let mut browser = browser.at(house.app().http_port);
    browser.get("/api/v1/home").expect(200);
    house.know(in_three_days);
    let mut owner = house.owner();
    let told = owner.get("/api/v1/policy/exemptions").expect(200).json();
    assert_eq!(told["exemptions"][0]["days_left"], 3);
    house.app().clock.advance(3 * DAY_MS);
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "enrolment_required");
}
