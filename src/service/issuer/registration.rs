//! This server's own registration at its issuer: made by the token of an approved code (RFC 7591),
//! kept up to date as names and addresses change, and taken back when nobody needs it (RFC 7592).
//!
//! Its secrets go to the issuer's own origin and nowhere else, whatever address an answer names.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use stead_rules::limits::{
    NAME_MAX_CHARS, REGISTRATION_GIVE_BACK_MAX, REGISTRATION_GIVE_BACK_TRIES,
};
use stead_rules::secret::SecretText;
use stead_rules::signin::let_in::{Doors, callbacks, told_again_after_seconds};
use stead_rules::time::{BootMs, Now};
use stead_store::accounts::{claim, issuers};

use super::facts::Facts;
use super::{ExternalIssuer, IssuerError, Registered, configured};
use crate::net::names::SHARED_NAME;
use crate::net::outbound::Answer;
use crate::service::core::{Core, CoreError};
use crate::service::reach::Reach;

/// What the issuer says of a client (RFC 7591 §3.2.1); of a change it may leave out what stays.
#[derive(Deserialize)]
pub(super) struct ClientAnswer {
    client_id: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    registration_client_uri: Option<String>,
    #[serde(default)]
    registration_access_token: Option<String>,
}

/// A client, as far as an answer is one.
pub(super) fn parsed(body: &[u8]) -> Result<ClientAnswer, IssuerError> {
    serde_json::from_slice(body)
        .map_err(|_| IssuerError::NotRegistered("its registration cannot be read"))
}

/// What this server registers: what people call it, and the pages that take its answers. Blocks.
fn metadata(core: &Core) -> Result<serde_json::Value, IssuerError> {
    let (issuer, reach) = (configured(core)?, core.reach());
    let shared = reach.shared_name.then_some(SHARED_NAME);
    let own = [reach.host_name.as_str()];
    let given = core.certificate.given();
    let brought = given.iter().flat_map(|given| given.hosts());
    let known: Vec<&str> =
        core.config.net.names.iter().map(String::as_str).chain(brought).collect();
    let names: Vec<&str> = known.iter().copied().chain(own).chain(shared).collect();
    let doors = Doors {
        names: &names,
        behind_proxy: if core.config.net.proxies.is_empty() { &[] } else { &known },
        addresses: &reach.addresses,
        https_port: reach.https_port,
        http_port: reach.http_port,
    };
    Ok(serde_json::json!({
        "client_name": own_name(core)?,
        "redirect_uris": callbacks(&doors),
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": issuer.config.scopes.join(" "),
    }))
}

/// What the server is called, with what its box is, so that whoever has two can tell them apart.
/// Blocks.
pub(crate) fn own_name(core: &Core) -> Result<String, CoreError> {
    let server = core.store()?.accounts.read(claim::server)?;
    let name = server.map_or_else(|| "Stead".to_owned(), |server| server.name);
    let reach = core.reach();
    let label = reach.host_name.trim_end_matches(".local");
    let room = NAME_MAX_CHARS.saturating_sub(label.chars().count() + 3);
    let name: String = name.chars().take(room).collect();
    Ok(format!("{} ({label})", name.trim()))
}

/// Registers this server by the token of an approved code. The token is used up by that.
pub(super) async fn register(
    core: &Arc<Core>,
    issuer: &ExternalIssuer,
    facts: &Facts,
    token: &SecretText,
) -> Result<Registered, IssuerError> {
    let endpoint = facts.registration_endpoint.as_deref();
    let endpoint = endpoint.ok_or(IssuerError::NoCodes("it registers nobody"))?;
    let told = core.blocking(metadata).await?.to_string();
    let answer = issuer.outbound.send_json(Method::POST, endpoint, token, &told).await;
    let answer = answer.map_err(IssuerError::Unavailable)?;
    if !answer.status.is_success() {
        return Err(IssuerError::NotRegistered("it refuses to"));
    }
    taken(issuer, &answer, told)
}

