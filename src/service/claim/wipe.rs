//! The factory wipe: everything of this server goes, and nothing of anybody's media.
//!
//! ```text
//! journal (fsync) ─▶ the server ends ─▶ next start: all that is named here goes ─▶ journal goes
//! ```
//!
//! With the journal on the disk the wipe is decided: a cut of power anywhere after it leaves a start
//! that goes on with it before anything else is looked at. What goes is named, so whatever else
//! lies in the folder stays.

use std::fs;
use std::io;
use std::path::Path;

use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::time::Now;
use stead_store::accounts::audit;

use super::ownership::check_name;
use super::{ClaimError, Outcome, marker_copy};
use crate::config::Paths;
use crate::host::files::{FileError, PRIVATE, remove_durably, rename_durably, write_atomically};
use crate::host::helper::{Answer, Job, ask};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::{chain, updates};

/// What is added to the name of the owner's own config, which a wipe sets aside.
const BEFORE_RESET: &str = ".before-reset";
const JOURNAL: &str = "This Stead server is being wiped. The next start goes on with it.\n";
/// Databases, with their logs and with whatever was set aside of them.
const BEGINNINGS: [&str; 2] = ["accounts.db", "library.db"];
const FILES: [&str; 13] = [
    "marker",
    "box",
    "own-code",
    "plug",
    "host-name",
    "update-installed",
    "update-begun",
    "reset-asked",
    "recover",
    "new-secret",
    "rescue-wanted",
    "rescue-links",
    "Setup Stead.html",
];
const FOLDERS: [&str; 5] = ["tls", "tls.restored", "tls.before-restore", "thumbs", "backup"];

/// Wipes the server: the journal is written, and the server ends. `typed` is its name. Blocks.
///
/// # Errors
/// [`ClaimError`]; nothing is wiped then.
pub fn wipe(core: &Core, permit: &Permit, now: Now, typed: &str) -> Outcome {
    permitted(permit, Action::Guard(Guard::Wipe))?;
    check_name(core, typed)?;
    let by = permit.user().map(|user| user.to_string());
    let detail = serde_json::json!({ "by": by }).to_string();
    core.store()?
        .accounts
        .write(|tx| audit::append(tx, now, "server.wiped", &detail))
        .map_err(CoreError::from)?;
    core.room.with_room(|| begin(core.paths())).map_err(ClaimError::Wish)?;
    tracing::warn!("the owner wipes this server; it ends now and begins anew at its next start");
    end(core);
    Ok(())
}

/// Ends the server, whose next start goes on with a wipe that is decided. On an appliance the system
/// forgets the networks of its owner before, and restarts the box.
pub(super) fn end(core: &Core) {
    if let Some(helper) = &core.config.system.helper {
        match ask(helper, Job::FactoryReset) {
            Ok(Answer::Done) => {}
            Ok(refused) => tracing::warn!(?refused, "the system forgets nothing of its owner"),
            Err(error) => {
                let error = chain(&error).to_string();
                tracing::warn!(error, "the system forgets nothing of its owner");
            }
        }
    }
    core.stopping.cancel();
}

/// Decides the wipe: from here on only the end of it is left.
///
/// # Errors
/// [`FileError`]; nothing is decided then.
pub fn begin(paths: &Paths) -> Result<(), FileError> {
    write_atomically(&paths.wipe_journal(), JOURNAL.as_bytes(), PRIVATE)
}

/// Goes on with a wipe that was decided, if one was. To be called before anything else is looked
/// at, by whoever holds the data folder.
///
/// # Errors
/// When something cannot be removed; the wipe stays decided.
pub fn go_on(paths: &Paths) -> io::Result<bool> {
    let journal = paths.wipe_journal();
    if !journal.try_exists()? {
        return Ok(false);
    }
    for entry in fs::read_dir(&paths.data_dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if goes(&name.to_string_lossy()) {
            remove(&entry.path(), entry.file_type()?.is_dir())?;
        }
    }
    fs::File::open(&paths.data_dir)?.sync_all()?;
    if let Some(folder) = &paths.updates {
        // What an owner has had downloaded is theirs, too.
        updates::remove_from(folder)?;
    }
    if let Some(copy) = &paths.marker_copy {
        marker_copy::blank(copy).map_err(io::Error::other)?;
    }
    if let Some(own) = &paths.own_config {
        set_aside(own);
    }
    remove_durably(&journal).map_err(io::Error::other)?;
    Ok(true)
}

/// The owner's own config holds no longer, and whoever may have changed it has changed nothing for the
/// next owner. It stays readable, since it was written by hand. A card that cannot be written keeps no
/// server from being new.
fn set_aside(own: &Path) {
    let mut aside = own.as_os_str().to_owned();
    aside.push(BEFORE_RESET);
    if let Err(error) = rename_durably(own, Path::new(&aside)) {
        tracing::warn!(error = %chain(&error), "the owner's own config still holds");
    }
}

fn goes(name: &str) -> bool {
    // What is written beside a file before it takes its place is named `.NAME.new`.
    let of = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".new")).unwrap_or(name);
    BEGINNINGS.iter().any(|beginning| of.starts_with(beginning))
        || FILES.contains(&of)
        || FOLDERS.contains(&of)
        || of.starts_with("tls.before-restore")
}

fn remove(path: &Path, is_folder: bool) -> io::Result<()> {
    if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_servers_goes_and_whatever_else_stays() {
        for name in [
            "accounts.db",
            "accounts.db-wal",
            "accounts.db.before-recovery.2-wal",
            "library.db.damaged",
            "marker",
            ".marker.new",
            "Setup Stead.html",
            "tls",
            "tls.before-restore",
            "accounts.db.restored",
            "accounts.db.before-update",
            "accounts.db.before-update-journal",
            "accounts.db.newer",
            "library.db.newer",
            "backup",
        ] {
            assert!(goes(name), "{name}");
        }
        for name in ["lock", "wipe", "ballast", "films", "holiday.mkv", "markers", "my accounts.db"]
        {
            assert!(!goes(name), "{name}");
        }
    }
}
