//! The log of decisions: what happened to who may do what, each entry chained to the one before.

use ring::digest::{Context, SHA256};
use rusqlite::{OptionalExtension, Row};
use stead_rules::time::{Now, TimeTrust, WallMs};

use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// SHA-256 over an entry and the hash of the one before it.
pub type Hash = [u8; 32];

/// The hash before the first entry.
pub(super) const NOTHING: Hash = [0; 32];

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number; numbers grow by one.
    pub seq: i64,
    /// When.
    pub at: WallMs,
    /// How far the clock was believed then, as a word.
    pub trust: String,
    /// What happened: `family.event`.
    pub kind: String,
    /// A JSON object without secrets.
    pub detail: String,
    /// None in entries from before the chain.
    pub hash: Option<Hash>,
}

/// Appends an entry; `detail` is a JSON object without secrets.
///
/// # Errors
/// [`StoreError`].
pub fn append(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    kind: &str,
    detail: &str,
) -> Result<(), StoreError> {
    let last = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1";
    let mut statement = tx.transaction.prepare_cached(last)?;
    let before: Option<Option<Hash>> = statement.query_row([], |row| row.get("hash")).optional()?;
    let sql = "INSERT INTO audit (at_ms, trust, kind, detail) VALUES (?1, ?2, ?3, ?4)
               RETURNING seq";
    let trust = trust_word(now.trust).to_owned();
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let seq =
        statement.query_row((now.wall.0, &trust, kind, detail), |row| row.get::<_, i64>("seq"))?;
    let (kind, detail) = (kind.to_owned(), detail.to_owned());
    let entry = Entry { seq, at: now.wall, trust, kind, detail, hash: None };
    let hash = entry.hash_after(before.flatten().unwrap_or(NOTHING));
    let mut statement =
        tx.transaction.prepare_cached("UPDATE audit SET hash = ?2 WHERE seq = ?1")?;
    statement.execute((seq, hash))?;
    Ok(())
}

/// What an entry must be to be wanted.
macro_rules! wanted {
    () => {
        "(?1 = '[]' OR EXISTS (SELECT 1 FROM json_each(?1) k
            WHERE kind = k.value OR substr(kind, 1, length(k.value) + 1) = k.value || '.'))
         AND (?2 IS NULL OR instr(lower(detail), lower(?2)) > 0)
         AND at_ms >= coalesce(?3, -9223372036854775808)
         AND at_ms < coalesce(?4, 9223372036854775807)
         AND seq < coalesce(?5, 9223372036854775807)
         AND seq > coalesce(?6, -1)"
    };
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of these families or kinds: `claim`, or `mfa.added`. None at all: every kind.
    pub kinds: Vec<String>,
    /// Only those that hold this text in their details, in any case.
    pub text: Option<String>,
    /// Only those at or after this.
    pub from: Option<WallMs>,
    /// Only those before this.
    pub until: Option<WallMs>,
    /// Only those before this number.
    pub before: Option<i64>,
}

/// What is wanted, the newest first, `limit` at most.
///
/// # Errors
/// [`StoreError`].
pub fn page(
    tx: &ReadTx<'_, Accounts>,
    wanted: &Wanted,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let sql = concat!("SELECT * FROM audit WHERE ", wanted!(), " ORDER BY seq DESC LIMIT ?7");
    asked(tx, sql, wanted, None, limit)
}

/// What is wanted after an entry, the oldest first, `limit` at most.
///
/// # Errors
/// [`StoreError`].
pub fn after(
    tx: &ReadTx<'_, Accounts>,
    wanted: &Wanted,
    after: i64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let sql = concat!("SELECT * FROM audit WHERE ", wanted!(), " ORDER BY seq LIMIT ?7");
    asked(tx, sql, wanted, Some(after), limit)
}

fn asked(
    tx: &ReadTx<'_, Accounts>,
    sql: &str,
    wanted: &Wanted,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let kinds = serde_json::to_string(&wanted.kinds).unwrap_or_else(|_| "[]".to_owned());
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let values = rusqlite::params![
        kinds,
        wanted.text,
        wanted.from.map(|at| at.0),
        wanted.until.map(|at| at.0),
        wanted.before,
        after,
        limit
    ];
    let rows = statement.query_map(values, entry_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The kinds of the newest `limit` entries, newest first, with their details.
///
/// # Errors
/// [`StoreError`].
pub fn newest(tx: &ReadTx<'_, Accounts>, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
    let entries = page(tx, &Wanted::default(), limit)?;
    Ok(entries.into_iter().map(|entry| (entry.kind, entry.detail)).collect())
}

/// Shows every entry, the oldest first, until `look` has seen enough.
pub(super) fn each<E: From<rusqlite::Error>>(
    connection: &rusqlite::Connection,
    mut look: impl FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = connection.prepare("SELECT * FROM audit ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        look(entry_row(row)?)?;
    }
    Ok(())
}

impl Entry {
    /// What the hash of this entry must be after one with that hash. Each text goes in with its
    /// length, so that no two entries are the same bytes.
    #[must_use]
    pub fn hash_after(&self, before: Hash) -> Hash {
        let mut context = Context::new(&SHA256);
        context.update(&before);
        context.update(&self.seq.to_be_bytes());
        context.update(&self.at.0.to_be_bytes());
        for text in [&self.trust, &self.kind, &self.detail] {
            context.update(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(text.as_bytes());
        }
        let mut hash = NOTHING;
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// Its family: `claim` of `claim.claimed`.
    #[must_use]
    pub fn family(&self) -> &str {
        self.kind.split_once('.').map_or(self.kind.as_str(), |(family, _)| family)
    }
}

fn entry_row(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        seq: row.get("seq")?,
        at: WallMs(row.get("at_ms")?),
        trust: row.get("trust")?,
        kind: row.get("kind")?,
        detail: row.get("detail")?,
        hash: row.get("hash")?,
    })
}

fn trust_word(trust: TimeTrust) -> &'static str {
    match trust {
        TimeTrust::Unknown => "unknown",
        TimeTrust::Held => "held",
        TimeTrust::Synced => "synced",
    }
}
