//! A query as it was typed, before it is decided what ranks and what must hold.

use std::ops::Range;

use rushlight_core::Node;

use super::error::{QueryError, QueryErrorKind};
use super::fields::FieldName;

/// A piece of a query, and the glyphs it was written with.
#[derive(Debug)]
pub(super) struct Expr {
    pub(super) shape: Shape,
    pub(super) range: Range<usize>,
}

/// What a piece of a query is.
#[derive(Debug)]
pub(super) enum Shape {
    /// Plain text without white space: the range itself.
    Word,
    /// Words in quotes; `open` when the closing one is still to be typed.
    Phrase {
        text: String,
        open: bool,
    },
    Prefix(String),
    Near {
        parts: Vec<String>,
        distance: u32,
    },
    Field(FieldName, Box<Expr>),
    /// A field whose value was read as it stood: dates.
    Ready(Node),
    Not(Box<Expr>),
    Must(Box<Expr>),
    Any(Vec<Expr>),
    All(Vec<Expr>),
    Group(Vec<Expr>),
    /// A field that is still being typed.
    Unfinished,
}

/// An error, and the glyph that would be plain text for a reader who never complains; `None` where nothing helps.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) kind: QueryErrorKind,
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) hint: String,
    pub(super) mute: Option<usize>,
}

impl Fault {
    /// A fault whose first glyph is to blame.
    pub(super) fn new(kind: QueryErrorKind, at: Range<usize>, message: &str, hint: &str) -> Self {
        Self {
            kind,
            mute: Some(at.start),
            at,
            message: message.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// With another glyph to blame.
    pub(super) fn blaming(mut self, glyph: Option<usize>) -> Self {
        self.mute = glyph;
        self
    }

    /// As it is told, with its place in bytes.
    pub(super) fn told(self, bytes: Range<usize>) -> QueryError {
        QueryError {
            kind: self.kind,
            at: bytes,
            message: self.message,
            hint: self.hint,
        }
    }
}

/// Result of a step of reading.
pub(super) type Step<T> = Result<T, Fault>;
