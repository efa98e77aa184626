//! What holds for every name.

use proptest::prelude::*;

use super::text::line;
use crate::media::{LibraryKind, sort_title, title_key, understand};

const KINDS: [LibraryKind; 5] = [
    LibraryKind::Films,
    LibraryKind::Series,
    LibraryKind::Music,
    LibraryKind::Photos,
    LibraryKind::Mixed,
];

proptest! {
    #[test]
    fn any_path_is_read_without_harm(path in "\\PC{0,60}") {
        for kind in KINDS {
            let _ = line(&understand(kind, &path));
            let _ = line(&understand(kind, &format!("{path}.mkv")));
            let _ = line(&understand(kind, &format!("{path}.mp3")));
        }
        let _ = (sort_title(&path), title_key(&path));
    }

    #[test]
    fn pieces_of_real_names_in_any_order_are_read_without_harm(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
    ) {
        let path = pieces.concat();
        for kind in KINDS {
            let _ = line(&understand(kind, &format!("{path}.mkv")));
            let _ = line(&understand(kind, &format!("{path}.flac")));
            let _ = line(&understand(kind, &format!("{path}.jpg")));
        }
    }
}

const PIECES: &[&str] = &[
    "Show",
    " ",
    ".",
    "_",
    "-",
    " - ",
    "/",
    "Season 1",
    "S01",
    "E02",
    "s1e2",
    "1x02",
    "x",
    "(2020)",
    "2020",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "tmdb-1",
    "1080p",
    "WEB",
    "é",
    "日",
    "ß",
    "\u{130}",
    "12",
    "2024-05-01",
    "-trailer",
    "cd1",
    "VIDEO_TS",
    "-E03",
    "v2",
    "'",
    "–",
    "🐴",
    "Film",
];
