//! A code of another time: wherever a code of an authenticator is asked for, both clocks are told, so
//! that somebody sees which one is wrong.

use serde_json::{Value, json};

use crate::harness::{Answer, App, Client, Owner, second_account, totp_code};
use crate::rescue::{begin as begin_rescue, rescue_secret};

const MINUTE: u64 = 60 * 1000;

/// How far the phone's clock is off in these, in seconds.
const BEHIND: i64 = -240;
const AHEAD: i64 = 240;

/// The code of a phone whose clock is off by so much.
fn code_off(app: &App, secret: &str, off: i64) -> String {
    totp_code(secret, (app.clock_ms() / 1000 + off).unsigned_abs())
}

/// What a browser is told that is being claimed in.
fn wizard(app: &App, off: i64) -> Answer {
    let mut browser = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/claim/begin", &begin).expect(200);
    let who = json!({ "name": "Robin", "password": "seven green kettles" });
    let offer = browser.post("/api/v1/claim/owner", &who).expect(200).json();
    let secret = offer["secret_base32"].as_str().unwrap();
    browser.post("/api/v1/claim/totp", &json!({ "code": code_off(app, secret, off) }))
}

fn adding(app: &App, off: i64) -> Answer {
    let mut owner = Owner::claim(app);
    let offer = owner.browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let code = code_off(app, offer["secret_base32"].as_str().unwrap(), off);
    let body = json!({ "ticket": offer["ticket"], "name": "Tablet", "code": code,
        "browser_time_ms": app.clock_ms() });
    owner.browser.post("/api/v1/factors/totp/confirm", &body)
}

fn sign_in(app: &App, off: i64) -> Answer {
    let owner = Owner::claim(app);
    app.clock.advance(10 * MINUTE);
    let who = json!({ "name": owner.name, "password": owner.password });
    let mut browser = app.client();
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let body = json!({ "ticket": first["ticket"], "method": "totp",
        "code": code_off(app, &owner.totp_secret, off), "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/signin/factor", &body)
}

fn step_up(app: &App, off: i64) -> Answer {
    let mut owner = Owner::claim(app);
    app.clock.advance(10 * MINUTE);
    let body = json!({ "method": "totp", "code": code_off(app, &owner.totp_secret, off),
        "browser_time_ms": app.clock_ms() });
    owner.browser.post("/api/v1/stepup", &body)
}

fn reset(app: &App, off: i64) -> Answer {
    let mut owner = Owner::claim(app);
    second_account(app, "Sam");
    let path = "/api/v1/people/08080808080808080808080808080808/link";
    let made = owner.browser.post(path, &json!({ "new_factor": true })).expect(200).json();
    let secret = made["urls"][0].as_str().unwrap().split_once("#s=").unwrap().1.to_owned();
    let mut browser = app.client();
    let asked = json!({ "secret": secret });
    let offer = browser.post("/api/v1/reset/factor", &asked).expect(200).json();
    let code = code_off(app, offer["secret_base32"].as_str().unwrap(), off);
    let body = json!({ "secret": secret, "password": "nine purple umbrellas", "totp_code": code,
        "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/reset", &body)
}

fn rescue(app: &App, off: i64) -> Answer {
    let owner = Owner::claim(app);
    let mut browser: Client = app.client();
    let secret = rescue_secret(app);
    let begun = begin_rescue(&mut browser, &secret, &owner.recovery_codes[0]).expect(200).json();
    let code = code_off(app, begun["factor"]["secret_base32"].as_str().unwrap(), off);
    let body = json!({ "ticket": begun["ticket"], "password": "nine purple umbrellas",
        "totp_code": code, "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/rescue/owner/finish", &body)
}

#[test]
fn a_code_of_another_time_is_told_with_both_clocks_wherever_one_is_asked_for() {
    type Asked = fn(&App, i64) -> Answer;
    // Whoever enrols knows the key. Whoever signs in may be guessing: a code of the time to come is
    // not told from a wrong one, for it will be right soon.
    let cases: [(&str, Asked, bool); 6] = [
        ("set-up", wizard, true),
        ("another authenticator", adding, true),
        ("a sign-in", sign_in, false),
        ("a step-up", step_up, false),
        ("a reset link", reset, true),
        ("a rescue", rescue, true),
    ];
    for (what, asked, enrols) in cases {
        for off in [BEHIND, AHEAD] {
            let app = App::start();
            let answer = asked(&app, off).json();
            let told = enrols || off == BEHIND;
            let (drift, time) = (json!(off), json!(app.clock_ms()));
            let wanted = if told { [&drift, &time] } else { [&Value::Null, &Value::Null] };
            assert_eq!([&answer["drift_s"], &answer["server_time_ms"]], wanted, "{what}: {answer}");
            let code = if enrols { "totp_wrong" } else { "wrong_code" };
            assert_eq!((&answer["code"], &answer["field"]), (&json!(code), &json!("code")));
        }
    }
}
