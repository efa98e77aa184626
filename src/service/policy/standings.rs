//! How everybody stands with what is required of them: as it is, and as it would be.

use std::collections::HashMap;

use stead_rules::ids::UserId;
use stead_rules::policy::{Allowance, Requirement, RequirementId, Standing};
use stead_rules::signin::Assurance;
use stead_rules::time::Now;
use stead_store::accounts::board::{self, Somebody};
use stead_store::accounts::exemptions;
use stead_store::accounts::grace::{self, Granted};
use stead_store::accounts::requirements::{self, Concern, Found, Required};
use stead_store::accounts::sessions::RunId;
use stead_store::{Accounts, ReadTx, StoreError};

use crate::service::core::Core;

/// Everybody, with what is required of each.
#[derive(Debug)]
pub struct Everybody {
    /// In no order.
    pub people: Vec<Stands>,
    /// What is required of some cannot be read, so everybody is refused.
    pub unreadable: bool,
}

/// Somebody with what is required of them.
#[derive(Debug, Clone)]
pub struct Stands {
    /// Who.
    pub somebody: Somebody,
    /// What concerns them, as it is judged now.
    pub required: Vec<Requirement>,
    /// Days that are left of an exemption, the longest.
    pub exempt_days: Option<u32>,
    /// How they stand.
    pub standing: Standing,
    /// Of what they are asked for, that of which their time or an exemption cannot be read: they are
    /// refused by that.
    pub unreadable: Vec<RequirementId>,
}

/// A requirement that is tried and not set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tried {
    /// As it would be; its number is that of the one whose place it takes, if there is one.
    pub(super) row: Required,
    /// That one, as it is now.
    pub(super) known: Option<Required>,
}

/// Everybody with what is required of them, with what is tried in its place.
///
/// # Errors
/// [`StoreError`].
pub(super) fn all(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    now: Now,
    tried: Option<&Tried>,
) -> Result<Everybody, StoreError> {
    let people = board::everybody(tx)?;
    let Some(mut concerns) = concerns(tx, run, now, tried)? else {
        let refused = |somebody| Stands {
            somebody,
            required: Vec::new(),
            exempt_days: None,
            standing: Standing::Blocked,
            unreadable: Vec::new(),
        };
        let people = people.into_iter().map(refused).collect();
        return Ok(Everybody { people, unreadable: true });
    };
    let people = people.into_iter().map(|somebody| {
        let OfOne { concerns, unreadable } = concerns.remove(&somebody.user).unwrap_or_default();
        let stands = stands(somebody, &concerns, now);
        let standing = if unreadable.is_empty() { stands.standing } else { Standing::Blocked };
        Stands { standing, unreadable, ..stands }
    });
    Ok(Everybody { people: people.collect(), unreadable: false })
}

/// How somebody stands with what concerns them.
pub(super) fn stands(somebody: Somebody, concerns: &[Concern], now: Now) -> Stands {
    let required: Vec<_> = concerns.iter().map(|concern| concern.judged(now)).collect();
    let days = concerns.iter().flat_map(|concern| &concern.exemptions);
    let exempt_days = days.filter_map(|allowance| allowance.days_left(now)).max();
    let standing = somebody.person().standing(&required);
    Stands { somebody, required, exempt_days, standing, unreadable: Vec::new() }
}

/// What is required of one person, and of which of that what they have cannot be read.
#[derive(Default)]
struct OfOne {
    concerns: Vec<Concern>,
    unreadable: Vec<RequirementId>,
}

/// An exemption: from what, and for how long if that can be read.
type Kept = (Option<RequirementId>, Option<Allowance>);
type OfAll = HashMap<UserId, OfOne>;

