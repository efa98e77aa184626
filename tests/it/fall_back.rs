//! An update brings the accounts up to date and is left again: the system before goes on with them as
//! they were. Each of the two is played by the same program, over accounts of another version.

use std::fs;
use std::path::Path;

use serde_json::json;
use stead_rules::time::WallMs;

use crate::access::member;
use crate::harness::{App, Options, Owner};
use crate::recovery::state;

const COPY: &str = "accounts.db.before-update";
/// Longer than a system must be well to be believed.
const PROVED_MS: u64 = 301_000;

fn restarted(app: App) -> App {
    let options = Options::with_clock(&app.clock);
    app.restart(options)
}

/// Makes accounts of a stopped server those of the version before: takes back the last migration.
pub(crate) fn make_older(data: &Path) {
    in_accounts(
        data,
        "DROP TABLE update_wish; DROP TABLE update_left;
         DELETE FROM refinery_schema_history WHERE version = 33",
    );
}

/// Makes them those of a version that nobody has made yet.
pub(crate) fn make_newer(data: &Path) {
    in_accounts(
        data,
        "ALTER TABLE server RENAME TO server_of_the_future;
         INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
         VALUES (9999, 'future', '2030-01-01T00:00:00Z', '1')",
    );
}

/// As that version comes back to them.
fn make_present(data: &Path) {
    in_accounts(
        data,
        "ALTER TABLE server_of_the_future RENAME TO server;
         DELETE FROM refinery_schema_history WHERE version = 9999",
    );
}

fn in_accounts(data: &Path, sql: &str) {
    let database = rusqlite::Connection::open(data.join("accounts.db")).unwrap();
    database.execute_batch(sql).unwrap();
}

fn version(path: &Path) -> i64 {
    let database = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT max(version) FROM refinery_schema_history";
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A claimed server that was just brought up to date, its owner, and the version before.
fn updated() -> (App, Owner, i64) {
    let mut app = App::start();
    let owner = Owner::claim(&app);
    app = restarted(app);
    app.stop();
    make_older(&app.data);
    let before = version(&app.data.join("accounts.db"));
    app = restarted(app);
    assert_eq!(version(&app.data.join("accounts.db")), before + 1);
    assert_eq!(version(&app.data.join(COPY)), before);
    (app, owner, before)
}

#[test]
fn an_update_that_is_left_before_it_proved_itself_leaves_everybody_signed_in() {
    let mut app = App::start();
    let owner = Owner::claim(&app);
    let member = member(&app);
    app = restarted(app);
    app.stop();
    make_older(&app.data);
    // Its tries, by clean stops and by cuts of power; what they are asked proves nothing so soon.
    app = restarted(app);
    app.client().get("/health").expect(200);
    app = restarted(app);
    app.client().get("/api/v1/health").expect(200);
    owner.browser.at(app.http_port).post("/api/v1/settings", &json!({ "name": "New" })).expect(204);
    let now = WallMs(app.clock_ms());
    app = app.cut_off(now);
    app.stop();
    make_newer(&app.data);
    for _ in 0..2 {
        app = restarted(app);
        assert_eq!(state(&app), "claimed");
    }
    let server = app.client().get("/api/v1/server").expect(200).json();
    assert_eq!(server["name"], "Stead", "as it was before the update");
    for browser in [&owner.browser, &member] {
        browser.at(app.http_port).get("/api/v1/me").expect(200);
    }
    assert_eq!(version(&app.data.join("accounts.db.newer")), 9999, "nothing is deleted");
    // And once more: another update, which is left, too.
    app.stop();
    make_newer(&app.data);
    app = restarted(app);
    assert_eq!(state(&app), "claimed");
}

#[test]
fn a_server_that_nobody_has_claimed_goes_back_too() {
    let mut app = App::start();
    app.stop();
    make_older(&app.data);
    app = restarted(app);
    app.stop();
    make_newer(&app.data);
    app = restarted(app);
    assert_eq!(state(&app), "offered");
    Owner::claim(&app);
}

/// Who was removed since must not slip in with it.
#[test]
fn what_an_update_has_kept_goes_when_it_has_proved_itself_and_is_an_older_copy_then() {
    let (mut app, owner, _) = updated();
    let kept = fs::read(app.data.join(COPY)).unwrap();
    app.clock.advance(PROVED_MS);
    app.client().get("/health").expect(200);
    assert!(!app.data.join(COPY).exists());
    app = restarted(app);
    assert!(!app.data.join(COPY).exists());
    app.stop();
    fs::write(app.data.join("accounts.db"), kept).unwrap();
    app = restarted(app);
    assert_eq!(state(&app), "locked: older_copy");
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(state(&app), "claimed");
}

/// One in which something vital is amiss has not.
#[test]
fn an_update_that_is_not_well_proves_nothing() {
    let (app, _, _) = updated();
    app.lose_a_part();
    app.clock.advance(PROVED_MS);
    app.client().get("/health").expect(503);
    assert!(app.data.join(COPY).exists());
}

/// The gate stays shut, so an appliance goes on with the newer system; whoever has none sees why.
#[test]
fn accounts_of_a_newer_version_lock_the_server_and_stay_as_they_are() {
    let (mut app, owner, _) = updated();
    let older = fs::read(app.data.join(COPY)).unwrap();
    app.clock.advance(PROVED_MS);
    app.client().get("/health").expect(200);
    app = restarted(app);
    app.stop();
    make_newer(&app.data);
    let newer = fs::read(app.data.join("accounts.db")).unwrap();
    // Without a copy, and with one from before the last start, in which something would be missing.
    for copy in [None, Some(older)] {
        if let Some(copy) = &copy {
            fs::write(app.data.join(COPY), copy).unwrap();
        }
        app = restarted(app);
        assert_eq!(state(&app), "locked: database_unreadable");
        // For people it is well, and the gate of an update reads this line.
        let health = app.client().get("/health").expect(200).text();
        assert!(health.contains("database failed"), "{health}");
        let page = app.client().get("/").expect(200).text();
        assert!(page.contains("a newer version of Stead"), "{page}");
        app.clock.advance(PROVED_MS);
        app.client().get("/health").expect(200);
        app.stop();
        assert!(fs::read(app.data.join("accounts.db")).unwrap() == newer);
        assert_eq!(app.data.join(COPY).exists(), copy.is_some());
        assert!(!app.data.join("accounts.db.newer").exists());
    }
    make_present(&app.data);
    app = restarted(app);
    assert_eq!(state(&app), "claimed");
    owner.browser.at(app.http_port).get("/api/v1/me").expect(200);
}
