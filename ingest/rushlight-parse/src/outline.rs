//! Org, AsciiDoc and reStructuredText: the text as it is written, with its headings, lists, code and tables told apart.

use rushlight_core::{Block, BlockKind, DocMetadata, TextSpan};

use crate::links::Links;
use crate::place::{LineCursor, trimmed};
use crate::{front_matter, tags};

/// Whose signs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Markup {
    Org,
    AsciiDoc,
    ReStructuredText,
}

impl Markup {
    /// The media type, where there is one that people use.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Org => "text/org",
            Self::AsciiDoc => "text/asciidoc",
            Self::ReStructuredText => "text/x-rst",
        }
    }
}

/// A text, read.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) title: Option<String>,
    pub(crate) metadata: DocMetadata,
    pub(crate) blocks: Vec<Block>,
}

/// Reads a text line by line.
pub(crate) fn parse(text: &str, markup: Markup) -> Outline {
    let mut reader = Reader {
        text,
        markup,
        open: None,
        fence: None,
        styles: Vec::new(),
        ranges: Vec::new(),
        out: Outline::default(),
    };
    let lines = lines_of(text);
    let mut index = 0;
    while index < lines.len() {
        index += reader.line(&lines[index..]);
    }
    reader.finish()
}

/// A line without its end: where it stands, and its text.
#[derive(Clone, Copy)]
struct Line<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

fn lines_of(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            Line {
                start,
                end: at,
                text: line.trim_end(),
            }
        })
        .collect()
}

/// What ends a stretch that is kept as it is.
#[derive(Clone, Copy)]
enum Fence<'a> {
    /// A line that says so; upper and lower case are the same.
    Line(&'a str, BlockKind),
    /// A line that is not indented.
    Indent(usize),
}

struct Reader<'a> {
    text: &'a str,
    markup: Markup,
    /// The block that further lines may join.
    open: Option<(BlockKind, usize, usize)>,
    fence: Option<Fence<'a>>,
    /// Signs under headings in the order in which they first stood: the first is the highest.
    styles: Vec<(char, bool)>,
    ranges: Vec<(BlockKind, usize, usize)>,
    out: Outline,
}

