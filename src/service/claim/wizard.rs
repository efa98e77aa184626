//! The wizard's steps, from the proof to the last question before the owner is made.

use std::net::IpAddr;
use std::sync::Arc;

use stead_rules::claim::{
    ClaimCode, Event, LinkSecret, Peer, ProofKind, Reject, State, Wait, WizardStep, apply,
    may_show_proof,
};
use stead_rules::ids::{AccountId, TicketId};
use stead_rules::limits::{PASSWORD_MIN_WITH_FACTOR_CHARS, RECOVERY_CODES};
use stead_rules::policy::{Action, Permit};
use stead_rules::secret::SecretText;
use stead_rules::signin::{Name, Password, RecoveryCode, TimeSource, check_password};
use stead_rules::time::{Now, TimeTrust, WallMs};
use stead_store::accounts::{claim, identity};
use zeroize::Zeroizing;

use super::desk::{ClaimDesk, Draft, replace_draft};
use super::effects::run;
use super::{ClaimError, Outcome, claimant, own_code, plug, renewal};
use crate::host::entropy::{bytes, fresh};
use crate::service::core::{Core, permitted};
use crate::service::totp;

/// A proof of possession, as it came in.
pub enum Proof {
    /// The secret of the link in the set-up page.
    Link(SecretText),
    /// The code on the console.
    Code(SecretText),
    /// The owner's own code, which was judged already: see [`is_own_code`].
    Own {
        /// Whether it is right.
        right: bool,
    },
    /// What a phone holds that waited for the plug pattern.
    Plug(SecretText),
}

impl Proof {
    const fn kind(&self) -> ProofKind {
        match self {
            Self::Link(_) => ProofKind::Link,
            Self::Code(_) => ProofKind::Code,
            Self::Own { .. } => ProofKind::Own,
            Self::Plug(_) => ProofKind::Plug,
        }
    }
}

/// A claim that has begun, or goes on in the browser that holds it.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    /// What this browser shows from now on.
    pub ticket: TicketId,
    /// What it is asked next.
    pub step: WizardStep,
    /// How long it may take.
    pub expires_in_seconds: u64,
}

/// Begins a claim with a proof of possession, or continues one here. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub fn begin(
    core: &Core,
    permit: &Permit,
    now: Now,
    peer: Peer,
    proof: &Proof,
    take_over: bool,
    browser_time: WallMs,
) -> Result<Begun, ClaimError> {
    permitted(permit, Action::ClaimBegin)?;
    let mut desk = core.desk();
    renewal::if_old(core, &mut desk, now)?;
    let (kind, right) = judge(&mut desk, proof, peer, now)?;
    // A ticket counts only in the hands it was given to: anybody may have planted another.
    let browser = permit
        .claimant()
        .filter(|ticket| position(&desk, now, *ticket).is_ok())
        .unwrap_or_else(|| fresh(core.entropy.as_ref(), TicketId::from_bytes));
    let event = if right {
        Event::ProofAccepted { kind, browser, take_over, peer }
    } else {
        Event::ProofRejected { kind, peer }
    };
    let applied = apply(&desk.state, &event, now);
    run(core, &mut desk, applied, now).map_err(|error| explained(core, &desk, proof, error))?;
    desk.displaced = desk.displaced.filter(|(displaced, _)| *displaced != browser);
    if desk.state.was_claimed() {
        core.clock.offer_browser_time(browser_time);
    } else {
        core.clock.replace_browser_time(browser_time);
    }
    position(&desk, now, browser)
}

/// A code of one's own is never right where none was taken: then that is what is told.
fn explained(core: &Core, desk: &ClaimDesk, proof: &Proof, error: ClaimError) -> ClaimError {
    match (proof, error) {
        (Proof::Own { .. }, ClaimError::Refused(Reject::ProofWrong))
            if own_code::stored(core).is_none() =>
        {
            ClaimError::NoOwnCode { refused: desk.own_code_refused }
        }
        (_, error) => error,
    }
}

