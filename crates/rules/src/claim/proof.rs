//! The two proofs of possession: a link's secret and a code that people type.
//!
//! The caller gives the randomness. Both compare in constant time and wipe themselves.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::limits::CLAIM_SECRET_UPTIME_SECONDS;
use crate::secret::same_bytes;

/// Consonants without look-alikes, which form no words: RFC 8628 §6.1.
const CODE_LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH: usize = 8;
/// The largest multiple of 20 that a byte can hold less than; bytes from here on would favour
/// the first letters, so they are skipped.
const FAIR_BYTES: u8 = 240;

const SECRET_BYTES: usize = 16;
const SECRET_CHARS: usize = 22;
const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The text is no proof of this form at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the form of a claim secret")]
pub struct BadProof;

/// The code on the console: eight letters, shown as `WXYZ-BCDF`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ClaimCode([u8; CODE_LENGTH]);

/// The secret of the link in the set-up page: 128 bit, 22 characters in a URL.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LinkSecret([u8; SECRET_BYTES]);

impl ClaimCode {
    /// Random bytes that are enough for a code in all but one of 10^27 draws.
    pub const RANDOM_BYTES: usize = 64;

    /// Makes a code in which every letter is equally likely. `None` means that too many bytes had
    /// to be skipped: draw again.
    #[must_use]
    pub fn from_random(random: &[u8; Self::RANDOM_BYTES]) -> Option<Self> {
        let fair = random.iter().copied().filter(|&byte| byte < FAIR_BYTES);
        collect(fair.map(|byte| CODE_LETTERS.get(usize::from(byte) % 20).copied())).map(Self)
    }

    /// Reads what a person typed: any case, with spaces and dashes anywhere.
    pub fn parse(typed: &str) -> Result<Self, BadProof> {
        let letters = typed.chars().filter(|c| !is_separator(*c)).map(code_letter);
        collect_exactly(letters).map(Self).ok_or(BadProof)
    }

    /// Equal in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        same_bytes(&self.0, &other.0)
    }

    /// The code as shown to people, for the one place that shows it.
    #[must_use]
    pub fn expose(&self) -> String {
        let letters: String = self.0.iter().map(|&byte| char::from(byte)).collect();
        let (left, right) = letters.split_at(CODE_LENGTH / 2);
        format!("{left}-{right}")
    }
}

impl LinkSecret {
    /// Takes 16 random bytes.
    #[must_use]
    pub const fn from_random(random: [u8; SECRET_BYTES]) -> Self {
        Self(random)
    }

    /// Reads the 22 characters of a link; exactly one text stands for each secret.
    pub fn parse(text: &str) -> Result<Self, BadProof> {
        if text.len() != SECRET_CHARS {
            return Err(BadProof);
        }
        let mut value: u128 = 0;
        let mut last = 0;
        for (index, byte) in text.bytes().enumerate() {
            last = sextet(byte).ok_or(BadProof)?;
            value = match index {
                0..21 => (value << 6) | u128::from(last),
                _ => (value << 2) | u128::from(last >> 4),
            };
        }
        if last & 0x0f == 0 { Ok(Self(value.to_be_bytes())) } else { Err(BadProof) }
    }

    /// Equal in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        same_bytes(&self.0, &other.0)
    }

    /// The characters of the link, for the one place that writes them.
    #[must_use]
    pub fn expose(&self) -> String {
        let value = u128::from_be_bytes(self.0);
        let high = (0..21).map(|index| (value >> (122 - 6 * index)) & 63);
        let last = (value << 4) & 63;
        high.chain([last]).filter_map(base64_char).collect()
    }
}

impl fmt::Debug for ClaimCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimCode(…)")
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}

/// Whether an unused secret has been there long enough, in uptime, to be replaced.
#[must_use]
pub const fn secret_is_old(uptime_seconds: u64) -> bool {
    uptime_seconds >= CLAIM_SECRET_UPTIME_SECONDS
}

/// The first eight letters, if there are so many and all are good.
fn collect(letters: impl Iterator<Item = Option<u8>>) -> Option<[u8; CODE_LENGTH]> {
    collect_exactly(letters.take(CODE_LENGTH))
}

fn collect_exactly(mut letters: impl Iterator<Item = Option<u8>>) -> Option<[u8; CODE_LENGTH]> {
    let mut code = [0; CODE_LENGTH];
    for slot in &mut code {
        *slot = letters.next()??;
    }
    letters.next().is_none().then_some(code)
}

fn is_separator(typed: char) -> bool {
    typed.is_whitespace() || matches!(typed, '-' | '\u{2010}'..='\u{2015}' | '.' | '_')
}

fn code_letter(typed: char) -> Option<u8> {
    let letter = u8::try_from(typed.to_ascii_uppercase()).ok()?;
    CODE_LETTERS.contains(&letter).then_some(letter)
}

fn base64_char(value: u128) -> Option<char> {
    BASE64URL.get(usize::try_from(value).ok()?).copied().map(char::from)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}
