//! Cutting a block that is too long for one chunk: at sentences where it is prose, else at lines, then at white space,
//! then between graphemes; between characters only where one grapheme alone is too long.

use rushlight_core::{TextSpan, TokenCounter};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::sentences::sentence_ends;

/// Bytes of a long block that are tokenized at once, so that memory and time stay in proportion to the text.
const WINDOW_BYTES: usize = 65_536;

/// A stretch with its length in tokens, as counted within its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) span: TextSpan,
    pub(crate) tokens: usize,
}

/// How fine a cut is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    Sentences,
    Lines,
    Words,
    Graphemes,
    Characters,
}

impl Grain {
    fn finer(self) -> Option<Self> {
        match self {
            Self::Sentences => Some(Self::Lines),
            Self::Lines => Some(Self::Words),
            Self::Words => Some(Self::Graphemes),
            Self::Graphemes => Some(Self::Characters),
            Self::Characters => None,
        }
    }
}

/// Visits the block under `span` in units: whole when it has at most `whole` tokens, else in parts of at most `part`
/// tokens cut as coarsely as `coarsest` allows. Units are in order, free of white space at their ends, and leave out
/// nothing but white space.
pub(crate) fn split_block(
    text: &str,
    span: TextSpan,
    coarsest: Grain,
    (whole, part): (usize, usize),
    tokens: &dyn TokenCounter,
    visit: &mut dyn FnMut(Unit),
) {
    let mut start = span.start;
    while start < span.end {
        let length = window_length(&text[start..span.end]);
        let window = Window::new(text, TextSpan::new(start, start + length), tokens);
        if length == span.len() && window.ends.len() <= whole {
            visit(Unit {
                span,
                tokens: window.ends.len(),
            });
        } else {
            window.split(TextSpan::new(0, length), coarsest, part, visit);
        }
        start += length;
    }
}

/// The span without white space at its ends. A space that carries a combining mark is no white space.
pub(crate) fn trim(text: &str, span: TextSpan) -> TextSpan {
    let is_space = |grapheme: &&str| grapheme.chars().all(char::is_whitespace);
    let slice = &text[span.range()];
    let front: usize = slice.graphemes(true).take_while(is_space).map(str::len).sum();
    let rest = &slice[front..];
    let back: usize = rest
        .graphemes(true)
        .rev()
        .take_while(is_space)
        .map(str::len)
        .sum();
    TextSpan::new(span.start + front, span.end - back)
}

/// The span in two parts of about equal length, cut at white space near its middle, else between graphemes, else
/// between characters; `None` when it is a single character.
pub(crate) fn halve(text: &str, span: TextSpan) -> Option<(TextSpan, TextSpan)> {
    let slice = &text[span.range()];
    let middle = slice.len() / 2;
    let nearest = |cuts: &mut dyn Iterator<Item = usize>| {
        cuts.filter(|cut| *cut > 0 && *cut < slice.len())
            .min_by_key(|cut| cut.abs_diff(middle))
    };
    let is_space = |grapheme: &str| grapheme.chars().all(char::is_whitespace);
    let space = nearest(
        &mut slice
            .grapheme_indices(true)
            .filter(|(_, grapheme)| is_space(grapheme))
            .map(|(at, _)| at),
    );
    let cut = space
        .filter(|cut| cut.abs_diff(middle) < slice.len() / 4)
        .or_else(|| nearest(&mut slice.grapheme_indices(true).map(|(at, _)| at)))
        .or_else(|| nearest(&mut slice.char_indices().map(|(at, _)| at)))?;
    let parts = [
        TextSpan::new(span.start, span.start + cut),
        TextSpan::new(span.start + cut, span.end),
    ];
    let [left, right] = parts.map(|part| trim(text, part));
    Some((left, right))
}

/// Length of the next window of `rest`: all of it when it is short, else up to a place where a cut does least harm.
fn window_length(rest: &str) -> usize {
    if rest.len() <= WINDOW_BYTES {
        return rest.len();
    }
    let window = &rest[..rest.floor_char_boundary(WINDOW_BYTES)];
    let tail = window.floor_char_boundary(WINDOW_BYTES / 2);
    let behind = |found: Option<(usize, &str)>| found.map(|(at, mark)| tail + at + mark.len());
    let candidates = [
        behind(window[tail..].rmatch_indices('\n').next()),
        behind(window[tail..].rmatch_indices(['。', '！', '？', '；']).next()),
        behind(window[tail..].rmatch_indices(char::is_whitespace).next()),
    ];
    for cut in candidates.into_iter().flatten() {
        let boundary = GraphemeCursor::new(cut, window.len(), true).is_boundary(window, 0);
        if cut < window.len() && boundary == Ok(true) {
            return cut;
        }
    }
    // The last grapheme may go on behind the window.
    match window.grapheme_indices(true).next_back() {
        Some((start, _)) if start > 0 => start,
        _ => window.len(),
    }
}

