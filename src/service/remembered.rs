//! Browsers that are not asked for a second factor for a while: after one sign-in with it, for
//! playing and browsing, until what the user signs in with changes. Nothing is guarded by them.

use stead_rules::ids::{DeviceId, SessionId, UserId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{NoticeKind, RememberFor, is_remembered};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::identity::{self, Account};
use stead_store::accounts::remembered::{self as rows, Remembered};
use stead_store::accounts::sessions::note_browser;
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use super::sessions::{Token, shortened};
use super::signin::{Asker, SignInError, user_of};
use super::{notices, sha256};
use crate::host::entropy::fresh;

/// The remembered browser that asks, if it may stand for this account's second factor.
pub(crate) fn stands_for_a_factor(
    core: &Core,
    now: Now,
    account: &Account,
    asker: &Asker,
) -> Result<Option<DeviceId>, SignInError> {
    let Some(shown) = &asker.device else { return Ok(None) };
    let hash = sha256(shown.expose().as_bytes());
    let found = core.store()?.accounts.read(|tx| {
        let Some(user) = identity::user_by_account(tx, account.id)? else { return Ok(None) };
        rows::by_token(tx, &core.run, user.id, &hash)
    })?;
    Ok(found.filter(|device| still_counts(device, now)).map(|device| device.id))
}

/// The remembered browser of this user that asks, whatever it may stand for.
pub(crate) fn browser_of(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    user: UserId,
    asker: &Asker,
) -> Result<Option<DeviceId>, StoreError> {
    let Some(shown) = &asker.device else { return Ok(None) };
    let hash = sha256(shown.expose().as_bytes());
    Ok(rows::by_token(tx, &core.run, user, &hash)?.map(|device| device.id))
}

/// Whether it may still stand for a factor.
pub(crate) fn still_counts(device: &Remembered, now: Now) -> bool {
    is_remembered(device.since, device.seconds, now)
}

/// Records that a browser stood for a factor.
pub(crate) fn note_use(
    tx: &WriteTx<'_, Accounts>,
    device: DeviceId,
    now: Now,
) -> Result<(), StoreError> {
    rows::used(tx, device, now.wall)
}

/// Remembers the browser in which the factor was just shown.
pub(crate) fn remember(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: &Account,
    asker: &Asker,
    length: RememberFor,
    made_in: Option<SessionId>,
) -> Result<Token, SignInError> {
    let user = user_of(tx, account)?;
    let token = keep(tx, core, now, user.id, asker, length, made_in)?;
    let agent = shortened(&asker.agent);
    notices::tell(tx, core, now, user.id, None, NoticeKind::DeviceRemembered, &agent)?;
    let detail = serde_json::json!({
        "user": user.id.to_string(),
        "session": made_in.map(|session| session.to_string()),
    });
    audit::append(tx, now, "mfa.remembered", &detail.to_string())?;
    Ok(token)
}

/// Remembers a browser.
pub(super) fn keep(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    asker: &Asker,
    length: RememberFor,
    made_in: Option<SessionId>,
) -> Result<Token, StoreError> {
    let token = Token::fresh(core);
    let (id, agent) = (fresh(core.entropy.as_ref(), DeviceId::from_bytes), shortened(&asker.agent));
    let token_hash = token.hash();
    let new = rows::New { id, user, agent: &agent, token_hash, length, made_in };
    rows::add(tx, &core.run, &new, now)?;
    if let Some(session) = made_in {
        note_browser(tx, session, id)?;
    }
    Ok(token)
}

/// One's own remembered browsers that still count. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(core: &Core, permit: &Permit, now: Now) -> Result<Vec<Remembered>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some(user) = permit.user() else { return Ok(Vec::new()) };
    let all = core.store()?.accounts.read(|tx| rows::of_user(tx, &core.run, user))?;
    Ok(all.into_iter().filter(|device| still_counts(device, now)).collect())
}

/// Forgets one of one's own browsers: false when there is none. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn forget(core: &Core, permit: &Permit, now: Now, device: DeviceId) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    let Some(user) = permit.user() else { return Ok(false) };
    Ok(core.store()?.accounts.write(|tx| {
        let all = rows::of_user(tx, &core.run, user)?;
        let Some(known) = all.into_iter().find(|one| one.id == device) else { return Ok(false) };
        rows::remove(tx, user, device)?;
        let kind = NoticeKind::DeviceForgotten;
        notices::tell(tx, core, now, user, permit.session(), kind, &known.agent)?;
        let detail = serde_json::json!({
            "user": user.to_string(), "device": device.to_string(),
        });
        audit::append(tx, now, "mfa.forgotten", &detail.to_string())?;
        Ok::<_, StoreError>(true)
    })?)
}
