//! Power cuts in the later life of a server: the real binary is killed before every write, fsync,
//! rename and unlink of signing it out, opening it, recovering and wiping it. It comes up as before
//! or as after, never open to strangers, and the way goes on from there.

use std::collections::BTreeMap;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::{Client, Owner, copy_folder, link_secret_in};
use crate::kills::{now_ms, start};
use crate::program::{STEAD, Served};
use crate::strace::Strace;

const DISK_CALLS: &str =
    "pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat";
/// More kill points than this mean that a series does not end by itself.
const SERIES_MAX: usize = 150;
/// A start makes hundreds of calls; each series of starts takes some of them. STEAD_EVERY_KILL takes
/// all, in many minutes.
const START_STRIDE: usize = 7;
/// More kills of starts than this mean the same.
const STARTS_MAX: usize = 2000;

const WIPE: &str = "/api/v1/server/wipe";

/// A claimed server's folder, and its owner with a session.
fn claimed() -> (tempfile::TempDir, Owner) {
    let served = start(tempfile::tempdir().unwrap());
    let link = link_secret_in(&served.data());
    let mut owner = Owner::almost_in(Client::new(served.http_port), &link, now_ms());
    owner.finish().expect(200);
    (served.kill(), owner)
}

/// The same, locked because the marker promises more, and signed in at.
fn locked() -> (tempfile::TempDir, Owner) {
    let (folder, mut owner) = claimed();
    let text = "This Stead server has been claimed. Do not remove this file.\ngeneration 5\n";
    std::fs::write(folder.path().join("data/marker"), text).unwrap();
    let served = start(folder);
    let browser = Client::new(served.http_port);
    let (browser, answer) = owner.sign_in_in(browser, now_ms() + 30_000);
    answer.expect(200);
    owner.browser = browser;
    (served.kill(), owner)
}

fn another(of: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&of.join("data"), &folder.path().join("data"));
    folder
}

fn state(served: &Served) -> String {
    let mut stranger = Client::new(served.http_port);
    assert_ne!(stranger.get("/api/v1/me").status, 200, "never open");
    let server = stranger.get("/api/v1/server").expect(200).json();
    server["state"].as_str().unwrap().to_owned()
}

/// Kills a running server at the first, second, … call of one request until it gets through;
/// counts what came up.
fn series(
    base: &(tempfile::TempDir, Owner),
    path: &str,
    body: &serde_json::Value,
) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for nth in 1..=SERIES_MAX {
        let mut served = start(another(base.0.path()));
        let mut browser = base.1.browser.clone().at(served.http_port);
        let kill = format!("inject={DISK_CALLS}:signal=SIGKILL:when={nth}");
        let strace = Strace::attach(&served, &["-e", &format!("trace={DISK_CALLS}"), "-e", &kill]);
        let answer = browser.try_send("POST", path, Some(body.to_string()));
        drop(strace);
        let done = answer.is_some_and(|answer| [200, 204].contains(&answer.status));
        // A wipe ends the server by itself once it was decided.
        if done && (served.is_alive() || path == WIPE) {
            return seen;
        }
        let again = start(served.kill());
        *seen.entry(state(&again)).or_default() += 1;
    }
    panic!("{SERIES_MAX} kills and {path} did not get through: {seen:?}");
}

/// Kills starts over `base` at some of their calls; counts what the start after them comes up as.
fn starts(base: &Path) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    let every = std::env::var_os("STEAD_EVERY_KILL").is_some();
    let (stride, most) = if every { (1, STARTS_MAX) } else { (START_STRIDE, SERIES_MAX) };
    for nth in (1..).step_by(stride).take(most) {
        let kill = format!("inject={DISK_CALLS}:signal=SIGKILL:when={nth}");
        let mut command = Command::new("strace");
        command.args(["-D", "-f", "-o", "/dev/null", "-e", &format!("trace={DISK_CALLS}")]);
        command.args(["-e", &kill, STEAD, "serve"]);
        let Err(folder) = Served::try_start_command(another(base), command) else { return seen };
        *seen.entry(state(&start(folder))).or_default() += 1;
    }
    panic!("no start got through: {seen:?}");
}

