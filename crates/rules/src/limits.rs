//! Every number that bounds something, with its reason.

mod media;
mod policy;
mod provider;

pub use media::*;
pub use policy::*;
pub use provider::*;

/// A proof that was accepted holds the claim for this browser this long; each step restarts it.
/// Long enough to install an authenticator app on a slow phone.
pub const CLAIM_PENDING_SECONDS: u64 = 15 * 60;
/// An unused claim secret is replaced after this much uptime.
pub const CLAIM_SECRET_UPTIME_SECONDS: u64 = 30 * 24 * 3600;
/// Shortest password of an account that also has a second factor (NIST SP 800-63B-4 §3.1.1.2).
pub const PASSWORD_MIN_WITH_FACTOR_CHARS: usize = 8;
/// Shortest password that is the only factor (NIST SP 800-63B-4 §3.1.1.2).
/// Shortest password of an account that has nothing else (NIST SP 800-63B-4 §3.1.1.2).
pub const PASSWORD_MIN_ALONE_CHARS: usize = 15;
/// Longest password accepted; NIST asks for at least 64, and hashing cost must not grow with it.
pub const PASSWORD_MAX_BYTES: usize = 1024;
/// Longest display name: fits a phone's line and a database index.
pub const NAME_MAX_CHARS: usize = 64;
/// Recovery codes handed out at enrolment.
pub const RECOVERY_CODES: usize = 10;
/// So few recovery codes left are told: time to make new ones.
pub const RECOVERY_CODES_FEW: u32 = 3;
/// Authenticators of one account: a phone, an old phone, a tablet, a spare; each one more is one
/// more code that counts at any moment, and guessing gets easier by as much.
pub const AUTHENTICATORS_MAX: usize = 5;
/// Browsers that one user is remembered on; the oldest makes room.
pub const REMEMBERED_DEVICES_MAX: u32 = 20;
/// A remembered browser is not asked for a second factor this long, for playing and browsing.
pub const REMEMBERED_DEVICE_SECONDS: u64 = 30 * 24 * 3600;
/// The same for a person who chose the longer time: a season, as long as a session plays.
pub const REMEMBERED_DEVICE_LONG_SECONDS: u64 = 90 * 24 * 3600;
/// Factors and sets of recovery codes that are being made and wait to be confirmed, of everybody.
pub const FACTOR_DRAFTS_MAX: usize = 256;
/// They wait this long: to install an authenticator app on a slow phone.
pub const FACTOR_DRAFT_SECONDS: u64 = 15 * 60;
/// Notices of one kind that are kept of one user; the oldest makes room. Of one kind, so that
/// nobody who signs in often enough makes another notice go.
pub const NOTICES_MAX: u32 = 50;
/// A notice that nobody saw is shown this long: longer than a holiday.
pub const NOTICE_SECONDS: u64 = 90 * 24 * 3600;
/// Passkeys of one account: a phone, a tablet, a laptop, two security keys, and those of before.
pub const PASSKEYS_MAX: usize = 10;
/// A challenge for a passkey is waited for this long (WebAuthn Level 3 §15.1 recommends 5 to 10
/// minutes): time to find the key and to remember its PIN.
pub const PASSKEY_CEREMONY_SECONDS: u64 = 5 * 60;
/// Challenges that are waited for at once: each page of sign-in that stands open has one.
pub const PASSKEY_CEREMONIES_MAX: usize = 512;
/// Of these, from one place (an IPv4 address, a /64 of IPv6): the oldest of the place makes room, so
/// that a flood from one device takes nobody else's.
pub const PASSKEY_CEREMONIES_PER_PLACE_MAX: usize = 32;
/// A request to approve a sign-in waits this long: to fetch the phone from the next room.
pub const APPROVAL_SECONDS: u64 = 3 * 60;
/// Requests that wait for one person at once: more than a household makes by mistake is somebody who
/// hopes that one of them is tapped away.
pub const APPROVALS_PENDING_MAX: usize = 3;
/// After "it was not me" nobody is asked for that account from that place for this long.
pub const APPROVAL_REFUSED_SECONDS: u64 = 10 * 60;
/// So many wrong numbers in a row for one account and place count as a refusal.
pub const APPROVAL_WRONG_MAX: u32 = 3;
/// Requests that wait, of everybody, and refusals that are remembered: right passwords made each.
pub const APPROVALS_MAX: usize = 256;
/// A device's code is good for this long (RFC 8628 §3.2): to find a phone, sign in on it and type.
pub const DEVICE_CODE_SECONDS: u64 = 10 * 60;
/// A device asks this often whether it was approved (RFC 8628 §3.2).
pub const DEVICE_POLL_SECONDS: u64 = 5;
/// One that asks sooner waits so much longer from then on (RFC 8628 §3.5).
pub const DEVICE_POLL_SLOWER_SECONDS: u64 = 5;
/// Hasty questions of one device before its code is void: a clock that drifts makes a few.
pub const DEVICE_HASTY_POLLS_MAX: u32 = 20;
/// Codes that wait at once. More make guessing one easier: with these, one guess in 200 million
/// meets a code.
pub const DEVICE_CODES_MAX: usize = 128;
/// Of these, what comes from beyond the box's own networks: whoever floods from outside leaves
/// half of the places to the house.
pub const DEVICE_CODES_FROM_ELSEWHERE_MAX: usize = 64;
/// Of these, what programs of one kind may hold: whoever floods as a television leaves half of the
/// places to apps and servers.
pub const DEVICE_CODES_OF_KIND_MAX: usize = 64;
/// Of these, what one network beyond the box's own may hold (a /24, a /48): whoever has a network of
/// their own leaves most of the places to others, and the customers of a provider who share one find
/// enough.
pub const DEVICE_CODES_PER_NETWORK_MAX: usize = 16;
/// Of these, what one place may hold: a household sets up its televisions one by one.
pub const DEVICE_CODES_PER_PLACE_MAX: usize = 4;
/// Longest wait for wrong codes of one user from everywhere. A code is for one approval and dies in
/// minutes, so a person who types the right one after others guessed in their name waits no longer.
pub const DEVICE_GUESS_ALL_WAIT_SECONDS: u64 = 60;
/// Televisions, apps and passwords for apps of one user: a household has fewer screens.
pub const DEVICES_PER_USER_MAX: u32 = 40;
/// TOTP period, RFC 6238 §5.2.
pub const TOTP_STEP_SECONDS: u64 = 30;
/// Steps accepted either side of the current one, RFC 6238 §5.2.
pub const TOTP_WINDOW_STEPS: u64 = 1;
/// First pause after a wrong credential.
pub const THROTTLE_FIRST_SECONDS: u64 = 1;
/// Longest pause after wrong credentials.
pub const THROTTLE_LAST_SECONDS: u64 = 3600;
/// Misses at a credential are forgotten after this long without another: long beside the longest
/// pause, or waiting would be cheaper than guessing slowly.
pub const THROTTLE_FORGET_SECONDS: u64 = 24 * 3600;
/// Misses at one credential from everywhere before all places wait that it was never right from:
/// a household mistypes less in a day.
pub const THROTTLE_ALL_FREE_MISSES: u32 = 20;
/// Longest pause that misses from everywhere bring to a password: guesses from many places are
/// half a million a year then, and nobody is locked out by them.
pub const PASSWORD_ALL_WAIT_SECONDS: u64 = 60;
/// The same for a second factor. Only somebody with the password gets here, and six digits bear
/// fewer guesses.
pub const FACTOR_ALL_WAIT_SECONDS: u64 = 15 * 60;
/// Buckets for wrong passwords of one name from one place. With [`PASSWORD_MISSES_PER_BUCKET_MAX`] in
/// each, 8,192 pairs are kept, whoever has the names: a flood takes no more than a megabyte.
pub const PASSWORD_MISS_BUCKETS: u16 = 1024;
/// Pairs of name and place in one bucket. The oldest whose wait is over makes room, so it takes a
/// flood of the whole table to have one count forgotten.
pub const PASSWORD_MISSES_PER_BUCKET_MAX: usize = 8;
/// Places that one account's password was right from and that are remembered: a phone on the move
/// has another one each day.
pub const PASSWORD_PLACES_MAX: u32 = 32;
/// Places of one credential whose misses are kept, of those that only somebody known can try.
pub const THROTTLE_PLACES_MAX: u32 = 256;
/// A one-time link or code that the owner made for somebody is good for this long: handed over in
/// the evening, used the next day.
pub const WAY_BACK_SECONDS: u64 = 24 * 3600;
/// A rescue secret, and each rescue begun with it, is good for this much uptime: long enough to
/// find the recovery codes, short for a link that lies on a disk.
pub const RESCUE_SECONDS: u64 = 15 * 60;
/// A wish of `stead accounts` is a name and a word.
pub const OPERATOR_WISH_MAX_BYTES: u64 = 4096;
/// The answer to one lies in the data folder no longer than this; the command that asked takes it away
/// at once.
pub const OPERATOR_ANSWER_SECONDS: u64 = 60;
/// Resets that are enrolling a new authenticator at once; the oldest makes room.
pub const RESETS_AT_ONCE_MAX: usize = 64;
/// A session's right to tend (boards, libraries, scans) ends after this.
pub const TEND_SECONDS: u64 = 24 * 3600;
/// A session's right to tend ends after this long without a request.
pub const TEND_IDLE_SECONDS: u64 = 3600;
/// Guarding acts want a factor shown this recently.
pub const GUARD_SECONDS: u64 = 15 * 60;
/// A playback session ends after this long without use.
pub const SESSION_IDLE_SECONDS: u64 = 90 * 24 * 3600;
/// Events that go on are judged anew at least this often, for what ends without a word (age).
pub const SESSION_LOOK_EVENTS_SECONDS: u64 = 25;
/// A stream that goes on is judged anew this often, and at once when a session ends: one that a
/// deadline ends is over within a minute, whatever is under way.
pub const SESSION_LOOK_STREAM_SECONDS: u64 = 30;
/// While the accounts cannot be asked, a running answer goes on for this long since somebody last
/// said that it may: the second look of a stream that fails ends it, so a deadline that passed meanwhile is
/// kept to the minute, too.
pub const SESSION_UNJUDGED_SECONDS: u64 = 60;
/// A sign-in waits this long for its second factor.
pub const SIGNIN_TICKET_SECONDS: u64 = 5 * 60;
/// A stream link is good for this long; the player asks again.
pub const STREAM_LINK_SECONDS: u64 = 4 * 3600;
/// Largest JSON body of any API call; the largest legitimate one is under 2 KiB.
pub const BODY_MAX_BYTES: usize = 16 * 1024;
/// Connections held at once; each may pin buffers, and 512 MB boxes serve a household.
pub const CONNECTIONS_MAX: usize = 512;
/// Of these, what one peer may hold (an IPv4 address; of IPv6 an address on the box's own link, and
/// elsewhere a /64): a browser opens six, and one device must not take the places of the house.
pub const CONNECTIONS_PER_PEER_MAX: usize = 64;
/// What a /64 on the box's own link may hold: it is the whole house, and one device of it can make
/// up as many addresses as it likes, so half of the places stay for others.
pub const CONNECTIONS_PER_LINK_MAX: usize = 256;
/// Places beyond these for the box itself alone: `stead health` must be answered in a flood.
pub const CONNECTIONS_OF_THE_BOX: usize = 32;
/// A file with a certificate and its issuers, or with a key: real ones have 2 to 8 KiB.
pub const CERTIFICATE_FILE_MAX_BYTES: u64 = 256 * 1024;
/// The machines that a request may have passed: chains of real proxies have two or three, and a
/// list that is walked at every request must end.
pub const FORWARDED_HOPS_MAX: usize = 16;
/// A connection on which nothing is under way is closed after this long; a browser that comes
/// back opens another one unseen.
pub const CONNECTION_IDLE_SECONDS: u64 = 60;
/// A connection on which answers are under way and none of their bytes moved for this long is closed:
/// whoever asks and does not read must not hold it for ever. A player that paused asks again by
/// Range, and events send something every 25 s.
pub const CONNECTION_STALLED_SECONDS: u64 = 600;
/// Files that the server may have open at once: its connections, a file for each stream, databases,
/// disks and workers, twice over. The soft limit that most systems set is 1024.
pub const OPEN_FILES: u64 = 4096;
/// How often a peer of HTTP/2 is asked whether it is still there: phones leave without a word.
pub const HTTP2_PING_SECONDS: u64 = 30;
/// It answers within this time, or the connection is closed.
pub const HTTP2_PING_ANSWER_SECONDS: u64 = 10;
/// A client must send its request head within this time.
pub const HEADER_READ_SECONDS: u64 = 10;
/// The longest head of a request over HTTP/1.1, with its line: browsers stay below 16 KiB, and all
/// connections at once fit into a small box's memory with heads of this length (32 MiB).
pub const HEAD_MAX_BYTES: usize = 64 * 1024;
/// The most headers of one request over HTTP/1.1: browsers send twenty.
pub const HEADERS_MAX: usize = 100;
/// The longest head over HTTP/2, where many requests share a connection.
pub const HTTP2_HEAD_MAX_BYTES: u32 = 16 * 1024;
/// The largest backup that is made, and taken back. The log of decisions is at most some 60 MB (200,000
/// entries of 300 bytes), and what ten people have watched of ten thousand films each ten more.
pub const BACKUP_MAX_BYTES: u64 = 256 * 1024 * 1024;
/// Making a backup, sending one and putting it back take at most this long: over slow Wi-Fi, from a slow
/// card. Whoever stands still meanwhile is cut off sooner, as everywhere.
pub const BACKUP_SECONDS: u64 = 600;
/// The work of a guess at the words that lock a backup: scrypt of 2^15 takes 32 MiB, which a small box
/// has to spare, and the words are long. More is not taken either, so that no file takes all memory.
pub const BACKUP_SCRYPT_LOG_N: u8 = 15;
/// A request is answered within this time or refused, the look at who asks included.
pub const REQUEST_SECONDS: u64 = 30;
/// At SIGTERM running answers get this long.
pub const DRAIN_SECONDS: u64 = 10;
/// Threads that work beside the requests get this long: what they were told to stop stops at the
/// next file, and one that a disk holds ends with the process.
pub const DRAIN_THREADS_SECONDS: u64 = 2;
/// Threads for what blocks: databases, password hashes, files. Those that may wait for media are
/// at most [`MEDIA_THREADS_MAX`] of them, so 8 are left for the rest whatever a disk does.
pub const BLOCKING_THREADS_MAX: usize = 24;
/// Of these, what may wait for media at once: two disks that hang (four reads and two calls by
/// path each) and a third that works.
pub const MEDIA_THREADS_MAX: usize = 16;
/// Calls by path (open, look, list) at once below one folder of media: a second one goes on while
/// the first wakes a disk, and a disk that hangs takes no more.
pub const PATH_CALLS_AT_ONCE_PER_ROOT: usize = 2;
/// A call by path is answered within this time: a disk that sleeps is awake by then, and a request
/// has 30 s.
pub const PATH_CALL_SECONDS: u64 = 20;
/// Where the configured folders really lie is asked each time, and taken as last known after this.
pub const ROOT_LOOK_SECONDS: u64 = 2;
/// Items in one page of a list.
pub const PAGE_ITEMS_MAX: u32 = 200;
/// Password hashes computed at once: 19 MiB each, so a flood of sign-ins cannot eat a small box.
pub const PASSWORD_HASHES_AT_ONCE: usize = 2;
/// Of one place (an IPv4 address, a /64 of IPv6) one password is hashed and others wait, so many
/// together; more are refused at once. A household signs in one by one, a flood does not.
pub const PASSWORD_HASHES_PER_PLACE_MAX: usize = 3;
/// Hashes beyond these for the box itself alone: whoever sits at it gets in during a flood.
pub const PASSWORD_HASHES_OF_THE_BOX: usize = 1;
/// Wrong claim codes from one address before it has to wait; a person mistypes, thrice.
pub const CODE_FREE_MISSES: u32 = 3;
/// Wrong claim codes from all addresses before everybody has to wait; an attacker with many
/// addresses (IPv6) meets this one.
pub const CODE_FREE_MISSES_GLOBAL: u32 = 30;
/// Addresses whose misses are remembered; the oldest is forgotten, and the global count remains.
pub const CODE_ADDRESSES_MAX: usize = 256;
/// Misses are forgotten after this long without another one.
pub const CODE_FORGET_SECONDS: u64 = 3600;
/// Longest wait that misses of all addresses together bring: guessing 20^8 codes at this pace
/// takes 48,000 years, and a person who types the right one waits no longer.
pub const CODE_GLOBAL_WAIT_SECONDS: u64 = 60;
/// Phones that wait for the plug pattern at a time: as many as there are numbers to tell.
pub const PLUG_PHONES_MAX: usize = 4;
/// The same on a server that has an owner: each phone more is a number more that a failure of the
/// power may meet.
pub const PLUG_PHONES_MAX_OWNED: usize = 1;
/// The least number of power cuts that a phone is told: one happens to everybody.
pub const PLUG_CUTS_MIN: u8 = 2;
/// The greatest: more is a strain on people and on disks.
pub const PLUG_CUTS_MAX: u8 = 5;
/// Uptime in which a phone's pattern must be done: five cuts at the pace of a slow boot.
pub const PLUG_WINDOW_SECONDS: u64 = 600;
/// Uptime without another cut after which a pattern is over and judged: time to see the count on
/// the phone and to reach the plug, once more.
pub const PLUG_SETTLE_SECONDS: u64 = 90;
/// Uptime for which a server with an owner waits after a right plug pattern: a day in which the
/// owner is told and may come.
pub const PLUG_CLAIMED_WAIT_SECONDS: u64 = 24 * 3600;
/// Uptime for which a right plug pattern is good for a claim that is not begun.
pub const PLUG_PROOF_SECONDS: u64 = 3600;
/// Characters that an owner's own code has at least: it is guessed over the network only, at the
/// pace of a password hash.
pub const OWN_CODE_MIN_CHARS: usize = 8;
/// Bytes that it has at most.
pub const OWN_CODE_MAX_BYTES: usize = 256;
/// Bytes of a `stead.txt` that are read; a larger one is not ours.
pub const BOOT_FILE_MAX_BYTES: u64 = 64 * 1024;
/// Steps either side in which a code is recognised, only to explain that a clock is wrong.
pub const TOTP_DRIFT_STEPS: u64 = 10;
/// A time further than this beyond the floor is a broken clock: the box's own CA ends there.
pub const CLOCK_AHEAD_MAX_SECONDS: i64 = 20 * 365 * 24 * 3600;
/// A TLS handshake is done within this time, or the connection is closed.
pub const TLS_HANDSHAKE_SECONDS: u64 = 10;
/// Requests under way at once on one HTTP/2 connection: a page of posters, not a flood.
pub const HTTP2_STREAMS_MAX: u32 = 64;
/// A browser that was sent to an external issuer is waited for this long: time to find a phone there.
pub const ISSUER_WAIT_SECONDS: u64 = 10 * 60;
/// Browsers at an external issuer at once, and of those from one place.
pub const ISSUER_WAITS_MAX: usize = 256;
/// A household tries again and again; more from one place is nobody who signs in.
pub const ISSUER_WAITS_OF_PLACE_MAX: usize = 16;
/// Two clocks that are both right differ by no more than this.
pub const ISSUER_SKEW_SECONDS: u64 = 60;
/// Keys with unknown names are asked for at most this often.
pub const ISSUER_KEYS_AGAIN_SECONDS: u64 = 60;
/// The keys of an issuer that does not answer are used no longer than this.
pub const ISSUER_KEYS_STALE_SECONDS: u64 = 24 * 3600;
/// What an issuer says of itself is asked for anew after this.
pub const ISSUER_FACTS_SECONDS: u64 = 24 * 3600;
/// An issuer that names no interval is asked about a code this often (RFC 8628 §3.2).
pub const ISSUER_POLL_SECONDS: u64 = 5;
/// So much longer the pause becomes each time that it says so (RFC 8628 §3.5).
pub const ISSUER_POLL_SLOWER_SECONDS: u64 = 5;
/// The longest pause for an issuer that does not answer: a person waits for it.
pub const ISSUER_POLL_PAUSE_MAX_SECONDS: u64 = 60;
/// An issuer that could not be told of new names and addresses is told again after this, and after
/// twice as long each time.
pub const REGISTRATION_AGAIN_SECONDS: u64 = 10;
/// At least this often: whoever signs in by a new address waits for it.
pub const REGISTRATION_AGAIN_MAX_SECONDS: u64 = 3600;
/// A registration that is not needed is taken back this often before it is left to its person, who
/// sees it in the list at the issuer.
pub const REGISTRATION_GIVE_BACK_TRIES: u32 = 5;
/// Registrations that wait to be taken back: a claim makes one, and few claims are given up.
pub const REGISTRATION_GIVE_BACK_MAX: usize = 16;
/// An issuer that said nothing to use is not asked again for this long, counted from the question: so
/// long an answer may take, and then time to breathe. Whoever mended it need not wait longer.
pub const ISSUER_SILENCE_SECONDS: u64 = ISSUER_ANSWER_SECONDS + 5;
/// An answer of an issuer has come whole within this.
pub const ISSUER_ANSWER_SECONDS: u64 = 10;
/// Largest answer of an issuer; the largest legitimate one (a set of keys) is under 32 KiB.
pub const ISSUER_ANSWER_MAX_BYTES: usize = 256 * 1024;
/// Sign-ins that wait for a second factor at once.
pub const SIGNIN_TICKETS_MAX: usize = 256;
/// More than this share of a library's files gone at once asks the owner: rather a disk that is
/// not there than a decision.
pub const VANISHING_ASKS_PERCENT: usize = 20;
/// Fewer files than this gone at once never ask: in a library of four films one is a quarter.
pub const VANISHING_ASKS_FILES: usize = 10;
/// First read of a stream, so that many slow clients stay cheap.
pub const READ_FIRST_BYTES: usize = 32 * 1024;
/// Largest read of a stream, reached while the client takes everything at once.
pub const READ_LARGEST_BYTES: usize = 256 * 1024;
/// What all streams together may hold of media: a 512 MB box keeps the rest for its page cache.
pub const STREAM_BUFFERS_BYTES: usize = 16 * 1024 * 1024;
/// Buffers of [`READ_LARGEST_BYTES`] that are kept for the next read: a stream has two on their way,
/// and 1 MiB is what an idle box can spare.
pub const SPARE_BUFFERS: usize = 4;
/// Streams of one user at once, over all their devices: at [`READ_LARGEST_BYTES`] each they hold a
/// quarter of [`STREAM_BUFFERS_BYTES`], so nobody who does not read stops the others. A player needs
/// one or two.
pub const STREAMS_PER_USER_MAX: usize = STREAM_BUFFERS_BYTES / READ_LARGEST_BYTES / 4;
/// Reads at once on one block device: more only makes a disk seek, and a disk that hangs must
/// not take every thread.
pub const READS_AT_ONCE_PER_DEVICE: usize = 4;
/// Items in one row of the first page: what a wide screen shows, twice.
pub const HOME_ROW_ITEMS: u32 = 24;
/// Items that a search shows; who needs more types another letter.
pub const SEARCH_ITEMS_MAX: u32 = 60;
/// Folders that the picker shows at once.
pub const FOLDERS_SHOWN_MAX: usize = 2000;
/// Unusable files that a report lists.
pub const PROBLEMS_SHOWN_MAX: u32 = 1000;

