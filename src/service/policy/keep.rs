//! Keeps what is used up of grace and exemptions: once an hour, at the clean stop, and of whoever is
//! here once a minute, so that pulling the plug wins nobody more than that.

use stead_rules::ids::UserId;
use stead_rules::time::Now;
use stead_store::accounts::{exemptions, grace};
use stead_store::{Accounts, StoreError, WriteTx};

use crate::service::core::{Core, CoreError};

/// Keeps what is used up of everybody's. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn all(core: &Core, now: Now) -> Result<(), CoreError> {
    core.store()?.accounts.note(|tx| {
        for granted in grace::running(tx, &core.run)? {
            grace::keep(tx, &core.run, &granted, now)?;
        }
        Ok(exemptions::keep_all(tx, &core.run, now)?)
    })
}

/// Keeps what is used up of one person's.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn of(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    user: UserId,
    now: Now,
) -> Result<(), StoreError> {
    for granted in grace::running_of(tx, &core.run, user)? {
        grace::keep(tx, &core.run, &granted, now)?;
    }
    exemptions::keep_of(tx, &core.run, user, now)
}
