//! PINs of household profiles: short, so a few wrong ones end the guessing until the person whose
//! household it is sets another.

use crate::limits::{PIN_DIGITS_MAX, PIN_DIGITS_MIN, PIN_TRIES, PROFILES_MAX};
use crate::secret::SecretText;

/// A PIN as typed.
#[derive(Debug, Clone)]
pub struct Pin(SecretText);

/// It is no PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN is {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits")]
pub struct BadPin;

impl Pin {
    /// Takes a PIN as typed.
    ///
    /// # Errors
    /// [`BadPin`].
    pub fn parse(typed: &SecretText) -> Result<Self, BadPin> {
        let text = typed.expose();
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&text.len()) {
            Ok(Self(typed.clone()))
        } else {
            Err(BadPin)
        }
    }

    /// The digits, for the one place that needs them.
    #[must_use]
    pub const fn digits(&self) -> &SecretText {
        &self.0
    }
}

/// What is known of a door within a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinDoor {
    /// Whether there is a PIN.
    pub has_pin: bool,
    /// Whether there has to be one, because the owner says so.
    pub needs_pin: bool,
    /// Wrong ones in a row.
    pub misses: u32,
}

/// How a profile is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Freely.
    Open,
    /// By its PIN.
    ByPin,
}

/// Why a profile is not entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum CannotEnter {
    /// There is none, and there has to be one.
    #[error("a PIN has to be set first")]
    Missing,
    /// Too many were wrong.
    #[error("too many wrong PINs")]
    Locked,
}

/// How this door is entered.
///
/// # Errors
/// [`CannotEnter`].
pub const fn way_through(door: PinDoor) -> Result<Way, CannotEnter> {
    match door {
        PinDoor { has_pin: true, misses, .. } if misses >= PIN_TRIES => Err(CannotEnter::Locked),
        PinDoor { has_pin: true, .. } => Ok(Way::ByPin),
        PinDoor { has_pin: false, needs_pin: true, .. } => Err(CannotEnter::Missing),
        PinDoor { has_pin: false, needs_pin: false, .. } => Ok(Way::Open),
    }
}

/// There are enough profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a household has at most {PROFILES_MAX} profiles")]
pub struct TooManyProfiles;

/// Whether somebody with so many profiles may make another.
///
/// # Errors
/// [`TooManyProfiles`].
pub const fn may_add_profile(present: usize) -> Result<(), TooManyProfiles> {
    if present < PROFILES_MAX { Ok(()) } else { Err(TooManyProfiles) }
}
