//! What the log says of what was decided, and how it is read and taken out.

use serde_json::{Value, json};
use stead_rules::limits::SESSION_LOOK_STREAM_SECONDS;
use stead_rules::signin::Assurance;
use stead_store::accounts::audit_chain::verify;

use crate::endings::{SONG_BYTES, begin, drain};
use crate::harness::{Client, in_accounts_many};
use crate::policy_acts::{on_board, require, sam, switch_off};
use crate::policy_house::{House, Of};

const HOUR_MS: u64 = 3600 * 1000;

fn entries(owner: &mut Client, query: &str) -> Vec<Value> {
    let told = owner.get(&format!("/api/v1/audit?{query}")).expect(200).json();
    told["entries"].as_array().unwrap().clone()
}

fn text_of(entry: &Value) -> &str {
    entry["kind"].as_str().unwrap()
}

/// What the log says of decisions: kind, door, reason, requirement, how often.
fn decisions(owner: &mut Client) -> Vec<(String, String, String, Value, Value)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut told: Vec<_> = entries(owner, "kind=decision")
        .iter()
        .map(|entry| {
            let detail = &entry["detail"];
            assert_eq!(detail["user"], sam(), "{entry}");
            assert!(detail["first_ms"].as_i64() <= detail["last_ms"].as_i64(), "{entry}");
            (
                text(&entry["kind"]),
                text(&detail["door"]),
                text(&detail["reason"]),
                detail["requirement"].clone(),
                detail["times"].clone(),
            )
        })
        .collect();
    told.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    told
}

/// The server is ended, which writes what it counted, and started an hour later.
fn an_hour_later(house: House) -> House {
    house.app().clock.advance(HOUR_MS);
    house.restart()
}

#[test]
fn log_flooding_alike_decisions_are_one_entry_an_hour_with_a_count() {
    let house = House::new();
    let clients = house.clients();
    let [(_, browser), (_, tv)] = &clients[..2] else { panic!("a browser and a television") };
    let id = require(&house, &mut house.owner(), Of::Server, 0);
    for _ in 0..25 {
        browser.clone().get("/api/v1/home").expect(403);
    }
    for _ in 0..3 {
        tv.clone().get("/api/v1/home").expect(403);
    }
    // What is not about what is required is no decision of the policy.
    browser.clone().get("/api/v1/settings").expect(403);
    browser.clone().get("/api/v1/me").expect(200);
    let last = house.app().clock_ms();
    let house = house.restart();
    let board = on_board(&mut house.owner());
    assert_eq!((&board["blocked_30d"], &board["last_blocked_ms"]), (&json!(28), &json!(last)));
    let house = an_hour_later(house).restart();
    let mut owner = house.owner();
    let denied = |door: &str, times: u32| {
        (
            "decision.denied".to_owned(),
            door.to_owned(),
            "enrolment_required".to_owned(),
            json!(id),
            json!(times),
        )
    };
    assert_eq!(decisions(&mut owner), [denied("api", 25), denied("tv", 3)]);
    // The next hour has an entry of its own, and the board counts both.
    browser.at(house.app().http_port).get("/api/v1/home").expect(403);
    let house = an_hour_later(house);
    let mut owner = house.owner();
    assert_eq!(decisions(&mut owner).len(), 3);
    assert_eq!(on_board(&mut owner)["blocked_30d"], 29);
    house.app().clock.advance(31 * 24 * HOUR_MS);
    assert_eq!(on_board(&mut house.owner())["blocked_30d"], 0);
    assert_eq!(verify(&house.app().data, None).unwrap().broken, None);
}

#[test]
fn each_kind_of_decision_is_logged_of_the_server_and_of_a_library() {
    for of in [Of::Server, Of::Films] {
        let house = House::new();
        let mut browser = house.browser();
        let path = format!("/api/v1/items/{}", house.film);
        let mut owner = house.owner();
        let id = require(&house, &mut owner, of, 7);
        browser.get(&path).expect(200);
        let wish = json!({ "user_id": sam(), "reason": "no phone" });
        let made = owner.post("/api/v1/policy/exemptions", &wish).expect(201).json();
        browser.get(&path).expect(200);
        let end = made["id"].as_str().unwrap();
        owner.post(&format!("/api/v1/policy/exemptions/{end}/end"), &json!({})).expect(204);
        let none = json!({ "user_id": sam(), "requirement_id": id, "days": 0 });
        owner.post("/api/v1/policy/grace", &none).expect(204);
        browser.get(&path).expect(403);
        house.give_factor();
        browser.get(&path).expect(401);
        let house = an_hour_later(house);
        let mut owner = house.owner();
        let told: Vec<_> = decisions(&mut owner)
            .into_iter()
            .map(|(kind, _, reason, requirement, times)| {
                assert_eq!((requirement, times), (json!(id), json!(1)), "{of:?} {kind}");
                (kind, reason)
            })
            .collect();
        let expected = [
            ("decision.denied", "enrolment_required"),
            ("decision.exempt", "exemption"),
            ("decision.notice", "grace"),
            ("decision.stepup", "insufficient_user_authentication"),
        ];
        assert_eq!(told, expected.map(|(kind, why)| (kind.to_owned(), why.to_owned())), "{of:?}");
    }
}

