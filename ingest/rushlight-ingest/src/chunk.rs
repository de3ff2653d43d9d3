//! Cutting a document into chunks, along its structure.

use std::rc::Rc;

use rushlight_core::{
    Block, BlockKind, ChunkOrigin, DocumentKind, Locator, ParsedDocument, TextSpan, TokenCounter,
};

use crate::place::Places;
use crate::split::{Grain, Unit, halve, split_block, trim};

/// Raised when the same document would be cut or embedded otherwise: it is part of the chunker's identity.
const CHUNKER_VERSION: u32 = 3;

/// How long chunks are, in tokens of the embedding model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkOptions {
    /// Blocks are gathered up to this.
    pub target_tokens: usize,
    /// No chunk is longer; a block up to this is kept whole.
    pub max_tokens: usize,
    /// A heading begins a new chunk once the present one has this.
    pub min_tokens: usize,
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self {
            target_tokens: 220,
            max_tokens: 320,
            min_tokens: 60,
        }
    }
}

impl ChunkOptions {
    /// Identity of the chunker with these options and this tokenizer: documents chunked under another are chunked anew.
    pub fn id(&self, tokens: &dyn TokenCounter) -> String {
        let Self {
            target_tokens,
            max_tokens,
            min_tokens,
        } = self;
        format!(
            "v{CHUNKER_VERSION}-{min_tokens}-{target_tokens}-{max_tokens}-{}",
            tokens.id()
        )
    }

    /// The options with numbers that can be met: at least one token, and in order.
    fn in_order(self) -> Self {
        let max_tokens = self.max_tokens.max(1);
        let target_tokens = self.target_tokens.clamp(1, max_tokens);
        Self {
            target_tokens,
            max_tokens,
            min_tokens: self.min_tokens.min(target_tokens),
        }
    }
}

/// A chunk before it has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkDraft {
    /// Where it stands in the document's text.
    pub span: TextSpan,
    /// Where it stands in the original.
    pub locator: Locator,
    /// Headings above it, outermost first; one that it begins with stands in its text instead.
    pub heading_path: Vec<String>,
    /// Length in tokens.
    pub token_count: u32,
    /// Whose words it is made of.
    pub origin: ChunkOrigin,
}

/// Cuts a document into chunks.
///
/// Chunks are in order, do not overlap, leave out nothing but white space, and begin and end with something else. Each
/// has at most [`ChunkOptions::max_tokens`] tokens by the counter's own count of its text; only a single character with
/// more tokens than that is let through. Blocks are kept whole where they fit; a heading stays with what it is above,
/// a table's header row with a row. In mail, what is quoted and what is a signature never shares a chunk with what is
/// written. Time and memory are in proportion to the text, whatever its shape.
pub fn chunk(
    document: &ParsedDocument,
    tokens: &dyn TokenCounter,
    options: &ChunkOptions,
) -> Vec<ChunkDraft> {
    let options = options.in_order();
    let text = document.text.as_str();
    let blocks = all_blocks(document);
    let mut packer = Packer {
        text,
        tokens,
        options,
        places: Places::new(text, &blocks, &document.lines),
        current: Vec::new(),
        cover: None,
        drafts: Vec::new(),
    };
    let mut headings: Vec<(u8, String)> = Vec::new();
    let mut above: Rc<[String]> = Rc::from([]);
    for block in &blocks {
        let role = Role::of(block.kind);
        let origin = origin_of(document.kind, block.kind);
        if let BlockKind::Heading { level } = block.kind {
            headings.retain(|(other, _)| *other < level);
            above = headings.iter().map(|(_, heading)| heading.clone()).collect();
        }
        let limits = (options.max_tokens, options.target_tokens);
        split_block(
            text,
            block.span,
            grain_of(block.kind),
            limits,
            tokens,
            &mut |unit| {
                packer.push(
                    Atom {
                        unit,
                        role,
                        origin,
                        above: Rc::clone(&above),
                    },
                    &block.locator,
                );
            },
        );
        if let BlockKind::Heading { level } = block.kind {
            headings.push((level, one_line(&text[block.span.range()])));
            above = headings.iter().map(|(_, heading)| heading.clone()).collect();
        }
    }
    packer.flush_all();
    packer.drafts
}

/// The document's blocks without white space at their ends; stretches of text outside any block become paragraphs.
fn all_blocks(document: &ParsedDocument) -> Vec<Block> {
    let text = document.text.as_str();
    let mut blocks = Vec::with_capacity(document.blocks.len());
    let mut end = 0;
    let mut add = |kind, span: TextSpan, locator: &Locator| {
        let span = trim(text, span);
        if !span.is_empty() {
            blocks.push(Block {
                kind,
                span,
                locator: locator.clone(),
            });
        }
    };
    for block in &document.blocks {
        if block.span.start > end {
            add(
                BlockKind::Paragraph,
                TextSpan::new(end, block.span.start),
                &Locator::Whole,
            );
        }
        add(block.kind, block.span, &block.locator);
        end = block.span.end;
    }
    if end < text.len() {
        add(
            BlockKind::Paragraph,
            TextSpan::new(end, text.len()),
            &Locator::Whole,
        );
    }
    blocks
}

/// Elsewhere than in mail a quotation is part of what is said.
fn origin_of(document: DocumentKind, block: BlockKind) -> ChunkOrigin {
    match (document, block) {
        (DocumentKind::Mail, BlockKind::Quote) => ChunkOrigin::Quote,
        (DocumentKind::Mail, BlockKind::Signature) => ChunkOrigin::Signature,
        _ => ChunkOrigin::Own,
    }
}

