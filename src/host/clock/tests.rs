//! The judgement as a table, and the machine's clock as it is.

use super::system::{boot_id, held_by_hardware};
use super::*;

const DAY_MS: i64 = 24 * 3600 * 1000;
const BUILD: WallMs = WallMs(1_700_000_000_000);
const MARK: WallMs = WallMs(1_700_000_000_000 + 10 * DAY_MS);

fn days(days: i64) -> WallMs {
    BUILD.plus_ms(days * DAY_MS)
}

#[derive(Clone, Copy)]
enum Source {
    Nothing,
    Hardware,
    Network,
}

fn check(source: Source, system: WallMs, told: Option<WallMs>, wall: WallMs, trust: TimeTrust) {
    let (network, hardware) = match source {
        Source::Nothing => (false, false),
        Source::Hardware => (false, true),
        Source::Network => (true, true),
    };
    let reading = Reading { wall: system, boot: BootMs(90_000), network, hardware };
    let told = told.map(|wall| Told { wall, boot: BootMs(80_000) });
    let bounds = ClockBounds { build: BUILD, mark: Some(MARK) };
    let now = judge(reading, told, bounds);
    assert_eq!((now.wall, now.trust), (wall, trust), "system says {system:?}");
}

#[test]
fn judgement() {
    use Source::{Hardware, Network, Nothing};
    use TimeTrust::{Held, Synced, Unknown};
    let y1970 = WallMs(7000);
    check(Nothing, y1970, None, MARK, Unknown);
    check(Nothing, days(20), None, days(20), Unknown);
    check(Nothing, y1970, Some(days(30)), days(30).plus_ms(10_000), Held);
    check(Nothing, days(9999), Some(days(30)), days(30).plus_ms(10_000), Held);
    check(Hardware, days(20), None, days(20), Held);
    check(Hardware, y1970, None, MARK, Unknown);
    check(Hardware, days(5), None, MARK, Unknown);
    check(Hardware, days(30 * 365), None, days(30 * 365), Unknown);
    check(Network, days(20), None, days(20), Synced);
    check(Network, days(20), Some(days(30)), days(20), Synced);
    check(Network, days(5), None, days(5), Synced);
    check(Network, y1970, None, BUILD, Synced);
}

#[test]
fn a_browser_is_believed_once_and_within_bounds() {
    let clock = ManualClock::unknown(BUILD, WallMs(0));
    assert_eq!(clock.mark(), None);
    assert!(!clock.offer_browser_time(BUILD));
    assert!(!clock.offer_browser_time(days(21 * 365)));
    assert!(clock.offer_browser_time(days(3)));
    assert!(!clock.offer_browser_time(days(4)));
    clock.advance(5000);
    let now = clock.now();
    assert_eq!((now.wall, now.trust), (days(3).plus_ms(5000), TimeTrust::Held));
    assert_eq!(clock.mark(), Some(now.wall));
}

#[test]
fn the_last_browser_with_a_proof_is_believed_within_the_same_bounds() {
    let clock = ManualClock::unknown(BUILD, WallMs(0));
    assert!(clock.replace_browser_time(days(4000)));
    assert!(!clock.replace_browser_time(BUILD));
    assert_eq!(clock.now().wall, days(4000), "an impossible time replaces nothing");
    assert!(clock.replace_browser_time(days(3)));
    assert_eq!((clock.now().wall, clock.now().trust), (days(3), TimeTrust::Held));
    clock.set_network(true);
    assert!(!clock.replace_browser_time(days(5)));
}

#[test]
fn a_synced_clock_takes_nobodys_word() {
    let clock = ManualClock::synced(BUILD, days(2));
    assert!(!clock.offer_browser_time(days(3)));
    assert_eq!(clock.now().wall, days(2));
}

#[test]
fn after_a_power_cut_the_mark_is_the_floor() {
    let clock = ManualClock::synced(BUILD, days(2));
    let mark = clock.mark();
    clock.reboot(WallMs(0), mark);
    assert_eq!(clock.floor(), days(2));
    let now = clock.now();
    assert_eq!((now.wall, now.trust), (days(2), TimeTrust::Unknown));
    assert!(!clock.offer_browser_time(days(1)));
    assert!(clock.offer_browser_time(days(3)));
}

#[test]
fn the_network_corrects_a_mark_from_the_future() {
    let clock = ManualClock::unknown(BUILD, days(9000));
    clock.reboot(days(9000), Some(days(9000)));
    clock.set_wall(days(4));
    clock.set_network(true);
    assert_eq!(clock.now().wall, days(4));
    assert_eq!(clock.mark(), Some(days(4)));
}

