//! How a user stands with what is required: the rows of the board, and whom a switch would affect.

use super::actor::Role;
use super::require::{Grace, Requirement};
use crate::signin::Assurance;

/// What the board knows of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// What they are here.
    pub role: Role,
    /// The best that their factors could reach.
    pub reach: Assurance,
    /// Whether they were ever here.
    pub has_come: bool,
}

/// How somebody stands with everything that is required of them. Later is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Their factors do for it, or nothing is required.
    Fine,
    /// They need none, by an exemption.
    Exempt,
    /// So many days are left.
    Grace(std::cmp::Reverse<u32>),
    /// They were never here, and must enrol when they come.
    NeverCame,
    /// Nothing is left: they can enrol, and do nothing else.
    Blocked,
}

impl Person {
    /// How this person stands with these, which concern them.
    #[must_use]
    pub fn standing(self, required: &[Requirement]) -> Standing {
        self.bound_by(required).map_or(Standing::Fine, |(standing, _)| standing)
    }

    /// Which of these, which concern this person, binds them, and how they stand with it: the one that is
    /// worst for them, and of such the one that asks for more.
    #[must_use]
    pub fn bound_by(self, required: &[Requirement]) -> Option<(Standing, Requirement)> {
        let each = required.iter().map(|row| (self.with_one(row), *row));
        each.max_by_key(|(standing, row)| (*standing, row.level))
    }

    fn with_one(self, row: &Requirement) -> Standing {
        if self.reach >= row.level {
            return Standing::Fine;
        }
        if row.exempt && !self.role.is_privileged() {
            return Standing::Exempt;
        }
        match row.grace {
            Grace::Days(days) if days > 0 => Standing::Grace(std::cmp::Reverse(days)),
            Grace::Days(_) | Grace::Over if self.has_come => Standing::Blocked,
            Grace::Days(_) | Grace::Over => Standing::NeverCame,
        }
    }
}

impl Standing {
    /// Days of grace, where some are left.
    #[must_use]
    pub const fn days_left(self) -> Option<u32> {
        match self {
            Self::Grace(days) => Some(days.0),
            Self::Fine | Self::Exempt | Self::NeverCame | Self::Blocked => None,
        }
    }

    /// The stable word, as answered and exported.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Exempt => "exempt",
            Self::Grace(_) => "grace",
            Self::NeverCame => "never_signed_in",
            Self::Blocked => "blocked",
        }
    }
}
