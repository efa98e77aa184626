//! The owner's own code: taken from `stead.txt`, kept as a hash, and never left in the file.
//!
//! ```text
//! code = …     hash kept (fsync) ─▶ file blanked         a cut in between: the same once more
//! recover = …  file blanked ─▶ looked at ─▶ recovery     a cut in between: to be asked again
//! reset, wifi                                            see `wishes.rs`
//! ```
//!
//! What stands beside a reset is for the server that it makes, and stays for its first start.
//!
//! A wish to recover is blanked before it is fulfilled, or a card that cannot be written would ask
//! for another owner at each start. The hash lies outside of the database, which may be what is
//! lost. The file is replaced by renaming; FAT has no journal, so after a cut in that moment either
//! file may be there, each of them whole.
//!
//! A stick may hang. Nothing is asked of one while the claim is held, and a start waits a while only.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use stead_rules::claim::{
    BootFile, BootText, LockReason, Peer, RecoveryWay, Reject, Reset, State, Wait, check_own_code,
};
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;
use stead_rules::time::Now;

use super::boot_file::{self, Unread};
use super::desk::ClaimDesk;
use super::{ClaimError, recovery, wishes};
use crate::host::entropy::bytes;
use crate::host::files::{FileError, PRIVATE, write_atomically};
use crate::service::chain;
use crate::service::core::Core;
use crate::service::passwords::Hasher;

/// What is told of a wish that must not come true at each start; it is read in the log at best.
const READ_ONLY: &str = "this card or stick cannot be written, so nothing was done.";

/// What is told where letters were taken for those of Windows-1252: a code that was read otherwise than
/// it was meant can be typed by nobody.
const GUESSED: &str = "letters beyond a to z were read as Windows in the west of Europe has them. If \
                       they are others, write your lines once more and save this file as UTF-8.";

/// The name of the file on a stick.
const FILE: &str = "stead.txt";

/// How long a start waits for the sticks: a slow one wakes up in that time, and whoever stands
/// before a box that hangs waits no longer for its pages.
pub(super) const START_WAIT: Duration = Duration::from_secs(5);

/// Which file was looked at: where, inode, length, and when it was changed.
pub(crate) type Looked = (PathBuf, u64, u64, i64, i64);

/// The hash that is kept, if one is.
pub(super) fn stored(core: &Core) -> Option<String> {
    let text = std::fs::read_to_string(core.paths().own_code()).ok()?;
    Some(text.trim_end().to_owned())
}

/// The hash to judge a guess by, unless this place has to wait.
pub(super) fn to_judge(
    core: &Core,
    desk: &ClaimDesk,
    from: Peer,
    now: Now,
) -> Result<Option<String>, ClaimError> {
    match desk.own_throttle.check_place(from.address, now.boot) {
        Wait::Seconds(seconds) => Err(ClaimError::SlowDown { seconds }),
        Wait::Go => Ok(stored(core)),
    }
}

/// A guess was judged: a place that missed waits before the next one.
pub(super) fn judged(desk: &mut ClaimDesk, from: Peer, now: Now, right: bool) {
    if right {
        desk.own_throttle.forget(from.address);
    } else {
        desk.own_throttle.missed(from.address, now.boot);
    }
}

/// The code as a password is hashed: in the form in which every keyboard sends the same.
pub(super) fn as_password(code: &SecretText) -> Password {
    Password::typed(code)
}

/// A `stead.txt` that is not the one that was looked at last.
struct News {
    path: PathBuf,
    /// As it was before it was read.
    looked: Looked,
    read: Result<BootText, Unread>,
}

impl News {
    /// What is no news at the next look: what this one has written, and else what it has read.
    /// Somebody may have gone on writing since.
    fn known_now(&self, has_written: bool) -> Option<Looked> {
        if has_written { looked_at(&self.path) } else { Some(self.looked.clone()) }
    }
}

/// Looks at every `stead.txt` that is there, and does what a new one asks for. Blocks for as long
/// as a stick does, and holds the claim never meanwhile.
pub(crate) fn look(core: &Core, now: Now) {
    let known = core.desk().boot_files.clone();
    for found in news(&files(core), &known) {
        read(core, now, &found);
    }
}

/// The same when the server starts, for which a stick that hangs is looked at later.
pub(super) fn look_at_start(core: &Core, now: Now) {
    let files = files(core);
    if files.is_empty() {
        return;
    }
    let (tell, told) = mpsc::channel();
    let looking = move || drop(tell.send(news(&files, &[])));
    let spawned = std::thread::Builder::new().name("stead.txt".to_owned()).spawn(looking);
    match (spawned, told.recv_timeout(START_WAIT)) {
        (Ok(_), Ok(found)) => found.iter().for_each(|found| read(core, now, found)),
        (Ok(_) | Err(_), _) => {
            tracing::warn!(
                "a stick or card does not answer; the start goes on without its \
                stead.txt, which is read as soon as it can be"
            );
        }
    }
}

