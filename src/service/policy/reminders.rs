//! Reminders into the inbox of who is missing something, and by mail if they left an address: by hand,
//! and by themselves while grace is used up.

use stead_rules::ids::UserId;
use stead_rules::limits::REMINDER_BY_HAND_SECONDS;
use stead_rules::policy::{
    Action, Guard, Permit, RequirementId, Standing, may_remind, reminder_due,
};
use stead_rules::signin::{Assurance, NoticeKind};
use stead_rules::time::{Elapsed, Now};
use stead_store::accounts::board::{self, Somebody};
use stead_store::accounts::{claim, grace, people, reminders as rows};
use stead_store::{Accounts, StoreError, WriteTx};

use super::{PolicyError, note, standings};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::invitations::{Reaches, reaches};
use crate::service::{mail, notices};

/// Reminds somebody of what is required of them. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn remind(core: &Core, permit: &Permit, now: Now, user: UserId) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Users))?;
    core.store()?.accounts.write(|tx| {
        let somebody = board::one(tx, user)?.ok_or(PolicyError::NotFound)?;
        let bound = Bound::of(tx, core, now, somebody)?.ok_or(PolicyError::NothingAsked)?;
        let last = rows::last_by_hand(tx, &core.run, user)?;
        if let (Err(_), Some(last)) = (may_remind(last, now), last) {
            let (Elapsed::Exactly(ms) | Elapsed::AtLeast(ms)) = last.elapsed(now);
            let seconds = REMINDER_BY_HAND_SECONDS.saturating_sub(ms / 1000).max(1);
            return Err(PolicyError::RemindedAlready { seconds });
        }
        rows::note(tx, &core.run, user, rows::BY_HAND, now)?;
        tell(tx, core, now, user, bound)?;
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
            // Who is bound by something else is told of that, at its own steps.
            let bound = Bound::of(tx, core, now, somebody)?
                .filter(|bound| bound.requirement == granted.requirement);
            let Some(bound) = bound else { continue };
            grace::tell(tx, &core.run, &granted, step, now)?;
            rows::note(tx, &core.run, granted.user, step.word(), now)?;
            tell(tx, core, now, granted.user, bound)?;
        }
        Ok(())
    })
}

/// What somebody is reminded of: the requirement that binds them, as they are told of it wherever they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bound {
    requirement: RequirementId,
    level: Assurance,
    left: Left,
}

/// What is left of grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Days(u32),
    Nothing,
}

impl Bound {
    /// None for whoever is asked for nothing.
    fn of(
        tx: &WriteTx<'_, Accounts>,
        core: &Core,
        now: Now,
        somebody: Somebody,
    ) -> Result<Option<Self>, StoreError> {
        let concerns = standings::of(tx, &core.run, somebody.user)?.unwrap_or_default();
        let stands = standings::stands(somebody, &concerns, now);
        let Some((standing, row)) = stands.somebody.person().bound_by(&stands.required) else {
            return Ok(None);
        };
        let left = match standing {
            Standing::Fine | Standing::Exempt => return Ok(None),
            Standing::Grace(days) => Left::Days(days.0),
            Standing::NeverCame | Standing::Blocked => Left::Nothing,
        };
        Ok(Some(Self { requirement: row.id, level: row.level, left }))
    }
}

fn tell(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    bound: Bound,
) -> Result<(), StoreError> {
    notices::tell(tx, core, now, user, None, NoticeKind::SecondFactorAsked, bound.level.word())?;
    let server = claim::server(tx)?.map_or_else(String::new, |server| server.name);
    let owner = people::owner(tx)?.map_or_else(String::new, |owner| owner.user.name);
    let base = core.link_bases().into_iter().next().unwrap_or_default();
    let (subject, body) = words(&owner, &server, bound, (&base, reaches(core)));
    mail::tell(tx, core, now, user, &subject, &body)?;
    Ok(())
}

/// Subject and text. It is the host's rule, and not the software's.
fn words(owner: &str, server: &str, bound: Bound, link: (&str, Reaches)) -> (String, String) {
    let what = match bound.level {
        Assurance::MfaPhishingResistant => "a passkey",
        Assurance::None | Assurance::Password | Assurance::Mfa => "a second factor",
    };
    let when = match bound.left {
        Left::Nothing => "now: until you have one, nothing opens there".to_owned(),
        Left::Days(1) => "within a day".to_owned(),
        Left::Days(days) => format!("within {days} days"),
    };
    let (base, reaches) = link;
    let place = match reaches {
        Reaches::PublicUrl => "wherever you are".to_owned(),
        Reaches::Home => format!("in your home network, or wherever you open {server}"),
    };
    let body = format!(
        "{owner}, who runs {server}, asks for {what} here {when}.\n\n\
         Set it up {place}:\n{base}settings/enrol\n\n\
         You get this message because you left this address at {server}. You can take it back in the \
         settings there, under Security.\n"
    );
    (format!("{server}: {what} is asked for"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_whose_rule_it_is_what_it_asks_for_and_by_when() {
        let link = ("https://stead-ab12.local/", Reaches::Home);
        let (mfa, passkey) = (Assurance::Mfa, Assurance::MfaPhishingResistant);
        for (level, what, left, when) in [
            (mfa, "a second factor", Left::Days(14), "within 14 days."),
            (mfa, "a second factor", Left::Days(1), "within a day."),
            (passkey, "a passkey", Left::Days(3), "within 3 days."),
            (passkey, "a passkey", Left::Nothing, "now: until you have one, nothing opens there."),
        ] {
            let bound = Bound { requirement: RequirementId(1), level, left };
            let (subject, body) = words("Maria", "Attic", bound, link);
            assert_eq!(subject, format!("Attic: {what} is asked for"));
            let first = format!("Maria, who runs Attic, asks for {what} here {when}");
            assert!(body.starts_with(&first), "{body}");
            assert!(body.contains("your home network, or wherever you open Attic:\nhttps://stead-ab12.local/settings/enrol\n"), "{body}");
        }
    }
}
