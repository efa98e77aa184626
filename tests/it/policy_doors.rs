//! What is required reaches every door. The doors are those of the route table: each row that shows or
//! plays something is tried in every kind of client, and a row that is new here fails until it is.

use std::time::Duration;

use serde_json::json;
use stead::http::routes::table;
use stead::http::row::Row;
use stead_rules::limits::{SESSION_LOOK_STREAM_SECONDS, SESSION_UNJUDGED_SECONDS};
use stead_rules::policy::Action;
use stead_rules::signin::Assurance;

use crate::access::{CASES, check_headers};
use crate::endings::{SONG_BYTES, begin, drain};
use crate::harness::{Answer, Client};
use crate::policy_house::{DAY_MS, House, Of, heard_until};

/// A row that shows or plays something, asked for something that is there.
pub(crate) struct Try {
    pub(crate) what: String,
    method: &'static str,
    path: String,
    body: Option<String>,
    /// What it is answered with while nothing is required.
    open: u16,
}

impl Try {
    pub(crate) fn ask(&self, client: &Client) -> Answer {
        client.clone().send(self.method, &self.path, self.body.clone())
    }

    /// An answer whose head is looked at only.
    fn has_body(&self) -> bool {
        self.method != "HEAD"
    }
}

fn shows_or_plays(row: &Row) -> bool {
    matches!(row.action, Action::Browse | Action::Play | Action::ReportProgress)
}

/// Every such row, asked for this item of this library; `link` streams it.
pub(crate) fn tries(library: &str, kind: &str, item: &str, link: &str) -> Vec<Try> {
    let rows = table();
    let rows = rows.iter().filter(|row| shows_or_plays(row)).flat_map(Row::targets);
    rows.map(|(method, path)| {
        let what = format!("{method} {path}");
        let heard = json!({ "position_ms": 1, "event": "playing" }).to_string();
        let of_item = format!("/api/v1/items/{item}");
        let (method, path, body, open) = match what.as_str() {
            "GET /api/v1/libraries" | "GET /api/v1/events" | "GET /api/v1/home" => {
                ("GET", path, None, 200)
            }
            "GET /api/v1/items" => {
                ("GET", format!("{path}?library={library}&kind={kind}"), None, 200)
            }
            "GET /api/v1/items/{id}" => ("GET", of_item, None, 200),
            "GET /api/v1/search" => ("GET", format!("{path}?q=tide"), None, 200),
            "GET /api/v1/items/{id}/image" => {
                ("GET", format!("{of_item}/image?size=small"), None, 200)
            }
            "POST /api/v1/items/{id}/play" => {
                ("POST", format!("{of_item}/play"), Some("{}".to_owned()), 200)
            }
            "POST /api/v1/items/{id}/progress" => {
                ("POST", format!("{of_item}/progress"), Some(heard), 204)
            }
            "GET /stream/{link}/{name}" => ("GET", link.to_owned(), None, 200),
            "HEAD /stream/{link}/{name}" => ("HEAD", link.to_owned(), None, 200),
            _ => panic!("{what} shows or plays something: say how it is tried"),
        };
        Try { what, method, path, body, open }
    })
    .collect()
}

/// Sam in every kind of client, with what to try there.
fn everywhere(house: &House) -> Vec<(&'static str, Client, Vec<Try>)> {
    let clients = house.clients().into_iter().map(|(kind, client)| {
        let link = house.link(&client, &house.film);
        let tries = tries(&house.films, "film", &house.film, &link);
        (kind, client, tries)
    });
    clients.collect()
}

fn names_nothing(answer: &Answer, words: &[&str], what: &str) {
    let told = answer.text();
    for word in words {
        assert!(!told.contains(word), "{what}: {told}");
    }
}

#[test]
fn sessions_older_than_the_policy_are_closed_at_each_row_in_each_client() {
    let house = House::new();
    let clients = everywhere(&house);
    let hidden = [house.words_of_films(), house.words_of_songs()].concat();
    let check = |required: bool| {
        for (kind, client, tries) in &clients {
            for one in tries {
                let what = format!("{kind}, {}", one.what);
                let answer = one.ask(client);
                if !required {
                    assert_eq!(answer.status, one.open, "{what}: {}", answer.text());
                    continue;
                }
                assert_eq!(answer.status, 403, "{what}: {}", answer.text());
                if one.has_body() {
                    assert_eq!(answer.code(), "enrolment_required", "{what}");
                    assert_eq!(answer.json()["level"], "mfa", "{what}");
                }
                names_nothing(&answer, &hidden, &what);
                names_nothing(&answer, &[&house.films, &house.songs], &what);
            }
        }
    };
    check(false);
    for of in [Of::Server, Of::Group] {
        let requirement = house.require(of, Assurance::Mfa);
        check(true);
        house.switch_off(requirement);
        check(false);
    }
}

