//! The account service as an OpenID provider, as a client meets it: codes, tokens, keys,
//! registration, and what is tried against them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::harness::{Answer, App, Client, Owner, in_accounts};

/// The members of a query.
type Wish<'a> = &'a [(&'a str, &'a str)];

const REDIRECT: &str = "https://cellar.example/signin/callback";
pub(crate) const VERIFIER: &str = "a-verifier-that-only-this-test-knows-0123456789";

fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

fn later(app: &App, seconds: u64) {
    app.clock.advance(seconds * 1000);
}

fn form(members: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(members);
    form.finish()
}

/// Sends a form without cookies, as programs do.
pub(crate) fn post_form(app: &App, path: &str, members: &[(&str, &str)]) -> Answer {
    let mut client = app.client().with("Content-Type", "application/x-www-form-urlencoded");
    client.send("POST", path, Some(form(members)))
}

pub(crate) fn with_bearer(
    app: &App,
    method: &str,
    path: &str,
    token: &str,
    body: Option<&Value>,
) -> Answer {
    let mut client = app.client().with("Authorization", &format!("Bearer {token}"));
    client.send(method, path, body.map(Value::to_string))
}

/// A registered client.
struct Cellar {
    id: String,
    secret: String,
    manage: String,
}

impl Cellar {
    fn register(app: &App, owner: &mut Owner) -> Self {
        let token = invite(owner);
        let made = with_bearer(app, "POST", "/oauth/register", &token, Some(&metadata()));
        let made = made.expect(201).json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        Self {
            id: text("client_id"),
            secret: text("client_secret"),
            manage: text("registration_access_token"),
        }
    }

    /// Asks at the token endpoint with its secret in the header.
    fn ask(&self, app: &App, path: &str, members: &[(&str, &str)]) -> Answer {
        let basic = STANDARD.encode(format!("{}:{}", self.id, self.secret));
        let mut client = app
            .client()
            .with("Content-Type", "application/x-www-form-urlencoded")
            .with("Authorization", &format!("Basic {basic}"));
        client.send("POST", path, Some(form(members)))
    }

    fn exchange(&self, app: &App, code: &str) -> Answer {
        self.ask(app, "/oauth/token", &self.code_members(code))
    }

    fn code_members<'a>(&self, code: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ]
    }

    fn refresh(&self, app: &App, token: &str) -> Answer {
        let members = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.ask(app, "/oauth/token", &members)
    }

    fn is_active(&self, app: &App, token: &str) -> bool {
        let answer = self.ask(app, "/oauth/introspect", &[("token", token)]).expect(200);
        answer.json()["active"].as_bool().unwrap()
    }
}

fn metadata() -> Value {
    json!({
        "client_name": "Cellar",
        "redirect_uris": [REDIRECT],
        "post_logout_redirect_uris": ["https://cellar.example/bye"],
        "grant_types": ["authorization_code", "refresh_token"],
    })
}

fn invite(owner: &mut Owner) -> String {
    let answer = owner.browser.post("/api/v1/provider/registrations", &json!({})).expect(200);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// A request of this client, with some members in place of the usual ones; empty ones are left out.
pub(crate) fn query(client: &str, changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(VERIFIER.as_bytes()));
    let mut members = vec![
        ("client_id", client),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid profile offline_access"),
        ("state", "s t&te"),
        ("nonce", "n-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for &(name, value) in changes {
        members.retain(|(known, _)| *known != name);
        members.push((name, value));
    }
    members.retain(|(_, value)| !value.is_empty());
    form(&members)
}

fn look(browser: &mut Client, query: &str) -> Answer {
    browser.post("/api/v1/oauth/authorize", &json!({ "query": query }))
}

pub(crate) fn agree(browser: &mut Client, query: &str) -> Answer {
    browser.post("/api/v1/oauth/consent", &json!({ "query": query, "agree": true }))
}

/// The members of the address that an answer sends the browser to.
pub(crate) fn sent_to(answer: &Answer) -> (String, Vec<(String, String)>) {
    let answer = answer.json();
    assert_eq!(answer["step"], "redirect", "{answer}");
    let (place, query) = answer["to"].as_str().unwrap().split_once('?').unwrap();
    (place.to_owned(), form_urlencoded::parse(query.as_bytes()).into_owned().collect())
}

pub(crate) fn member(members: &[(String, String)], name: &str) -> Option<String> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn code(browser: &mut Client, client: &str) -> String {
    let (_, members) = sent_to(&agree(browser, &query(client, &[])).expect(200));
    member(&members, "code").unwrap()
}

fn oauth_error(answer: &Answer) -> String {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["error"].as_str().unwrap().to_owned()
}

/// The header and the claims of a token whose signature fits one of the published keys.
pub(crate) fn verified(app: &App, token: &str) -> (Value, Value) {
    let keys = app.client().get("/oauth/jwks").expect(200).json();
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&part(header)).unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
    let key = key.expect("the key is published");
    let point = [vec![4], part(key["x"].as_str().unwrap()), part(key["y"].as_str().unwrap())];
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.concat())
        .verify(signed.as_bytes(), &part(signature))
        .expect("the signature fits");
    (header, serde_json::from_slice(&part(claims)).unwrap())
}

