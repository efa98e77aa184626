//! Names of films.

use super::text::check;
use crate::media::LibraryKind::Films;

#[test]
fn films_by_title_and_year() {
    check(
        Films,
        &[
            ("Sample Tides (2021)/Sample Tides (2021).mp4", "Sample Tides (2021)"),
            ("Sample Tides (2021).mp4", "Sample Tides (2021)"),
            ("Sample Tides 2021.mp4", "Sample Tides (2021)"),
            ("Sample Tides.mp4", "Sample Tides"),
            ("Sample Tides [2021].mkv", "Sample Tides"),
            ("Sample_Tides_(2021).mkv", "Sample Tides (2021)"),
            ("Sample.Tides.2021.mkv", "Sample Tides (2021)"),
            ("Amélie (2001).mkv", "Amélie (2001)"),
            ("千と千尋の神隠し (2001).mkv", "千と千尋の神隠し (2001)"),
            ("Film – mit Strich (1999).mkv", "Film - mit Strich (1999)"),
            ("What's Up, Doc? (1972).mkv", "What's Up, Doc? (1972)"),
            ("Good Luck, Mr. Grey (2004).mkv", "Good Luck, Mr. Grey (2004)"),
            ("Face-Off (1997).mkv", "Face-Off (1997)"),
            ("9 (2009).mkv", "9 (2009)"),
            ("Old Film (1888).mkv", "Old Film (1888)"),
        ],
    );
}

#[test]
fn numbers_in_titles_are_no_years() {
    check(
        Films,
        &[
            ("1917 (2019).mkv", "1917 (2019)"),
            ("1917.mkv", "1917"),
            ("2012.2009.1080p.BluRay.mkv", "2012 (2009) | 1080p"),
            ("2001.A.Space.Odyssey.1968.1080p.mkv", "2001 A Space Odyssey (1968) | 1080p"),
            ("2001 A Space Odyssey (1968).mkv", "2001 A Space Odyssey (1968)"),
            ("Blade Runner 2049 (2017).mkv", "Blade Runner 2049 (2017)"),
            ("Blade.Runner.2049.2017.2160p.mkv", "Blade Runner 2049 (2017) | 2160p"),
            ("Blade Runner 2049.mkv", "Blade Runner 2049"),
            ("Wonder Woman 1984 (2020).mkv", "Wonder Woman 1984 (2020)"),
            ("Death.Race.2000.1975.DVDRip.mkv", "Death Race 2000 (1975)"),
            ("1984 (1984).mkv", "1984 (1984)"),
            ("Apollo 13 (1995).mkv", "Apollo 13 (1995)"),
            ("Apollo.13.1995.720p.mkv", "Apollo 13 (1995) | 720p"),
            ("Class of 1984 Reunion.mkv", "Class of 1984 Reunion"),
            ("Ocean's 11 (2001).mkv", "Ocean's 11 (2001)"),
            ("300.2006.mkv", "300 (2006)"),
            ("10,000 BC (2008).mkv", "10,000 BC (2008)"),
        ],
    );
}

#[test]
fn release_names() {
    check(
        Films,
        &[
            ("Film.Name.2020.1080p.BluRay.x264-GROUP.mkv", "Film Name (2020) | 1080p"),
            ("Film.Name.2020.2160p.UHD.BluRay.x265.10bit.HDR.mkv", "Film Name (2020) | 2160p"),
            ("Film.Name.1080p.WEB-DL.mkv", "Film Name | 1080p"),
            ("Film.Name.EXTENDED.1080p.BluRay.mkv", "Film Name | Extended 1080p"),
            ("Film.Name.2003.EXTENDED.1080p.BluRay.mkv", "Film Name (2003) | Extended 1080p"),
            ("Film.Name.German.DL.1080p.BluRay.mkv", "Film Name | 1080p"),
            ("Film Name 2020 1080p WEBRip.mkv", "Film Name (2020) | 1080p"),
            ("Film_Name_2020_720p.avi", "Film Name (2020) | 720p"),
            ("Film.Name.(2020).1080p.mkv", "Film Name (2020) | 1080p"),
            ("Charlottes.Web.2006.720p.mkv", "Charlottes Web (2006) | 720p"),
            ("Charlottes.Web.mkv", "Charlottes Web"),
            ("E.T.1982.1080p.mkv", "E.T. (1982) | 1080p"),
            ("I.Robot.2004.mkv", "I Robot (2004)"),
            ("S.W.A.T.2003.mkv", "S.W.A.T. (2003)"),
            ("[Group] Film Name (2010) [1080p][ABCD1234].mkv", "Film Name (2010) | 1080p"),
        ],
    );
}

#[test]
fn numbers_of_databases() {
    check(
        Films,
        &[
            ("Film (2020) {tmdb-123}.mkv", "Film (2020) tmdb=123"),
            ("Film (2020) {tmdb-123}/Film (2020).mkv", "Film (2020) tmdb=123"),
            ("Film (2020) {tmdb-123}/other name.mkv", "Film (2020) tmdb=123"),
            ("Film [tmdbid=123].mkv", "Film tmdb=123"),
            ("Film [tmdbid-123].mkv", "Film tmdb=123"),
            ("Film {imdb-tt0111161}.mkv", "Film imdb=tt0111161"),
            ("Film [imdbid=tt0111161] (1994).mkv", "Film (1994) imdb=tt0111161"),
            ("Film {tmdb-x}.mkv", "Film"),
            ("Film {imdb-0111161}.mkv", "Film"),
            ("Film {tmdb-1234567890123}.mkv", "Film"),
        ],
    );
}

