//! Real liveness: what the watchdog is fed by and what `stead health` asks.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stead_rules::time::BootMs;
use stead_store::accounts::claim::server;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::claim;
use super::core::{Core, CoreError};
use crate::config::Own;
use crate::net::given::Age;

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

/// What the loader tells the kernel where neither copy of its boot order was whole (image/boot.cmd).
const ORDER_LOST: &str = "stead.order=lost";

/// What strangers are told is at most this old: each look asks the disk, and a probe that asks
/// every few seconds still hears of a change within two.
const TOLD_AGAIN_MS: u64 = 3000;

/// The last look, and who is looking.
#[derive(Debug, Default)]
pub struct LastLook(Mutex<Option<(BootMs, Vec<Check>)>>);

/// As [`examine`], from the last look if that was a moment ago. Whoever asks while somebody looks
/// waits for the same answer.
pub async fn known(core: &Arc<Core>) -> Vec<Check> {
    let mut last = core.health.0.lock().await;
    let now = core.now().boot;
    let fresh = |looked: &BootMs| now.since_ms(*looked) < TOLD_AGAIN_MS;
    if let Some((_, checks)) = last.as_ref().filter(|(looked, _)| fresh(looked)) {
        return checks.clone();
    }
    let checks = examine(core).await;
    *last = Some((core.now().boot, checks.clone()));
    checks
}

/// Looks at the database, the data folder and what works beside the requests. That it answers at all shows the runtime and the
/// blocking pool alive.
pub async fn examine(core: &Arc<Core>) -> Vec<Check> {
    core.metrics.figures().http.health_looks.inc();
    let locked = core.store.get().is_none();
    let database = core.read_accounts(|tx| server(tx).map_err(CoreError::from));
    // Looking writes nothing, so an idle box stays idle.
    let writable = core.blocking(|core| Ok::<_, CoreError>(core.room.is_well()));
    let discovery = core.blocking(|core| Ok::<_, CoreError>(core.announcer.registered()));
    let boot_file = core.config.claim.boot_file.clone();
    let has_card = boot_file.is_some();
    let card = core.blocking(move |_| {
        Ok::<_, CoreError>(boot_file.as_deref().is_none_or(claim::is_within_reach))
    });
    let order_lost = core.blocking(|_| Ok::<_, CoreError>(is_order_lost()));
    let (database, writable, discovery, card, order_lost) = tokio::join!(
        timeout(PATIENCE, database),
        timeout(PATIENCE, writable),
        timeout(PATIENCE, discovery),
        timeout(PATIENCE, card),
        timeout(PATIENCE, order_lost)
    );
    let database = matches!(database, Ok(Ok(Some(_))));
    let writable = matches!(writable, Ok(Ok(true)));
    let discovery = matches!(discovery, Ok(Ok(true)));
    // Where stead.txt is to lie: without it no code, reset or network that is written there is heard of.
    let card =
        has_card.then_some(Check { name: "card", ok: matches!(card, Ok(Ok(true))), vital: false });
    let order = matches!(order_lost, Ok(Ok(true))).then_some(Check {
        name: "boot_order",
        ok: false,
        vital: false,
    });
    let background = core.fallen.names().is_empty();
    let given = core.certificate.given();
    // As the gate of an update sees it: one that is locked for want of its accounts has not.
    if database && background {
        core.proof.given(core).await;
    }
    let certificate = given.map(|given| Check {
        name: "certificate",
        ok: !core.certificate_files_broken.load(Ordering::Relaxed)
            && given.age(core.now()) == Age::Good,
        vital: false,
    });
    let checks = [
        Check { name: "database", ok: database, vital: !locked },
        Check { name: "background", ok: background, vital: true },
        Check { name: "data_folder", ok: writable, vital: false },
        Check { name: "discovery", ok: discovery, vital: false },
    ];
    let open = core.local.is_some() && !*core.claimed.borrow();
    let local = open.then_some(Check { name: "local_security", ok: false, vital: false });
    let own = match &core.config.own {
        Own::None => None,
        Own::Taken { .. } => Some(true),
        Own::LeftOut(_) => Some(false),
    };
    let own = own.map(|ok| Check { name: "own_config", ok, vital: false });
    checks.into_iter().chain(card).chain(order).chain(certificate).chain(local).chain(own).collect()
}

/// Until the box starts once more: the loader has written its environment anew by then.
fn is_order_lost() -> bool {
    let told = std::fs::read_to_string("/proc/cmdline").unwrap_or_default();
    told.split_ascii_whitespace().any(|word| word == ORDER_LOST)
}
