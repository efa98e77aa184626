//! Counts what the doors answer, by route pattern: a path may hold an id or a stranger's words,
//! and would make a new series each time.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::metrics::gauge::Gauge;

use super::gate::gate;
use crate::host::metrics::{Answer, Route};
use crate::service::core::Core;

/// What matches no route, or is refused before one is looked for.
const NO_ROUTE: &str = "none";

/// The outermost layer, around the [`gate`]: refusals count too. One layer and not two, since each
/// takes memory of every request that waits.
pub(crate) async fn measure(
    State(core): State<Arc<Core>>,
    request: Request,
    next: Next,
) -> Response {
    let figures = &core.metrics.figures().http;
    let _open = Open::count(&figures.open);
    let pattern = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = pattern.map_or(Cow::Borrowed(NO_ROUTE), Cow::Owned);
    let began = core.now().boot;
    let response = gate(&core, request, next).await;
    let took_ms = core.now().boot.since_ms(began);
    let status = response.status().as_u16();
    let seconds = figures.seconds.get_or_create_owned(&Route { route: route.clone() });
    seconds.observe(std::time::Duration::from_millis(took_ms).as_secs_f64());
    figures.answers.get_or_create_owned(&Answer { route, status }).inc();
    response
}

/// One request that is being answered, also when the browser goes away before the answer.
struct Open<'a>(&'a Gauge);

impl<'a> Open<'a> {
    fn count(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
