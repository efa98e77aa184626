//! Ways back for whoever forgot or lost what they sign in with: what opens, once, and what does
//! not.

use std::net::Ipv4Addr;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stead::host::clock::{Clock as _, SystemClock};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{
    Answer, App, Client, Options, Owner, in_accounts, link_secret_in, second_account,
    second_account_in, totp_code,
};
use crate::program::Served;
use crate::secret_age::until;
use crate::secrets::{Shown, look_through};

const DAY_MS: u64 = 24 * 3600 * 1000;
pub(crate) const NEW: &str = "nine purple umbrellas";
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);
/// The id that the harness gives a second account's user.
const SAM: &str = "08080808080808080808080808080808";

/// An owner, and Sam, who has the same password and nothing else.
struct House {
    app: App,
    owner: Owner,
}

impl House {
    fn new() -> Self {
        let app = App::start();
        let owner = Owner::claim(&app);
        second_account(&app, "Sam");
        Self { app, owner }
    }

    fn ask(&mut self, what: &str, body: &Value) -> Answer {
        self.owner.browser.post(&format!("/api/v1/people/{SAM}/{what}"), body)
    }

    /// The secret of a link that the owner makes for Sam.
    fn link(&mut self, new_factor: bool) -> String {
        let made = self.ask("link", &json!({ "new_factor": new_factor })).expect(200).json();
        let url = made["urls"][0].as_str().unwrap().to_owned();
        assert!(made["qr_svg"].as_str().unwrap().starts_with("<svg"));
        assert_eq!(made["expires_in_s"], 24 * 3600);
        url.split_once("/reset#s=").unwrap().1.to_owned()
    }

    fn look(&self, secret: &str) -> Answer {
        self.app.client().post("/api/v1/reset/look", &json!({ "secret": secret }))
    }

    fn reset(&self, secret: &str, password: &str, totp_code: Option<&str>) -> Answer {
        let body = json!({ "secret": secret, "password": password, "totp_code": totp_code,
            "browser_time_ms": self.app.clock_ms() });
        self.app.client().post("/api/v1/reset", &body)
    }

    fn sign_in(&self, password: &str) -> (Client, Answer) {
        let mut browser = self.app.client();
        let answer =
            browser.post("/api/v1/signin", &json!({ "name": "Sam", "password": password }));
        (browser, answer)
    }

    fn audit(&self) -> Vec<(String, String)> {
        let store = Store::open(&self.app.data).unwrap();
        store.accounts.read(|tx| audit::newest(tx, 1000)).unwrap()
    }

    fn audited(&self, kind: &str) -> bool {
        self.audit().iter().any(|(one, _)| one == kind)
    }
}

fn is_over(answer: Answer) {
    assert_eq!(answer.expect(403).code(), "way_back_over");
}

#[test]
fn a_link_sets_a_new_password_once_and_ends_what_was_open() {
    let mut house = House::new();
    let old = house.owner.password.clone();
    let (mut phone, answer) = house.sign_in(&old);
    answer.expect(200);
    let secret = house.link(false);
    let look = house.look(&secret).expect(200).json();
    assert_eq!(look, json!({ "name": "Sam", "new_factor": false, "password_min_chars": 15 }));
    house.look(&secret).expect(200);
    phone.get("/api/v1/me").expect(200);

    let short = house.reset(&secret, "nine purple", None).expect(422);
    assert_eq!(short.code(), "password_too_short");
    let done = house.reset(&secret, NEW, None).expect(200).json();
    assert_eq!(done, json!({ "recovery_codes": [] }));
    phone.get("/api/v1/me").expect(401);
    house.sign_in(&old).1.expect(401);
    house.app.clock.advance(60_000);
    let (mut phone, answer) = house.sign_in(NEW);
    answer.expect(200);
    let told = phone.get("/api/v1/notices").expect(200).json();
    assert_eq!(told["notices"][0]["kind"], "reset", "{told}");
    is_over(house.reset(&secret, "another one, much later", None));
    is_over(house.look(&secret));
    assert!(house.audited("recovery.link_made") && house.audited("recovery.link_used"));
}

