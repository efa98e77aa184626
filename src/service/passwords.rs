//! Passwords: hashed with Argon2id, a few at a time, so that a flood of sign-ins cannot eat a
//! small box.

use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use stead_rules::limits::PASSWORD_HASHES_AT_ONCE;
use stead_rules::secret::SecretText;
use tokio::sync::Semaphore;

/// Memory of one hash in KiB: the OWASP minimum for Argon2id with two passes (19 MiB).
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// One lane: a box has few cores and hashes run side by side.
const LANES: u32 = 1;
/// A sign-in waits this long for its turn, then is told to come back.
const TURN_WAIT: Duration = Duration::from_secs(8);

/// Hashes and verifies passwords.
#[derive(Debug)]
pub struct Hasher {
    turns: Semaphore,
    /// What an unknown name is verified against, so that it costs the same.
    nobody: String,
}

/// A password could not be hashed or verified.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many at once.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The library refused.
    #[error("the password could not be hashed")]
    Failed,
}

impl Hasher {
    /// Prepares hashing; `salt` is 16 random bytes.
    ///
    /// # Errors
    /// [`HashError::Failed`] if the parameters are refused.
    pub fn new(salt: [u8; 16]) -> Result<Self, HashError> {
        let nobody = hash_now(&SecretText::new("nobody has this password".to_owned()), salt)?;
        Ok(Self { turns: Semaphore::new(PASSWORD_HASHES_AT_ONCE), nobody })
    }

    /// The PHC string of `password`; `salt` is 16 random bytes.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: SecretText, salt: [u8; 16]) -> Result<String, HashError> {
        let _turn = self.turn().await?;
        tokio::task::spawn_blocking(move || hash_now(&password, salt))
            .await
            .unwrap_or(Err(HashError::Failed))
    }

    /// Whether `password` belongs to `stored`. Nobody's hash costs the same and never matches.
    ///
    /// # Errors
    /// [`HashError::Busy`].
    pub async fn verify(
        &self,
        password: SecretText,
        stored: Option<String>,
    ) -> Result<bool, HashError> {
        let _turn = self.turn().await?;
        let known = stored.is_some();
        let against = stored.unwrap_or_else(|| self.nobody.clone());
        let matches = tokio::task::spawn_blocking(move || verify_now(&password, &against))
            .await
            .map_err(|_| HashError::Failed)?;
        Ok(known && matches)
    }

    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, HashError> {
        match tokio::time::timeout(TURN_WAIT, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(HashError::Busy),
        }
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &SecretText, salt: [u8; 16]) -> Result<String, HashError> {
    let hash = argon2()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|_| HashError::Failed)?;
    Ok(hash.to_string())
}

fn verify_now(password: &SecretText, stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return false };
    Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok()
}
