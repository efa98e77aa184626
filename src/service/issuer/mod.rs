//! The external issuer: this server as its client (OpenID Connect Core 1.0, authorization code with
//! PKCE).
//!
//! ```text
//! begin ─▶ the issuer's own pages ─▶ /signin/callback ─▶ finish
//!   │ state, nonce, verifier wait here,                    │ taken once, by the same browser
//!   └ bound to the browser by a cookie                     └ code ─▶ ID token ─▶ methods
//! ```
//!
//! A server that is not registered there is let in by a code first (`by_code`), registers itself and
//! keeps that up to date (`registration`).
//!
//! What a token's claims are worth is decided by `stead_rules::signin::oidc`; its signature is
//! checked by the `openidconnect` crate with algorithms that are fixed here.

mod by_code;
mod desk;
mod error;
mod facts;
mod keys;
mod registration;
mod sign_in;
mod token;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use stead_rules::claim::{BootText, Peer};
use stead_rules::ids::{IssuerId, TicketId};
use stead_rules::limits::TEND_SECONDS;
use stead_rules::secret::SecretText;
use stead_rules::signin::oidc::{Asked, Way};
use stead_rules::signin::{Method, Methods, place_of};
use stead_rules::time::{Moment, Now};
pub use stead_store::accounts::issuers::Client as Registered;
use tokio::sync::Notify;

use super::core::Core;
use super::sha256;
use crate::config::Issuer;
use crate::host::clock::Clock;
use crate::host::entropy::{bytes, fresh};
use crate::net::outbound::{Outbound, form_encoded};

pub use by_code::{CodeShown, Look};
pub(crate) use by_code::{begin as begin_by_code, look as look_by_code};
pub use desk::Purpose;
pub use error::{IssuerError, Refusal, SetUpError};
pub use registration::Keeper;
pub(crate) use registration::{adopt, give_back, own_name};
pub(crate) use sign_in::row;
pub use sign_in::{begin_sign_in, begin_step_up, finish_sign_in, finish_step_up};

use by_code::Asking;
use desk::{Desk, Waiting};
use facts::{Facts, Silence};
use keys::Keys;
use registration::Partings;

/// The configured issuer and what is known of it.
pub struct ExternalIssuer {
    config: Issuer,
    secret: Option<SecretText>,
    outbound: Outbound,
    known: Mutex<Known>,
    desk: Mutex<Desk>,
    /// One question for what it says of itself at a time.
    discovering: tokio::sync::Mutex<()>,
    /// One question for its keys at a time.
    asking: tokio::sync::Mutex<()>,
    /// As what this server has registered itself there, unless the configuration says so.
    registered: Mutex<Option<Registered>>,
    /// The code that is shown to whoever claims this server.
    by_code: Mutex<Option<Asking>>,
    /// One question about it at a time.
    polling: tokio::sync::Mutex<()>,
    /// Registrations that nobody needs.
    partings: Mutex<Partings>,
    /// Told when there is something to change or to take back there.
    pub(crate) registration_told: Notify,
}

/// As what this server is known at its issuer.
#[derive(Clone)]
struct Client {
    id: String,
    secret: Option<SecretText>,
}

#[derive(Default)]
struct Known {
    facts: Option<Facts>,
    silence: Option<Silence>,
    keys: Option<Keys>,
}

/// Where to send a browser, and the cookie by which it is known when it comes back.
pub struct Sent {
    /// The address at the issuer.
    pub redirect: String,
    /// The cookie's value.
    pub browser: TicketId,
}

/// What the browser brought back (RFC 6749 §4.1.2, RFC 9207).
#[derive(Default)]
pub struct Returned {
    /// What this server had sent along.
    pub state: String,
    /// The code.
    pub code: Option<SecretText>,
    /// Who sends it.
    pub issuer: Option<String>,
    /// What went wrong there.
    pub error: Option<String>,
}

/// Somebody, by the issuer's word.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The issuer's name for them, which never changes.
    pub sub: String,
    /// What to call them.
    pub name: Option<String>,
    /// What its word is worth.
    pub methods: Methods,
    /// When they last showed there who they are.
    pub shown: Moment,
}

