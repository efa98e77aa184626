//! What an owner does about what is required: sets it, sees whom it meets, exempts, groups, gives
//! days; and what is refused of that.

use serde_json::{Value, json};
use stead_rules::signin::Assurance;
use stead_store::accounts::audit;

use crate::harness::{Client, in_accounts, in_accounts_many};
use crate::policy_house::{DAY_MS, FAMILY, House, Of, SAM};

pub(crate) fn sam() -> String {
    SAM.to_string()
}

/// A requirement as it is sent.
pub(crate) fn wish(house: &House, of: Of, level: &str, days: i64) -> Value {
    let mut wish = json!({ "about": "server", "level": level, "grace_days": days });
    match of {
        Of::Server => {}
        Of::Group => {
            wish["about"] = "group".into();
            wish["group_id"] = FAMILY.to_string().into();
        }
        Of::Films | Of::Songs => {
            let library = if of == Of::Films { &house.films } else { &house.songs };
            wish["about"] = "library".into();
            wish["library_id"] = library.as_str().into();
        }
    }
    wish
}

pub(crate) fn require(house: &House, owner: &mut Client, of: Of, days: i64) -> i64 {
    let set = owner.post("/api/v1/policy/requirements", &wish(house, of, "mfa", days)).expect(200);
    set.json()["id"].as_i64().unwrap()
}

pub(crate) fn switch_off(owner: &mut Client, id: i64) {
    owner.post(&format!("/api/v1/policy/requirements/{id}/off"), &json!({})).expect(204);
}

fn code(owner: &mut Client, path: &str, body: &Value, status: u16) -> String {
    owner.post(path, body).expect(status).code()
}

/// How Sam stands on the board.
pub(crate) fn on_board(owner: &mut Client) -> Value {
    let board = owner.get("/api/v1/policy/board?text=sam").expect(200).json();
    assert_eq!(board["total"], 1, "{board}");
    board["people"][0].clone()
}

fn asked(client: &mut Client) -> Value {
    client.get("/api/v1/me").expect(200).json()["asked"].clone()
}

#[test]
fn a_requirement_is_previewed_set_told_and_switched_off() {
    let house = House::new();
    let (mut owner, mut sam) = (house.owner(), house.browser());
    assert!(asked(&mut sam).is_null());
    let wished = wish(&house, Of::Server, "mfa", 14);
    let preview = owner.post("/api/v1/policy/preview", &wished).expect(200).json();
    assert_eq!(preview["changed"], 1, "{preview}");
    let affected = &preview["affected"][0];
    assert_eq!((&affected["name"], &affected["role"]), (&json!("Sam"), &json!("member")));
    assert_eq!(affected["before"], json!({ "state": "ok" }));
    assert_eq!(affected["after"], json!({ "state": "grace", "days_left": 14 }));
    let counts = |ok: u32, grace: u32| {
        json!({ "people": 2, "ok": ok, "exempt": 0, "grace": grace, "blocked": 0,
                "never_signed_in": 0 })
    };
    assert_eq!((&preview["before"], &preview["after"]), (&counts(2, 0), &counts(1, 1)));
    let policy = owner.get("/api/v1/policy").expect(200).json();
    assert_eq!((&policy["requirements"], &policy["counts"]), (&json!([]), &counts(2, 0)));
    assert_eq!(policy["can_require"]["mfa"], Value::Null);
    assert_eq!(policy["can_require"]["mfa_phishing_resistant"], "name_not_trusted");
    // What the preview said is what comes of it.
    let id = require(&house, &mut owner, Of::Server, 14);
    let policy = owner.get("/api/v1/policy").expect(200).json();
    assert_eq!(policy["counts"], counts(1, 1));
    let row = &policy["requirements"][0];
    assert_eq!(
        (&row["id"], &row["on"], &row["grace_days"]),
        (&json!(id), &json!(true), &json!(14))
    );
    let told = asked(&mut sam);
    for (member, value) in [
        ("owner", json!("Robin")),
        ("state", json!("notice")),
        ("level", json!("mfa")),
        ("days_left", json!(14)),
        ("after_deadline", json!(false)),
        ("link", json!("/settings/security")),
        ("by_ms", json!(house.app().clock_ms() + 14 * 86_400_000)),
    ] {
        assert_eq!(told[member], value, "{member}: {told}");
    }
    assert_eq!(told["requirements"][0]["about"], "server");
    sam.get("/api/v1/home").expect(200);
    house.app().clock.advance(14 * DAY_MS);
    let mut owner = house.owner();
    assert_eq!(sam.get("/api/v1/home").expect(403).code(), "enrolment_required");
    let told = asked(&mut sam);
    assert_eq!((&told["state"], &told["after_deadline"]), (&json!("enrol"), &json!(true)));
    assert_eq!(on_board(&mut owner)["state"], "blocked");
    switch_off(&mut owner, id);
    sam.get("/api/v1/home").expect(200);
    assert!(asked(&mut sam).is_null());
}

