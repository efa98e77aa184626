//! The authority as a backup carries it: the certificate and its key, and nothing that follows from
//! them.

use std::fs;
use std::path::Path;

use super::stored::{CA_KEY, CA_PEM, make_folder, read_authority};
use super::{CaError, PUBLIC};
use crate::host::files::{PRIVATE, write_atomically};

/// The two files of an authority.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorityFiles {
    /// The certificate, in PEM.
    pub certificate: Vec<u8>,
    /// Its key, in PEM.
    pub key: zeroize::Zeroizing<Vec<u8>>,
}

impl AuthorityFiles {
    /// Those that lie in `folder`; none where there are none.
    ///
    /// # Errors
    /// [`CaError`] if they are damaged, or do not belong together.
    pub fn read(folder: &Path) -> Result<Option<Self>, CaError> {
        if read_authority(folder)?.is_none() {
            return Ok(None);
        }
        let read = |name| {
            let path = folder.join(name);
            fs::read(&path).map_err(|source| CaError::Read { path, source })
        };
        Ok(Some(Self { certificate: read(CA_PEM)?, key: read(CA_KEY)?.into() }))
    }

    /// Writes them into a new folder, and says whether they are whole and belong together.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<bool, CaError> {
        make_folder(folder)?;
        write_atomically(&folder.join(CA_KEY), &self.key, PRIVATE)?;
        write_atomically(&folder.join(CA_PEM), &self.certificate, PUBLIC)?;
        Ok(matches!(Self::read(folder), Ok(Some(_))))
    }
}