fn started() -> (App, Owner, Cellar) {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let cellar = Cellar::register(&app, &mut owner);
    (app, owner, cellar)
}

#[test]
fn a_person_agrees_once_and_the_client_learns_truthfully_who_signed_in() {
    let (app, mut owner, cellar) = started();
    let asked = query(&cellar.id, &[]);
    let first = look(&mut owner.browser, &asked).expect(200).json();
    assert_eq!(first["step"], "consent");
    assert_eq!(first["client"], "Cellar");
    assert_eq!(first["place"], "cellar.example");
    assert_eq!(first["scopes"], json!(["openid", "profile", "offline_access"]));

    let (place, members) = sent_to(&agree(&mut owner.browser, &asked).expect(200));
    assert_eq!(place, REDIRECT);
    assert_eq!(member(&members, "state").as_deref(), Some("s t&te"));
    let discovered = app.client().get("/.well-known/openid-configuration").expect(200).json();
    assert_eq!(member(&members, "iss").as_deref(), discovered["issuer"].as_str());

    let given = cellar.exchange(&app, &member(&members, "code").unwrap()).expect(200).json();
    assert_eq!(given["token_type"], "Bearer");
    let (header, claims) = verified(&app, given["id_token"].as_str().unwrap());
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("JWT")));
    let me = owner.browser.get("/api/v1/me").expect(200).json();
    let seconds = me["session"]["auth_time_ms"].as_i64().unwrap() / 1000;
    let expected = json!({
        "iss": discovered["issuer"], "aud": cellar.id, "nonce": "n-1", "auth_time": seconds,
        "acr": "mfa", "amr": ["pwd", "otp", "mfa"], "name": "Robin",
        "sid": me["session"]["id"],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&claims[name], value, "{name}");
    }
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    let access = given["access_token"].as_str().unwrap();
    let half = URL_SAFE_NO_PAD.encode(&sha256(access.as_bytes())[..16]);
    assert_eq!(claims["at_hash"], half);

    let person = with_bearer(&app, "GET", "/oauth/userinfo", access, None).expect(200).json();
    assert_eq!(person, json!({ "sub": claims["sub"], "name": "Robin" }));
    // Nobody is asked twice for the same, and what they hear of later is asked for anew.
    sent_to(&look(&mut owner.browser, &asked).expect(200));
    let anew = query(&cellar.id, &[("prompt", "consent")]);
    assert_eq!(look(&mut owner.browser, &anew).expect(200).json()["step"], "consent");
}