fn judge(
    desk: &mut ClaimDesk,
    proof: &Proof,
    peer: Peer,
    now: Now,
) -> Result<(ProofKind, bool), ClaimError> {
    if may_show_proof(&desk.state, peer, now).is_err() {
        // Not looked at: whoever may not show a proof learns nothing about it.
        return Ok((proof.kind(), false));
    }
    let address = peer.address;
    match proof {
        Proof::Link(secret) => {
            let given = LinkSecret::parse(secret.expose()).ok();
            let right = desk.offer.as_ref().zip(given).is_some_and(|(o, g)| o.link.matches(&g));
            Ok((ProofKind::Link, right))
        }
        Proof::Code(code) => {
            if let Wait::Seconds(seconds) = desk.throttle.check(address, now.boot) {
                return Err(ClaimError::SlowDown { seconds });
            }
            let given = ClaimCode::parse(code.expose()).ok();
            let right = desk.offer.as_ref().zip(given).is_some_and(|(o, g)| o.code.matches(&g));
            if right {
                desk.throttle.forget(address);
            } else {
                desk.throttle.missed(address, now.boot);
            }
            Ok((ProofKind::Code, right))
        }
        Proof::Own { right } => {
            own_code::judged(desk, peer, now, *right);
            Ok((ProofKind::Own, *right))
        }
        Proof::Plug(secret) => Ok((ProofKind::Plug, plug::proves(desk, secret))),
    }
}

/// Whether this is the owner's own code, for [`begin`]. It was chosen by a person, so each guess
/// costs a password hash in its turn, and a place that misses waits; nobody else ever waits for it.
///
/// # Errors
/// [`ClaimError`].
pub async fn is_own_code(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    peer: Peer,
    code: String,
) -> Result<bool, ClaimError> {
    permitted(permit, Action::ClaimBegin)?;
    let code = own_code::as_password(&SecretText::new(code));
    match core.blocking(move |core| own_code_to_judge(core, peer, now)).await? {
        // Whoever may not show a proof is told so, whatever they show.
        None => Ok(false),
        Some(stored) => Ok(core.hasher.verify(peer, code, stored).await?),
    }
}

/// The hash to judge a guess by; a server without an own code judges by nobody's. None for whoever
/// may not show a proof.
fn own_code_to_judge(
    core: &Core,
    peer: Peer,
    now: Now,
) -> Result<Option<Option<String>>, ClaimError> {
    let desk = core.desk();
    if may_show_proof(&desk.state, peer, now).is_err() {
        return Ok(None);
    }
    own_code::to_judge(core, &desk, peer, now).map(Some)
}

/// Where this browser's claim stands.
#[derive(Debug, Clone, Copy)]
pub enum Standing {
    /// It holds the claim.
    Holds(Begun),
    /// It did, until another browser with the proof went on at this address.
    TakenOver(IpAddr),
}

/// Where this browser's claim stands. Blocks.
///
/// # Errors
/// [`ClaimError::Refused`] for a browser that holds nothing.
pub fn standing(core: &Core, permit: &Permit, now: Now) -> Result<Standing, ClaimError> {
    let browser = claimant(permit, Action::ClaimBegin)?;
    let mut desk = core.desk();
    let applied = apply(&desk.state, &Event::Tick, now);
    run(core, &mut desk, applied, now)?;
    match (position(&desk, now, browser), desk.displaced) {
        (Ok(begun), _) => Ok(Standing::Holds(begun)),
        (Err(_), Some((displaced, by))) if displaced == browser => Ok(Standing::TakenOver(by)),
        (Err(refused), _) => Err(refused),
    }
}

pub(super) fn position(desk: &ClaimDesk, now: Now, browser: TicketId) -> Result<Begun, ClaimError> {
    match &desk.state {
        State::Pending(pending) if pending.holder == browser => Ok(Begun {
            ticket: browser,
            step: pending.wizard,
            expires_in_seconds: pending.left_ms(now) / 1000,
        }),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => Err(Reject::NotYours { taken_over: false }.into()),
    }
}

/// What an authenticator app is given.
pub struct Enrolment {
    /// `otpauth://…`, for a button and for the QR code.
    pub uri: Zeroizing<String>,
    /// The secret alone, to be typed.
    pub secret_base32: Zeroizing<String>,
}

