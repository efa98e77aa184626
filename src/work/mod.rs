//! Work in the background: indexing, pictures, child processes.
//!
//! Nothing here knows HTTP. Whatever decodes pictures or video does so in a worker process that
//! is started for one job, is shut in before it sees a foreign byte, and is killed without regret.

pub mod attendant;
mod caught;
mod indexer;
pub mod launcher;
mod memory;
pub mod pace;
mod pictures;
pub mod probe;
pub mod worker;

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use stead_rules::limits::{FRAME_MEMORY_BYTES, PICTURE_MEMORY_BYTES, WORKERS_MAX};

use crate::host::beneath::open_beneath;
use crate::host::shutdown::Shutdown;
use crate::service::core::Core;
use crate::service::scans::Tray;
use indexer::{Indexer, Tools};
use launcher::{Cancel, Launcher, Workers};
use memory::Memory;
use pictures::{Bell, Means, Pictures};

/// Begins all background work. A server that is locked without a database has none.
///
/// # Errors
/// When a thread cannot be started.
pub fn begin(
    shutdown: &Shutdown,
    core: &Arc<Core>,
    tray: Tray,
    workers_of: Workers,
) -> io::Result<()> {
    let Some(store) = core.store.get().cloned() else { return Ok(()) };
    if matches!(workers_of, Workers::Unit(_)) && !memory_is_grouped(Path::new(CONTROLLERS)) {
        tracing::warn!(
            "this kernel does not limit the memory of all workers together; each keeps its own \
             limit, of {} MiB (start it with cgroup_enable=memory for both)",
            FRAME_MEMORY_BYTES.max(PICTURE_MEMORY_BYTES) >> 20
        );
    }
    let cancel = Cancel::default();
    let launcher = Launcher::start(workers_of, shutdown.post("launcher"))?;
    let media = &core.config.media;
    let tools = Tools {
        entropy: Arc::clone(&core.entropy),
        launcher: launcher.clone(),
        probe: probe::probe,
        ffprobe: find(&media.ffprobe),
        describing: Arc::new(Mutex::new(())),
        cancel: cancel.clone(),
    };
    let bell = Bell(Arc::clone(core));
    let indexer = Indexer {
        core: Arc::clone(core),
        store: Arc::clone(&store),
        tools,
        pictures: bell.clone(),
    };
    let pictures = Pictures::new(Means {
        core: Arc::clone(core),
        store,
        launcher,
        ffmpeg: find(&media.ffmpeg),
        cancel: cancel.clone(),
        runtime: tokio::runtime::Handle::current(),
        workers: workers(),
        memory: Memory::of_the_system(),
    });
    let (end, runtime) = (shutdown.token().clone(), tokio::runtime::Handle::current());
    let end_too = end.clone();
    let ended = end.clone();
    shutdown.spawn(async move {
        ended.cancelled().await;
        cancel.cancel();
    });
    shutdown.spawn_thread("indexer", move || indexer.run(tray.orders, &runtime, &end))?;
    shutdown.spawn_thread("pictures", move || pictures.run(tray.wishes, &end_too))?;
    bell.ring();
    Ok(())
}

/// What the kernel can limit for groups of processes, in words (cgroup v2). Raspberry Pi's starts
/// without `memory`, and systemd then leaves `MemoryHigh=` and `MemoryMax=` of a unit out silently.
const CONTROLLERS: &str = "/sys/fs/cgroup/cgroup.controllers";

/// Whether the memory of the unit of workers has the bounds that its file names.
fn memory_is_grouped(controllers: &Path) -> bool {
    std::fs::read_to_string(controllers)
        .is_ok_and(|words| words.split_whitespace().any(|word| word == "memory"))
}

/// How many workers at once, where there is memory for them: one processor stays for the server.
fn workers() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    processors.saturating_sub(1).clamp(1, WORKERS_MAX)
}

/// A program by its path, or by its name in the folders where programs lie. A worker starts with
/// an empty environment, so nobody else looks for it.
fn find(program: &Path) -> Option<PathBuf> {
    const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
    if program.is_absolute() {
        return program.is_file().then(|| program.to_path_buf());
    }
    FOLDERS.iter().map(|folder| Path::new(folder).join(program)).find(|path| path.is_file())
}

/// Opens a regular file below `root` without following any link or waiting for a pipe.
fn open_media(root: &Path, path: &Path) -> io::Result<File> {
    let file = open_beneath(File::open(root)?, path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    Ok(file)
}

/// The last change, in nanoseconds: of times that cannot be counted so, the nearest that can.
fn mtime_ns(meta: &Metadata) -> i64 {
    meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec())
}

fn os_str(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::memory_is_grouped;

    #[test]
    fn memory_is_limited_where_the_kernel_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cgroup.controllers");
        assert!(!memory_is_grouped(&file));
        std::fs::write(&file, "cpuset cpu io pids memory_other\n").unwrap();
        assert!(!memory_is_grouped(&file));
        std::fs::write(&file, "cpuset cpu io memory pids\n").unwrap();
        assert!(memory_is_grouped(&file));
    }
}
