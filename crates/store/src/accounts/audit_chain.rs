//! Looking whether the log is as it was written, and making room in it.
//!
//! What was taken out to make room is named by an entry of the log itself, an anchor: from which
//! number to which, and the hash of the last of them, from which the chain goes on. A chain shows
//! what was changed to whoever knows an earlier end of it: somebody who may write the database can
//! write it all anew.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use stead_rules::limits::{AUDIT_ENTRIES_MAX, AUDIT_KEPT_SECONDS};
use stead_rules::time::{Now, TimeTrust, WallMs};

use super::audit::{Entry, Hash, NOTHING, append, each};
use crate::open::open_reader;
use crate::{Accounts, StoreError, WriteTx};

/// The kind of an anchor.
const ANCHOR: &str = "audit.cut";
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What a look at the whole log has shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Entries that hold.
    pub entries: u64,
    /// Entries from before there was a chain: nothing is known of them.
    pub unchained: u64,
    /// What was taken out to make room.
    pub anchors: Vec<Anchor>,
    /// The last entry: its number and hash.
    pub head: Option<(i64, Hash)>,
    /// Where it does not hold.
    pub broken: Option<Broken>,
}

/// Entries that were taken out to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The entry that says so.
    pub seq: i64,
    /// When that was.
    pub at: WallMs,
    /// How many were taken out then.
    pub entries: u64,
}

/// Where the chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The entry is not what was written, or another one before it is not.
    #[error("entry {0} is not what was written")]
    Changed(i64),
    /// Entries are gone and no anchor says why.
    #[error("the entries {0} to {1} are gone, and nothing says why")]
    Gone(i64, i64),
    /// The end that was known is not in it.
    #[error("entry {0} has another hash than was noted, or is gone")]
    OtherHead(i64),
}

/// A range that was taken out, with the hash of its last entry.
type Gaps = BTreeMap<i64, (i64, Hash)>;

/// Looks at the log in a data folder, also beside a server that runs. `known` is an end of it that
/// was noted earlier.
///
/// # Errors
/// [`StoreError`]; a log that does not hold is none.
pub fn verify(folder: &Path, known: Option<(i64, Hash)>) -> Result<Verified, StoreError> {
    let connection = opened(folder)?;
    let gaps = gaps(&connection)?;
    let mut verified = Verified::default();
    let mut walk = Walk { seq: 0, hash: NOTHING, chained: false };
    let mut knows = known.is_none();
    each::<StoreError>(&connection, |entry| {
        if verified.broken.is_some() {
            return Ok(());
        }
        match walk.step(&entry, &gaps) {
            Ok(true) => verified.entries += 1,
            Ok(false) => verified.unchained += 1,
            Err(broken) => verified.broken = Some(broken),
        }
        knows |= known == Some((walk.seq, walk.hash));
        if entry.kind == ANCHOR {
            let entries = member(&detail_of(&entry), "entries").as_u64().unwrap_or_default();
            verified.anchors.push(Anchor { seq: entry.seq, at: entry.at, entries });
        }
        Ok(())
    })?;
    verified.head = walk.chained.then_some((walk.seq, walk.hash));
    if let (None, false, Some((seq, _))) = (verified.broken, knows, known) {
        verified.broken = Some(Broken::OtherHead(seq));
    }
    Ok(verified)
}

/// Shows every entry of the log in a data folder, the oldest first.
///
/// # Errors
/// [`StoreError`], and what `look` says.
pub fn export<E: From<StoreError>>(
    folder: &Path,
    mut look: impl FnMut(Entry) -> Result<(), E>,
) -> Result<(), E> {
    let connection = opened(folder)?;
    let mut told = Ok(());
    each::<StoreError>(&connection, |entry| {
        if told.is_ok() {
            told = look(entry);
        }
        Ok(())
    })?;
    told
}

fn opened(folder: &Path) -> Result<rusqlite::Connection, StoreError> {
    open_reader::<Accounts>(folder).map_err(|error| StoreError::Open(Box::new(error)))
}

/// How far a walk along the log has come.
struct Walk {
    seq: i64,
    hash: Hash,
    chained: bool,
}

impl Walk {
    /// Whether the entry is in the chain, and holds.
    fn step(&mut self, entry: &Entry, gaps: &Gaps) -> Result<bool, Broken> {
        let next = self.seq.saturating_add(1);
        if entry.seq != next {
            let last = entry.seq.saturating_sub(1);
            match gaps.get(&next) {
                Some((to, hash)) if *to == last => {
                    (self.hash, self.chained) = (*hash, self.chained || *hash != NOTHING);
                }
                Some(_) | None => return Err(Broken::Gone(next, last)),
            }
        }
        self.seq = entry.seq;
        match entry.hash {
            None if !self.chained => Ok(false),
            Some(hash) if entry.hash_after(self.hash) == hash => {
                (self.hash, self.chained) = (hash, true);
                Ok(true)
            }
            None | Some(_) => Err(Broken::Changed(entry.seq)),
        }
    }
}

/// A member of an object; nothing where there is none.
fn member<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).unwrap_or(&Value::Null)
}

fn detail_of(entry: &Entry) -> Value {
    serde_json::from_str(&entry.detail).unwrap_or_default()
}

/// Every range that an anchor names; a later one stands in for what it swallowed.
fn gaps(connection: &rusqlite::Connection) -> Result<Gaps, StoreError> {
    let sql = "SELECT detail FROM audit WHERE kind = ?1 ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let details = statement.query_map([ANCHOR], |row| row.get::<_, String>("detail"))?;
    let mut gaps = Gaps::new();
    for detail in details {
        let detail: Value = serde_json::from_str(&detail?).unwrap_or_default();
        for gap in member(&detail, "gaps").as_array().into_iter().flatten() {
            let range = (member(gap, "from").as_i64(), member(gap, "to").as_i64());
            let hash = member(gap, "hash").as_str().and_then(from_hex);
            if let ((Some(from), Some(to)), Some(hash)) = (range, hash) {
                gaps.insert(from, (to, hash));
            }
        }
    }
    Ok(gaps)
}

