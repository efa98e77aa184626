//! Descriptions that lie beside media (`.nfo`): which of them tell of which file, and what they say.
//!
//! ```text
//! Films/Night (2020)/Night (2020).nfo     of the file with its name
//! Films/Night (2020)/movie.nfo            of each film in its folder that has none of its own
//! Series/Show/tvshow.nfo                  of each episode in its folder and below
//! ```
//!
//! Whether one of them changed is kept with the file that it tells of: then the file is read again.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use ring::digest::{Context, SHA256};
use stead_rules::limits::DESCRIPTION_BYTES_MAX;
use stead_rules::media::{Age, FileKind, Understood};

use super::walk::SeenFile;
use crate::work::caught::caught;
use crate::work::probe::description;
use crate::work::{open_media, os_str};

/// A description, as it was when its folder was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    /// Below the library's folder.
    path: Vec<u8>,
    size: u64,
    mtime_ns: i64,
}

impl Description {
    /// What tells it from another, and from itself when it was changed.
    pub(super) fn mix_into(&self, hash: &mut Context) {
        hash.update(&(self.path.len() as u64).to_be_bytes());
        hash.update(&self.path);
        hash.update(&self.size.to_be_bytes());
        hash.update(&self.mtime_ns.to_be_bytes());
    }

    /// The age that it says. Of one that cannot be read now, or by nobody, nothing is known.
    pub(super) fn age(&self, root: &Path) -> Option<Age> {
        let read = || -> std::io::Result<Vec<u8>> {
            let file: File = open_media(root, Path::new(os_str(&self.path)))?;
            let mut bytes = Vec::new();
            file.take(DESCRIPTION_BYTES_MAX).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().ok()?;
        caught("reading a description", || description::age(&bytes)).flatten()
    }
}

/// The descriptions that tell of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Of it alone, or of the film that its folder is.
    pub(super) own: Option<Description>,
    /// Of the series that it is part of.
    pub(super) show: Option<Description>,
}

impl Told {
    /// What tells that none of them changed; zero where there are none.
    pub(super) fn mark(&self) -> i64 {
        if self.own.is_none() && self.show.is_none() {
            return 0;
        }
        let mut hash = Context::new(&SHA256);
        for one in [&self.own, &self.show] {
            hash.update(&[u8::from(one.is_some())]);
            one.iter().for_each(|one| one.mix_into(&mut hash));
        }
        let first = hash.finish().as_ref().first_chunk::<8>().copied().unwrap_or_default();
        i64::from_be_bytes(first)
    }
}

/// The descriptions of one folder, and of the show around it.
#[derive(Debug, Default)]
pub(super) struct Descriptions {
    named: Vec<(Vec<u8>, Description)>,
    movie: Option<Description>,
    pub(super) show: Option<Description>,
}

impl Descriptions {
    /// Of the folder at `path`, which lies within what `above` describes.
    pub(super) fn of(path: &[u8], files: &[SeenFile], above: Option<&Description>) -> Self {
        let mut found = Self { show: above.cloned(), ..Self::default() };
        for file in files.iter().filter(|file| file.kind == FileKind::Description) {
            let path = if path.is_empty() {
                file.name.clone()
            } else {
                [path, b"/", file.name.as_slice()].concat()
            };
            let one = Description { path, size: file.size, mtime_ns: file.mtime_ns };
            let stem = super::compare::stem(&file.name);
            if stem.eq_ignore_ascii_case(b"tvshow") {
                found.show = Some(one);
            } else if stem.eq_ignore_ascii_case(b"movie") {
                found.movie = Some(one);
            } else {
                found.named.push((stem.to_vec(), one));
            }
        }
        found
    }

    /// Those that tell of the file `name`. Only films and episodes are rated.
    pub(super) fn of_file(&self, name: &[u8], understood: &Understood) -> Told {
        let stem = super::compare::stem(name);
        let named = || self.named.iter().find(|(of, _)| of == stem).map(|(_, one)| one.clone());
        match understood {
            Understood::Film(_) => Told { own: named().or_else(|| self.movie.clone()), show: None },
            Understood::Episode(_) => Told { own: named(), show: self.show.clone() },
            Understood::Track(_)
            | Understood::Photo(_)
            | Understood::Clip(_)
            | Understood::Extra(_)
            | Understood::Unclear { .. }
            | Understood::Passed => Told::default(),
        }
    }
}
