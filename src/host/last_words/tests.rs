use super::*;

#[test]
fn last_words_are_one_line_that_steers_no_terminal() {
    let told = "the config has a mistake:\n  \u{1b}[2Jline 3\r\n\u{9b}31mports\u{7f} für Gäste\n";
    assert_eq!(line(told), "the config has a mistake: [2Jline 3 31mports für Gäste");
    assert_eq!(line("\n\t\u{0}"), "");
    assert_eq!(line(&"ä".repeat(CHARS_MAX + 1)), "ä".repeat(CHARS_MAX));
}
