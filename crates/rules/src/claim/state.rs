//! The states of a server and what each of them serves.

use std::net::IpAddr;

use crate::ids::TicketId;
use crate::time::{BootMs, Now};

/// How often this server was claimed. It never decreases, in the database nor in the marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u64);

/// Where a server stands between the factory and its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Neither marker nor database: the offer is not made yet. Left at start, never re-entered.
    Factory,
    /// Never claimed and older than the rule that a server must be claimed: works as before.
    Legacy,
    /// A secret exists and the set-up page is written; nothing but set-up is served.
    Offered,
    /// A browser has shown a proof of possession and makes the owner.
    Pending(Pending),
    /// An owner exists.
    Claimed,
    /// The owner is gone: they signed the server out, or their issuer refuses them. Known users go
    /// on playing, and nobody administers.
    Orphaned,
    /// A new owner may be made with a new secret.
    Recovery,
    /// What is on disk is less than what the marker promises.
    Locked(LockReason),
}

/// A claim under way, bound to one browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// The browser that showed the proof.
    pub holder: TicketId,
    /// With which proof.
    pub proof: ProofKind,
    /// From where, to tell a second claimant.
    pub from: IpAddr,
    /// When the proof was accepted.
    pub since: BootMs,
    /// From this moment on the claim is over, unless a step restarts it.
    pub deadline: BootMs,
    /// What the holder is asked next.
    pub wizard: WizardStep,
    /// The browser this claim was taken over from, so that it can be told.
    pub displaced: Option<TicketId>,
    /// Where a time-out or a denial leads.
    pub resumes: Before,
}

/// How possession of the box was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProofKind {
    /// The secret link of the set-up page.
    Link,
    /// The code on the console.
    Code,
    /// A code of the owner's own, which was put on the medium that the box starts from.
    Own,
    /// The plug, pulled as often as one phone was told.
    Plug,
}

/// The steps of the wizard, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WizardStep {
    /// Name and password of the owner.
    Owner,
    /// The authenticator app's first code.
    Totp,
    /// Recovery codes are saved and one is shown again.
    Codes,
    /// All is known; the owner is being written.
    Finish,
}

/// The state a pending claim falls back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Before {
    /// It served as before all the while.
    Legacy,
    /// It served set-up only.
    Offered,
    /// It waited for a new owner.
    Recovery,
}

/// Why a server does not serve, although it was claimed or may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockReason {
    /// The whole data folder is missing, and another one in memory stands for it: whatever was
    /// claimed, made or put back there would be gone at the next start.
    DataMissing,
    /// The marker says claimed, and there is no database.
    DatabaseMissing,
    /// There is a database that cannot be read.
    DatabaseUnreadable,
    /// The database was never claimed although this server was: another one was put in place.
    DatabaseReplaced,
    /// The database is from before the last claim.
    OlderGeneration,
    /// The database is of the same owner, and an older copy: from before the server was last
    /// started, cleanly stopped, or a day older.
    OlderCopy,
    /// The database is a backup that somebody with the box in hand has put back: its owner has not
    /// yet said that it is theirs.
    Restored,
    /// The marker cannot be read, so nobody can tell whether the database is the last one.
    MarkerUnreadable,
}

/// What a state gives away at all; policy narrows it further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Serves {
    /// The set-up pages and the claim, nothing else.
    SetUpOnly,
    /// Everything, by policy.
    Everything,
    /// Playback for known users, no administration.
    PlaybackOnly,
    /// The pages of a recovery, nothing else.
    RecoveryOnly,
    /// A page that explains, and the owner's sign-in while the database can be read.
    Explanation,
}

impl State {
    /// What this state serves.
    #[must_use]
    pub const fn serves(&self) -> Serves {
        match self {
            Self::Factory | Self::Offered => Serves::SetUpOnly,
            Self::Legacy | Self::Claimed => Serves::Everything,
            Self::Pending(pending) => pending.resumes.serves(),
            Self::Orphaned => Serves::PlaybackOnly,
            Self::Recovery => Serves::RecoveryOnly,
            Self::Locked(_) => Serves::Explanation,
        }
    }

