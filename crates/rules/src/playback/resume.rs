//! Where to go on, and when something counts as watched.

use crate::limits::{RESUME_FROM_PERCENT, RESUME_MIN_MS, RESUME_TO_PERCENT};

/// What a player says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Heard {
    /// It plays, and is here.
    Plays(u64),
    /// It pauses or stops here.
    At(u64),
    /// It reached the end.
    Ended,
}

/// What is kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resume {
    /// Where to go on; zero is the beginning.
    pub position_ms: u64,
    /// Whether it was seen to the end, now or before.
    pub watched: bool,
}

/// What is kept after a player said `heard` of something that lasts `duration_ms`. Something short
/// always begins anew; somebody who stops in the first minutes has not begun, and somebody who
/// leaves at the credits is done.
#[must_use]
pub fn resume(heard: Heard, duration_ms: Option<u64>, was_watched: bool) -> Resume {
    let begin_anew = |watched| Resume { position_ms: 0, watched };
    let position_ms = match heard {
        Heard::Ended => return begin_anew(true),
        Heard::Plays(position_ms) | Heard::At(position_ms) => position_ms,
    };
    let Some(duration_ms) = duration_ms.filter(|duration| *duration > 0) else {
        return Resume { position_ms, watched: was_watched };
    };
    let percent = position_ms.saturating_mul(100) / duration_ms;
    if percent >= RESUME_TO_PERCENT {
        begin_anew(true)
    } else if percent < RESUME_FROM_PERCENT || duration_ms < RESUME_MIN_MS {
        begin_anew(was_watched)
    } else {
        Resume { position_ms, watched: was_watched }
    }
}
