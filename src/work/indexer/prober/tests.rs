//! Looking into one file, with whatever may lie or happen there.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock};

use stead_rules::media::{FileKind, LibraryKind};

use super::{Task, Tools, look};
use crate::host::entropy::SystemEntropy;
use crate::host::shutdown::Shutdown;
use crate::work::indexer::compare::{Before, compare, sort};
use crate::work::indexer::scan::{Done, Folder};
use crate::work::indexer::walk::{SeenFile, SeenFolder};
use crate::work::launcher::{Cancel, Launcher, WorkerProgram};
use crate::work::probe::probe;

fn tools() -> Tools {
    let program = WorkerProgram { path: "/bin/false".into(), arguments: Vec::new() };
    Tools {
        entropy: Arc::new(SystemEntropy::new()),
        launcher: Launcher::start(program, Shutdown::new().post("launcher")).unwrap(),
        probe,
        ffprobe: None,
        describing: Arc::new(Mutex::new(())),
        cancel: Cancel::default(),
    }
}

/// A photo that the walker saw at `folder` below the library.
fn task(folder: &str) -> Task {
    let file = SeenFile {
        name: b"a.png".to_vec(),
        kind: FileKind::Picture,
        inode: 1,
        size: 1,
        mtime_ns: 1,
    };
    let seen = SeenFolder { files: vec![file], folders: Vec::new() };
    let (listed, artwork) = sort(LibraryKind::Photos, folder.as_bytes(), seen);
    let plan = compare(listed, artwork, &Before { known: &[], candidates: &[] });
    let folder = Folder {
        path: folder.as_bytes().to_vec(),
        signature: [0; 16],
        files: 1,
        n: OnceLock::new(),
        parts: OnceLock::new(),
        came: AtomicUsize::new(0),
    };
    Task { folder: Arc::new(folder), to_read: plan.read.into_iter().next().unwrap() }
}

/// A PNG of one grey point.
const POINT: &[u8] =
    b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\
    \x00\x00\x00\x00:~\x9bU\x00\x00\x00\x0aIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\
    \xa4q\x00\x00\x00\x00IEND\xaeB`\x82";

fn put_photo(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("a.png"), POINT).unwrap();
}

#[track_caller]
fn problem(done: Option<Done>) -> &'static str {
    match done {
        Some(Done::Problem { code, .. }) => code,
        other => panic!("no problem: {other:?}"),
    }
}

#[test]
fn a_parser_that_panics_is_a_problem_of_the_file() {
    let root = tempfile::tempdir().unwrap();
    put_photo(&root.path().join("2020"));
    let broken = Tools { probe: |_, _| panic!("a parser's fault"), ..tools() };
    assert_eq!(problem(look(&broken, root.path(), task("2020"))), "reader_failed");
    let found = look(&tools(), root.path(), task("2020"));
    assert!(matches!(found, Some(Done::Enter { .. })), "{found:?}");
}

#[test]
fn a_folder_that_became_a_link_since_the_walk_is_not_followed() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put_photo(other.path());
    put_photo(&root.path().join("2020"));
    fs::rename(root.path().join("2020"), root.path().join("kept")).unwrap();
    for target in [other.path(), Path::new("kept")] {
        std::os::unix::fs::symlink(target, root.path().join("2020")).unwrap();
        let looked = look(&tools(), root.path(), task("2020"));
        assert_eq!(problem(looked), "unreadable", "{}", target.display());
        fs::remove_file(root.path().join("2020")).unwrap();
    }
}
