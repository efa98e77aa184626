//! The server's own row and the offer that waits for an owner.

use rusqlite::OptionalExtension;
use stead_rules::claim::Kept;
use stead_rules::ids::{AccountId, BoxId};
use stead_rules::time::WallMs;

use crate::columns::id;
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// What the server knows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Kept for life.
    pub box_id: BoxId,
    /// What people call it.
    pub name: String,
    /// How often it was claimed; 0 is never.
    pub generation: u64,
    /// Sessions of an older epoch are void.
    pub epoch: u64,
    /// Wall time was at least this.
    pub clock_mark: WallMs,
    /// Signs stream links.
    pub link_key: Vec<u8>,
    /// The version that made this database.
    pub created_by: String,
}

/// The server's row, if it was made.
///
/// # Errors
/// [`StoreError`].
pub fn server(tx: &ReadTx<'_, Accounts>) -> Result<Option<Server>, StoreError> {
    let sql = "SELECT box_id, name, generation, epoch, clock_mark_ms, link_key, created_by
                 FROM server WHERE one = 1";
    let found = tx.transaction.query_row(sql, [], |row| {
        Ok(Server {
            box_id: id(row, "box_id")?,
            name: row.get("name")?,
            generation: row.get("generation")?,
            epoch: row.get("epoch")?,
            clock_mark: WallMs(row.get("clock_mark_ms")?),
            link_key: row.get("link_key")?,
            created_by: row.get("created_by")?,
        })
    });
    Ok(found.optional()?)
}

/// Makes the server's row of a new database.
///
/// # Errors
/// [`StoreError::Exists`] if there is one.
pub fn make_server(tx: &WriteTx<'_, Accounts>, server: &Server) -> Result<(), StoreError> {
    let sql = "INSERT INTO server
                 (one, box_id, name, created_by, created_ms, generation, epoch, clock_mark_ms,
                  link_key)
               VALUES (1, ?1, ?2, ?3, ?4, 0, 0, ?4, ?5)";
    tx.transaction.execute(
        sql,
        (
            server.box_id.as_bytes(),
            &server.name,
            &server.created_by,
            server.clock_mark.0,
            &server.link_key,
        ),
    )?;
    Ok(())
}

/// Gives the server another name.
///
/// # Errors
/// [`StoreError`].
pub fn rename_server(tx: &WriteTx<'_, Accounts>, name: &str) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE server SET name = ?1 WHERE one = 1", [name])?;
    Ok(())
}

/// Whether known users go on watching when the server has lost its owner.
///
/// # Errors
/// [`StoreError`].
pub fn orphaned_playback(tx: &ReadTx<'_, Accounts>) -> Result<bool, StoreError> {
    let sql = "SELECT orphaned_playback FROM server WHERE one = 1";
    Ok(tx.transaction.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(true))
}

/// Says whether known users go on watching when the server has lost its owner.
///
/// # Errors
/// [`StoreError`].
pub fn set_orphaned_playback(tx: &WriteTx<'_, Accounts>, goes_on: bool) -> Result<(), StoreError> {
    let sql = "UPDATE server SET orphaned_playback = ?1 WHERE one = 1";
    tx.transaction.execute(sql, [goes_on])?;
    Ok(())
}

/// Records that the server is claimed for the `generation`-th time.
///
/// # Errors
/// [`StoreError`].
pub fn set_generation(tx: &WriteTx<'_, Accounts>, generation: u64) -> Result<(), StoreError> {
    let sql = "UPDATE server SET generation = max(generation, ?1) WHERE one = 1";
    tx.transaction.execute(sql, [generation])?;
    Ok(())
}

/// What became of the owner.
///
/// # Errors
/// [`StoreError`].
pub fn kept(tx: &ReadTx<'_, Accounts>) -> Result<Kept, StoreError> {
    let sql = "SELECT kept FROM owner_lost WHERE one = 1";
    let word: Option<String> = tx.transaction.query_row(sql, [], |row| row.get(0)).optional()?;
    word.map_or(Ok(Kept::Owned), |word| {
        Kept::from_word(&word).ok_or(StoreError::BadRow { what: "owner_lost" })
    })
}

/// Records what became of the owner.
///
/// # Errors
/// [`StoreError`].
pub fn keep(tx: &WriteTx<'_, Accounts>, kept: Kept) -> Result<(), StoreError> {
    match kept {
        Kept::Owned => tx.transaction.execute("DELETE FROM owner_lost", [])?,
        Kept::Orphaned | Kept::Recovery | Kept::Restored => {
            let sql = "INSERT INTO owner_lost (one, kept) VALUES (1, ?1)
                       ON CONFLICT (one) DO UPDATE SET kept = excluded.kept";
            tx.transaction.execute(sql, [kept.word()])?
        }
    };
    Ok(())
}

/// Records of an owner who is gone that their issuer refused them.
///
/// # Errors
/// [`StoreError`].
pub fn keep_refusal(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE owner_lost SET by_issuer = 1", [])?;
    Ok(())
}

