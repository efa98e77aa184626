//! C7 and C8: a server that was never claimed, played without a sign-in by whoever the system side
//! lists, with every limit; and data folders from before the rule.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Answer, App, Client, Options, Owner, in_accounts};
use crate::media::{FILM, Media};
use crate::program::{PATIENCE, QUIET, STEAD, Served, stead, write};

/// Two folders with a film each, of which one plays without a sign-in.
struct Open {
    media: Media,
}

impl Open {
    fn new() -> Self {
        let media = Media::new();
        media.make("Films/Blue Hour (2019).mp4", FILM);
        media.make("Secret/Hidden Valley (2020).mp4", FILM);
        Self { media }
    }

    /// The setting, with these prefixes.
    fn config(&self, prefixes: &str) -> String {
        let root = self.media.path.join("Films").display().to_string();
        format!(
            "[claim]\nlocal_security = false\nlocal_security_confirmed_for = {}\n\
             local_prefixes = [{prefixes}]\nlocal_roots = [\"{root}\"]\n",
            env!("CARGO_PKG_VERSION_MAJOR")
        )
    }

    fn start(&self, prefixes: &str) -> App {
        App::start_with(Options { config: self.config(prefixes), ..Options::default() })
    }
}

/// Waits until there is something to play.
fn wait_until_scanned(browser: &mut Client) {
    let begun = Instant::now();
    loop {
        let told = browser.get("/api/v1/home").expect(200).json();
        let latest = told["latest"].as_array().unwrap();
        if latest.iter().any(|row| row["items"].as_array().is_some_and(|items| !items.is_empty())) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The first film that this browser sees.
fn first_film(browser: &mut Client) -> String {
    let home = browser.get("/api/v1/home").expect(200).json();
    let latest = home["latest"].as_array().unwrap();
    latest[0]["items"][0]["id"].as_str().unwrap().to_owned()
}

fn play(browser: &mut Client, item: &str) -> String {
    let answer = browser.post(&format!("/api/v1/items/{item}/play"), &json!({})).expect(200);
    answer.json()["url"].as_str().unwrap().to_owned()
}

/// Asks over TLS, from this machine, under its literal address.
fn over_tls(app: &App, path: &str, extra: &[&str]) -> Answer {
    let output = std::process::Command::new("curl")
        .args(["-sk", "-i", "--http1.1"])
        .args(extra)
        .arg(format!("https://127.0.0.1:{}{path}", app.https_port))
        .output()
        .unwrap();
    Answer::parse(&output.stdout, false)
}

#[test]
fn listed_folders_play_without_a_sign_in_and_nothing_else_does() {
    let open = Open::new();
    let app = open.start("\"loopback\"");
    let mut browser = app.client();
    let server = browser.get("/api/v1/server").expect(200).json();
    assert_eq!(
        [&server["state"], &server["local_security"], &server["plays_without_sign_in"]],
        [&json!("offered"), &json!("off"), &json!(true)]
    );
    wait_until_scanned(&mut browser);
    let libraries = browser.get("/api/v1/libraries").expect(200).json();
    let names: Vec<_> =
        libraries["libraries"].as_array().unwrap().iter().map(|l| &l["name"]).collect();
    assert_eq!(names, [&json!("Films")]);
    let film = first_film(&mut browser);
    let link = play(&mut browser, &film);
    assert!(!browser.get(&link).expect(200).body.is_empty());
    // Nothing is written down of nobody, and nobody administers.
    let at = json!({ "position_ms": 1000, "event": "playing" });
    for (method, path, body) in [
        ("POST", format!("/api/v1/items/{film}/progress"), Some(&at)),
        ("GET", "/api/v1/settings".to_owned(), None),
        ("POST", "/api/v1/settings".to_owned(), Some(&json!({ "name": "Mine" }))),
        ("POST", "/api/v1/libraries".to_owned(), Some(&json!({}))),
        ("GET", "/api/v1/folders".to_owned(), None),
        ("GET", "/api/v1/me".to_owned(), None),
        ("GET", "/metrics".to_owned(), None),
    ] {
        let answer = browser.send(method, &path, body.map(Value::to_string)).expect(403);
        assert_eq!(answer.code(), "not_claimed", "{method} {path}");
    }
}

#[test]
fn loopback_is_believed_only_under_its_literal_name_and_without_a_proxy() {
    let open = Open::new();
    let app = open.start("\"loopback\"");
    let path = "/api/v1/libraries";
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        app.client().with_host(host).get(path).expect(200);
    }
    over_tls(&app, path, &[]).expect(200);
    // A name that could be pointed here is another name, also when it is ours.
    let own = app.client().get("/api/v1/server").expect(200).json();
    let own = own["host_name"].as_str().unwrap();
    let host = format!("Host: {own}:{}", app.https_port);
    assert_eq!(over_tls(&app, path, &["-H", &host]).expect(403).code(), "not_claimed");
    app.client().with_host("bank.example").get(path).expect(421);
    for name in ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via"] {
        let header = format!("{name}: 127.0.0.1");
        let answer = over_tls(&app, path, &["-H", &header]).expect(403);
        assert_eq!(answer.code(), "not_claimed", "{name}");
    }
}

