//! Household profiles: what they watched is their own, PINs keep them apart, and their person's device
//! is what is judged.

use serde_json::json;

use crate::devices::approve;
use crate::harness::{App, Client, in_accounts, in_accounts_many};
use crate::media::FILM;
use crate::resets::{Home, SAM, Whose, poll};
use crate::stream::Cinema;

fn make(browser: &mut Client, name: &str, pin: Option<&str>) -> String {
    let made = browser.post("/api/v1/profiles", &json!({ "name": name, "pin": pin })).expect(201);
    made.json()["id"].as_str().unwrap().to_owned()
}

fn enter(browser: &mut Client, profile: &str, pin: Option<&str>) -> crate::harness::Answer {
    browser.post(&format!("/api/v1/profiles/{profile}/enter"), &json!({ "pin": pin }))
}

fn leave(browser: &mut Client, pin: Option<&str>) -> crate::harness::Answer {
    browser.post("/api/v1/profiles/leave", &json!({ "pin": pin }))
}

/// A television that is let in by this browser.
fn television(app: &App, phone: &mut Client) -> Client {
    let mut tv = app.client();
    let offer = tv.post("/api/v1/tv/begin", &json!({ "name": "Television" })).expect(200).json();
    approve(phone, &json!({ "code": offer["user_code"] }), "Living room").expect(204);
    assert_eq!(poll(&mut tv, &offer), "done");
    tv
}

#[test]
fn what_a_profile_watched_is_its_own() {
    let mut cinema = Cinema::new(FILM);
    let film = cinema.film.clone();
    let browser = &mut cinema.world.browser;
    let kim = make(browser, "Kim", None);
    let heard = json!({ "position_ms": 1, "event": "playing" });
    let progress = format!("/api/v1/items/{film}/progress");
    enter(browser, &kim, None).expect(204);
    let told = browser.get("/api/v1/profiles").expect(200).json();
    assert_eq!(told["current"], kim.as_str());
    let found = browser.get("/api/v1/home").expect(200).text();
    assert!(found.contains(&film), "a profile sees what its person sees: {found}");
    browser.post(&progress, &heard).expect(204);
    leave(browser, None).expect(204);
    let app = &cinema.world.app;
    assert!(in_accounts_many(app, "UPDATE user_data SET watched = 1") > 0);
    enter(browser, &kim, None).expect(204);
    let seen = browser.get(&format!("/api/v1/items/{film}")).expect(200).text();
    leave(browser, None).expect(204);
    let unseen = browser.get(&format!("/api/v1/items/{film}")).expect(200).text();
    assert!(seen.contains("\"watched\":true"), "{seen}");
    assert!(!unseen.contains("\"watched\":true"), "{unseen}");
    // It goes with the profile.
    browser.post(&format!("/api/v1/profiles/{kim}/remove"), &json!({})).expect(204);
    assert_eq!(in_accounts_many(&cinema.world.app, "DELETE FROM user_data"), 0);
}

