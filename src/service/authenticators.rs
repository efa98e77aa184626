//! Adding an authenticator app: its secret stays in memory until a first code shows that the app
//! has it.

use stead_rules::ids::{FactorId, TicketId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{
    Assurance, FactorKind, FirstFactor, Method, Methods, Name, NoticeKind, may_add,
    may_enrol_first, new_factor_raises, time_for_totp,
};
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::factors::{self as rows, Authenticator};
use stead_store::accounts::requirements::Found;
use stead_store::accounts::sessions::{self, SessionFacts};
use stead_store::accounts::{lost, remembered};
use stead_store::{Accounts, ReadTx, WriteTx};
use zeroize::Zeroizing;

use super::core::{Core, permitted};
use super::drafts::Made;
use super::factors::{FactorError, Kept, log, second};
use super::notices::{self, News};
use super::sessions::Token;
use super::{issuer, stepup, totp};
use crate::host::entropy::fresh;

/// An authenticator that waits for its first code.
pub struct Begun {
    /// Comes back with the code.
    pub ticket: TicketId,
    /// `otpauth://…`, for a button and for the QR code.
    pub uri: Zeroizing<String>,
    /// The secret alone, to be typed.
    pub secret_base32: Zeroizing<String>,
}

/// Makes the secret of a new authenticator. Blocks.
///
/// # Errors
/// [`FactorError`].
pub fn begin(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Begun, FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    core.store()?.accounts.read(|tx| check_room(tx, core, facts))?;
    let secret = totp::new_secret(core.entropy.as_ref());
    let ticket = fresh(core.entropy.as_ref(), TicketId::from_bytes);
    let begun = Begun {
        ticket,
        uri: totp::uri(&secret, &facts.user.name),
        secret_base32: totp::base32(&secret),
    };
    core.draft_desk().add(now, ticket, facts.user.id, Made::Authenticator(secret));
    Ok(begun)
}

/// A first factor takes more than a password, and there are not too many.
fn check_room(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    facts: &SessionFacts,
) -> Result<(), FactorError> {
    check_first(tx, core, facts)?;
    may_add(rows::authenticators(tx, facts.user.account)?.len())?;
    Ok(())
}

/// Whether who asks may enrol, if it is the first second factor of the account. Each kind asks
/// this before it adds one.
///
/// # Errors
/// [`FactorError::CannotEnrol`].
pub(crate) fn check_first(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    facts: &SessionFacts,
) -> Result<(), FactorError> {
    if second(tx, facts.user.account)?.is_empty() {
        let is_asked = matches!(&facts.required, Found::Rows(rows) if !rows.is_empty());
        may_enrol_first(FirstFactor {
            vouched: facts.vouched,
            device_before_requirement: is_asked && facts.unasked,
            second_factor_elsewhere: issuer::vouched(facts.session.methods)
                && facts.within_reach >= Assurance::Mfa,
        })
        .map_err(|_| FactorError::CannotEnrol(core.kind))?;
    }
    Ok(())
}

/// The first code of a new authenticator.
#[derive(Debug, Clone, Copy)]
pub struct FirstCode<'a> {
    /// As it was typed.
    pub code: &'a str,
    /// What the browser's clock says: a box without a clock takes it.
    pub browser_time: Option<WallMs>,
}

/// Adds the authenticator, if the code is its own. The session is raised by it, unless what was shown
/// in it is worth more. Blocks.
///
/// # Errors
/// [`FactorError`]; the draft stays then.
pub fn confirm(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    ticket: TicketId,
    name: &str,
    FirstCode { code, browser_time }: FirstCode<'_>,
) -> Result<Option<Token>, FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = Name::parse(name)?;
    let found = core.draft_desk().find(now, ticket, facts.user.id);
    let Some(Made::Authenticator(secret)) = found else { return Err(FactorError::DraftOver) };
    let (at, judged_by) = time_for_totp(now, core.clock.floor(), None, browser_time);
    let step = totp::check(&secret, code, at, None).map_err(|miss| FactorError::CodeWrong {
        drift: miss.drift(totp::server_time(at, judged_by)),
        judged_by,
    })?;
    let new = Authenticator {
        id: fresh(core.entropy.as_ref(), FactorId::from_bytes),
        name: name.as_str().to_owned(),
        secret,
        last_step: step,
        created: now.wall,
        used: Some(now.wall),
    };
    let token = core.store()?.accounts.write(|tx| {
        check_room(tx, core, facts)?;
        rows::add_authenticator(tx, facts.user.account, &new)?;
        added(tx, core, now, facts, &kept(&new))?;
        raised_by(tx, core, now, facts, Method::Totp, new.id)
    })?;
    core.draft_desk().remove(ticket);
    Ok(token)
}

/// Raises a session by a factor that was added and shown in it just now, unless what was shown before
/// is worth more.
pub(crate) fn raised_by(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    method: Method,
    factor: FactorId,
) -> Result<Option<Token>, FactorError> {
    if !new_factor_raises(facts.session.methods, method) {
        return Ok(None);
    }
    let token = stepup::raise(tx, core, now, facts, Methods::NONE.and(method))?;
    sessions::note_factor(tx, &token.hash(), factor)?;
    Ok(Some(token))
}

fn kept(new: &Authenticator) -> Kept {
    Kept {
        id: new.id,
        kind: FactorKind::Totp,
        name: new.name.clone(),
        created: new.created,
        used: new.used,
        of_use: true,
    }
}

/// Tells the user's other sessions and the audit of a new factor. What was remembered before the
/// first one showed none, and stands for none.
///
/// # Errors
/// [`FactorError::Core`].
pub(crate) fn added(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    kept: &Kept,
) -> Result<(), FactorError> {
    let (user, session) = (&facts.user, facts.session.id);
    if second(tx, user.account)?.len() == 1 {
        remembered::remove_all(tx, user.id)?;
    }
    lost::made_in(tx, kept.id, session)?;
    let (kind, factor) = (NoticeKind::FactorAdded, Some(kept.id));
    let news = News { kind, about: &kept.name, factor, session: None };
    notices::tell_of(tx, core, now, user.id, Some(session), &news)?;
    log(tx, now, "mfa.added", user, kept)
}
