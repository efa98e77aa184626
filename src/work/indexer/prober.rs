//! Looks into one file: opens it, reads its header, and says what it is listed as.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{MemfdFlags, memfd_create};
use stead_rules::ids::FileId;
use stead_rules::limits::{
    FRAME_SECONDS, PLAYS_MAX_MS, WORKER_DEATHS_MAX, WORKER_OUTPUT_BYTES_MAX,
};
use stead_rules::media::{Age, FileKind, Understood, certificate_age};
use stead_store::library::put::FileFacts;

use super::compare::{ToRead, full_path};
use super::describe;
use super::meaning::{Meaning, meaning};
use super::root::RootIdentity;
use super::scan::{Done, Folder};
use crate::host::entropy::{Entropy, fresh};
use crate::work::caught::caught;
use crate::work::launcher::{Cancel, Ended, JobFailure, Launcher};
use crate::work::probe::{Class, Container, Header, ProbeError, Probed};
use crate::work::worker::wire::{Job, Span};
use crate::work::{mtime_ns, open_media, os_str};

/// What all probers share.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) launcher: Launcher,
    /// Reads headers.
    pub(crate) probe: fn(&File, Class, &Cancel) -> Result<Probed, ProbeError>,
    /// Where ffprobe is, if there is one.
    pub(crate) ffprobe: Option<PathBuf>,
    /// One description at a time: ffprobe takes 57 MB.
    pub(crate) describing: Arc<Mutex<()>>,
    pub(crate) cancel: Cancel,
}

/// A file of one folder that is to be looked into.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) folder: Arc<Folder>,
    pub(super) to_read: ToRead,
}

/// Why nothing came of a file.
enum Failed {
    /// It is reported. What lasts is not looked into again until the file changes.
    Problem { code: &'static str, detail: String, lasts: bool },
    /// The scan ends, or the file went away; nothing is known of it.
    Nothing,
}

/// What is said of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

/// Of a file over which this program failed.
pub(super) const READER_FAILED: Said = Said {
    code: "reader_failed",
    detail: "Stead failed while it read this file, so the file is left alone until it changes. \
             Please report this as a fault.",
};

/// Of a file that only ffprobe reads, without one.
const NO_FFPROBE: Said = Said {
    code: "no_ffprobe",
    detail: "Reading this file takes ffprobe, which is not installed. Install ffmpeg; the next \
             scan tries again.",
};

/// Of a file whose reader could not begin.
const NO_WORKER: Said = Said {
    code: "unreadable",
    detail: "The file could not be looked into now. The next scan tries again.",
};

/// Of a file that killed as many workers as it may.
const KILLS_READER: Said = Said {
    code: "kills_reader",
    detail: "Reading this file killed its reader twice, so it is left alone. Replace it.",
};

impl Failed {
    fn lasting(said: Said) -> Self {
        Self::Problem { code: said.code, detail: said.detail.to_owned(), lasts: true }
    }

