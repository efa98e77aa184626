//! Reading folders: names, lengths and times, in the order in which they lie on the disk. No
//! file is opened and no link is followed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ring::digest::{Context, SHA256};
use rustix::fs::{Dir, FileType};
use stead_rules::limits::FOLDER_FILES_MAX;
use stead_rules::media::{FileKind, file_kind};
use stead_store::library::folders::Signature;

use super::beside::Description;
use crate::host::beneath::{facts_beneath, facts_in, open_folder_beneath};
use crate::work::mtime_ns;

/// A file that may matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeenFile {
    pub(super) name: Vec<u8>,
    pub(super) kind: FileKind,
    pub(super) inode: u64,
    pub(super) size: u64,
    pub(super) mtime_ns: i64,
}

/// A folder as the disk shows it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SeenFolder {
    /// By name.
    pub(super) files: Vec<SeenFile>,
    /// Names of the folders in it, by inode.
    pub(super) folders: Vec<OsString>,
    /// Whether the folder above holds a film or a series, to which what is here may belong.
    pub(super) below_a_work: bool,
    /// What describes the series that a folder above it is.
    pub(super) show: Option<Description>,
}

/// Folders that devices and systems leave behind; nothing in them was put there by a person.
const NOT_OURS: [&[u8]; 6] = [
    b"lost+found",
    b"@eaDir",
    b"#recycle",
    b"$RECYCLE.BIN",
    b"System Volume Information",
    b"@Recycle",
];

/// Where a file lies: its device and inode.
pub(super) type Place = (u64, u64);

/// Reads the folder at `path` below `root`; the one that lies at `left_out` looks empty.
pub(super) fn read(root: &Path, path: &Path, left_out: Option<Place>) -> io::Result<SeenFolder> {
    let folder = open_folder_beneath(File::open(root)?, path)?;
    let facts = folder.metadata()?;
    if left_out == Some((facts.dev(), facts.ino())) {
        return Ok(SeenFolder::default());
    }
    let mut entries = entries(&folder)?;
    // Inodes of a folder lie close together, so this is the order of the disk.
    entries.sort_unstable_by_key(|entry| entry.inode);
    let mut seen = SeenFolder::default();
    for entry in entries {
        seen.add(&folder, entry)?;
    }
    seen.files.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Ok(seen)
}

/// Whether no walk would find anything at `path` below `root`: there is nothing, or a link on the
/// way. Of a disk that does not answer nothing is said to be gone.
pub(super) fn is_gone(root: &Path, path: &Path) -> bool {
    let looked = File::open(root).map(|root| facts_beneath(root, path));
    let gone = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory];
    let is_link = Some(rustix::io::Errno::LOOP.raw_os_error());
    match looked {
        Ok(Ok(facts)) => facts.is_symlink(),
        Ok(Err(error)) => gone.contains(&error.kind()) || error.raw_os_error() == is_link,
        Err(_) => false,
    }
}

struct Entry {
    name: OsString,
    inode: u64,
    kind: FileType,
}

fn entries(folder: &File) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        if entries.len() >= FOLDER_FILES_MAX {
            return Err(io::Error::other("more files in one folder than can be compared"));
        }
        let (name, inode) = (name.to_owned(), entry.ino());
        entries.push(Entry { name, inode, kind: entry.file_type() });
    }
    Ok(entries)
}

impl SeenFolder {
    fn add(&mut self, folder: &File, entry: Entry) -> io::Result<()> {
        let promised = file_kind(&entry.name.to_string_lossy());
        match entry.kind {
            FileType::Directory => self.add_folder(entry.name),
            FileType::RegularFile if promised == FileKind::Other => {}
            // Some file systems do not say in the folder what an entry is.
            FileType::RegularFile | FileType::Unknown => {
                if let Some(meta) = facts(folder, &entry.name)? {
                    self.add_looked_at(entry.name, promised, &meta);
                }
            }
            FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice => {}
        }
        Ok(())
    }

    fn add_folder(&mut self, name: OsString) {
        if !NOT_OURS.contains(&name.as_bytes()) {
            self.folders.push(name);
        }
    }

    fn add_looked_at(&mut self, name: OsString, promised: FileKind, meta: &Metadata) {
        if meta.is_dir() {
            self.add_folder(name);
        } else if meta.is_file() && promised != FileKind::Other {
            self.files.push(SeenFile {
                name: name.into_encoded_bytes(),
                kind: promised,
                inode: meta.ino(),
                size: meta.len(),
                mtime_ns: mtime_ns(meta),
            });
        }
    }

