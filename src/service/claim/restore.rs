//! Putting a backup back, for whoever has the box in hand.
//!
//! ```text
//! sent ─▶ opened by its words ─▶ found to be ours ─▶ decided (fsync) ─▶ the server ends
//!                                                                         │ next start
//!                                       LOCKED, until the owner signs in ◀┘
//! ```
//!
//! The box in hand is enough to put accounts back and not enough to use them: the server is locked
//! until the owner in the backup has signed in with a second factor.

use std::fs::{self, File};
use std::io::Write as _;
use std::sync::Arc;

use stead_rules::claim::{
    Applied, Copied, Database, Event, Kept, adopted, recovery_generation, step,
};
use stead_rules::ids::TicketId;
use stead_rules::limits::BACKUP_MAX_BYTES;
use stead_rules::policy::{Action, Permit};
use stead_rules::signin::Password;
use stead_rules::time::{Now, WallMs};
use stead_store::backup::{self as copies, Described};

use super::effects::run;
use super::wizard::position;
use super::{ClaimError, claimant, plug};
use crate::host::entropy::fresh;
use crate::net::ca::AuthorityFiles;
use crate::net::names::{host_label, local_name};
use crate::service::backup::{
    BackupError, COPIES, Gone, alone, carried_authority, folder, has_room_for, remove_all, seal,
};
use crate::service::core::Core;

/// What waits to be opened, in the folder of backups.
const SENT: &str = "sent.age";

/// A backup that is coming in.
pub struct Incoming {
    browser: TicketId,
    file: File,
    place: Gone,
    size: u64,
}

/// Begins to take a backup in. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub fn receive(core: &Core, permit: &Permit, now: Now) -> Result<Incoming, ClaimError> {
    let browser = claimant(permit, Action::ClaimStep)?;
    position(&core.desk(), now, browser)?;
    let name: TicketId = fresh(core.entropy.as_ref(), TicketId::from_bytes);
    let place = Gone(folder(core.paths()).map_err(BackupError::from)?.join(format!("{name}.part")));
    let file = File::create_new(&place.0).map_err(BackupError::from)?;
    Ok(Incoming { browser, file, place, size: 0 })
}

impl Incoming {
    /// Takes some more of it. Blocks.
    ///
    /// # Errors
    /// [`BackupError`]; what came in is gone then.
    pub fn take(mut self, bytes: &[u8]) -> Result<Self, ClaimError> {
        self.size = self.size.saturating_add(bytes.len() as u64);
        if self.size > BACKUP_MAX_BYTES {
            return Err(BackupError::TooLarge.into());
        }
        self.file.write_all(bytes).map_err(BackupError::from)?;
        Ok(self)
    }

    /// It is all there: it takes the place of what was sent before. Blocks.
    ///
    /// # Errors
    /// [`ClaimError`] if the browser does not hold the claim any more.
    pub fn keep(self, core: &Core, now: Now) -> Result<(), ClaimError> {
        let desk = core.desk();
        position(&desk, now, self.browser)?;
        let sent = core.paths().backup_dir().join(SENT);
        Ok(fs::rename(&self.place.0, sent).map_err(BackupError::from)?)
    }
}

/// What is about to be served.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What the server is called from now on.
    pub name: String,
    /// By which name it is found in the network.
    pub host_name: String,
    /// When the backup was made.
    pub made: WallMs,
    /// How many people it holds.
    pub people: u64,
    /// Whether the box had other certificates until now.
    pub other_authority: bool,
}

/// Puts the backup that was sent back, if `words` open it, and ends the server. Blocks.
///
/// # Errors
/// [`ClaimError`]; nothing is changed then.
pub async fn restore(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    words: Password,
) -> Result<Restored, ClaimError> {
    let browser = claimant(permit, Action::ClaimStep)?;
    core.blocking(move |core| {
        position(&core.desk(), now, browser)?;
        put_back(core, now, browser, &words)
    })
    .await
}

fn put_back(
    core: &Core,
    now: Now,
    browser: TicketId,
    words: &Password,
) -> Result<Restored, ClaimError> {
    let _alone = alone(core);
    let folder = folder(core.paths()).map_err(BackupError::from)?;
    let sent = folder.join(SENT);
    if !sent.exists() {
        return Err(BackupError::NoneSent.into());
    }
    let copy = Gone(folder.join("sent.db"));
    copy.forget().map_err(BackupError::from)?;
    let size = sent.metadata().map_err(BackupError::from)?.len();
    has_room_for(&folder, size.saturating_mul(COPIES))?;
    seal::open(words, &sent, &copy.0).map_err(BackupError::from)?;
    let described = copies::describe(&copy.0).map_err(BackupError::from)?;
    owner_can_sign_in(core, &described)?;
    let other_authority = lay_ready(core, &described)?;
    decide(core, now, browser, &copy, &described)?;
    tracing::warn!("a backup is put back; the server ends now and begins anew with it");
    core.stopping.cancel();
    let Described { box_id, name, made, people, .. } = described;
    let host_name = local_name(&host_label(&box_id));
    Ok(Restored { name, host_name, made, people, other_authority })
}

/// From here on only the start is left.
fn decide(
    core: &Core,
    now: Now,
    browser: TicketId,
    copy: &Gone,
    described: &Described,
) -> Result<(), ClaimError> {
    let mut desk = core.desk();
    let (generation, kept, copied) = (described.generation, Kept::Owned, Copied::Latest);
    let database = Database::Claimed { generation, kept, copied };
    let generation = recovery_generation(desk.marker, database);
    let decided = step(&desk.state, &Event::BackupRestored { browser, generation }, now)?;
    let eras = adopted(desk.era);
    copies::decide(&core.paths().data_dir, &copy.0, now, generation, eras)
        .map_err(BackupError::from)?;
    let applied = Applied { next: decided.next, effects: decided.effects, answer: Ok(()) };
    run(core, &mut desk, applied, now)?;
    plug::forget(core, &mut desk, now);
    Ok(())
}

/// An owner from an issuer that this server does not ask could not open it.
fn owner_can_sign_in(core: &Core, described: &Described) -> Result<(), BackupError> {
    let asked = core.issuer.as_ref().map(|issuer| issuer.url());
    match &described.issuer {
        Some(issuer) if asked != Some(issuer.as_str()) => {
            Err(BackupError::OwnerElsewhere { issuer: issuer.clone() })
        }
        Some(_) | None => Ok(()),
    }
}

/// Writes the authority of the backup beside the box's own, if it is another one, and says whether.
fn lay_ready(core: &Core, described: &Described) -> Result<bool, BackupError> {
    let ready = core.paths().restored_tls_dir();
    remove_all(&ready)?;
    let own = AuthorityFiles::read(&core.paths().tls_dir()).ok().flatten();
    let Some(carried) = carried_authority(&described.carried) else { return Ok(false) };
    if own.is_some_and(|own| own == carried) {
        return Ok(false);
    }
    // What could not be served must not take the place of what can.
    if !carried.write(&ready).map_err(BackupError::Authority)? {
        tracing::warn!("the certificates of the backup cannot be used; the box keeps its own");
        remove_all(&ready)?;
        return Ok(false);
    }
    Ok(true)
}

/// Whoever sent a backup does not hold the claim any more.
pub(super) fn forget_sent(core: &Core) {
    drop(Gone(core.paths().backup_dir().join(SENT)));
}
