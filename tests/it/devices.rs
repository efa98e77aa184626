//! Televisions and apps: let in from a phone, good for playback alone, and gone when they should be.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use stead::http::routes::table;
use stead::http::row::Access;
use stead_rules::limits::{
    DEVICE_CODE_SECONDS, DEVICE_CODES_PER_PLACE_MAX, DEVICE_HASTY_POLLS_MAX, DEVICES_PER_USER_MAX,
    GUARD_SECONDS, SESSION_IDLE_SECONDS,
};
use stead_rules::policy::{Action, Door};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::access::member;
use crate::endings::{Jukebox, SONG_BYTES, begin, drain};
use crate::harness::{Answer, App, Client, Options, Owner, in_accounts, second_account};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A television that shows its code.
struct Screen {
    browser: Client,
    offer: Value,
}

impl Screen {
    fn ask(app: &App) -> Self {
        Self::ask_in(app.client())
    }

    fn ask_in(mut browser: Client) -> Self {
        let offer = browser.post("/api/v1/tv/begin", &json!({ "name": "Living room" }));
        Self { browser, offer: offer.expect(200).json() }
    }

    fn code(&self) -> Value {
        json!({ "code": self.offer["user_code"] })
    }

    fn poll(&mut self) -> String {
        let body = json!({ "device_code": self.offer["device_code"] });
        let told = self.browser.post("/api/v1/tv/poll", &body).expect(200).json();
        told["step"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn approve(phone: &mut Client, code: &Value, name: &str) -> Answer {
    phone.post("/api/v1/devices/approve", &json!({ "code": code["code"], "name": name }))
}

/// A television that the owner has let in.
fn television(app: &App, owner: &mut Owner) -> Client {
    let mut screen = Screen::ask(app);
    approve(&mut owner.browser, &screen.code(), "Living room").expect(204);
    assert_eq!(screen.poll(), "done");
    screen.browser
}

type Form<'a> = &'a [(&'a str, &'a str)];

/// Sends a form, as programs do that know OAuth.
fn form(app: &App, path: &str, fields: Form<'_>) -> Answer {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace(':', "%3A")))
        .collect();
    let (body, port) = (pairs.join("&"), app.http_port);
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: kitchen-radio/1\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    app.client().send_raw(request.as_bytes(), false)
}

pub(crate) fn exchange(app: &App, device_code: &Value) -> Answer {
    let code = device_code.as_str().unwrap();
    let fields = [("grant_type", GRANT), ("client_id", "stead-app"), ("device_code", code)];
    form(app, "/oauth/token", &fields)
}

fn oauth_error(answer: Answer) -> String {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.expect(400).json()["error"].as_str().unwrap().to_owned()
}

pub(crate) fn app_asks(app: &App) -> Value {
    let fields = [("client_id", "stead-app"), ("scope", "playback"), ("device_name", "Radio")];
    form(app, "/oauth/device_authorization", &fields).expect(200).json()
}

#[test]
fn a_television_is_let_in_by_a_phone_named_listed_and_ended() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut screen = Screen::ask(&app);
    assert_eq!(screen.poll(), "waiting");
    approve(&mut owner.browser, &screen.code(), "Bedroom").expect(204);
    assert_eq!(screen.poll(), "done", "an answer is not kept back from who was hasty");
    let mut tv = screen.browser;
    let me = tv.get("/api/v1/me").expect(200).json();
    assert_eq!((&me["user"]["name"], &me["session"]["kind"]), (&json!("Robin"), &json!("tv")));
    let sessions = owner.browser.get("/api/v1/sessions").expect(200).json();
    let rows = sessions["sessions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["kind"] == "tv").expect("it is listed");
    assert_eq!((&row["name"], &row["approved_from"]), (&json!("Bedroom"), &json!("127.0.0.1")));
    let end = format!("/api/v1/sessions/{}/revoke", row["id"].as_str().unwrap());
    owner.browser.post(&end, &json!({})).expect(204);
    assert_eq!(tv.get("/api/v1/home").expect(401).code(), "not_signed_in");
    let store = Store::open(&app.data).unwrap();
    let kept = store.accounts.read(|tx| audit::newest(tx, 3)).unwrap();
    let kinds: Vec<_> = kept.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["device.ended", "device.signed_in", "device.approved"]);
}

#[test]
fn a_persons_other_sessions_are_told_of_what_was_let_in() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    app.clock.advance(60_000);
    let (mut other, signed_in) = owner.sign_in_at(&app, app.clock_ms());
    signed_in.expect(200);
    television(&app, &mut owner);
    let phone = &mut owner.browser;
    phone.post("/api/v1/settings/app-passwords", &json!({ "allowed": true })).expect(204);
    phone.post("/api/v1/app-passwords", &json!({ "name": "Radio" })).expect(201);
    let told = |browser: &mut Client| {
        let list = browser.get("/api/v1/notices").expect(200).json();
        let rows = list["notices"].as_array().unwrap().clone();
        let rows = rows.iter().filter(|row| row["kind"] == "device_approved");
        rows.map(|row| row["about"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&mut other), ["Radio", "Living room"]);
    assert!(told(phone).is_empty(), "who did it is not told");
}

#[test]
fn a_television_of_the_owner_gets_playback_at_no_row_anything_else() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut tv = television(&app, &mut owner);
    let mut token = {
        let offer = app_asks(&app);
        approve(&mut owner.browser, &json!({ "code": offer["user_code"] }), "Radio").expect(204);
        let token = exchange(&app, &offer["device_code"]).expect(200).json();
        let token = token["access_token"].as_str().unwrap().to_owned();
        app.client().with("Authorization", &format!("Bearer {token}"))
    };
    let (mut taken, mut refused) = (0, 0);
    for row in table().iter().filter(|row| row.access == Access::Session) {
        for (method, path) in
            row.targets().into_iter().filter(|(_, path)| path != "/api/v1/signout")
        {
            let path = path.replace("{id}", "00000000000000000000000000000000");
            let body = (method == "POST").then(|| "{}".to_owned());
            for client in [&mut tv, &mut token] {
                let answer = client.send(method.as_str(), &path, body.clone());
                let what = format!("{method} {path}: {} {}", answer.status, answer.text());
                if Door::Tv.takes(row.action) {
                    assert!(!matches!(answer.status, 401 | 403), "{what}");
                    taken += 1;
                } else {
                    // That there is nothing to unlock is said to anybody, before doors are looked at.
                    let expected = if row.action == Action::Unlock {
                        "nothing_to_unlock"
                    } else {
                        "wrong_door"
                    };
                    assert_eq!(answer.code(), expected, "{what}");
                    refused += 1;
                }
            }
        }
    }
    assert!(taken > 10 && refused > 10, "both kinds of rows are met: {taken} {refused}");
}

#[test]
fn an_app_speaks_the_device_grant() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let offer = app_asks(&app);
    assert_eq!((&offer["expires_in"], &offer["interval"]), (&json!(600), &json!(5)));
    let uri = offer["verification_uri"].as_str().unwrap();
    let complete = offer["verification_uri_complete"].as_str().unwrap();
    let code = offer["user_code"].as_str().unwrap();
    assert!(uri.ends_with("/device"), "{uri}");
    assert_eq!(complete, format!("{uri}#code={code}"), "no code in a path or query");
    assert_eq!(oauth_error(exchange(&app, &offer["device_code"])), "authorization_pending");
    assert_eq!(oauth_error(exchange(&app, &offer["device_code"])), "slow_down");
    app.clock.advance(5_000);
    assert_eq!(oauth_error(exchange(&app, &offer["device_code"])), "slow_down", "10 s by now");
    app.clock.advance(15_000);
    assert_eq!(oauth_error(exchange(&app, &offer["device_code"])), "authorization_pending");
    approve(&mut owner.browser, &json!({ "code": code }), "Radio").expect(204);
    let token = exchange(&app, &offer["device_code"]).expect(200);
    assert_eq!(token.header("cache-control"), Some("no-store"));
    assert_eq!(token.header("set-cookie"), None);
    let token = token.json();
    assert_eq!((&token["token_type"], &token["scope"]), (&json!("Bearer"), &json!("playback")));
    let token = token["access_token"].as_str().unwrap();
    let mut radio = app.client().with("Authorization", &format!("bearer {token}"));
    assert_eq!(radio.get("/api/v1/me").expect(200).json()["session"]["kind"], "app");
    let replayed = oauth_error(exchange(&app, &offer["device_code"]));
    assert_eq!(replayed, "invalid_grant", "a device code is good for one token");
}

