//! When somebody is reminded by themselves that grace ends.

use super::grace::Allowance;
use crate::time::Now;

const DAY_MS: u64 = 24 * 3600 * 1000;

/// The steps, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reminder {
    /// It was switched on.
    On,
    /// Half of the grace is used up.
    Half,
    /// A week is left.
    Week,
    /// Three days.
    ThreeDays,
    /// A day.
    Day,
    /// None.
    Over,
}

impl Reminder {
    const ALL: [Self; 6] =
        [Self::On, Self::Half, Self::Week, Self::ThreeDays, Self::Day, Self::Over];

    /// The stable word, as stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Half => "half",
            Self::Week => "week",
            Self::ThreeDays => "three_days",
            Self::Day => "day",
            Self::Over => "over",
        }
    }

    /// The one with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// So much is left of the grace when it comes, if it comes at all: of a week's grace it need not
    /// be told that a week is left.
    fn comes_at_ms(self, granted_ms: u64) -> Option<u64> {
        let at = match self {
            Self::On => return (granted_ms > 0).then_some(granted_ms),
            Self::Over => return Some(0),
            Self::Half => granted_ms / 2,
            Self::Week => 7 * DAY_MS,
            Self::ThreeDays => 3 * DAY_MS,
            Self::Day => DAY_MS,
        };
        (at < granted_ms).then_some(at)
    }
}

/// The step that is to be told now, if it was not told yet. A box that was off for a week tells the
/// last one alone.
#[must_use]
pub fn reminder_due(grace: Allowance, told: Option<Reminder>, now: Now) -> Option<Reminder> {
    let (left, granted) = (grace.left_ms(now), grace.granted_seconds.saturating_mul(1000));
    let steps =
        Reminder::ALL.into_iter().filter_map(|step| Some((step.comes_at_ms(granted)?, step)));
    let (at, step) = steps.filter(|(at, _)| left <= *at).min_by_key(|(at, _)| *at)?;
    let told = told.and_then(|told| told.comes_at_ms(granted));
    told.is_none_or(|told| at < told).then_some(step)
}
