//! What `stead.txt` asks for beside codes: a host name, an address, a wireless network, and a reset.
//!
//! ```text
//! reset = everything   asked for (fsync) ─▶ file blanked (fsync) ─▶ wipe decided ─▶ the server ends
//!                      a cut in between: the next start goes on from what is asked for
//! ```
//!
//! A card that cannot be written resets nothing, or it would at each start.

use std::fmt::Display;
use std::path::Path;
use std::sync::mpsc;

use stead_rules::claim::{BootFile, told};
use stead_rules::ids::BoxId;
use stead_rules::secret::SecretText;
use stead_rules::system::{StaticAddress, country_file, host_name, network_file};

use super::own_code::START_WAIT;
use super::{boot_file, wipe};
use crate::config::{Config, Paths};
use crate::host::files::{PRIVATE, remove_durably, write_atomically};
use crate::host::helper::{Answer, Job, Passphrase, ask};
use crate::net::names::host_label;
use crate::service::chain;
use crate::service::core::Core;

/// How each sentence about an address begins that is not set.
const NO_ADDRESS: &str = "no address is set, so the router gives one: ";

/// What is told in the file of a reset: of one that is done,
pub(super) const RESETS: &str = "everything of this server is being removed but media. It waits for an owner \
                                 then, and does what else stands here.";

/// of one that cannot be,
pub(super) const NOT_NOTED: &str = "nothing was reset: the disk with the data of this server takes no writes. Start \
                                    it once more, and write the line again; or write the image to the disk anew.";

/// and of a word that may mean anything.
pub(super) const UNCLEAR: &str = "nothing was reset. To remove everything of this server but media, write: \
                                  reset = everything";

const ASKED: &str = "A stead.txt asks for a reset. The next start goes on with it.\n";

/// What the network calls this server: the name in the `stead.txt` of the medium that it starts from,
/// or the one that was there before, or its own.
#[must_use]
pub fn label(config: &Config, id: &BoxId) -> String {
    let paths = &config.paths;
    if let Some(written) = config.claim.boot_file.as_deref().and_then(written_host) {
        match host_name(&written) {
            Ok(name) => keep(paths, &name),
            Err(_) => tracing::warn!(
                "the host name in stead.txt is none: letters, digits and hyphens, 32 at most"
            ),
        }
    }
    let kept = std::fs::read_to_string(paths.host_name()).ok();
    kept.and_then(|kept| host_name(&kept).ok()).unwrap_or_else(|| host_label(id))
}

fn written_host(file: &Path) -> Option<String> {
    read_ahead(file)?.host
}

/// What stands in a file, before the server starts. A medium that hangs does not keep it from that.
fn read_ahead(file: &Path) -> Option<BootFile> {
    let file = file.to_owned();
    let (tell, told) = mpsc::channel();
    let looking = move || drop(tell.send(boot_file::read(&file).ok()));
    std::thread::Builder::new().name("stead.txt".to_owned()).spawn(looking).ok()?;
    let read = told.recv_timeout(START_WAIT).ok().flatten()?;
    Some(BootFile::parse(&read.text))
}

/// The address in the `stead.txt` of the medium that this box starts from.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn static_address(config: &Config) -> Result<Option<StaticAddress>, String> {
    let file = config.claim.boot_file.as_deref().and_then(read_ahead);
    file.unwrap_or_default().static_address().map_err(|bad| no_address(&bad))
}

fn no_address(why: impl Display) -> String {
    format!("{NO_ADDRESS}{why}.")
}

/// Says what is wrong with the address that stands in a file, if anything is. What is right was told to
/// the network before the server came up.
pub(super) fn wrong_address(core: &Core, path: &Path, file: &BootFile) -> Option<String> {
    match file.static_address() {
        Ok(None) => None,
        Err(bad) => Some(no_address(bad)),
        Ok(Some(_)) if core.config.claim.boot_file.as_deref() != Some(path) => {
            Some(no_address("it belongs into the stead.txt of the card or disk of the box"))
        }
        Ok(Some(_)) if core.config.system.helper.is_none() => {
            Some(no_address("this server does not look after its networks; the system does"))
        }
        Ok(Some(_)) => None,
    }
}

