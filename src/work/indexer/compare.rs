//! One folder of the disk against what is known of it: what to look into, what is gone.

use std::collections::{BTreeMap, HashMap, HashSet};

use stead_rules::ids::FileId;
use stead_rules::media::{
    ArtworkOf, Changes, FileKind, Known, LibraryKind, Seen, Understood, artwork, diff,
    is_season_folder,
};
use stead_store::library::folders::{Artwork, Candidate, KnownEntry};
use stead_store::library::problems::NO_TIME;

use super::beside::{Descriptions, Told};
use super::meaning::{Promise, promise, promise_alone};
use super::walk::{SeenFile, SeenFolder};

/// A file to look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToRead {
    pub(super) file: SeenFile,
    pub(super) understood: Understood,
    /// The descriptions that tell of it.
    pub(super) told: Told,
    /// The file it was, where it changed or was moved here.
    pub(super) known_file_n: Option<i64>,
}

/// What one folder brings.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) read: Vec<ToRead>,
    /// Named so that nobody knows what it is: file and code.
    pub(super) unclear: Vec<(SeenFile, &'static str)>,
    /// Back where it was, as it was.
    pub(super) back: Vec<i64>,
    /// Where it was, under another inode.
    pub(super) renumbered: Vec<(i64, i64)>,
    /// Not here any more.
    pub(super) gone: Vec<i64>,
    /// Problems whose file is not here any more.
    pub(super) cleared: Vec<Vec<u8>>,
    /// Pictures that belong to media.
    pub(super) artwork: Vec<Artwork>,
    /// Left as it is.
    pub(super) unchanged: u64,
}

/// What a folder is compared with.
#[derive(Debug)]
pub(super) struct Before<'a> {
    pub(super) known: &'a [KnownEntry],
    /// Files elsewhere that may have been moved here: by the name that was seen.
    pub(super) candidates: &'a [(Vec<u8>, Candidate)],
    /// What lies beside the files and tells of them.
    pub(super) descriptions: &'a Descriptions,
}

/// Files of a folder that are listed or reported, with what their names say; and artwork.
pub(super) fn sort(
    library: LibraryKind,
    path: &[u8],
    seen: SeenFolder,
) -> (Vec<(SeenFile, Promise)>, Vec<Artwork>) {
    let beside = Beside::of(&seen.files);
    let below_a_work = seen.below_a_work;
    let mut listed = Vec::new();
    let mut pictures = Vec::new();
    let mut extras = Vec::new();
    for file in seen.files {
        if file.kind == FileKind::Picture && beside.owns(library, &file) {
            let SeenFile { name, size, mtime_ns, .. } = file;
            pictures.push(Artwork { name, size, mtime_ns });
            continue;
        }
        match promise(library, &full_path(path, &file.name)) {
            Promise::Passed => {}
            Promise::ExtraOf(folder) => extras.push((file, folder)),
            kept @ (Promise::Listed(_) | Promise::Unclear(_)) => listed.push((file, kept)),
        }
    }
    if library == LibraryKind::Mixed {
        let has_work = listed.iter().any(|(file, _)| file.kind == FileKind::Video);
        let here = String::from_utf8_lossy(path);
        let alone = extras
            .into_iter()
            .filter(|(_, folder)| if *folder == here { !has_work } else { !below_a_work });
        listed.extend(alone.map(|(file, _)| {
            let promise = promise_alone(&full_path(path, &file.name));
            (file, promise)
        }));
    }
    (listed, pictures)
}

/// Whether a folder where anything may lie holds a film or a series, so that the folders in it may
/// hold what belongs to these.
pub(super) fn holds_a_work(library: LibraryKind, path: &[u8], seen: &SeenFolder) -> bool {
    let is_work = |file: &SeenFile| {
        let promise = || promise(library, &full_path(path, &file.name));
        file.kind == FileKind::Video && matches!(promise(), Promise::Listed(_))
    };
    library == LibraryKind::Mixed
        && (seen.folders.iter().any(|name| is_season_folder(&name.to_string_lossy()))
            || seen.files.iter().any(is_work))
}

/// Compares what is listed in a folder with what is known of it.
pub(super) fn compare(
    listed: Vec<(SeenFile, Promise)>,
    artwork: Vec<Artwork>,
    before: &Before<'_>,
) -> Plan {
    let mut plan = Plan { artwork, ..Plan::default() };
    let problems = problems(before.known);
    let mut promises = BTreeMap::new();
    let mut disk = Vec::new();
    for (file, promise) in &listed {
        let reported = problems.get(file.name.as_slice());
        if reported == Some(&(file.size, file.mtime_ns)) {
            plan.unchanged += 1;
            continue;
        }
        match promise {
            Promise::Unclear(code) => plan.unclear.push((file.clone(), code)),
            Promise::Listed(understood) => {
                disk.push(as_seen(file));
                let told = before.descriptions.of_file(&file.name, understood);
                promises.insert(file.name.clone(), Listed { file, understood, told });
            }
            Promise::ExtraOf(_) | Promise::Passed => {}
        }
    }
    let there: HashSet<&[u8]> = listed.iter().map(|(file, _)| file.name.as_slice()).collect();
    let cleared = problems.keys().filter(|name| !there.contains(*name));
    plan.cleared = cleared.map(|name| name.to_vec()).collect();
    plan.apply(diff(disk, &index(before, &promises)), &promises, &Numbers::of(before));
    plan
}

/// A file that is listed, with what its name and what lies beside it say.
struct Listed<'a> {
    file: &'a SeenFile,
    understood: &'a Understood,
    told: Told,
}

