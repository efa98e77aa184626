//! Signing in by the issuer's word, and showing anew who one is.

use std::sync::Arc;

use stead_rules::claim::Peer;
use stead_rules::ids::{IssuerId, TicketId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{Assurance, Methods};
use stead_rules::time::Now;
use stead_store::accounts::identity::{self, User};
use stead_store::accounts::issuers;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, ReadTx};

use super::{
    Identity, IssuerError, Purpose, Returned, Sent, configured, facts, send, take_back, vouched,
};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::sessions::Token;
use crate::service::signin::{self, Asker, Next, Opened};
use crate::service::stepup;
use crate::service::{claim, factors};

/// Sends a browser to the issuer to sign in. `anew` asks a remembered browser for the second factor, too.
///
/// # Errors
/// [`IssuerError`].
pub async fn begin_sign_in(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    origin: &str,
    anew: bool,
) -> Result<Sent, IssuerError> {
    permitted(permit, Action::SignIn)?;
    send(core, now, peer, origin, Purpose::SignIn { anew }, None).await
}

/// Takes a browser back that signed in at the issuer. Where its word is not worth a second factor
/// and the person has one here, that is asked for.
///
/// # Errors
/// [`IssuerError`].
pub async fn finish_sign_in(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    asker: Asker,
    browser: Option<TicketId>,
    returned: Returned,
) -> Result<Next, IssuerError> {
    permitted(permit, Action::SignIn)?;
    let is_sign_in = |purpose: &Purpose| matches!(purpose, Purpose::SignIn { .. });
    let (identity, purpose) = take_back(core, now, browser, returned, is_sign_in).await?;
    let asker = Asker { anew: purpose == Purpose::SignIn { anew: true }, ..asker };
    core.blocking(move |core| let_in(core, now, &asker, &identity)).await
}

fn let_in(core: &Core, now: Now, asker: &Asker, who: &Identity) -> Result<Next, IssuerError> {
    let accounts = &core.store()?.accounts;
    let done = |token| Ok(Next::Done(Opened { token, device: None }));
    let (account, second) = accounts.read(|tx| {
        let user = user_of(tx, core, who)?.ok_or(IssuerError::Unknown)?;
        let account = identity::account_by_id(tx, user.account)?.ok_or(IssuerError::Unknown)?;
        Ok::<_, IssuerError>((account, factors::methods(tx, user.account)?))
    })?;
    let at = (who.methods, who.shown);
    if who.methods.assurance_shown_now() < Assurance::Mfa && second != Methods::NONE {
        if let Some(token) = signin::open_remembered(core, now, &account, at, asker)? {
            return done(token);
        }
        return Ok(signin::wait_for_factor(core, now, account, who.methods)?);
    }
    done(signin::open_shown(core, now, &account, at, asker)?)
}

/// By issuer and `sub`, and by nothing else.
fn user_of(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    who: &Identity,
) -> Result<Option<User>, IssuerError> {
    let Some(issuer) = issuers::external(tx, configured(core)?.url())? else { return Ok(None) };
    let user = identity::user_by_identity(tx, issuer, &who.sub)?;
    Ok(user.filter(|user| user.enabled))
}

/// Sends the browser of a session to the issuer, where its person shows anew who they are.
///
/// # Errors
/// [`IssuerError`]; [`IssuerError::NoFactor`] where the issuer's word is worth no second factor, and
/// where it cannot refuse one certain person either, which is all that asking it were good for.
pub async fn begin_step_up(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    origin: &str,
    facts: SessionFacts,
) -> Result<Sent, IssuerError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let purpose = Purpose::StepUp(facts.session.id);
    let person = core.blocking(move |core| known_there(core, &facts.user)).await?;
    let issuer = configured(core)?;
    if issuer.assurance() == "none"
        && (person.is_none() || !facts::current(issuer, now).await?.takes_claims)
    {
        return Err(IssuerError::NoFactor);
    }
    send(core, now, peer, origin, purpose, person.as_deref()).await
}

/// The issuer's own name for somebody, unless another issuer vouched for them.
fn known_there(core: &Core, user: &User) -> Result<Option<String>, IssuerError> {
    let url = configured(core)?.url();
    let row = core.store()?.accounts.read(|tx| issuers::external(tx, url))?;
    Ok((row == Some(user.issuer)).then(|| user.sub.clone()))
}

/// Takes it back: the session gives way to a new one with a new token, so that whoever knew the old
/// one has nothing of the new. An issuer that refuses the owner here has taken the server's owner.
///
/// # Errors
/// [`IssuerError`].
pub async fn finish_step_up(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    facts: SessionFacts,
    browser: Option<TicketId>,
    returned: Returned,
) -> Result<Token, IssuerError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let session = facts.session.id;
    let is_this = |purpose: &Purpose| *purpose == Purpose::StepUp(session);
    let (identity, _) = match take_back(core, now, browser, returned, is_this).await {
        Err(IssuerError::ShutOut) => {
            core.blocking(move |core| {
                let User { issuer, sub, .. } = &facts.user;
                if let Err(error) = claim::owner_refused(core, now, *issuer, sub) {
                    tracing::error!(%error, "what the issuer refused could not be kept");
                }
                Ok::<_, IssuerError>(())
            })
            .await?;
            return Err(IssuerError::ShutOut);
        }
        other => other?,
    };
    core.blocking(move |core| raise(core, now, &facts, &identity)).await
}

fn raise(
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    who: &Identity,
) -> Result<Token, IssuerError> {
    core.store()?.accounts.write(|tx| {
        let user = user_of(tx, core, who)?.ok_or(IssuerError::Unknown)?;
        if user.id != facts.user.id {
            return Err(IssuerError::OtherPerson);
        }
        if !vouched(who.methods) {
            return Err(IssuerError::NoFactor);
        }
        Ok(stepup::raise(tx, core, now, facts, who.methods)?)
    })
}

/// The row of the configured issuer, made if it is missing.
pub(crate) fn row(
    tx: &stead_store::WriteTx<'_, Accounts>,
    core: &Core,
    fresh: IssuerId,
    now: Now,
) -> Result<IssuerId, CoreError> {
    let Some(issuer) = &core.issuer else { return Err(CoreError::NoStore) };
    let row =
        issuers::External { url: issuer.url(), name: issuer.name(), assurance: issuer.assurance() };
    Ok(issuers::put_external(tx, fresh, &row, now.wall)?)
}
