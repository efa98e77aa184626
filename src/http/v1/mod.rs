//! Version 1 of the API: one module a subject, each with its wire types and thin handlers.

pub(crate) mod account;
pub(crate) mod approvals;
pub(crate) mod authorize;
pub(crate) mod by_code;
pub(crate) mod claim;
pub(crate) mod devices;
pub(crate) mod enrol;
pub(crate) mod events;
pub(crate) mod factors;
pub(crate) mod issuer;
pub(crate) mod items;
pub(crate) mod libraries;
pub(crate) mod life;
pub(crate) mod lost;
pub(crate) mod notices;
pub(crate) mod passkeys;
pub(crate) mod people;
pub(crate) mod pictures;
pub(crate) mod playback;
pub(crate) mod rescue;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod signin;
pub(crate) mod signup;
pub(crate) mod stepup;
pub(crate) mod tv;
