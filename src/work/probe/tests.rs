//! Real files, made by ffmpeg, whole, cut and wrongly named.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use stead_rules::limits::PROBE_STEPS_MAX;
use stead_rules::media::{FileKind, file_kind};

use super::source::Source;
use super::{Class, Container, Header, ProbeError, Probed, flac, probe};
use crate::work::launcher::Cancel;

pub(crate) struct Made {
    pub(crate) folder: tempfile::TempDir,
}

impl Made {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn with_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
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
    let named = match file_kind(path.file_name().unwrap().to_str().unwrap()) {
        FileKind::Video => Class::Video,
        FileKind::Audio => Class::Audio,
        FileKind::Picture => Class::Picture,
        FileKind::Subtitles | FileKind::Description | FileKind::Other => Class::Other,
    };
    probe(&File::open(path).unwrap(), named, &Cancel::default())
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
        ("a.oga", "-c:a flac"),
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
fn the_certificate_of_a_video_is_found() {
    let made = Made::new();
    let video = |name: &str, more: &str| {
        made.by_ffmpeg(name, &format!("{PICTURE_AND_SOUND} -c:v libx264 -c:a aac {more}"))
    };
    let mkv = video("a.mkv", "-metadata LAW_RATING=PG-13");
    assert_eq!(header(&mkv).tags.certificate.as_deref(), Some("PG-13"));
    // ffmpeg writes no items with names of their own, so one of its own makes room for one.
    let certificate = b"mpaa|PG-13|300|";
    let room = "x".repeat(certificate.len() + 48);
    let mp4 = video("a.mp4", &format!("-metadata comment={room}"));
    let mut bytes = fs::read(&mp4).unwrap();
    let at = bytes.windows(4).position(|window| window == b"\xA9cmt").unwrap();
    let part = |kind: &[u8; 4], value: &[u8]| {
        let length = u32::try_from(value.len() + 8).unwrap();
        [&length.to_be_bytes(), kind.as_slice(), value].concat()
    };
    let item = [
        part(b"mean", b"\0\0\0\0com.apple.iTunes"),
        part(b"name", b"\0\0\0\0iTunEXTC"),
        part(b"data", &[b"\0\0\0\x01\0\0\0\0".as_slice(), certificate].concat()),
    ];
    let item = part(b"----", &item.concat());
    bytes[at - 4..at - 4 + item.len()].copy_from_slice(&item);
    let found = header(&made.with_bytes("b.mp4", &bytes));
    assert_eq!(found.tags.certificate.as_deref(), Some("mpaa|PG-13|300|"));
    assert_eq!(header(&mp4).tags.certificate, None);
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
    each_broken(&made, |name, broken| {
        look(&made.with_bytes(name, broken)).ok();
    });
}

/// Hands out files of all kinds in which this and that was overwritten or cut off.
pub(crate) fn each_broken(made: &Made, mut take: impl FnMut(&str, &[u8])) {
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
            take(name, &broken);
        }
    }
}

/// The same film whose index tells times in 64 bits, and that its writer did not know the length.
pub(crate) fn of_unknown_length(mp4: &[u8]) -> Vec<u8> {
    let at = |kind: &[u8]| mp4.windows(4).position(|window| window == kind).unwrap();
    let (moov, mvhd) = (at(b"moov"), at(b"mvhd"));
    let length = |at: usize| u32::from_be_bytes(mp4[at - 4..at].try_into().unwrap());
    let mut out = mp4[..moov - 4].to_vec();
    out.extend((length(moov) + 12).to_be_bytes());
    out.extend(&mp4[moov..mvhd - 4]);
    out.extend((length(mvhd) + 12).to_be_bytes());
    out.extend(b"mvhd\x01\0\0\0");
    out.extend([0; 16]);
    out.extend(1000_u32.to_be_bytes());
    out.extend(u64::MAX.to_be_bytes());
    // Behind version, two times, the scale and the length of the short form.
    out.extend(&mp4[mvhd + 4 + 20..]);
    out
}

#[test]
fn a_length_that_the_writer_did_not_know_is_none() {
    let made = Made::new();
    let film = fs::read(made.by_ffmpeg("a.mp4", &format!("{PICTURE_AND_SOUND} -c:v libx264")));
    let found = header(&made.with_bytes("b.mp4", &of_unknown_length(&film.unwrap())));
    assert_eq!((found.duration_ms, found.video.unwrap().codec.as_str()), (None, "h264"));
}

