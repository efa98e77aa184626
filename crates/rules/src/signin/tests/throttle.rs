//! Pauses between wrong tries.

use crate::limits::{
    ACCOUNTS_MAX, PASSWORD_ALL_WAIT_SECONDS, SIGN_UP_ALL_WAIT_SECONDS, SIGN_UP_NETWORK_FREE,
    THROTTLE_ALL_FREE_MISSES, UNSETTLED_ACCOUNT_SECONDS,
};
use crate::signin::{
    Misses, Tries, Wait, and_one, gives_way, network_of, place_of, wait_after, wait_to_sign_up,
};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

const NOW: Now =
    Now { wall: WallMs(1_800_000_000_000), boot: BootMs(9_000_000_000), trust: TimeTrust::Synced };

fn misses(count: u32, seconds_ago: u64) -> Option<Misses> {
    let boot = Some(BootMs(NOW.boot.0 - seconds_ago * 1000));
    Some(Misses { count, last: Moment { wall: NOW.wall, boot } })
}

fn wait(tries: Tries, now: Now) -> Wait {
    wait_after(tries, PASSWORD_ALL_WAIT_SECONDS, now)
}

fn here(here: Option<Misses>) -> Tries {
    Tries { here, ..Tries::default() }
}

fn everywhere(everywhere: Option<Misses>) -> Tries {
    Tries { everywhere, ..Tries::default() }
}

#[test]
fn pauses_double_from_a_second_to_an_hour() {
    for (count, seconds_ago, want) in [
        (0, 0, Wait::Go),
        (1, 0, Wait::Seconds(1)),
        (1, 1, Wait::Go),
        (2, 0, Wait::Seconds(2)),
        (4, 3, Wait::Seconds(5)),
        (12, 0, Wait::Seconds(2048)),
        (13, 0, Wait::Seconds(3600)),
        (1000, 0, Wait::Seconds(3600)),
        (u32::MAX, 3599, Wait::Seconds(1)),
        (u32::MAX, 3600, Wait::Go),
    ] {
        assert_eq!(wait(here(misses(count, seconds_ago)), NOW), want, "{count} {seconds_ago}");
    }
    assert_eq!(wait(Tries::default(), NOW), Wait::Go);
}

#[test]
fn pulling_the_plug_does_not_shorten_a_pause() {
    let last = Moment::before_this_start(WallMs(1_700_000_000_000));
    let hour = here(Some(Misses { count: 20, last }));
    let dark = |minutes: u64| Now {
        wall: last.wall,
        boot: BootMs(minutes * 60_000),
        trust: TimeTrust::Unknown,
    };
    assert_eq!(wait(hour, dark(1)), Wait::Seconds(3540));
    assert_eq!(wait(hour, dark(60)), Wait::Go);
}

#[test]
fn misses_from_elsewhere_cost_at_most_a_minute() {
    let free = THROTTLE_ALL_FREE_MISSES;
    for (count, seconds_ago, want) in [
        (free, 0, Wait::Go),
        (free + 1, 0, Wait::Seconds(1)),
        (free + 3, 1, Wait::Seconds(3)),
        (free + 50, 0, Wait::Seconds(60)),
        (u32::MAX, 0, Wait::Seconds(60)),
        (u32::MAX, 60, Wait::Go),
    ] {
        let tries = everywhere(misses(count, seconds_ago));
        assert_eq!(wait(tries, NOW), want, "{count} {seconds_ago}");
        let known = Tries { right_here: true, ..tries };
        assert_eq!(wait(known, NOW), Wait::Go, "a place that was right once does not wait");
        let own = Tries { here: misses(12, 0), right_here: true, ..tries };
        assert_eq!(wait(own, NOW), Wait::Seconds(2048), "but for its own misses");
    }
}

#[test]
fn misses_are_forgotten_after_a_day_without_another() {
    assert_eq!(and_one(None, NOW).count, 1);
    assert_eq!(and_one(misses(7, 24 * 3600 - 1), NOW).count, 8);
    assert_eq!(and_one(misses(7, 24 * 3600), NOW).count, 1);
    assert_eq!(and_one(misses(u32::MAX, 0), NOW).count, u32::MAX);
    assert_eq!(and_one(misses(7, 5), NOW).last, Moment::of(NOW));
}

#[test]
fn a_count_that_keeps_somebody_waiting_makes_no_room() {
    for (count, seconds_ago, want) in
        [(0, 0, true), (1, 0, false), (1, 1, true), (13, 3599, false), (13, 3600, true)]
    {
        let misses = misses(count, seconds_ago).unwrap();
        assert_eq!(gives_way(misses, NOW), want, "{count} {seconds_ago}");
    }
}

#[test]
fn a_place_is_an_address_or_a_household_of_ipv6() {
    for (address, place) in [
        ("192.168.1.20", "192.168.1.20"),
        ("::ffff:192.168.1.20", "192.168.1.20"),
        ("2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::1", "::"),
    ] {
        assert_eq!(place_of(address.parse().unwrap()).to_string(), place, "{address}");
    }
}

#[test]
fn making_accounts_waits_for_the_place_the_network_and_all() {
    let free = SIGN_UP_NETWORK_FREE;
    for (tries, network, want) in [
        (Tries::default(), None, Wait::Go),
        (here(misses(2, 0)), None, Wait::Seconds(2)),
        (Tries::default(), misses(free, 0), Wait::Go),
        (Tries::default(), misses(free + 1, 0), Wait::Seconds(1)),
        (Tries::default(), misses(free + 3, 1), Wait::Seconds(3)),
        (here(misses(4, 0)), misses(free + 3, 0), Wait::Seconds(8)),
        (here(misses(1, 0)), misses(free + 3, 0), Wait::Seconds(4)),
        (Tries::default(), misses(1000, 0), Wait::Seconds(3600)),
        (everywhere(misses(1000, 0)), None, Wait::Seconds(SIGN_UP_ALL_WAIT_SECONDS)),
    ] {
        assert_eq!(wait_to_sign_up(tries, network, NOW), want, "{tries:?} {network:?}");
    }
}

/// However many places somebody has, what they make is removed before it fills the service.
#[test]
fn accounts_that_nobody_uses_never_fill_the_service() {
    let fastest = UNSETTLED_ACCOUNT_SECONDS / SIGN_UP_ALL_WAIT_SECONDS;
    assert!(fastest + 100 < u64::from(ACCOUNTS_MAX), "{fastest}");
}

#[test]
fn a_network_is_what_one_customer_may_have() {
    for (address, network) in [
        ("192.0.2.77", "192.0.2.0"),
        ("::ffff:192.0.2.77", "192.0.2.0"),
        ("2001:db8:7:8:9::1", "2001:db8:7::"),
    ] {
        assert_eq!(network_of(address.parse().unwrap()).to_string(), network);
    }
}
