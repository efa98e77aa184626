//! Keys for sorting and comparing.

use crate::media::{FileKind, file_kind, sort_title, title_key};

#[test]
fn titles_sort_as_people_look_for_them() {
    let sorted = [
        "8½",
        "10 Things",
        "100 Things",
        "A.I.",
        "Amélie",
        "The Ant",
        "An Apple",
        "Die Hard",
        "Élan",
        "La La Land",
        "Rocky",
        "Rocky 2",
        "Rocky 10",
        "Straße",
        "The",
    ];
    let keys: Vec<String> = sorted.iter().map(|title| sort_title(title)).collect();
    assert!(keys.is_sorted(), "{keys:?}");
}

#[test]
fn keys_are_these() {
    for (title, want) in [
        ("The Matrix", "matrix"),
        ("A", "a"),
        ("Theory", "theory"),
        ("Ocean's 11", "oceans 00000011"),
        ("  Spaces   inside ", "spaces inside"),
        ("007", "00000007"),
        ("Ærø", "aero"),
        ("東京物語", "東京物語"),
        ("…", ""),
    ] {
        assert_eq!(sort_title(title), want, "{title:?}");
    }
}

#[test]
fn spellings_of_one_title_share_a_key() {
    for (left, right) in [
        ("Marvel's Show", "Marvels Show"),
        ("Tom & Jerry", "Tom and Jerry"),
        ("Spider-Man", "Spiderman"),
        ("Amélie", "AMELIE"),
        ("S.H.I.E.L.D.", "SHIELD"),
        ("Straße", "Strasse"),
    ] {
        assert_eq!(title_key(left), title_key(right));
    }
    assert_ne!(title_key("Alien"), title_key("Aliens"));
}

#[test]
fn endings_tell_the_kind() {
    for (name, want) in [
        ("a.mkv", FileKind::Video),
        ("a.MP4", FileKind::Video),
        ("a.b.webm", FileKind::Video),
        ("a.flac", FileKind::Audio),
        ("a.jpeg", FileKind::Picture),
        ("a.en.srt", FileKind::Subtitles),
        ("movie.nfo", FileKind::Description),
        ("a.txt", FileKind::Other),
        ("a.mkv.part", FileKind::Other),
        (".mkv", FileKind::Other),
        ("._a.mkv", FileKind::Other),
        ("mkv", FileKind::Other),
        ("", FileKind::Other),
    ] {
        assert_eq!(file_kind(name), want, "{name}");
    }
}
