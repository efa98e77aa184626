//! How sessions age.

use crate::signin::{Life, life, rests};
use crate::time::{BootMs, Moment, Now, TimeTrust, WallMs};

const NOW: Now =
    Now { wall: WallMs(1_800_000_000_000), boot: BootMs(9_000_000_000), trust: TimeTrust::Synced };
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn ago(seconds: u64) -> Moment {
    Moment { wall: WallMs(0), boot: Some(BootMs(NOW.boot.0 - seconds * 1000)) }
}

#[test]
fn sessions_tend_for_a_day_and_play_for_a_season() {
    for (auth, seen, rested, want) in [
        (0, 0, false, Life::Live),
        (DAY - 1, 0, false, Life::Live),
        (DAY, 0, false, Life::PlaybackOnly),
        (HOUR, HOUR - 1, false, Life::Live),
        (HOUR, HOUR, false, Life::PlaybackOnly),
        (HOUR, 0, true, Life::PlaybackOnly),
        (100 * DAY, 89 * DAY, false, Life::PlaybackOnly),
        (100 * DAY, 90 * DAY, false, Life::Ended),
    ] {
        assert_eq!(life(ago(auth), ago(seen), rested, NOW), want, "{auth} {seen} {rested}");
    }
}

#[test]
fn a_dark_clock_ends_no_playback_and_gives_no_administration() {
    let dark = Now { trust: TimeTrust::Unknown, boot: BootMs(60_000), ..NOW };
    let yesterday = Moment::before_this_start(WallMs(NOW.wall.0 - 86_400_000));
    assert_eq!(life(yesterday, yesterday, false, dark), Life::PlaybackOnly);
    let just_now = Moment::before_this_start(NOW.wall);
    assert_eq!(life(just_now, just_now, false, dark), Life::PlaybackOnly);
    assert!(rests(just_now, dark));
}

#[test]
fn a_sign_in_waits_five_minutes_for_its_factor() {
    use crate::signin::ticket_is_live;
    let begun = BootMs(NOW.boot.0 - 299_999);
    assert!(ticket_is_live(begun, NOW));
    assert!(!ticket_is_live(BootMs(NOW.boot.0 - 300_000), NOW));
}
