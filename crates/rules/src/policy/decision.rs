//! The answer to a question, and the permission that an answer may carry.

use super::act::{Action, Door, is_done_in_a_profile};
use super::actor::Role;
use super::question::{Actor, Question};
use super::require::RequirementId;
use crate::ids::{LibraryId, ProfileId, SessionId, TicketId, UserId};
use crate::signin::Assurance;

/// The answer to a [`Question`].
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow(Permit),
    /// Go on, and tell the user that this ends unless they enrol.
    AllowNotice {
        /// The permission.
        permit: Permit,
        /// Days of grace left, rounded up.
        days: u32,
        /// What asks for it.
        rule: Rule,
    },
    /// Show a factor again, which this user can.
    StepUp {
        /// The level to reach.
        level: Assurance,
        /// How long ago the factor may have been shown, where that matters.
        max_age_seconds: Option<u64>,
        /// What asks for it.
        rule: Rule,
    },
    /// Set up a factor first.
    Enrol {
        /// The level to reach.
        level: Assurance,
        /// What asks for it.
        rule: Rule,
    },
    /// No.
    Deny {
        /// Why.
        reason: Reason,
        /// What said so.
        rule: Rule,
    },
}

/// The permission to do one thing. Only a decision makes one, and it cannot be copied.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    holder: Holder,
    action: Action,
    door: Door,
    rule: Rule,
    closed: Vec<Closed>,
    eased: Vec<Eased>,
    profile: Option<ProfileId>,
}

/// A library that this permission is good for although what is required for it alone is not met: by
/// grace, or by an exemption. The log says so when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Eased {
    /// Which.
    pub library: LibraryId,
    /// By an exemption; else by grace.
    pub exempt: bool,
    /// What asks for it.
    pub requirement: RequirementId,
}

/// A library that this permission is not good for: something is required for it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[error("a second factor is required for this library")]
pub struct Closed {
    /// Which.
    pub library: LibraryId,
    /// What opens it.
    pub opens: Opens,
    /// What asks for it.
    pub rule: Rule,
}

/// What opens something that is closed. Later is less permissive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Opens {
    /// A factor that this user can show.
    StepUp {
        /// The level to reach.
        level: Assurance,
        /// How long ago the factor may have been shown, where that matters.
        max_age_seconds: Option<u64>,
    },
    /// A factor that this user has to set up.
    Enrol {
        /// The level to reach.
        level: Assurance,
    },
    /// Nothing here: what is required cannot be shown by this way in.
    AnotherWayIn,
}

/// A permission was shown for something that it is not for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a permission for {} was shown for {}", .held.word(), .asked.word())]
pub struct NotPermitted {
    held: Action,
    asked: Action,
}

/// Whose permission it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// Anybody.
    Anybody,
    /// The browser that claims the server.
    Claimant(TicketId),
    /// Anybody who plays without a sign-in on a server that was never claimed.
    Local,
    /// A user.
    User {
        /// Who.
        user: UserId,
        /// From which session.
        session: SessionId,
        /// What they are here.
        role: Role,
    },
}

/// Who sees the folders that are played without a sign-in: no person, and nobody can sign in as it.
pub const LOCAL_VIEWER: UserId = UserId::from_bytes(*b"stead-local-play");

