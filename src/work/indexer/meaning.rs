//! From a file's path and header to what it is listed as. The rules read names; here tags go
//! before names, and both become entries of the store.

use stead_rules::ids::ItemId;
use stead_rules::media::{
    Clip, Episode, Film, ItemKind, LibraryKind, Photo, Track, Understood, sort_title, title_key,
    understand, understand_alone,
};
use stead_store::library::put::Entry;

use crate::host::entropy::{Entropy, fresh};
use crate::work::probe::{Header, Tags};

/// What a file is listed as: itself, and what it is part of, outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) parents: Vec<Entry>,
    pub(super) leaf: Entry,
}

/// What a path says before the file is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Promise {
    /// It is worth a look.
    Listed(Understood),
    /// It is for this library, but nobody knows as what.
    Unclear(&'static str),
    /// It belongs to a film or a series that lies in this folder; without one it is its own.
    ExtraOf(String),
    /// It is for nobody's list.
    Passed,
}

/// Reads a path below the library's folder.
pub(super) fn promise(library: LibraryKind, path: &str) -> Promise {
    promised(understand(library, path))
}

/// Reads the path of an extra in a library where anything may lie, with nothing it could belong to.
pub(super) fn promise_alone(path: &str) -> Promise {
    promised(understand_alone(path))
}

fn promised(understood: Understood) -> Promise {
    match understood {
        Understood::Unclear { why, .. } => Promise::Unclear(why.code()),
        Understood::Extra(extra) => Promise::ExtraOf(extra.of),
        Understood::Passed => Promise::Passed,
        understood @ (Understood::Film(_)
        | Understood::Episode(_)
        | Understood::Track(_)
        | Understood::Photo(_)
        | Understood::Clip(_)) => Promise::Listed(understood),
    }
}

/// Puts path and header together. `mtime_ms` dates what says nothing of its own.
pub(super) fn meaning(
    entropy: &dyn Entropy,
    path: &str,
    understood: Understood,
    header: &Header,
    mtime_ms: i64,
) -> Option<Meaning> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let make = Make { entropy, folder };
    match understood {
        Understood::Film(film) => Some(make.film(&film)),
        Understood::Episode(episode) => Some(make.episode(&episode)),
        Understood::Track(track) => Some(make.track(&track, &header.tags)),
        Understood::Photo(photo) => Some(make.photo(&photo, header, mtime_ms)),
        Understood::Clip(clip) => Some(make.clip(&clip, header, mtime_ms)),
        Understood::Extra(_) | Understood::Unclear { .. } | Understood::Passed => None,
    }
}

struct Make<'a> {
    entropy: &'a dyn Entropy,
    folder: &'a str,
}