/// Part of a text with the ends of its tokens and the starts of its graphemes, relative to its own start.
struct Window<'a> {
    text: &'a str,
    offset: usize,
    ends: Vec<usize>,
}

impl<'a> Window<'a> {
    fn new(text: &'a str, span: TextSpan, tokens: &dyn TokenCounter) -> Self {
        let text = &text[span.range()];
        Self {
            text,
            offset: span.start,
            ends: tokens.token_ends(text),
        }
    }

    fn tokens(&self, span: TextSpan) -> usize {
        let before = self.ends.partition_point(|end| *end <= span.start);
        let upto = self.ends.partition_point(|end| *end < span.end);
        // The token that reaches over the end counts, once.
        (upto - before + usize::from(upto < self.ends.len())).max(1)
    }

    fn split(&self, span: TextSpan, grain: Grain, part: usize, visit: &mut dyn FnMut(Unit)) {
        let span = trim(self.text, span);
        if span.is_empty() {
            return;
        }
        let tokens = self.tokens(span);
        let finer = grain.finer();
        if tokens <= part {
            visit(Unit {
                span: self.outside(span),
                tokens,
            });
            return;
        }
        let mut pending: Option<TextSpan> = None;
        for piece in self.pieces(span, grain) {
            let joined = pending.map_or(piece, |start| TextSpan::new(start.start, piece.end));
            if self.tokens(joined) <= part {
                pending = Some(joined);
                continue;
            }
            if let Some(full) = pending.take() {
                self.emit(full, visit);
            }
            match (self.tokens(piece) <= part, finer) {
                (true, _) => pending = Some(piece),
                (false, Some(finer)) => self.split(piece, finer, part, visit),
                (false, None) => self.emit(piece, visit),
            }
        }
        if let Some(rest) = pending {
            self.emit(rest, visit);
        }
    }

    fn emit(&self, span: TextSpan, visit: &mut dyn FnMut(Unit)) {
        let span = trim(self.text, span);
        if !span.is_empty() {
            visit(Unit {
                span: self.outside(span),
                tokens: self.tokens(span),
            });
        }
    }

    fn outside(&self, span: TextSpan) -> TextSpan {
        TextSpan::new(self.offset + span.start, self.offset + span.end)
    }

    /// The span in pieces of this grain, each with what separates it from the next.
    fn pieces(&self, span: TextSpan, grain: Grain) -> Vec<TextSpan> {
        let slice = &self.text[span.range()];
        let mut cuts: Vec<usize> = match grain {
            Grain::Sentences => sentence_ends(slice),
            Grain::Lines => slice.match_indices('\n').map(|(at, _)| at + 1).collect(),
            Grain::Words => slice
                .grapheme_indices(true)
                .filter(|(_, grapheme)| grapheme.chars().all(char::is_whitespace))
                .map(|(at, grapheme)| at + grapheme.len())
                .collect(),
            Grain::Graphemes => slice.grapheme_indices(true).map(|(at, _)| at).collect(),
            Grain::Characters => slice.char_indices().map(|(at, _)| at).collect(),
        };
        if grain == Grain::Sentences {
            keep_grapheme_boundaries(slice, &mut cuts);
        }
        cuts.retain(|cut| *cut > 0 && *cut < slice.len());
        cuts.push(slice.len());
        let mut start = 0;
        cuts.into_iter()
            .map(|end| {
                let piece = TextSpan::new(span.start + start, span.start + end);
                start = end;
                piece
            })
            .collect()
    }
}

/// Unicode's sentences may end inside a grapheme where a mark stands behind a closer.
fn keep_grapheme_boundaries(slice: &str, cuts: &mut Vec<usize>) {
    let mut boundaries = slice.grapheme_indices(true).map(|(at, _)| at).peekable();
    cuts.retain(|cut| {
        while boundaries.next_if(|at| at < cut).is_some() {}
        boundaries.peek() == Some(cut)
    });
}
