//! The plug pattern's memory: one small file in the data folder, there only while a phone waits.
//!
//! It lies outside of the database, because the server may have lost that. Whatever changes in it
//! is on the disk before anything is told: a phone that sees its count knows that it is kept.

use std::net::IpAddr;

use stead_rules::claim::{
    Began, Link, Peer, Place, Plug, RecoveryWay, Reject, StartMark, State, Whose, began,
    parse_plug, phones_at_once, plug_text,
};
use stead_rules::limits::PLUG_CLAIMED_WAIT_SECONDS;
use stead_rules::policy::{Action, Permit};
use stead_rules::secret::SecretText;
use stead_rules::signin::place_of;
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::claim as rows;
use zeroize::Zeroizing;

use super::desk::ClaimDesk;
use super::{ClaimError, Outcome, recovery};
use crate::host::entropy::bytes;
use crate::host::files::{FileError, PRIVATE, remove_durably, write_atomically};
use crate::service::core::{Core, permitted};
use crate::service::{chain, sha256};

/// A phone that waits.
pub struct Waiting {
    /// What the phone keeps; in the fragment of its page, so that another address finds it.
    pub secret: Zeroizing<String>,
    /// Where it stands.
    pub place: Place,
}

/// How a phone stands.
pub struct Standing {
    /// In the pattern.
    pub place: Place,
    /// For how long a server with an owner still waits, if it does.
    pub waits_seconds: Option<u64>,
}

/// What is kept of a pattern.
pub(crate) struct Kept {
    pub(crate) plug: Plug,
    mark: StartMark,
    /// Uptime up to which it was counted.
    counted_to: BootMs,
    /// Uptime when it was last written down.
    written: BootMs,
}

/// How long a wait of a day goes on unwritten: what a power cut takes of it makes it longer.
const WAIT_WRITTEN_MS: u64 = 15 * 60 * 1000;
/// The same of a pattern, which has ten minutes. Not at each look: everybody may look, and each
/// write holds the claim for as long as the disk takes.
const PATTERN_WRITTEN_MS: u64 = 5000;

impl Kept {
    pub(crate) const fn nothing() -> Self {
        let zero = BootMs(0);
        Self {
            plug: Plug { phones: Vec::new(), counted: 0, quiet_ms: 0, winner: None },
            mark: StartMark { boot: None, stopped: false },
            counted_to: zero,
            written: zero,
        }
    }
}

/// Lets a phone wait for its pattern, and tells it how often to cut the power. Blocks.
///
/// # Errors
/// [`ClaimError`]; the phone does not wait then.
pub fn wait(core: &Core, permit: &Permit, now: Now, peer: Peer) -> Result<Waiting, ClaimError> {
    permitted(permit, Action::ProvePresence)?;
    if peer.link == Link::OffLink {
        return Err(Reject::OffLink.into());
    }
    let mut desk = core.desk();
    pass(core, &mut desk, now)?;
    let secret = Zeroizing::new(new_secret(core));
    let hash = sha256(secret.as_bytes());
    let [random] = bytes::<1>(core.entropy.as_ref());
    let mut with_it = desk.plug.plug.clone();
    let whose = whose(peer.address);
    let is_new = desk.plug.plug.phones.iter().all(|phone| phone.whose != whose);
    with_it.join(hash, whose, phones_at_once(&desk.state), random)?;
    let before = std::mem::replace(&mut desk.plug.plug, with_it);
    desk.plug.mark = StartMark { boot: core.clock.boot_id(), stopped: false };
    desk.plug.counted_to = now.boot;
    if let Err(error) = write(core, &mut desk, now) {
        desk.plug.plug = before;
        return Err(ClaimError::Wish(error));
    }
    if is_new {
        tracing::info!(from = %peer.address, "a phone waits for the plug pattern");
    }
    Ok(Waiting { place: desk.plug.plug.place(&hash), secret })
}

fn whose(address: IpAddr) -> Whose {
    let short = |address: IpAddr| {
        let hash = sha256(address.to_string().as_bytes());
        hash.first_chunk().copied().unwrap_or_default()
    };
    Whose { place: short(place_of(address)), address: short(address.to_canonical()) }
}

