//! Signing in, from outside: what guessing costs, what is used up, and what a session is worth.

use std::process::Command;

use serde_json::json;
use stead::host::clock::Clock;
use stead_rules::time::WallMs;
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{Answer, App, Client, Options, Owner, in_accounts, second_account, totp_code};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn password(browser: &mut Client, name: &str, password: &str) -> Answer {
    browser.post("/api/v1/signin", &json!({ "name": name, "password": password }))
}

fn wrong_password(app: &App, name: &str) -> Answer {
    password(&mut app.client(), name, "not this one")
}

/// Right name and password: the ticket for the second factor.
fn ticket(owner: &Owner, browser: &mut Client) -> String {
    let answer = password(browser, &owner.name, &owner.password).expect(200).json();
    assert_eq!(answer["step"], "factor");
    answer["ticket"].as_str().unwrap().to_owned()
}

fn factor(app: &App, browser: &mut Client, ticket: &str, method: &str, code: &str) -> Answer {
    let now = app.clock.now().wall.0;
    let body = json!({ "ticket": ticket, "method": method, "code": code, "browser_time_ms": now });
    browser.post("/api/v1/signin/factor", &body)
}

fn totp(app: &App, owner: &Owner, browser: &mut Client, ticket: &str) -> Answer {
    let code = totp_code(&owner.totp_secret, app.clock.now().wall.unix_seconds());
    factor(app, browser, ticket, "totp", &code)
}

/// Signs in whole, at a time whose code was not used yet.
fn signed_in(app: &App, owner: &Owner) -> Client {
    app.clock.advance(MINUTE);
    let (browser, answer) = owner.sign_in_at(app, app.clock.now().wall.0);
    answer.expect(200);
    browser
}

fn slowed(answer: Answer) -> u64 {
    let answer = answer.expect(429);
    assert_eq!(answer.code(), "slow_down");
    let seconds = answer.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(answer.json()["retry_after_s"], seconds);
    seconds
}

#[test]
fn brute_force_across_restarts_each_wrong_password_doubles_the_wait() {
    let app = App::start();
    let owner = Owner::claim(&app);
    for pause in [1, 2, 4, 8] {
        assert_eq!(wrong_password(&app, "Robin").expect(401).code(), "wrong_name_or_password");
        assert_eq!(slowed(wrong_password(&app, "Robin")), pause);
        let right = password(&mut app.client(), "Robin", &owner.password);
        assert_eq!(slowed(right), pause, "a right password in the wait tells nothing");
        app.clock.advance(pause * SECOND);
    }
    wrong_password(&app, "Robin").expect(401);
    // The machine has been up for hours, and only the server starts anew.
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    assert_eq!(slowed(wrong_password(&app, "Robin")), 16, "a restart forgives nothing");
    app.clock.advance(16 * SECOND);
    let mut browser = app.client();
    ticket(&owner, &mut browser);
    wrong_password(&app, "Robin").expect(401);
    assert_eq!(slowed(wrong_password(&app, "Robin")), 1, "a right password begins anew");
}

#[test]
fn the_wait_ends_at_an_hour_and_a_power_cut_without_a_clock_does_not_shorten_it() {
    let app = App::start();
    let owner = Owner::claim(&app);
    for _ in 0..14 {
        wrong_password(&app, "Robin").expect(401);
        app.clock.advance(HOUR);
    }
    wrong_password(&app, "Robin").expect(401);
    assert_eq!(slowed(wrong_password(&app, "Robin")), 3600);
    let mut options = Options::with_clock(&app.clock);
    options.after_power_cut = Some(WallMs(0));
    let app = app.restart(options);
    assert!(slowed(wrong_password(&app, "Robin")) > 3000, "the plug is no way round the wait");
    app.clock.advance(HOUR);
    ticket(&owner, &mut app.client());
}

#[test]
fn wrong_codes_are_slowed_too_and_another_ticket_is_no_way_round() {
    let app = App::start();
    let owner = Owner::claim(&app);
    app.clock.advance(MINUTE);
    let mut browser = app.client();
    for pause in [1, 2, 4] {
        let ticket = ticket(&owner, &mut browser);
        let wrong = factor(&app, &mut browser, &ticket, "totp", "000000").expect(401);
        assert_eq!(wrong.code(), "wrong_code");
        assert_eq!(slowed(totp(&app, &owner, &mut browser, &ticket)), pause);
        let recovery = factor(&app, &mut browser, &ticket, "recovery", &owner.recovery_codes[0]);
        assert_eq!(slowed(recovery), pause, "all factors share the wait");
        app.clock.advance(pause * SECOND);
    }
    let ticket = ticket(&owner, &mut browser);
    totp(&app, &owner, &mut browser, &ticket).expect(200);
}