/// What is required of everybody; none where it cannot be read.
fn concerns(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    now: Now,
    tried: Option<&Tried>,
) -> Result<Option<OfAll>, StoreError> {
    let mut rows = Vec::new();
    for row in requirements::all(tx)? {
        let Ok(row) = row else { return Ok(None) };
        let is_tried = tried.is_some_and(|tried| tried.row.about == row.about);
        if row.is_on && !is_tried {
            rows.push(row);
        }
    }
    rows.extend(tried.map(|tried| tried.row));
    let mut graces = HashMap::new();
    for granted in grace::every(tx, run)? {
        match granted {
            Ok(one) => graces.insert((one.user, one.requirement), Some(one)),
            Err(one) => graces.insert((one.user, one.requirement), None),
        };
    }
    let mut exempt: HashMap<UserId, Vec<Kept>> = HashMap::new();
    for exemption in exemptions::all(tx, run)? {
        let (user, from, allowance) = match exemption {
            Ok(one) => (one.user, one.from, Some(one.allowance)),
            // As at the door: whatever it was from, its person is refused.
            Err(one) => (one.user, None, None),
        };
        exempt.entry(user).or_default().push((from, allowance));
    }
    let mut all = OfAll::new();
    for row in rows {
        let trying = tried.filter(|tried| tried.row.id == row.id);
        for user in board::concerned(tx, row.about)? {
            let known = graces.get(&(user, row.id)).copied();
            let grace = match trying {
                Some(tried) => would_have(known.flatten(), tried, now),
                None => known.flatten().map(|granted| granted.allowance),
            };
            let own = exempt.get(&user).into_iter().flatten();
            let covers = |from: &Option<RequirementId>| from.is_none_or(|from| from == row.id);
            let own = own.filter(|(from, _)| covers(from)).map(|(_, one)| *one);
            let exemptions: Option<Vec<_>> = own.collect();
            let of_one = all.entry(user).or_default();
            if known == Some(None) || exemptions.is_none() {
                of_one.unreadable.push(row.id);
            }
            let exemptions = exemptions.unwrap_or_default();
            of_one.concerns.push(Concern { row, grace, exemptions });
        }
    }
    Ok(Some(all))
}

/// The grace that somebody would have: who had some keeps what is used up, and who had none gets
/// some where it is switched on.
fn would_have(had: Option<Granted>, tried: &Tried, now: Now) -> Option<Allowance> {
    let Tried { row, known } = tried;
    let is_on = known.is_some_and(|known| known.is_on);
    let days_change = known.is_some_and(|known| known.grace_seconds != row.grace_seconds);
    let Some(Granted { allowance, given_seconds, .. }) = had else {
        return (!is_on).then(|| Allowance::granted(row.grace_seconds, now));
    };
    let going_on = if is_on { allowance } else { allowance.going_on(now) };
    if !days_change {
        return Some(going_on);
    }
    Some(going_on.regranted_beside(row.grace_seconds, given_seconds))
}

/// What is required of one person; none where it cannot be read.
///
/// # Errors
/// [`StoreError`].
pub(super) fn of(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Option<Vec<Concern>>, StoreError> {
    let concerns = match requirements::of_user(tx, run, user)? {
        Found::Rows(rows) => rows,
        Found::Unreadable => return Ok(None),
    };
    let seen = stead_store::accounts::libraries::visible(tx, user)?;
    let concerns = concerns.into_iter().filter(|concern| match concern.row.about {
        requirements::About::Server | requirements::About::Group(_) => true,
        requirements::About::Library(library) => seen.iter().any(|row| row.id == library),
    });
    Ok(Some(concerns.collect()))
}

/// The highest level that is asked of somebody who is not exempt; none if nothing is. What cannot be
/// read is not known to ask for less than everything.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn level_asked(
    tx: &ReadTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
) -> Result<Option<Assurance>, StoreError> {
    let Some(concerns) = of(tx, &core.run, user)? else {
        return Ok(Some(Assurance::MfaPhishingResistant));
    };
    let asked = concerns.iter().map(|concern| concern.judged(now));
    Ok(asked.filter(|row| !row.exempt).map(|row| row.level).max())
}
