//! Markdown: the text is the source itself, so that a block's bytes and lines are those of the file.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use rushlight_core::{Block, BlockKind, DocMetadata, TextSpan, Warning};

use crate::links::Links;
use crate::place::{LineCursor, trimmed};
use crate::text::paragraph_ranges;
use crate::{front_matter, tags};

/// What is read out of a Markdown source beside the source itself.
#[derive(Debug, Default)]
pub(crate) struct Markdown {
    pub(crate) title: Option<String>,
    pub(crate) metadata: DocMetadata,
    pub(crate) blocks: Vec<Block>,
    pub(crate) warnings: Vec<Warning>,
}

/// Finds the blocks of `text`.
pub(crate) fn parse(text: &str) -> Markdown {
    let mut out = Markdown::default();
    let mut leaves = Vec::new();
    let mut body = 0;
    let mut front_title = None;
    if let Some((end, content)) = front_matter::find(text) {
        if text.starts_with("---") {
            front_title = front_matter::read(&text[content], &mut out.metadata, &mut out.warnings);
        }
        leaves.push(Leaf {
            kind: BlockKind::Metadata,
            range: 0..end,
        });
        body = end;
    }
    let mut walk = Walk::new(text);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_WIKILINKS
        | Options::ENABLE_MATH;
    for (event, range) in Parser::new_ext(&text[body..], options).into_offset_iter() {
        walk.event(&event, range.start + body..range.end + body);
    }
    walk.close_loose();
    let Walk {
        leaves: found,
        verbatim,
        first_heading,
        links,
        ..
    } = walk;
    out.metadata.links = links.into_vec();
    leaves.extend(found);
    let leaves = without_gaps(text, leaves);

    let mut lines = LineCursor::new(text);
    for Leaf { kind, range } in &leaves {
        let locator = lines.locate(range.start, range.end);
        out.blocks.push(Block {
            kind: *kind,
            span: TextSpan::new(range.start, range.end),
            locator,
        });
    }
    collect_tags(text, &leaves, &verbatim, &mut out.metadata.tags);
    out.title = front_title
        .or(first_heading)
        .filter(|title| !title.trim().is_empty());
    out
}

/// A block that holds no other.
#[derive(Clone, Debug)]
struct Leaf {
    kind: BlockKind,
    range: Range<usize>,
}

/// Follows the parser's events and keeps the innermost blocks.
struct Walk<'a> {
    source: &'a str,
    leaves: Vec<Leaf>,
    /// Code, raw HTML and links by name inside paragraphs: no tags are looked for there.
    verbatim: Vec<Range<usize>>,
    links: Links,
    first_heading: Option<String>,
    /// Inside a leaf that the parser reports as one.
    in_leaf: bool,
    in_first_heading: bool,
    /// Block quotes around it, and whether each is a callout: what stands in one is the author's own.
    quotes: Vec<Quoting>,
    items: usize,
    /// Inline content that stands directly in a list item.
    loose: Option<Leaf>,
}

/// What the sign of a quotation stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Quote,
    Callout,
}

