//! The board: how everybody stands, for those who tend the server.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use stead_rules::ids::{GroupId, UserId};
use stead_rules::limits::{ADOPTION_DAYS_MAX, BOARD_ROWS_MAX};
use stead_rules::policy::{Action, Guard, Permit, RequirementId, Standing, Tend};
use stead_rules::signin::Assurance;
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::adoption::{self, Adoption};
use stead_store::accounts::board::{self as rows, Hanging};
use stead_store::accounts::{decisions, groups};
use stead_store::{Accounts, ReadTx, StoreError};

use super::log::first_hour_shown;
use super::requirements::Counts;
use super::standings::{self, Stands};
use crate::service::core::{Core, CoreError, permitted};

/// By what the board is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    Name,
    /// The worst off first.
    State,
    /// Who was here longest ago first.
    LastSeen,
    /// Who showed a factor longest ago first.
    LastMfa,
    /// Who was refused least often first.
    Blocked,
}

/// Which rows of the board.
#[derive(Debug, Clone)]
pub struct Ask {
    /// In which order.
    pub sort: Sort,
    /// The other way round.
    pub descending: bool,
    /// Only those who stand like one of these words; none: all.
    pub states: Vec<String>,
    /// Only those in this group.
    pub group: Option<GroupId>,
    /// Only those whose name holds this, in any case.
    pub text: Option<String>,
    /// So many are passed over.
    pub offset: usize,
    /// So many at most.
    pub limit: usize,
}

/// Some rows of the board.
#[derive(Debug)]
pub struct Board {
    /// How many there are of what was asked for.
    pub total: usize,
    /// How everybody stands.
    pub counts: Counts,
    /// The rows.
    pub rows: Vec<BoardRow>,
}

/// Somebody on the board.
#[derive(Debug)]
pub struct BoardRow {
    /// Who, and how they stand.
    pub stands: Stands,
    /// How they stand with each requirement.
    pub with_each: Vec<(RequirementId, Standing)>,
    /// The groups they are in.
    pub groups: Vec<(GroupId, String)>,
    /// What hangs on them.
    pub hanging: Hanging,
    /// How often they were refused in the last 30 days.
    pub blocked: u64,
    /// When last.
    pub last_blocked: Option<WallMs>,
}

/// Some rows of the board. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn look(core: &Core, permit: &Permit, now: Now, ask: &Ask) -> Result<Board, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    let limit = ask.limit.clamp(1, BOARD_ROWS_MAX);
    Ok(core.store()?.accounts.read(|tx| described(tx, core, now, ask, ask.offset, limit))?)
}

/// All rows of the board, to be taken out. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn export(core: &Core, permit: &Permit, now: Now, ask: &Ask) -> Result<Board, CoreError> {
    permitted(permit, Action::Guard(Guard::Export))?;
    Ok(core.store()?.accounts.read(|tx| described(tx, core, now, ask, 0, usize::MAX))?)
}

type Blocked = HashMap<UserId, (u64, WallMs)>;

fn described(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    ask: &Ask,
    offset: usize,
    limit: usize,
) -> Result<Board, StoreError> {
    let everybody = standings::all(tx, &core.run, now, None)?.people;
    let counts = Counts::of(everybody.iter());
    let blocked = decisions::blocked_since(tx, first_hour_shown(now))?;
    let members: Option<HashSet<_>> = match ask.group {
        Some(group) => Some(groups::members_of(tx, group)?.into_iter().collect()),
        None => None,
    };
    let names: HashMap<_, _> =
        groups::all(tx)?.into_iter().map(|group| (group.id, group.name)).collect();
    let mut people: Vec<_> =
        everybody.into_iter().filter(|one| is_asked_for(one, ask, members.as_ref())).collect();
    let total = people.len();
    // By name first, once for each; what is alike in another order stays so.
    people.sort_by_cached_key(|one| (one.somebody.name.to_lowercase(), one.somebody.user));
    match (ask.sort, ask.descending) {
        (Sort::Name, false) => {}
        (Sort::Name, true) => people.reverse(),
        (sort, false) => people.sort_by(|a, b| in_order(a, b, sort, &blocked)),
        (sort, true) => people.sort_by(|a, b| in_order(b, a, sort, &blocked)),
    }
    let mut shown = Vec::new();
    for stands in people.into_iter().skip(offset).take(limit) {
        let user = stands.somebody.user;
        let person = stands.somebody.person();
        let each = stands.required.iter();
        let own = groups::of(tx, user)?.into_iter();
        let known = blocked.get(&user).copied();
        shown.push(BoardRow {
            with_each: each
                .map(|one| match stands.unreadable.contains(&one.id) {
                    true => (one.id, Standing::Blocked),
                    false => (one.id, person.standing(std::slice::from_ref(one))),
                })
                .collect(),
            groups: own.filter_map(|id| Some((id, names.get(&id)?.clone()))).collect(),
            hanging: rows::hanging(tx, user)?,
            blocked: known.map_or(0, |(times, _)| times),
            last_blocked: known.map(|(_, last)| last),
            stands,
        });
    }
    Ok(Board { total, counts, rows: shown })
}

fn is_asked_for(one: &Stands, ask: &Ask, members: Option<&HashSet<UserId>>) -> bool {
    let Ask { states, text, .. } = ask;
    let state = states.is_empty() || states.iter().any(|word| word == one.standing.word());
    let group = members.is_none_or(|members| members.contains(&one.somebody.user));
    let holds = |text: &String| one.somebody.name.to_lowercase().contains(&text.to_lowercase());
    let text = text.as_ref().is_none_or(holds);
    state && group && text
}

fn in_order(a: &Stands, b: &Stands, sort: Sort, blocked: &Blocked) -> Ordering {
    let times = |one: &Stands| blocked.get(&one.somebody.user).map_or(0, |(times, _)| *times);
    match sort {
        Sort::Name => Ordering::Equal,
        Sort::State => b.standing.cmp(&a.standing),
        Sort::LastSeen => a.somebody.last_seen.cmp(&b.somebody.last_seen),
        Sort::LastMfa => a.somebody.last_mfa.cmp(&b.somebody.last_mfa),
        Sort::Blocked => times(a).cmp(&times(b)),
    }
}

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Keeps how many have a second factor today. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn keep_adoption(core: &Core, now: Now) -> Result<(), CoreError> {
    let accounts = &core.store()?.accounts;
    let people = accounts.read(|tx| standings::all(tx, &core.run, now, None))?.people;
    let mut today = Adoption { day: now.wall.0.div_euclid(DAY_MS), ..Adoption::default() };
    for one in people.iter().filter(|one| one.somebody.enabled) {
        let enrolled = one.somebody.reach >= Assurance::Mfa;
        let is_asked = !one.required.is_empty();
        let has_it = one.required.iter().all(|row| one.somebody.reach >= row.level);
        for (place, counts) in [
            (&mut today.people, true),
            (&mut today.enrolled, enrolled),
            (&mut today.asked, is_asked),
            (&mut today.asked_enrolled, is_asked && has_it),
        ] {
            *place = place.saturating_add(u32::from(counts));
        }
    }
    accounts.note(|tx| Ok(adoption::put(tx, &today)?))
}

/// How many had a second factor in the last days, the oldest first. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn adoption(
    core: &Core,
    permit: &Permit,
    now: Now,
    days: i64,
) -> Result<Vec<Adoption>, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    let days = days.clamp(1, ADOPTION_DAYS_MAX);
    let first = now.wall.0.div_euclid(DAY_MS).saturating_sub(days).saturating_add(1);
    Ok(core.store()?.accounts.read(|tx| adoption::since(tx, first))?)
}