impl ExternalIssuer {
    /// Reads what the configuration names.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn new(config: Issuer, clock: Arc<dyn Clock>) -> Result<Self, SetUpError> {
        let outbound = Outbound::new(config.url.clone(), config.ca.as_deref(), clock)?;
        let secret = config.client_secret_file.as_deref().map(std::fs::read);
        let secret = secret.transpose().map_err(SetUpError::Secret)?;
        Ok(Self {
            // Whichever editor saved it.
            secret: secret
                .map(|bytes| SecretText::new(BootText::decode(&bytes).text.trim().to_owned())),
            outbound,
            config,
            known: Mutex::default(),
            desk: Mutex::default(),
            discovering: tokio::sync::Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            registered: Mutex::default(),
            by_code: Mutex::default(),
            polling: tokio::sync::Mutex::default(),
            partings: Mutex::default(),
            registration_told: Notify::new(),
        })
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Its address, which is the first half of each identity.
    #[must_use]
    pub fn url(&self) -> &str {
        self.config.url.as_str()
    }

    /// How far its word is taken, as stored.
    #[must_use]
    pub const fn assurance(&self) -> &'static str {
        self.config.profile.word()
    }

    /// Whether this server registers itself there: the configuration names no client.
    #[must_use]
    pub const fn registers_itself(&self) -> bool {
        self.config.client_id.is_none()
    }

    /// Whether people can be sent there to sign in.
    #[must_use]
    pub fn has_client(&self) -> bool {
        self.client().is_ok()
    }

    /// As what this server asks there; what the configuration says wins.
    fn client(&self) -> Result<Client, IssuerError> {
        if let Some(id) = &self.config.client_id {
            return Ok(Client { id: id.clone(), secret: self.secret.clone() });
        }
        let registered = self.registered().clone().ok_or(IssuerError::NoClient)?;
        Ok(Client { id: registered.id, secret: registered.secret })
    }

    fn code_desk(&self) -> MutexGuard<'_, Option<Asking>> {
        self.by_code.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn partings(&self) -> MutexGuard<'_, Partings> {
        self.partings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registered(&self) -> MutexGuard<'_, Option<Registered>> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The issuer of this server, if accounts are not on it.
///
/// # Errors
/// [`IssuerError::None`].
pub fn configured(core: &Core) -> Result<&ExternalIssuer, IssuerError> {
    core.issuer.as_ref().ok_or(IssuerError::None)
}

/// Keeps what the configuration says of the issuer beside the identities that it vouches for.
/// Blocks.
pub fn keep_row(core: &Core) {
    let Ok(store) = core.store() else { return };
    if core.issuer.is_none() {
        return;
    }
    let id = fresh(core.entropy.as_ref(), IssuerId::from_bytes);
    let kept = store.accounts.write(|tx| row(tx, core, id, core.now()));
    if let Err(error) = kept {
        tracing::warn!(%error, "what the configuration says of the issuer was not kept");
    }
    registration::recall(core);
}

/// Sends a browser to the issuer. `origin` is the address it used here; `person` is who must sign in
/// there, by the issuer's own name for them, where that is known.
pub(crate) async fn send(
    core: &Core,
    now: Now,
    peer: Peer,
    origin: &str,
    purpose: Purpose,
    person: Option<&str>,
) -> Result<Sent, IssuerError> {
    let issuer = configured(core)?;
    let client = issuer.client()?;
    let facts = facts::current(issuer, now).await?;
    let person = person.filter(|_| facts.takes_claims);
    let entropy = core.entropy.as_ref();
    let random = || URL_SAFE_NO_PAD.encode(bytes::<32>(entropy));
    let waiting = Waiting {
        browser: fresh(entropy, TicketId::from_bytes),
        state: SecretText::new(format!("{}.{}", purpose.word(), random())),
        nonce: SecretText::new(random()),
        verifier: SecretText::new(random()),
        redirect_uri: format!("{origin}/signin/callback"),
        begun: now.boot,
        place: place_of(peer.address),
        purpose,
        is_for_one: person.is_some(),
        client,
    };
    let redirect = address(issuer, &facts, &waiting, person);
    let browser = waiting.browser;
    issuer.desk().add(waiting, now);
    Ok(Sent { redirect, browser })
}

