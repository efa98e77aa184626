//! The account service alone: what is there and what is not, who makes an account, and whose folder
//! it is.

use std::net::Ipv4Addr;
use std::process::Command;

use serde_json::json;
use stead::host::kind::Kind;
use stead::http::routes::table;
use stead::http::row::There;
use stead_rules::limits::{SIGN_UP_NETWORK_FREE, THROTTLE_LAST_SECONDS, UNSETTLED_ACCOUNT_SECONDS};

use crate::harness::{Answer, App, Client, Options, Owner, in_accounts_many, totp_code};
use crate::program::{Ended, QUIET, STEAD, Served, stead};

pub(crate) const PASSWORD: &str = "nineteen quiet herons";

pub(crate) fn alone() -> Options {
    Options { kind: Kind::Accounts, ..Options::default() }
}

pub(crate) fn start() -> App {
    App::start_with(alone())
}

/// The same service on the same clock, for a restart.
fn again(app: &App) -> Options {
    Options::with_clock(&app.clock).of_kind(Kind::Accounts)
}

fn restarted(app: App) -> App {
    let again = again(&app);
    app.restart(again)
}

pub(crate) fn sign_up(browser: &mut Client, name: &str, password: &str) -> Answer {
    browser.post("/api/v1/signup", &json!({ "name": name, "password": password }))
}

/// Somebody with an account and nothing but a password.
pub(crate) fn person(app: &App, name: &str) -> Client {
    let mut browser = app.client();
    sign_up(&mut browser, name, PASSWORD).expect(201);
    browser
}

fn later(app: &App, seconds: u64) {
    app.clock.advance(seconds * 1000);
}

/// What is there beside a media server, and what is there alone. A row that is added to either asks
/// for a line here.
const IN_BOTH: &[&str] = &[
    "DELETE /oauth/register/{id}",
    "GET /",
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/openid-configuration",
    "GET /api/v1/approvals",
    "GET /api/v1/ca.crt",
    "GET /api/v1/ca.mobileconfig",
    "GET /api/v1/ca.pem",
    "GET /api/v1/connections",
    "GET /api/v1/factors",
    "GET /api/v1/health",
    "GET /api/v1/lost",
    "GET /api/v1/me",
    "GET /api/v1/notices",
    "GET /api/v1/passkeys",
    "GET /api/v1/remembered",
    "GET /api/v1/server",
    "GET /api/v1/sessions",
    "GET /api/v1/stepup",
    "GET /assets/{name}",
    "GET /authorize",
    "GET /certificate",
    "GET /device",
    "GET /favicon.svg",
    "GET /health",
    "GET /lost",
    "GET /manifest.webmanifest",
    "GET /oauth/jwks",
    "GET /oauth/register/{id}",
    "GET /oauth/userinfo",
    "GET /reset",
    "GET /settings/security",
    "GET /signin",
    "GET /signout",
];
const ALONE: &[&str] = &["GET /signup", "POST /api/v1/signup"];

fn rows(there: There) -> Vec<String> {
    let rows = table().into_iter().filter(|row| row.there == there);
    let targets = rows.flat_map(|row| row.targets());
    let mut all: Vec<_> = targets.map(|(method, path)| format!("{method} {path}")).collect();
    all.sort();
    all
}

#[test]
fn the_account_service_alone_has_these_rows_and_a_server_has_no_sign_up() {
    let both = rows(There::Both);
    let read: Vec<_> = both.iter().filter(|row| !row.starts_with('P')).collect();
    assert_eq!(read, IN_BOTH);
    assert_eq!(rows(There::Accounts), ALONE);
    let (alone, server) = (start(), App::start());
    for row in table() {
        for (method, path) in row.targets() {
            let path = path.replace("{id}", "00000000000000000000000000000000");
            let body = (method == "POST" || method == "PUT").then(|| "{}".to_owned());
            let name = format!("{method} {path}");
            for (app, kind) in [(&alone, Kind::Accounts), (&server, Kind::Server)] {
                let answer = app.client().send(method.as_str(), &path, body.clone());
                let missing = answer.status == 404
                    && (method == "HEAD" || answer.text().contains("not_found"));
                let expected = !row.there.is_in(kind);
                if path == "/assets/{name}" {
                    continue;
                }
                assert_eq!(missing, expected, "{kind:?} {name}: {}", answer.status);
            }
        }
    }
}

