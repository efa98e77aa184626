//! What of a request's body nobody read. Over HTTP/2 the stream is reset when the answer comes before
//! it. A client must not lose the answer by that (RFC 9113 §8.1), and curl 7.88 does (8 of 400
//! refusals): a connection that broke is told in place of why somebody was refused. So the little that
//! a call sends is heard out first.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::BodyExt as _;
use stead_rules::limits::BODY_MAX_BYTES;

/// How long the rest of a body is waited for: what is on its way comes in one round trip.
const HEAR_OUT: Duration = Duration::from_secs(1);

/// Where a body is put by whoever drops it before its end.
#[derive(Default)]
pub(super) struct Leftover(Arc<Mutex<Option<Body>>>);

impl Leftover {
    /// Follows the body of a request, if it says that it is short and does not wait for a go-ahead.
    pub(super) fn follow(request: Request) -> (Request, Self) {
        let leftover = Self::default();
        let most = u64::try_from(BODY_MAX_BYTES).unwrap_or_default();
        let body = request.body();
        let is_short = body.size_hint().upper().is_some_and(|bytes| bytes <= most);
        let waits = request.headers().contains_key(header::EXPECT);
        if body.is_end_stream() || !is_short || waits {
            return (request, leftover);
        }
        let place = Arc::clone(&leftover.0);
        (request.map(|body| Body::new(Followed { body, place })), leftover)
    }

    /// Reads what is left, and forgets it.
    pub(super) async fn hear_out(self) {
        let left = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = left else { return };
        let rest = async { while let Some(Ok(_)) = body.frame().await {} };
        // Whoever sends no more gets the answer without it.
        drop(tokio::time::timeout(HEAR_OUT, rest).await);
    }
}

struct Followed {
    body: Body,
    place: Arc<Mutex<Option<Body>>>,
}

impl http_body::Body for Followed {
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

impl Drop for Followed {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}
