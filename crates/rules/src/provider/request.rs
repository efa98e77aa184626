//! An authorization request: what it says, and what is wrong with it.
//!
//! ```text
//! query ─▶ client known, redirect registered? ──no──▶ told here, never sent on (open redirect)
//!                         │ yes
//!                         ▼
//!              all else as it must be? ──no──▶ sent back as an error
//!                         │ yes
//!                         ▼
//!                       Asked
//! ```

use super::client::{Client, GrantType};
use super::redirect::redirect_matches;
use super::scope::{Scope, Scopes};
use crate::signin::Assurance;

/// Longest `state` and `nonce` that are kept or given back: clients draw some tens of bytes.
const ECHO_MAX_BYTES: usize = 1024;
/// SHA-256 in base64url (RFC 7636 §4.2).
const CHALLENGE_BYTES: usize = 43;

/// What the query of an authorization request says, each member once.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthorizeQuery<'a> {
    /// Who asks.
    pub client_id: Option<&'a str>,
    /// Where the answer goes.
    pub redirect_uri: Option<&'a str>,
    /// What kind of answer.
    pub response_type: Option<&'a str>,
    /// How it is sent.
    pub response_mode: Option<&'a str>,
    /// For what.
    pub scope: Option<&'a str>,
    /// Goes back as it came.
    pub state: Option<&'a str>,
    /// Goes into the ID token.
    pub nonce: Option<&'a str>,
    /// PKCE.
    pub code_challenge: Option<&'a str>,
    /// How it was made.
    pub code_challenge_method: Option<&'a str>,
    /// Whether to ask the person something.
    pub prompt: Option<&'a str>,
    /// How long ago they may have signed in.
    pub max_age: Option<&'a str>,
    /// How surely.
    pub acr_values: Option<&'a str>,
    /// For whom, out of the member `claims`.
    pub person: WantedPerson<'a>,
    /// A request in a token, which is not taken.
    pub request: Option<&'a str>,
    /// The same from elsewhere.
    pub request_uri: Option<&'a str>,
}

/// For whom a client asks (OpenID Connect Core 1.0 §5.5.1: a certain `sub`, or nobody).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WantedPerson<'a> {
    /// Whoever is there.
    #[default]
    Anybody,
    /// By the name that they have here.
    One(&'a str),
    /// That cannot be read.
    Unreadable,
}

/// What may be asked of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Nothing at all.
    pub none: bool,
    /// To show anew who they are.
    pub login: bool,
    /// Whether they agree, also if they did before.
    pub consent: bool,
}

/// A request that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who asks.
    pub client: Client,
    /// Where the answer goes: registered, and as it was asked.
    pub redirect_uri: String,
    /// For what, of what this client may have.
    pub scopes: Scopes,
    /// Goes back as it came.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// PKCE, by S256.
    pub challenge: String,
    /// What to ask of the person.
    pub prompt: Prompt,
    /// How long ago they may have shown who they are.
    pub max_age_seconds: Option<u64>,
    /// How surely they should have.
    pub level: Option<Assurance>,
    /// Who it must be: by nobody else's sign-in it succeeds.
    pub person: Option<String>,
}

/// Nothing is sent anywhere: the person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// No such client.
    #[error("the client is unknown")]
    Client,
    /// Not where this client gets its answers.
    #[error("the redirect address is not registered for this client")]
    Redirect,
}

/// An error that the client is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// As the RFCs register it.
    pub error: &'static str,
    /// For whoever wrote the client.
    pub description: &'static str,
}

/// Whether the answer may go where it is asked to: the first question, since every other error is
/// sent there.
///
/// # Errors
/// [`Untrusted`].
pub fn trusted_redirect<'a>(
    client: Option<&Client>,
    query: &AuthorizeQuery<'a>,
) -> Result<&'a str, Untrusted> {
    let client = client.ok_or(Untrusted::Client)?;
    let asked = query.redirect_uri.ok_or(Untrusted::Redirect)?;
    let known = client.redirect_uris.iter().any(|known| redirect_matches(known, asked));
    let may = client.grants.contains(&GrantType::AuthorizationCode);
    if known && may { Ok(asked) } else { Err(Untrusted::Redirect) }
}

