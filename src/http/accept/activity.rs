//! What is under way on one connection. A connection on which nothing is under way for long is
//! closed: silence must not hold a place, in HTTP/1 before the first byte as little as in HTTP/2
//! after the last answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use stead_rules::limits::{CONNECTION_IDLE_SECONDS, HEADER_READ_SECONDS};
use tokio::sync::watch;
use tokio::time::timeout;

/// Counts the requests of one connection.
#[derive(Debug, Clone)]
pub(super) struct Activity(Arc<watch::Sender<usize>>);

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<watch::Sender<usize>>);

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// A request began.
    pub(super) fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count = count.saturating_add(1));
        UnderWay(Arc::clone(&self.0))
    }

    /// Comes back once nothing was under way for too long; the first request has less time.
    pub(super) async fn silence(&self) {
        let first = Duration::from_secs(HEADER_READ_SECONDS);
        self.quiet_for(first, Duration::from_secs(CONNECTION_IDLE_SECONDS)).await;
    }

    /// Comes back once nothing was under way for `first`, or for `later` after a request.
    pub(super) async fn quiet_for(&self, first: Duration, later: Duration) {
        let mut requests = self.0.subscribe();
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
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// An answer keeps its request under way until its last byte is handed over.
pub(super) fn hold(response: Response, under_way: UnderWay) -> Response {
    response.map(|body| Body::new(Held { body, _under_way: under_way }))
}

struct Held {
    body: Body,
    _under_way: UnderWay,
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "measured is how long waiting really took")]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    const FIRST: Duration = Duration::from_millis(50);
    const LATER: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn silence_before_the_first_request_is_short() {
        let began = Instant::now();
        Activity::new().quiet_for(FIRST, Duration::MAX).await;
        assert!(began.elapsed() >= FIRST);
    }

    #[tokio::test]
    async fn a_request_under_way_is_no_silence() {
        let (activity, began) = (Activity::new(), Instant::now());
        let slow = activity.begin();
        let answered = async {
            sleep(FIRST * 4).await;
            drop(slow);
        };
        tokio::join!(activity.quiet_for(FIRST, LATER), answered);
        assert!(began.elapsed() >= FIRST * 4 + LATER);
    }
}
