//! What other sessions are told of sign-ins and copies, and "it was not me".

use serde_json::{Value, json};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{Answer, App, Client, Owner, in_accounts, second_account, totp_code};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

fn code_now(app: &App, secret: &str) -> String {
    totp_code(secret, app.clock_ms().unsigned_abs() / 1000)
}

fn begin(app: &App, owner: &Owner, browser: &mut Client) -> Answer {
    app.clock.advance(MINUTE);
    let who = json!({ "name": owner.name, "password": owner.password });
    browser.post("/api/v1/signin", &who)
}

fn finish(app: &App, browser: &mut Client, ticket: &Value, factor: (&str, &str)) -> Answer {
    let body = json!({
        "ticket": ticket, "method": factor.0, "code": factor.1, "browser_time_ms": app.clock_ms(),
    });
    browser.post("/api/v1/signin/factor", &body)
}

fn signed_in(app: &App, owner: &Owner, agent: &str) -> Client {
    let mut browser = app.client().with("user-agent", agent);
    let first = begin(app, owner, &mut browser).expect(200).json();
    let code = code_now(app, &owner.totp_secret);
    finish(app, &mut browser, &first["ticket"], ("totp", &code)).expect(200);
    browser
}

fn add_totp(app: &App, browser: &mut Client, name: &str) -> String {
    let begun = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let secret = begun["secret_base32"].as_str().unwrap().to_owned();
    let code = code_now(app, &secret);
    let body = json!({ "ticket": begun["ticket"], "name": name, "code": code });
    browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
    secret
}

fn told(browser: &mut Client, kind: &str) -> Vec<Value> {
    let all = browser.get("/api/v1/notices").expect(200).json();
    let all = all["notices"].as_array().unwrap().iter();
    all.filter(|notice| notice["kind"] == kind).cloned().collect()
}

fn disown(browser: &mut Client, notice: &Value) -> Answer {
    let path = format!("/api/v1/notices/{}/disown", notice["id"].as_str().unwrap());
    browser.post(&path, &json!({}))
}

fn wanted(browser: &mut Client) -> Value {
    browser.get("/api/v1/me").expect(200).json()["session"]["new_password_wanted"].clone()
}

#[test]
fn a_sign_in_is_told_wherever_one_is_signed_in_already_and_not_to_itself() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut there = signed_in(&app, &owner, "Firefox, there");
    let seen = told(&mut owner.browser, "signed_in");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["about"], "Firefox, there");
    assert!(told(&mut there, "signed_in").is_empty());
    there.post("/api/v1/signout", &json!({})).expect(204);
    assert_eq!(told(&mut owner.browser, "signed_in").len(), 1, "it was there, and it is told");
    let mut later = signed_in(&app, &owner, "Firefox, later");
    assert!(told(&mut later, "signed_in").is_empty(), "who signed out and comes back is not asked");
    let mut another = signed_in(&app, &owner, "Firefox, another");
    assert_eq!(told(&mut another, "signed_in").len(), 1, "the other one is still signed in");
}

/// Nobody else was signed in when the thief came, and the thief says "seen".
#[test]
fn a_thief_hides_no_notice_from_sessions_that_come_later() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    owner.browser.post("/api/v1/signout", &json!({})).expect(204);
    let mut thief = signed_in(&app, &owner, "thief");
    add_totp(&app, &mut thief, "Theirs");
    let mut second = signed_in(&app, &owner, "thief");
    for kind in ["factor_added", "signed_in"] {
        let notice = told(&mut second, kind).remove(0);
        let path = format!("/api/v1/notices/{}/seen", notice["id"].as_str().unwrap());
        second.post(&path, &json!({})).expect(204);
        assert!(told(&mut second, kind).is_empty());
    }
    let mut phone = signed_in(&app, &owner, "phone");
    assert_eq!(told(&mut phone, "factor_added").len(), 1);
    assert_eq!(told(&mut phone, "signed_in").len(), 2);
}

