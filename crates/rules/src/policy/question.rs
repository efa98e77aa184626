//! What a decision needs to know. All of it comes from the database and the clock.

use super::act::{Action, Door};
use super::actor::{ClientKind, Role};
use super::require::Required;
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
    /// Whether known users go on watching when it has lost its owner.
    pub orphaned_playback: bool,
    /// Whether it has lost its owner because their issuer refused them.
    pub owner_refused: bool,
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
    /// What the owner requires.
    pub required: Required<'a>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nobody known.
    Stranger,
    /// The browser that holds the pending claim.
    ClaimHolder(TicketId),
    /// Nobody known, who is where the system side lets people play without a sign-in (C7): see
    /// [`crate::claim::Listed`].
    Local,
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
    pub client: ClientKind,
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

impl Session {
    /// What the session's age leaves of it.
    #[must_use]
    pub fn life(&self, now: Now) -> Life {
        life(self.auth, self.last_seen, self.rested, now)
    }
}
