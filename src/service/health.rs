//! Real liveness: what the watchdog is fed by and what `stead health` asks.

use std::sync::Arc;
use std::time::Duration;

use stead_store::accounts::claim::server;

use super::core::{Core, CoreError};
use crate::host::disk;

/// A check that takes longer has failed: systemd's watchdog waits little longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// Whether the server is of no use without it.
    pub vital: bool,
}

/// Looks at the database and the data folder. That it answers at all shows the runtime and the
/// blocking pool alive.
pub async fn examine(core: &Arc<Core>) -> Vec<Check> {
    let locked = core.store.is_none();
    let database = core.read_accounts(|tx| server(tx).map_err(CoreError::from));
    let database = matches!(tokio::time::timeout(PATIENCE, database).await, Ok(Ok(Some(_))));
    let writable = core.blocking(|core| Ok::<_, CoreError>(has_room(core)));
    let writable = matches!(tokio::time::timeout(PATIENCE, writable).await, Ok(Ok(true)));
    let discovery = core.blocking(|core| Ok::<_, CoreError>(core.announcer.registered()));
    let discovery = matches!(tokio::time::timeout(PATIENCE, discovery).await, Ok(Ok(true)));
    vec![
        Check { name: "database", ok: database, vital: !locked },
        Check { name: "data_folder", ok: writable, vital: false },
        Check { name: "discovery", ok: discovery, vital: false },
    ]
}

/// Room that the next claim, sign-in or scan needs. Looking writes nothing, so an idle box stays
/// idle.
const ROOM_BYTES: u64 = 1024 * 1024;

fn has_room(core: &Core) -> bool {
    disk::space(&core.paths().data_dir).is_ok_and(|space| space.free_bytes >= ROOM_BYTES)
}
