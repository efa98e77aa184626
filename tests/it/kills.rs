//! Power cuts in a claim: the real binary is killed before every write, fsync, rename and unlink
//! of the claim's last step, and comes up offered or claimed, never open. So it does when it is
//! killed in the steps before, or in the first start of all.
//!
//! strace kills at the entry of the nth call of a kind, so "before the next" is also "after this
//! one". A series ends when a claim gets through unharmed.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::{Client, Owner, link_secret_in, totp_code};
use crate::program::{STEAD, Served};
use crate::strace::{DISK_CALLS, Kill, each_kill};

/// Of the pages of the databases that a first start makes, one in so many. STEAD_EVERY_KILL takes
/// all of them, in many minutes.
const FIRST_START_STRIDE: usize = 8;

#[test]
fn a_claim_cut_off_at_any_disk_call_comes_up_offered_or_claimed() {
    let seen = series();
    eprintln!("kills of a claim: {seen:?}");
    assert!(seen["offered"] >= 3, "kills before the commit leave an offer: {seen:?}");
    assert!(seen["claimed"] >= 10, "kills after the commit leave an owner: {seen:?}");
}

/// The steps before the last one keep nothing but lines of the log.
#[test]
fn a_claim_cut_off_in_its_first_steps_is_offered_again() {
    for step in [Step::Begin, Step::Owner, Step::Totp] {
        let kills = each_kill(&DISK_CALLS, 1, |kill| cut_off_in(step, kill));
        assert!(kills >= 2, "{step:?} reaches the disk");
    }
}

/// Whatever the first start had made until then, the next one goes on with it.
#[test]
fn a_first_start_cut_off_anywhere_is_made_up_for_by_the_next() {
    let every = std::env::var_os("STEAD_EVERY_KILL").is_some();
    let stride = if every { 1 } else { FIRST_START_STRIDE };
    let kills = each_kill(&DISK_CALLS, stride, |kill| {
        let Some(folder) = first_start(kill) else { return false };
        let again = start(folder);
        assert!(!again.data().join("marker").exists());
        let secret = link_secret_in(&again.data());
        let mut browser = Client::new(again.http_port);
        let state = browser.get("/api/v1/server").expect(200).json()["state"].clone();
        assert_eq!(state, "offered", "{kill:?}");
        let proof = json!({ "kind": "link", "secret": secret });
        let body = json!({ "proof": proof, "browser_time_ms": now_ms() });
        browser.post("/api/v1/claim/begin", &body).expect(200);
        true
    });
    eprintln!("{kills} kills of a first start");
    assert!(kills >= 40, "{kills}");
}

/// A first start that is killed: its folder, or none when it got through.
fn first_start(kill: Kill) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-o", "/dev/null"]).args(kill.arguments());
    command.args([STEAD, "serve"]);
    Served::try_start_command(folder, command).err()
}

/// A step of the wizard before the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Begin,
    Owner,
    Totp,
}

/// Somebody who goes through the wizard step by step.
struct Claimant {
    browser: Client,
    link: String,
    totp_secret: String,
}

impl Claimant {
    /// Whether the answer came.
    fn takes(&mut self, step: Step) -> bool {
        let (path, body) = match step {
            Step::Begin => {
                let proof = json!({ "kind": "link", "secret": self.link });
                ("begin", json!({ "proof": proof, "browser_time_ms": now_ms() }))
            }
            Step::Owner => ("owner", json!({ "name": "Robin", "password": "seven green kettles" })),
            Step::Totp => {
                let seconds = u64::try_from(now_ms() / 1000).unwrap();
                ("totp", json!({ "code": totp_code(&self.totp_secret, seconds) }))
            }
        };
        let path = format!("/api/v1/claim/{path}");
        let Some(answer) = self.browser.try_send("POST", &path, Some(body.to_string())) else {
            return false;
        };
        let answer = answer.expect(200);
        if step == Step::Owner {
            self.totp_secret = answer.json()["secret_base32"].as_str().unwrap().to_owned();
        }
        true
    }
}

