//! Real files, made by ffmpeg, whole, cut and wrongly named.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Class, Container, Header, ProbeError, Probed, expected_class, probe};

struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Runs ffmpeg with `arguments` to make `name`.
    fn by_ffmpeg(&self, name: &str, arguments: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        let done = Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error", "-y"])
            .args(arguments.split_whitespace())
            .arg(&path)
            .status()
            .unwrap();
        assert!(done.success(), "ffmpeg makes {name}");
        path
    }

    fn with_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

const PICTURE_AND_SOUND: &str =
    "-f lavfi -i testsrc=s=320x180:d=2:r=10 -f lavfi -i sine=d=2 -shortest";
const SOUND: &str = "-f lavfi -i sine=d=3:r=44100 -ac 2";
const STILL: &str = "-f lavfi -i testsrc=s=400x300:d=1 -frames:v 1";
const TAGS: &str = "-metadata title=Nacht -metadata artist=Ohm -metadata album_artist=Alle \
     -metadata album=Strom -metadata track=3/9 -metadata disc=2 -metadata date=1999-03-01 \
     -metadata genre=Folk";

fn look(path: &Path) -> Result<Probed, ProbeError> {
    let extension = path.extension().unwrap().to_str().unwrap();
    probe(&File::open(path).unwrap(), expected_class(extension).unwrap_or(Class::Other))
}

fn header(path: &Path) -> Header {
    look(path).unwrap().header.unwrap()
}

#[track_caller]
fn code_of(path: &Path) -> &'static str {
    look(path).map(|found| format!("{found:?}")).unwrap_err().code()
}

fn check_video(
    made: &Made,
    name: &str,
    codecs: &str,
    container: Container,
    expected: (&str, &str),
) {
    let path = made.by_ffmpeg(name, &format!("{PICTURE_AND_SOUND} {codecs}"));
    let found = look(&path).unwrap();
    assert_eq!(found.container, container, "{name}");
    let header = found.header.unwrap();
    let video = header.video.unwrap();
    assert_eq!((video.size.width, video.size.height), (320, 180), "{name}");
    assert_eq!((video.codec.as_str(), header.audio.unwrap().codec.as_str()), expected, "{name}");
    assert!((1900..2200).contains(&header.duration_ms.unwrap()), "{name}");
}

#[test]
fn videos_tell_codecs_size_and_length() {
    let made = Made::new();
    let mp4 = "-c:v libx264 -c:a aac";
    check_video(&made, "end.mp4", mp4, Container::Mp4, ("h264", "aac"));
    let front = format!("{mp4} -movflags +faststart");
    check_video(&made, "front.mp4", &front, Container::Mp4, ("h264", "aac"));
    check_video(&made, "a.mov", "-c:v mpeg4 -c:a pcm_s16le", Container::Mp4, ("mpeg4", "pcm"));
    check_video(&made, "a.mkv", "-c:v libx264 -c:a ac3", Container::Mkv, ("h264", "ac3"));
    check_video(&made, "a.webm", "-c:v libvpx -c:a libopus", Container::Webm, ("vp8", "opus"));
}

#[test]
fn a_fragmented_mp4_is_read() {
    let made = Made::new();
    let fragments = "-c:v libx264 -c:a aac -movflags +frag_keyframe+empty_moov";
    let path = made.by_ffmpeg("a.mp4", &format!("{PICTURE_AND_SOUND} {fragments}"));
    assert_eq!(header(&path).video.unwrap().codec, "h264");
}

#[test]
fn tags_of_music_are_read() {
    let made = Made::new();
    for (name, codec) in [
        ("a.mp3", "-c:a libmp3lame"),
        ("v23.mp3", "-c:a libmp3lame -id3v2_version 3"),
        ("a.flac", "-c:a flac"),
        ("a.m4a", "-c:a aac"),
        ("a.ogg", "-c:a libvorbis"),
        ("a.opus", "-c:a libopus"),
    ] {
        let found = header(&made.by_ffmpeg(name, &format!("{SOUND} {codec} {TAGS}")));
        let tags = found.tags.clone();
        let texts = [tags.title, tags.artist, tags.album_artist, tags.album, tags.genre];
        let texts = texts.map(Option::unwrap_or_default);
        assert_eq!(texts, ["Nacht", "Ohm", "Alle", "Strom", "Folk"], "{name}");
        assert_eq!((tags.track, tags.disc, tags.year), (Some(3), Some(2), Some(1999)), "{name}");
        assert!((2950..3100).contains(&found.duration_ms.unwrap()), "{name} {found:?}");
        assert_eq!(found.audio.unwrap().channels, Some(2), "{name}");
    }
}

#[test]
fn the_cover_is_found_where_it_lies() {
    let made = Made::new();
    let still = made.by_ffmpeg("c.jpg", STILL);
    let picture = fs::read(&still).unwrap();
    for (name, codec) in [
        ("a.mp3", "-c:a libmp3lame -id3v2_version 3"),
        ("b.mp3", "-c:a libmp3lame -id3v2_version 4"),
        ("a.flac", "-c:a flac -disposition:v attached_pic"),
        ("a.m4a", "-c:a aac -disposition:v attached_pic"),
    ] {
        let inputs = format!("-f lavfi -i sine=d=1 -i {} -map 0 -map 1 -c:v copy", still.display());
        let path = made.by_ffmpeg(name, &format!("{inputs} {codec}"));
        let span = header(&path).cover.unwrap();
        let bytes = fs::read(&path).unwrap();
        let from = usize::try_from(span.offset).unwrap();
        let to = from + usize::try_from(span.length).unwrap();
        assert_eq!(bytes[from..to], picture, "{name}");
    }
    let attach = format!("-attach {} -metadata:s:t mimetype=image/jpeg", still.display());
    let path = made.by_ffmpeg("a.mkv", &format!("{PICTURE_AND_SOUND} -c:v libx264 {attach}"));
    assert_eq!(header(&path).cover.unwrap().length, picture.len() as u64);
}