    /// The machine is at fault, which may be better the next time.
    fn for_now(said: Said) -> Self {
        Self::Problem { code: said.code, detail: said.detail.to_owned(), lasts: false }
    }
}

impl From<ProbeError> for Failed {
    fn from(error: ProbeError) -> Self {
        // What the disk does not give may be given the next time, though the file is the same.
        let (lasts, is_gone) = match &error {
            ProbeError::Read(cause) => (false, cause.kind() == io::ErrorKind::NotFound),
            ProbeError::Empty
            | ProbeError::Mislabelled { .. }
            | ProbeError::Truncated { .. }
            | ProbeError::Damaged { .. }
            | ProbeError::Unsupported { .. } => (true, false),
        };
        if is_gone {
            return Self::Nothing;
        }
        Self::Problem { code: error.code(), detail: error.to_string(), lasts }
    }
}

/// Looks into the file of `task` below `root`; `None` when the scan ends meanwhile, or when the
/// file is not there: then its folder is looked into again the next time.
pub(super) fn look(tools: &Tools, root: &Path, task: Task) -> Option<Done> {
    let Task { folder, to_read } = task;
    let looked = caught("looking into a file", || look_into(tools, root, &folder, &to_read));
    match looked.unwrap_or_else(|| Err(Failed::lasting(READER_FAILED))) {
        Ok((meaning, facts)) => Some(Done::Enter {
            folder,
            meaning: Box::new(meaning),
            facts: Box::new(facts),
            known_file_n: to_read.known_file_n,
        }),
        // With the scan over or the whole library gone, nothing is said of its files.
        Err(Failed::Problem { lasts: false, .. })
            if tools.cancel.is_cancelled() || RootIdentity::of(root).is_err() =>
        {
            None
        }
        Err(Failed::Problem { code, detail, lasts }) => Some(Done::Problem {
            folder,
            file: to_read.file,
            code,
            detail,
            known_file_n: to_read.known_file_n.filter(|_| lasts),
            lasts,
        }),
        Err(Failed::Nothing) => None,
    }
}

fn look_into(
    tools: &Tools,
    root: &Path,
    folder: &Folder,
    to_read: &ToRead,
) -> Result<(Meaning, FileFacts), Failed> {
    let path = full_path(&folder.path, &to_read.file.name);
    let below = folder.below().join(os_str(&to_read.file.name));
    let file = open_media(root, &below).map_err(ProbeError::Read)?;
    let meta = file.metadata().map_err(ProbeError::Read)?;
    let probed = (tools.probe)(&file, class(to_read.file.kind), &tools.cancel)?;
    let header = match &probed.header {
        Some(header) => header.clone(),
        None => described(tools, &file, probed.container)?,
    };
    let mtime_ns = mtime_ns(&meta);
    let understood = to_read.understood.clone();
    let found = meaning(&*tools.entropy, &path, understood, &header, mtime_ns / 1_000_000);
    let found = found.ok_or(ProbeError::Unsupported { what: "Such" })?;
    let age = age(root, to_read, &header);
    let facts = facts(tools, to_read, &probed, header, (meta.ino(), mtime_ns));
    Ok((found, FileFacts { age, ..facts }))
}

/// For whom the file is: what lies beside it goes before what is in it, and what tells of it before
/// what tells of its series.
fn age(root: &Path, to_read: &ToRead, header: &Header) -> Option<Age> {
    match &to_read.understood {
        Understood::Film(_) | Understood::Episode(_) => {}
        Understood::Track(_)
        | Understood::Photo(_)
        | Understood::Clip(_)
        | Understood::Extra(_)
        | Understood::Unclear { .. }
        | Understood::Passed => return None,
    }
    let own = to_read.told.own.as_ref().and_then(|own| own.age(root));
    let embedded = || header.tags.certificate.as_deref().and_then(certificate_age);
    let show = || to_read.told.show.as_ref().and_then(|show| show.age(root));
    own.or_else(embedded).or_else(show)
}

fn class(kind: FileKind) -> Class {
    match kind {
        FileKind::Video => Class::Video,
        FileKind::Audio => Class::Audio,
        FileKind::Picture => Class::Picture,
        FileKind::Subtitles | FileKind::Description | FileKind::Other => Class::Other,
    }
}

/// What a header says, as it is kept: what no file can be is taken for not said.
fn facts(
    tools: &Tools,
    to_read: &ToRead,
    probed: &Probed,
    header: Header,
    (inode, mtime_ns): (u64, i64),
) -> FileFacts {
    let size = header.picture.or_else(|| header.video.as_ref().map(|video| video.size));
    let is_inside =
        |span: &Span| span.offset.checked_add(span.length).is_some_and(|end| end <= probed.size);
    let cover = header.cover.filter(is_inside);
    FileFacts {
        id: fresh(&*tools.entropy, FileId::from_bytes),
        name: to_read.file.name.clone(),
        inode: inode.cast_signed(),
        size: probed.size,
        mtime_ns,
        content: probed.content_key,
        container: probed.container.word().to_owned(),
        video: header.video.map(|video| video.codec),
        audio: header.audio.map(|audio| audio.codec),
        duration_ms: header.duration_ms.filter(|ms| *ms <= PLAYS_MAX_MS),
        picture: size.map(|size| (size.width, size.height)),
        cover: cover.map(|span| (span.offset, span.length, span.unsynchronised)),
        age: None,
        described: to_read.told.mark(),
    }
}

/// Asks ffprobe, in a worker, one at a time. A file that kills two workers is left alone until it
/// changes: as a reported problem it is not opened again.
fn described(tools: &Tools, file: &File, container: Container) -> Result<Header, Failed> {
    let unsupported = || ProbeError::Unsupported { what: container.in_words() };
    let demuxer = container.demuxer().ok_or_else(unsupported)?.to_owned();
    let program = tools.ffprobe.clone().ok_or_else(|| Failed::for_now(NO_FFPROBE))?;
    let job = Job::Describe { program, demuxer };
    let _one = tools.describing.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..WORKER_DEATHS_MAX {
        let mut answer = File::from(memory_file()?);
        let descriptors = [file.as_fd(), answer.as_fd()];
        match tools.launcher.run(&job, &descriptors, FRAME_SECONDS * 1000, &tools.cancel) {
            Ok(Ended::ProgramSucceeded) => {
                return read_back(&mut answer)
                    .as_deref()
                    .and_then(describe::header)
                    .ok_or(Failed::from(ProbeError::Damaged { what: "content" }));
            }
            Ok(Ended::Replied(_)) | Err(JobFailure::ProgramFailed { .. }) => {
                return Err(ProbeError::Damaged { what: "content" }.into());
            }
            Err(JobFailure::Unable { complaint }) => {
                tracing::warn!(complaint, "a worker could not begin");
                return Err(Failed::for_now(NO_WORKER));
            }
            Err(JobFailure::Cancelled) => return Err(Failed::Nothing),
            Err(JobFailure::Machine(error)) => return Err(ProbeError::Read(error).into()),
            Err(JobFailure::Died { .. } | JobFailure::TooLong { .. }) => {}
        }
    }
    Err(Failed::lasting(KILLS_READER))
}

fn memory_file() -> Result<std::os::fd::OwnedFd, ProbeError> {
    memfd_create(c"answer", MemfdFlags::CLOEXEC).map_err(|error| ProbeError::Read(error.into()))
}

fn read_back(answer: &mut File) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    answer.rewind().ok()?;
    answer.take(WORKER_OUTPUT_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