/// Why something was denied. Each has one stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Reason {
    /// The server has no owner yet and serves set-up only.
    #[error("this server is not set up yet")]
    NotClaimed,
    /// There is nothing to claim.
    #[error("this server has an owner")]
    AlreadyClaimed,
    /// The browser does not hold the claim.
    #[error("this browser does not hold the claim")]
    ClaimNotYours,
    /// The server is locked or waits for a new owner.
    #[error("this server is locked")]
    Locked,
    /// The server is not locked.
    #[error("there is nothing to unlock")]
    NothingToUnlock,
    /// The owner is gone, and nobody administers.
    #[error("this server has lost its owner")]
    Orphaned,
    /// It has lost its owner, who said that nothing plays without them.
    #[error("this server has lost its owner, and nothing plays without them")]
    OrphanedClosed,
    /// It has lost its owner to their issuer, whose word brings them back and nothing else.
    #[error("the issuer refused the owner and has not let them in since")]
    OwnerRefused,
    /// Nothing of the kind is done at this door.
    #[error("this is not done here")]
    WrongDoor,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    NotSignedIn,
    /// The session is over: by age, by a new owner, by an alarm.
    #[error("the session is over")]
    SessionEnded,
    /// The user may not sign in.
    #[error("the account is switched off")]
    AccountDisabled,
    /// The user's role does not do this.
    #[error("this takes another role")]
    NotYourRole,
    /// The kind of client does not do this.
    #[error("this cannot be done with this kind of client")]
    NotThisClient,
    /// The session looks by a household profile, which does this never.
    #[error("this is not done by a household profile")]
    InProfile,
    /// The policy itself is broken; nobody gets in by that.
    #[error("the policy cannot be judged")]
    PolicyError,
}

/// What decided, for logs and boards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The state of the server.
    State,
    /// The door.
    Door,
    /// The session's age, generation, epoch or account.
    Session,
    /// What everybody may about themselves.
    Own,
    /// The role.
    Role,
    /// Everyday administration.
    Tend,
    /// Guarding administration.
    Guard,
    /// The system side's list of what is played without a sign-in.
    Local,
    /// Nothing is required.
    Default,
    /// A requirement that the owner set.
    Requirement(RequirementId),
    /// Somebody is exempt from a requirement.
    Exemption(RequirementId),
    /// What is required cannot be read.
    Unreadable,
}

impl Decision {
    /// The permission, if the answer carries one.
    #[must_use]
    pub fn permit(self) -> Option<Permit> {
        match self {
            Self::Allow(permit) | Self::AllowNotice { permit, .. } => Some(permit),
            Self::StepUp { .. } | Self::Enrol { .. } | Self::Deny { .. } => None,
        }
    }

    /// The same for a session that looks by a household profile: what is not done there is refused, and
    /// what is allowed is looked at by the profile's eyes.
    #[must_use]
    pub fn by_profile(self, action: Action, profile: ProfileId) -> Self {
        match self {
            Self::Allow(_)
            | Self::AllowNotice { .. }
            | Self::StepUp { .. }
            | Self::Enrol { .. }
                if !is_done_in_a_profile(action) =>
            {
                Self::Deny { reason: Reason::InProfile, rule: Rule::Own }
            }
            Self::Allow(permit) => Self::Allow(permit.by_profile(profile)),
            Self::AllowNotice { permit, days, rule } => {
                Self::AllowNotice { permit: permit.by_profile(profile), days, rule }
            }
            other @ (Self::StepUp { .. } | Self::Enrol { .. } | Self::Deny { .. }) => other,
        }
    }

    /// Whether the answer lets somebody in.
    #[must_use]
    pub const fn lets_in(&self) -> bool {
        match self {
            Self::Allow(_) | Self::AllowNotice { .. } => true,
            Self::StepUp { .. } | Self::Enrol { .. } | Self::Deny { .. } => false,
        }
    }
}

impl Permit {
    /// The only place where a permission comes from.
    pub(super) fn new(question: &Question<'_>, rule: Rule) -> Self {
        let holder = match question.actor {
            Actor::Stranger => Holder::Anybody,
            Actor::ClaimHolder(ticket) => Holder::Claimant(*ticket),
            Actor::Local => Holder::Local,
            Actor::Session(session) => {
                Holder::User { user: session.user, session: session.id, role: session.role }
            }
        };
        let (action, door) = (question.action, question.door);
        let (closed, eased) = Default::default();
        Self { holder, action, door, rule, closed, eased, profile: None }
    }

    /// The same, with the libraries that it is not good for.
    pub(super) fn closing(self, closed: Vec<Closed>, eased: Vec<Eased>) -> Self {
        Self { closed, eased, ..self }
    }

