//! A new passkey for an account.

use serde_json::{Value, json};
use stead_rules::ids::{FactorId, TicketId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{FactorKind, Method, Name, may_add_passkey};
use stead_rules::time::Now;
use stead_store::accounts::passkeys::{self as rows, PasskeyRow};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};
use webauthn_rs::prelude::{Passkey, RegisterPublicKeyCredential, Uuid};

use super::desk::{self, Begun, Ceremony};
use super::{PasskeyError, Site, to_store};
use crate::host::entropy::fresh;
use crate::service::authenticators::{added, check_first, raised_by};
use crate::service::core::{Core, permitted};
use crate::service::factors::Kept;
use crate::service::sessions::Token;
use crate::service::signin::Asker;

/// Gives out a challenge for a new passkey of whoever is signed in. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn begin(
    core: &Core,
    permit: &Permit,
    now: Now,
    asker: &Asker,
    facts: &SessionFacts,
    site: &Site,
) -> Result<Begun, PasskeyError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let user = &facts.user;
    let present = core.store()?.accounts.read(|tx| may_register(tx, core, facts))?;
    let known = present.into_iter().map(|row| row.credential_id).collect();
    let handle = Uuid::from_bytes(*user.account.as_bytes());
    let (options, state) = site
        .webauthn()?
        .start_passkey_registration(handle, &user.name, &user.name, Some(known))
        .map_err(PasskeyError::Library)?;
    let what = Ceremony::Register(facts.session.id, Box::new(state));
    let ceremony = desk::wait_for(core, now, asker.peer.address, site, what);
    Ok(Begun { ceremony, options: discoverable(json!(options)) })
}

/// A passkey must be found without a name typed first, so the authenticator has to keep it.
fn discoverable(mut options: Value) -> Value {
    let selection = options.pointer_mut("/publicKey/authenticatorSelection");
    if let Some(selection) = selection.and_then(Value::as_object_mut) {
        selection.insert("residentKey".to_owned(), json!("required"));
        selection.insert("requireResidentKey".to_owned(), json!(true));
    }
    options
}

fn may_register(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    facts: &SessionFacts,
) -> Result<Vec<PasskeyRow>, PasskeyError> {
    let present = rows::of_account(tx, facts.user.account)?;
    may_add_passkey(present.len())?;
    check_first(tx, core, facts)?;
    Ok(present)
}

/// What the authenticator made.
pub struct Made<'a> {
    /// The challenge it answers.
    pub ceremony: TicketId,
    /// What its owner calls it.
    pub name: &'a str,
    /// The new public key, with what proves that its other half is there.
    pub credential: &'a RegisterPublicKeyCredential,
}

/// Checks what the authenticator made and keeps it under this name. Its owner was verified for that,
/// so the session is raised by it as if it had been shown, unless a recovery code was. Blocks.
///
/// # Errors
/// [`PasskeyError`].
pub fn finish(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    site: &Site,
    made: &Made<'_>,
) -> Result<(FactorId, Option<Token>), PasskeyError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let name = Name::parse(made.name)?;
    let state = match desk::take(core, now, site, made.ceremony)? {
        Ceremony::Register(session, state) if session == facts.session.id => state,
        Ceremony::Register(..)
        | Ceremony::Anybody(_)
        | Ceremony::SecondStep(..)
        | Ceremony::StepUp(..) => return Err(PasskeyError::CeremonyOver),
    };
    let passkey = site.webauthn()?.finish_passkey_registration(made.credential, &state);
    let passkey = passkey.map_err(|error| {
        tracing::info!(%error, "a passkey was not registered");
        PasskeyError::Refused
    })?;
    let id = fresh(core.entropy.as_ref(), FactorId::from_bytes);
    let token = core.store()?.accounts.write(|tx| {
        may_register(tx, core, facts)?;
        keep(tx, core, now, facts, site, &passkey, (id, &name))?;
        Ok::<_, PasskeyError>(raised_by(tx, core, now, facts, Method::Passkey, id)?)
    })?;
    Ok((id, token))
}

fn keep(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    site: &Site,
    passkey: &Passkey,
    (id, name): (FactorId, &Name),
) -> Result<(), PasskeyError> {
    let row = PasskeyRow {
        id,
        account: facts.user.account,
        rp_id: site.name.clone(),
        credential_id: passkey.cred_id().to_vec(),
        credential: to_store(passkey)?,
        name: name.as_str().to_owned(),
        created: now.wall,
        used: None,
        leads_here: true,
    };
    match rows::add(tx, &row) {
        Err(StoreError::Exists(_)) => return Err(PasskeyError::Exists),
        added => added?,
    }
    let kept = Kept {
        id,
        kind: FactorKind::Passkey,
        name: row.name,
        created: row.created,
        used: None,
        of_use: true,
    };
    Ok(added(tx, core, now, facts, &kept)?)
}
