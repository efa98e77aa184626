//! Power cuts in a claim: the real binary is killed before every write, fsync, rename and unlink
//! of the claim's last step, and comes up offered or claimed, never open. So it does when it is
//! killed in the steps before, or in the first start of all.
//!
//! strace kills at the entry of the nth such system call, so "before the next" is also "after this
//! one". The series ends when a claim gets through unharmed.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::{Client, Owner, link_secret_in, totp_code};
use crate::program::{STEAD, Served};
use crate::strace::Strace;

/// What changes a disk. SQLite writes with pwrite64; our own files are written with write, which
/// also wakes threads, so it is a series of its own.
const DISK_CALLS: &str =
    "pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat";
/// More kill points than this mean that the series does not end by itself.
const SERIES_MAX: usize = 120;
/// A first start makes fewer calls on one thread than this.
const FIRST_START_MAX: usize = 2000;
/// Every so many of them one kill: all of them would take many minutes.
const FIRST_START_STRIDE: usize = 4;

#[test]
fn a_claim_cut_off_at_any_disk_call_comes_up_offered_or_claimed() {
    let seen = series(DISK_CALLS);
    assert!(seen["offered"] >= 1, "kills before the commit leave an offer: {seen:?}");
    assert!(seen["claimed"] >= 3, "kills after the commit leave an owner: {seen:?}");
}

#[test]
fn a_claim_cut_off_at_any_plain_write_comes_up_offered_or_claimed() {
    let seen = series("write");
    assert!(seen["claimed"] >= 1, "{seen:?}");
}

/// The steps before the last one keep nothing but lines of the log.
#[test]
fn a_claim_cut_off_in_its_first_steps_is_offered_again() {
    for step in [Step::Begin, Step::Owner, Step::Totp] {
        let mut kills = 0;
        while cut_off_in(step, kills + 1) {
            kills += 1;
            assert!(kills < SERIES_MAX, "{step:?} does not get through");
        }
        assert!(kills >= 1, "{step:?} reaches the disk");
    }
}

/// Whatever the first start had made until then, the next one goes on with it. It makes hundreds
/// of calls, so each series takes some of them.
#[test]
fn a_first_start_cut_off_anywhere_is_made_up_for_by_the_next() {
    let calls = (1..FIRST_START_MAX).step_by(FIRST_START_STRIDE);
    for (kills, nth) in calls.enumerate() {
        let Some(folder) = first_start(nth) else {
            assert!(kills >= 10, "{kills} kills before a first start got through");
            return;
        };
        let again = start(folder);
        assert!(!again.data().join("marker").exists());
        let secret = link_secret_in(&again.data());
        let mut browser = Client::new(again.http_port);
        let state = browser.get("/api/v1/server").expect(200).json()["state"].clone();
        assert_eq!(state, "offered", "killed at call {nth}");
        let proof = json!({ "kind": "link", "secret": secret });
        let body = json!({ "proof": proof, "browser_time_ms": now_ms() });
        browser.post("/api/v1/claim/begin", &body).expect(200);
    }
    panic!("no first start got through");
}

/// A first start that is killed at its nth call: its folder, or none when it got through.
fn first_start(nth: usize) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let kill = format!("inject={DISK_CALLS}:signal=SIGKILL:when={nth}");
    let trace = format!("trace={DISK_CALLS}");
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-o", "/dev/null", "-e", &trace, "-e", &kill]);
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

/// A claim that is killed at the nth call of a step: whether it was.
fn cut_off_in(step: Step, nth: usize) -> bool {
    let mut served = start(tempfile::tempdir().unwrap());
    let link = link_secret_in(&served.data());
    let browser = Client::new(served.http_port);
    let mut claimant = Claimant { browser, link, totp_secret: String::new() };
    let before = [Step::Begin, Step::Owner, Step::Totp].into_iter().filter(|one| *one < step);
    before.for_each(|one| assert!(claimant.takes(one)));
    let kill = format!("inject={DISK_CALLS}:signal=SIGKILL:when={nth}");
    let strace = Strace::attach(&served, &["-e", &format!("trace={DISK_CALLS}"), "-e", &kill]);
    let got_through = claimant.takes(step);
    drop(strace);
    if got_through && served.is_alive() {
        return false;
    }
    let again = start(served.kill());
    assert_eq!(check_offered(&again, &claimant.link), "offered", "{step:?}, call {nth}");
    true
}

/// Kills at the first, second, … call until one claim gets through; counts what came up.
fn series(calls: &str) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::from([("offered".to_owned(), 0), ("claimed".to_owned(), 0)]);
    for nth in 1..=SERIES_MAX {
        match cut_off(calls, nth) {
            Some(state) => *seen.entry(state).or_default() += 1,
            None => return seen,
        }
    }
    panic!("{SERIES_MAX} kills and no claim got through: {seen:?}");
}

/// One claim, killed at its nth call; the state that came up, or none when it got through.
fn cut_off(calls: &str, nth: usize) -> Option<String> {
    let mut served = start(tempfile::tempdir().unwrap());
    let secret = link_secret_in(&served.data());
    let mut owner = Owner::almost_in(Client::new(served.http_port), &secret, now_ms());
    let kill = format!("inject={calls}:signal=SIGKILL:when={nth}");
    let strace = Strace::attach(&served, &["-e", &format!("trace={calls}"), "-e", &kill]);
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
