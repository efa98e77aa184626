//! The owner's way back by the proofs that a claim takes: the code that the box was set up with, and
//! its plug. Each takes a recovery code besides, and nobody else is touched.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use stead_rules::time::WallMs;
use stead_store::Store;
use stead_store::accounts::audit;
use tempfile::TempDir;

use crate::harness::{Answer, App, Client, Options, Owner, second_account};
use crate::plug::Phone;
use crate::recovery::state;

const CODE: &str = "seven brown kettles";
const NEW: &str = "nine purple umbrellas";
const WRONG: &str = "aaaaa-bbbbb-ccccc";
const DAY_MS: u64 = 24 * 3600 * 1000;

/// A box that was set up with a code of its owner's own.
fn with_code() -> (App, TempDir) {
    let stick = tempfile::tempdir().unwrap();
    std::fs::write(stick.path().join("stead.txt"), format!("code = {CODE}\n")).unwrap();
    let config = format!("[claim]\nsticks = [{:?}]\n", stick.path());
    (App::start_with(Options { config, ..Options::default() }), stick)
}

fn own(code: &str) -> Value {
    json!({ "kind": "own", "code": code })
}

fn plug(phone: &Phone) -> Value {
    json!({ "kind": "plug", "secret": phone.secret() })
}

fn begin(browser: &mut Client, possession: &Value, recovery_code: &str) -> Answer {
    let body = json!({ "possession": possession, "recovery_code": recovery_code });
    browser.post("/api/v1/rescue/owner", &body)
}

/// Sets the new password; the authenticator stays.
fn finish(app: &App, begun: &Value) -> Answer {
    let body = json!({ "ticket": begun["ticket"], "password": NEW,
        "browser_time_ms": app.clock_ms() });
    app.client().post("/api/v1/rescue/owner/finish", &body)
}

fn sam_signs_in(app: &App, owner: &Owner) -> Client {
    let mut browser = app.client();
    let body = json!({ "name": "Sam", "password": owner.password });
    browser.post("/api/v1/signin", &body).expect(200);
    browser
}

fn audited(app: &App, kind: &str) -> Option<Value> {
    let store = Store::open(&app.data).unwrap();
    let all = store.accounts.read(|tx| audit::newest(tx, 1000)).unwrap();
    let found = all.iter().find(|(one, _)| one == kind)?;
    Some(serde_json::from_str(&found.1).unwrap())
}

#[test]
fn the_own_code_and_a_recovery_code_bring_the_owner_back_and_touch_nobody_else() {
    let (app, _stick) = with_code();
    let mut owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let mut sam = sam_signs_in(&app, &owner);
    let codes = owner.recovery_codes.clone();

    let refused = begin(&mut app.client(), &own("seven brown pots"), &codes[0]).expect(403);
    assert_eq!(refused.code(), "not_in_hand");
    let refused = begin(&mut app.client(), &own(CODE), WRONG).expect(401);
    assert_eq!(refused.code(), "wrong_code");
    app.clock.advance(60_000);
    let begun = begin(&mut app.client(), &own(CODE), &codes[0]).expect(200).json();
    assert_eq!(begun["name"], "Robin");
    owner.browser.get("/api/v1/me").expect(200);
    finish(&app, &begun).expect(200);

    owner.browser.get("/api/v1/me").expect(401);
    sam.get("/api/v1/me").expect(200);
    assert_eq!(state(&app), "claimed");
    owner.password = NEW.to_owned();
    owner.sign_in_at(&app, app.clock_ms()).1.expect(200);
    assert_eq!(audited(&app, "recovery.owner_begun").unwrap()["possession"], "own");
    let used = begin(&mut app.client(), &own(CODE), &codes[0]).expect(401);
    assert_eq!(used.code(), "wrong_code", "the recovery code is used up");
}

#[test]
fn without_a_code_of_its_own_no_code_proves_a_box_to_be_in_hand() {
    let app = App::start();
    let owner = Owner::claim(&app);
    for code in [CODE, ""] {
        let refused = begin(&mut app.client(), &own(code), &owner.recovery_codes[0]).expect(403);
        assert_eq!(refused.code(), "not_in_hand");
    }
}

