//! Every row of the real route table is tried by everybody, before and after the claim. A row
//! without a case fails, and so does a case without a row.

use std::cell::RefCell;

use serde_json::json;
use stead::http::routes::table;
use stead_rules::ids::{AccountId, IssuerId, SessionId, UserId};
use stead_rules::policy::{ClientKind, Role};
use stead_rules::signin::{Method, Methods};
use stead_rules::time::{Moment, WallMs};
use stead_store::Store;
use stead_store::accounts::identity::{self, Account, User};
use stead_store::accounts::sessions::{Session, make_session};

use crate::harness::{Answer, App, Client, Options, Owner};

const NO_ID: &str = "00000000000000000000000000000000";

/// What each caller is answered, in the order of [`CALLERS`].
pub(crate) struct Case {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) answers: [u16; 7],
}

/// Who calls, and where the server stands. Locked, it knows nobody.
pub(crate) const CALLERS: [&str; 7] = [
    "anybody, offered",
    "stranger, pending",
    "holder, pending",
    "anybody, locked",
    "stranger, claimed",
    "member, claimed",
    "owner, claimed",
];

impl Case {
    /// The target with something in each place of the path, and the body of a write.
    pub(crate) fn target(&self) -> (String, Option<String>) {
        let path = self.path.replace("{id}", NO_ID).replace("{name}", "nothing.js");
        let body = (self.method == "POST").then(|| "{}".to_owned());
        (path.replace("{link}", "no.link").replace("{part}", "policy"), body)
    }
}

const fn case(method: &'static str, path: &'static str, answers: [u16; 7]) -> Case {
    Case { method, path, answers }
}

