//! The board: how everybody stands, sorted, filtered and by page; what is taken out of it; reminders.

use serde_json::{Value, json};

use crate::harness::{Client, in_accounts, in_accounts_many};
use crate::policy_acts::{on_board, require, sam};
use crate::policy_house::{DAY_MS, FAMILY, House, Of};

/// A crowd of members: every third has an authenticator, every fourth was never here.
fn crowd(house: &House, people: u32) {
    let app = house.app();
    let n = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {people})"
    );
    for sql in [
        "INSERT INTO account (id, login, name, password_hash, created_ms)
           SELECT unhex(printf('aa%030x', i)), printf('p%05d', i), printf('P%05d', i), 'x', 0 FROM n",
        "INSERT INTO user (id, issuer_id, sub, account_id, name, role, created_ms, came_ms)
           SELECT unhex(printf('bb%030x', i)), (SELECT issuer_id FROM user WHERE role = 'owner'),
                  printf('s%05d', i), unhex(printf('aa%030x', i)), printf('P%05d', i), 'member', 0,
                  CASE WHEN i % 4 THEN i END FROM n",
        "INSERT INTO totp (id, account_id, name, secret, last_step, created_ms)
           SELECT unhex(printf('cc%030x', i)), unhex(printf('aa%030x', i)), 'Phone', x'00', 0, 0
             FROM n WHERE i % 3 = 0",
    ] {
        in_accounts_many(app, &format!("{n} {sql}"));
    }
}

fn board(owner: &mut Client, query: &str) -> Value {
    owner.get(&format!("/api/v1/policy/board?{query}")).expect(200).json()
}

