//! What a picture is made of: a picture that lies beside the media, else a cover inside the file,
//! else the file itself.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use stead_rules::media::{Artwork, ArtworkOf, ArtworkRole, ItemKind, artwork};
use stead_store::library::pictures::{Material, Wanting, artwork_at};
use stead_store::{Library, ReadTx, StoreError};

use crate::work::probe::Container;
use crate::work::worker::wire::Span;

/// Something a picture can be made of, below the library's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A picture file.
    Picture(PathBuf),
    /// A cover inside a file.
    Cover(PathBuf, Span),
    /// A frame of a film.
    Frame {
        path: PathBuf,
        demuxer: &'static str,
        /// The first place to look, then the start.
        at_ms: u64,
    },
}

impl Source {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Picture(path) | Self::Cover(path, _) | Self::Frame { path, .. } => path,
        }
    }

    /// Whether it is the media file itself, so that what it does to a worker is held against it.
    pub(super) fn is_media(&self, material: &Material) -> bool {
        self.path() == file(material)
    }
}

/// What the picture of `wanting` can be made of, the best first.
pub(super) fn sources(
    tx: &ReadTx<'_, Library>,
    wanting: &Wanting,
    material: &Material,
) -> Result<Vec<Source>, StoreError> {
    let mut found = Vec::new();
    for place in places(wanting.kind, material) {
        let names = artwork_at(tx, material.folder_n, place.folder.as_os_str().as_bytes())?;
        if let Some(name) = best(&names, &place.of) {
            found.push(Source::Picture(place.folder.join(crate::work::os_str(name))));
        }
    }
    found.extend(cover(material));
    found.extend(itself(material));
    Ok(found)
}

/// Where artwork may lie, and what it must be of.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    folder: PathBuf,
    of: Wanted,
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Folder,
    Season(u32),
    File(String),
}

fn places(kind: ItemKind, material: &Material) -> Vec<Place> {
    let here = material.folder.clone();
    let above = here.parent().map(Path::to_path_buf);
    let stem = stem(&material.name);
    let folder = |folder: PathBuf| Place { folder, of: Wanted::Folder };
    // What lies at the top belongs to the library, not to one thing in it.
    let inner = |path: &PathBuf| !path.as_os_str().is_empty();
    let above_inner = above.filter(inner);
    let here_inner = Some(here.clone()).filter(inner);
    let file = Place { folder: here.clone(), of: Wanted::File(stem) };
    match kind {
        ItemKind::Film => std::iter::once(file).chain(here_inner.map(folder)).collect(),
        ItemKind::Episode | ItemKind::Track => vec![file],
        ItemKind::Season => {
            let of = || Wanted::Season(material.season.unwrap_or_default());
            let series = above_inner.clone().map(|folder| Place { folder, of: of() });
            let beside = Place { folder: here, of: of() };
            let own = above_inner.and(here_inner).map(folder);
            series.into_iter().chain([beside]).chain(own).collect()
        }
        ItemKind::Series | ItemKind::Artist => {
            above_inner.map(folder).into_iter().chain(here_inner.map(folder)).collect()
        }
        ItemKind::Album => {
            here_inner.map(folder).into_iter().chain(above_inner.map(folder)).collect()
        }
        ItemKind::Photo => Vec::new(),
    }
}

/// The picture of the right thing that is the nearest to a poster.
fn best<'n>(names: &'n [Vec<u8>], of: &Wanted) -> Option<&'n [u8]> {
    let read = |name: &'n Vec<u8>| (name.as_slice(), artwork(&String::from_utf8_lossy(name)));
    names
        .iter()
        .map(read)
        .filter(|(_, artwork)| is_of(artwork, of) && artwork.role != ArtworkRole::Logo)
        .min_by_key(|(_, artwork)| (preference(artwork.role), artwork.rank))
        .map(|(name, _)| name)
}

