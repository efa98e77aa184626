//! Power cuts in a claim: the real binary is killed before every write, fsync, rename and unlink
//! of the claim's last step, and comes up offered or claimed, never open.
//!
//! strace kills at the entry of the nth such system call, so "before the next" is also "after this
//! one". The series ends when a claim gets through unharmed.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::harness::{Client, Owner, link_secret_in};
use crate::program::{STEAD, Served};
use crate::strace::Strace;

/// What changes a disk. SQLite writes with pwrite64; our own files are written with write, which
/// also wakes threads, so it is a series of its own.
const DISK_CALLS: &str =
    "pwrite64,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat";
/// More kill points than this mean that the series does not end by itself.
const SERIES_MAX: usize = 120;

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
            assert_eq!(link_secret_in(&again.data()), secret, "a copy of the page still works");
            assert!(!again.data().join("marker").exists());
            let mut second = Owner::almost_in(Client::new(again.http_port), secret, now_ms());
            second.finish().expect(200);
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

#[expect(clippy::disallowed_methods, reason = "the real binary runs on the real clock")]
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}
