//! The server's settings.

use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_rules::signin::{BadName, Name};
use stead_rules::time::Now;
use stead_store::accounts::{audit, claim as rows};
use stead_store::{Accounts, WriteTx};

use super::core::{Core, CoreError, permitted};
use crate::config::Own;
use crate::host::disk;

/// The server's settings.
#[derive(Debug)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// Where it can be reached.
    pub urls: Vec<String>,
    /// SHA-256 of the box's own CA.
    pub ca_fingerprint: String,
    /// Who may play over plain http: `off` or `on-link`.
    pub plain_playback: &'static str,
    /// Whether known users go on watching when the server has lost its owner.
    pub orphaned_playback: bool,
    /// The only folders in which libraries may be made.
    pub media_roots: Vec<String>,
    /// Free space where the database lies.
    pub data_free_bytes: Option<u64>,
    /// What the owner's own config file sets, as `section.key`; none where it does not hold.
    pub own_config_keys: Vec<String>,
    /// Why the owner's own config file is left out, a sentence each; none where it is not.
    pub own_config_problems: Vec<String>,
}

/// Settings could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

/// Reads the settings. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn read(core: &Core, permit: &Permit) -> Result<Settings, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    let accounts = &core.store()?.accounts;
    let (server, orphaned_playback) = accounts
        .read(|tx| Ok::<_, CoreError>((rows::server(tx)?, rows::orphaned_playback(tx)?)))?;
    let reach = core.reach();
    Ok(Settings {
        name: server.map(|server| server.name).unwrap_or_default(),
        urls: reach.urls(),
        ca_fingerprint: reach.ca_fingerprint.clone(),
        plain_playback: core.config.net.plain_playback.word(),
        orphaned_playback,
        media_roots: core
            .config
            .media
            .roots
            .iter()
            .map(|root| root.display().to_string())
            .collect(),
        data_free_bytes: disk::space(&core.paths().data_dir).ok().map(|space| space.free_bytes),
        own_config_keys: match &core.config.own {
            Own::Taken { keys, .. } => keys.clone(),
            Own::None | Own::LeftOut(_) => Vec::new(),
        },
        own_config_problems: match &core.config.own {
            Own::LeftOut(problems) => problems.0.iter().map(ToString::to_string).collect(),
            Own::None | Own::Taken { .. } => Vec::new(),
        },
    })
}

/// What is changed; the rest stays.
#[derive(Debug, Default)]
pub struct Change {
    /// What people call the server.
    pub name: Option<String>,
    /// Whether known users go on watching when the server has lost its owner.
    pub orphaned_playback: Option<bool>,
}

/// Changes settings, all or none. Blocks.
///
/// # Errors
/// [`SettingsError`].
pub fn change(
    core: &Core,
    permit: &Permit,
    now: Now,
    change: &Change,
) -> Result<(), SettingsError> {
    permitted(permit, Action::Guard(Guard::Identity))?;
    let name = change.name.as_deref().map(Name::parse).transpose()?;
    let by = permit.user().map(|user| user.to_string());
    let write = |tx: &WriteTx<'_, Accounts>| {
        if let Some(name) = &name {
            rows::rename_server(tx, name.as_str())?;
            let detail = serde_json::json!({ "name": name.as_str(), "by": by });
            audit::append(tx, now, "server.renamed", &detail.to_string())?;
        }
        if let Some(goes_on) = change.orphaned_playback {
            rows::set_orphaned_playback(tx, goes_on)?;
            let detail = serde_json::json!({ "goes_on": goes_on, "by": by });
            audit::append(tx, now, "policy.orphaned_playback", &detail.to_string())?;
        }
        Ok::<_, CoreError>(())
    };
    core.store()?.accounts.write(write)?;
    if let (Some(issuer), true) = (&core.issuer, name.is_some()) {
        issuer.registration_told.notify_one();
    }
    Ok(())
}
