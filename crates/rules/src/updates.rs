//! Updates that a box fetches: what their source may say of them, and what is done about them by itself.
//!
//! ```text
//! off: nothing      tell: look each day ─▶ tell the owner
//! itself, within hours and while nobody plays:
//!   look each day ─▶ fetch ─▶ install beside what runs ─▶ restart
//! ```

use crate::limits::{
    UPDATE_AGAIN_FIRST_SECONDS, UPDATE_AGAIN_LAST_SECONDS, UPDATE_FRUITLESS_TRIES_MAX,
    UPDATE_LOOK_SECONDS, UPDATE_MAX_BYTES, UPDATE_NOTES_MAX_CHARS, UPDATE_QUIET_SECONDS,
    UPDATE_VERSION_MAX_CHARS,
};
use crate::system::{check_bundle, is_newer};
use crate::time::{BootMs, Now, TimeTrust};

#[cfg(test)]
mod tests;

const HOUR_SECONDS: u64 = 3600;
const HOURS_OF_A_DAY: u8 = 24;

/// Which versions are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Channel {
    /// Those for everybody.
    #[default]
    Stable,
    /// Those that come earlier and are tested less.
    Beta,
}

impl Channel {
    /// The stable word, as stored, answered, and as a folder of the source is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Beta => "beta",
        }
    }

    /// The channel with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Stable, Self::Beta].into_iter().find(|channel| channel.word() == word)
    }
}

/// Hours of a day in UTC, from the first up to the last; over midnight where the last is the smaller one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from: u8,
    to: u8,
}

impl Hours {
    /// None where these are no hours, or none lies between them.
    #[must_use]
    pub fn new(from: u8, to: u8) -> Option<Self> {
        let fine = from < HOURS_OF_A_DAY && to < HOURS_OF_A_DAY && from != to;
        fine.then_some(Self { from, to })
    }

    /// The hour with which it begins.
    #[must_use]
    pub const fn from(self) -> u8 {
        self.from
    }

    /// The hour with which it is over.
    #[must_use]
    pub const fn to(self) -> u8 {
        self.to
    }

    fn hold(self, now: Now) -> bool {
        let hour = now.wall.unix_seconds() / HOUR_SECONDS % u64::from(HOURS_OF_A_DAY);
        let (from, to) = (u64::from(self.from), u64::from(self.to));
        if from < to { (from..to).contains(&hour) } else { hour >= from || hour < to }
    }
}

/// What is done by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum How {
    /// Nobody is asked.
    #[default]
    Off,
    /// The owner is told of a new version.
    Tell,
    /// It is fetched and installed, and the box restarts, within these hours.
    Within(Hours),
}

/// What the owner wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wish {
    /// Which versions.
    pub channel: Channel,
    /// What is done by itself.
    pub how: How,
}

/// What a source says of its newest version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its version.
    pub version: String,
    /// The name of its file, beside what says so.
    pub file: String,
    /// How large it is.
    pub size_bytes: u64,
    /// What its bytes come to, 64 hexadecimal digits.
    pub sha256: String,
    /// What is new in it, in the words of whoever made it.
    pub notes: String,
}

/// What is wrong with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOffer {
    /// The version is none.
    #[error("its version is none")]
    Version,
    /// The file is none in that folder.
    #[error("its file is none of that folder")]
    File,
    /// It is empty, or too large for an update.
    #[error("its size is none that an update has")]
    Size,
    /// The sum is no SHA-256.
    #[error("its sum is no SHA-256")]
    Sum,
    /// The notes are too long, or hold what is no text.
    #[error("its notes are too long or no text")]
    Notes,
}

impl Offer {
    /// Takes what a source says, if an update can be so.
    ///
    /// # Errors
    /// [`BadOffer`].
    pub fn check(self) -> Result<Self, BadOffer> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+~".contains(&byte);
        let version = &self.version;
        if !(1..=UPDATE_VERSION_MAX_CHARS).contains(&version.len()) || !version.bytes().all(plain) {
            return Err(BadOffer::Version);
        }
        check_bundle(&self.file).map_err(|_| BadOffer::File)?;
        if !(1..=UPDATE_MAX_BYTES).contains(&self.size_bytes) {
            return Err(BadOffer::Size);
        }
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if self.sha256.len() != 64 || !self.sha256.bytes().all(digit) {
            return Err(BadOffer::Sum);
        }
        let odd = |one: char| one.is_control() && one != '\n';
        if self.notes.chars().count() > UPDATE_NOTES_MAX_CHARS || self.notes.chars().any(odd) {
            return Err(BadOffer::Notes);
        }
        Ok(self)
    }
}

/// What an offer is to a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Newer than what runs.
    New,
    /// What runs, or older.
    Old,
    /// Newer, and it did not work before, or its owner went back from it: it is for the owner to take.
    Left,
}

