//! An older copy of the accounts is put back: by an attacker, by a careless owner, by a backup. It is
//! of the same owner, and was good until members were removed and recovery codes used.

use std::fs;
use std::path::Path;

use serde_json::json;
use stead::host::kind::Kind;
use stead_rules::time::WallMs;

use crate::access::member;
use crate::harness::{App, Client, Options, Owner, copy_folder, in_accounts_many};
use crate::recovery::{generation, state};

fn restarted(app: App) -> App {
    let options = Options::with_clock(&app.clock);
    app.restart(options)
}

/// The file and its log, as they lie there.
fn copy(app: &App) -> [Option<Vec<u8>>; 2] {
    ["accounts.db", "accounts.db-wal"].map(|name| fs::read(app.data.join(name)).ok())
}

/// Puts a copy in the place of what a stopped server has left.
fn put_back(data: &Path, copy: &[Option<Vec<u8>>; 2]) {
    for (name, bytes) in ["accounts.db", "accounts.db-wal"].iter().zip(copy) {
        match bytes {
            Some(bytes) => fs::write(data.join(name), bytes).unwrap(),
            None => drop(fs::remove_file(data.join(name))),
        }
    }
}

/// How many answers this recovery code got a session by.
fn signs_in_by(app: &App, owner: &Owner, code: &str) -> (Client, u16) {
    let mut browser = app.client();
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let factor = json!({
        "ticket": first["ticket"], "method": "recovery", "code": code,
        "browser_time_ms": app.clock_ms(),
    });
    let status = browser.post("/api/v1/signin/factor", &factor).status;
    (browser, status)
}

#[test]
fn backup_rollback_to_an_older_copy_of_the_same_owner_locks_until_they_open_it() {
    // The copy is made while the server is off, or while it runs.
    for running in [false, true] {
        let mut app = App::start();
        let owner = Owner::claim(&app);
        let removed = member(&app);
        app = restarted(app);
        let old = if running {
            copy(&app)
        } else {
            app.stop();
            let old = copy(&app);
            app = restarted(app);
            old
        };
        // Since then a recovery code was used, and a member removed.
        assert_eq!(signs_in_by(&app, &owner, &owner.recovery_codes[0]).1, 200);
        in_accounts_many(&app, "UPDATE user SET enabled = 0 WHERE role = 'member'");
        app.stop();
        put_back(&app.data, &old);
        for _ in 0..2 {
            app = restarted(app);
            assert_eq!(state(&app), "locked: older_copy", "running: {running}");
        }
        for before in [&owner.browser, &removed] {
            before.at(app.http_port).get("/api/v1/items").expect(403);
        }
        let page = app.client().get("/").expect(200).text();
        assert!(page.contains("is an older copy"), "{page}");

        app.clock.advance(60_000);
        let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
        answer.expect(200);
        browser.post("/api/v1/unlock", &json!({})).expect(204);
        assert_eq!((state(&app).as_str(), generation(&app).as_str()), ("claimed", "generation 2"));
        removed.at(app.http_port).get("/api/v1/me").expect(401);
        for code in &owner.recovery_codes[..2] {
            app.clock.advance(10_000);
            assert_eq!(signs_in_by(&app, &owner, code).1, 401, "void, or used");
        }
        // The same copy once more is older in every way.
        app.stop();
        put_back(&app.data, &old);
        app = restarted(app);
        assert_eq!(state(&app), "locked: older_generation");
    }
}

/// The power is cut, and the older file put beside the log that this leaves. SQLite mixes the two;
/// the era is in the file, and not in the log.
#[test]
fn backup_rollback_beside_the_log_of_the_last_accounts_locks_too() {
    let mut app = App::start();
    let mut owner = Owner::claim(&app);
    app.stop();
    let old = fs::read(app.data.join("accounts.db")).unwrap();
    app = restarted(app);
    owner.browser = owner.browser.at(app.http_port);
    owner.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    copy_folder(&app.data, &data);
    assert!(fs::metadata(data.join("accounts.db-wal")).unwrap().len() > 0, "the new name is there");
    let mut cut = App::start_in(&data, Options::with_clock(&app.clock));
    assert_eq!(state(&cut), "claimed", "a cut of power alone");
    cut.stop();

    fs::remove_dir_all(&data).unwrap();
    copy_folder(&app.data, &data);
    fs::write(data.join("accounts.db"), old).unwrap();
    let cut = App::start_in(&data, Options::with_clock(&app.clock));
    assert!(state(&cut).starts_with("locked: "), "{}", state(&cut));
}

