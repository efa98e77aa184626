//! What people and players show to the server stays between them and the server: it is in no log
//! and, as it was shown, in no file.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use stead::host::clock::{Clock as _, SystemClock};
use stead_store::Store;
use stead_store::accounts::audit;

use crate::harness::{Client, Owner, link_secret_in, totp_code};
use crate::media::{Media, SOUND};
use crate::program::Served;

const MISTYPED: &str = "seven green kettels";

/// The real program with the most talkative log, over one song.
fn serve(media: &Media) -> Served {
    Served::start_logging("level = \"trace\"", |command| {
        command.arg("--media").arg(&media.path);
    })
}

/// All that was shown, with what to call it.
#[derive(Default)]
pub(crate) struct Shown(Vec<(&'static str, String)>);

impl Shown {
    pub(crate) fn add(&mut self, what: &'static str, secret: impl Into<String>) {
        self.0.push((what, secret.into()));
    }

    pub(crate) fn cookies(&mut self, browser: &Client) {
        let cookies = browser.cookie_values();
        assert!(!cookies.is_empty(), "a session has a cookie");
        cookies.into_iter().for_each(|cookie| self.add("a cookie", cookie));
    }

    pub(crate) fn assert_none_in(&self, place: &str, text: &[u8]) {
        for (what, secret) in &self.0 {
            assert!(!holds(text, secret.as_bytes()), "{what} in {place}");
        }
    }
}

/// Whether the secret stands there. Six digits do somewhere in any time of day, so digits must
/// stand alone.
fn holds(text: &[u8], secret: &[u8]) -> bool {
    let digits = secret.iter().all(u8::is_ascii_digit);
    let near = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    text.windows(secret.len()).enumerate().any(|(at, window)| {
        let (before, after) = (near(at.checked_sub(1)), near(Some(at + secret.len())));
        let alone = !before.is_ascii_digit() && before != b'.' && !after.is_ascii_digit();
        window == secret && (alone || !digits)
    })
}

/// Signs in with a first wrong and then a right password and code: the browser.
fn sign_in(shown: &mut Shown, owner: &Owner, port: u16, method: &str, code: &str) -> Client {
    let mut browser = Client::new(port);
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = browser.post("/api/v1/signin", &who).expect(200).json();
    let ticket = first["ticket"].as_str().unwrap();
    shown.add("a ticket", ticket);
    shown.add("a code", code);
    let now_ms = SystemClock::new(None).now().wall.0;
    let factor =
        json!({ "ticket": ticket, "method": method, "code": code, "browser_time_ms": now_ms });
    browser.post("/api/v1/signin/factor", &factor).expect(200);
    shown.cookies(&browser);
    browser
}

/// Sends the password in ways that no page does.
fn stumble(owner: &Owner, port: u16) {
    let password = &owner.password;
    let mut browser = Client::new(port);
    for body in [
        format!("{{\"name\":\"Robin\",\"password\":\"{password}"),
        format!("{{\"name\":\"Robin\",\"password\":[\"{password}\"]}}"),
        format!("{{\"{password}\":5}}"),
        format!("\"{password}\""),
    ] {
        let status = browser.send("POST", "/api/v1/signin", Some(body)).status;
        assert!((400..500).contains(&status), "{status}");
    }
    let target = format!("/api/v1/signin?password={}", password.replace(' ', "+"));
    browser.get(&target).expect(405);
}

/// Plays the only song by its link, and by a spoilt one.
fn play(shown: &mut Shown, browser: &mut Client, library: &str) {
    let page = browser.get(&format!("/api/v1/items?library={library}&kind=track")).expect(200);
    let id = page.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let play: Value =
        browser.post(&format!("/api/v1/items/{id}/play"), &json!({})).expect(200).json();
    let link = play["url"].as_str().unwrap();
    let token = link.split('/').nth(2).unwrap();
    shown.add("a link's token", token);
    browser.get(link).expect(200);
    browser.get(&format!("/stream/{token}x/song.mp3")).expect(403);
    browser.get(&format!("/stream/{token}")).expect(404);
}

/// Lets a television in and makes a password for an app, which plays by it.
fn let_in(shown: &mut Shown, browser: &mut Client, port: u16) {
    let mut tv = Client::new(port);
    let offer = tv.post("/api/v1/tv/begin", &json!({})).expect(200).json();
    shown.add("what a device keeps", offer["device_code"].as_str().unwrap());
    shown.add("what a device shows", offer["user_code"].as_str().unwrap());
    let approve = json!({ "code": offer["user_code"], "name": "Living room" });
    browser.post("/api/v1/devices/approve", &approve).expect(204);
    let poll = json!({ "device_code": offer["device_code"] });
    assert_eq!(tv.post("/api/v1/tv/poll", &poll).expect(200).json()["step"], "done");
    shown.cookies(&tv);
    browser.post("/api/v1/settings/app-passwords", &json!({ "allowed": true })).expect(204);
    let radio = json!({ "name": "Radio" });
    let made = browser.post("/api/v1/app-passwords", &radio).expect(201).json();
    let password = made["password"].as_str().unwrap();
    shown.add("an app password", password);
    let mut radio = Client::new(port).with("Authorization", &format!("Bearer {password}"));
    radio.get("/api/v1/home").expect(200);
    Client::new(port).get(&format!("/api/v1/home?access_token={password}")).expect(401);
}

#[test]
fn secrets_in_urls_and_logs_nothing_that_is_shown_is_kept_or_logged() {
    let media = Media::new();
    media.make("music/Strom.mp3", SOUND);
    let served = serve(&media);
    let (port, mut shown) = (served.http_port, Shown::default());
    let now_ms = SystemClock::new(None).now().wall.0;
    let secret = link_secret_in(&served.data());
    let mut owner = Owner::almost_in(Client::new(port), &secret, now_ms);
    owner.finish().expect(200);
    shown.cookies(&owner.browser);
    shown.add("the password", &owner.password);
    shown.add("the authenticator's secret", &owner.totp_secret);
    owner.recovery_codes.iter().for_each(|code| shown.add("a recovery code", code));

    stumble(&owner, port);
    // The claim used up the code of its moment, so it is the next one's turn.
    let code = totp_code(&owner.totp_secret, u64::try_from(now_ms / 1000).unwrap() + 30);
    let mut browser = sign_in(&mut shown, &owner, port, "totp", &code);
    sign_in(&mut shown, &owner, port, "recovery", &owner.recovery_codes[5]);
    let library = crate::library::add(&mut browser, port, ("Music", "music", &media.path));
    play(&mut shown, &mut browser, &library);
    let_in(&mut shown, &mut browser, port);
    browser.post("/api/v1/signout", &json!({})).expect(204);
    let wrong = json!({ "name": owner.name, "password": MISTYPED });
    Client::new(port).post("/api/v1/signin", &wrong).expect(401);
    shown.add("a mistyped password", MISTYPED);

    look_through(&shown, &served.data(), &["signin.done", "mfa.recovery_code_used"]);
    served.signal(Signal::SIGTERM);
    let ended = served.ended();
    assert_eq!(ended.said, "");
    assert!(ended.complained.contains("claim"), "there is a log: {}", ended.complained);
    shown.assert_none_in("the log", ended.complained.as_bytes());
}

/// The audit, and every file: what is kept of a secret is made from it and not it.
pub(crate) fn look_through(shown: &Shown, data: &Path, done: &[&str]) {
    let store = Store::open(data).unwrap();
    let kept = store.accounts.read(|tx| audit::newest(tx, 10_000)).unwrap();
    let kinds: Vec<_> = kept.iter().map(|(kind, _)| kind.as_str()).collect();
    assert!(done.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    for (kind, detail) in &kept {
        shown.assert_none_in(&format!("the audit's {kind}"), detail.as_bytes());
    }
    let (mut folders, mut files) = (vec![data.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && entry.file_name() != "ballast" {
                let bytes = fs::read(entry.path()).unwrap();
                shown.assert_none_in(&entry.path().display().to_string(), &bytes);
                files += 1;
            }
        }
    }
    assert!(files >= 4, "databases, marker and keys were looked at");
}
