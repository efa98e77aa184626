//! What goes on beside the requests: addresses, certificates, the claim's clock, old sessions.
//! Nothing here touches a library path or writes to a disk without a reason.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use stead_rules::claim::{Event, apply};
use stead_rules::limits::{DECISIONS_FLUSH_SECONDS, DECISIONS_REST_SECONDS, SESSION_IDLE_SECONDS};
use stead_rules::time::{Now, TimeTrust};
use stead_store::accounts::claim::mark_clock;
use stead_store::accounts::sessions;

use super::{
    Made, ServeError, ca_files, given, given_files, reach, reliance, ssdp, status, tell_change,
};
use crate::host::clock::build_time;
use crate::host::disk::partitions;
use crate::host::kind::Kind;
use crate::host::notify::Notifier;
use crate::host::shutdown::Shutdown;
use crate::net::ca::{CaError, Change, IssueTimes, OwnNames, TlsIdentity};
use crate::net::names::{interfaces, reachable_addresses};
use crate::service::claim;
use crate::service::core::{Core, CoreError};
use crate::service::drives;
use crate::service::health;
use crate::service::invitations;
use crate::service::issuer::Keeper;
use crate::service::mail;
use crate::service::operator;
use crate::service::policy;
use crate::service::proof;
use crate::service::rescue;
use crate::service::scans::{Order, Wish};
use crate::service::sign_up;
use crate::service::updates;

/// How often addresses and the clock are looked at: a phone that follows a new address waits no
/// longer, and two system calls cost nothing.
const LOOK: Duration = Duration::from_secs(5);
/// How often the certificate's age is looked at when nothing else changes.
const REISSUE_MS: u64 = 12 * 3600 * 1000;
/// A clock that is set by more than this has jumped; less is how clocks are kept right.
const JUMP_MS: u64 = 60_000;
/// How often the claim's clock is looked at, and whether another secret or a new owner is asked
/// for: somebody waits for that. It looks into memory and for a few files.
const CLAIM_TICK: Duration = Duration::from_secs(5);
/// How often a server looks whether somebody asks for a rescue secret: they wait for it.
const RESCUE_TICK: Duration = Duration::from_secs(5);
/// How often an account service looks whether `stead accounts` asks something: somebody waits for the
/// answer. It looks for two files.
const OPERATOR_TICK: Duration = Duration::from_secs(1);
/// How often what is used up of grace is kept: a cut of power gives back no more, and of whoever is here
/// a minute.
const GRACE_KEPT_MS: u64 = 3600 * 1000;
/// How often what is used up of invitations is kept: a box that is switched off each night must not
/// stretch them. It writes only while somebody is invited.
const INVITATIONS_TICK: Duration = Duration::from_secs(3600);
/// How often sessions that ended by age are removed, and the clock mark is kept.
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) fn begin(shutdown: &Shutdown, made: &Made) {
    match made.core.kind {
        Kind::Server => {
            shutdown.spawn_chore("announce", announce(Arc::clone(&made.core)));
            shutdown.spawn_chore("ssdp", ssdp::answer(Arc::clone(&made.core)));
            shutdown.spawn_chore("claim clock", tick_claim(Arc::clone(&made.core)));
            shutdown.spawn_chore("own codes", look_for_codes(Arc::clone(&made.core)));
            shutdown.spawn_chore("mail", mail::deliver(Arc::clone(&made.core)));
            shutdown.spawn_chore("rescue", tick_rescue(Arc::clone(&made.core)));
            shutdown.spawn_chore("grace", keep_grace(Arc::clone(&made.core)));
            shutdown.spawn_chore("decisions", write_decisions(Arc::clone(&made.core)));
            shutdown.spawn_chore("invitations", age_invitations(Arc::clone(&made.core)));
            let system = &made.core.config.system;
            if system.helper.is_some() && system.attach_disks {
                shutdown.spawn_chore("disks", attach_disks(Arc::clone(&made.core)));
            }
            if system.helper.is_some() {
                shutdown.spawn_chore("updates", mind_updates(Arc::clone(&made.core)));
            }
            if made.core.issuer.is_some() {
                let core = Arc::clone(&made.core);
                shutdown.spawn_chore("registration", keep_registration(core));
            }
        }
        // Nobody claims it, and no wish in its folder makes anybody its owner.
        Kind::Accounts => {
            shutdown.spawn_chore("operator", tick_operator(Arc::clone(&made.core)));
        }
    }
    shutdown.spawn_chore("tidy", tidy(Arc::clone(&made.core)));
    shutdown.spawn_chore("eras", renew_eras(Arc::clone(&made.core)));
    shutdown.spawn_chore("proof", look_for_proof(Arc::clone(&made.core)));
    shutdown.spawn_chore("mind room", mind_room(Arc::clone(&made.core)));
    shutdown.spawn_chore("follow addresses", follow(made.clone()));
    if let Some(files) = given_files(&made.core.config) {
        shutdown.spawn_chore("follow certificate", given::follow(made.clone(), files));
    }
}

