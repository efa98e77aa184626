//! A server that is being claimed and has no client of its own at the account service: it shows a
//! code, its owner approves it there, and it registers once (RFC 8628, RFC 7591).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stead_rules::limits::{
    CLIENTS_PER_ACCOUNT_MAX, DEVICE_CODE_SECONDS, GUARD_SECONDS, REGISTRATION_TOKEN_SECONDS,
};

use crate::access::member;
use crate::accounts_alone::{PASSWORD, person, start};
use crate::harness::{Answer, App, Client, Owner};
use crate::provider::{post_form, verified, with_bearer};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
pub(crate) const CALLBACK: &str = "https://stead-ab12.local:8443/signin/callback";

/// A server that waits for its owner.
struct Waiting {
    offer: Value,
}

impl Waiting {
    fn ask(app: &App) -> Self {
        let members = [
            ("client_id", "stead-server"),
            ("scope", "openid registration"),
            ("device_name", "The cellar"),
        ];
        let offer = post_form(app, "/oauth/device_authorization", &members).expect(200).json();
        Self { offer }
    }

    fn code(&self) -> Value {
        json!({ "code": self.offer["user_code"] })
    }

    fn named_code(&self) -> Value {
        json!({ "code": self.offer["user_code"], "name": "The cellar" })
    }

    fn poll(&self, app: &App) -> Answer {
        self.poll_as(app, "stead-server")
    }

    fn poll_as(&self, app: &App, client: &str) -> Answer {
        let code = self.offer["device_code"].as_str().unwrap();
        let members = [("grant_type", GRANT), ("client_id", client), ("device_code", code)];
        post_form(app, "/oauth/token", &members)
    }

    fn approve(&self, browser: &mut Client) -> Answer {
        browser.post("/api/v1/devices/approve", &self.named_code())
    }
}

fn error(answer: Answer) -> String {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["error"].as_str().unwrap().to_owned()
}

/// What a server gets whose owner says yes.
pub(crate) fn approved(app: &App, browser: &mut Client) -> Value {
    let server = Waiting::ask(app);
    server.approve(browser).expect(204);
    server.poll(app).expect(200).json()
}

pub(crate) fn register(app: &App, token: &Value, redirects: &[&str]) -> Answer {
    let body = json!({ "client_name": "The cellar", "redirect_uris": redirects });
    with_bearer(app, "POST", "/oauth/register", token.as_str().unwrap(), Some(&body))
}

fn later(app: &App, seconds: u64) {
    app.clock.advance(seconds * 1000);
}

#[test]
fn a_server_is_let_in_learns_who_its_owner_is_and_registers_once() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let server = Waiting::ask(&app);
    let issuer = app.client().get("/.well-known/openid-configuration").expect(200).json();
    let issuer = issuer["issuer"].as_str().unwrap().to_owned();
    assert_eq!(server.offer["verification_uri"], format!("{issuer}/device"));
    let code = server.offer["user_code"].as_str().unwrap();
    assert_eq!(server.offer["verification_uri_complete"], format!("{issuer}/device#code={code}"));

    let seen = robin.post("/api/v1/devices/look", &server.code()).expect(200).json();
    let told = (&seen["kind"], &seen["name"], &seen["address"]);
    assert_eq!(told, (&json!("server"), &json!("The cellar"), &json!("127.0.0.1")));
    server.approve(&mut robin).expect(204);
    let given = server.poll(&app).expect(200).json();
    assert_eq!(given["token_type"], "Bearer");
    assert_eq!(given["scope"], "openid registration");
    assert_eq!(given["expires_in"], json!(REGISTRATION_TOKEN_SECONDS));
    assert!(given.get("refresh_token").is_none());

    let (_, claims) = verified(&app, given["id_token"].as_str().unwrap());
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(issuer), &json!("stead-server")));
    // A token of this grant never counts as a second factor, whatever was shown here.
    assert!(claims.get("acr").is_none() && claims.get("amr").is_none(), "{claims}");
    let hash = ring::digest::digest(
        &ring::digest::SHA256,
        given["access_token"].as_str().unwrap().as_bytes(),
    );
    assert_eq!(claims["at_hash"], URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));

    let made = register(&app, &given["access_token"], &[CALLBACK]).expect(201).json();
    assert_eq!(
        (&made["client_name"], &made["redirect_uris"]),
        (&json!("The cellar"), &json!([CALLBACK]))
    );
    assert_eq!(
        error(register(&app, &given["access_token"], &[CALLBACK]).expect(401)),
        "invalid_token"
    );
    // The same account by the new client's own door has the same `sub`.
    let me = robin.get("/api/v1/me").expect(200).json();
    assert!(claims["sub"].as_str().is_some_and(|sub| sub.len() == 32), "{claims} {me}");
}

#[test]
fn a_token_to_register_ends_with_what_its_person_ends() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let given = approved(&app, &mut robin);
    let change = json!({ "old": PASSWORD, "new": "nine blue umbrellas" });
    robin.post("/api/v1/password", &change).expect(204);
    register(&app, &given["access_token"], &[CALLBACK]).expect(401);
}

