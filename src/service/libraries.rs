//! Libraries: made, scanned, removed; and the folders they may be made of.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use stead_rules::ids::{LibraryId, RootId};
use stead_rules::limits::{FOLDERS_SHOWN_MAX, PROBLEMS_SHOWN_MAX};
use stead_rules::media::LibraryKind;
use stead_rules::policy::Permit;
use stead_rules::signin::{BadName, Name};
use stead_rules::time::Now;
use stead_store::StoreError;
use stead_store::accounts::audit;
use stead_store::accounts::libraries::{self as rows, LibraryRow, RootRow};
use stead_store::library::problems::{self, ProblemRow};
use stead_store::library::totals::{self, Totals};

use super::core::{Core, CoreError};
use super::scans::{NoMoreOrders, Order, ScanProgress};
use crate::host::entropy::fresh;

/// Something about a library was refused.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// There is no such library, or this user does not see it.
    #[error("there is no such library")]
    NotFound,
    /// The name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// The folder lies outside of those that may be used.
    #[error("this folder may not be used")]
    NotAllowed,
    /// There is no such folder.
    #[error("there is no such folder")]
    Missing,
    /// A library has this folder, or one within it or around it.
    #[error("a library has this folder already")]
    InUse,
    /// The indexer has too much to do.
    #[error(transparent)]
    Indexer(#[from] NoMoreOrders),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<StoreError> for LibraryError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Exists(_)) { Self::InUse } else { Self::Core(error.into()) }
    }
}

/// A library with how it stands.
#[derive(Debug)]
pub struct LibraryView {
    /// The library.
    pub row: LibraryRow,
    /// What it holds.
    pub totals: Totals,
    /// How far its scan is.
    pub scan: ScanProgress,
}

/// The libraries that the user sees. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn list(core: &Core, permit: &Permit) -> Result<Vec<LibraryView>, LibraryError> {
    let user = permit.user().ok_or(LibraryError::NotFound)?;
    let store = core.store()?;
    let seen = store.accounts.read(|tx| rows::visible(tx, user))?;
    store.library.read(|tx| {
        seen.into_iter()
            .map(|row| {
                let totals = totals::of_library(tx, row.id)?;
                Ok(LibraryView { scan: core.scans.progress(row.id), totals, row })
            })
            .collect()
    })
}

/// Makes a library of a folder and begins to scan it. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn add(
    core: &Core,
    permit: &Permit,
    now: Now,
    name: &str,
    kind: LibraryKind,
    path: &Path,
) -> Result<LibraryView, LibraryError> {
    let name = Name::parse(name)?;
    let path = allowed(core, path)?;
    let facts = std::fs::metadata(&path).map_err(|_| LibraryError::Missing)?;
    let entropy = core.entropy.as_ref();
    let row = LibraryRow {
        id: fresh(entropy, LibraryId::from_bytes),
        name: name.as_str().to_owned(),
        kind,
    };
    let root = RootRow {
        id: fresh(entropy, RootId::from_bytes),
        library: row.id,
        path,
        marker: Some(format!("{}:{}", facts.dev(), facts.ino())),
    };
    let detail = serde_json::json!({
        "library": row.id.to_string(),
        "by": permit.user().map(|user| user.to_string()),
    });
    core.store()?.accounts.write(|tx| {
        if rows::all_roots(tx)?.iter().any(|other| overlap(&other.path, &root.path)) {
            return Err(LibraryError::InUse);
        }
        rows::add(tx, &row, &root, now.wall)?;
        Ok(audit::append(tx, now, "library.added", &detail.to_string())?)
    })?;
    core.scans.order_or_later(Order::Scan { library: row.id, gone_is_meant: false });
    let totals = Totals { items: 0, problems: 0 };
    Ok(LibraryView { scan: core.scans.progress(row.id), totals, row })
}

fn overlap(left: &Path, right: &Path) -> bool {
    left.starts_with(right) || right.starts_with(left)
}

/// The folder with every link followed, if it lies in one that the system side allows.
fn allowed(core: &Core, path: &Path) -> Result<PathBuf, LibraryError> {
    let inside = |path: &Path| roots(core).any(|root| path.starts_with(root));
    let real = match path.canonicalize() {
        Ok(real) => real,
        // What lies outside is not even said to be missing.
        Err(_) if inside(path) => return Err(LibraryError::Missing),
        Err(_) => return Err(LibraryError::NotAllowed),
    };
    if !inside(&real) {
        return Err(LibraryError::NotAllowed);
    }
    if real.is_dir() { Ok(real) } else { Err(LibraryError::Missing) }
}

fn roots(core: &Core) -> impl Iterator<Item = PathBuf> + '_ {
    core.config.media.roots.iter().map(|root| root.canonicalize().unwrap_or_else(|_| root.clone()))
}

/// Asks for a scan. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn scan(
    core: &Core,
    permit: &Permit,
    library: LibraryId,
    gone_is_meant: bool,
) -> Result<(), LibraryError> {
    seen(core, permit, library)?;
    Ok(core.scans.order(Order::Scan { library, gone_is_meant })?)
}

fn seen(core: &Core, permit: &Permit, library: LibraryId) -> Result<LibraryRow, LibraryError> {
    let user = permit.user().ok_or(LibraryError::NotFound)?;
    core.store()?
        .accounts
        .read(|tx| rows::visible_one(tx, user, library))?
        .ok_or(LibraryError::NotFound)
}

/// Whether the one who asks sees a library. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn is_seen(core: &Core, permit: &Permit, library: LibraryId) -> Result<bool, LibraryError> {
    match seen(core, permit, library) {
        Ok(_) => Ok(true),
        Err(LibraryError::NotFound) => Ok(false),
        Err(other) => Err(other),
    }
}

/// Removes a library. Its files stay where they are, and so does what people watched. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    library: LibraryId,
) -> Result<(), LibraryError> {
    seen(core, permit, library)?;
    let detail = serde_json::json!({
        "library": library.to_string(),
        "by": permit.user().map(|user| user.to_string()),
    });
    core.store()?.accounts.write(|tx| {
        rows::remove(tx, library)?;
        audit::append(tx, now, "library.removed", &detail.to_string())
    })?;
    core.scans.forget(library);
    core.scans.order_or_later(Order::Forget(library));
    Ok(())
}

/// Files of a library that cannot be used. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn problems(
    core: &Core,
    permit: &Permit,
    library: LibraryId,
) -> Result<Vec<ProblemRow>, LibraryError> {
    let user = permit.user().ok_or(LibraryError::NotFound)?;
    seen(core, permit, library)?;
    let limit = PROBLEMS_SHOWN_MAX;
    Ok(core.store()?.library.read(|tx| problems::of_library(tx, user, library, limit))?)
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

/// Looks into a folder; without one, at those that are allowed. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn folders(
    core: &Core,
    _permit: &Permit,
    path: Option<&Path>,
) -> Result<FolderView, LibraryError> {
    let roots: Vec<_> = roots(core).collect();
    let Some(path) = path else {
        return Ok(FolderView { path: None, parent: None, folders: roots.clone(), roots });
    };
    let path = allowed(core, path)?;
    let entries = std::fs::read_dir(&path).map_err(|_| LibraryError::Missing)?;
    let mut folders: Vec<_> = entries
        .filter_map(Result::ok)
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .take(FOLDERS_SHOWN_MAX)
        .collect();
    folders.sort();
    let parent = path.parent().filter(|parent| roots.iter().any(|root| parent.starts_with(root)));
    Ok(FolderView { parent: parent.map(Path::to_path_buf), path: Some(path), folders, roots })
}
