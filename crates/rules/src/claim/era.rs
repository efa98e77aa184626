//! Eras: how a server tells its accounts from an older copy of them.
//!
//! ```text
//!             accounts.db        marker
//!   at rest   {n1, n0}           n1
//!   renewed   {n2, n1}   1st     n1         a cut of power in between: n1 is the one before
//!             {n2, n1}           n2   2nd
//!   a copy    {n1, n0}           n2         neither is n2: an older copy
//! ```
//!
//! An era is a random number. The accounts keep the present one and the one before, the marker
//! keeps the present one alone, and it never learns of an era that is not in the accounts for good.
//! So whatever is cut off leaves accounts that know the marker's era, and a copy from before the
//! last renewal does not know it.

use crate::ids::EraId;

/// The eras that the accounts know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eras {
    /// The present one.
    pub current: EraId,
    /// The one before; a server that has just begun to count has none.
    pub previous: Option<EraId>,
}

/// Which copy of the accounts lies there, among those of one generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Copied {
    /// The last one, as far as the marker can tell.
    Latest,
    /// One from before the last renewal.
    Older,
}

/// What is to be written next so that another era begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The marker has not learned of the accounts' present era: it comes first.
    Marker(EraId),
    /// The accounts go over to these, and the marker follows.
    Accounts(Eras),
}

/// Tells the accounts from an older copy. A marker from before eras were kept knows of none, and
/// everything was the latest then.
#[must_use]
pub fn copied(marker: Option<EraId>, accounts: Option<Eras>) -> Copied {
    match (marker, accounts) {
        (None, _) => Copied::Latest,
        (Some(era), Some(known)) if era == known.current || Some(era) == known.previous => {
            Copied::Latest
        }
        (Some(_), Some(_) | None) => Copied::Older,
    }
}

/// How another era begins, of the number `fresh`.
#[must_use]
pub fn renewal(marker: Option<EraId>, accounts: Option<Eras>, fresh: EraId) -> Renewal {
    match accounts {
        Some(known) if marker != Some(known.current) => Renewal::Marker(known.current),
        Some(known) => Renewal::Accounts(Eras { current: fresh, previous: Some(known.current) }),
        None => Renewal::Accounts(Eras { current: fresh, previous: marker }),
    }
}

/// What accounts know that are taken for the latest by whoever may say so: the marker's era.
#[must_use]
pub fn adopted(marker: Option<EraId>) -> Option<Eras> {
    marker.map(|current| Eras { current, previous: None })
}