#[test]
fn a_link_is_over_after_a_day_and_when_another_takes_its_place() {
    let mut house = House::new();
    let first = house.link(false);
    let second = house.link(false);
    is_over(house.look(&first));
    house.app.clock.advance(DAY_MS - 1);
    house.look(&second).expect(200);
    house.app.clock.advance(1);
    is_over(house.look(&second));
    is_over(house.reset(&second, NEW, None));
}

#[test]
fn a_link_outlives_a_restart() {
    let mut house = House::new();
    let secret = house.link(false);
    let clock = house.app.clock.clone();
    let house = House { app: house.app.restart(Options::with_clock(&clock)), owner: house.owner };
    house.reset(&secret, NEW, None).expect(200);
    house.sign_in(NEW).1.expect(200);
}

#[test]
fn a_link_for_a_new_factor_takes_both_anew() {
    let mut house = House::new();
    let secret = house.link(true);
    assert_eq!(house.look(&secret).expect(200).json()["password_min_chars"], 8);
    let ask = json!({ "secret": secret });
    let made = house.app.client().post("/api/v1/reset/factor", &ask).expect(200).json();
    let again = house.app.client().post("/api/v1/reset/factor", &ask).expect(200).json();
    assert_eq!(made, again, "a page that is loaded anew shows the same");
    let key = made["secret_base32"].as_str().unwrap();
    let seconds = u64::try_from(house.app.clock_ms() / 1000).unwrap();
    let code = totp_code(key, seconds);

    for wrong in [None, Some("000000")] {
        assert_eq!(house.reset(&secret, NEW, wrong).expect(422).code(), "totp_wrong");
    }
    let done = house.reset(&secret, NEW, Some(&code)).expect(200).json();
    assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);

    let (mut phone, first) = house.sign_in(NEW);
    let first = first.expect(200).json();
    let show = |method: &str, code: &str| {
        json!({ "ticket": first["ticket"], "method": method, "code": code,
            "browser_time_ms": house.app.clock_ms() })
    };
    phone.post("/api/v1/signin/factor", &show("totp", &code)).expect(401);
    house.app.clock.advance(60_000);
    let recovery = done["recovery_codes"][0].as_str().unwrap();
    phone.post("/api/v1/signin/factor", &show("recovery", recovery)).expect(200);
}

#[test]
fn a_link_without_a_new_factor_enrols_none() {
    let mut house = House::new();
    let secret = house.link(false);
    is_over(house.app.client().post("/api/v1/reset/factor", &json!({ "secret": secret })));
}

#[test]
fn log_flooding_made_up_links_open_nothing_and_write_nothing() {
    let mut house = House::new();
    let secret = house.link(false);
    let before = house.audit().len();
    for number in 0..30 {
        is_over(house.look(&format!("AAAAAAAAAAAAAAAAAAAA{number:02}")));
        is_over(house.reset("", NEW, None));
    }
    assert_eq!(house.audit().len(), before, "no flood of these fills the audit");
    house.reset(&secret, NEW, None).expect(200);
}

#[test]
fn nobody_makes_a_way_into_the_owners_account() {
    let mut house = House::new();
    let me = house.owner.browser.get("/api/v1/me").expect(200).json();
    let own = me["user"]["id"].as_str().unwrap();
    for (what, body) in [
        ("link", json!({ "new_factor": false })),
        ("code", json!({})),
        ("signout", json!({})),
        ("switch", json!({ "enabled": false })),
    ] {
        let path = format!("/api/v1/people/{own}/{what}");
        let answer = house.owner.browser.post(&path, &body).expect(409);
        assert_eq!(answer.code(), "not_for_owner", "{what}");
    }
}

#[test]
fn a_way_back_is_a_guarding_act() {
    let mut house = House::new();
    house.app.clock.advance(16 * 60_000);
    for (what, body) in [("link", json!({ "new_factor": false })), ("code", json!({}))] {
        let answer = house.ask(what, &body).expect(401);
        assert_eq!(answer.code(), "insufficient_user_authentication");
    }
    for (what, body) in [("signout", json!({})), ("switch", json!({ "enabled": false }))] {
        let answer = house.ask(what, &body).expect(401);
        assert_eq!(answer.code(), "insufficient_user_authentication");
    }
}

