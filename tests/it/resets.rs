//! What each change of what somebody signs in with ends, of all that can be open for them.

use serde_json::{Value, json};

use crate::devices::{app_asks, approve, basic, exchange};
use crate::harness::{App, Client, Owner, second_account, totp_code};
use crate::provider::{VERIFIER, agree, member, post_form, query, sent_to};
use crate::rescue::{begin as begin_rescue, rescue_secret};

const MINUTE: u64 = 60 * 1000;
const NEW: &str = "nine purple umbrellas";
/// The id that the harness gives a second account's user.
pub(crate) const SAM: &str = "08080808080808080808080808080808";

/// A change, whose it is, what of all goes on, and whether the laptop does in which it is made.
struct Row {
    change: &'static str,
    whose: Whose,
    bring_about: fn(&mut Home),
    goes_on: &'static [&'static str],
    laptop_goes_on: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Whose {
    Owner,
    Member,
}

const CHANGES: [Row; 8] = [
    row("a factor is removed", Whose::Owner, remove_factor, &[], true),
    row("another password", Whose::Owner, change_password, &[], true),
    row("a reset link", Whose::Member, |home| reset(home, false), &[], false),
    row("a reset link and a new phone", Whose::Member, |home| reset(home, true), &[], false),
    row("a rescue", Whose::Owner, rescue, &[], false),
    row("it was not me", Whose::Owner, disown, &[], true),
    row("a lost device with its factor", Whose::Owner, |home| lose(home, true), &[], true),
    row("a lost device", Whose::Owner, |home| lose(home, false), &["tablet", "tablet's"], true),
];

const fn row(
    change: &'static str,
    whose: Whose,
    bring_about: fn(&mut Home),
    goes_on: &'static [&'static str],
    laptop_goes_on: bool,
) -> Row {
    Row { change, whose, bring_about, goes_on, laptop_goes_on }
}

#[test]
fn each_reset_ends_all_that_it_should_and_no_more() {
    for Row { change, whose, bring_about, goes_on, laptop_goes_on } in CHANGES {
        let mut home = Home::start(whose);
        for (what, client) in &mut home.open {
            assert_eq!(client.get("/api/v1/home").status, 200, "{what} before {change}");
        }
        assert_eq!(home.remembered_by_the_list(), ["phone", "tablet"], "before {change}");
        bring_about(&mut home);
        for (what, client) in &mut home.open {
            let wanted = if goes_on.contains(what) { 200 } else { 401 };
            assert_eq!(client.get("/api/v1/home").status, wanted, "{what} after {change}");
        }
        let told = poll(&mut home.late.0, &home.late.1);
        assert_eq!(told, "denied", "what was approved and had not asked, after {change}");
        let wanted = if laptop_goes_on { 200 } else { 401 };
        assert_eq!(home.laptop.get("/api/v1/home").status, wanted, "the laptop after {change}");
        let left: &[&str] = if goes_on.contains(&"tablet's") { &["tablet"] } else { &[] };
        assert_eq!(home.remembered_by_the_list(), left, "remembered after {change}");
        for (browser, client) in home.browsers() {
            let step = if left.contains(&browser) { "done" } else { "factor" };
            assert_eq!(home.signs_in(client)["step"], step, "{browser} after {change}");
        }
    }
}

/// A person with two browsers and what they let in by one, and a third browser where the change is
/// made.
pub(crate) struct Home {
    pub(crate) app: App,
    pub(crate) owner: Owner,
    /// Whose all that is: the owner, or a member.
    pub(crate) person: Owner,
    pub(crate) laptop: Client,
    pub(crate) open: Vec<(&'static str, Client)>,
    /// A television that was approved, and has not asked since; with its code.
    pub(crate) late: (Client, Value),
}

impl Home {
    pub(crate) fn start(whose: Whose) -> Self {
        let app = App::start();
        let mut owner = Owner::claim(&app);
        let switch = json!({ "allowed": true });
        owner.browser.post("/api/v1/settings/app-passwords", &switch).expect(204);
        let person = match whose {
            Whose::Owner => copy(&owner),
            Whose::Member => sam(&app, &mut owner),
        };
        let laptop = signed_in(&app, &person, "laptop", "no");
        let mut tablet = signed_in(&app, &person, "tablet", "30_days");
        add_totp(&app, &mut tablet, "Tablet");
        let mut phone = signed_in(&app, &person, "phone", "30_days");
        let made = phone.post("/api/v1/app-passwords", &json!({ "name": "Radio" })).expect(201);
        let by_password = basic(&app, &person.name, made.json()["password"].as_str().unwrap());
        let offer = app_asks(&app);
        approve(&mut phone, &json!({ "code": offer["user_code"] }), "Radio").expect(204);
        let by_grant = bearer(&app, &exchange(&app, &offer["device_code"]).expect(200).json());
        let by_code = lets_in_by_code(&app, &mut phone);
        let (mut tv, shown) = television(&app);
        approve(&mut phone, &json!({ "code": shown["user_code"] }), "Living room").expect(204);
        assert_eq!(poll(&mut tv, &shown), "done");
        let late = television(&app);
        approve(&mut phone, &json!({ "code": late.1["user_code"] }), "Bedroom").expect(204);
        let open = vec![
            ("phone", phone),
            ("tablet", tablet),
            ("television", tv),
            ("app by the device grant", by_grant),
            ("app by code and PKCE", by_code),
            ("app by a password of its own", by_password),
        ];
        Self { app, owner, person, laptop, open, late }
    }