fn is_of(artwork: &Artwork, of: &Wanted) -> bool {
    match (&artwork.of, of) {
        (ArtworkOf::Folder, Wanted::Folder) => true,
        (ArtworkOf::Season(found), Wanted::Season(wanted)) => found == wanted,
        (ArtworkOf::File(found), Wanted::File(wanted)) => found == wanted,
        (
            ArtworkOf::Folder | ArtworkOf::Season(_) | ArtworkOf::File(_),
            Wanted::Folder | Wanted::Season(_) | Wanted::File(_),
        ) => false,
    }
}

fn preference(role: ArtworkRole) -> u8 {
    match role {
        ArtworkRole::Poster => 0,
        ArtworkRole::Thumb => 1,
        ArtworkRole::Backdrop => 2,
        ArtworkRole::Banner => 3,
        ArtworkRole::Logo => 4,
    }
}

fn cover(material: &Material) -> Option<Source> {
    let (offset, length, unsynchronised) = material.cover?;
    Some(Source::Cover(file(material), Span { offset, length, unsynchronised }))
}

fn itself(material: &Material) -> Option<Source> {
    let container = Container::from_word(&material.container)?;
    match container.demuxer() {
        None => Some(Source::Picture(file(material))),
        Some(demuxer) if material.has_video => Some(Source::Frame {
            path: file(material),
            demuxer,
            at_ms: material.duration_ms.map_or(0, |ms| ms / 10),
        }),
        Some(_) => None,
    }
}

fn file(material: &Material) -> PathBuf {
    material.folder.join(crate::work::os_str(&material.name))
}

fn stem(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.rsplit_once('.').map_or(name.as_ref(), |(stem, _)| stem).to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use stead_rules::ids::ItemId;
    use stead_rules::media::ItemKind;
    use stead_store::library::pictures::Material;

    use super::{Place, Wanted, best, places};

    fn material(folder: &str) -> Material {
        Material {
            file_n: 1,
            item: ItemId::from_bytes([1; 16]),
            folder_n: 1,
            root: PathBuf::from("/m"),
            folder: PathBuf::from(folder),
            name: b"x.mkv".to_vec(),
            container: "mkv".to_owned(),
            has_video: true,
            duration_ms: None,
            season: Some(2),
            cover: None,
            deaths: 0,
        }
    }

    fn check(kind: ItemKind, folder: &str, expected: &[(&str, &str)]) {
        let found: Vec<_> = places(kind, &material(folder))
            .into_iter()
            .map(|Place { folder, of }| {
                let of = match of {
                    Wanted::Folder => "folder".to_owned(),
                    Wanted::Season(n) => format!("season {n}"),
                    Wanted::File(stem) => stem,
                };
                (folder.display().to_string(), of)
            })
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(found, expected, "{kind:?} in {folder:?}");
    }

    #[test]
    fn artwork_is_looked_for_where_it_belongs_and_never_at_the_top() {
        check(ItemKind::Film, "", &[("", "x")]);
        check(ItemKind::Film, "A (2020)", &[("A (2020)", "x"), ("A (2020)", "folder")]);
        check(ItemKind::Episode, "S/Season 2", &[("S/Season 2", "x")]);
        check(
            ItemKind::Season,
            "S/Season 2",
            &[("S", "season 2"), ("S/Season 2", "season 2"), ("S/Season 2", "folder")],
        );
        check(ItemKind::Series, "S/Season 2", &[("S", "folder"), ("S/Season 2", "folder")]);
        check(ItemKind::Series, "S", &[("S", "folder")]);
        check(ItemKind::Album, "Ohm/Strom", &[("Ohm/Strom", "folder"), ("Ohm", "folder")]);
        check(ItemKind::Photo, "2020", &[]);
    }

    #[test]
    fn a_poster_goes_before_what_is_wide() {
        let names = ["backdrop.jpg", "logo.png", "poster.jpg", "x.jpg", "notes.jpg"];
        let names: Vec<Vec<u8>> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        assert_eq!(best(&names, &Wanted::Folder), Some(b"poster.jpg".as_slice()));
        assert_eq!(best(&names, &Wanted::File("x".to_owned())), Some(b"x.jpg".as_slice()));
        assert_eq!(best(&names, &Wanted::Season(1)), None);
    }
}
