//! The account service as an OpenID provider: who may ask for what, what is answered, and when a
//! token is over. Hashes, signatures and stores are elsewhere.

mod answer;
mod client;
mod life;
mod metadata;
mod redirect;
mod request;
mod scope;

pub use answer::{Follows, Present, acr, amr, follows, is_renewed};
pub use client::{Client, ClientAuth, GrantType, built_in};
pub use life::{KeyStage, access_is_live, code_is_live, is_verifier, registration_is_live};
pub use metadata::{BadMetadata, Metadata, Registered, Registrant, register};
pub use redirect::{
    RedirectKind, is_server_callback, redirect_kind, redirect_matches, redirect_place,
};
pub use request::{
    Asked, AuthorizeQuery, Prompt, Sent, Untrusted, WantedPerson, trusted_redirect,
    understand_request,
};
pub use scope::{Scope, Scopes};

#[cfg(test)]
mod tests;
