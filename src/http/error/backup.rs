//! The words for backups.

use axum::http::StatusCode;

use super::Problem;
use crate::service::backup::BackupError;

impl From<BackupError> for Problem {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Words(bad) => Self::password(bad).with("field", "words"),
            BackupError::WordsWrong => Self::invalid(
                "words",
                "backup_words_wrong",
                "These are not the words that lock this backup. Type those that were chosen when \
                 it was made.",
            ),
            BackupError::NotOurs => Self::invalid(
                "file",
                "backup_not_ours",
                "This is no backup of a Stead server, or it is damaged. Choose the file that was \
                 saved under Settings, Server.",
            ),
            BackupError::Newer => Self::invalid(
                "file",
                "backup_newer",
                "This backup was made by a newer version of Stead. Update this box first, then \
                 restore it.",
            ),
            BackupError::NoOwner => Self::invalid(
                "file",
                "backup_without_owner",
                "There is no owner in this backup who could open the server. Choose another one.",
            ),
            BackupError::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "backup_too_large",
                "This file is larger than any backup that can be restored here.",
            ),
            BackupError::OwnerElsewhere { issuer } => Self::new(
                StatusCode::CONFLICT,
                "backup_owner_elsewhere",
                format!(
                    "The owner in this backup signs in at {issuer}. Name it under [issuer] in this \
                     server's configuration, restart it, and come back here."
                ),
            ),
            BackupError::NoneSent => Self::new(
                StatusCode::CONFLICT,
                "no_backup_sent",
                "No backup was sent yet. Choose the file first.",
            ),
            BackupError::Core(error) => error.into(),
            BackupError::Io(_) | BackupError::Copy(_) | BackupError::Authority(_) => {
                Self::internal(&error)
            }
        }
    }
}
