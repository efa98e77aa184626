//! Raising a session: what was shown just now counts from this moment on.

use stead_rules::signin::Methods;
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, StoreError, WriteTx};

use super::core::Core;
use super::sessions::{self, Token};

/// Raises the session that asks by what it has shown.
pub(crate) fn raise(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    facts: &SessionFacts,
    shown: Methods,
) -> Result<Token, StoreError> {
    let methods = facts.session.methods.after_step_up(shown);
    let detail = serde_json::json!({
        "user": facts.user.id.to_string(), "methods": shown.words(),
    });
    audit::append(tx, now, "signin.stepped_up", &detail.to_string())?;
    sessions::renew(tx, core, now, &facts.session, methods)
}
