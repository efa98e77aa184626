//! Power cuts in the later life of a server: the real binary is killed before every write, fsync,
//! rename and unlink of signing it out, opening it, recovering and wiping it, of the wishes that it
//! takes from files, and of the eras of its accounts. It comes up as before or as after, never open
//! to strangers, and the way goes on from there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stead::host::clock::ManualClock;
use stead_rules::claim::Generation;
use stead_rules::time::{BootMs, Now, TimeTrust, WallMs};
use stead_store::{Store, backup};
use tempfile::TempDir;

use crate::fall_back::{make_newer, make_older};
use crate::harness::{Client, FakeIssuer, Owner, copy_folder, link_secret_in};
use crate::issuers::{OWNER, finish_claim, sent};
use crate::kills::{now_ms, start};
use crate::program::{PATIENCE, QUIET, STEAD, Served};
use crate::strace::{DISK_CALLS, Kill, NAMING_CALLS, Strace, each_kill};

/// What the states of a server are kept in. A start also writes pipes, memory that programs share,
/// and databases under another name, which nothing reads after a cut.
const FILES: [&str; 20] = [
    "",
    "accounts.db",
    "accounts.db-journal",
    "accounts.db-wal",
    "accounts.db.before-update",
    "accounts.db.before-update-journal",
    "accounts.db.newer",
    "marker",
    ".marker.new",
    "recover",
    "new-secret",
    "own-code",
    ".own-code.new",
    "Setup Stead.html",
    ".Setup Stead.html.new",
    "plug",
    ".plug.new",
    "stick",
    "stick/stead.txt",
    "stick/.stead.txt.new",
];

/// At which calls of a start it is killed.
#[derive(Debug, Clone, Copy)]
enum At {
    /// Each that touches one of [`FILES`].
    EachOfTheFiles,
    /// Each that makes or takes away a name, or brings one to the disk.
    EachName,
    /// Each.
    Each,
}

impl At {
    /// STEAD_EVERY_KILL takes all of them, in many minutes.
    fn or_every(self) -> Self {
        if std::env::var_os("STEAD_EVERY_KILL").is_some() { Self::Each } else { self }
    }

