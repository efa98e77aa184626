//! Accounts elsewhere: a claim and a sign-in by an issuer's word, and an issuer that lies, is down or
//! changes its keys.

use std::sync::Arc;

use serde_json::{Value, json};
use stead::host::clock::Clock as _;
use stead_store::Store;
use stead_store::accounts::claim::owner_came;

use crate::harness::{
    Answer, App, Client, FakeIssuer, Lie, Options, TokenDraft, encoded, in_accounts, query_of,
    totp_code,
};
use crate::passkeys::device::Device;
use crate::recovery::{state, wish};
use crate::rescue::{begin as begin_rescue, rescue_secret};

pub(crate) const OWNER: &str = "248289761001";

/// A server whose accounts are at an issuer, with `more` in the config's section.
pub(crate) fn start(more: &str) -> (App, FakeIssuer) {
    let mut options = Options::default();
    let issuer = FakeIssuer::start(&options.clock);
    options.config = issuer.config(more);
    (App::start_with(options), issuer)
}

pub(crate) fn lie(change: impl Fn(&mut TokenDraft, &Value) + Send + 'static) -> Lie {
    Box::new(change)
}

/// An owner from elsewhere.
pub(crate) struct Owner {
    pub(crate) browser: Client,
    pub(crate) totp_secret: Option<String>,
    pub(crate) recovery_codes: Vec<String>,
}

pub(crate) fn begin_claim(app: &App) -> Client {
    let mut browser = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/claim/begin", &begin).expect(200);
    browser
}

/// Sends the browser away by one call: where it is sent.
pub(crate) fn sent(browser: &mut Client, path: &str) -> String {
    let answer = browser.post(path, &json!({})).expect(200).json();
    answer["redirect"].as_str().unwrap().to_owned()
}

pub(crate) fn finish_claim(browser: &mut Client, codes: &Value) -> Vec<String> {
    let codes: Vec<String> = serde_json::from_value(codes["recovery_codes"].clone()).unwrap();
    let code = &codes[2];
    let tail = json!({ "code_tail": &code[code.len() - 4..] });
    browser.post("/api/v1/claim/finish", &tail).expect(200);
    codes
}

pub(crate) fn claim(app: &App, issuer: &FakeIssuer) -> Owner {
    claim_in(begin_claim(app), app, issuer)
}

/// Goes on in a browser that holds the claim.
fn claim_in(mut browser: Client, app: &App, issuer: &FakeIssuer) -> Owner {
    let redirect = sent(&mut browser, "/api/v1/claim/external");
    let back = issuer.approve(&redirect, OWNER);
    let step = browser.post("/api/v1/claim/external/finish", &back).expect(200).json();
    if step["step"] == "codes" {
        let recovery_codes = finish_claim(&mut browser, &step);
        return Owner { browser, totp_secret: None, recovery_codes };
    }
    assert_eq!(step["step"], "totp");
    let secret = step["secret_base32"].as_str().unwrap().to_owned();
    let code = json!({ "code": totp_code(&secret, seconds(app)) });
    let codes = browser.post("/api/v1/claim/totp", &code).expect(200).json();
    let recovery_codes = finish_claim(&mut browser, &codes);
    Owner { browser, totp_secret: Some(secret), recovery_codes }
}

pub(crate) fn seconds(app: &App) -> u64 {
    u64::try_from(app.clock_ms() / 1000).unwrap()
}

pub(crate) fn sign_in(browser: &mut Client, issuer: &FakeIssuer, sub: &str) -> Answer {
    let redirect = sent(browser, "/api/v1/signin/external");
    browser.post("/api/v1/signin/external/finish", &issuer.approve(&redirect, sub))
}

