//! Playback: from an item to bytes, by links that carry their own permission.
//!
//! A link names an item and the session that asked for it, and is signed for this start of the
//! server. It is judged at every request like a cookie: a session that ends takes its links along.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use stead_rules::ids::{ItemId, UserId};
use stead_rules::playback::{
    BadLink, Client, Heard, LOCAL_SESSION, Media, Plan, StreamLink, admit, plan, resume,
};
use stead_rules::policy::{Action, Closed, Permit};
use stead_rules::time::{Now, WallMs};
use stead_store::StoreError;
use stead_store::accounts::user_data::{self, Progress};
use stead_store::library::detail::{PlayableFile, playable as find_playable};

use super::core::{Core, CoreError, permitted};
use super::folders::is_allowed;
use super::policy::log;
use crate::host::beneath;

/// Something could not be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// There is no such item, or this user does not see it.
    #[error("there is no such item")]
    NotFound,
    /// The disk or the file is not there now.
    #[error("the file is not there")]
    Gone(#[source] std::io::Error),
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] std::io::Error),
    /// A second factor is required for the library that it lies in.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<StoreError> for PlayError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// What a player is given.
#[derive(Debug)]
pub struct Play {
    /// The text of the link.
    pub link: String,
    /// The file's name, for the address.
    pub name: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Whether a browser plays it.
    pub plan: Plan,
    /// Where to go on.
    pub position_ms: u64,
    /// How long it plays.
    pub duration_ms: Option<u64>,
}

/// Gives a link to what plays for `item`. Blocks.
///
/// # Errors
/// [`PlayError`].
pub fn play(core: &Core, permit: &Permit, now: Now, item: ItemId) -> Result<Play, PlayError> {
    permitted(permit, Action::Play)?;
    let user = permit.viewer().ok_or(PlayError::NotFound)?;
    let session = permit.session().unwrap_or(LOCAL_SESSION);
    let file = playable(core, user, item)?;
    log::opens(core, permit, file.library)?;
    let known = core.store()?.accounts.read(|tx| user_data::progress(tx, user, file.watched_as))?;
    let media = Media {
        container: &file.container,
        video: file.video.as_deref(),
        audio: file.audio.as_deref(),
    };
    Ok(Play {
        link: write_link(core, &StreamLink::new(session, item, now)),
        name: name(&file.path),
        media_type: media_type(&file),
        plan: plan(Client::Browser, &media),
        position_ms: known.map_or(0, |progress| progress.position_ms),
        duration_ms: file.duration_ms,
    })
}

fn playable(core: &Core, user: UserId, item: ItemId) -> Result<PlayableFile, PlayError> {
    let library = &core.store()?.library;
    library.read(|tx| find_playable(tx, user, item))?.ok_or(PlayError::NotFound)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Keeps where somebody is in `item`. Blocks.
///
/// # Errors
/// [`PlayError`].
pub fn progress(
    core: &Core,
    permit: &Permit,
    now: Now,
    item: ItemId,
    heard: Heard,
    duration_ms: Option<u64>,
) -> Result<(), PlayError> {
    permitted(permit, Action::ReportProgress)?;
    let user = permit.user().and(permit.viewer()).ok_or(PlayError::NotFound)?;
    let file = playable(core, user, item)?;
    log::opens(core, permit, file.library)?;
    let duration_ms = file.duration_ms.or(duration_ms);
    core.store()?.accounts.write(|tx| {
        let known = user_data::progress(tx, user, file.watched_as)?;
        let kept = resume(heard, duration_ms, known.is_some_and(|progress| progress.watched));
        let progress =
            Progress { position_ms: kept.position_ms, duration_ms, watched: kept.watched };
        user_data::put_progress(tx, user, file.watched_as, &progress, now.wall)?;
        if file.content != file.watched_as {
            // The version that played may be the only one some day.
            user_data::put_progress(tx, user, file.content, &progress, now.wall)?;
        }
        Ok::<_, StoreError>(())
    })?;
    match heard {
        // A player that has it all already asks for no more of it.
        Heard::Plays(_) => core.pumps.played(now),
        Heard::At(_) | Heard::Ended => {}
    }
    Ok(())
}

/// A file that is open and about to be sent.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: File,
    /// Its length now.
    pub size: u64,
    /// Its last change.
    pub modified: WallMs,
    /// The same in nanoseconds, for its entity tag.
    pub modified_ns: i64,
    /// Its media type.
    pub media_type: &'static str,
    /// The block device it lies on.
    pub device: u64,
    /// What it belongs to.
    pub item: ItemId,
}

