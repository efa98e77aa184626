//! Looking at a second factor: an authenticator's code or a recovery code, each counted once.
//! Sign-in and step-up look at them the same way, and share what slows guesses.

use stead_rules::ids::FactorId;
use stead_rules::secret::SecretText;
use stead_rules::signin::{
    Drift, Method, NoticeKind, RecoveryCode, TimeSource, recovery_codes_are_few, step_to_heal,
    time_for_totp,
};
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::factors::{self as rows, Authenticator};
use stead_store::accounts::identity::{self, Account};
use stead_store::accounts::{audit, throttle};
use stead_store::{Accounts, WriteTx};

use super::{Asker, SignInError, check_wait};
use crate::service::core::Core;
use crate::service::{factors, notices, rescue, sha256, totp};
use stead_rules::limits::FACTOR_ALL_WAIT_SECONDS;

/// A second factor, as it came in.
pub enum Factor {
    /// An authenticator's code.
    Totp(String),
    /// A recovery code.
    Recovery(SecretText),
}

impl Factor {
    /// What it is shown as.
    pub(crate) const fn method(&self) -> Method {
        match self {
            Self::Totp(_) => Method::Totp,
            Self::Recovery(_) => Method::RecoveryCode,
        }
    }
}

/// What comes with it.
pub(crate) struct Showing<'a> {
    pub(crate) now: Now,
    pub(crate) account: &'a Account,
    /// What the browser's clock says.
    pub(crate) browser_time: WallMs,
}

/// A factor that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// How.
    pub(crate) method: Method,
    /// Which, where it is one that is kept.
    pub(crate) factor: Option<FactorId>,
}

/// Looks at a factor of an account in its turn: `look` is asked only if no wait is on, and its
/// miss is counted. The outer error rolls back, the inner one is kept with its count.
///
/// # Errors
/// [`SignInError`].
pub(crate) fn in_turn(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    asker: &Asker,
    account: &Account,
    look: impl FnOnce() -> Result<Accepted, SignInError>,
) -> Result<Result<Accepted, SignInError>, SignInError> {
    let guess = asker.guess(format!("factor:{}", account.id));
    check_wait(tx, core, &guess, FACTOR_ALL_WAIT_SECONDS, now)?;
    match look() {
        Err(wrong @ SignInError::WrongCode { .. }) => {
            throttle::add_miss(tx, &core.run, &guess, now)?;
            Ok(Err(wrong))
        }
        Err(other) => Err(other),
        Ok(accepted) => {
            throttle::was_right(tx, &core.run, &guess, now)?;
            Ok(Ok(accepted))
        }
    }
}

/// Accepts a factor, once.
///
/// # Errors
/// [`SignInError::WrongCode`], or what the store says.
pub(crate) fn accept(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    showing: &Showing<'_>,
    factor: &Factor,
) -> Result<Accepted, SignInError> {
    match factor {
        Factor::Totp(code) => {
            let factor = Some(accept_totp(tx, core, showing, code)?);
            Ok(Accepted { method: Method::Totp, factor })
        }
        Factor::Recovery(code) => {
            accept_recovery(tx, core, showing, code)?;
            Ok(Accepted { method: Method::RecoveryCode, factor: None })
        }
    }
}

/// Each authenticator is asked, whatever the others say, so the time taken tells nothing.
fn accept_totp(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    showing: &Showing<'_>,
    code: &str,
) -> Result<FactorId, SignInError> {
    let mut outcome = Err(None);
    for known in rows::authenticators(tx, showing.account.id)? {
        outcome = match (outcome, accept_of(tx, core, showing, &known, code)?) {
            (Ok(earlier), _) => Ok(earlier),
            (Err(_), Ok(())) => Ok(known.id),
            (Err(earlier), Err(told)) => Err(earlier.or(told)),
        };
    }
    outcome.map_err(|drift| SignInError::WrongCode { drift })
}

/// Whether the code is the one of this authenticator; else what is told of its clock.
fn accept_of(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    showing: &Showing<'_>,
    known: &Authenticator,
    code: &str,
) -> Result<Result<(), Option<Drift>>, SignInError> {
    let Showing { now, browser_time, account } = *showing;
    let last = Some(heal_last_step(tx, now, account, known)?);
    let (at, source) = time_for_totp(now, core.clock.floor(), last, Some(browser_time));
    let step = match totp::check(&known.secret, code, at, last) {
        Ok(step) => step,
        Err(miss) => return Ok(Err(miss.told_at_sign_in(at, source))),
    };
    if !rows::accept_totp_step(tx, known.id, step, now.wall)? {
        return Ok(Err(None));
    }
    if source == TimeSource::Browser {
        let detail = serde_json::json!({ "account": account.id.to_string(), "time_ms": at.0 });
        audit::append(tx, now, "mfa.browser_time", &detail.to_string())?;
        core.clock.offer_browser_time(browser_time);
    }
    Ok(Ok(()))
}

/// The last step accepted, put right if the clock ran ahead when it was.
fn heal_last_step(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    account: &Account,
    known: &Authenticator,
) -> Result<u64, SignInError> {
    let Some(step) = step_to_heal(now, known.last_step) else { return Ok(known.last_step) };
    rows::lower_totp_step(tx, known.id, step)?;
    let detail = serde_json::json!({
        "account": account.id.to_string(), "from_step": known.last_step, "to_step": step,
    });
    audit::append(tx, now, "mfa.step_lowered", &detail.to_string())?;
    Ok(step)
}

/// The code that the owner made for this person is typed where a recovery code is, and counts as
/// one: single use, and of the same worth.
fn accept_owners_code(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    code: &SecretText,
) -> Result<bool, SignInError> {
    match identity::user_by_account(tx, account.id)? {
        Some(user) => Ok(rescue::use_code(tx, core, now, user.id, code.expose())?),
        None => Ok(false),
    }
}

fn accept_recovery(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    showing: &Showing<'_>,
    code: &SecretText,
) -> Result<(), SignInError> {
    let Showing { now, account, .. } = *showing;
    let wrong = || SignInError::WrongCode { drift: None };
    if accept_owners_code(tx, core, now, account, code)? {
        return Ok(());
    }
    // It stands in for a second factor, and there is none.
    if factors::second(tx, account.id)?.is_empty() {
        return Err(wrong());
    }
    let code = RecoveryCode::parse(code.expose()).map_err(|_| wrong())?;
    if !identity::use_recovery_code(tx, account.id, &sha256(code.bytes()), now.wall)? {
        return Err(wrong());
    }
    let detail = serde_json::json!({ "account": account.id.to_string() });
    audit::append(tx, now, "mfa.recovery_code_used", &detail.to_string())?;
    tell_of_recovery(tx, core, now, account)
}

fn tell_of_recovery(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
) -> Result<(), SignInError> {
    let Some(user) = identity::user_by_account(tx, account.id)? else { return Ok(()) };
    let left = identity::recovery_codes_left(tx, account.id)?;
    let kind = if recovery_codes_are_few(left) {
        NoticeKind::RecoveryCodesFew
    } else {
        NoticeKind::RecoveryCodeUsed
    };
    notices::tell(tx, core, now, user.id, None, kind, &left.to_string())?;
    Ok(())
}
