//! Looking into one file, with whatever may lie or happen there.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use stead_rules::ids::{BoxId, LibraryId, RootId};
use stead_rules::media::{LibraryKind, file_kind};
use stead_rules::time::WallMs;
use stead_store::accounts::claim::Server;
use stead_store::library::folders;
use stead_store::library::put::Remembered;
use stead_store::library::roots::{self, KnownRoot};
use stead_store::{Store, StoreError};

use super::{Task, Tools, look};
use crate::host::entropy::SystemEntropy;
use crate::host::shutdown::Shutdown;
use crate::work::indexer::beside::Descriptions;
use crate::work::indexer::compare::{Before, compare, sort};
use crate::work::indexer::progress::Counters;
use crate::work::indexer::scan::{Done, Folder};
use crate::work::indexer::walk::{SeenFile, SeenFolder};
use crate::work::indexer::writer::Writer;
use crate::work::launcher::{Cancel, Launcher, WorkerProgram, Workers};
use crate::work::probe::tests::{Made, each_broken, of_unknown_length};
use crate::work::probe::{ProbeError, probe};

fn tools() -> Tools {
    let program = WorkerProgram { path: "/bin/false".into(), arguments: Vec::new() };
    Tools {
        entropy: Arc::new(SystemEntropy::new()),
        launcher: Launcher::start(Workers::Children(program), Shutdown::new().post("launcher"))
            .unwrap(),
        probe,
        ffprobe: None,
        describing: Arc::new(Mutex::new(())),
        cancel: Cancel::default(),
    }
}

/// A photo that the walker saw at `folder` below the library.
fn task(folder: &str) -> Task {
    task_of(LibraryKind::Photos, folder, "a.png")
}

fn task_of(library: LibraryKind, folder: &str, name: &str) -> Task {
    let kind = file_kind(name);
    let file = SeenFile { name: name.into(), kind, inode: 1, size: 1, mtime_ns: 1 };
    let seen = SeenFolder { files: vec![file], ..SeenFolder::default() };
    let (listed, artwork) = sort(library, folder.as_bytes(), seen);
    let descriptions = Descriptions::default();
    let before = Before { known: &[], candidates: &[], descriptions: &descriptions };
    let plan = compare(listed, artwork, &before);
    let folder = Folder { path: folder.as_bytes().to_vec(), files: 1, ..Folder::known_as(None) };
    Task { folder: Arc::new(folder), to_read: plan.read.into_iter().next().unwrap() }
}

/// An index with one folder of one library.
struct Index {
    _folder: tempfile::TempDir,
    store: Store,
    root: KnownRoot,
}

impl Index {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server {
            box_id: BoxId::from_bytes([7; 16]),
            name: "Stead".into(),
            generation: 1,
            epoch: 0,
            clock_mark: WallMs(1_700_000_000_000),
            link_key: vec![1; 32],
            created_by: "0.1.0".into(),
        };
        let store = Store::create(folder.path(), &server).unwrap();
        let (library, root) = (LibraryId::from_bytes([1; 16]), RootId::from_bytes([1; 16]));
        let root = store.library.write(|tx| roots::enter(tx, library, root)).unwrap();
        Self { _folder: folder, store, root }
    }

    /// What the writer of a scan makes of all this.
    fn write(&self, all: Vec<Done>) -> Result<(), StoreError> {
        let (send, receive) = std::sync::mpsc::channel();
        all.into_iter().for_each(|done| send.send(done).unwrap());
        drop(send);
        let mut writer = Writer {
            store: &self.store,
            root: self.root,
            now_ms: 1_700_000_000_000,
            counters: &Counters::new(0),
            may_return: true,
            remembered: Remembered::default(),
        };
        writer.run(&receive, || {})
    }

    /// How many files are listed, and how many reported.
    fn counts(&self) -> (usize, usize) {
        let known = self.store.library.read(|tx| {
            let n = folders::all(tx, self.root.n)?.first().unwrap().n;
            folders::entries(tx, n)
        });
        let known = known.unwrap();
        let listed = known.iter().filter(|entry| entry.file.is_some()).count();
        (listed, known.len() - listed)
    }
}