#[test]
fn of_a_library_it_is_asked_who_sees_it_and_of_a_group_who_is_in_it() {
    let house = House::new();
    let (mut owner, mut sam) = (house.owner(), house.browser());
    for (of, about, name) in [(Of::Films, "library", "Films"), (Of::Group, "group", "Family")] {
        let id = require(&house, &mut owner, of, 7);
        let told = &asked(&mut sam)["requirements"][0];
        assert_eq!((&told["about"], &told["name"]), (&json!(about), &json!(name)));
        let row = owner.get("/api/v1/policy").expect(200).json();
        let row = row["requirements"].as_array().unwrap().iter().find(|row| row["id"] == id);
        assert_eq!(row.unwrap()["name"], name);
        let path = format!("/api/v1/groups/{FAMILY}/members");
        let out = json!({ "user_id": self::sam(), "member": false });
        owner.post(&path, &out).expect(204);
        assert!(asked(&mut sam).is_null(), "{name}: who is out of it is not asked");
        let preview = owner.post("/api/v1/policy/preview", &wish(&house, of, "mfa", 7));
        assert_eq!(preview.expect(200).json()["changed"], 0, "{name}");
        let back = json!({ "user_id": self::sam(), "member": true });
        owner.post(&path, &back).expect(204);
        assert_eq!(asked(&mut sam)["state"], "notice", "{name}");
        switch_off(&mut owner, id);
    }
}

#[test]
fn what_would_lock_out_its_author_or_means_nothing_is_refused() {
    let house = House::new();
    let mut owner = house.owner();
    let path = "/api/v1/policy/requirements";
    let with = |member: &str, value: Value| {
        let mut wish = wish(&house, Of::Server, "mfa", 7);
        wish[member] = value;
        wish
    };
    let nothing = "00000000000000000000000000000000";
    for (wish, status, told) in [
        (with("grace_days", json!(-1)), 422, "grace_out_of_range"),
        (with("grace_days", json!(91)), 422, "grace_out_of_range"),
        (with("max_age_s", json!(3599)), 422, "max_age_out_of_range"),
        (with("max_age_s", json!(90 * 86_400 + 1)), 422, "max_age_out_of_range"),
        (with("about", json!("group")), 422, "bad_about"),
        (with("library_id", json!(house.films)), 422, "bad_about"),
        (with("level", json!("mfa_phishing_resistant")), 409, "name_not_trusted"),
        (with("level", json!("pwd")), 400, "bad_json"),
        (
            json!({ "about": "group", "group_id": nothing, "level": "mfa", "grace_days": 7 }),
            404,
            "not_found",
        ),
        (
            json!({ "about": "library", "library_id": nothing, "level": "mfa", "grace_days": 7 }),
            404,
            "not_found",
        ),
    ] {
        for path in [path, "/api/v1/policy/preview"] {
            assert_eq!(code(&mut owner, path, &wish, status), told, "{path} {wish}");
        }
    }
    // A name that browsers trust, and an owner without a passkey.
    in_accounts(
        house.app(),
        "INSERT INTO passkey (id, account_id, name, rp_id, credential_id,
        credential, created_ms, leads_here) SELECT randomblob(16), account_id, 'Key', 'stead.local',
        randomblob(16), '{}', 0, 1 FROM user WHERE name = 'Sam'",
    );
    let strict = with("level", json!("mfa_phishing_resistant"));
    assert_eq!(code(&mut owner, path, &strict, 409), "own_factor_missing");
    in_accounts_many(house.app(), "UPDATE recovery_code SET used_ms = 1");
    assert_eq!(
        code(&mut owner, path, &with("grace_days", json!(7)), 409),
        "recovery_codes_missing"
    );
    let policy = owner.get("/api/v1/policy").expect(200).json();
    assert_eq!(policy["requirements"], json!([]), "nothing was set");
    assert_eq!(policy["can_require"]["mfa"], "recovery_codes_missing");
    assert_eq!(policy["can_require"]["mfa_phishing_resistant"], "own_factor_missing");
    for act in ["off", "remove"] {
        let path = format!("/api/v1/policy/requirements/77/{act}");
        assert_eq!(code(&mut owner, &path, &json!({}), 404), "not_found");
    }
}

