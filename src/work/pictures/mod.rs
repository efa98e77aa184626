//! Makes the pictures that items want, a few at a time, in worker processes.
//!
//! What somebody looks at comes first, then everything in the order of its entry. A file that
//! kills two workers is left alone until it changes.

mod cache;
mod source;

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{MemfdFlags, memfd_create};
use stead_rules::ids::ItemId;
use stead_rules::limits::{FRAME_SECONDS, PICTURE_SECONDS, PICTURES_TELL_MS, WORKER_DEATHS_MAX};
use stead_store::library::pictures::{self, Became, Material, Wanting};
use stead_store::{Store, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::cache::Pending;
use self::source::Source;
use crate::service::chain;
use crate::service::core::Core;
use crate::service::scans::Wish;
use crate::work::caught::caught;
use crate::work::indexer::step_back;
use crate::work::launcher::{Cancel, Ended, JobFailure, Launcher};
use crate::work::open_media;
use crate::work::pace::Moment;
use crate::work::worker::wire::{Job, Reply};

/// Says that there may be new pictures to make.
#[derive(Clone)]
pub(crate) struct Bell(pub(crate) Arc<Core>);

impl Bell {
    pub(crate) fn ring(&self) {
        self.0.scans.wish(Wish::Look);
    }
}

/// The one that makes pictures, with what it works with.
pub(crate) struct Pictures {
    pub(crate) core: Arc<Core>,
    pub(crate) store: Arc<Store>,
    pub(crate) launcher: Launcher,
    /// Where ffmpeg is, if there is one.
    pub(crate) ffmpeg: Option<PathBuf>,
    pub(crate) cancel: Cancel,
    /// Workers at once.
    pub(crate) workers: usize,
    /// When pages were last told to look again.
    pub(crate) told: Mutex<Option<Moment>>,
}

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
    /// Makes pictures until the end. Blocks.
    pub(crate) fn run(
        self,
        mut wishes: mpsc::Receiver<Wish>,
        runtime: &tokio::runtime::Handle,
        end: &CancellationToken,
    ) {
        let busy = Mutex::new(HashSet::new());
        let (work, taken) = sync_channel::<Wanting>(0);
        let taken = Mutex::new(taken);
        std::thread::scope(|scope| {
            for _ in 0..self.workers {
                let maker = || {
                    step_back();
                    loop {
                        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(wanting) = next else { return };
                        self.make(&wanting);
                        locked(&busy).remove(&wanting.n);
                    }
                };
                let name = "pictures".to_owned();
                if let Err(error) =
                    std::thread::Builder::new().name(name).spawn_scoped(scope, maker)
                {
                    tracing::warn!(%error, "no thread for pictures");
                }
            }
            self.hand_out(&mut wishes, work, &busy, runtime, end);
        });
    }

    fn hand_out(
        &self,
        wishes: &mut mpsc::Receiver<Wish>,
        work: SyncSender<Wanting>,
        busy: &Mutex<HashSet<i64>>,
        runtime: &tokio::runtime::Handle,
        end: &CancellationToken,
    ) {
        let mut first = VecDeque::new();
        let mut behind = 0;
        while !end.is_cancelled() {
            while let Ok(wish) = wishes.try_recv() {
                note(wish, &mut first, &mut behind);
            }
            match self.next(&mut first, &mut behind) {
                Ok(Some(wanting)) => {
                    let is_new = locked(busy).insert(wanting.n);
                    if is_new && work.send(wanting).is_err() {
                        return;
                    }
                }
                Ok(None) => {
                    let waited = runtime.block_on(async {
                        tokio::select! {
                            () = end.cancelled() => None,
                            wish = wishes.recv() => wish,
                        }
                    });
                    let Some(wish) = waited else { return };
                    note(wish, &mut first, &mut behind);
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "no pictures are made now");
                    behind = i64::MAX;
                }
            }
        }
    }

    fn next(
        &self,
        first: &mut VecDeque<ItemId>,
        behind: &mut i64,
    ) -> Result<Option<Wanting>, StoreError> {
        while let Some(item) = first.pop_front() {
            if let Some(wanting) = self.store.library.read(|tx| pictures::wanted(tx, item))? {
                return Ok(Some(wanting));
            }
        }
        let next = self.store.library.read(|tx| pictures::next(tx, *behind))?;
        if let Some(wanting) = &next {
            *behind = wanting.n;
        }
        Ok(next)
    }

    /// Makes the picture of one item and notes what became of it.
    fn make(&self, wanting: &Wanting) {
        if self.cancel.is_cancelled() {
            return;
        }
        // What failed would fail again: it is not tried until its file changes.
        let made = caught("making a picture", || self.make_or_say(wanting));
        let made = made.unwrap_or(Ok(Some(Became::None))).and_then(|became| match became {
            Some(became) => self.store.library.write(|tx| pictures::settle(tx, wanting.n, became)),
            None => Ok(()),
        });
        match made {
            Ok(()) => self.tell(wanting),
            Err(error) => {
                tracing::warn!(item = %wanting.id, error = %chain(&error), "a picture is lost");
            }
        }
    }

    fn tell(&self, wanting: &Wanting) {
        self.core.scans.tell_picture(wanting.id);
        let mut told = locked(&self.told);
        if told.is_none_or(|at| at.elapsed_ms() >= PICTURES_TELL_MS) {
            *told = Some(Moment::now());
            self.core.scans.tell_changed(wanting.library);
        }
    }

    /// What became of it; `None` when it stays wanted.
    fn make_or_say(&self, wanting: &Wanting) -> Result<Option<Became>, StoreError> {
        let found = self.store.library.read(|tx| {
            let Some(material) = pictures::material(tx, wanting.n)? else { return Ok(None) };
            let sources = source::sources(tx, wanting, &material)?;
            Ok::<_, StoreError>(Some((material, sources)))
        })?;
        let Some((material, sources)) = found else { return Ok(Some(Became::None)) };
        for source in sources {
            if source.is_media(&material) && material.deaths >= WORKER_DEATHS_MAX {
                continue;
            }
            match self.try_source(wanting, &material, &source)? {
                Ok(()) => {
                    let version = wanting.version.wrapping_add(1);
                    return Ok(Some(Became::Made { version }));
                }
                Err(Failed::Useless | Failed::Killed) => {}
                Err(Failed::NotNow) => return Ok(None),
            }
        }
        Ok(Some(Became::None))
    }

    /// Tries one source; one that kills its worker gets the tries that it has left.
    fn try_source(
        &self,
        wanting: &Wanting,
        material: &Material,
        source: &Source,
    ) -> Result<Result<(), Failed>, StoreError> {
        let mut deaths = if source.is_media(material) { material.deaths } else { 0 };
        loop {
            match self.of_source(wanting, material, source) {
                Err(Failed::Killed) => {}
                other => return Ok(other),
            }
            deaths += 1;
            if source.is_media(material) {
                let file_n = material.file_n;
                deaths = self.store.library.write(|tx| pictures::killed_worker(tx, file_n))?;
            }
            tracing::warn!(item = %wanting.id, deaths, "a file killed the worker that read it");
            if deaths >= WORKER_DEATHS_MAX {
                return Ok(Err(Failed::Killed));
            }
        }
    }

    fn of_source(
        &self,
        wanting: &Wanting,
        material: &Material,
        source: &Source,
    ) -> Result<(), Failed> {
        let file = open_media(&material.root, source.path()).map_err(|error| is_gone(&error))?;
        let thumbs = self.core.paths().thumbs_dir();
        let pending = Pending::begin(&thumbs, wanting.id).map_err(|error| not_now(&error))?;
        match source {
            Source::Picture(_) => self.write(&Job::Picture, &file, &pending)?,
            Source::Cover(_, span) => self.write(&Job::Cover { span: *span }, &file, &pending)?,
            Source::Frame { demuxer, at_ms, .. } => {
                let frame = self.frame(&file, demuxer, *at_ms)?;
                self.write(&Job::Picture, &frame, &pending)?;
            }
        }
        pending.keep().map_err(|error| not_now(&error))
    }

    fn write(&self, job: &Job, input: &File, pending: &Pending) -> Result<(), Failed> {
        let descriptors = [input.as_fd(), pending.small().as_fd(), pending.large().as_fd()];
        let limit_ms = PICTURE_SECONDS * 1000;
        match self.launcher.run(job, &descriptors, limit_ms, &self.cancel) {
            Ok(Ended::Replied(Reply::Made { .. })) => Ok(()),
            Ok(
                Ended::Replied(Reply::Nothing | Reply::Refused { .. }) | Ended::ProgramSucceeded,
            ) => Err(Failed::Useless),
            Err(failure) => Err(failed(&failure)),
        }
    }

    /// A frame from inside the film; of a film that is shorter than it says, the first.
    fn frame(&self, file: &File, demuxer: &str, at_ms: u64) -> Result<File, Failed> {
        let program = self.ffmpeg.clone().ok_or(Failed::Useless)?;
        for at_ms in [at_ms, 0] {
            let frame = memory_file().map(File::from).map_err(|error| not_now(&error))?;
            let job = Job::Frame { program: program.clone(), demuxer: demuxer.to_owned(), at_ms };
            let descriptors = [file.as_fd(), frame.as_fd()];
            let limit_ms = FRAME_SECONDS * 1000;
            match self.launcher.run(&job, &descriptors, limit_ms, &self.cancel) {
                Ok(_) if frame.metadata().is_ok_and(|meta| meta.len() > 0) => {
                    // ffmpeg left the shared position at the end, where the next worker reads.
                    (&frame).rewind().map_err(|error| not_now(&error))?;
                    return Ok(frame);
                }
                Ok(_) => {}
                Err(failure @ JobFailure::ProgramFailed { .. }) => drop(failed(&failure)),
                Err(failure) => return Err(failed(&failure)),
            }
        }
        Err(Failed::Useless)
    }
}

fn note(wish: Wish, first: &mut VecDeque<ItemId>, behind: &mut i64) {
    *behind = 0;
    match wish {
        Wish::Look => {}
        Wish::First(item) => first.push_back(item),
    }
}

fn failed(failure: &JobFailure) -> Failed {
    tracing::debug!(%failure, ?failure, "a worker's job failed");
    match failure {
        JobFailure::Died { .. } | JobFailure::TooLong { .. } => Failed::Killed,
        JobFailure::ProgramFailed { .. } => Failed::Useless,
        JobFailure::Cancelled | JobFailure::Machine(_) => Failed::NotNow,
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
