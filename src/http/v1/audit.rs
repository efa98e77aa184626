//! The log of decisions, to be read and to be taken out.

#![expect(unused_qualifications, reason = "utoipa writes the full path of parameter structs")]

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stead_rules::limits::AUDIT_PAGE_MAX;
use stead_rules::time::WallMs;
use stead_store::accounts::audit::{Entry, Wanted};
use stead_store::accounts::audit_chain::hex;
use utoipa::{IntoParams, ToSchema};

use super::board::words;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::http::wire::Params;
use crate::service::core::{Core, CoreError};
use crate::service::policy::audit;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParams {
    /// Families or kinds with commas between them: `policy,mfa.added`.
    #[serde(default)]
    kind: Option<String>,
    /// Only details that hold this.
    #[serde(default)]
    text: Option<String>,
    /// At or after this.
    #[serde(default)]
    from_ms: Option<i64>,
    /// Before this.
    #[serde(default)]
    until_ms: Option<i64>,
    /// Before this number: the `next` of an earlier page.
    #[serde(default)]
    before: Option<i64>,
    /// 1 to 500; without it, 100. An export has no such limit.
    #[serde(default)]
    limit: Option<u32>,
}

const ENTRIES: u32 = 100;

impl AuditParams {
    fn wanted(&self) -> Wanted {
        Wanted {
            kinds: words(self.kind.as_deref()),
            text: self.text.clone(),
            from: self.from_ms.map(WallMs),
            until: self.until_ms.map(WallMs),
            before: self.before,
        }
    }
}

/// A page of the log.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditAnswer {
    /// The newest first.
    entries: Vec<EntryWire>,
    /// What to pass as `before` for the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct EntryWire {
    seq: i64,
    at_ms: i64,
    /// How far the clock was believed then: `synced`, `held` or `unknown`.
    trust: String,
    /// `family.event`.
    kind: String,
    #[schema(value_type = Object)]
    detail: Value,
    /// SHA-256 over this entry and the hash of the one before; in an export.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
}

impl From<Entry> for EntryWire {
    fn from(entry: Entry) -> Self {
        // What is no JSON is shown as the text that it is.
        let detail = serde_json::from_str(&entry.detail).unwrap_or(Value::String(entry.detail));
        let (seq, at_ms) = (entry.seq, entry.at.0);
        Self { seq, at_ms, trust: entry.trust, kind: entry.kind, detail, hash: None }
    }
}

/// The log, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", params(AuditParams),
    responses((status = 200, body = AuditAnswer), (status = "default", body = Problem)))]
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<AuditParams>,
) -> Result<axum::Json<AuditAnswer>, Problem> {
    let (wanted, limit) = (params.wanted(), params.limit.unwrap_or(ENTRIES));
    let page = core.blocking(move |core| audit::page(core, &ctx.permit, &wanted, limit)).await?;
    let next = page.entries.last().map(|entry| entry.seq).filter(|_| page.more);
    let entries = page.entries.into_iter().map(EntryWire::from).collect();
    Ok(axum::Json(AuditAnswer { entries, next }))
}

/// How far an export has come.
struct Export {
    core: Arc<Core>,
    ctx: Ctx,
    wanted: Wanted,
    after: i64,
    done: bool,
}

impl Export {
    /// The next lines, and whether there may be more.
    async fn next(&mut self) -> Result<Bytes, CoreError> {
        let (ctx, wanted, after) = (self.ctx.clone(), self.wanted.clone(), self.after);
        let found = self
            .core
            .blocking(move |core| audit::export(core, &ctx.permit, &wanted, after))
            .await?;
        self.done = found.len() < usize::try_from(AUDIT_PAGE_MAX).unwrap_or(usize::MAX);
        self.after = found.last().map_or(self.after, |entry| entry.seq);
        let mut lines = Vec::new();
        for entry in found {
            let hash = entry.hash.map(|hash| hex(&hash));
            let line = serde_json::to_string(&EntryWire { hash, ..entry.into() });
            lines.extend(line.unwrap_or_default().into_bytes());
            lines.push(b'\n');
        }
        Ok(lines.into())
    }
}

/// The log as JSON lines, the oldest first, with the hashes of its chain.
#[utoipa::path(get, path = "/api/v1/audit.jsonl", params(AuditParams),
    responses((status = 200, body = String, content_type = "application/x-ndjson"),
        (status = "default", body = Problem)))]
pub(crate) async fn export(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
    Params(params): Params<AuditParams>,
) -> Result<Response, Problem> {
    let mut export = Export { core, ctx, wanted: params.wanted(), after: -1, done: false };
    // A refusal is an answer; what goes wrong later cuts the lines off.
    let first = export.next().await?;
    let rest = unfold(export, |mut export| async {
        if export.done {
            return None;
        }
        let lines = export.next().await;
        export.done |= lines.is_err();
        Some((lines, export))
    });
    let first = futures_util::stream::once(async { Ok::<_, CoreError>(first) });
    let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
    let kind = HeaderValue::from_static("application/x-ndjson");
    let name = HeaderValue::from_static("attachment; filename=\"log.jsonl\"");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}