impl<'a> Walk<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            links: Links::default(),
            leaves: Vec::new(),
            verbatim: Vec::new(),
            first_heading: None,
            in_leaf: false,
            in_first_heading: false,
            quotes: Vec::new(),
            items: 0,
            loose: None,
        }
    }

    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::Rule => self.close_loose(),
            Event::Code(code) => {
                self.heading_text(code);
                self.verbatim.push(range.clone());
                self.inline(range);
            }
            Event::InlineHtml(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {
                self.verbatim.push(range.clone());
                self.inline(range);
            }
            Event::Text(text) => {
                self.heading_text(text);
                self.inline(range);
            }
            Event::SoftBreak | Event::HardBreak => {
                self.heading_text(" ");
                self.inline(range);
            }
            Event::Html(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => self.inline(range),
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        self.link(tag, &range);
        let text_kind = self.text_kind();
        let leaf = match tag {
            Tag::Paragraph => text_kind,
            Tag::Heading { level, .. } => {
                self.in_first_heading = self.first_heading.is_none();
                if self.in_first_heading {
                    self.first_heading = Some(String::new());
                }
                BlockKind::Heading { level: *level as u8 }
            }
            Tag::CodeBlock(_) => BlockKind::Code,
            Tag::HtmlBlock => BlockKind::Paragraph,
            Tag::MetadataBlock(_) => BlockKind::Metadata,
            Tag::TableHead => BlockKind::TableHeader,
            Tag::TableRow => BlockKind::TableRow,
            Tag::BlockQuote(_) => {
                self.close_loose();
                self.quotes.push(quoting(&self.source[range]));
                return;
            }
            Tag::Item => {
                self.close_loose();
                self.items += 1;
                return;
            }
            Tag::List(_)
            | Tag::FootnoteDefinition(_)
            | Tag::Table(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition => {
                self.close_loose();
                return;
            }
            Tag::TableCell => return,
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::Link { .. }
            | Tag::Image { .. } => return self.inline(range),
        };
        self.close_loose();
        self.in_leaf = true;
        self.leaves.push(Leaf { kind: leaf, range });
    }

    fn end(&mut self, tag: &TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) => {
                self.close_loose();
                self.quotes.pop();
            }
            TagEnd::Item => {
                self.close_loose();
                self.items = self.items.saturating_sub(1);
            }
            TagEnd::Heading(_) => {
                self.in_leaf = false;
                self.in_first_heading = false;
            }
            TagEnd::Paragraph
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::MetadataBlock(_)
            | TagEnd::TableHead
            | TagEnd::TableRow => self.in_leaf = false,
            _ => {}
        }
    }

    fn link(&mut self, tag: &Tag<'_>, range: &Range<usize>) {
        let (link_type, target, embedded) = match tag {
            Tag::Link {
                link_type, dest_url, ..
            } => (link_type, dest_url, false),
            Tag::Image {
                link_type, dest_url, ..
            } => (link_type, dest_url, true),
            _ => return,
        };
        match link_type {
            LinkType::WikiLink { .. } => {
                self.links.by_name(target, embedded);
                self.verbatim.push(range.clone());
            }
            LinkType::Autolink | LinkType::Email => {}
            _ => self.links.by_path(target, embedded),
        }
    }

    /// Inline content: part of the leaf it stands in, or of the list item itself.
    fn inline(&mut self, range: Range<usize>) {
        if self.in_leaf {
            return;
        }
        let kind = self.text_kind();
        match &mut self.loose {
            Some(leaf) => {
                leaf.range.start = leaf.range.start.min(range.start);
                leaf.range.end = leaf.range.end.max(range.end);
            }
            None => self.loose = Some(Leaf { kind, range }),
        }
    }

    fn close_loose(&mut self) {
        self.leaves.extend(self.loose.take());
    }

    fn heading_text(&mut self, text: &str) {
        if self.in_first_heading
            && let Some(heading) = &mut self.first_heading
        {
            heading.push_str(text);
        }
    }

    fn text_kind(&self) -> BlockKind {
        if self.quotes.contains(&Quoting::Quote) {
            BlockKind::Quote
        } else if self.items > 0 {
            BlockKind::ListItem
        } else {
            BlockKind::Paragraph
        }
    }
}

/// A block quote that begins with `[!word]` is a callout.
fn quoting(source: &str) -> Quoting {
    let inside = source.trim_start_matches(|c: char| c == '>' || c.is_whitespace());
    let word = inside
        .strip_prefix("[!")
        .and_then(|rest| rest.split_once(']'))
        .map(|(word, _)| word);
    match word {
        Some(word) if !word.is_empty() && word.len() <= 40 && !word.contains('\n') => Quoting::Callout,
        _ => Quoting::Quote,
    }
}

/// Orders and trims the leaves, and puts everything the parser does not report into one: markers (`- `, `> `, `[^1]: `)
/// go to the block they open, rules to the block above, link definitions become paragraphs.
fn without_gaps(text: &str, mut leaves: Vec<Leaf>) -> Vec<Leaf> {
    leaves.sort_by_key(|leaf| (leaf.range.start, leaf.range.end));
    let mut out: Vec<Leaf> = Vec::with_capacity(leaves.len());
    let mut at = 0;
    for mut leaf in leaves {
        let start = leaf.range.start.max(at);
        if start >= leaf.range.end {
            continue;
        }
        let Some((start, end)) = trimmed(text, start, leaf.range.end) else {
            continue;
        };
        leaf.range = start..end;
        // The rest of the line on which the block begins opens it.
        let line = text[at..start].rfind('\n').map_or(at, |offset| at + offset + 1);
        if let Some((marker, _)) = trimmed(text, line, start) {
            leaf.range.start = marker;
        }
        fill(text, at, line.min(leaf.range.start), &mut out, Some(&mut leaf));
        at = end;
        out.push(leaf);
    }
    fill(text, at, text.len(), &mut out, None);
    out
}

fn fill(text: &str, from: usize, to: usize, out: &mut Vec<Leaf>, next: Option<&mut Leaf>) {
    // Marks that have no block above to go to.
    let mut silent: Option<Range<usize>> = None;
    for (start, end) in paragraph_ranges(text.get(from..to).unwrap_or_default()) {
        let (start, end) = (start + from, end + from);
        let says_something = text[start..end].contains(char::is_alphanumeric);
        match out.last_mut() {
            _ if says_something => out.push(Leaf {
                kind: BlockKind::Paragraph,
                range: silent.take().map_or(start, |marks| marks.start)..end,
            }),
            // Front matter stays what it is.
            Some(last) if last.kind != BlockKind::Metadata => last.range.end = end,
            _ => silent = Some(silent.map_or(start, |marks| marks.start)..end),
        }
    }
    match (silent, next) {
        (Some(marks), Some(next)) => next.range.start = marks.start,
        (Some(marks), None) => out.push(Leaf {
            kind: BlockKind::Paragraph,
            range: marks,
        }),
        (None, _) => {}
    }
}

