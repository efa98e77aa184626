//! The write-ahead log of a database that is lost. SQLite would apply it to any file that comes
//! into the place of the lost one, and mix the two.
//!
//! So a server that comes up without its accounts notes what lies there, and the first start that
//! finds the same log beside another file sets the log aside. As long as the file is the one that
//! was noted, the log stays: what could not be read today may be read tomorrow, and needs it. Where
//! no file was, the one that was last opened may come back (moved away and back by a person or by a
//! repair of the file system): it is known by its inode and the
//! time it was made.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::open::{Accounts, DatabaseKind, OpenError};

const NOTE: &str = "accounts.db.lost";
const PLACE: &str = "accounts.db.place";
const NO_FILE: &str = "none";
/// Logs that are kept aside; the last one gives way to another.
const LOGS_KEPT: usize = 9;

/// Remembers which file the accounts are. Without it a file that comes back is taken for another,
/// whose log is kept aside; so a full disk may leave it out.
pub(crate) fn remember_place(folder: &Path) {
    let Some(place) = place(&folder.join(Accounts::FILE)) else { return };
    if remembered(folder).as_deref() != Some(place.as_str()) {
        drop(std::fs::write(folder.join(PLACE), place));
    }
}

fn remembered(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join(PLACE)).ok()
}

/// What a file keeps when it is moved. An inode alone is given to the next new file; file systems
/// that do not know when a file was made have no answer.
fn place(path: &Path) -> Option<String> {
    let found = path.metadata().ok()?;
    let made = found.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", found.ino(), made.as_nanos()))
}

/// Notes which `accounts.db` is lost, if a log lies beside the place where it is or was.
///
/// # Errors
/// When the note cannot be written.
pub fn note_lost(folder: &Path) -> io::Result<()> {
    let Some(log) = facts(&log_in(folder)) else { return Ok(()) };
    let lost = facts(&folder.join(Accounts::FILE)).unwrap_or_else(|| NO_FILE.to_owned());
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
            found != lost && log == its_log.trim_end() && !(lost == NO_FILE && came_back(folder))
        }
        (Some(_) | None, _, _) => false,
    };
    if parted {
        part_from_log(folder)?;
    }
    // Whoever is still locked makes a new one.
    drop(std::fs::remove_file(folder.join(NOTE)));
    Ok(parted)
}

fn came_back(folder: &Path) -> bool {
    let known = remembered(folder);
    known.is_some() && known == place(&folder.join(Accounts::FILE))
}

/// Keeps a log that belongs to no file here as `accounts.db.damaged-wal`, or with a number when
/// there is one already.
pub(crate) fn part_from_log(folder: &Path) -> Result<(), OpenError> {
    let path = folder.join(Accounts::FILE);
    let aside = format!("{}.damaged-wal", path.display());
    let mut names = (2..=LOGS_KEPT).map(|number| format!("{aside}.{number}"));
    let mut to = aside.clone();
    while Path::new(&to).exists()
        && let Some(next) = names.next()
    {
        to = next;
    }
    let moved = absent_is_fine(std::fs::rename(log_in(folder), to)).and_then(|()| {
        // An index of the log, which SQLite makes anew.
        absent_is_fine(std::fs::remove_file(format!("{}-shm", path.display())))
    });
    moved.map_err(|_| OpenError::Damaged { path, source: None })
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
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
    fn a_file_that_comes_back_keeps_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let away = |from: &str, to: &str| std::fs::rename(folder.join(from), folder.join(to));
        write(folder, "accounts.db", "whole");
        remember_place(folder);
        write(folder, "accounts.db-wal", "its log");
        for comes_back in [true, false] {
            away("accounts.db", "elsewhere").unwrap();
            note_lost(folder).unwrap();
            if comes_back {
                away("elsewhere", "accounts.db").unwrap();
            } else {
                std::fs::copy(folder.join("elsewhere"), folder.join("accounts.db")).unwrap();
            }
            assert_eq!(part_from_lost(folder).unwrap(), !comes_back);
        }
    }

    #[test]
    fn no_log_that_was_kept_aside_is_lost_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["first", "second", "third"] {
            write(folder.path(), "accounts.db-wal", text);
            part_from_log(folder.path()).unwrap();
        }
        for (name, text) in [("", "first"), (".2", "second"), (".3", "third")] {
            let kept = folder.path().join(format!("accounts.db.damaged-wal{name}"));
            assert_eq!(std::fs::read_to_string(kept).unwrap(), text);
        }
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