#[test]
fn requests_that_are_none_are_refused_in_the_words_of_the_protocol() {
    let app = App::start();
    Owner::claim(&app);
    let ask = "/oauth/device_authorization";
    let long = "x".repeat(20_000);
    let cases: &[(&str, Form<'_>, &str)] = &[
        (ask, &[], "invalid_request"),
        (ask, &[("client_id", "somebody")], "invalid_client"),
        (ask, &[("client_id", "stead-tv"), ("client_id", "stead-tv")], "invalid_request"),
        (ask, &[("client_id", "stead-tv"), ("scope", "playback admin")], "invalid_scope"),
        (ask, &[("client_id", "stead-tv"), ("device_name", &long)], "invalid_request"),
        ("/oauth/token", &[("client_id", "stead-tv")], "invalid_request"),
        ("/oauth/token", &[("grant_type", "password")], "unsupported_grant_type"),
        ("/oauth/token", &[("grant_type", GRANT), ("client_id", "stead-tv")], "invalid_request"),
    ];
    for (path, fields, expected) in cases {
        assert_eq!(oauth_error(form(&app, path, fields)), *expected, "{path} {fields:?}");
    }
    let made_up = exchange(&app, &json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    assert_eq!(oauth_error(made_up), "invalid_grant");
    let offer = app_asks(&app);
    let other = [
        ("grant_type", GRANT),
        ("client_id", "stead-tv"),
        ("device_code", offer["device_code"].as_str().unwrap()),
    ];
    let by_another_client = oauth_error(form(&app, "/oauth/token", &other));
    assert_eq!(by_another_client, "invalid_grant", "a code belongs to who asked");
}

#[test]
fn a_token_and_a_cookie_are_worth_nothing_in_each_others_place() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let cookie = owner.browser.cookie("stead-loopback").unwrap().to_owned();
    let offer = app_asks(&app);
    approve(&mut owner.browser, &json!({ "code": offer["user_code"] }), "Radio").expect(204);
    let token = exchange(&app, &offer["device_code"]).expect(200).json();
    let token = token["access_token"].as_str().unwrap();
    let status = |mut client: Client| client.get("/api/v1/me").status;
    let bearer = |text: &str| app.client().with("Authorization", &format!("Bearer {text}"));
    assert_eq!(status(bearer(token)), 200);
    assert_eq!(status(bearer(&cookie)), 401, "a browser's cookie carried off");
    let in_a_cookie = app.client().with("Cookie", &format!("stead-loopback={token}"));
    assert_eq!(status(in_a_cookie), 401);
    assert_eq!(status(owner.browser.clone()), 200);
    for header in ["Bearer made-up", "Basic !!", "Negotiate abc", "Bearer", "Bearer "] {
        let both = owner.browser.with("Authorization", header);
        assert_eq!(status(both), 401, "the cookie does not stand in: {header:?}");
    }
    let twice = bearer(token).with("Authorization", &format!("Bearer {token}"));
    assert_eq!(status(twice), 401);
    let by_query = app.client().get(&format!("/api/v1/me?access_token={token}")).status;
    assert_eq!(by_query, 401, "no token in an address");
    let mut from_a_page = bearer(token).with("Origin", "app://radio");
    from_a_page.post("/api/v1/signout", &json!({})).expect(204);
    let cross = owner.browser.with("Authorization", &format!("Bearer {token}"));
    let cross = cross.with("Origin", "https://evil.example").post("/api/v1/signout", &json!({}));
    assert_eq!(cross.expect(403).code(), "cross_site", "with a cookie the origin counts");
}

#[test]
fn a_code_ends_after_ten_minutes_of_uptime_and_a_no_is_told() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut late = Screen::ask(&app);
    app.clock.advance(DEVICE_CODE_SECONDS * 1000);
    assert_eq!(late.poll(), "over");
    let told = approve(&mut owner.browser, &late.code(), "TV").expect(422);
    assert_eq!(told.code(), "no_such_code");
    // The wrong code makes its person wait for a second.
    app.clock.advance(2_000);
    let mut unwanted = Screen::ask(&app);
    owner.browser.post("/api/v1/devices/deny", &unwanted.code()).expect(204);
    let again = approve(&mut owner.browser, &unwanted.code(), "TV").expect(422);
    assert_eq!(again.code(), "no_such_code", "judged once");
    assert_eq!(unwanted.poll(), "denied");
    assert_eq!(unwanted.poll(), "over");
    unwanted.browser.get("/api/v1/me").expect(401);
}

