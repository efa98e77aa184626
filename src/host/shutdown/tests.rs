//! The end waits for tasks, and not for ever.

use super::*;

#[tokio::test]
async fn a_drain_waits_for_tasks() {
    let shutdown = Shutdown::new();
    let (done, waits) = tokio::sync::oneshot::channel::<()>();
    let inside = shutdown.clone();
    let task = shutdown.spawn(async move {
        inside.waited().await;
        waits.await
    });
    shutdown.begin();
    assert!(shutdown.begun());
    assert_eq!(shutdown.drained_within(Duration::from_millis(20)).await, Drained::CutOff(1));
    done.send(()).unwrap();
    assert_eq!(shutdown.drained().await, Drained::Clean);
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_first_signal_begins_and_the_second_ends() {
    let shutdown = Shutdown::new();
    let signals = Signals::install().unwrap();
    let (also, first) = (shutdown.clone(), nix::unistd::getpid());
    let driven = shutdown.spawn(async move { signals.drive(&also).await });
    nix::sys::signal::kill(first, nix::sys::signal::Signal::SIGINT).unwrap();
    shutdown.waited().await;
    assert!(!driven.is_finished());
    nix::sys::signal::kill(first, nix::sys::signal::Signal::SIGTERM).unwrap();
    driven.await.unwrap();
}
