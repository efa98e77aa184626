//! The certificate that the owner brings along: taken at the start, and again when its files have
//! changed. One that cannot be used stops a start, since somebody is there who just wrote the
//! config; later the one in use goes on being served, and health says so.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use stead_rules::time::Now;

use super::{Made, chores, reach};
use crate::config::Config;
use crate::host::hangup::Hangups;
use crate::net::given::{Age, Files, Given, GivenError, Stamp};
use crate::net::tls::CurrentCertificate;

/// How often the files are looked at: what keeps them fresh does so weeks ahead, and a look is two
/// system calls.
const LOOK: Duration = Duration::from_secs(60);

/// Takes the certificate for the first time.
pub(super) fn take_at_start(
    certificate: &CurrentCertificate,
    files: &Files,
    config: &Config,
    now: Now,
) -> Result<(), GivenError> {
    let given = files.read()?;
    tell(&given, config, now);
    certificate.give(given);
    Ok(())
}

/// What follows the files until the end. The signal is taken from now on, not from the first time
/// that this runs: it would end a server that says it is there.
pub(super) fn follow(made: Made, files: Files) -> impl Future<Output = ()> {
    // Without the signal the look of each minute is still there.
    let hangups = Hangups::install()
        .inspect_err(|error| tracing::warn!(%error, "SIGHUP does not read the certificate again"))
        .ok();
    let last = files.stamp();
    look_again(made, files, hangups, last)
}

async fn look_again(made: Made, files: Files, mut hangups: Option<Hangups>, mut last: Stamp) {
    let mut every = tokio::time::interval(LOOK);
    loop {
        let asked = tokio::select! {
            _ = every.tick() => false,
            () = Hangups::next(&mut hangups) => true,
        };
        let (made, files) = (made.clone(), files.clone());
        let before = last;
        let looked = chores::blocking(move || {
            let stamp = files.stamp();
            if asked || stamp != before {
                take_again(&made, &files);
            }
            stamp
        });
        if let Some(stamp) = looked.await {
            last = stamp;
        }
    }
}

/// Blocks.
fn take_again(made: &Made, files: &Files) {
    let core = &made.core;
    let read = files.read();
    core.certificate_files_broken.store(read.is_err(), Ordering::Relaxed);
    match read {
        Ok(given) => {
            tell(&given, &core.config, core.now());
            made.certificate.give(given);
            admit_its_names(made);
            tracing::info!("the certificate of net.cert_file was read again");
        }
        Err(error) => {
            let error = crate::service::chain(&error);
            tracing::error!(%error, "the new certificate cannot be used; the one before is kept");
        }
    }
}

/// Requests for its names are let in from now on, and no more for those of the one before.
fn admit_its_names(made: &Made) {
    let core = &made.core;
    // Whoever follows addresses makes the same value, and holds this meanwhile.
    let identity = made.identity.lock().unwrap_or_else(PoisonError::into_inner);
    let (announced, up) = (core.announcer.now(), core.reach().interfaces.clone());
    let certificate = &made.certificate;
    core.set_reach(reach(&core.config, announced, up, made.ports, &identity, certificate));
}

fn tell(given: &Given, config: &Config, now: Now) {
    match given.age(now) {
        Age::Good => {}
        Age::Early => tracing::warn!("the time of the certificate in net.cert_file has not come"),
        Age::Over => tracing::error!("the certificate in net.cert_file has ended: renew it"),
    }
    for name in config.net.names.iter().filter(|name| !given.covers(name)) {
        tracing::warn!(
            %name,
            "the certificate in net.cert_file does not cover this name of net.names: browsers warn \
             there"
        );
    }
    if given.hosts().next().is_none() && config.net.names.is_empty() {
        tracing::warn!(
            "the certificate in net.cert_file has wildcards only: say in net.names which hosts are \
             this server's"
        );
    }
}