/// What a file has to tell where nothing else is asked of it: as before, but of the address what is
/// wrong with it now. None where it does already.
pub(super) fn told_of_address<'a>(text: &'a str, wrong: Option<&'a str>) -> Option<Vec<&'a str>> {
    let before: Vec<&str> = told(text).collect();
    let others = before.iter().copied().filter(|told| !told.starts_with(NO_ADDRESS));
    let now: Vec<&str> = others.chain(wrong).collect();
    (now != before).then_some(now)
}

fn keep(paths: &Paths, name: &str) {
    let file = paths.host_name();
    let text = format!("{name}\n");
    if std::fs::read_to_string(&file).is_ok_and(|kept| kept == text) {
        return;
    }
    if let Err(error) = write_atomically(&file, text.as_bytes(), PRIVATE) {
        tracing::warn!(error = %chain(&error), "the host name of stead.txt could not be kept");
    }
}

/// Whether a reset is asked for that did not come to its end yet.
pub(super) fn is_reset_asked(core: &Core) -> bool {
    core.paths().reset_asked().exists()
}

/// A reset is asked for: that is on the disk before the file is touched. Whether it is.
pub(super) fn note_reset(core: &Core) -> bool {
    let file = core.paths().reset_asked();
    let noted = core.room.with_room(|| write_atomically(&file, ASKED.as_bytes(), PRIVATE));
    if let Err(error) = &noted {
        tracing::error!(error = %chain(error), "a reset could not be noted, and is not done");
        // It may lie there all the same, not synced.
        forget_reset(core);
    }
    noted.is_ok()
}

/// The file could not be blanked: nothing is asked for.
pub(super) fn forget_reset(core: &Core) {
    if let Err(error) = remove_durably(&core.paths().reset_asked()) {
        tracing::error!(error = %chain(&error), "a reset that must not happen is still noted");
    }
}

/// Goes on with a reset that is asked for, if one is: the wipe is decided, and the server ends. False where
/// it cannot be decided: then it is asked for no longer, or it came to somebody who has forgotten it.
pub(super) fn reset_if_asked(core: &Core) -> bool {
    if core.stopping.is_cancelled() || !is_reset_asked(core) {
        return true;
    }
    let begun = core.room.with_room(|| wipe::begin(core.paths()));
    match &begun {
        Ok(()) => {
            tracing::warn!("a stead.txt asked for a reset: this server ends now and begins anew");
            wipe::end(core);
        }
        Err(error) => {
            tracing::error!(error = %chain(error), "a reset could not be begun, and is not done");
            forget_reset(core);
        }
    }
    begun.is_ok()
}

/// Hands a wireless network on to the system, and says what came of it. Blocks.
pub(super) fn join(core: &Core, file: &BootFile) -> Option<String> {
    let password = file.wifi_password.as_ref().map(SecretText::expose);
    let country = file.country.as_deref();
    let Some(name) = file.wifi.as_deref() else {
        let lonely = password.map(|_| "a wifi password").or(country.map(|_| "a country"));
        return lonely
            .map(|what| format!("{what} stands there without wifi = (the name of the network)."));
    };
    let network = network_file(name, password);
    if let Err(bad) = network.and_then(|_| country.map(country_file).transpose()) {
        tracing::warn!(%bad, "a wireless network of stead.txt is not taken");
        return Some(format!("{bad}."));
    }
    let Some(helper) = &core.config.system.helper else {
        return Some("this server does not look after its networks; the system does.".to_owned());
    };
    let password = password.map(|password| Passphrase(password.to_owned()));
    let country = country.map(ToOwned::to_owned);
    let answer = ask(helper, Job::JoinNetwork { name: name.to_owned(), password, country });
    Some(match answer {
        Ok(Answer::Done) => format!("the network {name} is known now."),
        Ok(Answer::Refused { why }) => format!("{why}."),
        Ok(Answer::Failed { detail }) => {
            tracing::warn!(detail, "a network of stead.txt could not be handed on");
            "the network could not be kept; the log of the server says why.".to_owned()
        }
        Ok(Answer::Disks(_) | Answer::Systems(_) | Answer::Update(_) | Answer::Mounted { .. }) => {
            "the network could not be kept.".to_owned()
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), "a network of stead.txt was not handed on");
            "the network could not be kept; the log of the server says why.".to_owned()
        }
    })
}
