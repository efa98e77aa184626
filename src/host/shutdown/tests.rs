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
    assert_eq!(
        shutdown.drained_within(Duration::from_millis(20), Duration::ZERO).await,
        Drained::CutOff(1)
    );
    done.send(()).unwrap();
    assert_eq!(shutdown.drained().await, Drained::Clean);
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_thread_that_a_disk_holds_is_left_behind() {
    let shutdown = Shutdown::new();
    let (held, holds) = std::sync::mpsc::channel::<()>();
    shutdown
        .spawn_thread("held", move || {
            let _ = holds.recv();
        })
        .unwrap();
    shutdown.begin();
    let moment = Duration::from_millis(20);
    assert_eq!(shutdown.drained_within(Duration::MAX, moment).await, Drained::CutOff(1));
    drop(held);
    assert_eq!(shutdown.drained().await, Drained::Clean);
    assert_eq!(shutdown.fallen().names(), [""; 0], "at the end nothing falls");
}

/// What falls before the end is known by name; what ends well is not.
#[tokio::test]
async fn a_vital_part_that_falls_is_known() {
    let shutdown = Shutdown::new();
    let (told, ended) = tokio::sync::oneshot::channel();
    shutdown.spawn_chore("done", async move { told.send(()).unwrap() });
    ended.await.unwrap();
    drop(shutdown.post("launcher"));
    shutdown.spawn_thread("returns", || {}).unwrap();
    shutdown.threads.close();
    shutdown.threads.wait().await;
    shutdown.spawn_thread("panics", || panic!("a fault")).unwrap();
    shutdown.threads.wait().await;
    shutdown.spawn_chore("chore", async { panic!("a fault") });
    shutdown.tasks.close();
    shutdown.tasks.wait().await;
    assert_eq!(shutdown.fallen().names(), ["launcher", "returns", "panics", "chore"]);
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
