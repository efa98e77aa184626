//! Exemptions: named people, for a reason and for a time.

use stead_rules::ids::{ExemptionId, UserId};
use stead_rules::limits::{EXEMPTION_REASON_MAX_CHARS, EXEMPTION_SECONDS};
use stead_rules::policy::{
    Action, Allowance, CannotExempt, Guard, Permit, RequirementId, Tend, may_exempt,
};
use stead_rules::time::Now;
use stead_store::accounts::exemptions::{self as rows, Exemption, Unreadable};
use stead_store::accounts::requirements;
use stead_store::{Accounts, ReadTx, StoreError, accounts::identity};

use super::{PolicyError, note, number};
use crate::host::entropy::fresh;
use crate::service::core::{Core, CoreError, permitted};

const DAY_SECONDS: u64 = 24 * 3600;

/// An exemption that is wished.
#[derive(Debug, Clone)]
pub struct Wish {
    /// For whom.
    pub user: UserId,
    /// From what; none: from everything.
    pub from: Option<RequirementId>,
    /// Why.
    pub reason: String,
    /// For how many days; none: half a year.
    pub days: Option<i64>,
}

/// An exemption as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// The exemption.
    pub exemption: Exemption,
    /// Whose it is.
    pub name: String,
    /// Days that are left; none when it is over.
    pub days_left: Option<u32>,
}

/// An exemption as it stands, or one that cannot be read with the name of whose it is.
pub type Listed = Result<Stands, (Unreadable, String)>;

/// Every exemption, also those that are over; and those that cannot be read, with whose they are. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn all(core: &Core, permit: &Permit, now: Now) -> Result<Vec<Listed>, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    Ok(core.store()?.accounts.read(|tx| {
        let all = rows::all(tx, &core.run)?.into_iter().map(|one| match one {
            Ok(exemption) => {
                let name = name_of(tx, exemption.user)?;
                let days_left = exemption.allowance.days_left(now);
                Ok(Ok(Stands { exemption, name, days_left }))
            }
            Err(unreadable) => {
                let name = name_of(tx, unreadable.user)?;
                Ok(Err((unreadable, name)))
            }
        });
        all.collect::<Result<_, StoreError>>()
    })?)
}

fn name_of(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<String, StoreError> {
    Ok(identity::user_by_id(tx, user)?.map(|user| user.name).unwrap_or_default())
}

/// Exempts somebody, in place of what they had from the same. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn give(
    core: &Core,
    permit: &Permit,
    now: Now,
    wish: Wish,
) -> Result<ExemptionId, PolicyError> {
    permitted(permit, Action::Guard(Guard::Policy))?;
    let Wish { user, from, reason, days } = wish;
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.chars().count() > EXEMPTION_REASON_MAX_CHARS {
        return Err(PolicyError::ReasonTooLong);
    }
    let seconds = match days {
        Some(days) => u64::try_from(days).map_err(|_| CannotExempt::Length)?,
        None => EXEMPTION_SECONDS / DAY_SECONDS,
    };
    let seconds = seconds.saturating_mul(DAY_SECONDS);
    let id = fresh(core.entropy.as_ref(), ExemptionId::from_bytes);
    core.store()?.accounts.write(|tx| {
        let known = identity::user_by_id(tx, user)?.ok_or(PolicyError::NotFound)?;
        may_exempt(known.role, seconds, &reason)?;
        if let Some(from) = from {
            let mut all = requirements::all(tx)?.into_iter().flatten();
            all.find(|row| row.id == from).ok_or(PolicyError::NotFound)?;
        }
        let allowance = Allowance::granted(seconds, now);
        let reason = reason.clone();
        let exemption = Exemption { id, user, from, reason, allowance, created: now.wall };
        rows::give(tx, &core.run, &exemption, now)?;
        let detail = serde_json::json!({
            "exemption": id.to_string(), "user": user.to_string(), "requirement": from.map(number),
            "days": seconds / DAY_SECONDS, "reason": exemption.reason,
        });
        Ok::<_, PolicyError>(note(tx, permit, now, "exemption.given", detail)?)
    })?;
    Ok(id)
}

/// Ends the exemption with this id, also one that cannot be read. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn end(core: &Core, permit: &Permit, now: Now, id: &str) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Policy))?;
    core.store()?.accounts.write(|tx| {
        let known = rows::all(tx, &core.run)?.into_iter().find_map(|one| match one {
            Ok(one) => (one.id.to_string() == id).then_some((one.user, one.from, false)),
            Err(one) => (one.id == id).then_some((one.user, one.from, true)),
        });
        let (user, from, unreadable) = known.ok_or(PolicyError::NotFound)?;
        rows::end(tx, id)?;
        let detail = serde_json::json!({
            "exemption": id, "user": user.to_string(), "requirement": from.map(number),
            "unreadable": unreadable.then_some(true),
        });
        Ok::<_, PolicyError>(note(tx, permit, now, "exemption.ended", detail)?)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}
