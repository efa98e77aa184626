//! Names of tracks.

use super::text::check;
use crate::media::LibraryKind::Music;

#[test]
fn tracks_in_folders() {
    check(
        Music,
        &[
            ("Artist/Album/01 - Track.flac", "Artist / Album / -.1 Track"),
            ("Artist/Album/01 Track.flac", "Artist / Album / -.1 Track"),
            ("Artist/Album/01. Track.mp3", "Artist / Album / -.1 Track"),
            ("Artist/Album/01_Track_Name.mp3", "Artist / Album / -.1 Track Name"),
            ("Artist/Album/1-03 - Track.mp3", "Artist / Album / 1.3 Track"),
            ("Artist/Album/2.03 Track.mp3", "Artist / Album / 2.3 Track"),
            ("Artist/Album/203 Track.mp3", "Artist / Album / 2.3 Track"),
            ("Artist/Album/CD 2/03 - Track.mp3", "Artist / Album / 2.3 Track"),
            ("Artist/Album/Disc1/03 - Track.mp3", "Artist / Album / 1.3 Track"),
            ("Artist/Album (2001)/01 - Track.flac", "Artist / Album (2001) / -.1 Track"),
            ("Artist/Album [2001]/01 - Track.flac", "Artist / Album / -.1 Track"),
            ("Artist/2001 - Album/01 - Track.flac", "Artist / Album (2001) / -.1 Track"),
            ("Artist/[2001] Album/01 - Track.flac", "Artist / Album (2001) / -.1 Track"),
            ("Artist/Album [FLAC]/01 - Track.flac", "Artist / Album / -.1 Track"),
            ("Artist/Artist - Album/01 - Track.flac", "Artist / Album / -.1 Track"),
            ("Artist - Album/01 - Track.flac", "Artist / Album / -.1 Track"),
            ("Artist - Album (2001)/01 - Track.flac", "Artist / Album (2001) / -.1 Track"),
            ("Rock/Artist/Album/01 - Track.flac", "Artist / Album / -.1 Track"),
        ],
    );
}

#[test]
fn names_that_say_more_or_less() {
    check(
        Music,
        &[
            ("Mixes/Artist - 03 - Track.mp3", "Artist / Mixes / -.3 Track"),
            ("Mixes/Artist - Track.mp3", "Artist / Mixes / -.- Track"),
            ("Artist - Track.mp3", "Artist / ? / -.- Track"),
            ("Track.mp3", "? / ? / -.- Track"),
            ("Artist/1999/01 - Track.mp3", "Artist / 1999 / -.1 Track"),
            ("Artist/1999/1999.mp3", "Artist / 1999 / -.- 1999"),
            ("Artist/Album/99 Problems.mp3", "Artist / Album / -.99 Problems"),
            ("Artist/Album/7.mp3", "Artist / Album / -.- 7"),
            ("Artist/Album/24-7.mp3", "Artist / Album / -.24 7"),
            ("Artist/Album/.mp3", "passed"),
            ("Artist/Album/cover.jpg", "passed"),
            ("Artist/Album/--.mp3", "unclear --: no_title"),
        ],
    );
}
