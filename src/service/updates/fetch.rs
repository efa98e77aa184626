//! Fetching an update from its source: it goes on where it broke off, after a restart too, and is held
//! against the size and the sum that the source told of. What it is, rauc says then, as of every other.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use bytes::Bytes;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use stead_rules::claim::State;
use stead_rules::limits::UPDATE_PIECE_BYTES;
use stead_rules::time::Now;
use stead_rules::updates::{Channel, Hold, Offer, Tries};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::arrival::{self, has_bytes, noted_at, part, remove};
use super::source::{SourceDesk, Trouble, goes_on, is_still_wanted};
use super::{Arrival, By, Origin, Stage, UpdateError};
use crate::host::files::{PRIVATE, write_atomically};
use crate::host::helper::Bundle;
use crate::net::source::{Coming, GoOn, Source, SourceError};
use crate::service::chain;
use crate::service::core::{Core, CoreError};

/// Pieces that wait for the disk.
const PIECES_WAITING: usize = 4;

/// What is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) channel: Channel,
    pub(super) offer: Offer,
    pub(super) by: By,
    /// What the source called the file's state when the part that is here came.
    pub(super) validator: Option<String>,
}

/// The same as it is kept.
#[derive(Serialize, Deserialize)]
struct Note {
    channel: String,
    version: String,
    file: String,
    size: u64,
    sha256: String,
    by_itself: bool,
    validator: Option<String>,
}

