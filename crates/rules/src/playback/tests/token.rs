//! Links.

use crate::ids::{ItemId, SessionId};
use crate::playback::{BadLink, StreamLink, admit};
use crate::time::{BootMs, Now, TimeTrust, WallMs};

const HOURS_4: u64 = 4 * 3_600_000;

fn at(boot: u64) -> Now {
    Now { wall: WallMs(0), boot: BootMs(boot), trust: TimeTrust::Unknown }
}

fn link(now: Now) -> StreamLink {
    StreamLink::new(SessionId::from_bytes([1; 16]), ItemId::from_bytes([2; 16]), now)
}

#[test]
fn what_is_written_is_read() {
    let link = link(at(1234));
    assert_eq!(StreamLink::decode(&link.encode()), Ok(link));
    assert_eq!(link.encode()[..17], [&[1; 16][..], &[2]].concat());
}

#[test]
fn other_lengths_are_no_links() {
    let bytes = link(at(0)).encode();
    for length in 0..StreamLink::BYTES {
        assert_eq!(StreamLink::decode(&bytes[..length]), Err(BadLink));
    }
    assert_eq!(StreamLink::decode(&[&bytes[..], &[0]].concat()), Err(BadLink));
}

#[test]
fn links_end_by_uptime_and_only_by_it() {
    let link = link(at(1000));
    for (now, good) in [
        (1000, true),
        (1000 + HOURS_4 - 1, true),
        (1000 + HOURS_4, false),
        (u64::MAX, false),
        (999, false),
    ] {
        assert_eq!(admit(link, at(now)).is_ok(), good, "{now}");
    }
    let endless = StreamLink { until: BootMs(u64::MAX), ..link };
    assert_eq!(admit(endless, at(1000)), Err(BadLink));
}