#[test]
fn a_pin_is_asked_for_and_five_wrong_ones_end_the_guessing() {
    let mut home = Home::start(Whose::Member);
    let phone = &mut home.open[0].1;
    let kim = make(phone, "Kim", Some("4711"));
    for pin in ["12", "12a4", "1234567890123"] {
        let answer = phone.post("/api/v1/profiles", &json!({ "name": "Alex", "pin": pin }));
        assert_eq!(answer.expect(422).code(), "pin_invalid", "{pin}");
    }
    let again = phone.post("/api/v1/profiles", &json!({ "name": "KIM" }));
    assert_eq!(again.expect(422).code(), "profile_name_taken");
    let mut tv = television(&home.app, phone);
    assert_eq!(enter(&mut tv, &kim, None).expect(403).code(), "pin_wrong");
    enter(&mut tv, &kim, Some("4711")).expect(204);
    leave(&mut tv, None).expect(204);
    for left in (0..5).rev() {
        let wrong = enter(&mut tv, &kim, Some("0815")).expect(403);
        assert_eq!(
            (wrong.code().as_str(), &wrong.json()["tries_left"]),
            ("pin_wrong", &json!(left))
        );
    }
    // Its person is told where they are signed in, and nobody where it was typed.
    let told = |browser: &mut Client| browser.get("/api/v1/notices").expect(200).text();
    assert!(
        told(phone).contains("\"kind\":\"profile_locked\",\"about\":\"Kim\""),
        "{}",
        told(phone)
    );
    // The right one opens no more, from any device, until its person lets it be tried again
    for device in [&mut tv, &mut *phone] {
        assert_eq!(enter(device, &kim, Some("4711")).expect(403).code(), "pin_locked");
    }
    let allow = format!("/api/v1/profiles/{kim}/allow");
    assert!(matches!(tv.post(&allow, &json!({})).status, 401 | 403), "not from where it was typed");
    phone.post(&allow, &json!({})).expect(204);
    assert_eq!(enter(&mut tv, &kim, Some("0815")).expect(403).json()["tries_left"], 4);
    enter(&mut tv, &kim, Some("4711")).expect(204);
    leave(&mut tv, None).expect(204);
    // or sets another.
    let other = json!({ "pin": "123456" });
    phone.post(&format!("/api/v1/profiles/{kim}"), &other).expect(204);
    enter(&mut tv, &kim, Some("4711")).expect(403);
    enter(&mut tv, &kim, Some("123456")).expect(204);
    // A television is no place to change a profile.
    let mine = tv.post(&format!("/api/v1/profiles/{kim}"), &json!({ "pin": null }));
    assert!(matches!(mine.status, 401 | 403), "{}", mine.status);
    // Somebody else's profile is not there.
    let mut owner = home.owner.browser.clone();
    assert_eq!(enter(&mut owner, &kim, Some("123456")).expect(404).code(), "not_found");
}

#[test]
fn one_comes_back_from_a_profile_by_ones_own_pin() {
    let mut home = Home::start(Whose::Member);
    let phone = &mut home.open[0].1;
    let kim = make(phone, "Kim", None);
    phone.post("/api/v1/profiles/own-pin", &json!({ "pin": "9001" })).expect(204);
    enter(phone, &kim, None).expect(204);
    assert_eq!(leave(phone, None).expect(403).code(), "pin_wrong");
    for _ in 0..4 {
        leave(phone, Some("1234")).expect(403);
    }
    assert_eq!(leave(phone, Some("9001")).expect(403).code(), "pin_locked");
    // The owner of the server helps, or a sign-in does.
    let path = format!("/api/v1/people/{SAM}/pins");
    assert_eq!(phone.post(&path, &json!({})).expect(403).code(), "not_your_role");
    home.owner.browser.post(&path, &json!({})).expect(204);
    leave(&mut home.open[0].1, None).expect(204);
}

#[test]
fn by_a_profile_nobody_administers_and_nothing_of_its_person_is_changed() {
    let mut home = Home::start(Whose::Owner);
    let mut browser = home.owner.browser.clone();
    let kim = make(&mut browser, "Kim", None);
    browser.get("/api/v1/people").expect(200);
    enter(&mut browser, &kim, None).expect(204);
    for path in ["/api/v1/people", "/api/v1/settings", "/api/v1/sessions", "/api/v1/factors"] {
        assert_eq!(browser.get(path).expect(403).code(), "in_profile", "{path}");
    }
    for path in ["/api/v1/factors/totp", "/api/v1/recovery-codes", "/api/v1/profiles/own-pin"] {
        let answer = browser.post(path, &json!({}));
        assert_eq!(answer.expect(403).code(), "in_profile", "{path}");
    }
    for path in ["/api/v1/me", "/api/v1/home", "/api/v1/profiles"] {
        browser.get(path).expect(200);
    }
    leave(&mut browser, None).expect(204);
    browser.get("/api/v1/people").expect(200);
    // A device whose profile goes is signed out: it never becomes its person's.
    let mut tv = television(&home.app, &mut browser);
    enter(&mut tv, &kim, None).expect(204);
    browser.post(&format!("/api/v1/profiles/{kim}/remove"), &json!({})).expect(204);
    assert_eq!(tv.get("/api/v1/me").expect(401).code(), "not_signed_in");
    home.laptop.get("/api/v1/me").expect(200);
}

