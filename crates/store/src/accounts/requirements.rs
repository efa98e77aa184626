//! What the owner requires, of whom and for what.

use rusqlite::OptionalExtension;
use stead_rules::ids::{GroupId, LibraryId, UserId};
use stead_rules::policy::{Allowance, Grace, Requirement, RequirementId, Scope};
use stead_rules::signin::Assurance;
use stead_rules::time::{Now, WallMs};

use super::exemptions::Exemptions;
use super::grace;
use super::sessions::RunId;
use crate::columns::Cells;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// What a requirement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// Everything that is shared.
    Server,
    /// Everything, for who is in a group.
    Group(GroupId),
    /// One library.
    Library(LibraryId),
}

/// A requirement as the owner set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Required {
    /// Which.
    pub id: RequirementId,
    /// What it is about.
    pub about: About,
    /// The level it asks for.
    pub level: Assurance,
    /// The grace of those who were there when it was switched on.
    pub grace_seconds: u64,
    /// How long ago the second factor may have been shown.
    pub max_age_seconds: Option<u64>,
    /// Whether it is switched on.
    pub is_on: bool,
    /// When it was last switched on.
    pub begun: WallMs,
}

/// What was read. A row that means nothing is no row that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found<T> {
    /// These rows.
    Rows(Vec<T>),
    /// One of them means nothing.
    Unreadable,
}

const COLUMNS: &str =
    "id, scope, group_id, library_id, level, grace_seconds, max_age_seconds, is_on, begun_ms";

/// Sets what is required of something, in place of what was.
///
/// # Errors
/// [`StoreError`]; a group or library that is not there is one.
pub fn put(
    tx: &WriteTx<'_, Accounts>,
    about: About,
    level: Assurance,
    grace_seconds: u64,
    max_age_seconds: Option<u64>,
    now: WallMs,
) -> Result<RequirementId, StoreError> {
    let (scope, group, library) = columns_of(&about);
    let sql =
        "UPDATE requirement SET level = ?4, grace_seconds = ?5, max_age_seconds = ?6, is_on = 1,
                      begun_ms = CASE is_on WHEN 1 THEN begun_ms ELSE ?7 END
                WHERE scope = ?1 AND group_id IS ?2 AND library_id IS ?3
               RETURNING id";
    let values = rusqlite::params![
        scope,
        group,
        library,
        level.word(),
        grace_seconds,
        max_age_seconds,
        now.0
    ];
    let known = tx.transaction.query_row(sql, values, |row| row.get(0)).optional()?;
    if let Some(id) = known {
        return Ok(RequirementId(id));
    }
    let sql = "INSERT INTO requirement (scope, group_id, library_id, level, grace_seconds,
                                        max_age_seconds, is_on, begun_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7) RETURNING id";
    Ok(RequirementId(tx.transaction.query_row(sql, values, |row| row.get(0))?))
}

/// Switches a requirement off; what was used up of anybody's grace stays. False when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn switch_off(tx: &WriteTx<'_, Accounts>, id: RequirementId) -> Result<bool, StoreError> {
    let sql = "UPDATE requirement SET is_on = 0 WHERE id = ?1";
    Ok(tx.transaction.execute(sql, [id.0])? == 1)
}

/// Forgets a requirement with everybody's grace and exemptions: for one that cannot be read, and for
/// a group that goes. False when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &WriteTx<'_, Accounts>, id: RequirementId) -> Result<bool, StoreError> {
    Ok(tx.transaction.execute("DELETE FROM requirement WHERE id = ?1", [id.0])? == 1)
}

