//! Real media, made by ffmpeg for one test, and a watch over who opens it.

use std::fs;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

/// A folder of media.
pub(crate) struct Media {
    _temp: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

/// Two seconds of picture and sound in H.264 and AAC.
pub(crate) const FILM: &str = "-f lavfi -i testsrc=s=640x360:d=2:r=10 -f lavfi -i sine=d=2 \
     -shortest -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac";
/// One second of sound.
pub(crate) const SOUND: &str = "-f lavfi -i sine=d=1";
/// A picture.
pub(crate) const STILL: &str = "-f lavfi -i testsrc=s=800x600:d=1 -frames:v 1";

impl Media {
    pub(crate) fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().canonicalize().unwrap().join("media");
        fs::create_dir(&path).unwrap();
        Self { _temp: temp, path }
    }

    /// Where `name` lies, in a folder that is made.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// Makes `name` by ffmpeg.
    pub(crate) fn make(&self, name: &str, arguments: &str) -> PathBuf {
        self.make_with(name, arguments, &[])
    }

    /// Makes `name` by ffmpeg, with arguments that hold spaces.
    pub(crate) fn make_with(&self, name: &str, arguments: &str, more: &[&str]) -> PathBuf {
        let path = self.at(name);
        let status = Command::new("ffmpeg")
            .args(["-nostdin", "-loglevel", "error", "-y"])
            .args(arguments.split_whitespace())
            .args(more)
            .arg(&path)
            .status()
            .expect("ffmpeg is installed");
        assert!(status.success(), "ffmpeg makes {name}");
        path
    }

    /// Writes `name`.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.at(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Makes `name` of the first two thirds of a file.
    pub(crate) fn cut(&self, name: &str, whole: &Path) -> PathBuf {
        let bytes = fs::read(whole).unwrap();
        self.write(name, &bytes[..bytes.len() * 2 / 3])
    }

    /// A track with tags.
    pub(crate) fn track(&self, name: &str, title: &str, number: u32) {
        let tags = [
            format!("title={title}"),
            "artist=Ohm".to_owned(),
            "album_artist=Ohm".to_owned(),
            "album=Strom und Spannung".to_owned(),
            format!("track={number}"),
            "date=1999".to_owned(),
        ];
        let more: Vec<&str> = tags.iter().flat_map(|tag| ["-metadata", tag]).collect();
        self.make_with(name, SOUND, &more);
    }

    /// Hears from now on of every file below this folder that is opened.
    pub(crate) fn watch(&self) -> Watch {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC).unwrap();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            inotify.add_watch(&folder, AddWatchFlags::IN_OPEN).unwrap();
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        // What was caused by setting the watches is no news.
        drop(inotify.read_events());
        Watch(inotify)
    }
}

/// Who opened what.
pub(crate) struct Watch(Inotify);

impl Watch {
    /// Names of the files that were opened; folders do not count.
    pub(crate) fn opened(&self) -> Vec<String> {
        assert!(self.0.as_fd().try_clone_to_owned().is_ok());
        let mut names = Vec::new();
        while let Ok(events) = self.0.read_events() {
            let files = events.into_iter().filter(|e| !e.mask.contains(AddWatchFlags::IN_ISDIR));
            names.extend(files.filter_map(|e| Some(e.name?.into_string().unwrap())));
        }
        names
    }
}