/// Whoever guesses waits; the owner, elsewhere in the network, does not.
#[test]
fn guesses_at_the_own_code_of_an_owner_are_slowed_where_they_come_from() {
    let (app, _stick) = with_code();
    let owner = Owner::claim(&app);
    let recovery = &owner.recovery_codes[0];
    let mut guesser = app.client().sent_from(Ipv4Addr::new(127, 0, 0, 9));
    let answers: Vec<u16> = (0..9)
        .map(|number| begin(&mut guesser, &own(&format!("seven brown pots {number}")), recovery))
        .map(|answer| answer.status)
        .collect();
    assert!(answers.iter().all(|status| [403, 429].contains(status)), "{answers:?}");
    assert_eq!(answers.last(), Some(&429), "whoever guesses waits: {answers:?}");
    begin(&mut guesser, &own(CODE), recovery).expect(429);
    begin(&mut app.client(), &own(CODE), recovery).expect(200);
}

/// A pattern was shown at a box that has an owner, and nobody came for a day.
fn after_a_day() -> (App, Owner, Phone) {
    let app = App::start();
    let owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let phone = Phone::waits(&app);
    let app = phone.pattern(app);
    phone.waits_for_the_owner(&app);
    let recovery = &owner.recovery_codes[0];
    let early = begin(&mut app.client(), &plug(&phone), recovery).expect(410);
    assert_eq!(early.code(), "already_claimed", "the owner has a day to come");
    app.clock.set_wall(WallMs(1_793_000_600_000));
    app.clock.set_network(true);
    app.clock.advance(DAY_MS);
    phone.has_won(&app);
    assert_eq!(state(&app), "recovery");
    (app, owner, phone)
}

#[test]
fn the_plug_and_a_recovery_code_bring_the_owner_back_and_end_the_recovery() {
    let (app, mut owner, phone) = after_a_day();
    let codes = owner.recovery_codes.clone();
    let stranger = json!({ "kind": "plug", "secret": "AAAAAAAAAAAAAAAAAAAAAA" });
    let refused = begin(&mut app.client(), &stranger, &codes[0]).expect(403);
    assert_eq!(refused.code(), "not_in_hand");
    begin(&mut app.client(), &plug(&phone), WRONG).expect(401);
    app.clock.advance(60_000);
    let begun = begin(&mut app.client(), &plug(&phone), &codes[0]).expect(200).json();
    assert_eq!(state(&app), "recovery", "nothing is opened before the end");
    finish(&app, &begun).expect(200);

    assert_eq!(state(&app), "claimed");
    assert!(!app.data.join("plug").exists(), "what proved presence has done its work");
    assert!(!app.data.join("Setup Stead.html").exists(), "there is nothing to claim");
    assert!(audited(&app, "recovery.ended_by_owner").is_some());
    let again = begin(&mut app.client(), &plug(&phone), &codes[1]).expect(410);
    assert_eq!(again.code(), "already_claimed");
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(state(&app), "claimed", "marker and accounts agree");
    sam_signs_in(&app, &owner);
    owner.browser = owner.browser.clone().at(app.http_port);
    owner.browser.get("/api/v1/me").expect(401);
    owner.password = NEW.to_owned();
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    let me = browser.get("/api/v1/me").expect(200).json();
    assert_eq!((&me["user"]["name"], &me["user"]["role"]), (&json!("Robin"), &json!("owner")));
}

/// The box has one owner at the end, whoever was faster.
#[test]
fn whoever_claims_a_recovery_first_leaves_the_former_owner_no_way_back() {
    let (app, owner, phone) = after_a_day();
    let recovery = &owner.recovery_codes[0];
    let begun = begin(&mut app.client(), &plug(&phone), recovery).expect(200).json();
    phone.claims(&app);
    let late = finish(&app, &begun);
    assert!([401, 403, 409].contains(&late.status), "{}", late.text());
    assert_eq!(state(&app), "claimed");
    let refused = begin(&mut app.client(), &plug(&phone), recovery).expect(410);
    assert_eq!(refused.code(), "already_claimed");
}

/// A box that nobody owns has nobody who could come back.
#[test]
fn nobody_comes_back_to_a_box_without_an_owner() {
    let (app, _stick) = with_code();
    let refused = begin(&mut app.client(), &own(CODE), WRONG).expect(409);
    assert_eq!(refused.code(), "not_now");
    assert_eq!(state(&app), "offered");
}
