//! Names of people and servers: any language, one spelling, nothing invisible.
//!
//! Two names that look the same are the same. What is compared follows the idea of RFC 8265 §3.3
//! (UsernameCaseMapped): widths, cases and forms of composition are mapped away. Where that RFC
//! refuses characters with a compatibility mapping, as in `ﬁ`, they are mapped too (NFKC): a person
//! cannot know which of them a keyboard made.

use unicode_normalization::UnicodeNormalization as _;

use crate::limits::NAME_MAX_CHARS;

/// A name as it is shown: composed (NFC), trimmed, single spaces, nothing that hides or turns text around.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing is left of it.
    #[error("a name has at least one letter or digit")]
    Empty,
    /// It does not fit a line.
    #[error("a name has at most {NAME_MAX_CHARS} characters")]
    TooLong,
    /// It holds characters that cannot be seen or that change how others are read.
    #[error("a name holds no invisible characters")]
    Invisible,
}

impl BadName {
    /// The stable code of any of these.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "name_invalid"
    }
}

impl Name {
    /// Takes a name as typed.
    pub fn parse(typed: &str) -> Result<Self, BadName> {
        if typed.len() > NAME_MAX_CHARS * 16 {
            return Err(BadName::TooLong);
        }
        let name: String = typed.nfc().collect();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.chars().any(is_invisible) {
            return Err(BadName::Invisible);
        }
        if !name.chars().any(char::is_alphanumeric) {
            return Err(BadName::Empty);
        }
        if name.chars().count() > NAME_MAX_CHARS {
            return Err(BadName::TooLong);
        }
        Ok(Self(name))
    }

    /// The name as shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names share that are the same to a person who signs in: case, joiners, widths and
    /// ways to compose a letter do not matter. A small letter may have a compatibility form of its
    /// own, so the mapping is done again at the end.
    #[must_use]
    pub fn key(&self) -> String {
        let plain: String = self.0.chars().filter(|c| !is_joiner(*c)).nfkc().collect();
        plain.to_lowercase().nfkc().collect()
    }
}

/// Letters of some scripts need joiners, so they may be shown; they are no difference.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}')
        || matches!(c, '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e0fff}')
}
