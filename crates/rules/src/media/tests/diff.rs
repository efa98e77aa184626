//! Disk against index.

use proptest::prelude::*;

use crate::ids::FileId;
use crate::media::{Changes, Known, Seen, diff, vanishing_asks};

fn seen(path: &str, inode: u64, size: u64, modified_ns: i64) -> Seen {
    Seen { path: path.into(), device: 1, inode, size, modified_ns }
}

fn id(number: u8) -> FileId {
    FileId::from_bytes([number; 16])
}

fn known(number: u8, seen: Seen) -> Known {
    Known { id: id(number), seen, missing: false }
}

fn index() -> Vec<Known> {
    vec![known(1, seen("a", 11, 100, 5)), known(2, seen("b", 12, 200, 6))]
}

fn check(disk: Vec<Seen>, want: Changes) {
    assert_eq!(diff(disk, &index()), want);
}

#[test]
fn one_change_at_a_time() {
    let (a, b) = (seen("a", 11, 100, 5), seen("b", 12, 200, 6));
    let same = |count| Changes { unchanged: count, ..Changes::default() };
    check(vec![a.clone(), b.clone()], same(2));
    check(vec![b.clone()], Changes { missing: vec![id(1)], ..same(1) });
    let new = seen("c", 13, 1, 1);
    check(vec![a.clone(), b.clone(), new.clone()], Changes { new: vec![new], ..same(2) });
    let grown = seen("a", 11, 101, 5);
    check(vec![grown.clone(), b.clone()], Changes { changed: vec![(id(1), grown)], ..same(1) });
    let touched = seen("a", 11, 100, 9);
    check(vec![touched.clone(), b.clone()], Changes { changed: vec![(id(1), touched)], ..same(1) });
    let moved = seen("x/a", 11, 100, 5);
    check(vec![moved.clone(), b.clone()], Changes { moved: vec![(id(1), moved)], ..same(1) });
    let copied_back = seen("a", 99, 100, 5);
    check(vec![copied_back.clone(), b], Changes { moved: vec![(id(1), copied_back)], ..same(1) });
    check(vec![], Changes { missing: vec![id(1), id(2)], ..Changes::default() });
}

#[test]
fn two_files_may_swap_names() {
    let disk = vec![seen("b", 11, 100, 5), seen("a", 12, 200, 6)];
    let changes = diff(disk.clone(), &index());
    // By path both are other content; reading them again tells by their content key.
    assert_eq!(changes.changed.len(), 2);
    assert!(changes.missing.is_empty() && changes.new.is_empty());
}

#[test]
fn another_file_with_a_reused_inode_is_new() {
    let reused = seen("c", 11, 777, 9);
    let changes = diff(vec![reused.clone(), seen("b", 12, 200, 6)], &index());
    assert_eq!((changes.new, changes.missing), (vec![reused], vec![id(1)]));
}

#[test]
fn missing_files_come_back() {
    let gone = |seen| Known { missing: true, ..known(1, seen) };
    let a = seen("a", 11, 100, 5);
    let changes = diff(vec![a.clone()], &[gone(a.clone())]);
    assert_eq!(changes.returned, vec![id(1)]);
    let elsewhere = seen("x", 11, 100, 5);
    let changes = diff(vec![elsewhere.clone()], &[gone(a.clone())]);
    assert_eq!(changes.moved, vec![(id(1), elsewhere)]);
    assert_eq!(diff(vec![], &[gone(a)]), Changes::default(), "told once only");
}

#[test]
fn hard_links_are_not_guessed_at() {
    let linked = [known(1, seen("a", 11, 100, 5)), known(2, seen("b", 11, 100, 5))];
    let changes = diff(vec![seen("c", 11, 100, 5)], &linked);
    assert_eq!((changes.new.len(), changes.missing.len()), (1, 2));
}

#[test]
fn many_at_once_ask() {
    for (missing, of, asks) in [
        (0, 0, false),
        (9, 10, false),
        (10, 10, true),
        (10, 50, false),
        (11, 50, true),
        (20_000, 100_000, false),
        (20_001, 100_000, true),
    ] {
        assert_eq!(vanishing_asks(missing, of), asks, "{missing} of {of}");
    }
}

fn some_files() -> impl Strategy<Value = Vec<Seen>> {
    let file = ("[a-d]{1,2}", 0..6_u64, 0..3_u64, 0..3_i64);
    prop::collection::vec(file, 0..12).prop_map(|files| {
        let mut files: Vec<Seen> = files
            .into_iter()
            .map(|(path, inode, size, time)| seen(&path, inode, size, time))
            .collect();
        files.sort_by(|left, right| left.path.cmp(&right.path));
        files.dedup_by(|left, right| left.path == right.path);
        files
    })
}

proptest! {
    #[test]
    fn every_file_is_accounted_for_once(disk in some_files(), before in some_files()) {
        let numbered = (1..).zip(before);
        let index: Vec<Known> = numbered.map(|(number, seen)| known(number, seen)).collect();
        let changes = diff(disk.clone(), &index);
        let of_disk = changes.new.len() + changes.changed.len() + changes.moved.len() + changes.unchanged;
        prop_assert_eq!(of_disk, disk.len());
        let of_index = changes.missing.len() + changes.changed.len() + changes.moved.len() + changes.unchanged;
        prop_assert_eq!(of_index, index.len());
    }
}
