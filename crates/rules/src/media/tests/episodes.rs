//! Names of episodes.

use super::text::{check, check_alone};
use crate::media::LibraryKind::{Mixed, Series};
use crate::media::is_season_folder;

#[test]
fn seasons_in_folders() {
    check(
        Series,
        &[
            ("Show/Season 01/Show S01E02 – Title.mkv", "Show 1x2 'Title'"),
            ("Show/Season 01/Show S01E02.mkv", "Show 1x2"),
            ("Show/Season 1/S01E02 - Title.mkv", "Show 1x2 'Title'"),
            ("Show/Season 1/E02.mkv", "Show 1x2"),
            ("Show/Season 1/Episode 2 - Title.mkv", "Show 1x2 'Title'"),
            ("Show/Season 1/02 - Title.mkv", "Show 1x2 'Title'"),
            ("Show/Season 1/02. Title.mkv", "Show 1x2 'Title'"),
            ("Show/Season 1/02.mkv", "Show 1x2"),
            ("Show/Season 1/102 - Title.mkv", "Show 1x2 'Title'"),
            ("Show/Season 1/02-03 - Title.mkv", "Show 1x2-3 'Title'"),
            ("Show/S01/02 Title.mkv", "Show 1x2 'Title'"),
            ("Show/Staffel 2/Folge 3 - Titel.mkv", "Show 2x3 'Titel'"),
            ("Show/Saison 2/S02E03.mkv", "Show 2x3"),
            ("Show/Specials/S00E01 - Special.mkv", "Show 0x1 'Special'"),
            ("Show/Specials/01 - Special.mkv", "Show 0x1 'Special'"),
            ("Show/Season 2/Show - 05.mkv", "Show 2x5"),
            ("Show/Season 01 (2019)/Show S01E01.mkv", "Show 1x1"),
            ("Kids/Show/Season 1/Show S01E01.mkv", "Show 1x1"),
            ("Show (2010) {tvdb-77}/Season 1/S01E01.mkv", "Show (2010) tvdb=77 1x1"),
            ("Show (2010)/Season 1/Show S01E01 1080p.mkv", "Show (2010) 1x1 | 1080p"),
        ],
    );
}

#[test]
fn forms_of_numbers() {
    check(
        Series,
        &[
            ("Show/Show S01E02.mkv", "Show 1x2"),
            ("Show/Show.s01e02.mkv", "Show 1x2"),
            ("Show/Show S1E2.mkv", "Show 1x2"),
            ("Show/Show S01 E02.mkv", "Show 1x2"),
            ("Show/Show.S01.E02.Title.mkv", "Show 1x2 'Title'"),
            ("Show/Show S01EP02.mkv", "Show 1x2"),
            ("Show/Show 1x02.mkv", "Show 1x2"),
            ("Show/Show 1x02 - Title.mkv", "Show 1x2 'Title'"),
            ("Show/Show - 10x12 - Title.mkv", "Show 10x12 'Title'"),
            ("Show/Show Season 1 Episode 2.mkv", "Show 1x2"),
            ("Show/Show - Staffel 1 - Folge 2.mkv", "Show 1x2"),
            ("Show/Show S2020E05.mkv", "Show 2020x5"),
            ("Show/Show S01E1000.mkv", "Show 1x1000"),
            ("Show S01E02.mkv", "Show 1x2"),
            ("Show/Show [S01E02].mkv", "unclear Show: no_episode_number"),
        ],
    );
}

#[test]
fn several_episodes_in_one_file() {
    check(
        Series,
        &[
            ("Show/Show S01E01E02.mkv", "Show 1x1-2"),
            ("Show/Show S01E01E02E03.mkv", "Show 1x1-3"),
            ("Show/Show S01E01-E03.mkv", "Show 1x1-3"),
            ("Show/Show S01E01-03.mkv", "Show 1x1-3"),
            ("Show/Show S01E01 - E02 - Title.mkv", "Show 1x1-2 'Title'"),
            ("Show/Show S01E01-S01E02.mkv", "Show 1x1-2"),
            ("Show/Show.S01E01.E02.1080p.mkv", "Show 1x1-2 | 1080p"),
            ("Show/Show 1x01-02.mkv", "Show 1x1-2"),
            ("Show/Show 1x01x02.mkv", "Show 1x1-2"),
            ("Show/Show 1x01-1x02.mkv", "Show 1x1-2"),
            ("Show/Show S01E01-1080p.mkv", "Show 1x1 | 1080p"),
            ("Show/Show S01E05-03.mkv", "Show 1x5 '03'"),
            ("Show/Show S01E01-99.mkv", "Show 1x1 '99'"),
            ("Show/Show S01E01 - 2 Days.mkv", "Show 1x1 '2 Days'"),
        ],
    );
}

