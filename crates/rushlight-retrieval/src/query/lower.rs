//! What an expression asks: words rank, everything else must hold. Where words stand under an operator or in a field they
//! must hold too.

use std::ops::Range;

use rushlight_analysis::{TermKind, analyze};
use rushlight_core::{Clause, Node, Occur, Query, QueryField};

use super::MAX_CLAUSES;
use super::clean::{Glyph, has_word, text_of};
use super::error::QueryErrorKind;
use super::every_word::is_helper;
use super::expr::{Expr, Fault, Shape, Step};
use super::fields::FieldName;
use super::merge::{alternatives, merge_alternatives, merge_text};
use super::values::{Leaf, Unknown, leaf_of};

/// Decides what clauses expressions become; made for one query.
pub(super) struct Lowering<'a> {
    pub(super) glyphs: &'a [Glyph],
    /// Whether the last word may still grow.
    pub(super) typing: bool,
    /// Whether plain words must hold too.
    pub(super) every_word: bool,
    pub(super) clauses: usize,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct Place {
    /// Under an operator, a sign or a field: words must hold.
    strict: bool,
    /// Nothing but that every word must hold makes it strict: words that only put a question need not.
    eased: bool,
    /// Under an exclusion.
    negative: bool,
    /// In a field, and the glyph its name begins with.
    field: Option<(FieldName, usize)>,
}

/// A stretch of plain text, or anything else.
enum Piece<'e> {
    Text(Range<usize>),
    Other(&'e Expr),
}

