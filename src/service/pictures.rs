//! The pictures of items as they lie in the cache. Who makes them is elsewhere; here they are
//! found and handed out.

use std::path::{Path, PathBuf};

use stead_rules::ids::{ItemId, UserId};
use stead_store::library::pictures::{self, Shown};

use super::core::{Core, CoreError};

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// For a card in a list.
    Small,
    /// For a page or a whole screen.
    Large,
}

/// Where the picture of an item lies below `thumbs`.
#[must_use]
pub fn path_of(thumbs: &Path, item: ItemId, size: Size) -> PathBuf {
    let name = item.to_string();
    let letter = match size {
        Size::Small => 's',
        Size::Large => 'l',
    };
    let folder = name.get(..2).unwrap_or("00").to_owned();
    thumbs.join(folder).join(format!("{name}-{letter}.jpg"))
}

/// A picture in the cache.
#[derive(Debug)]
pub struct Picture {
    /// The JPEG.
    pub bytes: Vec<u8>,
    /// Changes with the picture.
    pub tag: String,
}

/// The picture that stands for an item, if `user` sees it and there is one. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn read(
    core: &Core,
    user: UserId,
    item: ItemId,
    size: Size,
) -> Result<Option<Picture>, CoreError> {
    let library = &core.store()?.library;
    let Some(shown) = library.read(|tx| pictures::shown(tx, user, item))? else {
        return Ok(None);
    };
    let path = path_of(&core.paths().thumbs_dir(), shown.item, size);
    match std::fs::read(path) {
        Ok(bytes) if bytes.starts_with(&[0xFF, 0xD8]) && bytes.ends_with(&[0xFF, 0xD9]) => {
            Ok(Some(Picture { bytes, tag: tag(shown, size) }))
        }
        // The cache was emptied, or a power cut left half a file.
        Ok(_) | Err(_) => {
            library.write(|tx| pictures::want_again(tx, shown.item))?;
            core.scans.want_picture(shown.item);
            Ok(None)
        }
    }
}

/// The item whose picture has to be made before there is one for `item`, if `user` sees it.
/// Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn awaited(core: &Core, user: UserId, item: ItemId) -> Result<Option<ItemId>, CoreError> {
    Ok(core.store()?.library.read(|tx| pictures::awaited(tx, user, item))?)
}

fn tag(shown: Shown, size: Size) -> String {
    let letter = match size {
        Size::Small => 's',
        Size::Large => 'l',
    };
    format!("\"{}-{}{letter}\"", shown.item, shown.version)
}
