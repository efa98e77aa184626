//! What the build must know: the web app is there, and when this was built.
//!
//! The build time is the floor of a box's clock, so it must never lie ahead of the truth:
//! `SOURCE_DATE_EPOCH` for releases, else the time of the commit, else now. It is not asked again
//! at each commit: an older floor is only a weaker one, and a rebuild per commit costs minutes.
//! npm is never run from here.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told everything by variables, and has no clock of ours"
)]

use std::path::Path;
use std::process::{Command, exit};
use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=web/dist");
    require_web_app();
    println!("cargo::rustc-env=BUILD_UNIX_SECONDS={}", build_unix_seconds());
    println!("cargo::rustc-env=BUILD_TARGET={}", std::env::var("TARGET").unwrap_or_default());
}

/// Stops with one sentence when the web app has not been built.
fn require_web_app() {
    if Path::new("web/package.json").exists() && !Path::new("web/dist/index.html").exists() {
        println!(
            "cargo::error=The web app is not built: run `scripts/web` (or `npm ci && npm run \
             build` in web/), then build again."
        );
        exit(1);
    }
}

fn build_unix_seconds() -> u64 {
    source_date_epoch().or_else(commit_time).unwrap_or_else(now)
}

fn source_date_epoch() -> Option<u64> {
    std::env::var("SOURCE_DATE_EPOCH").ok()?.trim().parse().ok()
}

fn commit_time() -> Option<u64> {
    let out = Command::new("git").args(["log", "-1", "--format=%ct"]).output().ok()?;
    String::from_utf8(out.stdout).ok()?.trim().parse().ok()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