#[test]
fn open_redirect_an_answer_goes_to_a_registered_address_or_nowhere() {
    let (app, mut owner, cellar) = started();
    let cases = [
        (query("nobody", &[]), "unknown_client"),
        (query("", &[]), "unknown_client"),
        (query("stead-tv", &[]), "unknown_redirect"),
        (query("stead-app", &[]), "unknown_redirect"),
        (query(&cellar.id, &[("redirect_uri", "")]), "unknown_redirect"),
        (query(&cellar.id, &[("redirect_uri", "https://attacker.example/")]), "unknown_redirect"),
        (query(&cellar.id, &[("redirect_uri", &format!("{REDIRECT}/"))]), "unknown_redirect"),
        (query(&cellar.id, &[("redirect_uri", &format!("{REDIRECT}?a=1"))]), "unknown_redirect"),
        (query(&cellar.id, &[("redirect_uri", "javascript:alert(1)")]), "unknown_redirect"),
        (format!("{}&redirect_uri=x", query(&cellar.id, &[])), "bad_request"),
        // What else is wrong is not even sent there as an error.
        (
            query(&cellar.id, &[("redirect_uri", "https://x.example/"), ("prompt", "none")]),
            "unknown_redirect",
        ),
    ];
    for (query, code) in cases {
        for browser in [&mut app.client(), &mut owner.browser] {
            assert_eq!(look(browser, &query).expect(400).code(), code, "{query}");
        }
        assert_eq!(agree(&mut owner.browser, &query).expect(400).code(), code, "{query}");
    }
}