#[test]
fn an_account_service_is_ready_at_once_and_is_nobodys_to_claim() {
    let app = start();
    let told = app.client().get("/api/v1/server").expect(200).json();
    assert_eq!((&told["kind"], &told["state"]), (&json!("accounts"), &json!("claimed")));
    assert_eq!((&told["sign_up"], &told["claimed"]), (&json!(true), &json!(true)));
    assert!(!app.data.join("Setup Stead.html").exists());
    let proof = json!({ "proof": { "kind": "code", "code": "BCDF-GHJK" }, "browser_time_ms": 0 });
    app.client().post("/api/v1/claim/begin", &proof).expect(404);
    let server = App::start().client().get("/api/v1/server").expect(200).json();
    assert_eq!((&server["kind"], &server["sign_up"]), (&json!("server"), &json!(false)));
    let found = app.client().get("/.well-known/openid-configuration").expect(200).json();
    let scopes = json!(["openid", "profile", "offline_access", "registration"]);
    assert_eq!(found["scopes_supported"], scopes, "nothing is played here");
}

#[test]
fn nobody_who_signs_up_administers_anything() {
    let app = start();
    let mut first = person(&app, "Robin");
    let me = first.get("/api/v1/me").expect(200).json();
    assert_eq!(me["user"]["role"], "member");
    let app = restarted(app);
    first.at(app.http_port).get("/api/v1/people").expect(404);
}

#[test]
fn somebody_signs_up_adds_factors_and_is_asked_for_them_ever_after() {
    let app = start();
    let mut browser = person(&app, "Robin");
    let me = browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["methods"], json!(["password"]));
    let secret = {
        let begun = browser.post("/api/v1/factors/totp", &json!({})).expect(200).json();
        let secret = begun["secret_base32"].as_str().unwrap().to_owned();
        let code = totp_code(&secret, u64::try_from(app.clock_ms() / 1000).unwrap());
        let body = json!({ "ticket": begun["ticket"], "name": "Phone", "code": code });
        browser.post("/api/v1/factors/totp/confirm", &body).expect(204);
        secret
    };
    let codes = browser.post("/api/v1/recovery-codes", &json!({})).expect(200).json();
    let code = codes["recovery_codes"][0].as_str().unwrap();
    let kept = json!({ "ticket": codes["ticket"], "code_tail": &code[code.len() - 4..] });
    browser.post("/api/v1/recovery-codes/confirm", &kept).expect(204);
    // Over a restart, on another browser.
    let app = restarted(app);
    later(&app, 60);
    let person = Owner {
        browser,
        name: "robin".to_owned(),
        password: PASSWORD.to_owned(),
        totp_secret: secret,
        recovery_codes: Vec::new(),
    };
    let (mut other, answer) = person.sign_in_at(&app, app.clock_ms());
    answer.expect(200);
    let me = other.get("/api/v1/me").expect(200).json();
    assert_eq!(me["session"]["methods"], json!(["password", "totp"]));
}

#[test]
fn enrolment_hijack_a_password_that_others_learned_enrols_no_first_factor() {
    let app = start();
    let own = person(&app, "Robin");
    let who = json!({ "name": "Robin", "password": PASSWORD });
    let mut thief = app.client();
    assert_eq!(thief.post("/api/v1/signin", &who).expect(200).json()["step"], "done");
    let refused = thief.post("/api/v1/factors/totp", &json!({})).expect(403);
    assert_eq!(refused.code(), "enrolment_needs_code");
    // The browser that made the account goes on another day.
    let mut own = own.clone();
    own.post("/api/v1/signout", &json!({})).expect(204);
    own.post("/api/v1/signin", &who).expect(200);
    own.post("/api/v1/factors/totp", &json!({})).expect(200);
}

#[test]
fn enumeration_a_taken_name_is_told_after_the_same_work_and_counts_for_the_place() {
    let app = start();
    person(&app, "Robin");
    let mut stranger = app.client();
    assert_eq!(sign_up(&mut stranger, "Sam", PASSWORD).expect(429).code(), "slow_down");
    later(&app, 1);
    assert_eq!(sign_up(&mut stranger, "robin", PASSWORD).expect(422).code(), "name_taken");
    // That was a try like any other: two seconds, then four.
    later(&app, 1);
    assert_eq!(sign_up(&mut stranger, "Sam", PASSWORD).expect(429).code(), "slow_down");
    later(&app, 1);
    sign_up(&mut stranger, "Sam", PASSWORD).expect(201);
    let app = restarted(app);
    let mut stranger = app.client();
    let waits = sign_up(&mut stranger, "Kim", PASSWORD)
        .expect(429)
        .header("retry-after")
        .map(str::to_owned);
    assert!(waits.unwrap().parse::<u64>().unwrap() <= THROTTLE_LAST_SECONDS, "over a restart too");
    // What cannot be an account is said at once and costs no try.
    for (name, password, code) in [
        ("", PASSWORD, "name_invalid"),
        ("Kim", "fourteen chars", "password_too_short"),
        ("Kim", "aaaaaaaaaaaaaaaa", "password_too_common"),
    ] {
        assert_eq!(sign_up(&mut stranger, name, password).expect(422).code(), code);
    }
}

