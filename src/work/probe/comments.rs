//! Vorbis comments, as FLAC and Ogg carry them, and the texts of every other tag.

use super::Tags;
use super::bytes::Bytes;
use stead_rules::limits::TAG_CHARS_MAX;

/// Most comments that are looked at; a track has about twenty.
const COMMENTS_MAX: u32 = 1000;

/// Reads a block of Vorbis comments into `tags`; what is broken is left out.
pub(super) fn read(block: &[u8], tags: &mut Tags) -> Option<()> {
    let mut bytes = Bytes::new(block);
    let vendor = bytes.le32()?;
    bytes.skip(usize::try_from(vendor).ok()?)?;
    let count = bytes.le32()?.min(COMMENTS_MAX);
    for _ in 0..count {
        let length = usize::try_from(bytes.le32()?).ok()?;
        let text = String::from_utf8_lossy(bytes.take(length)?);
        if let Some((name, value)) = text.split_once('=') {
            tags.set_comment(&name.to_ascii_uppercase(), value);
        }
    }
    Some(())
}

impl Tags {
    /// Sets the text that ffprobe gives under this name, unless there is one.
    pub(crate) fn set_named(&mut self, name: &str, value: &str) {
        match name.to_ascii_uppercase().as_str() {
            "ALBUM_ARTIST" => self.set_comment("ALBUMARTIST", value),
            "TRACK" => self.set_comment("TRACKNUMBER", value),
            "DISC" => self.set_comment("DISCNUMBER", value),
            "ITUNEXTC" => self.set_comment("LAW_RATING", value),
            name => self.set_comment(name, value),
        }
    }

    fn set_comment(&mut self, name: &str, value: &str) {
        match name {
            "TITLE" => first(&mut self.title, value),
            "ARTIST" => first(&mut self.artist, value),
            "ALBUMARTIST" | "ALBUM ARTIST" => first(&mut self.album_artist, value),
            "ALBUM" => first(&mut self.album, value),
            "GENRE" => first(&mut self.genre, value),
            "DATE" | "YEAR" | "ORIGINALDATE" => self.year = self.year.or_else(|| year(value)),
            "TRACKNUMBER" => self.track = self.track.or_else(|| number(value)),
            "DISCNUMBER" => self.disc = self.disc.or_else(|| number(value)),
            "LAW_RATING" => first(&mut self.certificate, value),
            _ => {}
        }
    }
}

/// Keeps the first value that says something.
pub(super) fn first(slot: &mut Option<String>, value: &str) {
    if slot.is_none() {
        *slot = tidy(value);
    }
}

/// Trimmed, without control characters, not longer than the limit; `None` when nothing is left.
pub(super) fn tidy(value: &str) -> Option<String> {
    let kept: String = value.chars().filter(|c| !c.is_control()).take(TAG_CHARS_MAX).collect();
    let trimmed = kept.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// The number before a slash: `3/12` is 3. Zero is no number.
pub(super) fn number(value: &str) -> Option<u32> {
    let digits = value.split('/').next()?.trim();
    digits.parse().ok().filter(|number| (1..100_000).contains(number))
}

/// The year that a date begins with.
pub(super) fn year(value: &str) -> Option<u16> {
    let digits = value.trim().get(..4)?;
    digits.parse().ok().filter(|year| (1000..3000).contains(year))
}

#[cfg(test)]
mod tests {
    use super::{number, tidy, year};

    #[test]
    fn numbers_and_years_are_taken_from_what_people_write() {
        assert_eq!(number("3/12"), Some(3));
        assert_eq!(number(" 07 "), Some(7));
        assert_eq!([number("0"), number("A1"), number("")], [None; 3]);
        assert_eq!(year("1999-05-02"), Some(1999));
        assert_eq!([year("99"), year("soon"), year("ä999")], [None; 3]);
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(tidy(" a\u{0}b\n "), Some("ab".to_owned()));
        assert_eq!(tidy(" \t"), None);
        assert_eq!(tidy(&"ä".repeat(10_000)).map(|text| text.chars().count()), Some(512));
    }
}