fn only(seen: &BTreeMap<String, usize>, states: &[&str]) {
    assert!(!seen.is_empty(), "nothing was cut off");
    assert!(seen.keys().all(|state| states.contains(&state.as_str())), "{seen:?}");
}

#[test]
fn signing_a_server_out_cut_off_anywhere_leaves_it_claimed_or_orphaned() {
    let seen = series(&claimed(), "/api/v1/server/give-up", &json!({ "name": "Stead" }));
    only(&seen, &["claimed", "orphaned"]);
}

#[test]
fn opening_a_locked_server_cut_off_anywhere_leaves_it_locked_or_claimed() {
    let seen = series(&locked(), "/api/v1/unlock", &json!({}));
    only(&seen, &["locked", "claimed"]);
    // The database is ahead of the marker then, and the next start raises it.
    assert!(seen.contains_key("locked") && seen.contains_key("claimed"), "{seen:?}");
}

/// The wish lies there until it is fulfilled, so whatever is cut off is taken up again.
#[test]
fn a_recovery_cut_off_anywhere_is_finished_by_the_next_start() {
    for lost in [false, true] {
        let (folder, _) = claimed();
        let data = folder.path().join("data");
        if lost {
            for name in ["accounts.db", "accounts.db-wal"] {
                std::fs::remove_file(data.join(name)).unwrap();
            }
        }
        std::fs::write(data.join("recover"), "root\n").unwrap();
        chown(data.join("recover"), Some(0), Some(0)).expect("these tests are run by root");
        only(&starts(folder.path()), &["recovery"]);
    }
}

/// Comes up in the recovery or with its new owner, and never with what belonged to the former one.
#[test]
fn a_claim_that_ends_a_recovery_cut_off_anywhere_leaves_one_owner_or_the_recovery() {
    let (folder, former) = claimed();
    let data = folder.path().join("data");
    std::fs::write(data.join("own-code"), "of the former owner").unwrap();
    std::fs::write(data.join("recover"), "root\n").unwrap();
    chown(data.join("recover"), Some(0), Some(0)).expect("these tests are run by root");
    let folder = start(folder).kill();
    let mut seen = BTreeMap::<String, usize>::new();
    for nth in 1..=SERIES_MAX {
        let mut served = start(another(folder.path()));
        let link = link_secret_in(&served.data());
        let mut owner = Owner::almost_in(Client::new(served.http_port), &link, now_ms());
        let kill = format!("inject={DISK_CALLS}:signal=SIGKILL:when={nth}");
        let strace = Strace::attach(&served, &["-e", &format!("trace={DISK_CALLS}"), "-e", &kill]);
        let done = owner.try_finish();
        drop(strace);
        if done && served.is_alive() {
            only(&seen, &["recovery", "claimed"]);
            assert_eq!(seen.len(), 2, "{seen:?}");
            return;
        }
        let again = start(served.kill());
        let came_up = state(&again);
        assert!(!done || came_up == "claimed", "an owner who was told so stays the owner");
        let mut old = former.browser.clone().at(again.http_port);
        assert_ne!(old.get("/api/v1/me").status, 200, "the former owner is none, at {nth}");
        assert!(!again.data().join("own-code").exists(), "at {nth}");
        *seen.entry(came_up).or_default() += 1;
    }
    panic!("{SERIES_MAX} kills and no claim got through: {seen:?}");
}

#[test]
fn deciding_a_wipe_cut_off_anywhere_leaves_it_claimed_or_wiped() {
    let seen = series(&claimed(), WIPE, &json!({ "name": "Stead" }));
    only(&seen, &["claimed", "offered"]);
}

#[test]
fn a_phone_that_waits_for_the_plug_cut_off_anywhere_opens_nothing() {
    only(&series(&claimed(), "/api/v1/plug/wait", &json!({})), &["claimed"]);
}

#[test]
fn a_wipe_cut_off_in_its_calls_is_finished_by_the_next_start() {
    let (folder, _) = claimed();
    std::fs::write(folder.path().join("data/wipe"), "decided").unwrap();
    only(&starts(folder.path()), &["offered"]);
}