/// Calls are made with an empty JSON object, so whoever is let in meets 400 for a missing member,
/// 404 for an id of nothing, or the answer itself. 403 before the claim is `not_claimed`, and on a
/// locked server `locked`.
pub(crate) const CASES: &[Case] = &[
    case("GET", "/", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/claim", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/signin", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/authorize", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/signout", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/reset", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/rescue", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/profiles", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/join", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/settings/people", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/signin/callback", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/settings", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/settings/{part}", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/settings/security", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/lost", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/library/{id}", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/item/{id}", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/play/{id}", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/search", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/certificate", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/device", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/tv", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/assets/{name}", [404, 404, 404, 404, 404, 404, 404]),
    case("GET", "/favicon.svg", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/manifest.webmanifest", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/health", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/api/v1/health", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/api/v1/server", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/api/v1/ca.pem", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/api/v1/ca.crt", [200, 200, 200, 200, 200, 200, 200]),
    case("GET", "/api/v1/ca.mobileconfig", [200, 200, 200, 200, 200, 200, 200]),
    // These are in the account service alone.
    case("GET", "/signup", [404, 404, 404, 404, 404, 404, 404]),
    case("POST", "/api/v1/signup", [404, 404, 404, 404, 404, 404, 404]),
    case("POST", "/api/v1/claim/begin", [400, 400, 400, 403, 410, 410, 410]),
    case("GET", "/api/v1/claim", [401, 401, 200, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/owner", [401, 401, 400, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/external", [401, 401, 404, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/external/code", [401, 401, 404, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/external/look", [401, 401, 404, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/external/finish", [401, 401, 400, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/totp", [401, 401, 400, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/finish", [401, 401, 400, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/backup", [401, 401, 415, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/restore", [401, 401, 400, 403, 410, 410, 410]),
    case("POST", "/api/v1/claim/cancel", [401, 401, 204, 403, 410, 410, 410]),
    case("POST", "/api/v1/signin", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/signin/factor", [403, 403, 403, 403, 400, 400, 400]),
    case("GET", "/.well-known/openid-configuration", [403, 403, 403, 403, 200, 200, 200]),
    case("GET", "/.well-known/oauth-authorization-server", [403, 403, 403, 403, 200, 200, 200]),
    case("GET", "/oauth/jwks", [403, 403, 403, 403, 200, 200, 200]),
    case("POST", "/oauth/token", [403, 403, 403, 403, 400, 400, 400]),
    // Cookies count for nothing at the doors for programs.
    case("GET", "/oauth/userinfo", [403, 403, 403, 403, 401, 401, 401]),
    case("POST", "/oauth/userinfo", [403, 403, 403, 403, 401, 401, 401]),
    case("POST", "/oauth/introspect", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/oauth/revoke", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/oauth/register", [403, 403, 403, 403, 401, 401, 401]),
    case("GET", "/oauth/register/{id}", [403, 403, 403, 403, 401, 401, 401]),
    case("PUT", "/oauth/register/{id}", [403, 403, 403, 403, 401, 401, 401]),
    case("DELETE", "/oauth/register/{id}", [403, 403, 403, 403, 401, 401, 401]),
    case("POST", "/api/v1/oauth/authorize", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/oauth/consent", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/oauth/signout", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/provider/registrations", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/provider/keys/rotate", [403, 403, 403, 403, 401, 403, 204]),
    // These pages are opened by an address, which has no passkeys: 409.
    case("POST", "/api/v1/signin/passkey/begin", [403, 403, 403, 403, 409, 409, 409]),
    case("POST", "/api/v1/signin/passkey", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/stepup/passkey/begin", [403, 403, 403, 403, 401, 409, 409]),
    case("POST", "/api/v1/stepup/passkey", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/signin/approval/begin", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/signin/approval", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/stepup/approval/begin", [403, 403, 403, 403, 401, 409, 409]),
    case("POST", "/api/v1/stepup/approval", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/approvals", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/approvals/{id}/approve", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/approvals/{id}/refuse", [403, 403, 403, 403, 401, 401, 401]),
    case("GET", "/api/v1/passkeys", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/passkeys/begin", [403, 403, 403, 403, 401, 409, 409]),
    case("POST", "/api/v1/passkeys", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/reset/look", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/reset/factor", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/reset", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/rescue/owner", [400, 400, 400, 400, 400, 400, 400]),
    case("POST", "/api/v1/rescue/owner/finish", [400, 400, 400, 400, 400, 400, 400]),
    case("GET", "/api/v1/people", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/people/{id}/link", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/people/{id}/code", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/people/{id}/signout", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/people/{id}/switch", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/policy", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/policy/preview", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/policy/requirements", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/policy/requirements/{id}/lower", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/policy/requirements/{id}/off", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/policy/requirements/{id}/remove", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/policy/grace", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/policy/exemptions", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/policy/exemptions", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/policy/exemptions/{id}/end", [403, 403, 403, 403, 401, 403, 404]),
    case("GET", "/api/v1/policy/board", [403, 403, 403, 403, 401, 403, 200]),
    case("GET", "/api/v1/policy/board.csv", [403, 403, 403, 403, 401, 403, 200]),
    case("GET", "/api/v1/policy/adoption", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/policy/reminders", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/groups", [403, 403, 403, 403, 401, 403, 200]),
    case("GET", "/api/v1/groups/{id}/members", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/groups", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/groups/{id}", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/groups/{id}/members", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/groups/{id}/remove", [403, 403, 403, 403, 401, 403, 404]),
    case("GET", "/api/v1/audit", [403, 403, 403, 403, 401, 403, 200]),
    case("GET", "/api/v1/audit.jsonl", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/people/{id}/role", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/people/{id}/remove", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/people/{id}/pins", [403, 403, 403, 403, 401, 403, 404]),
    case("GET", "/api/v1/profiles", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/profiles", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/profiles/{id}", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/profiles/{id}/remove", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/profiles/{id}/allow", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/profiles/{id}/enter", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/profiles/leave", [403, 403, 403, 403, 401, 204, 204]),
    case("POST", "/api/v1/profiles/own-pin", [403, 403, 403, 403, 401, 204, 204]),
    case("POST", "/api/v1/people/{id}/limit", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/people/profiles/{id}/limit", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/profiles/{id}/limit", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/items/{id}/rating", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/security-event", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/invitations", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/invitations", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/invitations/{id}/revoke", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/join/look", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/join/factor", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/join", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/signin/external", [403, 403, 403, 403, 404, 404, 404]),
    case("POST", "/api/v1/signin/external/finish", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/stepup/external", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/stepup/external/finish", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/me", [403, 403, 403, 403, 401, 200, 200]),
    case("GET", "/api/v1/sessions", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/sessions/{id}/revoke", [403, 403, 403, 403, 401, 404, 404]),
    case("GET", "/api/v1/stepup", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/stepup", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/notices", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/notices/{id}/seen", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/notices/{id}/disown", [403, 403, 403, 403, 401, 404, 404]),
    case("GET", "/api/v1/lost", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/lost", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/factors", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/factors/{id}/rename", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/factors/{id}/remove", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/factors/totp", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/factors/totp/confirm", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/recovery-codes", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/recovery-codes/confirm", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/password", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/connections", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/connections/{id}/revoke", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/connections/{id}/remove", [403, 403, 403, 403, 401, 404, 404]),
    case("GET", "/api/v1/remembered", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/remembered/{id}/forget", [403, 403, 403, 403, 401, 404, 404]),
    case("GET", "/openapi.json", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/oauth/device_authorization", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/tv/begin", [403, 403, 403, 403, 200, 200, 200]),
    case("POST", "/api/v1/tv/poll", [403, 403, 403, 403, 400, 400, 400]),
    case("POST", "/api/v1/devices/look", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/devices/approve", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/devices/deny", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/app-passwords", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/app-passwords", [403, 403, 403, 403, 401, 400, 400]),
    case("POST", "/api/v1/settings/app-passwords", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/settings", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/settings", [403, 403, 403, 403, 401, 403, 204]),
    // Four phones may wait, and none of a sweep leaves: the callers of one server are fewer.
    case("POST", "/api/v1/plug/wait", [200, 200, 200, 200, 200, 200, 200]),
    case("POST", "/api/v1/plug/look", [400, 400, 400, 400, 400, 400, 400]),
    case("POST", "/api/v1/plug/leave", [400, 400, 400, 400, 400, 400, 400]),
    case("POST", "/api/v1/unlock", [403, 403, 403, 403, 409, 409, 409]),
    case("POST", "/api/v1/server/give-up", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/backup", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/disks", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/disks/mount", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/disks/unmount", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/disks/empty", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/system/updates", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/system/updates/file", [403, 403, 403, 403, 401, 403, 415]),
    case("GET", "/api/v1/system/updates/disks", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/system/updates/disk", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/system/updates/wish", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/system/updates/look", [403, 403, 403, 403, 401, 403, 409]),
    case("POST", "/api/v1/system/updates/fetch", [403, 403, 403, 403, 401, 403, 409]),
    case("POST", "/api/v1/system/updates/cancel", [403, 403, 403, 403, 401, 403, 409]),
    case("POST", "/api/v1/system/updates/install", [403, 403, 403, 403, 401, 403, 409]),
    case("POST", "/api/v1/system/updates/switch", [403, 403, 403, 403, 401, 403, 409]),
    case("POST", "/api/v1/system/restart", [403, 403, 403, 403, 401, 403, 409]),
    case("GET", "/api/v1/mail", [403, 403, 403, 403, 401, 403, 200]),
    case("POST", "/api/v1/mail/test", [403, 403, 403, 403, 401, 403, 409]),
    case("GET", "/api/v1/mail-address", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/mail-address", [403, 403, 403, 403, 401, 204, 204]),
    case("POST", "/api/v1/server/wipe", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/libraries", [403, 403, 403, 403, 401, 200, 200]),
    case("POST", "/api/v1/libraries", [403, 403, 403, 403, 401, 403, 400]),
    case("POST", "/api/v1/libraries/{id}/scan", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/libraries/{id}/remove", [403, 403, 403, 403, 401, 403, 404]),
    case("GET", "/api/v1/libraries/{id}/problems", [403, 403, 403, 403, 401, 403, 404]),
    case("GET", "/api/v1/libraries/{id}/shares", [403, 403, 403, 403, 401, 403, 404]),
    case("POST", "/api/v1/libraries/{id}/shares", [403, 403, 403, 403, 401, 403, 400]),
    case("GET", "/api/v1/folders", [403, 403, 403, 403, 401, 403, 200]),
    case("GET", "/api/v1/events", [403, 403, 403, 403, 401, 200, 200]),
    case("GET", "/api/v1/items", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/items/{id}", [403, 403, 403, 403, 401, 404, 404]),
    case("GET", "/api/v1/home", [403, 403, 403, 403, 401, 200, 200]),
    case("GET", "/api/v1/search", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/api/v1/items/{id}/image", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/items/{id}/play", [403, 403, 403, 403, 401, 404, 404]),
    case("POST", "/api/v1/items/{id}/progress", [403, 403, 403, 403, 401, 400, 400]),
    case("GET", "/stream/{link}/{name}", [403, 403, 403, 403, 403, 403, 403]),
    case("HEAD", "/stream/{link}/{name}", [403, 403, 403, 403, 403, 403, 403]),
    case("GET", "/metrics", [403, 403, 403, 403, 401, 403, 200]),
    // Last: it ends the session of whoever asks.
    case("POST", "/api/v1/signout", [403, 403, 403, 403, 401, 204, 204]),
];

fn try_case(case: &Case, browser: &mut Client) -> Answer {
    let (path, body) = case.target();
    browser.send(case.method, &path, body)
}

#[test]
fn every_row_has_a_case_and_every_case_a_row() {
    let mut rows: Vec<_> = table()
        .iter()
        .flat_map(stead::http::row::Row::targets)
        .map(|(method, path)| format!("{method} {path}"))
        .collect();
    let mut cases: Vec<_> =
        CASES.iter().map(|case| format!("{} {}", case.method, case.path)).collect();
    rows.sort();
    cases.sort();
    assert_eq!(rows, cases);
}

/// Tries every row as one of [`CALLERS`]; `prepare` is done before each.
pub(crate) fn sweep(caller: &str, mut prepare: impl FnMut(), mut ask: impl FnMut(&Case) -> Answer) {
    let column = CALLERS.iter().position(|known| *known == caller).expect(caller);
    for case in CASES {
        prepare();
        let answer = ask(case);
        let told = answer.text();
        let what = format!("{caller}: {} {} {told}", case.method, case.path);
        assert_eq!(answer.status, case.answers[column], "{what}");
        let refused = answer.status == 403 && !case.path.starts_with("/stream/");
        match caller.split_once(", ").unwrap().1 {
            "offered" | "pending" if refused => assert_eq!(answer.code(), "not_claimed", "{what}"),
            "locked" if refused => assert_eq!(answer.code(), "locked", "{what}"),
            _ => {}
        }
        check_headers(&answer, case);
    }
}

/// Begins a claim, or holds on to it.
pub(crate) fn hold(browser: &mut Client, secret: &str) {
    let proof = json!({ "kind": "link", "secret": secret });
    let body = json!({ "proof": proof, "browser_time_ms": 0 });
    browser.post("/api/v1/claim/begin", &body).expect(200);
}

/// A server that was claimed and has lost its accounts, and the browser of its owner.
pub(crate) fn locked() -> (App, Client) {
    let mut app = App::start();
    let owner = Owner::claim(&app);
    app.stop();
    std::fs::remove_file(app.data.join("accounts.db")).unwrap();
    let app = app.restart(Options::default());
    let browser = owner.browser.at(app.http_port);
    (app, browser)
}

#[test]
fn before_the_claim_there_is_set_up_and_health_and_nothing_else() {
    let app = App::start();
    sweep("anybody, offered", || {}, |case| try_case(case, &mut app.client()));
}

#[test]
fn during_a_claim_its_holder_has_the_wizard_and_nobody_has_more() {
    let app = App::start();
    let secret = app.link_secret();
    let holder = RefCell::new(app.client());
    hold(&mut holder.borrow_mut(), &secret);
    sweep("stranger, pending", || {}, |case| try_case(case, &mut app.client()));
    // The row that gives the claim up is one of them.
    let hold = || hold(&mut holder.borrow_mut(), &secret);
    sweep("holder, pending", hold, |case| try_case(case, &mut holder.borrow_mut()));
}

#[test]
fn a_locked_server_explains_itself_and_serves_nothing() {
    let (app, owner) = locked();
    for browser in [app.client(), owner] {
        sweep("anybody, locked", || {}, |case| try_case(case, &mut browser.clone()));
    }
}

#[test]
fn after_the_claim_everybody_gets_what_is_theirs() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let callers = [
        ("stranger, claimed", app.client()),
        ("member, claimed", member(&app)),
        ("owner, claimed", owner.browser),
    ];
    for (caller, mut browser) in callers {
        sweep(caller, || {}, |case| try_case(case, &mut browser));
    }
}

/// What every answer carries, whoever refuses.
pub(crate) fn has_headers(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
    assert!(answer.header("permissions-policy").is_some(), "{what}");
    assert!(answer.header("cache-control").is_some(), "{what}");
}

pub(crate) fn check_headers(answer: &Answer, case: &Case) {
    has_headers(answer, case.path);
    if case.path.starts_with("/api/v1/me") {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", case.path);
    }
}

/// A member with a session, put straight into the database: inviting people comes later.
pub(crate) fn member(app: &App) -> Client {
    const NOW: WallMs = WallMs(1_793_000_000_000);
    let token = "a-member-that-only-a-test-knows";
    let store = Store::open(&app.data).unwrap();
    store
        .accounts
        .write(|tx| {
            let issuer = identity::embedded_issuer(tx, IssuerId::from_bytes([9; 16]), NOW)?;
            let account = Account {
                id: AccountId::from_bytes([7; 16]),
                login: "sam".into(),
                name: "Sam".into(),
                password_hash: "nothing matches this".into(),
                epoch: 0,
                enabled: true,
            };
            identity::make_account(tx, &account, NOW)?;
            let user = User {
                id: UserId::from_bytes([8; 16]),
                issuer,
                sub: account.id.to_string(),
                account: account.id,
                name: "Sam".into(),
                role: Role::Member,
                enabled: true,
                epoch: 0,
            };
            identity::make_user(tx, &user, NOW)?;
            let session = Session {
                id: SessionId::from_bytes([6; 16]),
                user: user.id,
                client: ClientKind::Web,
                agent: "test".into(),
                issuer,
                methods: Methods::NONE.and(Method::Password).and(Method::Totp),
                auth: Moment::before_this_start(NOW),
                generation: 1,
                epoch: 0,
                created: NOW,
                last_seen: Moment::before_this_start(NOW),
                rested: false,
            };
            let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
            make_session(tx, &[0; 16], &session, hash.as_ref().try_into().unwrap())
        })
        .unwrap();
    app.client().with("Cookie", &format!("stead-loopback={token}"))
}

/// What a path may be turned into on its way; none of these is a way in.
#[test]
fn odd_targets_open_nothing() {
    let app = App::start();
    let port = app.http_port;
    let targets = [
        ("GET", "/api/v1/../v1/me".to_owned()),
        ("GET", "/%61pi/v1/me".to_owned()),
        ("GET", "/api%2Fv1%2Fme".to_owned()),
        ("GET", "/api%252Fv1%252Fme".to_owned()),
        ("GET", "//api/v1/me".to_owned()),
        ("GET", "/api/v1/me/".to_owned()),
        ("GET", "/API/V1/ME".to_owned()),
        ("GET", "/api/v1/me?x=/health".to_owned()),
        ("GET", "/assets/../../accounts.db".to_owned()),
        ("GET", "/assets/..%2f..%2faccounts.db".to_owned()),
        ("GET", "/assets/%2e%2e%2f%2e%2e%2fmarker".to_owned()),
        ("GET", format!("http://127.0.0.1:{port}/api/v1/me")),
        ("HEAD", "/api/v1/me".to_owned()),
        ("PUT", "/api/v1/me".to_owned()),
        ("PATCH", "/api/v1/settings".to_owned()),
        ("DELETE", "/api/v1/sessions".to_owned()),
        ("OPTIONS", "/api/v1/me".to_owned()),
        ("TRACE", "/api/v1/me".to_owned()),
        ("PROPFIND", "/".to_owned()),
    ];
    for claimed in [false, true] {
        if claimed {
            Owner::claim(&app);
        }
        for (method, target) in &targets {
            let request = format!(
                "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
            );
            let answer = app.client().send_raw(request.as_bytes(), *method == "HEAD");
            let refused = matches!(answer.status, 400 | 401 | 403 | 404 | 405);
            assert!(refused, "{method} {target}: {} {}", answer.status, answer.text());
            has_headers(&answer, target);
        }
    }
}

#[test]
fn rebinding_a_request_names_one_host_and_it_is_ours() {
    let app = App::start();
    let port = app.http_port;
    let (own, foreign) = (format!("127.0.0.1:{port}"), "media.attacker.example");
    let cases = [
        (format!("GET /api/v1/server HTTP/1.1\r\nHost: {own}\r\n"), 200),
        (format!("GET /api/v1/server HTTP/1.1\r\nHost: localhost:{port}\r\n"), 200),
        (format!("GET /api/v1/server HTTP/1.1\r\nHost: {foreign}\r\n"), 421),
        (format!("GET /api/v1/server HTTP/1.1\r\nHost: {own}\r\nHost: {foreign}\r\n"), 400),
        (format!("GET http://{foreign}/api/v1/server HTTP/1.1\r\nHost: {own}\r\n"), 400),
        (format!("GET http://{foreign}/api/v1/server HTTP/1.1\r\nHost: {foreign}\r\n"), 421),
        (format!("GET http://{own}/api/v1/server HTTP/1.1\r\nHost: {own}\r\n"), 200),
        ("GET /api/v1/server HTTP/1.1\r\n".to_owned(), 400),
        ("GET /api/v1/server HTTP/1.1\r\nHost: \r\n".to_owned(), 421),
        (format!("GET /api/v1/server HTTP/1.1\r\nHost: {own}.{foreign}\r\n"), 421),
        (format!("GET /api/v1/server HTTP/1.1\r\nHost: {own}@{foreign}\r\n"), 421),
    ];
    for (head, expected) in cases {
        let request = format!("{head}Connection: close\r\n\r\n");
        let answer = app.client().send_raw(request.as_bytes(), false);
        assert_eq!(answer.status, expected, "{head:?} {}", answer.text());
        has_headers(&answer, &head);
    }
}

#[test]
fn csrf_other_sites_pages_change_and_read_nothing() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let own = format!("http://127.0.0.1:{}", app.http_port);
    let write = |browser: Client| browser.clone().post("/api/v1/settings", &json!({"name": "X"}));
    let read = |browser: Client| browser.clone().get("/api/v1/me");
    let with = |pairs: &[(&str, &str)]| {
        pairs.iter().fold(owner.browser.clone(), |browser, (n, v)| browser.with(n, v))
    };
    assert_eq!(write(with(&[("Sec-Fetch-Site", "same-origin"), ("Origin", &own)])).status, 204);
    let is_refused = |answer: Answer| {
        has_headers(&answer, "cross-site");
        assert_eq!(answer.expect(403).code(), "cross_site");
    };
    for site in ["cross-site", "same-site"] {
        is_refused(write(with(&[("Sec-Fetch-Site", site)])));
        is_refused(read(with(&[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors")])));
    }
    for origin in ["null", "https://evil.example", "http://127.0.0.1:1"] {
        is_refused(write(with(&[("Origin", origin)])));
    }
    let opened = with(&[
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ]);
    assert_eq!(opened.clone().get("/").status, 200, "a link on another site may lead here");
}

#[test]
fn writes_take_json_only() {
    let app = App::start();
    let port = app.http_port;
    for kind in
        ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
    {
        let request = format!(
            "POST /api/v1/claim/begin HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
             Content-Type: {kind}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
        );
        let answer = app.client().send_raw(request.as_bytes(), false);
        has_headers(&answer, kind);
        assert_eq!(answer.expect(415).code(), "json_only");
    }
}

#[test]
fn a_body_has_a_bound() {
    let app = App::start();
    let body = json!({ "proof": { "kind": "link", "secret": "x".repeat(64 * 1024) } });
    let answer = app.client().post("/api/v1/claim/begin", &body).expect(413);
    assert_eq!(answer.code(), "body_too_large");
    has_headers(&answer, "a large body");
}

#[test]
fn framing_refusals_of_either_port_have_their_headers() {
    let app = App::start();
    for (method, path, status) in
        [("GET", "/nothing", 404), ("PUT", "/api/v1/server", 405), ("GET", "/", 200)]
    {
        let answer = app.client().send(method, path, None).expect(status);
        has_headers(&answer, path);
        let url = format!("https://127.0.0.1:{}{path}", app.https_port);
        let output = std::process::Command::new("curl")
            .args(["-sk", "-i", "--http1.1", "-X", method, &url])
            .output()
            .unwrap();
        let over_tls = Answer::parse(&output.stdout, false).expect(status);
        has_headers(&over_tls, &url);
    }
    // The plain port, to whoever comes from elsewhere.
    let mut visitor = app.client().with("Via", "1.1 elsewhere");
    has_headers(&visitor.get("/").expect(200), "the way to TLS");
    has_headers(&visitor.post("/api/v1/signin", &json!({})).expect(403), "tls_only");
}

#[test]
fn a_cookie_of_the_plain_port_is_worth_nothing_over_tls() {
    let app = App::start();
    let owner = Owner::claim(&app);
    let token = owner.browser.cookie("stead-loopback").unwrap().to_owned();
    let ask = |cookie: &str| {
        let output = std::process::Command::new("curl")
            .args(["-sk", "-o", "/dev/null", "-w", "%{http_code} %{http_version}"])
            .args(["-H", &format!("Cookie: {cookie}={token}")])
            .arg(format!("https://127.0.0.1:{}/api/v1/me", app.https_port))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(ask("stead-loopback"), "401 2");
    assert_eq!(ask("__Host-stead"), "200 2", "the name counts, so the test can fail");
}

#[test]
fn whoever_comes_by_a_proxy_is_not_the_person_at_the_box() {
    let app = App::start();
    let proof = json!({ "kind": "link", "secret": app.link_secret() });
    let begin = json!({ "proof": proof, "browser_time_ms": 0 });
    for name in ["Forwarded", "X-Forwarded-For", "x-forwarded-proto", "X-Real-IP", "Via"] {
        let mut visitor = app.client().with(name, "203.0.113.7");
        assert_eq!(visitor.post("/api/v1/claim/begin", &begin).expect(403).code(), "tls_only");
        assert!(!visitor.get("/api/v1/server").text().contains("\"state\""), "{name}");
        let secret = json!({ "secret": "AAAAAAAAAAAAAAAAAAAAAA" });
        let own = json!({ "kind": "own", "code": "seven brown kettles" });
        let rescue = json!({ "possession": own, "recovery_code": "aaaaa-bbbbb-ccccc" });
        for (path, body) in [
            ("claim/begin", &begin),
            ("plug/wait", &json!({})),
            ("plug/look", &secret),
            ("plug/leave", &secret),
            ("rescue/owner", &rescue),
        ] {
            let output = std::process::Command::new("curl")
                .args(["-sSk", "-H", &format!("{name}: 203.0.113.7"), "--json", &body.to_string()])
                .arg(format!("https://127.0.0.1:{}/api/v1/{path}", app.https_port))
                .output()
                .unwrap();
            let told = String::from_utf8(output.stdout).unwrap();
            let why = String::from_utf8_lossy(&output.stderr);
            assert!(told.contains("\"off_link\""), "{name} {path}: {told} {why}");
        }
    }
    app.client().post("/api/v1/claim/begin", &begin).expect(200);
}