    /// What tells that nothing in the folder changed, nor what it belongs to. Devices and inodes are left out: some file
    /// systems number anew at each mount.
    pub(super) fn signature(&self) -> Signature {
        let mut hash = Context::new(&SHA256);
        hash.update(&[u8::from(self.below_a_work)]);
        self.show.iter().for_each(|show| show.mix_into(&mut hash));
        for file in &self.files {
            hash.update(&(file.name.len() as u64).to_be_bytes());
            hash.update(&file.name);
            hash.update(&file.size.to_be_bytes());
            hash.update(&file.mtime_ns.to_be_bytes());
        }
        let digest = hash.finish();
        let mut signature = Signature::default();
        signature.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        signature
    }
}

/// The facts of an entry; `None` when it went between the two looks.
fn facts(folder: &File, name: &OsStr) -> io::Result<Option<Metadata>> {
    match facts_in(folder, name) {
        Ok(meta) => Ok(Some(meta)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    use std::path::Path;

    use super::{SeenFolder, is_gone, read};

    fn look(root: &Path) -> std::io::Result<SeenFolder> {
        read(root, Path::new(""), None)
    }

    #[test]
    fn only_files_that_matter_are_seen_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["b.mkv", "a.mp3", "notes.txt", ".hidden.mkv", "cover.jpg"] {
            fs::write(at(name), name).unwrap();
        }
        fs::create_dir(at("sub")).unwrap();
        fs::create_dir(at("@eaDir")).unwrap();
        fs::create_dir(at(".trash")).unwrap();
        symlink("/etc", at("etc")).unwrap();
        symlink("/etc/passwd", at("passwd.mkv")).unwrap();
        let seen = look(folder.path()).unwrap();
        let names: Vec<_> = seen.files.iter().map(|file| file.name.as_slice()).collect();
        assert_eq!(names, [b"a.mp3".as_slice(), b"b.mkv", b"cover.jpg"]);
        assert_eq!(seen.folders, ["sub"]);
    }

    #[test]
    fn a_folder_that_became_a_link_is_not_read() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("private.jpg"), "x").unwrap();
        fs::create_dir(root.path().join("sub")).unwrap();
        let sub = |root: &Path| read(root, Path::new("sub"), None);
        assert_eq!(sub(root.path()).unwrap(), SeenFolder::default());
        fs::remove_dir(root.path().join("sub")).unwrap();
        symlink(other.path(), root.path().join("sub")).unwrap();
        assert!(sub(root.path()).is_err());
    }

    #[test]
    fn a_file_that_is_only_found_over_a_link_is_gone() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let gone = |path: &str| is_gone(root.path(), Path::new(path));
        fs::create_dir(root.path().join("old")).unwrap();
        fs::write(root.path().join("old/a.mkv"), "x").unwrap();
        assert!(!gone("old/a.mkv") && gone("old/b.mkv") && gone("new/a.mkv"));
        fs::rename(root.path().join("old"), other.path().join("old")).unwrap();
        symlink(other.path().join("old"), root.path().join("old")).unwrap();
        assert!(gone("old/a.mkv"), "a folder that became a link");
        symlink(other.path().join("old/a.mkv"), root.path().join("a.mkv")).unwrap();
        assert!(gone("a.mkv"), "a file that became a link");
        assert!(!is_gone(Path::new("/nowhere"), Path::new("a.mkv")), "a disk that is not there");
    }

    #[test]
    fn a_time_at_the_end_of_what_can_be_counted_is_kept_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = fs::File::create(folder.path().join("a.mkv")).unwrap();
        let last = std::time::Duration::new(9_223_372_036, 999_999_999);
        file.set_modified(std::time::UNIX_EPOCH + last).unwrap();
        let seen = look(folder.path()).unwrap();
        assert_eq!(seen.files.first().unwrap().mtime_ns, i64::MAX);
    }

    #[test]
    fn the_folder_that_is_left_out_looks_empty() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("data")).unwrap();
        fs::write(root.path().join("data/thumb.jpg"), "x").unwrap();
        let facts = fs::metadata(root.path().join("data")).unwrap();
        let place = (facts.dev(), facts.ino());
        let data = |left_out| read(root.path(), Path::new("data"), left_out).unwrap().files.len();
        assert_eq!((data(None), data(Some(place))), (1, 0));
    }

    #[test]
    fn a_signature_changes_with_names_and_lengths_only() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.mkv"), "1").unwrap();
        let before = look(folder.path()).unwrap().signature();
        fs::write(folder.path().join("notes.txt"), "1").unwrap();
        assert_eq!(look(folder.path()).unwrap().signature(), before);
        fs::write(folder.path().join("a.mkv"), "22").unwrap();
        assert_ne!(look(folder.path()).unwrap().signature(), before);
    }
}
