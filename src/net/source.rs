//! Questions to the source of updates that the configuration names: a small index, and the file that it
//! tells of, from any byte on.
//!
//! A redirect is followed within the source's own origin only, and everything has a bound: the size of
//! the index, the time to an answer, and the time without a byte.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use stead_rules::limits::{UPDATE_ANSWER_SECONDS, UPDATE_INDEX_MAX_BYTES, UPDATE_REDIRECTS_MAX};
use tokio::time::timeout;

use super::outbound::{HttpClient, OutboundError, client};
use crate::config::UpdateSource;
use crate::host::clock::Clock;

const PATIENCE: Duration = Duration::from_secs(UPDATE_ANSWER_SECONDS);

/// A source did not give what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No connection, no answer in time, or TLS refused it.
    #[error("the source of updates cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It did not answer, or did not go on, in time.
    #[error("the source of updates did not answer within {UPDATE_ANSWER_SECONDS} s")]
    TooSlow,
    /// It has no such file, failed in itself, or sends elsewhere.
    #[error("the source of updates answered {0}")]
    Status(StatusCode),
    /// It broke off.
    #[error("the source of updates broke off")]
    BrokenOff(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What it says of what it sends does not fit what was asked.
    #[error("the source of updates sends something else than was asked")]
    Unlike,
}

/// Asks the source of updates.
pub struct Source {
    client: HttpClient,
    at: UpdateSource,
}

/// What a file is to go on from.
#[derive(Debug, Clone, Copy)]
pub struct GoOn<'a> {
    /// The first byte that is missing.
    pub from: u64,
    /// What the source called the file's state then, if it did.
    pub validator: Option<&'a str>,
}

/// A file that comes.
pub struct Coming {
    /// Which byte it begins with: the one that was asked, or the first.
    pub from: u64,
    /// How large the source says that the whole file is, if it does.
    pub whole: Option<u64>,
    /// What the source calls the file's state, if it does: another word is another file.
    pub validator: Option<String>,
    body: Incoming,
}

impl Source {
    /// Makes a client for one source.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub fn new(at: UpdateSource, clock: Arc<dyn Clock>) -> Result<Self, OutboundError> {
        Ok(Self { client: client(None, clock)?, at })
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> &UpdateSource {
        &self.at
    }

    /// The index of a channel for boxes of a kind.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn index(&self, channel: &str, board: &str) -> Result<Bytes, SourceError> {
        let name = format!("{board}.json");
        let response = self.ask(&self.at.file(channel, &name), None).await?;
        if response.status() != StatusCode::OK {
            return Err(SourceError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), UPDATE_INDEX_MAX_BYTES).collect();
        let body = timeout(PATIENCE, body).await.map_err(|_| SourceError::TooSlow)?;
        Ok(body.map_err(broke)?.to_bytes())
    }

    /// A file of a channel, from where it broke off if the source can do that and it is still the same.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn file(
        &self,
        channel: &str,
        name: &str,
        go_on: GoOn<'_>,
    ) -> Result<Coming, SourceError> {
        let asked = (go_on.from > 0).then_some(go_on);
        let response = self.ask(&self.at.file(channel, name), asked).await?;
        let headers = response.headers();
        let validator = validator(headers);
        let (from, whole) = match response.status() {
            StatusCode::OK => (0, length(headers)),
            StatusCode::PARTIAL_CONTENT => {
                let (from, whole) = range(headers).ok_or(SourceError::Unlike)?;
                if from != go_on.from {
                    return Err(SourceError::Unlike);
                }
                (from, whole)
            }
            // What is here of it is more than it has.
            StatusCode::RANGE_NOT_SATISFIABLE => return Err(SourceError::Unlike),
            other => return Err(SourceError::Status(other)),
        };
        Ok(Coming { from, whole, validator, body: response.into_body() })
    }

    async fn ask(
        &self,
        address: &str,
        go_on: Option<GoOn<'_>>,
    ) -> Result<Response<Incoming>, SourceError> {
        let mut address = address.to_owned();
        for _ in 0..=UPDATE_REDIRECTS_MAX {
            let asked = self.client.request(request(&address, go_on)?);
            let response = timeout(PATIENCE, asked).await.map_err(|_| SourceError::TooSlow)?;
            let response = response.map_err(|error| SourceError::Unreachable(error.into()))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let refused = || SourceError::Status(response.status());
            address = self.elsewhere(&address, response.headers()).ok_or_else(refused)?;
        }
        Err(SourceError::Status(StatusCode::LOOP_DETECTED))
    }

    /// Where a redirect leads, if it stays at this origin.
    fn elsewhere(&self, address: &str, headers: &HeaderMap) -> Option<String> {
        let to = headers.get(header::LOCATION)?.to_str().ok()?;
        let to = if to.starts_with('/') && !to.starts_with("//") {
            let (scheme, rest) = address.split_once("://")?;
            let authority = rest.split('/').next()?;
            format!("{scheme}://{authority}{to}")
        } else {
            to.to_owned()
        };
        self.at.is_own(&to).then_some(to)
    }
}

impl Coming {
    /// The next bytes; none when it is over.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        loop {
            let frame = timeout(PATIENCE, self.body.frame()).await;
            let Some(frame) = frame.map_err(|_| SourceError::TooSlow)? else { return Ok(None) };
            let frame = frame.map_err(|error| SourceError::BrokenOff(error.into()))?;
            // Trailers say nothing that is asked for.
            if let Ok(bytes) = frame.into_data() {
                return Ok(Some(bytes));
            }
        }
    }
}

fn broke(error: Box<dyn std::error::Error + Send + Sync>) -> SourceError {
    if error.is::<LengthLimitError>() { SourceError::Unlike } else { SourceError::BrokenOff(error) }
}

fn request(address: &str, go_on: Option<GoOn<'_>>) -> Result<Request<Full<Bytes>>, SourceError> {
    let mut request = Request::get(address)
        .header(header::USER_AGENT, concat!("Stead/", env!("CARGO_PKG_VERSION")));
    if let Some(GoOn { from, validator }) = go_on {
        request = request.header(header::RANGE, format!("bytes={from}-"));
        if let Some(validator) = validator {
            request = request.header(header::IF_RANGE, validator);
        }
    }
    request.body(Full::default()).map_err(|error| SourceError::Unreachable(error.into()))
}

/// What may stand in If-Range: a strong tag, or a date (RFC 9110 §13.1.5).
fn validator(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let tag = text(header::ETAG).filter(|tag| tag.starts_with('"'));
    tag.or_else(|| text(header::LAST_MODIFIED)).map(ToOwned::to_owned)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The first byte and the size of the whole of `bytes FIRST-LAST/WHOLE` (RFC 9110 §14.4).
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(header::CONTENT_RANGE)?.to_str().ok()?;
    let (range, whole) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    let whole = if whole == "*" { None } else { Some(whole.parse().ok()?) };
    Some((first.parse().ok()?, whole))
}

#[cfg(test)]
mod tests;