fn names(board: &Value) -> Vec<String> {
    let people = board["people"].as_array().unwrap().iter();
    people.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn everybody_stands_somewhere_and_is_found_by_sort_filter_and_page() {
    let house = House::new();
    house.browser();
    crowd(&house, 120);
    let mut owner = house.owner();
    require(&house, &mut owner, Of::Server, 0);
    let all = board(&mut owner, "limit=200");
    assert_eq!((&all["total"], all["people"].as_array().unwrap().len()), (&json!(122), 122));
    // 40 of the crowd have a factor; of the others, every fourth was never here; and Sam was.
    let counts = json!({ "people": 122, "ok": 41, "exempt": 0, "grace": 0, "blocked": 61,
        "never_signed_in": 20 });
    assert_eq!(all["counts"], counts);
    let mut sorted = names(&all);
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(names(&all), sorted, "by name, unless something else is asked for");
    let pages: Vec<_> = (0..13)
        .flat_map(|page| names(&board(&mut owner, &format!("offset={}&limit=10", page * 10))))
        .collect();
    assert_eq!(pages, sorted);
    let never = board(&mut owner, "state=never_signed_in");
    assert_eq!((&never["total"], &never["counts"]), (&json!(20), &counts));
    assert_eq!(board(&mut owner, "state=blocked,ok")["total"], 102);
    assert_eq!(board(&mut owner, "text=p0000")["total"], 9);
    assert_eq!(names(&board(&mut owner, &format!("group={FAMILY}"))), ["Sam"]);
    let worst = board(&mut owner, "sort=state&limit=1");
    assert_eq!(worst["people"][0]["state"], "blocked");
    let seen = board(&mut owner, "sort=last_seen&descending=true&limit=2");
    assert_eq!(names(&seen), ["Robin", "Sam"]);
    assert_eq!(names(&board(&mut owner, "sort=last_mfa&descending=true&limit=1")), ["Robin"]);
    for query in ["sort=luck", "limit=x", "nothing=1"] {
        let refused = owner.get(&format!("/api/v1/policy/board?{query}"));
        assert_eq!(refused.expect(400).code(), "bad_query", "{query}");
    }
}

#[test]
fn a_row_says_what_somebody_has_and_what_hangs_on_them() {
    let house = House::new();
    let clients = house.clients();
    let mut owner = house.owner();
    let id = require(&house, &mut owner, Of::Group, 14);
    let library = require(&house, &mut owner, Of::Films, 7);
    owner.post(&format!("/api/v1/people/{}/code", sam()), &json!({})).expect(200);
    let row = on_board(&mut owner);
    for (member, value) in [
        ("role", json!("member")),
        ("enabled", json!(true)),
        ("state", json!("grace")),
        ("days_left", json!(7)),
        ("level", json!("pwd")),
        ("factors", json!([])),
        ("groups", json!([{ "id": FAMILY.to_string(), "name": "Family" }])),
        (
            "requirements",
            json!([
                { "id": id, "state": "grace", "days_left": 14, "unreadable": false },
                { "id": library, "state": "grace", "days_left": 7, "unreadable": false },
            ]),
        ),
        ("blocked_30d", json!(0)),
        // Each told of itself when it was switched on.
        ("reminders", json!(2)),
        ("legacy_tokens", json!(2)),
        ("one_time_code", json!(true)),
    ] {
        assert_eq!(row[member], value, "{member}: {row}");
    }
    assert!(row["last_seen_ms"].as_i64() > Some(0));
    assert!(row["last_mfa_ms"].is_null());
    house.give_factor();
    let row = on_board(&mut owner);
    assert_eq!((&row["state"], &row["factors"]), (&json!("ok"), &json!(["totp"])));
    let robin = board(&mut owner, "text=robin")["people"][0].clone();
    assert_eq!(robin["factors"], json!(["totp", "recovery"]));
    assert!(robin["last_mfa_ms"].as_i64() > Some(0));
    // Signed out everywhere, it is still known when they were here.
    owner.post(&format!("/api/v1/people/{}/signout", sam()), &json!({})).expect(204);
    assert!(on_board(&mut owner)["last_seen_ms"].as_i64() > Some(0));
    drop(clients);
}

#[test]
fn the_table_that_is_taken_out_runs_nothing_in_a_spreadsheet() {
    let house = House::new();
    in_accounts(house.app(), "UPDATE user SET name = '=HYPERLINK(\"x\"), Sam' WHERE name = 'Sam'");
    let mut owner = house.owner();
    let answer = owner.get("/api/v1/policy/board.csv").expect(200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = answer.text();
    let lines: Vec<_> = text.split("\r\n").collect();
    assert!(lines[0].starts_with("name,role,enabled,state,"), "{text}");
    assert!(text.contains("\"'=HYPERLINK(\"\"x\"\"), Sam\",member,true,ok,"), "{text}");
    assert_eq!(lines.len(), 4, "two people and an end of line: {text}");
    let one = owner.get("/api/v1/policy/board.csv?text=robin").expect(200).text();
    assert_eq!(one.lines().count(), 2, "{one}");
}

#[test]
fn somebody_is_reminded_once_a_day_and_told_in_their_inbox() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    let path = "/api/v1/policy/reminders";
    let remind = json!({ "user_id": sam() });
    assert_eq!(owner.post(path, &remind).expect(409).code(), "nothing_asked");
    require(&house, &mut owner, Of::Server, 14);
    owner.post(path, &remind).expect(204);
    let told = browser.get("/api/v1/notices").expect(200).json();
    let asked = told["notices"].as_array().unwrap().iter();
    assert_eq!(asked.filter(|notice| notice["kind"] == "second_factor_asked").count(), 2);
    let again = owner.post(path, &remind).expect(409);
    assert_eq!(again.code(), "reminded_already");
    assert!(again.json()["retry_after_s"].as_u64() > Some(86_000), "{}", again.text());
    house.app().clock.advance(DAY_MS);
    let mut owner = house.owner();
    owner.post(path, &remind).expect(204);
    let row = on_board(&mut owner);
    assert_eq!(row["reminders"], 3, "one by itself, two by hand");
    assert_eq!(row["last_reminded_ms"], house.app().clock_ms());
    let nobody = json!({ "user_id": "00000000000000000000000000000000" });
    assert_eq!(owner.post(path, &nobody).expect(404).code(), "not_found");
    let log = owner.get("/api/v1/audit?kind=reminder").expect(200).json();
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
}

#[test]
fn adoption_is_kept_by_day() {
    let house = House::new();
    require(&house, &mut house.owner(), Of::Group, 14);
    let house = house.restart();
    let today = |house: &House| {
        let told = house.owner().get("/api/v1/policy/adoption?days=30").expect(200).json();
        told["days"].as_array().unwrap().clone()
    };
    let first = today(&house).pop().unwrap();
    let counts = |enrolled: u32, asked_enrolled: u32| {
        json!({ "day": first["day"], "people": 2, "enrolled": enrolled, "asked": 1,
            "asked_enrolled": asked_enrolled })
    };
    assert_eq!(first, counts(1, 0));
    assert_eq!(first["day"].as_str().unwrap().len(), 10);
    house.give_factor();
    house.app().clock.advance(DAY_MS);
    let house = house.restart();
    let days = today(&house);
    assert_eq!(days.len(), 2, "{days:?}");
    assert_eq!(days[0], first);
    assert_eq!((&days[1]["enrolled"], &days[1]["asked_enrolled"]), (&json!(2), &json!(1)));
}
