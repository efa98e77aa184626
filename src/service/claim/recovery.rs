//! The way to a new owner, for whoever has the box in hand: what asks for it, and what it makes.
//!
//! A recovery is kept in the accounts before anything is told: a server that was cut off in it
//! comes up in it again. Accounts that are lost, damaged or another server's are set aside, never
//! deleted, and new ones take their place that wait for an owner.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use stead_rules::claim::{
    Applied, Eras, Event, Generation, Kept, RecoveryWay, Reject, State, adopted,
    recovery_generation, step,
};
use stead_rules::time::Now;
use stead_store::Store;
use stead_store::accounts::claim::{self as rows, Server};
use stead_store::backup::is_decided;

use super::desk::{ClaimDesk, Wish};
use super::effects::run;
use super::finish::stored_generation;
use super::ownership::void_what_is_old;
use super::renewal::{WISH_RETRY_MS, wish_at};
use super::{ClaimError, Outcome};
use crate::host::files::remove_durably;
use crate::service::backup::BackupError;
use crate::service::core::Core;

/// The first line of a wish that the button makes; root makes any other.
const BUTTON: &str = "button";

/// Opens the way to a new owner.
pub(super) fn open(core: &Core, desk: &mut ClaimDesk, now: Now, by: RecoveryWay) -> Outcome {
    // These accounts make way for a backup at the next start: whatever is asked for waits for that.
    if is_decided(&core.paths().data_dir).map_err(BackupError::from)? {
        return Err(Reject::NotNow.into());
    }
    let generation = recovery_generation(desk.marker, stored_generation(core)?);
    let event = Event::RecoveryOpened { by, generation };
    let decided = step(&desk.state, &event, now)?;
    match core.store() {
        Ok(store) => store.accounts.write(|tx| {
            if matches!(desk.state, State::Locked(_)) {
                void_what_is_old(tx, generation, desk.era)?;
            } else {
                rows::set_generation(tx, generation.0)?;
            }
            Ok::<_, ClaimError>(rows::keep(tx, Kept::Recovery)?)
        })?,
        Err(_) => make_anew(core, generation, adopted(desk.era))?,
    }
    let applied = Applied { next: decided.next, effects: decided.effects, answer: Ok(()) };
    run(core, desk, applied, now)
}

/// New accounts for the same server: it keeps its id, and with it its name and its certificates.
fn make_anew(core: &Core, generation: Generation, eras: Option<Eras>) -> Outcome {
    let server = Server { generation: generation.0, ..core.own_row.clone() };
    let store = Store::create_for_recovery(&core.paths().data_dir, &server, eras)?;
    let room = Arc::clone(&core.room);
    if core.store.set(Arc::new(store.with_room(room))).is_ok() {
        core.store_made.notify_one();
    }
    Ok(())
}

/// Fulfils a wish that lies in the data folder, if root has put it there. Whoever runs the server
/// can write there too, so the file must be root's; nobody else can give one away to root.
pub(super) fn if_asked(core: &Core, desk: &mut ClaimDesk, now: Now) -> Outcome {
    let path = core.paths().recover_wish();
    let Some(file) = wish_at(&path) else { return Ok(()) };
    let known = desk.recover_wish.filter(|wish| wish.file == file);
    if known.is_some_and(|wish| now.boot.since_ms(wish.tried) < WISH_RETRY_MS) {
        return Ok(());
    }
    let fulfilled = known.is_some_and(|wish| wish.fulfilled);
    desk.recover_wish = Some(Wish { file, fulfilled, tried: now.boot });
    if !fulfilled {
        fulfil(core, desk, now, &path)?;
        desk.recover_wish = Some(Wish { file, fulfilled: true, tried: now.boot });
    }
    remove_durably(&path).map_err(ClaimError::Wish)
}

fn fulfil(core: &Core, desk: &mut ClaimDesk, now: Now, path: &Path) -> Outcome {
    let Some(by) = asked_by(path) else {
        tracing::warn!("a wish for a new owner is not root's, and is taken away unfulfilled");
        return Ok(());
    };
    match open(core, desk, now, by) {
        Err(ClaimError::Refused(reject)) => {
            tracing::warn!(%reject, "a new owner was asked for, and there is nothing to recover");
            Ok(())
        }
        other => other,
    }
}

/// Who put the wish there: root itself or, for root, the button.
fn asked_by(path: &Path) -> Option<RecoveryWay> {
    let found = path.symlink_metadata().ok()?;
    if !found.is_file() || found.uid() != 0 {
        return None;
    }
    let by_button = found.len() <= 64
        && std::fs::read_to_string(path).is_ok_and(|text| text.lines().next() == Some(BUTTON));
    Some(if by_button { RecoveryWay::Button } else { RecoveryWay::Root })
}