#[test]
fn what_was_seen_in_a_remembered_browser_stays_seen_there() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut phone = app.client().with("user-agent", "phone");
    let first = begin(&app, &owner, &mut phone).expect(200).json();
    let body = json!({
        "ticket": first["ticket"], "method": "totp", "code": code_now(&app, &owner.totp_secret),
        "browser_time_ms": app.clock_ms(), "remember": "30_days",
    });
    phone.post("/api/v1/signin/factor", &body).expect(200);
    let mut tablet = signed_in(&app, &owner, "tablet");
    let notice = told(&mut phone, "signed_in").remove(0);
    let path = format!("/api/v1/notices/{}/seen", notice["id"].as_str().unwrap());
    phone.post(&path, &json!({})).expect(204);
    phone.post("/api/v1/signout", &json!({})).expect(204);
    assert_eq!(begin(&app, &owner, &mut phone).expect(200).json()["step"], "done");
    assert!(told(&mut phone, "signed_in").is_empty(), "it was seen here");
    tablet.get("/api/v1/me").expect(200);
    let mut other = signed_in(&app, &owner, "other");
    assert_eq!(told(&mut other, "signed_in").len(), 1, "and nowhere else");
}

#[test]
fn a_flood_of_sign_ins_makes_no_other_notice_go() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut thief = signed_in(&app, &owner, "thief");
    add_totp(&app, &mut thief, "Theirs");
    for _ in 0..=stead_rules::limits::NOTICES_MAX {
        signed_in(&app, &owner, "thief").post("/api/v1/signout", &json!({})).expect(204);
    }
    assert_eq!(told(&mut owner.browser, "factor_added").len(), 1);
}

/// The thief knows the password, had one code, and has added an authenticator of their own.
#[test]
fn it_was_not_me_takes_the_factor_the_sessions_and_the_password_from_the_thief() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut phone = signed_in(&app, &owner, "phone");
    let mut thief = signed_in(&app, &owner, "thief");
    let theirs = add_totp(&app, &mut thief, "Theirs");
    let notice = told(&mut phone, "factor_added").remove(0);
    app.clock.advance(16 * MINUTE);
    let stale = disown(&mut phone, &notice).expect(401);
    assert_eq!(stale.code(), "insufficient_user_authentication");
    let shown = json!({
        "method": "totp", "code": code_now(&app, &owner.totp_secret),
        "browser_time_ms": app.clock_ms(),
    });
    phone.post("/api/v1/stepup", &shown).expect(204);
    assert_eq!(disown(&mut phone, &notice).expect(200).json()["next"], "new_password");
    assert_eq!(thief.get("/api/v1/me").expect(401).code(), "session_ended");
    assert_eq!(wanted(&mut phone), true);
    let factors = phone.get("/api/v1/factors").expect(200).json();
    assert_eq!(factors["second"].as_array().unwrap().len(), 1, "{factors}");
    let first = begin(&app, &owner, &mut thief).expect(200).json();
    finish(&app, &mut thief, &first["ticket"], ("totp", &code_now(&app, &theirs))).expect(401);
    let new = json!({ "new": "nine blue umbrellas" });
    phone.post("/api/v1/password", &new).expect(204);
    assert_eq!(wanted(&mut phone), false);
    app.clock.advance(MINUTE);
    assert_eq!(begin(&app, &owner, &mut thief).expect(401).code(), "wrong_name_or_password");
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    assert!(log.iter().any(|(kind, _)| kind == "mfa.disowned"));
    app.clock.advance(MINUTE);
    let by = Owner { password: "nine blue umbrellas".to_owned(), ..owner };
    let mut later = signed_in(&app, &by, "later");
    assert_eq!(told(&mut later, "disowned").len(), 1, "who was signed out learns why");
}

/// A password demanded after a security event is never set by the old one alone.
#[test]
fn the_old_password_alone_neither_signs_in_nor_sets_the_one_that_is_wanted() {
    let app = App::start();
    let owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let sign_in = |browser: &mut Client| {
        let who = json!({ "name": "Sam", "password": owner.password });
        browser.post("/api/v1/signin", &who)
    };
    let (mut sam, mut thief) = (app.client(), app.client());
    sign_in(&mut sam).expect(200);
    app.clock.advance(SECOND);
    sign_in(&mut thief).expect(200);
    let notice = told(&mut sam, "signed_in").remove(0);
    assert_eq!(disown(&mut sam, &notice).expect(200).json()["next"], "ask_the_owner");
    thief.get("/api/v1/me").expect(401);
    assert_eq!(sign_in(&mut thief).expect(403).code(), "password_void");
    let change = json!({ "old": owner.password, "new": "nine blue umbrellas in a row" });
    let refused = sam.post("/api/v1/password", &change).expect(403);
    assert_eq!(refused.code(), "password_needs_code");
    // The owner's one-time code speaks for Sam.
    let mut boss = signed_in(&app, &owner, "owner");
    let id = "08080808080808080808080808080808";
    let made = boss.post(&format!("/api/v1/people/{id}/code"), &json!({})).expect(200).json();
    let code = made["code"].as_str().unwrap();
    let mut again = app.client();
    let first = sign_in(&mut again).expect(200).json();
    finish(&app, &mut again, &first["ticket"], ("recovery", code)).expect(200);
    assert_eq!(wanted(&mut again), true);
    again.post("/api/v1/password", &change).expect(204);
    assert_eq!(sign_in(&mut thief).expect(401).code(), "wrong_name_or_password");
}

