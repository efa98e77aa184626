//! Servers and programs that somebody let in: they see them, take back what they agreed to, and remove
//! what registered by their own word. And a stranger's program sends nobody anywhere.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use stead_rules::limits::{GUARD_SECONDS, SIGNIN_TICKET_SECONDS};

use crate::accounts_alone::{PASSWORD, person, start};
use crate::harness::{Answer, App, Client, Owner};
use crate::provider::{post_form, with_bearer};

const CALLBACK: &str = "https://stead-ab12.local:8443/signin/callback";
const VERIFIER: &str = "a-verifier-that-only-this-test-knows-0123456789";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A server that somebody let in at the account service.
pub(crate) struct Cellar {
    pub(crate) id: String,
    secret: String,
}

fn form(members: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(members);
    form.finish()
}

impl Cellar {
    /// A request of it, with some members in place of the usual ones.
    pub(crate) fn query(&self, changes: &[(&str, &str)]) -> String {
        let digest = ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(digest.as_ref());
        let mut members = vec![
            ("client_id", self.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        for &(name, value) in changes {
            members.retain(|(known, _)| *known != name);
            members.push((name, value));
        }
        form(&members)
    }

    fn ask(&self, app: &App, path: &str, members: &[(&str, &str)]) -> Answer {
        let basic = STANDARD.encode(format!("{}:{}", self.id, self.secret));
        let mut client = app
            .client()
            .with("Content-Type", "application/x-www-form-urlencoded")
            .with("Authorization", &format!("Basic {basic}"));
        client.send("POST", path, Some(form(members)))
    }

    pub(crate) fn is_active(&self, app: &App, token: &str) -> bool {
        let answer = self.ask(app, "/oauth/introspect", &[("token", token)]).expect(200);
        answer.json()["active"].as_bool().unwrap()
    }
}

/// A server that this person lets in.
pub(crate) fn registered(app: &App, person: &mut Client) -> Cellar {
    let members = [("client_id", "stead-server"), ("scope", "openid registration")];
    let offer = post_form(app, "/oauth/device_authorization", &members).expect(200).json();
    let code = json!({ "code": offer["user_code"], "name": "The cellar" });
    person.post("/api/v1/devices/approve", &code).expect(204);
    let device_code = offer["device_code"].as_str().unwrap();
    let members =
        [("grant_type", GRANT), ("client_id", "stead-server"), ("device_code", device_code)];
    let given = post_form(app, "/oauth/token", &members).expect(200).json();
    let body = json!({ "client_name": "The cellar", "redirect_uris": [CALLBACK] });
    let token = given["access_token"].as_str().unwrap();
    let made = with_bearer(app, "POST", "/oauth/register", token, Some(&body)).expect(201).json();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    Cellar { id: text("client_id"), secret: text("client_secret") }
}

fn look(browser: &mut Client, query: &str) -> Value {
    browser.post("/api/v1/oauth/authorize", &json!({ "query": query })).expect(200).json()
}

/// The address that the browser is sent to after its person agreed.
pub(crate) fn agreed(person: &mut Client, cellar: &Cellar) -> String {
    let body = json!({ "query": cellar.query(&[]), "agree": true });
    let answer = person.post("/api/v1/oauth/consent", &body).expect(200).json();
    answer["to"].as_str().unwrap().to_owned()
}

/// What the server gets for the person's word.
pub(crate) fn tokens(app: &App, person: &mut Client, cellar: &Cellar) -> Value {
    let to = agreed(person, cellar);
    let (_, query) = to.split_once('?').unwrap();
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap().1;
    let members = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    cellar.ask(app, "/oauth/token", &members).expect(200).json()
}

fn connections(person: &mut Client) -> Value {
    person.get("/api/v1/connections").expect(200).json()["connections"].clone()
}

fn later(app: &App, seconds: u64) {
    app.clock.advance(seconds * 1000);
}

#[test]
fn somebody_sees_whom_they_let_in_when_and_when_it_was_last_used() {
    let app = start();
    let mut robin = person(&app, "Robin");
    assert_eq!(connections(&mut robin), json!([]));
    let cellar = registered(&app, &mut robin);
    let since = app.clock_ms();
    let expected = json!([{
        "id": cellar.id, "kind": "server", "name": "The cellar", "place": "stead-ab12.local:8443",
        "own": true, "scopes": [], "since_ms": since, "used_ms": null,
    }]);
    assert_eq!(connections(&mut robin), expected);
    later(&app, 60);
    let mut sam = person(&app, "Sam");
    assert_eq!(connections(&mut sam), json!([]), "others do not see it");
    let given = app.clock_ms();
    agreed(&mut sam, &cellar);
    later(&app, 5);
    tokens(&app, &mut sam, &cellar);
    let expected = json!([{
        "id": cellar.id, "kind": "server", "name": "The cellar", "place": "stead-ab12.local:8443",
        "own": false, "scopes": ["openid", "profile"], "since_ms": given,
        "used_ms": app.clock_ms(),
    }]);
    assert_eq!(connections(&mut sam), expected);
    assert_eq!(connections(&mut robin)[0]["used_ms"], Value::Null, "of oneself alone");
}

#[test]
fn what_one_agreed_to_is_taken_back_with_its_tokens() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let cellar = registered(&app, &mut robin);
    later(&app, 60);
    let mut sam = person(&app, "Sam");
    let of_robin = tokens(&app, &mut robin, &cellar);
    let of_sam = tokens(&app, &mut sam, &cellar);
    // It is no guarding act: whoever ends sessions ends this.
    later(&app, GUARD_SECONDS - 120);
    let access = |given: &Value| given["access_token"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/connections/{}/revoke", cellar.id);
    let of_sam = (of_sam, tokens(&app, &mut sam, &cellar));
    later(&app, 240);
    assert!(cellar.is_active(&app, &access(&of_sam.1)));
    sam.post(&path, &json!({})).expect(204);
    assert!(
        !cellar.is_active(&app, &access(&of_sam.0)) && !cellar.is_active(&app, &access(&of_sam.1))
    );
    assert_eq!(connections(&mut sam), json!([]));
    sam.post(&path, &json!({})).expect(404);
    assert_eq!(look(&mut sam, &cellar.query(&[]))["step"], "consent", "they are asked anew");
    let again = tokens(&app, &mut robin, &cellar);
    assert!(cellar.is_active(&app, &access(&again)), "others go on: {of_robin}");
}

#[test]
fn a_server_of_ones_own_is_removed_for_everybody_by_a_factor_shown_just_now() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let cellar = registered(&app, &mut robin);
    later(&app, 60);
    let mut sam = person(&app, "Sam");
    let of_sam = tokens(&app, &mut sam, &cellar);
    let path = format!("/api/v1/connections/{}/remove", cellar.id);
    sam.post(&path, &json!({})).expect(404);
    later(&app, GUARD_SECONDS);
    let refused = robin.post(&path, &json!({})).expect(401);
    assert_eq!(refused.code(), "insufficient_user_authentication");
    robin
        .post("/api/v1/stepup", &json!({ "password": PASSWORD, "browser_time_ms": 0 }))
        .expect(204);
    robin.post(&path, &json!({})).expect(204);
    let access = of_sam["access_token"].as_str().unwrap();
    with_bearer(&app, "GET", "/oauth/userinfo", access, None).expect(401);
    cellar.ask(&app, "/oauth/introspect", &[("token", access)]).expect(401);
    assert_eq!((connections(&mut robin), connections(&mut sam)), (json!([]), json!([])));
    let asked = json!({ "query": cellar.query(&[]) });
    let refused = sam.post("/api/v1/oauth/authorize", &asked).expect(400);
    assert_eq!(refused.code(), "unknown_client");
}

#[test]
fn the_owner_of_a_media_server_sees_and_removes_what_they_let_in() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let cellar = registered(&app, &mut owner.browser);
    let list = connections(&mut owner.browser);
    assert_eq!((&list[0]["id"], &list[0]["own"]), (&json!(cellar.id), &json!(true)));
    let path = format!("/api/v1/connections/{}/remove", cellar.id);
    owner.browser.post(&path, &json!({})).expect(204);
    assert_eq!(connections(&mut owner.browser), json!([]));
}

