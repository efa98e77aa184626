//! A server that lost its accounts: what it keeps, and the way back by a restored database.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use stead::host::clock::Clock;

use crate::harness::{App, Client, Options, Owner, in_accounts_many};
use crate::secret_age::until;

/// What others know a server by: id, name in the network, and the authority they have installed.
fn identity(app: &App) -> (Value, Value, String) {
    let server = app.client().get("/api/v1/server").expect(200).json();
    let authority = app.client().get("/api/v1/ca.pem").expect(200).text();
    (server["id"].clone(), server["host_name"].clone(), authority)
}

/// Where a server stands, with the reason if it is locked.
fn state(app: &App) -> String {
    let server = app.client().get("/api/v1/server").expect(200).json();
    match server["reason"].as_str() {
        Some(reason) => format!("{}: {reason}", server["state"].as_str().unwrap()),
        None => server["state"].as_str().unwrap().to_owned(),
    }
}

fn restarted(app: App) -> App {
    let options = Options::with_clock(&app.clock);
    app.restart(options)
}

/// The owner comes in with their password and a code that was not used yet.
fn signs_in(app: &App, owner: &Owner) -> Client {
    app.clock.advance(60_000);
    let (browser, answer) = owner.sign_in_at(app, app.clock.now().wall.0);
    answer.expect(200);
    browser
}

/// The accounts of another server, which nobody has claimed.
fn foreign_accounts() -> Vec<u8> {
    let mut other = App::start();
    other.stop();
    fs::read(other.data.join("accounts.db")).unwrap()
}

#[test]
fn a_lost_database_takes_neither_name_nor_authority_along() {
    let foreign = foreign_accounts();
    let losses = [
        ("locked: database_missing", None),
        ("locked: database_unreadable", Some(b"no database".as_slice())),
        ("locked: database_unreadable", Some(b"".as_slice())),
        ("locked: database_replaced", Some(foreign.as_slice())),
    ];
    let mut app = App::start();
    let owner = Owner::claim(&app);
    let before = identity(&app);
    let database = app.data.join("accounts.db");
    for (locked, found) in losses {
        app.stop();
        let whole = fs::read(&database).unwrap();
        match found {
            None => fs::remove_file(&database).unwrap(),
            Some(bytes) => fs::write(&database, bytes).unwrap(),
        }
        for _ in 0..2 {
            app = restarted(app);
            assert_eq!((state(&app).as_str(), identity(&app)), (locked, before.clone()));
        }
        app.stop();
        fs::write(&database, whole).unwrap();
        app = restarted(app);
        assert_eq!((state(&app).as_str(), identity(&app)), ("claimed", before.clone()));
        signs_in(&app, &owner);
    }
}

/// Nobody knows the id then, and makes one up at each start.
#[test]
fn an_authority_outlives_a_lost_id_too() {
    let mut app = App::start();
    Owner::claim(&app);
    let (_, _, authority) = identity(&app);
    app.stop();
    for file in ["accounts.db", "box"] {
        fs::remove_file(app.data.join(file)).unwrap();
    }
    for _ in 0..2 {
        app = restarted(app);
        assert_eq!(state(&app), "locked: database_missing");
        assert_eq!(identity(&app).2, authority);
    }
}

/// SQLite applies a log to whatever lies beside it.
#[test]
fn a_restored_database_is_not_mixed_with_the_log_of_the_lost_one() {
    for damage in [None, Some("no database any more")] {
        let mut app = App::start();
        let mut owner = Owner::claim(&app);
        app.stop();
        let [database, log] = ["accounts.db", "accounts.db-wal"].map(|name| app.data.join(name));
        let backup = fs::read(&database).unwrap();
        app = restarted(app);
        owner.browser = owner.browser.at(app.http_port);
        owner.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
        let leftover = fs::read(&log).unwrap();
        assert!(!leftover.is_empty(), "the new name is in the log");
        app.stop();
        // What still runs of it when it has ended closes the database soon, and the log goes with that.
        until("the log is closed", || !log.exists());

        match damage {
            None => fs::remove_file(&database).unwrap(),
            Some(text) => fs::write(&database, text).unwrap(),
        }
        fs::write(&log, &leftover).unwrap();
        for _ in 0..2 {
            app = restarted(app);
            assert!(state(&app).starts_with("locked: "));
            assert_eq!(fs::read(&log).unwrap(), leftover, "what may be of use stays");
        }
        app.stop();
        fs::write(&database, &backup).unwrap();
        app = restarted(app);
        assert_eq!(state(&app), "locked: older_copy", "its owner has not said that it is meant");
        let mut browser = signs_in(&app, &owner);
        browser.post("/api/v1/unlock", &json!({})).expect(204);
        assert_eq!(state(&app), "claimed");
        let name = app.client().get("/api/v1/server").expect(200).json()["name"].clone();
        assert_eq!(name, "Stead", "as it was when the backup was made");
        assert_eq!(fs::read(app.data.join("accounts.db.damaged-wal")).unwrap(), leftover);
    }
}

