//! Making one picture: source after source, until one is good.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{MemfdFlags, memfd_create};
use stead_rules::ids::ItemId;
use stead_rules::limits::{
    FRAME_SECONDS, PICTURE_LARGE_PX, PICTURE_SECONDS, PICTURE_SMALL_PX, SILENT_DISK_SECONDS,
    WORKER_DEATHS_MAX,
};
use stead_store::StoreError;
use stead_store::library::pictures::{self, Became, Material, Wanting};

use super::source::{Source, sources};
use super::{Pictures, Task, locked};
use crate::service::chain;
use crate::service::disks::NoAnswer;
use crate::service::pictures::Size;
use crate::work::caught::caught;
use crate::work::launcher::{Ended, JobFailure};
use crate::work::open_media;
use crate::work::pace::Moment;
use crate::work::worker::wire::{Job, Reply};

/// Why a picture could not be made of one source.
enum Failed {
    /// The source is of no use; the next may be.
    Useless,
    /// It killed its worker, or took too long.
    Killed,
    /// Nothing is wrong with the source: the machine, the disk or the end.
    NotNow,
}

impl Pictures {
    /// Makes one picture and notes what became of it.
    pub(super) fn make(&self, task: &Task) {
        if self.means.cancel.is_cancelled() {
            return;
        }
        // What failed would fail again: it is not tried until its file changes.
        let made = caught("making a picture", || self.try_all(task));
        let made = made.unwrap_or(Ok(Some(Became::None)));
        let noted = made.and_then(|became| self.note(task, became));
        if let Err(error) = noted {
            let item = task.wanting.id;
            tracing::warn!(%item, error = %chain(&error), "a picture is lost");
        }
    }

    /// Only small pictures are noted; large ones come and go.
    fn note(&self, task: &Task, became: Option<Became>) -> Result<(), StoreError> {
        let Some(became) = became.filter(|_| task.size == Size::Small) else { return Ok(()) };
        self.means.store.library.write(|tx| pictures::settle(tx, task.wanting.n, became))
    }

    /// What became of it; `None` when it stays wanted.
    fn try_all(&self, task: &Task) -> Result<Option<Became>, StoreError> {
        let Some((material, sources)) = self.sources(&task.wanting)? else {
            return Ok(Some(Became::None));
        };
        for source in sources {
            if source.is_media(&material) && material.deaths >= WORKER_DEATHS_MAX {
                continue;
            }
            // Who may see the small one may see this one: both are of the same.
            if task.size == Size::Large && part(task, &material, &source) != task.wanting.of {
                continue;
            }
            match self.try_one(task, &material, &source)? {
                Ok(()) => {
                    let version = task.wanting.version.wrapping_add(1);
                    return Ok(Some(Became::Made { version, of: part(task, &material, &source) }));
                }
                Err(Failed::Useless | Failed::Killed) => {}
                Err(Failed::NotNow) => return Ok(None),
            }
        }
        Ok(Some(Became::None))
    }

    fn sources(&self, wanting: &Wanting) -> Result<Option<(Material, Vec<Source>)>, StoreError> {
        self.means.store.library.read(|tx| {
            let Some(material) = pictures::material(tx, wanting.n)? else { return Ok(None) };
            let sources = sources(tx, wanting, &material)?;
            Ok(Some((material, sources)))
        })
    }

    /// Tries one source; one that kills its worker gets the tries that it has left.
    fn try_one(
        &self,
        task: &Task,
        material: &Material,
        source: &Source,
    ) -> Result<Result<(), Failed>, StoreError> {
        let is_media = source.is_media(material);
        let mut deaths = if is_media { material.deaths } else { 0 };
        loop {
            match self.of_source(task, material, source) {
                Err(Failed::Killed) => {}
                other => return Ok(other),
            }
            // What a disk that hangs held for too long is not the file's fault.
            if let Err(failed) = self.open(&material.root, source.path()) {
                return Ok(Err(failed));
            }
            deaths += 1;
            if is_media {
                let (library, file_n) = (&self.means.store.library, material.file_n);
                deaths = library.write(|tx| pictures::killed_worker(tx, file_n))?;
            }
            tracing::warn!(item = %task.wanting.id, deaths, "a file killed its worker");
            if deaths >= WORKER_DEATHS_MAX {
                return Ok(Err(Failed::Killed));
            }
        }
    }

    fn of_source(&self, task: &Task, material: &Material, source: &Source) -> Result<(), Failed> {
        let file = self.open(&material.root, source.path())?;
        let pending =
            self.cache.begin(task.wanting.id, task.size).map_err(|error| not_now(&error))?;
        let widest = match task.size {
            Size::Small => PICTURE_SMALL_PX,
            Size::Large => PICTURE_LARGE_PX,
        };
        let output = pending.file();
        match source {
            Source::Picture(_) => self.write(&Job::Picture { widest }, &file, output)?,
            Source::Cover(_, span) => {
                self.write(&Job::Cover { span: *span, widest }, &file, output)?;
            }
            Source::Frame { demuxer, at_ms, .. } => {
                let frame = self.frame(&file, demuxer, *at_ms)?;
                self.write(&Job::Picture { widest }, &frame, output)?;
            }
        }
        self.cache.keep(&pending).map_err(|error| not_now(&error))
    }