/// Whoever has many addresses of one network goes on from the next one.
#[test]
fn a_list_of_accounts_is_made_slowly_from_all_of_a_network() {
    let app = start();
    let from = |last: u8| app.client().sent_from(Ipv4Addr::new(127, 0, 0, last));
    let free = u8::try_from(SIGN_UP_NETWORK_FREE).unwrap();
    for last in 1..=free + 1 {
        sign_up(&mut from(last), &format!("Robin {last}"), PASSWORD).expect(201);
    }
    let (mut next, mut elsewhere) =
        (from(100), app.client().sent_from(Ipv4Addr::new(127, 0, 9, 1)));
    let refused = sign_up(&mut next, "Sam", PASSWORD).expect(429);
    assert_eq!(
        (refused.code(), refused.header("retry-after")),
        ("slow_down".to_owned(), Some("1"))
    );
    sign_up(&mut elsewhere, "Sam", PASSWORD).expect(201);
    // Over a restart, and twice as long each time.
    let app = restarted(app);
    let mut next = next.at(app.http_port);
    later(&app, 1);
    sign_up(&mut next, "Kim", PASSWORD).expect(201);
    let mut another = app.client().sent_from(Ipv4Addr::new(127, 0, 0, 101));
    let refused = sign_up(&mut another, "Alex", PASSWORD).expect(429);
    assert_eq!(refused.header("retry-after"), Some("2"));
}

#[test]
fn sign_up_can_be_closed_and_its_people_stay() {
    let app = start();
    person(&app, "Robin");
    let closed = "[accounts]\nsign_up = \"closed\"\n".to_owned();
    let again = Options { config: closed, ..again(&app) };
    let app = app.restart(again);
    later(&app, 60);
    let mut browser = app.client();
    assert_eq!(sign_up(&mut browser, "Sam", PASSWORD).expect(403).code(), "sign_up_closed");
    assert_eq!(browser.get("/api/v1/server").expect(200).json()["sign_up"], json!(false));
    let who = json!({ "name": "Robin", "password": PASSWORD });
    assert_eq!(browser.post("/api/v1/signin", &who).expect(200).json()["step"], "done");
}

#[test]
fn as_many_accounts_are_kept_as_the_limit_says() {
    let app = start();
    in_accounts_many(
        &app,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
         INSERT INTO account (id, login, name, password_hash, epoch, enabled, created_ms)
         SELECT randomblob(16), 'made up ' || i, 'x', 'x', 0, 1, 1792999999000 FROM n",
    );
    let mut browser = app.client();
    assert_eq!(sign_up(&mut browser, "Robin", PASSWORD).expect(409).code(), "accounts_full");
    // Nobody uses them, so they make room when they are old, without anybody's doing.
    later(&app, UNSETTLED_ACCOUNT_SECONDS);
    sign_up(&mut browser, "Robin", PASSWORD).expect(201);
}

#[test]
fn backup_rollback_accounts_that_are_lost_lock_the_service_and_make_no_fresh_one() {
    let mut app = start();
    person(&app, "Robin");
    app.stop();
    std::fs::remove_file(app.data.join("accounts.db")).unwrap();
    let app = restarted(app);
    let told = app.client().get("/api/v1/server").expect(200).json();
    assert_eq!(told["state"], "locked");
    assert_eq!(sign_up(&mut app.client(), "Robin", PASSWORD).expect(403).code(), "locked");
}

#[test]
fn a_data_folder_is_of_one_kind() {
    let mut accounts = start();
    accounts.stop();
    let mut server = App::start();
    server.stop();
    let refused = |ended: Ended, words: &str| {
        assert_eq!(ended.code, Some(73), "{ended:?}");
        assert!(ended.complained.contains(words), "{ended:?}");
    };
    let (of_accounts, of_server) = (accounts.data.to_str().unwrap(), server.data.to_str().unwrap());
    for command in ["serve", "open", "recover", "rescue"] {
        refused(stead(&[command, "--data", of_accounts]), "belongs to an account service");
    }
    let wipe = stead(&["wipe", "--yes-wipe", "Stead", "--data", of_accounts]);
    refused(wipe, "belongs to an account service");
    for command in ["list", "link", "remove"] {
        let name = (command != "list").then_some("Robin");
        let mut words = vec!["accounts", command];
        words.extend(name);
        words.extend(["--data", of_server]);
        refused(stead(&words), "belongs to a media server");
    }
    refused(stead(&["accounts", "serve", "--data", of_server]), "belongs to a media server");
    assert!(!server.data.join("kind").exists());
}

