//! Updates from their source: what the owner wants, what the source says, and what is done by itself.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use stead_rules::claim::State;
use stead_rules::policy::{Action, Guard, Permit};
use stead_rules::signin::NoticeKind;
use stead_rules::time::{Now, WallMs};
use stead_rules::updates::{
    Channel, Hold, How, Offer, Standing, Step, Tries, Wish, Worth, may_go_on, next, worth,
};
use stead_store::StoreError;
use stead_store::accounts::{people, updates as rows};
use tokio_util::sync::CancellationToken;

use super::arrival::{has_bytes, remove};
use super::fetch::{Wanted, fetch};
use super::{
    Arrival, By, Noted, Origin, Outcome, Stage, UpdateError, answer, begin_install, done, systems,
    write_down,
};
use crate::host::disk::space;
use crate::host::helper::Job;
use crate::net::source::{Source, SourceError};
use crate::service::core::{Core, CoreError, permitted};
use crate::service::{chain, notices};

/// What is known of the source while the server runs.
#[derive(Default)]
pub(super) struct SourceDesk {
    /// What the owner wants, once it was read.
    wish: Option<Wish>,
    looks: Tries,
    /// When the source last answered.
    looked: Option<WallMs>,
    offered: Option<Offered>,
    /// The owner was told of it.
    told: bool,
    pub(super) trouble: Option<Trouble>,
    pub(super) hold: Option<Hold>,
    pub(super) fetches: Tries,
    /// What else is done by itself: telling, installing, restarting.
    deeds: Tries,
    /// What somebody wants fetched.
    pub(super) wanted: Option<Wanted>,
    /// The fetch that goes on.
    pub(super) fetching: Option<Fetching>,
    /// The sum of what is not fetched by itself again in this life of the server: it was fetched, or
    /// called off, or is not what it should be.
    pub(super) passed_over: Option<String>,
    /// The box was told to restart, and does so once.
    has_restarted: bool,
}

/// A fetch that goes on.
pub(super) struct Fetching {
    pub(super) by: By,
    /// Ends it.
    pub(super) cancel: CancellationToken,
    /// The owner wants something else since it began.
    pub(super) is_unwanted: bool,
}

/// What a source offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The channel.
    pub channel: Channel,
    /// What it says of it.
    pub offer: Offer,
    /// What it is to this box.
    pub worth: Worth,
}

/// What went wrong with the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer.
    Silent,
    /// It has not got what was asked, or sends elsewhere.
    Missing,
    /// It broke off in the middle.
    BrokenOff,
    /// What it says cannot be read, or does not fit what it sends.
    Unlike,
    /// What came is not what it told of.
    Sum,
    /// What came may not be installed here, for this reason.
    Refused(String),
    /// There is no room for it.
    Full,
    /// The system does not answer.
    System,
    /// It was tried often, and nothing came any more.
    GivenUp,
}

impl From<SourceError> for Trouble {
    fn from(error: SourceError) -> Self {
        tracing::warn!(error = %chain(&error), "the source of updates gave no answer to use");
        match error {
            SourceError::Unreachable(_) | SourceError::TooSlow => Self::Silent,
            SourceError::Status(_) => Self::Missing,
            SourceError::BrokenOff(_) => Self::BrokenOff,
            SourceError::Unlike => Self::Unlike,
        }
    }
}

impl From<UpdateError> for Trouble {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Refused(why) => Self::Refused(why),
            UpdateError::Core(CoreError::Store(StoreError::Full(_))) => Self::Full,
            other @ (UpdateError::NotHere
            | UpdateError::TooLarge
            | UpdateError::NoneSent
            | UpdateError::NoSource
            | UpdateError::NotOffered
            | UpdateError::NotOnDisk
            | UpdateError::DiskSilent
            | UpdateError::Busy
            | UpdateError::Failed(_)
            | UpdateError::Io(_)
            | UpdateError::Helper(_)
            | UpdateError::Core(_)) => {
                tracing::warn!(error = %chain(&other), "an update could not be fetched");
                Self::System
            }
        }
    }
}

