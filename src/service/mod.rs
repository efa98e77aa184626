//! Use cases: one function per thing a person can do. They know the store and the rules, and
//! nothing of HTTP.

pub mod app_passwords;
pub mod approvals;
pub mod authenticators;
pub mod backup;
mod buffers;
pub mod claim;
pub mod core;
pub mod devices;
pub mod disks;
pub mod disown;
pub mod drafts;
pub mod drives;
pub mod factors;
pub mod folders;
pub mod health;
pub mod invitations;
pub mod issuer;
pub mod items;
pub mod join;
pub(crate) mod judge;
pub mod libraries;
pub mod local;
pub mod lost;
pub mod mail;
pub mod notices;
pub mod operator;
pub mod own_password;
pub mod passkeys;
pub mod passwords;
pub mod people;
pub mod pictures;
pub mod playback;
pub mod policy;
pub mod profiles;
pub mod proof;
pub mod provider;
pub mod pump;
pub mod ratings;
pub mod reach;
pub mod recovery;
pub mod remembered;
pub mod rescue;
pub mod room;
pub mod scans;
pub mod security_event;
pub mod sessions;
pub mod settings;
pub mod setup_page;
pub mod sharing;
pub mod sign_up;
pub mod signin;
pub mod stepup;
mod totp;
pub mod updates;

/// SHA-256 of something that needs no slow hash, because it is random.
fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    for (to, from) in hash.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    hash
}

/// An error with its causes on one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        // Some tell their cause themselves.
        if !line.ends_with(&said) {
            line.push_str(": ");
            line.push_str(&said);
        }
        cause = inner.source();
    }
    line
}
