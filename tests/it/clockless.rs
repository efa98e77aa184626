//! A box without a clock or network time: the time of whoever proves possession does.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use stead_rules::time::WallMs;

use crate::harness::{App, Client, Options, Owner, totp_code};
use crate::passkeys::device::Device;
use crate::program::{Ended, PATIENCE};

/// What a clock that is right says.
const RIGHT_MS: i64 = 1_793_000_000_000;
/// A laptop whose battery died, in 2040.
const WRONG_MS: i64 = 2_210_000_000_000;
const HOUR_MS: i64 = 3600 * 1000;

/// Shows the link in a browser whose clock says `browser_ms`, over any other.
fn begin(app: &App, browser: &mut Client, browser_ms: i64) {
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let body = json!({ "proof": proof, "browser_time_ms": browser_ms, "take_over": true });
    browser.post("/api/v1/claim/begin", &body).expect(200);
}

#[test]
fn a_box_at_1970_is_claimed_and_its_owner_comes_back_after_a_power_cut() {
    let app = App::start_with(Options::without_a_clock());
    let mut owner = Owner::almost_at(&app, RIGHT_MS);
    owner.finish().expect(200);
    let app = app.cut_off(WallMs(0));
    let (mut browser, answer) = owner.sign_in_at(&app, RIGHT_MS + HOUR_MS);
    answer.expect(200);
    let me = browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["assurance"], "mfa");
}

/// The browser's time must not open the door to codes that were used.
#[test]
fn a_browser_cannot_turn_the_clock_back_to_a_used_code() {
    let app = App::start_with(Options::without_a_clock());
    let mut owner = Owner::almost_at(&app, RIGHT_MS);
    owner.finish().expect(200);
    let app = app.cut_off(WallMs(0));
    let (_, answer) = owner.sign_in_at(&app, RIGHT_MS);
    assert_eq!(answer.expect(401).code(), "wrong_code");
}

#[test]
fn a_laptop_with_a_wrong_clock_begins_and_a_phone_with_a_right_one_takes_over_and_finishes() {
    let app = App::start_with(Options::without_a_clock());
    let (mut laptop, mut phone) = (app.client(), app.client());
    begin(&app, &mut laptop, WRONG_MS);
    begin(&app, &mut phone, RIGHT_MS);
    let mut owner = Owner::almost_in(phone, &app.link_secret(), RIGHT_MS);
    owner.finish().expect(200);
    let app = app.cut_off(WallMs(0));
    let (_, answer) = owner.sign_in_at(&app, RIGHT_MS + HOUR_MS);
    answer.expect(200);
}

/// Until then the certificate is one from the future, which devices refuse.
#[test]
fn a_certificate_from_a_wrong_clock_is_made_anew_when_the_clock_is_put_right() {
    let app = App::start_with(Options::without_a_clock());
    let is_of_2040 = || begin_of(&app.data.join("tls/leaf.pem")).contains(" 2040 ");
    begin(&app, &mut app.client(), WRONG_MS);
    until("it follows the clock", is_of_2040);
    begin(&app, &mut app.client(), RIGHT_MS);
    until("it is made anew", || !is_of_2040());
}

fn begin_of(certificate: &Path) -> String {
    let mut openssl = Command::new("openssl");
    let told = Ended::of(openssl.args(["x509", "-noout", "-startdate", "-in"]).arg(certificate));
    assert_eq!(told.code, Some(0), "{told:?}");
    told.said
}

/// The server looks at its clock every few seconds.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let step = Duration::from_millis(100);
    let mut tries = PATIENCE.as_millis() / step.as_millis();
    while !is_so() {
        std::thread::sleep(step);
        tries = tries.checked_sub(1).expect(what);
    }
}

#[test]
fn a_claim_that_was_not_finished_leaves_no_time_behind() {
    let app = App::start_with(Options::without_a_clock());
    begin(&app, &mut app.client(), WRONG_MS);
    let mut options = Options::with_clock(&app.clock);
    options.after_power_cut = Some(WallMs(0));
    let app = app.restart(options);
    let mut owner = Owner::almost_at(&app, RIGHT_MS);
    owner.finish().expect(200);
}

/// Who signs in by a passkey has shown no code that would have put the clock right.
#[test]
fn an_authenticator_is_added_by_the_browsers_time_after_a_power_cut() {
    let app = App::start_with(Options::without_a_clock());
    let mut owner = Owner::almost_at(&app, RIGHT_MS);
    owner.finish().expect(200);
    owner.browser = owner.browser.named("localhost");
    let mut phone = Device::new(app.http_port);
    let begun = owner.browser.post("/api/v1/passkeys/begin", &json!({})).expect(200).json();
    let credential = phone.make(&begun["options"]);
    let made = json!({ "ceremony": begun["ceremony"], "name": "Phone", "credential": credential });
    owner.browser.post("/api/v1/passkeys", &made).expect(200);
    let app = app.cut_off(WallMs(0));
    phone.moved_to(app.http_port);
    let mut browser = app.client().named("localhost");
    let begun = browser.post("/api/v1/signin/passkey/begin", &json!({})).expect(200).json();
    let shown =
        json!({ "ceremony": begun["ceremony"], "credential": phone.show(&begun["options"]) });
    browser.post("/api/v1/signin/passkey", &shown).expect(200);
    let offer = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let later = RIGHT_MS + HOUR_MS;
    let secret = offer["secret_base32"].as_str().unwrap();
    let code = totp_code(secret, WallMs(later).unix_seconds());
    let mut body = json!({ "ticket": offer["ticket"], "name": "App", "code": code });
    let told = browser.post("/api/v1/factors/totp/confirm", &body).expect(422);
    assert_eq!(told.code(), "totp_wrong", "the box does not know the time");
    body["browser_time_ms"] = json!(later);
    browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
    browser.get("/api/v1/me").expect(200);
}

#[test]
fn a_code_of_another_time_accuses_no_clock_where_all_know_it_from_a_browser() {
    let app = App::start_with(Options::without_a_clock());
    let mut browser = app.client();
    begin(&app, &mut browser, RIGHT_MS + 240_000);
    let who = json!({ "name": "Robin", "password": "seven green kettles" });
    let enrolment = browser.post("/api/v1/claim/owner", &who).expect(200).json();
    let secret = enrolment["secret_base32"].as_str().unwrap();
    let code = totp_code(secret, WallMs(RIGHT_MS).unix_seconds());
    let told = browser.post("/api/v1/claim/totp", &json!({ "code": code })).expect(422).json();
    assert_eq!((&told["code"], &told["drift_s"]), (&json!("totp_wrong"), &json!(-240)));
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("240 s apart") && !detail.contains("your phone's clock"), "{detail}");
}
