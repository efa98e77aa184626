//! A row of the route table: which credential it reads, what it does, by which door, in which
//! bounds. Method and path live in the handler's OpenAPI attribute and are read from there.

use std::sync::Arc;

use axum::http::Method;
use axum::routing::MethodRouter;
use stead_rules::limits::{BACKUP_SECONDS, REQUEST_SECONDS};
use stead_rules::policy::{Action, Door};
use utoipa::openapi::path::{PathItem, Paths};
use utoipa::openapi::{RefOr, Schema};

use crate::host::kind::Kind;
use crate::service::core::Core;

/// Which credential a row reads. There is no default: a row says it or does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// None: the same answer for everybody.
    Open,
    /// The cookie of the browser that holds a claim.
    Claim,
    /// A signed-in client: the cookie of a browser, or what a television or an app was given, as
    /// `Authorization`. The door follows from its kind.
    Session,
    /// The same if it brings one that is known: what is answered is for strangers too.
    Known,
    /// The signed link itself, which names a session.
    Link,
}

/// What bounds a row, beside the time in which each answer begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounds {
    /// A page or a file of the web app.
    Page,
    /// A call of the API: its answer is compressed.
    Call,
    /// A call that takes its time: a large body, or much work.
    Long,
    /// An answer that goes on for as long as somebody listens or watches.
    Flow,
}

impl Bounds {
    /// The time within which an answer begins.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Page | Self::Call | Self::Flow => REQUEST_SECONDS,
            Self::Long => BACKUP_SECONDS,
        }
    }
}

/// `utoipa_axum::routes!` makes it of a handler.
pub(crate) type Endpoint = (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<Arc<Core>>);

/// A row of the route table.
pub struct Row {
    /// Which credential it reads.
    pub access: Access,
    /// What it does.
    pub action: Action,
    /// By which door.
    pub door: Door,
    /// What bounds it.
    pub bounds: Bounds,
    /// Whether televisions that play over plain http get it.
    pub plain: Plain,
    /// Where it is there at all.
    pub there: There,
    pub(crate) endpoint: Endpoint,
}

/// Whether a row is there on the plain port, for those who may play by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// It is not.
    Refused,
    /// It is.
    Playback,
}

/// In which of the two services a row is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    /// In a media server.
    Server,
    /// There, and in the account service alone.
    Both,
    /// In the account service alone.
    Accounts,
}

impl There {
    /// Whether it is there in a service of this kind.
    #[must_use]
    pub const fn is_in(self, kind: Kind) -> bool {
        match (self, kind) {
            (Self::Both, Kind::Server | Kind::Accounts)
            | (Self::Server, Kind::Server)
            | (Self::Accounts, Kind::Accounts) => true,
            (Self::Server, Kind::Accounts) | (Self::Accounts, Kind::Server) => false,
        }
    }
}

/// Makes a row; every column is said, and it is refused on the plain port and not there in the
/// account service alone.
pub(crate) fn row(
    access: Access,
    action: Action,
    door: Door,
    bounds: Bounds,
    endpoint: Endpoint,
) -> Row {
    Row { access, action, door, bounds, plain: Plain::Refused, there: There::Server, endpoint }
}

impl Row {
    /// The same row, there on the plain port too.
    pub(crate) fn on_plain(self) -> Self {
        Self { plain: Plain::Playback, ..self }
    }

    /// The same row, there in the account service alone too.
    pub(crate) fn in_both(self) -> Self {
        Self { there: There::Both, ..self }
    }

    /// The same row, there in the account service alone and in no server.
    pub(crate) fn in_accounts(self) -> Self {
        Self { there: There::Accounts, ..self }
    }

    /// The methods and paths it answers.
    #[must_use]
    pub fn targets(&self) -> Vec<(Method, String)> {
        let paths = self.endpoint.1.paths.iter();
        paths
            .flat_map(|(path, item)| methods(item).into_iter().map(|method| (method, path.clone())))
            .collect()
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    let known = [
        (Method::GET, item.get.is_some()),
        (Method::HEAD, item.head.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::PATCH, item.patch.is_some()),
        (Method::DELETE, item.delete.is_some()),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect()
}
