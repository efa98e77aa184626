//! `net.plain_playback`: televisions that cannot accept the box's own certificate play over plain
//! http, and do nothing else there. Both settings.

use serde_json::json;
use stead::host::clock::Clock as _;
use stead::host::kind::Kind;
use stead::http::row::Plain;
use stead_rules::ids::{IssuerId, SessionId};
use stead_rules::policy::ClientKind;
use stead_rules::signin::{Method, Methods};
use stead_rules::time::Moment;
use stead_store::Store;
use stead_store::accounts::sessions::{Session, make_session};
use stead_store::accounts::{identity, plain};

use crate::access::{CASES, Case};
use crate::harness::{Answer, App, Client, Options, Owner};

fn on_link() -> App {
    let config = "[net]\nplain_playback = \"on-link\"\n".to_owned();
    App::start_with(Options { config, ..Options::default() })
}

/// A television of the own network, which asks by the box's name at the plain port.
fn television(app: &App) -> Client {
    let server = app.client().get("/api/v1/server").expect(200).json();
    app.client().with_host(server["host_name"].as_str().unwrap())
}

/// The token of the owner's television, let in over plain http or over TLS.
fn let_in(app: &App, number: u8, over_plain: bool) -> String {
    let token = format!("television-{number}");
    let store = Store::open(&app.data).unwrap();
    let now = app.clock.now();
    store
        .accounts
        .write(|tx| {
            let account = identity::account_by_login(tx, "robin")?.unwrap();
            let issuer = identity::embedded_issuer(tx, IssuerId::from_bytes([9; 16]), now.wall)?;
            let sub = account.id.to_string();
            let owner = identity::user_by_identity(tx, issuer, &sub)?.unwrap();
            let session = Session {
                id: SessionId::from_bytes([number; 16]),
                user: owner.id,
                client: ClientKind::Tv,
                agent: "a television".to_owned(),
                issuer: owner.issuer,
                methods: Methods::NONE.and(Method::Password).and(Method::Totp),
                auth: Moment::of(now),
                generation: 1,
                epoch: 0,
                created: now.wall,
                last_seen: Moment::of(now),
                rested: false,
            };
            let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
            make_session(tx, &[0; 16], &session, hash.as_ref().try_into().unwrap())?;
            if over_plain {
                plain::mark(tx, session.id)?;
            }
            Ok::<_, stead_store::StoreError>(())
        })
        .unwrap();
    token
}

fn over_tls(app: &App, path: &str, token: &str) -> Answer {
    let output = std::process::Command::new("curl")
        .args(["-sk", "-i", "--http1.1", "-H", &format!("Cookie: __Host-stead={token}")])
        .arg(format!("https://127.0.0.1:{}{path}", app.https_port))
        .output()
        .unwrap();
    Answer::parse(&output.stdout, false)
}

#[test]
fn off_the_plain_port_only_shows_the_way() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let settings = owner.browser.get("/api/v1/settings").expect(200).json();
    assert_eq!(settings["plain_playback"], "off");
    let token = let_in(&app, 7, true);
    let mut tv = television(&app).with("Cookie", &format!("stead-plain={token}"));
    for path in ["/", "/tv", "/api/v1/libraries", "/api/v1/me", "/stream/x/y"] {
        let page = tv.get(path).expect(200).text();
        assert!(page.contains("behind a secure connection"), "{path}: {page}");
    }
    assert_eq!(tv.post("/api/v1/signout", &json!({})).expect(403).code(), "tls_only");
}

#[test]
fn on_link_a_television_plays_over_plain_http() {
    let app = on_link();
    let mut owner = Owner::claim(&app);
    let settings = owner.browser.get("/api/v1/settings").expect(200).json();
    assert_eq!(settings["plain_playback"], "on-link", "the board shows it");
    let token = let_in(&app, 7, true);
    let mut tv = television(&app).with("Cookie", &format!("stead-plain={token}"));
    for path in ["/", "/api/v1/me", "/api/v1/libraries", "/api/v1/home", "/api/v1/search?q=x"] {
        tv.get(path).expect(200);
    }
    assert!(tv.get("/").expect(200).text().contains("/assets/"), "the app");
}

