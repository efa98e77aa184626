//! Proofs of possession for an owner who comes back: the same as for a claim, judged by the same
//! functions and slowed down by the same memory.

use std::sync::Arc;

use stead_rules::claim::{Link, Peer, Reject, State};
use stead_rules::secret::SecretText;
use stead_rules::time::Now;

use super::{ClaimError, own_code, plug};
use crate::service::core::Core;

/// Whether this is the code that the server was set up with.
///
/// # Errors
/// [`ClaimError`] for whoever is elsewhere, and for a place that has to wait.
pub(crate) async fn is_own_code_of_owner(
    core: &Arc<Core>,
    now: Now,
    from: Peer,
    code: &SecretText,
) -> Result<bool, ClaimError> {
    near(from)?;
    let code = own_code::as_password(code);
    let stored =
        core.blocking(move |core| own_code::to_judge(core, &core.desk(), from, now)).await?;
    let right = core.hasher.verify(from, code, stored).await?;
    own_code::judged(&mut core.desk(), from, now, right);
    Ok(right)
}

/// Whether this phone has won its plug pattern. On a server that has an owner that counts no sooner
/// than for a claim: after the day in which its owner may come, when a recovery is open. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub(crate) fn has_plug(
    core: &Core,
    now: Now,
    from: Peer,
    secret: &SecretText,
) -> Result<bool, ClaimError> {
    near(from)?;
    let mut desk = core.desk();
    plug::pass(core, &mut desk, now)?;
    match desk.state {
        State::Claimed => Err(Reject::AlreadyClaimed.into()),
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => Ok(plug::proves(&desk, secret)),
    }
}

fn near(from: Peer) -> Result<(), ClaimError> {
    match from.link {
        Link::OnLink => Ok(()),
        Link::OffLink => Err(Reject::OffLink.into()),
    }
}
