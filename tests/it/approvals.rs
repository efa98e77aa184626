//! Approval on a phone that is signed in.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use stead_rules::limits::{APPROVAL_REFUSED_SECONDS, APPROVAL_SECONDS, TEND_SECONDS};

use crate::harness::{Answer, App, Client, Owner, in_accounts};

const BEGIN: &str = "/api/v1/signin/approval/begin";
const LOOK: &str = "/api/v1/signin/approval";

/// Where whoever signs in sits, and another place.
const HERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 8);

/// A sign-in whose password was right.
struct Asking {
    browser: Client,
    ticket: Value,
}

impl Asking {
    fn from(app: &App, owner: &Owner, place: Ipv4Addr) -> Self {
        Self::in_browser(owner, app.client().sent_from(place).with("user-agent", "Firefox, asking"))
    }

    fn in_browser(owner: &Owner, mut browser: Client) -> Self {
        let who = json!({ "name": owner.name, "password": owner.password });
        let ticket = browser.post("/api/v1/signin", &who).expect(200).json()["ticket"].clone();
        Self { browser, ticket }
    }

    fn ask(&mut self) -> Answer {
        self.browser.post(BEGIN, &json!({ "ticket": self.ticket }))
    }

    fn look(&mut self, asked: &Value) -> Answer {
        self.browser.post(LOOK, &json!({ "request": asked["request"] }))
    }
}

fn inbox(phone: &mut Client) -> Vec<Value> {
    phone.get("/api/v1/approvals").expect(200).json()["requests"].as_array().unwrap().clone()
}

fn tap(phone: &mut Client, request: &Value, number: &Value) -> Answer {
    let path = format!("/api/v1/approvals/{}/approve", request.as_str().unwrap());
    phone.post(&path, &json!({ "number": number }))
}

fn refuse(phone: &mut Client, request: &Value) -> Answer {
    let path = format!("/api/v1/approvals/{}/refuse", request.as_str().unwrap());
    phone.post(&path, &json!({}))
}

/// A number that the phone shows and that is not the one.
fn wrong(waiting: &Value, asked: &Value) -> Value {
    let shown = waiting["numbers"].as_array().unwrap();
    shown.iter().find(|number| **number != asked["number"]).unwrap().clone()
}

fn logged(app: &App, kind: &str) -> usize {
    let store = stead_store::Store::open(&app.data).unwrap();
    let newest = store.accounts.read(|tx| stead_store::accounts::audit::newest(tx, 100)).unwrap();
    newest.iter().filter(|(one, _)| one == kind).count()
}

#[test]
fn the_right_number_on_the_phone_signs_in_elsewhere() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut asking = Asking::from(&app, &owner, HERE);
    let asked = asking.ask().expect(200).json();
    assert_eq!(asking.look(&asked).expect(200).json()["step"], "waiting");
    let waiting = inbox(&mut owner.browser);
    assert_eq!(waiting.len(), 1);
    let shown = &waiting[0];
    assert_eq!((&shown["agent"], &shown["kind"]), (&json!("Firefox, asking"), &json!("sign_in")));
    assert_eq!(shown["address"], HERE.to_string());
    assert!(shown["numbers"].as_array().unwrap().contains(&asked["number"]));
    tap(&mut owner.browser, &shown["id"], &asked["number"]).expect(204);
    assert!(inbox(&mut owner.browser).is_empty());
    assert_eq!(asking.look(&asked).expect(200).json()["step"], "done");
    let me = asking.browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["assurance"], "mfa");
    assert_eq!(me["session"]["methods"], json!(["password", "device"]));
    assert_eq!(logged(&app, "mfa.approval_given"), 1);
    let told = owner.browser.get("/api/v1/notices").expect(200).json();
    assert_eq!(told["notices"], json!([]), "who approved it is not asked whether it was them");
}

#[test]
fn an_approval_of_a_session_that_was_ended_meanwhile_opens_nothing() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut asking = Asking::from(&app, &owner, HERE);
    let asked = asking.ask().expect(200).json();
    tap(&mut owner.browser, &asked["request"], &asked["number"]).expect(204);
    in_accounts(&app, "UPDATE user SET epoch = epoch + 1");
    assert_ne!(asking.look(&asked).status, 200);
    asking.browser.get("/api/v1/me").expect(401);
}

#[test]
fn replay_of_an_approval_opens_nothing() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut asking = Asking::from(&app, &owner, HERE);
    let asked = asking.ask().expect(200).json();
    tap(&mut owner.browser, &asked["request"], &asked["number"]).expect(204);
    let again = tap(&mut owner.browser, &asked["request"], &asked["number"]);
    assert_eq!(again.code(), "approval_over");
    asking.look(&asked).expect(200);
    assert_eq!(asking.look(&asked).code(), "approval_over");
    assert_eq!(asking.ask().code(), "signin_over", "the ticket is used up");
}

