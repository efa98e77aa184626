//! What a decision needs to know. All of it comes from the database and the clock.

use super::act::{Action, Door};
use super::require::Requirement;
use crate::claim::{Generation, State};
use crate::ids::{LibraryId, SessionId, TicketId, UserId};
use crate::signin::{Assurance, Life, Methods, life};
use crate::time::{Moment, Now};

/// One request, as the rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The one reading of the clock for this request.
    pub now: Now,
    /// Where the server stands.
    pub server: &'a State,
    /// How often it was claimed.
    pub generation: Generation,
    /// Who asks.
    pub actor: &'a Actor,
    /// For what.
    pub action: Action,
    /// Through which door.
    pub door: Door,
    /// The libraries that what is asked for lies in.
    pub libraries: &'a [LibraryId],
    /// What the owner requires, of this user and of these libraries; the rest is passed over.
    pub requirements: &'a [Requirement],
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known.
    Stranger,
    /// The browser that holds the pending claim.
    ClaimHolder(TicketId),
    /// A signed-in client.
    Session(Session),
}

/// A signed-in client and its user, as they are in the database now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// Its user.
    pub user: UserId,
    /// What the user is here.
    pub role: Role,
    /// What kind of client it is.
    pub client: Client,
    /// How the person signed in.
    pub methods: Methods,
    /// The best that the user's own factors could reach.
    pub reach: Assurance,
    /// When the last factor was shown.
    pub auth: Moment,
    /// When the session was last used before this request.
    pub last_seen: Moment,
    /// It was left alone for long since its last factor; see [`crate::signin::rests`].
    pub rested: bool,
    /// The generation of the server it was made in.
    pub generation: Generation,
    /// The epoch of the user it was made in.
    pub epoch: Epoch,
    /// The user's account now.
    pub account: Account,
}

/// Counts what makes older sessions of a user worthless: a changed factor, a recovery, an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(pub u64);

/// A user's account, as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Whether it may sign in.
    pub enabled: bool,
    /// Its present epoch.
    pub epoch: Epoch,
}

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
pub enum Client {
    /// A browser.
    Browser,
    /// An app with a token of its own.
    App,
    /// A television: its level is inherited and good for playback only.
    Tv,
    /// An app with a password of its own: playback only.
    AppPassword,
}

impl Session {
    /// What the session's age leaves of it.
    #[must_use]
    pub fn life(&self, now: Now) -> Life {
        life(self.auth, self.last_seen, self.rested, now)
    }
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

impl Client {
    /// The stable word of this kind, as stored and answered.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::App => "app",
            Self::Tv => "tv",
            Self::AppPassword => "app_password",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Browser, Self::App, Self::Tv, Self::AppPassword]
            .into_iter()
            .find(|client| client.word() == word)
    }

    /// Whether administration can be done with it.
    #[must_use]
    pub const fn may_administer(self) -> bool {
        match self {
            Self::Browser | Self::App => true,
            Self::Tv | Self::AppPassword => false,
        }
    }
}
