//! `stead open --new-secret`: another link and code, when the old ones came into other hands.
//!
//! The wish is a file in the data folder. Whoever may write there has the server in hand anyway,
//! so nothing else has to be proved, and no port takes it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::setup_page::{SetupPage, find};
use crate::config::Paths;

/// The server looks for a wish every five seconds; a busy box takes its time.
const TRIES: u32 = 150;
const BETWEEN: Duration = Duration::from_millis(200);

/// Asks the running server for another secret, and waits until the set-up page holds it: false
/// when it does not come.
pub(super) fn renew(paths: &Paths, links: &[String]) -> io::Result<bool> {
    let wish = paths.new_secret_wish();
    // Root may ask too, in a folder of somebody else: no link is followed, nothing is opened that
    // lies there already. A wish that does is as good as this one.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(wish) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(_) | Err(_) => {}
    }
    // Nobody sends: this is a pause that ends by itself.
    let (_nobody, pause) = mpsc::channel::<()>();
    for _ in 0..TRIES {
        if is_new(&paths.setup_page(), links) {
            return Ok(true);
        }
        let _ = pause.recv_timeout(BETWEEN);
    }
    Ok(false)
}

/// The links differ by what they lead to, and that may change meanwhile.
fn secret(links: &[String]) -> Option<&str> {
    links.first()?.split_once("#s=").map(|(_, secret)| secret)
}

fn is_new(page: &Path, old: &[String]) -> bool {
    match find(page) {
        Ok(SetupPage::Links { links, .. }) => secret(&links) != secret(old),
        Ok(SetupPage::None | SetupPage::Foreign { .. }) | Err(_) => false,
    }
}
