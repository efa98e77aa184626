//! Windows, replays and wrong clocks.

use crate::signin::TotpVerdict::{self, Accepted, Drifted, Replayed, Wrong};
use crate::signin::{accept_step, judge_code, step_of, step_to_heal};
use crate::time::{BootMs, Now, TimeTrust, WallMs};

const NOW: u64 = 60_000_000;

fn judged(code_of: u64, last: Option<u64>) -> TotpVerdict {
    let time = WallMs(i64::try_from(NOW * 30_000).unwrap());
    judge_code(time, last, |step| step == code_of)
}

#[test]
fn codes_count_near_now_and_once() {
    for (code_of, last, want) in [
        (NOW, None, Accepted { step: NOW }),
        (NOW - 1, None, Accepted { step: NOW - 1 }),
        (NOW + 1, None, Accepted { step: NOW + 1 }),
        (NOW, Some(NOW - 1), Accepted { step: NOW }),
        (NOW, Some(NOW), Replayed),
        (NOW - 1, Some(NOW), Replayed),
        (NOW + 1, Some(NOW + 5), Replayed),
        (NOW - 2, None, Drifted { app_ahead_seconds: -60 }),
        (NOW + 10, None, Drifted { app_ahead_seconds: 300 }),
        (NOW - 2, Some(NOW), Drifted { app_ahead_seconds: -60 }),
        (NOW + 11, None, Wrong),
        (0, None, Wrong),
    ] {
        assert_eq!(judged(code_of, last), want, "{code_of} {last:?}");
    }
}

#[test]
fn a_code_that_two_steps_share_lets_in_by_the_good_one() {
    let time = WallMs(i64::try_from(NOW * 30_000).unwrap());
    let both = |step| step == NOW || step == NOW - 5;
    assert_eq!(judge_code(time, None, both), Accepted { step: NOW });
    let replayed = |step| step == NOW - 1 || step == NOW;
    assert_eq!(judge_code(time, Some(NOW - 1), replayed), Accepted { step: NOW });
}

#[test]
fn every_step_is_tried_whatever_matches() {
    let tried = std::cell::Cell::new(0);
    let _ = judge_code(WallMs(1_800_000_000_000), None, |_| {
        tried.set(tried.get() + 1);
        true
    });
    assert_eq!(tried.get(), 21);
}

#[test]
fn totp_window_creep_windows_stay_where_they_are() {
    let mut last = None;
    for now in NOW..NOW + 100 {
        let step = accept_step(now, last, now + 1).unwrap();
        assert!(accept_step(now, Some(step), now + 1).is_err());
        last = Some(step);
    }
    assert!(accept_step(NOW, None, NOW + 2).is_err());
}

#[test]
fn steps_begin_with_the_epoch() {
    assert_eq!(step_of(WallMs(0)), 0);
    assert_eq!(step_of(WallMs(-1)), 0);
    assert_eq!(step_of(WallMs(29_999)), 0);
    assert_eq!(step_of(WallMs(30_000)), 1);
    // RFC 6238, appendix B.
    assert_eq!(step_of(WallMs(1_111_111_109_000)), 0x0235_23EC);
    assert_eq!(judge_code(WallMs(0), None, |step| step == 1), Accepted { step: 1 });
}

#[test]
fn only_a_clock_that_is_behind_is_told_to_a_guesser() {
    for (verdict, told) in [
        (Drifted { app_ahead_seconds: -60 }, Some(-60)),
        (Drifted { app_ahead_seconds: 60 }, None),
        (Drifted { app_ahead_seconds: 300 }, None),
        (Accepted { step: NOW }, None),
        (Replayed, None),
        (Wrong, None),
    ] {
        assert_eq!(verdict.seconds_behind(), told, "{verdict:?}");
    }
}

#[test]
fn a_step_from_the_future_is_lowered_by_network_time_only() {
    let wall = WallMs(i64::try_from(NOW * 30_000).unwrap());
    let at = |trust| Now { wall, boot: BootMs(1), trust };
    for (trust, last, want) in [
        (TimeTrust::Synced, NOW + 2, Some(NOW - 2)),
        (TimeTrust::Synced, NOW + 360, Some(NOW - 2)),
        (TimeTrust::Synced, u64::MAX, Some(NOW - 2)),
        (TimeTrust::Synced, NOW + 1, None),
        (TimeTrust::Synced, NOW, None),
        (TimeTrust::Synced, 0, None),
        (TimeTrust::Held, NOW + 360, None),
        (TimeTrust::Unknown, NOW + 360, None),
    ] {
        assert_eq!(step_to_heal(at(trust), last), want, "{trust:?} {last}");
    }
}
