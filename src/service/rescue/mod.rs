//! Ways back for whoever forgot or lost what they sign in with.
//!
//! ```text
//! the owner's act ──▶ link ──▶ a member's new password, and a new authenticator if it was asked for
//!                └──▶ code ──▶ stands in once for a member's second factor
//! box in hand + the owner's recovery code ──▶ the owner's new password, and a new authenticator;
//!                                             a recovery that is open ends
//! ```
//!
//! Each ends whatever was opened for that user before, and stands in the audit.

mod link;
mod owner;
mod possession;

use stead_rules::ids::{AccountId, FactorId, UserId};
use stead_rules::limits::{RECOVERY_CODES, RESETS_AT_ONCE_MAX};
use stead_rules::signin::{
    BadPassword, Drift, NoHelp, NoticeKind, Password, RecoveryCode, TimeSource, check_password,
    password_min_chars, time_for_totp,
};
use stead_rules::time::{Now, WallMs};
use stead_store::accounts::factors::{self, Authenticator};
use stead_store::accounts::identity;
use stead_store::accounts::people::{self, Person};
use stead_store::{Accounts, Failure, StoreError, WriteTx};
use zeroize::Zeroizing;

use super::claim::ClaimError;
use super::core::{Core, CoreError};
use super::passwords::HashError;
use super::{notices, sha256, totp};
use crate::host::entropy::{bytes, fresh};
use crate::host::files::FileError;

pub use link::{Look, Made, Renewed, code, enrol, finish, link, look};
pub use owner::{Begun, begin, finish as finish_owner};
pub use possession::{Possession, is_own_code};

pub(crate) use link::{code_waits, link_by_operator, use_code};
pub(crate) use possession::tick;

/// A way back did not open.
#[derive(Debug, thiserror::Error)]
pub enum RescueError {
    /// The link, or what was begun, is over; or it never was.
    #[error("this way back is over")]
    Over,
    /// What was shown does not prove that the box is in hand.
    #[error("this does not prove possession")]
    NotInHand,
    /// The recovery code is wrong or used.
    #[error("the recovery code is wrong")]
    WrongCode,
    /// Too many wrong codes.
    #[error("too many wrong codes; wait {seconds} seconds")]
    SlowDown {
        /// How long.
        seconds: u64,
    },
    /// The new authenticator's code is wrong, or none was sent where one is asked for.
    #[error("the new authenticator's code is wrong")]
    TotpWrong {
        /// How far the phone's clock seems to be ahead (positive) or behind.
        drift: Option<Drift>,
        /// Whose time it was checked at.
        judged_by: TimeSource,
    },
    /// The password is too weak.
    #[error("the password cannot be used")]
    Password(#[from] BadPassword),
    /// There is nobody with this id.
    #[error("there is no such user")]
    NotFound,
    /// This person cannot be helped so.
    #[error(transparent)]
    NoHelp(#[from] NoHelp),
    /// The file with the rescue secret.
    #[error("the rescue secret could not be handed over")]
    File(#[from] FileError),
    /// Too many passwords at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The claim's rules refused a proof, or the state of the server.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl Failure for RescueError {
    fn into_store(self) -> Result<StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<StoreError> for RescueError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// What goes on in memory, because it lasts for minutes.
#[derive(Default)]
pub struct RescueDesk {
    possession: possession::Desk,
    owner: Option<owner::UnderWay>,
    enrolling: Vec<Enrolling>,
}

/// A new authenticator that is not confirmed yet.
struct Enrolling {
    /// The hash of the link it belongs to.
    link: [u8; 32],
    secret: Zeroizing<Vec<u8>>,
}

impl RescueDesk {
    /// Keeps the new authenticator of a link; the oldest makes room.
    pub(super) fn enrol(&mut self, link: [u8; 32], secret: Zeroizing<Vec<u8>>) {
        self.forget(&link);
        if self.enrolling.len() >= RESETS_AT_ONCE_MAX {
            self.enrolling.remove(0);
        }
        self.enrolling.push(Enrolling { link, secret });
    }

    pub(super) fn enrolled(&self, link: &[u8; 32]) -> Option<Zeroizing<Vec<u8>>> {
        self.enrolling.iter().find(|one| one.link == *link).map(|one| one.secret.clone())
    }

    pub(super) fn forget(&mut self, link: &[u8; 32]) {
        self.enrolling.retain(|one| one.link != *link);
    }
}

/// What an authenticator app is given.
pub struct Enrolment {
    /// `otpauth://…`, for a button and for the QR code.
    pub uri: Zeroizing<String>,
    /// The secret alone, to be typed.
    pub secret_base32: Zeroizing<String>,
}

impl Enrolment {
    pub(super) fn of(secret: &[u8], name: &str) -> Self {
        Self { uri: totp::uri(secret, name), secret_base32: totp::base32(secret) }
    }
}

/// What is set anew.
pub struct Renewal {
    /// The new password.
    pub password: Password,
    /// The first code of the new authenticator.
    pub totp_code: Option<String>,
    /// The browser's clock, which a box without one takes.
    pub browser_time: WallMs,
}

/// Recovery codes as they are shown, once.
pub type Codes = Vec<Zeroizing<String>>;

/// Whether the password will do for this person.
fn check(password: &Password, person: &Person, has_factor: bool) -> Result<(), BadPassword> {
    let known = [person.user.name.as_str(), "Stead"];
    check_password(password, password_min_chars(usize::from(has_factor)), &known, false)
}

/// The step of a new authenticator's first code.
pub(super) fn confirmed(
    core: &Core,
    now: Now,
    secret: &[u8],
    code: Option<&str>,
    browser_time: WallMs,
) -> Result<u64, RescueError> {
    let (at, source) = time_for_totp(now, core.clock.floor(), None, Some(browser_time));
    let wrong = |drift| RescueError::TotpWrong { drift, judged_by: source };
    let code = code.ok_or_else(|| wrong(None))?;
    totp::check(secret, code, at, None)
        .map_err(|miss| wrong(miss.drift(totp::server_time(at, source))))
}

/// A new authenticator that has shown its first code.
pub(super) struct NewFactor {
    pub(super) secret: Zeroizing<Vec<u8>>,
    pub(super) step: u64,
}

/// Whoever signs in next is told; nobody is signed in any more who could be told now.
fn tell(tx: &WriteTx<'_, Accounts>, core: &Core, now: Now, user: UserId) -> Result<(), StoreError> {
    notices::tell(tx, core, now, user, None, NoticeKind::Reset, "")
}

/// A new authenticator in the place of whatever second factors there were, with new recovery codes.
pub(super) fn replace_factors(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    account: AccountId,
    factor: &NewFactor,
) -> Result<Codes, StoreError> {
    people::forget_second_factors(tx, account)?;
    let authenticator = Authenticator {
        id: fresh(core.entropy.as_ref(), FactorId::from_bytes),
        name: "Authenticator".to_owned(),
        secret: factor.secret.clone(),
        last_step: factor.step,
        created: now.wall,
        used: None,
    };
    factors::add_authenticator(tx, account, &authenticator)?;
    let code = |_| RecoveryCode::from_random(&bytes(core.entropy.as_ref()));
    let codes: Vec<RecoveryCode> = (0..RECOVERY_CODES).map(code).collect();
    let hashes: Vec<_> = codes.iter().map(|code| sha256(code.bytes())).collect();
    identity::put_recovery_codes(tx, account, &hashes)?;
    Ok(codes.iter().map(|code| Zeroizing::new(code.expose())).collect())
}