#[test]
fn where_the_owner_wants_pins_nothing_is_entered_without_one() {
    let mut home = Home::start(Whose::Member);
    let (group, app) = ("0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", &home.app);
    in_accounts(
        app,
        &format!("INSERT INTO user_group VALUES (x'{group}', 'Family', 'family', 0, 0)"),
    );
    in_accounts(app, &format!("INSERT INTO group_member VALUES (x'{group}', x'{SAM}', 0)"));
    let phone = &mut home.open[0].1;
    let kim = make(phone, "Kim", None);
    enter(phone, &kim, None).expect(204);
    leave(phone, None).expect(204);
    let mut tv = television(app, phone);
    enter(&mut tv, &kim, None).expect(204);
    in_accounts(app, "UPDATE user_group SET profiles_need_pin = 1");
    // Whoever was inside before comes out as nobody without a PIN does.
    assert_eq!(leave(&mut tv, None).expect(409).code(), "pin_missing");
    assert_eq!(phone.get("/api/v1/profiles").expect(200).json()["pins_needed"], true);
    assert_eq!(enter(phone, &kim, None).expect(409).code(), "pin_missing");
    let without = phone.post("/api/v1/profiles", &json!({ "name": "Alex" }));
    assert_eq!(without.expect(422).code(), "pin_needed");
    phone.post(&format!("/api/v1/profiles/{kim}"), &json!({ "pin": "4711" })).expect(204);
    // Without one of one's own every profile would lead to oneself.
    assert_eq!(enter(phone, &kim, Some("4711")).expect(409).code(), "pin_missing");
    phone.post("/api/v1/profiles/own-pin", &json!({ "pin": "9001" })).expect(204);
    enter(phone, &kim, Some("4711")).expect(204);
    leave(phone, Some("9001")).expect(204);
    let none = phone.post("/api/v1/profiles/own-pin", &json!({ "pin": null }));
    assert_eq!(none.expect(422).code(), "pin_needed");
}

/// Under a requirement for the whole server.
#[test]
fn a_childs_profile_plays_on_a_paired_device_of_an_enrolled_parent_and_nowhere_else() {
    let mut home = Home::start(Whose::Member);
    let kim = make(&mut home.open[0].1, "Kim", Some("4711"));
    let mut tv = television(&home.app, &mut home.open[0].1);
    enter(&mut tv, &kim, Some("4711")).expect(204);
    in_accounts(
        &home.app,
        "INSERT INTO requirement VALUES (1, 'server', NULL, NULL, 'mfa', 0, NULL, 1, 0)",
    );
    tv.get("/api/v1/home").expect(200);
    // Not by the password alone, whatever PIN is known: the profile is in no session of a stranger.
    let mut stranger = home.app.client();
    assert_eq!(enter(&mut stranger, &kim, Some("4711")).expect(401).code(), "not_signed_in");
    home.app.clock.advance(60_000);
    let who = json!({ "name": home.person.name, "password": home.person.password });
    assert_eq!(stranger.post("/api/v1/signin", &who).expect(200).json()["step"], "factor");
    assert_eq!(enter(&mut stranger, &kim, Some("4711")).expect(401).code(), "not_signed_in");
    // A parent without a second factor: their child plays nowhere, also where it played before.
    let wish = json!({ "name": "Alex", "role": "member" });
    in_accounts(&home.app, "UPDATE requirement SET is_on = 0");
    let made = home.owner.browser.post("/api/v1/invitations", &wish).expect(201).json();
    let secret = made["urls"][0].as_str().unwrap().split_once("#s=").unwrap().1.to_owned();
    let body = json!({ "secret": secret, "password": "four slow wooden ferries",
        "browser_time_ms": home.app.clock_ms() });
    let mut alex = home.app.client();
    alex.post("/api/v1/join", &body).expect(201);
    let theirs = make(&mut alex, "Sascha", None);
    let mut tv_of_alex = television(&home.app, &mut alex);
    enter(&mut tv_of_alex, &theirs, None).expect(204);
    tv_of_alex.get("/api/v1/home").expect(200);
    in_accounts(&home.app, "UPDATE requirement SET is_on = 1");
    assert_eq!(tv_of_alex.get("/api/v1/home").expect(403).code(), "enrolment_required");
    enter(&mut alex, &theirs, None).expect(204);
    assert_eq!(alex.get("/api/v1/home").expect(403).code(), "enrolment_required");
    tv.get("/api/v1/home").expect(200);
}
