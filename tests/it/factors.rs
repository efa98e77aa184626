//! What somebody signs in with, from outside: showing it again, adding, naming and removing it, and
//! who is told of it.

use serde_json::{Value, json};
use stead::host::clock::Clock;
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{
    Answer, App, Client, Options, Owner, in_accounts, in_accounts_many, second_account, totp_code,
};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const DAY: u64 = 24 * 60 * MINUTE;

fn unix(app: &App) -> u64 {
    app.clock.now().wall.unix_seconds()
}

fn step_up(app: &App, browser: &mut Client, more: &Value) -> Answer {
    let mut body = json!({ "browser_time_ms": app.clock_ms() });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    browser.post("/api/v1/stepup", &body)
}

fn totp_now(app: &App, secret: &str) -> Value {
    json!({ "method": "totp", "code": totp_code(secret, unix(app)) })
}

/// The owner in a browser of their own, signed in with a code that was not used before.
fn elsewhere(app: &App, owner: &Owner) -> Client {
    app.clock.advance(MINUTE);
    let (browser, answer) = owner.sign_in_at(app, app.clock_ms());
    answer.expect(200);
    browser
}

/// Adds an authenticator and tells its secret.
fn add_totp(app: &App, browser: &mut Client, name: &str) -> String {
    let begun = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let secret = begun["secret_base32"].as_str().unwrap().to_owned();
    let uri = begun["otpauth_uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(&secret), "{uri}");
    assert!(begun["qr_svg"].as_str().unwrap().contains("<svg"));
    let code = totp_code(&secret, unix(app));
    let body = json!({ "ticket": begun["ticket"], "name": name, "code": code });
    browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
    secret
}

fn factors(browser: &mut Client) -> Value {
    browser.get("/api/v1/factors").expect(200).json()
}

fn id_of(browser: &mut Client, name: &str) -> String {
    let all = factors(browser);
    let found = all["second"].as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{all}"))["id"].as_str().unwrap().to_owned()
}

/// What a session is told of factors and codes; sign-ins are the matter of disown.rs.
fn notices(browser: &mut Client) -> Vec<(String, String)> {
    let all = browser.get("/api/v1/notices").expect(200).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = all["notices"].as_array().unwrap().clone();
    let all = all.iter().map(|one| (text(&one["kind"]), text(&one["about"])));
    all.filter(|(kind, _)| kind != "signed_in").collect()
}

fn is_stale(answer: Answer) {
    assert_eq!(answer.expect(401).code(), "insufficient_user_authentication");
}

#[test]
fn a_factor_shown_again_opens_guarding_acts_for_a_quarter_of_an_hour() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let name = json!({ "name": "Attic" });
    owner.browser.post("/api/v1/settings", &name).expect(204);
    app.clock.advance(16 * MINUTE);
    is_stale(owner.browser.post("/api/v1/settings", &name));
    is_stale(owner.browser.post("/api/v1/factors/totp", &json!({})));
    let wanted = owner.browser.get("/api/v1/stepup").expect(200).json();
    assert_eq!(wanted, json!({ "methods": ["totp", "recovery"], "password_too": false }));
    let shown = totp_now(&app, &owner.totp_secret);
    step_up(&app, &mut owner.browser, &shown).expect(204);
    owner.browser.post("/api/v1/settings", &name).expect(204);
    let me = owner.browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["methods"], json!(["password", "totp"]));
    app.clock.advance(15 * MINUTE);
    is_stale(owner.browser.post("/api/v1/settings", &name));
}

/// Session fixation: whoever planted or copied the token of before is not raised with it.
#[test]
fn a_step_up_gives_a_new_session_id_and_the_old_token_is_void() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let old = owner.browser.cookie("stead-loopback").unwrap().to_owned();
    let id = |browser: &mut Client| {
        browser.get("/api/v1/me").expect(200).json()["session"]["id"].clone()
    };
    let before = id(&mut owner.browser);
    app.clock.advance(16 * MINUTE);
    let shown = totp_now(&app, &owner.totp_secret);
    step_up(&app, &mut owner.browser, &shown).expect(204);
    assert_ne!(owner.browser.cookie("stead-loopback").unwrap(), old);
    assert_ne!(id(&mut owner.browser), before);
    let mut copied = app.client().with("Cookie", &format!("stead-loopback={old}"));
    copied.get("/api/v1/me").expect(401);
}

