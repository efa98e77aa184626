//! After a security event: one act, and what each of its people meets then.

use serde_json::json;
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::Client;
use crate::resets::{Home, SAM, Whose, code_now, poll, signed_in};

const NEW: &str = "eleven quiet lighthouses";

fn declare(home: &mut Home) -> serde_json::Value {
    let server = home.owner.browser.get("/api/v1/settings").expect(200).json();
    let name = json!({ "name": server["name"] });
    home.owner.browser.post("/api/v1/security-event", &name).expect(200).json()
}

fn wants_another(browser: &mut Client) -> bool {
    browser.get("/api/v1/me").expect(200).json()["session"]["new_password_wanted"] == true
}

#[test]
fn one_act_signs_everybody_out_and_asks_everybody_for_a_new_password() {
    let mut home = Home::start(Whose::Member);
    let wish = json!({ "name": "Kim", "role": "member" });
    home.owner.browser.post("/api/v1/invitations", &wish).expect(201);
    let told = declare(&mut home);
    assert_eq!((&told["people"], &told["passwords"]), (&json!(2), &json!(2)), "{told}");
    for (what, client) in &mut home.open {
        assert_eq!(client.get("/api/v1/home").status, 401, "{what}");
    }
    assert_eq!(poll(&mut home.late.0, &home.late.1), "denied");
    home.laptop.get("/api/v1/me").expect(401);
    // Whoever acted goes on, and has something to do as well.
    assert!(wants_another(&mut home.owner.browser));
    let waiting = home.owner.browser.get("/api/v1/invitations").expect(200).json();
    assert_eq!(waiting["invitations"], json!([]));
    // With the second factor a new password is set, and the old one is not asked for.
    let mut sam = signed_in(&home.app, &home.person, "phone", "no");
    assert!(wants_another(&mut sam));
    let notices = sam.get("/api/v1/notices").expect(200).json();
    let mut notices = notices["notices"].as_array().unwrap().iter();
    assert!(notices.any(|one| one["kind"] == "security_event"));
    sam.post("/api/v1/password", &json!({ "new": NEW })).expect(204);
    assert!(!wants_another(&mut sam));
    home.owner
        .browser
        .post("/api/v1/password", &json!({ "new": "nine loud harbour bells" }))
        .expect(204);
    let store = Store::open(&home.app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 200)).unwrap();
    assert!(log.iter().any(|(kind, _)| kind == "recovery.security_event"));
}

#[test]
fn the_old_password_alone_never_sets_the_new_one() {
    let mut home = Home::start(Whose::Member);
    // A member who has nothing but a password.
    let wish = json!({ "name": "Kim", "role": "member" });
    let made = home.owner.browser.post("/api/v1/invitations", &wish).expect(201).json();
    let secret = made["urls"][0].as_str().unwrap().split_once("#s=").unwrap().1.to_owned();
    let old = "four slow wooden ferries";
    let body = json!({ "secret": secret, "password": old, "browser_time_ms": home.app.clock_ms() });
    let mut kim = home.app.client();
    kim.post("/api/v1/join", &body).expect(201);
    declare(&mut home);
    kim.get("/api/v1/me").expect(401);
    // The password is right, also in the browser of before, and sets nothing.
    for mut browser in [kim, home.app.client()] {
        home.app.clock.advance(60_000);
        let who = json!({ "name": "Kim", "password": old });
        let answer = browser.post("/api/v1/signin", &who);
        if answer.status == 200 {
            let change = json!({ "old": old, "new": NEW });
            let refused = browser.post("/api/v1/password", &change);
            assert_eq!(refused.expect(403).code(), "password_needs_code");
            browser.post("/api/v1/factors/totp", &json!({})).expect(403);
        } else {
            assert_eq!(answer.expect(403).code(), "password_void");
        }
    }
    // Neither does the old one beside the second factor of somebody else, or a wrong code.
    home.app.clock.advance(60_000);
    let who = json!({ "name": "Sam", "password": home.person.password });
    let first = home.app.client().post("/api/v1/signin", &who).expect(200).json();
    assert_eq!(first["step"], "factor");
    let others = code_now(&home.app, &home.owner.totp_secret);
    let factor = json!({ "ticket": first["ticket"], "method": "totp", "code": others,
        "browser_time_ms": home.app.clock_ms() });
    home.app.client().post("/api/v1/signin/factor", &factor).expect(401);
    // The owner's link does.
    let people = home.owner.browser.get("/api/v1/people").expect(200).json();
    let people = people["people"].as_array().unwrap();
    let kim = people.iter().find(|one| one["name"] == "Kim").unwrap()["id"].as_str().unwrap();
    let path = format!("/api/v1/people/{kim}/link");
    let (mut owner, _) = home.owner.sign_in_at(&home.app, home.app.clock_ms());
    let made = owner.post(&path, &json!({ "new_factor": false })).expect(200).json();
    let secret = made["urls"][0].as_str().unwrap().split_once("#s=").unwrap().1.to_owned();
    let body = json!({ "secret": secret, "password": NEW, "browser_time_ms": home.app.clock_ms() });
    home.app.client().post("/api/v1/reset", &body).expect(200);
    let who = json!({ "name": "Kim", "password": NEW });
    let mut kim = home.app.client();
    assert_eq!(kim.post("/api/v1/signin", &who).expect(200).json()["step"], "done");
    assert!(!wants_another(&mut kim));
}

#[test]
fn it_takes_the_name_of_the_server_and_the_owner() {
    let mut home = Home::start(Whose::Member);
    let wrong = json!({ "name": "Sted" });
    let refused = home.owner.browser.post("/api/v1/security-event", &wrong);
    assert_eq!(refused.expect(422).code(), "not_its_name");
    let refused = home.laptop.post("/api/v1/security-event", &wrong);
    assert_eq!(refused.expect(403).code(), "not_your_role");
    for (what, client) in &mut home.open {
        assert_eq!(client.get("/api/v1/home").status, 200, "{what}");
    }
    assert!(!wants_another(&mut home.owner.browser));
    assert!(home.owner.browser.get("/api/v1/people").expect(200).text().contains(SAM));
}