#[test]
fn neither_restarts_nor_cuts_of_power_make_an_older_copy() {
    let mut app = App::start();
    Owner::claim(&app);
    for number in 0..30 {
        app = if number % 3 == 0 { restarted(app) } else { app.cut_off(WallMs(0)) };
        assert_eq!(state(&app), "claimed", "after {number}");
    }
}

/// What lies on the disk is one whole: nothing in it is older than the rest. A disk can be put back
/// as a whole, and nobody can tell.
#[test]
fn a_data_folder_that_comes_back_whole_is_as_it_was() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut app = restarted(app);
    app.stop();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    copy_folder(&app.data, &data);
    drop(restarted(restarted(app)));
    let options = Options::default();
    let back = App::start_in(&data, options);
    assert_eq!(state(&back), "claimed");
    owner.browser.at(back.http_port).get("/api/v1/me").expect(200);
}

#[test]
fn a_server_from_before_eras_comes_up_and_begins_to_count() {
    let mut app = App::start();
    Owner::claim(&app);
    app = restarted(app);
    app.stop();
    let marker = app.data.join("marker");
    let text = fs::read_to_string(&marker).unwrap();
    assert!(text.contains("\nera "), "{text}");
    let before: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    fs::write(&marker, before).unwrap();
    let old = copy(&app);
    for _ in 0..2 {
        app = restarted(app);
        assert_eq!(state(&app), "claimed");
        assert!(fs::read_to_string(&marker).unwrap().contains("\nera "));
    }
    app.stop();
    put_back(&app.data, &old);
    assert_eq!(state(&restarted(app)), "locked: older_copy");
}

/// Nobody waits for an era. The accounts are one ahead of the marker then, and stay so.
#[test]
fn a_marker_that_cannot_be_written_keeps_no_server_from_starting() {
    let mut app = App::start();
    Owner::claim(&app);
    app = restarted(app);
    app.stop();
    let in_the_way = app.data.join(".marker.new");
    fs::create_dir(&in_the_way).unwrap();
    fs::write(in_the_way.join("file"), "").unwrap();
    let marker = fs::read_to_string(app.data.join("marker")).unwrap();
    for _ in 0..3 {
        app = restarted(app);
        assert_eq!(state(&app), "claimed");
    }
    assert_eq!(fs::read_to_string(app.data.join("marker")).unwrap(), marker);
    app.stop();
    fs::remove_dir_all(&in_the_way).unwrap();
    for _ in 0..2 {
        app = restarted(app);
        assert_eq!(state(&app), "claimed");
    }
    assert_ne!(fs::read_to_string(app.data.join("marker")).unwrap(), marker);
}

/// Whoever runs an account service has the shell: the marker of the same backup says that the copy
/// is meant.
#[test]
fn backup_rollback_locks_an_account_service_too_until_its_marker_comes_along() {
    let start = || App::start_with(Options::default().of_kind(Kind::Accounts));
    let again = |app: App| {
        let options = Options::with_clock(&app.clock).of_kind(Kind::Accounts);
        app.restart(options)
    };
    let mut app = again(start());
    app.stop();
    let (old, marker) = (copy(&app), fs::read(app.data.join("marker")).unwrap());
    app = again(app);
    assert_eq!(state(&app), "claimed");
    app.stop();
    put_back(&app.data, &old);
    app = again(app);
    assert_eq!(state(&app), "locked: older_copy");
    app.stop();
    fs::write(app.data.join("marker"), marker).unwrap();
    assert_eq!(state(&again(app)), "claimed");
}