impl Lowering<'_> {
    /// The query of a whole text.
    pub(super) fn query(&mut self, items: &[Expr]) -> Step<Query> {
        if let Some(words) = only_alternatives(items).filter(|_| !self.every_word) {
            let words: Vec<String> = words.iter().map(|range| self.text(range.clone())).collect();
            let text = words.join(" ");
            if !has_word(&text) {
                return Ok(Query::default());
            }
            let mut clauses = vec![Clause {
                occur: Occur::Wanted,
                node: Node::Text(text),
            }];
            if let Some(last) = items.last() {
                clauses.extend(self.growing(&last.range));
            }
            return Ok(Query { clauses });
        }
        let top = Place {
            strict: self.every_word,
            eased: self.every_word,
            negative: false,
            field: None,
        };
        let clauses = self.sequence(items, top)?;
        Ok(Query { clauses })
    }

    fn text(&self, range: Range<usize>) -> String {
        text_of(&self.glyphs[range])
    }

    /// Whether the text ends here and may still be typed on.
    fn is_growing(&self, range: &Range<usize>) -> bool {
        self.typing && range.end == self.glyphs.len()
    }

    fn sequence(&mut self, items: &[Expr], place: Place) -> Step<Vec<Clause>> {
        let mut clauses = Vec::new();
        for piece in self.pieces(items, place) {
            let (new, range) = match piece {
                Piece::Text(range) => (self.plain(range.clone(), place)?, range),
                Piece::Other(expr) => (self.other(expr, place)?, expr.range.clone()),
            };
            self.count(&new, &range)?;
            clauses.extend(new);
        }
        let clauses = merge_alternatives(merge_text(clauses));
        Ok(clauses)
    }

    fn count(&mut self, new: &[Clause], at: &Range<usize>) -> Step<()> {
        self.clauses += new.len();
        if self.clauses <= MAX_CLAUSES {
            return Ok(());
        }
        let message = format!("a query has at most {MAX_CLAUSES} clauses");
        let hint = "ask for less at once; plain words count as one";
        Err(Fault::new(QueryErrorKind::TooManyClauses, at.clone(), &message, hint).blaming(None))
    }

    /// The expressions with neighbouring words as one stretch and without parentheses that change nothing.
    fn pieces<'e>(&self, items: &'e [Expr], place: Place) -> Vec<Piece<'e>> {
        let mut pieces: Vec<Piece<'e>> = Vec::new();
        for item in items {
            let found = match &item.shape {
                Shape::Word => vec![Piece::Text(item.range.clone())],
                Shape::Group(inner) => {
                    let inner = self.pieces(inner, place);
                    if !place.strict && matches!(inner.as_slice(), [Piece::Text(_)]) {
                        vec![Piece::Text(item.range.clone())]
                    } else {
                        inner
                    }
                }
                _ => vec![Piece::Other(item)],
            };
            for piece in found {
                match (pieces.last_mut(), &piece) {
                    (Some(Piece::Text(before)), Piece::Text(next)) if self.is_gap(before.end..next.start) => {
                        before.end = next.end;
                    }
                    _ => pieces.push(piece),
                }
            }
        }
        pieces
    }

    fn is_gap(&self, range: Range<usize>) -> bool {
        self.glyphs[range].iter().all(|glyph| glyph.ch.is_whitespace())
    }

    /// A stretch of words.
    fn plain(&self, range: Range<usize>, place: Place) -> Step<Vec<Clause>> {
        let text = self.text(range.clone());
        if !has_word(&text) && place.field.is_none() {
            return Ok(Vec::new());
        }
        if let Some((field, start)) = place.field {
            return self.words_of_field(&text, &range, place, field, start);
        }
        if !place.strict {
            let mut clauses = vec![Clause {
                occur: Occur::Wanted,
                node: Node::Text(text),
            }];
            clauses.extend(self.growing(&range));
            return Ok(clauses);
        }
        let growing = self.is_growing(&range) && !place.negative;
        let counts = |word: &&str| has_word(word) && !(place.eased && is_helper(word));
        let mut words: Vec<&str> = text.split_whitespace().filter(counts).collect();
        let prefix = if growing { last_word(&text) } else { None };
        let prefix = prefix.filter(|prefix| words.last().is_some_and(|word| word == prefix));
        if prefix.is_some() {
            words.pop();
        }
        let exact = words.into_iter().map(exact);
        Ok(exact
            .chain(prefix.map(Node::Prefix))
            .map(|node| Clause {
                occur: Occur::Required,
                node,
            })
            .collect())
    }

    /// A stretch of words in a field: all of them together where it holds text, each for itself where it holds one value.
    fn words_of_field(
        &self,
        text: &str,
        range: &Range<usize>,
        place: Place,
        field: FieldName,
        start: usize,
    ) -> Step<Vec<Clause>> {
        match field {
            FieldName::Text(name) if name != QueryField::Language => {
                let growing = self.is_growing(range) && !place.negative;
                match last_word(text).filter(|_| growing) {
                    Some(word) => Ok(growing_field(name, &text[..text.len() - word.len()], &word)),
                    None => self.field_clause(leaf_of(field, text, Leaf::Text), range, start),
                }
            }
            _ => {
                let mut clauses = Vec::new();
                for word in text.split_whitespace() {
                    clauses.extend(self.field_clause(leaf_of(field, word, Leaf::Text), range, start)?);
                }
                Ok(clauses)
            }
        }
    }

    /// The last word as the beginning of one, where it is still being typed.
    fn growing(&self, range: &Range<usize>) -> Option<Clause> {
        if !self.is_growing(range) {
            return None;
        }
        Some(Clause {
            occur: Occur::Wanted,
            node: Node::Prefix(last_word(&self.text(range.clone()))?),
        })
    }

    fn other(&mut self, expr: &Expr, place: Place) -> Step<Vec<Clause>> {
        let required = |node| {
            vec![Clause {
                occur: Occur::Required,
                node,
            }]
        };
        let strict = Place {
            strict: true,
            eased: false,
            ..place
        };
        Ok(match &expr.shape {
            Shape::Phrase { text, open } => return self.phrase(text, *open, &expr.range, place),
            Shape::Prefix(text) => match place.field {
                Some((field, start)) => {
                    return self.field_clause(leaf_of(field, text, Leaf::Prefix), &expr.range, start);
                }
                None => required(Node::Prefix(text.clone())),
            },
            Shape::Near { .. } | Shape::Ready(_) | Shape::Field(..) if place.field.is_some() => {
                let (_, start) = place.field.unwrap_or((FieldName::In, expr.range.start));
                return Err(misused(expr.range.clone()).blaming(Some(start)));
            }
            Shape::Near { parts, distance } => required(Node::Near {
                parts: parts.clone(),
                distance: *distance,
            }),
            Shape::Ready(node) => required(node.clone()),
            Shape::Field(field, value) => {
                let inside = Place {
                    field: Some((*field, expr.range.start)),
                    ..strict
                };
                self.sequence(std::slice::from_ref(&**value), inside)?
            }
            Shape::Not(inner) => {
                let negative = Place {
                    negative: !place.negative,
                    ..strict
                };
                let node = self.node(inner, negative)?;
                node.map(|node| Clause {
                    occur: Occur::Excluded,
                    node,
                })
                .into_iter()
                .collect()
            }
            Shape::Must(inner) => self.node(inner, strict)?.map_or_else(Vec::new, required),
            Shape::All(items) => self.sequence_of_each(items, strict)?,
            Shape::Any(items) => {
                let mut nodes = Vec::new();
                for item in items {
                    nodes.extend(self.node(item, strict)?);
                }
                alternatives(nodes).map_or_else(Vec::new, required)
            }
            Shape::Group(items) => self.sequence(items, place)?,
            Shape::Word | Shape::Unfinished => Vec::new(),
        })
    }

    /// Clauses of expressions that do not run into one another.
    fn sequence_of_each(&mut self, items: &[Expr], place: Place) -> Step<Vec<Clause>> {
        let mut clauses = Vec::new();
        for item in items {
            clauses.extend(self.sequence(std::slice::from_ref(item), place)?);
        }
        Ok(clauses)
    }

    /// An expression as one node, or `None` when there is nothing in it to search for.
    fn node(&mut self, expr: &Expr, place: Place) -> Step<Option<Node>> {
        let mut clauses = self.sequence(std::slice::from_ref(expr), place)?;
        if clauses.len() == 1 && clauses[0].occur == Occur::Required {
            return Ok(clauses.pop().map(|clause| clause.node));
        }
        if clauses.is_empty() {
            return Ok(None);
        }
        if clauses.iter().all(|clause| clause.occur == Occur::Excluded) {
            clauses.insert(0, Clause::everything());
        }
        Ok(Some(Node::Group(Query { clauses })))
    }

    fn phrase(&self, text: &str, open: bool, range: &Range<usize>, place: Place) -> Step<Vec<Clause>> {
        let word = if open { last_word(text) } else { None };
        if let Some((field, start)) = place.field {
            return match (field, word) {
                (FieldName::Text(name), Some(word)) if name != QueryField::Language => {
                    Ok(growing_field(name, &text[..text.len() - word.len()], &word))
                }
                _ => self.field_clause(leaf_of(field, text.trim(), Leaf::Phrase), range, start),
            };
        }
        let required = |node| Clause {
            occur: Occur::Required,
            node,
        };
        let Some(word) = word else {
            return Ok(vec![required(Node::Phrase(text.trim().to_owned()))]);
        };
        let head = text[..text.len() - word.len()].trim();
        if !has_word(head) {
            return Ok(vec![required(Node::Prefix(word))]);
        }
        Ok(vec![
            required(Node::Phrase(head.to_owned())),
            required(Node::Prefix(word)),
        ])
    }

    /// The clause of a field's value; a value that is still being typed may be unknown.
    fn field_clause(
        &self,
        node: Result<Node, Unknown>,
        range: &Range<usize>,
        start: usize,
    ) -> Step<Vec<Clause>> {
        match node {
            Ok(node) => Ok(vec![Clause {
                occur: Occur::Required,
                node,
            }]),
            Err(_) if self.is_growing(range) => Ok(Vec::new()),
            Err(Unknown { kind, message, hint }) => {
                Err(Fault::new(kind, range.clone(), message, &hint).blaming(Some(start)))
            }
        }
    }
}

