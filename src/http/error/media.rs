//! The words for libraries, items and playing.

use axum::http::StatusCode;
use stead_rules::claim::State;
use stead_rules::playback::BadLink;
use stead_rules::policy::{Closed, Opens, Reason};

use super::Problem;
use crate::service::folders::FolderError;
use crate::service::items::ItemsError;
use crate::service::libraries::LibraryError;
use crate::service::playback::PlayError;

impl From<BadLink> for Problem {
    fn from(_: BadLink) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "link_expired",
            "This link has expired. Go back to the item and play it again.",
        )
    }
}

impl From<Closed> for Problem {
    fn from(closed: Closed) -> Self {
        match closed.opens {
            Opens::StepUp { level, max_age_seconds } => {
                Self::step_up(level.word(), max_age_seconds)
            }
            Opens::Enrol { level } => Self::enrol(level.word()),
            Opens::AnotherWayIn => Self::denied(Reason::NotThisClient, &State::Claimed),
        }
    }
}

impl From<PlayError> for Problem {
    fn from(error: PlayError) -> Self {
        match error {
            PlayError::NotFound => Self::not_found(),
            PlayError::Gone(_) => Self::new(
                StatusCode::CONFLICT,
                "file_gone",
                "The file is not there now. Check that its disk is plugged in and switched on.",
            ),
            PlayError::Unreadable(error) => {
                tracing::warn!(%error, "a media file cannot be read");
                Self::new(
                    StatusCode::CONFLICT,
                    "file_unreadable",
                    "The file cannot be read. Check its rights and its disk.",
                )
            }
            PlayError::Closed(closed) => closed.into(),
            PlayError::Core(error) => error.into(),
        }
    }
}

impl From<ItemsError> for Problem {
    fn from(error: ItemsError) -> Self {
        match error {
            ItemsError::NotFound => Self::not_found(),
            ItemsError::BadCursor => Self::new(
                StatusCode::BAD_REQUEST,
                "bad_cursor",
                "This page of the list does not exist. Begin at the first page.",
            ),
            ItemsError::Closed(closed) => closed.into(),
            ItemsError::Core(error) => error.into(),
        }
    }
}

impl From<FolderError> for Problem {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::NotAllowed => Self::invalid(
                "path",
                "path_not_allowed",
                "This folder lies outside of those that may be used, or is Stead's own. The \
                 system side allows folders under media.roots in the configuration.",
            ),
            FolderError::Missing => Self::invalid(
                "path",
                "path_missing",
                "There is no such folder now. Check that its disk is plugged in and switched on, \
                 then choose again.",
            ),
            FolderError::Core(error) => error.into(),
        }
    }
}

impl From<LibraryError> for Problem {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::NotFound => Self::not_found(),
            LibraryError::Name(name) => Self::name(name),
            LibraryError::Folder(error) => error.into(),
            LibraryError::InUse => Self::invalid(
                "path",
                "path_in_use",
                "A library has this folder already, or one within it or around it.",
            ),
            LibraryError::IsRequired => Self::new(
                StatusCode::CONFLICT,
                "library_required",
                "Something is required for this library. Its owner switches that off first, then it \
                 can be removed.",
            ),
            LibraryError::Indexer(_) => {
                Self::busy("Many libraries are being read at this moment. Try again soon.", 30)
            }
            LibraryError::Core(error) => error.into(),
        }
    }
}
