//! Typed random 128-bit identifiers.
//!
//! An id is never derived from a path, a name or a counter, so it can be shown to anybody without
//! telling anything. On the wire and in URLs it is 32 lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

/// The text was not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits")]
pub struct BadId;

fn parse_hex(text: &str) -> Result<[u8; 16], BadId> {
    if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(BadId);
    }
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| BadId)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Takes 16 random bytes; the caller owns the entropy.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The bytes as stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", u128::from_be_bytes(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse_hex(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A box: kept for life, also by another box that takes over its identity.
    BoxId;
    /// A row of the issuers table; users refer to it, never to an issuer's URL.
    IssuerId;
    /// An account at the embedded account service. Its text is the `sub` that users refer to.
    AccountId;
    /// A user of this server.
    UserId;
    /// A signed-in client.
    SessionId;
    /// A library.
    LibraryId;
    /// A folder that belongs to a library.
    RootId;
    /// Anything that is listed: a film, a series, an episode, an album, a track, a photo.
    ItemId;
    /// A file on a disk.
    FileId;
    /// A stretch of a server's life: what tells its accounts from an older copy of them.
    EraId;
    /// A sign-in or a claim that has begun and is not finished.
    TicketId;
    /// A factor that an account keeps: an authenticator, a passkey.
    FactorId;
    /// A browser that is not asked for a second factor for a while.
    DeviceId;
    /// Something that a user's other sessions are told.
    NoticeId;
    /// People who belong together.
    GroupId;
    /// A profile of somebody's household.
    ProfileId;
    /// An invitation that waits.
    InvitationId;
    /// Somebody's exemption from what is required.
    ExemptionId;
    /// What a file holds: its size and the hash of its two ends. User data hangs on it, so it
    /// survives renames and rebuilt libraries.
    ContentKey;
}
