//! The way to a new owner, and the owner's way back to a locked server.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, chown};

use serde_json::json;
use stead::host::clock::Clock as _;
use stead_store::Store;
use stead_store::accounts::claim::owner_account;

use crate::access::member;
use crate::harness::{App, Client, Options, Owner, in_accounts_many};

pub(crate) fn state(app: &App) -> String {
    let server = app.client().get("/api/v1/server").expect(200).json();
    match server["reason"].as_str() {
        Some(reason) => format!("locked: {reason}"),
        None => server["state"].as_str().unwrap().to_owned(),
    }
}

fn restarted(app: App) -> App {
    let options = Options::with_clock(&app.clock);
    app.restart(options)
}

/// What `stead recover` leaves in the data folder.
pub(crate) fn wish(app: &App, by: &str) {
    let path = app.data.join("recover");
    let mut file = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .unwrap();
    file.write_all(by.as_bytes()).unwrap();
    chown(&path, Some(0), Some(0)).expect("these tests are run by root");
}

pub(crate) fn recovered(mut app: App, by: &str) -> App {
    app.stop();
    wish(&app, by);
    restarted(app)
}

/// The server as it was before its last claim, as far as its generation tells.
pub(crate) fn older(mut app: App) -> App {
    app.stop();
    let text = "This Stead server has been claimed. Do not remove this file.\ngeneration 5\n";
    fs::write(app.data.join("marker"), text).unwrap();
    restarted(app)
}

pub(crate) fn generation(app: &App) -> String {
    let marker = fs::read_to_string(app.data.join("marker")).unwrap();
    marker.lines().nth(1).unwrap().to_owned()
}

/// Signs in with the password and this recovery code.
fn sign_in_by_recovery_code(app: &App, owner: &Owner, code: &str) -> (Client, u16) {
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

/// An attacker, or a careless owner, puts an older copy of the accounts back.
#[test]
fn backup_rollback_takes_the_owners_sign_in_and_voids_what_is_old() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut member = member(&app);
    let app = older(app);
    assert_eq!(state(&app), "locked: older_generation");
    let mut stolen = owner.browser.clone().at(app.http_port);
    stolen.get("/api/v1/items").expect(403);
    member = member.at(app.http_port);
    assert_eq!(member.post("/api/v1/unlock", &json!({})).expect(403).code(), "not_your_role");
    app.client().post("/api/v1/unlock", &json!({})).expect(401);

    let (mut browser, status) = sign_in_by_recovery_code(&app, &owner, &owner.recovery_codes[0]);
    assert_eq!(status, 200);
    let before = browser.cookie_values();
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(state(&app), "claimed");
    assert_eq!(generation(&app), "generation 6");
    assert_ne!(browser.cookie_values(), before, "the session goes on under another token");
    assert_eq!(browser.get("/api/v1/me").expect(200).json()["session"]["assurance"], "mfa");
    for mut old in [stolen, member] {
        old.get("/api/v1/me").expect(401);
    }
    for code in &owner.recovery_codes[..2] {
        app.clock.advance(10_000);
        assert_eq!(sign_in_by_recovery_code(&app, &owner, code).1, 401, "void, or used");
    }
    let app = restarted(app);
    assert_eq!(state(&app), "claimed");
    browser.at(app.http_port).get("/api/v1/me").expect(200);
}

/// What was used or ended since the copy was made must not be good again for a new owner's members.
#[test]
fn backup_rollback_and_a_new_owner_void_what_is_old_too() {
    let app = App::start();
    Owner::claim(&app);
    let app = recovered(older(app), "root\n");
    assert_eq!(state(&app), "recovery");
    // Deletes no row, because none is left; else it would delete them.
    assert_eq!(in_accounts_many(&app, "DELETE FROM recovery_code WHERE used_ms IS NULL"), 0);
}

#[test]
fn an_own_code_of_a_former_owner_proves_nothing_once_root_has_asked_for_a_new_one() {
    let stick = tempfile::tempdir().unwrap();
    fs::write(stick.path().join("stead.txt"), "code = seven brown teapots\n").unwrap();
    let config = format!("[claim]\nsticks = [{:?}]\n", stick.path());
    let app = App::start_with(Options { config, ..Options::default() });
    assert!(app.data.join("own-code").exists());
    Owner::claim(&app);
    let app = recovered(app, "root\n");
    assert_eq!(state(&app), "recovery");
    assert!(!app.data.join("own-code").exists());
}

#[test]
fn an_unreadable_marker_is_mended_by_the_owners_sign_in() {
    let mut app = App::start();
    let owner = Owner::claim(&app);
    app.stop();
    fs::write(app.data.join("marker"), "?").unwrap();
    let app = restarted(app);
    assert_eq!(state(&app), "locked: marker_unreadable");
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!((state(&app).as_str(), generation(&app).as_str()), ("claimed", "generation 2"));
    assert_eq!(state(&restarted(app)), "claimed");
}

#[test]
fn a_locked_server_is_opened_by_a_fresh_factor_only() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let app = older(app);
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    app.clock.advance(16 * 60_000);
    let refused = browser.post("/api/v1/unlock", &json!({})).expect(401);
    assert_eq!(refused.code(), "insufficient_user_authentication");
    assert_eq!(state(&app), "locked: older_generation");
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(browser.post("/api/v1/unlock", &json!({})).expect(409).code(), "nothing_to_unlock");
}

