//! A server that its issuer does not know yet: it is let in by a code (RFC 8628), registers itself
//! (RFC 7591), and keeps that up to date (RFC 7592).

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stead_store::Store;
use stead_store::accounts::issuers;

use crate::harness::{Answer, App, Client, FakeIssuer, Lie, Options, query_of, totp_code};
use crate::issuers::{OWNER, begin_claim, finish_claim, lie, seconds, sent, sign_in};
use crate::recovery::{state, wish};

const CODE: &str = "/api/v1/claim/external/code";
const LOOK: &str = "/api/v1/claim/external/look";

fn start() -> (App, FakeIssuer) {
    let mut options = Options::default();
    let issuer = FakeIssuer::start(&options.clock);
    options.config = issuer.config_by_code("");
    (App::start_with(options), issuer)
}

fn restart(app: App, issuer: &FakeIssuer) -> App {
    let mut options = Options::with_clock(&app.clock);
    options.config = issuer.config_by_code("");
    app.restart(options)
}

fn begin(browser: &mut Client) -> String {
    let shown = browser.post(CODE, &json!({})).expect(200).json();
    assert_eq!(shown["step"], "waiting", "{shown}");
    shown["user_code"].as_str().unwrap().to_owned()
}

/// Looks once the issuer may be asked again.
fn look(app: &App, browser: &mut Client) -> Answer {
    app.clock.advance(5_000);
    browser.post(LOOK, &json!({}))
}

fn step(app: &App, browser: &mut Client) -> Value {
    look(app, browser).expect(200).json()["step"].clone()
}

/// Asks for a code and has it approved: the factor to set up.
fn let_in(app: &App, issuer: &FakeIssuer, browser: &mut Client) -> Value {
    let code = begin(browser);
    issuer.registrar(|one| one.approve(&code, OWNER));
    let factor = look(app, browser).expect(200).json();
    assert_eq!(factor["step"], "totp", "a code elsewhere is worth no second factor");
    factor
}

fn claim(app: &App, issuer: &FakeIssuer) -> Client {
    let mut browser = begin_claim(app);
    let factor = let_in(app, issuer, &mut browser);
    go_on(app, &mut browser, &factor);
    browser
}

fn go_on(app: &App, browser: &mut Client, factor: &Value) {
    let secret = factor["secret_base32"].as_str().unwrap();
    let code = json!({ "code": totp_code(secret, seconds(app)) });
    let codes = browser.post("/api/v1/claim/totp", &code).expect(200).json();
    drop(finish_claim(browser, &codes));
}

