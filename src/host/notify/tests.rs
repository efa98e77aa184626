//! What is sent and when; against a real notify socket see tests/it/service_life.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

fn started(watchdog: Option<Duration>) -> (Notifier, NotifyThread, Receiver<String>) {
    let (sent, told) = mpsc::channel();
    let (notifier, thread) = Notifier::start_with(watchdog, move |states| {
        let _ = sent.send(states.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"));
    })
    .unwrap();
    (notifier, thread, told)
}

#[test]
fn messages_come_in_order_and_all_before_the_end() {
    let (notifier, thread, told) = started(None);
    notifier.more_time(Duration::from_secs(30));
    notifier.status("Opening\nREADY=1");
    notifier.ready();
    notifier.stopping();
    drop(thread);
    let all: Vec<_> = told.try_iter().collect();
    assert_eq!(
        all,
        ["EXTEND_TIMEOUT_USEC=30000000", "STATUS=Opening READY=1", "READY=1", "STOPPING=1"]
    );
    notifier.ready();
}

#[test]
fn the_watchdog_is_fed_while_the_check_succeeds() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (notifier, thread, told) = started(Some(Duration::from_millis(80)));
    let healthy = Arc::new(AtomicBool::new(true));
    let asked = healthy.clone();
    notifier.watch(
        runtime.handle().clone(),
        Box::new(move || {
            let ok = asked.load(Ordering::SeqCst);
            Box::pin(async move { if ok { Ok(()) } else { Err("database".to_owned()) } })
        }),
    );
    assert_eq!(told.recv_timeout(Duration::from_secs(10)).unwrap(), "WATCHDOG=1");
    healthy.store(false, Ordering::SeqCst);
    // What was fed before may still lie there; an unconditional feeder would go on without end.
    let left = (0..100).take_while(|_| told.recv_timeout(Duration::from_millis(400)).is_ok());
    assert!(left.count() < 100, "nothing is fed while the check fails");
    healthy.store(true, Ordering::SeqCst);
    assert_eq!(told.recv_timeout(Duration::from_secs(10)).unwrap(), "WATCHDOG=1");
    drop(thread);
}

#[test]
fn a_runtime_that_does_not_turn_is_not_alive() {
    let stuck = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let check: LivenessCheck = Box::new(|| Box::pin(async { Ok(()) }));
    let told = alive(stuck.handle(), &check, Duration::from_millis(50));
    assert_eq!(told, Err("no answer in time".to_owned()));
}
