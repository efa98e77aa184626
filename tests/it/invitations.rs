//! Inviting people: the link, what it says, who comes in by it, and how often.

use std::fs;
use std::thread;

use serde_json::{Value, json};
use stead_rules::time::WallMs;

use crate::harness::{Answer, App, Client, Options, Owner, in_accounts, totp_code};
use crate::recovery::{older, recovered};

const DAY: u64 = 24 * 3600 * 1000;
const PASSWORD: &str = "four slow wooden ferries";
const LIBRARY: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const OTHER: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
const GROUP: &str = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c";

/// A claimed server with two libraries, one of them shared with a group.
fn house(options: Options) -> (App, Owner) {
    let app = App::start_with(options);
    let owner = Owner::claim(&app);
    for (id, name) in [(LIBRARY, "Films"), (OTHER, "Series")] {
        let sql = format!(
            "INSERT INTO library (id, name, kind, created_ms) VALUES (x'{id}', '{name}', 'films', 0)"
        );
        in_accounts(&app, &sql);
    }
    let sql = format!("INSERT INTO user_group VALUES (x'{GROUP}', 'Family', 'family', 0, 0)");
    in_accounts(&app, &sql);
    in_accounts(&app, &format!("INSERT INTO group_share VALUES (x'{OTHER}', x'{GROUP}', 0)"));
    (app, owner)
}

fn invite(owner: &mut Owner, body: &Value) -> Value {
    owner.browser.post("/api/v1/invitations", body).expect(201).json()
}

fn member(name: &str) -> Value {
    json!({ "name": name, "role": "member", "libraries": [LIBRARY] })
}

/// What stands behind the fragment of a link.
fn secret_of(made: &Value) -> String {
    let url = made["urls"][0].as_str().unwrap();
    let (page, secret) = url.split_once("#s=").expect("the secret is in the fragment");
    assert!(page.ends_with("/join") && !page.contains('?'), "{url}");
    secret.to_owned()
}

fn look(app: &App, secret: &str) -> Answer {
    app.client().post("/api/v1/join/look", &json!({ "secret": secret }))
}

fn join_with(app: &App, secret: &str, more: &Value) -> (Client, Answer) {
    let mut body =
        json!({ "secret": secret, "password": PASSWORD, "browser_time_ms": app.clock_ms() });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let mut browser = app.client();
    let answer = browser.post("/api/v1/join", &body);
    (browser, answer)
}

fn join(app: &App, secret: &str) -> (Client, Answer) {
    join_with(app, secret, &json!({}))
}

/// The first code of the authenticator that an invitation sets up.
fn first_code(app: &App, secret: &str) -> String {
    let made = app.client().post("/api/v1/join/factor", &json!({ "secret": secret }));
    let key = made.expect(200).json()["secret_base32"].as_str().unwrap().to_owned();
    totp_code(&key, app.clock_ms().unsigned_abs() / 1000)
}