fn collect_tags(text: &str, leaves: &[Leaf], verbatim: &[Range<usize>], tags: &mut Vec<String>) {
    let mut verbatim = verbatim.iter().peekable();
    for leaf in leaves {
        if matches!(leaf.kind, BlockKind::Code | BlockKind::Metadata) {
            continue;
        }
        let mut at = leaf.range.start;
        while let Some(range) = verbatim.next_if(|range| range.start < leaf.range.end) {
            if range.start >= at {
                tags::collect(&text[at..range.start], tags);
                at = range.end.min(leaf.range.end);
            }
        }
        tags::collect(&text[at..leaf.range.end], tags);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::parsers::check_blocks;

    fn check(text: &str, expected: Expect) {
        let parsed = parse(text);
        check_blocks(text, &parsed.blocks).expect("sound");
        let mut out = String::new();
        for block in &parsed.blocks {
            let rushlight_core::Locator::Lines { first, last } = block.locator else {
                panic!("lines")
            };
            out.push_str(&format!(
                "{first}-{last} {:?} {:?}\n",
                block.kind,
                block.span.of(text).expect("in text")
            ));
        }
        out.push_str(&format!(
            "title {:?} tags {:?}\n",
            parsed.title, parsed.metadata.tags
        ));
        expected.assert_eq(&out);
    }

    #[test]
    fn structure_becomes_blocks_with_lines() {
        check(
            "---\ntitle: Tea\ntags: [drink]\n---\n# All of tea\n\nGreen, black. #oolong `#not`\nSecond line.\n\n- one\n  - two\n    [link](x#y)\n- three\n\n> quoted\n> more\n\n```rust\n# code\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n---\n\n[ref]: http://example.org\n\nText[^1].\n\n[^1]: The note.\n",
            expect![[r##"
                1-4 Metadata "---\ntitle: Tea\ntags: [drink]\n---"
                5-5 Heading { level: 1 } "# All of tea"
                7-8 Paragraph "Green, black. #oolong `#not`\nSecond line."
                10-10 ListItem "- one"
                11-12 ListItem "- two\n    [link](x#y)"
                13-13 ListItem "- three"
                15-16 Quote "> quoted\n> more"
                18-20 Code "```rust\n# code\n```"
                22-23 TableHeader "| a | b |\n|---|---|"
                24-26 TableRow "| 1 | 2 |\n\n---"
                28-28 Paragraph "[ref]: http://example.org"
                30-30 Paragraph "Text[^1]."
                32-32 Paragraph "[^1]: The note."
                title Some("Tea") tags ["drink", "oolong"]
            "##]],
        );
    }

    #[test]
    fn a_heading_names_a_note_without_front_matter() {
        check(
            "<!-- draft -->\n\n茶的*歷史*\n=====\n\n1. 第一\n2. 第二\n",
            expect![[r##"
                1-1 Paragraph "<!-- draft -->"
                3-4 Heading { level: 1 } "茶的*歷史*\n====="
                6-6 ListItem "1. 第一"
                7-7 ListItem "2. 第二"
                title Some("茶的歷史") tags []
            "##]],
        );
    }

    #[test]
    fn notes_link_each_other() {
        let parsed = parse(
            "See [[Green tea]], [[drinks/Oolong#Steeping|steep it]], ![[kettle.png]] and [[Log#^a1b2]].\n\
             [a cup](../cups/my%20cup.md#size), ![x](cup.jpg), [web](https://example.org), <mailto:a@example.org>,\n\
             [[#below]], [[Green tea]]; `[[code]]` #tag ^block-1\n",
        );
        let links: Vec<String> = parsed
            .metadata
            .links
            .iter()
            .map(|link| {
                let sign = if link.embedded { "!" } else { "" };
                let fragment = link.fragment.as_deref().unwrap_or("-");
                format!("{sign}{} {} {fragment}", link.kind.as_str(), link.target)
            })
            .collect();
        assert_eq!(
            links,
            [
                "name Green tea -",
                "name drinks/Oolong Steeping",
                "!name kettle.png -",
                "name Log ^a1b2",
                "path ../cups/my cup.md size",
                "!path cup.jpg -",
            ]
        );
        assert_eq!(parsed.metadata.tags, ["tag"], "a heading in a link is no tag");
    }

    #[test]
    fn what_stands_in_a_callout_is_no_quotation() {
        check(
            "> [!warning]- Hot\n> Let it cool.\n> - first\n>\n> > quoted\n\n> [x] said\n",
            expect![[r##"
                1-2 Paragraph "> [!warning]- Hot\n> Let it cool."
                3-4 ListItem "> - first\n>"
                5-5 Quote "> > quoted"
                7-7 Quote "> [x] said"
                title None tags []
            "##]],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_covered_by_its_blocks(text in any::<String>()) {
            check_blocks(&text, &parse(&text).blocks)?;
        }

        #[test]
        fn any_markdown_is_covered_by_its_blocks(
            text in "([-#>*|`_~\\[\\]():^!+=0-9a-z茶<> \t\n]|\n\n|---\n|\\[\\^a\\]: |> - |\\| a \\| b \\|\n\\|-\\|-\\|\n|```\n|    ){0,60}"
        ) {
            check_blocks(&text, &parse(&text).blocks)?;
        }
    }
}
