//! Parts of the server that must not end before it does: threads and chores that nobody waits
//! for. One that falls would leave a server that answers and does half of its work, so its fall is
//! logged and kept, the health check fails, and the watchdog is fed no more.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// The vital parts that have fallen, by name.
#[derive(Debug, Clone, Default)]
pub struct Fallen(Arc<Mutex<Vec<&'static str>>>);

impl Fallen {
    /// Their names; none while all is well.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, name: &'static str) {
        tracing::error!(part = name, "a vital part has fallen: restart Stead, and report this");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }
}

/// Until when a part has to hold out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Until the end of the server.
    ToTheEnd,
    /// Until its work is done; only a panic is a fall.
    ToItsOwnEnd,
}

/// Held by a vital part for as long as it runs; dropped too soon, it notes the fall.
#[derive(Debug)]
pub struct Post {
    name: &'static str,
    holds: Holds,
    fallen: Fallen,
    end: CancellationToken,
}

impl Post {
    pub(super) fn new(
        name: &'static str,
        holds: Holds,
        fallen: &Fallen,
        end: &CancellationToken,
    ) -> Self {
        Self { name, holds, fallen: fallen.clone(), end: end.clone() }
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let too_soon = self.holds == Holds::ToTheEnd || std::thread::panicking();
        if too_soon && !self.end.is_cancelled() {
            self.fallen.note(self.name);
        }
    }
}
