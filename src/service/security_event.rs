//! After a security event: one act of the owner asks everybody for another password, ends whatever
//! is open but the session that asks, and tells everybody. The old password alone sets no new one then.

use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::signin::NoticeKind;
use stead_rules::time::Now;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{
    audit, claim as server, identity, invitations, people, provider, remembered, sessions, way_back,
};
use stead_store::{Accounts, StoreError, WriteTx};

use super::claim::{self, ClaimError};
use super::core::{Core, permitted};
use super::notices;
use super::people::by;

/// What the act did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Who was told.
    pub people: usize,
    /// Who is asked for another password: those who have one here.
    pub passwords: usize,
    /// Sessions of browsers, televisions and apps that ended.
    pub sessions: usize,
}

/// Signs everybody out and asks for new passwords. `typed` is the server's name. Blocks.
///
/// # Errors
/// [`ClaimError`]; nothing is changed then.
pub fn declare(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    typed: &str,
) -> Result<Done, ClaimError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    claim::check_name(core, typed)?;
    let done = core.store()?.accounts.write(|tx| {
        let done = end_everything(tx, core, now, facts)?;
        let detail = serde_json::json!({
            "by": by(permit),
            "people": done.people, "passwords": done.passwords, "sessions": done.sessions,
        });
        audit::append(tx, now, "recovery.security_event", &detail.to_string())?;
        Ok::<_, ClaimError>(done)
    })?;
    core.session_ended.send_replace(());
    Ok(done)
}

fn end_everything(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
) -> Result<Done, StoreError> {
    let own = facts.session.id;
    // Whatever was opened before is void, also what was approved and has not asked yet.
    server::bump_epoch(tx)?;
    sessions::keep(tx, own)?;
    let sessions = sessions::end_all_but(tx, own)?;
    let everybody = people::all(tx)?;
    let mut passwords = 0;
    for person in &everybody {
        let user = person.user.id;
        passwords += usize::from(identity::want_new_password(tx, person.user.account)?);
        remembered::remove_all(tx, user)?;
        provider::forget_agreements(tx, user)?;
        way_back::remove_all(tx, user)?;
        let by = (user == facts.user.id).then_some(own);
        notices::tell(tx, core, now, user, by, NoticeKind::SecurityEvent, "")?;
    }
    // Whoever had the owner's session may have invited themselves.
    for invitation in invitations::all(tx, &core.run)? {
        invitations::take(tx, invitation.id)?;
    }
    Ok(Done { people: everybody.len(), passwords, sessions })
}
