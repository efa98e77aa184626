//! Who asks, in the words that are stored and decided with.

use super::act::Door;

/// What a user is on this server. Later is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Somebody invited.
    Member,
    /// Somebody who helps to tend the libraries.
    Administrator,
    /// The owner.
    Owner,
}

/// What kind of client a session belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientKind {
    /// A browser.
    Web,
    /// A television that was approved on a phone: good for playback only.
    Tv,
    /// An app that was approved like a television: good for playback only.
    App,
    /// An app that can do no better than a password of its own: good for playback only.
    AppPassword,
}

/// How a client shows what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shows {
    /// A cookie, which a browser sends by itself.
    Cookie,
    /// `Authorization: Bearer` (RFC 6750 §2.1), which no page of another site can send.
    Bearer,
    /// `Authorization: Basic` (RFC 7617), with a name and an app's own password.
    Basic,
}

impl Role {
    /// The stable word of this role, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    /// The role with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Member, Self::Administrator, Self::Owner]
            .into_iter()
            .find(|role| role.word() == word)
    }

    /// Whether the role may administer; such users are never exempt from anything.
    #[must_use]
    pub const fn is_privileged(self) -> bool {
        match self {
            Self::Owner | Self::Administrator => true,
            Self::Member => false,
        }
    }
}

impl ClientKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Web, Self::Tv, Self::App, Self::AppPassword];

    /// The stable word of this kind, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Tv => "tv",
            Self::App => "app",
            Self::AppPassword => "app_password",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|client| client.word() == word)
    }

    /// Whether administration can be done with it.
    #[must_use]
    pub const fn may_administer(self) -> bool {
        match self {
            Self::Web => true,
            Self::Tv | Self::App | Self::AppPassword => false,
        }
    }

    /// The door that a request of such a client comes in by, at a row of `way`. Only a browser
    /// gets what the row is for; a stream link is a door of its own, whoever it was given to, and so
    /// is the plain port.
    #[must_use]
    pub const fn door(self, way: Door) -> Door {
        match (self, way) {
            (Self::Web, _) | (_, Door::Stream | Door::Plain) => way,
            (Self::Tv | Self::App, _) => Door::Tv,
            (Self::AppPassword, _) => Door::AppPassword,
        }
    }

    /// Whether such a client is known by what it shows in this way. A browser's cookie is worth
    /// nothing elsewhere, so it cannot be carried off into a program unseen; what an app was given
    /// is worth nothing in a browser.
    #[must_use]
    pub const fn is_known_by(self, shown: Shows) -> bool {
        match (self, shown) {
            (Self::Web | Self::Tv, Shows::Cookie)
            | (Self::Tv | Self::App | Self::AppPassword, Shows::Bearer)
            | (Self::AppPassword, Shows::Basic) => true,
            (Self::App | Self::AppPassword, Shows::Cookie)
            | (Self::Web, Shows::Bearer)
            | (Self::Web | Self::Tv | Self::App, Shows::Basic) => false,
        }
    }
}