#[test]
fn an_exemption_has_a_reason_and_an_end_and_is_for_nobody_who_administers() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    let id = require(&house, &mut owner, Of::Server, 0);
    browser.get("/api/v1/home").expect(403);
    let path = "/api/v1/policy/exemptions";
    let me = owner.get("/api/v1/me").expect(200).json();
    let of = |user: &str, reason: &str, days: i64| json!({ "user_id": user, "reason": reason, "days": days, "requirement_id": id });
    let long = "x".repeat(201);
    for (wish, status, told) in [
        (of(me["user"]["id"].as_str().unwrap(), "I am", 7), 409, "privileged_not_exempt"),
        (of(&sam(), " ", 7), 422, "reason_missing"),
        (of(&sam(), &long, 7), 422, "reason_too_long"),
        (of(&sam(), "no phone", 0), 422, "exemption_length"),
        (of(&sam(), "no phone", 367), 422, "exemption_length"),
        (of(&sam(), "no phone", -1), 422, "exemption_length"),
        (of("nobody", "no phone", 7), 404, "not_found"),
        (json!({ "user_id": sam(), "reason": "no phone", "requirement_id": 99 }), 404, "not_found"),
    ] {
        assert_eq!(code(&mut owner, path, &wish, status), told, "{wish}");
    }
    owner.post(path, &json!({ "user_id": sam(), "reason": "no phone" })).expect(201);
    let told = owner.get(path).expect(200).json();
    let row = &told["exemptions"][0];
    assert_eq!(
        (&row["name"], &row["days"], &row["days_left"], &row["over"]),
        (&json!("Sam"), &json!(180), &json!(180), &json!(false))
    );
    assert!(row["requirement_id"].is_null());
    browser.get("/api/v1/home").expect(200);
    assert_eq!(asked(&mut browser)["state"], "exempt");
    let board = on_board(&mut owner);
    assert_eq!((&board["state"], &board["days_left"]), (&json!("exempt"), &json!(180)));
    house.app().clock.advance(180 * DAY_MS);
    let mut browser = house.browser();
    browser.get("/api/v1/home").expect(403);
    let mut owner = house.owner();
    assert_eq!(owner.get(path).expect(200).json()["exemptions"][0]["over"], true);
    // Another one, from this requirement alone, and ended by hand.
    let made = owner.post(path, &of(&sam(), "still none", 30)).expect(201).json();
    browser.get("/api/v1/home").expect(200);
    let end = format!("{path}/{}/end", made["id"].as_str().unwrap());
    owner.post(&end, &json!({})).expect(204);
    owner.post(&end, &json!({})).expect(404);
    browser.get("/api/v1/home").expect(403);
    let log = owner.get("/api/v1/audit?kind=exemption").expect(200).json();
    let kinds: Vec<_> =
        log["entries"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(kinds, ["exemption.ended", "exemption.given", "exemption.given"]);
}

#[test]
fn exempt_user_promoted_a_role_ends_the_exemption() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 0);
    let wish = json!({ "user_id": sam(), "reason": "no phone" });
    owner.post("/api/v1/policy/exemptions", &wish).expect(201);
    browser.get("/api/v1/home").expect(200);
    in_accounts(house.app(), "UPDATE user SET role = 'administrator' WHERE name = 'Sam'");
    assert_eq!(browser.get("/api/v1/home").expect(403).code(), "enrolment_required");
    let exemptions = owner.get("/api/v1/policy/exemptions").expect(200).json();
    assert_eq!(exemptions["exemptions"], json!([]), "deleted, not set aside");
    assert_eq!(code(&mut owner, "/api/v1/policy/exemptions", &wish, 409), "privileged_not_exempt");
    in_accounts(house.app(), "UPDATE user SET role = 'member' WHERE name = 'Sam'");
    browser.get("/api/v1/home").expect(403);
}

