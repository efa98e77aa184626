//! "I lost a device": what hangs on it is shown, and revoked in one act.
//!
//! A device is no row: it is the browser sessions, remembered browsers, passkeys and authenticators
//! that a person says were on it. What was made in one of its sessions is known, so naming the
//! session finds the rest. Televisions and apps that were let in by it go with it.

use std::collections::HashSet;

use stead_rules::ids::{DeviceId, FactorId, SessionId};
use stead_rules::policy::{Action, ClientKind, Own, Permit};
use stead_rules::signin::{NoticeKind, may_call_lost};
use stead_rules::time::Now;
use stead_store::accounts::devices::{self, Origin};
use stead_store::accounts::remembered::{self as remembered_rows, Remembered};
use stead_store::accounts::sessions::{self, Session, SessionFacts};
use stead_store::accounts::{audit, identity, lost as rows};
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::factors::{self, FactorError, Kept};
use super::{notices, remembered};

/// All that may hang on a device of a person.
#[derive(Debug)]
pub struct Hangs {
    /// Sessions, televisions and apps among them.
    pub sessions: Vec<Session>,
    /// Who let those in that did not sign in themselves.
    pub origins: Vec<Origin>,
    /// Second factors.
    pub factors: Vec<Kept>,
    /// In which session a factor was made, where that is still there.
    pub makers: Vec<(FactorId, SessionId)>,
    /// Browsers that stand for a factor.
    pub remembered: Vec<Remembered>,
    /// Recovery codes that are left.
    pub recovery_codes_left: u32,
    /// Whether one second factor has to stay.
    pub needs_factor: bool,
}

/// Shows what may hang on a lost device. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn look(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Hangs, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let (user, account) = (facts.user.id, facts.user.account);
    Ok(core.store()?.accounts.read(|tx| {
        let all = remembered_rows::of_user(tx, &core.run, user)?;
        Ok::<_, StoreError>(Hangs {
            sessions: sessions::of_user(tx, &core.run, user)?,
            origins: devices::origins(tx, user)?,
            factors: factors::second(tx, account)?,
            makers: rows::makers(tx, account)?,
            remembered: all.into_iter().filter(|one| remembered::still_counts(one, now)).collect(),
            recovery_codes_left: identity::recovery_codes_left(tx, account)?,
            needs_factor: facts.user.role.is_privileged(),
        })
    })?)
}

/// What was on the lost device.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// Sessions.
    pub sessions: Vec<SessionId>,
    /// Second factors.
    pub factors: Vec<FactorId>,
    /// Remembered browsers.
    pub remembered: Vec<DeviceId>,
}

/// A television, an app or another browser that is signed out by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What it is.
    pub kind: ClientKind,
    /// What it is called, if somebody let it in under a name.
    pub name: Option<String>,
    /// What its program calls itself.
    pub agent: String,
}

/// Revokes what was on a lost device, with what it let in. Where a factor goes, everything that was
/// opened elsewhere ends with it, as with any change of factors. Blocks.
///
/// # Errors
/// [`FactorError`]; nothing is revoked then.
pub fn revoke(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    named: &Named,
) -> Result<Vec<Ended>, FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let Named { sessions, factors, remembered } = named;
    if sessions.is_empty() && factors.is_empty() && remembered.is_empty() {
        return Err(FactorError::Nothing);
    }
    let ended = core.store()?.accounts.write(|tx| revoke_in(tx, core, now, facts, named))?;
    core.session_ended.send_replace(());
    Ok(ended)
}

fn revoke_in(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    named: &Named,
) -> Result<Vec<Ended>, FactorError> {
    let (user, own) = (&facts.user, facts.session.id);
    may_call_lost(sessions::factor_shown(tx, own)?, &named.factors)?;
    let going = going_factors(tx, core, now, facts, &named.factors)?;
    let present = sessions::of_user(tx, &core.run, user.id)?;
    let origins = devices::origins(tx, user.id)?;
    let ending = ending_sessions(own, &present, &origins, named, going.is_empty())?;
    for kept in &going {
        factors::take_away(tx, user.account, kept)?;
        factors::log(tx, now, "mfa.removed", user, kept)?;
    }
    for session in &ending {
        sessions::end(tx, user.id, session.id)?;
    }
    for device in &named.remembered {
        if !remembered_rows::remove(tx, user.id, *device)? {
            return Err(FactorError::Changed);
        }
    }
    if !going.is_empty() {
        factors::bump_epoch(tx, user.id, Some(own))?;
    }
    let ended: Vec<_> = ending.iter().map(|session| ended(session, &origins)).collect();
    write_down(tx, core, now, facts, named, &going)?;
    Ok(ended)
}

/// The factors that were named, if they may go.
fn going_factors(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    named: &[FactorId],
) -> Result<Vec<Kept>, FactorError> {
    let present = factors::second(tx, facts.user.account)?;
    let wished: HashSet<_> = named.iter().collect();
    let going: Vec<_> = present.iter().filter(|kept| wished.contains(&kept.id)).cloned().collect();
    if going.len() < wished.len() {
        return Err(FactorError::Changed);
    }
    factors::check_going(tx, core, now, facts, &present, &going)?;
    Ok(going)
}

/// The sessions that end: those that were named and what they let in, or all others where a factor
/// goes.
fn ending_sessions<'a>(
    own: SessionId,
    present: &'a [Session],
    origins: &[Origin],
    named: &Named,
    factors_stay: bool,
) -> Result<Vec<&'a Session>, FactorError> {
    let known = |id: &SessionId| present.iter().any(|session| session.id == *id);
    if named.sessions.contains(&own) {
        return Err(FactorError::NotLost);
    }
    if !named.sessions.iter().all(known) {
        return Err(FactorError::Changed);
    }
    let let_in = |session: &Session| {
        let origin = origins.iter().find(|origin| origin.session == session.id);
        origin.is_some_and(|origin| named.sessions.contains(&origin.approved_by))
    };
    let ends = |session: &&Session| {
        session.id != own
            && (!factors_stay || named.sessions.contains(&session.id) || let_in(session))
    };
    Ok(present.iter().filter(ends).collect())
}

fn ended(session: &Session, origins: &[Origin]) -> Ended {
    let origin = origins.iter().find(|origin| origin.session == session.id);
    Ended {
        kind: session.client,
        name: origin.map(|origin| origin.name.clone()),
        agent: session.agent.clone(),
    }
}

/// Tells those who sign in again, and the log.
fn write_down(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    named: &Named,
    going: &[Kept],
) -> Result<(), FactorError> {
    let (user, own) = (&facts.user, facts.session.id);
    let names: Vec<_> = going.iter().map(|kept| kept.name.as_str()).collect();
    let kind = NoticeKind::DeviceLost;
    notices::tell(tx, core, now, user.id, Some(own), kind, &names.join(", "))?;
    let detail = serde_json::json!({
        "user": user.id.to_string(),
        "sessions": named.sessions.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "factors": going.iter().map(|kept| kept.id.to_string()).collect::<Vec<_>>(),
        "remembered": named.remembered.len(),
    });
    Ok(audit::append(tx, now, "device.lost", &detail.to_string())?)
}