fn seen(browser: &mut Client) -> Vec<String> {
    let told = browser.get("/api/v1/libraries").expect(200).json();
    let names = told["libraries"].as_array().unwrap().iter();
    names.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_is_invited_comes_in_by_a_link_and_sees_what_was_given() {
    let (app, mut owner) = house(Options::default());
    let made = invite(&mut owner, &member("Sam"));
    assert_eq!(made["expires_in_s"], 7 * 24 * 3600);
    assert!(made["qr_svg"].as_str().unwrap().starts_with("<svg"), "{made}");
    let secret = secret_of(&made);
    let told = look(&app, &secret).expect(200).json();
    assert_eq!(
        told,
        json!({
            "owner": "Robin", "server": told["server"], "name": "Sam", "role": "member",
            "libraries": ["Films"], "password_min_alone_chars": 15, "password_min_chars": 8,
            "expires_in_s": 7 * 24 * 3600,
        })
    );
    let waiting = owner.browser.get("/api/v1/invitations").expect(200).json();
    assert_eq!(waiting["invitations"][0]["name"], "Sam");
    assert!(!waiting.to_string().contains(&secret), "a link is shown once");
    let (mut sam, joined) = join(&app, &secret);
    assert_eq!(joined.expect(201).json()["recovery_codes"], json!([]));
    assert_eq!(sam.get("/api/v1/me").expect(200).json()["user"]["name"], "Sam");
    assert_eq!(seen(&mut sam), ["Films"]);
    // The first second factor is added in the browser that made the account.
    sam.post("/api/v1/factors/totp", &json!({})).expect(200);
    let waiting = owner.browser.get("/api/v1/invitations").expect(200).json();
    assert_eq!(waiting["invitations"], json!([]));
    let notices = owner.browser.get("/api/v1/notices").expect(200).json();
    let joined = notices["notices"].as_array().unwrap().iter();
    assert!(
        joined.clone().any(|one| one["kind"] == "joined" && one["about"] == "Sam"),
        "{notices}"
    );
    // And anywhere else they sign in as anybody does.
    let who = json!({ "name": "sam", "password": PASSWORD });
    let mut elsewhere = app.client();
    assert_eq!(elsewhere.post("/api/v1/signin", &who).expect(200).json()["step"], "done");
    assert_eq!(seen(&mut elsewhere), ["Films"]);
}

#[test]
fn groups_of_an_invitation_give_what_is_shared_with_them() {
    let (app, mut owner) = house(Options::default());
    let wish = json!({ "name": "Sam", "role": "member", "groups": [GROUP, GROUP] });
    let secret = secret_of(&invite(&mut owner, &wish));
    assert_eq!(look(&app, &secret).expect(200).json()["libraries"], json!(["Series"]));
    let (mut sam, joined) = join(&app, &secret);
    joined.expect(201);
    assert_eq!(seen(&mut sam), ["Series"]);
}

/// Chats and mail programs fetch links to show what they lead to.
#[test]
fn a_get_a_head_and_the_preview_of_a_chat_use_nothing_up() {
    let (app, mut owner) = house(Options::default());
    let secret = secret_of(&invite(&mut owner, &member("Sam")));
    for agent in ["WhatsApp/2.23", "facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0"] {
        let mut preview = app.client().with("User-Agent", agent);
        let page = preview.get("/join").expect(200);
        assert!(!page.text().contains("Robin") && !page.text().contains(&secret));
        preview.send("HEAD", "/join", None).expect(200);
        // Some send the fragment along as if it were a part of the path.
        preview.get(&format!("/join?s={secret}")).expect(200);
        preview.get("/api/v1/join").expect(405);
        preview.get("/api/v1/join/look").expect(405);
    }
    for _ in 0..3 {
        look(&app, &secret).expect(200);
        first_code(&app, &secret);
    }
    join(&app, &secret).1.expect(201);
}

#[test]
fn of_two_who_come_at_once_one_is_let_in() {
    for _ in 0..4 {
        let (app, mut owner) = house(Options::default());
        let secret = secret_of(&invite(&mut owner, &member("Sam")));
        let answers: Vec<Answer> = thread::scope(|scope| {
            let both: Vec<_> = (0..2).map(|_| scope.spawn(|| join(&app, &secret).1)).collect();
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 403], "{answers:?}");
        let refused = answers.into_iter().find(|answer| answer.status == 403).unwrap();
        assert_eq!(refused.code(), "invitation_over");
        let people = owner.browser.get("/api/v1/people").expect(200).json();
        assert_eq!(people["people"].as_array().unwrap().len(), 2, "{people}");
    }
}

#[test]
fn what_is_wrong_used_old_or_taken_back_is_one_refusal() {
    let (app, mut owner) = house(Options::default());
    let used = secret_of(&invite(&mut owner, &member("Sam")));
    join(&app, &used).1.expect(201);
    let back = invite(&mut owner, &member("Kim"));
    let path = format!("/api/v1/invitations/{}/revoke", back["id"].as_str().unwrap());
    owner.browser.post(&path, &json!({})).expect(204);
    assert_eq!(owner.browser.post(&path, &json!({})).expect(404).code(), "not_found");
    let wish = json!({ "name": "Alex", "role": "member", "days": 2 });
    let old = secret_of(&invite(&mut owner, &wish));
    app.clock.advance(2 * DAY - 1000);
    look(&app, &old).expect(200);
    app.clock.advance(1000);
    let wrong = "AAAAAAAAAAAAAAAAAAAAAA".to_owned();
    for secret in [wrong, String::new(), used, secret_of(&back), old] {
        let joined = join_with(&app, &secret, &json!({ "totp_code": "123456" })).1;
        let factor = app.client().post("/api/v1/join/factor", &json!({ "secret": secret }));
        for answer in [look(&app, &secret), factor, joined] {
            assert_eq!(answer.expect(403).code(), "invitation_over", "{secret}");
        }
    }
}

/// Its time is used up by what certainly went by.
#[test]
fn turning_the_clock_back_or_starting_anew_stretches_no_invitation() {
    let (app, mut owner) = house(Options::default());
    let secret = secret_of(&invite(&mut owner, &member("Sam")));
    app.clock.advance(4 * DAY);
    app.clock.set_wall(WallMs(app.clock_ms() - i64::try_from(4 * DAY).unwrap()));
    look(&app, &secret).expect(200);
    let again = Options::with_clock(&app.clock);
    let app = app.restart(again);
    look(&app, &secret).expect(200);
    app.clock.advance(3 * DAY);
    assert_eq!(look(&app, &secret).expect(403).code(), "invitation_over");
}

#[test]
fn where_a_second_factor_is_required_it_is_set_up_inside_the_invitation() {
    let requirements = [
        "INSERT INTO requirement VALUES (1, 'server', NULL, NULL, 'mfa', 1209600, NULL, 1, 0)",
        "INSERT INTO requirement VALUES
           (1, 'library', NULL, x'0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a', 'mfa', 0, NULL, 1, 0)",
        "INSERT INTO requirement VALUES
           (1, 'group', x'0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c', NULL, 'mfa', 0, NULL, 1, 0)",
        // A row that means nothing asks for no less.
        "INSERT INTO requirement VALUES (1, 'server', NULL, NULL, 'nonsense', 0, NULL, 1, 0)",
    ];
    for sql in requirements {
        let (app, mut owner) = house(Options::default());
        let wish = json!({ "name": "Sam", "role": "member", "libraries": [LIBRARY],
            "groups": [GROUP] });
        let secret = secret_of(&invite(&mut owner, &wish));
        assert!(look(&app, &secret).expect(200).json().get("asked").is_none());
        in_accounts(&app, sql);
        assert_eq!(look(&app, &secret).expect(200).json()["asked"], "mfa", "{sql}");
        // Not without one, whatever the password, and nothing is used up by trying.
        first_code(&app, &secret);
        assert_eq!(join(&app, &secret).1.expect(422).code(), "totp_wrong", "{sql}");
        let wrong = join_with(&app, &secret, &json!({ "totp_code": "000000" })).1;
        assert_eq!(wrong.expect(422).code(), "totp_wrong", "{sql}");
        let code = first_code(&app, &secret);
        let (mut sam, joined) = join_with(&app, &secret, &json!({ "totp_code": code }));
        let joined = joined.expect(201).json();
        assert_eq!(joined["recovery_codes"].as_array().unwrap().len(), 10);
        if !sql.contains("nonsense") {
            assert_eq!(seen(&mut sam), ["Films", "Series"], "{sql}");
        }
        let factors = sam.get("/api/v1/factors").expect(200).json();
        assert_eq!(factors["second"][0]["kind"], "totp", "{factors}");
    }
}

#[test]
fn an_administrator_is_invited_with_a_second_factor_and_no_owner_is() {
    let (app, mut owner) = house(Options::default());
    let wish = json!({ "name": "Sam", "role": "administrator" });
    let secret = secret_of(&invite(&mut owner, &wish));
    let told = look(&app, &secret).expect(200).json();
    assert_eq!((&told["role"], &told["asked"]), (&json!("administrator"), &json!("mfa")));
    let code = first_code(&app, &secret);
    let (mut sam, joined) = join_with(&app, &secret, &json!({ "totp_code": code }));
    joined.expect(201);
    sam.get("/api/v1/people").expect(200);
    assert_eq!(seen(&mut sam), ["Films", "Series"]);
    // Who only helps invites nobody.
    let refused = sam.post("/api/v1/invitations", &member("Kim"));
    assert_eq!(refused.expect(403).code(), "not_your_role");
    let wish = json!({ "name": "Kim", "role": "owner" });
    assert_eq!(owner.browser.post("/api/v1/invitations", &wish).expect(400).code(), "bad_json");
}

#[test]
fn a_wish_that_cannot_be_is_refused() {
    let (app, mut owner) = house(Options::default());
    let mut refused = |change: Value| {
        let mut wish = member("Sam");
        for (name, value) in change.as_object().unwrap() {
            wish[name] = value.clone();
        }
        let answer = owner.browser.post("/api/v1/invitations", &wish);
        (answer.status, answer.code())
    };
    for days in [-1, 0, 31, i64::MAX] {
        let told = refused(json!({ "days": days }));
        assert_eq!(told, (422, "invitation_length".to_owned()), "{days}");
    }
    assert_eq!(refused(json!({ "name": "  " })), (422, "name_invalid".to_owned()));
    assert_eq!(refused(json!({ "name": "ROBIN" })), (422, "name_taken".to_owned()));
    assert_eq!(refused(json!({ "libraries": [GROUP] })), (404, "not_found".to_owned()));
    assert_eq!(refused(json!({ "groups": [LIBRARY] })), (404, "not_found".to_owned()));
    assert_eq!(refused(json!({ "groups": ["x"] })), (404, "not_found".to_owned()));
    // Of one name one invitation waits; one that is over makes room.
    invite(&mut owner, &member("Sam"));
    let again = owner.browser.post("/api/v1/invitations", &member("sam"));
    assert_eq!(again.expect(422).code(), "name_taken");
    app.clock.advance(8 * DAY);
    let (mut browser, _) = owner.sign_in_at(&app, app.clock_ms());
    browser.post("/api/v1/invitations", &member("sam")).expect(201);
    // A short password does where a second factor stands beside it, and nowhere else.
    let secret = secret_of(&browser.post("/api/v1/invitations", &member("Kim")).expect(201).json());
    let short = join_with(&app, &secret, &json!({ "password": "few chars" })).1;
    assert_eq!(short.expect(422).code(), "password_too_short");
    let code = first_code(&app, &secret);
    let both = json!({ "password": "few chars", "totp_code": code });
    join_with(&app, &secret, &both).1.expect(201);
}

#[test]
fn a_link_leads_to_the_public_address_and_without_one_its_owner_knows_that() {
    let (_app, mut owner) = house(Options::default());
    let told = owner.browser.get("/api/v1/invitations").expect(200).json();
    assert_eq!(told["reaches"], "home");
    assert_eq!(invite(&mut owner, &member("Sam"))["reaches"], "home");
    let config = "[net]\npublic_url = \"https://Films.example.net/\"".to_owned();
    let (app, mut owner) = house(Options { config, ..Options::default() });
    let told = owner.browser.get("/api/v1/invitations").expect(200).json();
    assert_eq!(told["reaches"], "public_url");
    let made = invite(&mut owner, &member("Sam"));
    assert_eq!(made["reaches"], "public_url");
    let url = made["urls"][0].as_str().unwrap();
    assert!(url.starts_with("https://films.example.net/join#s="), "{url}");
    assert!(made["urls"].as_array().unwrap().len() > 1, "the home network's are named too");
    // Requests for that name are ours.
    app.client().with_host("films.example.net").get("/join").expect(200);
    app.client().with_host("other.example.net").get("/join").expect(421);
}

#[test]
fn the_secret_of_an_invitation_is_kept_nowhere() {
    let (app, mut owner) = house(Options::default());
    let secret = secret_of(&invite(&mut owner, &member("Sam")));
    let read = |name: &str| fs::read(app.data.join(name)).unwrap_or_default();
    for name in ["accounts.db", "accounts.db-wal"] {
        let bytes = read(name);
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{name}");
    }
    assert!(!read("accounts.db").is_empty());
    // An invitation for a library or a group that goes is one without it.
    let gone = format!("/api/v1/libraries/{LIBRARY}/remove");
    owner.browser.post(&gone, &json!({})).expect(204);
    assert_eq!(look(&app, &secret).expect(200).json()["libraries"], json!([]));
}

/// The former owner may have invited themselves, and a copy of the accounts may be of before an
/// invitation was used.
#[test]
fn an_invitation_outlives_neither_its_owner_nor_the_accounts_that_knew_its_end() {
    for rolled_back in [false, true] {
        let (app, mut owner) = house(Options::default());
        let secret = secret_of(&invite(&mut owner, &member("Sam")));
        look(&app, &secret).expect(200);
        let app = if rolled_back { older(app) } else { app };
        let app = recovered(app, "root\n");
        look(&app, &secret).expect(403);
        let mut next = Owner::almost_as(
            app.client(),
            &app.link_secret(),
            app.clock_ms(),
            ("Kim", "nine blue teapots"),
        );
        next.finish().expect(200);
        assert_eq!(look(&app, &secret).expect(403).code(), "invitation_over");
        assert_eq!(join(&app, &secret).1.expect(403).code(), "invitation_over");
    }
    let (app, mut owner) = house(Options::default());
    let secret = secret_of(&invite(&mut owner, &member("Sam")));
    let app = older(app);
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    assert_eq!(look(&app, &secret).expect(403).code(), "invitation_over");
}

#[test]
fn without_an_owner_nobody_new_comes_in_and_the_invitation_stays_good() {
    let (app, mut owner) = house(Options::default());
    let secret = secret_of(&invite(&mut owner, &member("Sam")));
    owner.browser.post("/api/v1/server/give-up", &json!({ "name": "Stead" })).expect(204);
    assert_eq!(look(&app, &secret).expect(403).code(), "orphaned");
    assert_eq!(join(&app, &secret).1.expect(403).code(), "orphaned");
    app.clock.advance(60_000);
    let (mut browser, answer) = owner.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    browser.post("/api/v1/unlock", &json!({})).expect(204);
    join(&app, &secret).1.expect(201);
}

/// Whoever looked before a second factor was asked for is told so, and has lost nothing.
#[test]
fn what_is_asked_since_the_look_is_told_and_uses_nothing_up() {
    let (app, mut owner) = house(Options::default());
    let secret = secret_of(&invite(&mut owner, &member("Sam")));
    assert!(look(&app, &secret).expect(200).json().get("level").is_none());
    let wish = json!({ "about": "server", "level": "mfa", "grace_days": 7 });
    owner.browser.post("/api/v1/policy/requirements", &wish).expect(200);
    assert_eq!(join(&app, &secret).1.expect(409).code(), "invitation_asks_more");
    let code = first_code(&app, &secret);
    join_with(&app, &secret, &json!({ "totp_code": code })).1.expect(201);
}