    const fn calls(self) -> &'static [&'static str] {
        match self {
            Self::EachOfTheFiles | Self::Each => &DISK_CALLS,
            Self::EachName => &NAMING_CALLS,
        }
    }

    fn arguments(self, data: &Path) -> Vec<String> {
        match self {
            Self::EachOfTheFiles => FILES
                .iter()
                .map(|name| if name.is_empty() { data.to_owned() } else { data.join(name) })
                .flat_map(|path| ["-P".to_owned(), path.display().to_string()])
                .collect(),
            Self::EachName | Self::Each => Vec::new(),
        }
    }

    fn attach(self, served: &Served, kill: Kill) -> Strace {
        let mut arguments = self.arguments(&served.data());
        arguments.extend(kill.arguments());
        Strace::attach(served, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// What came up, and how often.
type Seen = BTreeMap<String, usize>;

const WIPE: &str = "/api/v1/server/wipe";

/// A server that nobody has claimed.
fn offered() -> TempDir {
    start(tempfile::tempdir().unwrap()).kill()
}

/// A claimed server's folder, and its owner with a session.
fn claimed() -> (TempDir, Owner) {
    claimed_in(offered())
}

fn claimed_in(folder: TempDir) -> (TempDir, Owner) {
    let served = start(folder);
    let link = link_secret_in(&served.data());
    let mut owner = Owner::almost_in(Client::new(served.http_port), &link, now_ms());
    owner.finish().expect(200);
    (served.kill(), owner)
}

/// The same, locked because the marker promises more, and signed in at.
fn locked() -> (TempDir, Owner) {
    let (folder, owner) = claimed();
    let text = "This Stead server has been claimed. Do not remove this file.\ngeneration 5\n";
    fs::write(folder.path().join("data/marker"), text).unwrap();
    signed_in(folder, owner)
}

/// The same, locked because an older copy of its accounts was put back.
fn locked_by_a_copy() -> (TempDir, Owner) {
    let (folder, owner) = with_an_older_copy();
    signed_in(folder, owner)
}

fn with_an_older_copy() -> (TempDir, Owner) {
    let (folder, owner) = claimed();
    let folder = start(folder).kill();
    let data = folder.path().join("data");
    let files = ["accounts.db", "accounts.db-wal"].map(|name| data.join(name));
    let copies = files.clone().map(|file| fs::read(file).unwrap());
    let folder = start(folder).kill();
    for (file, copy) in files.iter().zip(copies) {
        fs::write(file, copy).unwrap();
    }
    (folder, owner)
}

fn signed_in(folder: TempDir, mut owner: Owner) -> (TempDir, Owner) {
    let served = start(folder);
    assert_eq!(state(&served), "locked");
    let browser = Client::new(served.http_port);
    let (browser, answer) = owner.sign_in_in(browser, now_ms() + 30_000);
    answer.expect(200);
    owner.browser = browser;
    (served.kill(), owner)
}

fn another(of: &Path) -> TempDir {
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

/// Kills a running server at each call of one request until it gets through; counts what came up.
fn series(base: &(TempDir, Owner), path: &str, body: &Value) -> Seen {
    let mut seen = Seen::new();
    each_kill(&DISK_CALLS, 1, |kill| {
        let mut served = start(another(base.0.path()));
        let mut browser = base.1.browser.clone().at(served.http_port);
        let strace = kill.attach(&served);
        let answer = browser.try_send("POST", path, Some(body.to_string()));
        drop(strace);
        let done = answer.is_some_and(|answer| [200, 204].contains(&answer.status));
        // A wipe ends the server by itself once it was decided.
        if done && (served.is_alive() || path == WIPE) {
            return false;
        }
        let again = start(served.kill());
        *seen.entry(state(&again)).or_default() += 1;
        true
    });
    seen
}

/// What a series of starts is about.
struct Starts<'a> {
    at: At,
    /// The config, for a server in this folder.
    config: &'a dyn Fn(&Path) -> String,
    /// Whether the start has done what it is killed in.
    done: &'a dyn Fn(&Path) -> bool,
    /// What the start after the kill has come up as.
    check: &'a dyn Fn(&Served) -> String,
}

const PLAIN: Starts<'_> = Starts {
    at: At::EachOfTheFiles,
    config: &|_| QUIET.to_owned(),
    done: &|_| true,
    check: &state,
};

/// Kills starts over `base` at their calls; counts what the start after them comes up as.
fn starts(base: &Path, about: &Starts<'_>) -> Seen {
    let mut seen = Seen::new();
    let at = about.at.or_every();
    each_kill(at.calls(), 1, |kill| {
        let folder = another(base);
        let config = (about.config)(folder.path());
        let Err(folder) = killed_start(folder, &config, at, kill, about.done) else {
            return false;
        };
        let again = configured(folder, about.config);
        *seen.entry((about.check)(&again)).or_default() += 1;
        true
    });
    seen
}

/// A start with a config that depends on where it is.
fn configured(folder: TempDir, config: &dyn Fn(&Path) -> String) -> Served {
    let config = config(folder.path());
    let mut command = Command::new(STEAD);
    command.arg("serve");
    Served::start_configured(folder, &config, command, |_| {})
}

/// A start that is killed: its folder. Else the server, once it is done.
fn killed_start(
    folder: TempDir,
    config: &str,
    at: At,
    kill: Kill,
    done: &dyn Fn(&Path) -> bool,
) -> Result<Served, TempDir> {
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-o", "/dev/null"]);
    command.args(at.arguments(&folder.path().join("data"))).args(kill.arguments());
    command.args([STEAD, "serve"]);
    let mut served = Served::try_start_configured(folder, config, command)?;
    let begun = Instant::now();
    while !done(&served.data()) {
        assert!(begun.elapsed() < PATIENCE, "it is never done");
        if !served.is_alive() {
            return Err(served.kill());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // What follows upon the last thing that can be seen.
    std::thread::sleep(Duration::from_millis(100));
    if served.is_alive() { Ok(served) } else { Err(served.kill()) }
}

fn only(seen: &Seen, states: &[&str]) {
    // Every transition reaches the disk in more calls than this.
    let kills: usize = seen.values().sum();
    eprintln!("{kills} kills: {seen:?}");
    assert!(kills >= 3, "{seen:?}");
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

fn wish_of_root(path: &Path) {
    fs::write(path, "root\n").unwrap();
    chown(path, Some(0), Some(0)).expect("these tests are run by root");
}

/// The wish lies there until it is fulfilled, so whatever is cut off is taken up again.
#[test]
fn a_recovery_cut_off_anywhere_is_finished_by_the_next_start() {
    for lost in [false, true] {
        let (folder, _) = claimed();
        let data = folder.path().join("data");
        if lost {
            for name in ["accounts.db", "accounts.db-wal"] {
                fs::remove_file(data.join(name)).unwrap();
            }
        }
        wish_of_root(&data.join("recover"));
        only(&starts(folder.path(), &PLAIN), &["recovery"]);
    }
}

#[test]
fn a_recovery_of_an_older_copy_cut_off_anywhere_is_finished_by_the_next_start() {
    let (folder, _) = with_an_older_copy();
    wish_of_root(&folder.path().join("data/recover"));
    only(&starts(folder.path(), &PLAIN), &["recovery"]);
}

#[test]
fn opening_an_older_copy_cut_off_anywhere_leaves_it_locked_or_claimed() {
    let seen = series(&locked_by_a_copy(), "/api/v1/unlock", &json!({}));
    only(&seen, &["locked", "claimed"]);
    assert_eq!(seen.len(), 2, "{seen:?}");
}

/// A server that has lost its accounts, in the hands of a browser that has sent their backup.
fn with_a_backup() -> (TempDir, Vec<u8>) {
    let (folder, mut owner) = claimed();
    let served = start(folder);
    owner.browser = owner.browser.at(served.http_port);
    let words = json!({ "words": BACKUP_WORDS });
    let backup = owner.browser.post("/api/v1/backup", &words).expect(200).body;
    let folder = served.kill();
    let data = folder.path().join("data");
    for name in ["accounts.db", "accounts.db-wal"] {
        fs::remove_file(data.join(name)).unwrap();
    }
    wish_of_root(&data.join("recover"));
    (start(folder).kill(), backup)
}

const BACKUP_WORDS: &str = "a horse of another colour";

/// Sends the backup in a claim of its own, and says whether it was put back.
fn restores(served: &Served, backup: &[u8], attach: impl FnOnce() -> Option<Strace>) -> bool {
    let mut browser = Client::new(served.http_port);
    let proof = json!({ "kind": "link", "secret": link_secret_in(&served.data()) });
    let begin = json!({ "proof": proof, "browser_time_ms": now_ms() });
    browser.post("/api/v1/claim/begin", &begin).expect(200);
    browser.post_file("/api/v1/claim/backup", backup).expect(204);
    let strace = attach();
    let words = json!({ "words": BACKUP_WORDS }).to_string();
    let answer = browser.try_send("POST", "/api/v1/claim/restore", Some(words));
    drop(strace);
    answer.is_some_and(|answer| answer.status == 200)
}

#[test]
fn a_restore_cut_off_anywhere_waits_for_a_new_owner_or_for_its_own() {
    let (base, backup) = with_a_backup();
    let mut seen = Seen::new();
    each_kill(&NAMING_CALLS, 1, |kill| {
        let served = start(another(base.path()));
        if restores(&served, &backup, || Some(kill.attach(&served))) {
            return false;
        }
        let again = start(served.kill());
        *seen.entry(state(&again)).or_default() += 1;
        true
    });
    only(&seen, &["recovery", "locked"]);
}

/// What was decided is finished by a start, or by the one after it.
#[test]
fn a_start_that_puts_a_backup_in_place_cut_off_anywhere_is_finished_by_the_next() {
    let (base, _) = claimed();
    let data = base.path().join("data");
    let copy = data.join("copy");
    let store = Store::open(&data).unwrap();
    let wall = WallMs(now_ms());
    store.accounts.copy_to(&copy, &[], wall).unwrap();
    drop(store);
    backup::describe(&copy).unwrap();
    let now = Now { wall, boot: BootMs(0), trust: TimeTrust::Synced };
    backup::decide(&data, &copy, now, Generation(1), None).unwrap();
    fs::create_dir(data.join("tls.restored")).unwrap();
    for name in ["ca.pem", "ca.key"] {
        fs::copy(data.join("tls").join(name), data.join("tls.restored").join(name)).unwrap();
    }
    let authority = fs::read(data.join("tls/ca.pem")).unwrap();
    let whole = |served: &Served| {
        assert_eq!(fs::read(served.data().join("tls/ca.pem")).unwrap(), authority);
        assert!(!served.data().join("tls.restored").exists());
        state(served)
    };
    let seen = starts(base.path(), &Starts { at: At::EachName, check: &whole, ..PLAIN });
    only(&seen, &["locked"]);
}

/// Every start begins another era of the accounts, in two files.
#[test]
fn a_start_of_a_claimed_server_cut_off_anywhere_comes_up_claimed() {
    let (folder, _) = claimed();
    // The first start that counts, and one that goes on counting.
    for folder in [another(folder.path()), start(another(folder.path())).kill()] {
        only(&starts(folder.path(), &PLAIN), &["claimed"]);
    }
}

/// A start that brings the accounts up to date keeps them as they were.
#[test]
fn a_start_that_migrates_cut_off_anywhere_comes_up_claimed_and_so_does_the_system_before() {
    let (folder, _) = claimed();
    let folder = start(folder).kill();
    make_older(&folder.path().join("data"));
    let both = |served: &Served| {
        let of_newer = state(served);
        let before = another(served.data().parent().unwrap());
        make_newer(&before.path().join("data"));
        format!("{of_newer}, {}", state(&start(before)))
    };
    let seen = starts(folder.path(), &Starts { check: &both, ..PLAIN });
    only(&seen, &["claimed, claimed"]);
}

/// The system before takes them up.
#[test]
fn a_start_that_goes_back_to_the_accounts_before_an_update_cut_off_anywhere_comes_up_claimed() {
    let (folder, _) = claimed();
    let folder = start(folder).kill();
    let data = folder.path().join("data");
    make_older(&data);
    let folder = start(folder).kill();
    make_newer(&data);
    only(&starts(folder.path(), &PLAIN), &["claimed"]);
}

/// So does a clean stop.
#[test]
fn a_clean_stop_cut_off_anywhere_comes_up_claimed() {
    let (folder, _) = claimed();
    let mut seen = Seen::new();
    each_kill(&DISK_CALLS, 1, |kill| {
        let mut served = start(another(folder.path()));
        let strace = At::EachOfTheFiles.or_every().attach(&served, kill);
        served.signal(Signal::SIGTERM);
        let code = served.exit_code();
        drop(strace);
        if code == Some(0) {
            return false;
        }
        *seen.entry(state(&start(served.kill()))).or_default() += 1;
        true
    });
    only(&seen, &["claimed"]);
}

const CODE: &str = "seven brown teapots";

/// A stick in the data folder, so that it is copied along.
fn with_stick(folder: &Path) -> String {
    format!("{QUIET}[claim]\nsticks = [{:?}]\n", folder.join("data/stick"))
}

fn put_stick(folder: &TempDir, text: &str) {
    let stick = folder.path().join("data/stick");
    fs::create_dir_all(&stick).unwrap();
    fs::write(stick.join("stead.txt"), text).unwrap();
}

fn stick_is_blank(data: &Path) -> bool {
    !fs::read_to_string(data.join("stick/stead.txt")).unwrap().contains(CODE)
}

fn begins_by_own_code(served: &Served) {
    let proof = json!({ "kind": "own", "code": CODE });
    let body = json!({ "proof": proof, "browser_time_ms": now_ms() });
    Client::new(served.http_port).post("/api/v1/claim/begin", &body).expect(200);
}

/// The code lies on the stick until its hash is kept, so that it is read once more.
#[test]
fn taking_an_own_code_cut_off_anywhere_is_made_up_for_by_the_next_start() {
    let folder = offered();
    put_stick(&folder, &format!("code = {CODE}\n"));
    let check = |again: &Served| {
        assert!(stick_is_blank(&again.data()), "it is out of the file");
        let state = state(again);
        begins_by_own_code(again);
        state
    };
    let about = Starts { config: &with_stick, done: &stick_is_blank, check: &check, ..PLAIN };
    only(&starts(folder.path(), &about), &["offered"]);
}

/// The wish is taken out of the file before it is fulfilled: cut off in between it is made anew.
#[test]
fn a_recovery_by_an_own_code_cut_off_anywhere_leaves_it_claimed_or_in_the_recovery() {
    let folder = offered();
    put_stick(&folder, &format!("code = {CODE}\n"));
    let (folder, _) = claimed_in(configured(folder, &with_stick).kill());
    put_stick(&folder, &format!("recover = {CODE}\n"));
    let check = |again: &Served| {
        assert!(stick_is_blank(&again.data()), "it is out of the file");
        let state = state(again);
        if state == "recovery" {
            begins_by_own_code(again);
        }
        state
    };
    let about = Starts { config: &with_stick, done: &stick_is_blank, check: &check, ..PLAIN };
    let seen = starts(folder.path(), &about);
    only(&seen, &["claimed", "recovery"]);
    assert_eq!(seen.len(), 2, "{seen:?}");
}

/// `stead open --new-secret`: the wish lies there until there is another secret. A running server
/// takes it up, on a thread of its own.
#[test]
fn a_new_secret_cut_off_anywhere_is_made_by_the_next_start() {
    const CALLS: [&str; 6] = ["pwrite64", "write", "fsync", "fdatasync", "rename", "unlink"];
    let folder = offered();
    let old = link_secret_in(&folder.path().join("data"));
    let is_taken_up = |served: &mut Served| {
        let begun = Instant::now();
        while served.data().join("new-secret").exists() {
            assert!(begun.elapsed() < PATIENCE);
            if !served.is_alive() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // What follows upon the last thing that can be seen.
        std::thread::sleep(Duration::from_millis(100));
    };
    let mut seen = Seen::new();
    each_kill(&CALLS, 1, |kill| {
        let mut served = start(another(folder.path()));
        let strace = At::EachOfTheFiles.attach(&served, kill);
        fs::write(served.data().join("new-secret"), "").unwrap();
        is_taken_up(&mut served);
        drop(strace);
        if served.is_alive() {
            return false;
        }
        let mut again = start(served.kill());
        is_taken_up(&mut again);
        *seen.entry(state(&again)).or_default() += 1;
        let begin = |secret: &str| {
            let proof = json!({ "kind": "link", "secret": secret });
            let body = json!({ "proof": proof, "browser_time_ms": now_ms() });
            Client::new(again.http_port).post("/api/v1/claim/begin", &body)
        };
        assert_eq!(begin(&old).expect(403).code(), "claim_proof_wrong");
        begin(&link_secret_in(&again.data())).expect(200);
        true
    });
    only(&seen, &["offered"]);
}

/// The issuer says in so many words that this person is the owner no more.
#[test]
fn an_issuers_refusal_cut_off_anywhere_leaves_it_claimed_or_orphaned() {
    let clock = Arc::new(ManualClock::synced(WallMs(now_ms()), WallMs(now_ms())));
    let issuer = FakeIssuer::start(&clock);
    issuer.describes_itself(json!({ "claims_parameter_supported": true }));
    let config = format!("{QUIET}{}", issuer.config("assurance = \"asserted\"\n"));
    let begin = |folder| configured(folder, &|_| config.clone());
    let served = begin(tempfile::tempdir().unwrap());
    let mut owner = Client::new(served.http_port);
    let proof = json!({ "kind": "link", "secret": link_secret_in(&served.data()) });
    let body = json!({ "proof": proof, "browser_time_ms": now_ms() });
    owner.post("/api/v1/claim/begin", &body).expect(200);
    let redirect = sent(&mut owner, "/api/v1/claim/external");
    let back = issuer.approve(&redirect, OWNER);
    let codes = owner.post("/api/v1/claim/external/finish", &back).expect(200).json();
    finish_claim(&mut owner, &codes);
    let base = served.kill();
    issuer.refuses(Some("access_denied"));

    let mut seen = Seen::new();
    each_kill(&DISK_CALLS, 1, |kill| {
        let mut served = begin(another(base.path()));
        let mut browser = owner.at(served.http_port);
        let redirect = sent(&mut browser, "/api/v1/stepup/external");
        let back = issuer.approve(&redirect, OWNER);
        let strace = kill.attach(&served);
        let path = "/api/v1/stepup/external/finish";
        let answer = browser.try_send("POST", path, Some(back.to_string()));
        drop(strace);
        let told = answer.is_some_and(|answer| answer.code() == "issuer_shut_out");
        if told && served.is_alive() {
            return false;
        }
        let came_up = state(&begin(served.kill()));
        assert!(!told || came_up == "orphaned", "what was told stays so");
        *seen.entry(came_up).or_default() += 1;
        true
    });
    only(&seen, &["claimed", "orphaned"]);
    assert_eq!(seen.len(), 2, "{seen:?}");
}

/// Comes up in the recovery or with its new owner, and never with what belonged to the former one.
#[test]
fn a_claim_that_ends_a_recovery_cut_off_anywhere_leaves_one_owner_or_the_recovery() {
    let (folder, former) = claimed();
    let data = folder.path().join("data");
    fs::write(data.join("own-code"), "of the former owner").unwrap();
    wish_of_root(&data.join("recover"));
    let folder = start(folder).kill();
    let mut seen = Seen::new();
    each_kill(&DISK_CALLS, 1, |kill| {
        let mut served = start(another(folder.path()));
        let link = link_secret_in(&served.data());
        let mut owner = Owner::almost_in(Client::new(served.http_port), &link, now_ms());
        let strace = kill.attach(&served);
        let done = owner.try_finish();
        drop(strace);
        if done && served.is_alive() {
            return false;
        }
        let again = start(served.kill());
        let came_up = state(&again);
        assert!(!done || came_up == "claimed", "an owner who was told so stays the owner");
        let mut old = former.browser.clone().at(again.http_port);
        assert_ne!(old.get("/api/v1/me").status, 200, "the former owner is none, {kill:?}");
        assert!(!again.data().join("own-code").exists(), "{kill:?}");
        *seen.entry(came_up).or_default() += 1;
        true
    });
    only(&seen, &["recovery", "claimed"]);
    assert_eq!(seen.len(), 2, "{seen:?}");
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
    fs::write(folder.path().join("data/wipe"), "decided").unwrap();
    // Whatever lies in the folder goes, and the start after it is a first one.
    let about = Starts { at: At::EachName, ..PLAIN };
    only(&starts(folder.path(), &about), &["offered"]);
}