#[test]
fn the_owner_sees_everybody_signs_them_out_and_keeps_them_out() {
    let mut house = House::new();
    let old = house.owner.password.clone();
    let people = house.owner.browser.get("/api/v1/people").expect(200).json();
    let names: Vec<_> = people["people"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["Robin", "Sam"]);
    assert_eq!(people["people"][0]["factors"], json!(["totp", "recovery"]));
    assert_eq!(people["people"][1]["factors"], json!([]));

    let (mut phone, answer) = house.sign_in(&old);
    answer.expect(200);
    house.ask("signout", &json!({})).expect(204);
    phone.get("/api/v1/me").expect(401);
    let (mut phone, answer) = house.sign_in(&old);
    answer.expect(200);
    let secret = house.link(false);
    house.ask("switch", &json!({ "enabled": false })).expect(204);
    phone.get("/api/v1/me").expect(401);
    is_over(house.look(&secret));
    house.sign_in(&old).1.expect(401);
    house.ask("switch", &json!({ "enabled": true })).expect(204);
    phone.get("/api/v1/me").expect(401);
    house.app.clock.advance(3_600_000);
    house.sign_in(&old).1.expect(200);
}

/// Gives Sam an authenticator, by a link: its key.
fn enrolled(house: &mut House) -> String {
    let secret = house.link(true);
    let ask = json!({ "secret": secret });
    let made = house.app.client().post("/api/v1/reset/factor", &ask).expect(200).json();
    let key = made["secret_base32"].as_str().unwrap().to_owned();
    let seconds = u64::try_from(house.app.clock_ms() / 1000).unwrap();
    house.reset(&secret, NEW, Some(&totp_code(&key, seconds))).expect(200);
    key
}

/// Shows a code in the place of a recovery code after a right password.
fn show_code(house: &House, from: Ipv4Addr, code: &str) -> Answer {
    let mut browser = house.app.client().sent_from(from);
    let who = json!({ "name": "Sam", "password": NEW });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let body = json!({ "ticket": first["ticket"], "method": "recovery", "code": code,
        "browser_time_ms": house.app.clock_ms() });
    browser.post("/api/v1/signin/factor", &body)
}

#[test]
fn the_owners_code_stands_in_once_for_a_second_factor() {
    let mut house = House::new();
    enrolled(&mut house);
    let made = |house: &mut House| {
        let answer = house.ask("code", &json!({})).expect(200).json();
        answer["code"].as_str().unwrap().to_owned()
    };
    let first = made(&mut house);
    let second = made(&mut house);
    show_code(&house, Ipv4Addr::LOCALHOST, &first).expect(401);
    house.app.clock.advance(60_000);
    let typed = second.to_lowercase().replace('-', " ");
    show_code(&house, Ipv4Addr::LOCALHOST, &typed).expect(200);
    show_code(&house, Ipv4Addr::LOCALHOST, &second).expect(401);
    assert!(house.audited("recovery.code_made") && house.audited("recovery.code_used"));

    house.app.clock.advance(3_600_000);
    house.owner.browser = house.owner.sign_in_at(&house.app, house.app.clock_ms()).0;
    let third = made(&mut house);
    house.app.clock.advance(DAY_MS);
    show_code(&house, Ipv4Addr::LOCALHOST, &third).expect(401);
}

/// Whoever learned an old password must not make the account theirs for good.
#[test]
fn a_first_factor_is_enrolled_by_the_owners_code_and_not_by_the_password_alone() {
    let mut house = House::new();
    let old = house.owner.password.clone();
    let (mut thief, answer) = house.sign_in(&old);
    answer.expect(200);
    let refused = thief.post("/api/v1/factors/totp", &json!({})).expect(403);
    assert_eq!(refused.code(), "enrolment_needs_code");

    let code = house.ask("code", &json!({})).expect(200).json();
    let (mut phone, first) = house.sign_in(&old);
    let first = first.expect(200).json();
    assert_eq!((&first["step"], &first["methods"]), (&json!("factor"), &json!(["recovery"])));
    let show = |code: &Value| {
        json!({ "ticket": first["ticket"], "method": "recovery", "code": code,
            "browser_time_ms": house.app.clock_ms() })
    };
    phone.post("/api/v1/signin/factor", &show(&json!("BBBB-CCCC"))).expect(401);
    house.app.clock.advance(60_000);
    phone.post("/api/v1/signin/factor", &show(&code["code"])).expect(200);
    phone.post("/api/v1/factors/totp", &json!({})).expect(200);
}

