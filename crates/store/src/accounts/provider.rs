//! The account service as an OpenID provider: keys, clients, and what they were given.

mod clients;
mod connections;
mod grants;
mod keys;

pub use clients::{
    ClientRoom, Registration, StoredClient, agree, agreed, client, clients, forget_agreements,
    make_client, make_registration, remove_client, replace_client, use_registration,
};
pub use connections::{Connection, connections, take_back, used};
pub use grants::{
    Access, Grant, GrantId, access_by_hash, end_grant, grant, grant_by_code, make_access,
    make_grant, remove_access, set_app_session, set_refresh, use_code,
};
pub use keys::{SigningKey, enter_stage, make_key, remove_key, signing_keys};