#[test]
fn a_step_up_takes_a_right_code_once_and_slows_guesses_with_the_sign_in() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    app.clock.advance(MINUTE);
    let wrong = json!({ "method": "totp", "code": "000000" });
    assert_eq!(step_up(&app, &mut owner.browser, &wrong).expect(401).code(), "wrong_code");
    let right = totp_now(&app, &owner.totp_secret);
    assert_eq!(step_up(&app, &mut owner.browser, &right).expect(429).code(), "slow_down");
    app.clock.advance(SECOND);
    step_up(&app, &mut owner.browser, &right).expect(204);
    assert_eq!(step_up(&app, &mut owner.browser, &right).expect(401).code(), "wrong_code");
    app.clock.advance(SECOND);
    let password = json!({ "password": owner.password });
    let refused = step_up(&app, &mut owner.browser, &password).expect(422);
    assert_eq!(refused.code(), "factor_needed", "the password alone raises nobody with a factor");
    let nothing = step_up(&app, &mut owner.browser, &json!({})).expect(422);
    assert_eq!(nothing.code(), "password_needed");
    step_up(&app, &mut app.client(), &right).expect(401);
}

#[test]
fn whoever_has_a_password_alone_shows_that_again() {
    let app = App::start();
    let owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    app.clock.advance(16 * MINUTE);
    is_stale(sam.post("/api/v1/password", &json!({ "old": owner.password, "new": "x" })));
    let wanted = sam.get("/api/v1/stepup").expect(200).json();
    assert_eq!(wanted["methods"], json!(["password"]));
    let wrong = step_up(&app, &mut sam, &json!({ "password": "not this one" })).expect(401);
    assert_eq!(wrong.code(), "wrong_name_or_password");
    app.clock.advance(SECOND);
    step_up(&app, &mut sam, &json!({ "password": owner.password })).expect(204);
    let change = |new: &str| json!({ "old": owner.password, "new": new });
    let short = sam.post("/api/v1/password", &change("fourteen chars")).expect(422);
    assert_eq!(short.code(), "password_too_short", "a password alone has fifteen characters");
    sam.post("/api/v1/password", &change("nine blue umbrellas")).expect(204);
}

#[test]
fn a_second_authenticator_is_added_named_and_signs_in_by_itself() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    app.clock.advance(SECOND);
    let second = add_totp(&app, &mut owner.browser, "Tablet");
    let all = factors(&mut owner.browser);
    let names: Vec<_> = all["second"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Authenticator", "Tablet"]);
    assert_eq!((&all["recovery_codes_left"], &all["has_password"]), (&json!(10), &json!(true)));
    let id = id_of(&mut owner.browser, "Tablet");
    let path = format!("/api/v1/factors/{id}/rename");
    let bad = owner.browser.post(&path, &json!({ "name": " " })).expect(422);
    assert_eq!(bad.code(), "name_invalid");
    owner.browser.post(&path, &json!({ "name": "Kitchen" })).expect(204);
    id_of(&mut owner.browser, "Kitchen");
    app.clock.advance(MINUTE);
    for secret in [second, owner.totp_secret.clone()] {
        let by = Owner { totp_secret: secret, ..copy(&owner) };
        by.sign_in_at(&app, app.clock_ms()).1.expect(200);
        by.sign_in_at(&app, app.clock_ms()).1.expect(401);
        app.clock.advance(SECOND);
    }
}

fn copy(owner: &Owner) -> Owner {
    Owner {
        browser: owner.browser.clone(),
        name: owner.name.clone(),
        password: owner.password.clone(),
        totp_secret: owner.totp_secret.clone(),
        recovery_codes: owner.recovery_codes.clone(),
    }
}

#[test]
fn a_new_authenticator_counts_when_its_first_code_is_right_and_drift_is_told() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let begun = owner.browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let secret = begun["secret_base32"].as_str().unwrap();
    let mut confirm = |code: &str| {
        let body = json!({ "ticket": begun["ticket"], "name": "Tablet", "code": code });
        owner.browser.post("/api/v1/factors/totp/confirm", &body)
    };
    assert_eq!(confirm("000000").expect(422).code(), "totp_wrong");
    let ahead = confirm(&totp_code(secret, unix(&app) + 240)).expect(422).json();
    assert_eq!((&ahead["code"], &ahead["drift_s"]), (&json!("totp_wrong"), &json!(240)));
    assert_eq!(ahead["server_time_ms"], app.clock_ms(), "the page shows both clocks");
    confirm(&totp_code(secret, unix(&app))).expect(204);
    let again = confirm(&totp_code(secret, unix(&app))).expect(409);
    assert_eq!(again.code(), "draft_over");
    assert_eq!(factors(&mut owner.browser)["second"].as_array().unwrap().len(), 2);
}

