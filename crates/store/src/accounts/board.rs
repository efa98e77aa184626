//! What the board and a preview ask: everybody with what they sign in with, and what is required of
//! whom. Each is one question for all people, since a thousand small ones would take a second.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::UserId;
use stead_rules::policy::{Person, RequirementId, Role};
use stead_rules::signin::Assurance;
use stead_rules::time::WallMs;

use super::requirements::{About, Found};
use super::sessions::within_reach;
use crate::columns::{Cells, id};
use crate::{Accounts, ReadTx, StoreError};

/// Somebody, as the board shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// Who.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// Whether they may come in.
    pub enabled: bool,
    /// The best that their factors reach.
    pub reach: Assurance,
    /// Whether there is an authenticator.
    pub has_totp: bool,
    /// Whether there is a passkey.
    pub has_passkey: bool,
    /// Recovery codes that were not used.
    pub recovery_codes: u32,
    /// When they were last here.
    pub last_seen: Option<WallMs>,
    /// When they last showed a second factor.
    pub last_mfa: Option<WallMs>,
}

impl Somebody {
    /// What the rules ask of them.
    #[must_use]
    pub const fn person(&self) -> Person {
        Person { role: self.role, reach: self.reach, has_come: self.last_seen.is_some() }
    }
}

/// Everybody.
///
/// # Errors
/// [`StoreError`].
pub fn everybody(tx: &ReadTx<'_, Accounts>) -> Result<Vec<Somebody>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(SOMEBODY)?;
    let rows = statement.query_map([], somebody_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One person.
///
/// # Errors
/// [`StoreError`].
pub fn one(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Option<Somebody>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(&format!("{SOMEBODY} WHERE u.id = ?1"))?;
    Ok(statement.query_row([user.as_bytes()], somebody_row).optional()?)
}

const SOMEBODY: &str = "SELECT u.id, u.name, u.role, u.enabled,
                      EXISTS (SELECT 1 FROM totp t WHERE t.account_id = u.account_id),
                      (SELECT max(p.leads_here) FROM passkey p WHERE p.account_id = u.account_id),
                      EXISTS (SELECT 1 FROM issuer i WHERE i.id = u.issuer_id
                                 AND i.assurance IN ('claims', 'asserted')),
                      (SELECT count(*) FROM recovery_code r
                        WHERE r.account_id = u.account_id AND r.used_ms IS NULL),
                      u.came_ms,
                      (SELECT max(s.last_seen_ms) FROM session s WHERE s.user_id = u.id),
                      u.mfa_ms
                 FROM user u";

fn somebody_row(row: &Row<'_>) -> rusqlite::Result<Somebody> {
    let cells = &mut Cells::of(row);
    let (user, name, role) = (cells.id()?, cells.take()?, cells.word(Role::from_word)?);
    let (enabled, has_totp, leads_here) = (cells.take()?, cells.take()?, cells.take()?);
    let leads_here: Option<bool> = leads_here;
    let is_vouched_for: bool = cells.take()?;
    let recovery_codes = cells.take()?;
    let came: Option<i64> = cells.take()?;
    Ok(Somebody {
        user,
        name,
        role,
        enabled,
        reach: within_reach(leads_here == Some(true), has_totp || is_vouched_for),
        has_totp,
        has_passkey: leads_here.is_some(),
        recovery_codes,
        last_seen: came.max(cells.take()?).map(WallMs),
        last_mfa: cells.take::<Option<i64>>()?.map(WallMs),
    })
}

/// Whom something concerns: everybody, who is in the group, or who sees the library.
///
/// # Errors
/// [`StoreError`].
pub fn concerned(tx: &ReadTx<'_, Accounts>, about: About) -> Result<Vec<UserId>, StoreError> {
    let (sql, bound) = match &about {
        About::Server => ("SELECT id FROM user WHERE ?1 IS NULL", None),
        About::Group(group) => {
            ("SELECT user_id AS id FROM group_member WHERE group_id = ?1", Some(group.as_bytes()))
        }
        About::Library(library) => (
            "SELECT user_id AS id FROM visible_library WHERE library_id = ?1",
            Some(library.as_bytes()),
        ),
    };
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([bound], |row| id(row, "id"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Which requirements that are switched on concern whom; none if one of them means nothing.
///
/// # Errors
/// [`StoreError`].
pub fn who_is_asked(
    tx: &ReadTx<'_, Accounts>,
) -> Result<Found<(RequirementId, Vec<UserId>)>, StoreError> {
    let mut found = Vec::new();
    for row in super::requirements::all(tx)? {
        let Ok(row) = row else { return Ok(Found::Unreadable) };
        if row.is_on {
            found.push((row.id, concerned(tx, row.about)?));
        }
    }
    Ok(Found::Rows(found))
}

/// What hangs on one person beside their factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hanging {
    /// Apps with passwords of their own, and televisions over plain http.
    pub legacy_tokens: u32,
    /// Whether a one-time code waits for them.
    pub one_time_code: bool,
    /// Reminders that they were sent.
    pub reminders: u32,
    /// When the last of them was.
    pub last_reminded: Option<WallMs>,
}

/// What hangs on one person beside their factors.
///
/// # Errors
/// [`StoreError`].
pub fn hanging(tx: &ReadTx<'_, Accounts>, user: UserId) -> Result<Hanging, StoreError> {
    let sql = "SELECT (SELECT count(*) FROM session s WHERE s.user_id = ?1
                         AND (s.client = 'app_password' OR EXISTS
                              (SELECT 1 FROM plain_session p WHERE p.session_id = s.id))) AS legacy,
                      EXISTS (SELECT 1 FROM way_back w
                               WHERE w.user_id = ?1 AND w.kind = 'code') AS code,
                      (SELECT count(*) FROM reminder r WHERE r.user_id = ?1) AS reminders,
                      (SELECT max(r.sent_ms) FROM reminder r WHERE r.user_id = ?1) AS last_reminded";
    let mut statement = tx.transaction.prepare_cached(sql)?;
    Ok(statement.query_row([user.as_bytes()], |row| {
        Ok(Hanging {
            legacy_tokens: row.get("legacy")?,
            one_time_code: row.get("code")?,
            reminders: row.get("reminders")?,
            last_reminded: row.get::<_, Option<i64>>("last_reminded")?.map(WallMs),
        })
    })?)
}