#[test]
fn whoever_signs_in_at_the_issuer_claims_and_shows_a_factor_of_this_servers_own() {
    let (app, issuer) = start("");
    let mut browser = app.client();
    let told = browser.get("/api/v1/server").json();
    assert_eq!((&told["issuer"], &told["passwords_here"]), (&json!("Home ID"), &json!(false)));
    let mut owner = claim(&app, &issuer);
    let me = owner.browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["user"]["name"], "Robin");
    owner.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);

    app.clock.advance(60 * 1000);
    let first = sign_in(&mut browser, &issuer, OWNER).expect(200).json();
    assert_eq!(
        (&first["step"], &first["methods"]),
        (&json!("factor"), &json!(["totp", "recovery", "approval"]))
    );
    browser.get("/api/v1/me").expect(401);
    let factor = json!({
        "ticket": first["ticket"], "method": "totp", "browser_time_ms": app.clock_ms(),
        "code": totp_code(owner.totp_secret.as_deref().unwrap(), seconds(&app)),
    });
    browser.post("/api/v1/signin/factor", &factor).expect(200);
    browser.post("/api/v1/settings", &json!({ "name": "Cellar" })).expect(204);
}

#[test]
fn the_servers_pages_take_no_password_where_an_issuer_is_configured() {
    let (app, issuer) = start("");
    let mut browser = begin_claim(&app);
    let who = json!({ "name": "Robin", "password": "seven green kettles" });
    let refused = browser.post("/api/v1/claim/owner", &who);
    assert_eq!((refused.status, refused.code().as_str()), (409, "claim_at_issuer"));
    drop(claim_in(browser, &app, &issuer));
    assert_eq!(app.client().get("/api/v1/server").json()["passwords_here"], false);
    // The account that keeps the factors has no password, and a name that is nobody's.
    in_accounts(&app, "UPDATE account SET name = name WHERE password_hash = ''");
    for password in ["", " ", "x"] {
        let who = json!({ "name": "Robin", "password": password });
        let refused = app.client().post("/api/v1/signin", &who);
        assert!([401, 429].contains(&refused.status), "{}", refused.text());
    }
}

#[test]
fn an_issuer_that_is_vouched_for_claims_without_a_factor_here_and_steps_up() {
    let (app, issuer) = start("assurance = \"claims\"\namr = [\"otp\"]\nacr = [\"two\"]\n");
    issuer.says(json!({ "amr": ["pwd", "otp"] }));
    let mut owner = claim(&app, &issuer);
    assert!(owner.totp_secret.is_none());
    app.clock.advance(16 * 60 * 1000);
    let rename = json!({ "name": "Attic" });
    let asked = owner.browser.post("/api/v1/settings", &rename);
    assert_eq!(asked.code(), "insufficient_user_authentication");

    let before = owner.browser.cookie_values();
    let step_up = |browser: &mut Client, sub: &str| {
        let redirect = sent(browser, "/api/v1/stepup/external");
        assert!(redirect.contains("prompt=login&max_age=0&acr_values=two"), "{redirect}");
        browser.post("/api/v1/stepup/external/finish", &issuer.approve(&redirect, sub))
    };
    // An old sign-in there, one without a factor, and another person are no step-up.
    let old = app.clock.now().wall.0 / 1000 - 3600;
    issuer.says(json!({ "amr": ["otp"], "auth_time": old }));
    assert_eq!(step_up(&mut owner.browser, OWNER).code(), "issuer_not_believed");
    issuer.says(json!({ "amr": ["otp"], "auth_time": null }));
    assert_eq!(step_up(&mut owner.browser, OWNER).code(), "issuer_not_believed");
    issuer.says(json!({ "amr": ["pwd"] }));
    assert_eq!(step_up(&mut owner.browser, OWNER).code(), "issuer_no_factor");
    issuer.says(json!({ "amr": ["otp"] }));
    assert_eq!(step_up(&mut owner.browser, "somebody else").code(), "issuer_unknown_person");
    owner.browser.post("/api/v1/settings", &rename).expect(401);

    let mut stale = owner.browser.clone();
    step_up(&mut owner.browser, OWNER).expect(204);
    assert_ne!(owner.browser.cookie_values(), before, "the session has a new token");
    owner.browser.post("/api/v1/settings", &rename).expect(204);
    stale.get("/api/v1/me").expect(401);
}