#[test]
fn pictures_tell_their_size_and_wave_files_their_length() {
    let made = Made::new();
    for name in ["a.jpg", "a.png", "a.webp"] {
        let size = header(&made.by_ffmpeg(name, STILL)).picture.unwrap();
        assert_eq!((size.width, size.height), (400, 300), "{name}");
    }
    assert_eq!(header(&made.by_ffmpeg("a.wav", SOUND)).duration_ms, Some(3000));
}

#[test]
fn a_photo_tells_when_it_was_taken_and_how_it_was_held() {
    let made = Made::new();
    let plain = fs::read(made.by_ffmpeg("a.jpg", STILL)).unwrap();
    let path = made.with_bytes("b.jpg", &with_exif(&plain));
    let found = header(&path);
    let size = found.picture.unwrap();
    assert_eq!((size.width, size.height), (300, 400), "held upright");
    assert_eq!(found.taken_ms, Some(1_715_969_039_000));
}

/// Puts an EXIF block with orientation 6 and a date behind the start of a JPEG.
fn with_exif(jpeg: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    tiff.extend(2_u16.to_le_bytes());
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    tiff.extend([0x32, 0x01, 2, 0, 20, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(b"2024:05:17 18:03:59\0");
    let length = u16::try_from(tiff.len() + 8).unwrap();
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, 0xE1]);
    out.extend(length.to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(tiff);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn a_file_that_is_cut_off_is_told_from_a_whole_one() {
    let made = Made::new();
    for (name, arguments) in [
        ("end.mp4", format!("{PICTURE_AND_SOUND} -c:v libx264")),
        ("front.mp4", format!("{PICTURE_AND_SOUND} -c:v libx264 -movflags +faststart")),
        ("a.mkv", format!("{PICTURE_AND_SOUND} -c:v libx264")),
        ("a.mp3", format!("{SOUND} -c:a libmp3lame")),
        ("a.flac", format!("{SOUND} -c:a flac")),
        ("a.wav", SOUND.to_owned()),
        ("a.jpg", STILL.to_owned()),
        ("a.png", STILL.to_owned()),
        ("a.webp", STILL.to_owned()),
    ] {
        let whole = fs::read(made.by_ffmpeg(name, &arguments)).unwrap();
        let cut = made.with_bytes(&format!("cut-{name}"), &whole[..whole.len() * 2 / 3]);
        assert_eq!(code_of(&cut), "truncated", "{name}");
    }
}

#[test]
fn content_counts_and_not_the_name() {
    let made = Made::new();
    let jpeg = fs::read(made.by_ffmpeg("a.jpg", STILL)).unwrap();
    let mp4 = fs::read(made.by_ffmpeg("a.mp4", PICTURE_AND_SOUND)).unwrap();
    let playlist = b"#EXTM3U\n#EXTINF:10,\nneighbour.ts\n";
    assert_eq!(code_of(&made.with_bytes("x.mkv", &jpeg)), "mislabelled");
    assert_eq!(code_of(&made.with_bytes("y.mkv", playlist)), "mislabelled");
    assert_eq!(code_of(&made.with_bytes("z.jpg", &mp4)), "mislabelled");
    assert_eq!(code_of(&made.with_bytes("t.mp3", b"not a song at all")), "mislabelled");
    assert_eq!(code_of(&made.with_bytes("e.mp4", b"")), "empty");
    assert_eq!(look(&made.with_bytes("v.mkv", &mp4)).unwrap().container, Container::Mp4);
}

#[test]
fn the_content_key_follows_the_content() {
    let made = Made::new();
    let long = vec![7; 300_000];
    let mut other = long.clone();
    *other.last_mut().unwrap() = 8;
    let wave = fs::read(made.by_ffmpeg("a.wav", SOUND)).unwrap();
    let key = |name: &str, bytes: &[u8]| look(&made.with_bytes(name, bytes)).unwrap().content_key;
    let mut changed = wave.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(key("1.wav", &wave), key("2.wav", &wave));
    assert_ne!(key("1.wav", &wave), key("3.wav", &changed));
}

#[test]
fn nothing_that_is_done_to_a_file_makes_a_parser_panic() {
    let made = Made::new();
    let samples = [
        ("a.mp4", format!("{PICTURE_AND_SOUND} -c:v libx264 {TAGS}")),
        ("a.mkv", format!("{PICTURE_AND_SOUND} -c:v libx264")),
        ("a.mp3", format!("{SOUND} -c:a libmp3lame {TAGS}")),
        ("a.flac", format!("{SOUND} -c:a flac {TAGS}")),
        ("a.ogg", format!("{SOUND} -c:a libvorbis {TAGS}")),
        ("a.webp", STILL.to_owned()),
        ("a.jpg", STILL.to_owned()),
        ("a.wav", SOUND.to_owned()),
    ];
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (name, arguments) in samples {
        let mut whole = fs::read(made.by_ffmpeg(name, &arguments)).unwrap();
        if name == "a.jpg" {
            whole = with_exif(&whole);
        }
        for round in 0..300 {
            let mut broken = whole.clone();
            let reach = if round % 2 == 0 { broken.len().min(600) } else { broken.len() };
            for _ in 0..1 + round % 8 {
                let at = usize::try_from(next()).unwrap() % reach;
                broken[at] = [0, 0xFF, 0x7F, next().to_le_bytes()[0]][round % 4];
            }
            if round % 5 == 0 {
                broken.truncate(usize::try_from(next()).unwrap() % whole.len());
            }
            look(&made.with_bytes(name, &broken)).ok();
        }
    }
}