/// What a stranger can compare: all of the answer but the moment it was made.
fn comparable(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    (answer.status, headers, answer.text())
}

#[test]
fn nobody_learns_which_names_exist() {
    let app = App::start();
    Owner::claim(&app);
    for pause in [1, 2, 4] {
        let known = comparable(&wrong_password(&app, "Robin"));
        assert_eq!(known.0, 401);
        for unknown in ["Alex", "robin2", "", "\u{202e}", &"x".repeat(500)] {
            let answer = wrong_password(&app, unknown);
            // Names that break the rules share one wait, so the second of them may be slowed.
            if answer.status == 401 || unknown == "Alex" {
                assert_eq!(comparable(&answer), known, "{unknown:?}");
            }
        }
        let known = comparable(&wrong_password(&app, "Robin"));
        assert_eq!(known.0, 429);
        assert_eq!(comparable(&wrong_password(&app, "Alex")), known);
        app.clock.advance(pause * SECOND);
    }
}

#[test]
fn guessing_at_one_account_keeps_nobody_else_out() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    second_account(&app, "Sam");
    for _ in 0..6 {
        wrong_password(&app, "Robin").expect(401);
        app.clock.advance(HOUR);
    }
    wrong_password(&app, "Robin").expect(401);
    slowed(wrong_password(&app, "Robin"));
    let mut browser = app.client();
    let answer = password(&mut browser, "Sam", &owner.password).expect(200).json();
    assert_eq!(answer["step"], "done");
    assert_eq!(browser.get("/api/v1/me").expect(200).json()["user"]["name"], "Sam");
    owner.browser.get("/api/v1/me").expect(200);
}

#[test]
fn totp_replay_a_code_is_good_for_one_sign_in() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let claimed_with = totp_code(&owner.totp_secret, app.clock.now().wall.unix_seconds());
    let mut browser = app.client();
    let first = ticket(&owner, &mut browser);
    let replayed = factor(&app, &mut browser, &first, "totp", &claimed_with).expect(401);
    assert_eq!(replayed.code(), "wrong_code", "the claim used this one");
    app.clock.advance(MINUTE);
    let at = app.clock.now().wall.unix_seconds();
    factor(&app, &mut browser, &first, "totp", &totp_code(&owner.totp_secret, at)).expect(200);
    let again = ticket(&owner, &mut app.client());
    let earlier = totp_code(&owner.totp_secret, at - 30);
    for (pause, code) in [(1, totp_code(&owner.totp_secret, at)), (2, earlier)] {
        let refused = factor(&app, &mut app.client(), &again, "totp", &code).expect(401);
        assert_eq!(refused.code(), "wrong_code");
        app.clock.advance(pause * SECOND);
    }
    app.clock.advance(30 * SECOND);
    totp(&app, &owner, &mut app.client(), &again).expect(200);
}

/// A code of the next minutes must not be told apart from a wrong one: it will be right soon.
#[test]
fn a_guesser_is_not_told_which_code_will_be_right_soon() {
    let app = App::start();
    let owner = Owner::claim(&app);
    app.clock.advance(10 * MINUTE);
    let first = ticket(&owner, &mut app.client());
    let at = app.clock.now().wall.unix_seconds();
    for (pause, ahead) in [(1, 60), (2, 300)] {
        let soon = totp_code(&owner.totp_secret, at + ahead);
        let refused = factor(&app, &mut app.client(), &first, "totp", &soon).expect(401).json();
        assert_eq!(refused.get("drift_s"), None, "{refused}");
        app.clock.advance(pause * SECOND);
    }
    let late = totp_code(&owner.totp_secret, at - 120);
    let refused = factor(&app, &mut app.client(), &first, "totp", &late).expect(401).json();
    assert_eq!(refused["drift_s"], -120);
}

