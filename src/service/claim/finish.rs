//! The last step: one transaction that makes the owner, and everything that follows from it.

use stead_rules::claim::{
    Applied, Before, Copied, Database, Event, Generation, Kept, State, WizardStep, apply,
    next_generation, step,
};
use stead_rules::ids::{FactorId, IssuerId, TicketId, UserId};
use stead_rules::policy::{Action, ClientKind, LOCAL_VIEWER, Permit, Role};
use stead_rules::signin::{Method, Methods, tail_of_any};
use stead_rules::time::Now;
use stead_store::accounts::factors::{self, Authenticator};
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::{audit, claim as rows, issuers, local};
use stead_store::{Accounts, WriteTx};

use super::desk::{ClaimDesk, Draft};
use super::effects::run;
use super::{ClaimError, claimant, plug};
use crate::host::entropy::{Entropy, fresh};
use crate::service::core::Core;
use crate::service::issuer;
use crate::service::sessions::{self, NewSession, Token};
use crate::service::sha256;

/// What the authenticator of the wizard is called until its owner gives it another name.
const FIRST_AUTHENTICATOR: &str = "Authenticator";

/// A claimed server.
pub struct Finished {
    /// Signs the owner's browser in.
    pub token: Token,
}

/// Makes the owner, if `tail` ends one of the recovery codes. Blocks.
///
/// # Errors
/// [`ClaimError`]; nothing is stored then.
pub fn finish(
    core: &Core,
    permit: &Permit,
    now: Now,
    tail: &str,
    agent: &str,
) -> Result<Finished, ClaimError> {
    let browser = claimant(permit, Action::ClaimStep)?;
    let mut desk = core.desk();
    confirm_tail(core, &mut desk, now, browser, tail)?;
    let generation = next_generation(desk.marker, stored_generation(core)?);
    let event = Event::OwnerWritten { browser, generation };
    // The decision is made inside the transaction that writes what it is about: a refusal rolls
    // the owner back, and the effects run only after the commit.
    let (token, applied) = core.store()?.accounts.write(|tx| {
        let decided = step(&desk.state, &event, now)?;
        make_way(tx, &desk.state, now)?;
        let token = write_owner(tx, core, &desk.draft, now, generation, agent)?;
        // Or a plug pattern that was shown for this claim, and is forgotten after it, would after a
        // power cut in between wait for an owner who never comes.
        rows::set_owner_came(tx, true)?;
        let applied = Applied { next: decided.next, effects: decided.effects, answer: Ok(()) };
        Ok::<_, ClaimError>((token, applied))
    })?;
    let Draft { client, .. } = std::mem::take(&mut desk.draft);
    run(core, &mut desk, applied, now)?;
    plug::forget(core, &mut desk, now);
    if let Some(client) = client {
        issuer::adopt(core, client);
    }
    Ok(Finished { token })
}

fn confirm_tail(
    core: &Core,
    desk: &mut ClaimDesk,
    now: Now,
    browser: TicketId,
    tail: &str,
) -> Result<(), ClaimError> {
    if matches!(&desk.state, State::Pending(p) if p.holder == browser && p.wizard >= WizardStep::Codes)
        && !tail_of_any(&desk.draft.recovery_codes, tail)
    {
        return Err(ClaimError::TailWrong);
    }
    let done = Event::StepDone { browser, step: WizardStep::Codes };
    let applied = apply(&desk.state, &done, now);
    run(core, desk, applied, now)
}

/// After a recovery the former owner becomes a member who may not come in, in the transaction that
/// makes the new one. Nowhere else does anybody make way: the table refuses a second owner.
fn make_way(tx: &WriteTx<'_, Accounts>, state: &State, now: Now) -> Result<(), ClaimError> {
    let State::Pending(pending) = state else { return Ok(()) };
    if pending.resumes == Before::Recovery {
        rows::depose_owner(tx)?;
        rows::keep(tx, Kept::Owned)?;
        audit::append(tx, now, "recovery.owner_deposed", "{}")?;
    }
    Ok(())
}