/// Why a fetch ended before its end.
enum Stop {
    CalledOff,
    /// The owner wants something else.
    Unwanted,
    Held(Hold),
    Failed(Trouble),
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<UpdateError> for Stop {
    fn from(error: UpdateError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<CoreError> for Stop {
    fn from(error: CoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Fetches an update as far as it goes, and notes how it went.
pub(super) async fn fetch(
    core: &Arc<Core>,
    source: &Source,
    wanted: Wanted,
    cancel: CancellationToken,
) {
    let mut begun_with = 0;
    let brought = bring(core, source, &wanted, &cancel, &mut begun_with).await;
    let core = Arc::clone(core);
    let settled = tokio::task::spawn_blocking(move || {
        settle(&core, &wanted, brought, begun_with, core.now());
    });
    drop(settled.await);
}

async fn bring(
    core: &Arc<Core>,
    source: &Source,
    wanted: &Wanted,
    cancel: &CancellationToken,
    begun_with: &mut u64,
) -> Result<Bundle, Stop> {
    let mut wanted = wanted.clone();
    let preparing = wanted.clone();
    let (has, validator) = core.blocking(move |core| prepare(core, &preparing)).await?;
    *begun_with = has;
    if has < wanted.offer.size_bytes {
        let go_on = GoOn { from: has, validator: validator.as_deref() };
        let asked = source.file(wanted.channel.word(), &wanted.offer.file, go_on);
        let coming = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Stop::CalledOff),
            coming = asked => coming?,
        };
        if coming.whole.is_some_and(|whole| whole != wanted.offer.size_bytes) {
            return Err(Stop::Failed(Trouble::Unlike));
        }
        if coming.validator != validator {
            wanted.validator.clone_from(&coming.validator);
            let noting = wanted.clone();
            core.blocking(move |core| note(core, &noting)).await?;
        }
        transfer(core, &wanted, coming, cancel).await?;
    }
    let cancel = cancel.clone();
    core.blocking(move |core| finish(core, &wanted, &cancel)).await
}

/// What of it is here already, and what the source called its state; all else makes way. Blocks.
fn prepare(core: &Core, wanted: &Wanted) -> Result<(u64, Option<String>), Stop> {
    let mut stage = core.updates.stage();
    match &*stage {
        Stage::None | Stage::Failed(_) => {}
        Stage::Arrives(arrival) if arrival.origin == Origin::Source => {}
        // Somebody has sent another one since it was decided.
        Stage::Arrives(_) | Stage::Ready(..) | Stage::Installing(_) => {
            return Err(Stop::Held(Hold::Again));
        }
    }
    let known = noted(core).filter(|noted| noted.is_of(wanted));
    let size = wanted.offer.size_bytes;
    let has = known.as_ref().map_or(0, |_| has_bytes(core)).min(size);
    let arrival = Arrival { origin: Origin::Source, has_bytes: has, of_bytes: Some(size) };
    *stage = Stage::Arrives(arrival);
    drop(stage);
    if has == 0 {
        remove(core).map_err(UpdateError::from)?;
    }
    arrival::check_room(core, size.saturating_sub(has))?;
    let validator = known.and_then(|known| known.validator);
    note(core, &Wanted { validator: validator.clone(), ..wanted.clone() })?;
    Ok((has, validator))
}

async fn transfer(
    core: &Arc<Core>,
    wanted: &Wanted,
    coming: Coming,
    cancel: &CancellationToken,
) -> Result<(), Stop> {
    let (pieces, mut come) = mpsc::channel::<Bytes>(PIECES_WAITING);
    let (from, size) = (coming.from, wanted.offer.size_bytes);
    let taken = core.blocking(move |core| {
        let mut incoming = arrival::go_on(core, from, size)?;
        while let Some(bytes) = come.blocking_recv() {
            incoming.take(&bytes)?;
        }
        // Whatever stopped it, what came is there to go on from.
        incoming.rest()
    });
    let (taken, passed) = tokio::join!(taken, pass_on(core, wanted, coming, cancel, pieces));
    taken?;
    passed
}

/// Hands what comes to the disk, for as long as it may go on.
async fn pass_on(
    core: &Core,
    wanted: &Wanted,
    mut coming: Coming,
    cancel: &CancellationToken,
    pieces: mpsc::Sender<Bytes>,
) -> Result<(), Stop> {
    let mut left = wanted.offer.size_bytes.saturating_sub(coming.from);
    // What ends well and is too short from its first byte on is short the next time, too.
    let ended = if coming.from == 0 { Trouble::Unlike } else { Trouble::BrokenOff };
    while left > 0 {
        let bytes = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Stop::CalledOff),
            bytes = coming.next() => bytes?,
        };
        if wanted.by == By::Itself {
            goes_on(core).map_err(Stop::Held)?;
        }
        let bytes = bytes.ok_or_else(|| Stop::Failed(ended.clone()))?;
        let came = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(came).ok_or(Stop::Failed(Trouble::Unlike))?;
        if pieces.send(bytes).await.is_err() {
            // The disk takes no more, and says why.
            break;
        }
    }
    Ok(())
}

/// It is all here: held against its sum, then looked at as every other. Blocks.
fn finish(core: &Core, wanted: &Wanted, cancel: &CancellationToken) -> Result<Bundle, Stop> {
    let sum = sum(core)?;
    if cancel.is_cancelled() {
        return Err(Stop::CalledOff);
    }
    if sum != wanted.offer.sha256 {
        return Err(Stop::Failed(Trouble::Sum));
    }
    let incoming = arrival::go_on(core, wanted.offer.size_bytes, wanted.offer.size_bytes)?;
    let bundle = incoming.look_into()?;
    if bundle.version == wanted.offer.version {
        return Ok(bundle);
    }
    tracing::warn!(told = wanted.offer.version, is = bundle.version, "an update is another one");
    Err(Stop::Failed(Trouble::Unlike))
}

/// What the bytes that are here come to.
fn sum(core: &Core) -> Result<String, UpdateError> {
    let mut file = File::open(part(core))?;
    let (mut context, mut piece) = (Context::new(&SHA256), vec![0; UPDATE_PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        match piece.get(..read) {
            Some([]) | None => break,
            Some(bytes) => context.update(bytes),
        }
    }
    Ok(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How a fetch ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is ready.
    Ready,
    /// It came to nothing, and is not tried again.
    Over,
    /// It is tried again, from where it is.
    Again,
    /// It is tried again from its first byte.
    Anew,
    /// It goes on when it may.
    Held,
    /// Its owner wants something else since it began.
    Unwanted,
    /// Nobody waits any longer for what somebody wanted: nothing has come in many tries.
    GivenUp,
}

impl End {
    /// What is not what it should be is fetched anew if a part of it was from an earlier try. On a full
    /// disk the part makes way for what people write.
    fn of(stop: Option<&Stop>, begun_with: u64) -> Self {
        match stop {
            None => Self::Ready,
            Some(Stop::CalledOff | Stop::Failed(Trouble::Refused(_))) => Self::Over,
            Some(Stop::Unwanted) => Self::Unwanted,
            Some(Stop::Held(_)) => Self::Held,
            Some(Stop::Failed(Trouble::Unlike | Trouble::Sum)) => {
                if begun_with == 0 {
                    Self::Over
                } else {
                    Self::Anew
                }
            }
            Some(Stop::Failed(Trouble::Full)) => Self::Anew,
            Some(Stop::Failed(
                Trouble::Silent
                | Trouble::Missing
                | Trouble::BrokenOff
                | Trouble::System
                | Trouble::GivenUp,
            )) => Self::Again,
        }
    }
}

/// Notes how a fetch went. Until then it could be called off. Blocks.
fn settle(core: &Core, wanted: &Wanted, brought: Result<Bundle, Stop>, begun_with: u64, now: Now) {
    let has_come = has_bytes(core) > begun_with;
    let mut desk = core.updates.source();
    let brought = match desk.fetching.take() {
        Some(fetching) if fetching.is_unwanted => Err(Stop::Unwanted),
        Some(fetching) if fetching.cancel.is_cancelled() => Err(Stop::CalledOff),
        Some(_) | None => brought,
    };
    let end = desk.settle(wanted, End::of(brought.as_ref().err(), begun_with), has_come, now);
    (desk.trouble, desk.hold) = match &brought {
        Err(Stop::Failed(Trouble::Silent | Trouble::Missing | Trouble::BrokenOff))
            if end == End::GivenUp =>
        {
            (Some(Trouble::GivenUp), None)
        }
        Ok(_) | Err(Stop::CalledOff | Stop::Unwanted) => (None, None),
        Err(Stop::Held(hold)) => (None, Some(*hold)),
        Err(Stop::Failed(trouble)) => (Some(trouble.clone()), None),
    };
    let mut stage = core.updates.stage();
    if !matches!(&*stage, Stage::Arrives(arrival) if arrival.origin == Origin::Source) {
        // Somebody has sent another one before this began.
        return;
    }
    if matches!(end, End::Over | End::Anew | End::Unwanted | End::GivenUp)
        && let Err(error) = remove(core)
    {
        tracing::warn!(error = %chain(&error), "a part of an update is left");
    }
    let is_tried_again = matches!(end, End::Again | End::Anew);
    *stage = match (brought, wanted.by) {
        (Ok(bundle), by) => Stage::Ready(bundle, by),
        // Nothing else begins until it is called off.
        (Err(_), By::Person) if is_tried_again => waiting(core, wanted),
        (Err(_), By::Person | By::Itself) => Stage::None,
    };
}

/// What somebody wants fetched waits for its next try.
fn waiting(core: &Core, wanted: &Wanted) -> Stage {
    let (has_bytes, of_bytes) = (has_bytes(core), Some(wanted.offer.size_bytes));
    Stage::Arrives(Arrival { origin: Origin::Source, has_bytes, of_bytes })
}

impl SourceDesk {
    fn settle(&mut self, wanted: &Wanted, end: End, has_come: bool, now: Now) -> End {
        let has_come = has_come && end == End::Again;
        let before = if has_come { Tries::default() } else { self.fetches };
        let tries = before.failed(now);
        let is_tried_again = matches!(end, End::Again | End::Anew);
        let is_hopeless = is_tried_again && wanted.by == By::Person && tries.are_many();
        let end = if is_hopeless { End::GivenUp } else { end };
        match end {
            End::Ready | End::Over => {
                self.wanted = None;
                self.fetches = Tries::default();
                self.passed_over = Some(wanted.offer.sha256.clone());
            }
            End::GivenUp | End::Unwanted => {
                self.wanted = None;
                self.fetches = Tries::default();
            }
            End::Again | End::Anew => self.fetches = tries,
            End::Held => {}
        }
        end
    }
}

/// Takes up what a person wanted fetched before this start; what came by itself goes on when it may.
/// False when nothing was fetched. Blocks.
pub(super) fn take_up(core: &Core) -> Result<bool, UpdateError> {
    let noted = core.update_source.as_ref().and_then(|_| noted(core));
    let Some(wanted) = noted else { return Ok(false) };
    // A download of an owner before is nobody's, and neither is what its owner wants no more.
    if core.desk().state != State::Claimed || !is_still_wanted(core, &wanted)? {
        return Ok(false);
    }
    arrival::turn_back(core)?;
    if wanted.by == By::Person {
        let mut desk = core.updates.source();
        *core.updates.stage() = waiting(core, &wanted);
        desk.wanted = Some(wanted);
    }
    Ok(true)
}

fn note(core: &Core, wanted: &Wanted) -> Result<(), UpdateError> {
    let Wanted { channel, offer, by, validator } = wanted;
    let note = Note {
        channel: channel.word().to_owned(),
        version: offer.version.clone(),
        file: offer.file.clone(),
        size: offer.size_bytes,
        sha256: offer.sha256.clone(),
        by_itself: *by == By::Itself,
        validator: validator.clone(),
    };
    let text = serde_json::to_vec(&note).map_err(io::Error::from)?;
    write_atomically(&noted_at(core), &text, PRIVATE)
        .map_err(|error| UpdateError::Failed(chain(&error).to_string()))
}

/// What the part that is here is of; what cannot be read is of nothing.
fn noted(core: &Core) -> Option<Wanted> {
    let note: Note = serde_json::from_slice(&std::fs::read(noted_at(core)).ok()?).ok()?;
    let Note { channel, version, file, size, sha256, by_itself, validator } = note;
    let offer = Offer { version, file, size_bytes: size, sha256, notes: String::new() };
    Some(Wanted {
        channel: Channel::from_word(&channel)?,
        offer: offer.check().ok()?,
        by: if by_itself { By::Itself } else { By::Person },
        validator,
    })
}

impl Wanted {
    /// Whether a part of one is a part of the other.
    fn is_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.offer, &other.offer);
        one.sha256 == other.sha256 && one.size_bytes == other.size_bytes
    }
}
