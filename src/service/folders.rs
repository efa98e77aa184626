//! The folders that libraries may be made of: those below `media.roots` that do not belong to
//! Stead itself. Every look at them may meet a disk that hangs, so it goes through [`Disks`].
//!
//! [`Disks`]: super::disks::Disks

use std::ffi::OsStr;
use std::fs::{DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use stead_rules::limits::{FOLDERS_SHOWN_MAX, ROOT_LOOK_SECONDS};
use stead_rules::policy::{Action, Permit, Tend};

use super::core::{Core, CoreError, permitted};
use super::disks::NoAnswer;
use crate::config::{Config, LocalSecurity};

const ROOT_PATIENCE: Duration = Duration::from_secs(ROOT_LOOK_SECONDS);

/// A folder cannot be used, or not now.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder lies outside of those that may be used, or within the data folder.
    #[error("this folder may not be used")]
    NotAllowed,
    /// There is no such folder, or its disk does not answer.
    #[error("there is no such folder")]
    Missing,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<NoAnswer> for FolderError {
    fn from(_: NoAnswer) -> Self {
        Self::Missing
    }
}

/// A folder that a library may be made of. Only [`choose`] makes one.
#[derive(Debug)]
pub struct MediaFolder {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl MediaFolder {
    /// Where it is, every link followed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it was when it was chosen: device and inode.
    #[must_use]
    pub fn marker(&self) -> String {
        format!("{}:{}", self.device, self.inode)
    }
}

/// The folder at `path`, if a library may be made of it.
///
/// # Errors
/// [`FolderError`].
pub async fn choose(
    core: &Arc<Core>,
    permit: &Permit,
    path: &Path,
) -> Result<MediaFolder, FolderError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    let bounds = Bounds::now(core).await?;
    bounds
        .look(core, path, |_, real, facts| {
            Ok(MediaFolder { path: real, device: facts.dev(), inode: facts.ino() })
        })
        .await
}

/// Whether the configuration lets media be read there now. A library may be older than the
/// configuration, or come from a backup of another box. May meet a disk that hangs; blocks.
#[must_use]
pub(crate) fn is_allowed(config: &Config, folder: &Path) -> bool {
    let local: &[PathBuf] = match &config.claim.local_security {
        LocalSecurity::Off { roots, .. } => roots,
        LocalSecurity::On | LocalSecurity::Unconfirmed => &[],
    };
    let is_in = |root: &PathBuf| {
        folder.starts_with(root) || root.canonicalize().is_ok_and(|real| folder.starts_with(real))
    };
    config.media.roots.iter().chain(local).any(is_in)
}

/// A folder as the picker shows it.
#[derive(Debug)]
pub struct FolderView {
    /// Which; none above the allowed ones.
    pub path: Option<PathBuf>,
    /// What is around it, as far as that may be shown.
    pub parent: Option<PathBuf>,
    /// What is in it.
    pub folders: Vec<PathBuf>,
    /// Where looking begins.
    pub roots: Vec<PathBuf>,
}

/// Looks into a folder; without one, at those that are allowed.
///
/// # Errors
/// [`FolderError`].
pub async fn view(
    core: &Arc<Core>,
    permit: &Permit,
    path: Option<&Path>,
) -> Result<FolderView, FolderError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    let bounds = Bounds::now(core).await?;
    let roots = bounds.roots.clone();
    let Some(path) = path else {
        return Ok(FolderView { path: None, parent: None, folders: roots.clone(), roots });
    };
    bounds
        .look(core, path, move |bounds, real, _| {
            let folders = bounds.folders_in(&real)?;
            let parent = real.parent().filter(|parent| bounds.is_in_a_root(parent));
            Ok(FolderView {
                parent: parent.map(Path::to_path_buf),
                path: Some(real),
                folders,
                roots,
            })
        })
        .await
}