#[test]
fn who_is_let_in_at_the_issuer_without_a_question_is_asked_again_before_a_guarding_act() {
    let (app, issuer) = start("assurance = \"asserted\"\n");
    drop(claim(&app, &issuer));
    let now = app.clock.now().wall.0 / 1000;
    let mut browser = app.client();
    issuer.says(json!({ "auth_time": now - 3600 }));
    sign_in(&mut browser, &issuer, OWNER).expect(200);
    let rename = json!({ "name": "Attic" });
    assert_eq!(
        browser.post("/api/v1/settings", &rename).code(),
        "insufficient_user_authentication"
    );
    issuer.says(json!({}));
    sign_in(&mut browser, &issuer, OWNER).expect(200);
    browser.post("/api/v1/settings", &rename).expect(204);
}

#[test]
fn jwt_confusion_and_other_lies_of_an_issuer_are_not_believed() {
    let (app, issuer) = start("");
    drop(claim(&app, &issuer));
    let set =
        |name: &'static str, value: Value| lie(move |draft, _| draft.claims[name] = value.clone());
    let now = app.clock.now().wall.0 / 1000;
    let lies: Vec<(&str, Lie)> = vec![
        ("another issuer", set("iss", json!("https://other.example.net"))),
        ("another audience", set("aud", json!("other"))),
        ("an audience more", set("aud", json!(["stead", "other"]))),
        ("another authorized party", set("azp", json!("other"))),
        ("another nonce", set("nonce", json!("guessed"))),
        ("no nonce", set("nonce", Value::Null)),
        ("expired", set("exp", json!(now - 3600))),
        ("from the future", set("iat", json!(now + 3600))),
        ("from before the question", set("iat", json!(now - 3600))),
        ("nobody", set("sub", json!(""))),
        ("another access token's", set("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"))),
        (
            "alg none",
            lie(|draft, _| {
                draft.header["alg"] = json!("none");
                draft.signature = Some(Vec::new());
            }),
        ),
        (
            "HS256 with the public key",
            lie(|draft, jwk| {
                draft.header["alg"] = json!("HS256");
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, jwk.to_string().as_bytes());
                let body = format!(
                    "{}.{}",
                    encoded(draft.header.to_string()),
                    encoded(draft.claims.to_string())
                );
                draft.signature = Some(ring::hmac::sign(&key, body.as_bytes()).as_ref().to_vec());
            }),
        ),
        (
            "a key of its own in the header",
            lie(|draft, jwk| {
                draft.header["jwk"] = jwk.clone();
                draft.header["kid"] = json!("mine");
            }),
        ),
        ("an access token", lie(|draft, _| draft.header["typ"] = json!("at+jwt"))),
        ("what nobody here understands", lie(|draft, _| draft.header["crit"] = json!(["x"]))),
        ("a broken signature", lie(|draft, _| draft.signature = Some(vec![7; 64]))),
    ];
    for (name, lie) in lies {
        issuer.lies(lie);
        let mut browser = app.client();
        let refused = sign_in(&mut browser, &issuer, OWNER);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (502, "issuer_not_believed"),
            "{name}"
        );
        browser.get("/api/v1/me").expect(401);
    }
    issuer.is_honest();
    sign_in(&mut app.client(), &issuer, OWNER).expect(200);
}