#[test]
fn the_token_of_a_server_is_good_for_registering_alone() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let given = approved(&app, &mut robin);
    let token = given["access_token"].as_str().unwrap();
    with_bearer(&app, "GET", "/oauth/userinfo", token, None).expect(401);
    for path in ["/api/v1/me", "/api/v1/sessions", "/api/v1/factors"] {
        with_bearer(&app, "GET", path, token, None).expect(401);
    }
    later(&app, REGISTRATION_TOKEN_SECONDS);
    register(&app, &given["access_token"], &[CALLBACK]).expect(401);
}

#[test]
fn open_redirect_a_server_registers_its_own_pages_and_never_others_later() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let given = approved(&app, &mut robin);
    let token = &given["access_token"];
    for wrong in [
        "https://attacker.example/",
        "https://attacker.example/cb",
        "https://stead-ab12.local/signin/callback/x",
        "https://stead-ab12.local/signin/callback?x=/claim/callback",
        "org.example.player:/signin/callback",
    ] {
        let refused = register(&app, token, &[CALLBACK, wrong]).expect(400);
        assert_eq!(error(refused), "invalid_redirect_uri", "{wrong}");
    }
    // A refusal uses the token up no more than a typing error would.
    let made = register(&app, token, &[CALLBACK]).expect(201).json();
    let manage = made["registration_access_token"].as_str().unwrap();
    let path = format!("/oauth/register/{}", made["client_id"].as_str().unwrap());
    let change = |redirect: &str| {
        let body = json!({ "client_name": "The cellar", "redirect_uris": [redirect] });
        with_bearer(&app, "PUT", &path, manage, Some(&body))
    };
    assert_eq!(error(change("https://attacker.example/").expect(400)), "invalid_redirect_uri");
    let moved = "https://192.0.2.9:8443/signin/callback";
    let changed = change(moved).expect(200).json();
    assert_eq!(changed["redirect_uris"], json!([moved]), "it follows its address");
}

#[test]
fn device_code_phishing_and_polling_abuse_end_in_words_of_the_protocol() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let denied = Waiting::ask(&app);
    assert_eq!(error(denied.poll(&app).expect(400)), "authorization_pending");
    assert_eq!(error(denied.poll(&app).expect(400)), "slow_down");
    robin.post("/api/v1/devices/deny", &denied.code()).expect(204);
    assert_eq!(error(denied.poll(&app).expect(400)), "access_denied");
    assert_eq!(error(denied.poll(&app).expect(400)), "invalid_grant", "told once");

    let used = Waiting::ask(&app);
    used.approve(&mut robin).expect(204);
    assert_eq!(error(used.poll_as(&app, "stead-tv").expect(401)), "invalid_client");
    assert_eq!(used.approve(&mut robin).expect(422).code(), "no_such_code", "approved once");
    used.poll(&app).expect(200);
    assert_eq!(error(used.poll(&app).expect(400)), "invalid_grant", "given once");

    let old = Waiting::ask(&app);
    later(&app, DEVICE_CODE_SECONDS);
    assert_eq!(error(old.poll(&app).expect(400)), "expired_token");
    assert_eq!(old.approve(&mut robin).expect(422).code(), "no_such_code");

    // Whoever has left the browser open is not enough.
    let stale = Waiting::ask(&app);
    later(&app, GUARD_SECONDS);
    let refused = stale.approve(&mut robin).expect(401);
    assert_eq!(refused.code(), "insufficient_user_authentication");
}

#[test]
fn who_signed_out_meanwhile_lets_nobody_in() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let server = Waiting::ask(&app);
    server.approve(&mut robin).expect(204);
    robin.post("/api/v1/signout", &json!({})).expect(204);
    assert_eq!(error(server.poll(&app).expect(400)), "access_denied");
}

#[test]
fn a_server_asks_for_no_more_than_it_is_given_and_nothing_plays_here() {
    let app = start();
    for (client, scope, expected) in [
        ("stead-server", "openid playback", "invalid_scope"),
        ("stead-server", "openid profile", "invalid_scope"),
        ("stead-tv", "playback", "invalid_client"),
        ("stead-app", "playback", "invalid_client"),
        ("nobody", "openid", "invalid_client"),
    ] {
        let members = [("client_id", client), ("scope", scope)];
        let answer = post_form(&app, "/oauth/device_authorization", &members).expect(400);
        assert_eq!(error(answer), expected, "{client} {scope}");
    }
}

#[test]
fn one_account_fills_nobody_elses_room() {
    let app = start();
    let mut robin = person(&app, "Robin");
    for _ in 0..CLIENTS_PER_ACCOUNT_MAX {
        let given = approved(&app, &mut robin);
        register(&app, &given["access_token"], &[CALLBACK]).expect(201);
    }
    let given = approved(&app, &mut robin);
    let refused = register(&app, &given["access_token"], &[CALLBACK]).expect(400);
    assert_eq!(error(refused), "invalid_client_metadata");
    later(&app, 1);
    let mut sam = person(&app, "Sam");
    let given = approved(&app, &mut sam);
    register(&app, &given["access_token"], &[CALLBACK]).expect(201);
}

#[test]
fn in_a_media_server_its_owner_alone_lets_another_server_in() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut sam = member(&app);
    let server = Waiting::ask(&app);
    assert_eq!(server.approve(&mut sam).expect(403).code(), "not_the_owner");
    server.approve(&mut owner.browser).expect(204);
    let given = server.poll(&app).expect(200).json();
    register(&app, &given["access_token"], &["https://attacker.example/"]).expect(400);
    register(&app, &given["access_token"], &[CALLBACK]).expect(201);
}
