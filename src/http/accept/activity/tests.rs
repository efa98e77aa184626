//! When a connection is over.

#![expect(clippy::disallowed_methods, reason = "measured is how long waiting really took")]

use super::*;
use tokio::time::Instant;

use crate::host::clock::ManualClock;
use std::future::poll_fn;
use stead_rules::time::WallMs;

const FIRST: Duration = Duration::from_millis(50);
const LATER: Duration = Duration::from_millis(100);

fn activity() -> (Activity, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::synced(WallMs(0), WallMs(0)));
    (Activity::new(Arc::<ManualClock>::clone(&clock)), clock)
}

#[tokio::test]
async fn silence_before_the_first_request_is_short() {
    let began = Instant::now();
    assert_eq!(activity().0.over_after(FIRST, Duration::MAX).await, Over::Silent);
    assert!(began.elapsed() >= FIRST);
}

#[tokio::test]
async fn a_request_under_way_is_no_silence() {
    let ((activity, _), began) = (activity(), Instant::now());
    let slow = activity.begin();
    let answered = async {
        sleep(FIRST * 4).await;
        drop(slow);
    };
    tokio::join!(activity.over_after(FIRST, LATER), answered);
    assert!(began.elapsed() >= FIRST * 4 + LATER);
}

#[tokio::test]
async fn what_moves_goes_on_and_what_stands_still_is_over() {
    let (activity, clock) = activity();
    let under_way = activity.begin();
    let mut answer = hold(Response::new(Body::from("bytes")), under_way).into_body();
    let almost = (CONNECTION_STALLED_SECONDS - 1) * 1000;
    clock.advance(almost);
    let taken = poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut answer), cx)).await;
    assert!(taken.is_some());
    clock.advance(almost);
    assert!(!activity.0.stands_still(), "it moved in between");
    clock.advance(1000);
    assert_eq!(activity.over().await, Over::Stalled);
}

/// A machine that slept for longer than a reader may, or a clock that a test sets.
#[test]
fn whoever_reads_after_a_jump_of_time_is_not_cut_off() {
    let mut looks = Looks::default();
    let over = [true, false, true, true].map(|stands| looks.still(stands));
    assert_eq!(over, [false, false, false, true]);
}
