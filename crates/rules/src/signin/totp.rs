//! Which one-time codes count: RFC 6238 with its window, each code once.

use crate::limits::{TOTP_DRIFT_STEPS, TOTP_STEP_SECONDS, TOTP_WINDOW_STEPS};
use crate::time::{Now, TimeTrust, WallMs};

/// What a typed code turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpVerdict {
    /// Right. The caller stores `step` by compare-and-set against the last accepted one.
    Accepted {
        /// The step it belongs to.
        step: u64,
    },
    /// Right, but used before, or older than one that was.
    Replayed,
    /// Not accepted: it belongs to another time, so one of the two clocks is wrong.
    Drifted {
        /// How far the app's clock is ahead of the one that was asked, in seconds.
        app_ahead_seconds: i64,
    },
    /// Wrong.
    Wrong,
}

/// What is told of a code that belongs to another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// How far the app's clock seems to be ahead (positive) or behind, in seconds.
    pub app_ahead_seconds: i64,
    /// What the server's clock says, if it is the one that was asked.
    pub server_time: Option<WallMs>,
}

impl TotpVerdict {
    /// How far the app's clock is behind, in seconds, if nothing else is wrong with the code. That
    /// it is ahead is told to nobody who signs in: such a code will be right soon.
    #[must_use]
    pub const fn seconds_behind(self) -> Option<i64> {
        match self {
            Self::Drifted { app_ahead_seconds } if app_ahead_seconds < 0 => Some(app_ahead_seconds),
            Self::Drifted { .. } | Self::Accepted { .. } | Self::Replayed | Self::Wrong => None,
        }
    }
}

/// The step of a moment.
#[must_use]
pub const fn step_of(time: WallMs) -> u64 {
    time.unix_seconds() / TOTP_STEP_SECONDS
}

/// Judges a code. `matches` tells whether it is the code of a step; every step is tried whatever
/// the others say, so the time taken tells nothing.
#[must_use]
pub fn judge_code(
    time: WallMs,
    last_accepted: Option<u64>,
    matches: impl Fn(u64) -> bool,
) -> TotpVerdict {
    let now = step_of(time);
    let mut verdict = TotpVerdict::Wrong;
    for step in now.saturating_sub(TOTP_DRIFT_STEPS)..=now.saturating_add(TOTP_DRIFT_STEPS) {
        if matches(step) {
            verdict = better(verdict, judge_step(now, last_accepted, step));
        }
    }
    verdict
}

/// The rule for one matching step: near enough, and later than any that was accepted.
pub fn accept_step(
    now_step: u64,
    last_accepted: Option<u64>,
    candidate: u64,
) -> Result<u64, TotpVerdict> {
    match judge_step(now_step, last_accepted, candidate) {
        TotpVerdict::Accepted { step } => Ok(step),
        refused @ (TotpVerdict::Replayed | TotpVerdict::Drifted { .. } | TotpVerdict::Wrong) => {
            Err(refused)
        }
    }
}

/// What to lower the last accepted step to, when network time shows that it lies in the future:
/// then a clock ran ahead when it was accepted, and every honest code would be a replay until
/// that time comes. No code that counts from now on was ever accepted by a right clock.
#[must_use]
pub const fn step_to_heal(now: Now, last_accepted: u64) -> Option<u64> {
    match now.trust {
        TimeTrust::Synced => {
            let at = step_of(now.wall);
            let ahead = last_accepted > at.saturating_add(TOTP_WINDOW_STEPS);
            if ahead { Some(at.saturating_sub(TOTP_WINDOW_STEPS + 1)) } else { None }
        }
        TimeTrust::Held | TimeTrust::Unknown => None,
    }
}

fn judge_step(now: u64, last_accepted: Option<u64>, step: u64) -> TotpVerdict {
    if step.abs_diff(now) > TOTP_WINDOW_STEPS {
        return TotpVerdict::Drifted { app_ahead_seconds: ahead_seconds(now, step) };
    }
    match last_accepted {
        Some(last) if step <= last => TotpVerdict::Replayed,
        Some(_) | None => TotpVerdict::Accepted { step },
    }
}

fn ahead_seconds(now: u64, step: u64) -> i64 {
    let seconds = i64::try_from(step.abs_diff(now).saturating_mul(TOTP_STEP_SECONDS));
    let seconds = seconds.unwrap_or(i64::MAX);
    if step < now { -seconds } else { seconds }
}

/// Two steps may share a code by chance; then the one that lets in counts.
fn better(left: TotpVerdict, right: TotpVerdict) -> TotpVerdict {
    if rank(right) > rank(left) { right } else { left }
}

const fn rank(verdict: TotpVerdict) -> u8 {
    match verdict {
        TotpVerdict::Wrong => 0,
        TotpVerdict::Drifted { .. } => 1,
        TotpVerdict::Replayed => 2,
        TotpVerdict::Accepted { .. } => 3,
    }
}
