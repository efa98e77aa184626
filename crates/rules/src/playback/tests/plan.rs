//! Container × codecs, whole.

use std::fmt::Write;

use crate::golden;
use crate::playback::{Client, Media, NotPlayable, Plan, plan};

const CONTAINERS: [&str; 20] = [
    "mp4", "mkv", "webm", "mp3", "flac", "ogg", "wav", "aac", "jpeg", "png", "webp", "heif", "avi",
    "asf", "mpegts", "mpeg", "flv", "playlist", "text", "unknown",
];
const VIDEO: [Option<&str>; 10] = [
    None,
    Some("h264"),
    Some("hevc"),
    Some("av1"),
    Some("vp8"),
    Some("vp9"),
    Some("mpeg4"),
    Some("mpeg2video"),
    Some("theora"),
    Some("mjpeg"),
];
const AUDIO: [Option<&str>; 13] = [
    None,
    Some("aac"),
    Some("mp3"),
    Some("flac"),
    Some("opus"),
    Some("vorbis"),
    Some("alac"),
    Some("pcm"),
    Some("ac3"),
    Some("eac3"),
    Some("dts"),
    Some("truehd"),
    Some("odd"),
];

#[test]
fn the_table_is_the_reviewed_one() {
    let mut text = String::from(
        "How a browser plays a file: D as it is, ? some browsers do; not for its Container,\n\
         Video or Audio. Containers that none plays are one line.\n",
    );
    for container in CONTAINERS {
        block(&mut text, container);
    }
    golden::check("plan.txt", &text);
}

fn block(text: &mut String, container: &str) {
    let of = |video, audio| plan(Client::Browser, &Media { container, video, audio });
    let refused = Plan::Refuse(NotPlayable::Container);
    if VIDEO.iter().all(|video| AUDIO.iter().all(|audio| of(*video, *audio) == refused)) {
        writeln!(text, "\n{container}: Container").unwrap();
        return;
    }
    writeln!(text, "\n{}", row(container, AUDIO.map(|audio| audio.unwrap_or("-")))).unwrap();
    for video in VIDEO {
        let cells = AUDIO.map(|audio| cell(of(video, audio)));
        writeln!(text, "{}", row(video.unwrap_or("-"), cells)).unwrap();
    }
}

fn row(label: &str, cells: [&str; 13]) -> String {
    let cells = cells.map(|cell| format!("{cell:<7}")).concat();
    format!("{label:<12}{cells}").trim_end().to_owned()
}

fn cell(plan: Plan) -> &'static str {
    match plan {
        Plan::Direct => "D",
        Plan::Try => "?",
        Plan::Refuse(NotPlayable::Container) => "C",
        Plan::Refuse(NotPlayable::Video) => "V",
        Plan::Refuse(NotPlayable::Audio) => "A",
    }
}

#[test]
fn common_files_play_or_say_why() {
    for (container, video, audio, want) in [
        ("mp4", Some("h264"), Some("aac"), "direct"),
        ("webm", Some("vp9"), Some("opus"), "try"),
        ("mkv", Some("h264"), Some("aac"), "try"),
        ("mkv", Some("h264"), Some("dts"), "audio_unsupported"),
        ("mp4", Some("hevc"), Some("aac"), "try"),
        ("mp4", Some("mpeg4"), Some("aac"), "video_unsupported"),
        ("avi", Some("mpeg4"), Some("mp3"), "container_unsupported"),
        ("mp3", None, Some("mp3"), "direct"),
        ("mp3", Some("mjpeg"), Some("mp3"), "direct"),
        ("flac", None, Some("flac"), "direct"),
        ("jpeg", None, None, "direct"),
    ] {
        let plan = plan(Client::Browser, &Media { container, video, audio });
        assert_eq!(plan.word(), want, "{container} {video:?} {audio:?}");
    }
}