#[test]
fn a_television_is_let_in_over_plain_http_and_its_token_is_good_there_alone() {
    let app = on_link();
    let mut owner = Owner::claim(&app);
    let mut tv = television(&app);
    assert!(tv.get("/tv").expect(200).text().contains("/assets/"), "the page for televisions");
    let offer = tv.post("/api/v1/tv/begin", &json!({ "name": "Living room" })).expect(200).json();
    let yes = json!({ "code": offer["user_code"], "name": "Living room" });
    owner.browser.post("/api/v1/devices/approve", &yes).expect(204);
    let poll = json!({ "device_code": offer["device_code"] });
    assert_eq!(tv.post("/api/v1/tv/poll", &poll).expect(200).json()["step"], "done");
    let token = tv.cookie("stead-plain").unwrap().to_owned();
    tv.get("/api/v1/libraries").expect(200);
    assert_eq!(tv.get("/api/v1/settings").expect(403).code(), "tls_only");
    assert_eq!(over_tls(&app, "/api/v1/libraries", &token).status, 401);
}

#[test]
fn whoever_was_not_let_in_is_shown_the_way_to_tls() {
    let app = on_link();
    Owner::claim(&app);
    let mut visitor = television(&app);
    for path in ["/", "/settings", "/signin", "/claim"] {
        let page = visitor.get(path).expect(200).text();
        assert!(page.contains("behind a secure connection"), "{path}");
    }
    assert_eq!(visitor.get("/api/v1/libraries").expect(401).code(), "not_signed_in");
    // Nobody who comes by a proxy is near.
    let mut far = visitor.with("X-Forwarded-For", "192.168.1.9");
    assert!(far.get("/api/v1/server").expect(200).text().contains("behind a secure connection"));
}

#[test]
fn the_plain_port_takes_no_row_that_is_not_for_playing() {
    let app = on_link();
    Owner::claim(&app);
    let token = let_in(&app, 7, true);
    let tv = television(&app).with("Cookie", &format!("stead-plain={token}"));
    let open: Vec<_> = stead::http::routes::table()
        .iter()
        .filter(|row| row.plain == Plain::Playback || !row.there.is_in(Kind::Server))
        .flat_map(stead::http::row::Row::targets)
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let mut refused = 0;
    for case in CASES.iter().filter(|case| !open.contains(&name(case))) {
        let (path, body) = case.target();
        let answer = tv.clone().send(case.method, &path, body);
        assert_eq!(answer.expect(403).code(), "tls_only", "{}", name(case));
        refused += 1;
    }
    assert!(refused > 10, "{refused}");
    assert!(!open.iter().any(|row| row.contains("/claim") || row.contains("/settings")));
}

#[test]
fn a_code_that_was_overheard_on_the_plain_port_is_good_there_alone() {
    let app = on_link();
    let mut owner = Owner::claim(&app);
    let mut tv = television(&app);
    let offer = tv.post("/api/v1/tv/begin", &json!({ "name": "Kitchen" })).expect(200).json();
    let poll = json!({ "device_code": offer["device_code"] });
    let step = |client: &mut Client| client.post("/api/v1/tv/poll", &poll).expect(200).json();
    assert_eq!(step(&mut app.client())["step"], "over", "not by another door");
    let approval = json!({ "code": offer["user_code"], "name": "Kitchen" });
    owner.browser.post("/api/v1/devices/approve", &approval).expect(204);
    assert_eq!(step(&mut app.client())["step"], "over");
    app.clock.advance(6000);
    assert_eq!(step(&mut tv)["step"], "done");
}

fn name(case: &Case) -> String {
    format!("{} {}", case.method, case.path)
}

#[test]
fn a_session_of_one_port_is_worth_nothing_on_the_other() {
    let app = on_link();
    let owner = Owner::claim(&app);
    let plain = let_in(&app, 7, true);
    let secure = let_in(&app, 8, false);
    let browser = owner.browser.cookie("stead-loopback").unwrap().to_owned();
    for (token, there, here) in [(&plain, 401, 200), (&secure, 200, 401), (&browser, 200, 401)] {
        let mut tv = television(&app).with("Cookie", &format!("stead-plain={token}"));
        assert_eq!(tv.get("/api/v1/libraries").status, here, "{token} over plain http");
        assert_eq!(over_tls(&app, "/api/v1/libraries", token).status, there, "{token} over TLS");
    }
}
