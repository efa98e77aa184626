//! Requirements: those that there are, setting one, and giving one person time.

use stead_rules::ids::UserId;
use stead_rules::policy::{
    Action, Author, CannotRequire, Guard, Permit, RequirementId, Standing, Tend, Wished,
    may_require,
};
use stead_rules::signin::Assurance;
use stead_rules::time::Now;
use stead_store::accounts::requirements::{self as rows, About, Required};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{board, grace, groups, identity, libraries, passkeys};
use stead_store::{Accounts, ReadTx, StoreError, WriteTx};

use super::standings;
use super::{PolicyError, about_word, note, number, reminders};
use crate::config::Tls;
use crate::service::chain;
use crate::service::core::{Core, CoreError, permitted};

const DAY_SECONDS: u64 = 24 * 3600;

/// A requirement that is wished.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// What it is about.
    pub about: About,
    /// What it asks for.
    pub wished: Wished,
}

/// Every requirement, with what may be required now.
#[derive(Debug)]
pub struct Policy {
    /// Those that can be read, with the names of their groups and libraries.
    pub requirements: Vec<(Required, Option<String>)>,
    /// Those that cannot.
    pub unreadable: Vec<RequirementId>,
    /// What would keep whoever asks from requiring a second factor.
    pub mfa: Result<(), CannotRequire>,
    /// What would keep them from requiring one that resists phishing.
    pub phishing_resistant: Result<(), CannotRequire>,
    /// How everybody stands.
    pub counts: Counts,
}

/// How many stand how, of those who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them.
    pub people: usize,
    /// They have what is required.
    pub fine: usize,
    /// They need not have it.
    pub exempt: usize,
    /// They have some time left.
    pub grace: usize,
    /// They were never here, and must enrol when they come.
    pub never_came: usize,
    /// They must enrol.
    pub blocked: usize,
}

impl Counts {
    /// Counts people who stand like this.
    pub(super) fn of<'a>(people: impl Iterator<Item = &'a standings::Stands>) -> Self {
        let mut counts = Self::default();
        for one in people.filter(|one| one.somebody.enabled) {
            counts.people = counts.people.saturating_add(1);
            let place = match one.standing {
                Standing::Fine => &mut counts.fine,
                Standing::Exempt => &mut counts.exempt,
                Standing::Grace(_) => &mut counts.grace,
                Standing::NeverCame => &mut counts.never_came,
                Standing::Blocked => &mut counts.blocked,
            };
            *place = place.saturating_add(1);
        }
        counts
    }
}

/// Every requirement. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn all(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<Policy, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    Ok(core.store()?.accounts.read(|tx| {
        let author = author(tx, core, facts)?;
        let asks =
            |level| may_require(author, Wished { level, grace_days: 0, max_age_seconds: None });
        let (mut requirements, mut unreadable) = (Vec::new(), Vec::new());
        for row in rows::all(tx)? {
            match row {
                Ok(row) => requirements.push((row, name_of(tx, row.about)?)),
                Err(id) => unreadable.push(id),
            }
        }
        let everybody = standings::all(tx, &core.run, now, None)?;
        Ok::<_, StoreError>(Policy {
            requirements,
            unreadable,
            mfa: asks(Assurance::Mfa),
            phishing_resistant: asks(Assurance::MfaPhishingResistant),
            counts: Counts::of(everybody.people.iter()),
        })
    })?)
}

/// What a group or library is called.
pub(super) fn name_of(
    tx: &ReadTx<'_, Accounts>,
    about: About,
) -> Result<Option<String>, StoreError> {
    match about {
        About::Server => Ok(None),
        About::Group(group) => Ok(groups::one(tx, group)?.map(|group| group.name)),
        About::Library(library) => Ok(libraries::name(tx, library)?),
    }
}

/// Who asks, as the rules need to know them.
fn author(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    facts: &SessionFacts,
) -> Result<Author, StoreError> {
    // Whoever has a passkey here had a browser that took this server's name for it.
    let name_is_trusted = match core.config.net.tls {
        Tls::Files { .. } => true,
        Tls::OwnCa => passkeys::any_leads_here(tx)?,
    };
    Ok(Author {
        reach: facts.within_reach,
        has_recovery_codes: identity::recovery_codes_left(tx, facts.user.account)? > 0,
        name_is_trusted,
    })
}

/// Whether whoever asks may require this; the seconds of grace.
pub(super) fn checked(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    facts: &SessionFacts,
    wish: Wish,
) -> Result<u64, PolicyError> {
    may_require(author(tx, core, facts)?, wish.wished)?;
    let there = match wish.about {
        About::Server => true,
        About::Group(_) | About::Library(_) => name_of(tx, wish.about)?.is_some(),
    };
    if !there {
        return Err(PolicyError::NotFound);
    }
    let days = u64::try_from(wish.wished.grace_days).map_err(|_| CannotRequire::Grace)?;
    Ok(days.saturating_mul(DAY_SECONDS))
}