#[test]
fn a_whole_flac_is_whole_whatever_its_sound_looks_like() {
    let made = Made::new();
    let mut flac = fs::read(made.by_ffmpeg("a.flac", &format!("{SOUND} -c:a flac"))).unwrap();
    // In the last frame the sound looks like the head of the sixth.
    let mut chance = vec![0xFF, 0xF8, 0xC9, 0x18, 5];
    chance.push(flac::crc8(&chance));
    let at = flac.len() - 10;
    flac[at..at + chance.len()].copy_from_slice(&chance);
    assert!(look(&made.with_bytes("b.flac", &flac)).is_ok());
    let cut = &flac[..flac.len() * 2 / 3];
    assert_eq!(code_of(&made.with_bytes("c.flac", &[cut, &chance].concat())), "truncated");
}

#[test]
fn kinds_without_a_reader_are_called_by_their_name() {
    let made = Made::new();
    for (name, bytes, what) in [
        ("a.ape", b"MAC \x96\x0F\0\0 and more".as_slice(), "Monkey's Audio"),
        ("a.aiff", b"FORM\0\0\x10\0AIFFCOMM", "AIFF"),
        ("a.dsf", b"DSD \x1C\0\0\0\0\0\0\0", "DSF"),
        ("a.mpc", b"MPCKSH\x0E\x01\0\0\0\0", "Musepack"),
        ("a.wv", b"wvpk\x10\0\0\0\x10\x04\0\0", "WavPack"),
        ("a.gif", b"GIF89a\x10\0\x10\0\0\0\0", "GIF"),
        ("a.bmp", b"BM\x36\0\0\0\0\0\0\0\x36\0", "BMP"),
        ("a.tif", b"II*\0\x08\0\0\0\0\0\0\0", "TIFF"),
        ("a.m2v", b"\0\0\x01\xB3\x28\x02\x40\x13", "Bare MPEG video"),
        ("a.dv", b"\x1F\x07\0\x3F\0\0\0\0", "DV"),
        ("a.mxf", b"\x06\x0E\x2B\x34\x02\x05\x01\x01", "MXF"),
        ("a.rmvb", b".RMF\0\0\0\x12\0\0\0\0", "RealMedia"),
        ("a.wtv", b"\xB7\xD8\0\x20\x37\x49\xDA\x11\xA6\x4E", "WTV"),
        ("a.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
    ] {
        let found = look(&made.with_bytes(name, bytes)).unwrap_err();
        assert_eq!(found.code(), "unsupported", "{name}: {found}");
        assert!(found.to_string().starts_with(what), "{name}: {found}");
    }
    assert_eq!(code_of(&made.with_bytes("b.mkv", b"GIF89a\x10\0\x10\0\0\0\0")), "mislabelled");
    assert_eq!(code_of(&made.with_bytes("b.ape", b"\x01\x02\x03\x04\x05\x06")), "mislabelled");
}

#[test]
fn an_ogg_is_known_by_all_of_its_streams() {
    let made = Made::new();
    let sound = fs::read(made.by_ffmpeg("a.ogg", &format!("{SOUND} -c:a libvorbis {TAGS}")));
    let sound = sound.unwrap();
    // A skeleton, as some writers put in front.
    let mut skeleton = b"OggS\0\x02".to_vec();
    skeleton.extend([0; 8]);
    skeleton.extend(77_u32.to_le_bytes());
    skeleton.extend([0; 8]);
    skeleton.extend([1, 64]);
    skeleton.extend(b"fishead\0");
    skeleton.extend([0; 56]);
    let found = header(&made.with_bytes("b.ogg", &[skeleton.clone(), sound].concat()));
    assert_eq!(found.audio.unwrap().codec, "vorbis");
    assert_eq!(found.tags.title.as_deref(), Some("Nacht"));
    assert!((2950..3100).contains(&found.duration_ms.unwrap()));
    assert_eq!(code_of(&made.with_bytes("c.ogg", &skeleton)), "unsupported");
    let film = format!("{PICTURE_AND_SOUND} -c:v libtheora -c:a libvorbis");
    let found = header(&made.by_ffmpeg("a.ogv", &film));
    let codecs = (found.video.unwrap().codec, found.audio.unwrap().codec);
    assert_eq!((codecs.0.as_str(), codecs.1.as_str()), ("theora", "vorbis"));
}

#[test]
fn an_mp4_of_very_many_pieces_is_not_called_damaged() {
    let made = Made::new();
    let film = fs::read(made.by_ffmpeg("a.mp4", &format!("{PICTURE_AND_SOUND} -c:v libx264")));
    let film = film.unwrap();
    let pieces = b"\0\0\0\x08moof".repeat(usize::try_from(PROBE_STEPS_MAX).unwrap());
    let found = header(&made.with_bytes("b.mp4", &[film.clone(), pieces.clone()].concat()));
    assert_eq!(found.video.unwrap().codec, "h264", "the index in front of them");
    let behind = [b"\0\0\0\x10ftypisom\0\0\0\0", pieces.as_slice(), &film].concat();
    assert_eq!(code_of(&made.with_bytes("c.mp4", &behind)), "unsupported");
}

/// A mount whose file system can be killed.
struct Disk {
    system: Child,
    at: PathBuf,
}

impl Disk {
    fn mount(inside: &Path, at: &Path) -> Self {
        fs::create_dir_all(at).unwrap();
        let before = fs::metadata(at).unwrap().dev();
        let system = Command::new("bindfs")
            .arg("-f")
            .args([inside, at])
            .stdin(Stdio::null())
            .spawn()
            .expect("bindfs is installed");
        let mut disk = Self { system, at: at.to_owned() };
        while fs::metadata(at).unwrap().dev() == before {
            assert!(disk.system.try_wait().unwrap().is_none(), "bindfs stays");
            std::thread::yield_now();
        }
        disk
    }

    fn kill(&mut self) {
        self.system.kill().unwrap();
        self.system.wait().unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.system.kill().ok();
        self.system.wait().ok();
        drop(Command::new("fusermount3").args(["-u", "-z"]).arg(&self.at).status());
    }
}

/// A film whose index lies far from both of its ends.
fn with_index_amid(made: &Made) -> Vec<u8> {
    let film = fs::read(made.by_ffmpeg("f.mp4", &format!("{PICTURE_AND_SOUND} -c:v libx264")));
    let mut space = (4_000_000_u32).to_be_bytes().to_vec();
    space.extend(b"free");
    space.resize(4_000_000, 0);
    [b"\0\0\0\x10ftypisom\0\0\0\0", space.as_slice(), &film.unwrap(), &space].concat()
}

#[test]
fn what_a_disk_refuses_is_not_said_of_the_file() {
    let made = Made::new();
    let inside = made.folder.path().join("inside");
    fs::create_dir(&inside).unwrap();
    let whole = made.with_bytes("inside/a.mp4", &with_index_amid(&made));
    assert!(look(&whole).is_ok());
    let mut disk = Disk::mount(&inside, &made.folder.path().join("usb"));
    let file = File::open(disk.at.join("a.mp4")).unwrap();
    let go_on = Cancel::default();
    let source = Source::open(&file, &go_on).unwrap();
    disk.kill();
    let concluded = super::look(&source, Class::Video);
    assert!(concluded.is_err());
    let refused = source.into_refused().expect("the disk refused");
    assert_eq!(refused.kind(), std::io::ErrorKind::NotConnected);
    assert_eq!(probe(&file, Class::Video, &go_on).unwrap_err().code(), "unreadable");
}

#[test]
fn a_file_that_is_cut_off_or_left_while_it_is_read_is_not_judged() {
    let made = Made::new();
    let mut jpeg = fs::read(made.by_ffmpeg("a.jpg", STILL)).unwrap();
    jpeg.truncate(jpeg.len() - 2);
    jpeg.resize(4_000_000, 0);
    for (name, bytes, class) in
        [("b.mp4", with_index_amid(&made), Class::Video), ("b.jpg", jpeg, Class::Picture)]
    {
        let path = made.with_bytes(name, &bytes);
        let file = File::open(&path).unwrap();
        let (go_on, stop) = (Cancel::default(), Cancel::default());
        let cut = Source::open(&file, &go_on).unwrap();
        let left = Source::open(&file, &stop).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(100_000).unwrap();
        stop.cancel();
        for (source, why) in
            [(cut, std::io::ErrorKind::UnexpectedEof), (left, std::io::ErrorKind::Interrupted)]
        {
            assert!(super::look(&source, class).is_err(), "{name}");
            assert_eq!(source.into_refused().map(|error| error.kind()), Some(why), "{name}");
        }
    }
}
