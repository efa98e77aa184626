//! The OpenAPI 3.1 document: what the handlers' attributes say, and what follows from a row for
//! all of its kind: the cookie it wants, and how it may refuse.

use std::collections::BTreeSet;

use stead_rules::policy::{Action, Door, Own};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Components, RefOr};

use super::conn::Transport;
use super::cookies::Cookie;
use super::routes::table;
use super::row::{Access, Row};
use crate::host::kind::Kind;

#[derive(OpenApi)]
#[openapi(info(
    title = "Stead",
    description = "The API of a Stead server. Errors are RFC 9457 problems with stable codes."
))]
struct Document;

/// The OpenAPI 3.1 document of the API rows.
#[must_use]
pub(super) fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let api = |row: &Row| row.door == Door::Api && row.there.is_in(Kind::Server);
    for mut row in table().into_iter().filter(api) {
        let mut paths = std::mem::take(&mut row.endpoint.1);
        for item in paths.paths.values_mut() {
            complete(&row, item);
        }
        let components = document.components.get_or_insert_default();
        components.schemas.extend(row.endpoint.0);
        document.paths.merge(paths);
    }
    add_schemes(document.components.get_or_insert_default());
    document
}

/// A cookie has one name over TLS and another one on plain http from the box itself.
const SCHEMES: [(&str, Cookie, Transport); 4] = [
    ("session", Cookie::Session, Transport::Tls),
    ("session_on_the_box", Cookie::Session, Transport::Loopback),
    ("claim", Cookie::Claim, Transport::Tls),
    ("claim_on_the_box", Cookie::Claim, Transport::Loopback),
];

/// What televisions and apps show at the rows that are for playing.
const BEARER: &str = "token";

fn add_schemes(components: &mut Components) {
    for (name, cookie, transport) in SCHEMES {
        let key = ApiKey::Cookie(ApiKeyValue::new(cookie.name(transport)));
        components.add_security_scheme(name, SecurityScheme::ApiKey(key));
    }
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(BEARER, bearer);
}

fn complete(row: &Row, item: &mut PathItem) {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    let reads = [get, head, options].into_iter().flatten().map(|one| (one, false));
    let writes = [put, post, delete, patch, trace].into_iter().flatten().map(|one| (one, true));
    for (operation, writes) in reads.chain(writes) {
        operation.security = wanted(row, writes);
        name_problems(operation, refusals(row, operation, writes));
    }
}

fn wanted(row: &Row, writes: bool) -> Option<Vec<SecurityRequirement>> {
    let wanted = match row.access {
        Access::Open | Access::Link | Access::Known => return None,
        // The claim begins without a cookie, and gives one.
        Access::Claim if writes && row.action == Action::ClaimBegin => return None,
        Access::Claim => Cookie::Claim,
        Access::Session => Cookie::Session,
    };
    let schemes = SCHEMES.iter().filter(|(_, cookie, _)| *cookie == wanted);
    let playback = wanted == Cookie::Session && Door::Tv.takes(row.action);
    let names = schemes.map(|(name, ..)| *name).chain(playback.then_some(BEARER));
    Some(names.map(|name| SecurityRequirement::new(name, [""; 0])).collect())
}

/// Whether guesses are slowed there.
const fn is_looked_at_in_turn(action: Action) -> bool {
    matches!(action, Action::SignIn | Action::OwnAccount(Own::StepUp | Own::Factors))
}

/// The statuses with which a row of this kind may refuse; the codes are in docs/status-codes.md.
fn refusals(row: &Row, operation: &Operation, writes: bool) -> BTreeSet<u16> {
    let parameters = operation.parameters.iter().flatten();
    let places: Vec<_> = parameters.filter_map(place).collect();
    let kinds: [(bool, &[u16]); 9] = [
        (true, &[400, 403, 421, 500, 503]),
        (row.access != Access::Open || row.action == Action::SignIn, &[401]),
        // Wrong app passwords are slowed, and so are wrong codes of devices.
        (row.access == Access::Session, &[429]),
        (row.access == Access::Claim, &[409, 410, 429]),
        (is_looked_at_in_turn(row.action), &[429]),
        (row.action == Action::ProvePresence, &[401, 410, 429]),
        (!places.is_empty(), &[404]),
        (places.contains(&ParameterIn::Query) || operation.request_body.is_some(), &[422]),
        (writes, &[409, 413, 415, 507]),
    ];
    kinds
        .into_iter()
        .filter(|(applies, _)| *applies)
        .flat_map(|(_, codes)| codes)
        .copied()
        .collect()
}

fn place(parameter: &RefOr<Parameter>) -> Option<ParameterIn> {
    match parameter {
        RefOr::T(parameter) => Some(parameter.parameter_in.clone()),
        RefOr::Ref(_) => None,
    }
}

/// Errors have a media type of their own (RFC 9457). A row says that it answers with problems, and
/// here is filled in with which statuses.
fn name_problems(operation: &mut Operation, statuses: BTreeSet<u16>) {
    let responses = &mut operation.responses.responses;
    let Some(RefOr::T(mut problem)) = responses.remove("default") else { return };
    if let Some(content) = problem.content.shift_remove("application/json") {
        problem.content.insert("application/problem+json".to_owned(), content);
    }
    for status in statuses {
        let one = || RefOr::T(problem.clone());
        responses.entry(status.to_string()).or_insert_with(one);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Door, table};

    #[test]
    fn a_name_of_a_schema_says_one_thing() {
        let mut said = BTreeMap::new();
        for row in table().into_iter().filter(|row| row.door == Door::Api) {
            for (name, schema) in row.endpoint.0 {
                let before = said.entry(name.clone()).or_insert_with(|| schema.clone());
                assert!(
                    *before == schema,
                    "two types are called {name}: a client sees one of them"
                );
            }
        }
        assert!(said.contains_key("Problem"), "the rows name what they answer");
    }
}