#[test]
fn a_phone_that_ran_ahead_at_the_claim_locks_no_authenticator() {
    let app = App::start_with(Options::without_a_clock());
    let today = WallMs(1_793_000_000_000);
    let mut owner = Owner::almost_at(&app, today.plus_ms(3 * 3_600_000).0);
    owner.finish().expect(200);
    app.clock.set_wall(today);
    app.clock.set_network(true);
    let (_, answer) = owner.sign_in_at(&app, today.0);
    answer.expect(200);
    let (_, again) = owner.sign_in_at(&app, today.0);
    assert_eq!(again.expect(401).code(), "wrong_code", "each code still counts once");
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 50)).unwrap();
    assert_eq!(log.iter().filter(|(kind, _)| kind == "mfa.step_lowered").count(), 1, "{log:?}");
}

#[test]
fn a_recovery_code_works_once_however_it_is_typed() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let code = &owner.recovery_codes[2];
    let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
    let mut browser = app.client();
    let first = ticket(&owner, &mut browser);
    factor(&app, &mut browser, &first, "recovery", &typed).expect(200);
    let me = browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["methods"], json!(["password", "recovery"]));
    let second = ticket(&owner, &mut app.client());
    let refused = factor(&app, &mut app.client(), &second, "recovery", code).expect(401);
    assert_eq!(refused.code(), "wrong_code");
    app.clock.advance(SECOND);
    factor(&app, &mut app.client(), &second, "recovery", &owner.recovery_codes[4]).expect(200);
    let store = Store::open(&app.data).unwrap();
    let log = store.accounts.read(|tx| audit::newest(tx, 50)).unwrap();
    let used = log.iter().filter(|(kind, _)| kind == "mfa.recovery_code_used").count();
    assert_eq!(used, 2, "{log:?}");
    assert!(!format!("{log:?}").contains(&owner.recovery_codes[4]));
}

#[test]
fn a_sign_in_waits_five_minutes_for_its_factor_and_is_then_used_up() {
    let app = App::start();
    let owner = Owner::claim(&app);
    app.clock.advance(MINUTE);
    let mut browser = app.client();
    let late = ticket(&owner, &mut browser);
    app.clock.advance(5 * MINUTE);
    let over = totp(&app, &owner, &mut browser, &late).expect(401);
    assert_eq!(over.code(), "signin_over");
    let used = ticket(&owner, &mut browser);
    totp(&app, &owner, &mut browser, &used).expect(200);
    app.clock.advance(MINUTE);
    for no_ticket in [used.as_str(), "", "../../x", &"0".repeat(32)] {
        let refused = totp(&app, &owner, &mut browser, no_ticket).expect(401);
        assert_eq!(refused.code(), "signin_over", "{no_ticket:?}");
    }
}

#[test]
fn session_fixation_a_browsers_own_cookie_is_never_adopted() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let planted = "A".repeat(43);
    let victim = app.client().with("Cookie", &format!("stead-loopback={planted}"));
    app.clock.advance(MINUTE);
    let (_, answer) = owner.sign_in_in(victim, app.clock.now().wall.0);
    let cookie = answer.expect(200).header("set-cookie").unwrap().to_owned();
    assert!(cookie.starts_with("stead-loopback=") && !cookie.contains(&planted), "{cookie}");
    app.client().with("Cookie", &format!("stead-loopback={planted}")).get("/api/v1/me").expect(401);
    let [first, second] = [(); 2].map(|()| signed_in(&app, &owner));
    assert_ne!(first.cookie("stead-loopback"), second.cookie("stead-loopback"));
    assert_ne!(first.cookie("stead-loopback"), owner.browser.cookie("stead-loopback"));
}

/// A claim's cookie is worth nothing once there is an owner, and a planted one holds no claim.
#[test]
fn a_planted_claim_cookie_holds_nothing() {
    let app = App::start();
    let planted = "f".repeat(32);
    let mut victim = app.client().with("Cookie", &format!("stead-claim-loopback={planted}"));
    victim.get("/api/v1/claim").expect(401);
    let body = json!({ "name": "Robin", "password": "seven green kettles" });
    victim.post("/api/v1/claim/owner", &body).expect(401);
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": 0 });
    victim.post("/api/v1/claim/begin", &begin).expect(200);
    let mut attacker = app.client().with("Cookie", &format!("stead-claim-loopback={planted}"));
    attacker.get("/api/v1/claim").expect(401);
    attacker.post("/api/v1/claim/owner", &body).expect(401);
}

