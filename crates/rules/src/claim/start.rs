//! With what a server comes up: one function of what lies on disk and one setting (C8).
//!
//! The database and the marker are written one after the other, so a kill leaves them one step
//! apart; everything further apart means that something was lost, swapped or restored. In doubt
//! the server is locked: an attacker who can delete or damage a file must not gain a claim.

use std::cmp::Ordering;

use super::effect::{ClaimLog, Effect};
use super::era::Copied;
use super::state::{Generation, LockReason, State};

/// Servers made by this version or a later one must be claimed. It is the first version ever
/// published, so none of ours is exempt; the rule is kept as data because it will be asked for.
pub const CLAIM_RULE_SINCE: Version = Version { major: 0, minor: 1, patch: 0 };

/// The version of Stead that made a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Incompatible changes.
    pub major: u32,
    /// New things.
    pub minor: u32,
    /// Mended things.
    pub patch: u32,
}

/// What the `ever_claimed` marker outside the database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// There is none, in no copy.
    None,
    /// The highest generation of any copy.
    Generation(Generation),
    /// There is something that cannot be read.
    Unreadable,
}

/// What the database says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// There is none.
    None,
    /// There is something that cannot be read.
    Unreadable,
    /// It never had an owner.
    NeverClaimed {
        /// The version that made it, where that can be told.
        created_by: Option<Version>,
    },
    /// It was claimed so often.
    Claimed {
        /// How often.
        generation: Generation,
        /// What became of the owner since.
        kept: Kept,
        /// Which copy of its generation it is.
        copied: Copied,
    },
}

/// What a database that was claimed keeps of the server's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// It has an owner.
    Owned,
    /// The owner is gone.
    Orphaned,
    /// It waits for a new owner.
    Recovery,
    /// It was put back from a backup, and waits for its owner to say that this is meant.
    Restored,
}

/// `enable_local_security` of the system-side settings (C7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocalSecurity {
    /// The rule holds.
    On,
    /// Somebody with the system in hand lifted it.
    Off,
}

/// Whether folders that the system side lists may be played without a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LocalPlayback {
    /// No.
    Refused,
    /// Yes, until the server is claimed: an owner's policy is never lifted by a file.
    Listed,
}

/// With what a server comes up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The state to begin with.
    pub state: State,
    /// Whether listed folders may be played by anybody near.
    pub local_playback: LocalPlayback,
    /// What to do before any port opens, in this order.
    pub effects: Vec<Effect>,
}

/// Decides with what a server comes up.
#[must_use]
pub fn start_state(marker: Marker, database: Database, setting: LocalSecurity) -> Start {
    let state = state_of(marker, database);
    let mut effects = start_effects(&state, marker, database);
    if setting == LocalSecurity::Off {
        effects.push(Effect::Log(ClaimLog::LocalSecurityOff));
    }
    Start { state, local_playback: local_playback(&state, setting), effects }
}

/// With what a server comes up whose data folder is missing: whether it was claimed is not known, so
/// it is closed, and nothing is begun that could not be kept.
#[must_use]
pub const fn start_without_data() -> Start {
    Start {
        state: State::Locked(LockReason::DataMissing),
        local_playback: LocalPlayback::Refused,
        effects: Vec::new(),
    }
}

/// The generation of accounts that wait for a new owner: nothing older may take their place. A
/// server with the sign of a claim is of the first generation at least.
#[must_use]
pub fn recovery_generation(marker: Marker, database: Database) -> Generation {
    Generation(next_generation(marker, database).0.saturating_sub(1).max(1))
}

/// The generation that the next claim or unlocking makes.
#[must_use]
pub fn next_generation(marker: Marker, database: Database) -> Generation {
    let marker = match marker {
        Marker::Generation(generation) => generation,
        Marker::None | Marker::Unreadable => Generation(0),
    };
    let database = match database {
        Database::Claimed { generation, .. } => generation,
        Database::None | Database::Unreadable | Database::NeverClaimed { .. } => Generation(0),
    };
    Generation(marker.max(database).0.saturating_add(1))
}

