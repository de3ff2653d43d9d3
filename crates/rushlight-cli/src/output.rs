//! Printing: text for people, JSON for programs, colours on a terminal only.

use std::io::{IsTerminal, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use rushlight_api::ErrorBody;
use rushlight_core::Error;
use rushlight_retrieval::query::point_at;
use serde::Serialize;

use crate::args::{ColorChoice, Globals};

/// Where a command prints.
pub(crate) struct Output {
    json: bool,
    color: anstream::ColorChoice,
}

/// Styles of what people read.
pub(crate) mod style {
    use super::{AnsiColor, Style};

    pub(crate) const TITLE: Style = Style::new().bold();
    pub(crate) const FAINT: Style = Style::new().dimmed();
    pub(crate) const MARK: Style = AnsiColor::Yellow.on_default().bold();
    pub(crate) const SENTENCE: Style = Style::new().underline();
    pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
    pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
    pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
}

impl Output {
    pub(crate) fn new(globals: &Globals) -> Self {
        let color = match globals.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::AlwaysAnsi,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Self {
            json: globals.json,
            color,
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress may be drawn: a person looks at standard error.
    pub(crate) fn draws_progress(&self) -> bool {
        !self.json && std::io::stderr().is_terminal()
    }

    /// Prints a line for people. A closed pipe is no error: the reader has seen enough.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        let mut out = AutoStream::new(std::io::stdout().lock(), self.color);
        let _ = writeln!(out, "{}", text.as_ref());
    }

    /// Prints a line for people on standard error.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        let mut out = AutoStream::new(std::io::stderr().lock(), self.color);
        let _ = writeln!(out, "{}", text.as_ref());
    }

    /// Prints a value for programs.
    pub(crate) fn json(&self, value: &impl Serialize) {
        let text = serde_json::to_string_pretty(value).expect("our shapes have string keys only");
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    }

    /// Prints an error: what failed, on what, why, and what to do.
    pub(crate) fn error(&self, error: &Error) {
        self.error_in("", error);
    }

    /// The same of an error in `text`, with carets under what is wrong where the error knows the place.
    pub(crate) fn error_in(&self, text: &str, error: &Error) {
        if self.json {
            return self.json(&ErrorBody::from(error));
        }
        let (bad, hint) = (style::BAD, style::HINT);
        self.note(format!("{bad}error{bad:#}: {}", error.chain()));
        if let Some(place) = error.place().filter(|place| place.bytes.end <= text.len()) {
            self.note(format!("\n{}", point_at(text, place.bytes.clone())));
        }
        if !error.hint().is_empty() {
            self.note(format!("\n{hint}hint{hint:#}: {}", error.hint()));
        }
    }
}

/// A number with its noun: `1 file`, `2 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", thousands(number)),
    }
}

/// A number with thin groups of three: `12,345`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes as people read them: `1.1 GB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{number} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [thousands(0), thousands(999), thousands(1000), thousands(1234567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [bytes(0), bytes(999), bytes(1500), bytes(1_117_320_768)],
            ["0 B", "999 B", "1.5 kB", "1.1 GB"]
        );
        assert_eq!([count(1, "file"), count(0, "file")], ["1 file", "0 files"]);
    }
}
