//! Letting a television, an app or a server in from a phone (RFC 8628): who may ask, how often, and
//! how it ends.
//!
//! ```text
//! waiting ──approve──▶ approved ──asked──▶ a token, once
//!    │  └───deny─────▶ denied   ──asked──▶ told, once
//!    └── ten minutes of uptime, or too many hasty questions ──▶ over
//! ```
//!
//! What is granted is decided at each request and never here: a code that was approved becomes a
//! session, and that is judged like any other.

use super::throttle::{network_of, place_of};
use crate::claim::{Link, Peer};
use crate::limits::{
    DEVICE_CODE_SECONDS, DEVICE_CODES_FROM_ELSEWHERE_MAX, DEVICE_CODES_MAX,
    DEVICE_CODES_OF_KIND_MAX, DEVICE_CODES_PER_NETWORK_MAX, DEVICE_CODES_PER_PLACE_MAX,
    DEVICE_HASTY_POLLS_MAX, DEVICE_POLL_SECONDS, DEVICE_POLL_SLOWER_SECONDS,
};
use crate::policy::ClientKind;
use crate::time::{BootMs, Now};

/// What televisions and apps are given: to browse, to play, and to say where one stopped.
pub const PLAYBACK_SCOPE: &str = "playback";

/// What a server is given: who its owner is, and to register once.
pub const SERVER_SCOPES: [&str; 2] = ["openid", "registration"];

/// A program that may ask to be let in. These are public clients (RFC 6749 §2.1): the id says what
/// somebody claims to be, and proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceClient {
    /// The page for televisions.
    Tv,
    /// An app.
    App,
    /// A server whose owner has their account here. It plays nothing: it learns who its owner is,
    /// and may register.
    Server,
}

impl DeviceClient {
    /// Every client.
    pub const ALL: [Self; 3] = [Self::Tv, Self::App, Self::Server];

    /// Its `client_id`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Tv => "stead-tv",
            Self::App => "stead-app",
            Self::Server => "stead-server",
        }
    }

    /// The client with this `client_id`.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|client| client.id() == id)
    }

    /// The kind of session it gets; a server gets none.
    #[must_use]
    pub const fn session(self) -> Option<ClientKind> {
        match self {
            Self::Tv => Some(ClientKind::Tv),
            Self::App => Some(ClientKind::App),
            Self::Server => None,
        }
    }

    /// The word for what it claims to be.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tv => ClientKind::Tv.word(),
            Self::App => ClientKind::App.word(),
            Self::Server => "server",
        }
    }

    /// Whether a `scope` (RFC 6749 §3.3) asks for nothing beyond what such a client is given.
    #[must_use]
    pub fn may_ask_for(self, scope: &str) -> bool {
        let given: &[&str] = match self {
            Self::Tv | Self::App => &[PLAYBACK_SCOPE],
            Self::Server => &SERVER_SCOPES,
        };
        scope.split(' ').filter(|one| !one.is_empty()).all(|one| given.contains(&one))
    }
}

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing yet.
    Waiting,
    /// Let it in.
    Approved,
    /// Do not.
    Denied,
}

/// A code that waits, or was judged and waits to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    begun: BootMs,
    verdict: Verdict,
    interval_seconds: u64,
    last_poll: Option<BootMs>,
    hasty: u32,
}

/// What a device that asks is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Poll {
    /// Nobody said anything yet: `authorization_pending`.
    Pending,
    /// It asks too often: `slow_down`.
    SlowDown,
    /// Here is the token.
    Approved,
    /// Somebody said no: `access_denied`.
    Denied,
    /// The code is void: `expired_token`.
    Over,
}

/// The code is void or was judged before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this code is over")]
pub struct GrantOver;

impl Grant {
    /// A device asked for a code.
    #[must_use]
    pub const fn new(now: Now) -> Self {
        Self {
            begun: now.boot,
            verdict: Verdict::Waiting,
            interval_seconds: DEVICE_POLL_SECONDS,
            last_poll: None,
            hasty: 0,
        }
    }

