//! Calls on paths of media. A disk that hangs holds whoever opens, looks or lists on it, for ever
//! if need be; so each folder of media has few such calls at once, each is waited for a while, and
//! all together leave threads for everything else.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stead_rules::limits::{MEDIA_THREADS_MAX, PATH_CALL_SECONDS, PATH_CALLS_AT_ONCE_PER_ROOT};
use tokio::sync::Semaphore;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(PATH_CALL_SECONDS);

/// The disk did not answer in time. What was asked may still be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the disk does not answer")]
pub struct NoAnswer;

/// Who may wait for disks.
#[derive(Debug)]
pub struct Disks {
    threads: Arc<Semaphore>,
    /// Of the folders that are asked now.
    roots: Mutex<HashMap<PathBuf, Arc<Semaphore>>>,
    /// Where folders of the config really are.
    real: Mutex<HashMap<PathBuf, PathBuf>>,
}

impl Default for Disks {
    fn default() -> Self {
        let threads = Arc::new(Semaphore::new(MEDIA_THREADS_MAX));
        Self { threads, roots: Mutex::default(), real: Mutex::default() }
    }
}

impl Disks {
    /// The threads that may wait for media, for whoever reads.
    #[must_use]
    pub fn threads(&self) -> Arc<Semaphore> {
        Arc::clone(&self.threads)
    }

    /// What `question` brings, which touches paths at or below `root`.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn ask<T: Send + 'static>(
        &self,
        root: &Path,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        self.ask_within(PATIENCE, root, question).await
    }

    /// As [`Self::ask`], with another patience.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn ask_within<T: Send + 'static>(
        &self,
        patience: Duration,
        root: &Path,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (root, threads) = (self.root(root), self.threads());
        let asked = async move {
            // The root's own bound first: who waits there takes no thread from others.
            let turn = root.acquire_owned().await.map_err(|_| NoAnswer)?;
            let thread = threads.acquire_owned().await.map_err(|_| NoAnswer)?;
            let asking = tokio::task::spawn_blocking(move || {
                // They are given back when the disk answers, however late.
                let _held = (turn, thread);
                question()
            });
            asking.await.map_err(|_| NoAnswer)
        };
        timeout(patience, asked).await.unwrap_or(Err(NoAnswer))
    }

    /// Keeps where a folder of the config really is, and says it; without one it is where it is
    /// named.
    pub fn remember(&self, named: &Path, real: Option<PathBuf>) -> PathBuf {
        let real = real.unwrap_or_else(|| named.to_owned());
        locked(&self.real).insert(named.to_owned(), real.clone());
        real
    }

    /// Where a folder of the config was when its disk last answered.
    pub fn last_known(&self, named: &Path) -> PathBuf {
        locked(&self.real).get(named).cloned().unwrap_or_else(|| named.to_owned())
    }

    fn root(&self, root: &Path) -> Arc<Semaphore> {
        let mut roots = locked(&self.roots);
        // Whoever holds or awaits a turn shares the bound; without them it is as good as new.
        roots.retain(|_, bound| Arc::strong_count(bound) > 1);
        let new = || Arc::new(Semaphore::new(PATH_CALLS_AT_ONCE_PER_ROOT));
        Arc::clone(roots.entry(root.to_owned()).or_insert_with(new))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    const MOMENT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_root_that_hangs_takes_two_threads_and_no_answer_of_another() {
        let disks = Disks::default();
        let (hung, other) = (Path::new("/hung"), Path::new("/other"));
        let mut held = Vec::new();
        for _ in 0..5 {
            let (free, freed) = channel::<()>();
            held.push(free);
            let asked = disks.ask_within(MOMENT, hung, move || freed.recv().ok()).await;
            assert_eq!(asked, Err(NoAnswer));
        }
        let taken = MEDIA_THREADS_MAX - disks.threads().available_permits();
        assert_eq!(taken, PATH_CALLS_AT_ONCE_PER_ROOT);
        assert_eq!(disks.ask(other, || 7).await, Ok(7));
        drop(held);
        assert_eq!(disks.ask(hung, || 8).await, Ok(8));
        assert_eq!(disks.ask(other, || 9).await, Ok(9));
    }

    #[tokio::test]
    async fn whatever_hangs_leaves_threads_for_the_rest() {
        let disks = Disks::default();
        let mut held = Vec::new();
        for number in 0..MEDIA_THREADS_MAX + 4 {
            let (free, freed) = channel::<()>();
            held.push(free);
            let root = PathBuf::from(format!("/{number}"));
            let asked = disks.ask_within(MOMENT, &root, move || freed.recv().ok()).await;
            assert_eq!(asked, Err(NoAnswer));
        }
        assert_eq!(disks.threads().available_permits(), 0);
    }
}