#[test]
fn release_names() {
    check(
        Series,
        &[
            (
                "Show.Name.S01E02.The.Title.1080p.WEB.x264-GRP.mkv",
                "Show Name 1x2 'The Title' | 1080p",
            ),
            ("Show.Name.S01E02.1080p.WEB.x264-GRP.mkv", "Show Name 1x2 | 1080p"),
            ("Show.Name.2019.S01E02.720p.mkv", "Show Name (2019) 1x2 | 720p"),
            (
                "Show.Name.S01.1080p.WEB-GRP/Show.Name.S01E02.1080p.WEB-GRP.mkv",
                "Show Name 1x2 | 1080p",
            ),
            ("Show Name/Show.Name.S01.1080p.WEB-GRP/show.name.s01e02.mkv", "Show Name 1x2"),
            ("Agents.of.S.H.I.E.L.D.S01E02.mkv", "Agents of S.H.I.E.L.D. 1x2"),
            ("Show.Name.1x02.720p.HDTV.mkv", "Show Name 1x2 | 720p"),
        ],
    );
}

#[test]
fn which_series() {
    check(
        Series,
        &[
            ("The Office (US)/The Office S01E01.mkv", "The Office (US) 1x1"),
            ("Show (2010)/S01E01 - Pilot.mkv", "Show (2010) 1x1 'Pilot'"),
            ("Kids/Show S01E01.mkv", "Show 1x1"),
            ("Show/whatever S01E01.mkv", "whatever 1x1"),
            ("24/Season 1/24 S01E01.mkv", "24 1x1"),
            ("1899/1899 S01E01.mkv", "1899 1x1"),
            ("S01E01.mkv", "unclear S01E01: no_title"),
            ("Season 1/01.mkv", "unclear 01: no_title"),
        ],
    );
}

#[test]
fn daily_programmes() {
    check(
        Series,
        &[
            ("News/News 2024-05-01.mkv", "News 2024x501 2024-5-1"),
            (
                "News/News.2024.05.01.Guest.Name.1080p.mkv",
                "News 2024x501 2024-5-1 'Guest Name' | 1080p",
            ),
            ("News/2024-12-31 - Late.mkv", "News 2024x1231 2024-12-31 'Late'"),
            ("News/News 2024-02-30.mkv", "unclear News 2024-02-30: no_episode_number"),
            ("News/News 2024-05-01 S03E04.mkv", "News 3x4"),
        ],
    );
}

#[test]
fn absolute_numbers() {
    check(
        Series,
        &[
            ("Show/[Group] Show - 12 [1080p].mkv", "Show 1x12 absolute | 1080p"),
            ("Show/[Group] Show - 012v2 [ABCD1234].mkv", "Show 1x12 absolute"),
            ("[Group] Long Show - 1001 (1080p).mkv", "Long Show 1x1001 absolute | 1080p"),
            ("Show/[Group] Show - 12-13.mkv", "Show 1x12-13 absolute"),
            ("Show/Show - 2019.mkv", "unclear Show: no_episode_number"),
            ("Show/Show - Title.mkv", "unclear Show - Title: no_episode_number"),
        ],
    );
}

#[test]
fn extras_of_series() {
    check(
        Series,
        &[
            ("Show/Trailers/Season 2.mp4", "Trailer 'Season 2' of Show"),
            ("Show/Season 1/Extras/Making of.mkv", "Other 'Making of' of Show/Season 1"),
            ("Show/Season 1/Show S01E01-sample.mkv", "Sample 'Show S01E01' of Show/Season 1"),
        ],
    );
}

#[test]
fn what_is_no_episode_is_reported() {
    check(
        Series,
        &[
            ("Show/Show.mkv", "unclear Show: no_episode_number"),
            ("Show/Show 1920x1080.mkv", "unclear Show 1920x1080: no_episode_number"),
            ("Show/Interview with S.mkv", "unclear Interview with S: no_episode_number"),
            ("Show/Season 1/Bonus.mkv", "unclear Bonus: no_episode_number"),
            ("Show/poster.jpg", "passed"),
            ("Show/theme.mp3", "passed"),
        ],
    );
}

#[test]
fn mixed_libraries_take_files_for_what_they_look_like() {
    check(
        Mixed,
        &[
            ("Show/Season 01/Show S01E02.mkv", "Show 1x2"),
            ("Show S01E02.mkv", "Show 1x2"),
            ("Show 1x02.mkv", "Show 1x2"),
            ("Show/Season 1/02 - Title.mkv", "Show 1x2 'Title'"),
            ("Film (2020).mkv", "Film (2020)"),
            ("Film - 2 (2020).mkv", "Film - 2 (2020)"),
            ("Birthday 2024-05-01.mp4", "Birthday 2024-05-01"),
            ("Artist/Album/01 - Track.flac", "Artist / Album / -.1 Track"),
            ("Holiday/IMG_1.jpg", "photo IMG_1 in Some(\"Holiday\") at None"),
            ("readme.txt", "passed"),
        ],
    );
}

#[test]
fn a_video_that_belongs_to_nothing_is_a_work_of_its_own() {
    check_alone(&[
        ("Holiday/clips/Beach.mp4", "Beach"),
        ("Holiday/other/Beach (2019).mp4", "Beach (2019)"),
        ("Beach-clip.mp4", "Beach-clip"),
        ("Show/Extras/Show S01E02.mkv", "Show 1x2"),
    ]);
    for (name, is_one) in [("Season 1", true), ("Specials", true), ("clips", false)] {
        assert_eq!(is_season_folder(name), is_one, "{name}");
    }
}
