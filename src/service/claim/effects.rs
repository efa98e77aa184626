//! What a decision asks for, done after its commit and in its order.

use std::path::Path;

use stead_rules::claim::{Applied, ClaimCode, ClaimLog, Effect, LinkSecret, Marker, State};
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::{audit, claim as rows};

use super::desk::{ClaimDesk, Draft, Secrets, replace_draft};
use super::marker_copy::{self, CopyError};
use super::{ClaimError, marker, restore};
use crate::host::entropy::bytes;
use crate::host::files::{FileError, remove_durably};
use crate::service::core::Core;
use crate::service::setup_page;

/// Refusals are written to the audit and the journal at most this often, so that a flood cannot
/// fill the disk.
const REFUSAL_LOG_MS: u64 = 60_000;

/// What an event came to, for its caller.
pub(crate) type Outcome = Result<(), ClaimError>;

/// Takes an event's outcome into the desk and does what it asks for. An effect that fails is
/// logged and the next one is done: each is made up for as soon as it can be, at the latest by the
/// next start.
pub(crate) fn run(core: &Core, desk: &mut ClaimDesk, applied: Applied, now: Now) -> Outcome {
    desk.state = applied.next;
    for effect in applied.effects {
        if let Err(error) = one(core, desk, effect, now) {
            unfinished(core, desk, effect, &error, now);
        }
    }
    applied.answer.map_err(ClaimError::from)
}

fn unfinished(core: &Core, desk: &mut ClaimDesk, effect: Effect, error: &EffectError, now: Now) {
    if let (Effect::Log(_), EffectError::Store(error)) = (effect, error) {
        return core.room.left_out(now, "a line of the claim's log", error);
    }
    tracing::error!(
        ?effect, error = %crate::service::chain(error),
        "part of the claim could not be finished; it is tried again"
    );
    if !desk.unfinished.contains(&effect) {
        desk.unfinished.push(effect);
    }
}

/// Makes up for what could not be done. Blocks.
pub(crate) fn mend(core: &Core, now: Now) {
    let mut desk = core.desk();
    for effect in std::mem::take(&mut desk.unfinished) {
        if is_meant_still(&effect, &desk.state)
            && let Err(error) = one(core, &mut desk, effect, now)
        {
            tracing::debug!(?effect, %error, "still not finished");
            desk.unfinished.push(effect);
        }
    }
}

/// A server that can be claimed keeps a secret, and one that cannot gets none.
fn is_meant_still(effect: &Effect, state: &State) -> bool {
    let offers = match state {
        State::Factory | State::Legacy | State::Offered | State::Pending(_) | State::Recovery => {
            true
        }
        State::Claimed | State::Orphaned | State::Locked(_) => false,
    };
    match effect {
        Effect::EnsureSecret | Effect::WriteSetupPage => offers,
        Effect::ForgetSecret | Effect::RemoveSetupPage | Effect::ForgetOwnCode => !offers,
        Effect::RaiseMarker(_) => state.was_claimed(),
        // A recovery is nothing without its secret.
        Effect::RotateSecret => *state == State::Recovery,
        // The others cannot fail.
        Effect::EndPending(_)
        | Effect::TellDisplaced { .. }
        | Effect::AnnounceClaimed
        | Effect::RecheckSessions
        | Effect::Log(_) => false,
    }
}

