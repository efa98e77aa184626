//! Reminders into the inbox of who is missing something, and by mail if they left an address: by hand,
//! and by themselves while grace is used up.

use stead_rules::ids::UserId;
use stead_rules::limits::REMINDER_BY_HAND_SECONDS;
use stead_rules::policy::{Action, Guard, Permit, Reminder, Standing, may_remind, reminder_due};
use stead_rules::signin::NoticeKind;
use stead_rules::time::{Elapsed, Now};
use stead_store::accounts::requirements::Concern;
use stead_store::accounts::{board, claim, grace, people, reminders as rows};
use stead_store::{Accounts, StoreError, WriteTx};

use super::{PolicyError, note, standings};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::{mail, notices};

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
        tell(tx, core, now, user, Left::of(&concerns, now))?;
        let detail = serde_json::json!({ "user": user.to_string(), "step": rows::BY_HAND });
        Ok(note(tx, permit, now, "reminder.sent", detail)?)
    })
}

/// Tells everybody whose grace has come to its next step: when it was switched on, at half of it, and a
/// week, three days, a day and nothing before its end. Blocks.
///
/// # Errors
/// [`CoreError`]; what was not told is told the next time.
pub fn send_due(core: &Core, now: Now) -> Result<(), CoreError> {
    core.store()?.accounts.note(|tx| {
        for granted in grace::running(tx, &core.run)? {
            let Some(step) = reminder_due(granted.allowance, granted.told, now) else { continue };
            let Some(somebody) = board::one(tx, granted.user)? else { continue };
            let concerns = standings::of(tx, &core.run, granted.user)?.unwrap_or_default();
            match standings::stands(somebody, &concerns, now).standing {
                Standing::Fine | Standing::Exempt => continue,
                Standing::Grace(_) | Standing::NeverCame | Standing::Blocked => {}
            }
            grace::tell(tx, &core.run, &granted, step, now)?;
            rows::note(tx, &core.run, granted.user, step.word(), now)?;
            let left = match step {
                Reminder::Over => Left::Nothing,
                Reminder::On
                | Reminder::Half
                | Reminder::Week
                | Reminder::ThreeDays
                | Reminder::Day => Left::of(&concerns, now),
            };
            tell(tx, core, now, granted.user, left)?;
        }
        Ok(())
    })
}

/// What is left of grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Days(u32),
    Nothing,
}

impl Left {
    /// Of all that concerns somebody, the least.
    fn of(concerns: &[Concern], now: Now) -> Self {
        let days = concerns.iter().filter_map(|concern| concern.grace?.days_left(now)).min();
        days.map_or(Self::Nothing, Self::Days)
    }
}

fn tell(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    left: Left,
) -> Result<(), StoreError> {
    notices::tell(tx, core, now, user, None, NoticeKind::SecondFactorAsked, "")?;
    let server = claim::server(tx)?.map_or_else(String::new, |server| server.name);
    let owner = people::owner(tx)?.map_or_else(String::new, |owner| owner.user.name);
    let (subject, body) = words(&owner, &server, left, &core.reach().urls());
    mail::tell(tx, core, now, user, &subject, &body)?;
    Ok(())
}

/// Subject and text. It is the host's rule, and not the software's.
fn words(owner: &str, server: &str, left: Left, addresses: &[String]) -> (String, String) {
    let when = match left {
        Left::Nothing => "now: until you have one, nothing opens there".to_owned(),
        Left::Days(1) => "within a day".to_owned(),
        Left::Days(days) => format!("within {days} days"),
    };
    let at = addresses.first().map_or("", String::as_str);
    let body = format!(
        "{owner}, who runs {server}, asks for a second factor here {when}.\n\n\
         Set it up in your home network, or wherever you open {server}:\n{at}settings/enrol\n\n\
         You get this message because you left this address at {server}. You can take it back in the \
         settings there, under Security.\n"
    );
    (format!("{server}: a second factor is asked for"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_whose_rule_it_is_and_by_when() {
        let at = ["https://stead-ab12.local/".to_owned()];
        for (left, when) in [
            (Left::Days(14), "within 14 days."),
            (Left::Days(1), "within a day."),
            (Left::Nothing, "now: until you have one, nothing opens there."),
        ] {
            let (subject, body) = words("Maria", "Attic", left, &at);
            assert_eq!(subject, "Attic: a second factor is asked for");
            let first = format!("Maria, who runs Attic, asks for a second factor here {when}");
            assert!(body.starts_with(&first), "{body}");
            assert!(body.contains("https://stead-ab12.local/settings/enrol\n"), "{body}");
        }
    }
}
