//! Passkeys: for which name of the box one is made, and how many there may be.
//!
//! A passkey belongs to a name (WebAuthn Level 3 §5.1.2, "relying party identifier"). Browsers make
//! none for an address, and one that was made for a name shared by boxes would be asked for by
//! another box tomorrow.

use crate::limits::{PASSKEY_CEREMONY_SECONDS, PASSKEYS_MAX};
use crate::time::{BootMs, Now};

/// What the page was opened by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedName<'a> {
    /// A name, in lower case.
    Name(&'a str),
    /// An address.
    Address,
}

/// Which names lead here.
#[derive(Debug, Clone, Copy)]
pub struct BoxNames<'a> {
    /// The box's own `.local` name.
    pub own: &'a str,
    /// Names that the owner configured.
    pub configured: &'a [String],
}

/// Why no passkey can be made or used on this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPasskeyHere {
    /// The page was opened by an address.
    #[error("browsers make no passkeys for an address")]
    Address,
    /// The page was opened by a name that another box may have tomorrow.
    #[error("this name may lead to another box tomorrow")]
    SharedName,
}

/// The name that passkeys of this page belong to. `localhost` is the machine itself, and browsers
/// take it for secure.
///
/// # Errors
/// [`NoPasskeyHere`].
pub fn passkey_name<'a>(
    asked: AskedName<'a>,
    names: BoxNames<'_>,
) -> Result<&'a str, NoPasskeyHere> {
    match asked {
        AskedName::Address => Err(NoPasskeyHere::Address),
        AskedName::Name(name) if is_own(name, names) => Ok(name),
        AskedName::Name(_) => Err(NoPasskeyHere::SharedName),
    }
}

fn is_own(name: &str, names: BoxNames<'_>) -> bool {
    let configured = names.configured.iter().any(|own| own.eq_ignore_ascii_case(name));
    name == "localhost" || names.own.eq_ignore_ascii_case(name) || configured
}

/// An account has as many passkeys as it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account has at most {PASSKEYS_MAX} passkeys")]
pub struct TooManyPasskeys;

/// Whether an account with `present` passkeys may get one more.
///
/// # Errors
/// [`TooManyPasskeys`].
pub const fn may_add_passkey(present: usize) -> Result<(), TooManyPasskeys> {
    if present < PASSKEYS_MAX { Ok(()) } else { Err(TooManyPasskeys) }
}

/// Whether a challenge that was given out is still waited for.
#[must_use]
pub const fn ceremony_is_live(begun: BootMs, now: Now) -> bool {
    now.boot.since_ms(begun) < PASSKEY_CEREMONY_SECONDS * 1000
}
