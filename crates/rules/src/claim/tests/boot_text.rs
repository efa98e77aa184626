//! The encodings in which editors save a `stead.txt`.

use proptest::prelude::*;

use crate::claim::{BootFile, BootText, Reset, blanked, encoded_like};
use crate::secret::SecretText;

const LITTLE: &[u8] = &[0xff, 0xfe];
const BIG: &[u8] = &[0xfe, 0xff];
/// What the button's script appends.
const BUTTON: &[u8] = b"\nreset = everything\n";

const TEXT: &str = "# für „zu Hause“\r\ncode = süße Grüße €5\r\nwifi = Käse – Œuvre\r\n\
                    wifi password = seven kettles\r\n";
/// The same as an editor of old Windows saves it.
const WINDOWS: &[u8] = b"# f\xfcr \x84zu Hause\x93\r\ncode = s\xfc\xdfe Gr\xfc\xdfe \x805\r\n\
                         wifi = K\xe4se \x96 \x8cuvre\r\nwifi password = seven kettles\r\n";

fn utf16(mark: &[u8], text: &str) -> Vec<u8> {
    let order = if mark == BIG { u16::to_be_bytes } else { u16::to_le_bytes };
    let units = text.encode_utf16().flat_map(order);
    mark.iter().copied().chain(units).collect()
}

fn decoded(bytes: &[u8]) -> (String, bool) {
    let read = BootText::decode(bytes);
    (read.text.to_string(), read.guessed)
}

#[test]
fn each_encoding_of_an_editor_is_the_same_text() {
    let text = || TEXT.to_owned();
    let marked = ["\u{feff}", TEXT].concat();
    assert_eq!(decoded(TEXT.as_bytes()), (text(), false));
    assert_eq!(decoded(marked.as_bytes()), (text(), false));
    assert_eq!(decoded(&utf16(LITTLE, TEXT)), (text(), false));
    assert_eq!(decoded(&utf16(BIG, TEXT)), (text(), false));
    assert_eq!(decoded(WINDOWS), (text(), true));
    let file = BootFile::parse(&decoded(WINDOWS).0);
    assert_eq!(file.code.as_ref().map(SecretText::expose), Some("süße Grüße €5"));
    assert_eq!(file.wifi.as_deref(), Some("Käse – Œuvre"));
}

#[test]
fn a_name_beyond_latin_is_read_where_the_encoding_tells_it() {
    // In UTF-16 some of their bytes are those of ASCII.
    for name in ["慢", "ਰ", "дом", "🏠"] {
        let text = format!("wifi = {name}");
        for bytes in [utf16(LITTLE, &text), utf16(BIG, &text), text.clone().into_bytes()] {
            assert_eq!(decoded(&bytes), (text.clone(), false));
        }
    }
}

#[test]
fn lines_of_two_encodings_are_each_read_in_their_own() {
    let two = [WINDOWS, "host = Küche\n".as_bytes()].concat();
    assert_eq!(decoded(&two), (format!("{TEXT}host = Küche\n"), true));
    // As the shell of Windows appends: without a mark.
    let appended = utf16(&[], "wifi = Käse\r\n");
    let shell = [b"host = films\r\n", appended.as_slice()].concat();
    assert_eq!(decoded(&shell), ("host = films\r\nwifi = Käse\r\n".to_owned(), true));
}

#[test]
fn the_button_counts_in_a_file_of_any_encoding() {
    for before in ["", "host = films", "host = films\r\n", "wifi = 慢"] {
        for file in [utf16(LITTLE, before), utf16(BIG, before), before.as_bytes().to_vec()] {
            for appended in [BUTTON.to_vec(), [BUTTON, BUTTON].concat()] {
                let read = BootText::decode(&[file.clone(), appended].concat());
                let read = BootFile::parse(&read.text);
                let expected = BootFile::parse(before);
                assert_eq!(read.reset, Some(Reset::Everything), "{file:?}");
                assert_eq!((read.host, read.wifi), (expected.host, expected.wifi), "{file:?}");
            }
        }
    }
    // As somebody may do it by hand.
    for mark in [LITTLE, BIG] {
        let file = [utf16(mark, "host = films\r\n").as_slice(), &BUTTON[1..]].concat();
        let read = BootFile::parse(&BootText::decode(&file).text);
        assert_eq!((read.reset, read.host.as_deref()), (Some(Reset::Everything), Some("films")));
    }
}

#[test]
fn a_file_that_was_cut_off_is_read_as_far_as_it_goes() {
    for mark in [LITTLE, BIG] {
        let mut file = utf16(mark, "host = films\r\n🏠");
        file.pop();
        assert_eq!(decoded(&file), ("host = films\r\n\u{fffd}".to_owned(), false));
        assert_eq!(decoded(mark), (String::new(), false));
    }
}

#[test]
fn what_is_appended_is_read_with_the_rest() {
    for head in [utf16(LITTLE, "a\n"), utf16(BIG, "a\n"), b"a\n".to_vec()] {
        let line = encoded_like(&head, "# Stead: größer\n");
        assert_eq!(decoded(&[head, line].concat()).0, "a\n# Stead: größer\n");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_blanked_into_a_file_without_secrets(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        mark in prop::sample::select(vec![&[][..], LITTLE, BIG]),
        secret in prop::sample::select(vec!["code = kettles\n", "wifi password = kettles\n"]),
    ) {
        let line = if mark.is_empty() { secret.as_bytes().to_vec() } else { utf16(mark, secret)[2..].to_vec() };
        let file = [mark, line.as_slice(), bytes.as_slice()].concat();
        let read = BootText::decode(&file);
        prop_assert!(!BootFile::parse(&read.text).is_idle());
        let left = blanked(&read.text, &[]);
        prop_assert!(!left.contains("kettles"));
        let again = BootText::decode(left.as_bytes());
        prop_assert!(BootFile::parse(&again.text).is_idle());
        prop_assert!(!again.guessed);
    }
}
