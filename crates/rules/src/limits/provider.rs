//! Numbers of the account service as an OpenID provider.

/// A code is exchanged by a program at once (RFC 6749 §4.1.2 says ten minutes at most).
pub const AUTHORIZATION_CODE_SECONDS: u64 = 60;
/// An access token is asked about at each use, so it need not be shorter; it is renewed silently.
pub const ACCESS_TOKEN_SECONDS: u64 = 10 * 60;
/// An ID token is read once, when it comes.
pub const ID_TOKEN_SECONDS: u64 = 10 * 60;
/// A signing key signs this long, then the next one does.
pub const SIGNING_KEY_SECONDS: u64 = 90 * 24 * 3600;
/// A key that signs no more is published this long, for clients that look at a token late or show
/// one as a hint when they sign somebody out.
pub const SIGNING_KEY_OLD_SECONDS: u64 = 30 * 24 * 3600;
/// A token that lets a server register is used right after it was approved.
pub const REGISTRATION_TOKEN_SECONDS: u64 = 60 * 60;
/// Clients that may be registered in all: a household has a few servers, and a flood must not fill
/// the disk.
pub const CLIENTS_MAX: u32 = 256;
/// Addresses of one client: a server has a name or two and some addresses.
pub const CLIENT_REDIRECTS_MAX: usize = 16;
/// What one signed-in browser has given to clients; the oldest makes room.
pub const GRANTS_PER_SESSION_MAX: u32 = 32;
/// Access tokens of one such gift that live at once; the oldest makes room.
pub const ACCESS_TOKENS_PER_GRANT_MAX: u32 = 8;
/// Sign-ins that a client asked to be shown anew, at once; the oldest makes room and is asked
/// again.
pub const AUTHORIZE_TICKETS_MAX: usize = 256;
