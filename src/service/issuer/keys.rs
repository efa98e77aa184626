//! The issuer's keys, and the algorithms that are believed.

use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm as Algorithm};
use stead_rules::signin::oidc::{KeysKnown, KeysNow, keys_now};
use stead_rules::time::Now;

use super::facts::Facts;
use super::{ExternalIssuer, IssuerError};

/// A set of keys and when it came.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) set: CoreJsonWebKeySet,
    known: KeysKnown,
}

/// Asymmetric ones only: with a shared secret, or without a signature, whoever knows what is public
/// could make tokens. Of these, the ones that the issuer says it uses; RS256 if it says nothing
/// (OpenID Connect Core 1.0 §3.1.3.7).
pub(super) fn algorithms(facts: &Facts) -> Vec<Algorithm> {
    let believed = [
        ("ES256", Algorithm::EcdsaP256Sha256),
        ("ES384", Algorithm::EcdsaP384Sha384),
        ("EdDSA", Algorithm::EdDsa),
        ("RS256", Algorithm::RsaSsaPkcs1V15Sha256),
        ("PS256", Algorithm::RsaSsaPssSha256),
    ];
    let said = &facts.id_token_signing_alg_values_supported;
    if said.is_empty() {
        return vec![Algorithm::RsaSsaPkcs1V15Sha256];
    }
    let used = believed.into_iter().filter(|(word, _)| said.iter().any(|one| one == word));
    used.map(|(_, algorithm)| algorithm).collect()
}

/// The keys to look at a token with. `has_key` is false after a look that found none for it.
pub(super) async fn current(
    issuer: &ExternalIssuer,
    facts: &Facts,
    has_key: bool,
    now: Now,
) -> Result<Keys, IssuerError> {
    let _one_at_a_time = issuer.asking.lock().await;
    let known = issuer.known().keys.clone();
    match (keys_now(known.as_ref().map(|keys| keys.known), has_key, now), known) {
        (KeysNow::Use, Some(keys)) => Ok(keys),
        (KeysNow::AskOrUse, Some(keys)) => Ok(ask(issuer, facts, now).await.unwrap_or(keys)),
        (KeysNow::MustAsk, _) | (KeysNow::Use | KeysNow::AskOrUse, None) => {
            ask(issuer, facts, now).await
        }
        (KeysNow::Gone, _) => Err(IssuerError::Unfit("its keys are too old")),
    }
}

/// A set of keys, as far as it is one.
pub(super) fn parsed(body: &[u8]) -> Result<CoreJsonWebKeySet, IssuerError> {
    serde_json::from_slice(body).map_err(|_| IssuerError::Unfit("its keys cannot be read"))
}

async fn ask(issuer: &ExternalIssuer, facts: &Facts, now: Now) -> Result<Keys, IssuerError> {
    if let Some(keys) = issuer.known().keys.as_mut() {
        keys.known.asked = now.boot;
    }
    let answer = issuer.outbound.get(&facts.jwks_uri).await.map_err(IssuerError::Unavailable)?;
    if !answer.status.is_success() {
        return Err(IssuerError::Unfit("it has no keys"));
    }
    let set = parsed(&answer.body)?;
    let keys = Keys { set, known: KeysKnown { received: now.boot, asked: now.boot } };
    issuer.known().keys = Some(keys.clone());
    Ok(keys)
}
