//! The owner's way back: a recovery code and proof that the box is in hand. Neither of them opens
//! anything alone.

use std::sync::Arc;

use stead_rules::claim::Peer;
use stead_rules::ids::TicketId;
use stead_rules::limits::FACTOR_ALL_WAIT_SECONDS;
use stead_rules::policy::{Action, Permit};
use stead_rules::secret::SecretText;
use stead_rules::signin::{
    Name, RecoveryCode, Wait, password_min_chars, place_of, rescue_is_live, wait_after,
};
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::identity;
use stead_store::accounts::people::{self, Person};
use stead_store::accounts::throttle::{self, Guess};
use stead_store::accounts::{audit, claim as rows, way_back};
use stead_store::{Accounts, ReadTx, WriteTx};
use zeroize::Zeroizing;

use super::possession::{InHand, Possession, accept, void};
use super::{
    Codes, Enrolment, NewFactor, Renewal, RescueError, check, confirmed, replace_factors, tell,
};
use crate::host::entropy::{bytes, fresh};
use crate::service::core::{Core, permitted};
use crate::service::{claim, sha256, totp};

/// A rescue that has shown both and waits for the new password.
#[derive(Clone)]
pub(super) struct UnderWay {
    ticket: TicketId,
    /// The recovery code that it will use up.
    code: [u8; 32],
    factor: Zeroizing<Vec<u8>>,
    begun: BootMs,
}

/// How it goes on.
pub struct Begun {
    /// Comes back with the new password.
    pub ticket: TicketId,
    /// What the owner types to sign in.
    pub login: String,
    /// A new authenticator, for whoever lost the old one.
    pub enrolment: Enrolment,
    /// How long the new password must be.
    pub password_min_chars: usize,
}

/// Takes both proofs. Nothing is used up yet. Blocks.
///
/// # Errors
/// [`RescueError`]. Wrong recovery codes are slowed down, and nobody gets to try one without the
/// box in hand, so nobody else can make the owner wait.
pub fn begin(
    core: &Core,
    permit: &Permit,
    now: Now,
    from: Peer,
    shown: &Possession,
    code: &SecretText,
) -> Result<Begun, RescueError> {
    permitted(permit, Action::ProvePresence)?;
    let in_hand = accept(core, now, from, shown)?;
    claim::may_come_back(core, now)?;
    let accounts = &core.store()?.accounts;
    let accepted =
        accounts.write(|tx| accept_code(tx, core, now, from, (shown, &in_hand), code))?;
    let (person, code) = accepted?;
    let login = accounts.read(|tx| login_of(tx, &person))?.as_str().to_owned();
    let factor = totp::new_secret(core.entropy.as_ref());
    let ticket = fresh(core.entropy.as_ref(), TicketId::from_bytes);
    let enrolment = Enrolment::of(&factor, &person.user.name);
    core.rescue_desk().owner = Some(UnderWay { ticket, code, factor, begun: now.boot });
    Ok(Begun {
        ticket,
        password_min_chars: password_min_chars(usize::from(person.has_second_factor())),
        login,
        enrolment,
    })
}

/// What the owner types to sign in. Whoever signed in at an issuer elsewhere until now has nothing
/// to type yet: it is their name, or another where somebody else here has that.
fn login_of(tx: &ReadTx<'_, Accounts>, person: &Person) -> Result<Name, RescueError> {
    let name = &person.user.name;
    let others = (1..).map(|n: u32| format!("Owner {n}"));
    for typed in std::iter::once(name.clone()).chain(others) {
        let Ok(login) = Name::parse(&typed) else { continue };
        let taken = identity::account_by_login(tx, &login.key())?;
        if taken.is_none_or(|account| account.id == person.user.account) {
            return Ok(login);
        }
    }
    Err(RescueError::Over)
}

type Accepted = Result<(Person, [u8; 32]), RescueError>;