/// The rest of a request whose redirect address is trusted.
///
/// # Errors
/// What to send there.
pub fn understand_request(
    client: Client,
    redirect_uri: &str,
    query: &AuthorizeQuery<'_>,
) -> Result<Asked, Sent> {
    check_form(query)?;
    let challenge = challenge(query)?;
    let prompt = prompt(query.prompt.unwrap_or_default())?;
    let max_age_seconds = match query.max_age.map(str::parse) {
        None => None,
        Some(Ok(seconds)) => Some(seconds),
        Some(Err(_)) => return Err(invalid("max_age is a number of seconds.")),
    };
    let wanted = Scopes::from_words(query.scope.unwrap_or_default());
    let scopes = wanted.within(client.scopes);
    if scopes == Scopes::NONE || scopes == Scopes::NONE.and(Scope::OfflineAccess) {
        return Err(Sent {
            error: "invalid_scope",
            description: "This client may have none of the scopes that it asks for.",
        });
    }
    Ok(Asked {
        client,
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        state: query.state.map(str::to_owned),
        nonce: query.nonce.map(str::to_owned),
        challenge,
        prompt,
        max_age_seconds,
        level: query.acr_values.and_then(level),
        person: person(query.person)?,
    })
}

const fn invalid(description: &'static str) -> Sent {
    Sent { error: "invalid_request", description }
}

fn check_form(query: &AuthorizeQuery<'_>) -> Result<(), Sent> {
    let error = |error, description| Err(Sent { error, description });
    let long = |text: Option<&str>| text.is_some_and(|text| text.len() > ECHO_MAX_BYTES);
    if query.request.is_some() {
        return error("request_not_supported", "Requests in tokens are not taken.");
    }
    if query.request_uri.is_some() {
        return error("request_uri_not_supported", "Requests from elsewhere are not taken.");
    }
    if query.response_type != Some("code") {
        return error("unsupported_response_type", "The one response_type here is code.");
    }
    if query.response_mode.is_some_and(|mode| mode != "query") {
        return Err(invalid("The one response_mode here is query."));
    }
    if long(query.state) || long(query.nonce) {
        return Err(invalid("state or nonce is too long."));
    }
    Ok(())
}

/// Asked for of everybody, and by S256 only: whoever could leave it away or choose `plain` for a
/// client could use a code they have seen (RFC 9700 §2.1.1).
fn challenge(query: &AuthorizeQuery<'_>) -> Result<String, Sent> {
    let challenge = query.code_challenge.ok_or(invalid("code_challenge is missing (PKCE)."))?;
    if query.code_challenge_method != Some("S256") {
        return Err(invalid("code_challenge_method must be S256."));
    }
    let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if challenge.len() == CHALLENGE_BYTES && challenge.bytes().all(base64url) {
        Ok(challenge.to_owned())
    } else {
        Err(invalid("code_challenge is not a SHA-256 in base64url."))
    }
}

fn prompt(words: &str) -> Result<Prompt, Sent> {
    let mut prompt = Prompt::default();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(invalid("prompt names something unknown.")),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(invalid("prompt=none stands alone."));
    }
    Ok(prompt)
}

fn person(wanted: WantedPerson<'_>) -> Result<Option<String>, Sent> {
    match wanted {
        WantedPerson::Anybody => Ok(None),
        WantedPerson::One(sub) => Ok(Some(sub.to_owned())),
        WantedPerson::Unreadable => Err(invalid("claims cannot be read.")),
    }
}

/// The first of the values that is known here: they come in order of preference.
fn level(words: &str) -> Option<Assurance> {
    let known = [Assurance::Password, Assurance::Mfa, Assurance::MfaPhishingResistant];
    words.split(' ').find_map(|word| known.into_iter().find(|level| level.word() == word))
}
