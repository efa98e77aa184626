//! Rows of the policy that mean nothing, as damage leaves them: they refuse whom they concern and nobody
//! else, the pages of whoever administers tell of them, and their owner repairs them there.

use serde_json::{Value, json};

use crate::harness::{Client, damage_accounts};
use crate::policy_acts::{on_board, require, sam};
use crate::policy_house::{DAY_MS, House, Of, SAM};

const EXEMPTIONS: &str = "/api/v1/policy/exemptions";

fn is_refused(browser: &mut Client, what: &str) {
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "policy_error", "{what}");
    browser.get("/api/v1/me").expect(200);
}

/// Who is not concerned, and the pages on which it is mended.
fn others_go_on(owner: &mut Client, what: &str) {
    for path in ["/api/v1/home", "/api/v1/policy", EXEMPTIONS, "/api/v1/policy/board.csv"] {
        assert_eq!(owner.get(path).status, 200, "{path} {what}");
    }
}

fn newest(owner: &mut Client, kind: &str) -> Value {
    let log = owner.get(&format!("/api/v1/audit?kind={kind}")).expect(200).json();
    log["entries"][0]["detail"].clone()
}

#[test]
fn fail_open_time_that_cannot_be_read_refuses_whose_it_is_until_it_is_given_anew() {
    let house = House::new();
    let mut browser = house.browser();
    let id = require(&house, &mut house.owner(), Of::Server, 14);
    for damage in [
        "granted_seconds = -1",
        "used_ms = -9000000000000000000",
        "seen_boot_ms = -5",
        "believed = 7",
    ] {
        browser.get("/api/v1/home").expect(200);
        let user = format!("user_id = x'{SAM}'");
        damage_accounts(house.app(), &format!("UPDATE grace SET {damage} WHERE {user}"));
        is_refused(&mut browser, damage);
        // What is kept each hour is kept of the others.
        house.app().clock.advance(3_600_000);
        let mut owner = house.owner();
        others_go_on(&mut owner, damage);
        let row = on_board(&mut owner);
        assert_eq!(row["state"], "blocked", "{damage}");
        let asked = json!([{ "id": id, "state": "blocked", "unreadable": true }]);
        assert_eq!(row["requirements"], asked, "{damage}");
        let give = json!({ "user_id": sam(), "requirement_id": id, "days": 3 });
        owner.post("/api/v1/policy/grace", &give).expect(204);
        let row = on_board(&mut owner);
        let asked = json!([{ "id": id, "state": "grace", "days_left": 3, "unreadable": false }]);
        assert_eq!((&row["state"], &row["requirements"]), (&json!("grace"), &asked), "{damage}");
        assert_eq!(newest(&mut owner, "grace.given")["unreadable"], true, "{damage}");
    }
    // None of it was of any other time: it is used up from there.
    house.app().clock.advance(3 * DAY_MS);
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "enrolment_required");
}

#[test]
fn fail_open_an_exemption_that_cannot_be_read_refuses_whose_it_is_until_it_is_ended() {
    let house = House::new();
    let mut browser = house.browser();
    let id = require(&house, &mut house.owner(), Of::Server, 14);
    for (damage, reads_from) in [
        ("granted_seconds = -1", true),
        ("used_ms = -1", true),
        ("believed = 7", true),
        ("id = x'05'", true),
        ("id = x'06', requirement_id = 77", false),
    ] {
        let mut owner = house.owner();
        let wish = json!({ "user_id": sam(), "reason": "no phone", "requirement_id": id });
        owner.post(EXEMPTIONS, &wish).expect(201);
        browser.get("/api/v1/home").expect(200);
        damage_accounts(house.app(), &format!("UPDATE exemption SET {damage}"));
        is_refused(&mut browser, damage);
        others_go_on(&mut owner, damage);
        let row = on_board(&mut owner);
        let unreadable = &row["requirements"][0]["unreadable"];
        assert_eq!((&row["state"], unreadable), (&json!("blocked"), &json!(true)), "{damage}");
        let listed = owner.get(EXEMPTIONS).expect(200).json()["exemptions"].clone();
        assert_eq!(listed.as_array().unwrap().len(), 1, "{damage}: {listed}");
        let one = &listed[0];
        assert_eq!((&one["name"], &one["unreadable"]), (&json!("Sam"), &json!(true)), "{damage}");
        assert_eq!(one["requirement_id"] == id, reads_from, "{damage}");
        let end = format!("{EXEMPTIONS}/{}/end", one["id"].as_str().unwrap());
        owner.post(&end, &json!({})).expect(204);
        assert_eq!(newest(&mut owner, "exemption.ended")["unreadable"], true, "{damage}");
        assert_eq!(on_board(&mut owner)["state"], "grace", "{damage}: as without one");
        browser.get("/api/v1/home").expect(200);
    }
}

/// A switch that is neither on nor off is on, and a group that is none is everybody's.
#[test]
fn fail_open_a_requirement_that_does_not_say_of_whom_or_whether_refuses_everybody() {
    let house = House::new();
    let mut browser = house.browser();
    for (of, damage) in [(Of::Server, "is_on = 7"), (Of::Group, "group_id = x'03'")] {
        let id = require(&house, &mut house.owner(), of, 14);
        damage_accounts(house.app(), &format!("UPDATE requirement SET {damage}"));
        let mut owner = house.owner();
        for client in [&mut browser, &mut owner] {
            is_refused(client, damage);
        }
        let policy = owner.get("/api/v1/policy").expect(200).json();
        assert_eq!(policy["unreadable"], json!([id]), "{damage}");
        owner.post(&format!("/api/v1/policy/requirements/{id}/remove"), &json!({})).expect(204);
        browser.get("/api/v1/home").expect(200);
    }
}
