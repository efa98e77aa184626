//! Names of files and folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stead_rules::media::{LibraryKind, artwork, sort_title, title_key, understand};

fuzz_target!(|path: &str| {
    for kind in [
        LibraryKind::Films,
        LibraryKind::Series,
        LibraryKind::Music,
        LibraryKind::Photos,
        LibraryKind::Mixed,
    ] {
        drop(understand(kind, path));
    }
    drop((artwork(path), sort_title(path), title_key(path)));
});
