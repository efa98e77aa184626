//! What a user's other sessions are told, so that nobody adds to an account in silence.

use crate::limits::RECOVERY_CODES_FEW;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A second factor was added.
    FactorAdded,
    /// A second factor was removed.
    FactorRemoved,
    /// A second factor was given another name.
    FactorRenamed,
    /// New recovery codes were made; older ones are void.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// Few recovery codes are left.
    RecoveryCodesFew,
    /// The password was changed.
    PasswordChanged,
    /// A device is not asked for the second factor for a while.
    DeviceRemembered,
    /// A device that was not asked for it is asked again.
    DeviceForgotten,
    /// Factors or password were reset by somebody else.
    Reset,
    /// A television or an app was let in.
    DeviceApproved,
    /// Somebody signed in in a browser that was not remembered.
    SignedIn,
    /// A passkey was shown whose counter went back: there may be two of it.
    PasskeyCopied,
    /// A lost device was told, and what hung on it is revoked.
    DeviceLost,
    /// Somebody said of a notice that it was not them.
    Disowned,
    /// The server made itself another certificate authority: whoever installed the old one must
    /// install this one.
    AuthorityMade,
    /// The owner reminds of a second factor that is required.
    SecondFactorAsked,
    /// Somebody who was invited has come.
    Joined,
    /// One administers now, or does no longer.
    RoleChanged,
    /// The owner signed everybody out and asked for new passwords.
    SecurityEvent,
    /// A backup was saved: whoever has it and its words has every password's hash.
    BackupMade,
    /// The server was restored from a backup: who was removed since may be there again.
    Restored,
    /// A profile's PIN was wrong too often: whoever is not its person may be trying.
    ProfileLocked,
    /// There is a newer version of the system.
    UpdateThere,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [Self; 24] = [
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::FactorRenamed,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::RecoveryCodesFew,
        Self::PasswordChanged,
        Self::DeviceRemembered,
        Self::DeviceForgotten,
        Self::Reset,
        Self::DeviceApproved,
        Self::SignedIn,
        Self::PasskeyCopied,
        Self::DeviceLost,
        Self::Disowned,
        Self::AuthorityMade,
        Self::SecondFactorAsked,
        Self::Joined,
        Self::RoleChanged,
        Self::SecurityEvent,
        Self::BackupMade,
        Self::Restored,
        Self::ProfileLocked,
        Self::UpdateThere,
    ];

    /// The stable word, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::FactorRenamed => "factor_renamed",
            Self::RecoveryCodesMade => "recovery_codes_made",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::RecoveryCodesFew => "recovery_codes_few",
            Self::PasswordChanged => "password_changed",
            Self::DeviceRemembered => "device_remembered",
            Self::DeviceForgotten => "device_forgotten",
            Self::Reset => "reset",
            Self::DeviceApproved => "device_approved",
            Self::SignedIn => "signed_in",
            Self::PasskeyCopied => "passkey_copied",
            Self::DeviceLost => "device_lost",
            Self::Disowned => "disowned",
            Self::AuthorityMade => "authority_made",
            Self::SecondFactorAsked => "second_factor_asked",
            Self::Joined => "joined",
            Self::RoleChanged => "role_changed",
            Self::SecurityEvent => "security_event",
            Self::BackupMade => "backup_made",
            Self::Restored => "restored",
            Self::ProfileLocked => "profile_locked",
            Self::UpdateThere => "update_there",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Whether a session is shown a notice: each sees it for itself, whoever else saw it before. Whoever
/// got into an account and says "seen" hides it in no browser but their own. `seen_here` says that
/// it was seen in this session, or in an earlier one of the same remembered browser.
#[must_use]
pub const fn notice_is_shown(seen_here: bool, began_before: bool, concerns_later: bool) -> bool {
    !seen_here && (began_before || concerns_later)
}

/// Whether sessions that begin later are told, too. Of a sign-in they are as long as what it opened
/// is there: who signed out again and comes back is not asked about themselves.
#[must_use]
pub const fn concerns_later_sessions(kind: NoticeKind, opened_is_there: bool) -> bool {
    match kind {
        NoticeKind::SignedIn => opened_is_there,
        NoticeKind::FactorAdded
        | NoticeKind::FactorRemoved
        | NoticeKind::FactorRenamed
        | NoticeKind::RecoveryCodesMade
        | NoticeKind::RecoveryCodeUsed
        | NoticeKind::RecoveryCodesFew
        | NoticeKind::PasswordChanged
        | NoticeKind::DeviceRemembered
        | NoticeKind::DeviceForgotten
        | NoticeKind::Reset
        | NoticeKind::DeviceApproved
        | NoticeKind::PasskeyCopied
        | NoticeKind::DeviceLost
        | NoticeKind::Disowned
        | NoticeKind::AuthorityMade
        | NoticeKind::SecondFactorAsked
        | NoticeKind::Joined
        | NoticeKind::RoleChanged
        | NoticeKind::SecurityEvent
        | NoticeKind::BackupMade
        | NoticeKind::Restored
        | NoticeKind::ProfileLocked
        | NoticeKind::UpdateThere => true,
    }
}

/// Whether it is time to make new recovery codes.
#[must_use]
pub const fn recovery_codes_are_few(left: u32) -> bool {
    left <= RECOVERY_CODES_FEW
}