fn state_of(marker: Marker, database: Database) -> State {
    match (marker, database) {
        (Marker::None, Database::None) => State::Factory,
        (Marker::None, Database::NeverClaimed { created_by }) => unclaimed(created_by),
        (Marker::None, Database::Claimed { kept, .. }) => kept.state(),
        (Marker::Generation(marker), Database::Claimed { generation, kept, copied }) => {
            match (generation.cmp(&marker), copied) {
                (Ordering::Less, _) => State::Locked(LockReason::OlderGeneration),
                (Ordering::Equal, Copied::Older) => State::Locked(LockReason::OlderCopy),
                // A claim, or an owner who opened a locked server, was cut off before the marker.
                (Ordering::Greater, _) | (Ordering::Equal, Copied::Latest) => kept.state(),
            }
        }
        (Marker::Generation(_), Database::None) => State::Locked(LockReason::DatabaseMissing),
        (Marker::Generation(_), Database::NeverClaimed { .. }) => {
            State::Locked(LockReason::DatabaseReplaced)
        }
        (Marker::None | Marker::Generation(_) | Marker::Unreadable, Database::Unreadable) => {
            State::Locked(LockReason::DatabaseUnreadable)
        }
        (Marker::Unreadable, Database::None) => State::Locked(LockReason::DatabaseMissing),
        (Marker::Unreadable, Database::NeverClaimed { .. }) => {
            State::Locked(LockReason::DatabaseReplaced)
        }
        (Marker::Unreadable, Database::Claimed { .. }) => {
            State::Locked(LockReason::MarkerUnreadable)
        }
    }
}

impl Kept {
    /// The state with which a server comes up.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Owned => State::Claimed,
            Self::Orphaned => State::Orphaned,
            Self::Recovery => State::Recovery,
            Self::Restored => State::Locked(LockReason::Restored),
        }
    }

    /// The stable word, as stored.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owned => "owned",
            Self::Orphaned => "orphaned",
            Self::Recovery => "recovery",
            Self::Restored => "restored",
        }
    }

    /// What this word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Owned, Self::Orphaned, Self::Recovery, Self::Restored]
            .into_iter()
            .find(|kept| kept.word() == word)
    }
}

fn unclaimed(created_by: Option<Version>) -> State {
    match created_by {
        Some(version) if version < CLAIM_RULE_SINCE => State::Legacy,
        Some(_) | None => State::Offered,
    }
}

fn start_effects(state: &State, marker: Marker, database: Database) -> Vec<Effect> {
    match state {
        State::Factory | State::Legacy | State::Offered => {
            vec![Effect::EnsureSecret, Effect::WriteSetupPage]
        }
        State::Claimed | State::Orphaned => {
            let mut effects = raise_marker(marker, database);
            effects.extend([Effect::ForgetSecret, Effect::RemoveSetupPage]);
            effects
        }
        State::Recovery => {
            let mut effects = raise_marker(marker, database);
            effects.extend([Effect::EnsureSecret, Effect::WriteSetupPage]);
            effects
        }
        State::Locked(reason) => {
            let mut effects = match reason {
                // The box may have had no owner before: from here on it had one.
                LockReason::Restored => raise_marker(marker, database),
                LockReason::DataMissing
                | LockReason::DatabaseMissing
                | LockReason::DatabaseUnreadable
                | LockReason::DatabaseReplaced
                | LockReason::OlderGeneration
                | LockReason::OlderCopy
                | LockReason::MarkerUnreadable => Vec::new(),
            };
            effects
                .extend([Effect::RemoveSetupPage, Effect::Log(ClaimLog::LockedAtStart(*reason))]);
            effects
        }
        State::Pending(_) => Vec::new(),
    }
}

/// A claim may have been cut off after its commit: what it left to do is done now.
fn raise_marker(marker: Marker, database: Database) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Database::Claimed { generation, .. } = database
        && marker != Marker::Generation(generation)
    {
        effects.push(Effect::RaiseMarker(generation));
        effects.push(Effect::Log(ClaimLog::MarkerRaised(generation)));
    }
    effects
}

fn local_playback(state: &State, setting: LocalSecurity) -> LocalPlayback {
    match setting {
        LocalSecurity::On => LocalPlayback::Refused,
        LocalSecurity::Off if state.was_claimed() => LocalPlayback::Refused,
        LocalSecurity::Off => LocalPlayback::Listed,
    }
}

impl Version {
    /// Reads `1.2.3`; a suffix after `-` or `+` is not looked at.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.split(['-', '+']).next()?;
        let mut parts = plain.split('.').map(str::parse);
        let (major, minor, patch) = (parts.next()?, parts.next()?, parts.next()?);
        match (major, minor, patch, parts.next()) {
            (Ok(major), Ok(minor), Ok(patch), None) => Some(Self { major, minor, patch }),
            _ => None,
        }
    }
}