#[test]
fn whoever_is_not_listed_sees_the_set_up_page_and_nothing_of_the_library() {
    let open = Open::new();
    // This machine is not in the list, whatever range it stands in.
    for prefixes in ["\"192.168.77.0/24\"", "\"127.0.0.0/8\""] {
        let app = open.start(prefixes);
        let mut browser = app.client();
        let server = browser.get("/api/v1/server").expect(200).json();
        assert_eq!(server["local_security"], "off", "everybody is told");
        assert_eq!(server["plays_without_sign_in"], false);
        for path in ["/api/v1/libraries", "/api/v1/home", "/api/v1/search?q=blue", "/api/v1/events"]
        {
            assert_eq!(browser.get(path).expect(403).code(), "not_claimed", "{path}");
        }
        let page = browser.get("/").expect(200).text();
        assert!(page.contains("waiting for its owner"), "{page}");
        assert!(page.contains("Local security is off"), "the banner is on this page too");
        let health = browser.get("/health").expect(200).text();
        assert!(
            health.contains("degraded") && health.contains("local_security failed"),
            "{health}"
        );
    }
}

#[test]
fn a_link_to_a_film_opens_nothing_away_from_the_listed_places() {
    let open = Open::new();
    let app = open.start("\"loopback\"");
    let mut browser = app.client();
    wait_until_scanned(&mut browser);
    let film = first_film(&mut browser);
    let link = play(&mut browser, &film);
    over_tls(&app, &link, &[]).expect(200);
    let aside = over_tls(&app, &link, &["-H", "X-Forwarded-For: 203.0.113.7"]);
    assert_eq!(aside.expect(403).code(), "not_claimed");
}

#[test]
fn a_claim_ends_it_at_once_and_for_good() {
    let open = Open::new();
    let app = open.start("\"loopback\"");
    let mut browser = app.client();
    wait_until_scanned(&mut browser);
    let film = first_film(&mut browser);
    let link = play(&mut browser, &film);
    let mut owner = Owner::claim(&app);
    for path in ["/api/v1/libraries", "/api/v1/home"] {
        assert_eq!(browser.get(path).expect(401).code(), "not_signed_in", "{path}");
    }
    assert_eq!(browser.get(&link).expect(403).code(), "link_expired");
    assert_eq!(browser.get("/api/v1/server").json()["local_security"], "on");
    // What was listed is the owner's now.
    let libraries = owner.browser.get("/api/v1/libraries").expect(200).json();
    assert_eq!(libraries["libraries"].as_array().unwrap().len(), 1);
    // The file lifts no owner's policy.
    let options =
        Options { config: open.config("\"loopback\""), ..Options::with_clock(&app.clock) };
    let app = app.restart(options);
    assert_eq!(app.client().get("/api/v1/libraries").expect(401).code(), "not_signed_in");
    assert_eq!(app.client().get("/api/v1/server").json()["local_security"], "on");
}

