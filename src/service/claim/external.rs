//! The owner's sign-in at an external issuer, in the place of a name and a password.
//!
//! The issuer's own pages ask for the account's password; this server never does. What the issuer's
//! word is not worth (a second factor) is asked for here, and recovery codes are always made.

use std::sync::Arc;

use stead_rules::claim::{Peer, WizardStep};
use stead_rules::ids::{AccountId, TicketId};
use stead_rules::policy::{Action, Permit};
use stead_rules::signin::oidc::steps_of_claim;
use stead_rules::time::Now;
use zeroize::Zeroizing;

use super::desk::{ClaimDesk, Draft, replace_draft};
use super::wizard::{new_codes, position, step};
use super::{ClaimError, Enrolment, claimant};
use crate::host::entropy::fresh;
use crate::service::core::Core;
use crate::service::issuer::{self, Identity, IssuerError, Purpose, Registered, Returned, Sent};
use crate::service::totp;

/// How the wizard goes on after the issuer.
pub enum Vouched {
    /// With a factor of this server's own.
    Factor(Enrolment),
    /// With the recovery codes: the issuer vouches for a second factor.
    Codes(Vec<Zeroizing<String>>),
}

/// Sends the browser that holds the claim to the issuer.
///
/// # Errors
/// [`ClaimError`].
pub async fn begin_at_issuer(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    origin: &str,
) -> Result<Sent, ClaimError> {
    let holder = claimant(permit, Action::ClaimStep)?;
    if issuer::configured(core)?.registers_itself() {
        // What it may be registered as is a former owner's.
        return Err(IssuerError::NoClient.into());
    }
    core.blocking(move |core| position(&core.desk(), now, holder).map(drop)).await?;
    Ok(issuer::send(core, now, peer, origin, Purpose::Claim(holder), None).await?)
}

/// Takes it back: whoever signed in there will be the owner.
///
/// # Errors
/// [`ClaimError`].
pub async fn finish_at_issuer(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    browser: Option<TicketId>,
    returned: Returned,
) -> Result<Vouched, ClaimError> {
    let holder = claimant(permit, Action::ClaimStep)?;
    let is_this = |purpose: &Purpose| *purpose == Purpose::Claim(holder);
    let (identity, _) = issuer::take_back(core, now, browser, returned, is_this).await?;
    core.blocking(move |core| keep_identity(core, now, holder, identity, None)).await
}

/// Whoever it is will be the owner, with what this server was registered as for them.
pub(super) fn keep_identity(
    core: &Core,
    now: Now,
    holder: TicketId,
    identity: Identity,
    client: Option<Registered>,
) -> Result<Vouched, ClaimError> {
    let mut desk = core.desk();
    let done = steps_of_claim(identity.methods);
    for one in done {
        if let Err(refused) = step(core, &mut desk, now, holder, *one) {
            // The claim is another one's by now, or nobody's.
            if let Some(client) = client {
                issuer::give_back(core, client);
            }
            return Err(refused);
        }
    }
    let name = identity.name.clone().unwrap_or_else(|| "Owner".to_owned());
    let account = Some(fresh(core.entropy.as_ref(), AccountId::from_bytes));
    let draft = Draft { name, account, external: Some(identity), client, ..Draft::default() };
    replace_draft(core, &mut desk, draft);
    if done.contains(&WizardStep::Totp) {
        return Ok(Vouched::Codes(new_codes(core, &mut desk)));
    }
    Ok(Vouched::Factor(new_factor(core, &mut desk)))
}

/// An authenticator for whoever will be the owner, in the place of any other.
pub(super) fn new_factor(core: &Core, desk: &mut ClaimDesk) -> Enrolment {
    let secret = totp::new_secret(core.entropy.as_ref());
    let uri = totp::uri(&secret, &desk.draft.name);
    let enrolment = Enrolment { uri, secret_base32: totp::base32(&secret) };
    desk.draft.totp_secret = secret;
    enrolment
}
