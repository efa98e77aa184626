//! The claim, from outside: every proof, every refusal, every restart.

use serde_json::json;
use stead::host::clock::Clock;

use crate::harness::{App, Client, Options, Owner};

fn begin(app: &App, browser: &mut Client, secret: &str) -> crate::harness::Answer {
    let proof = json!({ "kind": "link", "secret": secret });
    let now = app.clock.now().wall.0;
    browser.post("/api/v1/claim/begin", &json!({ "proof": proof, "browser_time_ms": now }))
}

fn begin_by_code(app: &App, code: &str) -> crate::harness::Answer {
    let proof = json!({ "kind": "code", "code": code });
    let body = json!({ "proof": proof, "browser_time_ms": 0 });
    app.client().post("/api/v1/claim/begin", &body)
}

fn state(app: &App) -> String {
    let answer = app.client().get("/api/v1/server").expect(200).json();
    answer["state"].as_str().unwrap().to_owned()
}

#[test]
fn the_link_claims() {
    let app = App::start();
    assert_eq!(state(&app), "offered");
    let mut owner = Owner::almost(&app);
    assert_eq!(state(&app), "pending");
    owner.finish().expect(200);
    assert_eq!(state(&app), "claimed");
    let me = owner.browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["user"]["role"], "owner");
    assert_eq!(me["user"]["name"], "Robin");
    assert_eq!(me["session"]["assurance"], "mfa");
    assert!(!app.data.join("Setup Stead.html").exists(), "the page goes with the claim");
    let marker = std::fs::read_to_string(app.data.join("marker")).unwrap();
    assert!(marker.contains("generation 1"), "{marker}");
}

/// What `stead open` shows, typed as people type.
#[test]
fn the_console_code_claims() {
    let app = App::start();
    let code = stead_store::waiting_code(&app.data).unwrap();
    assert_eq!(code.len(), 9, "eight letters and a dash: {code}");
    let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
    begin_by_code(&app, &typed).expect(200);
    assert_eq!(state(&app), "pending");
}

#[test]
fn a_claimed_server_shows_no_code() {
    let app = App::start();
    Owner::claim(&app);
    assert_eq!(stead_store::waiting_code(&app.data), None);
}

#[test]
fn an_old_copy_of_the_set_up_page_still_claims() {
    let mut app = App::start();
    let carried_away = app.link_secret();
    for _ in 0..3 {
        app = app.restart(Options::default());
    }
    assert_eq!(app.link_secret(), carried_away, "every start writes the same secret");
    begin(&app, &mut app.client(), &carried_away).expect(200);
}

#[test]
fn a_wrong_link_does_not_claim() {
    let app = App::start();
    for secret in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "../../etc/passwd"] {
        let answer = begin(&app, &mut app.client(), secret).expect(403);
        assert_eq!(answer.code(), "claim_proof_wrong");
    }
    assert_eq!(state(&app), "offered");
}

#[test]
fn guesses_at_the_code_are_slowed_and_the_link_never_is() {
    let app = App::start();
    let mut slowed = false;
    for _ in 0..12 {
        let answer = begin_by_code(&app, "BBBB-CCCC");
        slowed |= answer.status == 429;
        if answer.status == 429 {
            assert_eq!(answer.code(), "slow_down");
            assert!(answer.header("retry-after").is_some());
        }
    }
    assert!(slowed, "twelve wrong codes are slowed");
    begin(&app, &mut app.client(), &app.link_secret()).expect(200);
}

