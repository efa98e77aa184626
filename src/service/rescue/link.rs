//! What the owner gives to others: one-time links and codes, and what they open.
//!
//! A link holds 128 bit, so nobody guesses it and nothing slows it down. A code is short, so that
//! it can be said on the telephone: it counts after a right password only, and wrong ones are
//! slowed like any second factor.

use std::sync::Arc;

use stead_rules::claim::{ClaimCode, LinkSecret};
use stead_rules::ids::UserId;
use stead_rules::limits::WAY_BACK_SECONDS;
use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::secret::{SecretText, same_bytes};
use stead_rules::signin::{RememberFor, WayBack, may_be_given, stands_alone, way_back_is_live};
use stead_rules::time::Now;
use stead_store::accounts::people::{self, Person};
use stead_store::accounts::way_back::{self, Waiting};
use stead_store::accounts::{alone, audit, claim, identity};
use stead_store::{Accounts, ReadTx, WriteTx};
use zeroize::Zeroizing;

use super::{
    Codes, Enrolment, NewFactor, Renewal, RescueError, check, confirmed, replace_factors, tell,
};
use crate::host::entropy::bytes;
use crate::service::core::{Core, permitted};
use crate::service::people::by;
use crate::service::sessions::Token;
use crate::service::signin::Asker;
use crate::service::{factors, remembered, sha256, totp};

/// What the owner hands over.
pub struct Made {
    /// The characters behind the link's `#s=`, or the code.
    pub secret: Zeroizing<String>,
    /// How long it is good for.
    pub seconds: u64,
}

/// Makes somebody a link that sets a new password and, if `new_factor`, a new authenticator. The
/// link before it is void. Blocks.
///
/// # Errors
/// [`RescueError`].
pub fn link(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    new_factor: bool,
) -> Result<Made, RescueError> {
    permitted(permit, Action::Guard(Guard::Factors))?;
    link_by(core, &by(permit), now, user, new_factor)
}

/// The same for whoever runs an account service: they have it in hand. Blocks.
///
/// # Errors
/// [`RescueError`].
pub(crate) fn link_by_operator(
    core: &Core,
    now: Now,
    user: UserId,
    new_factor: bool,
) -> Result<Made, RescueError> {
    link_by(core, "operator", now, user, new_factor)
}

fn link_by(
    core: &Core,
    by: &str,
    now: Now,
    user: UserId,
    new_factor: bool,
) -> Result<Made, RescueError> {
    let secret = Zeroizing::new(LinkSecret::from_random(bytes(core.entropy.as_ref())).expose());
    let hash = sha256(secret.as_bytes());
    give(core, by, now, WayBack::Link, user, hash, new_factor)?;
    Ok(Made { secret, seconds: WAY_BACK_SECONDS })
}

/// Makes somebody a code that stands in once for a second factor. The code before it is void.
/// Blocks.
///
/// # Errors
/// [`RescueError`].
pub fn code(core: &Core, permit: &Permit, now: Now, user: UserId) -> Result<Made, RescueError> {
    permitted(permit, Action::Guard(Guard::Factors))?;
    let code = loop {
        if let Some(code) = ClaimCode::from_random(&bytes(core.entropy.as_ref())) {
            break code;
        }
    };
    give(core, &by(permit), now, WayBack::Code, user, code_hash(user, &code), false)?;
    Ok(Made { secret: Zeroizing::new(code.expose()), seconds: WAY_BACK_SECONDS })
}

/// Bound to its user, so that two people may have the same.
fn code_hash(user: UserId, code: &ClaimCode) -> [u8; 32] {
    let mut text = Zeroizing::new(user.to_string());
    text.push_str(&Zeroizing::new(code.expose()));
    sha256(text.as_bytes())
}

