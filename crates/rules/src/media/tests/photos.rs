//! Names of photos and clips.

use super::text::check;
use crate::media::AirDate;
use crate::media::LibraryKind::Photos;

#[test]
fn photos_and_their_times() {
    check(
        Photos,
        &[
            ("a.jpg", "photo a in None at None"),
            ("Holiday/IMG_0001.JPG", "photo IMG_0001 in Some(\"Holiday\") at None"),
            ("IMG_20240501_123456.jpg", "photo IMG_20240501_123456 in None at Some(1714566896000)"),
            (
                "PXL_20240501_123456789.jpg",
                "photo PXL_20240501_123456789 in None at Some(1714566896000)",
            ),
            ("2024-05-01 12.34.56.jpg", "photo 2024-05-01 12.34.56 in None at Some(1714566896000)"),
            ("2024-05-01T12-34-56.jpg", "photo 2024-05-01T12-34-56 in None at Some(1714566896000)"),
            (
                "WhatsApp Image 2024-05-01 at 12.34.56.jpeg",
                "photo WhatsApp Image 2024-05-01 at 12.34.56 in None at Some(1714566896000)",
            ),
            ("2024-05-01.png", "photo 2024-05-01 in None at Some(1714564800000)"),
            ("IMG_20241301_123456.jpg", "photo IMG_20241301_123456 in None at None"),
            ("DSC120240501.jpg", "photo DSC120240501 in None at None"),
            ("VID_20240501_123456.mp4", "clip VID_20240501_123456 in None at Some(1714566896000)"),
            ("A/B/x.heic", "photo x in Some(\"B\") at None"),
            ("song.mp3", "passed"),
        ],
    );
}

#[test]
fn days_are_counted_from_the_epoch() {
    for (year, month, day, want) in [
        (1970, 1, 1, 0),
        (1969, 12, 31, -1),
        (2000, 2, 29, 11_016),
        (2024, 5, 1, 19_844),
        (1900, 3, 1, -25_508),
        (2099, 12, 31, 47_481),
    ] {
        assert_eq!(AirDate::new(year, month, day).unwrap().days_since_epoch(), want);
    }
    for (year, month, day) in
        [(2023, 2, 29), (1900, 2, 29), (2024, 0, 1), (2024, 13, 1), (2024, 4, 31), (1899, 1, 1)]
    {
        assert_eq!(AirDate::new(year, month, day), None);
    }
}
