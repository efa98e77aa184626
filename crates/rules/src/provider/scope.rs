//! What a client may ask for, one word each.

/// One thing that a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Who somebody is: an ID token.
    OpenId,
    /// What they are called.
    Profile,
    /// Tokens that are renewed while nobody is there (OpenID Connect Core §11).
    OfflineAccess,
    /// To see and play, as that person, on this server.
    Playback,
    /// To register as a client, once (RFC 7591): for a server whose owner has the account here.
    Registration,
}

/// Some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scope {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 5] =
        [Self::OpenId, Self::Profile, Self::OfflineAccess, Self::Playback, Self::Registration];

    /// The word in requests and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::OfflineAccess => "offline_access",
            Self::Playback => "playback",
            Self::Registration => "registration",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::OpenId => 1,
            Self::Profile => 2,
            Self::OfflineAccess => 4,
            Self::Playback => 8,
            Self::Registration => 16,
        }
    }
}

impl Scopes {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn and(self, scope: Scope) -> Self {
        Self(self.0 | scope.bit())
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of `others` are among them.
    #[must_use]
    pub const fn covers(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// What both have.
    #[must_use]
    pub const fn within(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// The scopes of a list of words. What nobody here knows is passed over (OpenID Connect Core
    /// §3.1.2.1).
    #[must_use]
    pub fn from_words(words: &str) -> Self {
        let known = |word: &str| Scope::ALL.into_iter().find(|scope| scope.word() == word);
        words.split(' ').filter_map(known).fold(Self::NONE, Self::and)
    }

    /// The words, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// The words with spaces between.
    #[must_use]
    pub fn words(self) -> String {
        self.iter().map(Scope::word).collect::<Vec<_>>().join(" ")
    }
}