impl Plan {
    fn apply(
        &mut self,
        changes: Changes,
        promises: &BTreeMap<Vec<u8>, Listed<'_>>,
        numbers: &Numbers,
    ) {
        let Changes { new, changed, moved, returned, missing, unchanged } = changes;
        self.unchanged += unchanged as u64;
        self.unchanged += returned.len() as u64;
        let same_place = |id: &FileId, seen: &Seen| numbers.here.get(id) == Some(&seen.path);
        for (id, seen) in &moved {
            if same_place(id, seen)
                && let Some(n) = numbers.n(*id)
            {
                self.renumbered.push((n, seen.inode.cast_signed()));
                self.unchanged += 1;
            }
        }
        let anew = new.into_iter().map(|seen| (None, seen));
        let again = changed
            .into_iter()
            .chain(moved.into_iter().filter(|(id, seen)| !same_place(id, seen)))
            .map(|(id, seen)| (numbers.n(id), seen));
        for (known_file_n, seen) in anew.chain(again) {
            if let Some(Listed { file, understood, told }) = promises.get(&seen.path) {
                let (file, understood) = ((*file).clone(), (*understood).clone());
                self.read.push(ToRead { file, understood, told: told.clone(), known_file_n });
            }
        }
        self.back = returned.into_iter().filter_map(|id| numbers.n(id)).collect();
        let here = |id: &FileId| numbers.here.contains_key(id);
        self.gone = missing.into_iter().filter(here).filter_map(|id| numbers.n(id)).collect();
    }
}

/// Numbers of files by id; and which of them are known in this very folder, by name.
#[derive(Debug, Default)]
struct Numbers {
    all: HashMap<FileId, i64>,
    here: HashMap<FileId, Vec<u8>>,
}

impl Numbers {
    fn of(before: &Before<'_>) -> Self {
        let mut numbers = Self::default();
        for entry in before.known {
            if let Some((n, id)) = entry.file {
                numbers.all.insert(id, n);
                numbers.here.insert(id, entry.name.clone());
            }
        }
        for (_, candidate) in before.candidates {
            numbers.all.insert(candidate.id, candidate.file_n);
        }
        numbers
    }

    fn n(&self, id: FileId) -> Option<i64> {
        self.all.get(&id).copied()
    }
}

fn problems(known: &[KnownEntry]) -> HashMap<&[u8], (u64, i64)> {
    let reported = known.iter().filter(|entry| entry.file.is_none());
    reported.map(|entry| (entry.name.as_slice(), (entry.size, entry.mtime_ns))).collect()
}

/// Within one folder a name is a path. All of it lies on one file system.
fn as_seen(file: &SeenFile) -> Seen {
    Seen {
        path: file.name.clone(),
        device: 0,
        inode: file.inode,
        size: file.size,
        modified_ns: file.mtime_ns,
    }
}

/// What is known, as the disk showed it. A file that is described otherwise than when it was read has
/// no time, so that it is read again.
fn index(before: &Before<'_>, promises: &BTreeMap<Vec<u8>, Listed<'_>>) -> Vec<Known> {
    let is_told_anew = |entry: &KnownEntry| {
        promises.get(&entry.name).is_some_and(|listed| listed.told.mark() != entry.described)
    };
    let here = before.known.iter().filter_map(|entry| {
        let (_, id) = entry.file?;
        let seen = Seen {
            path: entry.name.clone(),
            device: 0,
            inode: entry.inode.cast_unsigned(),
            size: entry.size,
            modified_ns: if is_told_anew(entry) { NO_TIME } else { entry.mtime_ns },
        };
        Some(Known { id, seen, missing: entry.missing })
    });
    let elsewhere = before.candidates.iter().map(|(_, candidate)| Known {
        id: candidate.id,
        seen: Seen {
            // A name that no file of this folder can have.
            path: [b"/".as_slice(), candidate.id.as_bytes()].concat(),
            device: 0,
            inode: candidate.inode.cast_unsigned(),
            size: candidate.size,
            modified_ns: candidate.mtime_ns,
        },
        missing: candidate.missing,
    });
    here.chain(elsewhere).collect()
}

/// What media lies in a folder, for pictures that belong to it.
#[derive(Debug)]
struct Beside {
    stems: Vec<Vec<u8>>,
}

impl Beside {
    fn of(files: &[SeenFile]) -> Self {
        let media =
            files.iter().filter(|file| matches!(file.kind, FileKind::Video | FileKind::Audio));
        Self { stems: media.map(|file| stem(&file.name).to_vec()).collect() }
    }

    /// Whether a picture is artwork rather than a photo. Where photos may lie, a picture is
    /// artwork only beside what it is artwork of.
    fn owns(&self, library: LibraryKind, picture: &SeenFile) -> bool {
        match library {
            LibraryKind::Films | LibraryKind::Series | LibraryKind::Music => true,
            LibraryKind::Photos => false,
            LibraryKind::Mixed => match artwork(&String::from_utf8_lossy(&picture.name)).of {
                ArtworkOf::Folder | ArtworkOf::Season(_) => !self.stems.is_empty(),
                ArtworkOf::File(stem) => self.stems.iter().any(|one| one == stem.as_bytes()),
            },
        }
    }
}

/// A name without its ending.
pub(super) fn stem(name: &[u8]) -> &[u8] {
    name.iter().rposition(|byte| *byte == b'.').and_then(|dot| name.get(..dot)).unwrap_or(name)
}

/// A path below the library's folder, for reading and for showing.
pub(super) fn full_path(folder: &[u8], name: &[u8]) -> String {
    let (folder, name) = (String::from_utf8_lossy(folder), String::from_utf8_lossy(name));
    if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") }
}