/// What `work` returns, off the async threads; a panic in it is one of the chore that asks.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => {
            if let Ok(panic) = error.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
            None
        }
    }
}

/// Tells the network when the server gets an owner.
async fn announce(core: Arc<Core>) {
    let mut claimed = core.claimed.subscribe();
    while claimed.changed().await.is_ok() {
        let now = *claimed.borrow_and_update();
        // The announcer sends on sockets of its own and may wait for them.
        let core = Arc::clone(&core);
        blocking(move || core.announcer.set_claimed(now)).await;
    }
}

/// Tells the service manager where the server stands, and again when that has changed.
pub(super) async fn tell_status(core: Arc<Core>, notifier: Notifier) {
    let (mut claimed, mut announced) = (core.claimed.subscribe(), core.announcer.watch());
    let mut told = None;
    loop {
        let looking = Arc::clone(&core);
        // Whoever is just made the owner holds the claim until it is told everywhere.
        let now = blocking(move || status(&looking)).await;
        if let Some(line) = now.filter(|line| told.as_ref() != Some(line)) {
            notifier.status(line.clone());
            told = Some(line);
        }
        let changed = tokio::select! {
            changed = claimed.changed() => changed,
            changed = announced.changed() => changed,
        };
        if changed.is_err() {
            return;
        }
    }
}

async fn tick_claim(core: Arc<Core>) {
    let mut every = tokio::time::interval(CLAIM_TICK);
    loop {
        every.tick().await;
        let ticked = core.blocking(|core| claim::tick(core, core.now())).await;
        if let Err(error) = ticked {
            tracing::warn!(error = %crate::service::chain(&error), "the claim's clock stands still");
        }
    }
}

/// Reads what somebody has put on a stick. One that hangs stops nothing but this.
async fn look_for_codes(core: Arc<Core>) {
    let mut every = tokio::time::interval(CLAIM_TICK);
    loop {
        every.tick().await;
        let core = Arc::clone(&core);
        blocking(move || claim::look_for_codes(&core, core.now())).await;
    }
}

/// Hands out a rescue secret to whoever has the system in hand, and takes it back in time.
async fn tick_rescue(core: Arc<Core>) {
    let mut every = tokio::time::interval(RESCUE_TICK);
    loop {
        every.tick().await;
        if !*core.claimed.borrow() {
            continue;
        }
        let ticked = core.blocking(|core| rescue::tick(core, core.now())).await;
        if let Err(error) = ticked {
            tracing::warn!(error = %crate::service::chain(&error), "a rescue secret is in arrears");
        }
    }
}

/// Installs the updates that are wanted, and looks after what is done about others by itself.
async fn mind_updates(core: Arc<Core>) {
    let tidying = Arc::clone(&core);
    blocking(move || updates::tidy(&tidying)).await;
    tokio::join!(install_updates(&core), tend_updates(&core));
}

async fn install_updates(core: &Arc<Core>) {
    loop {
        updates::wanted(core).await;
        let installing = Arc::clone(core);
        blocking(move || updates::install_now(&installing, installing.now())).await;
    }
}

/// Looking costs nothing where no source is named, and elsewhere a look into memory and for a file.
async fn tend_updates(core: &Arc<Core>) {
    let mut every = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = updates::to_tend(core) => {}
        }
        updates::tend(core).await;
    }
}

