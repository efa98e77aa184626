//! What bounds requirements, grace, exemptions and reminders.

/// Longest grace that an owner can give, in days: a season, after which a rule is none.
pub const GRACE_MAX_DAYS: u32 = 90;
/// The graces that are offered, in days.
pub const GRACE_PRESETS_DAYS: [u32; 3] = [7, 14, 30];
/// Shortest age of a second factor that can be required: shorter, and a film would be interrupted
/// twice.
pub const MAX_AGE_MIN_SECONDS: u64 = 3600;
/// Longest one: a session is over after 90 days without use, so nothing older comes.
pub const MAX_AGE_MAX_SECONDS: u64 = 90 * 24 * 3600;
/// An exemption that names no end ends after this: half a year.
pub const EXEMPTION_SECONDS: u64 = 180 * 24 * 3600;
/// Longest exemption: each year somebody looks at it again.
pub const EXEMPTION_MAX_SECONDS: u64 = 366 * 24 * 3600;
/// A reminder by hand to the same person is sent at most this often.
pub const REMINDER_BY_HAND_SECONDS: u64 = 24 * 3600;
/// An invitation is good for so many days, unless its owner says otherwise: until after a weekend.
pub const INVITATION_DAYS: u32 = 7;
/// The longest one, in days: a link that lies in a chat is somebody else's by then.
pub const INVITATION_MAX_DAYS: u32 = 30;
/// Invitations that wait at once: more than a large family and its friends.
pub const INVITATIONS_MAX: u32 = 200;
/// Shortest PIN of a household profile: it keeps siblings apart, on devices that somebody signed in.
pub const PIN_DIGITS_MIN: usize = 4;
/// Longest one.
pub const PIN_DIGITS_MAX: usize = 12;
/// Wrong PINs in a row before none opens until another is set: of ten thousand, five are few.
pub const PIN_TRIES: u32 = 5;
/// Profiles of one person: more than a household has.
pub const PROFILES_MAX: usize = 10;
/// Entries of the log of decisions; an entry is about 300 bytes, so this is some 60 MB.
pub const AUDIT_ENTRIES_MAX: u64 = 200_000;
/// Claims, recoveries and changes of the policy stay in the log this long, however full it is: a
/// year and a month, so that the same day of last year can be looked at.
pub const AUDIT_KEPT_SECONDS: u64 = 400 * 24 * 3600;
/// Groups on one server: a household has a handful, a club some dozens.
pub const GROUPS_MAX: usize = 200;
/// Letters of the reason of an exemption: a sentence for whoever looks at it in half a year.
pub const EXEMPTION_REASON_MAX_CHARS: usize = 200;
/// Rows of the board in one answer.
pub const BOARD_ROWS_MAX: usize = 200;
/// Entries of the log in one answer.
pub const AUDIT_PAGE_MAX: u32 = 500;
/// Days that blocked attempts are counted for, on the board.
pub const BLOCKED_DAYS: u32 = 30;
/// Kinds of decisions that are counted at once in memory. More are more users, doors and reasons than
/// ten seconds see: what does not fit is counted with the next of its kind.
pub const DECISIONS_HELD_MAX: usize = 4096;
/// Refusals that were counted in memory are written this often: a cut of power loses no more.
pub const DECISIONS_FLUSH_SECONDS: u64 = 10;
/// Who was let in by grace or an exemption is written this often: they browse for hours.
pub const DECISIONS_REST_SECONDS: u64 = 60;
/// Rows of counted decisions that are kept for the board: 30 days of a full house.
pub const DECISION_ROWS_MAX: u64 = 100_000;
/// Days of adoption that are shown and kept: two years and a month.
pub const ADOPTION_DAYS_MAX: i64 = 762;
