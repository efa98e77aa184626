//! What changed between a disk and the index, without opening a file.
//!
//! A file is the same where its path, size and time are; it was moved where device, inode, size
//! and time are. What is gone becomes *missing*, never deleted here: a disk that is not plugged
//! in looks just like a library that was thrown away.

use std::collections::{HashMap, HashSet};

use crate::ids::FileId;
use crate::limits::{VANISHING_ASKS_FILES, VANISHING_ASKS_PERCENT};

/// A file as the disk shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Relative to the root, in bytes as the system gives them.
    pub path: Vec<u8>,
    /// The device, by something that survives a restart.
    pub device: u64,
    /// The inode.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since the epoch.
    pub modified_ns: i64,
}

/// A file as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Known {
    /// Which.
    pub id: FileId,
    /// What the disk showed when it was indexed.
    pub seen: Seen,
    /// It was gone at the last look.
    pub missing: bool,
}

/// What to do so that the index is like the disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// To read and add.
    pub new: Vec<Seen>,
    /// To read again: the content is another.
    pub changed: Vec<(FileId, Seen)>,
    /// To write down under another path; nothing is read.
    pub moved: Vec<(FileId, Seen)>,
    /// To take back as they were: they had been missing.
    pub returned: Vec<FileId>,
    /// To mark as missing.
    pub missing: Vec<FileId>,
    /// Left as they are.
    pub unchanged: usize,
}

/// Compares. Both lists cover the same folders; each path is in each list at most once.
#[must_use]
pub fn diff(disk: Vec<Seen>, index: &[Known]) -> Changes {
    let mut changes = Changes::default();
    let mut by_path: HashMap<&[u8], &Known> =
        index.iter().map(|known| (known.seen.path.as_slice(), known)).collect();
    let mut unplaced = Vec::new();
    for seen in disk {
        match by_path.remove(seen.path.as_slice()) {
            Some(known) => changes.same_path(known, seen),
            None => unplaced.push(seen),
        }
    }
    changes.place(unplaced, by_path.into_values().collect());
    changes.sort();
    changes
}

/// Whether so many files vanished at once that the owner is asked before anything is done.
#[must_use]
pub const fn vanishing_asks(missing_now: usize, present_before: usize) -> bool {
    missing_now >= VANISHING_ASKS_FILES
        && missing_now.saturating_mul(100) > present_before.saturating_mul(VANISHING_ASKS_PERCENT)
}

impl Changes {
    /// A file is read again when its size or its time differs. Another inode alone is a copy that
    /// was put back with its time: the content is taken for the same.
    fn same_path(&mut self, known: &Known, seen: Seen) {
        let same = (seen.size, seen.modified_ns) == (known.seen.size, known.seen.modified_ns);
        let renumbered = (seen.device, seen.inode) != (known.seen.device, known.seen.inode);
        match (same, known.missing) {
            (false, _) => self.changed.push((known.id, seen)),
            (true, true) if !renumbered => self.returned.push(known.id),
            (true, _) if renumbered => self.moved.push((known.id, seen)),
            (true, _) => self.unchanged += 1,
        }
    }

    /// What is at no known path was moved there, or is new; what is known and seen nowhere is
    /// missing.
    fn place(&mut self, unplaced: Vec<Seen>, gone: Vec<&Known>) {
        let mut by_inode = unique_by_inode(&gone);
        let mut found = HashSet::new();
        for seen in unplaced {
            match by_inode.remove(&identity(&seen)) {
                Some(id) => {
                    found.insert(id);
                    self.moved.push((id, seen));
                }
                None => self.new.push(seen),
            }
        }
        let lost = gone.iter().filter(|known| !known.missing && !found.contains(&known.id));
        self.missing.extend(lost.map(|known| known.id));
    }

    /// The same input gives the same order, whatever the maps did.
    fn sort(&mut self) {
        self.missing.sort_unstable();
        self.returned.sort_unstable();
        self.moved.sort_by(|left, right| left.1.path.cmp(&right.1.path));
    }
}

type Identity = (u64, u64, u64, i64);

const fn identity(seen: &Seen) -> Identity {
    (seen.device, seen.inode, seen.size, seen.modified_ns)
}

/// Hard links share an identity: then nobody can tell which of them was moved, and none was.
fn unique_by_inode(gone: &[&Known]) -> HashMap<Identity, FileId> {
    let mut ids = HashMap::new();
    let mut twice = HashSet::new();
    for known in gone {
        if ids.insert(identity(&known.seen), known.id).is_some() {
            twice.insert(identity(&known.seen));
        }
    }
    ids.retain(|key, _| !twice.contains(key));
    ids
}