#[test]
fn a_second_phone_is_told_and_may_continue() {
    let app = App::start();
    let mut first = app.client();
    let mut second = app.client();
    begin(&app, &mut first, &app.link_secret()).expect(200);
    app.clock.advance(95_000);
    let refused = begin(&app, &mut second, &app.link_secret()).expect(409);
    assert_eq!(refused.code(), "claim_in_progress");
    assert_eq!(refused.json()["can_take_over"], true);
    assert_eq!(refused.json()["other_address"], "127.0.0.1");
    assert_eq!(refused.json()["started_s_ago"], 95);
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let over = json!({ "proof": proof, "browser_time_ms": 0, "take_over": true });
    second.post("/api/v1/claim/begin", &over).expect(200);
    let told = first.get("/api/v1/claim").expect(200).json();
    assert_eq!(told["step"], "taken_over");
    assert_eq!(second.get("/api/v1/claim").expect(200).json()["step"], "owner");
    let who = json!({ "name": "Robin", "password": "seven green kettles" });
    first.post("/api/v1/claim/owner", &who).expect(401);
}

#[test]
fn a_claim_that_nobody_continues_ends() {
    let app = App::start();
    let mut owner = Owner::almost(&app);
    app.clock.advance(15 * 60 * 1000 + 1);
    assert_eq!(state(&app), "offered");
    owner.finish().expect(401);
    begin(&app, &mut app.client(), &app.link_secret()).expect(200);
}

#[test]
fn a_used_link_is_void() {
    let app = App::start();
    let secret = app.link_secret();
    Owner::claim(&app);
    let answer = begin(&app, &mut app.client(), &secret).expect(410);
    assert_eq!(answer.code(), "already_claimed");
}

#[test]
fn a_cancelled_claim_offers_again() {
    let app = App::start();
    let mut owner = Owner::almost(&app);
    owner.browser.post("/api/v1/claim/cancel", &json!({})).expect(204);
    assert_eq!(state(&app), "offered");
    owner.finish().expect(401);
}

#[test]
fn a_restart_in_the_middle_of_a_claim_offers_again() {
    let app = App::start();
    let mut owner = Owner::almost(&app);
    let app = app.restart(Options::default());
    assert_eq!(state(&app), "offered");
    owner.browser = owner.browser.at(app.http_port);
    owner.finish().expect(401);
}

#[test]
fn steps_come_in_order() {
    let app = App::start();
    let mut browser = app.client();
    begin(&app, &mut browser, &app.link_secret()).expect(200);
    let code = browser.post("/api/v1/claim/totp", &json!({ "code": "123456" })).expect(409);
    assert_eq!(code.code(), "claim_wrong_step");
    let tail = browser.post("/api/v1/claim/finish", &json!({ "code_tail": "ABCD" })).expect(409);
    assert_eq!(tail.code(), "claim_wrong_step");
}

#[test]
fn bad_names_passwords_and_codes_are_told() {
    let app = App::start();
    let mut browser = app.client();
    begin(&app, &mut browser, &app.link_secret()).expect(200);
    let cases = [
        ("", "seven green kettles", "name_invalid"),
        ("Robin", "short", "password_too_short"),
        ("Robin", "aaaaaaaaaaaa", "password_too_common"),
    ];
    for (name, password, code) in cases {
        let who = json!({ "name": name, "password": password });
        let answer = browser.post("/api/v1/claim/owner", &who).expect(422);
        assert_eq!(answer.code(), code, "{name} {password}");
    }
    let who = json!({ "name": "Robin", "password": "seven green kettles" });
    browser.post("/api/v1/claim/owner", &who).expect(200);
    let wrong = browser.post("/api/v1/claim/totp", &json!({ "code": "000000" })).expect(422);
    assert_eq!(wrong.code(), "totp_wrong");
}

#[test]
fn a_phone_whose_clock_is_off_is_told_by_how_much() {
    let app = App::start();
    let mut browser = app.client();
    begin(&app, &mut browser, &app.link_secret()).expect(200);
    let who = json!({ "name": "Robin", "password": "seven green kettles" });
    let enrolment = browser.post("/api/v1/claim/owner", &who).expect(200).json();
    let secret = enrolment["secret_base32"].as_str().unwrap();
    let ahead = app.clock.now().wall.unix_seconds() + 240;
    let code = json!({ "code": crate::harness::totp_code(secret, ahead) });
    let answer = browser.post("/api/v1/claim/totp", &code).expect(422);
    assert_eq!(answer.json()["drift_s"], 240);
}

