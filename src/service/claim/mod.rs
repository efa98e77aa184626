//! The claim: from a proof of possession to an owner.
//!
//! `stead_rules::claim` decides; here the decision is made under one lock, what the wizard gathers
//! is held in memory until the one transaction that makes the owner, and effects run after it. A
//! crash before that transaction leaves an offer, a crash after it a claimed server.

mod boot_file;
mod box_id;
mod by_code;
mod desk;
mod effects;
mod era;
mod external;
mod finish;
mod in_hand;
mod marker;
mod marker_copy;
mod own_code;
mod ownership;
pub mod plug;
mod recovery;
mod renewal;
mod restore;
mod start;
pub mod wipe;
mod wishes;
mod wizard;

use stead_rules::claim::{BadOwnCode, NoPlace, Reject};
use stead_rules::ids::TicketId;
use stead_rules::policy::{Action, Permit};
use stead_rules::signin::{BadName, BadPassword, Drift, TimeSource};

use super::core::{CoreError, permitted};
use super::passwords::HashError;
use crate::host::files::FileError;

pub use boot_file::is_within_reach;
pub use by_code::{ByCode, begin_by_code, look_by_code};
pub use desk::{Card, ClaimDesk, card, facts};
pub use era::renew as renew_era;
pub use external::{Vouched, begin_at_issuer, finish_at_issuer};
pub use finish::{Finished, finish};
pub use ownership::{give_up, owner_refused, unlock};
pub use restore::{Incoming, Restored, receive, restore};
pub use start::{ComeUp, StartError, begin_life, begin_life_of_accounts, come_up, name_ahead};
pub use wishes::{label, static_address};
pub use wizard::{
    Begun, Enrolment, Proof, Standing, begin, cancel, confirm_totp, is_own_code, name_owner,
    standing,
};

pub(crate) use in_hand::{has_plug, is_own_code_of_owner};
pub(crate) use ownership::{check_name, come_back, may_come_back};

pub(crate) use effects::{Outcome, mend, run as run_effects};
pub(crate) use own_code::look as look_for_codes;
pub(crate) use renewal::tick;

/// The browser that goes on with a claim, if it may do `action`.
fn claimant(permit: &Permit, action: Action) -> Result<TicketId, ClaimError> {
    permitted(permit, action)?;
    permit.claimant().ok_or_else(|| Reject::NotYours { taken_over: false }.into())
}

/// A step of the claim was refused.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// By the rules.
    #[error(transparent)]
    Refused(#[from] Reject),
    /// Codes are being guessed.
    #[error("too many wrong codes; wait {seconds} seconds")]
    SlowDown {
        /// How long.
        seconds: u64,
    },
    /// No code of the owner's own was taken here.
    #[error("there is no own code")]
    NoOwnCode {
        /// Why the one that was read was not.
        refused: Option<BadOwnCode>,
    },
    /// Somebody signs in with this name already.
    #[error("the name is taken")]
    NameTaken,
    /// The name of the server was typed otherwise.
    #[error("this is not the name of the server")]
    NotItsName,
    /// The accounts could not be made anew.
    #[error("the accounts could not be made anew")]
    Anew(#[from] stead_store::OpenError),
    /// The owner's name cannot be used.
    #[error("the name cannot be used")]
    Name(#[from] BadName),
    /// The password is too weak.
    #[error("the password cannot be used")]
    Password(#[from] BadPassword),
    /// The authenticator's code is wrong; `drift` when it fits another time.
    #[error("the code is wrong")]
    TotpWrong {
        /// How far the phone's clock is off.
        drift: Option<Drift>,
        /// Whose time it was checked at. A browser's may be the wrong one.
        judged_by: TimeSource,
    },
    /// Who the owner is, is shown at the issuer.
    #[error("the owner signs in at the issuer")]
    AtIssuer,
    /// The issuer.
    #[error(transparent)]
    Issuer(#[from] super::issuer::IssuerError),
    /// The four characters are not the end of a recovery code.
    #[error("these are not the last characters of a recovery code")]
    TailWrong,
    /// The wish for another secret was fulfilled and could not be taken away.
    #[error("the wish for another secret could not be removed")]
    Wish(#[source] FileError),
    /// A phone may not wait for the plug pattern now.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    /// A backup cannot be put back.
    #[error(transparent)]
    Backup(#[from] super::backup::BackupError),
    /// Too many passwords at once.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl stead_store::Failure for ClaimError {
    fn into_store(self) -> Result<stead_store::StoreError, Self> {
        let Self::Core(error) = self else { return Err(self) };
        error.into_store().map_err(Self::Core)
    }
}

impl From<stead_store::StoreError> for ClaimError {
    fn from(error: stead_store::StoreError) -> Self {
        Self::Core(error.into())
    }
}