/// Has disks read as soon as they are plugged in. Looking asks the kernel only.
async fn attach_disks(core: Arc<Core>) {
    let (mut every, mut seen) = (tokio::time::interval(LOOK), String::new());
    loop {
        every.tick().await;
        if !*core.claimed.borrow() {
            continue;
        }
        let Ok(there) = partitions() else { continue };
        if there == seen {
            continue;
        }
        let attaching = Arc::clone(&core);
        match blocking(move || drives::attach(&attaching, attaching.now())).await {
            Some(Ok(())) => seen = there,
            Some(Err(error)) => {
                tracing::warn!(error = %crate::service::chain(&error), "disks are looked for again");
            }
            None => {}
        }
    }
}

/// Keeps what the issuer knows of this server up to date. Looking costs nothing: it asks the issuer
/// only where a name or an address has changed.
async fn keep_registration(core: Arc<Core>) {
    let Some(issuer) = &core.issuer else { return };
    let (mut every, mut keeper) = (tokio::time::interval(LOOK), Keeper::default());
    loop {
        let told = tokio::select! {
            _ = every.tick() => false,
            () = issuer.registration_told.notified() => true,
        };
        keeper.look(&core, core.now(), told).await;
    }
}

/// Keeps how old invitations are.
async fn age_invitations(core: Arc<Core>) {
    let mut every = tokio::time::interval(INVITATIONS_TICK);
    loop {
        every.tick().await;
        match core.blocking(|core| invitations::keep(core, core.now())).await {
            // Without accounts nobody is invited.
            Ok(()) | Err(CoreError::NoStore) => {}
            Err(error) => {
                tracing::warn!(error = %crate::service::chain(&error), "invitations do not age");
            }
        }
    }
}

/// Does what whoever runs the service asks by `stead accounts`.
async fn tick_operator(core: Arc<Core>) {
    let mut every = tokio::time::interval(OPERATOR_TICK);
    loop {
        every.tick().await;
        let now = core.now();
        let looking = Arc::clone(&core);
        if let Some(Err(error)) = blocking(move || operator::tick(&looking, now)).await {
            tracing::warn!(error = %crate::service::chain(&error), "`stead accounts` got no answer");
        }
    }
}

/// Keeps what is used up of grace and exemptions, and how many have a second factor today: each hour, and
/// as soon as the time is known, since what the box was off counts then.
async fn keep_grace(core: Arc<Core>) {
    let mut every = tokio::time::interval(LOOK);
    let mut last: Option<Now> = None;
    loop {
        every.tick().await;
        let now = core.now();
        let stands = last.is_some_and(|last| {
            last.trust == now.trust && now.boot.since_ms(last.boot) < GRACE_KEPT_MS
        });
        if stands {
            continue;
        }
        let kept = core.blocking(move |core| {
            policy::keep::all(core, now)?;
            policy::reminders::send_due(core, now)?;
            match now.trust {
                TimeTrust::Unknown => Ok(()),
                TimeTrust::Held | TimeTrust::Synced => policy::board::keep_adoption(core, now),
            }
        });
        let kept = kept.await;
        last = kept.is_ok().then_some(now);
        tell_policy(kept, "what is used up of grace was not kept");
    }
}

/// Writes what was decided: refusals a few seconds later, the rest once a minute.
async fn write_decisions(core: Arc<Core>) {
    let mut every = tokio::time::interval(Duration::from_secs(DECISIONS_FLUSH_SECONDS));
    let mut last = core.now();
    loop {
        every.tick().await;
        let now = core.now();
        let due = now.boot.since_ms(last.boot) >= DECISIONS_REST_SECONDS * 1000;
        if !due && !core.decisions.are_pressing() {
            continue;
        }
        last = now;
        let written = core.blocking(move |core| policy::log::flush(core, now)).await;
        tell_policy(written, "what was decided is not in the log yet");
    }
}

/// The last of both, at a clean stop.
pub(super) async fn keep_policy(core: &Arc<Core>) {
    let kept = core.blocking(|core| {
        let now = core.now();
        policy::keep::all(core, now)?;
        policy::log::flush(core, now)
    });
    tell_policy(kept.await, "grace and decisions were not kept");
}