fn give(
    core: &Core,
    by: &str,
    now: Now,
    kind: WayBack,
    user: UserId,
    secret_hash: [u8; 32],
    new_factor: bool,
) -> Result<(), RescueError> {
    core.store()?.accounts.write(|tx| {
        let person = people::one(tx, user)?.ok_or(RescueError::NotFound)?;
        may_be_given(kind, person.user.role, person.has_password_here)?;
        let waiting =
            Waiting { user, secret_hash, new_factor, made: stead_rules::time::Moment::of(now) };
        way_back::put(tx, &core.run, kind, &waiting, now)?;
        // Somebody is helped with it: it is used.
        alone::settle(tx, person.user.account)?;
        let detail = serde_json::json!({
            "user": user.to_string(), "by": by, "new_factor": new_factor,
        });
        let told = format!("recovery.{}_made", kind.word());
        Ok(audit::append(tx, now, &told, &detail.to_string())?)
    })
}

/// What a link has set.
pub struct Renewed {
    /// New recovery codes, if there is a new authenticator.
    pub codes: Codes,
    /// What the browser shows from now on, if a first factor may be added in it.
    pub device: Option<Token>,
}

/// What a link is for.
#[derive(Debug)]
pub struct Look {
    /// What its user types to sign in.
    pub login: String,
    /// Whether an authenticator is set up anew, too.
    pub new_factor: bool,
    /// How long the new password must be.
    pub password_min_chars: usize,
}

/// A link that is live, with whose it is.
struct Live {
    waiting: Waiting,
    person: Person,
}

impl Live {
    fn has_factor_then(&self) -> bool {
        self.waiting.new_factor || self.person.has_second_factor()
    }
}

fn live(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    secret: &SecretText,
) -> Result<Live, RescueError> {
    let hash = sha256(secret.expose().as_bytes());
    let waiting = way_back::link_by_secret(tx, &core.run, &hash)?
        .filter(|waiting| way_back_is_live(waiting.made, now))
        .ok_or(RescueError::Over)?;
    let person = people::one(tx, waiting.user)?
        .filter(|person| person.user.enabled)
        .ok_or(RescueError::Over)?;
    Ok(Live { waiting, person })
}

/// Tells what a link is for; that uses nothing up. Blocks.
///
/// # Errors
/// [`RescueError::Over`] if it opens nothing.
pub fn look(
    core: &Core,
    permit: &Permit,
    now: Now,
    secret: &SecretText,
) -> Result<Look, RescueError> {
    permitted(permit, Action::SignIn)?;
    core.store()?.accounts.read(|tx| {
        let live = live(tx, core, now, secret)?;
        let account = people::account(tx, live.person.user.account)?.ok_or(RescueError::Over)?;
        Ok(Look {
            // As it is shown; signing in folds whatever is typed.
            login: account.name,
            new_factor: live.waiting.new_factor,
            password_min_chars: stead_rules::signin::password_min_chars(usize::from(
                live.has_factor_then(),
            )),
        })
    })
}

/// The new authenticator of a link: made at the first look, the same at the next. Blocks.
///
/// # Errors
/// [`RescueError::Over`] if the link opens nothing, or asks for none.
pub fn enrol(
    core: &Core,
    permit: &Permit,
    now: Now,
    secret: &SecretText,
) -> Result<Enrolment, RescueError> {
    permitted(permit, Action::SignIn)?;
    let live = core.store()?.accounts.read(|tx| live(tx, core, now, secret))?;
    if !live.waiting.new_factor {
        return Err(RescueError::Over);
    }
    let link = live.waiting.secret_hash;
    let mut desk = core.rescue_desk();
    let known = desk.enrolled(&link);
    let factor = known.unwrap_or_else(|| totp::new_secret(core.entropy.as_ref()));
    desk.enrol(link, factor.clone());
    Ok(Enrolment::of(&factor, &live.person.user.name))
}

