//! New recovery codes: shown once, and they count when their owner has shown that they were kept.

use stead_rules::ids::TicketId;
use stead_rules::limits::RECOVERY_CODES;
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{NoticeKind, RecoveryCode, tail_of_any};
use stead_rules::time::Now;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{audit, identity};
use zeroize::Zeroizing;

use super::authenticators::check_first;
use super::core::{Core, permitted};
use super::drafts::Made;
use super::factors::FactorError;
use super::notices::{self, News};
use super::sha256;
use crate::host::entropy::{bytes, fresh};

/// Recovery codes that do not count yet.
pub struct Offered {
    /// Comes back with the end of one of them.
    pub ticket: TicketId,
    /// As they are shown, this once.
    pub codes: Vec<Zeroizing<String>>,
}

/// Makes a set of recovery codes. The old ones count until it is confirmed. Before there is a second
/// factor they would be one, so they take as much as a first one. Blocks.
///
/// # Errors
/// [`FactorError`].
pub fn begin(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Offered, FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    core.store()?.accounts.read(|tx| check_first(tx, core, facts))?;
    let one = |_| RecoveryCode::from_random(&bytes(core.entropy.as_ref()));
    let codes: Vec<_> = (0..RECOVERY_CODES).map(one).collect();
    let shown = codes.iter().map(|code| Zeroizing::new(code.expose())).collect();
    let ticket = fresh(core.entropy.as_ref(), TicketId::from_bytes);
    core.draft_desk().add(now, ticket, facts.user.id, Made::Codes(codes));
    Ok(Offered { ticket, codes: shown })
}

/// Puts the new codes in the place of the old ones, if `tail` ends one of them. Blocks.
///
/// # Errors
/// [`FactorError`]; the old codes count on then.
pub fn confirm(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    ticket: TicketId,
    tail: &str,
) -> Result<(), FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let user = &facts.user;
    let found = core.draft_desk().find(now, ticket, user.id);
    let Some(Made::Codes(codes)) = found else { return Err(FactorError::DraftOver) };
    if !tail_of_any(&codes, tail) {
        return Err(FactorError::TailWrong);
    }
    let hashes: Vec<_> = codes.iter().map(|code| sha256(code.bytes())).collect();
    let detail = serde_json::json!({ "user": user.id.to_string() }).to_string();
    let by = Some(facts.session.id);
    let kind = NoticeKind::RecoveryCodesMade;
    let news = News { kind, about: "", factor: None, session: by };
    core.store()?.accounts.write(|tx| {
        check_first(tx, core, facts)?;
        identity::put_recovery_codes(tx, user.account, &hashes)?;
        notices::tell_of(tx, core, now, user.id, by, &news)?;
        Ok::<_, FactorError>(audit::append(tx, now, "mfa.recovery_codes_made", &detail)?)
    })?;
    core.draft_desk().remove(ticket);
    Ok(())
}
