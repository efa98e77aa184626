//! The bytes of a `stead.txt` as text, whichever editor saved them.
//!
//! | begins with     | is                                                                           |
//! |-----------------|------------------------------------------------------------------------------|
//! | FF FE, or FE FF | UTF-16, which Notepad called "Unicode"                                       |
//! | anything else   | lines, each of them UTF-8, or Windows-1252 ("ANSI") where it cannot be UTF-8 |
//!
//! A byte order mark is left out. So are zeros outside of UTF-16: the shell of Windows appends UTF-16
//! to a file of any kind, which without its zeros is Latin-1.

use zeroize::Zeroizing;

/// What the reset button appends, in ASCII whatever the file is (`image/rootfs/usr/lib/stead/reset`).
const BUTTON: &[u8] = b"reset = everything\n";
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// Windows-1252 from 0x80 to 0x9f. From 0xa0 on it is Latin-1, whose bytes are the characters' numbers.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// In which order the two bytes of a unit lie.
#[derive(Debug, Clone, Copy)]
enum Utf16 {
    Little,
    Big,
}

/// A `stead.txt` as text.
#[derive(Debug)]
pub struct BootText {
    /// What stands in it.
    pub text: Zeroizing<String>,
    /// Whether a line of it was taken for Windows-1252, which is right in the west of Europe only.
    pub guessed: bool,
}

impl BootText {
    /// Reads any bytes; half a character of UTF-16 becomes U+FFFD.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Self {
        // Of a byte come three at most (the euro sign), so no copy of a secret is left by growing.
        let mut text = Zeroizing::new(String::with_capacity(3 * bytes.len()));
        let guessed = match Utf16::of(bytes) {
            Some(order) => {
                push_utf16(&mut text, bytes, order);
                false
            }
            None => push_lines(&mut text, bytes),
        };
        Self { text, guessed }
    }
}

/// A text to append to a file that begins with `head`, in the encoding of that file.
#[must_use]
pub fn encoded_like(head: &[u8], text: &str) -> Vec<u8> {
    match Utf16::of(head) {
        Some(order) => text.encode_utf16().flat_map(|unit| order.bytes(unit)).collect(),
        None => text.as_bytes().to_vec(),
    }
}

impl Utf16 {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, ..] => Some(Self::Little),
            [0xfe, 0xff, ..] => Some(Self::Big),
            _ => None,
        }
    }

    const fn unit(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    const fn bytes(self, unit: u16) -> [u8; 2] {
        match self {
            Self::Little => unit.to_le_bytes(),
            Self::Big => unit.to_be_bytes(),
        }
    }
}

fn push_utf16(text: &mut String, bytes: &[u8], order: Utf16) {
    let (units, pressed) = without_button(bytes);
    let (units, _) = units.as_chunks();
    let units = units.iter().skip(1).map(|unit| order.unit(*unit));
    text.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    if pressed {
        text.push('\n');
        text.extend(BUTTON.iter().map(|byte| char::from(*byte)));
    }
}

/// The file as it was before the button was held, and whether it was, once or more often.
fn without_button(bytes: &[u8]) -> (&[u8], bool) {
    let mut rest = bytes;
    while let Some(before) = rest.strip_suffix(BUTTON) {
        rest = before.strip_suffix(b"\n").unwrap_or(before);
    }
    (rest, rest.len() < bytes.len())
}

/// Each line in its own encoding; whether one was no UTF-8.
fn push_lines(text: &mut String, bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    let mut written = Zeroizing::new(Vec::with_capacity(bytes.len()));
    written.extend(bytes.iter().filter(|byte| **byte != 0));
    let mut guessed = false;
    for line in written.split_inclusive(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => {
                guessed = true;
                text.extend(line.iter().map(|byte| windows(*byte)));
            }
        }
    }
    guessed
}

fn windows(byte: u8) -> char {
    let of_its_own = byte.checked_sub(0x80).and_then(|at| WINDOWS.get(usize::from(at)));
    of_its_own.copied().unwrap_or(char::from(byte))
}
