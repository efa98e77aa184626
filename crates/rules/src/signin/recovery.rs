//! Recovery codes: 75 bit each, written so that people copy them without mistakes.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::secret::same_bytes;

/// Crockford's alphabet: no letter looks like a digit, and none is missing by accident.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 15;
const GROUP: usize = 5;
const TAIL: usize = 4;

/// A recovery code, shown as `abcde-fghjk-mnpqr`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; LENGTH]);

/// The text is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a recovery code has {LENGTH} letters and digits")]
pub struct BadRecoveryCode;

impl RecoveryCode {
    /// Random bytes that one code takes.
    pub const RANDOM_BYTES: usize = LENGTH;

    /// Makes a code: five fair bits of each byte.
    #[must_use]
    pub fn from_random(random: &[u8; Self::RANDOM_BYTES]) -> Self {
        let letter = |byte: u8| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
        Self(random.map(letter))
    }

    /// Reads what a person typed: any case, spaces and dashes anywhere, look-alikes put right.
    pub fn parse(typed: &str) -> Result<Self, BadRecoveryCode> {
        let mut letters = typed.chars().filter(|c| !is_separator(*c)).map(letter);
        let mut code = [0; LENGTH];
        for slot in &mut code {
            *slot = letters.next().flatten().ok_or(BadRecoveryCode)?;
        }
        match letters.next() {
            None => Ok(Self(code)),
            Some(_) => Err(BadRecoveryCode),
        }
    }

    /// The code as shown, for the one place that shows it.
    #[must_use]
    pub fn expose(&self) -> String {
        let groups = self.0.chunks(GROUP).map(|group| group.iter().copied().map(char::from));
        groups.map(Iterator::collect::<String>).collect::<Vec<_>>().join("-")
    }

    /// The fifteen bytes to hash: one spelling for all ways to type the code.
    #[must_use]
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn ends_with(&self, tail: &[u8]) -> bool {
        self.0.last_chunk::<TAIL>().is_some_and(|own| same_bytes(own, tail))
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// Whether what was typed is the end of any of these codes: shows that they were saved.
#[must_use]
pub fn tail_of_any(codes: &[RecoveryCode], typed: &str) -> bool {
    let letters = typed.chars().filter(|c| !is_separator(*c)).map(letter);
    let Some(tail) = letters.collect::<Option<Vec<u8>>>() else { return false };
    tail.len() == TAIL && codes.iter().fold(false, |any, code| any | code.ends_with(&tail))
}

fn is_separator(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '\u{2010}'..='\u{2015}' | '.' | '_')
}

fn letter(typed: char) -> Option<u8> {
    let lower = u8::try_from(typed.to_ascii_lowercase()).ok()?;
    let read = match lower {
        b'o' => b'0',
        b'i' | b'l' => b'1',
        other => other,
    };
    ALPHABET.contains(&read).then_some(read)
}