#[test]
fn what_is_wrong_with_a_request_goes_back_with_its_state_and_its_issuer() {
    let (app, mut owner, cellar) = started();
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("scope", "playback")], "invalid_scope"),
        (&[("request", "e30.e30.")], "request_not_supported"),
        (&[("prompt", "none")], "consent_required"),
    ];
    for (changes, error) in cases {
        let (place, members) =
            sent_to(&look(&mut owner.browser, &query(&cellar.id, changes)).expect(200));
        assert_eq!(place, REDIRECT);
        assert_eq!(member(&members, "error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(member(&members, "state").as_deref(), Some("s t&te"));
        assert!(member(&members, "iss").is_some() && member(&members, "code").is_none());
    }
    let silent = query(&cellar.id, &[("prompt", "none")]);
    let (_, members) = sent_to(&look(&mut app.client(), &silent).expect(200));
    assert_eq!(member(&members, "error").as_deref(), Some("login_required"));
    let no = json!({ "query": query(&cellar.id, &[]), "agree": false });
    let (_, members) = sent_to(&owner.browser.post("/api/v1/oauth/consent", &no).expect(200));
    assert_eq!(member(&members, "error").as_deref(), Some("access_denied"));
}

#[test]
fn code_replay_takes_back_what_the_code_gave() {
    let (app, mut owner, cellar) = started();
    let code = code(&mut owner.browser, &cellar.id);
    let given = cellar.exchange(&app, &code).expect(200).json();
    let access = given["access_token"].as_str().unwrap();
    assert!(cellar.is_active(&app, access));
    assert_eq!(oauth_error(&cellar.exchange(&app, &code).expect(400)), "invalid_grant");
    assert!(!cellar.is_active(&app, access));
    with_bearer(&app, "GET", "/oauth/userinfo", access, None).expect(401);
    cellar.refresh(&app, given["refresh_token"].as_str().unwrap()).expect(400);
}

#[test]
fn pkce_downgrade_and_stolen_codes_give_nothing() {
    let (app, mut owner, cellar) = started();
    let other = Cellar::register(&app, &mut owner);
    let short = "x".repeat(42);
    let wrong = "another-verifier-that-has-the-right-length-012345";
    let cases: [&[(&str, &str)]; 5] = [
        &[("code_verifier", wrong)],
        &[("code_verifier", &short)],
        &[("code_verifier", "")],
        &[("redirect_uri", "https://cellar.example/other")],
        &[("redirect_uri", "")],
    ];
    for changes in cases {
        let code = code(&mut owner.browser, &cellar.id);
        let mut members: Vec<(&str, &str)> = cellar.code_members(&code).to_vec();
        for &(name, value) in changes {
            members.retain(|(known, _)| *known != name);
            members.push((name, value));
        }
        let answer = cellar.ask(&app, "/oauth/token", &members).expect(400);
        assert!(matches!(oauth_error(&answer).as_str(), "invalid_grant" | "invalid_request"));
    }
    let code = code(&mut owner.browser, &cellar.id);
    assert_eq!(oauth_error(&other.exchange(&app, &code).expect(400)), "invalid_grant");
    // Without its secret, by nobody, and by a secret shown in another way than registered.
    let members = cellar.code_members(&code);
    let shown = |more: &[(&str, &str)]| {
        post_form(&app, "/oauth/token", &[&members[..], more].concat()).expect(401)
    };
    for more in [
        &[("client_id", cellar.id.as_str())][..],
        &[("client_id", "nobody")],
        &[("client_id", &cellar.id), ("client_secret", &cellar.secret)],
        &[("client_id", "stead-tv")],
    ] {
        let refused = post_form(&app, "/oauth/token", &[&members[..], more].concat());
        assert!(matches!(refused.status, 400 | 401), "{more:?} {}", refused.text());
        assert!(matches!(oauth_error(&refused).as_str(), "invalid_client" | "unauthorized_client"));
    }
    assert_eq!(
        shown(&[("client_id", "nobody")]).header("www-authenticate"),
        Some("Basic realm=\"stead\"")
    );
    // All of that has not used it up.
    cellar.exchange(&app, &code).expect(200);
}

#[test]
fn a_code_is_good_for_a_minute_and_a_token_for_ten() {
    let (app, mut owner, cellar) = started();
    let late = code(&mut owner.browser, &cellar.id);
    later(&app, 60);
    assert_eq!(oauth_error(&cellar.exchange(&app, &late).expect(400)), "invalid_grant");
    let given = cellar.exchange(&app, &code(&mut owner.browser, &cellar.id)).expect(200).json();
    let access = given["access_token"].as_str().unwrap();
    later(&app, 599);
    assert!(cellar.is_active(&app, access));
    later(&app, 1);
    assert!(!cellar.is_active(&app, access));
    with_bearer(&app, "GET", "/oauth/userinfo", access, None).expect(401);
}

#[test]
fn refresh_reuse_takes_back_the_family() {
    let (app, mut owner, cellar) = started();
    let other = Cellar::register(&app, &mut owner);
    let given = cellar.exchange(&app, &code(&mut owner.browser, &cellar.id)).expect(200).json();
    let first = given["refresh_token"].as_str().unwrap().to_owned();
    other.refresh(&app, &first).expect(400);
    let second = cellar.refresh(&app, &first).expect(200).json();
    let access = second["access_token"].as_str().unwrap();
    assert_ne!(second["refresh_token"], first);
    assert!(cellar.is_active(&app, second["refresh_token"].as_str().unwrap()));
    assert!(!other.is_active(&app, access), "a client hears of its own tokens alone");
    assert_eq!(oauth_error(&cellar.refresh(&app, &first).expect(400)), "invalid_grant");
    assert!(!cellar.is_active(&app, access));
    cellar.refresh(&app, second["refresh_token"].as_str().unwrap()).expect(400);
}

#[test]
fn a_session_that_ends_takes_its_codes_and_tokens_along() {
    type End = fn(&App, &mut Owner);
    let ends: [(&str, End); 3] = [
        ("signed out", |_, owner| {
            owner.browser.post("/api/v1/signout", &json!({})).expect(204);
        }),
        ("a factor was changed", |app, _| in_accounts(app, "UPDATE user SET epoch = epoch + 1")),
        ("switched off", |app, _| in_accounts(app, "UPDATE user SET enabled = 0")),
    ];
    for (what, end) in ends {
        let (app, mut owner, cellar) = started();
        let given = cellar.exchange(&app, &code(&mut owner.browser, &cellar.id)).expect(200).json();
        let waiting = code(&mut owner.browser, &cellar.id);
        let access = given["access_token"].as_str().unwrap();
        assert!(cellar.is_active(&app, access), "{what}");
        end(&app, &mut owner);
        assert!(!cellar.is_active(&app, access), "{what}");
        with_bearer(&app, "GET", "/oauth/userinfo", access, None).expect(401);
        cellar.refresh(&app, given["refresh_token"].as_str().unwrap()).expect(400);
        cellar.exchange(&app, &waiting).expect(400);
    }
}

#[test]
fn a_token_is_taken_back_by_its_own_client_alone() {
    let (app, mut owner, cellar) = started();
    let other = Cellar::register(&app, &mut owner);
    let given = cellar.exchange(&app, &code(&mut owner.browser, &cellar.id)).expect(200).json();
    let text = |name: &str| given[name].as_str().unwrap().to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    for token in [&access, &refresh] {
        other.ask(&app, "/oauth/revoke", &[("token", token)]).expect(200);
        assert!(cellar.is_active(&app, token));
    }
    cellar.ask(&app, "/oauth/revoke", &[("token", &access)]).expect(200);
    assert!(!cellar.is_active(&app, &access) && cellar.is_active(&app, &refresh));
    cellar.ask(&app, "/oauth/revoke", &[("token", &refresh)]).expect(200);
    cellar.refresh(&app, &refresh).expect(400);
    cellar.ask(&app, "/oauth/revoke", &[("token", "nothing")]).expect(200);
}

#[test]
fn the_next_key_is_known_before_it_signs_and_the_last_one_after_it_did() {
    let (app, mut owner, cellar) = started();
    let mut signed = Vec::new();
    let token = |owner: &mut Owner| {
        let given = cellar.exchange(&app, &code(&mut owner.browser, &cellar.id)).expect(200).json();
        given["id_token"].as_str().unwrap().to_owned()
    };
    let known = || -> Vec<String> {
        let keys = app.client().get("/oauth/jwks").expect(200).json();
        let keys = keys["keys"].as_array().unwrap().clone();
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    for _ in 0..3 {
        let before = known();
        let id_token = token(&mut owner);
        let (header, _) = verified(&app, &id_token);
        let kid = header["kid"].as_str().unwrap().to_owned();
        assert!(before.contains(&kid), "{kid} was published before it signed");
        assert!(!signed.contains(&kid), "each turn brings another key");
        signed.push(kid);
        owner.browser.post("/api/v1/provider/keys/rotate", &json!({})).expect(204);
        verified(&app, &id_token);
    }
    // By age alone, at the next token.
    later(&app, 89 * 24 * 3600);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    let given = cellar.exchange(&app, &code(&mut browser, &cellar.id)).expect(200).json();
    let (header, _) = verified(&app, given["id_token"].as_str().unwrap());
    let young = header["kid"].clone();
    later(&app, 2 * 24 * 3600);
    let given = cellar.exchange(&app, &code(&mut browser, &cellar.id)).expect(200).json();
    let (header, _) = verified(&app, given["id_token"].as_str().unwrap());
    assert_ne!(header["kid"], young);
    assert!(!known().contains(&signed[0]), "what signed long ago is published no more");
}

#[test]
fn a_client_can_ask_for_a_new_sign_in_and_gets_one() {
    let (app, mut owner, cellar) = started();
    code(&mut owner.browser, &cellar.id);
    for (name, value) in [("prompt", "login"), ("max_age", "60")] {
        later(&app, 120);
        let asked = query(&cellar.id, &[(name, value)]);
        let told = look(&mut owner.browser, &asked).expect(200).json();
        assert_eq!((&told["step"], &told["again"]), (&json!("sign_in"), &json!(true)), "{name}");
        let body = json!({ "query": asked, "ticket": told["ticket"] });
        // The ticket alone is nothing.
        let same = owner.browser.post("/api/v1/oauth/authorize", &body).expect(200).json();
        assert_eq!(same["step"], "sign_in", "{name}");
        later(&app, 30);
        let (browser, answer) = owner.sign_in_at(&app, app.clock_ms());
        answer.expect(200);
        owner.browser = browser;
        let answer = owner.browser.post("/api/v1/oauth/authorize", &body).expect(200);
        let (_, members) = sent_to(&answer);
        let given = cellar.exchange(&app, &member(&members, "code").unwrap()).expect(200).json();
        let (_, claims) = verified(&app, given["id_token"].as_str().unwrap());
        assert_eq!(claims["auth_time"], app.clock_ms() / 1000, "{name}");
    }
}

#[test]
fn nobody_registers_without_a_token_that_somebody_approved() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    app.client().send("POST", "/oauth/register", Some(metadata().to_string())).expect(401);
    with_bearer(&app, "POST", "/oauth/register", "guessed", Some(&metadata())).expect(401);
    let token = invite(&mut owner);
    for (bad, error) in [
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://cellar.example/"] }), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": [REDIRECT], "grant_types": ["password"] }),
            "invalid_client_metadata",
        ),
        (json!({ "redirect_uris": [REDIRECT], "scope": "playback" }), "invalid_client_metadata"),
        (json!("x"), "invalid_client_metadata"),
    ] {
        let answer = with_bearer(&app, "POST", "/oauth/register", &token, Some(&bad)).expect(400);
        assert_eq!(oauth_error(&answer), error, "{bad}");
    }
    with_bearer(&app, "POST", "/oauth/register", &token, Some(&metadata())).expect(201);
    with_bearer(&app, "POST", "/oauth/register", &token, Some(&metadata())).expect(401);
    let late = invite(&mut owner);
    later(&app, 3600);
    with_bearer(&app, "POST", "/oauth/register", &late, Some(&metadata())).expect(401);
}

