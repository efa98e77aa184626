//! What a path, a folder or a file header means for the library.
//!
//! Names are read without looking at a disk or at a list of known works: the same path means the
//! same thing on every box. What cannot be understood says so ([`Understood::Unclear`]) and goes
//! into a report; nothing is dropped in silence.

mod artwork;
mod certificate;
mod diff;
mod item;
mod kind;
mod name;
mod sort;

pub use artwork::{Artwork, ArtworkOf, ArtworkRole, artwork};
pub use certificate::{Age, AgeLimit, BadAge, certificate_age};
pub use diff::{Changes, Known, Seen, diff, vanishing_asks};
pub use item::ItemKind;
pub use kind::{FileKind, LibraryKind, file_kind};
pub use name::{
    AirDate, Clip, Episode, Extra, ExtraKind, Film, Ids, Photo, Series, Track, Unclear, Understood,
    is_season_folder, understand, understand_alone,
};
pub use sort::{sort_title, title_key};

#[cfg(test)]
mod tests;