/// What may be used now.
#[derive(Debug, Clone)]
struct Bounds {
    /// As the config names them.
    named: Vec<PathBuf>,
    /// Where they really are.
    roots: Vec<PathBuf>,
    /// Stead's own folder.
    own: PathBuf,
}

impl Bounds {
    async fn now(core: &Arc<Core>) -> Result<Self, CoreError> {
        let named = core.config.media.roots.clone();
        let mut roots = join_all(named.iter().map(|root| really(core, root))).await;
        let own = core.blocking(|core| {
            let own = &core.paths().data_dir;
            Ok::<_, CoreError>(own.canonicalize().unwrap_or_else(|_| own.clone()))
        });
        let own = own.await?;
        roots.retain(|root| !root.starts_with(&own));
        Ok(Self { named, roots, own })
    }

    fn is_in_a_root(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root))
    }

    /// A folder around Stead's own may be used: the indexer leaves that out.
    fn allow(&self, real: &Path) -> bool {
        self.is_in_a_root(real) && !real.starts_with(&self.own)
    }

    /// What `look` makes of the folder at `path`, every link followed.
    async fn look<T: Send + 'static>(
        &self,
        core: &Arc<Core>,
        path: &Path,
        look: impl FnOnce(&Self, PathBuf, &Metadata) -> Result<T, FolderError> + Send + 'static,
    ) -> Result<T, FolderError> {
        // What lies outside is not even said to be missing, and no disk is asked for it.
        let disk = self.disk(path).ok_or(FolderError::NotAllowed)?;
        let (bounds, path) = (self.clone(), path.to_path_buf());
        let looked = core.disks.ask(&disk, move || {
            let real = path.canonicalize().map_err(|_| FolderError::Missing)?;
            if !bounds.allow(&real) {
                return Err(FolderError::NotAllowed);
            }
            let facts = std::fs::metadata(&real).map_err(|_| FolderError::Missing)?;
            if facts.is_dir() { look(&bounds, real, &facts) } else { Err(FolderError::Missing) }
        });
        looked.await?
    }

    /// What is asked as one disk: a folder directly in a root, since disks are often mounted
    /// there, or the root itself.
    fn disk(&self, path: &Path) -> Option<PathBuf> {
        let mut roots = self.roots.iter().chain(&self.named);
        let (root, rest) = roots.find_map(|root| Some((root, path.strip_prefix(root).ok()?)))?;
        let first = stays_within(rest)?;
        Some(first.map_or_else(|| root.clone(), |first| root.join(first)))
    }

    fn folders_in(&self, folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
        let entries = std::fs::read_dir(folder).map_err(|_| FolderError::Missing)?;
        let mut folders: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
            .filter(|entry| self.shows(entry))
            .map(|entry| entry.path())
            .take(FOLDERS_SHOWN_MAX)
            .collect();
        folders.sort();
        Ok(folders)
    }

    /// Whether an entry is a folder that may be used. What the listing itself says of it is enough
    /// where it is no link: a look would ask a disk that is mounted there, and that may hang.
    fn shows(&self, entry: &DirEntry) -> bool {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_symlink() => {
                path.canonicalize().is_ok_and(|real| self.allow(&real) && real.is_dir())
            }
            Ok(kind) => kind.is_dir() && self.allow(&path),
            Err(_) => false,
        }
    }
}

/// The first part of a path that does not lead out of where it begins; without one, none.
fn stays_within(path: &Path) -> Option<Option<&OsStr>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.first().copied())
}

/// Where a folder of the config really is; while its disk does not answer, where it last was.
async fn really(core: &Arc<Core>, root: &Path) -> PathBuf {
    let path = root.to_path_buf();
    let asked = core.disks.ask_within(ROOT_PATIENCE, root, move || path.canonicalize().ok()).await;
    match asked {
        Ok(real) => core.disks.remember(root, real),
        Err(NoAnswer) => core.disks.last_known(root),
    }
}