/// Everybody may let a program in at an account service, and say where its answers go.
#[test]
fn open_redirect_a_strangers_program_sends_nobody_anywhere_without_their_act() {
    let app = start();
    let mut attacker = person(&app, "Mallory");
    let evil = registered(&app, &mut attacker);
    later(&app, 60);
    let mut robin = person(&app, "Robin");
    let wrong: [&[(&str, &str)]; 4] = [
        &[("response_type", "token")],
        &[("code_challenge_method", "plain")],
        &[("scope", "playback")],
        &[("prompt", "none")],
    ];
    for changes in wrong {
        let query = evil.query(changes);
        for browser in [&mut app.client(), &mut robin] {
            let told = look(browser, &query);
            assert_eq!(told["step"], "stopped", "{query} {told}");
            assert_eq!(told["place"], "stead-ab12.local:8443");
            assert!(told["to"].as_str().unwrap().starts_with(&format!("{CALLBACK}?error=")));
            assert!(told["why"].as_str().is_some_and(|why| !why.is_empty()));
        }
        // Whoever let it in is sent there.
        assert_eq!(look(&mut attacker, &query)["step"], "redirect", "{query}");
    }
    // Their own word sends them there, and after that they know it.
    let no = json!({ "query": evil.query(&[]), "agree": false });
    let told = robin.post("/api/v1/oauth/consent", &no).expect(200).json();
    assert!(told["to"].as_str().unwrap().contains("error=access_denied"), "{told}");
    assert_eq!(look(&mut robin, &evil.query(wrong[0]))["step"], "stopped", "no is no yes");
    agreed(&mut robin, &evil);
    assert_eq!(look(&mut robin, &evil.query(wrong[0]))["step"], "redirect");
    assert_eq!(look(&mut app.client(), &evil.query(wrong[0]))["step"], "stopped");
}

