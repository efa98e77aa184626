//! What an owner requires of whom: requirements with their grace, exemptions, groups, the board, the
//! log of decisions, and what a member is told of it.
//!
//! It decides nothing by itself: who is let in is decided at the door (`service/judge.rs`), and how
//! somebody stands by the same rules, whether it is shown or only tried.

pub mod asked;
pub mod audit;
pub mod board;
pub mod ease;
pub mod exemptions;
pub mod groups;
pub mod keep;
pub mod log;
pub mod preview;
pub mod reminders;
pub mod requirements;
pub mod standings;

use stead_rules::policy::{CannotExempt, CannotRequire, GroupIsRequired, Permit, RequirementId};
use stead_rules::signin::BadName;
use stead_rules::time::Now;
use stead_store::accounts::audit as rows;
use stead_store::accounts::requirements::About;
use stead_store::{Accounts, Failure, StoreError, WriteTx};

use super::core::CoreError;
use super::people::by;

/// Something of the policy was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// There is no such user, group, library, requirement or exemption.
    #[error("there is no such thing")]
    NotFound,
    /// It is not required.
    #[error(transparent)]
    Require(#[from] CannotRequire),
    /// Nobody is exempt.
    #[error(transparent)]
    Exempt(#[from] CannotExempt),
    /// The reason fills a page.
    #[error("the reason is too long")]
    ReasonTooLong,
    /// The requirement can be read, so it is switched off and not forgotten.
    #[error("a requirement that can be read is switched off")]
    Stands,
    /// Something is required of the group.
    #[error(transparent)]
    GroupIsRequired(#[from] GroupIsRequired),
    /// Another group has this name.
    #[error("another group has this name")]
    GroupNameTaken,
    /// There are as many groups as there may be.
    #[error("there are too many groups")]
    GroupsFull,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// They were reminded within a day.
    #[error("this person was reminded; in {seconds} seconds again")]
    RemindedAlready {
        /// When they may be reminded again.
        seconds: u64,
    },
    /// They have everything that is required.
    #[error("nothing is missing")]
    NothingAsked,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for PolicyError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for PolicyError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// An entry of the log about what an owner did.
fn note(
    tx: &WriteTx<'_, Accounts>,
    permit: &Permit,
    now: Now,
    kind: &str,
    mut detail: serde_json::Value,
) -> Result<(), StoreError> {
    if let Some(members) = detail.as_object_mut() {
        members.insert("by".to_owned(), by(permit).into());
    }
    rows::append(tx, now, kind, &detail.to_string())
}

/// What a requirement is about, for the log.
fn about_word(about: About) -> String {
    match about {
        About::Server => "server".to_owned(),
        About::Group(group) => format!("group {group}"),
        About::Library(library) => format!("library {library}"),
    }
}

/// A requirement's number as it is answered.
const fn number(requirement: RequirementId) -> i64 {
    requirement.0
}
