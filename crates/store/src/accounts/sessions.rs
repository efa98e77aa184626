//! Signed-in clients.

use rusqlite::{OptionalExtension, Row};
use stead_rules::ids::{DeviceId, FactorId, IssuerId, ProfileId, SessionId, UserId};
use stead_rules::policy::{ClientKind, Role};
use stead_rules::signin::{Assurance, Methods, Vouched};
use stead_rules::time::{BootMs, Moment, Now, WallMs};

use super::identity::User;
use super::requirements::{self, Concern, Found};
use crate::columns::{Cells, maybe_id};
use crate::{Accounts, ReadTx, StoreError, WriteTx};

/// One start of the machine: uptimes are compared only within it.
pub type RunId = [u8; 16];

/// A signed-in client, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What kind of client.
    pub client: ClientKind,
    /// What the client calls itself.
    pub agent: String,
    /// Who vouched.
    pub issuer: IssuerId,
    /// The factors that were shown.
    pub methods: Methods,
    /// When the last of them was shown.
    pub auth: Moment,
    /// The claim it belongs to.
    pub generation: u64,
    /// Server epoch plus user epoch at sign-in.
    pub epoch: u64,
    /// When it began.
    pub created: WallMs,
    /// Its last request, to the minute.
    pub last_seen: Moment,
    /// It was left alone for long since the last factor.
    pub rested: bool,
}

/// Stores a new session under the hash of its token, and whether anything is required of its user now.
///
/// # Errors
/// [`StoreError`].
pub fn make_session(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    session: &Session,
    token_hash: &[u8; 32],
) -> Result<(), StoreError> {
    let sql = "INSERT INTO session
                 (id, user_id, token_hash, client, agent, issuer_id, assurance, methods, auth_ms,
                  auth_boot_ms, auth_run, generation, epoch, created_ms, last_seen_ms,
                  seen_boot_ms, seen_run, unasked)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                       NOT EXISTS (
                         SELECT 1 FROM requirement r
                          WHERE r.is_on = 1
                            AND (r.group_id IS NULL
                                 OR EXISTS (SELECT 1 FROM group_member m
                                             WHERE m.group_id = r.group_id AND m.user_id = ?2))
                            AND (r.library_id IS NULL
                                 OR EXISTS (SELECT 1 FROM visible_library v
                                             WHERE v.library_id = r.library_id
                                               AND v.user_id = ?2))))";
    tx.transaction.execute(
        sql,
        rusqlite::params![
            session.id.as_bytes(),
            session.user.as_bytes(),
            token_hash,
            session.client.word(),
            &session.agent,
            session.issuer.as_bytes(),
            session.methods.assurance().word(),
            session.methods.words(),
            session.auth.wall.0,
            session.auth.boot.map_or(0, |boot| boot.0),
            counted_in(session.auth, run),
            session.generation,
            session.epoch,
            session.created.0,
            session.last_seen.wall.0,
            session.last_seen.boot.map_or(0, |boot| boot.0),
            counted_in(session.last_seen, run),
        ],
    )?;
    Ok(())
}

/// The start that a moment's uptime counts from: of one from before this start it is not known.
fn counted_in(moment: Moment, run: &RunId) -> RunId {
    moment.boot.map_or(NO_RUN, |_| *run)
}

/// No start of a machine has this id.
const NO_RUN: RunId = [0; 16];

/// A session with its user and what both are measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// The session.
    pub session: Session,
    /// Its user.
    pub user: User,
    /// The server's generation now.
    pub server_generation: u64,
    /// Whether it plays without an owner.
    pub orphaned_playback: bool,
    /// Whether it has lost its owner because their issuer refused them.
    pub owner_refused: bool,
    /// Server epoch plus user epoch now.
    pub epoch_now: u64,
    /// The best that the user's own factors, or the word of their issuer, could reach. A passkey
    /// counts wherever it is asked for, unless its name is gone: else whoever opens the server by
    /// its address would be asked for less.
    pub within_reach: Assurance,
    /// What speaks for the session beside the password that opened it.
    pub vouched: Vouched,
    /// Whether nothing was required of its user when it was opened.
    pub unasked: bool,
    /// The household profile that it looks by.
    pub profile: Option<ProfileId>,
    /// What is required of its user.
    pub required: Found<Concern>,
}

