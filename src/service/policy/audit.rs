//! The log, read by those who tend the server and taken out by its owner.

use stead_rules::limits::AUDIT_PAGE_MAX;
use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_store::accounts::audit::{self as rows, Entry, Wanted};

use crate::service::core::{Core, CoreError, permitted};

/// A page of the log.
#[derive(Debug)]
pub struct Page {
    /// The newest first.
    pub entries: Vec<Entry>,
    /// Whether older ones follow.
    pub more: bool,
}

/// A page of the log. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn page(core: &Core, permit: &Permit, wanted: &Wanted, limit: u32) -> Result<Page, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    let limit = limit.clamp(1, AUDIT_PAGE_MAX);
    let mut entries =
        core.store()?.accounts.read(|tx| rows::page(tx, wanted, limit.saturating_add(1)))?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > most;
    entries.truncate(most);
    Ok(Page { entries, more })
}

/// What is wanted of the log after an entry, the oldest first: some of it at a time. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn export(
    core: &Core,
    permit: &Permit,
    wanted: &Wanted,
    after: i64,
) -> Result<Vec<Entry>, CoreError> {
    permitted(permit, Action::Guard(Guard::Export))?;
    Ok(core.store()?.accounts.read(|tx| rows::after(tx, wanted, after, AUDIT_PAGE_MAX))?)
}