#[test]
fn whoever_must_enrol_has_what_is_theirs_and_nothing_else() {
    let house = House::new();
    house.require(Of::Server, Assurance::Mfa);
    let mut sam = house.browser();
    let rows = table();
    let of_library: Vec<String> = rows
        .iter()
        .filter(|row| shows_or_plays(row))
        .flat_map(Row::targets)
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let hidden = [house.words_of_films(), house.words_of_songs()].concat();
    for case in CASES {
        let (path, body) = case.target();
        let answer = sam.send(case.method, &path, body);
        let what = format!("{} {}", case.method, case.path);
        // Links of nothing are no links of Sam's.
        let is_closed = of_library.contains(&what) && !case.path.starts_with("/stream/");
        let expected = if is_closed { 403 } else { case.answers[5] };
        assert_eq!(answer.status, expected, "{what}: {}", answer.text());
        if is_closed {
            assert_eq!(answer.code(), "enrolment_required", "{what}");
        }
        names_nothing(&answer, &hidden, &what);
        names_nothing(&answer, &[&house.films, &house.songs], &what);
        check_headers(&answer, case);
    }
}

#[test]
fn a_library_with_a_requirement_is_a_name_and_nothing_more() {
    let house = House::new();
    let clients = everywhere(&house);
    house.require(Of::Films, Assurance::Mfa);
    for (kind, client, films) in &clients {
        for one in films {
            let what = format!("{kind}, {}", one.what);
            let answer = one.ask(client);
            match one.what.as_str() {
                "GET /api/v1/libraries" => {
                    let told = answer.expect(200).json();
                    let library = &told["libraries"][0];
                    assert_eq!(library["name"], "Films", "{what}");
                    assert_eq!(library["items"], 0, "{what}");
                    assert_eq!(library["closed"], json!({ "by": "enrol", "level": "mfa" }));
                    assert!(told["libraries"][1]["closed"].is_null(), "{what}: {told}");
                    assert_eq!(told["libraries"][1]["items"], 1, "{what}");
                }
                "GET /api/v1/events" | "GET /api/v1/home" | "GET /api/v1/search" => {
                    assert_eq!(answer.status, 200, "{what}");
                    names_nothing(&answer, &house.words_of_films(), &what);
                    names_nothing(&answer, &[&house.films], &what);
                }
                "GET /api/v1/items/{id}/image" => assert_eq!(answer.status, 404, "{what}"),
                _ => {
                    assert_eq!(answer.status, 403, "{what}: {}", answer.text());
                    names_nothing(&answer, &house.words_of_films(), &what);
                }
            }
        }
        let link = house.link(client, &house.song);
        let song = client.clone().with("Range", "bytes=0-99").get(&link);
        assert_eq!(song.status, 206, "{kind}: the other one is as it was");
    }
}

#[test]
fn whoever_has_the_factor_is_asked_to_show_it() {
    let house = House::new();
    let clients = everywhere(&house);
    house.give_factor();
    let requirement = house.require(Of::Server, Assurance::Mfa);
    for (kind, client, tries) in &clients {
        for one in tries.iter() {
            let what = format!("{kind}, {}", one.what);
            let answer = one.ask(client);
            assert_eq!(answer.status, 401, "{what}: {}", answer.text());
            let challenge = answer.header("www-authenticate").unwrap();
            let told = "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa\"";
            assert_eq!(challenge, told, "{what}");
            if one.has_body() {
                assert_eq!(answer.code(), "insufficient_user_authentication", "{what}");
            }
        }
    }
    // Grace helps nobody who could.
    house.grant(requirement, 14);
    let (_, browser, tries) = &clients[0];
    assert_eq!(tries[0].ask(browser).status, 401);
    let of_films = house.require(Of::Films, Assurance::Mfa);
    house.switch_off(requirement);
    let film = tries.iter().find(|one| one.what == "GET /api/v1/items/{id}").unwrap();
    assert_eq!(film.ask(browser).expect(401).code(), "insufficient_user_authentication");
    house.switch_off(of_films);
    film.ask(browser).expect(200);
}

#[test]
fn what_must_resist_phishing_is_not_shown_over_plain_http() {
    let house = House::new();
    let clients = everywhere(&house);
    let requirement = house.require(Of::Server, Assurance::MfaPhishingResistant);
    house.grant(requirement, 14);
    for (kind, client, tries) in &clients {
        for one in tries {
            let what = format!("{kind}, {}", one.what);
            let answer = one.ask(client);
            if *kind != "television over plain http" {
                assert_eq!(answer.status, one.open, "{what}: grace helps: {}", answer.text());
                continue;
            }
            assert_eq!(answer.status, 403, "{what}");
            if one.has_body() {
                assert_eq!(answer.code(), "not_this_client", "{what}");
            }
        }
    }
}

