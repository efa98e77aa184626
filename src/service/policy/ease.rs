//! Requiring less: what shuts its owner out leaves these open, as they need nothing that went with a
//! rescue or with the server's name.

use stead_rules::policy::{Action, CannotRequire, Guard, Permit, RequirementId};
use stead_rules::signin::Assurance;
use stead_rules::time::Now;
use stead_store::accounts::requirements as rows;

use super::requirements::settle;
use super::{PolicyError, note, number};
use crate::service::core::{Core, permitted};

/// Asks for a second factor of any kind where a requirement asks for more. Blocks.
///
/// # Errors
/// [`PolicyError`]; where it asks for no more, less than that is none at all.
pub fn lower(
    core: &Core,
    permit: &Permit,
    now: Now,
    requirement: RequirementId,
) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Ease))?;
    core.store()?.accounts.write(|tx| {
        let mut known = rows::all(tx)?.into_iter().flatten();
        let row = known.find(|row| row.id == requirement && row.is_on);
        let row = row.ok_or(PolicyError::NotFound)?;
        if row.level <= Assurance::Mfa {
            return Err(CannotRequire::Level.into());
        }
        let (grace, age) = (row.grace_seconds, row.max_age_seconds);
        rows::put(tx, row.about, Assurance::Mfa, grace, age, now.wall)?;
        let detail = serde_json::json!({
            "requirement": number(requirement), "level": Assurance::Mfa.word(),
            "before": { "level": row.level.word() },
        });
        Ok(note(tx, permit, now, "policy.lowered", detail)?)
    })
}

/// Switches a requirement off; what is used up of anybody's grace stays so. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn switch_off(
    core: &Core,
    permit: &Permit,
    now: Now,
    requirement: RequirementId,
) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Ease))?;
    core.store()?.accounts.write(|tx| {
        settle(tx, core, requirement, true, now)?;
        if !rows::switch_off(tx, requirement)? {
            return Err(PolicyError::NotFound);
        }
        let detail = serde_json::json!({ "requirement": number(requirement) });
        Ok(note(tx, permit, now, "policy.off", detail)?)
    })
}

/// Forgets a requirement that cannot be read: that is how it is repaired. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    requirement: RequirementId,
) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Ease))?;
    core.store()?.accounts.write(|tx| {
        let all = rows::all(tx)?;
        if all.iter().flatten().any(|row| row.id == requirement) {
            return Err(PolicyError::Stands);
        }
        if !rows::remove(tx, requirement)? {
            return Err(PolicyError::NotFound);
        }
        let detail = serde_json::json!({ "requirement": number(requirement), "unreadable": true });
        Ok(note(tx, permit, now, "policy.removed", detail)?)
    })
}
