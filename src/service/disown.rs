//! "It was not me": one act undoes what a notice tells of, ends whatever is open elsewhere, and wants
//! another password.

use stead_rules::ids::{AccountId, NoticeId};
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::signin::{
    CannotSetWanted, NoticeKind, may_remove_several, may_set_wanted_password,
};
use stead_rules::time::Now;
use stead_store::accounts::notices::{self as rows, Notice};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{audit, identity, lost};
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};

use super::core::{Core, permitted};
use super::factors::{self, FactorError, Kept};
use super::notices;
use crate::host::kind::Kind;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The session that asked may choose another password now.
    NewPassword,
    /// Another password is wanted, and takes a link or code of the owner's.
    AskTheOwner,
    /// There is no password here to change.
    Nothing,
}

/// Disowns a notice. Blocks.
///
/// # Errors
/// [`FactorError`]; nothing is changed then.
pub fn disown(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    notice: NoticeId,
) -> Result<Next, FactorError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let (user, session) = (&facts.user, facts.session.id);
    let settable = may_set_wanted_password(facts.session.methods, facts.vouched);
    // At an account service nobody else can help: there the old password stays good for a new one.
    let stays = core.kind == Kind::Accounts && settable.is_err();
    let next = core.store()?.accounts.write(|tx| {
        let notice = rows::one(tx, user.id, notice)?.ok_or(FactorError::NotFound)?;
        let removed = undo(tx, now, facts, &notice)?;
        let stays = stays && !(removed && password_is_left_short(tx, user.account)?);
        factors::bump_epoch(tx, user.id, Some(session))?;
        rows::seen(tx, user.id, session, notice.id)?;
        let (by, kind) = (Some(session), NoticeKind::Disowned);
        notices::tell(tx, core, now, user.id, by, kind, &notice.about)?;
        let detail = serde_json::json!({
            "user": user.id.to_string(), "notice": notice.kind.word(), "at_ms": notice.at.0,
        });
        audit::append(tx, now, "mfa.disowned", &detail.to_string())?;
        // Whoever may not set it is told to do so only if the old one stays good for that.
        let helped = match settable {
            Ok(()) => Next::NewPassword,
            Err(CannotSetWanted) if stays => return Ok(Next::NewPassword),
            Err(CannotSetWanted) => Next::AskTheOwner,
        };
        let wanted = identity::want_new_password(tx, user.account)?;
        Ok::<_, FactorError>(if wanted { helped } else { Next::Nothing })
    })?;
    core.session_ended.send_replace(());
    Ok(next)
}

/// Whether a password is all there is by now that may be too short for that. It was taken beside a
/// factor, so it must not go on opening the account by itself.
fn password_is_left_short(
    tx: &ReadTx<'_, Accounts>,
    account: AccountId,
) -> Result<bool, StoreError> {
    Ok(factors::second(tx, account)?.is_empty() && !identity::may_stand_alone(tx, account)?)
}

/// Takes back what the notice tells of, as far as the end of all other sessions does not: a factor
/// that was added or copied, factors that were added by who signed in, recovery codes that were made.
/// Whether a factor went.
fn undo(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    facts: &SessionFacts,
    notice: &Notice,
) -> Result<bool, FactorError> {
    let user = &facts.user;
    let codes_made_there = match (notice.kind, notice.session) {
        (NoticeKind::SignedIn, Some(session)) => {
            rows::was_told_of(tx, user.id, NoticeKind::RecoveryCodesMade, session)?
        }
        (kind, _) => kind == NoticeKind::RecoveryCodesMade,
    };
    if codes_made_there {
        identity::put_recovery_codes(tx, user.account, &[])?;
    }
    let makers = lost::makers(tx, user.account)?;
    let made_there = |kept: &Kept| {
        makers.iter().any(|(factor, by)| *factor == kept.id && Some(*by) == notice.session)
    };
    let present = factors::second(tx, user.account)?;
    let is_theirs = |kept: &&Kept| Some(kept.id) == notice.factor || made_there(kept);
    let going: Vec<_> = present.iter().filter(is_theirs).collect();
    may_remove_several(user.role, false, present.len(), going.len())?;
    for kept in &going {
        factors::take_away(tx, user.account, kept)?;
        factors::log(tx, now, "mfa.removed", user, kept)?;
    }
    Ok(!going.is_empty())
}