/// Takes the owner's name and password and makes the authenticator's secret.
///
/// # Errors
/// [`ClaimError`].
pub async fn name_owner(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    from: Peer,
    name: &str,
    password: Password,
) -> Result<Enrolment, ClaimError> {
    let browser = claimant(permit, Action::ClaimStep)?;
    if core.issuer.is_some() {
        return Err(ClaimError::AtIssuer);
    }
    let name = Name::parse(name)?;
    let known = [name.as_str(), "Stead"];
    check_password(&password, PASSWORD_MIN_WITH_FACTOR_CHARS, &known, false)?;
    let key = name.key();
    core.blocking(move |core| {
        position(&core.desk(), now, browser)?;
        name_is_free(core, &key)
    })
    .await?;
    let hash = core.hasher.hash(from, password, bytes(core.entropy.as_ref())).await?;
    core.blocking(move |core| keep_owner(core, now, browser, &name, hash)).await
}

/// A member may sign in with it. The former owner's is free: they make way.
fn name_is_free(core: &Core, login: &str) -> Result<(), ClaimError> {
    core.store()?.accounts.read(|tx| {
        let taken = identity::account_by_login(tx, login)?;
        let owner = claim::owner_account(tx)?;
        match taken {
            Some(account) if Some(account.id) != owner => Err(ClaimError::NameTaken),
            Some(_) | None => Ok(()),
        }
    })
}

fn keep_owner(
    core: &Core,
    now: Now,
    browser: TicketId,
    name: &Name,
    hash: String,
) -> Result<Enrolment, ClaimError> {
    let mut desk = core.desk();
    step(core, &mut desk, now, browser, WizardStep::Owner)?;
    let secret = totp::new_secret(core.entropy.as_ref());
    let enrolment =
        Enrolment { uri: totp::uri(&secret, name.as_str()), secret_base32: totp::base32(&secret) };
    let draft = Draft {
        name: name.as_str().to_owned(),
        login: name.key(),
        password_hash: Zeroizing::new(hash),
        account: Some(fresh(core.entropy.as_ref(), AccountId::from_bytes)),
        totp_secret: secret,
        ..Draft::default()
    };
    replace_draft(core, &mut desk, draft);
    Ok(enrolment)
}

/// Takes the authenticator's first code and makes the recovery codes. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub fn confirm_totp(
    core: &Core,
    permit: &Permit,
    now: Now,
    code: &str,
) -> Result<Vec<Zeroizing<String>>, ClaimError> {
    let browser = claimant(permit, Action::ClaimStep)?;
    let mut desk = core.desk();
    let at = position(&desk, now, browser)?.step;
    // Whose issuer vouches for a second factor has none here to confirm.
    if at < WizardStep::Totp || desk.draft.totp_secret.is_empty() {
        return Err(Reject::WrongStep { at }.into());
    }
    let accepted = totp::check(&desk.draft.totp_secret, code, now.wall, None);
    let step_number = accepted.map_err(|miss| ClaimError::TotpWrong {
        // Whoever told it the time, the server goes by it now.
        drift: miss.drift(Some(now.wall)),
        judged_by: match now.trust {
            TimeTrust::Synced => TimeSource::Server,
            TimeTrust::Held | TimeTrust::Unknown => TimeSource::Browser,
        },
    })?;
    step(core, &mut desk, now, browser, WizardStep::Totp)?;
    desk.draft.totp_step = Some(step_number);
    Ok(new_codes(core, &mut desk))
}

/// Makes the recovery codes.
pub(super) fn new_codes(core: &Core, desk: &mut ClaimDesk) -> Vec<Zeroizing<String>> {
    let code = |_| RecoveryCode::from_random(&bytes(core.entropy.as_ref()));
    desk.draft.recovery_codes = (0..RECOVERY_CODES).map(code).collect();
    desk.draft.recovery_codes.iter().map(|code| Zeroizing::new(code.expose())).collect()
}

pub(super) fn step(
    core: &Core,
    desk: &mut ClaimDesk,
    now: Now,
    browser: TicketId,
    done: WizardStep,
) -> Outcome {
    let applied = apply(&desk.state, &Event::StepDone { browser, step: done }, now);
    run(core, desk, applied, now)
}

/// Gives the claim up. Blocks.
///
/// # Errors
/// [`ClaimError::Refused`] for a browser that holds nothing.
pub fn cancel(core: &Core, permit: &Permit, now: Now) -> Outcome {
    let browser = claimant(permit, Action::ClaimStep)?;
    let mut desk = core.desk();
    let applied = apply(&desk.state, &Event::Denied { browser }, now);
    run(core, &mut desk, applied, now)
}