#[test]
fn guesses_at_the_owners_code_are_slowed_over_restarts_and_lock_nobody_out() {
    let mut house = House::new();
    enrolled(&mut house);
    let answer = house.ask("code", &json!({})).expect(200).json();
    let code = answer["code"].as_str().unwrap().to_owned();
    show_code(&house, STRANGER, "BBBB-CCCC").expect(401);
    let clock = house.app.clock.clone();
    let house = House { app: house.app.restart(Options::with_clock(&clock)), owner: house.owner };
    assert_eq!(show_code(&house, STRANGER, &code).expect(429).code(), "slow_down");
    show_code(&house, Ipv4Addr::LOCALHOST, &code).expect(200);
}

/// Asks for a rescue secret as `stead rescue` does: the secret of the link.
pub(crate) fn rescue_secret(app: &App) -> String {
    let (wish, page) = (app.data.join("rescue-wanted"), app.data.join("rescue-links"));
    std::fs::write(&wish, "").unwrap();
    until("the wish is fulfilled", || !wish.exists() && page.exists());
    let links = std::fs::read_to_string(page).unwrap();
    links.lines().next().unwrap().split_once("/rescue#s=").unwrap().1.to_owned()
}

pub(crate) fn begin(browser: &mut Client, secret: &str, code: &str) -> Answer {
    let possession = json!({ "kind": "secret", "secret": secret });
    let body = json!({ "possession": possession, "recovery_code": code });
    browser.post("/api/v1/rescue/owner", &body)
}

pub(crate) fn finish(app: &App, ticket: &Value, totp: Option<&str>) -> Answer {
    let body = json!({ "ticket": ticket, "password": NEW, "totp_code": totp,
        "browser_time_ms": app.clock_ms() });
    app.client().post("/api/v1/rescue/owner/finish", &body)
}

#[test]
fn the_owner_comes_back_by_a_recovery_code_and_the_box_in_hand_and_by_nothing_less() {
    let mut house = House::new();
    let codes = house.owner.recovery_codes.clone();
    let refused = begin(&mut house.app.client(), "AAAAAAAAAAAAAAAAAAAAAA", &codes[0]).expect(403);
    assert_eq!(refused.code(), "not_in_hand");
    let secret = rescue_secret(&house.app);
    let refused = begin(&mut house.app.client(), &secret, "aaaaa-bbbbb-ccccc").expect(401);
    assert_eq!(refused.code(), "wrong_code");
    house.app.clock.advance(60_000);

    let begun = begin(&mut house.app.client(), &secret, &codes[0]).expect(200).json();
    assert_eq!(begun["name"], "Robin");
    house.owner.browser.get("/api/v1/me").expect(200);
    let done = finish(&house.app, &begun["ticket"], None).expect(200).json();
    assert_eq!(done, json!({ "recovery_codes": [] }));
    house.owner.browser.get("/api/v1/me").expect(401);
    assert!(!house.app.data.join("rescue-links").exists());
    is_over(finish(&house.app, &begun["ticket"], None));
    let again = begin(&mut house.app.client(), &secret, &codes[1]).expect(403);
    assert_eq!(again.code(), "not_in_hand", "the proof is used up");

    house.owner.password = NEW.to_owned();
    house.owner.sign_in_at(&house.app, house.app.clock_ms()).1.expect(200);
    for kind in ["secret_made", "owner_refused", "owner_begun", "owner_done"] {
        assert!(house.audited(&format!("recovery.{kind}")), "{kind}");
    }
    let secret = rescue_secret(&house.app);
    let used = begin(&mut house.app.client(), &secret, &codes[0]).expect(401);
    assert_eq!(used.code(), "wrong_code", "the code is used up");
}

