//! The words for disks that are attached to an appliance.

use axum::http::StatusCode;

use super::Problem;
use crate::host::helper::HelperError;
use crate::service::chain;
use crate::service::drives::DriveError;

impl From<DriveError> for Problem {
    fn from(error: DriveError) -> Self {
        match error {
            DriveError::NotHere => Self::new(
                StatusCode::CONFLICT,
                "disks_not_here",
                "This server does not look after disks; the system that it runs on does. Mount the \
                 disk there, and name its folder under media.roots.",
            ),
            DriveError::NotItsName => Self::invalid(
                "typed",
                "disk_name_wrong",
                "This is not the name of the disk. Type it as it is shown.",
            ),
            DriveError::Refused(why) => {
                let sentence = format!("Nothing was done: {why}.");
                Self::new(StatusCode::CONFLICT, "disk_refused", sentence)
            }
            DriveError::Failed(detail) => {
                tracing::warn!(detail, "a tool could not do what was asked of a disk");
                Self::new(
                    StatusCode::CONFLICT,
                    "disk_failed",
                    "The system could not do that with the disk. If something still plays from it, \
                     stop that first; else unplug the disk, plug it in again and look once more.",
                )
            }
            DriveError::Busy => {
                Self::busy("Something else is being done with a disk. Try again in a moment.", 10)
            }
            DriveError::Helper(error) => error.into(),
            DriveError::Core(error) => error.into(),
        }
    }
}

impl From<HelperError> for Problem {
    fn from(error: HelperError) -> Self {
        tracing::warn!(error = %chain(&error), "the helper does not answer");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "system_silent",
            "The system does not answer. Try again in a minute; if it stays so, restart the box.",
        )
        .retry_after(60)
    }
}
