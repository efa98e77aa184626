//! What would come of a requirement, by the rules that would judge it: how everybody would stand, and
//! what of theirs would be stopped at once.

use std::collections::HashMap;

use stead_rules::ids::UserId;
use stead_rules::policy::{
    Account, Action, Asks, ClientKind, Epoch, Permit, RequirementId, Role, Session, Standing, Tend,
    asks_of,
};
use stead_rules::signin::Life;
use stead_rules::time::Now;
use stead_store::accounts::requirements::Required;
use stead_store::accounts::sessions::{self, Session as Stored};
use stead_store::{Accounts, ReadTx, StoreError};

use super::PolicyError;
use super::requirements::{Counts, Wish, at, checked};
use super::standings::{self, Stands, Tried};
use crate::service::core::{Core, permitted};
use crate::service::judge;

/// Who is shown of those whom a requirement would affect; all are counted.
const SHOWN_MAX: usize = 200;

/// What would come of a requirement.
#[derive(Debug)]
pub struct Preview {
    /// How everybody stands now.
    pub before: Counts,
    /// How they would.
    pub after: Counts,
    /// For how many something would change.
    pub changed: usize,
    /// How many would have to show their factor again at once.
    pub asked_again: usize,
    /// How many televisions and apps would have to be let in anew.
    pub devices: usize,
    /// Some of those for whom something would change, the worst off first.
    pub affected: Vec<Affected>,
}

/// Somebody for whom something would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// How they stand.
    pub before: Standing,
    /// How they would.
    pub after: Standing,
    /// What of theirs would be stopped at once.
    pub stopped: Stopped,
}

/// What of somebody would be stopped at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Stopped {
    /// Whether they are signed in in a browser, and would have to show their factor there again.
    pub asked_again: bool,
    /// Televisions and apps that would have to be let in anew.
    pub devices: usize,
}

/// What would come of a requirement. Nothing is changed. Blocks.
///
/// # Errors
/// [`PolicyError`], as setting it would be refused.
pub fn preview(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &sessions::SessionFacts,
    wish: Wish,
) -> Result<Preview, PolicyError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    core.store()?.accounts.read(|tx| {
        let grace_seconds = checked(tx, core, facts, wish)?;
        let known = at(tx, wish.about)?;
        let row = Required {
            id: known.map_or(RequirementId(0), |row| row.id),
            about: wish.about,
            level: wish.wished.level,
            grace_seconds,
            max_age_seconds: wish.wished.max_age_seconds,
            is_on: true,
            begun: now.wall,
        };
        let tried = Tried { row, known };
        let before = standings::all(tx, &core.run, now, None)?.people;
        let after = standings::all(tx, &core.run, now, Some(&tried))?.people;
        Ok(compared(&before, &after, &sessions_of_all(tx, core)?, now))
    })
}

type Sessions = HashMap<UserId, Vec<Stored>>;

fn sessions_of_all(tx: &ReadTx<'_, Accounts>, core: &Core) -> Result<Sessions, StoreError> {
    let mut all = Sessions::new();
    for session in sessions::every(tx, &core.run)? {
        all.entry(session.user).or_default().push(session);
    }
    Ok(all)
}

fn compared(before: &[Stands], after: &[Stands], sessions: &Sessions, now: Now) -> Preview {
    let was: HashMap<_, _> = before.iter().map(|one| (one.somebody.user, one)).collect();
    let mut affected: Vec<_> = after
        .iter()
        .filter(|one| one.somebody.enabled)
        .filter_map(|one| {
            let user = one.somebody.user;
            let (was, own) = (*was.get(&user)?, sessions.get(&user));
            let stopped = stopped(was, one, own.into_iter().flatten(), now);
            let changes = was.standing != one.standing || stopped != Stopped::default();
            changes.then(|| Affected {
                user,
                name: one.somebody.name.clone(),
                role: one.somebody.role,
                before: was.standing,
                after: one.standing,
                stopped,
            })
        })
        .collect();
    affected.sort_by(|a, b| {
        (b.after, b.stopped).cmp(&(a.after, a.stopped)).then_with(|| a.name.cmp(&b.name))
    });
    let (changed, asked_again) =
        (affected.len(), affected.iter().filter(|one| one.stopped.asked_again).count());
    let devices = affected.iter().map(|one| one.stopped.devices).sum();
    affected.truncate(SHOWN_MAX);
    let (before, after) = (Counts::of(before.iter()), Counts::of(after.iter()));
    Preview { before, after, changed, asked_again, devices, affected }
}

/// What goes on now and would not any more. Of whoever has to set a factor up, the standing says so;
/// what plays for them is stopped all the same.
fn stopped<'a>(
    was: &Stands,
    would: &Stands,
    sessions: impl Iterator<Item = &'a Stored>,
    now: Now,
) -> Stopped {
    let mut stopped = Stopped::default();
    // Of whom something cannot be read nothing goes on as it is.
    if !was.unreadable.is_empty() {
        return stopped;
    }
    for stored in sessions {
        let somebody = &would.somebody;
        let epoch = Epoch(stored.epoch);
        let account = Account { enabled: somebody.enabled, epoch };
        let session = judge::session_of(stored, somebody.role, somebody.reach, account);
        if session.life(now) == Life::Ended || asks(was, &session, now).is_some() {
            continue;
        }
        match (asks(would, &session, now), stored.client) {
            (Some(Asks::StepUp), ClientKind::Web) => stopped.asked_again = true,
            (Some(_), ClientKind::Tv | ClientKind::App | ClientKind::AppPassword) => {
                stopped.devices = stopped.devices.saturating_add(1);
            }
            (Some(_), ClientKind::Web) | (None, _) => {}
        }
    }
    stopped
}

/// What stops a session.
fn asks(of: &Stands, session: &Session, now: Now) -> Option<Asks> {
    let worst = of.required.iter().filter_map(|row| asks_of(row, session, now)).max()?;
    match worst {
        Asks::StepUp | Asks::Enrol => Some(worst),
        Asks::Exempt | Asks::Notice { .. } => None,
    }
}