#[test]
fn signing_out_ends_the_session_itself() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let token = owner.browser.cookie("stead-loopback").unwrap().to_owned();
    let answer = owner.browser.post("/api/v1/signout", &json!({})).expect(204);
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(owner.browser.cookie("stead-loopback"), None);
    let kept = format!("stead-loopback={token}");
    assert_eq!(
        app.client().with("Cookie", &kept).get("/api/v1/me").expect(401).code(),
        "not_signed_in"
    );
}

#[test]
fn a_session_is_revoked_from_another_and_only_by_its_own_user() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let (mut here, mut there) = (owner.browser.clone(), signed_in(&app, &owner));
    second_account(&app, "Sam");
    let mut sam = app.client();
    password(&mut sam, "Sam", &owner.password).expect(200);
    let list = here.get("/api/v1/sessions").expect(200).json();
    let list = list["sessions"].as_array().unwrap().clone();
    assert_eq!(list.len(), 2, "{list:?}");
    let other = list.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/api/v1/sessions/{}/revoke", other["id"].as_str().unwrap());
    sam.post(&path, &json!({})).expect(404);
    there.get("/api/v1/me").expect(200);
    here.post(&path, &json!({})).expect(204);
    there.get("/api/v1/me").expect(401);
    here.post(&path, &json!({})).expect(404);
    here.get("/api/v1/me").expect(200);
    sam.get("/api/v1/me").expect(200);
}

#[test]
fn a_session_of_an_older_epoch_or_generation_is_void() {
    for sql in [
        "UPDATE server SET epoch = epoch + 1",
        "UPDATE server SET generation = generation + 1",
        "UPDATE user SET epoch = epoch + 1 WHERE role = 'owner'",
    ] {
        let app = App::start();
        let mut owner = Owner::claim(&app);
        owner.browser.get("/api/v1/libraries").expect(200);
        in_accounts(&app, sql);
        let answer = owner.browser.get("/api/v1/libraries").expect(401);
        assert_eq!(answer.code(), "session_ended", "{sql}");
        signed_in(&app, &owner).get("/api/v1/libraries").expect(200);
    }
}

#[test]
fn a_disabled_user_is_out_at_once_and_stays_out() {
    let app = App::start();
    let owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let mut sam = app.client();
    password(&mut sam, "Sam", &owner.password).expect(200);
    sam.get("/api/v1/home").expect(200);
    in_accounts(&app, "UPDATE user SET enabled = 0 WHERE name = 'Sam'");
    assert_eq!(sam.get("/api/v1/home").expect(403).code(), "account_disabled");
    let again = password(&mut app.client(), "Sam", &owner.password).expect(401);
    assert_eq!(again.code(), "wrong_name_or_password", "and nobody learns why");
}

/// A server that is restarted (an update, say) on a machine that has been up for long.
#[test]
fn a_restart_after_months_of_uptime_ends_no_session() {
    let options = Options::default();
    options.clock.advance(200 * 24 * HOUR);
    let app = App::start_with(options);
    let mut owner = Owner::claim(&app);
    let options = Options::with_clock(&app.clock);
    let app = app.restart(options);
    owner.browser = owner.browser.at(app.http_port);
    owner.browser.get("/api/v1/me").expect(200);
    let name = json!({ "name": "Attic" });
    owner.browser.post("/api/v1/settings", &name).expect(204);
    app.clock.advance(16 * MINUTE);
    let stale = owner.browser.post("/api/v1/settings", &name).expect(401);
    assert_eq!(stale.code(), "insufficient_user_authentication");
}

#[test]
fn a_flood_of_sign_ins_leaves_the_rest_answering() {
    let app = App::start();
    Owner::claim(&app);
    std::thread::scope(|scope| {
        let guess = |n: u32| wrong_password(&app, &format!("nobody {n}"));
        let threads: Vec<_> = (0..60).map(|n| scope.spawn(move || guess(n))).collect();
        for _ in 0..20 {
            app.client().get("/api/v1/server").expect(200);
        }
        for thread in threads {
            let answer = thread.join().unwrap();
            if answer.status != 401 {
                assert_eq!(answer.expect(503).code(), "busy");
            }
        }
    });
}

