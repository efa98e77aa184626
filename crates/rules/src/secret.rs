//! Secrets that wipe themselves and compare without telling how far they agreed.

use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret text (a password, a code, a link's secret). It is never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Equal in constant time for equal lengths.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        same_bytes(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Compares every byte whatever the first difference is; lengths are not secret.
#[must_use]
pub fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && std::hint::black_box(left.iter().zip(right).fold(0_u8, |acc, (a, b)| acc | (a ^ b))) == 0
}
