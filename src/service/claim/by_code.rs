//! The owner's sign-in at an issuer that does not know this server yet: a code of the issuer's is
//! shown here and approved there, by whoever will be the owner. Then this server registers itself.

use std::sync::Arc;

use stead_rules::claim::{Event, WizardStep, apply};
use stead_rules::ids::TicketId;
use stead_rules::policy::{Action, Permit};
use stead_rules::time::Now;

use super::effects::run;
use super::external::{Vouched, keep_identity, new_factor};
use super::wizard::{position, step};
use super::{ClaimError, claimant};
use crate::service::core::Core;
use crate::service::issuer::{self, IssuerError, Look};

/// How the claim by a code stands.
pub enum ByCode {
    /// Somebody has to decide, or has decided against it.
    Stands(Look),
    /// Somebody said yes: the wizard goes on.
    LetIn(Vouched),
}

/// Asks the issuer for a code, in the place of the one before. The time for the claim begins anew.
///
/// # Errors
/// [`ClaimError`].
pub async fn begin_by_code(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
) -> Result<ByCode, ClaimError> {
    let holder = claimant(permit, Action::ClaimStep)?;
    if !issuer::configured(core)?.registers_itself() {
        return Err(IssuerError::Configured.into());
    }
    let name = core
        .blocking(move |core| {
            let mut desk = core.desk();
            let applied = apply(&desk.state, &Event::StepBegun { browser: holder }, now);
            run(core, &mut desk, applied, now)?;
            Ok::<_, ClaimError>(issuer::own_name(core)?)
        })
        .await?;
    Ok(ByCode::Stands(issuer::begin_by_code(core, now, holder, &name).await?))
}

/// How it stands; asks the issuer where that is due.
///
/// # Errors
/// [`ClaimError`].
pub async fn look_by_code(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
) -> Result<ByCode, ClaimError> {
    let holder = claimant(permit, Action::ClaimStep)?;
    if let Some(vouched) = core.blocking(move |core| once_more(core, now, holder)).await? {
        return Ok(ByCode::LetIn(vouched));
    }
    match issuer::look_by_code(core, now, holder).await? {
        Look::Done(done) => {
            let (who, client) = *done;
            let kept = move |core: &Core| keep_identity(core, now, holder, who, Some(client));
            Ok(ByCode::LetIn(core.blocking(kept).await?))
        }
        stands @ (Look::Nothing
        | Look::Waiting { .. }
        | Look::Registering { .. }
        | Look::Denied
        | Look::Over) => Ok(ByCode::Stands(stands)),
    }
}

/// The answer may have been lost on its way: whoever was let in already gets another factor to set
/// up, as by doing any step of the wizard again.
fn once_more(core: &Core, now: Now, holder: TicketId) -> Result<Option<Vouched>, ClaimError> {
    let mut desk = core.desk();
    let at = position(&desk, now, holder)?.step;
    if at == WizardStep::Owner || desk.draft.client.is_none() {
        return Ok(None);
    }
    step(core, &mut desk, now, holder, WizardStep::Owner)?;
    Ok(Some(Vouched::Factor(new_factor(core, &mut desk))))
}