/// A miss is an answer, and not an error: it is to be kept.
fn accept_code(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    from: Peer,
    (shown, _in_hand): (&Possession, &InHand),
    code: &SecretText,
) -> Result<Accepted, RescueError> {
    let person = people::owner(tx)?.ok_or(RescueError::Over)?;
    let account = person.user.account;
    let place = place_of(from.address).to_string();
    let guess = Guess { credential: format!("factor:{account}"), place };
    match wait_after(throttle::tries(tx, &core.run, &guess)?, FACTOR_ALL_WAIT_SECONDS, now) {
        Wait::Go => {}
        Wait::Seconds(seconds) => return Err(RescueError::SlowDown { seconds }),
    }
    let hash = RecoveryCode::parse(code.expose()).ok().map(|code| sha256(code.bytes()));
    let known = match hash {
        Some(hash) => people::has_recovery_code(tx, account, &hash)?.then_some(hash),
        None => None,
    };
    let detail = serde_json::json!({
        "user": person.user.id.to_string(), "from": from.address.to_string(),
        "possession": shown.word(),
    });
    let Some(hash) = known else {
        throttle::add_miss(tx, &core.run, &guess, now)?;
        audit::append(tx, now, "recovery.owner_refused", &detail.to_string())?;
        return Ok(Err(RescueError::WrongCode));
    };
    throttle::was_right(tx, &core.run, &guess, now)?;
    audit::append(tx, now, "recovery.owner_begun", &detail.to_string())?;
    Ok(Ok((person, hash)))
}

/// Sets the owner's new password, and the new authenticator if its first code is given. The
/// recovery code and the proof are used up, and whatever was opened for the owner before ends. The
/// answer holds new recovery codes if there is a new authenticator.
///
/// # Errors
/// [`RescueError`]; nothing is changed or used up then.
pub async fn finish(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    from: Peer,
    ticket: TicketId,
    renewal: Renewal,
) -> Result<Codes, RescueError> {
    permitted(permit, Action::ProvePresence)?;
    let Renewal { password, totp_code, browser_time } = renewal;
    let typed = password.clone();
    let (under_way, factor) = core
        .blocking(move |core| {
            let under_way = find(core, now, ticket)?;
            let person = core.store()?.accounts.read(people::owner)?.ok_or(RescueError::Over)?;
            check(&typed, &person, person.has_second_factor() || totp_code.is_some())?;
            let factor = match totp_code {
                Some(code) => {
                    let secret = &under_way.factor;
                    let step = confirmed(core, now, secret, Some(&code), browser_time)?;
                    Some(NewFactor { secret: secret.clone(), step })
                }
                None => None,
            };
            Ok::<_, RescueError>((under_way, factor))
        })
        .await?;
    let hash = core.hasher.hash(from, password, bytes(core.entropy.as_ref())).await?;
    core.blocking(move |core| {
        renew(core, now, from, &under_way, factor.as_ref(), &Zeroizing::new(hash))
    })
    .await
}

fn find(core: &Core, now: Now, ticket: TicketId) -> Result<UnderWay, RescueError> {
    let under_way = core.rescue_desk().owner.clone();
    under_way
        .filter(|one| one.ticket == ticket && rescue_is_live(one.begun, now))
        .ok_or(RescueError::Over)
}

fn renew(
    core: &Core,
    now: Now,
    from: Peer,
    under_way: &UnderWay,
    factor: Option<&NewFactor>,
    password_hash: &str,
) -> Result<Codes, RescueError> {
    let back = claim::come_back(core)?;
    let (codes, applied) = core.store()?.accounts.write(|tx| {
        let applied = back.write(tx, now)?;
        let person = people::owner(tx)?.ok_or(RescueError::Over)?;
        let (user, account) = (person.user.id, person.user.account);
        // Another browser may have been faster: the code is used up once.
        if !identity::use_recovery_code(tx, account, &under_way.code, now.wall)? {
            return Err(RescueError::Over);
        }
        if !person.has_password_here {
            people::set_login(tx, account, &login_of(tx, &person)?.key())?;
        }
        people::set_password(tx, account, password_hash)?;
        let codes = match factor {
            Some(factor) => replace_factors(tx, core, now, account, factor)?,
            None => Codes::new(),
        };
        way_back::remove_all(tx, user)?;
        people::sign_out_everywhere(tx, user)?;
        tell(tx, core, now, user)?;
        rows::mark_clock(tx, core.clock.mark())?;
        let detail = serde_json::json!({
            "user": user.to_string(),
            "from": from.address.to_string(),
            "new_factor": factor.is_some(),
        });
        audit::append(tx, now, "recovery.owner_done", &detail.to_string())?;
        Ok::<_, RescueError>((codes, applied))
    })?;
    back.run(core, applied, now)?;
    core.rescue_desk().owner = None;
    core.session_ended.send_replace(());
    if let Err(error) = void(core) {
        tracing::warn!(error = %crate::service::chain(&error), "the rescue page could not be removed");
    }
    Ok(codes)
}
