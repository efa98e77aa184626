//! The words for codes that do not fit.

use axum::http::StatusCode;
use stead_rules::signin::Drift;

use super::Problem;

impl Problem {
    pub(super) fn wrong_code(
        status: StatusCode,
        code: &'static str,
        drift: Option<Drift>,
        detail: String,
    ) -> Self {
        let problem = Self::new(status, code, detail).with("field", "code");
        let Some(Drift { app_ahead_seconds, server_time }) = drift else { return problem };
        let problem = problem.with("drift_s", app_ahead_seconds);
        match server_time {
            Some(time) => problem.with("server_time_ms", time.0),
            None => problem,
        }
    }
}

pub(super) fn wrong_code_words(drift: Option<Drift>) -> String {
    let Some(Drift { app_ahead_seconds: seconds, .. }) = drift else {
        return "This code is wrong or was used already. Wait for the next one.".to_owned();
    };
    let way = if seconds > 0 { "ahead of" } else { "behind" };
    format!(
        "This code belongs to another time: your phone's clock seems to be about {} s {way} the \
         server's. Set the phone's clock to automatic and try again.",
        seconds.abs()
    )
}

/// The time is the word of the browser that began, and nobody can tell which clock is wrong.
pub(super) fn claims_wrong_code_words(drift: Option<Drift>) -> String {
    let what = match drift {
        Some(Drift { app_ahead_seconds: seconds, .. }) => format!(
            "This code belongs to another time: the clock of the authenticator app and that of \
             the browser in which set-up was begun are about {} s apart.",
            seconds.abs()
        ),
        None => "This code is wrong, was used already, or belongs to another time.".to_owned(),
    };
    format!(
        "{what} Wait for the next one. If that is wrong too, set the clocks of both devices to \
         automatic and open the set-up link again."
    )
}