/// What [`session`] takes.
macro_rules! session_columns {
    () => {
        "s.id, s.user_id, s.client, s.agent, s.issuer_id, s.methods, s.auth_ms, s.auth_boot_ms,
         s.auth_run, s.generation, s.epoch, s.created_ms, s.last_seen_ms, s.seen_boot_ms, s.seen_run,
         s.rested"
    };
}

/// What [`facts_row`] takes.
macro_rules! facts {
    ($where:literal) => {
        concat!(
            "SELECT ",
            session_columns!(),
            ", u.issuer_id, u.sub, u.account_id, u.name, u.role, u.enabled, u.epoch,
               server.generation, server.orphaned_playback,
               EXISTS (SELECT 1 FROM owner_lost WHERE by_issuer), server.epoch + u.epoch,
               s.vouched, s.unasked, s.profile_id,
               EXISTS (SELECT 1 FROM passkey p
                        WHERE p.account_id = u.account_id AND p.leads_here),
               EXISTS (SELECT 1 FROM totp WHERE totp.account_id = u.account_id)
               OR EXISTS (SELECT 1 FROM issuer i WHERE i.id = u.issuer_id
                             AND i.assurance IN ('claims', 'asserted'))
          FROM session s JOIN user u ON u.id = s.user_id JOIN server ON server.one = 1 WHERE ",
            $where
        )
    };
}

/// The session behind a token's hash.
///
/// # Errors
/// [`StoreError`].
pub fn by_token(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    token_hash: &[u8; 32],
) -> Result<Option<SessionFacts>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(facts!("s.token_hash = ?1"))?;
    let found = statement.query_row([token_hash], |row| facts_row(row, run)).optional()?;
    with_required(tx, run, found)
}

/// The session with this id.
///
/// # Errors
/// [`StoreError`].
pub fn by_id(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    session: SessionId,
) -> Result<Option<SessionFacts>, StoreError> {
    let mut statement = tx.transaction.prepare_cached(facts!("s.id = ?1"))?;
    let found = statement.query_row([session.as_bytes()], |row| facts_row(row, run)).optional()?;
    with_required(tx, run, found)
}

/// All sessions of a user that still count, the last used first.
///
/// # Errors
/// [`StoreError`].
pub fn of_user(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    user: UserId,
) -> Result<Vec<Session>, StoreError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM session s JOIN user u ON u.id = s.user_id
                 JOIN server ON server.one = 1
                WHERE s.user_id = ?1 AND s.epoch = server.epoch + u.epoch
                  AND s.generation = server.generation
                ORDER BY s.last_seen_ms DESC LIMIT 200"
    );
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([user.as_bytes()], |row| session(&mut Cells::of(row), run))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All sessions of everybody that still count, in no order.
///
/// # Errors
/// [`StoreError`].
pub fn every(tx: &ReadTx<'_, Accounts>, run: &RunId) -> Result<Vec<Session>, StoreError> {
    let sql = concat!(
        "SELECT ",
        session_columns!(),
        " FROM session s JOIN user u ON u.id = s.user_id
                 JOIN server ON server.one = 1
                WHERE s.epoch = server.epoch + u.epoch AND s.generation = server.generation"
    );
    let mut statement = tx.transaction.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| session(&mut Cells::of(row), run))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Ends a session of `user`: false when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn end(
    tx: &WriteTx<'_, Accounts>,
    user: UserId,
    session: SessionId,
) -> Result<bool, StoreError> {
    let sql = "DELETE FROM session WHERE id = ?1 AND user_id = ?2";
    Ok(tx.transaction.execute(sql, (session.as_bytes(), user.as_bytes()))? == 1)
}

/// Ends every session of a user in a browser; televisions and apps go on.
///
/// # Errors
/// [`StoreError`].
pub fn end_in_browsers(tx: &WriteTx<'_, Accounts>, user: UserId) -> Result<(), StoreError> {
    let sql = "DELETE FROM session WHERE user_id = ?1 AND client = ?2";
    tx.transaction.execute(sql, (user.as_bytes(), ClientKind::Web.word()))?;
    Ok(())
}