#[test]
fn the_owner_who_lost_the_phone_takes_a_new_one_and_the_old_one_is_void() {
    let mut house = House::new();
    let secret = rescue_secret(&house.app);
    let code = house.owner.recovery_codes[2].clone();
    let begun = begin(&mut house.app.client(), &secret, &code).expect(200).json();
    let key = begun["factor"]["secret_base32"].as_str().unwrap().to_owned();
    let seconds = u64::try_from(house.app.clock_ms() / 1000).unwrap();
    let wrong = finish(&house.app, &begun["ticket"], Some("000000")).expect(422);
    assert_eq!(wrong.code(), "totp_wrong");
    let totp = totp_code(&key, seconds);
    let done = finish(&house.app, &begun["ticket"], Some(&totp)).expect(200).json();
    assert_eq!(done["recovery_codes"].as_array().unwrap().len(), 10);

    house.owner.password = NEW.to_owned();
    house.app.clock.advance(60_000);
    house.owner.sign_in_at(&house.app, house.app.clock_ms()).1.expect(401);
    house.app.clock.advance(60_000);
    house.owner.totp_secret = key;
    house.owner.sign_in_at(&house.app, house.app.clock_ms()).1.expect(200);
}

#[test]
fn a_rescue_secret_is_over_after_a_quarter_of_an_hour_and_at_a_restart() {
    let house = House::new();
    let code = &house.owner.recovery_codes[0];
    let secret = rescue_secret(&house.app);
    house.app.clock.advance(15 * 60_000);
    assert_eq!(begin(&mut house.app.client(), &secret, code).expect(403).code(), "not_in_hand");
    let page = house.app.data.join("rescue-links");
    until("the links are removed", || !page.exists());

    let secret = rescue_secret(&house.app);
    let begun = begin(&mut house.app.client(), &secret, code).expect(200).json();
    let clock = house.app.clock.clone();
    let app = house.app.restart(Options::with_clock(&clock));
    assert_eq!(begin(&mut app.client(), &secret, code).expect(403).code(), "not_in_hand");
    is_over(finish(&app, &begun["ticket"], None));
    until("the links are removed", || !page.exists());
}

#[test]
fn guesses_at_recovery_codes_are_slowed_and_nobody_without_the_box_slows_the_owner() {
    let house = House::new();
    let code = &house.owner.recovery_codes[0];
    for _ in 0..30 {
        let mut stranger = house.app.client().sent_from(STRANGER);
        begin(&mut stranger, "AAAAAAAAAAAAAAAAAAAAAA", "aaaaa-bbbbb-ccccc").expect(403);
    }
    let secret = rescue_secret(&house.app);
    let mut thief = house.app.client().sent_from(STRANGER);
    begin(&mut thief, &secret, "aaaaa-bbbbb-ccccc").expect(401);
    begin(&mut thief, &secret, "aaaaa-bbbbb-ccccc").expect(429);
    begin(&mut house.app.client(), &secret, code).expect(200);
}

/// Nothing but the time that is needed could tell them apart, and the bench measures that.
#[test]
fn enumeration_by_text_known_and_unknown_names_are_answered_alike() {
    let house = House::new();
    in_accounts(&house.app, &format!("UPDATE user SET enabled = 0 WHERE id = X'{SAM}'"));
    let shape = |name: &str, password: &str| {
        let body = json!({ "name": name, "password": password });
        let answer = house.app.client().post("/api/v1/signin", &body);
        let headers: Vec<_> =
            answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
        (answer.status, headers, answer.text())
    };
    let known = shape("Robin", "not this one");
    assert_eq!(known.0, 401);
    for (name, password) in [
        ("Nobody", "not this one"),
        ("Sam", "seven green kettles"),
        ("Robin\u{202e}", "not this one"),
    ] {
        assert_eq!(shape(name, password), known, "{name}");
    }
}