#[test]
fn a_code_is_replayed_by_nobody_and_another_browser_cannot_bring_it_back() {
    let (app, issuer) = start("");
    drop(claim(&app, &issuer));
    let (mut browser, mut other) = (app.client(), app.client());
    let finish = "/api/v1/signin/external/finish";
    let back = issuer.approve(&sent(&mut browser, "/api/v1/signin/external"), OWNER);
    // A browser that began nothing, one that began something else, and another state.
    assert_eq!(other.post(finish, &back).code(), "issuer_signin_over");
    drop(sent(&mut other, "/api/v1/signin/external"));
    assert_eq!(other.post(finish, &back).code(), "issuer_signin_over");
    let mut guessed = back.clone();
    guessed["state"] = json!("signin.guessed");
    assert_eq!(browser.post(finish, &guessed).code(), "issuer_signin_over");
    browser.post(finish, &back).expect(200);
    assert_eq!(browser.post(finish, &back).code(), "issuer_signin_over");

    // A stolen code in a browser of its own: the verifier of the one that asked is missing.
    let stolen = issuer.approve(&sent(&mut browser, "/api/v1/signin/external"), OWNER);
    let mut thief = app.client();
    let mut own = issuer.approve(&sent(&mut thief, "/api/v1/signin/external"), "thief");
    own["code"] = stolen["code"].clone();
    assert_eq!(thief.post(finish, &own).code(), "issuer_not_believed");

    // Too late.
    let late = issuer.approve(&sent(&mut browser, "/api/v1/signin/external"), OWNER);
    app.clock.advance(10 * 60 * 1000);
    assert_eq!(browser.post(finish, &late).code(), "issuer_signin_over");
}

#[test]
fn issuer_mix_up_is_noticed_and_a_refusal_is_told() {
    let (app, issuer) = start("");
    drop(claim(&app, &issuer));
    let finish = "/api/v1/signin/external/finish";
    for iss in [json!("https://other.example.net"), Value::Null] {
        let mut browser = app.client();
        let mut back = issuer.approve(&sent(&mut browser, "/api/v1/signin/external"), OWNER);
        back["iss"] = iss;
        assert_eq!(browser.post(finish, &back).code(), "issuer_not_believed");
    }
    assert_eq!(issuer.asked("/token"), 1, "the code of the claim, and no other, was redeemed");
    let mut browser = app.client();
    let mut back = issuer.approve(&sent(&mut browser, "/api/v1/signin/external"), OWNER);
    back["code"] = Value::Null;
    back["error"] = json!("access_denied");
    assert_eq!(browser.post(finish, &back).code(), "issuer_refused");
}

#[test]
fn an_identity_is_issuer_and_sub_and_never_an_address_or_a_name() {
    let (app, issuer) = start("");
    drop(claim(&app, &issuer));
    issuer.says(json!({ "email": "robin@example.net", "email_verified": true }));
    let refused = sign_in(&mut app.client(), &issuer, "another");
    assert_eq!((refused.status, refused.code().as_str()), (403, "issuer_unknown_person"));
}

#[test]
fn key_rotation_during_a_sign_in_and_kid_floods_ask_once_a_minute() {
    let (app, issuer) = start("");
    drop(claim(&app, &issuer));
    assert_eq!(issuer.asked("/keys"), 1);
    app.clock.advance(60 * 1000);
    let mut browser = app.client();
    let redirect = sent(&mut browser, "/api/v1/signin/external");
    issuer.rotates("second");
    let back = issuer.approve(&redirect, OWNER);
    browser.post("/api/v1/signin/external/finish", &back).expect(200);
    assert_eq!(issuer.asked("/keys"), 2);

    issuer.lies(lie(|draft, _| draft.header["kid"] = json!("invented")));
    for _ in 0..5 {
        let refused = sign_in(&mut app.client(), &issuer, OWNER);
        assert_eq!(refused.code(), "issuer_not_believed");
    }
    assert_eq!(issuer.asked("/keys"), 2);
    app.clock.advance(60 * 1000);
    sign_in(&mut app.client(), &issuer, OWNER).expect(502);
    assert_eq!(issuer.asked("/keys"), 3);
}

