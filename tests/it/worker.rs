//! The worker process from outside: what it makes, what it cannot reach, how it ends.

use std::fs::{self, File};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};
use stead::host::shutdown::Shutdown;
use stead::work::launcher::{Cancel, Ended, JobFailure, Launcher, WorkerProgram, Workers};
use stead::work::worker::wire::{Job, Reply};

use crate::media::{FILM, Media, STILL};
use crate::program::STEAD;

fn launcher() -> Launcher {
    let program = WorkerProgram { path: STEAD.into(), arguments: vec!["worker".into()] };
    Launcher::start(Workers::Children(program), Shutdown::new().post("launcher")).unwrap()
}

fn memory() -> File {
    File::from(memfd_create(c"output", MemfdFlags::CLOEXEC).unwrap())
}

fn bytes(file: &File) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

fn run(job: &Job, files: &[&File]) -> Result<Ended, JobFailure> {
    let descriptors: Vec<BorrowedFd<'_>> = files.iter().map(|file| file.as_fd()).collect();
    launcher().run(job, &descriptors, 60_000, &Cancel::default())
}

fn frame(demuxer: &str, program: &str) -> Job {
    Job::Frame { program: program.into(), demuxer: demuxer.to_owned(), at_ms: 0 }
}

const FFMPEG: &str = "/usr/bin/ffmpeg";

#[test]
fn pictures_are_made_upright_and_no_larger_than_asked() {
    let media = Media::new();
    for name in ["a.jpg", "a.png", "a.webp"] {
        let input = File::open(media.make(name, STILL)).unwrap();
        for (widest, expected) in [(320, (320, 240)), (1920, (800, 600))] {
            let output = memory();
            let made = run(&Job::Picture { widest }, &[&input, &output]).unwrap();
            assert_eq!(made, Ended::Replied(Reply::Made { width: 800, height: 600 }), "{name}");
            let picture = image::load_from_memory(&bytes(&output)).unwrap();
            assert_eq!((picture.width(), picture.height()), expected, "{name}");
        }
    }
}

/// The photo and one copy of it would be more than a worker may have; the program of the tests is itself
/// 100 MB of it, so that this is not the largest one.
#[test]
fn a_large_photo_is_made_small_without_a_copy_of_it() {
    let media = Media::new();
    let photo = "-f lavfi -i color=c=teal:s=7000x7000 -frames:v 1";
    let input = File::open(media.make("large.jpg", photo)).unwrap();
    let output = memory();
    let made = run(&Job::Picture { widest: 320 }, &[&input, &output]).unwrap();
    assert_eq!(made, Ended::Replied(Reply::Made { width: 7000, height: 7000 }));
    let picture = image::load_from_memory(&bytes(&output)).unwrap().to_rgb8();
    assert_eq!((picture.width(), picture.height()), (320, 320));
    let [red, green, blue] = picture.get_pixel(160, 160).0;
    assert!(red < 20 && green.abs_diff(128) < 20 && blue.abs_diff(128) < 20, "teal is kept");
}

#[test]
fn what_is_no_picture_is_refused_with_a_sentence() {
    let media = Media::new();
    let input = File::open(media.write("a.jpg", b"no picture")).unwrap();
    let refused = run(&Job::Picture { widest: 320 }, &[&input, &memory()]).unwrap();
    let Ended::Replied(Reply::Refused { detail }) = refused else { panic!("{refused:?}") };
    assert!(detail.contains("no picture that can be read"), "{detail}");
}

#[test]
fn a_bomb_of_pixels_is_refused_by_its_header() {
    let media = Media::new();
    let mut png = fs::read(media.make("a.png", STILL)).unwrap();
    png[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let input = File::open(media.write("bomb.png", &png)).unwrap();
    let refused = run(&Job::Picture { widest: 320 }, &[&input, &memory()]).unwrap();
    assert!(matches!(refused, Ended::Replied(Reply::Refused { .. })), "{refused:?}");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xEDB8_8320 }
        })
    })
}

#[test]
fn a_frame_comes_out_of_a_film() {
    let media = Media::new();
    for (name, demuxer) in [("a.mp4", "mov"), ("a.mkv", "matroska"), ("a.ts", "mpegts")] {
        let input = File::open(media.make(name, FILM)).unwrap();
        let output = memory();
        let ended = run(&frame(demuxer, FFMPEG), &[&input, &output]).unwrap();
        assert_eq!(ended, Ended::ProgramSucceeded, "{name}");
        let picture = image::load_from_memory(&bytes(&output)).unwrap();
        assert_eq!((picture.width(), picture.height()), (640, 360), "{name}");
    }
}

