//! What an owner does with people: another role, and the end.

use std::io::Read as _;

use serde_json::json;
use stead_store::Store;
use stead_store::accounts::audit;

use crate::endings::begin;
use crate::harness::{in_accounts, in_accounts_many};
use crate::resets::{Home, SAM, Whose, poll, signed_in};

fn post(home: &mut Home, what: &str, body: &serde_json::Value) -> crate::harness::Answer {
    home.owner.browser.post(&format!("/api/v1/people/{SAM}/{what}"), body)
}

#[test]
fn a_member_becomes_an_administrator_and_a_member_again() {
    let mut home = Home::start(Whose::Member);
    let sql = format!(
        "INSERT INTO exemption VALUES (x'{SAM}', x'{SAM}', NULL, 'Grandmother', 100, 0, 0, 0, x'00', 0)"
    );
    in_accounts(&home.app, &sql);
    let (mut before, mut tv) = (home.open[0].1.clone(), home.open[2].1.clone());
    assert_eq!(before.get("/api/v1/people").expect(403).code(), "not_your_role");
    post(&mut home, "role", &json!({ "role": "administrator" })).expect(204);
    // The same again changes nothing, and ends nothing.
    let mut after = signed_in(&home.app, &home.person, "phone", "no");
    post(&mut home, "role", &json!({ "role": "administrator" })).expect(204);
    // What was signed in for the old role is over; televisions only play, and go on.
    assert_eq!(before.get("/api/v1/me").expect(401).code(), "not_signed_in");
    tv.get("/api/v1/home").expect(200);
    after.get("/api/v1/people").expect(200);
    let told = after.get("/api/v1/notices").expect(200).json();
    let told = told["notices"].as_array().unwrap().clone();
    let role = |one: &serde_json::Value| one["kind"] == "role_changed";
    assert!(told.iter().any(|one| role(one) && one["about"] == "administrator"), "{told:?}");
    // Who administers is never exempt.
    assert_eq!(in_accounts_many(&home.app, "DELETE FROM exemption"), 0);
    // An administrator changes nobody's role, not their own either.
    let own = format!("/api/v1/people/{SAM}/role");
    let refused = after.post(&own, &json!({ "role": "member" }));
    assert_eq!(refused.expect(403).code(), "not_your_role");
    post(&mut home, "role", &json!({ "role": "member" })).expect(204);
    after.get("/api/v1/people").expect(401);
    let mut member = signed_in(&home.app, &home.person, "phone", "no");
    assert_eq!(member.get("/api/v1/people").expect(403).code(), "not_your_role");
}

#[test]
fn who_is_removed_is_out_at_once_by_every_door() {
    let mut home = Home::start(Whose::Member);
    let phone = home.open[0].1.clone();
    let mut events = begin(&home.app, &phone, "/api/v1/events");
    for (what, client) in &mut home.open {
        assert_eq!(client.get("/api/v1/home").status, 200, "{what}");
    }
    post(&mut home, "remove", &json!({})).expect(204);
    for (what, client) in &mut home.open {
        let answer = client.get("/api/v1/home");
        assert!(matches!(answer.status, 401), "{what}: {}", answer.status);
    }
    assert_eq!(poll(&mut home.late.0, &home.late.1), "denied");
    home.laptop.get("/api/v1/me").expect(401);
    // What went on ends by itself: the server closes it.
    let mut rest = Vec::new();
    events.read_to_end(&mut rest).unwrap();
    home.app.clock.advance(60_000);
    let who = json!({ "name": home.person.name, "password": home.person.password });
    let refused = home.app.client().post("/api/v1/signin", &who);
    assert_eq!(refused.expect(401).code(), "wrong_name_or_password");
    assert_eq!(post(&mut home, "remove", &json!({})).expect(404).code(), "not_found");
    let people = home.owner.browser.get("/api/v1/people").expect(200).json();
    assert_eq!(people["people"].as_array().unwrap().len(), 1, "{people}");
    // The log keeps who that was, and the name is free.
    let store = Store::open(&home.app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    let removed = log.iter().find(|(kind, _)| kind == "people.removed").unwrap();
    assert!(removed.1.contains(SAM) && removed.1.contains("Sam"), "{}", removed.1);
    assert!(log.iter().any(|(kind, detail)| kind != "people.removed" && detail.contains(SAM)));
    let again = json!({ "name": "Sam", "role": "member" });
    home.owner.browser.post("/api/v1/invitations", &again).expect(201);
}

#[test]
fn the_owner_is_neither_removed_nor_made_less() {
    let mut home = Home::start(Whose::Owner);
    let people = home.owner.browser.get("/api/v1/people").expect(200).json();
    let owner = people["people"][0]["id"].as_str().unwrap().to_owned();
    for (what, body) in [("remove", json!({})), ("role", json!({ "role": "member" }))] {
        let path = format!("/api/v1/people/{owner}/{what}");
        let answer = home.owner.browser.post(&path, &body);
        assert_eq!(answer.expect(409).code(), "not_for_owner", "{what}");
    }
    let path = format!("/api/v1/people/{owner}/role");
    let second = home.owner.browser.post(&path, &json!({ "role": "owner" }));
    assert_eq!(second.expect(400).code(), "bad_json");
    home.owner.browser.get("/api/v1/people").expect(200);
}