/// What is kept of it. An address elsewhere would be told a secret of this server.
fn taken(
    issuer: &ExternalIssuer,
    answer: &Answer,
    told: String,
) -> Result<Registered, IssuerError> {
    let said = parsed(&answer.body)?;
    if said.client_id.is_empty() {
        return Err(IssuerError::NotRegistered("it gives no name"));
    }
    let uri = said.registration_client_uri.zip(said.registration_access_token);
    let (manage_uri, manage_token) =
        uri.ok_or(IssuerError::NotRegistered("it takes no changes afterwards"))?;
    if !issuer.config.url.is_own(&manage_uri) {
        return Err(IssuerError::NotRegistered("the address for changes is another one's"));
    }
    Ok(Registered {
        id: said.client_id,
        secret: said.client_secret.map(SecretText::new),
        manage_uri,
        manage_token: SecretText::new(manage_token),
        told,
    })
}

/// Remembers as what this server is registered. Blocks.
pub(super) fn recall(core: &Core) {
    let (Some(issuer), Ok(store)) = (&core.issuer, core.store()) else { return };
    let known = store.accounts.read(|tx| {
        let row = issuers::external(tx, issuer.url())?;
        row.map_or(Ok(None), |row| issuers::client(tx, row))
    });
    match known {
        Ok(known) => *issuer.registered() = known,
        Err(error) => tracing::warn!(%error, "what the issuer knows of this server is not read"),
    }
}

/// The claim is over, and this server is what it was registered as in it. What it was before is not
/// needed any more. To be called after the commit.
pub(crate) fn adopt(core: &Core, registered: Registered) {
    let Some(issuer) = &core.issuer else { return };
    let former = issuer.registered().replace(registered);
    if let Some(former) = former {
        give_back(core, former);
    }
    issuer.registration_told.notify_one();
}

/// A registration that nobody needs is taken back at the issuer, as far as that goes.
pub(crate) fn give_back(core: &Core, registered: Registered) {
    let Some(issuer) = &core.issuer else { return };
    issuer.partings().add(registered, core.now());
    issuer.registration_told.notify_one();
}

/// What waits to be taken back.
#[derive(Default)]
pub(super) struct Partings {
    waiting: VecDeque<Parting>,
}

struct Parting {
    registered: Registered,
    tries: u32,
    due: BootMs,
}

impl Partings {
    fn add(&mut self, registered: Registered, now: Now) {
        if self.waiting.len() >= REGISTRATION_GIVE_BACK_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(Parting { registered, tries: 0, due: now.boot });
    }

    fn take_due(&mut self, now: Now) -> Option<Parting> {
        let found = self.waiting.iter().position(|parting| now.boot >= parting.due)?;
        self.waiting.remove(found)
    }

    fn again(&mut self, parting: Parting, now: Now) {
        let tries = parting.tries + 1;
        if tries >= REGISTRATION_GIVE_BACK_TRIES {
            tracing::warn!(
                client = %parting.registered.id,
                "a registration that is not needed could not be taken back; remove it at the issuer"
            );
            return;
        }
        let due = now.boot.plus_ms(told_again_after_seconds(tries) * 1000);
        self.waiting.push_back(Parting { tries, due, ..parting });
    }
}

/// Keeps the registration up to date, for as long as the server runs.
#[derive(Default)]
pub struct Keeper {
    /// What was looked at last; it is another value as soon as a name or an address changes.
    seen: Option<Arc<Reach>>,
    failures: u32,
    again: Option<BootMs>,
    /// The client whose token is refused: it is told of once, and not tried again.
    shut_out: Option<String>,
}

/// What is told at the issuer could not be changed.
#[derive(Debug, thiserror::Error)]
enum NotTold {
    #[error("the issuer lets this server change its registration no more")]
    ShutOut,
    #[error("the issuer does not take this server's names and addresses")]
    Refused,
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error("what the issuer answered could not be kept")]
    Kept(#[source] CoreError),
}

impl From<CoreError> for NotTold {
    fn from(error: CoreError) -> Self {
        Self::Kept(error)
    }
}

