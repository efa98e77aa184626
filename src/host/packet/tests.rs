use std::os::fd::{AsFd as _, OwnedFd};

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, socketpair};

use super::*;

fn pair() -> (OwnedFd, OwnedFd) {
    socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
}

#[test]
fn a_message_arrives_whole_or_not_at_all() {
    let (ours, theirs) = pair();
    send(&ours, &vec!["one", "two"], &[ours.as_fd()]).unwrap();
    let (words, descriptors) = receive::<Vec<String>>(&theirs).unwrap().unwrap();
    assert_eq!((words, descriptors.len()), (vec!["one".to_owned(), "two".to_owned()], 1));

    let long = "x".repeat(MESSAGE_MAX_BYTES);
    assert!(send(&ours, &long, &[]).is_err(), "longer than the other side reads");
    let raw = format!("{}1", " ".repeat(MESSAGE_MAX_BYTES));
    rustix::net::send(&ours, raw.as_bytes(), SendFlags::empty()).unwrap();
    assert!(receive::<u8>(&theirs).is_err(), "cut off");
    rustix::net::send(&ours, b"no JSON", SendFlags::empty()).unwrap();
    assert!(receive::<u8>(&theirs).is_err());

    let many = [ours.as_fd(), ours.as_fd(), ours.as_fd()];
    assert!(send(&ours, &1, &many).is_err(), "more descriptors than any job has");
    // What came along is the other side too.
    drop((ours, descriptors));
    assert!(receive::<u8>(&theirs).unwrap().is_none());
}
