//! A password that the server makes for one app.
//!
//! It is random and long, so nobody guesses it, and what is kept of it needs no slow hash. It is
//! typed once, perhaps on a remote control: letters of one case, in groups.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Consonants without look-alikes, which form no words: RFC 8628 §6.1.
const LETTERS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
/// 24 of 20 letters are 103 bit.
const LENGTH: usize = 24;
const GROUP: usize = 6;
/// The largest multiple of 20 that a byte can hold less than.
const FAIR_BYTES: u8 = 240;

/// The text is no app password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the form of an app password")]
pub struct BadAppPassword;

/// A password for one app: `bcdfgh-jklmnp-qrstvw-xzbcdf`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct AppPassword(String);

impl AppPassword {
    /// Random bytes that are enough for one in all but one of 10^18 draws.
    pub const RANDOM_BYTES: usize = 64;

    /// Makes one in which every letter is equally likely. `None` means that too many bytes had to be
    /// skipped: draw again.
    #[must_use]
    pub fn from_random(random: &[u8; Self::RANDOM_BYTES]) -> Option<Self> {
        let fair = random.iter().copied().filter(|&byte| byte < FAIR_BYTES);
        let letters = fair.filter_map(|byte| LETTERS.get(usize::from(byte) % LETTERS.len()));
        Self::of(letters.copied().take(LENGTH))
    }

    /// Reads what a person typed: any case, with spaces and dashes anywhere.
    ///
    /// # Errors
    /// [`BadAppPassword`].
    pub fn parse(typed: &str) -> Result<Self, BadAppPassword> {
        let letters = Zeroizing::new(
            typed
                .bytes()
                .filter(|byte| !matches!(byte, b' ' | b'-'))
                .map(|byte| byte.to_ascii_lowercase())
                .collect::<Vec<_>>(),
        );
        let known = letters.iter().all(|byte| LETTERS.contains(byte));
        if !known || letters.len() != LENGTH {
            return Err(BadAppPassword);
        }
        Self::of(letters.iter().copied()).ok_or(BadAppPassword)
    }

    fn of(letters: impl Iterator<Item = u8>) -> Option<Self> {
        let mut text = String::with_capacity(LENGTH + LENGTH / GROUP);
        let mut count = 0;
        for letter in letters {
            if count > 0 && count % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(letter));
            count += 1;
        }
        let made = Self(text);
        (count == LENGTH).then_some(made)
    }

    /// The password as it is shown, once, and as it is hashed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}
