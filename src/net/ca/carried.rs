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
    /// Those that lie in `folder`, if they are whole and belong together.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        read_authority(folder).ok().flatten()?;
        let certificate = fs::read(folder.join(CA_PEM)).ok()?;
        let key = fs::read(folder.join(CA_KEY)).ok()?.into();
        Some(Self { certificate, key })
    }

    /// Writes them into a new folder, and says whether they are whole and belong together.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write(&self, folder: &Path) -> Result<bool, CaError> {
        make_folder(folder)?;
        write_atomically(&folder.join(CA_KEY), &self.key, PRIVATE)?;
        write_atomically(&folder.join(CA_PEM), &self.certificate, PUBLIC)?;
        Ok(Self::read(folder).is_some())
    }
}