#[test]
fn a_server_whose_addresses_change_says_so_by_its_own_token() {
    let (app, mut owner, cellar) = started();
    let other = Cellar::register(&app, &mut owner);
    let path = format!("/oauth/register/{}", cellar.id);
    let moved = json!({ "client_name": "Cellar", "redirect_uris": ["https://new.example/cb"] });
    for token in ["guessed", other.manage.as_str(), cellar.secret.as_str()] {
        with_bearer(&app, "GET", &path, token, None).expect(401);
        with_bearer(&app, "PUT", &path, token, Some(&moved)).expect(401);
        with_bearer(&app, "DELETE", &path, token, None).expect(401);
    }
    let told = with_bearer(&app, "GET", &path, &cellar.manage, None).expect(200).json();
    assert_eq!(told["redirect_uris"], json!([REDIRECT]));
    assert!(told.get("client_secret").is_none(), "it is told once");
    with_bearer(&app, "PUT", &path, &cellar.manage, Some(&moved)).expect(200);
    let old = look(&mut owner.browser, &query(&cellar.id, &[])).expect(400);
    assert_eq!(old.code(), "unknown_redirect");
    let new = query(&cellar.id, &[("redirect_uri", "https://new.example/cb")]);
    assert_eq!(look(&mut owner.browser, &new).expect(200).json()["step"], "consent");
    // A client with a secret does not become one that anybody is.
    let public = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
    with_bearer(&app, "PUT", &path, &cellar.manage, Some(&public)).expect(400);
    with_bearer(&app, "DELETE", &path, &cellar.manage, None).expect(204);
    assert_eq!(look(&mut owner.browser, &new).expect(400).code(), "unknown_client");
}