/// The authorization request (OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3).
fn address(
    issuer: &ExternalIssuer,
    facts: &Facts,
    waiting: &Waiting,
    person: Option<&str>,
) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(waiting.verifier.expose().as_bytes()));
    let (scope, classes) =
        (issuer.config.scopes.join(" "), issuer.config.profile.wanted_classes().join(" "));
    let longest = TEND_SECONDS.to_string();
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", waiting.client.id.as_str()),
        ("redirect_uri", waiting.redirect_uri.as_str()),
        ("scope", scope.as_str()),
        ("state", waiting.state.expose()),
        ("nonce", waiting.nonce.expose()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    if waiting.purpose.is_anew() {
        query.extend([("prompt", "login"), ("max_age", "0")]);
    } else if issuer.assurance() != "none" {
        // Then the issuer must say when that was (OpenID Connect Core 1.0 §3.1.2.1).
        query.push(("max_age", &longest));
    }
    if !classes.is_empty() {
        query.push(("acr_values", &classes));
    }
    // It succeeds for this person or not at all (OpenID Connect Core 1.0 §5.5.1).
    let one = person
        .map(|sub| serde_json::json!({ "id_token": { "sub": { "value": sub } } }).to_string());
    if let Some(one) = &one {
        query.push(("claims", one));
    }
    let endpoint = &facts.authorization_endpoint;
    let joint = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{joint}{}", form_encoded(&query))
}

/// Takes a browser back: the code becomes an identity. Everything that waited for it is used up,
/// whatever comes of it.
pub(crate) async fn take_back(
    core: &Core,
    now: Now,
    browser: Option<TicketId>,
    returned: Returned,
    purpose: impl Fn(&Purpose) -> bool,
) -> Result<(Identity, Purpose), IssuerError> {
    let issuer = configured(core)?;
    let browser = browser.ok_or(IssuerError::Over)?;
    let state = SecretText::new(returned.state);
    let waiting = issuer.desk().take(browser, &state, now).ok_or(IssuerError::Over)?;
    if !purpose(&waiting.purpose) {
        return Err(IssuerError::Over);
    }
    let facts = facts::current(issuer, now).await?;
    if !stead_rules::signin::oidc::names_issuer(
        returned.issuer.as_deref(),
        issuer.url(),
        facts.always_named,
    ) {
        return Err(IssuerError::NotBelieved("it is the answer of another issuer"));
    }
    if let Some(error) = returned.error {
        return Err(IssuerError::Refused(Refusal::of(&error)));
    }
    let code = returned.code.ok_or(IssuerError::NotBelieved("there is no code"))?;
    let answer = match token::redeem(issuer, &facts, &code, &waiting).await {
        Err(IssuerError::Refused(Refusal::Denied)) if waiting.is_for_one => {
            return Err(IssuerError::ShutOut);
        }
        answer => answer?,
    };
    let asked = Asked {
        client_id: &waiting.client.id,
        begun: waiting.begun,
        way: Way::Code,
        anew: waiting.purpose.is_anew(),
    };
    let identity = token::judge(issuer, &facts, &answer, Some(&waiting.nonce), asked, now).await?;
    Ok((identity, waiting.purpose))
}

/// Whether this can be read as any of the answers that an issuer gives: what it says of itself, its
/// keys, a token, a code or a registration. Nothing is believed by that.
#[must_use]
pub fn is_readable(answer: &[u8]) -> bool {
    let token = token::parsed(answer).and_then(|answer| token::id_token(&answer));
    facts::parsed(answer).is_ok()
        || keys::parsed(answer).is_ok()
        || token.is_ok()
        || by_code::parsed(answer).is_ok()
        || registration::parsed(answer).is_ok()
}

/// Whether these are worth a second factor without one of this server's own.
pub(crate) fn vouched(methods: Methods) -> bool {
    methods.has(Method::ExternalMfa) || methods.has(Method::ExternalPhishingResistant)
}
