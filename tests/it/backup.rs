//! A backup that the owner takes away, and the ways back of it: onto a server that has locked itself,
//! and onto another box.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::access::member;
use crate::harness::{Answer, App, Client, Options, Owner, in_accounts_many};
use crate::recovery::{generation, state, wish};

const WORDS: &str = "a horse of another colour";

fn restarted(app: App) -> App {
    let options = Options::with_clock(&app.clock);
    app.restart(options)
}

fn backup(owner: &mut Owner) -> Vec<u8> {
    owner.browser.post("/api/v1/backup", &json!({ "words": WORDS })).expect(200).body
}

/// Somebody with the box in hand, up to the first step of the wizard.
fn holder(app: &App) -> Client {
    let mut browser = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
    browser.post("/api/v1/claim/begin", &begin).expect(200);
    browser
}

fn restore(browser: &mut Client, words: &str) -> Answer {
    browser.post("/api/v1/claim/restore", &json!({ "words": words }))
}

fn patiently(is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never is");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The server without its accounts, with the way free for whoever has it in hand.
fn lost(mut app: App) -> App {
    app.stop();
    for name in ["accounts.db", "accounts.db-wal", "accounts.db-shm"] {
        drop(fs::remove_file(app.data.join(name)));
    }
    let mut app = restarted(app);
    assert_eq!(state(&app), "locked: database_missing");
    app.stop();
    wish(&app, "root\n");
    let app = restarted(app);
    assert_eq!(state(&app), "recovery");
    app
}

fn opens(app: &App, owner: &Owner) -> Client {
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(state(app), "claimed");
    browser
}

#[test]
fn a_locked_server_takes_a_backup_back_and_waits_for_its_owner() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let member = member(&app);
    let kept = backup(&mut owner);
    let app = lost(app);
    let mut browser = holder(&app);
    browser.post_file("/api/v1/claim/backup", &kept).expect(204);
    let restored = restore(&mut browser, WORDS).expect(200).json();
    assert_eq!(restored["name"], "Stead");
    assert_eq!(restored["people"], 2);
    assert_eq!(restored["other_authority"], false);

    let app = restarted(app);
    for _ in 0..2 {
        assert_eq!(state(&app), "locked: restored");
        // Whoever put it back is nobody, and what was open when it was made is not.
        for who in [&browser, &owner.browser, &member] {
            who.at(app.http_port).get("/api/v1/items").expect(403);
        }
        browser.at(app.http_port).post("/api/v1/unlock", &json!({})).expect(401);
    }
    let page = app.client().get("/").expect(200).text();
    assert!(page.contains("has put a backup back"), "{page}");
    let app = restarted(app);
    assert_eq!(state(&app), "locked: restored", "a restart opens nothing");

    let mut opener = opens(&app, &owner);
    assert_eq!(generation(&app), "generation 2");
    let told = |browser: &mut Client| {
        let notices = browser.get("/api/v1/notices").expect(200).json();
        let kinds = notices["notices"].as_array().unwrap().iter();
        kinds.map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(told(&mut opener).contains(&"restored".to_owned()));
    for who in [&owner.browser, &member] {
        who.at(app.http_port).get("/api/v1/me").expect(401);
    }
    // Deletes no row, because none is left; else it would delete them.
    assert_eq!(in_accounts_many(&app, "DELETE FROM recovery_code WHERE used_ms IS NULL"), 0);
    assert!(app.data.join("accounts.db.before-recovery").exists(), "nothing is deleted");
    assert!(!app.data.join("backup").join("sent.age").exists(), "but what was sent");
    let app = restarted(app);
    assert_eq!(state(&app), "claimed");
}

#[test]
fn another_box_becomes_the_server_that_a_backup_is_of() {
    let first = App::start();
    let mut owner = Owner::claim(&first);
    owner.browser.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
    let known = |app: &App| {
        let server = app.client().get("/api/v1/server").expect(200).json();
        let authority = app.client().get("/api/v1/ca.pem").expect(200).text();
        (server["id"].clone(), server["host_name"].clone(), authority)
    };
    let before = known(&first);
    let kept = backup(&mut owner);
    drop(first);

    let second = App::start();
    assert_ne!(known(&second).2, before.2);
    let mut browser = holder(&second);
    browser.post_file("/api/v1/claim/backup", &kept).expect(204);
    let restored = restore(&mut browser, WORDS).expect(200).json();
    assert_eq!((&restored["name"], &restored["other_authority"]), (&json!("Attic"), &json!(true)));
    let second = restarted(second);
    assert_eq!(state(&second), "locked: restored");
    assert_eq!(known(&second), before, "devices know it, and passkeys are for its name");
    assert!(second.data.join("tls.before-restore").join("ca.pem").exists());
    opens(&second, &owner);
    assert_eq!(generation(&second), "generation 2");
}

/// A new box that was sent a backup never offers itself again, whatever is cut off after it.
#[test]
fn a_restore_cut_off_before_the_marker_is_locked_all_the_same() {
    let first = App::start();
    let mut owner = Owner::claim(&first);
    let kept = backup(&mut owner);
    let second = App::start();
    let mut browser = holder(&second);
    browser.post_file("/api/v1/claim/backup", &kept).expect(204);
    restore(&mut browser, WORDS).expect(200);
    let mut second = second;
    second.stop();
    fs::remove_file(second.data.join("marker")).unwrap();
    let second = restarted(second);
    assert_eq!(state(&second), "locked: restored");
    assert_eq!(generation(&second), "generation 1", "the start makes up for it");
}

#[test]
fn a_backup_is_the_owners_alone_with_a_fresh_factor_and_long_words() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let body = json!({ "words": WORDS });
    app.client().post("/api/v1/backup", &body).expect(401);
    member(&app).post("/api/v1/backup", &body).expect(403);
    for (words, code) in [
        ("short", "password_too_short"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_too_common"),
        ("robin robin robin", "password_contains_name"),
    ] {
        let refused = owner.browser.post("/api/v1/backup", &json!({ "words": words })).expect(422);
        assert_eq!((refused.code().as_str(), &refused.json()["field"]), (code, &json!("words")));
    }
    let made = backup(&mut owner);
    assert!(made.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let left = fs::read_dir(app.data.join("backup")).unwrap().count();
    assert_eq!(left, 0, "nothing is left of it on the box");
    let logged =
        in_accounts_many(&app, "UPDATE audit SET at_ms = 0 WHERE kind = 'server.backup_made'");
    assert_eq!(logged, 1);
    app.clock.advance(16 * 60_000);
    owner.browser.post("/api/v1/backup", &body).expect(401);
}

#[test]
fn what_cannot_be_restored_is_told_and_the_claim_goes_on() {
    let mut other = App::start();
    let mut owner = Owner::claim(&other);
    let kept = backup(&mut owner);
    other.stop();

    let app = App::start();
    let mut browser = holder(&app);
    let mut refused = |content: Option<&[u8]>, words: &str| {
        if let Some(content) = content {
            browser.post_file("/api/v1/claim/backup", content).expect(204);
        }
        restore(&mut browser, words).code()
    };
    assert_eq!(refused(None, WORDS), "no_backup_sent");
    assert_eq!(refused(Some(b"a letter to my aunt"), WORDS), "backup_not_ours");
    assert_eq!(refused(Some(&kept[..kept.len() / 2]), WORDS), "backup_not_ours");
    assert_eq!(refused(Some(&kept), "a horse of the same colour"), "backup_words_wrong");
    // What was cut off on the way takes no place, and not that of what is there.
    let cut = format!(
        "POST /api/v1/claim/backup HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 9999\r\n\r\nbegun",
        app.http_port,
        browser.cookie_line()
    );
    let mut half = TcpStream::connect(("127.0.0.1", app.http_port)).unwrap();
    half.write_all(cut.as_bytes()).unwrap();
    drop(half);
    let left = || fs::read_dir(app.data.join("backup")).unwrap().count();
    patiently(|| left() == 1);
    // Whoever does not hold the claim sends nothing and restores nothing.
    let mut stranger = app.client();
    stranger.post_file("/api/v1/claim/backup", &kept).expect(401);
    restore(&mut stranger, WORDS).expect(401);
    let too_large = format!(
        "POST /api/v1/claim/backup HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nCookie: {}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: 999999999\r\n\
         Connection: close\r\n\r\n",
        app.http_port,
        browser.cookie_line()
    );
    let answer = browser.send_raw(too_large.as_bytes(), false).expect(413);
    assert_eq!(answer.code(), "backup_too_large");
    let form = browser.with("Content-Type", "text/plain").post("/api/v1/claim/backup", &json!({}));
    assert_eq!(form.expect(415).code(), "octets_only");

    // The right words still open what was sent last; but the claim was taken over meanwhile.
    let mut second = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": app.clock_ms(), "take_over": true });
    second.post("/api/v1/claim/begin", &begin).expect(200);
    assert_eq!(restore(&mut browser, WORDS).expect(401).code(), "claim_not_yours");
    assert_eq!(restore(&mut second, WORDS).expect(409).code(), "no_backup_sent", "nor another's");
    assert_eq!(state(&app), "pending");
    let mut claimed = Owner::from_owner_step(second, app.clock_ms());
    claimed.finish().expect(200);
    assert_eq!(state(&app), "claimed");
}

/// Whoever has nothing but the plug: what proved presence is over with the restore, and the next start
/// opens nothing by it.
#[test]
fn what_the_plug_has_proved_does_not_outlive_a_restore() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let kept = backup(&mut owner);
    let mut app = lost(app);
    app.stop();
    let mut app = restarted(app);
    let mut browser = holder(&app);
    // As it lies there when a phone has won and its claim is under way.
    let won = "winner";
    browser.post_file("/api/v1/claim/backup", &kept).expect(204);
    restore(&mut browser, WORDS).expect(200);
    app.stop();
    fs::write(app.data.join("plug"), won).unwrap();
    let app = restarted(app);
    assert_eq!(state(&app), "locked: restored");
    assert!(!app.data.join("plug").exists());
    opens(&app, &owner);
}

/// A library of a backup is read where this box's configuration lets media be read, and nowhere else.
#[test]
fn folders_of_a_backup_are_held_to_the_configuration() {
    let first = App::start();
    let mut owner = Owner::claim(&first);
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("films");
    fs::create_dir(&outside).unwrap();
    let id = "07".repeat(16);
    let library = format!("INSERT INTO library VALUES (x'{id}', 'Films', 'films', 0)");
    let path = outside.display();
    let root = format!(
        "INSERT INTO library_root (id, library_id, path)
         VALUES (x'{id}', x'{id}', CAST('{path}' AS BLOB))"
    );
    for sql in [library, root] {
        assert_eq!(in_accounts_many(&first, &sql), 1);
    }
    let kept = backup(&mut owner);
    drop(first);
    let second = App::start();
    let mut browser = holder(&second);
    browser.post_file("/api/v1/claim/backup", &kept).expect(204);
    restore(&mut browser, WORDS).expect(200);
    let second = restarted(second);
    let mut browser = opens(&second, &owner);
    patiently(|| {
        let libraries = browser.clone().get("/api/v1/libraries").expect(200).json();
        libraries["libraries"][0]["scan"]["state"] == "offline"
    });
    browser.get("/api/v1/libraries").expect(200);
}