/// Whether the owner has signed in since this was last set to false.
///
/// # Errors
/// [`StoreError`].
pub fn owner_came(tx: &ReadTx<'_, Accounts>) -> Result<bool, StoreError> {
    let sql = "SELECT owner_came FROM server WHERE one = 1";
    Ok(tx.transaction.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Says whether the owner has signed in.
///
/// # Errors
/// [`StoreError`].
pub fn set_owner_came(tx: &WriteTx<'_, Accounts>, came: bool) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE server SET owner_came = ?1 WHERE one = 1", [came])?;
    Ok(())
}

/// Voids every session: whoever was signed in until now signs in again.
///
/// # Errors
/// [`StoreError`].
pub fn bump_epoch(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE server SET epoch = epoch + 1 WHERE one = 1", [])?;
    Ok(())
}

/// Ends every session of the owner.
///
/// # Errors
/// [`StoreError`].
pub fn end_sessions_of_owner(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    tx.transaction.execute("UPDATE user SET epoch = epoch + 1 WHERE role = 'owner'", [])?;
    Ok(())
}

/// Voids the recovery codes that were not used. In an older copy of the accounts a code may lie
/// unused that was used since.
///
/// # Errors
/// [`StoreError`].
pub fn void_recovery_codes(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM recovery_code WHERE used_ms IS NULL", [])?;
    Ok(())
}

/// Where the owner's factors are kept, if there is an owner.
///
/// # Errors
/// [`StoreError`].
pub fn owner_account(tx: &ReadTx<'_, Accounts>) -> Result<Option<AccountId>, StoreError> {
    let sql = "SELECT account_id FROM user WHERE role = 'owner'";
    let found = tx.transaction.query_row(sql, [], |row| id(row, "account_id"));
    Ok(found.optional()?)
}

/// Voids what works once and waits for whoever holds it: invitations, and links and codes of ways back.
///
/// # Errors
/// [`StoreError`].
pub fn void_what_works_once(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    for sql in ["DELETE FROM invitation", "DELETE FROM way_back"] {
        tx.transaction.execute(sql, [])?;
    }
    Ok(())
}

/// Makes the owner a member who may not come in: their sessions, recovery codes and invitations are
/// void, and
/// the name they signed in with is free for the next owner.
///
/// # Errors
/// [`StoreError`].
pub fn depose_owner(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    let Some(account) = owner_account(tx)? else { return Ok(()) };
    let account = account.as_bytes();
    // They may have invited themselves.
    tx.transaction.execute("DELETE FROM invitation", [])?;
    let run = |sql: &str| tx.transaction.execute(sql, [account]);
    run("DELETE FROM recovery_code WHERE account_id = ?1")?;
    // A login is folded, and holds no space before it: nobody can type this one.
    run("UPDATE account SET login = ' ' || lower(hex(id)), enabled = 0, epoch = epoch + 1
          WHERE id = ?1")?;
    // So is the identity of an issuer, which names nobody so: the same person may claim anew.
    run("UPDATE user SET role = 'member', enabled = 0, epoch = epoch + 1,
                sub = CASE (SELECT kind FROM issuer WHERE issuer.id = issuer_id)
                      WHEN 'external' THEN char(31) || lower(hex(id)) ELSE sub END
          WHERE account_id = ?1")?;
    Ok(())
}

/// Keeps the wall time that the next start may take for its floor. It may go back: the network
/// corrects a clock that ran ahead, and a wrong floor would outlive every correction. Nothing is
/// kept while nobody believes the time.
///
/// # Errors
/// [`StoreError`].
pub fn mark_clock(tx: &WriteTx<'_, Accounts>, believed: Option<WallMs>) -> Result<(), StoreError> {
    let Some(wall) = believed else { return Ok(()) };
    let sql = "UPDATE server SET clock_mark_ms = ?1 WHERE one = 1";
    tx.transaction.execute(sql, [wall.0])?;
    Ok(())
}

/// A proof of possession that waits to be used.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The secret of the link in the set-up page.
    pub link_secret: String,
    /// The code on the console.
    pub console_code: String,
    /// Uptime it has been valid for.
    pub uptime_seconds: u64,
}

/// The offer, if one was made.
///
/// # Errors
/// [`StoreError`].
pub fn offer(tx: &ReadTx<'_, Accounts>) -> Result<Option<Offer>, StoreError> {
    let sql = "SELECT link_secret, console_code, uptime_seconds FROM claim_offer WHERE one = 1";
    let found = tx.transaction.query_row(sql, [], |row| {
        Ok(Offer {
            link_secret: row.get(0)?,
            console_code: row.get(1)?,
            uptime_seconds: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

/// Makes or replaces the offer.
///
/// # Errors
/// [`StoreError`].
pub fn put_offer(tx: &WriteTx<'_, Accounts>, offer: &Offer) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO claim_offer (one, link_secret, console_code, uptime_seconds)
               VALUES (1, ?1, ?2, ?3)";
    tx.transaction.execute(sql, (&offer.link_secret, &offer.console_code, offer.uptime_seconds))?;
    Ok(())
}

/// Withdraws the offer.
///
/// # Errors
/// [`StoreError`].
pub fn remove_offer(tx: &WriteTx<'_, Accounts>) -> Result<(), StoreError> {
    tx.transaction.execute("DELETE FROM claim_offer", [])?;
    Ok(())
}