impl From<CoreError> for Trouble {
    fn from(error: CoreError) -> Self {
        UpdateError::Core(error).into()
    }
}

/// What there is to say of the source.
#[derive(Debug, Clone)]
pub struct SourceView {
    /// Its address.
    pub address: String,
    /// What the owner wants.
    pub wish: Wish,
    /// When it last answered.
    pub looked: Option<WallMs>,
    /// What it offers.
    pub offered: Option<Offered>,
    /// What went wrong last.
    pub trouble: Option<Trouble>,
    /// Why what is done by itself waits.
    pub hold: Option<Hold>,
}

/// What there is to say; none where no source is named. Blocks.
pub(super) fn view(core: &Core) -> Result<Option<SourceView>, UpdateError> {
    let Some(source) = &core.update_source else { return Ok(None) };
    let wish = wish(core)?;
    let desk = core.updates.source();
    Ok(Some(SourceView {
        address: source.address().as_str().to_owned(),
        wish,
        looked: desk.looked,
        offered: desk.offered.clone(),
        trouble: desk.trouble.clone(),
        hold: desk.hold,
    }))
}

/// Sets what the owner wants. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn set_wish(core: &Core, permit: &Permit, now: Now, wish: Wish) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    core.update_source.as_ref().ok_or(UpdateError::NoSource)?;
    // What was wanted before is known then.
    self::wish(core)?;
    let (how, hours) = match wish.how {
        How::Off => ("off", None),
        How::Tell => ("tell", None),
        How::Within(hours) => ("itself", Some(hours)),
    };
    core.store()?.accounts.write(|tx| rows::set_wish(tx, wish)).map_err(CoreError::from)?;
    let hours = hours.map(|hours| format!("{}–{} UTC", hours.from(), hours.to()));
    let detail = json!({ "channel": wish.channel.word(), "how": how, "hours": hours });
    write_down(core, Some(permit), now, "update.wish", detail)?;
    let mut desk = core.updates.source();
    let before = desk.wish.replace(wish).unwrap_or_default();
    if before.channel != wish.channel {
        desk.offered = None;
        desk.looks = Tries::default();
    }
    desk.trouble = None;
    let_go(core, &mut desk, before);
    drop(desk);
    core.updates.tended.notify_one();
    Ok(())
}

/// What came by itself makes way where its owner wants something else by now; what a person wants fetched
/// stays.
fn let_go(core: &Core, desk: &mut SourceDesk, before: Wish) {
    let is_other = desk.wish.is_some_and(|wish| wish.channel != before.channel);
    if !is_other && desk.takes(before.channel) {
        return;
    }
    if let Some(fetching) = desk.fetching.as_mut() {
        if fetching.by == By::Itself {
            fetching.is_unwanted = true;
            fetching.cancel.cancel();
        }
        return;
    }
    if desk.wanted.is_some() {
        return;
    }
    let mut stage = core.updates.stage();
    let goes = match *stage {
        Stage::None | Stage::Failed(_) => true,
        // What is whole and of the same channel is there to be installed by its owner.
        Stage::Ready(_, By::Itself) => is_other,
        Stage::Ready(_, By::Person) | Stage::Arrives(_) | Stage::Installing(_) => false,
    };
    if !goes {
        return;
    }
    if let Err(error) = remove(core) {
        tracing::warn!(error = %chain(&error), "what was fetched by itself is left");
    }
    if matches!(*stage, Stage::Ready(..)) {
        *stage = Stage::None;
        // It may be wanted again.
        desk.passed_over = None;
    }
}

/// Asks the source now, since somebody wants to know. What comes of it, the view says.
///
/// # Errors
/// [`UpdateError`] when there is none to be asked.
pub async fn look_now(core: &Arc<Core>, permit: &Permit) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    let source = core.update_source.as_ref().ok_or(UpdateError::NoSource)?;
    look(core, source).await;
    Ok(())
}

