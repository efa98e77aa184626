//! Showing a passkey: to sign in, as the second step after a password, or to raise a session.
//!
//! Whoever asks for a challenge without having shown anything gets the same answer, whoever has
//! passkeys here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stead_rules::ids::{AccountId, FactorId, TicketId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{Method, Methods, NoticeKind};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::identity::{self, Account};
use stead_store::accounts::passkeys::{self as rows, PasskeyRow};
use stead_store::accounts::sessions::{self, SessionFacts};
use stead_store::{Accounts, StoreError, WriteTx};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PublicKeyCredential, WebauthnError,
};

use super::desk::{self, Begun, Ceremony};
use super::{PasskeyError, Site, stored, to_store};
use crate::service::core::{Core, permitted};
use crate::service::notices::{self, News};
use crate::service::sessions::Token;
use crate::service::signin::{self, Asker};
use crate::service::stepup;

/// Gives out a challenge for a sign-in: to whoever it turns out to be, or to the account whose
/// password was right for this ticket. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn begin_sign_in(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    site: &Site,
    ticket: Option<TicketId>,
) -> Result<Begun, PasskeyError> {
    permitted(permit, Action::SignIn)?;
    let peer = asker.peer.address;
    let (options, what) = match ticket {
        None => {
            let (options, state) = challenge(site)?;
            (options, Ceremony::Anybody(state))
        }
        Some(ticket) => {
            let account = signin::waiting(core, ticket, now)?.account.id;
            let (options, state) = challenge_of(core, site, account)?;
            (options, Ceremony::SecondStep(ticket, account, state))
        }
    };
    Ok(Begun { ceremony: desk::wait_for(core, now, peer, site, what), options })
}

/// Gives out a challenge for whoever is signed in, to show a passkey anew. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn begin_step_up(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    facts: &SessionFacts,
    site: &Site,
) -> Result<Begun, PasskeyError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let account = facts.user.account;
    let (options, state) = challenge_of(core, site, account)?;
    let what = Ceremony::StepUp(facts.session.id, account, state);
    let ceremony = desk::wait_for(core, now, asker.peer.address, site, what);
    Ok(Begun { ceremony, options })
}

/// A challenge for whatever passkey of this page the person has. The page says by itself whether
/// the browser offers it among the names to fill in.
fn challenge(site: &Site) -> Result<(Value, Box<DiscoverableAuthentication>), PasskeyError> {
    let begun = site.webauthn()?.start_discoverable_authentication();
    let (options, state) = begun.map_err(PasskeyError::Library)?;
    Ok((json!({ "publicKey": options.public_key }), Box::new(state)))
}

/// A challenge that names the passkeys of an account, as far as they are for this page. What they
/// are measured against is read when the answer comes, not now: the counter may move meanwhile.
fn challenge_of(
    core: &Core,
    site: &Site,
    account: AccountId,
) -> Result<(Value, Box<DiscoverableAuthentication>), PasskeyError> {
    let own = core.store()?.accounts.read(|tx| rows::of_account(tx, account))?;
    let here = own.iter().filter(|row| row.rp_id == site.name);
    let named = here.map(
        |row| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&row.credential_id) }),
    );
    let named: Vec<_> = named.collect();
    if named.is_empty() {
        return Err(PasskeyError::NoneHere);
    }
    let (mut options, state) = challenge(site)?;
    if let Some(public_key) = options.pointer_mut("/publicKey").and_then(Value::as_object_mut) {
        public_key.insert("allowCredentials".to_owned(), Value::Array(named));
    }
    Ok((options, state))
}

/// Signs in by what the authenticator answered. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn sign_in(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    site: &Site,
    ceremony: TicketId,
    shown: &PublicKeyCredential,
) -> Result<Token, PasskeyError> {
    permitted(permit, Action::SignIn)?;
    let what = desk::take(core, now, site, ceremony)?;
    let (waiting, methods) = match &what {
        Ceremony::Anybody(_) => (None, Methods::NONE.and(Method::Passkey)),
        Ceremony::SecondStep(ticket, ..) => {
            // The password may have run out meanwhile.
            let waiting = signin::waiting(core, *ticket, now)?;
            let methods = waiting.shown.and(Method::Passkey);
            (Some(waiting), methods)
        }
        Ceremony::Register(..) | Ceremony::StepUp(..) => return Err(PasskeyError::CeremonyOver),
    };
    let outcome = core.store()?.accounts.write(|tx| {
        waiting.as_ref().map_or(Ok(()), |waiting| signin::check_standing(tx, waiting))?;
        let (account, passkey) = match look(tx, core, now, site, &what, shown)? {
            Looked::Fits(account, passkey) => (account, passkey),
            Looked::Cloned => return Ok(Err(PasskeyError::Refused)),
        };
        let token = signin::open(tx, core, now, &account, methods, asker)?;
        sessions::note_factor(tx, &token.hash(), passkey)?;
        Ok::<_, PasskeyError>(Ok(token))
    })?;
    if let (Ok(_), Some(waiting)) = (&outcome, &waiting) {
        core.signin_desk().remove(waiting.ticket);
    }
    outcome
}

