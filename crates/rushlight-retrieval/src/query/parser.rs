//! From characters to expressions: recursive descent, `AND` before `OR`, both before what merely stands side by side.

use std::ops::Range;

use rushlight_core::Node;

use super::MAX_DEPTH;
use super::clean::{has_word, text_of};
use super::dates::{self, Calendar, Days};
use super::error::QueryErrorKind;
use super::expr::{Expr, Fault, Shape, Step};
use super::fields::{self, FieldName};
use super::signs::{Operator, Signs};

/// Words that may stand between the parts of `NEAR` when it does not say how many, and at most.
const NEAR_DISTANCE: u32 = 10;
const MAX_NEAR_DISTANCE: u32 = 100;
/// Words of a date, a range of two included.
const DATE_WORDS: usize = 8;
/// Longest name before a colon, in characters.
const MAX_NAME: usize = 24;

/// Reads expressions; made for one pass over one text.
pub(super) struct Parser<'a> {
    pub(super) signs: Signs<'a>,
    pub(super) calendar: &'a Calendar,
    /// Whether the end of the text is only where the typing has got to.
    pub(super) typing: bool,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(signs: Signs<'a>, calendar: &'a Calendar, typing: bool) -> Self {
        Self {
            signs,
            calendar,
            typing,
            at: 0,
            depth: 0,
        }
    }

    /// The whole text.
    pub(super) fn query(mut self) -> Step<Vec<Expr>> {
        self.sequence()
    }

    /// What stands side by side, up to the end or to the parenthesis that closes the group.
    fn sequence(&mut self) -> Step<Vec<Expr>> {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.at >= self.signs.len() || (self.depth > 0 && self.signs.sign(self.at) == Some(')')) {
                return Ok(items);
            }
            items.push(self.any()?);
        }
    }

    fn skip_space(&mut self) {
        while self.at < self.signs.len() && self.signs.is_space(self.at) {
            self.at += 1;
        }
    }

    /// The operator that comes next, if it is one of these.
    fn take(&mut self, wanted: fn(Operator) -> bool) -> Option<(Operator, Range<usize>)> {
        self.skip_space();
        let (operator, len) = self.signs.operator(self.at).filter(|(found, _)| wanted(*found))?;
        let range = self.at..self.at + len;
        self.at += len;
        Some((operator, range))
    }

    fn any(&mut self) -> Step<Expr> {
        let first = self.all()?;
        self.chain(first, |operator| operator == Operator::Or, Self::all, Shape::Any)
    }

    fn all(&mut self) -> Step<Expr> {
        let first = self.signed()?;
        self.chain(
            first,
            |operator| operator == Operator::And,
            Self::signed,
            Shape::All,
        )
    }

    fn chain(
        &mut self,
        first: Expr,
        wanted: fn(Operator) -> bool,
        next: fn(&mut Self) -> Step<Expr>,
        shape: fn(Vec<Expr>) -> Shape,
    ) -> Step<Expr> {
        let mut items = vec![first];
        while let Some((_, range)) = self.take(wanted) {
            self.expect_operand(&range)?;
            items.push(next(self)?);
        }
        Ok(joined(items, shape))
    }

    /// Fails at an operator that nothing follows.
    fn expect_operand(&mut self, operator: &Range<usize>) -> Step<()> {
        self.skip_space();
        let ends = self.at >= self.signs.len() || (self.depth > 0 && self.signs.sign(self.at) == Some(')'));
        if ends {
            Err(loose(operator.clone()))
        } else {
            Ok(())
        }
    }

    /// Signs before a piece; two exclusions cancel out.
    fn signed(&mut self) -> Step<Expr> {
        let start = self.at;
        let (mut negative, mut must) = (false, false);
        loop {
            if let Some(sign) = self.signs.prefix_sign(self.at) {
                self.at += 1;
                negative ^= sign == '-';
                must |= sign == '+';
                break;
            }
            let Some((_, range)) = self.take(|operator| operator == Operator::Not) else {
                break;
            };
            self.expect_operand(&range)?;
            negative = !negative;
        }
        let inner = self.near()?;
        let range = start..inner.range.end;
        let shape = match (negative, must) {
            (true, _) => Shape::Not(Box::new(inner)),
            (false, true) => Shape::Must(Box::new(inner)),
            (false, false) => return Ok(inner),
        };
        Ok(Expr { shape, range })
    }

    fn near(&mut self) -> Step<Expr> {
        let first = self.primary()?;
        let (start, mut end) = (first.range.start, first.range.end);
        let mut operands = vec![first];
        let mut distance = None;
        while let Some((Operator::Near(given), range)) =
            self.take(|operator| matches!(operator, Operator::Near(_)))
        {
            if given.is_some_and(|given| given > MAX_NEAR_DISTANCE) {
                let message = format!("the distance of NEAR is {MAX_NEAR_DISTANCE} words at most");
                let hint = "write a smaller number, like NEAR/10";
                return Err(Fault::new(QueryErrorKind::NearMisused, range, &message, hint));
            }
            distance = distance.max(Some(given.unwrap_or(NEAR_DISTANCE)));
            self.expect_operand(&range)?;
            let operand = self.primary()?;
            end = operand.range.end;
            operands.push(operand);
        }
        let Some(distance) = distance else {
            return Ok(joined(operands, Shape::All));
        };
        let parts = operands
            .into_iter()
            .map(|operand| self.near_part(operand))
            .collect::<Step<Vec<String>>>()?;
        Ok(Expr {
            shape: Shape::Near { parts, distance },
            range: start..end,
        })
    }

    fn near_part(&self, operand: Expr) -> Step<String> {
        let text = match operand.shape {
            Shape::Phrase { text, .. } => Some(text),
            Shape::Word => Some(self.text(operand.range.clone())).filter(|text| has_word(text)),
            _ => None,
        };
        text.ok_or_else(|| {
            Fault::new(
                QueryErrorKind::NearMisused,
                operand.range,
                "NEAR stands between words and phrases only",
                "write it like tea NEAR/5 \"hot water\", or near in lower case to search for the word",
            )
        })
    }

    fn text(&self, range: Range<usize>) -> String {
        text_of(&self.signs.glyphs[range])
    }

    fn primary(&mut self) -> Step<Expr> {
        let start = self.at;
        if let Some((_, len)) = self.signs.operator(start) {
            return Err(loose(start..start + len));
        }
        if self.signs.sign(start) == Some(')') && self.signs.is_space(start + 1) {
            return Err(Fault::new(
                QueryErrorKind::StrayParenthesis,
                start..start + 1,
                "this parenthesis closes nothing",
                "take it away, or open one before it",
            ));
        }
        if let Some(field) = self.field()? {
            return Ok(field);
        }
        self.value()
    }

    /// A phrase, a group or a word.
    fn value(&mut self) -> Step<Expr> {
        if let Some(closer) = self.signs.closer(self.at) {
            return self.phrase(closer);
        }
        if self.signs.sign(self.at) == Some('(') {
            return self.group();
        }
        let end = self.word_end(|_| false);
        Ok(self.word(end))
    }

    fn phrase(&mut self, closer: char) -> Step<Expr> {
        let start = self.at;
        let close = (start + 1..self.signs.len()).find(|index| self.signs.sign(*index) == Some(closer));
        let open = close.is_none();
        if open && !self.typing {
            return Err(Fault::new(
                QueryErrorKind::UnclosedQuote,
                start..start + 1,
                "this quote is not closed",
                "close it, or take it away",
            ));
        }
        let inner_end = close.unwrap_or(self.signs.len());
        self.at = (inner_end + 1).min(self.signs.len());
        let range = start..self.at;
        let text = self.text(start + 1..inner_end);
        let shape = if has_word(&text) {
            // White space at the end says that the last word is complete.
            let text = if open { text.trim_start() } else { text.trim() }.to_owned();
            Shape::Phrase { text, open }
        } else if open {
            Shape::Unfinished
        } else {
            return Err(Fault::new(
                QueryErrorKind::EmptyPhrase,
                range,
                "there is no word between these quotes",
                "write one, or take the quotes away",
            ));
        };
        Ok(Expr { shape, range })
    }

    fn group(&mut self) -> Step<Expr> {
        let start = self.at;
        if self.depth == MAX_DEPTH {
            let message = format!("there are more than {MAX_DEPTH} parentheses in one another");
            let hint = "ask in fewer parentheses";
            return Err(Fault::new(
                QueryErrorKind::TooDeep,
                start..start + 1,
                &message,
                hint,
            ));
        }
        self.at += 1;
        self.depth += 1;
        let items = self.sequence()?;
        self.depth -= 1;
        let closed = self.at < self.signs.len();
        if !closed && !self.typing {
            return Err(Fault::new(
                QueryErrorKind::UnclosedGroup,
                start..start + 1,
                "this parenthesis is not closed",
                "close it, or take it away",
            ));
        }
        self.at = (self.at + 1).min(self.signs.len());
        let range = start..self.at;
        if items.is_empty() && closed {
            return Err(Fault::new(
                QueryErrorKind::EmptyGroup,
                range,
                "there is nothing between these parentheses",
                "write a word between them, or take them away",
            ));
        }
        Ok(Expr {
            shape: Shape::Group(items),
            range,
        })
    }

    /// Where the word that begins here ends: before white space, a quote that opens inside it, the parenthesis that closes
    /// the group, or a character that `ends` it.
    fn word_end(&self, ends: fn(char) -> bool) -> usize {
        let mut open = 0_usize;
        let mut at = self.at;
        while at < self.signs.len() && !self.signs.is_space(at) && !ends(self.signs.char(at)) {
            match self.signs.sign(at) {
                Some('(') => open += 1,
                Some(')') if open > 0 => open -= 1,
                Some(')') if self.depth > 0 => break,
                _ if at > self.at && self.signs.closer(at).is_some() => break,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// The word up to there, or the beginning of words where a star ends it.
    fn word(&mut self, end: usize) -> Expr {
        let range = self.at..end;
        self.at = end;
        let stem = range.start..end.saturating_sub(1);
        let is_prefix = !stem.is_empty()
            && self.signs.sign(stem.end) == Some('*')
            && self.signs.char(stem.end - 1).is_alphanumeric()
            && stem.clone().all(|index| self.signs.sign(index) != Some('*'));
        let shape = if is_prefix {
            Shape::Prefix(self.text(stem))
        } else {
            Shape::Word
        };
        Expr { shape, range }
    }

    /// A field with its value, or `None` where the word that begins here is something else.
    fn field(&mut self) -> Step<Option<Expr>> {
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

/// One expression as it is, several as one.
fn joined(mut items: Vec<Expr>, shape: fn(Vec<Expr>) -> Shape) -> Expr {
    match (items.len(), items.first(), items.last()) {
        (2.., Some(first), Some(last)) => {
            let range = first.range.start..last.range.end;
            Expr {
                shape: shape(items),
                range,
            }
        }
        _ => items.pop().unwrap_or(Expr {
            shape: Shape::Unfinished,
            range: 0..0,
        }),
    }
}

fn loose(at: Range<usize>) -> Fault {
    Fault::new(
        QueryErrorKind::LooseOperator,
        at,
        "this operator lacks a word beside it",
        "write a word on the side that is empty, or the operator in lower case to search for it",
    )
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