/// Sets the new password, and the new authenticator where the link asks for one; whatever was
/// opened for this user before ends.
///
/// # Errors
/// [`RescueError`]; nothing is changed or used up then.
pub async fn finish(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    secret: SecretText,
    renewal: Renewal,
) -> Result<Renewed, RescueError> {
    permitted(permit, Action::SignIn)?;
    let Renewal { password, totp_code, browser_time } = renewal;
    let (look_secret, look_password) = (secret.clone(), password.clone());
    // Whoever has no link costs no hash.
    let factor = core
        .blocking(move |core| {
            let live = core.store()?.accounts.read(|tx| live(tx, core, now, &look_secret))?;
            check(&look_password, &live.person, live.has_factor_then())?;
            new_factor(core, now, &live.waiting, totp_code.as_deref(), browser_time)
        })
        .await?;
    let alone = stands_alone(&password);
    let hash = core.hasher.hash(asker.peer, password, bytes(core.entropy.as_ref())).await?;
    core.blocking(move |core| {
        renew(core, now, &asker, &secret, factor.as_ref(), (&Zeroizing::new(hash), alone))
    })
    .await
}

fn new_factor(
    core: &Core,
    now: Now,
    waiting: &Waiting,
    code: Option<&str>,
    browser_time: stead_rules::time::WallMs,
) -> Result<Option<NewFactor>, RescueError> {
    if !waiting.new_factor {
        return Ok(None);
    }
    let secret = core.rescue_desk().enrolled(&waiting.secret_hash).ok_or(RescueError::Over)?;
    let step = confirmed(core, now, &secret, code, browser_time)?;
    Ok(Some(NewFactor { secret, step }))
}

fn renew(
    core: &Core,
    now: Now,
    asker: &Asker,
    secret: &SecretText,
    factor: Option<&NewFactor>,
    (password_hash, alone): (&str, bool),
) -> Result<Renewed, RescueError> {
    let (link, renewed) = core.store()?.accounts.write(|tx| {
        // Another browser may have been faster: the link is looked at and used up at once.
        let Live { waiting, person } = live(tx, core, now, secret)?;
        if !way_back::take(tx, WayBack::Link, &waiting)? {
            return Err(RescueError::Over);
        }
        let account = person.user.account;
        people::set_password(tx, account, password_hash)?;
        if alone {
            identity::password_stands_alone(tx, account)?;
        }
        let codes = match factor {
            Some(factor) => replace_factors(tx, core, now, account, factor)?,
            None => Codes::new(),
        };
        way_back::remove_all(tx, waiting.user)?;
        people::sign_out_everywhere(tx, waiting.user)?;
        tell(tx, core, now, waiting.user)?;
        // Whoever has no second factor adds the first one in this browser: the link speaks for it.
        let device = if factors::second(tx, account)?.is_empty() {
            let (user, length) = (waiting.user, RememberFor::Month);
            Some(remembered::keep(tx, core, now, user, asker, length, None)?)
        } else {
            None
        };
        claim::mark_clock(tx, core.clock.mark())?;
        let detail = serde_json::json!({
            "user": waiting.user.to_string(), "new_factor": factor.is_some(),
        });
        audit::append(tx, now, "recovery.link_used", &detail.to_string())?;
        Ok::<_, RescueError>((waiting.secret_hash, Renewed { codes, device }))
    })?;
    core.rescue_desk().forget(&link);
    core.session_ended.send_replace(());
    Ok(renewed)
}

/// Whether a code of the owner's waits for `user`.
pub(crate) fn code_waits(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
) -> Result<bool, stead_store::StoreError> {
    let waiting = way_back::of_user(tx, &core.run, user, WayBack::Code)?;
    Ok(waiting.is_some_and(|waiting| way_back_is_live(waiting.made, now)))
}

/// Uses up the owner's code for `user`: whether it was the right one. The caller has slowed down
/// whoever guesses.
pub(crate) fn use_code(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    typed: &str,
) -> Result<bool, stead_store::StoreError> {
    let Ok(code) = ClaimCode::parse(typed) else { return Ok(false) };
    let waiting = way_back::of_user(tx, &core.run, user, WayBack::Code)?
        .filter(|waiting| way_back_is_live(waiting.made, now))
        .filter(|waiting| same_bytes(&waiting.secret_hash, &code_hash(user, &code)));
    let Some(waiting) = waiting else { return Ok(false) };
    if !way_back::take(tx, WayBack::Code, &waiting)? {
        return Ok(false);
    }
    let detail = serde_json::json!({ "user": user.to_string() });
    audit::append(tx, now, "recovery.code_used", &detail.to_string())?;
    Ok(true)
}
