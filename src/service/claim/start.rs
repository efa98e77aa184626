//! Coming up: what lies on disk, which state that is, and a database where there was none.

use std::path::Path;
use std::sync::Arc;

use stead_rules::claim::{
    Applied, Copied, Database, Effect, Event, Generation, Kept, LocalPlayback, LocalSecurity,
    LockReason, Marker, MarkerCopy, Start, State, Version, apply, copied, start_state,
    start_without_data,
};
use stead_rules::ids::{BoxId, EraId};
use stead_store::accounts::claim::{Server, set_generation};
use stead_store::{
    Found, OpenError, Room as _, Store, StoreError, before_update, inspect, note_lost,
    part_from_lost,
};

use super::desk::ClaimDesk;
use super::{
    box_id, era, marker, marker_copy, own_code, plug, recovery, run_effects, wipe, wishes,
};
use crate::config::{Config, Paths};
use crate::host::entropy::{Entropy, bytes, fresh};
use crate::host::kind::Kind;
use crate::service::backup::{self, BackupError};
use crate::service::core::Core;
use crate::service::room::DataRoom;
use stead_rules::time::WallMs;

/// With what the process comes up.
pub struct ComeUp {
    /// Both databases; none when the accounts cannot be read or are another server's.
    pub store: Option<Arc<Store>>,
    /// The server's own row; all but the box's id is made up for this run when there is none.
    pub server: Server,
    /// The claim's memory.
    pub desk: ClaimDesk,
    /// Whether listed folders play without a sign-in.
    pub local_playback: LocalPlayback,
    /// What to do before any port opens.
    pub(crate) effects: Vec<Effect>,
}

