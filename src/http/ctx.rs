//! One request's context: who asks, from where, when, and the permission that was decided.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use stead_rules::claim::Peer;
use stead_rules::ids::SessionId;
use stead_rules::playback::StreamLink;
use stead_rules::policy::Permit;
use stead_rules::secret::SecretText;
use stead_rules::time::Now;
use stead_store::accounts::sessions::SessionFacts;

use super::conn::Transport;
use super::error::Problem;

/// What a handler knows of its request. It exists only behind a decision.
#[derive(Clone)]
pub(crate) struct Ctx(Arc<Facts>);

/// The facts of one request.
pub(crate) struct Facts {
    /// The clock, read once.
    pub(crate) now: Now,
    /// The other end.
    pub(crate) peer: Peer,
    /// How it came in.
    pub(crate) transport: Transport,
    /// What the client calls itself.
    pub(crate) agent: String,
    /// What the browser shows to be remembered.
    pub(crate) device: Option<SecretText>,
    /// The signed-in client.
    pub(crate) session: Option<SessionFacts>,
    /// What a stream link says.
    pub(crate) link: Option<StreamLink>,
    /// The permission for this row's action.
    pub(crate) permit: Permit,
}

impl Ctx {
    pub(super) fn new(facts: Facts) -> Self {
        Self(Arc::new(facts))
    }

    /// The session that asks.
    ///
    /// # Errors
    /// 401 on a row that a stranger may use.
    pub(crate) fn session_id(&self) -> Result<SessionId, Problem> {
        self.permit.session().ok_or_else(Problem::not_signed_in)
    }

    /// The signed-in client with its user.
    ///
    /// # Errors
    /// 401 on a row that a stranger may use.
    pub(crate) fn signed_in(&self) -> Result<&SessionFacts, Problem> {
        self.0.session.as_ref().ok_or_else(Problem::not_signed_in)
    }
}

impl Deref for Ctx {
    type Target = Facts;
    fn deref(&self) -> &Facts {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Ctx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::not_found)
    }
}
