//! What whoever runs an account service does to its accounts by `stead accounts`: a way back for who
//! forgot their password, the list, and the end of an account.

use std::os::unix::fs::chown;

use serde_json::{Value, json};
use stead::service::operator::wire::{Answer, Told};
use stead_rules::limits::{OPERATOR_ANSWER_SECONDS, WAY_BACK_SECONDS};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::accounts_alone::{PASSWORD, alone, person, sign_up, start};
use crate::connections::{agreed, registered, tokens};
use crate::harness::{App, Client, Options, in_accounts, totp_code};
use crate::program::{Ended, stead};
use crate::secret_age::until;

const NEW: &str = "nine purple umbrellas";

/// Runs `stead accounts` against a running service.
pub(crate) fn accounts(app: &App, arguments: &[&str]) -> Ended {
    let (data, port) = (app.data.to_str().unwrap(), app.http_port.to_string());
    let place = ["--config", "/dev/null", "--data", data, "--http-port", &port];
    stead(&[&["accounts"], arguments, &place].concat())
}

/// The secret of the link that the command shows.
fn link(app: &App, arguments: &[&str]) -> String {
    let made = accounts(app, &[&["link"], arguments].concat());
    assert_eq!((made.code, made.complained.as_str()), (Some(0), ""), "{made:?}");
    let told = app.client().get("/.well-known/openid-configuration").expect(200).json();
    let first = format!("  {}/reset#s=", told["issuer"].as_str().unwrap());
    let line = made.said.lines().find(|line| line.contains("/reset#s=")).unwrap();
    assert!(line.starts_with(&first), "the issuer's own address comes first: {line}");
    line.split_once("#s=").unwrap().1.to_owned()
}

fn reset(browser: &mut Client, secret: &str, password: &str) -> crate::harness::Answer {
    let body = json!({ "secret": secret, "password": password, "browser_time_ms": 0 });
    browser.post("/api/v1/reset", &body)
}

fn sign_in(browser: &mut Client, password: &str) -> crate::harness::Answer {
    browser.post("/api/v1/signin", &json!({ "name": "Robin", "password": password }))
}

fn later(app: &App, seconds: u64) {
    app.clock.advance(seconds * 1000);
}

fn audited(app: &App, kind: &str) -> Option<Value> {
    let store = Store::open(&app.data).unwrap();
    let lines = store.accounts.read(|tx| audit::newest(tx, 1000)).unwrap();
    let found = lines.into_iter().find(|(known, _)| known == kind);
    found.map(|(_, detail)| serde_json::from_str(&detail).unwrap())
}

#[test]
fn a_forgotten_password_at_an_account_service_has_a_way_back() {
    let app = start();
    let mut before = person(&app, "Robin");
    let secret = link(&app, &["robin"]);
    for name in ["operator-wish", "operator-answer"] {
        assert!(!app.data.join(name).exists(), "{name} is gone with the answer");
    }
    before.get("/api/v1/me").expect(200);
    let look = app.client().post("/api/v1/reset/look", &json!({ "secret": secret }));
    let expected = json!({ "name": "Robin", "new_factor": false, "password_min_chars": 15 });
    assert_eq!(look.expect(200).json(), expected);

    let mut browser = app.client();
    reset(&mut browser, &secret, NEW).expect(200);
    before.get("/api/v1/me").expect(401);
    assert_eq!(reset(&mut app.client(), &secret, NEW).expect(403).code(), "way_back_over");
    sign_in(&mut app.client(), PASSWORD).expect(401);
    later(&app, 60);
    assert_eq!(sign_in(&mut browser, NEW).expect(200).json()["step"], "done");
    assert_eq!(audited(&app, "recovery.link_made").unwrap()["by"], "operator");
    assert!(audited(&app, "recovery.link_used").is_some());
}