/// What a version is to a box that runs another one and has left some.
#[must_use]
pub fn worth(offered: &str, running: &str, left: &[String]) -> Worth {
    if !is_newer(offered, running) {
        Worth::Old
    } else if left.iter().any(|left| left == offered) {
        Worth::Left
    } else {
        Worth::New
    }
}

/// Something that is tried again, later each time it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    last: Option<BootMs>,
    failed: u32,
}

impl Tries {
    /// It was tried and went well.
    #[must_use]
    pub const fn done(now: Now) -> Self {
        Self { last: Some(now.boot), failed: 0 }
    }

    /// It was tried and failed once more.
    #[must_use]
    pub const fn failed(self, now: Now) -> Self {
        Self { last: Some(now.boot), failed: self.failed.saturating_add(1) }
    }

    /// Whether it failed so often that nobody waits for it any longer.
    #[must_use]
    pub const fn are_many(self) -> bool {
        self.failed >= UPDATE_FRUITLESS_TRIES_MAX
    }

    /// Whether it is time again, where what went well rests for `rest_seconds`.
    #[must_use]
    pub fn is_due(self, rest_seconds: u64, now: Now) -> bool {
        let Some(last) = self.last else { return true };
        let doublings = self.failed.saturating_sub(1).min(u64::BITS - 1);
        let longer = UPDATE_AGAIN_FIRST_SECONDS.saturating_mul(1 << doublings);
        let rest =
            if self.failed == 0 { rest_seconds } else { longer.min(UPDATE_AGAIN_LAST_SECONDS) };
        now.boot.since_ms(last) >= rest.saturating_mul(1000)
    }
}

/// Who plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playing {
    /// Somebody, now.
    Now,
    /// Nobody; the last moment when somebody did, if there was one.
    Since(Option<BootMs>),
}

/// Why something waits that would be done by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// What time it is is not known.
    Time,
    /// It is none of the hours.
    Hours,
    /// Somebody plays, or did a moment ago.
    Playing,
    /// It failed, and is tried again later.
    Again,
}

/// Whether what is done by itself may begin or go on.
///
/// # Errors
/// [`Hold`].
pub fn may_go_on(hours: Hours, playing: Playing, now: Now) -> Result<(), Hold> {
    match now.trust {
        TimeTrust::Unknown => return Err(Hold::Time),
        TimeTrust::Held | TimeTrust::Synced => {}
    }
    if !hours.hold(now) {
        return Err(Hold::Hours);
    }
    match playing {
        Playing::Now => Err(Hold::Playing),
        // A player that has read ahead asks for nothing, and a film that is paused goes on.
        Playing::Since(Some(last)) if now.boot.since_ms(last) < UPDATE_QUIET_SECONDS * 1000 => {
            Err(Hold::Playing)
        }
        Playing::Since(_) => Ok(()),
    }
}

/// How things stand with an update that would be taken by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    None,
    /// The source has one.
    Offered {
        /// The owner knows.
        told: bool,
    },
    /// It was fetched.
    Fetched,
    /// It is installed, and begins with the next start.
    Installed,
}

/// What is done by itself now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Rest,
    /// Something would be done, but for this.
    Wait(Hold),
    /// The source is asked.
    Look,
    /// The owner is told.
    Tell,
    /// The update is fetched.
    Fetch,
    /// It is installed.
    Install,
    /// The box restarts.
    Restart,
}

/// What is done by itself now. `look` and `fetch` are how it went so far.
#[must_use]
pub fn next(
    how: How,
    standing: Standing,
    tries: (Tries, Tries),
    playing: Playing,
    now: Now,
) -> Step {
    let (look, fetch) = tries;
    let is_due = look.is_due(UPDATE_LOOK_SECONDS, now);
    match how {
        How::Off => Step::Rest,
        How::Tell => match (standing, now.trust) {
            (Standing::Offered { told: false }, _) => Step::Tell,
            (_, _) if !is_due => Step::Rest,
            // Without the time no certificate can be judged.
            (_, TimeTrust::Unknown) => Step::Wait(Hold::Time),
            (_, TimeTrust::Held | TimeTrust::Synced) => Step::Look,
        },
        How::Within(hours) => {
            let step = match standing {
                Standing::Installed => Step::Restart,
                Standing::Fetched => Step::Install,
                Standing::None | Standing::Offered { .. } if is_due => Step::Look,
                Standing::None => return Step::Rest,
                Standing::Offered { .. } if !fetch.is_due(0, now) => Step::Wait(Hold::Again),
                Standing::Offered { .. } => Step::Fetch,
            };
            may_go_on(hours, playing, now).map_or_else(Step::Wait, |()| step)
        }
    }
}
