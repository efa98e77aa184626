//! What is under way on one connection. A connection on which nothing is under way for long is
//! closed: silence must not hold a place, in HTTP/1 before the first byte as little as in HTTP/2
//! after the last answer. So is one whose answers nobody takes: bytes are asked of an answer only
//! when there is room for them on the way, or in the window of an HTTP/2 stream.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use stead_rules::limits::{
    CONNECTION_IDLE_SECONDS, CONNECTION_STALLED_SECONDS, HEADER_READ_SECONDS,
};
use stead_rules::time::BootMs;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::host::clock::Clock;

/// How often a connection with answers under way is looked at, whether they move.
const LOOK: Duration = Duration::from_secs(5);

/// What goes on on one connection.
#[derive(Clone)]
pub(super) struct Activity(Arc<Watched>);

struct Watched {
    requests: watch::Sender<usize>,
    clock: Arc<dyn Clock>,
    /// Uptime when a request began or ended, or bytes of an answer were taken.
    moved: AtomicU64,
}

/// A request that is under way until this is dropped.
pub(super) struct UnderWay(Arc<Watched>);

/// Why a connection is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Nothing is under way.
    Silent,
    /// Answers are under way, and nobody takes them.
    Stalled,
}

impl Activity {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let moved = AtomicU64::new(clock.now().boot.0);
        Self(Arc::new(Watched { requests: watch::Sender::new(0), clock, moved }))
    }

    /// A request began.
    pub(super) fn begin(&self) -> UnderWay {
        self.0.moves();
        self.0.requests.send_modify(|count| *count = count.saturating_add(1));
        UnderWay(Arc::clone(&self.0))
    }

    /// Comes back once the connection is over; the first request has less time than later ones.
    pub(super) async fn over(&self) -> Over {
        let first = Duration::from_secs(HEADER_READ_SECONDS);
        self.over_after(first, Duration::from_secs(CONNECTION_IDLE_SECONDS)).await
    }

    /// Comes back once nothing was under way for `first`, or for `later` after a request, or what
    /// is under way stands still.
    pub(super) async fn over_after(&self, first: Duration, later: Duration) -> Over {
        tokio::select! {
            () = self.silence(first, later) => Over::Silent,
            () = self.stall() => Over::Stalled,
        }
    }

    async fn silence(&self, first: Duration, later: Duration) {
        let mut requests = self.0.requests.subscribe();
        let mut limit = first;
        loop {
            let quiet = *requests.borrow_and_update() == 0;
            let patience = if quiet { limit } else { Duration::MAX };
            if timeout(patience, requests.changed()).await.is_err() {
                return;
            }
            limit = later;
        }
    }

    async fn stall(&self) {
        let (mut requests, mut looks) = (self.0.requests.subscribe(), Looks::default());
        // Waiting fails only without a sender, and this is one.
        while requests.wait_for(|count| *count > 0).await.is_ok() {
            sleep(LOOK).await;
            if looks.still(*requests.borrow() > 0 && self.0.stands_still()) {
                return;
            }
        }
    }
}

/// Looks at whether answers move, one after the other. Uptime goes on while a machine sleeps, and nobody
/// reads meanwhile: when it wakes, whoever does read has until the next look to show it.
#[derive(Default)]
struct Looks {
    stood: bool,
}

impl Looks {
    /// Whether they stand still at this look as they did at the one before.
    fn still(&mut self, stands: bool) -> bool {
        std::mem::replace(&mut self.stood, stands) && stands
    }
}

impl Watched {
    fn moves(&self) {
        self.moved.store(self.clock.now().boot.0, Ordering::Relaxed);
    }

    fn stands_still(&self) -> bool {
        let moved = BootMs(self.moved.load(Ordering::Relaxed));
        self.clock.now().boot.since_ms(moved) >= CONNECTION_STALLED_SECONDS * 1000
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.moves();
        self.0.requests.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// An answer keeps its request under way until its last byte is handed over.
pub(super) fn hold(response: Response, under_way: UnderWay) -> Response {
    response.map(|body| Body::new(Held { body, under_way }))
}

struct Held {
    body: Body,
    under_way: UnderWay,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_ready() {
            self.under_way.0.moves();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