/// Every place where one may lie. Where nothing is kept none is read: it would be blanked, and what it
/// asks for forgotten at the next start.
fn files(core: &Core) -> Vec<PathBuf> {
    if core.desk().state == State::Locked(LockReason::DataMissing) {
        return Vec::new();
    }
    let claim = &core.config.claim;
    let sticks = claim.sticks.iter().map(|folder| folder.join(FILE));
    claim.boot_file.clone().into_iter().chain(sticks).collect()
}

fn news(files: &[PathBuf], known: &[Looked]) -> Vec<News> {
    let new = |path: &PathBuf| looked_at(path).filter(|found| !known.contains(found));
    let news = |path: &PathBuf| {
        new(path).map(|looked| News { path: path.clone(), looked, read: boot_file::read(path) })
    };
    files.iter().filter_map(news).collect()
}

fn looked_at(path: &Path) -> Option<Looked> {
    let found = path.metadata().ok().filter(|found| found.is_file())?;
    Some((path.to_owned(), found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

fn read(core: &Core, now: Now, found: &News) {
    let path = &found.path;
    let has_written = match &found.read {
        Ok(text) => obey(core, now, path, text),
        Err(unread) => tell_unread(path, unread),
    };
    let known = found.known_now(has_written);
    let mut desk = core.desk();
    desk.boot_files.retain(|(known, ..)| known != path);
    desk.boot_files.extend(known);
}

/// Whether the file was written to.
fn tell_unread(path: &Path, unread: &Unread) -> bool {
    tracing::warn!(
        error = %chain(unread), file = %path.display(),
        "a stead.txt was not read, and secrets in it stay there"
    );
    let Unread::TooLarge = unread else { return false };
    let said = boot_file::say_too_large(path);
    if let Err(error) = &said {
        tracing::warn!(%error, "that could not be told in the file itself");
    }
    said.is_ok()
}

/// Does what stands in a file. Whether it was written anew.
fn obey(core: &Core, now: Now, path: &Path, read: &BootText) -> bool {
    let text = &read.text;
    let file = BootFile::parse(text);
    for name in &file.unknown {
        tracing::info!(name, "a line of stead.txt means nothing to this version");
    }
    let wrong = wishes::wrong_address(core, path, &file);
    if let Some(wrong) = &wrong {
        tracing::warn!(file = %path.display(), "{wrong}");
    }
    if file.is_idle() {
        return tell_of_address(path, text, wrong.as_deref());
    }
    // One that was cut off goes on first.
    if file.reset.is_none() && wishes::is_reset_asked(core) {
        return false;
    }
    let is_reset = matches!(file.reset, Some(Reset::Everything)) && wishes::note_reset(core);
    let write = if is_reset { boot_file::write_without_reset } else { boot_file::write };
    let can_be_written = !file.must_be_taken_out() || is_taken_out(path, text, write);
    if !can_be_written {
        wishes::forget_reset(core);
    }
    let told = if is_reset && can_be_written {
        vec![wishes::RESETS.to_owned()]
    } else {
        answers(core, now, &file, can_be_written)
    };
    let guessed = read.guessed.then_some(GUESSED);
    let told = told.iter().chain(&wrong).map(String::as_str);
    let sentences: Vec<&str> = told.chain(guessed).collect();
    let is_told = tell(path, text, &sentences, write);
    // Only now, when whoever reads the card finds what became of it.
    let is_done = wishes::reset_if_asked(core);
    let is_told_anew = !is_done && tell(path, text, &[wishes::NOT_NOTED], write);
    (can_be_written && file.must_be_taken_out()) || is_told || is_told_anew
}

/// How a file is written anew: where, what stood there, and what is told.
type Write = fn(&Path, &str, &[&str]) -> Result<(), FileError>;

/// What is done of what the file asks for, and told in it.
fn answers(core: &Core, now: Now, file: &BootFile, can_be_written: bool) -> Vec<String> {
    // Before the claim is held: the system may take its time.
    let joined = wishes::join(core, file);
    let reset = file.reset.map(|reset| match (reset, can_be_written) {
        (Reset::Everything, false) => READ_ONLY.to_owned(),
        (Reset::Everything, true) => wishes::NOT_NOTED.to_owned(),
        (Reset::Unclear, _) => wishes::UNCLEAR.to_owned(),
    });
    let mut desk = core.desk();
    let taken = file.code.as_ref().map(|code| take(core, &mut desk, code));
    let recovered = file.recover.as_ref().map(|code| {
        if can_be_written { recover(core, &mut desk, now, code) } else { READ_ONLY.to_owned() }
    });
    taken.into_iter().chain(recovered).chain(reset).chain(joined).collect()
}

/// Takes a wish to recover out of the file, before it is fulfilled.
fn is_taken_out(path: &Path, text: &str, write: Write) -> bool {
    let written = write(path, text, &["this is being looked at."]);
    if let Err(error) = &written {
        tracing::warn!(error = %chain(error), "a stead.txt asks for a new owner or a reset and \
            cannot be written; make the card or stick writable");
    }
    written.is_ok()
}

/// The lines of an address stay, so what is wrong with them is told once, and no longer than that.
/// Whether the file was written anew.
fn tell_of_address(path: &Path, text: &str, wrong: Option<&str>) -> bool {
    let Some(sentences) = wishes::told_of_address(text, wrong) else { return false };
    let written = boot_file::write(path, text, &sentences);
    if let Err(error) = &written {
        tracing::warn!(
            error = %chain(error), file = %path.display(),
            "what became of the address could not be told in stead.txt"
        );
    }
    written.is_ok()
}

/// Whether the file was written anew.
fn tell(path: &Path, text: &str, sentences: &[&str], write: Write) -> bool {
    let written = write(path, text, sentences);
    if let Err(error) = &written {
        tracing::warn!(
            error = %chain(error), file = %path.display(),
            "a code could not be taken out of stead.txt: whoever reads that card reads the code"
        );
    }
    written.is_ok()
}

/// Keeps a code for a server that waits for its owner.
fn take(core: &Core, desk: &mut ClaimDesk, code: &SecretText) -> String {
    match desk.state {
        State::Factory | State::Legacy | State::Offered | State::Recovery | State::Pending(_) => {}
        State::Claimed | State::Orphaned | State::Locked(_) => {
            return "this server had an owner already, so the code was not taken. To make a new \
                    owner, write: recover = (the code it was set up with)"
                .to_owned();
        }
    }
    let checked = check_own_code(code);
    desk.own_code_refused = checked.err();
    if let Err(bad) = checked {
        return format!("{bad}; it was not taken. Write another one.");
    }
    match keep(core, code) {
        Ok(()) => "the code is kept and was taken out of this file. Type it on the set-up page \
                   of the server."
            .to_owned(),
        Err(error) => {
            tracing::error!(error = %chain(&error), "an own code could not be kept");
            "the code could not be kept; the log of the server says why.".to_owned()
        }
    }
}

fn keep(core: &Core, code: &SecretText) -> Result<(), ClaimError> {
    let salt = bytes(core.entropy.as_ref());
    let hash = Hasher::hash_here(&as_password(code), salt)?;
    let write = || write_atomically(&core.paths().own_code(), hash.as_bytes(), PRIVATE);
    core.room.with_room(write).map_err(ClaimError::Wish)
}

/// Opens the way to a new owner for who knows the code that the server was set up with.
fn recover(core: &Core, desk: &mut ClaimDesk, now: Now, code: &SecretText) -> String {
    let right = stored(core).is_some_and(|hash| Hasher::verify_here(&as_password(code), &hash));
    if !right {
        tracing::warn!("a stead.txt asks for a new owner with a code that is not this server's");
        return "this is not the code that the server was set up with. Without it the plug \
                pattern helps: see the page of the server."
            .to_owned();
    }
    match recovery::open(core, desk, now, RecoveryWay::OwnCode) {
        Ok(()) => {
            "the server waits for its new owner now. Open its page and type the code.".to_owned()
        }
        Err(ClaimError::Refused(Reject::NotNow)) => {
            "the server never had an owner; open its page and type the code.".to_owned()
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), "a recovery could not be opened");
            "the server could not be opened; its log says why.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An editor empties a file before it writes, and a look may fall in between.
    #[test]
    fn what_is_written_while_a_file_is_read_is_read_at_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let files = vec![folder.path().join(FILE)];
        std::fs::write(&files[0], "").unwrap();
        let found = news(&files, &[]).pop().unwrap();
        std::fs::write(&files[0], "code = seven brown teapots").unwrap();
        let text = |known| news(&files, &[known]).pop().map(|news| news.read.unwrap().text);
        let left = text(found.known_now(false).unwrap()).unwrap();
        assert_eq!(left.as_str(), "code = seven brown teapots");
        assert!(
            text(found.known_now(true).unwrap()).is_none(),
            "what Stead has written is no news"
        );
    }
}
