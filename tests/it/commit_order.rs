//! In which order a claim reaches the disk. A kill keeps what the kernel holds, so only the calls
//! themselves tell what a power cut would leave.

use std::path::Path;

use crate::harness::{Client, Owner, link_secret_in};
use crate::kills::{now_ms, start};
use crate::strace::Strace;

const CALLS: &str = "trace=pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat";

/// What a line of the trace does to the disk of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Did {
    WriteLog,
    SyncLog,
    SyncMarker,
    PlaceMarker,
    SyncFolder,
    RemovePage,
}

fn did(line: &str, data: &Path) -> Option<Did> {
    let call = line.split_once(' ').map_or(line, |(_, call)| call.trim_start());
    let (name, rest) = call.split_once('(')?;
    let on = |file: &str| rest.contains(&format!("<{}>", data.join(file).display()));
    let folder = format!("<{}>", data.display());
    match name {
        "pwrite64" if on("accounts.db-wal") => Some(Did::WriteLog),
        "fsync" | "fdatasync" if on("accounts.db-wal") => Some(Did::SyncLog),
        "fsync" | "fdatasync" if on(".marker.new") => Some(Did::SyncMarker),
        "fsync" | "fdatasync" if rest.contains(&folder) => Some(Did::SyncFolder),
        "rename" | "renameat" | "renameat2" if rest.contains("/.marker.new\"") => {
            Some(Did::PlaceMarker)
        }
        "unlink" | "unlinkat" if rest.contains("/Setup Stead.html\"") => Some(Did::RemovePage),
        _ => None,
    }
}

#[test]
fn the_owner_is_on_the_disk_before_the_marker_and_the_marker_before_the_page_goes() {
    let served = start(tempfile::tempdir().unwrap());
    let data = served.data().canonicalize().unwrap();
    let secret = link_secret_in(&data);
    let mut owner = Owner::almost_in(Client::new(served.http_port), &secret, now_ms());
    let trace = served.folder.path().join("trace");
    let strace = Strace::attach(&served, &["-y", "-e", CALLS, "-o", trace.to_str().unwrap()]);
    owner.finish().expect(200);
    drop(strace);
    let lines = std::fs::read_to_string(&trace).unwrap();
    let done: Vec<Did> = lines.lines().filter_map(|line| did(line, &data)).collect();

    let marker = done.iter().position(|one| *one == Did::SyncMarker).expect(&lines);
    let (before, after) = done.split_at(marker);
    assert!(before.contains(&Did::WriteLog), "{lines}");
    assert_eq!(before.last(), Some(&Did::SyncLog), "the owner is on the disk: {lines}");
    let is_log = |one: &&Did| matches!(one, Did::WriteLog | Did::SyncLog);
    let files: Vec<Did> = after.iter().filter(|one| !is_log(one)).copied().collect();
    let expected = [Did::SyncMarker, Did::PlaceMarker, Did::SyncFolder]
        .into_iter()
        .chain([Did::RemovePage, Did::SyncFolder]);
    assert_eq!(files, expected.collect::<Vec<_>>(), "{lines}");
    let unsynced = done.windows(2).find(|two| two[0] == Did::WriteLog && !is_log(&&two[1]));
    assert_eq!(unsynced, None, "the secret is gone from the disk before its page: {lines}");
}