#[test]
fn the_tail_must_be_of_a_code() {
    let app = App::start();
    let mut owner = Owner::almost(&app);
    let wrong = json!({ "code_tail": "!!!!" });
    let answer = owner.browser.post("/api/v1/claim/finish", &wrong).expect(422);
    assert_eq!(answer.code(), "tail_wrong");
    owner.finish().expect(200);
}

#[test]
fn a_lost_database_locks() {
    check_lock("database_missing", |data| {
        for suffix in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(data.join(format!("accounts.db{suffix}"))));
        }
    });
}

#[test]
fn a_truncated_database_locks() {
    check_lock("database_unreadable", |data| {
        let file = std::fs::OpenOptions::new().write(true).open(data.join("accounts.db"));
        file.unwrap().set_len(5000).unwrap();
    });
}

#[test]
fn an_unreadable_database_locks() {
    check_lock("database_unreadable", |data| {
        std::fs::write(data.join("accounts.db"), b"this is no database at all").unwrap();
    });
}

#[test]
fn a_database_from_before_the_claim_locks() {
    let app = App::start();
    let data = app.data.clone();
    let mut app = app;
    app.stop();
    let before = std::fs::read(data.join("accounts.db")).unwrap();
    let app = app.restart(Options::default());
    Owner::claim(&app);
    let mut app = app;
    app.stop();
    for suffix in ["-wal", "-shm"] {
        drop(std::fs::remove_file(data.join(format!("accounts.db{suffix}"))));
    }
    std::fs::write(data.join("accounts.db"), before).unwrap();
    let app = app.restart(Options::default());
    assert_eq!(reason(&app), "database_replaced");
}

fn check_lock(expected: &str, damage: impl FnOnce(&std::path::Path)) {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut app = app;
    app.stop();
    damage(&app.data);
    let app = app.restart(Options::default());
    assert_eq!(reason(&app), expected);
    let mut browser = owner.browser.at(app.http_port);
    assert_ne!(browser.get("/api/v1/me").status, 200);
    let proof = json!({ "kind": "link", "secret": "AAAAAAAAAAAAAAAAAAAAAA" });
    let again = json!({ "proof": proof, "browser_time_ms": 0 });
    browser.post("/api/v1/claim/begin", &again).expect(403);
    let page = browser.get("/").expect(200).text();
    assert!(page.contains("locked"), "the page explains");
}

fn reason(app: &App) -> String {
    let server = app.client().get("/api/v1/server").expect(200).json();
    assert_eq!(server["state"], "locked", "{server}");
    server["reason"].as_str().unwrap().to_owned()
}

/// Another page of the same machine can plant a cookie, but not one that holds a claim.
#[test]
fn a_planted_ticket_is_not_taken() {
    let app = App::start();
    let planted = "ab".repeat(16);
    let mut browser = app.client().with("Cookie", &format!("stead-claim-loopback={planted}"));
    begin(&app, &mut browser, &app.link_secret()).expect(200);
    let given = browser.cookie("stead-claim-loopback").unwrap();
    assert_ne!(given, planted);
    let mut thief = app.client().with("Cookie", &format!("stead-claim-loopback={planted}"));
    thief.get("/api/v1/claim").expect(401);
}

#[test]
fn who_begins_again_after_a_cancelled_takeover_holds_the_claim() {
    let app = App::start();
    let (mut first, mut second) = (app.client(), app.client());
    begin(&app, &mut first, &app.link_secret()).expect(200);
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let over = json!({ "proof": proof, "browser_time_ms": 0, "take_over": true });
    second.post("/api/v1/claim/begin", &over).expect(200);
    assert_eq!(first.get("/api/v1/claim").expect(200).json()["step"], "taken_over");
    second.post("/api/v1/claim/cancel", &json!({})).expect(204);
    begin(&app, &mut first, &app.link_secret()).expect(200);
    assert_eq!(first.get("/api/v1/claim").expect(200).json()["step"], "owner");
}
