//! Mail: what people ask to be written, and the server that takes it.
//!
//! ```text
//! whoever has something to tell ─▶ waits in accounts.db ─▶ one at a time ─▶ the mail server
//!                                          ▲ later, longer each time ◀─ not taken │
//! ```
//!
//! A message waits in the same transaction that tells of the same thing in the app, so none is lost and
//! none is sent of what never happened. No message holds a secret: an address is believed as typed.

mod post;

use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use stead_rules::ids::{TicketId, UserId};
use stead_rules::limits::{MAIL_RETRY_FIRST_SECONDS, MAIL_RETRY_LAST_SECONDS, MAIL_WAITING_MAX};
use stead_rules::policy::{Action, Guard, Own, Permit, Tend};
use stead_rules::time::Now;
use stead_store::accounts::mail::{self, Kept};
use stead_store::accounts::sessions::SessionFacts;
use stead_store::accounts::{audit, claim as rows};
use stead_store::{Accounts, StoreError, WriteTx};

use super::core::{Core, CoreError, permitted};
use crate::config::Mail;
use crate::host::entropy::fresh;

use post::{Letter, Posted};
pub use post::{Letterbox, SetUpError};

/// What is told of is committed within this time.
const COMMIT: Duration = Duration::from_millis(500);

/// Mail cannot be asked for, or an address is none.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It is no address that mail can be sent to.
    #[error("this is no mail address")]
    NoAddress,
    /// No server is named in the configuration.
    #[error("no mail goes out from this server")]
    NotSetUp,
    /// Whoever asks has left no address.
    #[error("there is no address to write to")]
    NoneLeft,
    /// As many messages wait as may.
    #[error("too many messages wait")]
    Full,
    /// The core refused.
    #[error(transparent)]
    Core(#[from] CoreError),
}

impl From<StoreError> for MailError {
    fn from(error: StoreError) -> Self {
        Self::Core(error.into())
    }
}

/// What the owner sees of the mail.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Who writes; none where no mail goes out.
    pub from: Option<String>,
    /// How it stands.
    pub standing: mail::Standing,
    /// Whether as many messages wait as may, so that no more are kept.
    pub is_full: bool,
}

/// How the mail stands. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn look(core: &Core, permit: &Permit) -> Result<Seen, CoreError> {
    permitted(permit, Action::Tend(Tend::Boards))?;
    let standing = core.store()?.accounts.read(mail::standing)?;
    let from = core.letterbox.as_ref().map(|letterbox| letterbox.from());
    let is_full = standing.waiting >= u64::from(MAIL_WAITING_MAX);
    Ok(Seen { from, standing, is_full })
}

/// Where whoever asks wants to be written to. Blocks.
///
/// # Errors
/// [`CoreError`].
pub fn address(
    core: &Core,
    permit: &Permit,
    facts: &SessionFacts,
) -> Result<Option<String>, CoreError> {
    permitted(permit, Action::OwnAccount(Own::Sessions))?;
    Ok(core.store()?.accounts.read(|tx| mail::address(tx, facts.user.id))?)
}

/// Takes an address, or forgets it. Blocks.
///
/// # Errors
/// [`MailError`].
pub fn set_address(
    core: &Core,
    permit: &Permit,
    facts: &SessionFacts,
    typed: Option<&str>,
) -> Result<(), MailError> {
    permitted(permit, Action::OwnAccount(Own::Factors))?;
    let address = match typed.map(str::trim).filter(|typed| !typed.is_empty()) {
        Some(typed) => Some(typed.parse::<Address>().map_err(|_| MailError::NoAddress)?),
        None => None,
    };
    let address = address.as_ref().map(AsRef::as_ref);
    Ok(core.store()?.accounts.write(|tx| mail::set_address(tx, facts.user.id, address))?)
}

/// Has a message to whoever asks wait, to try it out. Blocks.
///
/// # Errors
/// [`MailError`].
pub fn try_out(
    core: &Core,
    permit: &Permit,
    now: Now,
    facts: &SessionFacts,
) -> Result<(), MailError> {
    permitted(permit, Action::Guard(Guard::Identity))?;
    let letterbox = core.letterbox.as_ref().ok_or(MailError::NotSetUp)?;
    let user = facts.user.id;
    let kept = core.store()?.accounts.write(|tx| {
        let name = rows::server(tx)?.map_or_else(String::new, |server| server.name);
        let subject = format!("{name} can write to you");
        let body = "This message was asked for in the settings of your Stead.\n".to_owned();
        // Whoever tries it out has mended something: what was refused may be forgotten.
        mail::forget_refused(tx)?;
        tell(tx, core, now, user, &subject, &body)
    })?;
    letterbox.hasten.notify_one();
    match kept {
        Kept::Waits => Ok(()),
        Kept::NoAddress => Err(MailError::NoneLeft),
        Kept::Full => Err(MailError::Full),
    }
}