#[test]
fn a_draft_is_its_own_persons_and_ends_after_a_quarter_of_an_hour() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let begun = owner.browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let secret = begun["secret_base32"].as_str().unwrap();
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    let confirm = |browser: &mut Client| {
        let code = totp_code(secret, unix(&app));
        let body = json!({ "ticket": begun["ticket"], "name": "Tablet", "code": code });
        browser.post("/api/v1/factors/totp/confirm", &body)
    };
    assert_eq!(confirm(&mut sam).expect(409).code(), "draft_over");
    app.clock.advance(15 * MINUTE);
    let shown = totp_now(&app, &owner.totp_secret);
    step_up(&app, &mut owner.browser, &shown).expect(204);
    assert_eq!(confirm(&mut owner.browser).expect(409).code(), "draft_over");
}

#[test]
fn there_are_five_authenticators_at_most() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    for n in 2..=5 {
        add_totp(&app, &mut owner.browser, &format!("Phone {n}"));
    }
    let refused = owner.browser.post("/api/v1/factors/totp", &json!({})).expect(409);
    assert_eq!(refused.code(), "too_many_factors");
}

#[test]
fn other_sessions_are_told_of_a_new_factor_once_and_the_one_that_added_it_is_not() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut there = elsewhere(&app, &owner);
    let mut here = elsewhere(&app, &owner);
    app.clock.advance(MINUTE);
    add_totp(&app, &mut here, "Tablet");
    let told = ("factor_added".to_owned(), "Tablet".to_owned());
    assert_eq!(notices(&mut here), []);
    assert_eq!(notices(&mut there), std::slice::from_ref(&told));
    let list = there.get("/api/v1/notices").expect(200).json();
    let path = format!("/api/v1/notices/{}/seen", list["notices"][0]["id"].as_str().unwrap());
    there.post(&path, &json!({})).expect(204);
    assert_eq!(notices(&mut there), []);
    assert_eq!(notices(&mut owner.browser), [told], "each session sees it for itself");
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    assert_eq!(notices(&mut sam), []);
    sam.post(&path, &json!({})).expect(404);
}

/// Whatever changes is told to the person's other sessions and written into the log.
#[test]
fn every_change_of_what_somebody_signs_in_with_is_told_and_logged() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut here = elsewhere(&app, &owner);
    app.clock.advance(MINUTE);
    let second = add_totp(&app, &mut here, "Tablet");
    let tablet = id_of(&mut here, "Tablet");
    let path = |act: &str| format!("/api/v1/factors/{tablet}/{act}");
    here.post(&path("rename"), &json!({ "name": "Kitchen" })).expect(204);
    let codes = here.post("/api/v1/recovery-codes", &json!({})).expect(200).json();
    let code = codes["recovery_codes"][0].as_str().unwrap().to_owned();
    let kept = json!({ "ticket": codes["ticket"], "code_tail": &code[code.len() - 4..] });
    here.post("/api/v1/recovery-codes/confirm", &kept).expect(204);
    app.clock.advance(MINUTE);
    let who = json!({ "name": owner.name, "password": owner.password });
    let mut third = app.client();
    let first = third.post("/api/v1/signin", &who).expect(200).json();
    let shown = json!({ "ticket": first["ticket"], "method": "totp", "remember": "30_days",
        "code": totp_code(&second, unix(&app)), "browser_time_ms": app.clock_ms() });
    third.post("/api/v1/signin/factor", &shown).expect(200);
    let listed = here.get("/api/v1/remembered").expect(200).json();
    let device = listed["devices"][0]["id"].as_str().unwrap().to_owned();
    here.post(&format!("/api/v1/remembered/{device}/forget"), &json!({})).expect(204);
    let used = json!({ "method": "recovery", "code": code });
    step_up(&app, &mut here, &used).expect(204);
    let told: Vec<_> = notices(&mut owner.browser).into_iter().map(|(kind, _)| kind).collect();
    // These end the other sessions, which are told when they come back.
    let change = json!({ "old": owner.password, "new": "nine purple umbrellas" });
    here.post("/api/v1/password", &change).expect(204);
    here.post(&path("remove"), &json!({})).expect(204);
    app.clock.advance(MINUTE);
    let back = Owner { password: "nine purple umbrellas".to_owned(), ..copy(&owner) };
    let (mut again, answer) = back.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    let later: Vec<_> = notices(&mut again).into_iter().map(|(kind, _)| kind).collect();
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    for (kind, logged, ends_others) in [
        ("factor_added", "mfa.added", false),
        ("factor_renamed", "mfa.renamed", false),
        ("recovery_codes_made", "mfa.recovery_codes_made", false),
        ("recovery_code_used", "mfa.recovery_code_used", false),
        ("device_remembered", "mfa.remembered", false),
        ("device_forgotten", "mfa.forgotten", false),
        ("password_changed", "mfa.password_changed", true),
        ("factor_removed", "mfa.removed", true),
    ] {
        let list = if ends_others { &later } else { &told };
        assert!(list.iter().any(|one| one == kind), "{kind}: {list:?}");
        assert!(log.iter().any(|(one, _)| one == logged), "{logged}: {log:?}");
    }
}

