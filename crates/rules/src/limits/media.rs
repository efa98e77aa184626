//! What bounds workers, parsers and the indexer.

/// Address space of a picture worker: a 64 Mpx photo with four bytes to a point is 256 MB, and the smallest box has
/// 512 MB of which the kernel kills this process first.
pub const PICTURE_MEMORY_BYTES: u64 = 384 * 1024 * 1024;
/// Largest picture that is decoded; above it lie panoramas and bombs.
pub const PICTURE_PIXELS_MAX: u64 = 64_000_000;
/// Largest picture file that is opened for decoding.
pub const PICTURE_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Processor time of one picture: an A53 decodes 64 Mpx in about 8 s.
pub const PICTURE_CPU_SECONDS: u64 = 30;
/// Time from start to end of one picture, with a disk that has to spin up.
pub const PICTURE_SECONDS: u64 = 60;
/// Address space of ffmpeg for one frame: two 4K reference pictures and its code.
pub const FRAME_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// Processor time of one frame or one ffprobe answer.
pub const FRAME_CPU_SECONDS: u64 = 30;
/// Time from start to end of one frame or one ffprobe answer.
pub const FRAME_SECONDS: u64 = 45;
/// Longest thing any worker may write: a frame or a large thumbnail is well below 2 MiB.
pub const WORKER_OUTPUT_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Open files of a worker: the job's three, its program's libraries, and room.
pub const WORKER_FILES_MAX: u64 = 64;
/// Memory a picture worker typically takes (16 Mpx): so much must be there before one starts beside another.
pub const WORKER_COST_BYTES: u64 = 96 * 1024 * 1024;
/// Memory that stays free for the server and the page cache when a further worker starts.
pub const WORKER_RESERVE_BYTES: u64 = 128 * 1024 * 1024;
/// Workers run one at a time while everything waited for memory for more than this share of the last 10 s
/// (`full avg10` of the kernel's PSI): what runs has to read back what it was made to give up.
pub const MEMORY_STALLED_PERCENT: f64 = 5.0;
/// What waits for memory looks again after this long, and when another one has ended: the kernel counts anew
/// every two seconds.
pub const MEMORY_LOOK_MS: u64 = 2_000;
/// Most workers at once; beyond it a disk seeks more than it reads.
pub const WORKERS_MAX: usize = 4;
/// How often a file may kill its worker before it is left alone.
pub const WORKER_DEATHS_MAX: u32 = 2;
/// A disk that gave no answer is not asked for pictures again for this long: each try costs a maker
/// of pictures its patience.
pub const SILENT_DISK_SECONDS: u64 = 60;
/// Widest small picture: a card in a list on a phone with three dots to a point.
pub const PICTURE_SMALL_PX: u32 = 320;
/// Widest large picture: a television.
pub const PICTURE_LARGE_PX: u32 = 1920;
/// Largest embedded cover that is looked at.
pub const COVER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// How much of each end of a file its content key is made of.
pub const CONTENT_KEY_END_BYTES: usize = 64 * 1024;
/// Boxes, elements, frames or chunks that a header parser looks at in one file.
pub const PROBE_STEPS_MAX: u32 = 20_000;
/// Largest text block (comments, tags) that a header parser reads.
pub const PROBE_BLOCK_BYTES_MAX: u64 = 1024 * 1024;
/// Longest title, name or other tag that is kept.
pub const TAG_CHARS_MAX: usize = 512;
/// How far behind a file's start or its tags the first frame of sound is looked for.
pub const SOUND_SEARCH_BYTES_MAX: usize = 64 * 1024;
/// Longest time that anything plays: a year is more than anybody recorded, and what claims more is
/// damaged or a joke.
pub const PLAYS_MAX_MS: u64 = 366 * 24 * 3600 * 1000;
/// Shorter things are not resumed: a clip is faster begun again than found.
pub const RESUME_MIN_MS: u64 = 300_000;
/// Below this share nobody has really begun.
pub const RESUME_FROM_PERCENT: u64 = 5;
/// Above this share only the credits are left.
pub const RESUME_TO_PERCENT: u64 = 90;
/// Orders that may wait for the indexer: one for each library, and pictures that people look at.
pub const SCAN_ORDERS_MAX: usize = 256;
/// Events kept for a listener that is slow; it is then told to look again.
pub const SCAN_EVENTS_KEPT: usize = 64;
/// Files that may wait between two stages of a scan: enough to keep a disk busy, and 256 names of
/// 255 bytes are 64 KiB.
pub const SCAN_QUEUE: usize = 256;
/// Longest write transaction of a scan; somebody else waits at most this long for the writer.
pub const SCAN_BATCH_MS: u64 = 50;
/// Files entered in one transaction of a scan.
pub const SCAN_BATCH_FILES: usize = 512;
/// Progress is told at most this often.
pub const SCAN_TELL_MS: u64 = 250;
/// Files probed at once; more make one disk seek and gain nothing.
pub const PROBERS_MAX: usize = 4;
/// Folders inside each other; deeper ones are a loop or a joke.
pub const FOLDER_DEPTH_MAX: usize = 64;
/// Files in one folder; they are held in memory while it is compared.
pub const FOLDER_FILES_MAX: usize = 200_000;
/// A file that is gone is kept this long with all that is known of it.
pub const MISSING_KEPT_DAYS: i64 = 30;
/// Rows that are forgotten in one transaction.
pub const FORGET_ROWS: u32 = 500;
/// Pictures that come before all others: the cards of a few pages that people look at.
pub const PICTURES_FIRST_MAX: usize = 512;
/// While pictures are made, pages are told to look again at most this often.
pub const PICTURES_TELL_MS: u64 = 2000;
/// What large pictures may take on the system's medium: about 800 of them.
pub const LARGE_PICTURES_BYTES: u64 = 256 * 1024 * 1024;
/// The highest age that a certificate or a limit has: Singapore's R21.
pub const AGE_MAX: u8 = 21;
/// So much of a certificate is looked at: lists of a dozen countries are shorter.
pub const CERTIFICATE_CHARS_MAX: usize = 512;
/// So much of a description beside a film is read. Kodi's, with all of a cast, have 100 KiB.
pub const DESCRIPTION_BYTES_MAX: u64 = 1024 * 1024;
/// So many elements of a description are looked at.
pub const DESCRIPTION_STEPS_MAX: u32 = 100_000;
