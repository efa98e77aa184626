//! Reading folders: names, lengths and times, in the order in which they lie on the disk. No
//! file is opened and no link is followed.

use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirEntryExt, MetadataExt};
use std::path::Path;

use ring::digest::{Context, SHA256};
use stead_rules::limits::FOLDER_FILES_MAX;
use stead_rules::media::{FileKind, file_kind};
use stead_store::library::folders::Signature;

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

/// Reads one folder.
pub(super) fn read(path: &Path) -> io::Result<SeenFolder> {
    let mut entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    if entries.len() > FOLDER_FILES_MAX {
        return Err(io::Error::other("more files in one folder than can be compared"));
    }
    // Inodes of a folder lie close together, so this is the order of the disk.
    entries.sort_unstable_by_key(DirEntryExt::ino);
    let mut seen = SeenFolder::default();
    for entry in entries {
        seen.add(&entry)?;
    }
    seen.files.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Ok(seen)
}

impl SeenFolder {
    fn add(&mut self, entry: &DirEntry) -> io::Result<()> {
        let name = entry.file_name();
        if name.as_bytes().starts_with(b".") {
            return Ok(());
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !NOT_OURS.contains(&name.as_bytes()) {
                self.folders.push(name);
            }
            return Ok(());
        }
        let promised = file_kind(&name.to_string_lossy());
        if !kind.is_file() || promised == FileKind::Other {
            return Ok(());
        }
        match entry.metadata() {
            Ok(meta) => self.files.push(SeenFile {
                name: name.into_vec(),
                kind: promised,
                inode: meta.ino(),
                size: meta.len(),
                mtime_ns: meta.mtime().saturating_mul(1_000_000_000) + meta.mtime_nsec(),
            }),
            // It went between the two looks.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What tells that nothing in the folder changed. Devices and inodes are left out: some file
    /// systems number anew at each mount.
    pub(super) fn signature(&self) -> Signature {
        let mut hash = Context::new(&SHA256);
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::read;

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
        let seen = read(folder.path()).unwrap();
        let names: Vec<_> = seen.files.iter().map(|file| file.name.as_slice()).collect();
        assert_eq!(names, [b"a.mp3".as_slice(), b"b.mkv", b"cover.jpg"]);
        assert_eq!(seen.folders, ["sub"]);
    }

    #[test]
    fn a_signature_changes_with_names_and_lengths_only() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.mkv"), "1").unwrap();
        let before = read(folder.path()).unwrap().signature();
        fs::write(folder.path().join("notes.txt"), "1").unwrap();
        assert_eq!(read(folder.path()).unwrap().signature(), before);
        fs::write(folder.path().join("a.mkv"), "22").unwrap();
        assert_ne!(read(folder.path()).unwrap().signature(), before);
    }
}