#[test]
fn signing_out_at_a_clients_wish_leads_back_only_where_it_may() {
    let (app, mut owner, cellar) = started();
    let given = cellar.exchange(&app, &code(&mut owner.browser, &cellar.id)).expect(200).json();
    let hint = given["id_token"].as_str().unwrap().to_owned();
    let forged = format!("{}x", &hint[..hint.len() - 1]);
    let bye = "https://cellar.example/bye";
    let cases: [(Wish<'_>, Option<&str>); 7] = [
        (
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", bye), ("state", "a b")],
            Some("https://cellar.example/bye?state=a+b"),
        ),
        (&[("client_id", &cellar.id), ("post_logout_redirect_uri", bye)], Some(bye)),
        (&[("id_token_hint", &forged), ("post_logout_redirect_uri", bye)], None),
        (
            &[("id_token_hint", &hint), ("client_id", "other"), ("post_logout_redirect_uri", bye)],
            None,
        ),
        (
            &[("id_token_hint", &hint), ("post_logout_redirect_uri", "https://attacker.example/")],
            None,
        ),
        (&[("post_logout_redirect_uri", bye)], None),
        (&[], None),
    ];
    for (wish, to) in cases {
        later(&app, 60);
        let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
        answer.expect(200);
        let body = json!({ "query": form(wish) });
        let told = browser.post("/api/v1/oauth/signout", &body).expect(200).json();
        assert_eq!(told.get("to").and_then(Value::as_str), to, "{wish:?}");
        browser.get("/api/v1/me").expect(401);
    }
}

/// A native app (RFC 8252) gets a session of its person that plays and does nothing else.
#[test]
fn an_app_plays_as_its_person_and_a_replayed_code_signs_it_out() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let redirect = "http://127.0.0.1:49152/callback";
    let wanted = [("redirect_uri", redirect), ("scope", "playback")];
    let asked = query("stead-app", &wanted);
    let told = look(&mut owner.browser, &asked).expect(200).json();
    assert_eq!((&told["step"], &told["place"]), (&json!("consent"), &json!("127.0.0.1:49152")));
    let (place, members) = sent_to(&agree(&mut owner.browser, &asked).expect(200));
    assert_eq!(place, redirect);
    let code = member(&members, "code").unwrap();
    let exchange = || {
        let members = [
            ("grant_type", "authorization_code"),
            ("client_id", "stead-app"),
            ("code", code.as_str()),
            ("redirect_uri", redirect),
            ("code_verifier", VERIFIER),
        ];
        post_form(&app, "/oauth/token", &members)
    };
    let given = exchange().expect(200).json();
    let token = given["access_token"].as_str().unwrap();
    let me = with_bearer(&app, "GET", "/api/v1/me", token, None).expect(200).json();
    assert_eq!(me["session"]["kind"], "app");
    with_bearer(&app, "GET", "/api/v1/home", token, None).expect(200);
    with_bearer(&app, "GET", "/api/v1/settings", token, None).expect(403);
    let body = json!({ "query": asked });
    let answer = with_bearer(&app, "POST", "/api/v1/oauth/authorize", token, Some(&body));
    assert_eq!(answer.expect(403).code(), "wrong_door", "an app says nobody's name");
    let listed = owner.browser.get("/api/v1/sessions").expect(200).json();
    let kinds = listed["sessions"].as_array().unwrap().iter().map(|one| one["kind"].clone());
    assert!(kinds.into_iter().any(|kind| kind == "app"));
    // Agreed once is not agreed for ever: any program may call itself that.
    assert_eq!(look(&mut owner.browser, &asked).expect(200).json()["step"], "consent");
    exchange().expect(400);
    with_bearer(&app, "GET", "/api/v1/me", token, None).expect(401);
    // After a quarter of an hour the best factor is asked for again.
    later(&app, 16 * 60);
    let told = look(&mut owner.browser, &asked).expect(200).json();
    assert_eq!((&told["step"], &told["again"]), (&json!("sign_in"), &json!(true)));
}