#[test]
fn ffprobe_describes_what_has_no_parser_here() {
    let media = Media::new();
    let input = File::open(media.make("a.ts", FILM)).unwrap();
    let output = memory();
    let job = Job::Describe { program: "/usr/bin/ffprobe".into(), demuxer: "mpegts".to_owned() };
    assert_eq!(run(&job, &[&input, &output]).unwrap(), Ended::ProgramSucceeded);
    let answer: serde_json::Value = serde_json::from_slice(&bytes(&output)).unwrap();
    assert_eq!(answer["streams"][0]["codec_name"], "h264");
}

#[test]
fn a_playlist_that_is_named_like_a_film_reads_nothing_else() {
    let media = Media::new();
    media.make("neighbour.ts", FILM);
    let playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nneighbour.ts\n#EXT-X-ENDLIST\n";
    let path = media.write("film.mkv", playlist);
    let list = format!("file '{}'\n", media.path.join("neighbour.ts").display());
    let concat = media.write("list.mkv", list.as_bytes());
    let watch = media.watch();
    // Whatever demuxer it is given, its neighbour stays shut: by the list of demuxers, and where
    // the demuxer itself follows names, by landlock.
    for (path, demuxer) in [(&path, "matroska"), (&path, "hls"), (&concat, "concat")] {
        let failed = run(&frame(demuxer, FFMPEG), &[&File::open(path).unwrap(), &memory()]);
        assert!(matches!(failed, Err(JobFailure::ProgramFailed { .. })), "{demuxer}: {failed:?}");
    }
    assert!(!watch.opened().contains(&"neighbour.ts".to_owned()));
}

#[test]
fn a_worker_runs_no_program_but_those_of_the_system() {
    let media = Media::new();
    let copy = media.at("ffmpeg");
    fs::copy("/bin/echo", &copy).unwrap();
    let input = File::open(media.write("a", b"x")).unwrap();
    let failed = run(&frame("mov", copy.to_str().unwrap()), &[&input, &memory()]);
    let Err(JobFailure::Unable { complaint }) = failed else { panic!("{failed:?}") };
    assert!(complaint.contains("Permission denied"), "{complaint}");
}

#[test]
fn endless_output_comes_to_an_end() {
    let media = Media::new();
    // Noise cannot be compressed: its frame would be three times the most that is allowed.
    let noise = "-f lavfi -i nullsrc=s=1920x8000:d=0.1:r=10,geq=random(1)*255:128:128 \
         -frames:v 1 -c:v mjpeg -q:v 2";
    let input = File::open(media.make("noise.mkv", noise)).unwrap();
    let output = memory();
    let failed = run(&frame("matroska", FFMPEG), &[&input, &output]);
    assert!(failed.is_err(), "{failed:?}");
    assert!(output.metadata().unwrap().len() <= 8 * 1024 * 1024);
}

/// A worker that has no time for anything, and one that would never end, with a child of its own.
#[test]
fn nothing_is_left_of_a_worker_whose_time_is_up() {
    let media = Media::new();
    let film = File::open(media.make("a.mkv", FILM)).unwrap();
    let output = memory();
    let files = [film.as_fd(), output.as_fd()];
    let job = frame("matroska", FFMPEG);
    let launcher = |path: &Path, arguments: &[&Path]| {
        let arguments = arguments.iter().map(|argument| argument.into()).collect();
        let program = WorkerProgram { path: path.into(), arguments };
        Launcher::start(Workers::Children(program), Shutdown::new().post("launcher")).unwrap()
    };
    // Known by this name until it becomes another program, which it has no time for.
    let own = media.at("a-worker-of-this-test");
    std::os::unix::fs::symlink(STEAD, &own).unwrap();
    let hurried = launcher(&own, &[Path::new("worker")]);
    let over = hurried.run(&job, &files, 1, &Cancel::default());
    assert!(matches!(over, Err(JobFailure::TooLong { limit_ms: 1 })), "{over:?}");
    assert_eq!(running(own.to_str().unwrap()), [0; 0]);

    let script = media.write("endless", b"sleep 7654.321 &\nwait\n");
    let endless = launcher(Path::new("/bin/sh"), &[&script]);
    let marks = [script.to_str().unwrap(), "7654.321"];
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| endless.run(&job, &files, 60_000, &cancel));
        while running(marks[1]).is_empty() {
            assert!(!ran.is_finished(), "it goes on");
            std::thread::yield_now();
        }
        cancel.cancel();
        let none = ran.join().unwrap();
        assert!(matches!(none, Err(JobFailure::Cancelled)), "{none:?}");
    });
    assert_eq!(running(marks[0]), [0; 0], "it is waited for");
    // Whoever waits for its child, the kernel has been told to kill it.
    let begun = Instant::now();
    while !running(marks[1]).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", running(marks[1]));
        std::thread::yield_now();
    }
}

/// Processes whose command holds `mark`; what has ended has no command.
fn running(mark: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            command.contains(mark)
        })
        .collect()
}