/// The words of a query that is nothing but alternatives of single words: they rank like any other words.
fn only_alternatives(items: &[Expr]) -> Option<Vec<Range<usize>>> {
    match items {
        [only] => match &only.shape {
            Shape::Group(inner) => only_alternatives(inner),
            Shape::Any(alternatives) => alternatives
                .iter()
                .map(|item| matches!(item.shape, Shape::Word).then(|| item.range.clone()))
                .collect(),
            _ => None,
        },
        _ => None,
    }
}

/// A word that must or must not be there: one term, or its terms side by side.
fn exact(word: &str) -> Node {
    let trimmed = word.trim_matches(|ch: char| !ch.is_alphanumeric() && !matches!(ch, '+' | '#' | '_'));
    let terms = analyze(trimmed)
        .iter()
        .filter(|token| !matches!(token.kind, TermKind::Single | TermKind::Whole))
        .count();
    if terms > 1 {
        Node::Phrase(trimmed.to_owned())
    } else {
        Node::Text(trimmed.to_owned())
    }
}

/// The word that a text ends with, of a script that puts spaces between words.
fn last_word(text: &str) -> Option<String> {
    let tail = text
        .split_whitespace()
        .last()
        .filter(|tail| text.ends_with(tail))?;
    let tokens = analyze(tail);
    let last = tokens.last()?;
    (last.kind == TermKind::Word && last.end == tail.len()).then(|| tail[last.start..].to_owned())
}

/// The value of a field of text whose last word is still being typed.
fn growing_field(field: QueryField, head: &str, word: &str) -> Vec<Clause> {
    let clause = |node| Clause {
        occur: Occur::Required,
        node: Node::Field {
            field,
            node: Box::new(node),
        },
    };
    let head = has_word(head).then(|| clause(Node::Text(head.trim().to_owned())));
    head.into_iter()
        .chain([clause(Node::Prefix(word.to_owned()))])
        .collect()
}

fn misused(at: Range<usize>) -> Fault {
    Fault::new(
        QueryErrorKind::FieldMisused,
        at,
        "a field holds words and phrases, no other field and no NEAR",
        "write it beside the field, not inside",
    )
}