/// Somebody moved it to make a copy, or a repair of the disk found it again.
#[test]
fn a_database_that_was_away_comes_back_with_its_log() {
    let mut app = App::start();
    let mut owner = Owner::claim(&app);
    owner.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
    let [database, log, marker] =
        ["accounts.db", "accounts.db-wal", "marker"].map(|name| app.data.join(name));
    let whole = [&database, &log, &marker].map(|file| fs::read(file).unwrap());
    app.stop();
    // As a power cut leaves the three.
    fs::write(&database, &whole[0]).unwrap();
    fs::write(&log, &whole[1]).unwrap();
    fs::write(&marker, &whole[2]).unwrap();
    let elsewhere = app.data.join("elsewhere");
    fs::rename(&database, &elsewhere).unwrap();
    app = restarted(app);
    assert_eq!(state(&app), "locked: database_missing");
    app.stop();
    fs::rename(&elsewhere, &database).unwrap();
    app = restarted(app);
    assert_eq!(state(&app), "claimed");
    let name = app.client().get("/api/v1/server").expect(200).json()["name"].clone();
    assert_eq!(name, "Attic", "with everything that was in the log");
}

/// The log of a database that somebody took away is not mixed into the one that is made then.
#[test]
fn a_new_server_does_not_take_up_the_log_of_an_old_one() {
    let mut app = App::start();
    Owner::claim(&app);
    let log = app.data.join("accounts.db-wal");
    let leftover = fs::read(&log).unwrap();
    app.stop();
    for file in ["accounts.db", "marker"] {
        fs::remove_file(app.data.join(file)).unwrap();
    }
    fs::write(&log, &leftover).unwrap();
    for _ in 0..2 {
        app = restarted(app);
        assert_eq!(state(&app), "offered");
        app.client().post("/api/v1/signin", &json!({})).expect(403);
    }
    assert_eq!(fs::read(app.data.join("accounts.db.damaged-wal")).unwrap(), leftover);
}

/// What the disk did not give once it may give at the next start.
#[test]
fn a_database_that_could_not_be_read_once_keeps_its_log() {
    let mut app = App::start();
    let mut owner = Owner::claim(&app);
    owner.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
    let [database, log, marker] =
        ["accounts.db", "accounts.db-wal", "marker"].map(|name| app.data.join(name));
    let whole = [&database, &log, &marker].map(|file| fs::read(file).unwrap());
    app.stop();
    // The disk gives zeros; neither length nor time of the file tell of that.
    fs::write(&database, &whole[0]).unwrap();
    fs::write(&log, &whole[1]).unwrap();
    fs::write(&marker, &whole[2]).unwrap();
    let time = fs::metadata(&database).unwrap().modified().unwrap();
    garble(&database, time, |bytes| bytes.fill(0));
    app = restarted(app);
    assert_eq!(state(&app), "locked: database_unreadable");
    app.stop();
    garble(&database, time, |bytes| bytes.copy_from_slice(&whole[0]));
    app = restarted(app);
    assert_eq!(state(&app), "claimed");
    let name = app.client().get("/api/v1/server").expect(200).json()["name"].clone();
    assert_eq!(name, "Attic", "with everything that was in the log");
}

/// Changes a file in its place, and leaves its time as it was.
fn garble(path: &Path, time: std::time::SystemTime, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

/// What stands behind the secure door, as the plain port tells whoever is not the box itself.
fn plain_port(app: &App) -> String {
    app.client().with("Via", "1.1 somewhere").get("/").expect(200).text()
}

#[test]
fn the_plain_port_says_what_stands_behind_the_secure_door() {
    let mut app = App::start();
    assert!(plain_port(&app).contains("<h1>Set-up goes on over a secure connection"));
    Owner::claim(&app);
    assert!(plain_port(&app).contains("<h1>Stead is behind a secure connection"));
    app.stop();
    fs::remove_file(app.data.join("accounts.db")).unwrap();
    app = restarted(app);
    assert!(plain_port(&app).contains("<h1>This server has locked itself"));
}

/// A box that nobody has claimed locks itself too when its database is damaged.
#[test]
fn a_locked_server_says_that_it_has_an_owner_only_when_it_knows() {
    for (claimed, loss, told) in [
        (false, Some("no database"), "whether it has an owner"),
        (true, Some("no database"), "whether it has an owner"),
        (true, None, "It has an owner, but"),
    ] {
        let mut app = App::start();
        if claimed {
            Owner::claim(&app);
        }
        app.stop();
        let database = app.data.join("accounts.db");
        match loss {
            Some(text) => fs::write(database, text).unwrap(),
            None => fs::remove_file(database).unwrap(),
        }
        app = restarted(app);
        let page = app.client().get("/").expect(200).text();
        assert!(page.contains(told), "{claimed} {loss:?}: {page}");
    }
}

/// What cannot be read is no permission.
#[test]
fn fail_open_on_io_errors_nothing_that_cannot_be_looked_up_is_let_in() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut browser = owner.browser.clone();
    let paths = ["/api/v1/home", "/api/v1/libraries", "/api/v1/people", "/api/v1/me", "/metrics"];
    browser.get(paths[0]).expect(200);
    for gone in ["session", "user"] {
        in_accounts_many(&app, &format!("ALTER TABLE {gone} RENAME TO away"));
        for path in paths {
            for mut who in [browser.clone(), app.client()] {
                let answer = who.get(path);
                assert!(answer.status >= 400, "{path} without {gone}: {}", answer.text());
            }
        }
        let who = json!({ "name": owner.name, "password": owner.password });
        let mut other = app.client();
        let answer = other.post("/api/v1/signin", &who);
        assert!(answer.status >= 500 || answer.text().contains("factor"), "{}", answer.text());
        assert!(other.cookie_values().is_empty(), "without {gone}");
        in_accounts_many(&app, &format!("ALTER TABLE away RENAME TO {gone}"));
    }
    browser.get(paths[0]).expect(200);
}
