//! A field and its value; dates are read as far as they go.

use std::ops::Range;

use rushlight_core::Node;

use super::super::dates::{self, Days};
use super::super::error::QueryErrorKind;
use super::super::expr::{Expr, Fault, Shape, Step};
use super::super::fields::{self, FieldName};
use super::{Parser, loose};

/// Words of a date, a range of two included.
const DATE_WORDS: usize = 8;
/// Longest name before a colon, in characters.
const MAX_NAME: usize = 24;

impl Parser<'_> {
    /// A field with its value, or `None` where the word that begins here is something else.
    pub(super) fn field(&mut self) -> Step<Option<Expr>> {
        let start = self.at;
        let letters = (start..self.signs.len())
            .take(MAX_NAME)
            .take_while(|index| self.signs.char(*index).is_alphabetic())
            .count();
        let colon = start + letters;
        let muted = self.signs.muted.get(start).copied().unwrap_or(true);
        if letters == 0 || muted || self.signs.sign(colon) != Some(':') {
            return Ok(None);
        }
        let name = self.text(start..colon);
        let next = colon + 1;
        let begins = self.signs.char(next).is_alphanumeric()
            || self.signs.closer(next).is_some()
            || self.signs.sign(next) == Some('(');
        let Some(field) = fields::field(&name) else {
            if begins && fields::may_be_a_slip(&name) {
                return Err(Fault::new(
                    QueryErrorKind::UnknownField,
                    start..colon,
                    "there is no field of this name",
                    &format!(
                        "fields are {}; put quotes around it all to search for it as text",
                        fields::LIST
                    ),
                ));
            }
            return Ok(None);
        };
        let ends = next >= self.signs.len() || (self.depth > 0 && self.signs.sign(next) == Some(')'));
        if ends {
            self.at = next;
            return self.without_value(start..next).map(Some);
        }
        if self.signs.is_space(next) || self.signs.sign(next) == Some(':') {
            return Ok(None);
        }
        self.at = next;
        let found = self
            .value_of(field, start)
            .map_err(|fault| fault.blaming(Some(start)));
        if self.typing && self.at >= self.signs.len() && found.is_err() {
            return Ok(Some(Expr {
                shape: Shape::Unfinished,
                range: start..self.at,
            }));
        }
        found.map(Some)
    }

    fn without_value(&self, range: Range<usize>) -> Step<Expr> {
        if self.typing {
            let shape = Shape::Unfinished;
            return Ok(Expr { shape, range });
        }
        Err(Fault::new(
            QueryErrorKind::MissingValue,
            range,
            "this field has no value",
            "write one after the colon, without a space",
        ))
    }

    fn value_of(&mut self, field: FieldName, start: usize) -> Step<Expr> {
        if matches!(field, FieldName::Date | FieldName::After | FieldName::Before) {
            let days = self.date()?;
            let shape = Shape::Ready(self.dates(field, days));
            let range = start..self.at;
            return Ok(Expr { shape, range });
        }
        let plain = self.signs.closer(self.at).is_none() && self.signs.sign(self.at) != Some('(');
        let value = if plain {
            let end = self.trimmed(self.word_end(is_break));
            let word = self.word(end);
            self.skip_breaks();
            word
        } else {
            self.value()?
        };
        let range = start..value.range.end;
        if value.range.is_empty() {
            return self.without_value(start..value.range.start);
        }
        Ok(Expr {
            shape: Shape::Field(field, Box::new(value)),
            range,
        })
    }

    /// The end of a value without the signs of a sentence after it.
    fn trimmed(&self, mut end: usize) -> usize {
        while end > self.at && matches!(self.signs.char(end - 1), ',' | ';') {
            end -= 1;
        }
        end
    }

    /// Goes on after the signs that end a value, so that what follows begins a word.
    fn skip_breaks(&mut self) {
        while self.at < self.signs.len()
            && (is_break(self.signs.char(self.at)) || self.signs.char(self.at) == ',')
        {
            self.at += 1;
        }
    }

    /// The longest date that begins here: in quotes, or as many words as make one.
    fn date(&mut self) -> Step<Days> {
        if let Some(closer) = self.signs.closer(self.at) {
            let phrase = self.phrase(closer)?;
            let closed = !matches!(phrase.shape, Shape::Phrase { open: true, .. } | Shape::Unfinished);
            return self.read_date(phrase.range.start + 1..phrase.range.end - usize::from(closed));
        }
        if self.signs.sign(self.at) == Some('(') {
            let range = self.at..self.at + 1;
            return Err(Fault::new(
                QueryErrorKind::FieldMisused,
                range,
                "a date does not stand in parentheses",
                "write date:2023 OR date:2024, or a range like date:2023..2024",
            ));
        }
        let start = self.at;
        let ends = self.date_words();
        let (first, all) = (ends.first().copied().unwrap_or(start), self.at);
        let mut told = None;
        for end in ends.iter().rev() {
            match self.read_date(start..*end) {
                Ok(days) => {
                    self.at = *end;
                    self.skip_breaks();
                    return Ok(days);
                }
                Err(fault) if fault.kind == QueryErrorKind::ImpossibleDate => {
                    told = Some(fault);
                    break;
                }
                Err(fault) => told = Some(fault),
            }
        }
        // `date:last we` is on its way to a date; more words than two are not.
        let on_its_way = self.typing && ends.len() <= 2 && all >= self.signs.len();
        self.at = if on_its_way { all } else { first };
        Err(told.unwrap_or_else(|| loose(start..first)))
    }

    /// Where each of the words ends that may belong to the date that begins here; goes on after the last.
    fn date_words(&mut self) -> Vec<usize> {
        let mut ends = Vec::new();
        while ends.len() < DATE_WORDS {
            let end = self.word_end(is_break);
            ends.push(self.trimmed(end));
            let stopped = end >= self.signs.len() || !self.signs.is_space(end);
            self.at = end;
            if stopped {
                break;
            }
            self.skip_space();
            let other =
                self.signs.closer(self.at).is_some() || matches!(self.signs.sign(self.at), Some('(' | ')'));
            if other || self.at >= self.signs.len() {
                break;
            }
        }
        ends
    }

    fn read_date(&self, range: Range<usize>) -> Step<Days> {
        let text: Vec<char> = self.signs.glyphs[range.clone()]
            .iter()
            .map(|glyph| narrow(glyph.ch))
            .collect();
        dates::read(&text, self.calendar).map_err(|fault| {
            let kind = if fault.impossible {
                QueryErrorKind::ImpossibleDate
            } else {
                QueryErrorKind::NotADate
            };
            let at = range.start + fault.at.start..range.start + fault.at.end;
            Fault::new(kind, at, &fault.message, &fault.hint)
        })
    }

    /// As mail programs have it: `after:` includes the date itself, `before:` does not.
    fn dates(&self, field: FieldName, days: Days) -> Node {
        let days = match field {
            FieldName::After => Days {
                from: days.from.or(days.until),
                until: None,
            },
            FieldName::Before => Days {
                from: None,
                until: days.from.or(days.until),
            },
            _ => days,
        };
        let moment = |day: Option<_>| day.map(|day| self.calendar.start_of(day));
        Node::Dates {
            from: moment(days.from),
            until: moment(days.until),
        }
    }
}

/// Signs of a Chinese sentence that end the value of a field: no space follows them.
fn is_break(ch: char) -> bool {
    matches!(ch, '，' | '、' | '；' | '。' | '！' | '？')
}

/// Lower case and half width, one character for one.
fn narrow(ch: char) -> char {
    match ch {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(ch) - 0xFEE0).unwrap_or(ch),
        ch if ch.is_whitespace() => ' ',
        ch => ch,
    }
    .to_ascii_lowercase()
}
