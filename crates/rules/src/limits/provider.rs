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
/// Clients of one account: somebody's servers and a few more.
pub const CLIENTS_PER_ACCOUNT_MAX: u32 = 16;
/// Tokens by which one account lets servers register, at once; the oldest makes room.
pub const REGISTRATIONS_PER_ACCOUNT_MAX: u32 = 8;
/// Accounts of an account service that stands alone: a club or a small town. At two kilobytes each,
/// so many fill no disk.
pub const ACCOUNTS_MAX: u32 = 10_000;
/// Clients of an account service that stands alone: a few for each account.
pub const CLIENTS_ALONE_MAX: u32 = 40_000;
/// The longest wait for making an account that others cause: whoever makes them from many places
/// gets one in so many seconds, and everybody else waits no longer than that.
pub const SIGN_UP_ALL_WAIT_SECONDS: u64 = 90;
/// Accounts that one network (a /24, a /48) asks for before it waits: a school class does so in an
/// hour, and a list of names needs more.
pub const SIGN_UP_NETWORK_FREE: u32 = 8;
/// An account that never had a second factor and never let a program in is removed when it is so
/// old. Within that time the longest wait leaves room for fewer than [`ACCOUNTS_MAX`].
pub const UNSETTLED_ACCOUNT_SECONDS: u64 = 7 * 24 * 3600;

/// Servers that stay known although the account that let them in was removed, so that they learn why
/// its person comes no more. A server asks within weeks; whoever removes more accounts than that has
/// the oldest of them forgotten.
pub const CLIENTS_OF_NOBODY_MAX: u32 = 256;
