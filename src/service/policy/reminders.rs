//! Reminders that an owner sends by hand, into the inbox of who is missing something.

use stead_rules::ids::UserId;
use stead_rules::limits::REMINDER_BY_HAND_SECONDS;
use stead_rules::policy::{Action, Guard, Permit, Standing, may_remind};
use stead_rules::signin::NoticeKind;
use stead_rules::time::{Elapsed, Now};
use stead_store::accounts::{board, reminders as rows};

use super::{PolicyError, note, standings};
use crate::service::core::{Core, permitted};
use crate::service::notices;

/// Reminds somebody of what is required of them. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn remind(core: &Core, permit: &Permit, now: Now, user: UserId) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        let somebody = board::one(tx, user)?.ok_or(PolicyError::NotFound)?;
        let concerns = standings::of(tx, &core.run, user)?.unwrap_or_default();
        match standings::stands(somebody, &concerns, now).standing {
            Standing::Fine | Standing::Exempt => return Err(PolicyError::NothingAsked),
            Standing::Grace(_) | Standing::NeverCame | Standing::Blocked => {}
        }
        let last = rows::last_by_hand(tx, &core.run, user)?;
        if let (Err(_), Some(last)) = (may_remind(last, now), last) {
            let (Elapsed::Exactly(ms) | Elapsed::AtLeast(ms)) = last.elapsed(now);
            let seconds = REMINDER_BY_HAND_SECONDS.saturating_sub(ms / 1000).max(1);
            return Err(PolicyError::RemindedAlready { seconds });
        }
        rows::note(tx, &core.run, user, rows::BY_HAND, now)?;
        notices::tell(tx, core, now, user, None, NoticeKind::SecondFactorAsked, "")?;
        let detail = serde_json::json!({ "user": user.to_string(), "step": rows::BY_HAND });
        Ok(note(tx, permit, now, "reminder.sent", detail)?)
    })
}