/// Sessions older than a factor change.
#[test]
fn removing_a_factor_signs_everybody_else_of_that_user_out() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut there = elsewhere(&app, &owner);
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    let mut here = elsewhere(&app, &owner);
    let second = add_totp(&app, &mut here, "Tablet");
    let first = id_of(&mut here, "Authenticator");
    here.post(&format!("/api/v1/factors/{first}/remove"), &json!({})).expect(204);
    here.get("/api/v1/me").expect(200);
    for ended in [&mut there, &mut owner.browser] {
        assert_eq!(ended.get("/api/v1/me").expect(401).code(), "session_ended");
    }
    sam.get("/api/v1/me").expect(200);
    let listed = here.get("/api/v1/sessions").expect(200).json();
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1, "{listed}");
    app.clock.advance(MINUTE);
    let removed = owner.sign_in_at(&app, app.clock_ms()).1.expect(401);
    assert_eq!(removed.code(), "wrong_code", "the removed authenticator signs nobody in");
    app.clock.advance(SECOND);
    let by = Owner { totp_secret: second, ..copy(&owner) };
    let (mut again, answer) = by.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    let told = notices(&mut again);
    assert!(told.contains(&("factor_removed".to_owned(), "Authenticator".to_owned())), "{told:?}");
}

#[test]
fn the_owners_last_factor_stays_and_a_members_may_go() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let path = format!("/api/v1/factors/{}/remove", id_of(&mut owner.browser, "Authenticator"));
    assert_eq!(owner.browser.post(&path, &json!({})).expect(409).code(), "last_factor");
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    assert_eq!(sam.post(&path, &json!({})).expect(404).code(), "not_found");
    in_accounts(
        &app,
        "UPDATE session SET vouched = 'made_the_account' WHERE user_id = x'08080808080808080808080808080808'",
    );
    add_totp(&app, &mut sam, "Phone");
    let id = id_of(&mut sam, "Phone");
    let own = format!("/api/v1/factors/{id}/remove");
    let lost = json!({ "sessions": [], "factors": [id], "remembered": [] });
    let change = |old: &str, new: &str| json!({ "old": old, "new": new });
    // Eight characters are enough beside a factor, and too few to be all there is.
    sam.post("/api/v1/password", &change(&owner.password, "hut moss")).expect(204);
    in_accounts_many(&app, "UPDATE session SET factor_id = NULL");
    for (path, body) in [(own.as_str(), &json!({})), ("/api/v1/lost", &lost)] {
        assert_eq!(sam.post(path, body).expect(409).code(), "password_short_alone", "{path}");
    }
    assert_eq!(factors(&mut sam)["second"].as_array().unwrap().len(), 1);
    sam.post("/api/v1/password", &change("hut moss", "nine blue umbrellas")).expect(204);
    sam.post(&own, &json!({})).expect(204);
}

