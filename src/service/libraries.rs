//! Libraries: made, scanned, removed.

use std::path::Path;

use stead_rules::ids::{LibraryId, RootId};
use stead_rules::limits::PROBLEMS_SHOWN_MAX;
use stead_rules::media::LibraryKind;
use stead_rules::policy::{Action, Closed, Permit, Tend};
use stead_rules::signin::{BadName, Name};
use stead_rules::time::Now;
use stead_store::accounts::libraries::{self as rows, LibraryRow, RootRow};
use stead_store::accounts::requirements::{self, About, Required};
use stead_store::accounts::{audit, limits};
use stead_store::library::problems::{self, ProblemRow};
use stead_store::library::roots;
use stead_store::library::totals::{self, Totals};
use stead_store::{Failure, StoreError};

use super::core::{Core, CoreError, permitted};
use super::folders::{FolderError, MediaFolder};
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
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A library has this folder, or one within it or around it.
    #[error("a library has this folder already")]
    InUse,
    /// Something is required for it.
    #[error("something is required for this library: end that first")]
    IsRequired,
    /// The indexer has too much to do.
    #[error(transparent)]
    Indexer(#[from] NoMoreOrders),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for LibraryError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
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
    /// Why nothing more is told of it.
    pub closed: Option<Closed>,
    /// What it holds.
    pub totals: Totals,
    /// How far its scan is.
    pub scan: ScanProgress,
}

impl LibraryView {
    fn closed(row: LibraryRow, closed: Closed) -> Self {
        let (totals, scan) = Default::default();
        Self { row, closed: Some(closed), totals, scan }
    }
}

/// The libraries that the user sees, the closed ones by their names alone. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn list(core: &Core, permit: &Permit) -> Result<Vec<LibraryView>, LibraryError> {
    permitted(permit, Action::Browse)?;
    let user = permit.viewer().ok_or(LibraryError::NotFound)?;
    let store = core.store()?;
    let (seen, is_limited) = store.accounts.read(|tx| {
        Ok::<_, StoreError>((rows::visible(tx, user)?, limits::is_limited(tx, user)?))
    })?;
    store.library.read(|tx| {
        seen.into_iter()
            .map(|row| {
                if let Err(closed) = permit.opens(row.id) {
                    return Ok(LibraryView::closed(row, closed));
                }
                let totals = totals::seen_in_library(tx, user, row.id)?;
                // The desk forgets with a restart what the owner was asked, and the store does not.
                let vanished = roots::asking(tx, row.id)?;
                let scan = ScanProgress { vanished, ..core.scans.progress(row.id) };
                let scan = if is_limited { bare(&scan) } else { scan };
                Ok(LibraryView { closed: None, scan, totals, row })
            })
            .collect()
    })
}

/// What whoever has an age limit is told of a scan: its counts and folders are of hidden titles, too.
fn bare(scan: &ScanProgress) -> ScanProgress {
    ScanProgress { state: scan.state, ..ScanProgress::default() }
}

/// How far a scan is, for whoever asks. Blocks.
///
/// # Errors
/// [`LibraryError`].
pub fn scan_as_seen(
    core: &Core,
    permit: &Permit,
    scan: ScanProgress,
) -> Result<ScanProgress, LibraryError> {
    permitted(permit, Action::Browse)?;
    let Some(viewer) = permit.viewer() else { return Ok(scan) };
    let is_limited = core.store()?.accounts.read(|tx| limits::is_limited(tx, viewer))?;
    Ok(if is_limited { bare(&scan) } else { scan })
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
    folder: &MediaFolder,
) -> Result<LibraryView, LibraryError> {
    permitted(permit, Action::Tend(Tend::Libraries))?;
    let name = Name::parse(name)?;
    let entropy = core.entropy.as_ref();
    let row = LibraryRow {
        id: fresh(entropy, LibraryId::from_bytes),
        name: name.as_str().to_owned(),
        kind,
    };
    let root = RootRow {
        id: fresh(entropy, RootId::from_bytes),
        library: row.id,
        path: folder.path().to_path_buf(),
        marker: Some(folder.marker()),
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
    Ok(LibraryView { closed: None, scan: core.scans.progress(row.id), totals, row })
}

fn overlap(left: &Path, right: &Path) -> bool {
    left.starts_with(right) || right.starts_with(left)
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
    permitted(permit, Action::Tend(Tend::Scans))?;
    seen(core, permit, library)?;
    Ok(core.scans.order(Order::Scan { library, gone_is_meant })?)
}

pub(super) fn seen(
    core: &Core,
    permit: &Permit,
    library: LibraryId,
) -> Result<LibraryRow, LibraryError> {
    // By a household profile one sees what it sees; nobody else than a user asks here.
    let user = permit.user().and(permit.viewer()).ok_or(LibraryError::NotFound)?;
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
    permitted(permit, Action::Browse)?;
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
    permitted(permit, Action::Tend(Tend::Libraries))?;
    seen(core, permit, library)?;
    let detail = serde_json::json!({
        "library": library.to_string(),
        "by": permit.user().map(|user| user.to_string()),
    });
    core.store()?.accounts.write(|tx| {
        // With it would go what is required for it, and who tends libraries would be rid of that.
        let asked = requirements::all(tx)?;
        let of_it = About::Library(library);
        // What cannot be read is not known to be about another one.
        let keeps = |row: &Required| row.is_on && row.about == of_it;
        if asked.iter().any(|row| row.as_ref().map_or(true, keeps)) {
            return Err(LibraryError::IsRequired);
        }
        rows::remove(tx, library)?;
        Ok(audit::append(tx, now, "library.removed", &detail.to_string())?)
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
    permitted(permit, Action::Tend(Tend::Boards))?;
    let user = permit.user().ok_or(LibraryError::NotFound)?;
    seen(core, permit, library)?;
    let limit = PROBLEMS_SHOWN_MAX;
    Ok(core.store()?.library.read(|tx| problems::of_library(tx, user, library, limit))?)
}
