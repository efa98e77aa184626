//! Words of release names: they end a title, and some of them name a version.

/// Words that stand in no title: from here on a name talks about the file.
const STRONG: &[&str] = &[
    "2160p",
    "1440p",
    "1080p",
    "1080i",
    "720p",
    "720i",
    "576p",
    "576i",
    "540p",
    "480p",
    "480i",
    "360p",
    "4k",
    "8k",
    "uhd",
    "bluray",
    "blu-ray",
    "bdrip",
    "brrip",
    "bdremux",
    "bdmux",
    "remux",
    "web-dl",
    "webdl",
    "webrip",
    "web-rip",
    "hdtv",
    "hdtvrip",
    "pdtv",
    "dsr",
    "dvdrip",
    "dvd-rip",
    "dvdscr",
    "dvd5",
    "dvd9",
    "dvdr",
    "hdrip",
    "hddvd",
    "vhsrip",
    "tvrip",
    "x264",
    "x265",
    "h264",
    "h265",
    "h.264",
    "h.265",
    "hevc",
    "avc",
    "av1",
    "vp9",
    "xvid",
    "divx",
    "10bit",
    "8bit",
    "hdr10",
    "hdr10plus",
    "dolbyvision",
    "aac",
    "ac3",
    "eac3",
    "dts",
    "dts-hd",
    "dtshd",
    "truehd",
    "atmos",
    "flac",
    "ddp5",
    "dd5",
    "ddp",
    "aac2",
    "aac5",
    "proper",
    "repack",
    "rerip",
    "amzn",
    "hmax",
    "dsnp",
    "multisubs",
    "dubbed",
    "subbed",
    "imax",
    "hdcam",
    "telesync",
];

/// Words that end a title only behind a year or before a strong word.
const WEAK: &[&str] = &[
    "web",
    "dvd",
    "bd",
    "hd",
    "sd",
    "hdr",
    "dv",
    "extended",
    "unrated",
    "uncut",
    "remastered",
    "theatrical",
    "limited",
    "internal",
    "multi",
    "german",
    "french",
    "english",
    "italian",
    "spanish",
    "dl",
    "complete",
    "3d",
    "cut",
    "directors",
    "director's",
];

/// Words that tell one version of a film from another.
const EDITIONS: &[(&str, &str)] = &[
    ("extended", "Extended"),
    ("unrated", "Unrated"),
    ("uncut", "Uncut"),
    ("remastered", "Remastered"),
    ("theatrical", "Theatrical"),
    ("imax", "IMAX"),
    ("directors", "Director's Cut"),
    ("director's", "Director's Cut"),
    ("3d", "3D"),
];

pub(super) fn is_strong(word: &str) -> bool {
    is_in(word, STRONG)
}

pub(super) fn is_weak(word: &str) -> bool {
    is_in(word, WEAK)
}

/// "1080p" and its like, as written.
pub(super) fn resolution(word: &str) -> Option<&str> {
    let word = bare(word);
    let lower = word.to_ascii_lowercase();
    let lines = lower.strip_suffix(['p', 'i']).is_some_and(|lines| {
        (3..=4).contains(&lines.len()) && lines.bytes().all(|byte| byte.is_ascii_digit())
    });
    (lines || matches!(lower.as_str(), "4k" | "8k" | "uhd")).then_some(word)
}

/// The proper name of an edition.
pub(super) fn edition(word: &str) -> Option<&'static str> {
    let lower = bare(word).to_lowercase();
    EDITIONS.iter().find(|(known, _)| *known == lower).map(|(_, name)| *name)
}

fn is_in(word: &str, list: &[&str]) -> bool {
    let lower = bare(word).to_lowercase();
    // "x264-GROUP" is a strong word with the name of whoever made it.
    let front = lower.split_once('-').map_or(lower.as_str(), |(front, _)| front);
    list.contains(&lower.as_str()) || (list.contains(&front) && front.len() > 2)
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}
