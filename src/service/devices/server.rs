//! Letting a server in that is being claimed and has no client of its own here yet: it is told who
//! its owner is, and may register once.

use stead_rules::policy::Role;
use stead_rules::provider::Registrant;
use stead_rules::secret::SecretText;
use stead_rules::signin::NoticeKind;
use stead_rules::time::Now;
use stead_store::accounts::audit;
use stead_store::accounts::sessions::SessionFacts;
use stead_store::{Accounts, WriteTx};

use super::desk::Waiting;
use super::{DeviceError, approved};
use crate::host::kind::Kind;
use crate::service::core::Core;
use crate::service::notices;
use crate::service::provider::{register, tokens};

/// What a server is given.
pub struct Introduction {
    /// Lets it register once (RFC 7591 §3), and is good for nothing else.
    pub registration: SecretText,
    /// Says who its owner is.
    pub id_token: String,
}

/// In a media server, whoever registers is the owner's to let in. An account service alone has no
/// owner: everybody lets their own servers in.
pub(super) fn may_let_in(core: &Core, by: &SessionFacts) -> bool {
    match core.kind {
        Kind::Server => by.user.role == Role::Owner,
        Kind::Accounts => true,
    }
}

/// None when who approved is by now nobody who could.
pub(super) fn introduce(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    taken: &Waiting,
) -> Result<Option<Introduction>, DeviceError> {
    let Some((approval, by)) = approved(tx, core, taken)? else { return Ok(None) };
    if !may_let_in(core, &by) {
        return Ok(None);
    }
    let registration = register::approve(tx, core, now, by.user.account, Registrant::Server)?;
    let client = taken.asked.client.id();
    let id_token = tokens::id_token_of_device(tx, core, now, client, &by, &registration)?;
    let who = Some(approval.session);
    notices::tell(tx, core, now, by.user.id, who, NoticeKind::DeviceApproved, &approval.name)?;
    let detail = serde_json::json!({
        "user": by.user.id.to_string(), "approved_by": approval.session.to_string(),
        "from": taken.asked.peer.address.to_string(),
    });
    audit::append(tx, now, "device.server_introduced", &detail.to_string())?;
    Ok(Some(Introduction { registration, id_token }))
}
