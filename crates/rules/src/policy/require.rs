//! What an owner requires, and how one requirement is judged by itself.

use std::cmp::Reverse;

use super::decision::Rule;
use super::question::{Question, Session};
use crate::ids::LibraryId;
use crate::signin::{Assurance, Methods};
use crate::time::Now;

/// The number of a requirement's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId(pub i64);

/// What the owner requires, as far as it can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required<'a> {
    /// These rows, of this user and of the libraries asked for; the rest is passed over.
    Rows(&'a [Requirement]),
    /// A row that means nothing: nobody gets in by that, and the owner can repair it.
    Unreadable,
}

/// One requirement, with what this user has of grace and exemption from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Its row.
    pub id: RequirementId,
    /// What it covers.
    pub scope: Scope,
    /// The level it asks for.
    pub level: Assurance,
    /// How long ago the second factor may have been shown, if the owner set a limit. A remembered
    /// device shows none, so it is worth nothing then.
    pub max_age_seconds: Option<u64>,
    /// Whether a live exemption names this user.
    pub exempt: bool,
    /// What is left of this user's grace.
    pub grace: Grace,
}

/// What a requirement covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything that is shared.
    Server,
    /// A group that this user is in.
    Group,
    /// One library.
    Library(LibraryId),
}

/// What is left of a user's grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grace {
    /// Nothing, or there never was any.
    Over,
    /// So many days, rounded up.
    Days(u32),
}

/// What one requirement says. Later is less permissive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    Satisfied,
    Exempt { id: RequirementId },
    Notice { days: Reverse<u32>, id: RequirementId },
    StepUp { level: Assurance, max_age: Reverse<MaxAge>, id: RequirementId },
    Enrol { level: Assurance, id: RequirementId },
}

/// The longest age; none at all is longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MaxAge {
    Seconds(u64),
    Any,
}

impl MaxAge {
    pub(super) const fn seconds(self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Any => None,
        }
    }
}

impl Requirement {
    /// Whether it concerns this question.
    pub(super) fn concerns(&self, question: &Question<'_>) -> bool {
        match self.scope {
            Scope::Server | Scope::Group => true,
            Scope::Library(library) => question.libraries.contains(&library),
        }
    }

    /// Judges this requirement alone. Grace never helps somebody who could step up.
    pub(super) fn judge(&self, session: &Session, now: Now) -> Verdict {
        let Self { id, level, .. } = *self;
        if self.is_met(session, now) {
            return Verdict::Satisfied;
        }
        if self.exempt && !session.role.is_privileged() {
            return Verdict::Exempt { id };
        }
        if session.reach >= level {
            let max_age = Reverse(self.max_age_seconds.map_or(MaxAge::Any, MaxAge::Seconds));
            return Verdict::StepUp { level, max_age, id };
        }
        match self.grace {
            Grace::Days(days) if days > 0 => Verdict::Notice { days: Reverse(days), id },
            Grace::Days(_) | Grace::Over => Verdict::Enrol { level, id },
        }
    }

    fn is_met(&self, session: &Session, now: Now) -> bool {
        let Some(seconds) = self.max_age_seconds else {
            return kept(session, Methods::assurance) >= self.level;
        };
        let shown = kept(session, Methods::assurance_shown_now) >= self.level;
        shown && session.auth.elapsed(now).surely_within(seconds)
    }

    /// The rule that a verdict of this requirement names.
    pub(super) const fn rule(id: RequirementId) -> Rule {
        Rule::Requirement(id)
    }
}

/// What a session is worth as far as its person still keeps what was shown in it: a factor that is gone,
/// or a code that stood in once for one that was never set up, speaks for nobody later. An issuer keeps
/// its people's factors itself.
fn kept(session: &Session, worth: impl Fn(Methods) -> Assurance) -> Assurance {
    let own = worth(session.methods).min(session.reach.max(Assurance::Password));
    own.max(worth(session.methods.of_an_issuer()))
}

/// What one requirement asks of a session. Later is less permissive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asks {
    /// Nothing: an exemption names this user.
    Exempt,
    /// Nothing yet, for so many days.
    Notice {
        /// Days of grace, rounded up.
        days: Reverse<u32>,
    },
    /// To show a factor that this user has.
    StepUp,
    /// To set one up.
    Enrol,
}

impl Asks {
    /// Days of grace, where some are left.
    #[must_use]
    pub const fn days_left(self) -> Option<u32> {
        match self {
            Self::Notice { days } => Some(days.0),
            Self::Exempt | Self::StepUp | Self::Enrol => None,
        }
    }

    /// The stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exempt => "exempt",
            Self::Notice { .. } => "notice",
            Self::StepUp => "step_up",
            Self::Enrol => "enrol",
        }
    }
}

/// What one requirement asks of a session; none if it is met. It is what the door would say.
#[must_use]
pub fn asks_of(requirement: &Requirement, session: &Session, now: Now) -> Option<Asks> {
    match requirement.judge(session, now) {
        Verdict::Satisfied => None,
        Verdict::Exempt { .. } => Some(Asks::Exempt),
        Verdict::Notice { days, .. } => Some(Asks::Notice { days }),
        Verdict::StepUp { .. } => Some(Asks::StepUp),
        Verdict::Enrol { .. } => Some(Asks::Enrol),
    }
}
