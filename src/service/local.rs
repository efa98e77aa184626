//! Playing without a sign-in on a server that was never claimed (C7). The system side lists folders
//! and who is near enough; what it lists is made libraries of, and one viewer who is nobody sees
//! them. A claim ends it for good.

use std::path::Path;

use stead_rules::claim::{AskedFor, Listed, LocalPlayback};
use stead_rules::ids::{IssuerId, LibraryId, RootId};
use stead_rules::media::LibraryKind;
use stead_rules::policy::LOCAL_VIEWER;
use stead_rules::proxy::Client;
use stead_rules::time::Now;
use stead_store::accounts::libraries::{self, LibraryRow, RootRow};
use stead_store::accounts::{audit, local};
use stead_store::{Accounts, StoreError, WriteTx};

use super::core::{Core, CoreError};
use super::scans::Order;
use crate::config::LocalSecurity;
use crate::host::entropy::fresh;

/// Begins a life in which listed folders play without a sign-in, or makes sure that none do. Blocks.
pub(crate) fn begin(core: &Core, playback: LocalPlayback, now: Now) {
    let setting = &core.config.claim.local_security;
    let begun = match (playback, setting) {
        (LocalPlayback::Listed, LocalSecurity::Off { roots, .. }) => {
            for warning in setting.warnings() {
                tracing::error!("{warning}");
            }
            show(core, roots, now)
        }
        (LocalPlayback::Refused, LocalSecurity::Off { .. }) => {
            tracing::warn!("claim.local_security = false does nothing: this server was claimed");
            hide(core)
        }
        (
            LocalPlayback::Listed | LocalPlayback::Refused,
            LocalSecurity::On | LocalSecurity::Unconfirmed,
        ) => {
            for warning in setting.warnings() {
                tracing::warn!("{warning}");
            }
            hide(core)
        }
    };
    if let Err(error) = begun {
        let error = crate::service::chain(&error);
        tracing::error!(%error, "the folders that play without a sign-in were not looked after");
    }
}

/// Whether this client may look and play without a sign-in, as far as places decide it; whether the
/// server lets anybody is the policy's to say.
pub(crate) fn admits(core: &Core, client: Client, host: AskedFor) -> bool {
    core.local.as_ref().is_some_and(|listed| listed.admits(client, host))
}

/// What the config lists, where its setting holds in this start.
pub(crate) fn listed(playback: LocalPlayback, setting: &LocalSecurity) -> Option<Listed> {
    match (playback, setting) {
        (LocalPlayback::Listed, LocalSecurity::Off { listed, .. }) => Some(listed.clone()),
        (LocalPlayback::Refused, LocalSecurity::Off { .. })
        | (
            LocalPlayback::Listed | LocalPlayback::Refused,
            LocalSecurity::On | LocalSecurity::Unconfirmed,
        ) => None,
    }
}

fn show(core: &Core, roots: &[std::path::PathBuf], now: Now) -> Result<(), CoreError> {
    let shown = core.store()?.accounts.write(|tx| {
        let known = libraries::all_roots(tx)?;
        let shown = roots.iter().map(|path| library(tx, core, &known, path, now));
        let shown: Vec<_> = shown.collect::<Result<_, StoreError>>()?;
        local::show(
            tx,
            fresh(core.entropy.as_ref(), IssuerId::from_bytes),
            LOCAL_VIEWER,
            &shown,
            now.wall,
        )?;
        let detail = serde_json::json!({ "folders": shown.len() }).to_string();
        audit::append(tx, now, "claim.local_playback", &detail)?;
        Ok::<_, StoreError>(shown)
    })?;
    for library in shown {
        core.scans.order_or_later(Order::Scan { library, gone_is_meant: false });
    }
    Ok(())
}

fn library(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    known: &[RootRow],
    path: &Path,
    now: Now,
) -> Result<LibraryId, StoreError> {
    if let Some(root) = known.iter().find(|root| root.path == path) {
        return Ok(root.library);
    }
    let entropy = core.entropy.as_ref();
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let row = LibraryRow { id: fresh(entropy, LibraryId::from_bytes), kind: kind(&name), name };
    let id = fresh(entropy, RootId::from_bytes);
    let root = RootRow { id, library: row.id, path: path.to_path_buf(), marker: None };
    libraries::add(tx, &row, &root, now.wall)?;
    Ok(row.id)
}

/// What a folder of this name holds, as people call such folders.
fn kind(name: &str) -> LibraryKind {
    let name = name.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if says(&["series", "serien", "shows", "tv"]) {
        LibraryKind::Series
    } else if says(&["music", "musik", "audio"]) {
        LibraryKind::Music
    } else if says(&["photo", "foto", "picture", "bilder"]) {
        LibraryKind::Photos
    } else {
        LibraryKind::Films
    }
}

fn hide(core: &Core) -> Result<(), CoreError> {
    let Ok(store) = core.store() else { return Ok(()) };
    if store.accounts.read(|tx| local::is_there(tx, LOCAL_VIEWER))? {
        store.accounts.write(|tx| local::hide(tx, LOCAL_VIEWER))?;
    }
    Ok(())
}