fn new_secret(core: &Core) -> String {
    stead_rules::claim::LinkSecret::from_random(bytes(core.entropy.as_ref())).expose()
}

/// Where a phone stands. Blocks.
///
/// # Errors
/// [`ClaimError`].
pub fn look(
    core: &Core,
    permit: &Permit,
    now: Now,
    peer: Peer,
    secret: &SecretText,
) -> Result<Standing, ClaimError> {
    permitted(permit, Action::ProvePresence)?;
    if peer.link == Link::OffLink {
        return Err(Reject::OffLink.into());
    }
    let mut desk = core.desk();
    pass(core, &mut desk, now)?;
    let place = desk.plug.plug.place(&sha256(secret.expose().as_bytes()));
    let waits_seconds = waits(&desk).filter(|_| place == Place::Won);
    Ok(Standing { place, waits_seconds })
}

/// The phone waits no longer. Whoever does not wait changes nothing, and nothing is written for them.
/// Blocks.
///
/// # Errors
/// [`ClaimError`]; the phone waits on then.
pub fn leave(core: &Core, permit: &Permit, now: Now, peer: Peer, secret: &SecretText) -> Outcome {
    permitted(permit, Action::ProvePresence)?;
    if peer.link == Link::OffLink {
        return Err(Reject::OffLink.into());
    }
    let mut desk = core.desk();
    let before = desk.plug.plug.clone();
    if !desk.plug.plug.leave(&sha256(secret.expose().as_bytes())) {
        return Ok(());
    }
    write(core, &mut desk, now).map_err(|error| {
        desk.plug.plug = before;
        ClaimError::Wish(error)
    })
}

/// For how long a server with an owner still waits before a new one may be made, if somebody has
/// proved their presence.
pub(super) fn waits(desk: &ClaimDesk) -> Option<u64> {
    let winner = desk.plug.plug.winner?;
    let left = PLUG_CLAIMED_WAIT_SECONDS.saturating_sub(winner.uptime_ms / 1000);
    (desk.state == State::Claimed).then_some(left)
}

/// Whether a phone waits beside an owner, who should know.
pub(super) fn somebody_waits(desk: &ClaimDesk) -> bool {
    let owned = match desk.state {
        State::Claimed | State::Orphaned | State::Locked(_) => true,
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Recovery => {
            false
        }
    };
    owned && !desk.plug.plug.phones.is_empty()
}

/// Whether this secret proves presence.
pub(super) fn proves(desk: &ClaimDesk, secret: &SecretText) -> bool {
    desk.plug.plug.has_won(&sha256(secret.expose().as_bytes()))
}

/// Takes up a pattern after a start, and counts the start if power was cut before.
pub(super) fn take_up(core: &Core, desk: &mut ClaimDesk, now: Now) {
    let Ok(text) = std::fs::read_to_string(core.paths().plug()) else { return };
    let Some((plug, before)) = parse_plug(&text) else {
        tracing::warn!("what was kept of a plug pattern cannot be read; it begins anew");
        return;
    };
    let boot = core.clock.boot_id();
    let how = began(before, boot, core.clock.reset_by_watchdog());
    desk.plug.plug = plug;
    desk.plug.plug.begin(how);
    desk.plug.mark = StartMark { boot, stopped: false };
    desk.plug.counted_to = now.boot;
    if how == Began::PowerCut {
        tracing::info!(counted = desk.plug.plug.counted, "a power cut counts for a plug pattern");
    }
    if let Err(error) = write(core, desk, now) {
        // Told and not kept would be worse than not counted.
        tracing::warn!(error = %chain(&error), "a plug pattern cannot be kept; it begins anew");
        desk.plug.plug = Plug::default();
    }
}