    /// Opens a source. A disk that gave no answer is left alone for a while, so that the pictures
    /// of others are made.
    fn open(&self, root: &Path, path: &Path) -> Result<File, Failed> {
        if self.is_silent(root) {
            return Err(Failed::NotNow);
        }
        let core = &self.means.core;
        let (at, below) = (root.to_path_buf(), path.to_path_buf());
        let asked = self.means.runtime.block_on(async {
            tokio::select! {
                biased;
                () = core.stopping.cancelled() => None,
                asked = core.disks.ask(root, move || open_media(&at, &below)) => Some(asked),
            }
        });
        match asked {
            Some(Ok(opened)) => opened.map_err(|error| is_gone(&error)),
            Some(Err(NoAnswer)) => {
                tracing::warn!(root = %root.display(), "a disk does not answer");
                locked(&self.silent).insert(root.to_path_buf(), Moment::now());
                Err(Failed::NotNow)
            }
            None => Err(Failed::NotNow),
        }
    }

    fn is_silent(&self, root: &Path) -> bool {
        let mut silent = locked(&self.silent);
        silent.retain(|_, since| since.elapsed_ms() < SILENT_DISK_SECONDS * 1000);
        silent.contains_key(root)
    }

    fn write(&self, job: &Job, input: &File, output: &File) -> Result<(), Failed> {
        let descriptors = [input.as_fd(), output.as_fd()];
        let limit_ms = PICTURE_SECONDS * 1000;
        match self.means.launcher.run(job, &descriptors, limit_ms, &self.means.cancel) {
            Ok(Ended::Replied(Reply::Made { .. })) => Ok(()),
            Ok(Ended::Replied(reply @ (Reply::Nothing | Reply::Refused { .. }))) => {
                tracing::debug!(?reply, "no picture");
                Err(Failed::Useless)
            }
            Ok(Ended::ProgramSucceeded) => Err(Failed::Useless),
            Err(failure) => Err(failed(&failure)),
        }
    }

    /// A frame from inside the film; of a film that is shorter than it says, the first.
    fn frame(&self, file: &File, demuxer: &str, at_ms: u64) -> Result<File, Failed> {
        let program = self.means.ffmpeg.clone().ok_or(Failed::Useless)?;
        for at_ms in [at_ms, 0] {
            let frame = memory_file().map(File::from).map_err(|error| not_now(&error))?;
            let job = Job::Frame { program: program.clone(), demuxer: demuxer.to_owned(), at_ms };
            let descriptors = [file.as_fd(), frame.as_fd()];
            let limit_ms = FRAME_SECONDS * 1000;
            match self.means.launcher.run(&job, &descriptors, limit_ms, &self.means.cancel) {
                Ok(_) if frame.metadata().is_ok_and(|meta| meta.len() > 0) => return Ok(frame),
                Ok(_) => {}
                Err(failure @ JobFailure::ProgramFailed { .. }) => drop(failed(&failure)),
                Err(failure) => return Err(failed(&failure)),
            }
        }
        Err(Failed::Useless)
    }
}

/// The part of what wants a picture that is seen on it, if it is made of a file of a part.
fn part(task: &Task, material: &Material, source: &Source) -> Option<ItemId> {
    let is_of_part = source.is_media(material) && material.item != task.wanting.id;
    is_of_part.then_some(material.item)
}

fn failed(failure: &JobFailure) -> Failed {
    tracing::debug!(%failure, ?failure, "a worker's job failed");
    match failure {
        JobFailure::Died { .. } | JobFailure::TooLong { .. } => Failed::Killed,
        JobFailure::ProgramFailed { .. } => Failed::Useless,
        JobFailure::Cancelled | JobFailure::Unable { .. } | JobFailure::Machine(_) => {
            Failed::NotNow
        }
    }
}

/// A file that is not there, may not be read, or was put behind a link is of no use; a disk that
/// fails may come back.
fn is_gone(error: &io::Error) -> Failed {
    let is_link = error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error());
    let gone = [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied];
    if is_link || gone.contains(&error.kind()) { Failed::Useless } else { not_now(error) }
}

fn not_now(error: &io::Error) -> Failed {
    tracing::warn!(%error, "a picture cannot be kept");
    Failed::NotNow
}

fn memory_file() -> io::Result<OwnedFd> {
    Ok(memfd_create(c"frame", MemfdFlags::CLOEXEC)?)
}