/// The real program with the most talkative log, its owner, and Sam.
fn talkative() -> (Served, Owner) {
    let served = Served::start_logging("level = \"trace\"", |_| ());
    let now = SystemClock::new(None).now().wall;
    let browser = Client::new(served.http_port);
    let mut owner = Owner::almost_in(browser, &link_secret_in(&served.data()), now.0);
    owner.finish().expect(200);
    second_account_in(&served.data(), now, "Sam");
    (served, owner)
}

#[test]
fn nothing_of_a_way_back_is_kept_or_logged() {
    let (served, mut owner) = talkative();
    let (port, mut shown) = (served.http_port, Shown::default());
    let now_ms = SystemClock::new(None).now().wall.0;
    let path = |what: &str| format!("/api/v1/people/{SAM}/{what}");
    let made = owner.browser.post(&path("link"), &json!({ "new_factor": true })).expect(200);
    let url = made.json()["urls"][0].as_str().unwrap().to_owned();
    let secret = url.split_once("#s=").unwrap().1;
    let ask = json!({ "secret": secret });
    let key = Client::new(port).post("/api/v1/reset/factor", &ask).expect(200).json();
    let key = key["secret_base32"].as_str().unwrap();
    let code = totp_code(key, u64::try_from(now_ms / 1000).unwrap());
    let body = json!({ "secret": secret, "password": NEW, "totp_code": code,
        "browser_time_ms": now_ms });
    let done = Client::new(port).post("/api/v1/reset", &body).expect(200).json();
    let given = owner.browser.post(&path("code"), &json!({})).expect(200).json();
    for (what, text) in [
        ("a link's secret", secret),
        ("the new password", NEW),
        ("the new authenticator's secret", key),
        ("a new recovery code", done["recovery_codes"][0].as_str().unwrap()),
        ("the owner's code", given["code"].as_str().unwrap()),
        ("the owner's recovery code", &owner.recovery_codes[0]),
    ] {
        shown.add(what, text);
    }

    let told = served.command("rescue");
    assert_eq!((told.code, told.complained.as_str()), (Some(0), ""), "{told:?}");
    let secret = told.said.split_once("/rescue#s=").unwrap().1;
    let secret = secret.split_whitespace().next().unwrap();
    let begun = begin(&mut Client::new(port), secret, &owner.recovery_codes[0]).expect(200).json();
    let body = json!({ "ticket": begun["ticket"], "password": "ten yellow bicycles",
        "browser_time_ms": now_ms });
    Client::new(port).post("/api/v1/rescue/owner/finish", &body).expect(200);
    shown.add("the rescue secret", secret);
    shown.add("the rescue's ticket", begun["ticket"].as_str().unwrap());
    shown.add("the owner's new password", "ten yellow bicycles");

    look_through(&shown, &served.data(), &["recovery.link_used", "recovery.owner_done"]);
    served.signal(Signal::SIGTERM);
    let ended = served.ended();
    assert!(ended.complained.contains("rescue secret"), "there is a log: {}", ended.complained);
    shown.assert_none_in("the log", ended.complained.as_bytes());
}

#[test]
fn log_injection_what_people_send_makes_no_line_of_its_own() {
    let (served, mut owner) = talkative();
    let trap = "Sam\n2026-01-01T00:00:00Z ERROR stead: forged\u{1b}[31m\r\u{2028}";
    let mut browser = Client::new(served.http_port).with("User-Agent", "forged\tby \u{85}agent");
    browser.post("/api/v1/signin", &json!({ "name": trap, "password": trap })).expect(401);
    browser.post("/api/v1/reset/look", &json!({ "secret": trap })).expect(403);
    begin(&mut browser, trap, trap).expect(403);
    let path = "/api/v1/settings";
    assert_eq!(
        owner.browser.post(path, &json!({ "name": trap })).expect(422).code(),
        "name_invalid"
    );
    served.signal(Signal::SIGTERM);
    let log = served.ended().complained;
    assert!(log.contains("claim"), "there is a log: {log}");
    assert!(!log.contains("forged") && !log.contains('\u{1b}') && !log.contains('\r'), "{log}");
}
