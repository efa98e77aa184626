//! Where pictures lie: `thumbs/xx/<item>-{s,l}.jpg`, written beside and renamed.
//!
//! They can be made again, so nothing is synced: a picture that a power cut left empty is found
//! by its length when somebody asks for it, and made anew.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::service::pictures::{Size, path_of};
use stead_rules::ids::ItemId;

/// Both pictures of an item while they are made; what is not kept is removed.
#[derive(Debug)]
pub(super) struct Pending {
    small: (PathBuf, File),
    large: (PathBuf, File),
    item: ItemId,
    folder: PathBuf,
}

impl Pending {
    /// Opens two empty files beside where the pictures will lie.
    pub(super) fn begin(thumbs: &Path, item: ItemId) -> io::Result<Self> {
        let open = |size: Size| {
            let path = path_of(thumbs, item, size).with_extension("new");
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let file = File::create(&path)?;
            Ok::<_, io::Error>((path, file))
        };
        let (small, large) = (open(Size::Small)?, open(Size::Large)?);
        Ok(Self { small, large, item, folder: thumbs.to_path_buf() })
    }

    pub(super) fn small(&self) -> &File {
        &self.small.1
    }

    pub(super) fn large(&self) -> &File {
        &self.large.1
    }

    /// Puts both where they belong.
    pub(super) fn keep(self) -> io::Result<()> {
        fs::rename(&self.small.0, path_of(&self.folder, self.item, Size::Small))?;
        fs::rename(&self.large.0, path_of(&self.folder, self.item, Size::Large))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        fs::remove_file(&self.small.0).ok();
        fs::remove_file(&self.large.0).ok();
    }
}
