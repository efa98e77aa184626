//! What a person let in: which servers and programs those are, and taking that back.
//!
//! Taking back what somebody agreed to ends what the program was given of them, like the end of a
//! session. Removing a program that registered by one's own word ends it for everybody who signs in
//! there, so it takes a factor shown just now.

use serde_json::json;
use stead_rules::policy::{Action, Own, Permit};
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::provider::{self as rows, Connection};
use stead_store::accounts::sessions::SessionFacts;

use crate::service::core::{Core, CoreError, permitted};

/// What whoever asks let in, by name. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn list(
    core: &Core,
    permit: &Permit,
    facts: &SessionFacts,
) -> Result<Vec<Connection>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    Ok(core.store()?.accounts.read(|tx| rows::connections(tx, facts.user.account))?)
}

/// Takes back what whoever asks agreed to: false when there was nothing. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn take_back(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    client_id: &str,
) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    core.store()?.accounts.write(|tx| {
        let there = rows::take_back(tx, facts.user.account, client_id)?;
        if there {
            let detail = json!({ "user": facts.user.id.to_string(), "client": client_id });
            audit::append(tx, now, "oauth.taken_back", &detail.to_string())?;
        }
        Ok(there)
    })
}

/// Removes a program that registered by the word of whoever asks, with all that anybody gave it:
/// false when there is none. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn remove(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
    client_id: &str,
) -> Result<bool, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    core.store()?.accounts.write(|tx| {
        let own =
            rows::client(tx, client_id)?.is_some_and(|stored| stored.account == facts.user.account);
        if own {
            rows::remove_client(tx, client_id)?;
            let detail = json!({ "user": facts.user.id.to_string(), "client": client_id });
            audit::append(tx, now, "oauth.client_removed", &detail.to_string())?;
        }
        Ok(own)
    })
}
