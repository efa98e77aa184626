//! A panic costs what was being done and nothing else: one broken file is not the end of a scan,
//! and one scan is not the end of the server.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(panic = "abort")]
compile_error!(
    "a file that breaks a parser must not end the server: build with panic = \"unwind\""
);

/// What `work` returns, or `None` when it panics. What `work` shares with others is behind locks
/// and transactions, which are whole again after a panic.
pub(crate) fn caught<T>(doing: &'static str, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work));
    if done.is_err() {
        // The panic's own words were written by the panic hook.
        tracing::error!(doing, "this was given up: a fault of the program, please report it");
    }
    done.ok()
}