    /// By what this permission is good for a library whose requirement is not met.
    #[must_use]
    pub fn eased(&self, library: LibraryId) -> Option<Eased> {
        self.eased.iter().find(|eased| eased.library == library).copied()
    }

    fn by_profile(self, profile: ProfileId) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// Whether this permission is good for what lies in `library`, as far as requirements say. That
    /// its user sees the library at all is another question.
    ///
    /// # Errors
    /// [`Closed`], with what opens it.
    pub fn opens(&self, library: LibraryId) -> Result<(), Closed> {
        match self.closed.iter().find(|closed| closed.library == library) {
            Some(closed) => Err(*closed),
            None => Ok(()),
        }
    }

    /// The libraries that nothing may be told of but their names.
    #[must_use]
    pub fn closed(&self) -> &[Closed] {
        &self.closed
    }

    /// Whose permission this is.
    #[must_use]
    pub const fn holder(&self) -> Holder {
        self.holder
    }

    /// Whether this is the permission for `action`. Every use case asks this first, so that a
    /// route whose row names another action opens nothing.
    ///
    /// # Errors
    /// [`NotPermitted`] when it is for something else.
    pub fn permits(&self, action: Action) -> Result<(), NotPermitted> {
        if self.action == action {
            Ok(())
        } else {
            Err(NotPermitted { held: self.action, asked: action })
        }
    }

    /// The door that it was given at.
    #[must_use]
    pub const fn door(&self) -> Door {
        self.door
    }

    /// What granted it.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The user, if it is a user's.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match self.holder {
            Holder::User { user, .. } => Some(user),
            Holder::Anybody | Holder::Claimant(_) | Holder::Local => None,
        }
    }

    /// By whose eyes the library is looked at: the user's, those of the household profile that the
    /// session is in, or those of [`LOCAL_VIEWER`] for all who play without a sign-in.
    #[must_use]
    pub const fn viewer(&self) -> Option<UserId> {
        match (self.holder, self.profile) {
            (Holder::User { .. }, Some(profile)) => Some(UserId::from_bytes(*profile.as_bytes())),
            (Holder::User { user, .. }, None) => Some(user),
            (Holder::Local, _) => Some(LOCAL_VIEWER),
            (Holder::Anybody | Holder::Claimant(_), _) => None,
        }
    }

    /// The browser, if it is that of somebody who claims the server.
    #[must_use]
    pub const fn claimant(&self) -> Option<TicketId> {
        match self.holder {
            Holder::Claimant(browser) => Some(browser),
            Holder::Anybody | Holder::Local | Holder::User { .. } => None,
        }
    }

    /// The session, if it is a user's.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        match self.holder {
            Holder::User { session, .. } => Some(session),
            Holder::Anybody | Holder::Claimant(_) | Holder::Local => None,
        }
    }
}

impl Reason {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotClaimed => "not_claimed",
            Self::AlreadyClaimed => "already_claimed",
            Self::ClaimNotYours => "claim_not_yours",
            Self::Locked => "locked",
            Self::NothingToUnlock => "nothing_to_unlock",
            Self::Orphaned => "orphaned",
            Self::OrphanedClosed => "orphaned_closed",
            Self::OwnerRefused => "owner_refused",
            Self::WrongDoor => "wrong_door",
            Self::NotSignedIn => "not_signed_in",
            Self::SessionEnded => "session_ended",
            Self::AccountDisabled => "account_disabled",
            Self::NotYourRole => "not_your_role",
            Self::NotThisClient => "not_this_client",
            Self::InProfile => "in_profile",
            Self::PolicyError => "policy_error",
        }
    }
}

impl Rule {
    /// The stable word of this rule.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Door => "door",
            Self::Session => "session",
            Self::Own => "own",
            Self::Role => "role",
            Self::Tend => "tend",
            Self::Guard => "guard",
            Self::Local => "local",
            Self::Default => "default",
            Self::Requirement(_) => "requirement",
            Self::Exemption(_) => "exemption",
            Self::Unreadable => "unreadable",
        }
    }
}