#[test]
fn the_real_program_runs_as_an_account_service() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(STEAD);
    command.args(["accounts", "serve"]);
    let program = Served::start_configured(folder, QUIET, command, |_| {});
    let mut browser = Client::new(program.http_port);
    let told = browser.get("/api/v1/server").expect(200).json();
    assert_eq!(told["kind"], "accounts");
    sign_up(&mut browser, "Robin", PASSWORD).expect(201);
    let status = program.command("status");
    assert!(status.said.contains("an account service"), "{status:?}");
}

/// Nobody else can help there, so nobody shuts themselves out for good.
#[test]
fn whoever_disowns_a_sign_in_by_the_password_alone_can_choose_another() {
    let app = start();
    drop(person(&app, "Robin"));
    let who = json!({ "name": "Robin", "password": PASSWORD });
    let (mut phone, mut stranger) = (app.client(), app.client());
    phone.post("/api/v1/signin", &who).expect(200);
    later(&app, 1);
    stranger.post("/api/v1/signin", &who).expect(200);
    let told = phone.get("/api/v1/notices").expect(200).json();
    let notices = told["notices"].as_array().unwrap();
    let notice = notices.iter().find(|one| one["kind"] == "signed_in").unwrap();
    let path = format!("/api/v1/notices/{}/disown", notice["id"].as_str().unwrap());
    assert_eq!(phone.post(&path, &json!({})).expect(200).json()["next"], "new_password");
    stranger.get("/api/v1/me").expect(401);
    let new = json!({ "old": PASSWORD, "new": "nine blue umbrellas" });
    phone.post("/api/v1/password", &new).expect(204);
    stranger.post("/api/v1/signin", &who).expect(401);
    later(&app, 2);
    let who = json!({ "name": "Robin", "password": "nine blue umbrellas" });
    app.client().post("/api/v1/signin", &who).expect(200);
}

/// A short password was taken beside the factor that is disowned. It must not be all there is, though
/// nobody but whoever runs the service can help then. A session that showed nothing but the password
/// gets as far as this only where the factor can be shown nowhere.
#[test]
fn a_short_password_does_not_stay_good_when_the_last_factor_is_disowned() {
    for (long_enough, next, signs_in) in [(1, "new_password", 200), (0, "ask_the_owner", 403)] {
        let app = start();
        let mut maker = person(&app, "Robin");
        let who = json!({ "name": "Robin", "password": PASSWORD });
        let mut phone = app.client();
        phone.post("/api/v1/signin", &who).expect(200);
        let offer = maker.post("/api/v1/factors/totp", &json!({})).expect(200).json();
        let secret = offer["secret_base32"].as_str().unwrap();
        let code = totp_code(secret, app.clock_ms().unsigned_abs() / 1000);
        let added = json!({ "ticket": offer["ticket"], "name": "Theirs", "code": code });
        maker.post("/api/v1/factors/totp/confirm", &added).expect(204);
        let told = phone.get("/api/v1/notices").expect(200).json();
        let notices = told["notices"].as_array().unwrap();
        let notice = notices.iter().find(|one| one["kind"] == "factor_added").unwrap();
        for sql in [
            "INSERT INTO passkey (id, account_id, rp_id, credential_id, credential, name, \
               created_ms, leads_here) \
             SELECT id, account_id, 'gone.example', id, '{}', name, created_ms, 0 FROM totp",
            "DELETE FROM totp",
            &format!("UPDATE account SET password_alone = {long_enough}"),
        ] {
            assert_eq!(in_accounts_many(&app, sql), 1, "{sql}");
        }
        let path = format!("/api/v1/notices/{}/disown", notice["id"].as_str().unwrap());
        assert_eq!(phone.post(&path, &json!({})).expect(200).json()["next"], next);
        let left = phone.get("/api/v1/factors").expect(200).json();
        assert_eq!(left["second"], json!([]));
        later(&app, 60);
        app.client().post("/api/v1/signin", &who).expect(signs_in);
    }
}
