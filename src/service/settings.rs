//! The server's settings.

use stead_rules::policy::{Action, Guard, Permit, Tend};
use stead_rules::signin::{BadName, Name};
use stead_rules::time::Now;
use stead_store::accounts::{audit, claim as rows};

use super::core::{Core, CoreError, permitted};
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
    /// The only folders in which libraries may be made.
    pub media_roots: Vec<String>,
    /// Free space where the database lies.
    pub data_free_bytes: Option<u64>,
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
    let server = core.store()?.accounts.read(rows::server)?;
    let reach = core.reach();
    Ok(Settings {
        name: server.map(|server| server.name).unwrap_or_default(),
        urls: reach.urls(),
        ca_fingerprint: reach.ca_fingerprint.clone(),
        plain_playback: core.config.net.plain_playback.word(),
        media_roots: core
            .config
            .media
            .roots
            .iter()
            .map(|root| root.display().to_string())
            .collect(),
        data_free_bytes: disk::space(&core.paths().data_dir).ok().map(|space| space.free_bytes),
    })
}

/// Gives the server another name. Blocks.
///
/// # Errors
/// [`SettingsError`].
pub fn rename(core: &Core, permit: &Permit, now: Now, name: &str) -> Result<(), SettingsError> {
    permitted(permit, Action::Guard(Guard::Identity))?;
    let name = Name::parse(name)?;
    let by = permit.user().map(|user| user.to_string());
    let detail = serde_json::json!({ "name": name.as_str(), "by": by }).to_string();
    core.store()?
        .accounts
        .write(|tx| {
            rows::rename_server(tx, name.as_str())?;
            audit::append(tx, now, "server.renamed", &detail)
        })
        .map_err(CoreError::from)?;
    Ok(())
}
