//! Pauses between wrong tries.

use crate::signin::{Misses, Wait, wait_after};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

const NOW: Now =
    Now { wall: WallMs(1_800_000_000_000), boot: BootMs(9_000_000_000), trust: TimeTrust::Synced };

fn misses(count: u32, seconds_ago: u64) -> Option<Misses> {
    let boot = Some(BootMs(NOW.boot.0 - seconds_ago * 1000));
    Some(Misses { count, last: Moment { wall: NOW.wall, boot } })
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
        assert_eq!(wait_after(misses(count, seconds_ago), NOW), want, "{count} {seconds_ago}");
    }
    assert_eq!(wait_after(None, NOW), Wait::Go);
}

#[test]
fn pulling_the_plug_does_not_shorten_a_pause() {
    let last = Moment::before_this_start(WallMs(1_700_000_000_000));
    let hour = Some(Misses { count: 20, last });
    let dark = |minutes: u64| Now {
        wall: last.wall,
        boot: BootMs(minutes * 60_000),
        trust: TimeTrust::Unknown,
    };
    assert_eq!(wait_after(hour, dark(1)), Wait::Seconds(3540));
    assert_eq!(wait_after(hour, dark(60)), Wait::Go);
}