/// What the cookies of both doors say, on the way in and on the way out.
#[test]
fn cookies_are_kept_from_scripts_other_sites_and_plain_http() {
    let app = App::start();
    let mut browser = app.client();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": 0 });
    let claim = browser.post("/api/v1/claim/begin", &begin).expect(200);
    check_cookie(claim.header("set-cookie").unwrap(), "stead-claim-loopback", "Strict", false);
    browser.post("/api/v1/claim/cancel", &json!({})).expect(204);
    let claim = over_tls(&app, "/api/v1/claim/begin", &begin.to_string());
    check_cookie(&claim, "__Host-stead-claim", "Strict", true);
    let over = json!({ "proof": proof, "browser_time_ms": 0, "take_over": true });
    app.client().post("/api/v1/claim/begin", &over).expect(200);
    // A take-over leaves the first browser's claim void, so the claim below begins anew.
    app.clock.advance(16 * MINUTE);
    let owner = Owner::claim(&app);
    let session = {
        app.clock.advance(MINUTE);
        let (_, answer) = owner.sign_in_at(&app, app.clock.now().wall.0);
        answer.expect(200).header("set-cookie").unwrap().to_owned()
    };
    check_cookie(&session, "stead-loopback", "Lax", false);
    second_account(&app, "Sam");
    let body = json!({ "name": "Sam", "password": owner.password }).to_string();
    check_cookie(&over_tls(&app, "/api/v1/signin", &body), "__Host-stead", "Lax", true);
}

fn check_cookie(line: &str, name: &str, same_site: &str, secure: bool) {
    let mut parts = line.split("; ");
    assert!(parts.next().unwrap().starts_with(&format!("{name}=")), "{line}");
    let attributes: Vec<_> = parts.collect();
    let same_site = format!("SameSite={same_site}");
    for attribute in ["HttpOnly", "Path=/", same_site.as_str()] {
        assert!(attributes.contains(&attribute), "{attribute}: {line}");
    }
    assert_eq!(attributes.contains(&"Secure"), secure, "{line}");
    assert!(!line.to_lowercase().contains("domain="), "{line}");
}

/// The cookie that an answer over TLS sets.
fn over_tls(app: &App, path: &str, body: &str) -> String {
    let mut curl = Command::new("curl");
    curl.args(["-sk", "-i", "--max-time", "60", "-H", "content-type: application/json"]);
    curl.args(["-d", body]).arg(format!("https://127.0.0.1:{}{path}", app.https_port));
    let said = String::from_utf8(curl.output().unwrap().stdout).unwrap();
    let cookie = said.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    cookie.unwrap_or_else(|| panic!("no cookie: {said}")).trim().to_owned()
}

/// A sign-in that began with what has ended since.
#[test]
fn a_sign_in_that_began_before_a_change_is_not_finished_after_it() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut password = owner.password.clone();
    let changes = ["password", "factor", "everybody"];
    for (round, change) in changes.into_iter().enumerate() {
        app.clock.advance(60_000);
        let who = json!({ "name": owner.name, "password": password });
        let (mut thief, mut asking) = (app.client(), app.client());
        let by_code = thief.post("/api/v1/signin", &who).expect(200).json();
        let by_phone = asking.post("/api/v1/signin", &who).expect(200).json();
        let ask = json!({ "ticket": by_phone["ticket"] });
        match change {
            "password" => {
                let new = format!("nine purple umbrellas {round}");
                let body = json!({ "old": password, "new": new });
                owner.browser.post("/api/v1/password", &body).expect(204);
                password = new;
            }
            "factor" => in_accounts(&app, "UPDATE user SET epoch = epoch + 1"),
            _ => in_accounts(&app, "UPDATE server SET generation = generation + 1"),
        }
        let unix = app.clock.now().wall.unix_seconds();
        let code = totp_code(&owner.totp_secret, unix);
        let sent = json!({ "ticket": by_code["ticket"], "method": "totp", "code": code,
            "browser_time_ms": app.clock_ms() });
        let late = thief.post("/api/v1/signin/factor", &sent).expect(401);
        assert_eq!(late.code(), "signin_changed", "{change}");
        thief.get("/api/v1/me").expect(401);
        if change == "password" {
            let asked = asking.post("/api/v1/signin/approval/begin", &ask).expect(200).json();
            let path = format!("/api/v1/approvals/{}/approve", asked["request"].as_str().unwrap());
            owner.browser.post(&path, &json!({ "number": asked["number"] })).expect(204);
            let look = json!({ "request": asked["request"] });
            let late = asking.post("/api/v1/signin/approval", &look);
            assert_eq!(late.code(), "signin_changed", "{change}");
            asking.get("/api/v1/me").expect(401);
        }
    }
}
