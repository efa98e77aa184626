//! What the codes look like. That they can be read is tested from outside with a decoder.

use super::*;

#[test]
fn grounds_are_each_others_negative() {
    let light = terminal("https://stead-ab12.local/claim", Ground::Light).unwrap();
    let dark = terminal("https://stead-ab12.local/claim", Ground::Dark).unwrap();
    let negative: String = light
        .chars()
        .map(|c| match c {
            ' ' => '█',
            '█' => ' ',
            '▀' => '▄',
            '▄' => '▀',
            other => other,
        })
        .collect();
    // The last line is half a row when the side is odd, so it is left out.
    let height = light.lines().count() - 1;
    let head = |text: &str| text.lines().take(height).collect::<Vec<_>>().join("\n");
    assert_eq!(head(&negative), head(&dark));
}

#[test]
fn a_coloured_code_names_both_colours_on_every_line() {
    let text = terminal("x", Ground::Coloured).unwrap();
    assert!(text.lines().all(|line| line.starts_with(BLACK_ON_WHITE)));
    assert!(text.lines().all(|line| line.ends_with(COLOURS_OFF)));
}

#[test]
fn an_svg_has_a_quiet_zone_and_an_escaped_name() {
    let text = svg("x", "a \"b\" <c>").unwrap();
    assert!(text.contains("viewBox=\"0 0 29 29\""), "{text}");
    assert!(text.contains("aria-label=\"a &quot;b&quot; &lt;c>\""), "{text}");
    assert!(text.contains("d=\"M4 4h7v1h-7z"), "{text}");
}

#[test]
fn a_text_that_fits_no_code_is_an_error() {
    assert!(svg(&"x".repeat(4000), "").is_err());
}