#[test]
fn groups_are_made_renamed_filled_and_removed_unless_something_is_required_of_them() {
    let house = House::new();
    let mut owner = house.owner();
    let made = owner.post("/api/v1/groups", &json!({ "name": "Friends" })).expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(
        code(&mut owner, "/api/v1/groups", &json!({ "name": "FAMILY" }), 409),
        "group_name_taken"
    );
    assert_eq!(code(&mut owner, "/api/v1/groups", &json!({ "name": " " }), 422), "name_invalid");
    let path = format!("/api/v1/groups/{id}");
    let renamed = json!({ "name": "Old friends", "profiles_need_pin": true });
    owner.post(&path, &renamed).expect(204);
    assert_eq!(code(&mut owner, &path, &json!({ "name": "family" }), 409), "group_name_taken");
    let member = |user: &str, member: bool| json!({ "user_id": user, "member": member });
    let members = format!("{path}/members");
    owner.post(&members, &member(&sam(), true)).expect(204);
    assert_eq!(code(&mut owner, &members, &member("nobody", true), 404), "not_found");
    let told = owner.get(&members).expect(200).json();
    assert_eq!(told["members"], json!([{ "user_id": sam(), "name": "Sam" }]));
    let all = owner.get("/api/v1/groups").expect(200).json();
    let group = all["groups"].as_array().unwrap().iter().find(|group| group["id"] == id.as_str());
    let expected = json!({ "id": id, "name": "Old friends", "profiles_need_pin": true,
        "members": 1, "libraries": [], "required": false });
    assert_eq!(group, Some(&expected));
    let wish = json!({ "about": "group", "group_id": id, "level": "mfa", "grace_days": 7 });
    let row = owner.post("/api/v1/policy/requirements", &wish).expect(200).json();
    let remove = format!("{path}/remove");
    assert_eq!(code(&mut owner, &remove, &json!({}), 409), "group_required");
    switch_off(&mut owner, row["id"].as_i64().unwrap());
    owner.post(&remove, &json!({})).expect(204);
    owner.post(&remove, &json!({})).expect(404);
    assert_eq!(owner.get(&members).expect(404).code(), "not_found");
    let log = owner.get("/api/v1/audit?kind=group").expect(200).json();
    let kinds: Vec<_> =
        log["entries"].as_array().unwrap().iter().map(|e| e["kind"].clone()).collect();
    assert_eq!(kinds, ["group.removed", "group.joined", "group.changed", "group.made"]);
}

#[test]
fn fail_open_a_policy_that_cannot_be_read_refuses_and_its_owner_repairs_it() {
    let house = House::new();
    let (mut owner, mut browser) = (house.owner(), house.browser());
    let id = require(&house, &mut owner, Of::Server, 90);
    let path = format!("/api/v1/policy/requirements/{id}/remove");
    assert_eq!(code(&mut owner, &path, &json!({}), 409), "requirement_stands");
    in_accounts(house.app(), "UPDATE requirement SET level = 'nine'");
    for client in [&mut browser, &mut owner] {
        assert_eq!(client.get("/api/v1/home").expect(403).code(), "policy_error");
        client.get("/api/v1/me").expect(200);
    }
    let policy = owner.get("/api/v1/policy").expect(200).json();
    assert_eq!((&policy["unreadable"], &policy["requirements"]), (&json!([id]), &json!([])));
    assert_eq!(policy["counts"]["blocked"], 2);
    owner.post(&path, &json!({})).expect(204);
    browser.get("/api/v1/home").expect(200);
    let log = owner.get("/api/v1/audit?kind=policy.removed").expect(200).json();
    assert_eq!(log["entries"][0]["detail"]["requirement"], id);
}

#[test]
fn a_factor_ages_where_the_owner_says_so() {
    let house = House::new();
    let mut owner = house.owner();
    let mut wish = wish(&house, Of::Server, "mfa", 0);
    wish["max_age_s"] = json!(3600);
    owner.post("/api/v1/policy/requirements", &wish).expect(200);
    owner.get("/api/v1/home").expect(200);
    house.app().clock.advance(3600 * 1000);
    let refused = owner.get("/api/v1/home").expect(401);
    let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa\", \
                     max_age=\"3600\"";
    assert_eq!(refused.header("www-authenticate"), Some(challenge));
    assert_eq!(refused.json()["max_age_s"], 3600);
    let told = asked(&mut owner);
    assert_eq!((&told["state"], &told["max_age_s"]), (&json!("step_up"), &json!(3600)));
    house.owner().get("/api/v1/home").expect(200);
}

