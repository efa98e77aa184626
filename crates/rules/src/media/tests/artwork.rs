//! Names of pictures beside media.

use crate::media::ArtworkRole::{self, Backdrop, Banner, Logo, Poster, Thumb};
use crate::media::{ArtworkOf, artwork};

fn check(name: &str, of: ArtworkOf, role: ArtworkRole) {
    let read = artwork(name);
    assert_eq!((read.of, read.role), (of, role), "{name}");
}

fn file(stem: &str) -> ArtworkOf {
    ArtworkOf::File(stem.into())
}

#[test]
fn pictures_of_folders() {
    for (name, role) in [
        ("poster.jpg", Poster),
        ("Folder.jpg", Poster),
        ("cover.png", Poster),
        ("AlbumArt.jpg", Thumb),
        ("fanart.jpg", Backdrop),
        ("backdrop.webp", Backdrop),
        ("backdrop2.jpg", Backdrop),
        ("fanart-3.jpg", Backdrop),
        ("background.jpg", Backdrop),
        ("logo.png", Logo),
        ("clearlogo.png", Logo),
        ("banner.jpg", Banner),
        ("thumb.jpg", Thumb),
        ("landscape.jpg", Thumb),
    ] {
        let of = if name == "AlbumArt.jpg" { file("AlbumArt") } else { ArtworkOf::Folder };
        check(name, of, role);
    }
}

#[test]
fn pictures_of_seasons_and_files() {
    check("season01-poster.jpg", ArtworkOf::Season(1), Poster);
    check("season-specials-poster.jpg", ArtworkOf::Season(0), Poster);
    check("Season 2.jpg", ArtworkOf::Season(2), Poster);
    check("season10-banner.jpg", ArtworkOf::Season(10), Banner);
    check("Film (2020)-poster.jpg", file("Film (2020)"), Poster);
    check("Film (2020)-fanart.jpg", file("Film (2020)"), Backdrop);
    check("Film (2020) - backdrop2.jpg", file("Film (2020)"), Backdrop);
    check("Film (2020).jpg", file("Film (2020)"), Thumb);
    check("Show S01E02-thumb.jpg", file("Show S01E02"), Thumb);
    check("Show S01E02.jpg", file("Show S01E02"), Thumb);
    check("Spider-Man.jpg", file("Spider-Man"), Thumb);
    check("poster", ArtworkOf::Folder, Poster);
    check("season-all-poster.jpg", file("season-all"), Poster);
    check(".jpg", file(""), Thumb);
}

#[test]
fn of_several_the_better_name_goes_first() {
    let rank = |name| artwork(name).rank;
    let order =
        ["poster.jpg", "folder.jpg", "cover.jpg", "movie.jpg", "poster2.jpg", "poster (3).jpg"];
    assert!(order.map(rank).is_sorted(), "{:?}", order.map(rank));
    assert_eq!(artwork("poster99999999999999.jpg").rank, 0);
}
