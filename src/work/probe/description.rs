//! Descriptions beside media, as Kodi and its kin write them (`.nfo`): of all that stands in them,
//! the certificate.
//!
//! ```text
//! <movie> | <tvshow> | <episodedetails>        several may stand one after the other
//!   <mpaa>Rated PG-13</mpaa>                   goes first, if it says an age
//!   <certification>US:PG-13 / DE:12</certification>
//! </…>                                         behind them, often, the address of a web page
//! ```
//!
//! Anybody may have written them, so nothing in them is followed: no document type, no entity, no
//! address. What cannot be read costs what comes after it, and the file that is described nothing.

use quick_xml::Reader;
use quick_xml::events::Event;
use stead_rules::limits::{CERTIFICATE_CHARS_MAX, DESCRIPTION_STEPS_MAX};
use stead_rules::media::{Age, certificate_age};

/// Which of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Mpaa,
    Certification,
}

/// The age that the certificate in a description stands for: of several the strictest.
#[must_use]
pub fn age(bytes: &[u8]) -> Option<Age> {
    let text = decoded(bytes);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let (mut mpaa, mut certification) = (None, None);
    let (mut depth, mut within, mut words) = (0_u32, None, String::new());
    for _ in 0..DESCRIPTION_STEPS_MAX {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth = depth.saturating_add(1);
                if depth == 2 {
                    within = said(tag.name().as_ref());
                    words.clear();
                }
            }
            Ok(Event::End(_)) => {
                match within.take_if(|_| depth == 2) {
                    Some(Said::Mpaa) => mpaa = mpaa.max(certificate_age(&words)),
                    Some(Said::Certification) => {
                        certification = certification.max(certificate_age(&words));
                    }
                    None => {}
                }
                depth = depth.saturating_sub(1);
            }
            Ok(Event::Text(part)) if within.is_some() => push(&mut words, &part),
            Ok(Event::CData(part)) if within.is_some() => push(&mut words, &part),
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    mpaa.or(certification)
}

fn said(name: &str) -> Option<Said> {
    match name {
        "mpaa" => Some(Said::Mpaa),
        "certification" => Some(Said::Certification),
        _ => None,
    }
}

fn push(words: &mut String, part: &str) {
    if words.len() < CERTIFICATE_CHARS_MAX {
        words.push_str(part);
    }
}

/// As text, whatever it claims to be. What matters of it is ASCII in every encoding that is met.
fn decoded(bytes: &[u8]) -> String {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units = bytes.as_chunks::<2>().0.iter().skip(1).map(|pair| from(*pair));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::age;

    #[track_caller]
    fn check(text: &str, expected: Option<u8>) {
        assert_eq!(age(text.as_bytes()).map(stead_rules::media::Age::get), expected, "{text}");
    }

    #[test]
    fn the_certificate_of_a_description_is_found() {
        check("<movie><title>A</title><mpaa>Rated PG-13</mpaa></movie>", Some(13));
        check("\u{feff}<?xml version=\"1.0\"?>\n<tvshow><mpaa>TV-MA</mpaa></tvshow>", Some(17));
        check("<movie><certification>US:R / DE:12</certification></movie>", Some(17));
        check("<movie><certification>DE:16</certification><mpaa>NR</mpaa></movie>", Some(16));
        check("<movie><certification>DE:16</certification><mpaa>PG</mpaa></movie>", Some(10));
        check("<movie><mpaa><![CDATA[FSK 12]]></mpaa></movie>", Some(12));
        let two = "<episodedetails><mpaa>12</mpaa></episodedetails>\n\
                   <episodedetails><mpaa>16</mpaa></episodedetails>";
        check(two, Some(16));
        check("<movie><mpaa>18</mpaa></movie>\nhttps://example.org/title/1", Some(18));
        // Of a set, an actor or a review it says nothing about the film.
        check("<movie><set><mpaa>18</mpaa></set><rating>8.1</rating></movie>", None);
        check("<movie><mpaa/><title>18</title></movie>", None);
    }

    #[test]
    fn nothing_is_followed_and_nothing_breaks_it() {
        let bomb = "<!DOCTYPE m [<!ENTITY a \"18\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
                    <movie><mpaa>&a;</mpaa><mpaa>&f;</mpaa></movie>";
        check(bomb, None);
        for broken in [
            "",
            "<",
            "<movie",
            "<movie><mpaa>",
            "<movie><mpaa>16",
            "</movie>",
            "</></></>",
            "&&&;",
            "the nfo of a release, in letters that make a picture",
            "<movie><mpaa>16</movie>",
            "https://example.org/title/1",
        ] {
            assert!(age(broken.as_bytes()).is_none_or(|age| age.get() == 16), "{broken}");
        }
        let deep = "<a>".repeat(300_000);
        check(&deep, None);
        // An end that is left out costs what follows.
        check("<movie><title>A<mpaa>18</mpaa></movie>", None);
        assert_eq!(age(&[0xFF, 0xFE, 0x3C]), None);
    }

    #[test]
    fn other_encodings_are_read() {
        let text = "<movie><plot>Ä</plot><mpaa>FSK 16</mpaa></movie>";
        for wide in [u16::to_le_bytes, u16::to_be_bytes] {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            let bytes: Vec<u8> = units.flat_map(wide).collect();
            assert_eq!(age(&bytes).map(stead_rules::media::Age::get), Some(16));
        }
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        assert_eq!(age(&latin).map(stead_rules::media::Age::get), Some(16));
    }
}