#[test]
fn whoever_signed_in_loses_what_they_added_from_there() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut phone = signed_in(&app, &owner, "phone");
    add_totp(&app, &mut phone, "Mine");
    let mut thief = signed_in(&app, &owner, "thief");
    add_totp(&app, &mut thief, "Theirs");
    let notice = told(&mut phone, "signed_in").remove(0);
    assert_eq!(notice["about"], "thief");
    disown(&mut phone, &notice).expect(200);
    let left = phone.get("/api/v1/factors").expect(200).json();
    let names: Vec<_> = left["second"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Authenticator", "Mine"]);
    assert_eq!(told(&mut phone, "factor_added").len(), 1, "what else was told stays told");
}

#[test]
fn recovery_codes_that_somebody_else_made_are_void() {
    for disowned in ["recovery_codes_made", "signed_in"] {
        codes_of_a_thief_are_void(disowned);
    }
}

fn codes_of_a_thief_are_void(disowned: &str) {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut phone = signed_in(&app, &owner, "phone");
    let mut thief = signed_in(&app, &owner, "thief");
    let made = thief.post("/api/v1/recovery-codes", &json!({})).expect(200).json();
    let codes = made["recovery_codes"].as_array().unwrap();
    let code = codes[0].as_str().unwrap();
    let body = json!({ "ticket": made["ticket"], "code_tail": code[code.len() - 4..] });
    thief.post("/api/v1/recovery-codes/confirm", &body).expect(204);
    let notice = told(&mut phone, disowned).remove(0);
    disown(&mut phone, &notice).expect(200);
    let first = begin(&app, &owner, &mut thief).expect(200).json();
    assert_eq!(first["methods"], json!(["totp", "approval"]));
    finish(&app, &mut thief, &first["ticket"], ("recovery", code)).expect(401);
}

#[test]
fn a_wanted_password_is_asked_for_with_its_factor_in_a_remembered_browser_too() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut phone = signed_in(&app, &owner, "phone");
    signed_in(&app, &owner, "thief");
    let notice = told(&mut phone, "signed_in").remove(0);
    disown(&mut phone, &notice).expect(200);
    let mut browser = app.client();
    let first = begin(&app, &owner, &mut browser).expect(200).json();
    let body = json!({
        "ticket": first["ticket"], "method": "totp", "code": code_now(&app, &owner.totp_secret),
        "browser_time_ms": app.clock_ms(), "remember": "30_days",
    });
    browser.post("/api/v1/signin/factor", &body).expect(200);
    assert_eq!(wanted(&mut browser), true);
    assert_eq!(begin(&app, &owner, &mut browser).expect(200).json()["step"], "factor");
}

#[test]
fn nobody_disowns_what_another_was_told() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    signed_in(&app, &owner, "there");
    let notice = told(&mut owner.browser, "signed_in").remove(0);
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    disown(&mut sam, &notice).expect(404);
    assert_eq!(wanted(&mut owner.browser), false);
}

#[test]
fn the_last_factor_is_not_disowned_away() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut phone = signed_in(&app, &owner, "phone");
    let mut thief = signed_in(&app, &owner, "thief");
    add_totp(&app, &mut thief, "Theirs");
    in_accounts(&app, "DELETE FROM totp WHERE name = 'Authenticator'");
    let notice = told(&mut phone, "factor_added").remove(0);
    assert_eq!(disown(&mut phone, &notice).expect(409).code(), "last_factor");
    add_totp(&app, &mut phone, "Mine");
    disown(&mut phone, &notice).expect(200);
}
