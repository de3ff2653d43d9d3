//! The query language: from what a person typed to a [`Query`], with errors that point at the character.
//!
//! Plain text needs none of it: without a sign of the language a text parses to itself. Words rank, everything else must hold;
//! docs/search.md is the page for people. `clean` drops what nobody sees, `parser` reads expressions, `lower` decides what they
//! ask, `dates` reads dates, `describe` says how a query was understood, `choices` rewrites what it asks of
//! facets.

mod choices;
mod clean;
mod dates;
mod describe;
mod error;
mod every_word;
mod expr;
mod fields;
mod lower;
mod merge;
mod parser;
mod signs;
mod values;

use rushlight_core::{MAX_QUESTION_CHARS, Query};

pub use choices::{Choice, Choices, written};
use clean::{Glyph, bytes_of, clean, has_word, text_of};
pub use dates::Calendar;
pub use describe::{Understood, describe, understood};
pub use error::{QueryError, QueryErrorKind, point_at};
pub use every_word::every_word;
use expr::Fault;
use lower::Lowering;
use parser::Parser;
use signs::Signs;

/// Parentheses in one another.
pub const MAX_DEPTH: usize = 16;
/// Clauses of a query, those in parentheses included. A stretch of plain words is one.
pub const MAX_CLAUSES: usize = 256;

/// Signs that are taken for text one after the other before the whole is.
const MAX_ATTEMPTS: usize = 64;

/// Reads a query.
///
/// # Errors
/// A [`QueryError`] at the first character that cannot be read; `Empty` when there is nothing to search for.
pub fn parse(text: &str, calendar: &Calendar) -> Result<Query, QueryError> {
    let told = |fault: Fault, bytes| Err(fault.told(bytes));
    if is_too_long(text) {
        let message = format!("a query has at most {MAX_QUESTION_CHARS} characters");
        let hint = "ask in fewer words; long texts belong in a document that is indexed";
        let fault = Fault::new(QueryErrorKind::TooLong, 0..0, &message, hint);
        let limit = text.char_indices().nth(MAX_QUESTION_CHARS);
        return told(fault, limit.map_or(0, |(at, _)| at)..text.len());
    }
    let glyphs = clean(text);
    match read(&glyphs, &vec![false; glyphs.len()], calendar, false) {
        Ok(query) if query.clauses.is_empty() => {
            let message = "there is no word to search for";
            let fault = Fault::new(QueryErrorKind::Empty, 0..0, message, "give one word or more");
            told(fault, 0..text.len())
        }
        Ok(query) => Ok(query),
        Err(fault) => {
            let bytes = bytes_of(&glyphs, &fault.at);
            told(fault, bytes)
        }
    }
}

/// Reads a question, of which what is not of the language is plain text. Never fails and loses no word.
pub fn lenient(text: &str, calendar: &Calendar) -> Query {
    forgiving(text, calendar, false)
}

/// Reads what is being typed: what is open is closed at the end, a field without a readable value yet is left out, and the last
/// word, unless white space follows it, counts as the beginning of one too. Never fails; empty when there is nothing to search for.
pub fn as_typed(text: &str, calendar: &Calendar) -> Query {
    forgiving(text, calendar, true)
}

/// Reads again and again, each time with the sign that the error was about taken for text.
fn forgiving(text: &str, calendar: &Calendar, typing: bool) -> Query {
    let glyphs = clean(text);
    if !is_too_long(text) {
        let mut muted = vec![false; glyphs.len()];
        for _ in 0..MAX_ATTEMPTS {
            match read(&glyphs, &muted, calendar, typing) {
                Ok(query) => return query,
                Err(fault) => match fault.mute.and_then(|glyph| muted.get_mut(glyph)) {
                    Some(muted) if !*muted => *muted = true,
                    _ => break,
                },
            }
        }
    }
    let text = text_of(&glyphs);
    if has_word(&text) {
        Query::plain(text.trim())
    } else {
        Query::default()
    }
}

fn read(glyphs: &[Glyph], muted: &[bool], calendar: &Calendar, typing: bool) -> Result<Query, Fault> {
    let signs = Signs { glyphs, muted };
    let items = Parser::new(signs, calendar, typing).query()?;
    let mut lowering = Lowering {
        glyphs,
        typing,
        every_word: false,
        clauses: 0,
    };
    lowering.query(&items)
}

/// Counting stops at the limit, so that an enormous text costs nothing.
fn is_too_long(text: &str) -> bool {
    text.chars().nth(MAX_QUESTION_CHARS).is_some()
}

#[cfg(test)]
mod tests;