fn grain_of(kind: BlockKind) -> Grain {
    match kind {
        BlockKind::Heading { .. } | BlockKind::Paragraph | BlockKind::ListItem | BlockKind::Quote => {
            Grain::Sentences
        }
        BlockKind::Code | BlockKind::Metadata | BlockKind::Signature => Grain::Lines,
        BlockKind::TableHeader | BlockKind::TableRow => Grain::Lines,
    }
}

/// A heading as it stands in a path: its words without the marks that make it one, on one line, and no longer than one.
fn one_line(heading: &str) -> String {
    const LONGEST_BYTES: usize = 200;
    let underline = |line: &&str| line.trim().chars().all(|c| c == '=' || c == '-');
    let words = heading
        .lines()
        .filter(|line| !underline(line))
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    let words = words.trim_start_matches('#').trim_start();
    let words = match words.rsplit_once(' ') {
        Some((text, marks)) if marks.chars().all(|c| c == '#') => text,
        _ => words,
    };
    words[..words.floor_char_boundary(LONGEST_BYTES)]
        .trim_end()
        .to_owned()
}

/// What a stretch means for where a chunk may begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Begins a chunk, and never ends one.
    Heading,
    /// Never ends a chunk.
    Lead,
    /// Neither.
    Body,
}

impl Role {
    fn of(kind: BlockKind) -> Self {
        match kind {
            BlockKind::Heading { .. } => Self::Heading,
            BlockKind::TableHeader => Self::Lead,
            BlockKind::Paragraph
            | BlockKind::ListItem
            | BlockKind::Quote
            | BlockKind::Code
            | BlockKind::TableRow
            | BlockKind::Metadata
            | BlockKind::Signature => Self::Body,
        }
    }
}

/// A stretch that is packed as one.
struct Atom {
    unit: Unit,
    role: Role,
    origin: ChunkOrigin,
    above: Rc<[String]>,
}

struct Packer<'a> {
    text: &'a str,
    tokens: &'a dyn TokenCounter,
    options: ChunkOptions,
    places: Places<'a>,
    current: Vec<Atom>,
    /// The place that covers the current blocks; `None` when there are none.
    cover: Option<Locator>,
    drafts: Vec<ChunkDraft>,
}

impl Packer<'_> {
    fn push(&mut self, atom: Atom, locator: &Locator) {
        if self.current.last().is_some_and(|last| last.origin != atom.origin) {
            self.flush_all();
        }
        let cover = match &self.cover {
            None => locator.clone(),
            Some(cover) => match cover.cover(locator) {
                Some(joined) => joined,
                None => {
                    self.flush_all();
                    locator.clone()
                }
            },
        };
        self.cover = Some(cover);
        let full_enough = self.current_tokens() >= self.options.min_tokens;
        if atom.role == Role::Heading
            && full_enough
            && self.current.iter().any(|atom| atom.role == Role::Body)
        {
            self.flush();
        }
        while !self.current.is_empty() && !self.fits(&atom) {
            self.flush();
        }
        self.current.push(atom);
    }

    fn current_tokens(&self) -> usize {
        self.current.iter().map(|atom| atom.unit.tokens).sum()
    }

    fn fits(&self, atom: &Atom) -> bool {
        let total = self.current_tokens() + atom.unit.tokens;
        // Headings stay with what they are above as long as both fit at all, and so does a line or two.
        let leads_only = self.current.iter().all(|atom| atom.role != Role::Body);
        let little = self.current_tokens() * 4 < self.options.min_tokens;
        let limit = if leads_only || little {
            self.options.max_tokens
        } else {
            self.options.target_tokens
        };
        total <= limit
    }

    /// Ends the current chunk. Headings and table headers at its end begin the next one.
    fn flush(&mut self) {
        let body_end = self
            .current
            .iter()
            .rposition(|atom| atom.role == Role::Body)
            .map_or(0, |last| last + 1);
        let end = if body_end == 0 {
            self.current.len()
        } else {
            body_end
        };
        let kept = self.current.split_off(end);
        let done = std::mem::replace(&mut self.current, kept);
        self.emit(&done);
    }

    fn flush_all(&mut self) {
        let done = std::mem::take(&mut self.current);
        self.cover = None;
        self.emit(&done);
    }

    fn emit(&mut self, atoms: &[Atom]) {
        let (Some(first), Some(last)) = (atoms.first(), atoms.last()) else {
            return;
        };
        let span = TextSpan::new(first.unit.span.start, last.unit.span.end);
        self.emit_span(span, first);
    }

    /// The parts' counts need not add up to the whole's, so the whole is counted, and halved while it is too long.
    fn emit_span(&mut self, span: TextSpan, first: &Atom) {
        let count = self.tokens.count(&self.text[span.range()]);
        if count > self.options.max_tokens
            && let Some((left, right)) = halve(self.text, span)
        {
            self.emit_span(left, first);
            self.emit_span(right, first);
            return;
        }
        self.drafts.push(ChunkDraft {
            span,
            locator: self.places.of(span),
            heading_path: first.above.to_vec(),
            token_count: u32::try_from(count).unwrap_or(u32::MAX),
            origin: first.origin,
        });
    }
}

#[cfg(test)]
mod tests;
