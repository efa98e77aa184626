//! Which passwords are taken: NIST SP 800-63B-4 §3.1.1.2, length and no lists of characters.

use unicode_normalization::UnicodeNormalization as _;

use super::common;
use crate::limits::PASSWORD_MAX_BYTES;
use crate::secret::SecretText;

/// A password in the one spelling in which it is judged, hashed and compared: RFC 8265 §4.2.2
/// (OpaqueString). An `é` is one character here and two there, by the keyboard that made it; what
/// was chosen at one must be right at the other.
#[derive(Debug, Clone)]
pub struct Password(SecretText);

impl Password {
    /// Takes a password as typed.
    #[must_use]
    pub fn typed(text: &SecretText) -> Self {
        let typed = text.expose();
        // Room for the longest form (UAX #15 §3), so that no half of it is left behind in memory.
        let mut spelled = String::with_capacity(typed.len().saturating_mul(NFC_GROWTH_MAX));
        spelled.extend(typed.chars().map(plain_space).nfc());
        Self(SecretText::new(spelled))
    }

    /// The password itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// How much longer a text in UTF-8 becomes by NFC, at most.
const NFC_GROWTH_MAX: usize = 3;

/// A space is a space: a Mac makes another one where a key is held a moment too long.
const fn plain_space(typed: char) -> char {
    match typed {
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            ' '
        }
        other => other,
    }
}

/// Why a password is not taken. Each has one stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few characters.
    #[error("a password has at least {min} characters")]
    TooShort {
        /// How many are asked for.
        min: usize,
    },
    /// So long that it is not a password.
    #[error("a password has at most {PASSWORD_MAX_BYTES} bytes")]
    TooLong,
    /// One of those that are tried first.
    #[error("this password is one of those that are tried first")]
    TooCommon,
    /// The name of the person or the server and little else.
    #[error("this password is mostly a name that others know")]
    ContainsName,
    /// Characters that no keyboard makes.
    #[error("a password holds no control characters")]
    ControlCharacter,
}

impl BadPassword {
    /// The stable code of this refusal.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "password_too_short",
            Self::TooLong => "password_too_long",
            Self::TooCommon => "password_too_common",
            Self::ContainsName => "password_contains_name",
            Self::ControlCharacter => "password_control_character",
        }
    }
}

/// Judges a password of at least `min` characters. `names` are what others know (the person's
/// name, the server's); `is_common` is what a longer list than the built-in one says.
pub fn check_password(
    password: &Password,
    min: usize,
    names: &[&str],
    is_common: bool,
) -> Result<(), BadPassword> {
    let password = password.expose();
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(BadPassword::TooLong);
    }
    if password.chars().any(char::is_control) {
        return Err(BadPassword::ControlCharacter);
    }
    if password.chars().count() < min {
        return Err(BadPassword::TooShort { min });
    }
    if is_common || is_trivial(password) || common::is_common(password) {
        return Err(BadPassword::TooCommon);
    }
    if names.iter().any(|name| is_mostly(password, name, min)) {
        return Err(BadPassword::ContainsName);
    }
    Ok(())
}

/// One or two characters over and over, or a run of neighbours: `aaaaaaaa`, `12345678`.
fn is_trivial(password: &str) -> bool {
    let lower: Vec<char> = password.to_lowercase().chars().collect();
    let mut distinct = lower.clone();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() <= 2 || is_run(&lower, 1) || is_run(&lower, -1)
}

fn is_run(letters: &[char], by: i64) -> bool {
    let pairs = letters.iter().zip(letters.iter().skip(1));
    pairs.fold(true, |run, (left, right)| {
        run && i64::from(u32::from(*right)) - i64::from(u32::from(*left)) == by
    })
}

/// Whether too little is left of the password without the name.
fn is_mostly(password: &str, name: &str, min: usize) -> bool {
    let (password, name) = (password.to_lowercase(), name.trim().to_lowercase());
    if name.chars().count() < 3 || !password.contains(&name) {
        return false;
    }
    password.replace(&name, "").chars().count() < min
}