/// The requirement that is about this, also if it is switched off.
pub(super) fn at(tx: &ReadTx<'_, Accounts>, about: About) -> Result<Option<Required>, StoreError> {
    let mut known = rows::all(tx)?.into_iter().filter_map(Result::ok);
    Ok(known.find(|row| row.about == about))
}

/// Requires something, in place of what was required of the same. Those who are there when it is
/// switched on get its grace; who comes later enrols with the invitation. Where the days change, who had
/// some gets the new time, less what is used up, or keeps what was given to them alone if that is longer.
/// Blocks.
///
/// # Errors
/// [`PolicyError`]; nothing is changed then.
pub fn set(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    wish: Wish,
) -> Result<(Required, Option<String>), PolicyError> {
    permitted(permit, Action::Guard(Guard::Policy))?;
    let Wish { about, wished } = wish;
    let set = core.store()?.accounts.write(|tx| {
        let grace_seconds = checked(tx, core, facts, wish)?;
        let known = at(tx, about)?;
        let was_on = known.is_some_and(|row| row.is_on);
        let days_changed = known.is_some_and(|row| row.grace_seconds != grace_seconds);
        if let Some(known) = known {
            settle(tx, core, known.id, was_on, now)?;
        }
        let age = wished.max_age_seconds;
        let id = rows::put(tx, about, wished.level, grace_seconds, age, now.wall)?;
        if days_changed {
            grace::regrant_all(tx, &core.run, id, grace_seconds)?;
        }
        if !was_on {
            for user in board::concerned(tx, about)? {
                grace::grant(tx, &core.run, user, id, grace_seconds, now)?;
            }
        }
        let detail = serde_json::json!({
            "requirement": number(id), "about": about_word(about), "level": wished.level.word(),
            "grace_days": wished.grace_days, "max_age_s": age, "was_on": was_on,
            "before": known.map(|row| serde_json::json!({
                "level": row.level.word(), "grace_days": row.grace_seconds / DAY_SECONDS,
                "max_age_s": row.max_age_seconds,
            })),
        });
        note(tx, permit, now, "policy.required", detail)?;
        let row = at(tx, about)?.ok_or(StoreError::BadRow { what: "requirement" })?;
        Ok::<_, PolicyError>((row, name_of(tx, about)?))
    })?;
    // What flows looks again at once.
    core.session_ended.send_replace(());
    if let Err(error) = reminders::send_due(core, now) {
        tracing::warn!(error = %chain(&error), "nobody was reminded yet; it is tried again");
    }
    Ok(set)
}

/// What is used up until now is kept, and of a pause nothing is.
pub(super) fn settle(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    requirement: RequirementId,
    was_on: bool,
    now: Now,
) -> Result<(), StoreError> {
    if !was_on {
        return grace::go_on(tx, &core.run, requirement, now);
    }
    for granted in grace::running(tx, &core.run)? {
        if granted.requirement == requirement {
            grace::keep(tx, &core.run, &granted, now)?;
        }
    }
    Ok(())
}

/// Gives one person so many days from now on, also in place of time that cannot be read. Blocks.
///
/// # Errors
/// [`PolicyError`].
pub fn give_days(
    core: &Core,
    permit: &Permit,
    now: Now,
    user: UserId,
    requirement: RequirementId,
    days: i64,
) -> Result<(), PolicyError> {
    permitted(permit, Action::Guard(Guard::Policy))?;
    let days = stead_rules::policy::may_give_days(days)?;
    core.store()?.accounts.write(|tx| {
        let known = rows::all(tx)?.into_iter().flatten().any(|row| row.id == requirement);
        if !known || identity::user_by_id(tx, user)?.is_none() {
            return Err(PolicyError::NotFound);
        }
        let left = u64::from(days).saturating_mul(DAY_SECONDS);
        let known = grace::of(tx, &core.run, user, requirement)?;
        let unreadable = matches!(known, Some(Err(_)));
        let used = match known {
            Some(Ok(granted)) => {
                grace::keep(tx, &core.run, &granted, now)?;
                // Rounded down: of a second more, a whole day would be shown.
                granted.allowance.until(now).used_ms / 1000
            }
            Some(Err(_)) => {
                grace::forget(tx, user, requirement)?;
                0
            }
            None => 0,
        };
        let seconds = used.saturating_add(left);
        grace::give(tx, &core.run, user, requirement, seconds, now)?;
        let detail = serde_json::json!({
            "user": user.to_string(), "requirement": number(requirement), "days": days,
            "unreadable": unreadable.then_some(true),
        });
        Ok(note(tx, permit, now, "grace.given", detail)?)
    })?;
    core.session_ended.send_replace(());
    Ok(())
}
