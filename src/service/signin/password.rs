//! Looking at a password, which is counted before anybody knows whose it is.

use std::sync::Arc;

use ring::hmac;
use stead_rules::ids::AccountId;
use stead_rules::limits::{PASSWORD_ALL_WAIT_SECONDS, PASSWORD_MISS_BUCKETS};
use stead_rules::signin::{Password, place_of};
use stead_rules::time::Now;
use stead_store::accounts::identity::{self, Account};
use stead_store::accounts::password_tries::{self as rows, Guess};

use super::{Asker, SignInError, check_tries};
use crate::service::core::Core;

/// Whether this is the password of the account, in its turn and counted like one at sign-in.
///
/// # Errors
/// [`SignInError::WrongNameOrPassword`], or why it was not looked at.
pub(crate) async fn check_password_of(
    core: &Arc<Core>,
    now: Now,
    asker: &Asker,
    login: &str,
    password: Password,
) -> Result<(), SignInError> {
    let (from, login) = (asker.clone(), login.to_owned());
    let (account, guess) = core.blocking(move |core| look_up(core, now, &from, &login)).await?;
    let id = account.as_ref().map(|account| account.id);
    let stored = account.map(|account| account.password_hash);
    let right = core.hasher.verify(asker.peer, password, stored).await?;
    let whose = id.filter(|_| right);
    core.blocking(move |core| count_password(core, now, &guess, whose)).await?;
    if right { Ok(()) } else { Err(SignInError::WrongNameOrPassword) }
}

/// The account of a name, if the password may be tried now. Whether there is one changes neither what
/// is asked of the database nor the answer.
pub(super) fn look_up(
    core: &Core,
    now: Now,
    asker: &Asker,
    login: &str,
) -> Result<(Option<Account>, Guess), SignInError> {
    core.store()?.accounts.read(|tx| {
        let guess = password_guess(core, asker, login);
        let tries = rows::tries(tx, &core.run, &guess)?;
        check_tries(tries, PASSWORD_ALL_WAIT_SECONDS, now)?;
        Ok((identity::account_by_login(tx, login)?, guess))
    })
}

/// What a name and a place are counted under. The key keeps to the server which names share a bucket,
/// and is kept with the accounts, so that counts outlive restarts.
fn password_guess(core: &Core, asker: &Asker, login: &str) -> Guess {
    let place = place_of(asker.peer.address);
    let (bucket, tag) = keyed(core, &format!("here\0{place}\0{login}"));
    let (everywhere, _) = keyed(core, &format!("everywhere\0{login}"));
    let bucket = bucket.checked_rem(PASSWORD_MISS_BUCKETS).unwrap_or(0);
    Guess { tag, bucket, everywhere }
}

fn keyed(core: &Core, text: &str) -> (u16, [u8; 16]) {
    let mac = hmac::sign(&core.throttle_key, text.as_bytes());
    let mut tag = [0; 16];
    let mut bucket = [0; 2];
    for (byte, of_mac) in tag.iter_mut().chain(bucket.iter_mut()).zip(mac.as_ref()) {
        *byte = *of_mac;
    }
    (u16::from_le_bytes(bucket), tag)
}

/// Counts a password as a miss or forgets the misses. Others may have missed while this one was
/// hashed: then it is as if it had come after them, and even a right one waits. Without that, a
/// hundred guesses at the same moment would be one.
pub(super) fn count_password(
    core: &Core,
    now: Now,
    guess: &Guess,
    right_for: Option<AccountId>,
) -> Result<(), SignInError> {
    core.store()?.accounts.write(|tx| {
        let tries = rows::tries(tx, &core.run, guess)?;
        check_tries(tries, PASSWORD_ALL_WAIT_SECONDS, now)?;
        match right_for {
            Some(account) => rows::was_right(tx, &core.run, guess, account)?,
            None => rows::add_miss(tx, &core.run, guess, now)?,
        }
        Ok(())
    })
}