    /// What was said so far.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        self.verdict
    }

    /// How long it is still good for, in seconds; none once it is void.
    #[must_use]
    pub const fn left_seconds(self, now: Now) -> Option<u64> {
        let age_ms = now.boot.since_ms(self.begun);
        match (DEVICE_CODE_SECONDS * 1000).checked_sub(age_ms) {
            Some(left @ 1..) if self.hasty <= DEVICE_HASTY_POLLS_MAX => Some(left.div_ceil(1000)),
            Some(_) | None => None,
        }
    }

    /// A device asks. A verdict is told however hasty it asks: it asks no more after that.
    #[must_use]
    pub fn poll(self, now: Now) -> (Poll, Self) {
        if self.left_seconds(now).is_none() {
            return (Poll::Over, self);
        }
        match self.verdict {
            Verdict::Approved => (Poll::Approved, self),
            Verdict::Denied => (Poll::Denied, self),
            Verdict::Waiting => self.wait(now),
        }
    }

    fn wait(self, now: Now) -> (Poll, Self) {
        let least_ms = self.interval_seconds.saturating_mul(1000);
        let hasty = self.last_poll.is_some_and(|last| now.boot.since_ms(last) < least_ms);
        let asked = Self { last_poll: Some(now.boot), ..self };
        if !hasty {
            return (Poll::Pending, asked);
        }
        let slower = Self {
            interval_seconds: self.interval_seconds.saturating_add(DEVICE_POLL_SLOWER_SECONDS),
            hasty: self.hasty.saturating_add(1),
            ..asked
        };
        match slower.left_seconds(now) {
            Some(_) => (Poll::SlowDown, slower),
            None => (Poll::Over, slower),
        }
    }

    /// A person says yes or no, once.
    ///
    /// # Errors
    /// [`GrantOver`] when there is nothing to say any more.
    pub fn judged(self, verdict: Verdict, now: Now) -> Result<Self, GrantOver> {
        match (self.verdict, self.left_seconds(now)) {
            (Verdict::Waiting, Some(_)) => Ok(Self { verdict, ..self }),
            (Verdict::Waiting | Verdict::Approved | Verdict::Denied, _) => Err(GrantOver),
        }
    }
}

/// No more codes are given out for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DevicesFull {
    /// To this place.
    #[error("too many codes wait for this address")]
    Here,
    /// To anybody.
    #[error("too many codes wait")]
    Everywhere,
}

/// A program that holds a code or asks for one: what it claims to be, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// What it claims to be.
    pub client: DeviceClient,
    /// Where it is.
    pub peer: Peer,
}

/// The codes that wait, as far as room for another one is concerned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding {
    /// All of them.
    pub all: usize,
    /// Those of programs of the same kind.
    pub kind: usize,
    /// Those from beyond the box's own networks.
    pub elsewhere: usize,
    /// Those from the network of the one that asks, if that is beyond the box's own.
    pub network: usize,
    /// Those from the place that asks.
    pub here: usize,
}

impl Holding {
    /// Counts the codes of `holders`, as seen by `asker`.
    #[must_use]
    pub fn of(holders: impl Iterator<Item = Holder>, asker: Holder) -> Self {
        holders.fold(Self::default(), |holding, one| Self {
            all: holding.all + 1,
            kind: holding.kind + usize::from(one.client == asker.client),
            elsewhere: holding.elsewhere + usize::from(one.peer.link == Link::OffLink),
            network: holding.network + usize::from(is_one_network(one.peer, asker.peer)),
            here: holding.here + usize::from(is_one_place(one.peer, asker.peer)),
        })
    }
}

/// On the box's own link a /64 is the whole house, so an address is a place there.
fn is_one_place(one: Peer, other: Peer) -> bool {
    match (one.link, other.link) {
        (Link::OnLink, Link::OnLink) => one.address.to_canonical() == other.address.to_canonical(),
        (Link::OffLink, Link::OffLink) => place_of(one.address) == place_of(other.address),
        (Link::OnLink, Link::OffLink) | (Link::OffLink, Link::OnLink) => false,
    }
}

fn is_one_network(one: Peer, other: Peer) -> bool {
    match (one.link, other.link) {
        (Link::OffLink, Link::OffLink) => network_of(one.address) == network_of(other.address),
        (Link::OnLink, Link::OnLink | Link::OffLink) | (Link::OffLink, Link::OnLink) => false,
    }
}

/// Whether `asker` may have another code.
///
/// # Errors
/// [`DevicesFull`].
pub const fn has_room(holding: Holding, asker: Holder) -> Result<(), DevicesFull> {
    let far = matches!(asker.peer.link, Link::OffLink);
    if holding.here >= DEVICE_CODES_PER_PLACE_MAX || holding.network >= DEVICE_CODES_PER_NETWORK_MAX
    {
        return Err(DevicesFull::Here);
    }
    if holding.all >= DEVICE_CODES_MAX
        || holding.kind >= DEVICE_CODES_OF_KIND_MAX
        || far && holding.elsewhere >= DEVICE_CODES_FROM_ELSEWHERE_MAX
    {
        return Err(DevicesFull::Everywhere);
    }
    Ok(())
}