/// Enrolment hijack: an old password that others may know makes no account theirs.
#[test]
fn enrolment_hijack_a_first_factor_is_not_enrolled_by_an_old_password() {
    let app = App::start();
    let owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let mut thief = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    thief.post("/api/v1/signin", &who).expect(200);
    for first in ["/api/v1/factors/totp", "/api/v1/recovery-codes"] {
        let refused = thief.post(first, &json!({})).expect(403);
        assert_eq!(refused.code(), "enrolment_needs_code", "{first}");
    }
    in_accounts(
        &app,
        "UPDATE session SET vouched = 'one_time_code' WHERE user_id = x'08080808080808080808080808080808'",
    );
    let made = thief.post("/api/v1/recovery-codes", &json!({})).expect(200).json();
    let code = made["recovery_codes"][0].as_str().unwrap();
    let kept = json!({ "ticket": made["ticket"], "code_tail": code[code.len() - 4..] });
    thief.post("/api/v1/recovery-codes/confirm", &kept).expect(204);
    let shown = json!({ "method": "recovery", "code": code, "browser_time_ms": app.clock_ms() });
    assert_ne!(thief.post("/api/v1/stepup", &shown).status, 204, "it stands in for no factor");
    app.clock.advance(2 * SECOND);
    add_totp(&app, &mut thief, "Phone");
    let me = thief.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["assurance"], "mfa", "the first code was shown in this session");
}

#[test]
fn new_recovery_codes_count_when_they_were_kept_and_void_the_old_ones() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut there = elsewhere(&app, &owner);
    let made = owner.browser.post("/api/v1/recovery-codes", &json!({})).expect(200).json();
    let codes: Vec<_> =
        made["recovery_codes"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(codes.len(), 10);
    let confirm = |browser: &mut Client, tail: &str| {
        let body = json!({ "ticket": made["ticket"], "code_tail": tail });
        browser.post("/api/v1/recovery-codes/confirm", &body)
    };
    assert_eq!(confirm(&mut owner.browser, "????").expect(422).code(), "tail_wrong");
    let sign_in = |code: &str| {
        let mut browser = app.client();
        let who = json!({ "name": owner.name, "password": owner.password });
        let first = browser.post("/api/v1/signin", &who).expect(200).json();
        browser.post(
            "/api/v1/signin/factor",
            &json!({
                "ticket": first["ticket"], "method": "recovery", "code": code,
                "browser_time_ms": app.clock_ms(),
            }),
        )
    };
    sign_in(&owner.recovery_codes[0]).expect(200);
    let tail = &codes[4][codes[4].len() - 4..];
    confirm(&mut owner.browser, tail).expect(204);
    assert_eq!(factors(&mut owner.browser)["recovery_codes_left"], 10);
    sign_in(&owner.recovery_codes[1]).expect(401);
    app.clock.advance(SECOND);
    sign_in(codes[0]).expect(200);
    assert!(notices(&mut there).iter().any(|(kind, _)| kind == "recovery_codes_made"));
    for code in &codes[1..7] {
        sign_in(code).expect(200);
    }
    let told = notices(&mut there);
    assert_eq!(told[0], ("recovery_codes_few".to_owned(), "3".to_owned()), "{told:?}");
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    assert!(!codes.iter().any(|code| format!("{log:?}").contains(code)));
}

#[test]
fn a_changed_password_signs_everybody_else_of_that_user_out() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut there = elsewhere(&app, &owner);
    let change = |old: &str, new: &str| json!({ "old": old, "new": new });
    let wrong = change("not this one", "nine blue umbrellas");
    let refused = owner.browser.post("/api/v1/password", &wrong).expect(422);
    assert_eq!(refused.code(), "password_wrong");
    app.clock.advance(SECOND);
    for (new, code) in [
        ("short", "password_too_short"),
        ("password123", "password_too_common"),
        (&"x y".repeat(400), "password_too_long"),
    ] {
        let refused = owner.browser.post("/api/v1/password", &change(&owner.password, new));
        assert_eq!(refused.expect(422).code(), code);
    }
    let right = change(&owner.password, "nine blue");
    owner.browser.post("/api/v1/password", &right).expect(204);
    owner.browser.get("/api/v1/me").expect(200);
    assert_eq!(there.get("/api/v1/me").expect(401).code(), "session_ended");
    let old = json!({ "name": owner.name, "password": owner.password });
    app.client().post("/api/v1/signin", &old).expect(401);
    app.clock.advance(SECOND);
    let new = json!({ "name": owner.name, "password": "nine blue" });
    app.client().post("/api/v1/signin", &new).expect(200);
    app.clock.advance(16 * MINUTE);
    is_stale(owner.browser.post("/api/v1/password", &right));
}

/// Signs the owner in in this browser and has it remembered for a month.
fn remembered(app: &App, owner: &Owner, browser: Client) -> Client {
    remembered_for(app, owner, browser, "30_days")
}