#[test]
fn while_the_issuer_is_down_what_plays_goes_on_and_nothing_opens() {
    let (app, issuer) = start("");
    let mut owner = claim(&app, &issuer);
    let mut browser = app.client();
    let back = issuer.approve(&sent(&mut browser, "/api/v1/signin/external"), OWNER);
    issuer.is_down(true);
    let refused = browser.post("/api/v1/signin/external/finish", &back);
    assert_eq!((refused.status, refused.code().as_str()), (503, "issuer_unavailable"));
    browser.get("/api/v1/me").expect(401);
    owner.browser.get("/api/v1/me").expect(200);
    // Cut off for good: a day later it is the same, also after a restart that knows nothing.
    app.clock.advance(25 * 3600 * 1000);
    owner.browser.get("/api/v1/home").expect(200);
    let mut options = Options::with_clock(&app.clock);
    options.config = issuer.config("");
    let app = app.restart(options);
    let refused = app.client().post("/api/v1/signin/external", &json!({}));
    assert_eq!((refused.status, refused.code().as_str()), (503, "issuer_unavailable"));
    owner.browser.at(app.http_port).get("/api/v1/home").expect(200);
    // Whoever tries again and again does not have it asked again and again.
    let asked = issuer.asked("/.well-known/openid-configuration");
    for _ in 0..20 {
        let refused = app.client().post("/api/v1/signin/external", &json!({})).expect(503);
        assert_eq!(refused.code(), "issuer_unavailable");
    }
    assert_eq!(issuer.asked("/.well-known/openid-configuration"), asked);
    issuer.is_down(false);
    app.clock.advance(15 * 1000);
    sign_in(&mut app.client(), &issuer, OWNER).expect(200);
}

/// Registers a passkey in this browser, opened by a name that passkeys can belong to.
pub(crate) fn register(browser: &mut Client, device: &mut Device) {
    let begun = browser.post("/api/v1/passkeys/begin", &json!({})).expect(200).json();
    let credential = device.make(&begun["options"]);
    let made = json!({ "ceremony": begun["ceremony"], "name": "Phone", "credential": credential });
    browser.post("/api/v1/passkeys", &made).expect(200);
}

/// Signs in by a passkey.
pub(crate) fn show(browser: &mut Client, device: &mut Device) {
    let begun = browser.post("/api/v1/signin/passkey/begin", &json!({})).expect(200).json();
    let credential = device.show(&begun["options"]);
    let shown = json!({ "ceremony": begun["ceremony"], "credential": credential });
    browser.post("/api/v1/signin/passkey", &shown).expect(200);
}

#[test]
fn with_the_issuer_gone_for_good_a_passkey_here_and_the_box_in_hand_still_let_in() {
    let (app, issuer) = start("assurance = \"asserted\"\n");
    let mut owner = claim(&app, &issuer);
    owner.browser = owner.browser.named("localhost");
    let mut phone = Device::new(app.http_port);
    register(&mut owner.browser, &mut phone);
    issuer.is_down(true);
    app.clock.advance(30 * 24 * 3600 * 1000);

    // Nothing opens by the issuer's silence: no sign-in, no step-up, no claim, no password.
    let mut stranger = app.client();
    for (browser, kind) in [(&mut owner.browser, "stepup"), (&mut stranger, "signin")] {
        let back = issuer.approve(&sent(browser, &format!("/api/v1/{kind}/external")), OWNER);
        let refused = browser.post(&format!("/api/v1/{kind}/external/finish"), &back).expect(503);
        assert_eq!(refused.code(), "issuer_unavailable", "{kind}");
    }
    stranger.get("/api/v1/home").expect(401);
    assert_eq!(state(&app), "claimed", "no silence takes the owner away");
    let proof = json!({ "proof": { "kind": "link", "secret": "AAAAAAAAAAAAAAAAAAAAAA" },
        "browser_time_ms": 0 });
    app.client().post("/api/v1/claim/begin", &proof).expect(410);

    // A passkey that was registered at the box.
    let mut browser = app.client().named("localhost");
    show(&mut browser, &mut phone);
    browser.get("/api/v1/home").expect(200);
    browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);

    // A recovery code and the box in hand: from then on there is a password here.
    let secret = rescue_secret(&app);
    let code = &owner.recovery_codes[5];
    let begun = begin_rescue(&mut app.client(), &secret, code).expect(200).json();
    assert_eq!(begun["name"], "Robin");
    let renewal = json!({ "ticket": begun["ticket"], "password": "nine purple umbrellas",
        "totp_code": null, "browser_time_ms": app.clock_ms() });
    assert_eq!(app.client().get("/api/v1/server").json()["passwords_here"], false);
    app.client().post("/api/v1/rescue/owner/finish", &renewal).expect(200);
    assert_eq!(app.client().get("/api/v1/server").json()["passwords_here"], true);
    let who = json!({ "name": "robin", "password": "nine purple umbrellas" });
    let first = app.client().post("/api/v1/signin", &who).expect(200).json();
    assert_eq!(first["step"], "factor", "{first}");
    browser.get("/api/v1/me").expect(401);

    // Back again, the issuer knows the same owner.
    issuer.is_down(false);
    let step = sign_in(&mut app.client(), &issuer, OWNER).expect(200).json();
    assert_eq!(step["step"], "done");
}