#[test]
fn switched_on_again_or_confirmed_for_another_version_it_is_closed() {
    let open = Open::new();
    let confirmed = open.config("\"loopback\"");
    let app = open.start("\"loopback\"");
    app.client().get("/api/v1/libraries").expect(200);
    let line = format!("local_security_confirmed_for = {}\n", env!("CARGO_PKG_VERSION_MAJOR"));
    let mut app = app;
    for config in [
        String::new(),
        confirmed.replace(&line, ""),
        confirmed.replace(&line, "local_security_confirmed_for = 99\n"),
    ] {
        let options = Options { config, ..Options::with_clock(&app.clock) };
        app = app.restart(options);
        let answer = app.client().get("/api/v1/libraries").expect(403);
        assert_eq!(answer.code(), "not_claimed");
        assert_eq!(app.client().get("/api/v1/server").json()["local_security"], "on");
    }
}

#[test]
fn every_start_says_loudly_that_it_is_off_and_loopback_that_a_proxy_defeats_it() {
    let open = Open::new();
    let config = format!("{QUIET}{}", open.config("\"loopback\""));
    let start = |folder| {
        let mut command = std::process::Command::new(STEAD);
        command.arg("serve");
        Served::start_configured(folder, &config, command, |_| {})
    };
    let folder = start(tempfile::tempdir().unwrap()).kill();
    let again = start(folder);
    again.signal(nix::sys::signal::Signal::SIGTERM);
    let ended = again.ended();
    assert_eq!(ended.code, Some(0));
    let checked = tempfile::tempdir().unwrap();
    let checked = stead(&["check-config", "--config", &write(checked.path(), "s.toml", &config)]);
    assert_eq!(checked.code, Some(0));
    for told in [&ended.complained, &checked.complained] {
        for words in ["local security is off", "a proxy on this machine"] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }
}

/// A data folder from before the rule that servers must be claimed: it has users, and never had an
/// owner.
fn from_before_the_rule() -> (App, Owner) {
    let mut app = App::start();
    let owner = Owner::claim(&app);
    in_accounts(&app, "UPDATE user SET role = 'member'");
    in_accounts(&app, "UPDATE server SET generation = 0, created_by = '0.0.9'");
    app.stop();
    std::fs::remove_file(app.data.join("marker")).unwrap();
    let options = Options::with_clock(&app.clock);
    (app.restart(options), owner)
}

#[test]
fn a_server_from_before_the_rule_works_as_before_and_offers_the_claim() {
    let (app, robin) = from_before_the_rule();
    let server = app.client().get("/api/v1/server").expect(200).json();
    assert_eq!([&server["state"], &server["claimed"]], [&json!("legacy"), &json!(false)]);
    assert_eq!(server["plays_without_sign_in"], false);
    app.clock.advance(60_000);
    let (mut browser, answer) = robin.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.get("/api/v1/libraries").expect(200);
    assert_eq!(app.client().get("/api/v1/libraries").expect(401).code(), "not_signed_in");
    assert!(
        app.client().get("/").expect(200).text().contains("/assets/"),
        "the app, with its banner"
    );
    assert!(!app.link_secret().is_empty(), "the offer");
}

#[test]
fn a_server_from_before_the_rule_is_claimed_once_and_then_is_as_any() {
    let (app, _robin) = from_before_the_rule();
    let secret = app.link_secret();
    let who = ("Maria", "nine tall lanterns");
    let mut maria = Owner::almost_as(app.client(), &secret, app.clock_ms(), who);
    maria.finish().expect(200);
    assert_eq!(app.client().get("/api/v1/server").json()["state"], "claimed");
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(app.client().get("/api/v1/server").json()["state"], "claimed");
    let again = json!({ "kind": "link", "secret": secret });
    let again = json!({ "proof": again, "browser_time_ms": 0 });
    assert_eq!(
        app.client().post("/api/v1/claim/begin", &again).expect(410).code(),
        "already_claimed"
    );
}