#[test]
fn push_bombing_ends_at_three_requests_and_at_the_first_refusal() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut bombs: Vec<_> = (0..4).map(|_| Asking::from(&app, &owner, HERE)).collect();
    for bomb in &mut bombs[..3] {
        bomb.ask().expect(200);
        bomb.ask().expect(200);
    }
    assert_eq!(bombs[3].ask().code(), "approvals_waiting");
    let waiting = inbox(&mut owner.browser);
    assert_eq!(waiting.len(), 3, "who asks again takes the earlier request back");
    refuse(&mut owner.browser, &waiting[0]["id"]).expect(204);
    assert!(inbox(&mut owner.browser).is_empty(), "the others from there are no better");
    assert_eq!(logged(&app, "mfa.approval_refused"), 1);
    for bomb in &mut bombs {
        let told = bomb.ask();
        assert_eq!(told.code(), "approval_refused");
        let left: u64 = told.header("retry-after").unwrap().parse().unwrap();
        assert!(left <= APPROVAL_REFUSED_SECONDS);
    }
    Asking::from(&app, &owner, ELSEWHERE).ask().expect(200);
    app.clock.advance(APPROVAL_REFUSED_SECONDS * 1000);
    Asking::from(&app, &owner, HERE).ask().expect(200);
}

#[test]
fn a_wrong_number_ends_the_request_and_three_count_as_a_refusal() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    for _ in 0..3 {
        let mut asking = Asking::from(&app, &owner, HERE);
        let asked = asking.ask().expect(200).json();
        let waiting = inbox(&mut owner.browser).remove(0);
        let number = wrong(&waiting, &asked);
        assert_eq!(tap(&mut owner.browser, &waiting["id"], &number).code(), "wrong_number");
        assert_eq!(asking.look(&asked).code(), "approval_over");
        let late = tap(&mut owner.browser, &waiting["id"], &asked["number"]);
        assert_eq!(late.code(), "approval_over");
    }
    let mut fourth = Asking::from(&app, &owner, HERE);
    assert_eq!(fourth.ask().code(), "approval_refused");
    assert_eq!(logged(&app, "mfa.approval_wrong_number"), 3);
}

#[test]
fn a_session_below_mfa_approves_nothing() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut asking = Asking::from(&app, &owner, HERE);
    let asked = asking.ask().expect(200).json();
    for methods in ["password", "password remembered"] {
        in_accounts(&app, &format!("UPDATE session SET methods = '{methods}'"));
        assert!(inbox(&mut owner.browser).is_empty(), "{methods}");
        let told = tap(&mut owner.browser, &asked["request"], &asked["number"]);
        assert_eq!(told.code(), "cannot_approve", "{methods}");
        let told = Asking::from(&app, &owner, ELSEWHERE).ask();
        assert_eq!(told.code(), "no_approver", "{methods}");
    }
    in_accounts(&app, "UPDATE session SET methods = 'password totp'");
    tap(&mut owner.browser, &asked["request"], &asked["number"]).expect(204);
}

#[test]
fn an_idle_phone_approves_and_one_that_was_signed_out_does_not() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    app.clock.advance(TEND_SECONDS * 1000);
    let asked = Asking::from(&app, &owner, HERE).ask().expect(200).json();
    tap(&mut owner.browser, &asked["request"], &asked["number"]).expect(204);
    owner.browser.post("/api/v1/signout", &json!({})).expect(204);
    assert_eq!(Asking::from(&app, &owner, HERE).ask().code(), "no_approver");
}

#[test]
fn the_browser_that_asks_does_not_answer() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut asking = Asking::in_browser(&owner, owner.browser.clone());
    assert_eq!(asking.ask().code(), "no_approver", "there is no other session");
    let (mut tablet, _) = {
        app.clock.advance(60_000);
        owner.sign_in_at(&app, app.clock_ms())
    };
    let asked = asking.ask().expect(200).json();
    assert!(inbox(&mut owner.browser).is_empty());
    let told = tap(&mut owner.browser, &asked["request"], &asked["number"]);
    assert_eq!(told.code(), "cannot_approve");
    tap(&mut tablet, &asked["request"], &asked["number"]).expect(204);
}

