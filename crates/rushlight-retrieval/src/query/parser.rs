//! From characters to expressions: recursive descent, `AND` before `OR`, both before what merely stands side by side.

mod field;

use std::ops::Range;

use super::MAX_DEPTH;
use super::clean::{has_word, text_of};
use super::dates::Calendar;
use super::error::QueryErrorKind;
use super::expr::{Expr, Fault, Shape, Step};
use super::signs::{Operator, Signs};

/// Words that may stand between the parts of `NEAR` when it does not say how many, and at most.
const NEAR_DISTANCE: u32 = 10;
const MAX_NEAR_DISTANCE: u32 = 100;
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