/// An account that signs in elsewhere has no password here, so a code is nothing in a session that a
/// passkey opened: it would end it.
#[test]
fn a_passkeys_session_is_raised_by_the_passkey_and_ended_by_no_code() {
    let (app, issuer) = start("");
    let mut owner = claim(&app, &issuer);
    owner.browser = owner.browser.named("localhost");
    let mut phone = Device::new(app.http_port);
    register(&mut owner.browser, &mut phone);
    issuer.is_down(true);
    let mut browser = app.client().named("localhost");
    show(&mut browser, &mut phone);
    app.clock.advance(16 * 60 * 1000);
    let wanted = browser.get("/api/v1/stepup").expect(200).json();
    assert_eq!(wanted, json!({ "methods": ["passkey"], "password_too": false }));
    let codes = [
        ("totp", totp_code(owner.totp_secret.as_deref().unwrap(), seconds(&app))),
        ("recovery", owner.recovery_codes[3].clone()),
    ];
    for (method, code) in codes {
        let body = json!({ "method": method, "code": code, "browser_time_ms": app.clock_ms() });
        let refused = browser.post("/api/v1/stepup", &body).expect(422);
        assert_eq!(refused.code(), "passkey_needed", "{method}");
    }
    let refused = browser.post("/api/v1/stepup/approval/begin", &json!({})).expect(422);
    assert_eq!(refused.code(), "passkey_needed");
    let left = browser.get("/api/v1/factors").expect(200).json();
    assert_eq!(left["recovery_codes_left"], 10, "no code is burnt");
    let begun = browser.post("/api/v1/stepup/passkey/begin", &json!({})).expect(200).json();
    let shown =
        json!({ "ceremony": begun["ceremony"], "credential": phone.show(&begun["options"]) });
    browser.post("/api/v1/stepup/passkey", &shown).expect(204);
    browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
}