/// Has what the source offers fetched: it begins, and goes on after this, whatever the hour. Blocks.
///
/// # Errors
/// [`UpdateError`].
pub fn fetch_now(core: &Core, permit: &Permit) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    core.update_source.as_ref().ok_or(UpdateError::NoSource)?;
    let mut desk = core.updates.source();
    let offered = desk.offered.clone().filter(|offered| offered.worth != Worth::Old);
    let Offered { channel, offer, .. } = offered.ok_or(UpdateError::NotOffered)?;
    if desk.fetching.is_some() {
        return Err(UpdateError::Busy);
    }
    let mut stage = core.updates.stage();
    match *stage {
        Stage::Arrives(_) | Stage::Installing(_) => return Err(UpdateError::Busy),
        Stage::None | Stage::Ready(..) | Stage::Failed(_) => {}
    }
    let of_bytes = Some(offer.size_bytes);
    *stage = Stage::Arrives(Arrival { origin: Origin::Source, has_bytes: 0, of_bytes });
    desk.wanted = Some(Wanted { channel, offer, by: By::Person, validator: None });
    desk.fetches = Tries::default();
    (desk.trouble, desk.hold) = (None, None);
    drop((stage, desk));
    core.updates.tended.notify_one();
    Ok(())
}

/// Calls off what is fetched, and takes away what came of it. Blocks.
///
/// # Errors
/// [`UpdateError`] when nothing is fetched.
pub fn call_off(core: &Core, permit: &Permit) -> Result<(), UpdateError> {
    permitted(permit, Action::Guard(Guard::Update))?;
    let mut desk = core.updates.source();
    if let Some(fetching) = &desk.fetching {
        fetching.cancel.cancel();
        return Ok(());
    }
    // It waits for another try.
    let wanted = desk.wanted.take().ok_or(UpdateError::NoneSent)?;
    desk.passed_over = Some(wanted.offer.sha256);
    desk.trouble = None;
    let mut stage = core.updates.stage();
    // Before anything else may come in.
    let removed = remove(core);
    *stage = Stage::None;
    Ok(removed?)
}

/// Does what is done by itself now, and what somebody wants fetched.
pub(crate) async fn tend(core: &Arc<Core>) {
    let Some(source) = &core.update_source else { return };
    let now = core.now();
    let step = match core.blocking(move |core| due(core, now)).await {
        Ok(step) => step,
        Err(error) => {
            tracing::warn!(error = %chain(&error), "updates are not looked after");
            return;
        }
    };
    let done = match step {
        Due::Fetch(wanted, cancel) => return fetch(core, source, wanted, cancel).await,
        Due::Step(Step::Look) => return look(core, source).await,
        Due::Step(Step::Tell) => core.blocking(move |core| tell(core, now)).await,
        Due::Step(Step::Install) => core.blocking(move |core| begin_install(core, None, now)).await,
        Due::Step(Step::Restart) => core.blocking(move |core| restart(core, now)).await,
        Due::Step(Step::Rest | Step::Wait(_) | Step::Fetch) => return,
    };
    let mut desk = core.updates.source();
    match done {
        Ok(()) => desk.deeds = Tries::default(),
        Err(error) => {
            desk.deeds = desk.deeds.failed(now);
            tracing::warn!(error = %chain(&error), "what an update needs could not be done");
        }
    }
}

/// What is to be done.
enum Due {
    Step(Step),
    Fetch(Wanted, CancellationToken),
}