/// A claim that is killed in a step: whether it was.
fn cut_off_in(step: Step, kill: Kill) -> bool {
    let mut served = start(tempfile::tempdir().unwrap());
    let link = link_secret_in(&served.data());
    let browser = Client::new(served.http_port);
    let mut claimant = Claimant { browser, link, totp_secret: String::new() };
    let before = [Step::Begin, Step::Owner, Step::Totp].into_iter().filter(|one| *one < step);
    before.for_each(|one| assert!(claimant.takes(one)));
    let strace = kill.attach(&served);
    let got_through = claimant.takes(step);
    drop(strace);
    if got_through && served.is_alive() {
        return false;
    }
    let again = start(served.kill());
    assert_eq!(check_offered(&again, &claimant.link), "offered", "{step:?}, {kill:?}");
    true
}

/// Kills claims at each of their calls; counts what came up.
fn series() -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::from([("offered".to_owned(), 0), ("claimed".to_owned(), 0)]);
    each_kill(&DISK_CALLS, 1, |kill| {
        let state = cut_off(kill);
        let cut_off = state.is_some();
        state.into_iter().for_each(|state| *seen.entry(state).or_default() += 1);
        cut_off
    });
    seen
}

/// One claim that is killed; the state that came up, or none when it got through.
fn cut_off(kill: Kill) -> Option<String> {
    let mut served = start(tempfile::tempdir().unwrap());
    let secret = link_secret_in(&served.data());
    let mut owner = Owner::almost_in(Client::new(served.http_port), &secret, now_ms());
    let strace = kill.attach(&served);
    let got_through = owner.try_finish();
    drop(strace);
    if got_through && served.is_alive() {
        served.signal(Signal::SIGTERM);
        served.told("STOPPING=1");
        return None;
    }
    let again = start(served.kill());
    let state = check(&again, &owner, &secret);
    assert!(!got_through || state == "claimed", "an owner who was told so stays the owner");
    Some(state)
}

pub(crate) fn start(folder: tempfile::TempDir) -> Served {
    let mut command = Command::new(STEAD);
    command.arg("serve");
    Served::start_command(folder, command, |_| {})
}

/// What came up is one of the two, and works.
fn check(again: &Served, owner: &Owner, secret: &str) -> String {
    let mut stranger = Client::new(again.http_port);
    let server = stranger.get("/api/v1/server").expect(200).json();
    let state = server["state"].as_str().unwrap().to_owned();
    assert_ne!(stranger.get("/api/v1/me").status, 200, "never open");
    match state.as_str() {
        "offered" => {
            check_offered(again, secret);
        }
        "claimed" => {
            assert!(again.data().join("marker").exists(), "the start mended the marker");
            assert!(!again.data().join("Setup Stead.html").exists(), "and removed the page");
            let proof = json!({ "kind": "link", "secret": secret });
            let body = json!({ "proof": proof, "browser_time_ms": 0 });
            stranger.post("/api/v1/claim/begin", &body).expect(410);
            // A minute on, the app shows a code that the claim has not used.
            let browser = Client::new(again.http_port);
            let (_, answer) = owner.sign_in_in(browser, now_ms() + 30_000);
            answer.expect(200);
        }
        other => panic!("came up {other}"),
    }
    state
}

/// Where the server stands; the same link claims it once more.
fn check_offered(again: &Served, secret: &str) -> String {
    let server = Client::new(again.http_port).get("/api/v1/server").expect(200).json();
    assert_eq!(link_secret_in(&again.data()), secret, "a copy of the page still works");
    assert!(!again.data().join("marker").exists());
    let mut second = Owner::almost_in(Client::new(again.http_port), secret, now_ms());
    second.finish().expect(200);
    server["state"].as_str().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "the real binary runs on the real clock")]
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