#[test]
fn each_kind_of_client_is_told_who_asks_for_it_here_and_by_when() {
    let house = House::new();
    let clients = house.clients();
    let requirement = house.require(Of::Server, Assurance::Mfa);
    house.grant(requirement, 14);
    let by = house.app().clock_ms() + i64::try_from(14 * DAY_MS).unwrap();
    let told = |client: &Client, what: &str| {
        let me = client.clone().get("/api/v1/me");
        assert_eq!(me.status, 200, "{what}");
        me.json()["asked"].clone()
    };
    for (what, client) in &clients {
        let asked = told(client, what);
        let said = ["owner", "state", "level", "days_left", "by_ms", "after_deadline"]
            .map(|member| asked[member].clone());
        let expected =
            [json!("Robin"), json!("notice"), json!("mfa"), json!(14), json!(by), json!(false)];
        assert_eq!(said, expected, "{what}");
        assert!(asked["server"].as_str().is_some_and(|name| !name.is_empty()), "{what}: {asked}");
    }
    house.app().clock.advance(14 * DAY_MS);
    for (what, client) in &clients {
        let asked = told(client, what);
        let said = (&asked["owner"], &asked["state"], &asked["after_deadline"]);
        assert_eq!(said, (&json!("Robin"), &json!("enrol"), &json!(true)), "{what}");
    }
}

#[test]
fn what_runs_ends_within_a_minute_of_the_deadline() {
    for of in [Of::Server, Of::Group, Of::Films] {
        let house = House::new();
        let (app, sam) = (house.app(), house.browser());
        let requirement = house.require(of, Assurance::Mfa);
        house.grant(requirement, 1);
        let mut events = begin(app, &sam, "/api/v1/events");
        let mut song = begin(app, &sam, &house.link(&sam, &house.song));
        app.clock.advance(DAY_MS - 60_000);
        sam.clone().get(&house.link(&sam, &house.song)).expect(200);
        // The deadline, and less than a minute.
        app.clock.advance(60_000 + SESSION_LOOK_STREAM_SECONDS * 1000);
        const { assert!(SESSION_LOOK_STREAM_SECONDS < 60 && SESSION_UNJUDGED_SECONDS <= 60) };
        let sent = drain(&mut song);
        let mut owner = house.owner();
        if of == Of::Films {
            assert!(sent > SONG_BYTES, "the other library plays on");
            let path = format!("/api/v1/libraries/{}/scan", house.songs);
            owner.post(&path, &json!({})).expect(202);
            let told = heard_until(&mut events, &house.songs);
            assert!(!told.contains("Tide"), "{told}");
            continue;
        }
        assert!(sent < SONG_BYTES / 2, "{of:?}: what was under way, and no more: {sent}");
        // Events are judged before each of them.
        owner.post("/api/v1/signout", &json!({})).expect(204);
        events.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        drain(&mut events);
    }
}

/// What must resist phishing is not sent over plain http, also not to the end of what began before that was
/// asked; what came in by TLS has grace and goes on.
#[test]
fn what_runs_is_judged_by_the_door_that_it_came_in_by() {
    let house = House::new();
    let app = house.app();
    let clients = house.clients();
    let streams: Vec<_> = clients
        .iter()
        .map(|(kind, client)| (*kind, begin(app, client, &house.link(client, &house.song))))
        .collect();
    let requirement = house.require(Of::Server, Assurance::MfaPhishingResistant);
    house.grant(requirement, 14);
    app.clock.advance(SESSION_LOOK_STREAM_SECONDS * 1000);
    for (kind, mut stream) in streams {
        let sent = drain(&mut stream);
        if kind == "television over plain http" {
            assert!(sent < SONG_BYTES / 2, "{kind}: what was under way, and no more: {sent}");
        } else {
            assert!(sent > SONG_BYTES, "{kind}: {sent}");
        }
    }
}

#[test]
fn a_closed_library_stops_what_runs_of_it_alone() {
    let house = House::new();
    let (app, sam) = (house.app(), house.browser());
    let requirement = house.require(Of::Songs, Assurance::Mfa);
    house.grant(requirement, 1);
    let mut song = begin(app, &sam, &house.link(&sam, &house.song));
    let mut events = begin(app, &sam, "/api/v1/events");
    let both = heard_until(&mut events, &house.films);
    if !both.contains(&house.songs) {
        heard_until(&mut events, &house.songs);
    }
    app.clock.advance(DAY_MS + SESSION_LOOK_STREAM_SECONDS * 1000);
    assert!(drain(&mut song) < SONG_BYTES / 2);
    sam.clone().get(&format!("/api/v1/items/{}", house.film)).expect(200);
    let closed = sam.clone().get(&format!("/api/v1/items/{}", house.song)).expect(403);
    assert_eq!(closed.code(), "enrolment_required");
    // Whoever listens goes on, and hears nothing of it.
    let mut owner = house.owner();
    for library in [&house.songs, &house.films] {
        let path = format!("/api/v1/libraries/{library}/scan");
        owner.post(&path, &json!({})).expect(202);
    }
    let told = heard_until(&mut events, &house.films);
    assert!(!told.contains(&house.songs), "{told}");
}