#[test]
fn two_televisions_are_let_in_each_by_its_own_code() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let (mut one, mut two) = (Screen::ask(&app), Screen::ask(&app));
    assert_ne!(one.offer["user_code"], two.offer["user_code"]);
    approve(&mut owner.browser, &two.code(), "Two").expect(204);
    assert_eq!((one.poll(), two.poll()), ("waiting".into(), "done".into()));
    one.browser.get("/api/v1/me").expect(401);
    two.browser.get("/api/v1/me").expect(200);
}

#[test]
fn user_code_guessing_slows_who_guesses_and_nobody_else_over_a_restart_too() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut guesser = member(&app);
    let guess = json!({ "code": "BBBB-BBBB" });
    let look = "/api/v1/devices/look";
    guesser.post(look, &json!({ "code": "hello" })).expect(422);
    assert_eq!(guesser.post(look, &guess).expect(422).code(), "no_such_code");
    let slowed = guesser.post(look, &guess).expect(429);
    assert_eq!(slowed.code(), "slow_down");
    let screen = Screen::ask(&app);
    guesser.post(look, &screen.code()).expect(429);
    guesser.post("/api/v1/devices/deny", &screen.code()).expect(429);
    owner.browser.post(look, &screen.code()).expect(200);
    for _ in 0..12 {
        app.clock.advance(3_600_000);
        guesser.post(look, &guess).expect(422);
    }
    let clock = std::sync::Arc::clone(&app.clock);
    let app = app.restart(Options::with_clock(&clock));
    guesser.at(app.http_port).post(look, &guess).expect(429);
}

