//! The pictures of items as they lie in the cache. Who makes them is elsewhere; here they are
//! found and handed out.

use std::path::{Path, PathBuf};

use stead_rules::ids::ItemId;
use stead_rules::policy::{Action, Permit};
use stead_store::library::detail;
use stead_store::library::pictures::{self, Shown};
use stead_store::{Room, StoreError};

use super::core::{Core, CoreError, permitted};
use super::scans::Wish;

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// What there is when somebody looks at the picture of an item.
#[derive(Debug)]
pub enum Looked {
    /// A picture.
    Picture {
        /// The JPEG.
        bytes: Vec<u8>,
        /// Changes with the picture.
        tag: String,
    },
    /// The very picture that the one who looks has already.
    Same {
        /// Its tag.
        tag: String,
    },
    /// It is being made: the item whose picture is waited for.
    Awaited(ItemId),
    /// There is none, or the one who looks does not see the item.
    None,
}

/// The picture that stands for an item. When it is still to be made, that is done next. Blocks.
///
/// Small pictures are made ahead for all items. Large ones are made when somebody looks, and kept
/// in a cache of fixed size: for a large collection of photos they would fill the system's medium.
///
/// # Errors
/// [`CoreError`].
pub fn look(
    core: &Core,
    permit: &Permit,
    item: ItemId,
    size: Size,
    known_tags: &str,
) -> Result<Looked, CoreError> {
    permitted(permit, Action::Browse)?;
    let Some(user) = permit.viewer() else { return Ok(Looked::None) };
    let library = &core.store()?.library;
    if !permit.closed().is_empty() {
        let lies_in = library.read(|tx| detail::library_of(tx, user, item))?;
        if lies_in.is_none_or(|library| permit.opens(library).is_err()) {
            return Ok(Looked::None);
        }
    }
    let Some(shown) = library.read(|tx| pictures::shown(tx, user, item))? else {
        let awaited = library.read(|tx| pictures::awaited(tx, user, item))?;
        return Ok(awaited.map_or(Looked::None, |item| wait_for(core, item, Wish::First(item))));
    };
    let tag = tag(shown, size);
    if known_tags.split(',').any(|known| known.trim() == tag) {
        return Ok(Looked::Same { tag });
    }
    if let Some(bytes) = whole(&path_of(&core.paths().thumbs_dir(), shown.item, size)) {
        return Ok(Looked::Picture { bytes, tag });
    }
    // The cache was emptied, or a power cut left half a file.
    if size == Size::Small {
        match library.write(|tx| pictures::want_again(tx, shown.item)) {
            // None is made now, and it is asked for again when somebody looks again.
            Err(StoreError::Full(_)) => return Ok(Looked::None),
            wanted => wanted?,
        }
        return Ok(wait_for(core, shown.item, Wish::First(shown.item)));
    }
    Ok(wait_for(core, shown.item, Wish::Large(shown.item)))
}

fn wait_for(core: &Core, item: ItemId, wish: Wish) -> Looked {
    if core.room.is_short() {
        // Nobody makes one now.
        return Looked::None;
    }
    core.scans.wish(wish);
    Looked::Awaited(item)
}

/// A JPEG from its first to its last mark. Pictures are not synced to the disk when they are made.
fn whole(path: &Path) -> Option<Vec<u8>> {
    let bytes = std::fs::read(path).ok()?;
    (bytes.starts_with(&[0xFF, 0xD8]) && bytes.ends_with(&[0xFF, 0xD9])).then_some(bytes)
}

fn tag(shown: Shown, size: Size) -> String {
    let letter = match size {
        Size::Small => 's',
        Size::Large => 'l',
    };
    format!("\"{}-{}{letter}\"", shown.item, shown.version)
}