#[test]
fn what_the_deadline_cuts_off_is_logged_with_its_door() {
    for of in [Of::Server, Of::Songs] {
        let house = House::new();
        let sam = house.browser();
        let requirement = house.require(of, Assurance::Mfa);
        house.grant(requirement, 1);
        let mut song = begin(house.app(), &sam, &house.link(&sam, &house.song));
        house.app().clock.advance(24 * HOUR_MS + SESSION_LOOK_STREAM_SECONDS * 1000);
        assert!(drain(&mut song) < SONG_BYTES / 2);
        let house = an_hour_later(house);
        let told = decisions(&mut house.owner());
        let cut = ["decision.denied", "stream", "enrolment_required"];
        let found = told.iter().filter(|(kind, door, why, ..)| [kind, door, why] == cut).count();
        assert_eq!(found, 1, "{of:?}: {told:?}");
    }
}

#[test]
fn the_log_is_read_by_page_and_filter_and_taken_out_whole() {
    let house = House::new();
    let mut owner = house.owner();
    for _ in 0..3 {
        let id = require(&house, &mut owner, Of::Server, 7);
        switch_off(&mut owner, id);
    }
    let all = entries(&mut owner, "kind=policy");
    let kinds: Vec<_> = all.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["policy.off", "policy.required"].repeat(3));
    let some = entries(&mut owner, "kind=policy.off,claim");
    let (off, claim): (Vec<_>, Vec<_>) =
        some.iter().partition(|entry| entry["kind"] == "policy.off");
    assert_eq!(off.len(), 3);
    assert!(claim.len() > 1 && claim.iter().all(|entry| text_of(entry).starts_with("claim.")));
    assert_eq!(entries(&mut owner, "kind=policy&text=GRACE_DAYS").len(), 3);
    let at = all[5]["at_ms"].as_i64().unwrap();
    assert_eq!(entries(&mut owner, &format!("kind=policy&until_ms={at}")), [] as [Value; 0]);
    assert_eq!(entries(&mut owner, &format!("kind=policy&from_ms={at}")).len(), 6);
    // Page by page it is the same.
    let (mut pages, mut before) = (Vec::new(), String::new());
    loop {
        let query = format!("/api/v1/audit?kind=policy&limit=4{before}");
        let page = owner.get(&query).expect(200).json();
        pages.extend(page["entries"].as_array().unwrap().clone());
        match page["next"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(pages, all);
    assert_eq!(owner.get("/api/v1/audit?limit=x").expect(400).code(), "bad_query");
    // More than one page of them, so that the export has to go on.
    in_accounts_many(
        house.app(),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
         INSERT INTO audit (at_ms, trust, kind, detail) SELECT i, 'synced', 'test.many', '{}' FROM n",
    );
    let export = owner.get("/api/v1/audit.jsonl").expect(200);
    assert_eq!(export.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> =
        export.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 1206, "{}", lines.len());
    let seqs: Vec<_> = lines.iter().map(|line| line["seq"].as_i64().unwrap()).collect();
    assert!(seqs.is_sorted(), "the oldest first");
    assert!(lines[0]["hash"].as_str().is_some_and(|hash| hash.len() == 64), "{}", lines[0]);
    let filtered = owner.get("/api/v1/audit.jsonl?kind=policy.off").expect(200).text();
    assert_eq!(filtered.lines().count(), 3);
    // Whoever tends may read it, and takes nothing out without a fresh factor.
    house.app().clock.advance(16 * 60 * 1000);
    owner.get("/api/v1/audit").expect(200);
    for path in ["/api/v1/audit.jsonl", "/api/v1/policy/board.csv"] {
        let refused = owner.get(path).expect(401);
        assert_eq!(refused.code(), "insufficient_user_authentication", "{path}");
    }
}
