//! What can happen to a claim, and why it may be refused.

use std::net::IpAddr;

use super::state::{Generation, LockReason, ProofKind, WizardStep};
use crate::ids::TicketId;

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The address of the other end.
    pub address: IpAddr,
    /// Whether it shares a network with the box.
    pub link: Link,
}

impl Peer {
    /// Whether it is the box itself. Nobody is who came by a proxy: that is never on the link.
    #[must_use]
    pub fn is_the_box(self) -> bool {
        self.link == Link::OnLink && self.address.to_canonical().is_loopback()
    }
}

/// Whether a peer shares a prefix with a local interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// It does.
    OnLink,
    /// It came through a router.
    OffLink,
}

/// How a server lost its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerLoss {
    /// They signed the server out.
    SignedOut,
    /// Their issuer refused them in so many words while they signed in. A time-out, an error of
    /// the issuer or an expired token is no refusal.
    IssuerRefused,
}

/// How somebody showed that they have the box in hand, to make a new owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecoveryWay {
    /// As root.
    Root,
    /// The button, held for long.
    Button,
    /// Their own code, on a medium put into the box.
    OwnCode,
    /// The plug pattern.
    Plug {
        /// How long the server has waited since, in seconds of uptime.
        waited_seconds: u64,
    },
}

/// What happens to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A secret exists and the set-up page was written.
    OfferMade,
    /// Names or addresses changed, so the set-up page is out of date.
    AddressesChanged,
    /// Somebody on the system side asks for a new secret.
    RotateAsked,
    /// The secret is old.
    SecretAged,
    /// A browser showed a right proof of possession.
    ProofAccepted {
        /// Which proof.
        kind: ProofKind,
        /// The ticket made for this browser, or the one it already holds.
        browser: TicketId,
        /// Its person chose "continue here".
        take_over: bool,
        /// Where it is.
        peer: Peer,
    },
    /// A browser showed a wrong proof.
    ProofRejected {
        /// Which proof.
        kind: ProofKind,
        /// Where it is.
        peer: Peer,
    },
    /// A browser asked for what a step needs, which takes its time: a code that is approved
    /// elsewhere.
    StepBegun {
        /// Which browser.
        browser: TicketId,
    },
    /// A browser finished a step of the wizard.
    StepDone {
        /// Which browser.
        browser: TicketId,
        /// Which step.
        step: WizardStep,
    },
    /// The owner, the factor, the recovery codes and the generation are in the transaction that
    /// is about to be committed. Stepped inside it: a reject rolls it back.
    OwnerWritten {
        /// Which browser.
        browser: TicketId,
        /// The generation this claim makes.
        generation: Generation,
    },
    /// A backup lies ready to take the place of the accounts at the next start, which nothing can
    /// keep from it any more.
    BackupRestored {
        /// Which browser.
        browser: TicketId,
        /// The higher of the marker's and the backup's.
        generation: Generation,
    },
    /// The person at a browser gives the claim up.
    Denied {
        /// Which browser.
        browser: TicketId,
    },
    /// The owner signed in and stepped up on a locked or orphaned server; `generation` is in the
    /// transaction that is about to be committed.
    OwnerSteppedUp {
        /// One more than both the marker's and the database's.
        generation: Generation,
    },
    /// The owner came back with a recovery code and the box in hand; `generation` is in the transaction
    /// that is about to be committed, if a recovery ends by it.
    OwnerCameBack {
        /// One more than both the marker's and the database's.
        generation: Generation,
    },
    /// The owner is gone; that they are is in the transaction that is about to be committed.
    OwnerLost {
        /// How.
        why: OwnerLoss,
    },
    /// Somebody with the box in hand wants to make a new owner; `generation` is what the accounts
    /// that wait for one are of.
    RecoveryOpened {
        /// How they showed that.
        by: RecoveryWay,
        /// The higher of the marker's and the database's.
        generation: Generation,
    },
    /// Time went by.
    Tick,
}

/// Why an event was refused. Each has one stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    /// No offer is made in this state.
    #[error("this server does not offer itself to be claimed now")]
    NotOffered,
    /// The peer is not on a network of the box.
    #[error("a claim begins on the network of the box")]
    OffLink,
    /// The proof is wrong.
    #[error("the proof of possession is wrong")]
    ProofWrong,
    /// Another browser is claiming.
    #[error("another browser is claiming this server")]
    InProgress {
        /// Whether "continue here" is offered: until the owner is written.
        can_take_over: bool,
        /// Where the other browser is.
        from: IpAddr,
        /// How long ago it began.
        begun_seconds_ago: u64,
    },
    /// The browser does not hold the claim, or holds it no longer.
    #[error("this browser does not hold the claim")]
    NotYours {
        /// It did, until another one with the proof continued.
        taken_over: bool,
    },
    /// An earlier step is missing.
    #[error("the wizard is at another step")]
    WrongStep {
        /// What is asked now.
        at: WizardStep,
    },
    /// There is an owner.
    #[error("this server is claimed")]
    AlreadyClaimed,
    /// The server is locked.
    #[error("this server is locked")]
    Locked(LockReason),
    /// Nothing is locked or orphaned that the owner could open again.
    #[error("there is nothing to unlock")]
    NothingToUnlock,
    /// The state does not know this event.
    #[error("this cannot happen in the present state")]
    NotNow,
}

impl OwnerLoss {
    /// The stable word of this loss in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::IssuerRefused => "issuer_refused",
        }
    }
}

impl RecoveryWay {
    /// The stable word of this way in logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Button => "button",
            Self::OwnCode => "own_code",
            Self::Plug { .. } => "plug",
        }
    }
}

impl Event {
    /// The proof that was shown, right or wrong, and from where.
    #[must_use]
    pub const fn proof(&self) -> Option<(ProofKind, Peer)> {
        match *self {
            Self::ProofAccepted { kind, peer, .. } | Self::ProofRejected { kind, peer } => {
                Some((kind, peer))
            }
            Self::OfferMade
            | Self::AddressesChanged
            | Self::RotateAsked
            | Self::SecretAged
            | Self::StepBegun { .. }
            | Self::StepDone { .. }
            | Self::OwnerWritten { .. }
            | Self::BackupRestored { .. }
            | Self::Denied { .. }
            | Self::OwnerSteppedUp { .. }
            | Self::OwnerCameBack { .. }
            | Self::OwnerLost { .. }
            | Self::RecoveryOpened { .. }
            | Self::Tick => None,
        }
    }
}

impl Reject {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::OffLink => "off_link",
            Self::ProofWrong => "claim_proof_wrong",
            Self::InProgress { .. } => "claim_in_progress",
            Self::NotYours { .. } => "claim_not_yours",
            Self::WrongStep { .. } => "claim_wrong_step",
            Self::AlreadyClaimed => "already_claimed",
            Self::Locked(_) => "locked",
            Self::NothingToUnlock => "nothing_to_unlock",
            Self::NotNow => "not_now",
        }
    }
}