fn tell_policy(done: Result<(), CoreError>, what: &str) {
    match done {
        // An unclaimed or locked server may have no accounts.
        Ok(()) | Err(CoreError::NoStore) => {}
        Err(error) => tracing::warn!(error = %crate::service::chain(&error), "{what}"),
    }
}

async fn tidy(core: Arc<Core>) {
    let mut every = tokio::time::interval(DAY);
    loop {
        every.tick().await;
        let now = core.now();
        let room = core.blocking(move |core| policy::log::tidy(core, now)).await;
        tell_policy(room, "no room was made in the log");
        if now.trust == TimeTrust::Unknown {
            continue;
        }
        let removed = core.blocking(move |core| {
            let mark = core.clock_mark();
            let accounts = &core.store()?.accounts;
            let sessions = accounts.note(|tx| {
                mark_clock(tx, mark)?;
                sessions::remove_unused(tx, &core.run, now, SESSION_IDLE_SECONDS)
            })?;
            let unused = match core.kind {
                // Whoever uses a media server was let in by its owner.
                Kind::Server => 0,
                Kind::Accounts => remove_unused_accounts(core, now)?,
            };
            Ok::<_, CoreError>((sessions, unused))
        });
        match removed.await {
            Ok((0, 0)) => {}
            Ok((sessions, accounts)) => {
                tracing::info!(sessions, accounts, "removed what nobody used");
            }
            Err(error) => tracing::warn!(error = %crate::service::chain(&error), "tidying failed"),
        }
    }
}

/// Blocks; others write between one lot and the next.
fn remove_unused_accounts(core: &Core, now: Now) -> Result<usize, CoreError> {
    let mut removed = 0;
    loop {
        match core.store()?.accounts.note(|tx| sign_up::tidy(tx, now))? {
            0 => return Ok(removed),
            lot => removed += lot,
        }
    }
}

/// Another era of the accounts each day: a copy of them that is older is known as one.
async fn renew_eras(core: Arc<Core>) {
    let mut every = tokio::time::interval(DAY);
    // The start was one.
    every.tick().await;
    loop {
        every.tick().await;
        let core = Arc::clone(&core);
        blocking(move || claim::renew_era(&core)).await;
    }
}

/// Looks by itself where nobody asks how the server is, until it has proved itself.
async fn look_for_proof(core: Arc<Core>) {
    let mut every = tokio::time::interval(proof::AFTER);
    // It comes at once.
    every.tick().await;
    loop {
        every.tick().await;
        if core.proof.is_wanted() {
            health::examine(&core).await;
        }
    }
}

/// Sees when a full disk has room again: what was set aside is so again, what could not be written
/// is, and what waits goes on. Looking costs two system calls and writes nothing.
async fn mind_room(core: Arc<Core>) {
    let mut every = tokio::time::interval(LOOK);
    loop {
        every.tick().await;
        let core = Arc::clone(&core);
        blocking(move || {
            core.room.mend();
            claim::mend(&core, core.now());
            if core.room.is_back() {
                go_on(&core);
            }
        })
        .await;
    }
}

fn go_on(core: &Core) {
    core.scans.wish(Wish::Look);
    for library in core.scans.stopped_by_a_full_disk() {
        // What vanished is asked for again: it was not taken away.
        if core.scans.order(Order::Scan { library, gone_is_meant: false }).is_err() {
            tracing::warn!(%library, "a scan that a full disk stopped must be asked for");
        }
    }
}

/// Keeps the time at a clean stop, so that the next start without network begins from there.
pub(super) async fn keep_clock_mark(core: &Arc<Core>) {
    let kept = core.blocking(|core| {
        let mark = core.clock_mark();
        core.store()?.accounts.note(|tx| mark_clock(tx, mark).map_err(CoreError::from))
    });
    let kept = kept.await;
    match kept {
        Ok(()) | Err(CoreError::NoStore) => {}
        Err(error) => {
            tracing::warn!(error = %crate::service::chain(&error), "the time was not kept");
        }
    }
}

