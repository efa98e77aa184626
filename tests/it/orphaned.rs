//! A server whose owner has signed it out: what goes on, and the way back.

use serde_json::json;

use crate::access::member;
use crate::harness::{App, Options, Owner};
use crate::recovery::{generation, state, wish};

fn given_up() -> (App, Owner, crate::harness::Client) {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let member = member(&app);
    owner.browser.post("/api/v1/server/give-up", &json!({ "name": "Stead" })).expect(204);
    assert_eq!(state(&app), "orphaned");
    (app, owner, member)
}

#[test]
fn an_owner_signs_the_server_out_by_typing_its_name() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut member = member(&app);
    let give_up = |name: &str| json!({ "name": name });
    member.post("/api/v1/server/give-up", &give_up("Stead")).expect(403);
    let slip = owner.browser.post("/api/v1/server/give-up", &give_up("Sted")).expect(422);
    assert_eq!(slip.code(), "not_its_name");
    assert_eq!(state(&app), "claimed");
    app.clock.advance(16 * 60_000);
    owner.browser.post("/api/v1/server/give-up", &give_up("Stead")).expect(401);
    assert_eq!(state(&app), "claimed", "it takes a fresh factor");
}

#[test]
fn an_orphaned_server_plays_for_those_it_knows_and_is_administered_by_nobody() {
    let (app, owner, mut member) = given_up();
    let mut old = owner.browser.clone();
    old.get("/api/v1/me").expect(401);
    member.get("/api/v1/home").expect(200);
    let refused = member.get("/api/v1/settings").expect(403);
    assert_eq!(refused.code(), "orphaned");
    let begin = json!({
        "proof": { "kind": "link", "secret": "AAAAAAAAAAAAAAAAAAAAAA" }, "browser_time_ms": 0,
    });
    app.client().post("/api/v1/claim/begin", &begin).expect(410);
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(state(&app), "orphaned", "a restart brings no owner back");
    member.at(app.http_port).get("/api/v1/home").expect(200);
}

#[test]
fn an_owner_may_have_it_that_nothing_plays_without_them() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut member = member(&app);
    let stop = json!({ "orphaned_playback": false });
    member.post("/api/v1/settings", &stop).expect(403);
    owner.browser.post("/api/v1/settings", &stop).expect(204);
    let settings = owner.browser.get("/api/v1/settings").expect(200).json();
    assert_eq!(
        (&settings["orphaned_playback"], &settings["name"]),
        (&json!(false), &json!("Stead"))
    );
    member.get("/api/v1/home").expect(200);
    owner.browser.post("/api/v1/server/give-up", &json!({ "name": "Stead" })).expect(204);
    assert_eq!(member.get("/api/v1/home").expect(403).code(), "orphaned_closed");
    member.get("/api/v1/me").expect(200);
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    member.get("/api/v1/home").expect(200);
}

#[test]
fn the_same_owner_comes_back_and_members_notice_nothing() {
    let (app, owner, mut member) = given_up();
    assert_eq!(member.post("/api/v1/unlock", &json!({})).expect(403).code(), "not_your_role");
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    let refused = browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(403);
    assert_eq!(refused.code(), "orphaned");
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!((state(&app).as_str(), generation(&app).as_str()), ("claimed", "generation 1"));
    browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
    member.get("/api/v1/home").expect(200);
    let options = Options::with_clock(&app.clock);
    assert_eq!(state(&app.restart(options)), "claimed");
}

#[test]
fn an_orphaned_server_gets_a_new_owner_by_whoever_has_the_box_in_hand() {
    let (mut app, _, member) = given_up();
    app.stop();
    wish(&app, "root\n");
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(state(&app), "recovery");
    Owner::claim(&app);
    assert_eq!((state(&app).as_str(), generation(&app).as_str()), ("claimed", "generation 2"));
    member.at(app.http_port).get("/api/v1/me").expect(401);
}
