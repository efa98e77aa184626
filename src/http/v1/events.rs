//! What happens, as it happens: server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use stead_rules::ids::LibraryId;
use stead_rules::limits::SESSION_LOOK_EVENTS_SECONDS;
use stead_rules::policy::{Action, Permit};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Interval, interval};

use super::libraries::ScanWire;
use crate::http::ctx::Ctx;
use crate::http::error::Problem;
use crate::service::core::Core;
use crate::service::judge::{Asked, Running, Whose};
use crate::service::libraries::{self, LibraryError};
use crate::service::scans::{ScanProgress, Told};

/// Proxies and phones close connections that say nothing for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(25);

#[derive(Serialize)]
struct ScanEvent {
    library_id: String,
    #[serde(flatten)]
    scan: ScanWire,
}

#[derive(Serialize)]
struct LibraryEvent {
    library_id: String,
}

struct Listening {
    core: Arc<Core>,
    told: Receiver<Told>,
    /// What is still to be said of how things stand.
    standing: Vec<Event>,
    session_ended: watch::Receiver<()>,
    approval_told: watch::Receiver<()>,
    look: Interval,
    running: Running,
}

/// Scans as they go on (`scan`) and libraries whose content changed (`library`), as far as the
/// one who listens sees them. It begins with how the scans stand. `approvals` says no more than
/// that somebody's inbox changed.
#[utoipa::path(get, path = "/api/v1/events",
    responses((status = 200, body = String, content_type = "text/event-stream"),
        (status = "default", body = Problem)))]
pub(crate) async fn events(
    State(core): State<Arc<Core>>,
    ctx: Ctx,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let asked = Asked { action: Action::Browse, door: ctx.permit.door() };
    let whose = Whose::of(&ctx.permit).ok_or_else(Problem::not_signed_in)?;
    let mut running = Running::since(ctx.now, whose, asked);
    running.goes_on(&core).await;
    let told = core.scans.listen();
    let session_ended = core.session_ended.subscribe();
    let approval_told = core.approval_told.subscribe();
    let look = interval(Duration::from_secs(SESSION_LOOK_EVENTS_SECONDS));
    let standing = Vec::new();
    let mut listening =
        Listening { core, told, standing, session_ended, approval_told, look, running };
    listening.look_at_all().await;
    let stream = unfold(listening, |mut listening| async {
        let event = listening.next().await?;
        Some((Ok(event), listening))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

impl Listening {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.standing.pop() {
                return Some(event);
            }
            let mut asked = false;
            let told = tokio::select! {
                () = self.core.stopping.cancelled() => return None,
                _ = self.session_ended.changed() => None,
                _ = self.approval_told.changed() => { asked = true; None }
                _ = self.look.tick() => None,
                told = self.told.recv() => Some(told),
            };
            // Whoever signed out, or was signed out, is told nothing more.
            if !self.running.goes_on(&self.core).await {
                return None;
            }
            if asked {
                return Some(Event::default().event("approvals").data("{}"));
            }
            match told {
                Some(Ok(Told::Scan(library, scan))) if self.sees(library).await => {
                    let Some(scan) = self.as_seen(scan).await else { continue };
                    return scan_event(library, scan);
                }
                Some(Ok(Told::Changed(library))) if self.sees(library).await => {
                    let event = LibraryEvent { library_id: library.to_string() };
                    return Event::default().event("library").json_data(event).ok();
                }
                Some(Ok(Told::Scan(..) | Told::Changed(_) | Told::Picture(_))) | None => {}
                // Whoever was too slow is told anew how things stand.
                Some(Err(RecvError::Lagged(_))) => self.look_at_all().await,
                Some(Err(RecvError::Closed)) => return None,
            }
        }
    }

    /// As much of a scan as is for whoever listens.
    async fn as_seen(&self, scan: ScanProgress) -> Option<ScanProgress> {
        self.look(move |core, permit| libraries::scan_as_seen(core, permit, scan)).await
    }

    async fn look_at_all(&mut self) {
        let all = self.look(libraries::list).await;
        let events = all.into_iter().flatten().filter(|view| view.closed.is_none());
        self.standing.extend(events.filter_map(|view| scan_event(view.row.id, view.scan)));
    }

    /// Judged anew for each event: a share may have been taken away, or the library closed.
    async fn sees(&self, library: LibraryId) -> bool {
        let seen = self.look(move |core, permit| {
            Ok(permit.opens(library).is_ok() && libraries::is_seen(core, permit, library)?)
        });
        seen.await.unwrap_or(false)
    }

    /// Looks by what is allowed now, and never by what was when it began: whoever listens may look by a
    /// child's profile meanwhile. Nothing where that cannot be known.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Core, &Permit) -> Result<T, LibraryError> + Send + 'static,
    ) -> Option<T> {
        let permit = self.running.permit()?;
        self.core.blocking(move |core| look(core, &permit).map_err(Problem::from)).await.ok()
    }
}

fn scan_event(library: LibraryId, scan: ScanProgress) -> Option<Event> {
    let event = ScanEvent { library_id: library.to_string(), scan: scan.into() };
    Event::default().event("scan").json_data(event).ok()
}