/// Follows names, addresses and the clock: the Host guard, the certificate and the set-up page say
/// what is true now. What a full disk does not take is tried again at each look.
async fn follow(made: Made) {
    let mut every = tokio::time::interval(LOOK);
    let mut announced = made.core.announcer.watch();
    let mut last = made.core.now();
    let mut in_trouble = false;
    loop {
        // Another name is followed at once: until then nobody is admitted by it.
        tokio::select! {
            _ = every.tick() => {}
            Ok(()) = announced.changed() => {}
        }
        let now = made.core.now();
        let look = made.clone();
        let due = in_trouble
            || now.trust != last.trust
            || jumped(last, now)
            || now.boot.since_ms(last.boot) >= REISSUE_MS;
        match blocking(move || follow_once(&look, due)).await {
            Some(Err(error)) => {
                if !std::mem::replace(&mut in_trouble, true) {
                    let error = crate::service::chain(&error);
                    tracing::warn!(%error, "names and addresses are not followed in full");
                }
            }
            Some(Ok(())) if due => (last, in_trouble) = (now, false),
            Some(Ok(())) | None => {}
        }
    }
}

/// Whether the wall clock was set meanwhile: a certificate from what was the future a moment ago
/// is good for nobody.
fn jumped(last: Now, now: Now) -> bool {
    if now.trust == TimeTrust::Unknown {
        // Nobody believes it; a certificate is dated by the floor.
        return false;
    }
    let passed_ms = i64::try_from(now.boot.since_ms(last.boot)).unwrap_or(i64::MAX);
    let expected = last.wall.plus_ms(passed_ms);
    now.wall.0.abs_diff(expected.0) > JUMP_MS
}

/// The authority keeps to the addresses of the day it was made; people are told which way is good.
fn tell_uncovered(identity: &TlsIdentity) {
    for address in identity.uncovered() {
        tracing::warn!(
            %address,
            "the certificate cannot cover this new address: browsers warn there; the .local name \
             goes on working"
        );
    }
}

fn follow_once(made: &Made, due: bool) -> Result<(), ServeError> {
    let core = &made.core;
    let up = interfaces()?;
    let announced = core.announcer.now();
    let old = core.reach();
    let names_stand =
        old.host_name == announced.host_name && old.shared_name == announced.shared_name;
    let same = names_stand && old.interfaces == up;
    if same && !due {
        return Ok(());
    }
    let own = OwnNames::of_box(&made.label, Some(&announced.host_name), reachable_addresses(&up));
    let mut identity = made.identity.lock().unwrap_or_else(PoisonError::into_inner);
    // The doors come first: whoever asks by a new address is let in, whatever becomes of its
    // certificate.
    core.set_reach(reach(
        &core.config,
        announced.clone(),
        up.clone(),
        made.ports,
        &identity,
        &made.certificate,
    ));
    let changed = certify(made, &mut identity, &own);
    core.set_reach(reach(&core.config, announced, up, made.ports, &identity, &made.certificate));
    let kept = core.room.with_room(|| identity.keep());
    if !same || matches!(changed, Ok(true)) {
        tell_uncovered(&identity);
        rewrite_setup_page(core);
    }
    changed?;
    Ok(kept.map_err(CaError::from)?)
}

/// A certificate for the names and addresses of now, served at once; whether it is another one.
fn certify(made: &Made, identity: &mut TlsIdentity, own: &OwnNames) -> Result<bool, ServeError> {
    let core = &made.core;
    let reliance = reliance(&core.desk().state);
    let times = IssueTimes::at(core.now(), core.clock.floor(), build_time());
    let change = identity.refresh(own, times, reliance)?;
    tell_change(core, change);
    let changed = change != Change::Kept;
    if changed {
        made.certificate.replace(identity)?;
        core.set_ca(ca_files(identity));
    }
    Ok(changed)
}

/// The page names addresses and fingerprints. Only an unclaimed server has one; the refusal of
/// others is expected.
fn rewrite_setup_page(core: &Core) {
    let now = core.now();
    let mut desk = core.desk();
    let applied = apply(&desk.state, &Event::AddressesChanged, now);
    drop(claim::run_effects(core, &mut desk, applied, now));
}