#[test]
fn nothing_that_is_done_to_a_file_ends_a_scan() {
    let (made, index, tools) = (Made::new(), Index::new(), tools());
    let root = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    let mut look_at = |name: &str, bytes: &[u8]| {
        let name = format!("{} {name}", all.len());
        fs::write(root.path().join(&name), bytes).unwrap();
        let found = look(&tools, root.path(), task_of(LibraryKind::Mixed, "", &name)).unwrap();
        let fault = matches!(found, Done::Problem { code: "reader_failed", .. });
        assert!(!fault, "{found:?}");
        fs::remove_file(root.path().join(&name)).unwrap();
        all.push(found);
    };
    each_broken(&made, |name, broken| {
        look_at(name, broken);
        if name == "a.mp4" {
            look_at(name, &of_unknown_length_or_same(broken));
        }
    });
    let listed = all.iter().filter(|done| matches!(done, Done::Enter { .. })).count();
    let reported = all.len() - listed;
    assert!(listed > 200 && reported > 200, "{listed} {reported}");
    index.write(all).unwrap();
    assert_eq!(index.counts(), (listed, reported));
}

fn of_unknown_length_or_same(mp4: &[u8]) -> Vec<u8> {
    let has = |kind: &[u8]| mp4.windows(4).any(|window| window == kind);
    if has(b"moov") && has(b"mvhd") { of_unknown_length(mp4) } else { mp4.to_vec() }
}

#[test]
fn a_value_that_cannot_be_stored_is_a_problem_of_its_file_alone() {
    let (root, index) = (tempfile::tempdir().unwrap(), Index::new());
    let mut all = Vec::new();
    for name in ["a.png", "b.png", "c.png"] {
        fs::write(root.path().join(name), POINT).unwrap();
        let mut found = look(&tools(), root.path(), task_of(LibraryKind::Photos, "", name));
        if let (Some(Done::Enter { facts, .. }), "b.png") = (&mut found, name) {
            facts.duration_ms = Some(u64::MAX);
        }
        all.extend(found);
    }
    index.write(all).unwrap();
    assert_eq!(index.counts(), (2, 1));
}

#[test]
fn what_is_the_machines_fault_is_tried_again() {
    let root = tempfile::tempdir().unwrap();
    let packet: Vec<u8> = [0x47].into_iter().chain([0xFF; 187]).collect();
    fs::write(root.path().join("a.ts"), packet.repeat(8)).unwrap();
    let look = |tools: &Tools| look(tools, root.path(), task_of(LibraryKind::Films, "", "a.ts"));
    let ended_by = |status: &str| {
        // It takes its job first.
        let script = format!("head -c 1 > /dev/null; exit {status}");
        let arguments = vec!["-c".into(), script.into()];
        let program = WorkerProgram { path: "/bin/sh".into(), arguments };
        let launcher =
            Launcher::start(Workers::Children(program), Shutdown::new().post("launcher")).unwrap();
        Tools { launcher, ffprobe: Some("/usr/bin/ffprobe".into()), ..tools() }
    };
    for (tools, expected, lasting) in [
        (tools(), "no_ffprobe", false),
        (ended_by("71"), "unreadable", false),
        (ended_by("1"), "damaged", true),
    ] {
        match look(&tools) {
            Some(Done::Problem { code, lasts, .. }) => {
                assert_eq!((code, lasts), (expected, lasting));
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn of_a_scan_that_is_stopped_nothing_is_said() {
    let root = tempfile::tempdir().unwrap();
    put_photo(root.path());
    let tools =
        Tools { probe: |_, _, _| Err(ProbeError::Read(ErrorKind::Other.into())), ..tools() };
    assert_eq!(problem(look(&tools, root.path(), task(""))), "unreadable");
    tools.cancel.cancel();
    assert!(look(&tools, root.path(), task("")).is_none());
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
    let broken = Tools { probe: |_, _, _| panic!("a parser's fault"), ..tools() };
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