/// However many tickets a stranger asks for, nobody's is pushed out.
#[test]
fn a_ticket_of_the_authorization_page_is_nobody_elses_to_take() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let cellar = registered(&app, &mut robin);
    agreed(&mut robin, &cellar);
    let query = cellar.query(&[("prompt", "login")]);
    let told = look(&mut robin, &query);
    assert_eq!((&told["step"], &told["again"]), (&json!("sign_in"), &json!(true)));
    let mut stranger = app.client();
    for _ in 0..300 {
        assert_eq!(look(&mut stranger, &query)["step"], "sign_in");
    }
    later(&app, 1);
    robin
        .post("/api/v1/stepup", &json!({ "password": PASSWORD, "browser_time_ms": 0 }))
        .expect(204);
    let with = |query: &str| json!({ "query": query, "ticket": told["ticket"] });
    let next = robin.post("/api/v1/oauth/authorize", &with(&query)).expect(200).json();
    assert_eq!(next["step"], "redirect", "what was shown after the ticket counts");
    let other = cellar.query(&[("prompt", "login"), ("state", "another")]);
    let next = robin.post("/api/v1/oauth/authorize", &with(&other)).expect(200).json();
    assert_eq!(next["step"], "sign_in", "for its own request alone");
    later(&app, SIGNIN_TICKET_SECONDS);
    let next = robin.post("/api/v1/oauth/authorize", &with(&query)).expect(200).json();
    assert_eq!(next["step"], "sign_in", "and for its time");
}
