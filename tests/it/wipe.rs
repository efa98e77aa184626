//! The factory wipe: everything of the server goes, media stay, whenever the power is cut.

use std::fs;

use serde_json::json;

use crate::access::member;
use crate::harness::{App, Options, Owner};
use crate::recovery::state;

fn names(app: &App) -> Vec<String> {
    let entries = fs::read_dir(&app.data).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_owner_wipes_the_server_and_it_waits_for_an_owner_like_a_new_one() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let id = app.client().get("/api/v1/server").expect(200).json()["id"].clone();
    let authority = app.client().get("/api/v1/ca.pem").expect(200).text();
    let media = app.data.join("holiday.mkv");
    fs::write(&media, "a film").unwrap();
    let slip = owner.browser.post("/api/v1/server/wipe", &json!({ "name": "Sted" })).expect(422);
    assert_eq!(slip.code(), "not_its_name");
    owner.browser.post("/api/v1/server/wipe", &json!({ "name": "Stead" })).expect(204);
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(state(&app), "offered");
    assert!(!app.data.join("wipe").exists() && !app.data.join("marker").exists());
    assert_eq!(fs::read_to_string(&media).unwrap(), "a film");
    let server = app.client().get("/api/v1/server").expect(200).json();
    assert_ne!(server["id"], id, "another server");
    assert_ne!(app.client().get("/api/v1/ca.pem").expect(200).text(), authority);
    Owner::claim(&app);
}

#[test]
fn a_wipe_by_a_member_or_without_a_fresh_factor_is_refused() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let body = json!({ "name": "Stead" });
    member(&app).post("/api/v1/server/wipe", &body).expect(403);
    app.client().post("/api/v1/server/wipe", &body).expect(401);
    app.clock.advance(16 * 60_000);
    owner.browser.post("/api/v1/server/wipe", &body).expect(401);
    assert!(!app.data.join("wipe").exists());
}

/// The power is cut after each file: the next start goes on with it, and never asks for an owner
/// while something of the old one is left.
#[test]
fn a_wipe_cut_off_anywhere_is_finished_by_the_next_start() {
    let mut cut = 0;
    loop {
        let mut app = App::start();
        Owner::claim(&app);
        app.stop();
        fs::write(app.data.join("wipe"), "decided").unwrap();
        let mine = |name: &String| !["lock", "wipe", "ballast"].contains(&name.as_str());
        let names: Vec<_> = names(&app).into_iter().filter(mine).collect();
        for name in names.iter().take(cut) {
            let path = app.data.join(name);
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        let options = Options::with_clock(&app.clock);
        let app = app.restart(options);
        assert_eq!(state(&app), "offered", "{cut} of {names:?} were gone");
        if cut == names.len() {
            break;
        }
        cut += 1;
    }
    assert!(cut >= 4, "there is something to wipe");
}