/// The browser that made the account is forgotten after a month, and nobody owns the service.
#[test]
fn enrolment_hijack_an_operators_link_lets_its_browser_add_a_first_factor_and_no_other() {
    let app = start();
    let mut first = person(&app, "Robin");
    first.post("/api/v1/signout", &json!({})).expect(204);
    later(&app, 31 * 24 * 3600);
    sign_in(&mut first, PASSWORD).expect(200);
    let refused = first.post("/api/v1/factors/totp", &json!({})).expect(403);
    assert_eq!(refused.code(), "enrolment_needs_code");
    let words = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(words.contains("whoever runs this service"), "{words}");
    assert!(!words.contains("owner"), "{words}");

    let secret = link(&app, &["Robin"]);
    let mut browser = app.client();
    reset(&mut browser, &secret, NEW).expect(200);
    later(&app, 60);
    let mut thief = app.client();
    sign_in(&mut thief, NEW).expect(200);
    thief.post("/api/v1/factors/totp", &json!({})).expect(403);
    sign_in(&mut browser, NEW).expect(200);
    browser.post("/api/v1/factors/totp", &json!({})).expect(200);
}

#[test]
fn whoever_lost_their_factors_gets_a_link_that_sets_up_another() {
    let app = start();
    person(&app, "Robin");
    let secret = link(&app, &["Robin", "--new-factor"]);
    let asked = json!({ "secret": secret });
    let made = app.client().post("/api/v1/reset/factor", &asked).expect(200).json();
    let seconds = u64::try_from(app.clock_ms() / 1000).unwrap();
    let code = totp_code(made["secret_base32"].as_str().unwrap(), seconds);
    let body = json!({ "secret": secret, "password": NEW, "totp_code": code,
        "browser_time_ms": app.clock_ms() });
    let mut browser = app.client();
    let done = browser.post("/api/v1/reset", &body).expect(200).json();
    assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);
    later(&app, 60);
    assert_eq!(sign_in(&mut browser, NEW).expect(200).json()["step"], "factor");
}

#[test]
fn an_operators_link_is_over_after_a_day_and_by_the_next_one() {
    let app = start();
    person(&app, "Robin");
    let (first, second) = (link(&app, &["Robin"]), link(&app, &["Robin"]));
    let look = |secret: &str| app.client().post("/api/v1/reset/look", &json!({ "secret": secret }));
    look(&first).expect(403);
    later(&app, WAY_BACK_SECONDS - 1);
    look(&second).expect(200);
    later(&app, 1);
    look(&second).expect(403);
}

#[test]
fn an_account_that_is_removed_is_gone_at_once_with_what_it_let_in() {
    let app = start();
    let mut robin = person(&app, "Robin");
    later(&app, 60);
    let mut sam = person(&app, "Sam");
    let cellar = registered(&app, &mut robin);
    agreed(&mut sam, &cellar);
    let given = tokens(&app, &mut sam, &cellar);
    let access = given["access_token"].as_str().unwrap();
    assert!(cellar.is_active(&app, access));

    let refused = accounts(&app, &["remove", "robin"]);
    assert_eq!(refused.code, Some(1), "nobody is at a terminal: {refused:?}");
    assert!(refused.complained.contains("--yes"), "{refused:?}");
    robin.get("/api/v1/me").expect(200);
    let removed = accounts(&app, &["remove", "robin", "--yes"]);
    assert_eq!((removed.code, removed.complained.as_str()), (Some(0), ""), "{removed:?}");
    assert!(removed.said.contains("Robin is removed"), "{removed:?}");

    robin.get("/api/v1/me").expect(401);
    sign_in(&mut app.client(), PASSWORD).expect(401);
    crate::provider::with_bearer(&app, "GET", "/oauth/userinfo", access, None).expect(401);
    let asked = json!({ "query": cellar.query(&[]) });
    let refused = sam.post("/api/v1/oauth/authorize", &asked).expect(400);
    assert_eq!(refused.code(), "unknown_client");
    assert_eq!(sam.get("/api/v1/connections").expect(200).json()["connections"], json!([]));
    sam.get("/api/v1/me").expect(200);
    assert_eq!(audited(&app, "account.removed").unwrap()["by"], "operator");
    // The name is free, and what was counted at it is forgotten.
    later(&app, 3600);
    sign_up(&mut app.client(), "Robin", PASSWORD).expect(201);
    let nobody = accounts(&app, &["remove", "Kim", "--yes"]);
    assert_eq!(nobody.code, Some(1));
    assert!(nobody.complained.contains("nobody signs in by this name"), "{nobody:?}");
}

