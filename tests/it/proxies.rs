//! Requests that somebody passes on: believed from the proxies of the config alone.

use serde_json::json;

use crate::harness::{App, Options};

/// A server that believes a proxy on this machine.
fn behind_own_proxy() -> App {
    let config = "[net]\nproxies = [\"127.0.0.1\"]\nnames = [\"films.example.net\"]\n".to_owned();
    App::start_with(Options { config, ..Options::default() })
}

fn begin(app: &App) -> serde_json::Value {
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    json!({ "proof": proof, "browser_time_ms": 0 })
}

#[test]
fn a_client_behind_a_known_proxy_is_where_the_proxy_says() {
    let app = behind_own_proxy();
    let passed_on = |way: &str| {
        app.client()
            .with_host("films.example.net")
            .with("X-Forwarded-Proto", "https")
            .with("X-Forwarded-For", way)
    };
    // Nobody of this machine's networks, whatever they wrote before themselves.
    for way in ["203.0.113.7", "127.0.0.1, 203.0.113.7", "::1,::ffff:127.0.0.1, 203.0.113.7"] {
        let answer = passed_on(way).post("/api/v1/claim/begin", &begin(&app)).expect(403);
        assert_eq!(answer.code(), "off_link", "{way}");
    }
    // The proxy takes TLS, so the cookie is that of TLS.
    let told = passed_on("203.0.113.7").get("/api/v1/server").expect(200);
    assert_eq!(told.json()["state"], "offered");
}

#[test]
fn forged_forwarding_headers_take_rights_and_give_none() {
    let app = behind_own_proxy();
    let begin = begin(&app);
    for forged in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "unknown", "100.64.0.1", ""] {
        for (name, value) in [
            ("X-Forwarded-For", forged.to_owned()),
            ("Forwarded", format!("for={forged}")),
            ("X-Real-IP", forged.to_owned()),
        ] {
            // Through the proxy, and at its side.
            let mut near = app.client().with("X-Forwarded-Proto", "https").with(name, &value);
            let mut aside = near.sent_from("127.0.0.9".parse().unwrap());
            for browser in [&mut near, &mut aside] {
                let answer = browser.post("/api/v1/claim/begin", &begin).expect(403);
                let code = answer.code();
                assert!(code == "off_link" || code == "tls_only", "{name}: {value}: {code}");
            }
        }
    }
    // Two words on the way: the proxy's and another's, and nobody knows whose is whose.
    let mut both = app
        .client()
        .with("X-Forwarded-Proto", "https")
        .with("X-Forwarded-For", "203.0.113.7")
        .with("Forwarded", "for=127.0.0.1");
    assert_eq!(both.post("/api/v1/claim/begin", &begin).expect(403).code(), "tls_only");
    app.client().post("/api/v1/claim/begin", &begin).expect(200);
}

#[test]
fn misses_are_counted_by_the_client_and_not_by_the_proxy() {
    let app = behind_own_proxy();
    let wrong = json!({ "name": "Robin", "password": "wrong horses" });
    crate::harness::Owner::claim(&app);
    let from = |address: &str| {
        app.client()
            .with_host("films.example.net")
            .with("X-Forwarded-Proto", "https")
            .with("X-Forwarded-For", address)
    };
    let mut guesser = from("203.0.113.7");
    let refused = (0..20).map(|_| guesser.post("/api/v1/signin", &wrong).status);
    let refused: Vec<_> = refused.collect();
    assert_eq!(refused.last(), Some(&429), "{refused:?}");
    assert_eq!(from("198.51.100.9").post("/api/v1/signin", &wrong).status, 401, "somebody else");
}

#[test]
fn plain_http_passed_on_from_outside_is_not_taken_for_tls() {
    let app = behind_own_proxy();
    let mut plain = app
        .client()
        .with_host("films.example.net")
        .with("X-Forwarded-Proto", "http")
        .with("X-Forwarded-For", "203.0.113.7");
    assert_eq!(plain.post("/api/v1/signin", &json!({})).expect(403).code(), "tls_only");
    let unknown = App::start();
    let mut unknown =
        unknown.client().with("X-Forwarded-Proto", "https").with("X-Forwarded-For", "203.0.113.7");
    assert_eq!(unknown.post("/api/v1/signin", &json!({})).expect(403).code(), "tls_only");
}
