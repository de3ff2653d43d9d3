//! Calendars (RFC 5545) and address cards (RFC 6350): each event, task and person as lines for people. Parsed in the
//! worker, put together on this side.

mod card;
mod event;
mod rule;
mod when;

use calcard::{Entry, Parser};
use rushlight_core::{BlockKind, DocMetadata, DocumentKind, Locator, Result, Warning};
use serde::{Deserialize, Serialize};

use crate::build::TextBuilder;
use crate::decode::Decoded;
use crate::parsers::{Found, Reading, binary, no_text, one_line};
use crate::textual::document;
use crate::worker::{Answer, Job};

/// Events and people of one file that are read.
const MAX_ENTRIES: usize = 100_000;

/// The files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarKind {
    Calendar,
    Cards,
}

/// What a file of events or people holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sheet {
    /// What the calendar is called.
    pub(crate) name: Option<String>,
    pub(crate) entries: Vec<Shown>,
    /// What is beyond the limit was left out.
    pub(crate) truncated: bool,
}

/// An event, a task, or a person.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) title: String,
    /// Lines for people; the title is the first.
    pub(crate) text: String,
    /// First and last line in the file, from one, where they are known.
    pub(crate) lines: Option<(u32, u32)>,
}

/// Reads what is in the text. To be called in the worker only: the library may panic.
pub(crate) fn extract(text: &str, max_text: usize) -> Sheet {
    let mut sheet = Sheet::default();
    let mut parser = Parser::new(text);
    let mut taken = 0;
    'all: loop {
        let found = match parser.entry() {
            Entry::ICalendar(calendar) => {
                sheet.name = sheet.name.or_else(|| event::name(&calendar));
                event::all(&calendar)
            }
            Entry::VCard(card) => card::shown(&card).into_iter().collect(),
            Entry::Eof => break,
            _ => continue,
        };
        for shown in found {
            taken += shown.text.len();
            if taken > max_text || sheet.entries.len() >= MAX_ENTRIES {
                sheet.truncated = true;
                break 'all;
            }
            sheet.entries.push(shown);
        }
    }
    place(text, &mut sheet.entries);
    sheet
}

/// Finds the lines of each entry. Where there are not as many as were read, nothing is said.
fn place(text: &str, entries: &mut [Shown]) {
    const SHOWN: [&str; 4] = ["VEVENT", "VTODO", "VJOURNAL", "VCARD"];
    let mut spans = Vec::new();
    let mut open: Option<u32> = None;
    let mut number = 0u32;
    for line in text.lines() {
        number = number.saturating_add(1);
        let line = line.trim_start_matches('\u{feff}').trim_end();
        let Some((word, kind)) = line.split_once(':') else {
            continue;
        };
        if !SHOWN.iter().any(|shown| kind.eq_ignore_ascii_case(shown)) {
            continue;
        }
        if word.eq_ignore_ascii_case("BEGIN") {
            open = Some(number);
        } else if word.eq_ignore_ascii_case("END")
            && let Some(first) = open.take()
        {
            spans.push((first, number));
        }
    }
    if spans.len() == entries.len() {
        for (entry, span) in entries.iter_mut().zip(spans) {
            entry.lines = Some(span);
        }
    }
}

impl Reading<'_> {
    /// The document of a calendar or of address cards.
    pub(crate) fn calendar(
        &self,
        path: &str,
        decoded: Option<Decoded<'_>>,
        hash: rushlight_core::ContentHash,
        kind: CalendarKind,
    ) -> Result<Found> {
        let Some(Decoded { text, mut warnings }) = decoded else {
            return Ok(binary(path));
        };
        let sheet = match self.sheet(&text)? {
            Ok(sheet) => sheet,
            Err(why) => {
                tracing::debug!(bytes = text.len(), why, "a calendar is read as text");
                warnings.push(Warning {
                    code: "structure_not_read".to_owned(),
                    message: "its events cannot be read; its text is kept as it is".to_owned(),
                });
                Sheet::default()
            }
        };
        let mut builder = TextBuilder::default();
        for entry in &sheet.entries {
            let locator = match entry.lines {
                Some((first, last)) => Locator::Lines { first, last },
                None => Locator::Whole,
            };
            builder.push(BlockKind::Paragraph, &entry.text, locator);
        }
        let (shown, blocks) = builder.finish();
        let (shown, blocks) = if blocks.is_empty() {
            // Neither: what is written there is all that there is.
            let blocks = crate::text::paragraphs(&text, BlockKind::Code);
            (text.into_owned(), blocks)
        } else {
            (shown, blocks)
        };
        if blocks.is_empty() {
            return Ok(no_text(path));
        }
        if sheet.truncated {
            warnings.push(Warning {
                code: "text_truncated".to_owned(),
                message: "there is more in it than is read; its end is left out".to_owned(),
            });
        }
        let media_type = match kind {
            CalendarKind::Calendar => "text/calendar",
            CalendarKind::Cards => "text/vcard",
        };
        let metadata = DocMetadata::default();
        let mut document = document(
            path,
            hash,
            DocumentKind::Text,
            media_type,
            shown,
            blocks,
            metadata,
        );
        let only = match sheet.entries.as_slice() {
            [only] => Some(&only.title),
            _ => None,
        };
        if let Some(title) = sheet.name.as_ref().or(only).map(|title| one_line(title))
            && !title.is_empty()
        {
            document.title = title;
        }
        document.warnings = warnings;
        Ok(Found::Documents(vec![document]))
    }

    /// What the worker reads in the text; the inner error says how it was lost.
    fn sheet(&self, text: &str) -> Result<std::result::Result<Sheet, String>> {
        let max_text = self.options.max_text_bytes;
        self.ask(
            Job::Calendar { max_text },
            text.as_bytes(),
            |answer| match answer {
                Answer::Calendar(sheet) => Some(sheet),
                _ => None,
            },
        )
    }
}

/// Lines as they are put together: a label and what stands behind it, on one line.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, label: &str, value: &str) {
        let value = one_line(value);
        if !value.is_empty() {
            self.0.push(format!("{label}: {value}"));
        }
    }

    /// A longer text, with its own lines.
    fn text(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.0.push(text.replace("\r\n", "\n"));
        }
    }
}

#[cfg(test)]
mod tests;