impl Keeper {
    /// One look. `told` says that something else than names and addresses may have changed.
    pub async fn look(&mut self, core: &Arc<Core>, now: Now, told: bool) {
        let Some(issuer) = core.issuer.as_ref().filter(|issuer| issuer.registers_itself()) else {
            return;
        };
        take_back(issuer, now).await;
        let reach = core.reach();
        let same = self.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &reach));
        let due = self.again.is_some_and(|again| now.boot >= again);
        if same && !told && !due {
            return;
        }
        (self.seen, self.again) = (Some(reach), None);
        let Some(known) = issuer.registered().clone() else { return };
        if self.shut_out.as_ref() == Some(&known.id) {
            return;
        }
        match tell(core, issuer, &known).await {
            Ok(()) => self.failures = 0,
            Err(error @ NotTold::ShutOut) => {
                tracing::warn!(
                    %error,
                    "whoever opens this server by a new name or address cannot sign in by the issuer"
                );
                self.shut_out = Some(known.id);
            }
            Err(error) => self.failed(&error, now),
        }
    }

    fn failed(&mut self, error: &NotTold, now: Now) {
        self.failures = self.failures.saturating_add(1);
        let seconds = told_again_after_seconds(self.failures);
        self.again = Some(now.boot.plus_ms(seconds * 1000));
        let error = crate::service::chain(error);
        if self.failures == 1 {
            tracing::warn!(%error, "the issuer does not know this server's new addresses yet");
        } else {
            tracing::debug!(%error, seconds, "the issuer is told again later");
        }
    }
}

/// Tells the issuer what has changed (RFC 7592 §2.2) and keeps what it answers: it may give another
/// token and another secret, and the old ones are void then.
async fn tell(
    core: &Arc<Core>,
    issuer: &ExternalIssuer,
    known: &Registered,
) -> Result<(), NotTold> {
    let mut metadata = core.blocking(metadata).await?;
    let told = metadata.to_string();
    if told == known.told {
        return Ok(());
    }
    if let Some(members) = metadata.as_object_mut() {
        members.insert("client_id".to_owned(), known.id.as_str().into());
        if let Some(secret) = &known.secret {
            members.insert("client_secret".to_owned(), secret.expose().into());
        }
    }
    let (uri, token, body) = (&known.manage_uri, &known.manage_token, metadata.to_string());
    let answer = issuer.outbound.send_json(Method::PUT, uri, token, &body).await;
    let answer = answer.map_err(IssuerError::Unavailable)?;
    match answer.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            return Err(NotTold::ShutOut);
        }
        status if !status.is_success() => return Err(NotTold::Refused),
        _ => {}
    }
    let changed = changed(issuer, known, parsed(&answer.body)?, told);
    if !put_in_place(issuer, &changed) {
        return Ok(());
    }
    tracing::info!("the issuer knows this server's names and addresses of now");
    let kept = core.blocking(move |core| keep_change(core, &changed)).await;
    if kept.is_err() {
        // The next try tells it once more, and keeps what comes then.
        if let Some(registered) = issuer.registered().as_mut() {
            registered.told.clear();
        }
    }
    kept.map_err(NotTold::Kept)
}

fn changed(
    issuer: &ExternalIssuer,
    known: &Registered,
    said: ClientAnswer,
    told: String,
) -> Registered {
    let uri = said.registration_client_uri.filter(|uri| issuer.config.url.is_own(uri));
    Registered {
        id: known.id.clone(),
        secret: said.client_secret.map(SecretText::new).or_else(|| known.secret.clone()),
        manage_uri: uri.unwrap_or_else(|| known.manage_uri.clone()),
        manage_token: said
            .registration_access_token
            .map_or_else(|| known.manage_token.clone(), SecretText::new),
        told,
    }
}

/// False where a claim has put another client in its place meanwhile.
fn put_in_place(issuer: &ExternalIssuer, changed: &Registered) -> bool {
    let mut registered = issuer.registered();
    let is_same = registered.as_ref().is_some_and(|one| one.id == changed.id);
    if is_same {
        *registered = Some(changed.clone());
    }
    is_same
}

fn keep_change(core: &Core, changed: &Registered) -> Result<(), CoreError> {
    let Some(issuer) = &core.issuer else { return Ok(()) };
    core.store()?.accounts.write(|tx| match issuers::external(tx, issuer.url())? {
        Some(row) => Ok(issuers::update_client(tx, row, changed)?),
        None => Ok(()),
    })
}

/// Takes back what is not needed (RFC 7592 §2.3). An issuer that says no has nothing left to take.
async fn take_back(issuer: &ExternalIssuer, now: Now) {
    loop {
        // The guard must not be held over the question.
        let due = issuer.partings().take_due(now);
        let Some(parting) = due else { return };
        let Registered { manage_uri, manage_token, .. } = &parting.registered;
        let asked = issuer.outbound.send_json(Method::DELETE, manage_uri, manage_token, "").await;
        if let Err(error) = asked {
            tracing::debug!(%error, "a registration is not taken back yet");
            issuer.partings().again(parting, now);
        }
    }
}
