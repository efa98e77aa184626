//! Who runs this process, and what the system calls a user.

use nix::unistd::{Uid, User};

/// The name of a user, or "user 1234" when the system knows none.
#[must_use]
pub fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => format!("user {uid}"),
    }
}

/// The user that this process acts as.
#[must_use]
pub fn own_uid() -> u32 {
    nix::unistd::geteuid().as_raw()
}

/// The number of a user that the system knows.
#[must_use]
pub fn uid_of(name: &str) -> Option<u32> {
    User::from_name(name).ok().flatten().map(|user| user.uid.as_raw())
}
