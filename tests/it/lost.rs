//! "I lost a device": what hangs on it goes in one act.

use serde_json::{Value, json};

use crate::harness::{Answer, App, Client, Owner, in_accounts, second_account, totp_code};

const MINUTE: u64 = 60 * 1000;

/// An owner with a laptop where everything is done, and a phone that will be lost: a browser that is
/// remembered for a while, an authenticator that was added from it, a television that it let in.
struct Lost {
    app: App,
    owner: Owner,
    laptop: Client,
    phone: Client,
    tv: Client,
    /// The authenticator on the phone.
    phone_secret: String,
}

impl Lost {
    fn start() -> Self {
        let app = App::start();
        let owner = Owner::claim(&app);
        let laptop = signed_in(&app, &owner, "Firefox on the laptop", "no");
        let mut phone = signed_in(&app, &owner, "Chrome on the phone", "90_days");
        let phone_secret = add_totp(&app, &mut phone, "Phone");
        let tv = let_in(&app, &mut phone, "Living room");
        Self { app, owner, laptop, phone, tv, phone_secret }
    }

    fn look(&mut self) -> Value {
        self.laptop.get("/api/v1/lost").expect(200).json()
    }

    /// The id of what fits in a list of what hangs on devices.
    fn id(&mut self, list: &str, member: &str, text: &str) -> String {
        let all = self.look();
        let rows = all[list].as_array().unwrap();
        let found = rows.iter().find(|row| row[member].as_str().is_some_and(|t| t.contains(text)));
        found.unwrap_or_else(|| panic!("{all}"))["id"].as_str().unwrap().to_owned()
    }

    fn revoke(&mut self, sessions: &[&str], factors: &[&str], remembered: &[&str]) -> Answer {
        let named = json!({
            "sessions": sessions, "factors": factors, "remembered": remembered,
        });
        self.laptop.post("/api/v1/lost", &named)
    }
}

fn signed_in(app: &App, owner: &Owner, agent: &str, remember: &str) -> Client {
    app.clock.advance(MINUTE);
    let mut browser = app.client().with("user-agent", agent);
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let code = totp_code(&owner.totp_secret, app.clock_ms().unsigned_abs() / 1000);
    let factor = json!({
        "ticket": first["ticket"], "method": "totp", "code": code,
        "browser_time_ms": app.clock_ms(), "remember": remember,
    });
    browser.post("/api/v1/signin/factor", &factor).expect(200);
    browser
}

fn add_totp(app: &App, browser: &mut Client, name: &str) -> String {
    let begun = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let secret = begun["secret_base32"].as_str().unwrap().to_owned();
    let code = totp_code(&secret, app.clock_ms().unsigned_abs() / 1000);
    let body = json!({ "ticket": begun["ticket"], "name": name, "code": code });
    browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
    secret
}

fn let_in(app: &App, by: &mut Client, name: &str) -> Client {
    let mut tv = app.client();
    let offer = tv.post("/api/v1/tv/begin", &json!({ "name": name })).expect(200).json();
    let approval = json!({ "code": offer["user_code"], "name": name });
    by.post("/api/v1/devices/approve", &approval).expect(204);
    app.clock.advance(6000);
    let polled = tv.post("/api/v1/tv/poll", &json!({ "device_code": offer["device_code"] }));
    assert_eq!(polled.expect(200).json()["step"], "done");
    tv.get("/api/v1/me").expect(200);
    tv
}

fn step_up(app: &App, browser: &mut Client, shown: &Value) -> Answer {
    let mut body = shown.clone();
    body["browser_time_ms"] = json!(app.clock_ms());
    browser.post("/api/v1/stepup", &body)
}

#[test]
fn what_was_made_in_a_browser_is_found_with_it_also_after_a_step_up() {
    let mut lost = Lost::start();
    lost.app.clock.advance(20 * MINUTE);
    let code = totp_code(&lost.phone_secret, lost.app.clock_ms().unsigned_abs() / 1000);
    // The phone gets another id by that, and what hangs on it follows.
    step_up(&lost.app, &mut lost.phone, &json!({ "method": "totp", "code": code })).expect(204);
    let phone = lost.id("sessions", "agent", "phone");
    let all = lost.look();
    let of_phone = |list: &str, member: &str| {
        let rows = all[list].as_array().unwrap().iter();
        rows.filter(|row| row[member] == phone.as_str()).count()
    };
    assert_eq!(of_phone("factors", "made_in"), 1, "{all}");
    assert_eq!(of_phone("remembered", "made_in"), 1, "{all}");
    assert_eq!(of_phone("sessions", "approved_by"), 1, "{all}");
    assert_eq!((&all["recovery_codes_left"], &all["needs_factor"]), (&json!(10), &json!(true)));
    let current: Vec<_> = all["sessions"].as_array().unwrap().iter().collect();
    assert_eq!(current.iter().filter(|row| row["current"] == true).count(), 1);
}