/// An effect could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EffectError {
    #[error(transparent)]
    Core(#[from] crate::service::core::CoreError),
    #[error(transparent)]
    Store(#[from] stead_store::StoreError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Copy(#[from] CopyError),
}

fn one(core: &Core, desk: &mut ClaimDesk, effect: Effect, now: Now) -> Result<(), EffectError> {
    match effect {
        Effect::EnsureSecret => ensure_secret(core, desk),
        Effect::RotateSecret => make_secret(core, desk),
        Effect::ForgetSecret => forget_secret(core, desk),
        Effect::WriteSetupPage => write_setup_page(core, desk, now),
        Effect::RemoveSetupPage => {
            setup_page::remove(&core.paths().data_dir)?;
            match boot_folder(core) {
                Some(folder) => Ok(setup_page::remove(folder)?),
                None => Ok(()),
            }
        }
        Effect::RaiseMarker(generation) => {
            let path = core.paths().marker();
            core.room.with_room(|| marker::write(&path, generation, desk.era))?;
            desk.marker = Marker::Generation(generation);
            match &core.paths().marker_copy {
                Some(copy) => Ok(marker_copy::write(copy, core.box_id, generation)?),
                None => Ok(()),
            }
        }
        Effect::EndPending(_) => {
            replace_draft(core, desk, Draft::default());
            restore::forget_sent(core);
            if let Some(issuer) = &core.issuer {
                issuer.forget_code();
            }
            Ok(())
        }
        Effect::TellDisplaced { browser, by } => {
            desk.displaced = Some((browser, by));
            Ok(())
        }
        Effect::ForgetOwnCode => Ok(remove_durably(&core.paths().own_code())?),
        Effect::RecheckSessions => {
            core.session_ended.send_replace(());
            Ok(())
        }
        Effect::AnnounceClaimed => {
            core.claimed.send_replace(true);
            Ok(())
        }
        Effect::Log(line) => log(core, desk, line, now),
    }
}

fn ensure_secret(core: &Core, desk: &mut ClaimDesk) -> Result<(), EffectError> {
    let stored = core.store()?.accounts.read(rows::offer)?;
    let known = stored.and_then(|offer| {
        let link = LinkSecret::parse(&offer.link_secret).ok()?;
        let code = ClaimCode::parse(&offer.console_code).ok()?;
        Some(Secrets { link, code })
    });
    match known {
        Some(secrets) => {
            desk.offer = Some(secrets);
            Ok(())
        }
        None => make_secret(core, desk),
    }
}

fn make_secret(core: &Core, desk: &mut ClaimDesk) -> Result<(), EffectError> {
    let entropy = core.entropy.as_ref();
    let link = LinkSecret::from_random(bytes(entropy));
    let code = loop {
        if let Some(code) = ClaimCode::from_random(&bytes(entropy)) {
            break code;
        }
    };
    let offer =
        rows::Offer { link_secret: link.expose(), console_code: code.expose(), uptime_seconds: 0 };
    core.store()?.accounts.write(|tx| rows::put_offer(tx, &offer))?;
    desk.offer = Some(Secrets { link, code });
    Ok(())
}

fn forget_secret(core: &Core, desk: &mut ClaimDesk) -> Result<(), EffectError> {
    desk.offer = None;
    Ok(core.store()?.accounts.write(rows::remove_offer)?)
}

fn write_setup_page(core: &Core, desk: &ClaimDesk, now: Now) -> Result<(), EffectError> {
    let Some(secrets) = &desk.offer else { return Ok(()) };
    let reach = core.reach();
    let page = setup_page::SetupPage {
        box_name: "Stead",
        host_name: &reach.host_name,
        https_port: reach.https_port,
        http_port: reach.http_port,
        addresses: &reach.addresses,
        secret: &secrets.link.expose(),
        ca_fingerprint: &reach.ca_fingerprint,
        leaf_fingerprint: &reach.leaf_fingerprint,
        made_ms: now.wall,
        version: env!("CARGO_PKG_VERSION"),
    };
    core.room.with_room(|| setup_page::write(&core.paths().data_dir, &page))?;
    // A copy for whoever has a card reader and nothing else. Without it the claim goes as well.
    if let Some(folder) = boot_folder(core)
        && let Err(error) = setup_page::write(folder, &page)
    {
        tracing::warn!(
            error = %crate::service::chain(&error),
            "the set-up page could not be copied to the medium that the box starts from"
        );
    }
    Ok(())
}

/// Where the copy of the set-up page lies: beside `stead.txt`, on the medium that the box starts from.
fn boot_folder(core: &Core) -> Option<&Path> {
    core.config.claim.boot_file.as_deref().and_then(Path::parent).filter(|folder| folder.is_dir())
}

fn log(core: &Core, desk: &mut ClaimDesk, line: ClaimLog, now: Now) -> Result<(), EffectError> {
    if flood_mark(desk, &line).is_some_and(|logged| !due(logged, now)) {
        return Ok(());
    }
    tracing::info!(event = line.word(), "claim");
    let Ok(store) = core.store() else { return Ok(()) };
    Ok(store.accounts.note(|tx| audit::append(tx, now, line.word(), &detail(&line)))?)
}

fn due(logged: &mut Option<BootMs>, now: Now) -> bool {
    let due = logged.is_none_or(|at| now.boot.since_ms(at) >= REFUSAL_LOG_MS);
    if due {
        *logged = Some(now.boot);
    }
    due
}

/// Of what others can cause as often as they like: when it was last told.
fn flood_mark<'a>(desk: &'a mut ClaimDesk, line: &ClaimLog) -> Option<&'a mut Option<BootMs>> {
    match line {
        ClaimLog::ProofWrong { .. } | ClaimLog::OffLinkRefused { .. } => {
            Some(&mut desk.refusal_logged)
        }
        ClaimLog::RaceLost { .. } => Some(&mut desk.race_logged),
        ClaimLog::Offered
        | ClaimLog::SecretRotated
        | ClaimLog::Begun { .. }
        | ClaimLog::TakenOver { .. }
        | ClaimLog::StepDone(_)
        | ClaimLog::Ended(_)
        | ClaimLog::Claimed(_)
        | ClaimLog::BackupRestored(_)
        | ClaimLog::Unlocked(_)
        | ClaimLog::Orphaned(_)
        | ClaimLog::RecoveryOpened(_)
        | ClaimLog::MarkerRaised(_)
        | ClaimLog::LockedAtStart(_)
        | ClaimLog::LocalSecurityOff => None,
    }
}

