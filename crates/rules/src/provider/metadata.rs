//! What a client says of itself when it registers (RFC 7591 §2), and whether it is taken.

use super::client::{ClientAuth, GrantType};
use super::redirect::{RedirectKind, is_server_callback, redirect_kind};
use super::scope::{Scope, Scopes};
use crate::limits::CLIENT_REDIRECTS_MAX;
use crate::signin::Name;

/// What a client asks to be registered as; what it leaves out is chosen.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// What people will be shown.
    pub name: Option<String>,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out.
    pub post_logout_uris: Vec<String>,
    /// How it will prove who it is.
    pub auth: Option<String>,
    /// What it will show for tokens.
    pub grants: Option<Vec<String>>,
    /// What answers it wants.
    pub response_types: Option<Vec<String>>,
    /// What it may ask for.
    pub scope: Option<String>,
    /// How its ID tokens are signed.
    pub id_token_alg: Option<String>,
}

/// What is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What people are shown.
    pub name: String,
    /// Where answers may be sent.
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out.
    pub post_logout_uris: Vec<String>,
    /// How it proves who it is.
    pub auth: ClientAuth,
    /// What it may show for tokens.
    pub grants: Vec<GrantType>,
    /// What it may ask for.
    pub scopes: Scopes,
}

/// Who registers, by what the token was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registrant {
    /// Any program; the owner carried the token over.
    Program,
    /// A Stead server, let in by a code that it showed.
    Server,
}

/// It is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    /// None, too many, or one that answers are never sent to.
    #[error("redirect_uris must be one to sixteen https, loopback or private-use addresses")]
    RedirectUris,
    /// The name is empty, too long or cannot be seen.
    #[error("client_name cannot be shown")]
    Name,
    /// Something else that is not done here.
    #[error("{0} names something that is not done here")]
    Unsupported(&'static str),
}

/// Reads what `who` says of itself.
///
/// # Errors
/// [`BadMetadata`].
pub fn register(metadata: &Metadata, who: Registrant) -> Result<Registered, BadMetadata> {
    let name = Name::parse(metadata.name.as_deref().unwrap_or("A server"));
    let name = name.map_err(|_| BadMetadata::Name)?.as_str().to_owned();
    if metadata.redirect_uris.is_empty() {
        return Err(BadMetadata::RedirectUris);
    }
    check_uris(&metadata.redirect_uris)?;
    check_registrant(metadata, who)?;
    check_uris(&metadata.post_logout_uris)?;
    let code = |types: &Vec<String>| types.iter().all(|one| one == "code");
    if !metadata.response_types.as_ref().is_none_or(code) {
        return Err(BadMetadata::Unsupported("response_types"));
    }
    if metadata.id_token_alg.as_deref().is_some_and(|alg| alg != "ES256") {
        return Err(BadMetadata::Unsupported("id_token_signed_response_alg"));
    }
    Ok(Registered {
        name,
        redirect_uris: metadata.redirect_uris.clone(),
        post_logout_uris: metadata.post_logout_uris.clone(),
        auth: auth(metadata)?,
        grants: grants(metadata)?,
        scopes: scopes(metadata)?,
    })
}

fn check_uris(uris: &[String]) -> Result<(), BadMetadata> {
    let known = |uri: &String| match redirect_kind(uri) {
        Some(RedirectKind::Https | RedirectKind::Loopback | RedirectKind::PrivateScheme) => true,
        None => false,
    };
    let fine = uris.len() <= CLIENT_REDIRECTS_MAX && uris.iter().all(known);
    if fine { Ok(()) } else { Err(BadMetadata::RedirectUris) }
}

/// A server gets its answers on its own pages, and signs people out to none but its own.
fn check_registrant(metadata: &Metadata, who: Registrant) -> Result<(), BadMetadata> {
    let own = match who {
        Registrant::Program => true,
        Registrant::Server => {
            metadata.redirect_uris.iter().all(|uri| is_server_callback(uri))
                && metadata.post_logout_uris.iter().all(|uri| {
                    redirect_kind(uri).is_some_and(|kind| kind != RedirectKind::PrivateScheme)
                })
        }
    };
    if own { Ok(()) } else { Err(BadMetadata::RedirectUris) }
}

fn auth(metadata: &Metadata) -> Result<ClientAuth, BadMetadata> {
    let word = metadata.auth.as_deref().unwrap_or(ClientAuth::Basic.word());
    ClientAuth::from_word(word).ok_or(BadMetadata::Unsupported("token_endpoint_auth_method"))
}

fn grants(metadata: &Metadata) -> Result<Vec<GrantType>, BadMetadata> {
    let Some(words) = &metadata.grants else { return Ok(vec![GrantType::AuthorizationCode]) };
    let unsupported = BadMetadata::Unsupported("grant_types");
    let mut grants = Vec::new();
    for word in words {
        match GrantType::from_word(word) {
            Some(grant @ (GrantType::AuthorizationCode | GrantType::RefreshToken)) => {
                grants.push(grant);
            }
            Some(GrantType::DeviceCode) | None => return Err(unsupported),
        }
    }
    grants.dedup();
    if grants.contains(&GrantType::AuthorizationCode) { Ok(grants) } else { Err(unsupported) }
}

/// A registered client learns who people are; it plays nothing in their name and registers nobody.
fn scopes(metadata: &Metadata) -> Result<Scopes, BadMetadata> {
    let may = Scopes::NONE.and(Scope::OpenId).and(Scope::Profile).and(Scope::OfflineAccess);
    let Some(words) = &metadata.scope else { return Ok(may) };
    let scopes = Scopes::from_words(words);
    if scopes != Scopes::NONE && may.covers(scopes) {
        Ok(scopes)
    } else {
        Err(BadMetadata::Unsupported("scope"))
    }
}