#[test]
fn the_systems_clock_keeps_to_its_floor_and_moves_on() {
    let far = build_time().plus_ms(19 * 365 * DAY_MS);
    let clock = SystemClock::new(Some(far));
    assert_eq!(clock.floor(), far);
    let (first, second) = (clock.now(), clock.now());
    assert!(second.boot >= first.boot && first.boot > BootMs(0));
    assert!(first.trust == TimeTrust::Synced || first.wall >= far);
}

#[test]
fn the_build_is_not_ahead_of_this_machine() {
    assert!(build_time() > BUILD);
    assert!(SystemClock::new(None).now().wall >= build_time());
}

/// A hardware clock as the kernel shows it.
fn hardware_clock(hctosys: &str, since_epoch: &str) -> tempfile::TempDir {
    let class = tempfile::tempdir().unwrap();
    add_hardware_clock(class.path(), "rtc0", hctosys, since_epoch);
    class
}

fn add_hardware_clock(class: &std::path::Path, name: &str, hctosys: &str, since_epoch: &str) {
    let clock = class.join(name);
    std::fs::create_dir(&clock).unwrap();
    std::fs::write(clock.join("hctosys"), hctosys).unwrap();
    std::fs::write(clock.join("since_epoch"), since_epoch).unwrap();
}

#[test]
fn a_hardware_clock_counts_that_set_the_time_and_agrees_with_it() {
    let seconds = BUILD.0 / 1000;
    let month = 30 * 24 * 3600 * 1000;
    for (hctosys, ahead, up, expected) in [
        ("1\n", 0, 0, true),
        ("0\n", 0, 0, false),
        ("1\n", 60, 0, true),
        ("1\n", -60, 0, true),
        ("1\n", 61, 0, false),
        ("1\n", -61, 0, false),
        // They parted slowly, from one start of this program to the next.
        ("1\n", 250, month, true),
        ("1\n", 350, month, false),
        ("1\n", -3600, month, false),
    ] {
        let class = hardware_clock(hctosys, &format!("{}\n", seconds + ahead));
        let held = held_by_hardware(class.path(), BUILD, BootMs(up));
        assert_eq!(held, expected, "{hctosys:?}, {ahead} s ahead, up for {up} ms");
    }
    // Of two the one that set the time is asked.
    for (first, second, expected) in [(0, seconds, false), (seconds, 0, true)] {
        let class = hardware_clock("1\n", &first.to_string());
        add_hardware_clock(class.path(), "rtc1", "0\n", &second.to_string());
        assert_eq!(held_by_hardware(class.path(), BUILD, BootMs(0)), expected);
    }
    let missing = tempfile::tempdir().unwrap();
    assert!(!held_by_hardware(&missing.path().join("missing"), BUILD, BootMs(0)));
    assert!(!held_by_hardware(hardware_clock("1\n", "").path(), BUILD, BootMs(0)));
}

/// The kernel took 2013 from it, and timesyncd went on from the time that it had kept.
#[test]
fn a_hardware_clock_without_a_battery_holds_no_time_that_was_remembered() {
    let bounds = ClockBounds { build: BUILD, mark: Some(MARK) };
    let remembered = MARK.plus_ms(20_000);
    for (says, trust, takes) in [
        (WallMs(1_356_998_400_000), TimeTrust::Unknown, true),
        (remembered, TimeTrust::Held, false),
    ] {
        let class = hardware_clock("1\n", &(says.0 / 1000).to_string());
        let boot = BootMs(15_000);
        let hardware = held_by_hardware(class.path(), remembered, boot);
        let reading = Reading { wall: remembered, boot, network: false, hardware };
        assert_eq!(judge(reading, None, bounds).trust, trust);
        let told = taken(reading, None, bounds, days(30));
        assert_eq!(told.is_some(), takes, "a browser knows better than nobody");
        // What a browser told, or the network, counts whatever that clock says.
        if told.is_some() {
            assert_eq!(judge(reading, told, bounds).trust, TimeTrust::Held);
        }
        let reading = Reading { network: true, ..reading };
        assert_eq!(judge(reading, told, bounds).trust, TimeTrust::Synced);
    }
}

#[test]
fn a_start_of_the_machine_has_a_name_that_a_new_process_finds_again() {
    let id = SystemClock::new(None).boot_id();
    assert!(id.is_some());
    assert_eq!(SystemClock::new(None).boot_id(), id);
    for nothing in ["", "x", "00000000-0000-0000-0000-000000000000\n"] {
        assert_eq!(boot_id(nothing), None, "{nothing:?}");
    }
}
