//! The names that dashboards use.

use super::*;

#[test]
fn figures_come_out_under_their_names() {
    let metrics = Metrics::new();
    let figures = metrics.figures().clone();
    let route = || "/api/v1/items/{id}".into();
    figures.http.answers.get_or_create(&Answer { route: route(), status: 200 }).inc();
    figures.http.seconds.get_or_create(&Route { route: route() }).observe(0.003);
    figures.scan.files.inc_by(7);
    let text = metrics.text();
    for line in [
        "stead_http_answers_total{route=\"/api/v1/items/{id}\",status=\"200\"} 1",
        "stead_http_answer_seconds_bucket{le=\"0.004\",route=\"/api/v1/items/{id}\"} 1",
        "stead_http_open_requests 0",
        "stead_scanned_files_total 7",
        "stead_streamed_bytes_total 0",
        "# TYPE stead_process_resident_bytes gauge",
        "# TYPE stead_process_cpu_seconds counter",
        "# EOF",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in:\n{text}");
    }
}