/// Raises the session that asks. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn step_up(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    site: &Site,
    ceremony: TicketId,
    shown: &PublicKeyCredential,
) -> Result<Token, PasskeyError> {
    permitted(permit, Action::OwnAccount(Own::StepUp))?;
    let what = desk::take(core, now, site, ceremony)?;
    match &what {
        Ceremony::StepUp(session, ..) if *session == facts.session.id => {}
        Ceremony::StepUp(..)
        | Ceremony::Register(..)
        | Ceremony::Anybody(_)
        | Ceremony::SecondStep(..) => return Err(PasskeyError::CeremonyOver),
    }
    core.store()?.accounts.write(|tx| match look(tx, core, now, site, &what, shown)? {
        Looked::Fits(_, passkey) => {
            let methods = Methods::NONE.and(Method::Passkey);
            let token = stepup::raise(tx, core, now, facts, methods)?;
            sessions::note_factor(tx, &token.hash(), passkey)?;
            Ok(Ok(token))
        }
        Looked::Cloned => Ok::<_, PasskeyError>(Err(PasskeyError::Refused)),
    })?
}

enum Looked {
    Fits(Account, FactorId),
    /// The signature is right and its counter is not: there are two of it. The log must keep that and
    /// its person be told, so it is no error that rolls back.
    Cloned,
}

/// Looks at an answer. In one transaction with what it opens, so that of two answers with one
/// counter one is refused.
fn look(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    site: &Site,
    what: &Ceremony,
    shown: &PublicKeyCredential,
) -> Result<Looked, PasskeyError> {
    let found = rows::by_credential(tx, shown.get_credential_id())?;
    let row = found.filter(|row| row.rp_id == site.name).ok_or(PasskeyError::Refused)?;
    let account = identity::account_by_id(tx, row.account)?.filter(|account| account.enabled);
    let account = account.ok_or(PasskeyError::Refused)?;
    let mut passkey = stored(&row)?;
    match check(site, what, &row, &passkey, shown) {
        Ok(result) => {
            passkey.update_credential(&result);
            rows::used(tx, row.id, &to_store(&passkey)?, now.wall)?;
            Ok(Looked::Fits(account, row.id))
        }
        Err(WebauthnError::CredentialPossibleCompromise) => {
            let detail = json!({
                "account": account.id.to_string(), "passkey": row.id.to_string(),
            });
            audit::append(tx, now, "mfa.passkey_cloned", &detail.to_string())?;
            tell_of_copy(tx, core, now, &row)?;
            Ok(Looked::Cloned)
        }
        Err(error) => {
            tracing::info!(%error, "a passkey was refused");
            Err(PasskeyError::Refused)
        }
    }
}

/// Tells its person that there may be two of a passkey.
fn tell_of_copy(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    row: &PasskeyRow,
) -> Result<(), StoreError> {
    let Some(user) = identity::user_by_account(tx, row.account)? else { return Ok(()) };
    let (kind, factor) = (NoticeKind::PasskeyCopied, Some(row.id));
    let news = News { kind, about: &row.name, factor, session: None };
    notices::tell_of(tx, core, now, user.id, None, &news)
}

fn check(
    site: &Site,
    what: &Ceremony,
    row: &PasskeyRow,
    passkey: &Passkey,
    shown: &PublicKeyCredential,
) -> Result<AuthenticationResult, WebauthnError> {
    let handle = shown.get_user_unique_id();
    let owners = handle == Some(row.account.as_bytes().as_slice());
    let state = match what {
        Ceremony::Anybody(state) if owners => state,
        Ceremony::SecondStep(_, account, state) | Ceremony::StepUp(_, account, state)
            if *account == row.account && (owners || handle.is_none()) =>
        {
            state
        }
        Ceremony::Anybody(_)
        | Ceremony::SecondStep(..)
        | Ceremony::StepUp(..)
        | Ceremony::Register(..) => return Err(WebauthnError::InvalidUserUniqueId),
    };
    let webauthn = site.webauthn().map_err(|_| WebauthnError::Configuration)?;
    webauthn.finish_discoverable_authentication_v2(shown, state.as_ref().clone(), passkey)
}