#[test]
fn the_accounts_are_listed_with_what_they_sign_in_with() {
    let app = start();
    assert!(accounts(&app, &["list"]).said.contains("no accounts yet"));
    let mut robin = person(&app, "Robin");
    later(&app, 60);
    person(&app, "Sam");
    registered(&app, &mut robin);
    let told = accounts(&app, &["list"]);
    let row = |name: &str| told.said.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(row("Robin").ends_with("none            1"), "{told:?}");
    assert!(row("Sam").contains("none, unused"), "{told:?}");
    assert!(told.said.contains("\n2 accounts\n"), "{told:?}");
}

#[test]
fn wishes_of_other_users_are_taken_away_and_answers_do_not_lie_about() {
    let app = start();
    person(&app, "Robin");
    let (wish, answer) = (app.data.join("operator-wish"), app.data.join("operator-answer"));
    let put = |id: &str, owner: Option<u32>| {
        let text = json!({ "id": id, "ask": { "link": { "name": "Robin", "new_factor": false } } });
        let temporary = app.data.join("not-yet");
        std::fs::write(&temporary, text.to_string()).unwrap();
        chown(&temporary, owner, owner).unwrap();
        std::fs::rename(&temporary, &wish).unwrap();
        until("it is taken away", || !wish.exists());
    };
    put("foreign", Some(65534));
    assert!(!answer.exists(), "nobody else's wish is done");
    put("own", None);
    let told: Answer = serde_json::from_slice(&std::fs::read(&answer).unwrap()).unwrap();
    assert!(matches!(told.told, Told::Link { .. }) && told.id == "own", "{told:?}");
    later(&app, OPERATOR_ANSWER_SECONDS);
    until("nobody fetched it, and it holds a link", || !answer.exists());
    // What is no wish is taken away too, and the service goes on.
    std::fs::write(&wish, "nothing that is a wish").unwrap();
    until("it is taken away", || !wish.exists());
    put("after", None);
    assert!(answer.exists());
}

#[test]
fn an_answer_of_an_earlier_run_is_gone_when_the_service_starts() {
    let mut app = start();
    app.stop();
    let answer = app.data.join("operator-answer");
    std::fs::write(&answer, "a link").unwrap();
    let again = Options { clock: app.clock.clone(), ..alone() };
    let _app = app.restart(again);
    until("it is taken away", || !answer.exists());
}

#[test]
fn a_service_that_does_not_run_or_is_none_is_told() {
    let mut app = start();
    person(&app, "Robin");
    let server = App::start();
    let port = server.http_port.to_string();
    let asked = ["accounts", "list", "--config", "/dev/null", "--http-port", &port];
    let of_server = stead(&asked);
    assert_eq!(of_server.code, Some(1), "{of_server:?}");
    assert!(of_server.complained.contains("a media server runs there"), "{of_server:?}");
    app.stop();
    let gone = accounts(&app, &["list"]);
    assert_eq!(gone.code, Some(3), "{gone:?}");
    assert!(gone.complained.contains("`stead accounts serve` starts it"), "{gone:?}");
    assert!(!app.data.join("operator-wish").exists());
}

#[test]
fn accounts_that_were_never_used_go_and_those_that_were_stay() {
    let app = start();
    for name in ["Robin", "Sam", "Kim", "Alex"] {
        person(&app, name);
        later(&app, 60);
    }
    let mut sam = app.client();
    sam.post("/api/v1/signin", &json!({ "name": "Sam", "password": PASSWORD })).expect(200);
    registered(&app, &mut sam);
    link(&app, &["Kim"]);
    in_accounts(&app, "UPDATE account SET settled = 1 WHERE login = 'alex'");
    later(&app, stead_rules::limits::UNSETTLED_ACCOUNT_SECONDS - 360);
    let options = Options { clock: app.clock.clone(), ..alone() };
    let app = app.restart(options);
    assert_eq!(names(&app), ["Alex", "Kim", "Robin", "Sam"], "a week is not over");
    later(&app, 300);
    let options = Options { clock: app.clock.clone(), ..alone() };
    let app = app.restart(options);
    until("Robin goes", || names(&app) == ["Alex", "Kim", "Sam"]);
    assert_eq!(audited(&app, "account.unused_removed").unwrap()["accounts"], 1);
}

fn names(app: &App) -> Vec<String> {
    let store = Store::open(&app.data).unwrap();
    let all = store.accounts.read(stead_store::accounts::alone::all).unwrap();
    all.into_iter().map(|line| line.name).collect()
}
