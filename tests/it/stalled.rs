//! People who ask and do not read: they hold a bounded part of the server, and not for ever.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use stead_rules::limits::{CONNECTION_STALLED_SECONDS, STREAMS_PER_USER_MAX};

use crate::access::member;
use crate::endings::{Jukebox, SONG_BYTES, begin, drain};
use crate::harness::{App, in_accounts};

/// The server looks every few seconds.
const SOON: Duration = Duration::from_secs(20);
/// Longer than it looks, and less than an HTTP/2 peer may leave a ping unanswered.
const A_LOOK: Duration = Duration::from_secs(8);

fn advance(app: &App, seconds: u64) {
    app.clock.advance(seconds * 1000);
}

/// Whether the other side leaves a connection open that nothing more is read from than what comes.
fn stays_open(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(A_LOOK)).unwrap();
    loop {
        match stream.read(&mut [0; 1024]) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}

fn is_closed_soon(stream: &mut TcpStream) -> bool {
    let began = Instant::now();
    stream.set_read_timeout(Some(SOON * 2)).unwrap();
    while let Ok(1..) = stream.read(&mut [0; 1024]) {}
    began.elapsed() < SOON
}

#[test]
fn whoever_asks_and_never_reads_is_let_go() {
    let jukebox = Jukebox::new();
    let (app, mut browser) = (&jukebox.app, jukebox.owner.browser.clone());
    let song = jukebox.song(&browser);
    let mut stream = begin(app, &browser, &song);
    // What the system buffers on the way is full by then.
    std::thread::sleep(A_LOOK);
    advance(app, CONNECTION_STALLED_SECONDS);
    // It looks twice.
    std::thread::sleep(A_LOOK * 2);
    assert!(drain(&mut stream) < SONG_BYTES / 2, "what was on its way, and no more");
    browser = browser.with("Range", "bytes=-100");
    assert_eq!(browser.get(&song).expect(206).body.len(), 100, "a player goes on by Range");
}

/// HTTP/2 by hand: a peer whose streams have no window, which asks for `/` once.
fn ask_without_a_window(app: &App) -> TcpStream {
    let authority = format!("127.0.0.1:{}", app.http_port);
    // GET, http, "/", and the authority as a literal.
    let mut head = vec![0x82, 0x86, 0x84, 0x01, u8::try_from(authority.len()).unwrap()];
    head.extend(authority.as_bytes());
    let mut words = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // SETTINGS: INITIAL_WINDOW_SIZE is 0.
    words.extend([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
    // HEADERS: they and the stream 1 end here.
    words.extend([0, 0, u8::try_from(head.len()).unwrap(), 1, 5, 0, 0, 0, 1]);
    words.extend(head);
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, app.http_port)).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream.write_all(&words).unwrap();
    let mut kind = [0; 9];
    while kind[3] != 1 {
        stream.read_exact(&mut kind).unwrap();
        let length = usize::from(kind[1]) << 8 | usize::from(kind[2]);
        stream.read_exact(&mut vec![0; length]).unwrap();
    }
    stream
}

#[test]
fn whoever_asks_and_never_reads_is_let_go_over_http2() {
    let app = App::start();
    let mut stream = ask_without_a_window(&app);
    advance(&app, CONNECTION_STALLED_SECONDS - 30);
    assert!(stays_open(&mut stream), "who is slow has time");
    advance(&app, 30);
    assert!(is_closed_soon(&mut stream));
}

/// A member asks for the song again and again, and reads nothing of it.
#[test]
fn who_does_not_read_takes_no_stream_of_others() {
    let jukebox = Jukebox::new();
    let (app, owner) = (&jukebox.app, &jukebox.owner.browser);
    let mut sam = member(app);
    in_accounts(
        app,
        "INSERT INTO share (library_id, user_id, created_ms)
         SELECT l.id, u.id, 0 FROM library l, user u WHERE u.name = 'Sam'",
    );
    let song = jukebox.song(&sam);
    let stalled: Vec<_> = (0..STREAMS_PER_USER_MAX).map(|_| begin(app, owner, &song)).collect();
    let refused = sam.get(&song).expect(429);
    assert_eq!(refused.code(), "too_many_streams");
    assert!(refused.header("retry-after").is_some());

    let mut whole = begin(app, owner, &jukebox.song(owner));
    assert!(drain(&mut whole) > SONG_BYTES, "others play to the end");
    drop(stalled);
    let mut again = sam.with("Range", "bytes=-100");
    let began = Instant::now();
    while again.get(&song).status != 206 {
        assert!(began.elapsed() < SOON, "who closes a player may open another one");
        std::thread::sleep(Duration::from_millis(50));
    }
}
