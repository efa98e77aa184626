//! What a user's other sessions are told, so that nobody changes in silence what somebody signs in
//! with.

use stead_rules::ids::{FactorId, NoticeId, SessionId, UserId};
use stead_rules::limits::NOTICE_SECONDS;
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::NoticeKind;
use stead_rules::time::Now;
use stead_store::accounts::notices::{self as rows, Notice};
use stead_store::accounts::people;
use stead_store::{Accounts, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use crate::host::entropy::fresh;

/// Tells the sessions of `user`, those to come included, but not the one that did it. `about` is
/// the name of the factor or device.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn tell(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    by: Option<SessionId>,
    kind: NoticeKind,
    about: &str,
) -> Result<(), StoreError> {
    tell_of(tx, core, now, user, by, &News { kind, about, factor: None, session: None })
}

/// Something that happened, with what it happened to.
pub(crate) struct News<'a> {
    /// What.
    pub(crate) kind: NoticeKind,
    /// The name of the factor or device.
    pub(crate) about: &'a str,
    /// A factor that "it was not me" removes.
    pub(crate) factor: Option<FactorId>,
    /// The session that was opened.
    pub(crate) session: Option<SessionId>,
}

/// The same with what it happened to.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn tell_of(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    by: Option<SessionId>,
    news: &News<'_>,
) -> Result<(), StoreError> {
    let id = fresh(core.entropy.as_ref(), NoticeId::from_bytes);
    let News { kind, about, factor, session } = *news;
    rows::add(
        tx,
        user,
        &Notice { id, kind, about: about.to_owned(), at: now.wall, factor, session },
    )?;
    match by {
        Some(session) => rows::known_to(tx, id, session),
        None => Ok(()),
    }
}

/// Tells everybody who uses this server that devices must install another certificate authority:
/// who installed the old one is known to nobody. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn tell_of_authority(core: &Core, now: Now) -> Result<(), CoreError> {
    core.store()?.accounts.write(|tx| {
        for person in people::all(tx)? {
            tell(tx, core, now, person.user.id, None, NoticeKind::AuthorityMade, "")?;
        }
        Ok(())
    })
}

/// What the session that asks has not seen, the newest first. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit, now: Now) -> Result<Vec<Notice>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some((user, session)) = permit.user().zip(permit.session()) else { return Ok(Vec::new()) };
    let kept_ms = i64::try_from(NOTICE_SECONDS.saturating_mul(1000)).unwrap_or(i64::MAX);
    let oldest = now.wall.plus_ms(kept_ms.saturating_neg());
    Ok(core.store()?.accounts.read(|tx| rows::shown_to(tx, user, session, oldest))?)
}

/// The session that asks has seen a notice: false when there is none. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn seen(core: &Core, permit: &Permit, notice: NoticeId) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some((user, session)) = permit.user().zip(permit.session()) else { return Ok(false) };
    Ok(core.store()?.accounts.write(|tx| rows::seen(tx, user, session, notice))?)
}
