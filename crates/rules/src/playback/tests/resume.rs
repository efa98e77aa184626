//! Where to go on.

use crate::playback::{Heard, Resume, resume};

const HOUR: u64 = 3_600_000;

#[test]
fn what_is_kept() {
    let cases = [
        (Heard::At(HOUR / 2), Some(HOUR), false, HOUR / 2, false),
        (Heard::At(HOUR / 20), Some(HOUR), false, HOUR / 20, false),
        (Heard::At(HOUR / 20 - 36_000), Some(HOUR), false, 0, false),
        (Heard::At(HOUR * 9 / 10), Some(HOUR), false, 0, true),
        (Heard::At(HOUR * 9 / 10 - 36_000), Some(HOUR), false, HOUR * 9 / 10 - 36_000, false),
        (Heard::At(HOUR / 2), Some(HOUR), true, HOUR / 2, true),
        (Heard::At(100_000), Some(299_999), false, 0, false),
        (Heard::At(150_000), Some(300_000), false, 150_000, false),
        (Heard::At(290_000), Some(299_999), false, 0, true),
        (Heard::At(5000), None, false, 5000, false),
        (Heard::At(5000), Some(0), true, 5000, true),
        (Heard::At(u64::MAX), Some(1), false, 0, true),
        (Heard::Ended, None, false, 0, true),
        (Heard::Ended, Some(HOUR), false, 0, true),
    ];
    for (heard, duration, was_watched, position_ms, watched) in cases {
        let kept = resume(heard, duration, was_watched);
        assert_eq!(kept, Resume { position_ms, watched }, "{heard:?} of {duration:?}");
    }
}