#[test]
fn polling_abuse_costs_the_device_its_code_and_a_place_holds_few_codes() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut hasty = Screen::ask(&app);
    assert_eq!(hasty.poll(), "waiting");
    for _ in 0..DEVICE_HASTY_POLLS_MAX {
        assert_eq!(hasty.poll(), "slow_down");
    }
    assert_eq!(hasty.poll(), "over");
    approve(&mut owner.browser, &hasty.code(), "TV").expect(422);
    for _ in 0..DEVICE_CODES_PER_PLACE_MAX {
        Screen::ask(&app);
    }
    let full = app.client().post("/api/v1/tv/begin", &json!({})).expect(429);
    assert_eq!(full.code(), "devices_full");
    assert!(full.header("retry-after").is_some());
    Screen::ask_in(app.client().sent_from(Ipv4Addr::new(127, 0, 0, 9)));
    app.clock.advance(DEVICE_CODE_SECONDS * 1000);
    Screen::ask(&app);
}

#[test]
fn device_code_phishing_shows_where_a_code_comes_from_and_wants_a_fresh_factor() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let url = format!("https://127.0.0.1:{}/api/v1/tv/begin", app.https_port);
    let output = std::process::Command::new("curl")
        .args(["-s", "--cacert"])
        .arg(app.data.join("tls/ca.pem"))
        .args(["-A", "a far television", "-H", "Forwarded: for=203.0.113.7"])
        .args(["--json", "{\"name\":\"Your bank\"}", &url])
        .output()
        .unwrap();
    let offer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = json!({ "code": offer["user_code"] });
    let seen = owner.browser.post("/api/v1/devices/look", &code).expect(200).json();
    assert_eq!(seen["near"], false, "{seen}");
    assert_eq!((&seen["name"], &seen["agent"]), (&json!("Your bank"), &json!("a far television")));
    let near = Screen::ask(&app);
    let seen = owner.browser.post("/api/v1/devices/look", &near.code()).expect(200).json();
    assert_eq!((&seen["near"], &seen["address"]), (&json!(true), &json!("127.0.0.1")));
    let poll = json!({ "device_code": offer["device_code"] });
    let told = app.client().post("/api/v1/tv/poll", &poll).expect(200).json();
    assert_eq!(told["step"], "waiting", "looking lets nobody in");
    app.clock.advance((GUARD_SECONDS + 1) * 1000 / 2);
    app.clock.advance((GUARD_SECONDS + 1) * 1000 / 2);
    let late = Screen::ask(&app);
    let refused = approve(&mut owner.browser, &late.code(), "TV").expect(401);
    assert_eq!(refused.code(), "insufficient_user_authentication");
    owner.browser.post("/api/v1/devices/deny", &late.code()).expect(204);
}