    /// Whether an owner was ever made. Once true, it stays true in every state that follows.
    #[must_use]
    pub const fn was_claimed(&self) -> bool {
        match self {
            Self::Factory | Self::Legacy | Self::Offered => false,
            Self::Pending(pending) => matches!(pending.resumes, Before::Recovery),
            Self::Claimed | Self::Orphaned | Self::Recovery | Self::Locked(_) => true,
        }
    }

    /// The word of this state in answers and logs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Factory => "factory",
            Self::Legacy => "legacy",
            Self::Offered => "offered",
            Self::Pending(_) => "pending",
            Self::Claimed => "claimed",
            Self::Orphaned => "orphaned",
            Self::Recovery => "recovery",
            Self::Locked(_) => "locked",
        }
    }
}

impl Pending {
    /// Whether this claim is over at `now`.
    #[must_use]
    pub fn is_over(&self, now: Now) -> bool {
        now.boot >= self.deadline
    }

    /// Whether another browser with a proof may continue: until the owner is being written.
    #[must_use]
    pub const fn can_be_taken_over(&self) -> bool {
        match self.wizard {
            WizardStep::Owner | WizardStep::Totp | WizardStep::Codes => true,
            WizardStep::Finish => false,
        }
    }

    /// How long the holder may still wait, in milliseconds.
    #[must_use]
    pub const fn left_ms(&self, now: Now) -> u64 {
        self.deadline.since_ms(now.boot)
    }
}

impl Before {
    /// The state itself.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Legacy => State::Legacy,
            Self::Offered => State::Offered,
            Self::Recovery => State::Recovery,
        }
    }

    const fn serves(self) -> Serves {
        match self {
            Self::Legacy => Serves::Everything,
            Self::Offered => Serves::SetUpOnly,
            Self::Recovery => Serves::RecoveryOnly,
        }
    }
}

impl Serves {
    /// Whether library data may leave the box at all.
    #[must_use]
    pub const fn library(self) -> bool {
        match self {
            Self::Everything | Self::PlaybackOnly => true,
            Self::SetUpOnly | Self::RecoveryOnly | Self::Explanation => false,
        }
    }
}

impl WizardStep {
    /// The step after this one; the last step has none.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Owner => Some(Self::Totp),
            Self::Totp => Some(Self::Codes),
            Self::Codes => Some(Self::Finish),
            Self::Finish => None,
        }
    }

    /// The word of this step in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Totp => "totp",
            Self::Codes => "codes",
            Self::Finish => "finish",
        }
    }
}

impl ProofKind {
    /// The word of this proof in answers and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Code => "code",
            Self::Own => "own",
            Self::Plug => "plug",
        }
    }
}

impl LockReason {
    /// The stable word of this reason in answers and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DataMissing => "data_missing",
            Self::DatabaseMissing => "database_missing",
            Self::DatabaseUnreadable => "database_unreadable",
            Self::DatabaseReplaced => "database_replaced",
            Self::OlderGeneration => "older_generation",
            Self::OlderCopy => "older_copy",
            Self::Restored => "restored",
            Self::MarkerUnreadable => "marker_unreadable",
        }
    }

    /// Whether somebody with the box in hand may make a new owner of it: not where nothing is kept.
    #[must_use]
    pub const fn may_be_recovered(self) -> bool {
        match self {
            Self::DataMissing => false,
            Self::DatabaseMissing
            | Self::DatabaseUnreadable
            | Self::DatabaseReplaced
            | Self::OlderGeneration
            | Self::OlderCopy
            | Self::Restored
            | Self::MarkerUnreadable => true,
        }
    }

    /// Whether an owner might still sign in: the database can be read and may hold one.
    #[must_use]
    pub const fn owner_may_sign_in(self) -> bool {
        match self {
            Self::OlderGeneration | Self::OlderCopy | Self::Restored | Self::MarkerUnreadable => {
                true
            }
            Self::DataMissing
            | Self::DatabaseMissing
            | Self::DatabaseUnreadable
            | Self::DatabaseReplaced => false,
        }
    }
}
