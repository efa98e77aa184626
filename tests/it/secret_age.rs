//! An offer that nobody takes: its secret is replaced after 30 days of uptime, and on request.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use stead_store::Store;
use stead_store::accounts::{audit, claim};

use crate::harness::{Answer, App, Client, Options, link_secret_in};
use crate::program::{Ended, PATIENCE, STEAD, Served, free_port};

const DAY_MS: u64 = 24 * 3600 * 1000;

fn begin_by_link(browser: &mut Client, secret: &str) -> Answer {
    let proof = json!({ "kind": "link", "secret": secret });
    browser.post("/api/v1/claim/begin", &json!({ "proof": proof, "browser_time_ms": 0 }))
}

fn begin_by_code(browser: &mut Client, code: &str) -> Answer {
    let proof = json!({ "kind": "code", "code": code });
    browser.post("/api/v1/claim/begin", &json!({ "proof": proof, "browser_time_ms": 0 }))
}

/// The server looks at its clock every few seconds.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let step = Duration::from_millis(50);
    for _ in 0..PATIENCE.as_millis() / step.as_millis() {
        if is_so() {
            return;
        }
        std::thread::sleep(step);
    }
    panic!("{what}");
}

/// Lets days pass, and waits until the server has written them down.
fn pass(app: &App, days: u64) {
    let store = Store::open(&app.data).unwrap();
    let uptime = || store.accounts.read(claim::offer).unwrap().unwrap().uptime_seconds;
    let before = uptime();
    app.clock.advance(days * DAY_MS);
    until("the days are written down", || uptime() >= before + days * DAY_MS / 1000);
}

fn restarted(app: App) -> App {
    let options = Options::with_clock(&app.clock);
    app.restart(options)
}

/// The age of the secret counts from the start of the server, not of the machine.
#[test]
fn an_unused_secret_is_replaced_after_thirty_days_of_uptime_over_restarts() {
    let options = Options::default();
    options.clock.advance(40 * DAY_MS);
    let mut app = App::start_with(options);
    let (link, code) = (app.link_secret(), stead_store::waiting_code(&app.data).unwrap());
    for _ in 0..2 {
        pass(&app, 14);
        app = restarted(app);
        assert_eq!(app.link_secret(), link);
    }
    app.clock.advance(3 * DAY_MS);
    until("the page has a new link", || app.link_secret() != link);
    let mut browser = app.client();
    assert_eq!(begin_by_link(&mut browser, &link).expect(403).code(), "claim_proof_wrong");
    assert_eq!(begin_by_code(&mut browser, &code).expect(403).code(), "claim_proof_wrong");
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 100)).unwrap();
    assert!(log.iter().any(|(kind, _)| kind == "claim.secret_rotated"), "{log:?}");
    app = restarted(app);
    begin_by_link(&mut app.client(), &app.link_secret()).expect(200);
}

#[test]
fn an_old_link_is_refused_before_anybody_has_looked_at_the_clock() {
    let app = App::start();
    let link = app.link_secret();
    app.clock.advance(31 * DAY_MS);
    assert_eq!(begin_by_link(&mut app.client(), &link).expect(403).code(), "claim_proof_wrong");
    begin_by_link(&mut app.client(), &app.link_secret()).expect(200);
}

fn ask_for_a_new_secret(flags: &[String]) -> Ended {
    let mut command = Command::new(STEAD);
    Ended::of(command.args(["open", "--new-secret", "--no-browser"]).args(flags))
}

/// The way for whoever lost the set-up file to others.
#[test]
fn open_replaces_link_and_code_on_request() {
    let served = Served::start();
    let secrets = || {
        let code = stead_store::waiting_code(&served.data()).unwrap();
        (link_secret_in(&served.data()), code)
    };
    let (link, code) = secrets();
    let mut thief = Client::new(served.http_port);
    begin_by_link(&mut thief, &link).expect(200);

    let opened = ask_for_a_new_secret(&served.flags());
    assert_eq!((opened.code, opened.complained.as_str()), (Some(0), ""), "{opened:?}");
    let (new_link, new_code) = secrets();
    assert!(new_link != link && new_code != code);
    assert!(opened.said.contains(&new_link) && opened.said.contains(&new_code), "{opened:?}");
    assert!(!opened.said.contains(&link) && !opened.said.contains(&code), "{opened:?}");

    thief.get("/api/v1/claim").expect(401);
    assert_eq!(begin_by_link(&mut thief, &link).expect(403).code(), "claim_proof_wrong");
    assert_eq!(begin_by_code(&mut thief, &code).expect(403).code(), "claim_proof_wrong");
    begin_by_link(&mut Client::new(served.http_port), &new_link).expect(200);
    assert!(!served.data().join("new-secret").exists(), "a wish is fulfilled once");
}

/// Root may ask in a folder of somebody else, who may have put a trap there.
#[test]
fn asking_for_a_new_secret_follows_no_link() {
    let served = Served::start();
    let (wish, elsewhere) = (served.data().join("new-secret"), served.folder.path().join("else"));
    std::os::unix::fs::symlink(&elsewhere, &wish).unwrap();
    assert_eq!(ask_for_a_new_secret(&served.flags()).code, Some(0));
    assert!(!elsewhere.exists(), "nothing was made where the link leads");
    until("the link is removed", || wish.symlink_metadata().is_err());
}

#[test]
fn nobody_is_asked_for_a_new_secret_where_no_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    std::fs::write(folder.path().join("Setup Stead.html"), "").unwrap();
    let port = free_port().to_string();
    let flags = ["--data", &data, "--http-port", &port].map(str::to_owned);
    assert_eq!(ask_for_a_new_secret(&flags).code, Some(3));
    assert!(!folder.path().join("new-secret").exists());
}
