//! EXIF: how the camera was held and when.

use super::Size;
use super::bytes::Bytes;

const ORIENTATION: u16 = 0x0112;
const CHANGED: u16 = 0x0132;
const EXIF_FOLDER: u16 = 0x8769;
const TAKEN: u16 = 0x9003;
const DIGITISED: u16 = 0x9004;
/// Most entries of a folder.
const ENTRIES_MAX: u16 = 512;

/// What matters of a picture's EXIF block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Exif {
    orientation: Option<u16>,
    pub(super) taken_ms: Option<i64>,
}

impl Exif {
    /// The size as it is meant to be seen.
    pub(super) fn upright(self, size: Size) -> Size {
        match self.orientation {
            Some(5..=8) => Size { width: size.height, height: size.width },
            _ => size,
        }
    }

    /// Takes over what was not known.
    pub(super) fn add(&mut self, other: Self) {
        self.orientation = self.orientation.or(other.orientation);
        self.taken_ms = self.taken_ms.or(other.taken_ms);
    }
}

/// Reads a TIFF block; what is broken is left out.
pub(super) fn read(block: &[u8]) -> Exif {
    // Some writers of WebP keep JPEG's prefix.
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    Tiff::of(block).and_then(|(tiff, first)| tiff.exif(first)).unwrap_or_default()
}

#[derive(Debug, Clone, Copy)]
struct Tiff<'a> {
    block: &'a [u8],
    little: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    tag: u16,
    kind: u16,
    count: u32,
    value: [u8; 4],
    tiff: Tiff<'a>,
}

impl<'a> Tiff<'a> {
    fn of(block: &'a [u8]) -> Option<(Self, u32)> {
        let little = match block.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let tiff = Self { block, little };
        Some((tiff, tiff.u32(block.get(4..8)?.try_into().ok()?)))
    }

    fn u16(&self, bytes: [u8; 2]) -> u16 {
        if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
    }

    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn entries(self, folder: u32) -> Option<impl Iterator<Item = Entry<'a>>> {
        let mut bytes = Bytes::new(self.block.get(usize::try_from(folder).ok()?..)?);
        let count = self.u16(bytes.array()?).min(ENTRIES_MAX);
        Some((0..count).map_while(move |_| {
            Some(Entry {
                tag: self.u16(bytes.array()?),
                kind: self.u16(bytes.array()?),
                count: self.u32(bytes.array()?),
                value: bytes.array()?,
                tiff: self,
            })
        }))
    }

    fn exif(self, first: u32) -> Option<Exif> {
        let mut found = Exif::default();
        let (mut changed, mut folder) = (None, None);
        for entry in self.entries(first)? {
            match entry.tag {
                ORIENTATION => found.orientation = entry.short(),
                CHANGED => changed = entry.date(),
                EXIF_FOLDER => folder = entry.long(),
                _ => {}
            }
        }
        let mut digitised = None;
        for entry in folder.and_then(|folder| self.entries(folder)).into_iter().flatten() {
            match entry.tag {
                TAKEN => found.taken_ms = entry.date(),
                DIGITISED => digitised = entry.date(),
                _ => {}
            }
        }
        found.taken_ms = found.taken_ms.or(digitised).or(changed);
        Some(found)
    }
}

impl Entry<'_> {
    fn short(&self) -> Option<u16> {
        let [a, b, _, _] = self.value;
        (self.kind == 3).then(|| self.tiff.u16([a, b]))
    }

    fn long(&self) -> Option<u32> {
        matches!(self.kind, 4 | 13).then(|| self.tiff.u32(self.value))
    }

    fn date(&self) -> Option<i64> {
        if self.kind != 2 || self.count < 19 {
            return None;
        }
        let from = usize::try_from(self.tiff.u32(self.value)).ok()?;
        date_ms(self.tiff.block.get(from..from.checked_add(19)?)?)
    }
}

/// `2024:05:17 18:03:59`, read as UTC: what counts is what the clock on the wall showed.
fn date_ms(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let credible = (1826..3000).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    let seconds = days_from_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    credible.then_some(seconds * 1000)
}

/// Days of the Gregorian calendar, by eras of 400 years that begin in March.
fn days_from_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::date_ms;

    #[test]
    fn dates_are_read_as_the_clock_on_the_wall_showed() {
        let cases = [
            ("1970:01:01 00:00:00", Some(0)),
            ("2000:02:29 12:00:01", Some(951_825_601_000)),
            ("2024:05:17 18:03:59", Some(1_715_969_039_000)),
            ("0000:00:00 00:00:00", None),
            ("2024:13:17 18:03:59", None),
            ("2024-05-17", None),
        ];
        for (text, expected) in cases {
            assert_eq!(date_ms(text.as_bytes()), expected, "{text}");
        }
    }
}
