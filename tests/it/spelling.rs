//! Names and passwords, however a keyboard spells them.

use serde_json::json;
use stead::host::clock::Clock;

use crate::harness::{App, Owner};

/// An owner who claimed on a Mac, whose letters come with their accents apart.
fn claimed_on_a_mac(app: &App) -> Owner {
    let now_ms = app.clock.now().wall.0;
    let who = ("Ame\u{301}lie", "un cafe\u{301}\u{a0}au lait");
    let mut owner = Owner::almost_as(app.client(), &app.link_secret(), now_ms, who);
    owner.finish().expect(200);
    owner
}

#[test]
fn what_was_chosen_on_one_keyboard_is_right_on_another() {
    let app = App::start();
    let mut owner = claimed_on_a_mac(&app);
    let me = owner.browser.get("/api/v1/me").expect(200).json();
    assert_eq!(me["user"]["name"], "Amélie");
    for name in ["Ame\u{301}lie", "Amélie", "AMÉLIE", "Ａmélie"] {
        for password in ["un café au lait", "un cafe\u{301} au\u{a0}lait"] {
            let body = json!({ "name": name, "password": password });
            let answer = app.client().post("/api/v1/signin", &body).expect(200).json();
            assert_eq!(answer["step"], "factor", "{name}");
        }
    }
    for (name, password) in [("Amelie", "un café au lait"), ("Amélie", "un cafe au lait")] {
        let body = json!({ "name": name, "password": password });
        app.client().post("/api/v1/signin", &body).expect(401);
    }
}

#[test]
fn wrong_tries_under_one_spelling_count_under_all() {
    let app = App::start();
    claimed_on_a_mac(&app);
    let guess = |name: &str| {
        let body = json!({ "name": name, "password": "not this one" });
        app.client().post("/api/v1/signin", &body)
    };
    guess("Amélie").expect(401);
    for name in ["Ame\u{301}lie", "ＡＭÉＬＩＥ", "ａmélie"] {
        assert_eq!(guess(name).expect(429).code(), "slow_down", "{name}");
    }
}