#[test]
fn an_owner_whom_the_issuer_itself_refuses_at_a_step_up_leaves_the_server_without_one() {
    let (app, issuer) = start("assurance = \"asserted\"\n");
    issuer.describes_itself(json!({ "claims_parameter_supported": true }));
    let mut owner = claim(&app, &issuer);
    owner.browser = owner.browser.named("localhost");
    let mut phone = Device::new(app.http_port);
    register(&mut owner.browser, &mut phone);
    let there = |browser: &mut Client| {
        let redirect = sent(browser, "/api/v1/stepup/external");
        let one = query_of(redirect.split_once('?').unwrap().1)["claims"].clone();
        assert_eq!(one, json!({ "id_token": { "sub": { "value": OWNER } } }).to_string());
        issuer.approve(&redirect, OWNER)
    };
    let finish = "/api/v1/stepup/external/finish";
    // What may pass, what the browser alone says, and a sign-in of nobody in particular.
    for error in ["invalid_grant", "server_error", "temporarily_unavailable", "invalid_client"] {
        issuer.refuses(Some(error));
        let back = there(&mut owner.browser);
        assert!(owner.browser.post(finish, &back).status >= 500, "{error}");
        assert_eq!(state(&app), "claimed", "{error}");
    }
    issuer.is_down(true);
    let back = json!({ "state": "", "code": "x", "iss": issuer.url });
    owner.browser.post(finish, &back).expect(401);
    issuer.is_down(false);
    let mut back = there(&mut owner.browser);
    (back["code"], back["error"]) = (Value::Null, json!("access_denied"));
    assert_eq!(owner.browser.post(finish, &back).expect(403).code(), "issuer_refused");
    issuer.refuses(Some("access_denied"));
    assert_eq!(sign_in(&mut app.client(), &issuer, OWNER).expect(403).code(), "issuer_refused");
    assert_eq!(state(&app), "claimed");

    let back = there(&mut owner.browser);
    assert_eq!(owner.browser.post(finish, &back).expect(403).code(), "issuer_shut_out");
    assert_eq!(state(&app), "orphaned");
    owner.browser.get("/api/v1/me").expect(401);

    // What the server itself keeps of them lets them in, and is no word of the issuer's.
    let mut by_passkey = app.client().named("localhost");
    show(&mut by_passkey, &mut phone);
    let refused = by_passkey.post("/api/v1/unlock", &json!({})).expect(403);
    assert_eq!(refused.code(), "owner_refused");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("Sign in there"), "{detail}");
    let mut options = Options::with_clock(&app.clock);
    options.config = issuer.config("assurance = \"asserted\"\n");
    let app = app.restart(options);
    let mut by_passkey = by_passkey.at(app.http_port);
    assert_eq!(by_passkey.post("/api/v1/unlock", &json!({})).code(), "owner_refused");
    assert_eq!(state(&app), "orphaned");

    // The same person comes back, and nobody else.
    issuer.refuses(None);
    sign_in(&mut app.client(), &issuer, "somebody else").expect(403);
    assert_eq!(by_passkey.post("/api/v1/unlock", &json!({})).code(), "owner_refused");
    let mut browser = app.client();
    sign_in(&mut browser, &issuer, OWNER).expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(state(&app), "claimed");

    // Whoever signs the server out themselves opens it again by what they have.
    let name = browser.get("/api/v1/server").json()["name"].clone();
    browser.post("/api/v1/server/give-up", &json!({ "name": name })).expect(204);
    assert_eq!(state(&app), "orphaned");
    let mut by_passkey = app.client().named("localhost");
    phone.moved_to(app.http_port);
    show(&mut by_passkey, &mut phone);
    by_passkey.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(state(&app), "claimed");
}

#[test]
fn the_issuers_refusal_is_nobodys_where_it_cannot_be_asked_for_one_person() {
    let (app, issuer) = start("assurance = \"asserted\"\n");
    let mut owner = claim(&app, &issuer);
    let redirect = sent(&mut owner.browser, "/api/v1/stepup/external");
    assert!(!redirect.contains("claims="), "{redirect}");
    issuer.refuses(Some("access_denied"));
    let back = issuer.approve(&redirect, "somebody else");
    let refused = owner.browser.post("/api/v1/stepup/external/finish", &back).expect(403);
    assert_eq!(refused.code(), "issuer_refused");
    assert_eq!(state(&app), "claimed");
}