/// Every requirement, also those that are switched off; those that mean nothing by their number.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &ReadTx<'_, Accounts>) -> Result<Vec<Result<Required, RequirementId>>, StoreError> {
    let mut statement =
        tx.transaction.prepare(&format!("SELECT {COLUMNS} FROM requirement ORDER BY id"))?;
    let rows = statement.query_map([], |row| {
        let mut cells = Cells::of(row);
        let id = RequirementId(cells.take()?);
        Ok(requirement(&mut cells, id).ok_or(id))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A requirement that concerns somebody, with what they have of grace and exemptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// What is required.
    pub row: Required,
    /// Their grace from it.
    pub grace: Option<Allowance>,
    /// Their exemptions from it.
    pub exemptions: Vec<Allowance>,
}

impl Concern {
    /// As it is judged now.
    #[must_use]
    pub fn judged(&self, now: Now) -> Requirement {
        Requirement {
            id: self.row.id,
            scope: match self.row.about {
                About::Server => Scope::Server,
                About::Group(_) => Scope::Group,
                About::Library(library) => Scope::Library(library),
            },
            level: self.row.level,
            max_age_seconds: self.row.max_age_seconds,
            exempt: self.exemptions.iter().any(|exemption| exemption.is_live(now)),
            grace: self.grace.map_or(Grace::Over, |grace| grace.grace(now)),
        }
    }
}

/// What is required of a user, of libraries whichever they are. It is unreadable as a whole where a row of
/// it is, or one of what they have of grace and exemptions.
///
/// # Errors
/// [`StoreError`].
pub fn of_user(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Found<Concern>, StoreError> {
    let sql = "SELECT r.id, r.scope, r.group_id, r.library_id, r.level, r.grace_seconds,
                      r.max_age_seconds, r.is_on, r.begun_ms, g.granted_seconds, g.used_ms,
                      g.seen_ms, g.seen_boot_ms, g.seen_run, g.believed
                 FROM requirement r
                 LEFT JOIN grace g ON g.requirement_id = r.id AND g.user_id = ?1
                WHERE r.is_on IS NOT 0
                  AND (r.group_id IS NULL OR length(r.group_id) IS NOT 16
                       OR EXISTS (SELECT 1 FROM group_member m
                                   WHERE m.group_id = r.group_id AND m.user_id = ?1))
                ORDER BY r.id";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| {
        let mut cells = Cells::of(row);
        let id = RequirementId(cells.take()?);
        let row = requirement(&mut cells, id);
        let grace = grace::maybe(&mut cells, run).ok();
        let concern = |(row, grace)| Concern { row, grace, exemptions: Vec::new() };
        Ok(row.zip(grace).map(concern))
    })?;
    let mut found = Vec::new();
    for row in rows {
        let Some(concern) = row? else { return Ok(Found::Unreadable) };
        found.push(concern);
    }
    if !found.is_empty() {
        let Some(exempt) = Exemptions::of_user(tx, run, user)? else {
            return Ok(Found::Unreadable);
        };
        for concern in &mut found {
            concern.exemptions = exempt.from(concern.row.id);
        }
    }
    Ok(Found::Rows(found))
}

const fn columns_of(about: &About) -> (&'static str, Option<&[u8; 16]>, Option<&[u8; 16]>) {
    match about {
        About::Server => ("server", None, None),
        About::Group(group) => ("group", Some(group.as_bytes()), None),
        About::Library(library) => ("library", None, Some(library.as_bytes())),
    }
}

/// What follows the id in [`COLUMNS`]; none if it means nothing to this program.
fn requirement(cells: &mut Cells<'_, '_>, id: RequirementId) -> Option<Required> {
    let scope = cells.take_ref().ok()?.as_str().ok()?;
    let group: Option<GroupId> = cells.maybe_id().ok()?;
    let library: Option<LibraryId> = cells.maybe_id().ok()?;
    let about = match (scope, group, library) {
        ("server", None, None) => About::Server,
        ("group", Some(group), None) => About::Group(group),
        ("library", None, Some(library)) => About::Library(library),
        _ => return None,
    };
    let level = match cells.take_ref().ok()?.as_str().ok()? {
        "mfa" => Assurance::Mfa,
        "mfa_phishing_resistant" => Assurance::MfaPhishingResistant,
        _ => return None,
    };
    let (grace_seconds, max_age_seconds) = (cells.take().ok()?, cells.take().ok()?);
    let (is_on, begun) = (cells.flag().ok()?, WallMs(cells.take().ok()?));
    Some(Required { id, about, level, grace_seconds, max_age_seconds, is_on, begun })
}