/// A device's session is worth what the one was that let it in, and never fresher.
#[test]
fn a_device_inherits_the_assurance_and_the_time_of_who_let_it_in() {
    for (methods, assurance) in
        [("password", "pwd"), ("password totp", "mfa"), ("passkey", "mfa_phishing_resistant")]
    {
        let app = App::start();
        let mut owner = Owner::claim(&app);
        in_accounts(&app, &format!("UPDATE session SET methods = '{methods}'"));
        let before = owner.browser.get("/api/v1/me").expect(200).json()["session"].clone();
        app.clock.advance(300_000);
        let mut screen = Screen::ask(&app);
        let told = approve(&mut owner.browser, &screen.code(), "TV");
        if methods == "password" {
            // An owner guards by more than a password, so such a session lets nothing in.
            assert_eq!(told.expect(401).code(), "insufficient_user_authentication");
            continue;
        }
        told.expect(204);
        assert_eq!(screen.poll(), "done");
        let got = screen.browser.get("/api/v1/me").expect(200).json()["session"].clone();
        for member in ["methods", "auth_time_ms"] {
            assert_eq!(got[member], before[member], "{member} of {methods}");
        }
        assert_eq!(got["assurance"], assurance);
        let listed = owner.browser.get("/api/v1/sessions").expect(200).json();
        for row in listed["sessions"].as_array().unwrap() {
            assert_eq!(row["assurance"], assurance, "{row}");
            assert_eq!(row["inherited"], row["kind"] == "tv", "{row}");
        }
    }
    // A member who has nothing but a password lets in by that.
    let app = App::start();
    let owner = Owner::claim(&app);
    second_account(&app, "Sam");
    let mut sam = app.client();
    let who = json!({ "name": "Sam", "password": owner.password });
    sam.post("/api/v1/signin", &who).expect(200);
    let mut screen = Screen::ask(&app);
    approve(&mut sam, &screen.code(), "TV").expect(204);
    assert_eq!(screen.poll(), "done");
    let got = screen.browser.get("/api/v1/me").expect(200).json()["session"].clone();
    assert_eq!((&got["assurance"], &got["methods"]), (&json!("pwd"), &json!(["password"])));
}

#[test]
fn what_was_approved_by_a_session_that_ended_since_is_void() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut approved = Screen::ask(&app);
    approve(&mut owner.browser, &approved.code(), "TV").expect(204);
    owner.browser.post("/api/v1/signout", &json!({})).expect(204);
    assert_eq!(approved.poll(), "denied");
}

#[test]
fn a_television_that_nobody_uses_ends_and_one_in_use_goes_on_without_the_phone() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut tv = television(&app, &mut owner);
    owner.browser.post("/api/v1/signout", &json!({})).expect(204);
    for _ in 0..2 {
        app.clock.advance((SESSION_IDLE_SECONDS - 3600) * 1000);
        tv.get("/api/v1/home").expect(200);
    }
    app.clock.advance((SESSION_IDLE_SECONDS + 1) * 1000);
    assert_eq!(tv.get("/api/v1/home").expect(401).code(), "session_ended");
}

#[test]
fn ending_a_television_ends_what_it_plays() {
    let mut jukebox = Jukebox::new();
    let tv = television(&jukebox.app, &mut jukebox.owner);
    let song = jukebox.song(&tv);
    let mut stream = begin(&jukebox.app, &tv, &song);
    let phone = &mut jukebox.owner.browser;
    let sessions = phone.get("/api/v1/sessions").expect(200).json();
    let rows = sessions["sessions"].as_array().unwrap();
    let id = rows.iter().find(|row| row["kind"] == "tv").unwrap()["id"].as_str().unwrap();
    phone.post(&format!("/api/v1/sessions/{id}/revoke"), &json!({})).expect(204);
    assert!(drain(&mut stream) < SONG_BYTES / 2, "what was under way, and no more");
    assert_eq!(tv.clone().get(&song).expect(403).code(), "link_expired");
}

