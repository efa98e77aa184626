//! Where pictures lie: `thumbs/xx/<item>-{s,l}.jpg`, written beside and renamed.
//!
//! They can be made again, so nothing is synced: a picture that a power cut left empty is found
//! when somebody asks for it, and made anew. Small ones stay as long as their items; large ones
//! give way to younger ones.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use stead_rules::ids::ItemId;
use stead_rules::limits::LARGE_PICTURES_BYTES;

use crate::service::pictures::{Size, path_of};

/// The cache.
#[derive(Debug)]
pub(super) struct Cache {
    thumbs: PathBuf,
    /// What the large pictures take together, once they have been counted.
    large_bytes: Mutex<Option<u64>>,
}

impl Cache {
    pub(super) fn new(thumbs: PathBuf) -> Self {
        Self { thumbs, large_bytes: Mutex::default() }
    }

    /// Opens an empty file beside where a picture will lie.
    pub(super) fn begin(&self, item: ItemId, size: Size) -> io::Result<Pending> {
        let path = path_of(&self.thumbs, item, size);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fresh = path.with_extension("new");
        Ok(Pending { file: File::create(&fresh)?, fresh, path, item, size })
    }

    /// Puts a picture where it belongs. With a new small one the large one is out of date.
    pub(super) fn keep(&self, pending: &Pending) -> io::Result<()> {
        fs::rename(&pending.fresh, &pending.path)?;
        match pending.size {
            Size::Small => {
                fs::remove_file(path_of(&self.thumbs, pending.item, Size::Large)).ok();
            }
            Size::Large => self.bound(fs::metadata(&pending.path)?.len()),
        }
        Ok(())
    }

    /// Removes the oldest large pictures when all of them take too much.
    fn bound(&self, added: u64) {
        let mut known = self.large_bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let total = known.map_or_else(|| self.large().iter().map(|l| l.bytes).sum(), |b| b + added);
        *known = Some(total);
        if total <= LARGE_PICTURES_BYTES {
            return;
        }
        let mut left = self.large();
        left.sort_by_key(|large| std::cmp::Reverse(large.made));
        let mut kept = 0;
        for large in left {
            // A tenth is freed at once, so that the folder is not read for each picture.
            if kept + large.bytes > LARGE_PICTURES_BYTES / 10 * 9 {
                fs::remove_file(&large.path).ok();
            } else {
                kept += large.bytes;
            }
        }
        *known = Some(kept);
    }

    fn large(&self) -> Vec<Large> {
        self.files().filter_map(|entry| Large::of(&entry)).collect()
    }

    /// Removes the pictures of items that are no more: how many.
    pub(super) fn sweep<E>(
        &self,
        mut exists: impl FnMut(ItemId) -> Result<bool, E>,
    ) -> Result<u64, E> {
        let mut removed = 0;
        for entry in self.files() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let item = name.get(..32).and_then(|id| id.parse().ok());
            let is_left_over = match item {
                Some(item) => !exists(item)?,
                None => true,
            };
            if is_left_over && fs::remove_file(entry.path()).is_ok() {
                removed += 1;
            }
        }
        *self.large_bytes.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(removed)
    }

    fn files(&self) -> impl Iterator<Item = DirEntry> {
        let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
        let folders: Vec<PathBuf> = entries(&self.thumbs).map(|entry| entry.path()).collect();
        folders.into_iter().flat_map(move |folder| {
            fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok)
        })
    }
}

struct Large {
    path: PathBuf,
    bytes: u64,
    made: SystemTime,
}

impl Large {
    fn of(entry: &DirEntry) -> Option<Self> {
        let path = entry.path();
        if !path.file_name()?.to_str()?.ends_with("-l.jpg") {
            return None;
        }
        let meta = entry.metadata().ok()?;
        Some(Self { path, bytes: meta.len(), made: meta.modified().ok()? })
    }
}

/// A picture while it is made; what is not kept is removed.
#[derive(Debug)]
pub(super) struct Pending {
    file: File,
    fresh: PathBuf,
    path: PathBuf,
    item: ItemId,
    size: Size,
}

impl Pending {
    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        fs::remove_file(&self.fresh).ok();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use stead_rules::ids::ItemId;

    use super::Cache;
    use crate::service::pictures::{Size, path_of};

    fn put(cache: &Cache, item: ItemId, size: Size) {
        let pending = cache.begin(item, size).unwrap();
        let mut file = pending.file();
        file.write_all(b"picture").unwrap();
        cache.keep(&pending).unwrap();
    }

    #[test]
    fn a_new_small_picture_outdates_the_large_one_and_a_sweep_takes_leftovers() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().to_path_buf());
        let (one, other) = (ItemId::from_bytes([1; 16]), ItemId::from_bytes([2; 16]));
        let is_there = |item, size| path_of(folder.path(), item, size).exists();
        for item in [one, other] {
            put(&cache, item, Size::Small);
            put(&cache, item, Size::Large);
        }
        assert!(is_there(one, Size::Small) && is_there(one, Size::Large));
        put(&cache, one, Size::Small);
        assert!(is_there(one, Size::Small) && !is_there(one, Size::Large));
        drop(cache.begin(one, Size::Large).unwrap());
        let removed = cache.sweep(|item| Ok::<_, ()>(item == one)).unwrap();
        assert_eq!(removed, 2);
        assert!(is_there(one, Size::Small) && !is_there(other, Size::Small));
    }
}