/// Opens what plays for `item`. Nothing on the way may lead out of the library's folder.
///
/// # Errors
/// [`PlayError`].
pub async fn open(core: &Arc<Core>, permit: &Permit, item: ItemId) -> Result<Opened, PlayError> {
    permitted(permit, Action::Play)?;
    let user = permit.viewer().ok_or(PlayError::NotFound)?;
    let playable = core.blocking(move |core| playable(core, user, item)).await?;
    log::opens(core, permit, playable.library)?;
    let (root, bounds) = (playable.root.clone(), Arc::clone(core));
    let opened = move || {
        if !is_allowed(&bounds.config, &playable.root) {
            return Err(PlayError::Gone(std::io::ErrorKind::NotFound.into()));
        }
        open_now(&playable)
    };
    core.disks.ask(&root, opened).await.unwrap_or_else(|late| {
        tracing::warn!(root = %root.display(), "a disk does not answer");
        Err(PlayError::Gone(std::io::Error::new(std::io::ErrorKind::TimedOut, late)))
    })
}

fn open_now(playable: &PlayableFile) -> Result<Opened, PlayError> {
    let file = open_beneath(&playable.root, &playable.path)?;
    let facts = file.metadata().map_err(PlayError::Unreadable)?;
    if !facts.is_file() {
        return Err(PlayError::NotFound);
    }
    let modified_ns =
        facts.mtime().saturating_mul(1_000_000_000).saturating_add(facts.mtime_nsec());
    Ok(Opened {
        size: facts.len(),
        modified: WallMs(facts.mtime().saturating_mul(1000)),
        modified_ns,
        media_type: media_type(playable),
        device: facts.dev(),
        item: playable.item,
        file,
    })
}

fn open_beneath(root: &Path, path: &Path) -> Result<File, PlayError> {
    let folder = File::open(root).map_err(PlayError::Gone)?;
    beneath::open_beneath(&folder, path).map_err(|error| {
        let gone = error.kind() == std::io::ErrorKind::NotFound;
        if gone { PlayError::Gone(error) } else { PlayError::Unreadable(error) }
    })
}

fn media_type(file: &PlayableFile) -> &'static str {
    match (file.container.as_str(), file.video.is_some()) {
        ("mp4", true) => "video/mp4",
        ("mp4", false) => "audio/mp4",
        ("webm", true) => "video/webm",
        ("webm", false) => "audio/webm",
        ("mkv", _) => "video/x-matroska",
        ("ogg", true) => "video/ogg",
        ("ogg", false) => "audio/ogg",
        ("mp3", _) => "audio/mpeg",
        ("flac", _) => "audio/flac",
        ("wav", _) => "audio/wav",
        ("aac", _) => "audio/aac",
        ("jpeg", _) => "image/jpeg",
        ("png", _) => "image/png",
        ("webp", _) => "image/webp",
        ("ts", _) => "video/mp2t",
        ("avi", _) => "video/x-msvideo",
        (_, _) => "application/octet-stream",
    }
}

fn write_link(core: &Core, link: &StreamLink) -> String {
    let payload = link.encode();
    let mac = hmac::sign(&core.link_key, &signed(core, &payload));
    let (payload, mac) = (URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(mac));
    format!("{payload}.{mac}")
}

/// Reads a link's text: signed by this server since the machine started, and not over.
///
/// # Errors
/// [`BadLink`], whatever is wrong with it.
pub fn read_link(core: &Core, text: &str, now: Now) -> Result<StreamLink, BadLink> {
    let (payload, mac) = text.split_once('.').ok_or(BadLink)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| BadLink)?;
    let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| BadLink)?;
    hmac::verify(&core.link_key, &signed(core, &payload), &mac).map_err(|_| BadLink)?;
    admit(StreamLink::decode(&payload)?, now)
}

/// The machine's start belongs to what is signed: uptimes of another one mean nothing in this.
fn signed(core: &Core, payload: &[u8]) -> Vec<u8> {
    [b"stream".as_slice(), &core.run, payload].concat()
}