/// Time goes by for those who wait, and for the owner who has a day to come.
pub(super) fn pass(core: &Core, desk: &mut ClaimDesk, now: Now) -> Outcome {
    if desk.plug.plug.is_idle() {
        return Ok(());
    }
    let passed_ms = now.boot.since_ms(desk.plug.counted_to);
    desk.plug.counted_to = now.boot;
    let waited = desk.plug.plug.phones.len();
    let won = desk.plug.plug.pass(passed_ms);
    if won.is_some() {
        told_of_winner(core, desk)?;
    }
    open_if_due(core, desk, now)?;
    let plug = &desk.plug.plug;
    let changed = won.is_some() || plug.phones.len() != waited;
    let unwritten = if plug.winner.is_some() { WAIT_WRITTEN_MS } else { PATTERN_WRITTEN_MS };
    if changed || now.boot.since_ms(desk.plug.written) >= unwritten {
        write(core, desk, now).map_err(ClaimError::Wish)?;
    }
    Ok(())
}

/// That the owner came is kept with their sign-in: no power cut forgets it.
fn told_of_winner(core: &Core, desk: &ClaimDesk) -> Outcome {
    match desk.state {
        State::Claimed => {
            core.store()?.accounts.write(|tx| rows::set_owner_came(tx, false))?;
            tracing::warn!(
                "the plug pattern was shown on a server that has an owner: unless they sign in \
                 within a day, a new owner may be made"
            );
        }
        State::Factory
        | State::Legacy
        | State::Offered
        | State::Pending(_)
        | State::Orphaned
        | State::Recovery
        | State::Locked(_) => tracing::info!("the plug pattern was shown"),
    }
    Ok(())
}

fn open_if_due(core: &Core, desk: &mut ClaimDesk, now: Now) -> Outcome {
    let Some(winner) = desk.plug.plug.winner else { return Ok(()) };
    let waited_seconds = winner.uptime_ms / 1000;
    match desk.state {
        State::Claimed if core.store()?.accounts.read(rows::owner_came)? => {
            tracing::info!("the owner came: the plug pattern counts no longer");
            desk.plug.plug = Plug::default();
            write(core, desk, now).map_err(ClaimError::Wish)
        }
        State::Claimed if waited_seconds < PLUG_CLAIMED_WAIT_SECONDS => Ok(()),
        State::Claimed | State::Orphaned | State::Locked(_) => {
            recovery::open(core, desk, now, RecoveryWay::Plug { waited_seconds })?;
            desk.plug.plug.wait_is_over();
            write(core, desk, now).map_err(ClaimError::Wish)
        }
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Recovery => {
            desk.plug.plug.forget_unused();
            Ok(())
        }
    }
}

/// The server has an owner now: what proved presence has done its work.
pub(super) fn forget(core: &Core, desk: &mut ClaimDesk, now: Now) {
    desk.plug.plug = Plug::default();
    if let Err(error) = write(core, desk, now) {
        tracing::warn!(error = %chain(&error), "what was kept of a plug pattern was not removed");
    }
}

/// The server is being stopped in good order: the next start is no power cut.
pub fn stopping(core: &Core) {
    let now = core.now();
    let mut desk = core.desk();
    if desk.plug.plug.is_idle() {
        return;
    }
    drop(pass(core, &mut desk, now));
    desk.plug.mark.stopped = true;
    if let Err(error) = write(core, &mut desk, now) {
        tracing::warn!(error = %chain(&error), "a clean stop was not kept for a plug pattern");
        // Counted as a power cut it would be nobody's.
        drop(remove_durably(&core.paths().plug()));
    }
}

fn write(core: &Core, desk: &mut ClaimDesk, now: Now) -> Result<(), FileError> {
    let path = core.paths().plug();
    if desk.plug.plug.is_idle() {
        return remove_durably(&path);
    }
    let text = plug_text(&desk.plug.plug, desk.plug.mark);
    core.room.with_room(|| write_atomically(&path, text.as_bytes(), PRIVATE))?;
    desk.plug.written = now.boot;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::whose;

    #[test]
    fn places_go_by_the_network_where_a_device_has_many_addresses() {
        let at = |address: &str| whose(address.parse().unwrap());
        let (one, other) = (at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_eq!(one.place, other.place);
        assert_ne!(one.address, other.address);
        assert_ne!(one.place, at("2001:db8:1:3::1").place);
        assert_ne!(at("192.0.2.1").place, at("192.0.2.2").place);
        assert_eq!(at("192.0.2.1"), at("::ffff:192.0.2.1"));
    }
}
