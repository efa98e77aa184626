//! Who asks, in the words that are stored and decided with.

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
    /// An app.
    App,
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
    /// The stable word of this kind, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Tv => "tv",
            Self::App => "app",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Web, Self::Tv, Self::App].into_iter().find(|client| client.word() == word)
    }

    /// Whether administration can be done with it.
    #[must_use]
    pub const fn may_administer(self) -> bool {
        match self {
            Self::Web | Self::App => true,
            Self::Tv => false,
        }
    }
}
