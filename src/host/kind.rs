//! What a data folder is for. A media server and an account service keep the same kinds of files and
//! mean different things by them, so neither ever opens the other's.

use std::path::Path;

use super::files::{FileError, PRIVATE, write_atomically};

/// What runs on a data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A media server, with the account service inside.
    Server,
    /// The account service alone.
    Accounts,
}

impl Kind {
    /// The stable word of this kind.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Accounts => "accounts",
        }
    }
}

const FILE: &str = "kind";
const ACCOUNTS: &str =
    "This is the data folder of a Stead account service. Do not remove this file.\n";

/// What only a folder holds that was used: the accounts, the sign of a claim, the box's id.
const SIGNS_OF_USE: [&str; 3] = ["accounts.db", "marker", "box"];

/// Whose folder this is; none if nobody ever ran on it.
#[must_use]
pub fn kind_of(folder: &Path) -> Option<Kind> {
    // What stands there without being readable is no server's: those have no such file.
    if folder.join(FILE).symlink_metadata().is_ok() {
        return Some(Kind::Accounts);
    }
    let used = SIGNS_OF_USE.iter().any(|name| folder.join(name).symlink_metadata().is_ok());
    used.then_some(Kind::Server)
}

/// Writes down whose folder this is, before anything else is kept in it. A server's needs no word.
pub(super) fn keep(folder: &Path, kind: Kind) -> Result<(), FileError> {
    match kind {
        Kind::Server => Ok(()),
        Kind::Accounts if kind_of(folder) == Some(Kind::Accounts) => Ok(()),
        Kind::Accounts => write_atomically(&folder.join(FILE), ACCOUNTS.as_bytes(), PRIVATE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_nobodys_or_one_kinds() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(kind_of(folder.path()), None);
        keep(folder.path(), Kind::Server).unwrap();
        assert_eq!(kind_of(folder.path()), None, "a server's folder is one by what is in it");
        keep(folder.path(), Kind::Accounts).unwrap();
        keep(folder.path(), Kind::Accounts).unwrap();
        for sign in SIGNS_OF_USE {
            std::fs::write(folder.path().join(sign), "").unwrap();
            assert_eq!(kind_of(folder.path()), Some(Kind::Accounts), "{sign}");
        }
        for sign in SIGNS_OF_USE {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(sign), "").unwrap();
            assert_eq!(kind_of(folder.path()), Some(Kind::Server), "{sign}");
        }
    }
}