pub(crate) fn basic(app: &App, name: &str, password: &str) -> Client {
    use base64::Engine as _;
    let text = format!("{name}:{password}");
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    app.client().with("Authorization", &format!("Basic {text}"))
}

#[test]
fn app_passwords_are_off_until_the_owner_allows_them_and_switching_off_ends_them() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let phone = &mut owner.browser;
    let make = json!({ "name": "Old radio" });
    assert_eq!(phone.get("/api/v1/app-passwords").expect(200).json()["allowed"], false);
    let off = phone.post("/api/v1/app-passwords", &make).expect(403);
    assert_eq!(off.code(), "app_passwords_off");
    let switch = "/api/v1/settings/app-passwords";
    phone.post(switch, &json!({ "allowed": true })).expect(204);
    let made = phone.post("/api/v1/app-passwords", &make).expect(201).json();
    let password = made["password"].as_str().unwrap().to_owned();
    assert_eq!(password.split('-').map(str::len).collect::<Vec<_>>(), [6, 6, 6, 6]);
    for shown in [password.clone(), password.to_uppercase().replace('-', " ")] {
        let mut radio = basic(&app, "ROBIN", &shown);
        let me = radio.get("/api/v1/me").expect(200).json();
        assert_eq!(me["session"]["kind"], "app_password");
        radio.get("/api/v1/home").expect(200);
        for path in ["/api/v1/sessions", "/api/v1/settings", "/metrics"] {
            assert_eq!(radio.get(path).expect(403).code(), "wrong_door", "{path}");
        }
    }
    let mut as_token = app.client().with("Authorization", &format!("Bearer {password}"));
    as_token.get("/api/v1/home").expect(200);
    let real = owner.password.clone();
    basic(&app, "Robin", &real).get("/api/v1/home").expect(401);
    basic(&app, "Sam", &password).get("/api/v1/home").expect(401);
    let listed = phone.get("/api/v1/sessions").expect(200).json();
    let row = listed["sessions"].as_array().unwrap().iter().find(|r| r["kind"] == "app_password");
    assert_eq!(row.unwrap()["name"], "Old radio");
    phone.post(switch, &json!({ "allowed": false })).expect(204);
    basic(&app, "Robin", &password).get("/api/v1/home").expect(401);
    app.clock.advance(2_000);
    phone.post(switch, &json!({ "allowed": true })).expect(204);
    basic(&app, "Robin", &password).get("/api/v1/home").expect(401);
}

#[test]
fn wrong_app_passwords_are_slowed_and_a_right_one_never_waits() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let phone = &mut owner.browser;
    phone.post("/api/v1/settings/app-passwords", &json!({ "allowed": true })).expect(204);
    let made = phone.post("/api/v1/app-passwords", &json!({ "name": "Radio" })).expect(201).json();
    let right = made["password"].as_str().unwrap().to_owned();
    let wrong = "bbbbbb-bbbbbb-bbbbbb-bbbbbb";
    basic(&app, "Robin", wrong).get("/api/v1/home").expect(401);
    let slowed = basic(&app, "Robin", wrong).get("/api/v1/home").expect(429);
    assert_eq!(slowed.code(), "slow_down");
    basic(&app, "Robin", &right).get("/api/v1/home").expect(200);
    in_accounts(&app, "UPDATE user SET epoch = epoch + 1");
    let over = basic(&app, "Robin", &right).get("/api/v1/home").expect(401);
    assert_eq!(over.code(), "session_ended", "dead with the factors");
}

/// How many rows the database keeps of wrong tries.
fn counted(app: &App) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "the store tells nobody how many there are")]
    let database = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
    database.query_row("SELECT count(*) FROM throttle", [], |row| row.get(0)).unwrap()
}

