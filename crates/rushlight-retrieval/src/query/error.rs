//! What cannot be read, where, and what to do.

use std::fmt;
use std::ops::Range;

use rushlight_core::{Error, ErrorCode};
use unicode_width::UnicodeWidthChar;

use super::clean::shown;

/// Columns of the line that shows where an error is.
const COLUMNS: usize = 76;
/// Columns before the error that are kept where the text is longer.
const BEFORE: usize = 30;

/// Why a query cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryErrorKind {
    /// No word, phrase or field in it.
    Empty,
    /// More characters than the limit.
    TooLong,
    /// Parentheses in parentheses beyond the limit.
    TooDeep,
    /// More clauses than the limit.
    TooManyClauses,
    /// A quote that is not closed.
    UnclosedQuote,
    /// No word between two quotes.
    EmptyPhrase,
    /// A parenthesis that is not closed.
    UnclosedGroup,
    /// No word between two parentheses.
    EmptyGroup,
    /// A closing parenthesis without its partner.
    StrayParenthesis,
    /// `OR`, `AND`, `NOT` or `NEAR` without what it stands for.
    LooseOperator,
    /// `NEAR` between what are not words or phrases, or with a distance out of bounds.
    NearMisused,
    /// No field of this name.
    UnknownField,
    /// A field without a value.
    MissingValue,
    /// A value that the field does not know.
    UnknownValue,
    /// What a field cannot hold: another field, `NEAR`.
    FieldMisused,
    /// Not a date.
    NotADate,
    /// Written like a date, but the calendar has no such day.
    ImpossibleDate,
}

/// Why a query cannot be read, and where. Holds no text of the query: whoever shows it has that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// What is wrong.
    pub kind: QueryErrorKind,
    /// Bytes of the text as it was given, on character boundaries.
    pub at: Range<usize>,
    /// What is wrong, in words.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QueryError {}

impl QueryError {
    /// Its code in the API and on the command line.
    pub fn code(&self) -> ErrorCode {
        match self.kind {
            QueryErrorKind::Empty => ErrorCode::QueryEmpty,
            QueryErrorKind::TooLong => ErrorCode::QuestionTooLong,
            _ => ErrorCode::QueryInvalid,
        }
    }

    /// As the error of a request; `text` is what was parsed.
    pub fn into_error(self, text: &str) -> Error {
        let error = Error::new(self.code(), self.message).at(text, self.at);
        if self.hint.is_empty() {
            error
        } else {
            error.with_hint(self.hint)
        }
    }

    /// Two lines: the text, or what fits of it, and carets under what is wrong; `text` is what was parsed.
    pub fn render(&self, text: &str) -> String {
        point_at(text, self.at.clone())
    }
}

/// Two lines: a text, or what fits of it in one line, and carets under a range of its bytes.
pub fn point_at(text: &str, at: Range<usize>) -> String {
    let columns: Vec<(char, usize, bool)> = text
        .char_indices()
        .filter_map(|(start, ch)| {
            let ch = shown(ch)?;
            Some((ch, ch.width().unwrap_or(0), at.contains(&start)))
        })
        .collect();
    let before = text[..at.start].chars().filter(|ch| shown(*ch).is_some()).count();
    let fits = columns.iter().map(|(_, width, _)| width).sum::<usize>() <= COLUMNS;
    let first = if fits { 0 } else { window_start(&columns, before) };
    let mut line = String::from(if first > 0 { "…" } else { "" });
    let mut used = usize::from(first > 0);
    let mut indent = used;
    let mut carets = 0;
    for (index, (ch, width, marked)) in columns.iter().enumerate().skip(first) {
        if used + width > COLUMNS {
            line.push('…');
            break;
        }
        line.push(*ch);
        used += width;
        if index < before {
            indent += width;
        } else if *marked {
            carets += width;
        }
    }
    format!("{line}\n{}{}", " ".repeat(indent), "^".repeat(carets.max(1)))
}

/// The first character that is shown, so that at most [`BEFORE`] columns stand before the one at `index`.
fn window_start(columns: &[(char, usize, bool)], index: usize) -> usize {
    let mut start = index.min(columns.len());
    let mut width = 0;
    while start > 0 && width + columns[start - 1].1 <= BEFORE {
        start -= 1;
        width += columns[start].1;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_what_is_wrong_however_wide_the_script() {
        assert_eq!(point_at("tea frm:anna", 4..7), "tea frm:anna\n    ^^^");
        assert_eq!(point_at("綠茶 frm:安", 7..10), "綠茶 frm:安\n     ^^^");
        assert_eq!(point_at("茶「綠", 3..6), "茶「綠\n  ^^");
        assert_eq!(point_at("a\tb\u{202E}c\n\"", 8..9), "a bc \"\n     ^");
        assert_eq!(point_at("", 0..0), "\n^");
        assert_eq!(point_at("tea", 3..3), "tea\n   ^");
    }

    #[test]
    fn long_texts_are_shown_around_the_error() {
        let text = format!("{}\"x {}", "茶 ".repeat(500), "y".repeat(500));
        let lines = point_at(&text, 2_000..2_001);
        let (line, carets) = lines.split_once('\n').expect("two lines");
        assert!(line.starts_with('…') && line.ends_with('…'), "{line}");
        let before = &line[..line.find('"').expect("the quote is shown")];
        assert_eq!(
            before.chars().filter_map(UnicodeWidthChar::width).sum::<usize>(),
            carets.len() - 1
        );
    }
}
