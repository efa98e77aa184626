//! What a server learns of somebody whose account at the account service is gone: that it is so, at
//! the token endpoint, where no browser speaks for anybody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::accounts_alone::{PASSWORD, person, start};
use crate::devices::basic;
use crate::harness::{Answer, App, Client, query_of};
use crate::operator::accounts;
use crate::provider::{VERIFIER, verified};
use crate::server_grant::{CALLBACK, approved, register};

/// A server that was let in, and the one person whom it asks for.
struct Cellar {
    id: String,
    secret: String,
    sub: String,
}

impl Cellar {
    fn of(app: &App, person: &mut Client) -> Self {
        let given = approved(app, person);
        let (_, claims) = verified(app, given["id_token"].as_str().unwrap());
        let made = register(app, &given["access_token"], &[CALLBACK]).expect(201).json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&made["client_id"]),
            secret: text(&made["client_secret"]),
            sub: text(&claims["sub"]),
        }
    }

    fn query(&self, claims: &str) -> String {
        let hash = ring::digest::digest(&ring::digest::SHA256, VERIFIER.as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(hash);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", &self.id),
                ("redirect_uri", CALLBACK),
                ("scope", "openid"),
                ("state", "s"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
                ("claims", claims),
            ])
            .finish()
    }

    fn asks(&self) -> Value {
        let one = json!({ "id_token": { "sub": { "value": self.sub } } });
        json!({ "query": self.query(&one.to_string()) })
    }

    fn redeem(&self, app: &App, code: &str, verifier: &str) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", verifier),
            ])
            .finish();
        let kind = "application/x-www-form-urlencoded";
        let mut client = basic(app, &self.id, &self.secret).with("Content-Type", kind);
        client.send("POST", "/oauth/token", Some(form))
    }
}

fn look(browser: &mut Client, asked: &Value) -> Value {
    browser.post("/api/v1/oauth/authorize", asked).expect(200).json()
}

/// What the browser brings back.
fn brought(step: &Value) -> Value {
    json!(query_of(step["to"].as_str().unwrap().split_once('?').unwrap().1))
}

#[test]
fn a_server_that_asks_for_one_person_is_answered_by_that_person_alone() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let cellar = Cellar::of(&app, &mut robin);
    app.clock.advance(60 * 1000);
    let mut sam = person(&app, "Sam");
    let found = app.client().get("/.well-known/openid-configuration").expect(200).json();
    assert_eq!(found["claims_parameter_supported"], true);

    let mut asked = cellar.asks();
    let again = look(&mut sam, &asked);
    assert_eq!((&again["step"], &again["again"]), (&json!("sign_in"), &json!(true)));
    app.clock.advance(1000);
    let who = json!({ "name": "Sam", "password": PASSWORD });
    sam.post("/api/v1/signin", &who).expect(200);
    asked["ticket"] = again["ticket"].clone();
    let other = look(&mut sam, &asked);
    assert_eq!(brought(&other)["error"], "access_denied", "{other}");
    assert_eq!(brought(&other).get("code"), None);

    let unreadable = look(&mut robin, &json!({ "query": cellar.query("{sub") }));
    assert_eq!(brought(&unreadable)["error"], "invalid_request", "{unreadable}");
    assert_eq!(look(&mut robin, &cellar.asks())["step"], "consent");
    let mut agreed = cellar.asks();
    agreed["agree"] = json!(true);
    let to = robin.post("/api/v1/oauth/consent", &agreed).expect(200).json();
    let code = brought(&to)["code"].as_str().unwrap().to_owned();
    let given = cellar.redeem(&app, &code, VERIFIER).expect(200).json();
    let (_, claims) = verified(&app, given["id_token"].as_str().unwrap());
    assert_eq!(claims["sub"], cellar.sub.as_str());
}

#[test]
fn a_server_learns_at_the_token_endpoint_that_an_account_is_gone_and_nowhere_else() {
    let app = start();
    let mut robin = person(&app, "Robin");
    let cellar = Cellar::of(&app, &mut robin);
    app.clock.advance(60 * 1000);
    let mut sam = person(&app, "Sam");
    let removed = accounts(&app, &["remove", "robin", "--yes"]);
    assert_eq!(removed.code, Some(0), "{removed:?}");
    for browser in [&mut app.client(), &mut sam] {
        let told = look(browser, &cellar.asks());
        assert_eq!(told["step"], "stopped", "no link of this service leads on by itself: {told}");
        assert!(told["why"].as_str().unwrap().contains("no account"), "{told}");
        let back = brought(&told);
        assert_eq!((&back["state"], back.get("error")), (&json!("s"), None));
        let code = back["code"].as_str().unwrap();
        // Of whoever began the request, in time, and as it was given.
        let other = format!("{VERIFIER}x");
        let redeem = |code: &str, verifier: &str| {
            cellar.redeem(&app, code, verifier).expect(400).json()["error"].clone()
        };
        assert_eq!(redeem(code, &other), "invalid_grant");
        assert_eq!(redeem(&code[..code.len() - 2], VERIFIER), "invalid_grant");
        assert_eq!(redeem(code, VERIFIER), "access_denied");
        app.clock.advance(61 * 1000);
        assert_eq!(redeem(code, VERIFIER), "invalid_grant");
    }
    // Whoever asks for nobody in particular learns nothing, and the list shows nobody more.
    let asked = json!({ "query": cellar.query("{}") });
    let unknown = app.client().post("/api/v1/oauth/authorize", &asked).expect(400);
    assert_eq!(unknown.code(), "unknown_client", "it is known for this alone");
    let listed = accounts(&app, &["list"]);
    assert!(listed.said.contains("Sam") && !listed.said.contains("Robin"), "{listed:?}");
}