#[test]
fn several_versions_and_parts() {
    check(
        Films,
        &[
            ("Film (2020)/Film (2020) - 1080p.mkv", "Film (2020) | 1080p"),
            ("Film (2020)/Film (2020) - Director's Cut.mkv", "Film (2020) | Director's Cut"),
            ("Film (2020)/Film (2020) [4K].mkv", "Film (2020) | 4K"),
            ("Film (2020)/Film (2020) (Director's Cut).mkv", "Film (2020) | Director's Cut"),
            ("Film (2020)/Film (2020) {edition-Ultimate Cut}.mkv", "Film (2020) | Ultimate Cut"),
            ("Film (2020)/Film - 3D.mkv", "Film (2020) | 3D"),
            ("Film (2020)/film-cd1.avi", "Film (2020) | part 1"),
            ("Film (2020)/Film (2020)-part2.avi", "Film (2020) | part 2"),
            ("Film (2020)/CD2/film.avi", "Film (2020) | part 2"),
            ("Deathly Tales Part 1 (2010).mkv", "Deathly Tales Part 1 (2010)"),
            ("Deathly Tales Part 2.mkv", "Deathly Tales Part 2"),
            ("Deathly Tales - Part 1.mkv", "Deathly Tales - Part 1"),
            ("Deathly Tales pt-2.mkv", "Deathly Tales pt-2"),
            ("Deathly Tales (2010)/Deathly Tales - Part 1.mkv", "Deathly Tales (2010) | part 1"),
            (
                "Deathly Tales - Part 1 (2010)/Deathly Tales - Part 1.mkv",
                "Deathly Tales - Part 1 (2010)",
            ),
            ("Film (2010) - Part 1.mkv", "Film (2010) | part 1"),
            ("Film [2010] pt2.mkv", "Film | part 2"),
            ("Film 2010 part 3.mkv", "Film (2010) | part 3"),
            ("Film.2010.CD1.XviD-GRP.avi", "Film (2010) | part 1"),
            ("Film (2010) disc 2 1080p.mkv", "Film (2010) | 1080p | part 2"),
            ("Film (2010)/Film.2010.cd2.XviD.avi", "Film (2010) | part 2"),
            ("Film.2010.DVD9.x264.mkv", "Film (2010)"),
            ("Film (2010) Part Time Cut.mkv", "Film (2010)"),
        ],
    );
}

#[test]
fn folders_say_what_files_do_not() {
    check(
        Films,
        &[
            ("Film (2020)/title_t00.mkv", "Film (2020)"),
            ("Film (2020)/film.mkv", "Film (2020)"),
            ("Film (2020)/VIDEO_TS/VTS_01_1.VOB", "Film (2020)"),
            ("Film (2020)/BDMV/STREAM/00001.m2ts", "Film (2020)"),
            ("Alien Collection (1979-1997)/Alien (1979).mkv", "Alien (1979)"),
            ("Comedy/Film.mkv", "Film"),
            ("Comedy/Film (2020).mkv", "Film (2020)"),
            ("A - H/Film (2020)/Film.mkv", "Film (2020)"),
            ("Film.Name.2020.1080p.BluRay.x264-GROUP/grp-fn1080.mkv", "Film Name (2020) | 1080p"),
            ("2020/Film.mkv", "Film"),
        ],
    );
}

#[test]
fn extras_belong_to_something() {
    check(
        Films,
        &[
            ("Film (2020)/Trailers/Teaser.mp4", "Trailer 'Teaser' of Film (2020)"),
            ("Film (2020)/Film (2020)-trailer.mp4", "Trailer 'Film' of Film (2020)"),
            ("Film (2020)/Film (2020)-trailer2.mp4", "Trailer 'Film' of Film (2020)"),
            ("Film (2020)/trailer.mp4", "Trailer 'trailer' of Film (2020)"),
            ("Film (2020)/Deleted Scenes/Door.mkv", "DeletedScene 'Door' of Film (2020)"),
            ("Film (2020)/Behind the Scenes/Making.mkv", "BehindTheScenes 'Making' of Film (2020)"),
            ("Film (2020)/Making-behindthescenes.mkv", "BehindTheScenes 'Making' of Film (2020)"),
            ("Film (2020)/Extras/Song.mkv", "Other 'Song' of Film (2020)"),
            ("Film (2020)/Sample/film.sample.mkv", "Sample 'film sample' of Film (2020)"),
            ("Film (2020)/film.sample.mkv", "Sample 'film sample' of Film (2020)"),
            ("Shorts/Film (2020).mkv", "Film (2020)"),
            ("Comedy/Film (2020)/Interviews/Anna.mkv", "Interview 'Anna' of Comedy/Film (2020)"),
            ("Trailer Park (2001).mkv", "Trailer Park (2001)"),
            ("The Deleted - Scene (2001).mkv", "The Deleted - Scene (2001)"),
        ],
    );
}

#[test]
fn odd_names_stay_themselves() {
    check(
        Films,
        &[
            ("[REC] (2007).mkv", "REC (2007)"),
            ("(500) Days of Summer (2009).mkv", "(500) Days of Summer (2009)"),
            ("M.mkv", "M"),
            ("1080p.mkv", "1080p"),
            ("x264.mkv", "x264"),
            ("--.mkv", "unclear --: no_title"),
            ("().mkv", "unclear (): no_title"),
            ("Film (2020.mkv", "Film (2020"),
            ("Film [2020.mkv", "Film [2020"),
            ("Film (2020).nfo", "passed"),
            ("Film (2020).srt", "passed"),
            (".hidden.mkv", "passed"),
            ("noending", "passed"),
            ("song.mp3", "passed"),
            ("", "passed"),
            ("//Film (2020)//Film (2020).mkv", "Film (2020)"),
        ],
    );
}
