//! The command line itself.

use super::flags::quoted;
use super::*;
use clap::CommandFactory as _;

#[test]
fn the_command_line_is_sound() {
    CommandLine::command().debug_assert();
}

#[test]
fn exit_codes_are_those_in_the_help() {
    let all = [
        Exit::Done,
        Exit::Failed,
        Exit::NotRunning,
        Exit::NotPermitted,
        Exit::DataFolder,
        Exit::Config,
    ];
    for exit in all {
        let code = exit as u8;
        assert!(EXIT_CODES.contains(&format!("\n{code:>4}  ")), "{exit:?}");
    }
}

#[test]
fn words_are_quoted_for_a_shell() {
    assert_eq!(quoted("/var/lib/stead"), "/var/lib/stead");
    assert_eq!(quoted("my data"), "'my data'");
    assert_eq!(quoted("it's"), "'it'\\''s'");
    assert_eq!(quoted(""), "''");
}
