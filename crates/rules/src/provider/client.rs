//! Programs that ask for tokens.

use super::scope::{Scope, Scopes};

/// How a client proves who it is at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// It has no secret: an app, a television (RFC 8252 §8.4).
    None,
    /// A secret in the `Authorization` header.
    Basic,
    /// A secret in the body.
    Post,
}

/// What a client may show for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantType {
    /// A code that a browser brought (RFC 6749 §4.1).
    AuthorizationCode,
    /// What a former answer gave for this (RFC 6749 §6).
    RefreshToken,
    /// A code whose partner was approved on another device (RFC 8628).
    DeviceCode,
}

/// A program that may ask for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// What people are shown.
    pub name: String,
    /// How it proves who it is.
    pub auth: ClientAuth,
    /// Where answers may be sent, as registered.
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after signing out.
    pub post_logout_uris: Vec<String>,
    /// What it may show for tokens.
    pub grants: Vec<GrantType>,
    /// What it may ask for at all.
    pub scopes: Scopes,
}

impl ClientAuth {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::None, Self::Basic, Self::Post];

    /// The word of the IANA registry of token endpoint authentication methods.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }

    /// The way with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }
}

impl GrantType {
    /// Every grant.
    pub const ALL: [Self; 3] = [Self::AuthorizationCode, Self::RefreshToken, Self::DeviceCode];

    /// The word in a request.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }

    /// The grant with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.word() == word)
    }
}

/// A client that every account service knows: public, and part of Stead.
///
/// `stead-app` is any native app: it gets its answers on a loopback address, which no other machine
/// can receive (RFC 8252 §7.3), or is approved on another device like `stead-tv`, which has no
/// browser to receive an answer in. `stead-server` is a server that is being claimed and has no
/// client of its own yet: what its owner's approval gives it is to become one.
#[must_use]
pub fn built_in(id: &str) -> Option<Client> {
    let public = |name: &str, redirects: &[&str], grants: &[GrantType], scopes| Client {
        id: id.to_owned(),
        name: name.to_owned(),
        auth: ClientAuth::None,
        redirect_uris: redirects.iter().map(|&uri| uri.to_owned()).collect(),
        post_logout_uris: Vec::new(),
        grants: grants.to_vec(),
        scopes,
    };
    let device = [GrantType::DeviceCode];
    let played = Scopes::NONE.and(Scope::Playback);
    match id {
        "stead-app" => Some(public(
            "An app on this device",
            &["http://127.0.0.1/callback", "http://[::1]/callback"],
            &[GrantType::AuthorizationCode, GrantType::DeviceCode],
            played.and(Scope::OpenId).and(Scope::Profile),
        )),
        "stead-tv" => Some(public("A television", &[], &device, played)),
        "stead-server" => Some(public(
            "A Stead server",
            &[],
            &device,
            Scopes::NONE.and(Scope::OpenId).and(Scope::Registration),
        )),
        _ => None,
    }
}