/// Ends every session of everybody but this one: how many those were.
///
/// # Errors
/// [`StoreError`].
pub fn end_all_but(tx: &WriteTx<'_, Accounts>, kept: SessionId) -> Result<usize, StoreError> {
    Ok(tx.transaction.execute("DELETE FROM session WHERE id <> ?1", [kept.as_bytes()])?)
}

/// Gives a session another id and another token, and says what was shown in it just now.
///
/// # Errors
/// [`StoreError`].
pub fn renew(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    old: SessionId,
    renewed: &Session,
    token_hash: &[u8; 32],
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET id = ?2, token_hash = ?3, assurance = ?4, methods = ?5,
                      auth_ms = ?6, auth_boot_ms = ?7, auth_run = ?8, last_seen_ms = ?6,
                      seen_boot_ms = ?7, seen_run = ?8, rested = 0,
                      factor_id = NULL
                WHERE id = ?1";
    tx.transaction.execute(
        sql,
        rusqlite::params![
            old.as_bytes(),
            renewed.id.as_bytes(),
            token_hash,
            renewed.methods.assurance().word(),
            renewed.methods.words(),
            renewed.auth.wall.0,
            renewed.auth.boot.map_or(0, |boot| boot.0),
            run,
        ],
    )?;
    // What it let in is still let in by it.
    let sql = "UPDATE device SET approved_by = ?2 WHERE approved_by = ?1";
    tx.transaction.execute(sql, (old.as_bytes(), renewed.id.as_bytes()))?;
    Ok(())
}

/// Says in which remembered browser a session is.
///
/// # Errors
/// [`StoreError`].
pub fn note_browser(
    tx: &WriteTx<'_, Accounts>,
    session: SessionId,
    browser: DeviceId,
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET browser_id = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (session.as_bytes(), browser.as_bytes()))?;
    Ok(())
}

/// Says which kept factor was shown last in the session with this token.
///
/// # Errors
/// [`StoreError`].
pub fn note_factor(
    tx: &WriteTx<'_, Accounts>,
    token_hash: &[u8; 32],
    factor: FactorId,
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET factor_id = ?2 WHERE token_hash = ?1";
    tx.transaction.execute(sql, (token_hash, factor.as_bytes()))?;
    Ok(())
}

/// The kept factor that was shown last in a session.
///
/// # Errors
/// [`StoreError`].
pub fn factor_shown(
    tx: &ReadTx<'_, Accounts>,
    session: SessionId,
) -> Result<Option<FactorId>, StoreError> {
    let sql = "SELECT factor_id FROM session WHERE id = ?1";
    let found =
        tx.transaction.query_row(sql, [session.as_bytes()], |row| maybe_id(row, "factor_id"));
    Ok(found.optional()?.flatten())
}

/// Lets one session of the epoch before go on in the present one of its user.
///
/// # Errors
/// [`StoreError::BadRow`] for a session that was ended already: whoever goes on with it undoes that.
pub fn keep(tx: &WriteTx<'_, Accounts>, session: SessionId) -> Result<(), StoreError> {
    let sql = "UPDATE session SET epoch = (SELECT server.epoch + user.epoch FROM server, user
                                            WHERE user.id = session.user_id)
                WHERE id = ?1
                  AND epoch + 1 = (SELECT server.epoch + user.epoch FROM server, user
                                    WHERE user.id = session.user_id)";
    match tx.transaction.execute(sql, [session.as_bytes()])? {
        0 => Err(StoreError::BadRow { what: "session" }),
        _ => Ok(()),
    }
}

/// Says what speaks for a session beside its password.
///
/// # Errors
/// [`StoreError`].
pub fn vouch(
    tx: &WriteTx<'_, Accounts>,
    session: SessionId,
    vouched: Vouched,
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET vouched = ?2 WHERE id = ?1";
    tx.transaction.execute(sql, (session.as_bytes(), vouched.word()))?;
    Ok(())
}