#[test]
fn root_opens_the_way_to_a_new_owner_and_the_former_one_becomes_a_disabled_member() {
    let app = App::start();
    let former = Owner::claim(&app);
    let app = recovered(app, "root\n");
    assert_eq!(state(&app), "recovery");
    assert!(!app.data.join("recover").exists(), "a wish is fulfilled once");
    let mut session = former.browser.clone().at(app.http_port);
    assert_eq!(session.get("/api/v1/home").expect(403).code(), "locked");
    let who = json!({ "name": former.name, "password": former.password });
    app.client().post("/api/v1/signin", &who).expect(403);
    let app = restarted(app);
    assert_eq!(state(&app), "recovery", "a restart changes nothing");
    session = session.at(app.http_port);

    let link = app.link_secret();
    let now = app.clock.now().wall.0;
    let mut owner = Owner::almost_as(app.client(), &link, now, ("Robin", "nine blue teapots"));
    owner.finish().expect(200);
    assert_eq!((state(&app).as_str(), generation(&app).as_str()), ("claimed", "generation 2"));
    assert_eq!(owner.browser.get("/api/v1/me").expect(200).json()["user"]["role"], "owner");
    assert_eq!(session.get("/api/v1/me").expect(403).code(), "account_disabled");
    app.client().post("/api/v1/signin", &who).expect(401);
    assert_eq!(rows(&app, "owner"), 1);
    assert_eq!(rows(&app, "member"), 1);
    let app = restarted(app);
    assert_eq!(state(&app), "claimed");
}

/// How many users have this role; members are counted only while they may not come in.
fn rows(app: &App, role: &str) -> usize {
    let store = Store::open(&app.data).unwrap();
    let owner = store.accounts.read(owner_account).unwrap();
    assert!(owner.is_some());
    #[expect(clippy::disallowed_methods, reason = "the store has no such question, on purpose")]
    let database = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
    let sql = "SELECT count(*) FROM user WHERE role = ?1 AND enabled = (role = 'owner')";
    database.query_row(sql, [role], |row| row.get(0)).unwrap()
}

#[test]
fn a_wish_for_a_new_owner_that_is_not_roots_is_taken_away_unfulfilled() {
    let mut app = App::start();
    let owner = Owner::claim(&app);
    app.stop();
    wish(&app, "root\n");
    chown(app.data.join("recover"), Some(65534), None).unwrap();
    let app = restarted(app);
    assert_eq!(state(&app), "claimed");
    assert!(!app.data.join("recover").exists());
    owner.browser.at(app.http_port).get("/api/v1/me").expect(200);
}

#[test]
fn a_server_without_an_owner_has_nothing_to_recover() {
    let app = App::start();
    let link = app.link_secret();
    let app = recovered(app, "root\n");
    assert_eq!((state(&app).as_str(), app.link_secret()), ("offered", link));
}

/// The accounts are gone, damaged or another server's: they are set aside, and new ones made.
#[test]
fn a_recovery_sets_lost_accounts_aside_and_makes_new_ones() {
    for (lock, found) in [
        ("locked: database_missing", None),
        ("locked: database_unreadable", Some("no database any more")),
    ] {
        let mut app = App::start();
        Owner::claim(&app);
        let id = app.client().get("/api/v1/server").expect(200).json()["id"].clone();
        app.stop();
        let database = app.data.join("accounts.db");
        match found {
            None => fs::remove_file(&database).unwrap(),
            Some(text) => fs::write(&database, text).unwrap(),
        }
        let app = restarted(app);
        assert_eq!(state(&app), lock);
        let app = recovered(app, "button\n");
        assert_eq!(state(&app), "recovery");
        let aside = fs::read_to_string(app.data.join("accounts.db.before-recovery")).ok();
        assert_eq!(aside.as_deref(), found);
        let mut owner = Owner::claim(&app);
        assert_eq!((state(&app).as_str(), generation(&app).as_str()), ("claimed", "generation 2"));
        let app = restarted(app);
        assert_eq!(state(&app), "claimed");
        assert_eq!(app.client().get("/api/v1/server").expect(200).json()["id"], id);
        owner.browser = owner.browser.at(app.http_port);
        owner.browser.get("/api/v1/libraries").expect(200);
    }
}

/// Two people come at once: one holds the claim, the other is told.
#[test]
fn two_claims_of_a_recovery_race_and_one_owner_is_made() {
    let app = App::start();
    Owner::claim(&app);
    let app = recovered(app, "root\n");
    let link = app.link_secret();
    let mut first = Owner::almost(&app);
    let proof = json!({ "kind": "link", "secret": link });
    let body = json!({ "proof": proof, "browser_time_ms": 0 });
    let told = app.client().post("/api/v1/claim/begin", &body).expect(409);
    assert_eq!(told.code(), "claim_in_progress");
    first.finish().expect(200);
    app.client().post("/api/v1/claim/begin", &body).expect(410);
    assert_eq!(rows(&app, "owner"), 1);
}

/// A member's name is theirs.
#[test]
fn a_new_owner_takes_no_members_name() {
    let app = App::start();
    Owner::claim(&app);
    crate::harness::second_account(&app, "Sam");
    let app = recovered(app, "root\n");
    let mut browser = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/claim/begin", &begin).expect(200);
    let who = json!({ "name": "SAM", "password": "nine blue teapots" });
    assert_eq!(browser.post("/api/v1/claim/owner", &who).expect(422).code(), "name_taken");
}