/// What the accounts say of the last claim; a server without accounts says nothing.
pub(super) fn stored_generation(core: &Core) -> Result<Database, ClaimError> {
    let Ok(store) = core.store() else { return Ok(Database::None) };
    let server = store.accounts.read(rows::server)?;
    let generation = Generation(server.map_or(0, |server| server.generation));
    Ok(Database::Claimed { generation, kept: Kept::Owned, copied: Copied::Latest })
}

fn write_owner(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    draft: &Draft,
    now: Now,
    generation: Generation,
    agent: &str,
) -> Result<Token, ClaimError> {
    let entropy = core.entropy.as_ref();
    let fresh_id = fresh(entropy, IssuerId::from_bytes);
    let issuer = match &draft.external {
        Some(_) => issuer::row(tx, core, fresh_id, now)?,
        None => identity::embedded_issuer(tx, fresh_id, now.wall)?,
    };
    if let Some(client) = &draft.client {
        issuers::put_client(tx, issuer, client, now.wall)?;
    }
    let owner = owner(entropy, draft, issuer)?;
    write_account(tx, entropy, draft, &owner, now)?;
    identity::make_user(tx, &owner, now.wall)?;
    // Whoever played without a sign-in until now sees nothing from this commit on.
    local::hide(tx, LOCAL_VIEWER)?;
    rows::set_generation(tx, generation.0)?;
    rows::mark_clock(tx, core.clock.mark())?;
    let detail = serde_json::json!({ "user": owner.id.to_string(), "name": owner.name });
    audit::append(tx, now, "claim.owner_made", &detail.to_string())?;
    let first = draft.external.as_ref().map(|identity| identity.methods);
    let first = first.unwrap_or(Methods::NONE.and(Method::Password));
    let methods = draft.totp_step.map_or(first, |_| first.and(Method::Totp));
    let new = NewSession { client: ClientKind::Web, agent, methods };
    Ok(sessions::open(tx, core, now, &owner, &new)?)
}

fn owner(entropy: &dyn Entropy, draft: &Draft, issuer: IssuerId) -> Result<User, ClaimError> {
    let account =
        draft.account.ok_or(stead_rules::claim::Reject::WrongStep { at: WizardStep::Owner })?;
    Ok(User {
        id: fresh(entropy, UserId::from_bytes),
        issuer,
        sub: draft.external.as_ref().map_or_else(|| account.to_string(), |who| who.sub.clone()),
        account,
        name: draft.name.clone(),
        role: Role::Owner,
        enabled: true,
        epoch: 0,
    })
}

fn write_account(
    tx: &WriteTx<'_, Accounts>,
    entropy: &dyn Entropy,
    draft: &Draft,
    owner: &User,
    now: Now,
) -> Result<(), ClaimError> {
    let (id, nobody) = (owner.account, owner.id.to_string());
    // Who comes from an issuer has no password here, and a name that nobody can type.
    let login = draft.external.as_ref().map_or(&draft.login, |_| &nobody);
    let account = Account {
        id,
        login: login.clone(),
        name: draft.name.clone(),
        password_hash: draft.password_hash.to_string(),
        epoch: 0,
        enabled: true,
    };
    identity::make_account(tx, &account, now.wall)?;
    if let Some(last_step) = draft.totp_step {
        let authenticator = Authenticator {
            id: fresh(entropy, FactorId::from_bytes),
            name: FIRST_AUTHENTICATOR.to_owned(),
            secret: draft.totp_secret.clone(),
            last_step,
            created: now.wall,
            used: Some(now.wall),
        };
        factors::add_authenticator(tx, id, &authenticator)?;
    }
    let hashes: Vec<_> = draft.recovery_codes.iter().map(|code| sha256(code.bytes())).collect();
    identity::put_recovery_codes(tx, id, &hashes)?;
    Ok(())
}