/// Messages that wait to be sent: one for each person of the largest server that is measured, twice.
pub const MAIL_WAITING_MAX: u32 = 20_000;
/// A mail server answers within this time, or is tried again later (RFC 5321 §4.5.3.2 allows minutes;
/// nobody waits here).
pub const MAIL_SECONDS: u64 = 60;
/// The first pause after a message that was not taken; it doubles each time (RFC 5321 §4.5.4.1).
pub const MAIL_RETRY_FIRST_SECONDS: u64 = 60;
/// The longest pause.
pub const MAIL_RETRY_LAST_SECONDS: u64 = 3600;
/// Boxes that a search of the network lists: more than any home has; whoever answers for a thousand
/// names fills a list and no memory.
pub const FOUND_BOXES_MAX: usize = 64;
/// Longest word of a box in that list: it stands in one line of a terminal.
pub const FOUND_WORD_MAX_CHARS: usize = 64;
/// A search listens this long, and no shorter one is of use: boxes answer within a fifth of a second,
/// and are asked twice, more than two seconds apart, so that what one question misses the other finds.
pub const FIND_SECONDS: u64 = 4;
/// Longest search that can be asked for: a network that does not answer in a minute will not.
pub const FIND_SECONDS_MAX: u64 = 60;
/// Longest search by SSDP that is read: those of Windows have 150 bytes, and a packet of Ethernet has
/// no more than this.
pub const SSDP_SEARCH_MAX_BYTES: usize = 1472;
/// Answers to such searches in a second, three of which go to one that asks for everything. A home
/// with ten computers that search at once is served; whoever writes another's address into a search
/// has them sent thirty small packets.
pub const SSDP_ANSWERS_PER_SECOND: u32 = 30;