#[test]
fn the_owner_signs_in_after_all_the_servers_addresses_changed() {
    let (app, issuer) = start("");
    drop(claim(&app, &issuer));
    let old = app.http_port;
    let mut options = Options::with_clock(&app.clock);
    options.config = issuer.config("");
    let app = app.restart(options);
    assert_ne!(app.http_port, old);
    let mut browser = app.client();
    let redirect = sent(&mut browser, "/api/v1/signin/external");
    let here = format!("127.0.0.1%3A{}%2Fsignin%2Fcallback", app.http_port);
    assert!(redirect.contains(&here), "{redirect}");
    let back = issuer.approve(&redirect, OWNER);
    browser.post("/api/v1/signin/external/finish", &back).expect(200);
}

#[test]
fn after_a_recovery_the_same_person_at_the_issuer_claims_anew() {
    let (mut app, issuer) = start("");
    drop(claim(&app, &issuer));
    app.stop();
    wish(&app, "root\n");
    let mut options = Options::with_clock(&app.clock);
    options.config = issuer.config("");
    let app = app.restart(options);
    let mut owner = claim(&app, &issuer);
    assert_eq!(owner.browser.get("/api/v1/me").expect(200).json()["user"]["role"], "owner");
}

#[test]
fn an_owner_from_elsewhere_who_signs_in_is_told_of_and_has_come() {
    let (app, issuer) = start("assurance = \"asserted\"\n");
    let mut owner = claim(&app, &issuer);
    app.clock.advance(60_000);
    sign_in(&mut app.client(), &issuer, OWNER).expect(200);
    let told = owner.browser.get("/api/v1/notices").expect(200).json();
    assert_eq!(told["notices"][0]["kind"], "signed_in", "{told}");
    let store = Store::open(&app.data).unwrap();
    assert!(store.accounts.read(owner_came).unwrap());
}

#[test]
fn ssrf_through_what_an_issuer_says_of_itself_is_refused() {
    let elsewhere = |url: &str| json!({ "token_endpoint": url });
    let unfit = [
        json!({ "issuer": "https://other.example.net" }),
        elsewhere("http://192.168.1.1/admin"),
        elsewhere("file:///etc/passwd"),
        json!({ "jwks_uri": "gopher://127.0.0.1/" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
    ];
    for description in unfit {
        let (app, issuer) = start("");
        issuer.describes_itself(description.clone());
        let refused = begin_claim(&app).post("/api/v1/claim/external", &json!({}));
        assert_eq!(refused.code(), "issuer_unavailable", "{description}");
    }
    // A redirect is no answer, and an answer without end is cut off.
    for path in ["/moved", "/large"] {
        let (app, issuer) = start("");
        issuer.describes_itself(json!({ "jwks_uri": format!("{}{path}", issuer.url) }));
        let mut browser = begin_claim(&app);
        let back = issuer.approve(&sent(&mut browser, "/api/v1/claim/external"), OWNER);
        let refused = browser.post("/api/v1/claim/external/finish", &back);
        assert_eq!(refused.code(), "issuer_unavailable", "{path}");
        assert_eq!(issuer.asked("/elsewhere"), 0);
    }
}

#[test]
fn a_box_without_a_clock_takes_a_token_by_its_nonce() {
    let mut options = Options::without_a_clock();
    let clock = Arc::clone(&options.clock);
    let issuer = FakeIssuer::start(&clock);
    options.config = issuer.config("assurance = \"asserted\"\n");
    let app = App::start_with(options);
    // The issuer's clock is right, the box's is years behind.
    let today = 1_793_000_000;
    issuer.says(json!({ "iat": today, "exp": today + 600, "auth_time": today }));
    let mut browser = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    // The browser's own clock is no better, so nothing makes the time known.
    let begin = json!({ "proof": proof, "browser_time_ms": 0 });
    browser.post("/api/v1/claim/begin", &begin).expect(200);
    let back = issuer.approve(&sent(&mut browser, "/api/v1/claim/external"), OWNER);
    let step = browser.post("/api/v1/claim/external/finish", &back).expect(200).json();
    finish_claim(&mut browser, &step);
    browser.get("/api/v1/me").expect(200);
}
