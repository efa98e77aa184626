//! Figures for the owner, in Prometheus' text format. No label holds a name, a path or an
//! address: labels are few and fixed.

mod process;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::borrow::Cow;

/// Every figure; those who do the work hold the part that is theirs. Clones count into the same.
#[derive(Debug, Default, Clone)]
pub struct Figures {
    /// Requests.
    pub http: HttpFigures,
    /// Scans.
    pub scan: ScanFigures,
    /// Playback.
    pub play: PlayFigures,
}

/// What the doors count.
#[derive(Debug, Clone)]
pub struct HttpFigures {
    /// Answers by route pattern and status.
    pub answers: Family<Answer, Counter>,
    /// Time to the first byte of the answer, by route pattern.
    pub seconds: Family<Route, Histogram, Seconds>,
    /// Requests that are being answered.
    pub open: Gauge,
    /// Looks at the server's own health.
    pub health_looks: Counter,
}

/// What the indexer counts.
#[derive(Debug, Default, Clone)]
pub struct ScanFigures {
    /// Scans that run.
    pub running: Gauge,
    /// Files that were looked into.
    pub files: Counter,
    /// Files that could not be read as media.
    pub broken_files: Counter,
}

/// What playback counts.
#[derive(Debug, Default, Clone)]
pub struct PlayFigures {
    /// Streams that are being sent.
    pub streams: Gauge,
    /// Bytes of media that were sent.
    pub bytes: Counter,
}

/// A route pattern such as `/api/v1/items/{id}`, never a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// The pattern; one fixed word for what matches no route.
    pub route: Cow<'static, str>,
}

/// A route pattern and a status.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answer {
    /// The pattern; one fixed word for what matches no route.
    pub route: Cow<'static, str>,
    /// The status code.
    pub status: u16,
}

/// Makes histograms from 1 ms to 8 s, each bucket twice the one before.
#[derive(Debug, Clone, Copy)]
pub struct Seconds;

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(0.001, 2.0, 14))
    }
}

/// The figures under their names, ready to be asked for.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    figures: Figures,
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let figures = Figures::default();
        let mut registry = Registry::with_prefix("stead");
        figures.http.register(&mut registry);
        figures.scan.register(&mut registry);
        figures.play.register(&mut registry);
        registry.register_collector(Box::new(process::ProcessFigures));
        Self { registry, figures }
    }

    /// The figures to count into.
    #[must_use]
    pub const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What `/metrics` answers, as `application/openmetrics-text`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for HttpFigures {
    fn default() -> Self {
        Self {
            answers: Family::default(),
            seconds: Family::new_with_constructor(Seconds),
            open: Gauge::default(),
            health_looks: Counter::default(),
        }
    }
}

impl HttpFigures {
    fn register(&self, registry: &mut Registry) {
        registry.register("http_answers", "Answers by route and status", self.answers.clone());
        registry.register(
            "http_answer_seconds",
            "Time until an answer began",
            self.seconds.clone(),
        );
        registry.register(
            "health_looks",
            "Looks at the server's own health",
            self.health_looks.clone(),
        );
        registry.register("http_open_requests", "Requests being answered", self.open.clone());
    }
}

impl ScanFigures {
    fn register(&self, registry: &mut Registry) {
        registry.register("scans_running", "Scans that run", self.running.clone());
        registry.register("scanned_files", "Files looked into", self.files.clone());
        registry.register(
            "broken_files",
            "Files that could not be read as media",
            self.broken_files.clone(),
        );
    }
}

impl PlayFigures {
    fn register(&self, registry: &mut Registry) {
        registry.register("streams_open", "Streams being sent", self.streams.clone());
        registry.register("streamed_bytes", "Bytes of media sent", self.bytes.clone());
    }
}

#[cfg(test)]
mod tests;
