//! What must happen after a decision about the claim is committed, as data.

use std::net::IpAddr;

use super::event::{OwnerLoss, RecoveryWay};
use super::state::{Generation, LockReason, ProofKind, WizardStep};
use crate::ids::TicketId;

/// Something to do after the commit. The order in a list is the order to do it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Make a secret if there is none; keep the one there is.
    EnsureSecret,
    /// Replace the secret.
    RotateSecret,
    /// Delete the secret: nothing is to be claimed any more.
    ForgetSecret,
    /// Write `Setup Stead.html` with the present secret and addresses.
    WriteSetupPage,
    /// Remove `Setup Stead.html` and its copies.
    RemoveSetupPage,
    /// Write the marker with this generation and fsync it.
    RaiseMarker(Generation),
    /// Drop what a claim has gathered so far (name, password hash, factor, codes).
    EndPending(Ended),
    /// Tell a browser that another one continues.
    TellDisplaced {
        /// The browser that loses the claim.
        browser: TicketId,
        /// Where the claim goes on.
        by: IpAddr,
    },
    /// Forget the own code: it was a former owner's.
    ForgetOwnCode,
    /// Tell the network that this server has an owner.
    AnnounceClaimed,
    /// Look again at what goes on for sessions: some of them count no longer.
    RecheckSessions,
    /// Keep this in the log.
    Log(ClaimLog),
}

/// Why a pending claim ended without an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// No step came in time.
    TimedOut,
    /// The person gave it up.
    Denied,
    /// Another browser with a proof continues.
    TakenOver,
    /// A backup takes the place of what there is.
    Restored,
}

/// A line of the claim log. It never holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimLog {
    /// The server offers itself.
    Offered,
    /// The secret was replaced.
    SecretRotated,
    /// A claim began.
    Begun {
        /// With which proof.
        proof: ProofKind,
        /// From where.
        from: IpAddr,
    },
    /// A wrong proof.
    ProofWrong {
        /// Which form.
        proof: ProofKind,
        /// From where.
        from: IpAddr,
    },
    /// A peer that is not on the network of the box tried.
    OffLinkRefused {
        /// From where.
        from: IpAddr,
    },
    /// A second browser with a right proof came while the first was claiming.
    RaceLost {
        /// The second.
        from: IpAddr,
        /// The first.
        holder: IpAddr,
    },
    /// A second browser continues the claim.
    TakenOver {
        /// The first.
        from: IpAddr,
        /// The second.
        by: IpAddr,
    },
    /// A step of the wizard is done.
    StepDone(WizardStep),
    /// A claim ended without an owner.
    Ended(Ended),
    /// There is an owner.
    Claimed(Generation),
    /// The owner opened a locked or orphaned server again.
    Unlocked(Generation),
    /// A backup takes the place of what there is.
    BackupRestored(Generation),
    /// The owner is gone.
    Orphaned(OwnerLoss),
    /// Somebody with the box in hand opened the way to a new owner.
    RecoveryOpened(RecoveryWay),
    /// The marker was behind the database at start.
    MarkerRaised(Generation),
    /// The server came up locked.
    LockedAtStart(LockReason),
    /// The system side switched local security off.
    LocalSecurityOff,
}

impl ClaimLog {
    /// The stable word of this line.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Offered => "claim.offered",
            Self::SecretRotated => "claim.secret_rotated",
            Self::Begun { .. } => "claim.begun",
            Self::ProofWrong { .. } => "claim.proof_wrong",
            Self::OffLinkRefused { .. } => "claim.off_link",
            Self::RaceLost { .. } => "claim.race_lost",
            Self::TakenOver { .. } => "claim.taken_over",
            Self::StepDone(_) => "claim.step_done",
            Self::Ended(_) => "claim.ended",
            Self::Claimed(_) => "claim.claimed",
            Self::Unlocked(_) => "claim.unlocked",
            Self::BackupRestored(_) => "recovery.backup_restored",
            Self::Orphaned(_) => "claim.orphaned",
            Self::RecoveryOpened(_) => "recovery.opened",
            Self::MarkerRaised(_) => "claim.marker_raised",
            Self::LockedAtStart(_) => "claim.locked",
            Self::LocalSecurityOff => "claim.local_security_off",
        }
    }
}

impl Ended {
    /// The stable word of this end.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Denied => "denied",
            Self::TakenOver => "taken_over",
            Self::Restored => "restored",
        }
    }
}
