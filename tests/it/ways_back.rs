//! From every state a way leads to an owner on a box without screen, button, shell or internet:
//! once with the plug and a phone only, once with a stick that holds `stead.txt`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use stead_rules::time::WallMs;

use crate::harness::{App, Options, Owner, in_accounts};
use crate::plug::Phone;
use crate::program::PATIENCE;
use crate::recovery::{state, wish};

const CODE: &str = "seven brown teapots";

/// How a server comes into a state, from one that is offered; and the state it then says.
type Way = (&'static str, fn(App, &str) -> App);

const WAYS: [Way; 12] = [
    ("offered", |app, _| app),
    ("legacy", |mut app, config| {
        // As a version before the rule would have left it.
        in_accounts(&app, "UPDATE server SET created_by = '0.0.9'");
        app.stop();
        again(app, config)
    }),
    ("pending", |app, _| {
        let proof = json!({ "kind": "link", "secret": app.link_secret() });
        let begin = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
        app.client().post("/api/v1/claim/begin", &begin).expect(200);
        app
    }),
    ("claimed", claimed),
    ("orphaned", |app, _| {
        let mut owner = Owner::claim(&app).browser;
        owner.post("/api/v1/server/give-up", &json!({ "name": "Stead" })).expect(204);
        app
    }),
    ("recovery", |app, config| {
        let mut app = claimed(app, config);
        app.stop();
        wish(&app, "root\n");
        again(app, config)
    }),
    ("locked: database_missing", |app, config| damaged(app, config, "accounts.db", None)),
    ("locked: database_unreadable", |app, config| damaged(app, config, "accounts.db", Some("?"))),
    ("locked: database_replaced", |app, config| {
        let mut other = App::start();
        other.stop();
        let mut app = claimed(app, config);
        app.stop();
        fs::copy(other.data.join("accounts.db"), app.data.join("accounts.db")).unwrap();
        again(app, config)
    }),
    ("locked: older_generation", |app, config| {
        let text = "This Stead server has been claimed. Do not remove this file.\ngeneration 7\n";
        damaged(app, config, "marker", Some(text))
    }),
    ("locked: older_copy", |app, config| {
        let mut app = claimed(app, config);
        app.stop();
        let copy = fs::read(app.data.join("accounts.db")).unwrap();
        app = again(app, config);
        app.stop();
        fs::write(app.data.join("accounts.db"), copy).unwrap();
        again(app, config)
    }),
    ("locked: marker_unreadable", |app, config| damaged(app, config, "marker", Some("?"))),
];

/// They wait for their first owner, and have taken the code already.
const UNCLAIMED: [&str; 3] = ["offered", "legacy", "pending"];

fn claimed(app: App, _: &str) -> App {
    Owner::claim(&app);
    app
}

fn damaged(app: App, config: &str, file: &str, left: Option<&str>) -> App {
    let mut app = claimed(app, config);
    app.stop();
    match left {
        None => fs::remove_file(app.data.join(file)).unwrap(),
        Some(text) => fs::write(app.data.join(file), text).unwrap(),
    }
    again(app, config)
}

fn again(app: App, config: &str) -> App {
    let options = Options { config: config.to_owned(), ..Options::with_clock(&app.clock) };
    app.restart(options)
}

#[test]
fn from_every_state_a_way_leads_to_claimed_with_plug_and_phone_only() {
    for (name, way) in WAYS {
        let app = way(App::start(), "");
        assert_eq!(state(&app), name);
        let phone = Phone::waits(&app);
        let app = phone.pattern(app);
        if name == "claimed" {
            phone.waits_for_the_owner(&app);
            app.clock.advance(24 * 3600 * 1000);
        }
        phone.has_won(&app);
        phone.claims(&app);
        let app = app.cut_off(WallMs(0));
        assert_eq!(state(&app), "claimed", "from {name}");
    }
}

#[test]
fn from_every_state_a_way_leads_to_claimed_with_a_stick_only() {
    for (name, way) in WAYS {
        let stick = tempfile::tempdir().unwrap();
        let file = stick.path().join("stead.txt");
        let config = format!("[claim]\nsticks = [{:?}]\n", stick.path());
        fs::write(&file, format!("code = {CODE}\n")).unwrap();
        let app = App::start_with(Options { config: config.clone(), ..Options::default() });
        assert!(!fs::read_to_string(&file).unwrap().contains(CODE), "blanked");
        let mut app = way(app, &config);
        assert_eq!(state(&app), name);
        if name == "recovery" {
            // Root has opened it: the code was the former owner's, and is written anew.
            app = with_stick(app, &config, &file, &format!("code = {CODE}"));
        } else if !UNCLAIMED.contains(&name) {
            app = with_stick(app, &config, &file, "recover = seven brown kettles");
            assert_eq!(state(&app), name, "another code opens nothing");
            app = with_stick(app, &config, &file, &format!("recover = {CODE}"));
            assert_eq!(state(&app), "recovery", "{}", fs::read_to_string(&file).unwrap());
        }
        assert!(!fs::read_to_string(&file).unwrap().contains(CODE), "blanked");
        claims_by_own_code(&app);
        app = again(app, &config);
        assert_eq!(state(&app), "claimed", "from {name}");
    }
}

/// Somebody has it in the other hand, and nobody can switch the box off by a button.
#[test]
fn a_stick_that_is_put_into_a_running_server_is_taken_without_a_restart() {
    for (name, way) in WAYS.iter().filter(|(name, _)| {
        ["claimed", "orphaned", "locked: older_copy", "locked: database_missing"].contains(name)
    }) {
        let stick = tempfile::tempdir().unwrap();
        let file = stick.path().join("stead.txt");
        let config = format!("[claim]\nsticks = [{:?}]\n", stick.path());
        let app = App::start_with(Options { config: config.clone(), ..Options::default() });
        fs::write(&file, format!("code = {CODE}\n")).unwrap();
        wait_until(|| app.data.join("own-code").exists() && is_blank(&file));
        let app = way(app, &config);
        assert_eq!(state(&app), *name);
        fs::write(&file, format!("recover = {CODE}\n")).unwrap();
        wait_until(|| state(&app) == "recovery");
        wait_until(|| fs::read_to_string(&file).unwrap().contains("waits for its new owner"));
        assert!(is_blank(&file));
        claims_by_own_code(&app);
        assert_eq!(state(&app), "claimed", "from {name}");
    }
}

fn is_blank(file: &Path) -> bool {
    !fs::read_to_string(file).unwrap().contains(CODE)
}

/// The server looks every few seconds.
fn wait_until(so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn with_stick(mut app: App, config: &str, file: &Path, line: &str) -> App {
    app.stop();
    fs::write(file, line).unwrap();
    again(app, config)
}

fn claims_by_own_code(app: &App) {
    let mut browser = app.client();
    let proof = json!({ "kind": "own", "code": CODE });
    // Whoever else has begun is told.
    let body = json!({ "proof": proof, "browser_time_ms": app.clock_ms(), "take_over": true });
    browser.post("/api/v1/claim/begin", &body).expect(200);
    Owner::from_owner_step(browser, app.clock_ms()).finish().expect(200);
}

#[test]
fn a_code_that_is_too_short_is_told_in_the_file_itself_and_on_the_page() {
    let stick = tempfile::tempdir().unwrap();
    let file = stick.path().join("stead.txt");
    fs::write(&file, "code = kettle\nvlan = home\n").unwrap();
    let config = format!("[claim]\nboot_file = {file:?}\n");
    let app = App::start_with(Options { config, ..Options::default() });
    let left = fs::read_to_string(&file).unwrap();
    assert!(left.contains("# Stead: the code is too short: it takes at least 8"), "{left}");
    assert!(left.contains("vlan = home") && !left.contains("kettle"), "{left}");
    assert!(!app.data.join("own-code").exists());
    let proof = json!({ "kind": "own", "code": "kettle" });
    let body = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
    let told = app.client().post("/api/v1/claim/begin", &body).expect(403);
    assert_eq!(told.json()["code"], "no_own_code");
    assert!(told.text().contains("the code is too short"), "{}", told.text());
}

/// Whoever misses waits; neither the link nor anybody elsewhere waits for them.
#[test]
fn guesses_at_the_own_code_slow_nobody_else() {
    let stick = tempfile::tempdir().unwrap();
    fs::write(stick.path().join("stead.txt"), format!("code = {CODE}")).unwrap();
    let config = format!("[claim]\nsticks = [{:?}]\n", stick.path());
    let app = App::start_with(Options { config, ..Options::default() });
    let here = std::net::Ipv4Addr::new(127, 0, 0, 9);
    let guess = |browser: &mut crate::harness::Client, code: &str| {
        let proof = json!({ "kind": "own", "code": code });
        browser.post("/api/v1/claim/begin", &json!({ "proof": proof, "browser_time_ms": 0 }))
    };
    let mut guesser = app.client().sent_from(here);
    let mut slowed = false;
    for number in 0..9 {
        let answer = guess(&mut guesser, &format!("seven brown pots {number}"));
        slowed |= answer.status == 429;
        assert!([403, 429].contains(&answer.status), "{}", answer.text());
    }
    assert!(slowed, "whoever guesses waits");
    guess(&mut app.client(), CODE).expect(200);
}

/// A code put into a server that has an owner makes nobody another one.
#[test]
fn a_new_code_is_not_taken_from_a_server_that_has_an_owner() {
    let stick = tempfile::tempdir().unwrap();
    let file = stick.path().join("stead.txt");
    let config = format!("[claim]\nsticks = [{:?}]\n", stick.path());
    let app = App::start_with(Options { config: config.clone(), ..Options::default() });
    Owner::claim(&app);
    let app = with_stick(app, &config, &file, &format!("code = {CODE}\nrecover = {CODE}"));
    assert_eq!(state(&app), "claimed");
    let left = fs::read_to_string(&file).unwrap();
    assert!(left.contains("had an owner already") && left.contains("not the code"), "{left}");
}
