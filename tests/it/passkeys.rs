//! Passkeys, with the authenticator of the `passkey` crate on the other end. Pages are opened by
//! `localhost`, which is a name that passkeys can belong to.

pub(crate) mod device;

use serde_json::{Value, json};
use stead_rules::limits::{PASSKEY_CEREMONY_SECONDS, PASSKEYS_MAX};

use crate::harness::{Answer, App, Client, Options, Owner, in_accounts, totp_code};
use device::{Answering, Device};

const BEGIN: &str = "/api/v1/signin/passkey/begin";
const FINISH: &str = "/api/v1/signin/passkey";

/// A claimed server, the owner's browser at `localhost`, and a device with a passkey of the owner.
pub(crate) struct Owned {
    pub(crate) app: App,
    pub(crate) owner: Owner,
    pub(crate) device: Device,
}

impl Owned {
    pub(crate) fn start() -> Self {
        let app = App::start();
        let mut owner = Owner::claim(&app);
        owner.browser = owner.browser.named("localhost");
        let mut device = Device::new(app.http_port);
        register(&mut owner.browser, &mut device, "Phone").expect(200);
        Self { app, owner, device }
    }

    /// Another browser that opened the sign-in page.
    pub(crate) fn stranger(&self) -> Client {
        self.app.client().named("localhost")
    }
}

fn register(browser: &mut Client, device: &mut Device, name: &str) -> Answer {
    let begun = browser.post("/api/v1/passkeys/begin", &json!({})).expect(200).json();
    let credential = device.make(&begun["options"]);
    let made = json!({ "ceremony": begun["ceremony"], "name": name, "credential": credential });
    browser.post("/api/v1/passkeys", &made)
}

fn step_up(browser: &mut Client, device: &mut Device) -> Answer {
    let begun = browser.post("/api/v1/stepup/passkey/begin", &json!({})).expect(200).json();
    let credential = device.show(&begun["options"]);
    let shown = json!({ "ceremony": begun["ceremony"], "credential": credential });
    browser.post("/api/v1/stepup/passkey", &shown)
}

fn begin(browser: &mut Client) -> Value {
    browser.post(BEGIN, &json!({})).expect(200).json()
}

fn finish(browser: &mut Client, begun: &Value, credential: &Value) -> Answer {
    let shown = json!({ "ceremony": begun["ceremony"], "credential": credential });
    browser.post(FINISH, &shown)
}

pub(crate) fn sign_in(browser: &mut Client, device: &mut Device) -> Answer {
    let begun = begin(browser);
    let credential = device.show(&begun["options"]);
    finish(browser, &begun, &credential)
}

fn passkeys(browser: &mut Client) -> Vec<Value> {
    let list = browser.get("/api/v1/passkeys").expect(200).json();
    list["passkeys"].as_array().unwrap().clone()
}

fn assurance(browser: &mut Client) -> Value {
    browser.get("/api/v1/me").expect(200).json()["session"]["assurance"].clone()
}

/// Whether the log holds an entry of this kind.
fn logged(app: &App, kind: &str) -> bool {
    let store = stead_store::Store::open(&app.data).unwrap();
    let newest = store.accounts.read(|tx| stead_store::accounts::audit::newest(tx, 100)).unwrap();
    newest.iter().any(|(one, _)| one == kind)
}

#[test]
fn a_passkey_alone_signs_in_and_is_worth_more_than_a_code() {
    let mut owned = Owned::start();
    let mut browser = owned.stranger();
    sign_in(&mut browser, &mut owned.device).expect(200);
    assert_eq!(assurance(&mut browser), "mfa_phishing_resistant");
    let list = passkeys(&mut browser);
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0]["name"], &list[0]["made_for"]), (&json!("Phone"), &json!("localhost")));
    assert_eq!(list[0]["usable_here"], true);
    assert!(list[0]["used_ms"].is_i64(), "{list:?}");
    assert!(logged(&owned.app, "mfa.added"));
}