/// Makes room when there are more than [`AUDIT_ENTRIES_MAX`]: the oldest days of what was decided go
/// first, then those of all else that need not be kept; claims, recoveries and the policy stay
/// [`AUDIT_KEPT_SECONDS`], however many there are. Returns how many went.
///
/// # Errors
/// [`StoreError`].
pub fn make_room(tx: &WriteTx<'_, Accounts>, now: Now) -> Result<u64, StoreError> {
    make_room_for(tx, now, AUDIT_ENTRIES_MAX)
}

/// Anchors name what is gone, so they stay as long as anything does.
const CLASSES: [&str; 3] = [
    "kind LIKE 'decision.%'",
    "kind NOT LIKE 'claim.%' AND kind NOT LIKE 'recovery.%' AND kind NOT LIKE 'policy.%'
     AND kind <> 'audit.cut'",
    "kind <> 'audit.cut' AND at_ms < ?1",
];

pub(super) fn make_room_for(
    tx: &WriteTx<'_, Accounts>,
    now: Now,
    most: u64,
) -> Result<u64, StoreError> {
    let count = |sql: &str| tx.transaction.query_row(sql, [], |row| row.get::<_, u64>(0));
    let present = count("SELECT count(*) FROM audit")?;
    if present <= most {
        return Ok(0);
    }
    // A tenth less, so that the next entry does not begin anew.
    let mut over = present.saturating_sub(most - most / 10);
    let kept_ms = i64::try_from(AUDIT_KEPT_SECONDS.saturating_mul(1000)).unwrap_or(i64::MAX);
    let oldest_kept = match now.trust {
        TimeTrust::Held | TimeTrust::Synced => now.wall.plus_ms(kept_ms.saturating_neg()).0,
        TimeTrust::Unknown => i64::MIN,
    };
    let mut gone = BTreeMap::new();
    for class in CLASSES {
        while over > 0 {
            let day = take_oldest_day(tx, class, oldest_kept, &mut gone)?;
            if day == 0 {
                break;
            }
            over = over.saturating_sub(day);
        }
    }
    if gone.is_empty() {
        return Ok(0);
    }
    let entries = u64::try_from(gone.len()).unwrap_or(u64::MAX);
    let gaps = new_gaps(tx, &gone)?;
    append(tx, now, ANCHOR, &json!({ "entries": entries, "gaps": gaps }).to_string())?;
    Ok(entries)
}

/// Takes out the oldest day of this class, with the numbers and hashes of what went.
fn take_oldest_day(
    tx: &WriteTx<'_, Accounts>,
    class: &str,
    oldest_kept: i64,
    gone: &mut BTreeMap<i64, Hash>,
) -> Result<u64, StoreError> {
    let first = format!(
        "SELECT min(at_ms) FROM audit WHERE {class} AND ?1 = ?1
            AND seq < (SELECT max(seq) FROM audit)"
    );
    let first: Option<i64> = tx.transaction.query_row(&first, [oldest_kept], |row| row.get(0))?;
    let Some(first) = first else { return Ok(0) };
    // The last entry stays: the anchor follows on it.
    let end = first.div_euclid(DAY_MS).saturating_add(1).saturating_mul(DAY_MS);
    let sql = format!(
        "DELETE FROM audit WHERE {class} AND at_ms < ?2 AND ?1 = ?1
            AND seq < (SELECT max(seq) FROM audit) RETURNING seq, hash"
    );
    let mut statement = tx.transaction.prepare(&sql)?;
    let rows = statement.query_map([oldest_kept, end], |row| {
        Ok((row.get::<_, i64>("seq")?, row.get::<_, Option<Hash>>("hash")?))
    })?;
    let mut taken = 0_u64;
    for row in rows {
        let (seq, hash) = row?;
        gone.insert(seq, hash.unwrap_or(NOTHING));
        taken = taken.saturating_add(1);
    }
    Ok(taken)
}

/// The ranges that are missing now and no anchor names as they are.
fn new_gaps(
    tx: &WriteTx<'_, Accounts>,
    gone: &BTreeMap<i64, Hash>,
) -> Result<Vec<Value>, StoreError> {
    let known = gaps(&tx.transaction)?;
    let earlier: BTreeMap<i64, Hash> = known.values().copied().collect();
    let mut found = Vec::new();
    let mut statement = tx.transaction.prepare("SELECT seq FROM audit ORDER BY seq")?;
    let mut last = 0_i64;
    let mut close = |from: i64, to: i64| {
        let hash = gone.get(&to).or_else(|| earlier.get(&to)).copied().unwrap_or(NOTHING);
        if known.get(&from) != Some(&(to, hash)) {
            found.push(json!({ "from": from, "to": to, "hash": hex(&hash) }));
        }
    };
    for seq in statement.query_map([], |row| row.get::<_, i64>(0))? {
        let seq = seq?;
        if seq != last.saturating_add(1) {
            close(last.saturating_add(1), seq.saturating_sub(1));
        }
        last = seq;
    }
    Ok(found)
}

/// In hexadecimal letters.
#[must_use]
pub fn hex(hash: &Hash) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash in these hexadecimal letters.
#[must_use]
pub fn from_hex(text: &str) -> Option<Hash> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut hash = NOTHING;
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}