#[test]
fn who_joins_later_has_no_grace_and_an_owner_may_give_some() {
    let house = House::new();
    let mut owner = house.owner();
    let level = Assurance::Mfa;
    // As if Sam came after it was switched on.
    let requirement = house.require(Of::Server, level);
    let mut browser = house.browser();
    browser.get("/api/v1/home").expect(403);
    let give =
        |days: i64| json!({ "user_id": sam(), "requirement_id": requirement.0, "days": days });
    let path = "/api/v1/policy/grace";
    for days in [-1, 91] {
        assert_eq!(code(&mut owner, path, &give(days), 422), "grace_out_of_range");
    }
    // Changing the requirement gives nobody a fresh start.
    require(&house, &mut owner, Of::Server, 30);
    browser.get("/api/v1/home").expect(403);
    owner.post(path, &give(3)).expect(204);
    browser.get("/api/v1/home").expect(200);
    assert_eq!(asked(&mut browser)["days_left"], 3);
    // A part of a second too: no day is begun by that.
    house.app().clock.advance(2 * DAY_MS + 300);
    let mut owner = house.owner();
    owner.post(path, &give(10)).expect(204);
    assert_eq!(asked(&mut browser)["days_left"], 10, "from now on");
    owner.post(path, &give(0)).expect(204);
    browser.get("/api/v1/home").expect(403);
    let log = owner.get("/api/v1/audit?kind=grace").expect(200).json();
    assert_eq!(log["entries"].as_array().unwrap().len(), 3);
}

#[test]
fn whoever_is_asked_for_a_factor_does_not_give_up_the_last_one() {
    let house = House::new();
    house.give_factor();
    in_accounts_many(house.app(), "UPDATE account SET password_alone = 1");
    let id = require(&house, &mut house.owner(), Of::Films, 14);
    let mut browser = house.browser_with_factor();
    browser.get(&format!("/api/v1/items/{}", house.film)).expect(200);
    let factors = browser.get("/api/v1/factors").expect(200).json();
    let factor = factors["second"][0]["id"].as_str().unwrap();
    let remove = format!("/api/v1/factors/{factor}/remove");
    assert_eq!(code(&mut browser, &remove, &json!({}), 409), "last_factor");
    // Who is exempt may, and so may everybody where nothing is asked.
    let mut owner = house.owner();
    let exempt = json!({ "user_id": sam(), "reason": "no phone", "requirement_id": id });
    let made = owner.post("/api/v1/policy/exemptions", &exempt).expect(201).json();
    let end = format!("/api/v1/policy/exemptions/{}/end", made["id"].as_str().unwrap());
    owner.post(&end, &json!({})).expect(204);
    assert_eq!(code(&mut browser, &remove, &json!({}), 409), "last_factor");
    switch_off(&mut owner, id);
    browser.post(&remove, &json!({})).expect(204);
    // What was shown in this browser is gone: it counts for nothing when something is asked again.
    browser.get(&format!("/api/v1/items/{}", house.film)).expect(200);
    require(&house, &mut owner, Of::Films, 0);
    let refused = browser.get(&format!("/api/v1/items/{}", house.film)).expect(403);
    assert_eq!(refused.code(), "enrolment_required");
}

/// With the library would go what is required for it, and whoever tends libraries would be rid of that.
#[test]
fn a_library_that_something_is_required_for_is_not_removed() {
    let house = House::new();
    let mut owner = house.owner();
    let id = require(&house, &mut owner, Of::Films, 14);
    let remove = format!("/api/v1/libraries/{}/remove", house.films);
    assert_eq!(code(&mut owner, &remove, &json!({}), 409), "library_required");
    switch_off(&mut owner, id);
    owner.post(&remove, &json!({})).expect(204);
}

/// An owner with an authenticator would be kept out by a group that must have a passkey, also from
/// leaving it.
#[test]
fn an_owner_comes_into_no_group_that_would_lock_them_out() {
    let house = House::new();
    let mut owner = house.owner();
    let me = owner.get("/api/v1/me").expect(200).json()["user"]["id"].clone();
    require(&house, &mut owner, Of::Group, 14);
    in_accounts_many(house.app(), "UPDATE requirement SET level = 'mfa_phishing_resistant'");
    let members = format!("/api/v1/groups/{FAMILY}/members");
    let body = json!({ "user_id": me, "member": true });
    assert_eq!(code(&mut owner, &members, &body, 409), "own_factor_missing");
    in_accounts_many(house.app(), "UPDATE requirement SET level = 'mfa'");
    owner.post(&members, &body).expect(204);
}

/// Who is removed takes nothing out of the log, also not of the hour that is not over.
#[test]
fn what_was_refused_to_somebody_is_in_the_log_when_they_are_removed() {
    let house = House::new();
    let mut browser = house.browser();
    let mut owner = house.owner();
    require(&house, &mut owner, Of::Films, 0);
    for _ in 0..3 {
        drop(browser.get(&format!("/api/v1/items/{}", house.film)));
    }
    let remove = format!("/api/v1/people/{}/remove", sam());
    owner.post(&remove, &json!({})).expect(204);
    let log = house.write(|tx, _| audit::newest(tx, 50));
    let denied = log.iter().filter(|(kind, _)| kind == "decision.denied").count();
    assert_eq!(denied, 1, "{log:?}");
}