fn due(core: &Core, now: Now) -> Result<Due, UpdateError> {
    if core.desk().state != State::Claimed {
        return Ok(Due::Step(Step::Rest));
    }
    // Read once, and known then.
    wish(core)?;
    make_way(core)?;
    let is_installed = Noted::last(core).is_some_and(|noted| noted.waits(core));
    let mut desk = core.updates.source();
    let stage = core.updates.stage().clone();
    if let Some(wanted) = desk.wanted.clone() {
        let is_due = desk.fetches.is_due(0, now);
        return Ok(if is_due { desk.begin(wanted) } else { Due::Step(Step::Rest) });
    }
    let offered = match desk.to_take() {
        Some(_) => Standing::Offered { told: desk.told },
        None => Standing::None,
    };
    let (standing, is_persons) = match stage {
        Stage::Arrives(_) | Stage::Installing(_) => (None, false),
        // What a person sent or fetched is theirs to install; what is new is told of all the same.
        Stage::Ready(_, By::Person) => (Some(offered), true),
        Stage::Ready(_, By::Itself) => (Some(Standing::Fetched), false),
        Stage::None | Stage::Failed(_) if is_installed => {
            ((!desk.has_restarted).then_some(Standing::Installed), false)
        }
        Stage::None | Stage::Failed(_) => (Some(offered), false),
    };
    let how = desk.wish.unwrap_or_default().how;
    let tries = (desk.looks, desk.fetches);
    let step = standing.map_or(Step::Rest, |s| next(how, s, tries, core.pumps.playing(), now));
    let step = match step {
        Step::Tell | Step::Install | Step::Restart if !desk.deeds.is_due(0, now) => {
            Step::Wait(Hold::Again)
        }
        Step::Wait(_) | Step::Fetch | Step::Install | Step::Restart if is_persons => Step::Rest,
        Step::Rest
        | Step::Wait(_)
        | Step::Look
        | Step::Tell
        | Step::Fetch
        | Step::Install
        | Step::Restart => step,
    };
    desk.hold = match step {
        Step::Wait(hold) => Some(hold),
        Step::Rest | Step::Look | Step::Tell | Step::Fetch | Step::Install | Step::Restart => None,
    };
    Ok(match (step, desk.to_take().cloned()) {
        (Step::Fetch, Some(Offered { channel, offer, .. })) => {
            desk.begin(Wanted { channel, offer, by: By::Itself, validator: None })
        }
        (step, _) => Due::Step(step),
    })
}

/// On a short disk a part that came by itself makes way for what people write.
fn make_way(core: &Core) -> Result<(), UpdateError> {
    let stage = core.updates.stage();
    let is_held = matches!(*stage, Stage::None | Stage::Failed(_)) && has_bytes(core) > 0;
    if is_held && space(&core.config.system.updates)?.is_short() {
        remove(core)?;
    }
    Ok(())
}

impl SourceDesk {
    /// What may be taken by itself.
    fn to_take(&self) -> Option<&Offered> {
        let offered = self.offered.as_ref().filter(|offered| offered.worth == Worth::New)?;
        let is_wanted = self.wish.is_some_and(|wish| wish.channel == offered.channel);
        let is_passed_over = self.passed_over.as_ref() == Some(&offered.offer.sha256);
        (is_wanted && !is_passed_over).then_some(offered)
    }

    /// Whether updates of this channel are taken by itself.
    fn takes(&self, channel: Channel) -> bool {
        self.wish.is_some_and(|wish| wish.channel == channel && matches!(wish.how, How::Within(_)))
    }

    /// From here on a fetch can be called off.
    fn begin(&mut self, wanted: Wanted) -> Due {
        let cancel = CancellationToken::new();
        let by = wanted.by;
        self.fetching = Some(Fetching { by, cancel: cancel.clone(), is_unwanted: false });
        Due::Fetch(wanted, cancel)
    }
}

/// Whether what came by itself is what the owner still wants. Blocks.
pub(super) fn is_still_wanted(core: &Core, wanted: &Wanted) -> Result<bool, UpdateError> {
    wish(core)?;
    Ok(wanted.by == By::Person || core.updates.source().takes(wanted.channel))
}

/// A version that the box does not install by itself any more is offered as one that was left.
pub(super) fn offer_as_left(core: &Core, version: &str) {
    let mut desk = core.updates.source();
    if let Some(offered) = desk.offered.as_mut().filter(|known| known.offer.version == version) {
        offered.worth = Worth::Left;
    }
}

/// Whether what is fetched by itself may go on: the owner may want something else meanwhile.
pub(super) fn goes_on(core: &Core) -> Result<(), Hold> {
    let wish = core.updates.source().wish.unwrap_or_default();
    match wish.how {
        How::Within(hours) => may_go_on(hours, core.pumps.playing(), core.now()),
        How::Off | How::Tell => Err(Hold::Hours),
    }
}

/// What the owner wants, read once.
fn wish(core: &Core) -> Result<Wish, UpdateError> {
    if let Some(wish) = core.updates.source().wish {
        return Ok(wish);
    }
    let wish = core.store()?.accounts.read(rows::wish).map_err(CoreError::from)?;
    Ok(*core.updates.source().wish.get_or_insert(wish))
}

