//! Passwords: hashed with Argon2id, a few at a time, so that a flood of sign-ins cannot eat a
//! small box, and in turns, so that it keeps nobody else out.

mod turns;

use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use stead_rules::claim::Peer;
use stead_rules::secret::SecretText;
use stead_rules::signin::Password;

use self::turns::{Turn, Turns};

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
    turns: Turns,
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
        let nobody = hash_now(&nobodys(), salt)?;
        Ok(Self { turns: Turns::new(), nobody })
    }

    /// The PHC string of `password`, for this peer; `salt` is 16 random bytes.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(
        &self,
        from: Peer,
        password: Password,
        salt: [u8; 16],
    ) -> Result<String, HashError> {
        self.in_turn(from, move || hash_now(&password, salt)).await?
    }

    /// Whether `password`, sent by this peer, belongs to `stored`. Nobody's hash costs the
    /// same and never matches.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn verify(
        &self,
        from: Peer,
        password: Password,
        stored: Option<String>,
    ) -> Result<bool, HashError> {
        let known = stored.is_some();
        let against = stored.unwrap_or_else(|| self.nobody.clone());
        let matches = self.in_turn(from, move || verify_now(&password, &against)).await?;
        Ok(known && matches)
    }

    /// The PHC string of `password`, at once and on this thread: for what comes from a file on the
    /// box and not from a peer. Blocks.
    ///
    /// # Errors
    /// [`HashError::Failed`].
    pub fn hash_here(password: &Password, salt: [u8; 16]) -> Result<String, HashError> {
        hash_now(password, salt)
    }

    /// Whether `password` belongs to `stored`, at once and on this thread. Blocks.
    #[must_use]
    pub fn verify_here(password: &Password, stored: &str) -> bool {
        verify_now(password, stored)
    }

    /// Does the work when its turn comes. A peer that goes away ends its waiting, not the work: so
    /// the turn is the work's, or whoever asks and hangs up would start one beside the other.
    async fn in_turn<T: Send + 'static>(
        &self,
        from: Peer,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let turn = self.turn(from).await?;
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        task.await.map_err(|_| HashError::Failed)
    }

    async fn turn(&self, from: Peer) -> Result<Turn, HashError> {
        let turn = tokio::time::timeout(TURN_WAIT, self.turns.take(from)).await;
        turn.ok().flatten().ok_or(HashError::Busy)
    }
}

fn nobodys() -> Password {
    Password::typed(&SecretText::new("nobody has this password".to_owned()))
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &Password, salt: [u8; 16]) -> Result<String, HashError> {
    let hash = argon2()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(|_| HashError::Failed)?;
    Ok(hash.to_string())
}

fn verify_now(password: &Password, stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return false };
    Argon2::default().verify_password(password.expose().as_bytes(), &parsed).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::mpsc::{Receiver, channel};

    use stead_rules::claim::Link;

    use super::*;

    const PLACE: Peer =
        Peer { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), link: Link::OnLink };

    /// Begins work that goes on until it is told to end, and hangs up.
    async fn begin_and_hang_up(hasher: &Hasher, end: Receiver<()>) {
        let (tell, begun) = tokio::sync::oneshot::channel();
        let work = hasher.in_turn(PLACE, move || {
            tell.send(()).unwrap();
            end.recv().unwrap();
        });
        tokio::select! {
            _ = work => panic!("it has no end yet"),
            told = begun => told.unwrap(),
        }
    }

    #[tokio::test]
    async fn whoever_hangs_up_still_has_a_hash_under_way() {
        let hasher = Hasher::new([7; 16]).unwrap();
        let (tell, end) = channel();
        begin_and_hang_up(&hasher, end).await;
        let mut next = Box::pin(hasher.in_turn(PLACE, || 5));
        tokio::select! {
            biased;
            _ = &mut next => panic!("two at once"),
            () = tokio::task::yield_now() => {}
        }
        tell.send(()).unwrap();
        assert_eq!(next.await.unwrap(), 5);
    }

    #[tokio::test]
    async fn nobodys_password_is_never_right() {
        let hasher = Hasher::new([7; 16]).unwrap();
        assert!(!hasher.verify(PLACE, nobodys(), None).await.unwrap());
        let stored = hasher.hash(PLACE, nobodys(), [9; 16]).await.unwrap();
        assert!(hasher.verify(PLACE, nobodys(), Some(stored)).await.unwrap());
    }
}
