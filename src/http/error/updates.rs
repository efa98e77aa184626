//! The words for updates of an appliance.

use axum::http::StatusCode;

use super::Problem;
use crate::service::chain;
use crate::service::updates::UpdateError;

impl From<UpdateError> for Problem {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::NotHere => Self::new(
                StatusCode::CONFLICT,
                "updates_not_here",
                "This server is not updated from here; the system that it runs on does that.",
            ),
            UpdateError::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "update_too_large",
                "This file is too large for an update. Choose the one whose name ends in .raucb.",
            ),
            UpdateError::NoneSent => Self::new(
                StatusCode::CONFLICT,
                "update_none_sent",
                "There is no update to install. Choose its file first.",
            ),
            UpdateError::NoSource => Self::new(
                StatusCode::CONFLICT,
                "update_no_source",
                "The configuration of this server names no source of updates. Use a file or a disk.",
            ),
            UpdateError::NotOffered => Self::new(
                StatusCode::CONFLICT,
                "update_not_offered",
                "The source offers no newer version. Have it asked again.",
            ),
            UpdateError::NotOnDisk => Self::new(
                StatusCode::CONFLICT,
                "update_not_on_disk",
                "This file is not on a disk any more. Look again which ones there are.",
            ),
            UpdateError::DiskSilent => Self::new(
                StatusCode::CONFLICT,
                "update_disk_silent",
                "The disk could not be read. Take it out, plug it in again, and try once more.",
            ),
            UpdateError::Busy => {
                Self::busy("An update is under way. Wait until it is installed.", 60)
            }
            UpdateError::Refused(why) => {
                let sentence = format!("Nothing was installed: {why}.");
                Self::new(StatusCode::CONFLICT, "update_refused", sentence)
            }
            UpdateError::Failed(detail) => not_done(&detail),
            UpdateError::Io(error) => not_done(&chain(&error).to_string()),
            UpdateError::Helper(error) => error.into(),
            UpdateError::Core(error) => error.into(),
        }
    }
}

fn not_done(why: &str) -> Problem {
    tracing::warn!(why, "what an update asks could not be done");
    Problem::new(
        StatusCode::CONFLICT,
        "update_failed",
        "The system could not do that. What runs now is not changed; restart the box and try again.",
    )
}
