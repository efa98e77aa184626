//! Time-based one-time codes (RFC 6238): making a secret, showing it, judging a code.

use stead_rules::limits::TOTP_STEP_SECONDS;
use stead_rules::signin::{Drift, TimeSource, TotpVerdict, judge_code};
use stead_rules::time::WallMs;
use totp_rs::{Builder, Secret};
use zeroize::Zeroizing;

use crate::host::entropy::{Entropy, bytes};

/// 160 bit, as RFC 4226 §4 recommends; authenticator apps expect no other size.
const SECRET_BYTES: usize = 20;
/// What authenticator apps show above the account.
const ISSUER: &str = "Stead";

/// A code was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Miss {
    verdict: TotpVerdict,
}

impl Miss {
    /// How far the app's clock is off, when the code fits a time outside the window. It only explains: such a code is never accepted. For whoever enrols,
    /// and knows the secret anyway.
    pub(crate) const fn drift(self, server_time: Option<WallMs>) -> Option<Drift> {
        match self.verdict {
            TotpVerdict::Drifted { app_ahead_seconds } => {
                Some(Drift { app_ahead_seconds, server_time })
            }
            TotpVerdict::Accepted { .. } | TotpVerdict::Replayed | TotpVerdict::Wrong => None,
        }
    }

    /// What of it is told at a sign-in. When the time was the browser's word, nothing: who guesses
    /// could set it so that a code of the future lies behind.
    pub(crate) fn told_at_sign_in(self, at: WallMs, source: TimeSource) -> Option<Drift> {
        let server_time = server_time(at, source)?;
        let app_ahead_seconds = self.verdict.seconds_behind()?;
        Some(Drift { app_ahead_seconds, server_time: Some(server_time) })
    }
}

/// The time that a code was judged at, if it was the server's.
pub(crate) const fn server_time(at: WallMs, source: TimeSource) -> Option<WallMs> {
    match source {
        TimeSource::Server => Some(at),
        TimeSource::Browser => None,
    }
}

/// A new secret.
pub(crate) fn new_secret(entropy: &dyn Entropy) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(bytes::<SECRET_BYTES>(entropy).to_vec())
}

/// The `otpauth://` address of a secret.
pub(crate) fn uri(secret: &[u8], account: &str) -> Zeroizing<String> {
    let shown = account.replace(':', " ");
    let totp = builder(secret).with_account_name(shown).with_issuer(Some(ISSUER));
    Zeroizing::new(totp.build().and_then(|totp| totp.to_url()).unwrap_or_default())
}

/// A secret as people type it.
pub(crate) fn base32(secret: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Secret::from(secret.to_vec()).to_base32())
}

/// The step that `code` belongs to at `wall`, if the rules accept it.
///
/// # Errors
/// [`Miss`].
pub(crate) fn check(
    secret: &[u8],
    code: &str,
    wall: WallMs,
    last_step: Option<u64>,
) -> Result<u64, Miss> {
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let totp = builder(secret).with_skew(0).build_noncompliant();
    let matches = |step: u64| totp.check(&code, step.saturating_mul(TOTP_STEP_SECONDS)).is_some();
    match judge_code(wall, last_step, matches) {
        TotpVerdict::Accepted { step } => Ok(step),
        verdict @ (TotpVerdict::Replayed | TotpVerdict::Drifted { .. } | TotpVerdict::Wrong) => {
            Err(Miss { verdict })
        }
    }
}

fn builder(secret: &[u8]) -> Builder {
    Builder::new().with_secret(secret.to_vec()).with_step_duration(TOTP_STEP_SECONDS)
}

#[cfg(test)]
mod tests;
