//! `Setup Stead.html` as the commands meet it: may this user read it, and which link does it hold.

use crate::host::disk::Trouble;
use crate::host::users;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SetupPage {
    /// It is there; links for a phone, the best first.
    Links {
        file: PathBuf,
        links: Vec<String>,
        /// The file is this user's own, so that a browser of this user can read it too.
        own: bool,
    },
    /// There is none: not started yet, or claimed.
    None,
    /// It, or its folder, belongs to somebody else.
    Foreign { owner: String },
}

/// Looks for the page and reads its links.
pub(super) fn find(file: &Path) -> io::Result<SetupPage> {
    match std::fs::read_to_string(file) {
        Ok(page) => Ok(SetupPage::Links {
            file: file.to_owned(),
            links: links(&page),
            own: file.metadata()?.uid() == users::own_uid(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SetupPage::None),
        Err(error) if Trouble::of(&error) == Trouble::Denied => {
            Ok(SetupPage::Foreign { owner: owner_of(file) })
        }
        Err(error) => Err(error),
    }
}

/// Of the file, or of the first folder above it that may be looked at.
pub(super) fn owner_of(file: &Path) -> String {
    let owner = file.ancestors().find_map(|path| path.metadata().ok());
    owner.map_or_else(|| "another user".to_owned(), |found| users::name_of(found.uid()))
}

/// Every link with the secret, the one that most phones can follow first: not all know `.local`
/// names, and a link to this very machine is of use here only.
fn links(page: &str) -> Vec<String> {
    let mut links: Vec<String> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"'))
        .map(|(link, _)| link.replace("&amp;", "&"))
        .filter(|link| link.starts_with("https://") && link.contains("#s="))
        .collect();
    links.sort_by_key(|link| reach(link));
    links.dedup();
    links
}

/// How likely a phone cannot follow the link.
fn reach(link: &str) -> u8 {
    let host = link.trim_start_matches("https://");
    let starts = |starts: &[&str]| starts.iter().any(|start| host.starts_with(start));
    if starts(&["localhost", "127.", "[::1]"]) {
        3
    } else if starts(&["["]) {
        2
    } else if host.starts_with(|c: char| c.is_ascii_digit()) {
        0
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_the_best_first() {
        let page = "<a href=\"https://localhost:8443/claim#s=ab\">x</a>\
                    <a href=\"https://example.org/\">help</a>\
                    <a href=\"https://stead-ab12.local:8443/claim#s=ab\">x</a>\
                    <a href=\"https://[2001:db8::1]:8443/claim#s=ab\">x</a>\
                    <a href=\"https://192.0.2.7:8443/claim#s=ab\">x</a>";
        assert_eq!(
            links(page),
            [
                "https://192.0.2.7:8443/claim#s=ab",
                "https://stead-ab12.local:8443/claim#s=ab",
                "https://[2001:db8::1]:8443/claim#s=ab",
                "https://localhost:8443/claim#s=ab"
            ]
        );
        assert!(links("<a href=\"").is_empty());
    }

    #[test]
    fn a_page_that_is_not_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(&folder.path().join("none.html")).unwrap(), SetupPage::None);
    }
}