    fn browsers(&self) -> [(&'static str, Client); 2] {
        ["phone", "tablet"].map(|name| {
            let found = self.open.iter().find(|(what, _)| *what == name).unwrap();
            (name, found.1.clone())
        })
    }

    /// What a browser is told after the password.
    fn signs_in(&self, mut browser: Client) -> Value {
        self.app.clock.advance(MINUTE);
        let who = json!({ "name": self.person.name, "password": self.person.password });
        browser.post("/api/v1/signin", &who).expect(200).json()
    }

    /// Which browsers are remembered, as the person sees it in the laptop, signed in anew if need be.
    fn remembered_by_the_list(&mut self) -> Vec<String> {
        if self.laptop.get("/api/v1/me").status == 401 {
            self.laptop = signed_in(&self.app, &self.person, "laptop", "no");
        }
        let list = self.laptop.get("/api/v1/remembered").expect(200).json();
        let rows = list["devices"].as_array().unwrap().iter();
        let mut agents: Vec<_> =
            rows.map(|row| row["agent"].as_str().unwrap().to_owned()).collect();
        agents.sort();
        agents
    }

    /// The id of what fits in a list of what hangs on devices.
    fn hanging(&mut self, list: &str, member: &str, text: &str) -> String {
        let all = self.laptop.get("/api/v1/lost").expect(200).json();
        let rows = all[list].as_array().unwrap();
        let found = rows.iter().find(|row| row[member] == text);
        found.unwrap_or_else(|| panic!("{all}"))["id"].as_str().unwrap().to_owned()
    }
}

fn copy(owner: &Owner) -> Owner {
    Owner {
        browser: owner.browser.clone(),
        name: owner.name.clone(),
        password: owner.password.clone(),
        totp_secret: owner.totp_secret.clone(),
        recovery_codes: owner.recovery_codes.clone(),
    }
}

pub(crate) fn code_now(app: &App, secret: &str) -> String {
    totp_code(secret, app.clock_ms().unsigned_abs() / 1000)
}

/// A member with a password and an authenticator, by a link of the owner's.
fn sam(app: &App, owner: &mut Owner) -> Owner {
    second_account(app, "Sam");
    let totp_secret = renewed(app, owner, "ten yellow bicycles", true).unwrap();
    Owner {
        browser: app.client(),
        name: "Sam".to_owned(),
        password: "ten yellow bicycles".to_owned(),
        totp_secret,
        recovery_codes: Vec::new(),
    }
}

/// Uses a link that the owner makes for Sam: the key of the new authenticator, if there is one.
fn renewed(app: &App, owner: &mut Owner, password: &str, new_factor: bool) -> Option<String> {
    let ask = json!({ "new_factor": new_factor });
    let made = owner.browser.post(&format!("/api/v1/people/{SAM}/link"), &ask).expect(200).json();
    let url = made["urls"][0].as_str().unwrap().to_owned();
    let secret = url.split_once("#s=").unwrap().1;
    let key = new_factor.then(|| {
        let ask = json!({ "secret": secret });
        let made = app.client().post("/api/v1/reset/factor", &ask).expect(200).json();
        made["secret_base32"].as_str().unwrap().to_owned()
    });
    let body = json!({ "secret": secret, "password": password,
        "totp_code": key.as_ref().map(|key| code_now(app, key)),
        "browser_time_ms": app.clock_ms() });
    app.client().post("/api/v1/reset", &body).expect(200);
    key
}

pub(crate) fn signed_in(app: &App, person: &Owner, agent: &str, remember: &str) -> Client {
    app.clock.advance(MINUTE);
    let mut browser = app.client().with("user-agent", agent);
    let who = json!({ "name": person.name, "password": person.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let factor = json!({
        "ticket": first["ticket"], "method": "totp", "code": code_now(app, &person.totp_secret),
        "browser_time_ms": app.clock_ms(), "remember": remember,
    });
    browser.post("/api/v1/signin/factor", &factor).expect(200);
    browser
}

fn add_totp(app: &App, browser: &mut Client, name: &str) {
    let begun = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let code = code_now(app, begun["secret_base32"].as_str().unwrap());
    let body = json!({ "ticket": begun["ticket"], "name": name, "code": code });
    browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
}

pub(crate) fn television(app: &App) -> (Client, Value) {
    let mut tv = app.client();
    let offer = tv.post("/api/v1/tv/begin", &json!({ "name": "Television" })).expect(200).json();
    (tv, offer)
}

pub(crate) fn poll(tv: &mut Client, offer: &Value) -> String {
    let body = json!({ "device_code": offer["device_code"] });
    let told = tv.post("/api/v1/tv/poll", &body).expect(200).json();
    told["step"].as_str().unwrap().to_owned()
}

pub(crate) fn bearer(app: &App, given: &Value) -> Client {
    let token = given["access_token"].as_str().unwrap();
    app.client().with("Authorization", &format!("Bearer {token}"))
}

/// A native app that its person agrees to in a browser (RFC 8252).
fn lets_in_by_code(app: &App, phone: &mut Client) -> Client {
    let redirect = "http://127.0.0.1:49152/callback";
    let asked = query("stead-app", &[("redirect_uri", redirect), ("scope", "playback")]);
    let (_, members) = sent_to(&agree(phone, &asked).expect(200));
    let code = member(&members, "code").unwrap();
    let members = [
        ("grant_type", "authorization_code"),
        ("client_id", "stead-app"),
        ("code", code.as_str()),
        ("redirect_uri", redirect),
        ("code_verifier", VERIFIER),
    ];
    bearer(app, &post_form(app, "/oauth/token", &members).expect(200).json())
}

fn remove_factor(home: &mut Home) {
    let id = home.hanging("factors", "name", "Tablet");
    home.laptop.post(&format!("/api/v1/factors/{id}/remove"), &json!({})).expect(204);
}

fn change_password(home: &mut Home) {
    let body = json!({ "old": home.person.password, "new": NEW });
    home.laptop.post("/api/v1/password", &body).expect(204);
    home.person.password = NEW.to_owned();
}

fn reset(home: &mut Home, new_factor: bool) {
    if let Some(key) = renewed(&home.app, &mut home.owner, NEW, new_factor) {
        home.person.totp_secret = key;
    }
    home.person.password = NEW.to_owned();
}

fn rescue(home: &mut Home) {
    let secret = rescue_secret(&home.app);
    let code = &home.person.recovery_codes[5];
    let begun = begin_rescue(&mut home.app.client(), &secret, code).expect(200).json();
    let renewal = json!({ "ticket": begun["ticket"], "password": NEW, "totp_code": null,
        "browser_time_ms": home.app.clock_ms() });
    home.app.client().post("/api/v1/rescue/owner/finish", &renewal).expect(200);
    home.person.password = NEW.to_owned();
}

fn disown(home: &mut Home) {
    let mut thief = signed_in(&home.app, &home.person, "thief", "no");
    let told = home.laptop.get("/api/v1/notices").expect(200).json();
    let of_thief = |one: &&Value| one["kind"] == "signed_in" && one["about"] == "thief";
    let notice = told["notices"].as_array().unwrap().iter().find(of_thief).unwrap();
    let path = format!("/api/v1/notices/{}/disown", notice["id"].as_str().unwrap());
    home.laptop.post(&path, &json!({})).expect(200);
    thief.get("/api/v1/me").expect(401);
}

/// The phone is lost; and with it, or not, an authenticator that was on it.
fn lose(home: &mut Home, with_factor: bool) {
    let session = home.hanging("sessions", "agent", "phone");
    let browser = home.hanging("remembered", "agent", "phone");
    let factors: Vec<_> =
        with_factor.then(|| home.hanging("factors", "name", "Tablet")).into_iter().collect();
    let named = json!({ "sessions": [session], "factors": factors, "remembered": [browser] });
    home.laptop.post("/api/v1/lost", &named).expect(200);
}
