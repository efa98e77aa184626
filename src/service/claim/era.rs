//! Another era of the accounts: at each start, at each clean stop, and once a day.
//!
//! ```text
//! accounts.db {next, present} (fsync) ─▶ out of its log ─▶ marker: next (fsync)
//! ```
//!
//! What an update has kept of the accounts goes along, before them, until it has proved itself: so the
//! system before goes on with that as if nothing had happened.
//!
//! Nothing waits for it, and what could not be written is tried again at the next occasion: until
//! then an older copy of this era is not told from the accounts.

use stead_rules::claim::{Generation, Marker, Renewal, State, renewal};
use stead_rules::ids::EraId;
use stead_store::accounts::era::{eras, set_eras};
use stead_store::before_update::set_eras_of_copy;

use super::desk::ClaimDesk;
use super::effects::EffectError;
use super::marker;
use crate::host::entropy::fresh;
use crate::service::chain;
use crate::service::core::Core;

/// Begins another era, if the accounts are this server's and it was claimed. Blocks.
pub fn renew(core: &Core) {
    begin(core, &mut core.desk());
}

/// The same for who holds the claim.
pub(super) fn begin(core: &Core, desk: &mut ClaimDesk) {
    let Marker::Generation(generation) = desk.marker else { return };
    if !counts(&desk.state) {
        return;
    }
    if let Err(error) = renewed(core, desk, generation) {
        tracing::warn!(
            error = %chain(&error),
            "an older copy of accounts.db would not be noticed for now; it is tried again"
        );
    }
}

/// A locked server does not know whether these are its accounts.
const fn counts(state: &State) -> bool {
    match state {
        State::Claimed | State::Orphaned | State::Recovery => true,
        State::Pending(_) => state.was_claimed(),
        State::Factory | State::Legacy | State::Offered | State::Locked(_) => false,
    }
}

fn renewed(core: &Core, desk: &mut ClaimDesk, generation: Generation) -> Result<(), EffectError> {
    let next = fresh(core.entropy.as_ref(), EraId::from_bytes);
    let accounts = &core.store()?.accounts;
    loop {
        match renewal(desk.era, accounts.read(eras)?, next) {
            Renewal::Accounts(eras) => {
                if let Err(error) = set_eras_of_copy(&core.paths().data_dir, eras) {
                    tracing::warn!(
                        error = %chain(&error),
                        "the system before the update could not go on by itself for now"
                    );
                }
                accounts.note(|tx| set_eras(tx, Some(eras)))?;
                // With the era in its log an older file beside that log would seem to know it.
                if let Err(error) = accounts.settle() {
                    tracing::debug!(error = %chain(&error), "the log of accounts.db stays");
                }
            }
            Renewal::Marker(era) => {
                marker::write(&core.paths().marker(), generation, Some(era))?;
                desk.era = Some(era);
                if era == next {
                    return Ok(());
                }
            }
        }
    }
}
