//! What an owner requires, and how one requirement is judged by itself.

use super::decision::Rule;
use super::question::{Question, Session};
use crate::ids::LibraryId;
use crate::signin::Assurance;

/// The number of a requirement's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId(pub i64);

/// One requirement, with what this user has of grace and exemption from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Its row.
    pub id: RequirementId,
    /// What it covers.
    pub scope: Scope,
    /// The level it asks for.
    pub level: Assurance,
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
    Notice { days: std::cmp::Reverse<u32>, id: RequirementId },
    StepUp { level: Assurance, id: RequirementId },
    Enrol { level: Assurance, id: RequirementId },
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
    pub(super) fn judge(&self, session: &Session) -> Verdict {
        let Self { id, level, .. } = *self;
        let exempt = self.exempt && !session.role.is_privileged();
        if session.methods.assurance() >= level || exempt {
            return Verdict::Satisfied;
        }
        if session.reach >= level {
            return Verdict::StepUp { level, id };
        }
        match self.grace {
            Grace::Days(days) if days > 0 => Verdict::Notice { days: std::cmp::Reverse(days), id },
            Grace::Days(_) | Grace::Over => Verdict::Enrol { level, id },
        }
    }

    /// The rule that a verdict of this requirement names.
    pub(super) const fn rule(id: RequirementId) -> Rule {
        Rule::Requirement(id)
    }
}