/// Waits for what the server does by itself.
fn comes(what: &str, came: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !came() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn keeps_a_client(app: &App, issuer: &FakeIssuer) -> bool {
    let store = Store::open(&app.data).unwrap();
    let read = store.accounts.read(|tx| {
        let row = issuers::external(tx, &issuer.url)?;
        row.map_or(Ok(None), |row| issuers::client(tx, row))
    });
    read.unwrap().is_some()
}

#[test]
fn whoever_approves_the_code_owns_the_server_which_registers_itself_and_is_signed_in_to_by_that() {
    let (app, issuer) = start();
    assert_eq!(app.client().get("/api/v1/server").json()["claim_by"], "code");
    let mut browser = begin_claim(&app);
    let code = begin(&mut browser);
    assert!(issuer.registrar(|one| one.asker().contains('(')), "its name and its box");
    let early = browser.post(LOOK, &json!({})).expect(200).json();
    assert_eq!((&early["step"], issuer.asked("/token")), (&json!("waiting"), 0));
    assert_eq!(early["user_code"], json!(code), "the same code after a reload");
    assert!(early["qr_svg"].as_str().unwrap().contains("<svg"));
    assert_eq!(step(&app, &mut browser), "waiting");
    assert_eq!(issuer.asked("/token"), 1);

    issuer.registrar(|one| one.approve(&code, OWNER));
    assert_eq!(step(&app, &mut browser), "totp");
    // The answer was lost on its way: nothing is asked for twice.
    let factor = look(&app, &mut browser).expect(200).json();
    assert_eq!((issuer.asked("/token"), issuer.asked("/register")), (2, 1));
    assert!(!keeps_a_client(&app, &issuer), "nothing is kept before the owner is");
    go_on(&app, &mut browser, &factor);
    assert_eq!(state(&app), "claimed");
    assert_eq!(browser.get("/api/v1/me").expect(200).json()["user"]["role"], "owner");

    let (id, client) = issuer.registrar(|one| one.only_client());
    let callbacks = client.metadata["redirect_uris"].as_array().unwrap().clone();
    let first = callbacks[0].as_str().unwrap();
    assert!(first.starts_with("https://") && first.ends_with("/signin/callback"), "{first}");
    // It is kept: after a restart the same client asks.
    let app = restart(app, &issuer);
    let redirect = sent(&mut app.client(), "/api/v1/signin/external");
    assert_eq!(query_of(redirect.split_once('?').unwrap().1)["client_id"], id);
    let signed = sign_in(&mut app.client(), &issuer, OWNER).expect(200).json();
    assert_eq!(signed["step"], "factor");
}

#[test]
fn addresses_that_change_are_told_to_the_issuer_and_its_new_token_is_kept() {
    let (app, issuer) = start();
    drop(claim(&app, &issuer));
    issuer.registrar(|one| one.rotates = true);
    let mut app = app;
    for times in 1..=2 {
        app = restart(app, &issuer);
        let here = format!("127.0.0.1:{}/signin/callback", app.http_port);
        comes("the new address is told", || {
            let (_, client) = issuer.registrar(|one| one.only_client());
            client.metadata["redirect_uris"].to_string().contains(&here)
        });
        let (_, client) = issuer.registrar(|one| one.only_client());
        assert_eq!(client.manage.matches('+').count(), times);
        let signed = || sign_in(&mut app.client(), &issuer, OWNER).status == 200;
        comes("the new secret opens", signed);
    }
    let told = issuer.registrar(|one| one.managed.clone());
    assert!(told.iter().all(|(method, _)| method == "PUT"), "{told:?}");
}

#[test]
fn an_issuer_that_says_slow_down_is_asked_five_seconds_less_often_from_then_on() {
    let (app, issuer) = start();
    let mut browser = begin_claim(&app);
    drop(begin(&mut browser));
    issuer.registrar(|one| one.words = vec!["slow_down"]);
    assert_eq!(look(&app, &mut browser).json()["again_in_s"], 10);
    for asked in [1, 2, 2, 3] {
        assert_eq!(step(&app, &mut browser), "waiting");
        assert_eq!(issuer.asked("/token"), asked);
    }
}

#[test]
fn an_issuer_that_does_not_answer_is_asked_less_and_less_and_the_code_stays() {
    let (app, issuer) = start();
    let mut browser = begin_claim(&app);
    let code = begin(&mut browser);
    issuer.is_down(true);
    assert_eq!(look(&app, &mut browser).expect(200).json()["again_in_s"], 10);
    app.clock.advance(5_000);
    assert_eq!(look(&app, &mut browser).expect(200).json()["again_in_s"], 20);
    issuer.is_down(false);
    issuer.registrar(|one| one.approve(&code, OWNER));
    app.clock.advance(15_000);
    assert_eq!(step(&app, &mut browser), "totp");
}

#[test]
fn a_code_that_was_refused_or_is_over_is_followed_by_another_only_when_a_person_asks() {
    let (app, issuer) = start();
    let mut browser = begin_claim(&app);
    let code = begin(&mut browser);
    issuer.registrar(|one| one.deny(&code));
    for _ in 0..3 {
        assert_eq!(step(&app, &mut browser), "denied");
    }
    assert_eq!((issuer.asked("/token"), issuer.asked("/device_authorization")), (1, 1));

    assert_ne!(begin(&mut browser), code);
    issuer.registrar(|one| one.words = vec!["expired_token"]);
    assert_eq!(step(&app, &mut browser), "over");
    // Its own end, without a word of the issuer.
    drop(begin(&mut browser));
    app.clock.advance(10 * 60 * 1000);
    assert_eq!(step(&app, &mut browser), "over");
    assert_eq!((issuer.asked("/token"), issuer.asked("/device_authorization")), (2, 3));
    // The claim itself stands, and ends as any other.
    drop(let_in(&app, &issuer, &mut browser));
}

#[test]
fn device_grant_token_that_lies_makes_nobody_an_owner_and_registers_nothing() {
    let (app, issuer) = start();
    let set =
        |name: &'static str, value: Value| lie(move |draft, _| draft.claims[name] = value.clone());
    let now = app.clock_ms() / 1000;
    let lies: Vec<(&str, Lie)> = vec![
        ("another issuer", set("iss", json!("https://other.example.net"))),
        ("another audience", set("aud", json!("stead"))),
        ("expired", set("exp", json!(now - 3600))),
        ("from before the question", set("iat", json!(now - 3600))),
        ("nobody", set("sub", json!(""))),
        ("a broken signature", lie(|draft, _| draft.signature = Some(vec![7; 64]))),
    ];
    let mut browser = begin_claim(&app);
    for (name, lie) in lies {
        issuer.lies(lie);
        let code = begin(&mut browser);
        issuer.registrar(|one| one.approve(&code, OWNER));
        assert_eq!(look(&app, &mut browser).expect(502).code(), "issuer_not_believed", "{name}");
        assert_eq!(step(&app, &mut browser), "none", "{name}");
    }
    assert_eq!(issuer.asked("/register"), 0);
    issuer.is_honest();
    drop(let_in(&app, &issuer, &mut browser));
}

#[test]
fn a_device_grant_is_no_second_factor_whatever_its_token_says() {
    let mut options = Options::default();
    let issuer = FakeIssuer::start(&options.clock);
    options.config = issuer.config_by_code("assurance = \"asserted\"\n");
    let app = App::start_with(options);
    issuer.says(json!({ "amr": ["pwd", "otp", "mfa"] }));
    drop(let_in(&app, &issuer, &mut begin_claim(&app)));
}

#[test]
fn ssrf_by_the_address_for_changes_of_a_registration_is_refused() {
    let (app, issuer) = start();
    let mut browser = begin_claim(&app);
    for uri in ["https://other.example.net/register/1", "http://127.0.0.1:1/admin", "file:///x"] {
        issuer.registrar(|one| one.client_says = json!({ "registration_client_uri": uri }));
        let code = begin(&mut browser);
        issuer.registrar(|one| one.approve(&code, OWNER));
        let refused = look(&app, &mut browser).expect(502);
        assert_eq!(refused.code(), "issuer_registered_nothing", "{uri}");
        assert_eq!(step(&app, &mut browser), "none");
    }
}

#[test]
fn a_claim_that_is_given_up_takes_its_registration_back() {
    let (app, issuer) = start();
    let mut browser = begin_claim(&app);
    drop(let_in(&app, &issuer, &mut browser));
    assert_eq!(issuer.registrar(|one| one.clients.len()), 1);
    browser.post("/api/v1/claim/cancel", &json!({})).expect(204);
    comes("it is taken back", || issuer.registrar(|one| one.clients.is_empty()));
    assert!(!keeps_a_client(&app, &issuer));
    // The same code and what came of it are nobody's now.
    assert_eq!(step(&app, &mut begin_claim(&app)), "none");
}

#[test]
fn a_restart_before_the_last_step_keeps_no_client_and_offers_the_server_again() {
    let (app, issuer) = start();
    let mut browser = begin_claim(&app);
    drop(let_in(&app, &issuer, &mut browser));
    let app = restart(app, &issuer);
    assert_eq!(state(&app), "offered");
    assert!(!keeps_a_client(&app, &issuer));
    browser.at(app.http_port).post(LOOK, &json!({})).expect(401);
    drop(claim(&app, &issuer));
    assert!(keeps_a_client(&app, &issuer));
}

#[test]
fn an_issuer_that_gives_no_codes_is_told_of_with_what_to_put_into_the_config() {
    for missing in ["device_authorization_endpoint", "registration_endpoint"] {
        let (app, issuer) = start();
        issuer.describes_itself(json!({ missing: null }));
        let refused = begin_claim(&app).post(CODE, &json!({})).expect(502);
        assert_eq!(refused.code(), "issuer_no_codes", "{missing}");
        assert!(refused.text().contains("issuer.client_id"), "{}", refused.text());
    }
    let (app, issuer) = start();
    issuer.registrar(|one| one.words = vec!["invalid_client"]);
    let refused = begin_claim(&app).post(CODE, &json!({})).expect(502);
    assert_eq!(refused.code(), "issuer_no_codes");
}

#[test]
fn a_page_for_the_code_that_is_no_page_is_not_shown() {
    let (app, issuer) = start();
    let lies = [
        json!({ "verification_uri": "javascript:alert(1)" }),
        json!({ "verification_uri_complete": "data:text/html,x" }),
        json!({ "user_code": "" }),
        json!({ "user_code": "x".repeat(400) }),
    ];
    let mut browser = begin_claim(&app);
    for says in lies {
        issuer.registrar(|one| one.code_says = says.clone());
        let refused = browser.post(CODE, &json!({})).expect(502);
        assert_eq!(refused.code(), "issuer_not_believed", "{says}");
    }
}

#[test]
fn after_a_recovery_another_code_claims_anew_and_the_former_registration_is_taken_back() {
    let (mut app, issuer) = start();
    drop(claim(&app, &issuer));
    let (former, _) = issuer.registrar(|one| one.only_client());
    app.stop();
    wish(&app, "root\n");
    let app = restart(app, &issuer);
    assert_eq!(state(&app), "recovery");
    drop(claim(&app, &issuer));
    let gone = || issuer.registrar(|one| !one.clients.contains_key(&former));
    comes("the former one is taken back", gone);
    assert_eq!(issuer.registrar(|one| one.clients.len()), 1);
    let signed = sign_in(&mut app.client(), &issuer, OWNER).expect(200).json();
    assert_eq!(signed["step"], "factor");
}

#[test]
fn a_configured_client_needs_no_code_and_wins_over_a_kept_one() {
    let (app, issuer) = start();
    drop(claim(&app, &issuer));
    let mut options = Options::with_clock(&app.clock);
    options.config = issuer.config("");
    let app = app.restart(options);
    let redirect = sent(&mut app.client(), "/api/v1/signin/external");
    assert_eq!(query_of(redirect.split_once('?').unwrap().1)["client_id"], "stead");

    let mut options = Options::default();
    let issuer = FakeIssuer::start(&options.clock);
    options.config = issuer.config("");
    let app = App::start_with(options);
    let refused = begin_claim(&app).post(CODE, &json!({})).expect(409);
    assert_eq!(refused.code(), "issuer_registered_by_hand");
}
