//! What would come of a requirement: whom it stops at once, and what plays for them.

use serde_json::{Value, json};

use crate::devices::approve;
use crate::harness::Client;
use crate::policy_acts::wish;
use crate::policy_house::{House, Of};
use crate::resets::{poll, television};

fn preview(owner: &mut Client, wish: &Value) -> Value {
    owner.post("/api/v1/policy/preview", wish).expect(200).json()
}

#[test]
fn whoever_showed_the_factor_too_long_ago_is_counted_with_what_plays_for_them() {
    let house = House::new();
    house.give_factor();
    let (mut sam, app) = (house.browser_with_factor(), house.app());
    let (mut tv, shown) = television(app);
    approve(&mut sam, &json!({ "code": shown["user_code"] }), "Living room").expect(204);
    assert_eq!(poll(&mut tv, &shown), "done");
    let any_age = wish(&house, Of::Server, "mfa", 0);
    let mut an_hour = any_age.clone();
    an_hour["max_age_s"] = json!(3600);
    let told = preview(&mut house.owner(), &an_hour);
    assert_eq!((&told["asked_again"], &told["devices"]), (&json!(0), &json!(0)), "{told}");
    app.clock.advance(3_600_000);
    let mut owner = house.owner();
    assert_eq!(preview(&mut owner, &any_age)["changed"], 0, "as long ago as they like");
    let told = preview(&mut owner, &an_hour);
    // The owner is signed in elsewhere, too, and has shown nothing there for an hour.
    assert_eq!((&told["changed"], &told["asked_again"]), (&json!(2), &json!(2)), "{told}");
    assert_eq!(told["devices"], 1, "{told}");
    assert_eq!(told["before"], told["after"], "nobody has to set anything up");
    let sams = &told["affected"][0];
    assert_eq!((&sams["name"], &sams["after"]["state"]), (&json!("Sam"), &json!("ok")), "{told}");
    assert_eq!((&sams["asked_again"], &sams["devices"]), (&json!(true), &json!(1)), "{told}");
    // What the preview said is what comes of it.
    for client in [&mut sam, &mut tv] {
        client.get("/api/v1/home").expect(200);
    }
    owner.post("/api/v1/policy/requirements", &an_hour).expect(200);
    for client in [&mut sam, &mut tv] {
        client.get("/api/v1/home").expect(401);
    }
    owner.get("/api/v1/home").expect(200);
    let told = preview(&mut owner, &an_hour);
    assert_eq!(told["changed"], 0, "what is stopped already is not stopped by it: {told}");
}

#[test]
fn of_whoever_has_to_set_a_factor_up_the_devices_are_counted() {
    let house = House::new();
    let mut owner = house.owner();
    let clients = house.clients();
    let told = preview(&mut owner, &wish(&house, Of::Server, "mfa", 0));
    let sams = &told["affected"][0];
    assert_eq!((&sams["name"], &sams["after"]["state"]), (&json!("Sam"), &json!("blocked")));
    assert_eq!(sams["asked_again"], false, "they have nothing to show: {told}");
    assert_eq!(sams["devices"], clients.len() - 1, "all but the browser: {told}");
    let told = preview(&mut owner, &wish(&house, Of::Server, "mfa", 14));
    assert_eq!(told["devices"], 0, "grace is theirs, too: {told}");
}