/// Asks the source and keeps what it says.
async fn look(core: &Arc<Core>, source: &Source) {
    let _turn = core.updates.looking.lock().await;
    let wanted = core.blocking(wish).await;
    let channel = wanted.as_ref().map(|wish| wish.channel).ok();
    let asked = match wanted {
        Ok(wish) => ask(core, source, wish.channel).await,
        Err(error) => Err(error.into()),
    };
    let now = core.now();
    let mut desk = core.updates.source();
    if desk.wish.map(|wish| wish.channel) != channel {
        // The owner wants the other channel by now.
        return;
    }
    match asked {
        Ok((offered, told)) => {
            let told_of = told.is_some_and(|told| told == offered.offer.version);
            (desk.told, desk.offered) = (told_of, Some(offered));
            (desk.looks, desk.looked, desk.trouble) = (Tries::done(now), Some(now.wall), None);
        }
        Err(trouble) => {
            desk.looks = desk.looks.failed(now);
            desk.trouble = Some(trouble);
        }
    }
}

async fn ask(
    core: &Arc<Core>,
    source: &Source,
    channel: Channel,
) -> Result<(Offered, Option<String>), Trouble> {
    let known = core.blocking(|core| {
        let systems = systems(core)?;
        let accounts = &core.store()?.accounts;
        let kept = accounts.read(|tx| Ok::<_, StoreError>((rows::left(tx)?, rows::told(tx)?)));
        let (mut left, told) = kept.map_err(CoreError::from)?;
        // What was left last is written down when another one is installed.
        let last = Noted::last(core);
        let was_left = |noted: &Noted| matches!(noted.outcome(core, &systems), Outcome::Left(_));
        left.extend(last.filter(was_left).and_then(|noted| noted.version));
        left.extend(systems.fallen.as_ref().map(|fallen| fallen.version.clone()));
        Ok::<_, UpdateError>((systems, left, told))
    });
    let (systems, left, told) = known.await?;
    let bytes = source.index(channel.word(), &systems.compatible).await?;
    let offer = read_index(&bytes)?;
    let worth = worth(&offer.version, &systems.version, &left);
    Ok((Offered { channel, offer, worth }, told))
}

/// The index of a channel, as its file says it. What a later version adds is no matter of this one.
#[derive(Deserialize)]
struct Index {
    version: String,
    file: String,
    size: u64,
    sha256: String,
    #[serde(default)]
    notes: String,
}

/// Reads it.
///
/// # Errors
/// [`Trouble::Unlike`].
pub fn read_index(bytes: &[u8]) -> Result<Offer, Trouble> {
    let unlike = |why: &dyn std::fmt::Display| {
        tracing::warn!(%why, "the index of the source of updates cannot be used");
        Trouble::Unlike
    };
    let index: Index = serde_json::from_slice(bytes).map_err(|error| unlike(&error))?;
    let Index { version, file, size, sha256, notes } = index;
    let offer = Offer { version, file, size_bytes: size, sha256, notes };
    offer.check().map_err(|bad| unlike(&bad))
}

/// Tells the owner of a new version, once.
fn tell(core: &Core, now: Now) -> Result<(), UpdateError> {
    let Some(offered) = core.updates.source().to_take().cloned() else { return Ok(()) };
    let version = offered.offer.version;
    let told = core.store()?.accounts.write(|tx| {
        if let Some(owner) = people::owner(tx)? {
            let kind = NoticeKind::UpdateThere;
            notices::tell(tx, core, now, owner.user.id, None, kind, &version)?;
        }
        rows::set_told(tx, &version)
    });
    told.map_err(CoreError::from)?;
    core.updates.source().told = true;
    Ok(())
}

/// Restarts the box by itself.
fn restart(core: &Core, now: Now) -> Result<(), UpdateError> {
    write_down(core, None, now, "server.restarted", json!({}))?;
    done(answer(core, Job::Restart))?;
    core.updates.source().has_restarted = true;
    Ok(())
}
