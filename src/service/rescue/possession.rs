//! Proof that somebody has the box in hand, for what the owner lost: the code that the server was set
//! up with, the plug pattern, or the system itself. The first two are those of a claim.
//!
//! Who can put a file into the data folder has the system in hand. So a wish there makes the
//! server write a secret into a file that only the service and root can read; whoever shows the
//! secret within a quarter of an hour of uptime has proved it. It is used up by what it opens, and
//! no restart keeps it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use stead_rules::claim::{LinkSecret, Peer};
use stead_rules::policy::{Action, Permit};
use stead_rules::secret::{SecretText, same_bytes};
use stead_rules::signin::rescue_is_live;
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::audit;
use zeroize::Zeroizing;

use super::RescueError;
use crate::host::entropy::bytes;
use crate::host::files::{PRIVATE, remove_durably, write_atomically};
use crate::service::claim::{self, ClaimError};
use crate::service::core::{Core, permitted};
use crate::service::sha256;

/// What somebody shows to prove that the box is in hand.
#[derive(Debug, Clone)]
pub enum Possession {
    /// The secret that `stead rescue` shows.
    Secret(SecretText),
    /// The owner's own code, which was judged already: see [`is_own_code`].
    Own {
        /// Whether it is right.
        right: bool,
    },
    /// What a phone holds that waited for the plug pattern.
    Plug(SecretText),
}

impl Possession {
    /// The stable word of this proof in the audit.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Secret(_) => "secret",
            Self::Own { .. } => "own",
            Self::Plug(_) => "plug",
        }
    }
}

/// Whether this is the owner's own code, for [`super::begin`]. Each guess costs a password hash in
/// its turn, and a place that misses waits, as at a claim.
///
/// # Errors
/// [`RescueError`].
pub async fn is_own_code(
    core: &Arc<Core>,
    permit: &Permit,
    now: Now,
    from: Peer,
    code: &SecretText,
) -> Result<bool, RescueError> {
    permitted(permit, Action::ProvePresence)?;
    claim::is_own_code_of_owner(core, now, from, code).await.map_err(of_claim)
}

/// Whoever has to wait is told so in the words of a way back.
fn of_claim(error: ClaimError) -> RescueError {
    if let ClaimError::SlowDown { seconds } = error {
        return RescueError::SlowDown { seconds };
    }
    RescueError::Claim(error)
}

/// The box is in hand. Only [`accept`] makes one.
pub(super) struct InHand(());

/// What is remembered of a secret that waits.
#[derive(Default)]
pub(super) struct Desk {
    waiting: Option<Waiting>,
    /// The wish that was fulfilled last: one that cannot be removed is not a new one.
    fulfilled: Option<(u64, i64, i64)>,
}

#[derive(Clone, Copy)]
struct Waiting {
    hash: [u8; 32],
    made: BootMs,
}

/// Whether what was shown proves that the box is in hand. It is not used up.
pub(super) fn accept(
    core: &Core,
    now: Now,
    from: Peer,
    shown: &Possession,
) -> Result<InHand, RescueError> {
    let right = match shown {
        Possession::Secret(secret) => {
            let hash = sha256(secret.expose().as_bytes());
            let waiting = core.rescue_desk().possession.waiting;
            waiting.is_some_and(|waiting| {
                rescue_is_live(waiting.made, now) && same_bytes(&waiting.hash, &hash)
            })
        }
        Possession::Own { right } => *right,
        Possession::Plug(secret) => claim::has_plug(core, now, from, secret).map_err(of_claim)?,
    };
    if right { Ok(InHand(())) } else { Err(RescueError::NotInHand) }
}

/// Nothing that was handed out proves possession any more.
pub(super) fn void(core: &Core) -> Result<(), RescueError> {
    core.rescue_desk().possession.waiting = None;
    Ok(remove_durably(&core.paths().rescue_page())?)
}

/// Looks whether a secret is asked for, and whether the one that waits is over. Called now and
/// then; it looks for one file. Blocks.
pub(crate) fn tick(core: &Core, now: Now) -> Result<(), RescueError> {
    if core.store.get().is_none() {
        // There is no account to come back to.
        return Ok(());
    }
    let waiting = core.rescue_desk().possession.waiting;
    let over = waiting.is_none_or(|waiting| !rescue_is_live(waiting.made, now));
    // A page of an earlier life opens nothing: it goes, too.
    if over && (waiting.is_some() || core.paths().rescue_page().symlink_metadata().is_ok()) {
        void(core)?;
    }
    let wish = core.paths().rescue_wish();
    match file_at(&wish) {
        Some(file) if core.rescue_desk().possession.fulfilled != Some(file) => {
            hand_out(core, now)?;
            core.rescue_desk().possession.fulfilled = Some(file);
            Ok(remove_durably(&wish)?)
        }
        Some(_) | None => Ok(()),
    }
}

fn hand_out(core: &Core, now: Now) -> Result<(), RescueError> {
    let secret = Zeroizing::new(LinkSecret::from_random(bytes(core.entropy.as_ref())).expose());
    let page = Zeroizing::new(page(core, &secret));
    write_atomically(&core.paths().rescue_page(), page.as_bytes(), PRIVATE)?;
    // A secret that is in no audit opens nothing; the next look takes its page away.
    let accounts = &core.store()?.accounts;
    accounts.write(|tx| audit::append(tx, now, "recovery.secret_made", "{}"))?;
    let hash = sha256(secret.as_bytes());
    core.rescue_desk().possession.waiting = Some(Waiting { hash, made: now.boot });
    tracing::warn!("a rescue secret was asked for in the data folder; it is good for 15 minutes");
    Ok(())
}

/// A link a line, as `stead rescue` reads them.
fn page(core: &Core, secret: &str) -> String {
    let links = core.reach().urls();
    links.iter().map(|url| format!("{}/rescue#s={secret}\n", url.trim_end_matches('/'))).collect()
}

/// Which file lies there, of whatever kind.
fn file_at(path: &Path) -> Option<(u64, i64, i64)> {
    let found = path.symlink_metadata().ok()?;
    Some((found.ino(), found.ctime(), found.ctime_nsec()))
}
