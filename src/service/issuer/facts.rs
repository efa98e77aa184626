//! What the issuer says of itself (OpenID Connect Discovery 1.0 §3).

use serde::Deserialize;
use stead_rules::limits::{ISSUER_FACTS_SECONDS, ISSUER_SILENCE_SECONDS};
use stead_rules::time::{BootMs, Now};

use super::{ExternalIssuer, IssuerError};
use crate::net::outbound::{Answer, AskError};

/// What is used of it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Facts {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    /// Where a server asks for a code (RFC 8628 §4), if it may.
    #[serde(default)]
    pub(super) device_authorization_endpoint: Option<String>,
    /// Where it then registers (RFC 8414 §2).
    #[serde(default)]
    pub(super) registration_endpoint: Option<String>,
    #[serde(default)]
    pub(super) id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default = "basic")]
    pub(super) token_endpoint_auth_methods_supported: Vec<String>,
    #[serde(default, rename = "authorization_response_iss_parameter_supported")]
    pub(super) always_named: bool,
    /// Whether it can be asked for one certain person (OpenID Connect Core 1.0 §5.5).
    #[serde(default, rename = "claims_parameter_supported")]
    pub(super) takes_claims: bool,
    #[serde(skip)]
    received: BootMs,
}

impl Facts {
    /// Every address that it names.
    fn endpoints(&self) -> impl Iterator<Item = &String> {
        let all = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let optional = [&self.device_authorization_endpoint, &self.registration_endpoint];
        all.into_iter().chain(optional.into_iter().flatten())
    }
}

/// The default of RFC 8414 §2.
fn basic() -> Vec<String> {
    vec!["client_secret_basic".to_owned()]
}

/// The last time that it said nothing to use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Silence {
    asked: BootMs,
    /// What was wrong with what it said, if it said anything.
    unfit: Option<&'static str>,
}

impl Silence {
    fn error(self) -> IssuerError {
        let silent = IssuerError::Unavailable(AskError::AskedJustNow);
        self.unfit.map_or(silent, IssuerError::Unfit)
    }
}

/// What the issuer says of itself, at most a day old; older if it does not answer now. Anybody can
/// have it asked, so that is done once at a time, and not again for a while if it said nothing.
pub(super) async fn current(issuer: &ExternalIssuer, now: Now) -> Result<Facts, IssuerError> {
    if let Some(facts) = fresh(issuer, now) {
        return Ok(facts);
    }
    let _one_at_a_time = issuer.discovering.lock().await;
    if let Some(facts) = fresh(issuer, now) {
        return Ok(facts);
    }
    let (old, silence) = {
        let known = issuer.known();
        (known.facts.clone(), known.silence)
    };
    let failed = match silence {
        Some(silence) if now.boot.since_ms(silence.asked) < ISSUER_SILENCE_SECONDS * 1000 => {
            silence.error()
        }
        _ => match ask(issuer, now).await {
            Ok(facts) => return Ok(facts),
            Err(error) => {
                let unfit = if let IssuerError::Unfit(what) = error { Some(what) } else { None };
                issuer.known().silence = Some(Silence { asked: now.boot, unfit });
                error
            }
        },
    };
    old.ok_or(failed)
}

fn fresh(issuer: &ExternalIssuer, now: Now) -> Option<Facts> {
    let known = issuer.known();
    let facts = known.facts.as_ref()?;
    (now.boot.since_ms(facts.received) < ISSUER_FACTS_SECONDS * 1000).then(|| facts.clone())
}

async fn ask(issuer: &ExternalIssuer, now: Now) -> Result<Facts, IssuerError> {
    let answer = issuer.outbound.get(&issuer.config.url.discovery()).await;
    let mut facts = read(issuer, &answer.map_err(IssuerError::Unavailable)?)?;
    facts.received = now.boot;
    let mut known = issuer.known();
    (known.facts, known.silence) = (Some(facts.clone()), None);
    Ok(facts)
}

/// What it says, as far as that is a document at all.
pub(super) fn parsed(body: &[u8]) -> Result<Facts, IssuerError> {
    serde_json::from_slice(body)
        .map_err(|_| IssuerError::Unfit("its discovery document lacks what is needed"))
}

fn read(issuer: &ExternalIssuer, answer: &Answer) -> Result<Facts, IssuerError> {
    if !answer.status.is_success() {
        return Err(IssuerError::Unfit("it has no discovery document"));
    }
    let facts = parsed(&answer.body)?;
    if facts.issuer != issuer.url() {
        return Err(IssuerError::Unfit("it gives itself another name"));
    }
    if !facts.endpoints().all(|endpoint| issuer.config.url.admits(endpoint)) {
        return Err(IssuerError::Unfit("an endpoint of it is not asked"));
    }
    Ok(facts)
}