impl<'a> Reader<'a> {
    /// Takes the first of these lines, and those that belong to it; returns how many.
    fn line(&mut self, lines: &[Line<'a>]) -> usize {
        let line = lines[0];
        if let Some(fence) = self.fence
            && self.inside(fence, line)
        {
            return 1;
        }
        if line.text.trim().is_empty() {
            self.close();
            return 1;
        }
        match self.markup {
            Markup::Org => self.org(line),
            Markup::AsciiDoc => self.ascii_doc(line),
            Markup::ReStructuredText => return self.restructured(lines),
        }
        1
    }

    /// True when the line belongs to what is kept as it is.
    fn inside(&mut self, fence: Fence<'a>, line: Line<'a>) -> bool {
        match fence {
            Fence::Line(end, kind) => {
                self.join(kind, line);
                if line.text.trim().eq_ignore_ascii_case(end) {
                    self.fence = None;
                    self.close();
                }
                true
            }
            Fence::Indent(indent) => {
                let blank = line.text.is_empty();
                if blank || indent_of(line.text) > indent {
                    if !blank {
                        self.join(BlockKind::Code, line);
                    }
                    return true;
                }
                self.fence = None;
                self.close();
                false
            }
        }
    }

    fn org(&mut self, line: Line<'a>) {
        let text = line.text;
        let stars = text.bytes().take_while(|b| *b == b'*').count();
        if stars > 0 && text[stars..].starts_with(' ') {
            let (title, found) = org_tags(text[stars..].trim());
            for tag in found {
                tags::add(tag, &mut self.out.metadata.tags);
            }
            return self.heading(stars, title, line);
        }
        let trimmed = text.trim_start();
        if let Some(rest) = trimmed.strip_prefix("#+") {
            let (name, value) = rest.split_once(':').unwrap_or((rest, ""));
            let lower = rest.to_ascii_lowercase();
            let kinds = [
                ("begin_src", "#+end_src", BlockKind::Code),
                ("begin_example", "#+end_example", BlockKind::Code),
                ("begin_quote", "#+end_quote", BlockKind::Quote),
            ];
            if let Some((_, end, kind)) = kinds.into_iter().find(|(begin, ..)| lower.starts_with(begin)) {
                return self.open_fence(Fence::Line(end, kind), kind, line);
            }
            self.field(name, value);
            return self.join(BlockKind::Metadata, line);
        }
        if trimmed.eq_ignore_ascii_case(":properties:") {
            return self.open_fence(
                Fence::Line(":end:", BlockKind::Metadata),
                BlockKind::Metadata,
                line,
            );
        }
        if trimmed.starts_with('|') {
            return self.row(line);
        }
        let item =
            is_item(trimmed, &["- ", "+ "]) || (trimmed.len() < text.len() && trimmed.starts_with("* "));
        self.flow(item, line);
    }

    fn ascii_doc(&mut self, line: Line<'a>) {
        let text = line.text;
        let signs = text.bytes().take_while(|b| *b == b'=').count();
        if (1..=6).contains(&signs) && text[signs..].starts_with(' ') {
            return self.heading(signs, text[signs..].trim(), line);
        }
        let delimiter = ["----", "....", "____", "++++"].iter().any(|sign| {
            text.len() >= 4 && text.starts_with(sign) && text.bytes().all(|b| b == text.as_bytes()[0])
        });
        if delimiter {
            let kind = if text.starts_with('_') {
                BlockKind::Quote
            } else {
                BlockKind::Code
            };
            return self.open_fence(Fence::Line(text, kind), kind, line);
        }
        if let Some((name, value)) = text.strip_prefix(':').and_then(|rest| rest.split_once(':'))
            && !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_!".contains(&b))
        {
            self.field(name, value);
            return self.join(BlockKind::Metadata, line);
        }
        if text.starts_with('|') {
            return self.row(line);
        }
        let bullet = text.trim_start_matches(['*', '.']);
        let item = is_item(text, &["- "]) || (bullet.len() < text.len() && bullet.starts_with(' '));
        self.flow(item, line);
    }

    fn restructured(&mut self, lines: &[Line<'a>]) -> usize {
        let line = lines[0];
        let under = |index: usize| lines.get(index).and_then(|line| adornment(line.text));
        // A line of signs over and under the title, or under it alone.
        if let (Some(over), Some(title), Some(below)) = (adornment(line.text), lines.get(1), under(2))
            && over == below
            && !title.text.trim().is_empty()
        {
            self.styled((over, true), title.text.trim(), line.start, lines[2].end);
            return 3;
        }
        if let Some(below) = under(1)
            && self.open.is_none()
            && adornment(line.text).is_none()
            && indent_of(line.text) == 0
            && lines[1].text.chars().count() * 2 >= line.text.chars().count()
        {
            self.styled((below, false), line.text.trim(), line.start, lines[1].end);
            return 2;
        }
        let text = line.text;
        if let Some((name, value)) = text.strip_prefix(':').and_then(|rest| rest.split_once(": "))
            && self.open.is_none_or(|(kind, ..)| kind == BlockKind::Metadata)
        {
            self.field(name, value);
            self.join(BlockKind::Metadata, line);
            return 1;
        }
        if text.starts_with(".. code") || text.starts_with(".. highlight") {
            self.open_fence(Fence::Indent(0), BlockKind::Code, line);
            return 1;
        }
        let item = is_item(text.trim_start(), &["- ", "* ", "+ "]);
        self.flow(item, line);
        if text.ends_with("::") && !text.starts_with("..") {
            self.close();
            self.fence = Some(Fence::Indent(indent_of(text)));
        }
        1
    }

    fn styled(&mut self, style: (char, bool), title: &str, start: usize, end: usize) {
        let level = match self.styles.iter().position(|known| *known == style) {
            Some(at) => at + 1,
            None => {
                self.styles.push(style);
                self.styles.len()
            }
        };
        let text = self.text;
        let line = Line {
            start,
            end,
            text: &text[start..end],
        };
        self.heading(level, title, line);
    }

    fn heading(&mut self, level: usize, title: &str, line: Line<'a>) {
        self.close();
        if self.out.title.is_none() && !title.is_empty() {
            self.out.title = Some(title.to_owned());
        }
        let level = u8::try_from(level.min(6)).unwrap_or(6);
        self.ranges
            .push((BlockKind::Heading { level }, line.start, line.end));
    }

    /// A field at the head of the file, by any of the three's names for it.
    fn field(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let metadata = &mut self.out.metadata;
        match name.to_ascii_lowercase().as_str() {
            "title" => self.out.title = Some(value.to_owned()),
            "author" | "authors" => metadata.authors.push(value.to_owned()),
            "date" | "revdate" => {
                let date = value.trim_matches(['<', '>', '[', ']']);
                let date = date.split_whitespace().next().unwrap_or(date);
                metadata.created = metadata.created.or(front_matter::parse_date(date));
            }
            "language" | "lang" => metadata.language = Some(value.to_owned()),
            "filetags" | "tags" | "keywords" => {
                for tag in value.split([':', ',', ' ', '，', '、']) {
                    tags::add(tag, &mut metadata.tags);
                }
            }
            _ => {}
        }
    }

    fn row(&mut self, line: Line<'a>) {
        self.close();
        self.ranges.push((BlockKind::TableRow, line.start, line.end));
    }

    /// A line of a paragraph or of an item, which may begin there.
    fn flow(&mut self, item: bool, line: Line<'a>) {
        if item {
            self.close();
            self.open = Some((BlockKind::ListItem, line.start, line.end));
            return;
        }
        let kind = match self.open {
            Some((kind @ BlockKind::ListItem, ..)) => kind,
            _ => BlockKind::Paragraph,
        };
        self.join(kind, line);
    }

    fn open_fence(&mut self, fence: Fence<'a>, kind: BlockKind, line: Line<'a>) {
        self.close();
        self.fence = Some(fence);
        self.join(kind, line);
    }

    fn join(&mut self, kind: BlockKind, line: Line<'a>) {
        match &mut self.open {
            Some((open, _, end)) if *open == kind => *end = line.end,
            _ => {
                self.close();
                self.open = Some((kind, line.start, line.end));
            }
        }
    }

    fn close(&mut self) {
        self.ranges.extend(self.open.take());
    }

    fn finish(mut self) -> Outline {
        self.close();
        if self.markup == Markup::Org {
            let mut links = Links::default();
            for (kind, start, end) in &self.ranges {
                if !matches!(kind, BlockKind::Code | BlockKind::Metadata) {
                    links.of_org(&self.text[*start..*end]);
                }
            }
            self.out.metadata.links = links.into_vec();
        }
        let mut lines = LineCursor::new(self.text);
        for (kind, start, end) in self.ranges {
            if let Some((start, end)) = trimmed(self.text, start, end) {
                let locator = lines.locate(start, end);
                self.out.blocks.push(Block {
                    kind,
                    span: TextSpan::new(start, end),
                    locator,
                });
            }
        }
        self.out
    }
}

/// The heading without its tags, `:work:tea:` at its end, and the tags.
fn org_tags(heading: &str) -> (&str, Vec<&str>) {
    let Some((title, last)) = heading.rsplit_once(char::is_whitespace) else {
        return (heading, Vec::new());
    };
    let inner = last.strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
    match inner {
        Some(inner) if !inner.is_empty() && !inner.contains("::") => {
            (title.trim_end(), inner.split(':').collect())
        }
        _ => (heading, Vec::new()),
    }
}

/// The sign that a line is made of, when it is one of those put under headings.
fn adornment(text: &str) -> Option<char> {
    let first = text.chars().next().filter(char::is_ascii_punctuation)?;
    (text.len() >= 3 && text.chars().all(|c| c == first)).then_some(first)
}

fn indent_of(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// True for a line that begins an item: by one of these signs, or by a number.
fn is_item(text: &str, signs: &[&str]) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let numbered =
        (1..=9).contains(&digits) && (text[digits..].starts_with(". ") || text[digits..].starts_with(") "));
    numbered || signs.iter().any(|sign| text.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use rushlight_core::Locator;

    use super::*;
    use crate::parsers::check_blocks;

    fn check(text: &str, markup: Markup, expected: Expect) {
        let parsed = parse(text, markup);
        check_blocks(text, &parsed.blocks).expect("sound");
        let mut out = format!(
            "{:?} {:?} {:?} {:?}\n",
            parsed.title,
            parsed.metadata.authors,
            parsed.metadata.tags,
            parsed.metadata.created.is_some()
        );
        for block in &parsed.blocks {
            let Locator::Lines { first, last } = block.locator else {
                panic!("lines")
            };
            let text = block.span.of(text).expect("in text");
            out.push_str(&format!("{first}-{last} {:?} {text:?}\n", block.kind));
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn org() {
        check(
            "#+TITLE: 茶\n#+AUTHOR: Ada Lin\n#+DATE: <2026-03-01 Sun>\n#+FILETAGS: :drink:\n\nAn introduction.\n* Kinds :work:list:\n:PROPERTIES:\n:ID: 1\n:END:\n- green\n  tea\n- black\n** TODO Prices\n| tea | 3 |\n| milk | 1 |\n#+begin_src rust\nfn main() {}\n\n* not a heading\n#+end_src\n",
            Markup::Org,
            expect![[r##"
                Some("茶") ["Ada Lin"] ["drink", "work", "list"] true
                1-4 Metadata "#+TITLE: 茶\n#+AUTHOR: Ada Lin\n#+DATE: <2026-03-01 Sun>\n#+FILETAGS: :drink:"
                6-6 Paragraph "An introduction."
                7-7 Heading { level: 1 } "* Kinds :work:list:"
                8-10 Metadata ":PROPERTIES:\n:ID: 1\n:END:"
                11-12 ListItem "- green\n  tea"
                13-13 ListItem "- black"
                14-14 Heading { level: 2 } "** TODO Prices"
                15-15 TableRow "| tea | 3 |"
                16-16 TableRow "| milk | 1 |"
                17-21 Code "#+begin_src rust\nfn main() {}\n\n* not a heading\n#+end_src"
            "##]],
        );
    }

    #[test]
    fn ascii_doc() {
        check(
            "= All of tea\nAda Lin\n:keywords: tea, 茶\n\n== Kinds\n\n* green\n** Sencha\n. first\n\n----\n== code\n----\n\n____\nquoted\n____\n\n|===\n|a |b\n|===\n",
            Markup::AsciiDoc,
            expect![[r#"
                Some("All of tea") [] ["tea", "茶"] false
                1-1 Heading { level: 1 } "= All of tea"
                2-2 Paragraph "Ada Lin"
                3-3 Metadata ":keywords: tea, 茶"
                5-5 Heading { level: 2 } "== Kinds"
                7-7 ListItem "* green"
                8-8 ListItem "** Sencha"
                9-9 ListItem ". first"
                11-13 Code "----\n== code\n----"
                15-17 Quote "____\nquoted\n____"
                19-19 TableRow "|==="
                20-20 TableRow "|a |b"
                21-21 TableRow "|==="
            "#]],
        );
    }

    #[test]
    fn restructured_text() {
        check(
            "=======\n 茶の話\n=======\n\n:author: Ada Lin\n:date: 2026-03-01\n\nKinds\n-----\n\nGreen, black::\n\n  brew(3)\n\n  pour()\n\nAfter it.\n\n.. code:: rust\n\n   fn main() {}\n\n* one\n* two\n\nMore\n----\n",
            Markup::ReStructuredText,
            expect![[r#"
                Some("茶の話") ["Ada Lin"] [] true
                1-3 Heading { level: 1 } "=======\n 茶の話\n======="
                5-6 Metadata ":author: Ada Lin\n:date: 2026-03-01"
                8-9 Heading { level: 2 } "Kinds\n-----"
                11-11 Paragraph "Green, black::"
                13-15 Code "brew(3)\n\n  pour()"
                17-17 Paragraph "After it."
                19-21 Code ".. code:: rust\n\n   fn main() {}"
                23-23 ListItem "* one"
                24-24 ListItem "* two"
                26-27 Heading { level: 2 } "More\n----"
            "#]],
        );
    }

    proptest! {
        #[test]
        fn any_text_is_covered(
            text in "([=*#+:|.~_ -]|\n|\n\n|tea|茶|----\n|#\\+begin_src\n|::\n|  x|:end:\n){0,60}"
        ) {
            for markup in [Markup::Org, Markup::AsciiDoc, Markup::ReStructuredText] {
                check_blocks(&text, &parse(&text, markup).blocks)?;
            }
        }
    }
}