/// Has a message wait for a user who left an address. It is sent after the commit, as soon as the mail
/// server takes it. One that there is no room for is told in the app all the same, and the log says so.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn tell(
    tx: &WriteTx<'_, Accounts>,
    core: &Core,
    now: Now,
    user: UserId,
    subject: &str,
    body: &str,
) -> Result<Kept, StoreError> {
    let Some(letterbox) = &core.letterbox else { return Ok(Kept::NoAddress) };
    let kept = mail::wait(tx, user, subject, body, now.wall, MAIL_WAITING_MAX)?;
    match kept {
        Kept::Waits => letterbox.told.notify_one(),
        Kept::NoAddress => {}
        Kept::Full => say_full(tx, now)?,
    }
    Ok(kept)
}

/// The owner reads once a day that there is no room for more.
fn say_full(tx: &WriteTx<'_, Accounts>, now: Now) -> Result<(), StoreError> {
    tracing::warn!(waiting = MAIL_WAITING_MAX, "no more mail is kept; it is told in the app alone");
    let wanted = audit::Wanted {
        kinds: vec![FULL.to_owned()],
        from: Some(now.wall.plus_ms(-DAY_MS)),
        ..audit::Wanted::default()
    };
    if audit::page(tx, &wanted, 1)?.is_empty() {
        let detail = serde_json::json!({ "waiting": MAIL_WAITING_MAX }).to_string();
        audit::append(tx, now, FULL, &detail)?;
    }
    Ok(())
}

const FULL: &str = "mail.full";
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Sends what waits, for as long as the server runs.
pub async fn deliver(core: Arc<Core>) {
    let Some(letterbox) = core.letterbox.clone() else { return };
    let mut pause = Duration::from_secs(MAIL_RETRY_FIRST_SECONDS);
    loop {
        match one(&core, &letterbox).await {
            Ok(Round::Sent) => pause = Duration::from_secs(MAIL_RETRY_FIRST_SECONDS),
            Ok(Round::Refused) => {}
            // What is told of may not be committed yet: a moment later it is, and at the latest with the
            // next look.
            Ok(Round::Nothing) => {
                let look = Duration::from_secs(MAIL_RETRY_FIRST_SECONDS);
                drop(tokio::time::timeout(look, letterbox.told.notified()).await);
                tokio::time::sleep(COMMIT).await;
            }
            Ok(Round::NotTaken) | Err(_) => {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = letterbox.hasten.notified() => {}
                }
                pause = (pause * 2).min(Duration::from_secs(MAIL_RETRY_LAST_SECONDS));
            }
        }
    }
}

enum Round {
    Nothing,
    Sent,
    Refused,
    NotTaken,
}

async fn one(core: &Arc<Core>, letterbox: &Arc<Letterbox>) -> Result<Round, CoreError> {
    let Some(waiting) = core.read_accounts(mail::next).await? else { return Ok(Round::Nothing) };
    let letter = Letter {
        to: &waiting.address,
        subject: &waiting.subject,
        body: &waiting.body,
        id: fresh(core.entropy.as_ref(), TicketId::from_bytes),
        host: &core.reach().host_name,
    };
    let posted = letterbox.post(&letter).await;
    let id = waiting.id;
    core.blocking(move |core| {
        let now = core.now();
        core.store()?
            .accounts
            .write(|tx| match &posted {
                Posted::Taken => mail::sent(tx, id, now.wall).map(|()| Round::Sent),
                Posted::Refused(why) => {
                    let detail = serde_json::json!({ "why": why }).to_string();
                    audit::append(tx, now, "mail.refused", &detail)?;
                    mail::failed(tx, id, why, true, now.wall).map(|()| Round::Refused)
                }
                Posted::NotTaken(why) => {
                    tracing::warn!(%why, "the mail server takes nothing now; it is tried again");
                    mail::failed(tx, id, why, false, now.wall).map(|()| Round::NotTaken)
                }
            })
            .map_err(CoreError::from)
    })
    .await
}

/// Reads what the configuration names.
///
/// # Errors
/// [`SetUpError`].
pub fn letterbox(config: Option<&Mail>) -> Result<Option<Arc<Letterbox>>, SetUpError> {
    config.map(|mail| Letterbox::new(mail).map(Arc::new)).transpose()
}
