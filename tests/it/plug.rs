//! The plug pattern on a whole server: power cuts, clean stops, watchdogs, and phones that wait.

use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt as _;

use serde_json::{Value, json};
use stead_rules::time::WallMs;

use crate::harness::{App, Client, Options, Owner, second_account};
use crate::recovery::state;

/// What the clock of a box without a battery says after each power cut.
const NO_CLOCK: WallMs = WallMs(0);
const SETTLED_MS: u64 = 91_000;

/// A phone that waits; its secret stands in the fragment of its page.
pub(crate) struct Phone {
    secret: String,
    told: u64,
}

impl Phone {
    pub(crate) fn waits(app: &App) -> Self {
        Self::waits_at(app, Ipv4Addr::LOCALHOST)
    }

    fn waits_at(app: &App, address: Ipv4Addr) -> Self {
        let mut page = app.client().sent_from(address);
        let answer = page.post("/api/v1/plug/wait", &json!({})).expect(200).json();
        let secret = answer["secret"].as_str().unwrap().to_owned();
        Self { secret, told: answer["told"].as_u64().unwrap() }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    fn look(&self, app: &App) -> Value {
        let body = json!({ "secret": self.secret });
        app.client().post("/api/v1/plug/look", &body).expect(200).json()
    }

    fn stands(&self, app: &App) -> String {
        self.look(app)["state"].as_str().unwrap().to_owned()
    }

    fn begin(&self, app: &App, browser: &mut Client) -> crate::harness::Answer {
        let proof = json!({ "kind": "plug", "secret": self.secret });
        let body = json!({ "proof": proof, "browser_time_ms": app.clock_ms() });
        browser.post("/api/v1/claim/begin", &body)
    }

    /// Cuts the power as often as this phone was told, and waits until the box is sure.
    pub(crate) fn pattern(&self, mut app: App) -> App {
        for cut in 1..=self.told {
            app = cut_off(app);
            assert_eq!(self.look(&app)["counted"], cut, "the page counts along");
        }
        app.clock.advance(SETTLED_MS);
        app
    }

    pub(crate) fn has_won(&self, app: &App) {
        assert_eq!(self.stands(app), "won");
    }

    /// The server has an owner, who may come within a day.
    pub(crate) fn waits_for_the_owner(&self, app: &App) {
        let seen = self.look(app);
        assert_eq!(seen["state"], "won");
        assert!(seen["owner_has_s"].as_u64().unwrap() > 86_000);
        assert_eq!(state(app), "claimed");
    }

    /// Makes this phone's person the owner.
    pub(crate) fn claims(&self, app: &App) {
        let mut browser = app.client();
        self.begin(app, &mut browser).expect(200);
        let mut owner = Owner::from_owner_step(browser, app.clock_ms());
        owner.finish().expect(200);
        assert_eq!(state(app), "claimed");
    }
}

fn cut_off(app: App) -> App {
    app.clock.advance(20_000);
    app.cut_off(NO_CLOCK)
}

#[test]
fn of_two_phones_the_one_whose_number_was_met_claims() {
    let app = App::start();
    let phone = |n| Phone::waits_at(&app, Ipv4Addr::new(127, 0, 0, n));
    let [first, second] = [phone(2), phone(3)];
    assert_ne!(first.told, second.told);
    let app = second.pattern(app);
    assert_eq!((first.stands(&app).as_str(), second.stands(&app).as_str()), ("out", "won"));
    assert_eq!(first.begin(&app, &mut app.client()).expect(403).code(), "claim_proof_wrong");
    second.claims(&app);
    assert!(!app.data.join("plug").exists(), "nothing is kept of it");
}

#[test]
fn one_device_that_asks_again_and_again_holds_one_number() {
    let mut app = App::start();
    let phones = [(); 6].map(|()| Phone::waits(&app));
    let others = phones.iter().rev().skip(1);
    assert!(others.clone().all(|phone| phone.stands(&app) == "out"));
    let met = phones.last().unwrap().told;
    for _ in 0..if met == 2 { 3 } else { 2 } {
        app = cut_off(app);
    }
    app.clock.advance(SETTLED_MS);
    assert!(phones.iter().all(|phone| phone.stands(&app) == "out"), "told {met}");
}

/// Every phone that waits when the power of the whole street fails so often.
fn flicker(mut app: App, cuts: u64, phones: &[Phone]) -> App {
    for _ in 0..cuts {
        app = cut_off(app);
    }
    app.clock.advance(SETTLED_MS);
    for phone in phones {
        let stands = if phone.told == cuts { "won" } else { "out" };
        assert_eq!(phone.stands(&app), stands, "{cuts} cuts, told {}", phone.told);
    }
    app
}

/// With four phones every count from two to five is the number of one of them: that one may set up a
/// box that nobody owns yet. One failure, or more than five, are nobody's.
#[test]
fn a_power_flicker_is_the_number_of_one_phone_of_four_at_most() {
    for cuts in 1..=6 {
        let app = App::start();
        let phones = [2, 3, 4, 5].map(|n| Phone::waits_at(&app, Ipv4Addr::new(127, 0, 0, n)));
        let full = app.client().post("/api/v1/plug/wait", &json!({})).expect(409);
        assert_eq!(full.code(), "plug_full");
        let app = flicker(app, cuts, &phones);
        for phone in phones.iter().filter(|phone| phone.told != cuts) {
            phone.begin(&app, &mut app.client()).expect(403);
        }
    }
}

/// Nobody holds all numbers of a box that has an owner: three of four flickers are nobody's, and what
/// fits by chance opens nothing before the day is over in which the owner may come.
#[test]
fn beside_an_owner_one_phone_waits_the_owner_sees_it_and_a_flicker_opens_nothing() {
    for is_met in [true, false] {
        let app = App::start();
        let mut owner = Owner::claim(&app);
        second_account(&app, "Sam");
        assert_eq!(seen_by(&mut owner.browser), Value::Null);
        let phone = Phone::waits_at(&app, Ipv4Addr::new(127, 0, 0, 2));
        let mut other = app.client().sent_from(Ipv4Addr::new(127, 0, 0, 3));
        let refused = other.post("/api/v1/plug/wait", &json!({})).expect(409);
        assert_eq!(refused.code(), "plug_taken");
        assert_eq!(seen_by(&mut owner.browser), json!(true));
        let mut member = app.client();
        let body = json!({ "name": "Sam", "password": owner.password });
        member.post("/api/v1/signin", &body).expect(200);
        assert_eq!(seen_by(&mut member), Value::Null, "it is the owner's to know");
        let cuts = if is_met { phone.told } else { 7 - phone.told };
        let app = flicker(app, cuts, std::slice::from_ref(&phone));
        assert_eq!(state(&app), "claimed");
        phone.begin(&app, &mut app.client()).expect(410);
    }
}

fn seen_by(browser: &mut Client) -> Value {
    browser.get("/api/v1/me").expect(200).json()["server"]["phone_waits"].clone()
}

/// Each write holds the claim for as long as the disk takes, so nobody makes the server write who
/// does not wait.
#[test]
fn a_strangers_leave_writes_nothing_and_a_phones_own_does() {
    let app = App::start();
    let kept = app.data.join("plug");
    let leave = |secret: &str| {
        let body = json!({ "secret": secret });
        app.client().post("/api/v1/plug/leave", &body).expect(204);
    };
    leave("AAAAAAAAAAAAAAAAAAAAAA");
    assert!(!kept.exists());
    let phone = Phone::waits(&app);
    let file = || {
        let found = kept.metadata().unwrap();
        (found.ino(), found.mtime(), found.mtime_nsec())
    };
    let before = file();
    for stranger in ["AAAAAAAAAAAAAAAAAAAAAA", "", "plug"] {
        leave(stranger);
    }
    assert_eq!(file(), before);
    assert_eq!(phone.stands(&app), "waits");
    leave(&phone.secret);
    assert!(!kept.exists());
    assert_eq!(phone.stands(&app), "out");
}

#[test]
fn clean_reboots_restarts_and_watchdogs_do_not_count() {
    let app = App::start();
    let phone = Phone::waits(&app);
    let count = |app: &App| phone.look(app)["counted"].as_u64().unwrap();
    // The process only, in good order or not.
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(count(&app), 0);
    // The machine, told to stop before.
    let options = Options { after_power_cut: Some(NO_CLOCK), ..Options::with_clock(&app.clock) };
    let app = app.restart(options);
    assert_eq!(count(&app), 0);
    // The machine, by its watchdog.
    app.clock.set_reset_by_watchdog(true);
    let app = cut_off(app);
    assert_eq!(count(&app), 0);
    app.clock.set_reset_by_watchdog(false);
    let app = cut_off(app);
    assert_eq!(count(&app), 1);
}

/// Time is uptime: whoever sets the clock back, or has none, gains nothing.
#[test]
fn clock_rollback_lengthens_no_pattern() {
    let app = App::start();
    let phone = Phone::waits(&app);
    app.clock.advance(599_000);
    app.clock.set_wall(WallMs(0));
    assert_eq!(phone.look(&app)["left_s"], 1);
    app.clock.advance(2_000);
    app.clock.set_wall(WallMs(0));
    assert_eq!(phone.stands(&app), "out");
}

#[test]
fn a_server_with_an_owner_waits_a_day_and_the_owner_may_come() {
    for comes in [true, false] {
        let app = App::start();
        let owner = Owner::claim(&app);
        let phone = Phone::waits(&app);
        let mut app = phone.pattern(app);
        phone.waits_for_the_owner(&app);
        phone.begin(&app, &mut app.client()).expect(410);
        app.clock.set_wall(WallMs(1_793_000_600_000));
        app.clock.set_network(true);
        let mut browser = owner.browser.clone().at(app.http_port);
        let me = browser.get("/api/v1/me").expect(200).json();
        assert!(me["server"]["owner_has_s"].as_u64().unwrap() > 86_000, "people are told: {me}");
        app.clock.advance(12 * 3600 * 1000);
        phone.look(&app);
        app = cut_off(app);
        app.clock.set_wall(WallMs(1_793_050_000_000));
        app.clock.set_network(true);
        if comes {
            let (_, answer) = owner.sign_in_at(&app, app.clock_ms());
            answer.expect(200);
            app = cut_off(app);
        }
        app.clock.advance(13 * 3600 * 1000);
        let stands = phone.stands(&app);
        if comes {
            assert_eq!((stands.as_str(), state(&app).as_str()), ("out", "claimed"));
        } else {
            assert_eq!((stands.as_str(), state(&app).as_str()), ("won", "recovery"));
            phone.claims(&app);
        }
    }
}