/// CSRF and framing: another site can neither agree for somebody nor show them the page in a frame.
#[test]
fn csrf_and_framing_at_the_authorization_page() {
    let (app, owner, cellar) = started();
    let body = json!({ "query": query(&cellar.id, &[]), "agree": true });
    let foreign = [
        ("Origin", "https://attacker.example"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "text/plain"),
    ];
    for (name, value) in foreign {
        let mut browser = owner.browser.with(name, value);
        let answer = browser.post("/api/v1/oauth/consent", &body);
        assert!(matches!(answer.status, 403 | 415), "{name}: {}", answer.status);
    }
    let page = app.client().get(&format!("/authorize?{}", query(&cellar.id, &[]))).expect(200);
    assert!(page.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

/// Tokens and secrets are kept as hashes: none of them stands in the database or its log.
#[test]
fn no_token_or_secret_of_a_client_is_kept() {
    let (app, mut owner, cellar) = started();
    let code = code(&mut owner.browser, &cellar.id);
    let given = cellar.exchange(&app, &code).expect(200).json();
    let text = |name: &str| given[name].as_str().unwrap().to_owned();
    let secrets = [code, text("access_token"), text("refresh_token"), cellar.secret, cellar.manage];
    for file in ["accounts.db", "accounts.db-wal"] {
        let bytes = std::fs::read(app.data.join(file)).unwrap_or_default();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{file} holds a secret");
        }
    }
}
