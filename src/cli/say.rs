//! Words to people. A reader that has gone away (`| head`) is no reason to fail.

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::Write as _;

/// A line, or several, to standard output.
pub(super) fn say(text: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// What is wrong, to standard error.
pub(super) fn complain(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "stead: {text}");
}

/// An error with what caused it, on one line; a cause that its effect has told already is left out.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        if !text.contains(&told) {
            let _ = write!(text, ": {told}");
        }
        source = cause.source();
    }
    text
}
