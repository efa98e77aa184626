//! Whether the system that runs has proved itself. Until then the accounts are kept as they were before
//! it brought them up to date, for the system before (`stead_store::before_update`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stead_rules::time::BootMs;
use stead_store::before_update::let_go;

use super::core::{Core, CoreError};

/// A system that is well so long after its start stays: twice what the gate of an update waits
/// (`stead-health.service`), so the system before still comes up if the gate does not open.
pub const AFTER: Duration = Duration::from_secs(300);

/// Whether it has.
#[derive(Debug)]
pub struct Proof {
    started: BootMs,
    given: AtomicBool,
}

impl From<BootMs> for Proof {
    fn from(started: BootMs) -> Self {
        Self { started, given: AtomicBool::new(false) }
    }
}

impl Proof {
    /// Whether it has not yet.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.given.load(Ordering::Relaxed)
    }

    /// The server was found to be well: if it has been up for long enough the system before is done
    /// with, and what was kept for it goes. What cannot be removed is tried again.
    pub(super) async fn given(&self, core: &Arc<Core>) {
        let up_ms = core.now().boot.since_ms(self.started);
        if !self.is_wanted() || u128::from(up_ms) < AFTER.as_millis() {
            return;
        }
        let gone = core.blocking(|core| Ok::<_, CoreError>(let_go(&core.paths().data_dir)));
        match gone.await {
            Ok(Ok(())) => self.given.store(true, Ordering::Relaxed),
            Ok(Err(error)) => {
                tracing::warn!(%error, "accounts.db.before-update could not be removed");
            }
            Err(error) => tracing::debug!(%error, "nobody looked for accounts.db.before-update"),
        }
    }
}