fn remembered_for(app: &App, owner: &Owner, mut browser: Client, length: &str) -> Client {
    app.clock.advance(MINUTE);
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    assert_eq!(first["step"], "factor");
    browser
        .post(
            "/api/v1/signin/factor",
            &json!({
                "ticket": first["ticket"], "method": "totp",
                "code": totp_code(&owner.totp_secret, unix(app)),
                "browser_time_ms": app.clock_ms(), "remember": length,
            }),
        )
        .expect(200);
    assert!(browser.cookie("stead-device-loopback").is_some());
    browser
}

fn next_step(browser: &mut Client, owner: &Owner) -> String {
    let who = json!({ "name": owner.name, "password": owner.password });
    let answer = browser.post("/api/v1/signin", &who).expect(200).json();
    answer["step"].as_str().unwrap().to_owned()
}

#[test]
fn a_remembered_browser_plays_without_a_factor_and_guards_nothing() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut browser = remembered(&app, &owner, app.client());
    browser.post("/api/v1/signout", &json!({})).expect(204);
    let wrong = json!({ "name": owner.name, "password": "not this one" });
    browser.post("/api/v1/signin", &wrong).expect(401);
    app.clock.advance(SECOND);
    assert_eq!(next_step(&mut browser, &owner), "done");
    let me = browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["methods"], json!(["password", "remembered"]));
    assert_eq!(me["session"]["assurance"], "mfa");
    browser.get("/api/v1/libraries").expect(200);
    is_stale(browser.get("/api/v1/settings"));
    is_stale(browser.post("/api/v1/factors/totp", &json!({})));
    let anew = json!({ "name": owner.name, "password": owner.password, "anew": true });
    assert_eq!(browser.post("/api/v1/signin", &anew).expect(200).json()["step"], "factor");
    app.clock.advance(29 * DAY);
    assert_eq!(next_step(&mut browser, &owner), "done");
    app.clock.advance(DAY);
    assert_eq!(next_step(&mut browser, &owner), "factor", "thirty days are over");
}

#[test]
fn who_chooses_so_is_remembered_for_ninety_days_and_never_for_longer() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut browser = remembered_for(&app, &owner, app.client(), "90_days");
    let list = browser.get("/api/v1/remembered").expect(200).json();
    assert_eq!(list["devices"][0]["for_s"], 90 * 24 * 3600);
    app.clock.advance(89 * DAY);
    assert_eq!(next_step(&mut browser, &owner), "done");
    // Ages: nothing that is stored makes it longer than the longest.
    in_accounts(&app, "UPDATE remembered_device SET seconds = 100000000");
    app.clock.advance(DAY);
    assert_eq!(next_step(&mut browser, &owner), "factor", "ninety days are over");
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let forever = json!({
        "ticket": first["ticket"], "method": "totp", "code": "000000",
        "browser_time_ms": app.clock_ms(), "remember": "forever",
    });
    assert_eq!(browser.post("/api/v1/signin/factor", &forever).expect(400).code(), "bad_json");
}

#[test]
fn a_remembered_browser_is_listed_and_forgotten_and_no_other_user_gains_by_it() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut browser = remembered(&app, &owner, app.client());
    let told = notices(&mut owner.browser);
    assert_eq!(told[0].0, "device_remembered", "{told:?}");
    let list = owner.browser.get("/api/v1/remembered").expect(200).json();
    let id = list["devices"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/remembered/{id}/forget");
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    sam.post(&path, &json!({})).expect(404);
    assert_eq!(next_step(&mut browser, &owner), "done");
    owner.browser.post(&path, &json!({})).expect(204);
    assert_eq!(next_step(&mut browser, &owner), "factor");
}

#[test]
fn a_changed_factor_forgets_every_remembered_browser() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut browser = remembered(&app, &owner, app.client());
    let mut here = elsewhere(&app, &owner);
    add_totp(&app, &mut here, "Tablet");
    assert_eq!(next_step(&mut browser, &owner), "done", "an added factor ends nothing");
    let first = id_of(&mut here, "Authenticator");
    here.post(&format!("/api/v1/factors/{first}/remove"), &json!({})).expect(204);
    assert_eq!(next_step(&mut browser, &owner), "factor");
}

#[test]
fn a_clock_that_forgot_the_time_forgets_remembered_browsers_rather_than_stretch_them() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let browser = remembered(&app, &owner, app.client());
    let mut options = Options::with_clock(&app.clock);
    options.after_power_cut = Some(stead_rules::time::WallMs(0));
    let app = app.restart(options);
    assert_eq!(next_step(&mut browser.at(app.http_port), &owner), "factor");
}
