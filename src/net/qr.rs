//! QR codes: as terminal text for the console and as SVG for pages.
//!
//! A code is read as dark modules on a light ground. A terminal's ground is either, so the text
//! names both colours itself where it may use colours, and says which ground it expects where
//! it may not.

use qrcode::render::unicode::Dense1x2;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};

#[cfg(test)]
mod tests;

/// The text did not fit a QR code.
#[derive(Debug, thiserror::Error)]
#[error("drawing a QR code of {length} bytes")]
pub struct QrTooLong {
    length: usize,
    source: QrError,
}

/// How the terminal shows the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Colours may be used: black on white whatever the theme is.
    Coloured,
    /// No colours, light letters on a dark screen, such as a console.
    Dark,
    /// No colours, dark letters on a light screen.
    Light,
}

/// Black on white whatever the theme is: 256-colour indices, which themes leave alone.
const BLACK_ON_WHITE: &str = "\x1b[38;5;16;48;5;231m";
const COLOURS_OFF: &str = "\x1b[0m";
/// ISO 18004 wants four light modules around a code.
const QUIET_MODULES: usize = 4;

/// The code in half blocks with its quiet zone; every line ends with a line break.
pub fn terminal(text: &str, ground: Ground) -> Result<String, QrTooLong> {
    let code = code(text, EcLevel::L)?;
    let (dark, light) = match ground {
        Ground::Coloured | Ground::Light => (Dense1x2::Dark, Dense1x2::Light),
        Ground::Dark => (Dense1x2::Light, Dense1x2::Dark),
    };
    let blocks = code.render().dark_color(dark).light_color(light).build();
    let lines = blocks.lines().map(|line| match ground {
        Ground::Coloured => format!("{BLACK_ON_WHITE}{line}{COLOURS_OFF}\n"),
        Ground::Dark | Ground::Light => format!("{line}\n"),
    });
    Ok(lines.collect())
}

/// The code as an SVG element with its own white ground, so that it reads in dark pages too.
/// `label` becomes its accessible name. One path, no style: it needs nothing of the page's CSP.
pub fn svg(text: &str, label: &str) -> Result<String, QrTooLong> {
    let code = code(text, EcLevel::M)?;
    let side = code.width() + 2 * QUIET_MODULES;
    let label = escape(label);
    let dark = dark_runs(&code);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
         aria-label=\"{label}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
         <path fill=\"#000\" d=\"{dark}\"/></svg>"
    ))
}

fn code(text: &str, level: EcLevel) -> Result<QrCode, QrTooLong> {
    QrCode::with_error_correction_level(text, level)
        .map_err(|source| QrTooLong { length: text.len(), source })
}

/// One path step for every horizontal run of dark modules.
fn dark_runs(code: &QrCode) -> String {
    let colours = code.to_colors();
    let rows = colours.chunks(code.width().max(1)).enumerate();
    rows.map(|(y, row)| row_runs(row, y + QUIET_MODULES)).collect()
}

fn row_runs(row: &[Color], y: usize) -> String {
    let mut x = QUIET_MODULES;
    let mut path = String::new();
    for run in row.chunk_by(|left, right| left == right) {
        if run.first() == Some(&Color::Dark) {
            path.push_str(&format!("M{x} {y}h{width}v1h-{width}z", width = run.len()));
        }
        x += run.len();
    }
    path
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