#[test]
fn one_act_revokes_the_device_its_factor_and_what_it_let_in() {
    let mut lost = Lost::start();
    let phone = lost.id("sessions", "agent", "phone");
    let factor = lost.id("factors", "name", "Phone");
    let browser = lost.id("remembered", "agent", "phone");
    let told = lost.revoke(&[&phone], &[&factor], &[&browser]).expect(200).json();
    let ended = told["ended"].as_array().unwrap();
    assert!(ended.iter().any(|one| one["kind"] == "tv" && one["name"] == "Living room"), "{told}");
    for gone in [&mut lost.phone, &mut lost.tv] {
        gone.get("/api/v1/me").expect(401);
    }
    lost.laptop.get("/api/v1/me").expect(200);
    // The password and what the phone still holds open nothing.
    let who = json!({ "name": lost.owner.name, "password": lost.owner.password });
    let first = lost.phone.post("/api/v1/signin", &who).expect(200).json();
    assert_eq!(first["step"], "factor", "it is not remembered any more");
    let code = totp_code(&lost.phone_secret, lost.app.clock_ms().unsigned_abs() / 1000);
    let factor = json!({
        "ticket": first["ticket"], "method": "totp", "code": code,
        "browser_time_ms": lost.app.clock_ms(),
    });
    assert_eq!(lost.phone.post("/api/v1/signin/factor", &factor).expect(401).code(), "wrong_code");
    lost.app.clock.advance(MINUTE);
    let (mut later, answer) = lost.owner.sign_in_at(&lost.app, lost.app.clock_ms());
    answer.expect(200);
    let told = later.get("/api/v1/notices").expect(200).json();
    let kinds: Vec<_> = told["notices"].as_array().unwrap().iter().map(|n| &n["kind"]).collect();
    assert!(kinds.contains(&&json!("device_lost")), "{told}");
}

#[test]
fn without_a_lost_factor_others_stay_signed_in() {
    let mut lost = Lost::start();
    let mut tablet = signed_in(&lost.app, &lost.owner, "Safari on the tablet", "no");
    let phone = lost.id("sessions", "agent", "phone");
    let told = lost.revoke(&[&phone], &[], &[]).expect(200).json();
    assert_eq!(told["ended"].as_array().unwrap().len(), 2, "the phone and its television: {told}");
    for gone in [&mut lost.phone, &mut lost.tv] {
        gone.get("/api/v1/me").expect(401);
    }
    tablet.get("/api/v1/me").expect(200);
}

/// Who can show it has not lost it, and who revokes all that they can show locks themselves out.
#[test]
fn what_was_shown_just_now_is_not_lost() {
    let mut lost = Lost::start();
    lost.app.clock.advance(20 * MINUTE);
    let factor = lost.id("factors", "name", "Phone");
    let stale = lost.revoke(&[], &[&factor], &[]).expect(401);
    assert_eq!(stale.code(), "insufficient_user_authentication");
    let code = totp_code(&lost.phone_secret, lost.app.clock_ms().unsigned_abs() / 1000);
    step_up(&lost.app, &mut lost.laptop, &json!({ "method": "totp", "code": code })).expect(204);
    let same = lost.revoke(&[], &[&factor], &[]).expect(409);
    assert_eq!(same.code(), "shown_itself");
    let recovery = json!({ "method": "recovery", "code": lost.owner.recovery_codes[0] });
    step_up(&lost.app, &mut lost.laptop, &recovery).expect(204);
    lost.revoke(&[], &[&factor], &[]).expect(200);
}

/// The owner whose only factor is lost: in by a recovery code, a new factor, and the old one goes,
/// with one recovery code.
#[test]
fn whoever_lost_their_only_factor_needs_one_recovery_code() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let mut browser = app.client();
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let factor = json!({
        "ticket": first["ticket"], "method": "recovery", "code": owner.recovery_codes[0],
        "browser_time_ms": app.clock_ms(),
    });
    browser.post("/api/v1/signin/factor", &factor).expect(200);
    let all = browser.get("/api/v1/lost").expect(200).json();
    let id = all["factors"][0]["id"].clone();
    let named = json!({ "sessions": [], "factors": [id], "remembered": [] });
    assert_eq!(browser.post("/api/v1/lost", &named).expect(409).code(), "last_factor");
    add_totp(&app, &mut browser, "New phone");
    browser.post("/api/v1/lost", &named).expect(200);
    let left = browser.get("/api/v1/factors").expect(200).json();
    assert_eq!(left["second"].as_array().unwrap().len(), 1);
    assert_eq!(left["second"][0]["name"], "New phone");
    assert_eq!(left["recovery_codes_left"], 9);
}

#[test]
fn nobody_calls_lost_what_is_somebody_elses_or_what_they_use() {
    let mut lost = Lost::start();
    let phone = lost.id("sessions", "agent", "phone");
    let factor = lost.id("factors", "name", "Phone");
    second_account(&lost.app, "Sam");
    let mut sam = lost.app.client();
    let who = json!({ "name": "Sam", "password": lost.owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    for (sessions, factors) in [(vec![&phone], vec![]), (vec![], vec![&factor])] {
        let named = json!({ "sessions": sessions, "factors": factors, "remembered": [] });
        assert_eq!(sam.post("/api/v1/lost", &named).expect(409).code(), "lost_changed");
    }
    lost.phone.get("/api/v1/me").expect(200);
    let own = lost.id("sessions", "agent", "laptop");
    assert_eq!(lost.revoke(&[&own], &[], &[]).expect(409).code(), "not_lost");
    assert_eq!(lost.revoke(&[], &[], &[]).expect(422).code(), "nothing_named");
    assert_eq!(lost.revoke(&["no id"], &[], &[]).expect(409).code(), "lost_changed");
    in_accounts(&lost.app, "UPDATE user SET role = 'administrator' WHERE role = 'owner'");
    let first = lost.id("factors", "name", "Authenticator");
    // The laptop showed the first one, which is the last that would stay.
    let both = lost.revoke(&[], &[&factor, &first], &[]).expect(409);
    assert_eq!(both.code(), "shown_itself");
    let recovery = json!({ "method": "recovery", "code": lost.owner.recovery_codes[0] });
    step_up(&lost.app, &mut lost.laptop, &recovery).expect(204);
    let both = lost.revoke(&[], &[&factor, &first], &[]).expect(409);
    assert_eq!(both.code(), "last_factor", "one stays with whoever administers");
}