/// Records a request of the session, and whether it had rested before it.
///
/// # Errors
/// [`StoreError`].
pub fn touch(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    session: SessionId,
    now: Now,
    rested: bool,
) -> Result<(), StoreError> {
    let sql = "UPDATE session SET last_seen_ms = ?2, seen_boot_ms = ?3, seen_run = ?4,
                      rested = max(rested, ?5)
                WHERE id = ?1";
    tx.transaction.execute(sql, (session.as_bytes(), now.wall.0, now.boot.0, run, rested))?;
    Ok(())
}

/// Removes sessions that were not used for `seconds`. Uptime is believed before the wall clock, which
/// may have jumped; of what was used before this start only the wall clock's reading is left.
///
/// # Errors
/// [`StoreError`].
pub fn remove_unused(
    tx: &WriteTx<'_, Accounts>,
    run: &RunId,
    now: Now,
    seconds: u64,
) -> Result<usize, StoreError> {
    let long = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    let sql = "DELETE FROM session WHERE CASE WHEN seen_run = ?1 THEN ?2 - seen_boot_ms >= ?4
                                              ELSE ?3 - last_seen_ms >= ?4 END";
    Ok(tx.transaction.execute(sql, (run, now.boot.0, now.wall.0, long))?)
}

fn session(cells: &mut Cells<'_, '_>, run: &RunId) -> rusqlite::Result<Session> {
    Ok(Session {
        id: cells.id()?,
        user: cells.id()?,
        client: cells.word(ClientKind::from_word)?,
        agent: cells.take()?,
        issuer: cells.id()?,
        methods: cells.word(Methods::from_words)?,
        auth: next_moment(cells, run)?,
        generation: cells.take()?,
        epoch: cells.take()?,
        created: WallMs(cells.take()?),
        last_seen: next_moment(cells, run)?,
        rested: cells.take()?,
    })
}

pub(crate) fn moment(row: &Row<'_>, run: &RunId, columns: [&str; 3]) -> rusqlite::Result<Moment> {
    let [wall, boot, counted_in] = columns;
    let wall = WallMs(row.get(wall)?);
    let same_run = row.get_ref(counted_in)?.as_blob()? == run;
    let boot = if same_run { Some(BootMs(row.get(boot)?)) } else { None };
    Ok(Moment { wall, boot })
}

/// The moment in the next three cells: wall time, uptime, and the run that it counts in.
pub(super) fn next_moment(cells: &mut Cells<'_, '_>, run: &RunId) -> rusqlite::Result<Moment> {
    let (wall, boot) = (WallMs(cells.take()?), BootMs(cells.take()?));
    let same_run = cells.take_ref()?.as_blob()? == run;
    Ok(Moment { wall, boot: same_run.then_some(boot) })
}

fn with_required(
    tx: &ReadTx<'_, Accounts>,
    run: &RunId,
    found: Option<SessionFacts>,
) -> Result<Option<SessionFacts>, StoreError> {
    let Some(mut facts) = found else { return Ok(None) };
    facts.required = requirements::of_user(tx, run, facts.user.id)?;
    Ok(Some(facts))
}

fn facts_row(row: &Row<'_>, run: &RunId) -> rusqlite::Result<SessionFacts> {
    let cells = &mut Cells::of(row);
    let session = session(cells, run)?;
    Ok(SessionFacts {
        user: User {
            id: session.user,
            issuer: cells.id()?,
            sub: cells.take()?,
            account: cells.id()?,
            name: cells.take()?,
            role: cells.word(Role::from_word)?,
            enabled: cells.take()?,
            epoch: cells.take()?,
        },
        session,
        server_generation: cells.take()?,
        orphaned_playback: cells.take()?,
        owner_refused: cells.take()?,
        epoch_now: cells.take()?,
        vouched: cells.word(Vouched::from_word)?,
        unasked: cells.take()?,
        profile: cells.maybe_id()?,
        within_reach: within_reach(cells.take()?, cells.take()?),
        // Read behind it, or the answer is no.
        required: Found::Unreadable,
    })
}

/// What somebody can show who has these.
pub(super) const fn within_reach(has_passkey: bool, has_mfa: bool) -> Assurance {
    match (has_passkey, has_mfa) {
        (true, _) => Assurance::MfaPhishingResistant,
        (false, true) => Assurance::Mfa,
        (false, false) => Assurance::Password,
    }
}
