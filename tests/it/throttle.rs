//! Guesses that come at the same moment count like guesses that come one by one.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{App, Owner};

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
