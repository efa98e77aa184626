//! Reminders that come by themselves while grace is used up.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::Client;
use crate::policy_acts::{on_board, require};
use crate::policy_house::{DAY_MS, House, Of};

/// How often Sam was reminded, as the owner sees it.
fn reminders(owner: &mut Client) -> Value {
    on_board(owner)["reminders"].clone()
}

fn until(owner: &mut Client, count: u64) {
    let begun = Instant::now();
    while reminders(owner) != count {
        assert!(begun.elapsed() < Duration::from_secs(30), "{} of {count}", reminders(owner));
        sleep(Duration::from_millis(100));
    }
}

#[test]
fn reminders_come_at_each_step_of_grace_and_once() {
    let house = House::new();
    let (mut owner, browser) = (house.owner(), house.browser());
    require(&house, &mut owner, Of::Server, 14);
    assert_eq!(reminders(&mut owner), 1, "when it is switched on");
    // Half of it, which is a week; three days; a day; nothing.
    for (days, count) in [(7, 2), (4, 3), (2, 4), (1, 5)] {
        house.app().clock.advance(days * DAY_MS);
        owner = house.owner();
        until(&mut owner, count);
    }
    house.app().clock.advance(2 * DAY_MS);
    owner = house.owner();
    // Longer than the server takes to look again.
    sleep(Duration::from_secs(7));
    assert_eq!(reminders(&mut owner), 5, "nobody is told twice that it is over");
    let notices = browser.clone().get("/api/v1/notices").expect(200).json();
    let kinds = notices["notices"].as_array().unwrap().iter();
    assert_eq!(kinds.filter(|notice| notice["kind"] == "second_factor_asked").count(), 5);
}