fn detail(line: &ClaimLog) -> String {
    let value = match line {
        ClaimLog::Begun { proof, from } | ClaimLog::ProofWrong { proof, from } => {
            serde_json::json!({ "proof": proof.word(), "from": from.to_string() })
        }
        ClaimLog::OffLinkRefused { from } => serde_json::json!({ "from": from.to_string() }),
        ClaimLog::RaceLost { from, holder } => {
            serde_json::json!({ "from": from.to_string(), "holder": holder.to_string() })
        }
        ClaimLog::TakenOver { from, by } => {
            serde_json::json!({ "from": from.to_string(), "by": by.to_string() })
        }
        ClaimLog::StepDone(step) => serde_json::json!({ "step": step.word() }),
        ClaimLog::Ended(why) => serde_json::json!({ "why": why.word() }),
        ClaimLog::Claimed(generation)
        | ClaimLog::BackupRestored(generation)
        | ClaimLog::Unlocked(generation)
        | ClaimLog::MarkerRaised(generation) => serde_json::json!({ "generation": generation.0 }),
        ClaimLog::LockedAtStart(reason) => serde_json::json!({ "reason": reason.word() }),
        ClaimLog::Orphaned(why) => serde_json::json!({ "why": why.word() }),
        ClaimLog::RecoveryOpened(by) => serde_json::json!({ "by": by.word() }),
        ClaimLog::Offered | ClaimLog::SecretRotated | ClaimLog::LocalSecurityOff => {
            serde_json::json!({})
        }
    };
    value.to_string()
}

#[cfg(test)]
mod tests {
    use stead_rules::time::{TimeTrust, WallMs};

    use super::*;

    #[test]
    fn refusals_are_told_once_a_minute() {
        let at = |boot| Now { wall: WallMs(0), boot: BootMs(boot), trust: TimeTrust::Unknown };
        let mut logged = None;
        let told = [0, 1, 59_999, 60_000, 60_001, 200_000].map(|boot| due(&mut logged, at(boot)));
        assert_eq!(told, [true, false, false, true, false, true]);
    }
}
