//! From the code to an identity: the token endpoint, and the ID token it gives.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openidconnect::core::{
    CoreGenderClaim, CoreIdTokenVerifier, CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, EmptyAdditionalClaims,
    IdToken, IdTokenClaims, IssuerUrl, Nonce, NonceVerifier as _, SignatureVerificationError,
};
use serde::Deserialize;
use stead_rules::limits::ISSUER_SKEW_SECONDS;
use stead_rules::secret::SecretText;
use stead_rules::signin::oidc::{Asked as Question, Claims, judge_claims, moment_before};
use stead_rules::time::Now;

use super::desk::Waiting;
use super::facts::Facts;
use super::keys::{self, Keys};
use super::{Client, ExternalIssuer, Identity, IssuerError, Refusal};
use crate::net::outbound::escape;

pub(super) type Token = IdToken<
    EmptyAdditionalClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type TokenClaims = IdTokenClaims<EmptyAdditionalClaims, CoreGenderClaim>;

/// The longest name that is taken over.
const NAME_MAX_CHARS: usize = 64;

/// What the token endpoint gives (OpenID Connect Core 1.0 §3.1.3.3).
#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    id_token: Option<String>,
    pub(super) access_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenRefusal {
    error: String,
}

/// Redeems a code. It goes to the endpoint of the issuer that was asked, and nowhere else.
pub(super) async fn redeem(
    issuer: &ExternalIssuer,
    facts: &Facts,
    code: &SecretText,
    waiting: &Waiting,
) -> Result<TokenAnswer, IssuerError> {
    let form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", waiting.redirect_uri.as_str()),
        ("code_verifier", waiting.verifier.expose()),
    ];
    match ask(issuer, facts, &waiting.client, form).await? {
        Asked::Given(answer) => Ok(answer),
        Asked::Refused(word) => Err(IssuerError::Refused(Refusal::of(&word))),
    }
}

/// What the token endpoint said.
pub(super) enum Asked {
    Given(TokenAnswer),
    /// By this word (RFC 6749 §5.2); empty where it says none.
    Refused(String),
}

/// Asks the token endpoint as this client.
pub(super) async fn ask(
    issuer: &ExternalIssuer,
    facts: &Facts,
    client: &Client,
    mut form: Vec<(&str, &str)>,
) -> Result<Asked, IssuerError> {
    let listed = &facts.token_endpoint_auth_methods_supported;
    let by_head = listed.iter().any(|method| method == "client_secret_basic");
    let basic = match &client.secret {
        Some(secret) if by_head => Some(credentials(&client.id, secret)),
        Some(secret) => {
            form.extend([("client_id", client.id.as_str()), ("client_secret", secret.expose())]);
            None
        }
        None => {
            form.push(("client_id", &client.id));
            None
        }
    };
    let answer = issuer.outbound.post_form(&facts.token_endpoint, &form, basic.as_deref()).await;
    let answer = answer.map_err(IssuerError::Unavailable)?;
    if answer.status == StatusCode::OK {
        return parsed(&answer.body).map(Asked::Given);
    }
    Ok(Asked::Refused(refusal(&answer.body)))
}

/// The word of a refusal; empty where it says none.
pub(super) fn refusal(body: &[u8]) -> String {
    serde_json::from_slice::<TokenRefusal>(body).map(|said| said.error).unwrap_or_default()
}

/// A token answer, as far as it is one.
pub(super) fn parsed(body: &[u8]) -> Result<TokenAnswer, IssuerError> {
    serde_json::from_slice(body)
        .map_err(|_| IssuerError::NotBelieved("its token answer cannot be read"))
}

/// The ID token in it, of which nothing is believed yet.
pub(super) fn id_token(answer: &TokenAnswer) -> Result<Token, IssuerError> {
    let text = answer.id_token.as_deref();
    let text = text.ok_or(IssuerError::NotBelieved("there is no ID token"))?;
    text.parse().map_err(|_| IssuerError::NotBelieved("the ID token cannot be read"))
}

/// Both halves are escaped as in a form before they are joined (RFC 6749 §2.3.1).
fn credentials(id: &str, secret: &SecretText) -> String {
    let mut pair = String::new();
    escape(&mut pair, id);
    pair.push(':');
    escape(&mut pair, secret.expose());
    STANDARD.encode(pair)
}

/// Checks the ID token and judges its claims. A key that is not known is asked for, so that a
/// rotation in the middle of a sign-in is no failure.
pub(super) async fn judge(
    issuer: &ExternalIssuer,
    facts: &Facts,
    answer: &TokenAnswer,
    nonce: Option<&SecretText>,
    asked: Question<'_>,
    now: Now,
) -> Result<Identity, IssuerError> {
    let token = id_token(answer)?;
    let keys = keys::current(issuer, facts, true, now).await?;
    let expected = Expected { client_id: asked.client_id, nonce };
    let claims = match checked(issuer, facts, &keys, &token, answer, expected, now) {
        Err(Unfit::NoKey) => {
            let keys = keys::current(issuer, facts, false, now).await?;
            checked(issuer, facts, &keys, &token, answer, expected, now)
        }
        other => other,
    };
    let claims = claims.map_err(|unfit| match unfit {
        Unfit::NoKey => IssuerError::NotBelieved("no key of the issuer fits"),
        Unfit::Because(why) => IssuerError::NotBelieved(why),
    })?;
    let judged = judge_claims(&issuer.config.profile, asked, &plain(claims), now)?;
    Ok(Identity {
        sub: claims.subject().to_string(),
        name: name(claims),
        methods: judged.methods,
        shown: moment_before(now, judged.shown_seconds_ago),
    })
}