/// Where on the partition of an appliance the two copies of the marker lie: beyond the loader's
/// environment, which takes the first quarter at most, and far enough from each other that no
/// medium erases both at once.
pub const MARKER_COPY_OFFSETS: [u64; 2] = [512 * 1024, 576 * 1024];

/// Characters in the name of a file system that is made here: what ext4 keeps.
pub const DISK_LABEL_MAX_CHARS: usize = 16;
/// Characters in the name of an update.
pub const UPDATE_NAME_MAX_CHARS: usize = 128;
/// Disks and partitions that are listed: a box has a handful of ports, and a hub on each.
pub const DISKS_LISTED_MAX: usize = 64;
/// The largest file that is taken for an update: both slots of a system are 448 MiB, uncompressed.
pub const UPDATE_MAX_BYTES: u64 = 448 * 1024 * 1024;
/// Characters in a version of the system: a page shows it on a phone's line.
pub const UPDATE_VERSION_MAX_CHARS: usize = 40;
/// Characters in what a source of updates says of a version: a few sentences.
pub const UPDATE_NOTES_MAX_CHARS: usize = 1000;
/// The largest index of a source of updates: a version, a name, a sum and a few sentences.
pub const UPDATE_INDEX_MAX_BYTES: usize = 16 * 1024;
/// A source of updates answers within this time, and goes on answering within it.
pub const UPDATE_ANSWER_SECONDS: u64 = 30;
/// Redirects that are followed, all within the source.
pub const UPDATE_REDIRECTS_MAX: usize = 3;
/// A source is asked again after this long: once a day, and less than one, so that a box that is asked
/// for within one hour of the day meets it each day.
pub const UPDATE_LOOK_SECONDS: u64 = 20 * 3600;
/// What could not be asked or fetched is tried again after this long, then after twice as long…
pub const UPDATE_AGAIN_FIRST_SECONDS: u64 = 30;
/// …and at last each hour: a window of a few hours has several tries.
pub const UPDATE_AGAIN_LAST_SECONDS: u64 = 3600;
/// What somebody wants fetched is given up after so many tries in which nothing came: about six hours,
/// an evening in which whoever waits has gone to bed.
pub const UPDATE_FRUITLESS_TRIES_MAX: u32 = 12;
/// An install by itself that was cut off so often is not begun again: once is a cut of power, and what
/// takes the box down does so each time.
pub const UPDATE_INSTALLS_CUT_OFF_MAX: u32 = 2;
/// Nobody plays once nothing was asked for this long: a player reads a few minutes ahead, and whoever
/// pauses to make tea comes back.
pub const UPDATE_QUIET_SECONDS: u64 = 15 * 60;
/// Versions that were left and are remembered; each was installed once.
pub const UPDATES_LEFT_MAX: u32 = 32;
/// Updates on disks that are told of: each is looked into by rauc, one after the other.
pub const UPDATES_ON_DISKS_MAX: usize = 8;
/// Names in the top folder of a disk that are looked at for updates; a folder of films has fewer.
pub const UPDATE_DISK_ENTRIES_MAX: usize = 10_000;
/// An update is copied in pieces of this size: a slow stick is read in few calls, and a small box has
/// the memory.
pub const UPDATE_PIECE_BYTES: usize = 256 * 1024;
/// How long the helper waits for its job once somebody has connected.
pub const HELPER_WAIT_MS: u64 = 10_000;
/// How long the service waits for the helper to install an update or to format a large disk.
pub const HELPER_LONG_MS: u64 = 30 * 60 * 1000;
/// How long it waits for anything else: a disk wakes up in that time.
pub const HELPER_SHORT_MS: u64 = 60_000;
/// Characters in a host name of the owner's own: a conflict adds two, and names of certificates are
/// short.
pub const HOST_LABEL_MAX_CHARS: usize = 32;
