//! Time that passes over an offer, and what it is replaced for: age, and a person's wish.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use stead_rules::claim::{Event, apply, secret_is_old};
use stead_rules::time::Now;
use stead_store::StoreError;
use stead_store::accounts::claim as rows;

use super::desk::{ClaimDesk, Secrets, Wish};
use super::effects::run;
use super::{ClaimError, Outcome, plug, recovery};
use crate::host::files::remove_durably;
use crate::service::core::{Core, CoreError};

/// How often the age of an offer is written down: an idle box leaves its card alone, and an hour
/// more or less of 30 days does not matter.
const AGE_WRITTEN_SECONDS: u64 = 3600;

/// How long a wish that could not be fulfilled, or not be removed, is left alone.
pub(super) const WISH_RETRY_MS: u64 = 60_000;

/// Lets time pass: ends a claim that is over, and replaces a secret that is old or unwanted.
/// Called now and then while there is something to claim. Blocks.
pub(crate) fn tick(core: &Core, now: Now) -> Outcome {
    let mut desk = core.desk();
    let applied = apply(&desk.state, &Event::Tick, now);
    run(core, &mut desk, applied, now)?;
    recovery::if_asked(core, &mut desk, now)?;
    plug::pass(core, &mut desk, now)?;
    if_old(core, &mut desk, now)?;
    if_asked(core, &mut desk, now)
}

/// Replaces a secret that is old. To be called before a proof is looked at, too.
pub(super) fn if_old(core: &Core, desk: &mut ClaimDesk, now: Now) -> Outcome {
    if desk.offer.is_none() {
        return Ok(());
    }
    match age(core, desk, now) {
        Ok(age) if secret_is_old(age) => {
            let applied = apply(&desk.state, &Event::SecretAged, now);
            // A claim that is under way is not interrupted; an hour later it is over.
            drop(run(core, desk, applied, now));
        }
        Ok(_) => {}
        Err(CoreError::Store(error)) => {
            core.room.left_out(now, "the age of the claim's secret", &error);
        }
        Err(other) => return Err(other.into()),
    }
    Ok(())
}

/// The uptime that the offer has seen, each time it is written down. What could not be written
/// is not lost: it counts when it can be.
fn age(core: &Core, desk: &mut ClaimDesk, now: Now) -> Result<u64, CoreError> {
    let passed = now.boot.since_ms(desk.aged_at) / 1000;
    if passed < AGE_WRITTEN_SECONDS {
        return Ok(0);
    }
    let age = core.store()?.accounts.note(|tx| {
        let Some(mut offer) = rows::offer(tx)? else { return Ok(0) };
        offer.uptime_seconds = offer.uptime_seconds.saturating_add(passed);
        rows::put_offer(tx, &offer)?;
        Ok::<_, StoreError>(offer.uptime_seconds)
    })?;
    desk.aged_at = now.boot;
    Ok(age)
}

/// Replaces the secret if a file in the data folder asks for it: who can put it there has the
/// system in hand. A claim that somebody has begun with the old secret ends. A wish is fulfilled
/// once, also if it cannot be removed; what did not work (a full disk) is tried once a minute.
fn if_asked(core: &Core, desk: &mut ClaimDesk, now: Now) -> Outcome {
    let path = core.paths().new_secret_wish();
    let (Some(_), Some(file)) = (&desk.offer, wish_at(&path)) else { return Ok(()) };
    let known = desk.wish.filter(|wish| wish.file == file);
    if known.is_some_and(|wish| now.boot.since_ms(wish.tried) < WISH_RETRY_MS) {
        return Ok(());
    }
    let fulfilled = known.is_some_and(|wish| wish.fulfilled);
    desk.wish = Some(Wish { file, fulfilled, tried: now.boot });
    if !fulfilled && !replace_secret(core, desk, now)? {
        return Ok(());
    }
    desk.wish = Some(Wish { file, fulfilled: true, tried: now.boot });
    remove_durably(&path).map_err(ClaimError::Wish)
}

/// Whether there is another secret now.
fn replace_secret(core: &Core, desk: &mut ClaimDesk, now: Now) -> Result<bool, ClaimError> {
    let link = |offer: &Option<Secrets>| offer.as_ref().map(|secrets| secrets.link.clone());
    let before = link(&desk.offer);
    let applied = apply(&desk.state, &Event::RotateAsked, now);
    run(core, desk, applied, now)?;
    Ok(!before.zip(link(&desk.offer)).is_some_and(|(old, new)| old.matches(&new)))
}

/// Which file lies there, of whatever kind.
pub(super) fn wish_at(path: &Path) -> Option<(u64, i64, i64)> {
    let found = path.symlink_metadata().ok()?;
    Some((found.ino(), found.ctime(), found.ctime_nsec()))
}