/// For whom a token must be, and for which question.
#[derive(Clone, Copy)]
struct Expected<'a> {
    client_id: &'a str,
    nonce: Option<&'a SecretText>,
}

impl Expected<'_> {
    /// Where none was sent, one that has a nonce was made for another question.
    fn is(self, said: Option<&Nonce>) -> Result<(), String> {
        match (self.nonce, said) {
            (Some(sent), said) => (&Nonce::new(sent.expose().to_owned())).verify(said),
            (None, None) => Ok(()),
            (None, Some(_)) => Err("there is a nonce, and none was sent".to_owned()),
        }
    }
}

enum Unfit {
    NoKey,
    Because(&'static str),
}

fn checked<'t>(
    issuer: &ExternalIssuer,
    facts: &Facts,
    keys: &Keys,
    token: &'t Token,
    answer: &TokenAnswer,
    expected: Expected<'_>,
    now: Now,
) -> Result<&'t TokenClaims, Unfit> {
    let verifier = verifier(issuer, facts, keys, expected.client_id, now)?;
    let claims =
        token.claims(&verifier, |said: Option<&Nonce>| expected.is(said)).map_err(|error| {
            tracing::warn!(%error, "an ID token was not believed");
            unfit(&error)
        })?;
    if let (Some(said), Some(access)) = (claims.access_token_hash(), &answer.access_token) {
        let algorithm = token.signing_alg().map_err(|_| Unfit::Because("it is not signed"))?;
        let key = token.signing_key(&verifier).map_err(|_| Unfit::NoKey)?;
        let access = AccessToken::new(access.clone());
        let hash = AccessTokenHash::from_token(&access, algorithm, key);
        if !hash.is_ok_and(|hash| hash == *said) {
            return Err(Unfit::Because("it belongs to another access token"));
        }
    }
    Ok(claims)
}

/// The end of a token is judged here with some skew, and once more by the rules.
fn verifier(
    issuer: &ExternalIssuer,
    facts: &Facts,
    keys: &Keys,
    client_id: &str,
    now: Now,
) -> Result<CoreIdTokenVerifier<'static>, Unfit> {
    let url = IssuerUrl::new(issuer.url().to_owned());
    let url = url.map_err(|_| Unfit::Because("the issuer's address cannot be used"))?;
    let seconds = now.wall.unix_seconds().saturating_sub(ISSUER_SKEW_SECONDS);
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    let id = ClientId::new(client_id.to_owned());
    Ok(CoreIdTokenVerifier::new_public_client(id, url, keys.set.clone())
        .set_allowed_algs(keys::algorithms(facts))
        .set_time_fn(move || time.into()))
}

fn unfit(error: &ClaimsVerificationError) -> Unfit {
    Unfit::Because(match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => return Unfit::NoKey,
        ClaimsVerificationError::SignatureVerification(_) => "its signature",
        ClaimsVerificationError::InvalidIssuer(_) => "its issuer",
        ClaimsVerificationError::InvalidAudience(_) => "its audience",
        ClaimsVerificationError::InvalidNonce(_) => "its nonce",
        ClaimsVerificationError::Expired(_) => "its end",
        ClaimsVerificationError::InvalidAuthContext(_)
        | ClaimsVerificationError::InvalidAuthTime(_)
        | ClaimsVerificationError::InvalidSubject(_)
        | ClaimsVerificationError::Unsupported(_)
        | ClaimsVerificationError::Other(_) => "its form",
        _ => "something new",
    })
}

fn plain(claims: &TokenClaims) -> Claims {
    Claims {
        sub: claims.subject().to_string(),
        audiences: claims.audiences().iter().map(|one| one.to_string()).collect(),
        authorized_party: claims.authorized_party().map(|party| party.to_string()),
        issued: claims.issue_time().timestamp(),
        expires: claims.expiration().timestamp(),
        authenticated: claims.auth_time().map(|time| time.timestamp()),
        acr: claims.auth_context_ref().map(|class| class.to_string()),
        amr: claims
            .auth_method_refs()
            .map(|methods| methods.iter().map(|one| one.to_string()).collect())
            .unwrap_or_default(),
    }
}

/// A name to show, from what the issuer tells.
fn name(claims: &TokenClaims) -> Option<String> {
    let full = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
    let name = full.or_else(|| claims.preferred_username().map(|name| name.to_string()))?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS).collect();
    let name = name.trim().to_owned();
    (!name.is_empty()).then_some(name)
}