/// A flood of strangers' names: it costs no card its life, and tells nobody who is there.
#[test]
fn strangers_write_nothing_by_made_up_names_and_app_passwords() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let before = counted(&app);
    let guess = |number: u32, name: &str| {
        let wrong = ["bcdfgh", "jkmnpq", "rstvwx"][number as usize % 3];
        let name = if name.is_empty() { format!("guest {number}") } else { name.to_owned() };
        basic(&app, &name, &format!("{wrong}-bbbbbb-bbbbbb-bbbbbb")).get("/api/v1/home").status
    };
    for number in 0..20 {
        assert_eq!(guess(number, ""), 401);
        assert_eq!(guess(number, "Robin"), 401);
    }
    assert_eq!(counted(&app), before, "they are switched off");
    let switch = json!({ "allowed": true });
    owner.browser.post("/api/v1/settings/app-passwords", &switch).expect(204);
    for number in 0..20 {
        let wanted = if number == 0 { 401 } else { 429 };
        assert_eq!(guess(number, ""), wanted, "one count for all names");
        assert_eq!(guess(number, "Robin"), 429, "a name that is there is told by nothing");
    }
    assert_eq!(counted(&app), before + 2, "here and everywhere");
}

#[test]
fn devices_that_ended_with_a_factor_take_nobodys_room() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let phone = &mut owner.browser;
    phone.post("/api/v1/settings/app-passwords", &json!({ "allowed": true })).expect(204);
    let make = json!({ "name": "Radio" });
    for _ in 0..DEVICES_PER_USER_MAX {
        phone.post("/api/v1/app-passwords", &make).expect(201);
    }
    phone.post("/api/v1/app-passwords", &make).expect(409);
    let change = json!({ "old": owner.password, "new": "nine purple umbrellas" });
    phone.post("/api/v1/password", &change).expect(204);
    phone.post("/api/v1/app-passwords", &make).expect(201);
    television(&app, &mut owner).get("/api/v1/home").expect(200);
}

#[test]
fn who_looks_at_codes_of_their_own_between_guesses_waits_all_the_same() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let guess = json!({ "code": "BBBB-BBBB" });
    for path in ["/api/v1/devices/look", "/api/v1/devices/deny"] {
        let own = Screen::ask(&app);
        owner.browser.post("/api/v1/devices/look", &guess).expect(422);
        app.clock.advance(1_500);
        drop(owner.browser.post(path, &own.code()));
    }
    app.clock.advance(60_000);
    owner.browser.post("/api/v1/devices/look", &guess).expect(422);
    let slowed = owner.browser.post("/api/v1/devices/look", &guess).expect(429).json();
    assert!(slowed["retry_after_s"].as_u64().unwrap() > 1, "the third miss counts as the third");
    app.clock.advance(60_000);
    television(&app, &mut owner);
    owner.browser.post("/api/v1/devices/look", &guess).expect(422);
    let forgiven = owner.browser.post("/api/v1/devices/look", &guess).expect(429).json();
    assert_eq!(forgiven["retry_after_s"], 1, "what was let in forgives");
}

#[test]
fn nothing_that_a_device_shows_or_is_given_is_kept_as_it_was() {
    let app = App::start();
    let mut owner = Owner::claim(&app);
    let mut screen = Screen::ask(&app);
    approve(&mut owner.browser, &screen.code(), "TV").expect(204);
    let device_code = screen.offer["device_code"].as_str().unwrap().to_owned();
    assert_eq!(screen.poll(), "done");
    let phone = &mut owner.browser;
    phone.post("/api/v1/settings/app-passwords", &json!({ "allowed": true })).expect(204);
    let made = phone.post("/api/v1/app-passwords", &json!({ "name": "Radio" })).expect(201).json();
    let mut secrets = screen.browser.cookie_values();
    secrets.push(device_code);
    secrets.push(screen.offer["user_code"].as_str().unwrap().to_owned());
    secrets.push(made["password"].as_str().unwrap().to_owned());
    assert_eq!(secrets.len(), 4);
    for file in ["accounts.db", "accounts.db-wal"] {
        let bytes = std::fs::read(app.data.join(file)).unwrap();
        assert!(!bytes.is_empty(), "{file} is read");
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{file} holds {secret}");
        }
    }
}
