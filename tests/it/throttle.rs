//! Guesses that come at the same moment count like guesses that come one by one, and those from
//! elsewhere lock nobody out.

use std::net::Ipv4Addr;
use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};
use stead::host::clock::{Clock, SystemClock};

use crate::harness::{App, Client, Owner, in_accounts_many, link_secret_in, second_account};
use crate::lan::{BOX_ADDRESS, End, Lan};
use crate::program::Served;

const GUESSES: usize = 8;

/// Sends a guess from each of several browsers at once: their statuses.
fn at_once(app: &App, path: &str, guess: impl Fn(usize) -> Value) -> Vec<u16> {
    let start = Barrier::new(GUESSES);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..GUESSES)
            .map(|number| {
                let (mut browser, body, start) = (app.client(), guess(number), &start);
                scope.spawn(move || {
                    start.wait();
                    browser.post(path, &body).status
                })
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    })
}

fn only_one_was_looked_at(statuses: &[u16]) {
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(401), count(429)), (1, GUESSES - 1), "{statuses:?}");
}

#[test]
fn passwords_guessed_at_once_are_one_guess() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let guess =
        |number| json!({ "name": owner.name, "password": format!("guess number {number}") });
    only_one_was_looked_at(&at_once(&app, "/api/v1/signin", guess));
}

#[test]
fn codes_guessed_at_once_are_one_guess() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let who = json!({ "name": owner.name, "password": owner.password });
    let first = app.client().post("/api/v1/signin", &who).expect(200).json();
    let guess = |number: usize| {
        let code = format!("00000{number}");
        json!({ "ticket": first["ticket"], "method": "totp", "code": code, "browser_time_ms": 0 })
    };
    only_one_was_looked_at(&at_once(&app, "/api/v1/signin/factor", guess));
}

const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 66);

#[test]
fn lock_out_as_denial_of_service_who_knows_the_name_locks_nobody_out() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let wrong = json!({ "name": owner.name, "password": "not this one" });
    for _ in 0..30 {
        app.client().sent_from(STRANGER).post("/api/v1/signin", &wrong).expect(401);
        app.clock.advance(3_600_000);
    }
    app.client().sent_from(STRANGER).post("/api/v1/signin", &wrong).expect(401);
    let again = app.client().sent_from(STRANGER).post("/api/v1/signin", &wrong).expect(429);
    assert_eq!(again.json()["retry_after_s"], 3600, "the stranger waits for an hour");
    let right = json!({ "name": owner.name, "password": owner.password });
    let wait = app.client().post("/api/v1/signin", &right).expect(429);
    assert_eq!(wait.json()["retry_after_s"], 60, "a new place for a minute");
    app.clock.advance(60_000);
    app.client().post("/api/v1/signin", &right).expect(200);
    app.client().sent_from(STRANGER).post("/api/v1/signin", &wrong).expect(429);
    app.clock.advance(3_600_000);
    app.client().sent_from(STRANGER).post("/api/v1/signin", &wrong).expect(401);
    app.client().post("/api/v1/signin", &right).expect(200);
}

#[test]
fn wrong_codes_from_elsewhere_cost_no_hour_either() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let who = json!({ "name": owner.name, "password": owner.password });
    for _ in 0..14 {
        let mut thief = app.client().sent_from(STRANGER);
        let first = thief.post("/api/v1/signin", &who).expect(200).json();
        let body = json!({ "ticket": first["ticket"], "method": "totp", "code": "000000",
            "browser_time_ms": 0 });
        thief.post("/api/v1/signin/factor", &body).expect(401);
        app.clock.advance(3_600_000);
    }
    let (_, answer) = owner.sign_in_at(&app, app.clock.now().wall.0);
    answer.expect(200);
}

/// What a stranger is told who tries two names in turn, again and again, and waits as long as told:
/// the same of both.
fn told(app: &App, names: [&str; 2], tries: usize) -> Vec<(u16, u64)> {
    let answers = (0..tries).map(|number| {
        let [one, other] = names.map(|name| tried(app, name));
        assert_eq!(one, other, "{names:?}, try {number}");
        app.clock.advance(one.1 * 1000);
        one
    });
    answers.collect()
}

/// Status and pause of a wrong password.
fn tried(app: &App, name: &str) -> (u16, u64) {
    let wrong = json!({ "name": name, "password": "not this one" });
    let answer = app.client().sent_from(STRANGER).post("/api/v1/signin", &wrong);
    (answer.status, answer.json()["retry_after_s"].as_u64().unwrap_or(0))
}