/// The databases could not be opened although they look whole.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Opening failed.
    #[error("the database could not be opened")]
    Open(#[from] OpenError),
    /// A wipe that was decided could not be finished.
    #[error("the wipe of this server could not be finished")]
    Wipe(#[source] std::io::Error),
    /// A restore that was decided could not be finished.
    #[error("the backup could not be put in its place")]
    Restore(#[from] BackupError),
    /// Its first row could not be read.
    #[error("the database could not be read")]
    Read(#[from] StoreError),
}

/// Looks at the data folder, decides the state, and opens or makes the databases.
///
/// # Errors
/// [`StartError`] for anything that is not damage: damage locks the server instead.
pub fn come_up(
    paths: &Paths,
    entropy: &dyn Entropy,
    room: &Arc<DataRoom>,
    setting: LocalSecurity,
    kind: Kind,
) -> Result<ComeUp, StartError> {
    if paths.data_missing.as_deref().is_some_and(Path::exists) {
        return Ok(without_data(paths, entropy));
    }
    if wipe::go_on(paths).map_err(StartError::Wipe)? {
        tracing::warn!("this server was wiped, and begins anew");
    }
    if backup::go_on(paths)? {
        tracing::warn!("a backup was put back: its owner signs in next");
    }
    if part_from_lost(&paths.data_dir)? {
        tracing::warn!(
            "another accounts.db has come into the place of the lost one, whose log is set aside \
             as accounts.db.damaged-wal"
        );
    }
    let (marker, era) = marker::read(&paths.marker());
    let mut found = inspect(&paths.data_dir)?;
    if found == Found::Newer && was_put_back(&paths.data_dir, marker, era) {
        found = inspect(&paths.data_dir)?;
    }
    if found == Found::Newer {
        tracing::error!(
            "accounts.db was written by a newer version of Stead: this one is locked, and changes \
             nothing; start that version again"
        );
    }
    let (database, of) = database(&found, era);
    let kept_id = box_id::read(&paths.box_id());
    let copy = copy_of(paths);
    let (marker, database) = copy.seen(of.or(kept_id), marker, database);
    let mut start = start_state(marker, database, setting);
    if let Some(raise) = copy_to_raise(paths, copy, of, database, &start) {
        start.effects.insert(0, raise);
    }
    // A server whose data folder is lost, or another one's, keeps its name.
    let new = new_server(entropy, copy.box_id().or(kept_id));
    let store = match start.state {
        State::Factory => Some(Store::create(&paths.data_dir, &new)?),
        // What is not this server's is left as it is: the owner may want it back.
        State::Locked(reason) if !reason.owner_may_sign_in() => None,
        State::Locked(_)
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Orphaned
        | State::Recovery => Some(opened(&paths.data_dir, room)?),
    };
    let store = store.map(|store| store.with_room(Arc::<DataRoom>::clone(room)));
    let start = match kind {
        Kind::Server => start,
        Kind::Accounts => begun(store.as_ref(), marker, start)?,
    };
    let known = match &store {
        Some(store) => store.accounts.read(stead_store::accounts::claim::server)?,
        None => None,
    };
    match &known {
        Some(known) => keep_box_id(paths, known.box_id),
        None => note_what_is_lost(paths),
    }
    Ok(ComeUp {
        store: store.map(Arc::new),
        server: known.unwrap_or(new),
        desk: ClaimDesk::new(start.state, marker, era),
        local_playback: start.local_playback,
        effects: start.effects,
    })
}

/// The reserve is there for what people wait for, and nobody gets in before the accounts are kept and
/// brought up to date.
fn opened(folder: &Path, room: &DataRoom) -> Result<Store, OpenError> {
    match Store::open(folder) {
        Err(OpenError::Keep { .. } | OpenError::Migration { .. }) if room.make() => {
            Store::open(folder)
        }
        opened => opened,
    }
}

/// Goes on with the accounts that an update has kept, and says whether it does: if they are the last
/// ones, as far as the marker can tell. Older ones would be locked, and what the newer version has
/// written since would be missing in them; so they stay aside, and the newer version can go on.
fn was_put_back(folder: &Path, marker: Marker, era: Option<EraId>) -> bool {
    let Some(kept) = before_update::look(folder) else { return false };
    let (kept, _) = database(&kept, era);
    match start_state(marker, kept, LocalSecurity::On).state {
        // Whoever has put a backup back before the update finds it as it was.
        State::Locked(reason) if reason != LockReason::Restored => return false,
        State::Locked(_)
        | State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Claimed
        | State::Orphaned
        | State::Recovery => {}
    }
    match before_update::put_back(folder) {
        Ok(()) => {
            tracing::warn!(
                "accounts.db was written by a newer version, which did not prove itself: this one goes \
                 on with the accounts from before the update, and the newer ones are set aside as \
                 accounts.db.newer"
            );
            true
        }
        Err(error) => {
            tracing::error!(
                error = %crate::service::chain(&error),
                "the accounts from before the update could not be put in place"
            );
            false
        }
    }
}

/// What the server is called, before it comes up: with the id that it will have then. One that is not
/// there yet is made and kept. To be called by whoever holds the data folder. Blocks.
///
/// # Errors
/// [`StartError`], as [`come_up`] has it.
pub fn name_ahead(config: &Config, entropy: &dyn Entropy) -> Result<String, StartError> {
    let paths = &config.paths;
    if paths.data_missing.as_deref().is_some_and(Path::exists) {
        let id = id_or_fresh(copy_of(paths).box_id(), entropy);
        return Ok(wishes::label(config, &id));
    }
    // The id may go with a wipe, and another one come with a backup.
    wipe::go_on(paths).map_err(StartError::Wipe)?;
    backup::go_on(paths)?;
    let (_, of) = database(&inspect(&paths.data_dir)?, None);
    let known = of.or_else(|| copy_of(paths).box_id()).or_else(|| box_id::read(&paths.box_id()));
    let id = id_or_fresh(known, entropy);
    keep_box_id(paths, id);
    Ok(wishes::label(config, &id))
}

fn id_or_fresh(known: Option<BoxId>, entropy: &dyn Entropy) -> BoxId {
    known.unwrap_or_else(|| fresh(entropy, BoxId::from_bytes))
}

fn copy_of(paths: &Paths) -> MarkerCopy {
    paths.marker_copy.as_deref().map_or(MarkerCopy::None, marker_copy::read)
}

/// The data folder is missing: nothing of it is looked at, and nothing is made. A box that was
/// claimed keeps its name by the second copy of the marker.
fn without_data(paths: &Paths, entropy: &dyn Entropy) -> ComeUp {
    tracing::error!(
        "the data folder is missing, and one in memory stands for it: the server is locked"
    );
    let start = start_without_data();
    ComeUp {
        store: None,
        server: new_server(entropy, copy_of(paths).box_id()),
        desk: ClaimDesk::new(start.state, Marker::Unreadable, None),
        local_playback: start.local_playback,
        effects: start.effects,
    }
}

/// The account service alone has no owner to wait for: whoever runs it has the shell. It counts as
/// claimed once, from its first start on, so what holds for a claimed server holds for it: accounts
/// that are lost or older than they were lock it, and never make a fresh one of it.
fn begun(store: Option<&Store>, marker: Marker, start: Start) -> Result<Start, StoreError> {
    let fresh = match start.state {
        State::Factory | State::Offered | State::Legacy => true,
        State::Pending(_)
        | State::Claimed
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => false,
    };
    let Some(store) = store.filter(|_| fresh) else { return Ok(start) };
    let generation = Generation(1);
    store.accounts.write(|tx| set_generation(tx, generation.0))?;
    let (kept, copied) = (Kept::Owned, Copied::Latest);
    let claimed = Database::Claimed { generation, kept, copied };
    let mut start = start_state(marker, claimed, LocalSecurity::On);
    // Nothing was cut off here, so there is nothing to tell of.
    start.effects.retain(|effect| !matches!(effect, Effect::Log(_)));
    Ok(start)
}

/// A full disk is no reason not to start: the next start keeps it.
fn keep_box_id(paths: &Paths, id: BoxId) {
    if let Err(error) = box_id::keep(&paths.box_id(), id) {
        tracing::warn!(
            error = %crate::service::chain(&error),
            "the id of this server is kept in its database alone"
        );
    }
}

/// Does what the start asks for, and makes the offer of a server that has none. Blocks.
pub fn begin_life(core: &Core, effects: Vec<Effect>) {
    let now = core.now();
    let mut desk = core.desk();
    desk.aged_at = now.boot;
    let up = Applied { next: desk.state, effects, answer: Ok(()) };
    // Effects that fail are logged where they run, and a start is never refused.
    drop(run_effects(core, &mut desk, up, now));
    if desk.state == State::Factory {
        let offered = apply(&desk.state, &Event::OfferMade, now);
        drop(run_effects(core, &mut desk, offered, now));
    }
    plug::take_up(core, &mut desk, now);
    drop(desk);
    own_code::look_at_start(core, now);
    wishes::reset_if_asked(core);
    let mut desk = core.desk();
    if let Err(error) = recovery::if_asked(core, &mut desk, now) {
        tracing::error!(error = %crate::service::chain(&error), "a wish for a new owner could not \
            be fulfilled; it is tried again");
    }
    era::begin(core, &mut desk);
}

/// Does what the start of an account service asks for. Blocks.
pub fn begin_life_of_accounts(core: &Core, effects: Vec<Effect>) {
    let now = core.now();
    let mut desk = core.desk();
    desk.aged_at = now.boot;
    let up = Applied { next: desk.state, effects, answer: Ok(()) };
    // Effects that fail are logged where they run, and a start is never refused.
    drop(run_effects(core, &mut desk, up, now));
    era::begin(core, &mut desk);
}

/// What the accounts say, and whose they are.
fn database(found: &Found, era: Option<EraId>) -> (Database, Option<BoxId>) {
    match *found {
        Found::Nothing => (Database::None, None),
        Found::Unreadable | Found::Newer => (Database::Unreadable, None),
        Found::Server { box_id, generation: 0, ref created_by, .. } => {
            (Database::NeverClaimed { created_by: Version::parse(created_by) }, Some(box_id))
        }
        Found::Server { box_id, generation, kept, eras, .. } => {
            let (generation, copied) = (Generation(generation), copied(era, eras));
            (Database::Claimed { generation, kept, copied }, Some(box_id))
        }
    }
}

/// A second copy that is behind is made up for: a claim was cut off before it, or it was lost.
fn copy_to_raise(
    paths: &Paths,
    copy: MarkerCopy,
    of: Option<BoxId>,
    database: Database,
    start: &Start,
) -> Option<Effect> {
    let (Some(box_id), Database::Claimed { generation, .. }) = (of, database) else { return None };
    let raise = Effect::RaiseMarker(generation);
    let behind = copy != MarkerCopy::Of { box_id, generation };
    let knows = match start.state {
        State::Claimed | State::Orphaned | State::Recovery => true,
        // It is not known whether these are its accounts, or the rules raise both anyhow.
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Locked(_) => {
            false
        }
    };
    let wanted = paths.marker_copy.is_some() && behind && knows;
    (wanted && !start.effects.contains(&raise)).then_some(raise)
}

fn note_what_is_lost(paths: &Paths) {
    if let Err(error) = note_lost(&paths.data_dir) {
        tracing::warn!(%error, "the log of the lost accounts.db could not be noted: move \
            accounts.db-wal away before another accounts.db is put in its place");
    }
}

fn new_server(entropy: &dyn Entropy, known: Option<BoxId>) -> Server {
    Server {
        box_id: id_or_fresh(known, entropy),
        name: "Stead".to_owned(),
        generation: 0,
        epoch: 0,
        clock_mark: WallMs(0),
        link_key: bytes::<32>(entropy).to_vec(),
        created_by: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
