//! Browsers that are not asked for a second factor for a while.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{DeviceId, SessionId, UserId};
use stead_rules::limits::REMEMBERED_DEVICES_MAX;
use stead_rules::signin::RememberFor;
use stead_rules::time::{Moment, Now, WallMs};

use super::sessions::{RunId, moment};
use crate::columns::{id, maybe_id};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// A remembered browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Which.
    pub id: DeviceId,
    /// What the browser calls itself.
    pub agent: String,
    /// When the factor was shown there.
    pub since: Moment,
    /// For how long it is remembered.
    pub seconds: u64,
    /// The session that was opened then, as long as it is there.
    pub made_in: Option<SessionId>,
    /// When it last stood for one.
    pub used: Option<WallMs>,
}

/// A browser that is to be remembered.
pub struct New<'a> {
    /// Which.
    pub id: DeviceId,
    /// Whose.
    pub user: UserId,
    /// What it calls itself.
    pub agent: &'a str,
    /// The hash of its token.
    pub token_hash: [u8; 32],
    /// For how long.
    pub length: RememberFor,
    /// The session that was opened in it.
    pub made_in: Option<SessionId>,
}

/// Remembers a browser of a user under the hash of its token, in the user's present epoch; the
/// oldest beyond [`REMEMBERED_DEVICES_MAX`] makes room.
///
/// # Errors
/// [`StoreError`].
pub fn add(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    new: &New<'_>,
    now: Now,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO remembered_device
                 (id, user_id, token_hash, agent, generation, epoch, since_ms, since_boot_ms,
                  since_run, seconds, made_in)
               SELECT ?1, u.id, ?3, ?4, server.generation, server.epoch + u.epoch, ?5, ?6, ?7, ?8, ?9
                 FROM user u, server WHERE u.id = ?2";
    let values = rusqlite::params![
        new.id.as_bytes(),
        new.user.as_bytes(),
        new.token_hash,
        new.agent,
        now.wall.0,
        now.boot.0,
        run,
        new.length.seconds(),
        new.made_in.map(|session| *session.as_bytes()),
    ];
    tx.transaction.execute(sql, values)?;
    let sql = "DELETE FROM remembered_device WHERE user_id = ?1 AND id NOT IN
                 (SELECT id FROM remembered_device WHERE user_id = ?1
                   ORDER BY since_ms DESC, rowid DESC LIMIT ?2)";
    tx.transaction.execute(sql, (new.user.as_bytes(), REMEMBERED_DEVICES_MAX))?;
    Ok(())
}

const CURRENT: &str = "SELECT d.* FROM remembered_device d JOIN user u ON u.id = d.user_id
                         JOIN server ON server.one = 1
                        WHERE d.user_id = ?1 AND d.epoch = server.epoch + u.epoch
                          AND d.generation = server.generation";

/// The user's browser with this token, if it was remembered since the user's last change.
///
/// # Errors
/// [`StoreError`].
pub fn by_token(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
    token_hash: &[u8; 32],
) -> Result<Option<Remembered>, StoreError> {
    let mut statement =
        tx.transaction.prepare_cached(&format!("{CURRENT} AND d.token_hash = ?2"))?;
    let found = statement.query_row((user.as_bytes(), token_hash), |row| device_row(row, run));
    Ok(found.optional()?)
}

/// The user's remembered browsers that still count by epoch, the newest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_user(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Vec<Remembered>, StoreError> {
    let mut statement =
        tx.transaction.prepare_cached(&format!("{CURRENT} ORDER BY d.since_ms DESC"))?;
    let rows = statement.query_map([user.as_bytes()], |row| device_row(row, run))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records that a browser stood for a factor.
///
/// # Errors
/// [`StoreError`].
pub fn used(tx: &WriteTx<'_, Accounts>, device: DeviceId, now: WallMs) -> Result<(), StoreError> {
    let sql = "UPDATE remembered_device SET used_ms = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (device.as_bytes(), now.0))?;
    Ok(())
}

/// Forgets a browser of `user`: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn remove(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    device: DeviceId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM remembered_device WHERE id = ?1 AND user_id = ?2";
    Ok(tx.transaction.execute(sql, (device.as_bytes(), user.as_bytes()))? == 1)
}

/// Forgets all browsers of `user`.
///
/// # Errors
/// [`StoreError`].
pub fn remove_all(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<(), StoreError> {
    let sql = "DELETE FROM remembered_device WHERE user_id = ?1";
    tx.transaction.execute(sql, [user.as_bytes()])?;
    Ok(())
}

fn device_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<Remembered> {
    let used: Option<i64> = row.get("used_ms")?;
    Ok(Remembered {
        id: id(row, "id")?,
        agent: row.get("agent")?,
        since: moment(row, run, ["since_ms", "since_boot_ms", "since_run"])?,
        seconds: row.get("seconds")?,
        made_in: maybe_id(row, "made_in")?,
        used: used.map(WallMs),
    })
}