impl Make<'_> {
    fn entry(&self, kind: ItemKind, title: &str) -> Entry {
        Entry {
            id: fresh(self.entropy, ItemId::from_bytes),
            kind,
            fold_key: None,
            title: title.to_owned(),
            sort_title: sort_title(title),
            subtitle: None,
            year: None,
            season: None,
            number: None,
            disc: None,
            taken_ms: None,
            context: String::new(),
        }
    }

    /// Files of one folder that mean the same film are its versions; the same title elsewhere may
    /// be another film. Parts do not play on into each other, so each is listed by itself.
    fn film(&self, film: &Film) -> Meaning {
        let year = film.year.unwrap_or_default();
        let (part, title) = match film.part {
            Some(part) => (part, format!("{} – Part {part}", film.title)),
            None => (0, film.title.clone()),
        };
        let leaf = Entry {
            fold_key: Some(format!("{}/{}/{year}/{part}", self.folder, title_key(&film.title))),
            year: film.year.and_then(|year| u16::try_from(year).ok()),
            ..self.entry(ItemKind::Film, &title)
        };
        Meaning { parents: Vec::new(), leaf }
    }

    fn episode(&self, episode: &Episode) -> Meaning {
        let title = &episode.series.title;
        let year = episode.series.year.and_then(|year| u16::try_from(year).ok());
        let key = format!("{}/{}", title_key(title), year.unwrap_or_default());
        let series =
            Entry { fold_key: Some(key.clone()), year, ..self.entry(ItemKind::Series, title) };
        let season_key = format!("{key}/{}", episode.season);
        let season = Entry {
            fold_key: Some(season_key.clone()),
            subtitle: Some(title.clone()),
            season: Some(episode.season),
            number: Some(episode.season),
            context: title.clone(),
            ..self.entry(ItemKind::Season, &format!("Season {}", episode.season))
        };
        let number = episode.aired.map_or_else(
            || episode.first.to_string(),
            |day| format!("{:04}-{:02}-{:02}", day.year, day.month, day.day),
        );
        let own = episode.title.clone().unwrap_or_else(|| format!("Episode {number}"));
        let leaf = Entry {
            fold_key: Some(format!("{season_key}/{number}")),
            subtitle: Some(title.clone()),
            season: Some(episode.season),
            number: Some(episode.first),
            context: title.clone(),
            ..self.entry(ItemKind::Episode, &own)
        };
        Meaning { parents: vec![series, season], leaf }
    }

    fn track(&self, track: &Track, tags: &Tags) -> Meaning {
        let or = |tag: &Option<String>, name: &Option<String>| tag.clone().or(name.clone());
        let artist = or(&tags.artist, &track.artist);
        let whose = tags.album_artist.clone().or_else(|| artist.clone());
        let album = or(&tags.album, &track.album);
        let year = tags.year.or(track.year.and_then(|year| u16::try_from(year).ok()));
        let mut parents = Vec::new();
        if let Some(whose) = &whose {
            let fold_key = Some(title_key(whose));
            parents.push(Entry { fold_key, ..self.entry(ItemKind::Artist, whose) });
        }
        if let Some(album) = &album {
            // Without an album artist only the folder tells one album from another.
            let key = match &tags.album_artist {
                Some(whose) => format!("by {}/{}", title_key(whose), title_key(album)),
                None => format!("in {}/{}", self.folder, title_key(album)),
            };
            parents.push(Entry {
                fold_key: Some(key),
                subtitle: whose.clone(),
                year,
                context: whose.clone().unwrap_or_default(),
                ..self.entry(ItemKind::Album, album)
            });
        }
        let words = [artist.as_deref(), whose.as_deref(), album.as_deref()];
        let leaf = Entry {
            subtitle: artist.clone(),
            year,
            number: tags.track.or(track.number),
            disc: tags.disc.or(track.disc),
            context: words.into_iter().flatten().collect::<Vec<_>>().join(" "),
            ..self.entry(ItemKind::Track, tags.title.as_deref().unwrap_or(&track.title))
        };
        Meaning { parents, leaf }
    }

    fn photo(&self, photo: &Photo, header: &Header, mtime_ms: i64) -> Meaning {
        let taken_ms = header.taken_ms.or(photo.taken_ms).unwrap_or(mtime_ms);
        self.picture(ItemKind::Photo, &photo.title, photo.album.as_ref(), taken_ms)
    }

    fn clip(&self, clip: &Clip, header: &Header, mtime_ms: i64) -> Meaning {
        let taken_ms = clip.taken_ms.or(header.taken_ms).unwrap_or(mtime_ms);
        self.picture(ItemKind::Film, &clip.title, clip.album.as_ref(), taken_ms)
    }

    fn picture(
        &self,
        kind: ItemKind,
        title: &str,
        album: Option<&String>,
        taken_ms: i64,
    ) -> Meaning {
        let leaf = Entry {
            subtitle: album.cloned(),
            taken_ms: Some(taken_ms),
            context: album.cloned().unwrap_or_default(),
            ..self.entry(kind, title)
        };
        Meaning { parents: Vec::new(), leaf }
    }
}