#[test]
fn a_request_ends_after_three_minutes() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut asking = Asking::from(&app, &owner, HERE);
    let asked = asking.ask().expect(200).json();
    app.clock.advance(APPROVAL_SECONDS * 1000);
    assert!(inbox(&mut owner.browser).is_empty());
    let late = tap(&mut owner.browser, &asked["request"], &asked["number"]);
    assert_eq!(late.code(), "approval_over");
    assert_eq!(asking.look(&asked).code(), "approval_over");
}

#[test]
fn another_session_raises_this_one_and_no_third_takes_it() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    app.clock.advance(20 * 60 * 1000);
    let (mut phone, _) = owner.sign_in_at(&app, app.clock_ms());
    let laptop = &mut owner.browser;
    assert_eq!(laptop.post("/api/v1/settings", &json!({ "name": "Attic" })).status, 401);
    let asked = laptop.post("/api/v1/stepup/approval/begin", &json!({})).expect(200).json();
    let request = json!({ "request": asked["request"] });
    let waiting = inbox(&mut phone);
    assert_eq!(waiting[0]["kind"], "step_up");
    tap(&mut phone, &waiting[0]["id"], &asked["number"]).expect(204);
    assert_eq!(phone.post("/api/v1/stepup/approval", &request).code(), "approval_over");
    let mut stranger = app.client();
    assert_eq!(stranger.post(LOOK, &request).code(), "approval_over");
    let mut thief = laptop.clone();
    assert_eq!(laptop.post("/api/v1/stepup/approval", &request).expect(200).json()["step"], "done");
    laptop.post("/api/v1/settings", &json!({ "name": "Attic" })).expect(204);
    thief.get("/api/v1/me").expect(401);
}

#[test]
fn one_person_sees_nothing_of_what_waits_for_another() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let asked = Asking::from(&app, &owner, HERE).ask().expect(200).json();
    crate::harness::second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    in_accounts(&app, "UPDATE session SET methods = 'password totp' WHERE methods = 'password'");
    assert!(inbox(&mut sam).is_empty());
    assert_eq!(tap(&mut sam, &asked["request"], &asked["number"]).code(), "approval_over");
    assert_eq!(refuse(&mut sam, &asked["request"]).code(), "approval_over");
    assert_eq!(inbox(&mut owner.browser).len(), 1);
}

#[test]
fn a_step_up_offers_approval_where_another_device_can_give_it() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let methods =
        |browser: &mut Client| browser.get("/api/v1/stepup").expect(200).json()["methods"].clone();
    assert_eq!(methods(&mut owner.browser), json!(["totp", "recovery"]), "nobody else is there");
    app.clock.advance(60_000);
    let (mut phone, _) = owner.sign_in_at(&app, app.clock_ms());
    assert_eq!(methods(&mut owner.browser), json!(["totp", "recovery", "approval"]));
    phone.post("/api/v1/signout", &json!({})).expect(204);
    assert_eq!(methods(&mut owner.browser), json!(["totp", "recovery"]));
}

/// An approval is nothing without the password: a session that was opened by a passkey alone would
/// be worth nothing after it.
#[test]
fn a_session_without_the_password_is_not_raised_by_an_approval() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    in_accounts(&app, "UPDATE session SET methods = 'passkey'");
    app.clock.advance(60_000);
    owner.sign_in_at(&app, app.clock_ms()).1.expect(200);
    let wanted = owner.browser.get("/api/v1/stepup").expect(200).json();
    assert_eq!(
        (&wanted["methods"], &wanted["password_too"]),
        (&json!(["totp", "recovery"]), &json!(true))
    );
    let asked = owner.browser.post("/api/v1/stepup/approval/begin", &json!({}));
    assert_eq!(asked.code(), "password_needed");
    owner.browser.get("/api/v1/me").expect(200);
}

/// Who keeps no second factor is let in by the password, whatever a session of before could approve.
#[test]
fn a_phone_is_asked_beside_a_factor_that_is_kept_and_never_in_its_place() {
    let app = App::start();
    let owner = Owner::claim(&app);
    crate::harness::second_account(&app, "Sam");
    let who = json!({ "name": "Sam", "password": owner.password });
    let mut phone = app.client();
    phone.post("/api/v1/signin", &who).expect(200);
    in_accounts(&app, "UPDATE session SET methods = 'password totp' WHERE methods = 'password'");
    phone.get("/api/v1/approvals").expect(200);
    let mut other = app.client();
    let told = other.post("/api/v1/signin", &who).expect(200).json();
    assert_eq!(told["step"], "done", "a phone that is gone would lock them out");
    other.get("/api/v1/home").expect(200);
    // Nor is a session raised by one that a code opened once, or it would hand that on for ever.
    let asked = other.post("/api/v1/stepup/approval/begin", &json!({}));
    assert_eq!(asked.expect(409).code(), "no_approver");
}
