//! An owner whom their own requirement shuts out: a rescue took the passkey along, the device that kept
//! it is lost, or the name that it was made for leads here no more. Each requires less, and gets to
//! nothing else before that.

use serde_json::{Value, json};

use crate::harness::{App, Client, Options, Owner, in_accounts, totp_code};
use crate::passkeys::{Owned, sign_in};
use crate::rescue::{NEW, begin, finish, rescue_secret};

const STRICT: &str = "mfa_phishing_resistant";

/// Requires a passkey of everybody, as its owner with a passkey does.
fn require_passkeys(owned: &mut Owned) -> i64 {
    let mut browser = owned.stranger();
    sign_in(&mut browser, &mut owned.device).expect(200);
    let wish = json!({ "about": "server", "level": STRICT, "grace_days": 0 });
    let set = browser.post("/api/v1/policy/requirements", &wish).expect(200).json();
    set["id"].as_i64().unwrap()
}

fn path(id: i64, act: &str) -> String {
    format!("/api/v1/policy/requirements/{id}/{act}")
}

fn signed_in(app: &App, owner: &Owner) -> Client {
    app.clock.advance(60_000);
    let (browser, answer) = owner.sign_in_at(app, app.clock_ms());
    answer.expect(200);
    browser
}

fn signed_in_by_code(app: &App, owner: &Owner, code: &str) -> Client {
    let mut browser = app.client();
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let factor = json!({ "ticket": first["ticket"], "method": "recovery", "code": code,
        "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/signin/factor", &factor).expect(200);
    browser
}

/// Neither the libraries nor any other act of an owner, also none that would loosen something else.
fn everything_else_is_shut(browser: &mut Client, id: i64, status: u16) {
    let user = browser.get("/api/v1/me").expect(200).json()["user"]["id"].clone();
    let time = json!({ "user_id": user, "requirement_id": id, "days": 90 });
    let exempt = json!({ "user_id": user, "reason": "no passkey" });
    let switch = json!({ "allowed": true });
    for path in ["/api/v1/home", "/api/v1/policy", "/api/v1/people", "/api/v1/settings"] {
        browser.get(path).expect(status);
    }
    for (path, body) in [
        ("/api/v1/policy/grace", &time),
        ("/api/v1/policy/exemptions", &exempt),
        ("/api/v1/settings/app-passwords", &switch),
        ("/api/v1/groups", &json!({ "name": "Friends" })),
    ] {
        browser.post(path, body).expect(status);
    }
}

fn logged(browser: &mut Client, kind: &str) -> Value {
    let log = browser.get(&format!("/api/v1/audit?kind={kind}")).expect(200).json();
    log["entries"][0]["detail"].clone()
}

#[test]
fn last_owner_lock_out_by_a_rescue_that_took_the_passkey_along() {
    let mut owned = Owned::start();
    let id = require_passkeys(&mut owned);
    let Owned { app, mut owner, .. } = owned;
    let secret = rescue_secret(&app);
    let begun = begin(&mut app.client(), &secret, &owner.recovery_codes[0]).expect(200).json();
    let key = begun["factor"]["secret_base32"].as_str().unwrap().to_owned();
    let seconds = u64::try_from(app.clock_ms() / 1000).unwrap();
    finish(&app, &begun["ticket"], Some(&totp_code(&key, seconds))).expect(200);
    (owner.password, owner.totp_secret) = (NEW.to_owned(), key);

    let mut browser = signed_in(&app, &owner);
    everything_else_is_shut(&mut browser, id, 403);
    let told = browser.get("/api/v1/me").expect(200).json()["asked"].clone();
    assert_eq!((&told["state"], &told["level"]), (&json!("enrol"), &json!(STRICT)));
    assert_eq!(told["requirements"][0]["id"], id, "so that the page can offer it");
    // As with any other guarding act, the factor is shown again after a quarter of an hour.
    app.clock.advance(15 * 60_000);
    let refused = browser.post(&path(id, "lower"), &json!({})).expect(401);
    assert_eq!(refused.json()["level"], "mfa");
    let mut browser = signed_in(&app, &owner);
    assert_eq!(browser.post(&path(id + 1, "lower"), &json!({})).expect(404).code(), "not_found");
    browser.post(&path(id, "lower"), &json!({})).expect(204);
    browser.get("/api/v1/home").expect(200);
    let row = browser.get("/api/v1/policy").expect(200).json()["requirements"][0].clone();
    assert_eq!((&row["level"], &row["on"]), (&json!("mfa"), &json!(true)));
    let detail = logged(&mut browser, "policy.lowered");
    assert_eq!((&detail["requirement"], &detail["before"]["level"]), (&json!(id), &json!(STRICT)));
    assert!(detail["by"].is_string(), "{detail}");
    let lower = browser.post(&path(id, "lower"), &json!({})).expect(422);
    assert_eq!(lower.code(), "level_too_low", "less than a second factor is none");
}

#[test]
fn last_owner_lock_out_by_a_passkey_that_is_lost() {
    let mut owned = Owned::start();
    let id = require_passkeys(&mut owned);
    let Owned { app, mut owner, .. } = owned;
    // A rescue that sets a new password alone leaves the passkey, wherever that is by now.
    let secret = rescue_secret(&app);
    let begun = begin(&mut app.client(), &secret, &owner.recovery_codes[0]).expect(200).json();
    finish(&app, &begun["ticket"], None).expect(200);
    owner.password = NEW.to_owned();
    // What a false page could have been told switches nothing off while a passkey can be shown.
    let mut browser = signed_in(&app, &owner);
    for act in ["off", "lower"] {
        let refused = browser.post(&path(id, act), &json!({})).expect(401);
        assert_eq!(refused.json()["level"], STRICT, "{act}");
    }
    let mut browser = signed_in_by_code(&app, &owner, &owner.recovery_codes[1]);
    everything_else_is_shut(&mut browser, id, 401);
    browser.post(&path(id, "off"), &json!({})).expect(204);
    browser.get("/api/v1/home").expect(200);
    assert_eq!(logged(&mut browser, "policy.off")["requirement"], id);
}

#[test]
fn last_owner_lock_out_by_a_name_that_leads_here_no_more() {
    let mut owned = Owned::start();
    let id = require_passkeys(&mut owned);
    let Owned { app, owner, .. } = owned;
    in_accounts(&app, "UPDATE passkey SET rp_id = 'films.example.org'");
    let clock = std::sync::Arc::clone(&app.clock);
    let named = "[net]\nnames = [\"films.example.org\"]\n".to_owned();
    let app = app.restart(Options { config: named, ..Options::with_clock(&clock) });
    let mut browser = signed_in(&app, &owner);
    browser.post(&path(id, "off"), &json!({})).expect(401);
    // The name is taken out of the configuration: no browser shows the passkey any more.
    let app = app.restart(Options::with_clock(&clock));
    let mut browser = signed_in(&app, &owner);
    everything_else_is_shut(&mut browser, id, 403);
    browser.post(&path(id, "off"), &json!({})).expect(204);
    browser.get("/api/v1/home").expect(200);
    let policy = browser.get("/api/v1/policy").expect(200).json();
    assert_eq!(policy["requirements"][0]["on"], false);
    assert_eq!(policy["can_require"][STRICT], "name_not_trusted");
}

/// An owner who signed in by a passkey alone has a recovery code and a password when its name is gone.
#[test]
fn last_owner_lock_out_by_the_name_of_the_only_factor() {
    let mut owned = Owned::start();
    let id = require_passkeys(&mut owned);
    let Owned { app, owner, .. } = owned;
    in_accounts(&app, "DELETE FROM totp");
    in_accounts(&app, "UPDATE passkey SET rp_id = 'films.example.org'");
    let clock = std::sync::Arc::clone(&app.clock);
    let app = app.restart(Options::with_clock(&clock));
    let mut browser = signed_in_by_code(&app, &owner, &owner.recovery_codes[1]);
    everything_else_is_shut(&mut browser, id, 403);
    browser.post(&path(id, "lower"), &json!({})).expect(204);
    // Now it is as for everybody who came by a code: an authenticator is set up, and all is open.
    assert_eq!(browser.get("/api/v1/home").expect(403).json()["level"], "mfa");
    browser.post("/api/v1/factors/totp", &json!({})).expect(200);
    browser.get("/api/v1/policy").expect(200);
}

/// A row that cannot be read shuts its owner out like one that asks for too much.
#[test]
fn an_owner_without_the_passkey_removes_what_cannot_be_read() {
    let mut owned = Owned::start();
    let id = require_passkeys(&mut owned);
    let Owned { app, owner, .. } = owned;
    in_accounts(&app, "UPDATE requirement SET level = 'nine'");
    let mut browser = signed_in_by_code(&app, &owner, &owner.recovery_codes[0]);
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "policy_error");
    browser.get("/api/v1/policy").expect(401);
    browser.post(&path(id, "remove"), &json!({})).expect(204);
    browser.get("/api/v1/home").expect(200);
}