#[test]
fn a_worker_that_is_started_by_hand_says_what_it_is() {
    let ended = crate::program::stead(&["worker"]);
    assert_eq!(ended.code, Some(64));
    assert!(ended.complained.contains("started by the server"), "{}", ended.complained);
}

/// The system's part for workers: for each connection one process that has it as its input. systemd
/// does the same with `Accept=yes`.
fn unit(folder: &Path) -> std::path::PathBuf {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
    let path = folder.join("worker.sock");
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    let socket = rustix::net::socket_with(family, kind, SocketFlags::CLOEXEC, None).unwrap();
    rustix::net::bind(&socket, &SocketAddrUnix::new(&path).unwrap()).unwrap();
    rustix::net::listen(&socket, 16).unwrap();
    std::thread::spawn(move || {
        while let Ok(asked) = rustix::net::accept(&socket) {
            let mut instance = std::process::Command::new(STEAD)
                .args(["worker", "--unit"])
                .stdin(asked)
                .spawn()
                .unwrap();
            std::thread::spawn(move || instance.wait());
        }
    });
    path
}

#[test]
fn a_unit_of_the_system_does_what_a_child_does() {
    let media = Media::new();
    let post = Shutdown::new().post("launcher");
    let launcher = Launcher::start(Workers::Unit(unit(&media.path)), post).unwrap();
    let run = |job: &Job, files: &[&File], limit_ms| {
        let files: Vec<BorrowedFd<'_>> = files.iter().map(|file| file.as_fd()).collect();
        launcher.run(job, &files, limit_ms, &Cancel::default())
    };
    let picture = File::open(media.make("a.jpg", STILL)).unwrap();
    let output = memory();
    let made = run(&Job::Picture { widest: 320 }, &[&picture, &output], 60_000).unwrap();
    assert_eq!(made, Ended::Replied(Reply::Made { width: 800, height: 600 }));
    assert_eq!(image::load_from_memory(&bytes(&output)).unwrap().width(), 320);

    let film = File::open(media.make("a.mkv", FILM)).unwrap();
    let output = memory();
    let ended = run(&frame("matroska", FFMPEG), &[&film, &output], 60_000).unwrap();
    assert_eq!(ended, Ended::ProgramSucceeded);
    assert_eq!(image::load_from_memory(&bytes(&output)).unwrap().width(), 640);

    let none = File::open(media.write("b.mkv", b"no film")).unwrap();
    let failed = run(&frame("matroska", FFMPEG), &[&none, &memory()], 60_000);
    assert!(matches!(failed, Err(JobFailure::ProgramFailed { .. })), "{failed:?}");
    let copy = media.at("ffmpeg");
    fs::copy("/bin/echo", &copy).unwrap();
    let failed = run(&frame("mov", copy.to_str().unwrap()), &[&film, &memory()], 60_000);
    assert!(matches!(failed, Err(JobFailure::Unable { .. })), "{failed:?}");
    let late = run(&frame("matroska", FFMPEG), &[&film, &memory()], 1);
    assert!(matches!(late, Err(JobFailure::TooLong { limit_ms: 1 })), "{late:?}");
}

/// Whoever wants a job no more closes the connection, and nothing is left of its instance.
#[test]
fn a_job_of_a_unit_that_is_cancelled_leaves_nothing_behind() {
    let media = Media::new();
    let post = Shutdown::new().post("launcher");
    let launcher = Launcher::start(Workers::Unit(unit(&media.path)), post).unwrap();
    // Endless, and known by its demuxer's name.
    let endless = media.write("endless.mkv", b"");
    fs::remove_file(&endless).unwrap();
    nix::unistd::mkfifo(&endless, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let input = File::options().read(true).write(true).open(&endless).unwrap();
    let output = memory();
    let files = [input.as_fd(), output.as_fd()];
    let (job, mark) = (frame("matroska,webm", FFMPEG), "matroska,webm");
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let ran = scope.spawn(|| launcher.run(&job, &files, 60_000, &cancel));
        while running(mark).is_empty() {
            assert!(!ran.is_finished(), "it goes on");
            std::thread::yield_now();
        }
        cancel.cancel();
        let none = ran.join().unwrap();
        assert!(matches!(none, Err(JobFailure::Cancelled)), "{none:?}");
    });
    let begun = Instant::now();
    while !running(mark).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", running(mark));
        std::thread::yield_now();
    }
}

#[test]
fn a_unit_that_is_not_there_is_no_fault_of_the_file() {
    let media = Media::new();
    let post = Shutdown::new().post("launcher");
    let launcher = Launcher::start(Workers::Unit(media.at("nobody.sock")), post).unwrap();
    let file = memory();
    let files = [file.as_fd(), file.as_fd()];
    let failed = launcher.run(&Job::Picture { widest: 1 }, &files, 1_000, &Cancel::default());
    assert!(matches!(failed, Err(JobFailure::Machine(_))), "{failed:?}");
}