/// Whoever types made-up names until nothing more is kept learns of no name whether somebody has it,
/// and ends no wait that is on.
#[test]
fn a_stranger_who_fills_the_counts_learns_of_no_name_and_ends_no_wait() {
    let app = App::start();
    Owner::claim(&app);
    second_account(&app, "Alex");
    let before = told(&app, ["Robin", "Nobody"], 13);
    assert_eq!(before[11..], [(429, 32), (401, 0)], "{before:?}");
    let filled = in_accounts_many(
        &app,
        &format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 8191)
             INSERT INTO password_miss
               (bucket, tag, misses, last_miss_ms, miss_boot_ms, miss_run)
             SELECT i % 1024, randomblob(16), 13, {}, 0, zeroblob(16) FROM n",
            app.clock_ms()
        ),
    );
    assert_eq!(filled, 8192, "the stranger's own, each with an hour to wait");
    let full = told(&app, ["Robin", "Nobody"], 3);
    assert_eq!(full, [(429, 64), (401, 0), (429, 128)], "the wait is on and goes on doubling");
    let first = told(&app, ["Alex", "Nobody else"], 24);
    assert_eq!(first[20..], [(401, 0), (429, 1), (401, 0), (429, 2)], "counted from everywhere");
}

/// The counts as they lie on the disk, but for the order and the moment of each.
fn kept(app: &App) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "the store tells nobody what it counts under")]
    let database = rusqlite::Connection::open(app.data.join("accounts.db")).unwrap();
    let sql = "SELECT 'here ' || length(tag) || ' ' || misses FROM password_miss
                UNION ALL SELECT 'all ' || misses FROM password_miss_everywhere
                UNION ALL SELECT 'right ' || length(tag) FROM password_place";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let mut rows: Vec<String> = rows.map(Result::unwrap).collect();
    rows.sort();
    rows
}

#[test]
fn nothing_that_is_kept_of_wrong_passwords_says_whose_name_it_was() {
    let name_of = |known: bool| if known { "Robin" } else { "Wintergreen" };
    let [of_known, of_unknown] = [true, false].map(|known| {
        let app = App::start();
        Owner::claim(&app);
        let before = kept(&app);
        assert_eq!(before, Vec::<String>::new());
        for seconds in [1, 2, 4, 8] {
            assert_eq!(tried(&app, name_of(known)), (401, 0));
            app.clock.advance(seconds * 1000);
        }
        let rows = kept(&app);
        let file = std::fs::read(app.data.join("accounts.db-wal")).unwrap();
        let plain = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
        assert!(!plain(b"wintergreen") && !plain(b"127.0.0.66"), "neither name nor place");
        rows
    });
    assert_eq!(of_known, of_unknown);
    assert_eq!(of_known, ["all 4", "here 16 4"]);
}

/// Sends so many sign-ins over one connection of HTTP/2 from the phone, each with a name of its
/// own, so that no pause for wrong tries stops them: statuses and pauses.
fn flood(lan: &Lan, https_port: u16, count: usize) -> Vec<String> {
    let mut curl = lan.command(End::Phone, "curl");
    curl.args(["--parallel", "--parallel-max", "100"]);
    for number in 0..count {
        let body = json!({ "name": format!("guest {number}"), "password": "not this one" });
        let next = if number == 0 { &[] as &[&str] } else { &["--next"] };
        curl.args(next).args(["-sk", "--max-time", "30", "-o", "/dev/null"]);
        curl.args(["-H", "content-type: application/json", "-d", &body.to_string()]);
        curl.args(["-w", "%{http_code} %header{retry-after}\n"]);
        curl.arg(format!("https://{BOX_ADDRESS}:{https_port}/api/v1/signin"));
    }
    let ran = curl.output().unwrap();
    String::from_utf8(ran.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn argon2_as_denial_of_service_a_flood_keeps_nobody_at_the_box_out() {
    let lan = Lan::new();
    let served = Served::start_on(&lan, tempfile::tempdir().unwrap());
    let (http_port, secret) = (served.http_port, link_secret_in(&served.data()));
    let owner = lan.at(End::Box, move || {
        let now_ms = SystemClock::new(None).now().wall.0;
        let mut owner = Owner::almost_in(Client::new(http_port), &secret, now_ms);
        owner.finish().expect(200);
        owner
    });
    thread::scope(|scope| {
        let flood = scope.spawn(|| flood(&lan, served.https_port, 60));
        lan.at(End::Box, move || {
            let right = json!({ "name": owner.name, "password": owner.password });
            for _ in 0..5 {
                Client::new(http_port).post("/api/v1/signin", &right).expect(200);
            }
        });
        let answers = flood.join().unwrap();
        let count = |wanted| answers.iter().filter(|answer| *answer == wanted).count();
        let (looked_at, refused) = (count("401 "), count("503 5"));
        assert_eq!(looked_at + refused, 60, "{answers:?}");
        assert!(looked_at >= 1 && refused >= 1, "{answers:?}");
    });
}