#[test]
fn a_passkey_is_the_second_step_after_a_password() {
    let mut owned = Owned::start();
    let mut browser = owned.stranger();
    let who = json!({ "name": owned.owner.name, "password": owned.owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let asked = json!({ "ticket": first["ticket"] });
    let begun = browser.post(BEGIN, &asked).expect(200).json();
    let named = begun["options"]["publicKey"]["allowCredentials"].as_array().unwrap();
    assert_eq!(named.len(), 1, "the account is known, so the browser is told which fit");
    let credential = owned.device.show(&begun["options"]);
    finish(&mut browser, &begun, &credential).expect(200);
    let methods = browser.get("/api/v1/me").json()["session"]["methods"].clone();
    assert_eq!(methods, json!(["password", "passkey"]));
    let again = browser.post(BEGIN, &asked);
    assert_eq!(again.code(), "signin_over", "the ticket is used up");
}

#[test]
fn a_passkey_finishes_no_sign_in_that_began_with_an_older_password() {
    let mut owned = Owned::start();
    let mut browser = owned.stranger();
    let who = json!({ "name": owned.owner.name, "password": owned.owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let begun = browser.post(BEGIN, &json!({ "ticket": first["ticket"] })).expect(200).json();
    let change = json!({ "old": owned.owner.password, "new": "nine purple umbrellas" });
    owned.owner.browser.post("/api/v1/password", &change).expect(204);
    let credential = owned.device.show(&begun["options"]);
    assert_eq!(finish(&mut browser, &begun, &credential).code(), "signin_changed");
    browser.get("/api/v1/me").expect(401);
}

#[test]
fn a_passkey_raises_a_session_and_gives_it_another_token() {
    let mut owned = Owned::start();
    owned.app.clock.advance(20 * 60 * 1000);
    let browser = &mut owned.owner.browser;
    let stale = browser.post("/api/v1/passkeys/begin", &json!({}));
    assert_eq!(stale.code(), "insufficient_user_authentication");
    let mut thief = browser.clone();
    step_up(browser, &mut owned.device).expect(204);
    browser.post("/api/v1/passkeys/begin", &json!({})).expect(200);
    thief.get("/api/v1/me").expect(401);
}

/// Its person was verified when it was made; whoever makes one could show it a moment later anyway.
#[test]
fn a_passkey_that_was_just_made_is_not_asked_for_again_and_a_code_takes_not_its_place() {
    let mut owned = Owned::start();
    let browser = &mut owned.owner.browser;
    assert_eq!(assurance(browser), "mfa_phishing_resistant");
    let begun = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
    let seconds = u64::try_from(owned.app.clock_ms() / 1000).unwrap();
    let code = totp_code(begun["secret_base32"].as_str().unwrap(), seconds);
    let body = json!({ "ticket": begun["ticket"], "name": "App", "code": code });
    browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
    browser.post("/api/v1/recovery-codes", &json!({})).expect(200);
    // Whoever had the session's token before has nothing of it.
    let mut thief = browser.clone();
    register(browser, &mut Device::new(owned.app.http_port), "Key").expect(200);
    browser.get("/api/v1/me").expect(200);
    thief.get("/api/v1/me").expect(401);
    // Who has a passkey changes their factors after showing it, and not by a code.
    let (mut other, answer) =
        owned.owner.sign_in_in(owned.stranger(), owned.app.clock_ms() + 30_000);
    answer.expect(200);
    let refused = other.post("/api/v1/passkeys/begin", &json!({}));
    assert_eq!(refused.code(), "insufficient_user_authentication");
}

#[test]
fn sessions_of_others_cannot_answer_a_challenge() {
    let mut owned = Owned::start();
    let mut other = owned.stranger();
    sign_in(&mut other, &mut owned.device).expect(200);
    let begun = owned.owner.browser.post("/api/v1/passkeys/begin", &json!({})).expect(200).json();
    let credential = Device::new(owned.app.http_port).make(&begun["options"]);
    let made = json!({ "ceremony": begun["ceremony"], "name": "Mine", "credential": credential });
    assert_eq!(other.post("/api/v1/passkeys", &made).code(), "passkey_over");
    let begun = owned.owner.browser.post("/api/v1/stepup/passkey/begin", &json!({})).json();
    let credential = owned.device.show(&begun["options"]);
    let shown = json!({ "ceremony": begun["ceremony"], "credential": credential });
    assert_eq!(other.post("/api/v1/stepup/passkey", &shown).code(), "passkey_over");
    assert_eq!(passkeys(&mut other).len(), 1);
}

/// What a false page, a thief or a broken authenticator would send.
#[test]
fn an_answer_that_does_not_fit_opens_nothing() {
    let mut owned = Owned::start();
    let port = owned.app.http_port;
    let own = format!("http://localhost:{port}");
    let other_port = format!("http://localhost:{}", port.wrapping_add(1));
    let verified = |rp_id: &'static str, origin: &str| Answering {
        rp_id,
        origin: origin.to_owned(),
        verified: true,
    };
    let cases = [
        ("another site", verified("localhost", "https://stead.example")),
        ("another port", verified("localhost", &other_port)),
        ("another rp id", verified("stead.example", &own)),
        ("nobody verified", Answering { verified: false, ..verified("localhost", &own) }),
    ];
    for (what, answering) in cases {
        let mut browser = owned.stranger();
        let begun = begin(&mut browser);
        let credential = owned.device.answer(&begun["options"], &answering);
        let answer = finish(&mut browser, &begun, &credential);
        assert_eq!(answer.code(), "passkey_refused", "{what}");
        browser.get("/api/v1/me").expect(401);
    }
    let mut browser = owned.stranger();
    let begun = begin(&mut browser);
    let credential = owned.device.answer(&begun["options"], &verified("localhost", &own));
    finish(&mut browser, &begun, &credential).expect(200);
}

#[test]
fn a_recorded_answer_is_not_taken_twice() {
    let mut owned = Owned::start();
    let mut browser = owned.stranger();
    let begun = begin(&mut browser);
    let credential = owned.device.show(&begun["options"]);
    finish(&mut browser, &begun, &credential).expect(200);
    let mut thief = owned.stranger();
    assert_eq!(finish(&mut thief, &begun, &credential).code(), "passkey_over");
    let fresh = begin(&mut thief);
    assert_eq!(finish(&mut thief, &fresh, &credential).code(), "passkey_refused");
}

#[test]
fn a_challenge_ends_after_five_minutes() {
    let mut owned = Owned::start();
    let mut browser = owned.stranger();
    let begun = begin(&mut browser);
    let credential = owned.device.show(&begun["options"]);
    owned.app.clock.advance(PASSKEY_CEREMONY_SECONDS * 1000);
    assert_eq!(finish(&mut browser, &begun, &credential).code(), "passkey_over");
}

#[test]
fn a_copy_of_a_passkey_is_refused_and_logged() {
    let mut owned = Owned::start();
    let mut copy = owned.device.clone();
    for _ in 0..2 {
        sign_in(&mut owned.stranger(), &mut owned.device).expect(200);
    }
    assert!(!logged(&owned.app, "mfa.passkey_cloned"));
    let mut thief = owned.stranger();
    assert_eq!(sign_in(&mut thief, &mut copy).code(), "passkey_refused");
    assert!(logged(&owned.app, "mfa.passkey_cloned"));
}

/// Its person is told once, however often the copy is shown, and takes the passkey away in one act.
#[test]
fn who_has_a_copied_passkey_is_told_and_it_was_not_me_removes_it() {
    let mut owned = Owned::start();
    let mut copy = owned.device.clone();
    for _ in 0..2 {
        sign_in(&mut owned.stranger(), &mut owned.device).expect(200);
    }
    for _ in 0..2 {
        sign_in(&mut owned.stranger(), &mut copy).expect(401);
    }
    let browser = &mut owned.owner.browser;
    let told = browser.get("/api/v1/notices").expect(200).json();
    let told = told["notices"].as_array().unwrap().clone();
    let told: Vec<_> = told.iter().filter(|one| one["kind"] == "passkey_copied").collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["about"], "Phone");
    let path = format!("/api/v1/notices/{}/disown", told[0]["id"].as_str().unwrap());
    browser.post(&path, &json!({})).expect(200);
    assert!(passkeys(browser).is_empty());
    assert_eq!(sign_in(&mut owned.stranger(), &mut owned.device).code(), "passkey_refused");
}

#[test]
fn nobody_learns_from_a_challenge_who_has_a_passkey() {
    let shape = |mut begun: Value| {
        assert_eq!(begun["ceremony"].as_str().unwrap().len(), 32);
        begun["ceremony"] = Value::Null;
        begun["options"]["publicKey"]["challenge"] = Value::Null;
        begun
    };
    let with = Owned::start();
    let without = App::start();
    Owner::claim(&without);
    let asked = [with.stranger(), without.client().named("localhost")].map(|mut browser| {
        let begun = shape(begin(&mut browser));
        let credential = json!({
            "id": "AAAA", "rawId": "AAAA", "type": "public-key",
            "response": { "authenticatorData": "AAAA", "clientDataJSON": "AAAA", "signature": "AAAA" },
        });
        let fresh = begin(&mut browser);
        (begun, finish(&mut browser, &fresh, &credential).code())
    });
    assert_eq!(asked[0], asked[1]);
    assert_eq!(asked[0].1, "passkey_refused");
}

#[test]
fn somebody_elses_passkey_is_no_second_step() {
    let mut owned = Owned::start();
    let mut stranger = Device::new(owned.app.http_port);
    register(&mut owned.owner.browser, &mut stranger, "Spare").expect(200);
    // What was the owner's second passkey is now another account's.
    crate::harness::second_account(&owned.app, "Sam");
    in_accounts(
        &owned.app,
        "UPDATE passkey SET account_id = (SELECT id FROM account WHERE login = 'sam')
          WHERE name = 'Spare'",
    );
    let mut browser = owned.stranger();
    let who = json!({ "name": owned.owner.name, "password": owned.owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let asked = json!({ "ticket": first["ticket"] });
    let begun = browser.post(BEGIN, &asked).expect(200).json();
    let mut options = begun["options"].clone();
    options["publicKey"]["allowCredentials"] = json!([]);
    let credential = stranger.show(&options);
    assert_eq!(finish(&mut browser, &begun, &credential).code(), "passkey_refused");
}

#[test]
fn one_device_is_registered_once_and_ten_are_enough() {
    let mut owned = Owned::start();
    let browser = &mut owned.owner.browser;
    let begun = browser.post("/api/v1/passkeys/begin", &json!({})).expect(200).json();
    let known = &begun["options"]["publicKey"]["excludeCredentials"];
    assert_eq!(known.as_array().unwrap().len(), 1, "the browser is told what is there");
    let selection = &begun["options"]["publicKey"]["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["userVerification"], "required");
    for n in 1..PASSKEYS_MAX {
        register(browser, &mut Device::new(owned.app.http_port), &format!("Key {n}")).expect(200);
    }
    let one_more = browser.post("/api/v1/passkeys/begin", &json!({}));
    assert_eq!(one_more.code(), "too_many_passkeys");
}

#[test]
fn a_removed_passkey_opens_nothing_and_ends_other_sessions() {
    let mut owned = Owned::start();
    let mut elsewhere = owned.stranger();
    sign_in(&mut elsewhere, &mut owned.device).expect(200);
    let id = passkeys(&mut elsewhere)[0]["id"].as_str().unwrap().to_owned();
    let name = json!({ "name": "Old phone" });
    let mut browser = owned.stranger();
    sign_in(&mut browser, &mut owned.device).expect(200);
    browser.post(&format!("/api/v1/factors/{id}/rename"), &name).expect(204);
    assert_eq!(passkeys(&mut browser)[0]["name"], "Old phone");
    browser.post(&format!("/api/v1/factors/{id}/remove"), &json!({})).expect(204);
    assert!(passkeys(&mut browser).is_empty(), "the session that acts goes on");
    elsewhere.get("/api/v1/me").expect(401);
    let mut later = owned.stranger();
    assert_eq!(sign_in(&mut later, &mut owned.device).code(), "passkey_refused");
}

#[test]
fn a_passkey_for_another_name_is_listed_and_not_offered() {
    let mut owned = Owned::start();
    in_accounts(&owned.app, "UPDATE passkey SET rp_id = 'stead-0000.local'");
    let listed = passkeys(&mut owned.owner.browser);
    assert_eq!(listed[0]["usable_here"], false);
    assert_eq!(listed[0]["made_for"], "stead-0000.local");
    let begun = owned.owner.browser.post("/api/v1/stepup/passkey/begin", &json!({}));
    assert_eq!(begun.code(), "no_passkey_here");
    let mut browser = owned.stranger();
    assert_eq!(sign_in(&mut browser, &mut owned.device).code(), "passkey_refused");
}

/// Where its name is gone nobody can show a passkey: an authenticator is enough again to change what
/// one signs in with, and it does not go as if the passkey could take its place. By an address, where
/// browsers show none, a passkey of a name that leads here is asked for all the same.
#[test]
fn a_passkey_of_a_name_that_is_gone_is_asked_of_nobody_and_one_that_leads_here_of_everybody() {
    let Owned { app, mut owner, .. } = Owned::start();
    in_accounts(&app, "UPDATE passkey SET rp_id = 'films.example.org'");
    let clock = std::sync::Arc::clone(&app.clock);
    let mut app = app;
    for (config, asked_for) in [
        ("[net]\nnames = [\"Films.example.org\"]\n", true),
        ("", false),
        ("[net]\nnames = [\"films.example.org\"]\n", true),
        ("[net]\nnames = [\"music.example.org\"]\n", false),
    ] {
        let config = config.to_owned();
        app = app.restart(Options { config, ..Options::with_clock(&clock) });
        app.clock.advance(60_000);
        let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
        answer.expect(200);
        let begun = browser.post("/api/v1/factors/totp", &json!({}));
        if asked_for {
            assert_eq!(begun.expect(401).code(), "insufficient_user_authentication");
        } else {
            begun.expect(200);
        }
        owner.browser = browser;
    }
    let all = owner.browser.get("/api/v1/factors").expect(200).json();
    assert_eq!(all["second"].as_array().unwrap().len(), 2, "{all}");
    let id_of = |kind: &str| {
        let found = all["second"].as_array().unwrap().iter().find(|one| one["kind"] == kind);
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let remove = |id: &str| format!("/api/v1/factors/{id}/remove");
    let last = owner.browser.post(&remove(&id_of("totp")), &json!({})).expect(409);
    assert_eq!(last.code(), "last_factor", "what would be left is of no use");
    owner.browser.post(&remove(&id_of("passkey")), &json!({})).expect(204);
}

#[test]
fn a_page_opened_by_an_address_has_no_passkeys() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let list = owner.browser.get("/api/v1/passkeys").expect(200).json();
    assert_eq!(list["possible_here"], false);
    assert!(list["origin"].as_str().unwrap().starts_with("https://stead-"), "{list}");
    for path in [BEGIN, "/api/v1/passkeys/begin", "/api/v1/stepup/passkey/begin"] {
        assert_eq!(owner.browser.post(path, &json!({})).code(), "no_passkeys_here", "{path}");
    }
}
