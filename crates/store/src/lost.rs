//! The write-ahead log of a database that is lost. SQLite would apply it to any file that comes
//! into the place of the lost one, and mix the two.
//!
//! So a server that comes up without its accounts notes what lies there, and the first start that
//! finds the same log beside another file sets the log aside. As long as the file is the one that
//! was noted, the log stays: what could not be read today may be read tomorrow, and needs it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::open::{Accounts, DatabaseKind, OpenError, set_aside};

const NOTE: &str = "accounts.db.lost";

/// Notes which `accounts.db` is lost, if a log lies beside the place where it is or was.
///
/// # Errors
/// When the note cannot be written.
pub fn note_lost(folder: &Path) -> io::Result<()> {
    let Some(log) = facts(&log_in(folder)) else { return Ok(()) };
    let lost = facts(&folder.join(Accounts::FILE)).unwrap_or_else(|| "none".to_owned());
    let mut note = File::create(folder.join(NOTE))?;
    note.write_all(format!("{lost}\n{log}\n").as_bytes())?;
    note.sync_all()
}

/// Sets the log of a lost `accounts.db` aside as `accounts.db.damaged-wal`, if another file has
/// come into its place, and says whether it did. To be called before anything is opened.
///
/// # Errors
/// [`OpenError::Damaged`] when the log cannot be set aside: then nothing may be opened.
pub fn part_from_lost(folder: &Path) -> Result<bool, OpenError> {
    let Ok(note) = std::fs::read_to_string(folder.join(NOTE)) else { return Ok(false) };
    let path = folder.join(Accounts::FILE);
    let parted = match (note.split_once('\n'), facts(&path), facts(&log_in(folder))) {
        (Some((lost, its_log)), Some(found), Some(log)) => {
            found != lost && log == its_log.trim_end()
        }
        (Some(_) | None, _, _) => false,
    };
    if parted {
        set_aside(&path, &["-wal", "-shm"])?;
    }
    // Whoever is still locked makes a new one.
    drop(std::fs::remove_file(folder.join(NOTE)));
    Ok(parted)
}

fn log_in(folder: &Path) -> PathBuf {
    folder.join(format!("{}-wal", Accounts::FILE))
}

/// What tells a file from another that came in its place, whether it was moved or written there.
fn facts(path: &Path) -> Option<String> {
    let found = path.metadata().ok()?;
    let (inode, length) = (found.ino(), found.len());
    Some(format!("{inode} {length} {}.{:09}", found.mtime(), found.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        std::fs::write(folder.join(name), text).unwrap();
    }

    /// What the next start does with the log, after `change`.
    fn parted(lost: Option<&str>, change: impl FnOnce(&Path)) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        if let Some(text) = lost {
            write(folder, "accounts.db", text);
        }
        write(folder, "accounts.db-wal", "the log of the lost one");
        note_lost(folder).unwrap();
        change(folder);
        let parted = part_from_lost(folder).unwrap();
        assert_eq!(folder.join("accounts.db.damaged-wal").exists(), parted);
        assert_eq!(folder.join("accounts.db-wal").exists(), !parted);
        assert!(!part_from_lost(folder).unwrap(), "once");
        parted
    }

    #[test]
    fn a_log_is_set_aside_when_it_lies_beside_another_database() {
        assert!(parted(None, |folder| write(folder, "accounts.db", "from the backup")));
        assert!(parted(Some("damaged"), |folder| write(folder, "accounts.db", "from the backup")));
        assert!(parted(Some("damaged"), |folder| {
            std::fs::remove_file(folder.join("accounts.db")).unwrap();
            write(folder, "accounts.db", "restored");
        }));
    }

    #[test]
    fn a_log_stays_beside_its_own_database_and_beside_none() {
        assert!(!parted(Some("could not be read today"), |_| {}));
        assert!(!parted(None, |_| {}));
        assert!(!parted(Some("damaged"), |folder| {
            write(folder, "accounts.db", "both from");
            write(folder, "accounts.db-wal", "one backup");
        }));
    }
}
