//! Web pages: the text a reader would see, block by block.

use rushlight_core::{Block, BlockKind, DocMetadata, Locator};
use scraper::node::Element;
use scraper::{Html, Node};
use serde::{Deserialize, Serialize};

use crate::build::TextBuilder;
use crate::mail::markup::{self, Mark};
use crate::{front_matter, tags};

/// Pages up to this size, and no deeper than [`SMALL_DEPTH`], are read in this process: the tree builder's worst
/// case, size times depth, then stays at some megabytes and milliseconds.
const SMALL_BYTES: usize = 64 << 10;
const SMALL_DEPTH: usize = 128;

/// A page, read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Page {
    pub(crate) title: Option<String>,
    pub(crate) metadata: DocMetadata,
    pub(crate) text: String,
    pub(crate) blocks: Vec<Block>,
    /// Text beyond the limit was left out.
    pub(crate) truncated: bool,
}

/// A page on its way from the worker: kinds and texts, from which [`Page`] is built on this side.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageText {
    pub(crate) title: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) date: Option<String>,
    pub(crate) pieces: Vec<(Kind, String)>,
    pub(crate) truncated: bool,
}

/// Who wrote a page, as far as it decides how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Origin {
    /// Anybody.
    Web,
    /// A mail program, which marks what it quotes.
    Mail,
}

/// Kinds of blocks that a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Heading(u8),
    Paragraph,
    ListItem,
    Quote,
    Signature,
    Code,
    TableHeader,
    TableRow,
}

impl From<PageText> for Page {
    fn from(page: PageText) -> Self {
        let mut metadata = DocMetadata {
            authors: page.authors,
            language: page.language,
            created: page.date.as_deref().and_then(front_matter::parse_date),
            ..DocMetadata::default()
        };
        for keyword in &page.keywords {
            tags::add(keyword, &mut metadata.tags);
        }
        let mut builder = TextBuilder::default();
        for (kind, text) in &page.pieces {
            let kind = match *kind {
                Kind::Heading(level) => BlockKind::Heading { level },
                Kind::Paragraph => BlockKind::Paragraph,
                Kind::ListItem => BlockKind::ListItem,
                Kind::Quote => BlockKind::Quote,
                Kind::Signature => BlockKind::Signature,
                Kind::Code => BlockKind::Code,
                Kind::TableHeader => BlockKind::TableHeader,
                Kind::TableRow => BlockKind::TableRow,
            };
            // The tree does not keep where an element stands in the source, so the page is all there is to say.
            builder.push(kind, text, Locator::Whole);
        }
        let (text, blocks) = builder.finish();
        Self {
            title: page.title,
            metadata,
            text,
            blocks,
            truncated: page.truncated,
        }
    }
}

/// True when the page is harmless enough to be read in this process.
pub(crate) fn is_small(source: &str) -> bool {
    source.len() <= SMALL_BYTES && depth(source) <= SMALL_DEPTH
}

/// The encoding that a page states of itself in its first bytes.
pub(crate) fn stated_charset(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase();
    let at = head.find("charset=").map(|at| at + 8)?;
    let name: String = head[at..]
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// Reads a page. At most about `max_text` bytes of text are taken.
pub(crate) fn extract(source: &str, origin: Origin, max_text: usize) -> PageText {
    let html = Html::parse_document(source);
    let mut walk = Walk::new(origin, max_text);
    let mut node = html.tree.root();
    let mut depth = 0usize;
    // By hand rather than by recursion: a tree may be deeper than the stack.
    'down: loop {
        walk.open(depth, node.value());
        if let Some(child) = node.first_child() {
            depth += 1;
            node = child;
            continue;
        }
        loop {
            walk.close(depth, node.value());
            if let Some(sibling) = node.next_sibling() {
                node = sibling;
                continue 'down;
            }
            let Some(parent) = node.parent() else { break 'down };
            depth -= 1;
            node = parent;
        }
    }
    walk.flush();
    walk.page
}

/// How deep elements that need a closing tag are nested at most, counted by tags alone.
fn depth(source: &str) -> usize {
    let bytes = source.as_bytes();
    let (mut open, mut deepest) = (0usize, 0usize);
    for at in memchr::memchr_iter(b'<', bytes) {
        match bytes.get(at + 1) {
            Some(b'/') => open = open.saturating_sub(1),
            Some(b) if b.is_ascii_alphabetic() => {
                let name: Vec<u8> = bytes[at + 1..]
                    .iter()
                    .take(12)
                    .take_while(|b| b.is_ascii_alphanumeric())
                    .copied()
                    .collect();
                const LEFT_OPEN: [&str; 22] = [
                    "p", "li", "td", "tr", "th", "dt", "dd", "option", "br", "img", "hr", "input", "meta",
                    "link", "col", "area", "base", "wbr", "source", "embed", "tbody", "thead",
                ];
                if !LEFT_OPEN
                    .iter()
                    .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
                {
                    open += 1;
                    deepest = deepest.max(open);
                }
            }
            _ => {}
        }
    }
    deepest
}

/// The text without its tags, for a page that no tree could be built of: linear, and never wrong about what is left out.
pub(crate) fn strip_tags(source: &str, max_text: usize) -> PageText {
    let mut text = String::new();
    let mut rest = source;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let hidden = ["<script", "<style"].iter().find(|tag| {
            rest.get(..tag.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(tag))
        });
        let end = match hidden {
            Some(tag) => {
                let closing = format!("</{}", &tag[1..]);
                rest.as_bytes()
                    .windows(closing.len())
                    .position(|window| window.eq_ignore_ascii_case(closing.as_bytes()))
                    .unwrap_or(rest.len())
            }
            None => 0,
        };
        rest = &rest[end..];
        let Some(close) = rest.find('>') else {
            rest = "";
            break;
        };
        rest = &rest[close + 1..];
        text.push('\n');
        if text.len() > max_text {
            break;
        }
    }
    text.push_str(rest);
    let truncated = text.len() > max_text;
    let mut end = max_text.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let pieces = text[..end]
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| (Kind::Paragraph, line.to_owned()))
        .collect();
    PageText {
        pieces,
        truncated,
        ..PageText::default()
    }
}

/// Collects text while the tree is walked in document order. Elements are known by their depth: of those that are
/// open there is one at each.
struct Walk {
    page: PageText,
    origin: Origin,
    max_text: usize,
    taken: usize,
    /// Depth of the element whose content is left out.
    hidden: Option<usize>,
    in_title: bool,
    pending: String,
    /// Open elements that give their text a kind.
    kinds: Vec<(usize, Kind)>,
    /// Depth of the outermost element that holds another mail; zero, which no element has, once all the rest is one.
    quoted: Option<usize>,
    /// Depth of the outermost element that holds a signature.
    signature: Option<usize>,
    /// Depth of the outermost element whose white space counts.
    verbatim: Option<usize>,
}

impl Walk {
    fn new(origin: Origin, max_text: usize) -> Self {
        Self {
            page: PageText::default(),
            origin,
            max_text,
            taken: 0,
            hidden: None,
            in_title: false,
            pending: String::new(),
            kinds: Vec::new(),
            quoted: None,
            signature: None,
            verbatim: None,
        }
    }

    fn open(&mut self, depth: usize, node: &Node) {
        if self.hidden.is_some() {
            return;
        }
        match node {
            Node::Text(text) => self.text(text),
            Node::Element(element) => self.open_element(depth, element),
            _ => {}
        }
    }

    fn open_element(&mut self, depth: usize, element: &Element) {
        let name = element.name();
        if is_hidden(name, element) {
            if name == "meta" {
                self.meta(element);
            }
            self.hidden = Some(depth);
            return;
        }
        if self.origin == Origin::Mail {
            self.open_marked(depth, element);
        }
        match name {
            "html" => {
                self.page.language = element
                    .attr("lang")
                    .map(str::to_owned)
                    .filter(|lang| !lang.is_empty())
            }
            "title" => {
                // Those inside drawings name the drawing.
                self.in_title = self.page.title.is_none();
                if !self.in_title {
                    self.hidden = Some(depth);
                }
            }
            "br" if !self.in_row() => self.pending.push('\n'),
            "br" => self.pending.push(' '),
            "td" | "th" => {
                if !self.pending.trim().is_empty() {
                    self.pending.push_str(" | ");
                }
                if name == "td" {
                    self.not_a_header();
                }
            }
            _ if self.in_row() && name != "tr" && name != "table" => {
                // A block inside a cell must not break the row.
                if !self.pending.ends_with([' ', '\n']) && is_block(name) {
                    self.pending.push(' ');
                }
            }
            _ => {
                if is_block(name) {
                    self.flush();
                }
                if let Some(kind) = kind_of(name) {
                    self.kinds.push((depth, kind));
                }
                if name == "pre" && self.verbatim.is_none() {
                    self.verbatim = Some(depth);
                }
            }
        }
    }

    /// Notes what a mail program marked. What stands in a mark is no part of a row around it.
    fn open_marked(&mut self, depth: usize, element: &Element) {
        let Some(mark) = markup::mark(element) else { return };
        self.flush();
        match mark {
            Mark::QuotedFromHere => self.quoted = Some(0),
            Mark::Quoted => {
                self.quoted.get_or_insert(depth);
                self.kinds.push((depth, Kind::Quote));
            }
            Mark::Signature => {
                self.signature.get_or_insert(depth);
                self.kinds.push((depth, Kind::Signature));
            }
        }
    }

    fn close(&mut self, depth: usize, node: &Node) {
        if let Some(hidden) = self.hidden {
            if hidden == depth {
                self.hidden = None;
            }
            return;
        }
        let Node::Element(element) = node else { return };
        let name = element.name();
        if name == "title" {
            self.in_title = false;
            return;
        }
        let opened_kind = self.kinds.last().is_some_and(|(at, _)| *at == depth);
        if opened_kind || (is_block(name) && !self.in_row()) {
            self.flush();
        }
        while self.kinds.last().is_some_and(|(at, _)| *at == depth) {
            self.kinds.pop();
        }
        for marked in [&mut self.quoted, &mut self.signature] {
            marked.take_if(|at| *at == depth);
        }
        if self.verbatim == Some(depth) {
            self.verbatim = None;
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.page.title.get_or_insert_with(String::new).push_str(text);
            return;
        }
        if self.taken + self.pending.len() + text.len() > self.max_text {
            self.page.truncated = true;
            return;
        }
        if self.verbatim.is_some() {
            self.pending.push_str(text);
            return;
        }
        for (index, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            if index > 0 && !self.pending.is_empty() && !self.pending.ends_with([' ', '\n']) {
                self.pending.push(' ');
            }
            self.pending.push_str(word);
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.pending);
        let text = if self.verbatim.is_some() {
            text.trim_matches('\n')
        } else {
            text.trim()
        };
        if text.trim().is_empty() {
            return;
        }
        self.taken += text.len();
        let kind = match self.kinds.last() {
            _ if self.quoted.is_some() => Kind::Quote,
            _ if self.signature.is_some() => Kind::Signature,
            Some((_, kind)) => *kind,
            None => Kind::Paragraph,
        };
        self.page.pieces.push((kind, text.to_owned()));
    }

    fn in_row(&self) -> bool {
        matches!(self.kinds.last(), Some((_, Kind::TableRow | Kind::TableHeader)))
    }

    /// A row counts as a header until a cell of it is none.
    fn not_a_header(&mut self) {
        if let Some((_, kind @ Kind::TableHeader)) = self.kinds.last_mut() {
            *kind = Kind::TableRow;
        }
    }

    fn meta(&mut self, element: &Element) {
        let name = element
            .attr("name")
            .or_else(|| element.attr("property"))
            .unwrap_or_default();
        let Some(content) = element
            .attr("content")
            .map(str::trim)
            .filter(|content| !content.is_empty())
        else {
            return;
        };
        match name.to_ascii_lowercase().as_str() {
            "author" => self.page.authors.push(content.to_owned()),
            "keywords" => self
                .page
                .keywords
                .extend(content.split(',').map(|word| word.trim().to_owned())),
            "date" | "dc.date" | "article:published_time" => self.page.date = Some(content.to_owned()),
            _ => {}
        }
    }
}

/// What a reader of the page does not see.
fn is_hidden(name: &str, element: &Element) -> bool {
    const UNSEEN: [&str; 18] = [
        "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "audio",
        "video", "meta", "link", "select", "button", "textarea", "datalist", "math",
    ];
    if UNSEEN.contains(&name)
        || element.attr("hidden").is_some()
        || element.attr("aria-hidden") == Some("true")
    {
        return true;
    }
    element.attr("style").is_some_and(|style| {
        let style: String = style
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .to_ascii_lowercase();
        style.contains("display:none")
            || style.contains("visibility:hidden")
            || style.contains("mso-hide:all")
    })
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "nav"
            | "aside"
            | "ul"
            | "ol"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "thead"
            | "tbody"
            | "tfoot"
            | "tr"
            | "caption"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "pre"
            | "blockquote"
            | "figure"
            | "figcaption"
            | "hr"
            | "form"
            | "fieldset"
            | "address"
            | "details"
            | "summary"
            | "body"
            | "center"
    )
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "h1" => Kind::Heading(1),
        "h2" => Kind::Heading(2),
        "h3" => Kind::Heading(3),
        "h4" => Kind::Heading(4),
        "h5" => Kind::Heading(5),
        "h6" => Kind::Heading(6),
        "li" | "dt" | "dd" => Kind::ListItem,
        "blockquote" => Kind::Quote,
        "pre" => Kind::Code,
        "tr" => Kind::TableHeader,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::parsers::check_blocks;

    fn check(source: &str, expected: Expect) {
        let page = Page::from(extract(source, Origin::Web, 1 << 20));
        check_blocks(&page.text, &page.blocks).expect("sound");
        let mut out = format!("title {:?} {:?}\n", page.title, page.metadata);
        for block in &page.blocks {
            out.push_str(&format!(
                "{:?} {:?}\n",
                block.kind,
                block.span.of(&page.text).expect("in text")
            ));
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn marks_of_mail_programs_mean_nothing_elsewhere() {
        let source = "<p class=signature>fn main()</p><div class=gmail_quote>tea</div>";
        let kinds = |origin| -> Vec<Kind> {
            let pieces = extract(source, origin, 1000).pieces;
            pieces.into_iter().map(|(kind, _)| kind).collect()
        };
        assert_eq!(kinds(Origin::Web), [Kind::Paragraph, Kind::Paragraph]);
        assert_eq!(kinds(Origin::Mail), [Kind::Signature, Kind::Quote]);
    }

    #[test]
    fn what_is_seen_is_taken_and_nothing_else() {
        check(
            "<!doctype html><html lang=en><head><title>Tea &amp; toast</title><meta name=author content='Ada Lin'>\
             <meta name=keywords content='tea, toast'><style>p{}</style></head><body><h1>Tea</h1><p>Some <b>bold</b>\n  text<br>\
             and more<script>alert(1)</script></p><p style='display: none'>hidden</p><p hidden>x<p>y</p><div aria-hidden=true>z</div>\
             <ul><li>one<ul><li>two</ul><li>three</ul><blockquote><p>said</blockquote><pre>  a\n  b</pre>\
             <table><tr><th>k<th>v<tr><td><p>1</p><p>2</p><td>3</table>tail</body>",
            expect![[r#"
                title Some("Tea & toast") DocMetadata { authors: ["Ada Lin"], recipients: [], tags: ["tea", "toast"], created: None, language: Some("en"), message_id: None, in_reply_to: None, thread_id: None, list: None, attachments: [], aliases: [], links: [] }
                Heading { level: 1 } "Tea"
                Paragraph "Some bold text\nand more"
                Paragraph "y"
                ListItem "one"
                ListItem "two"
                ListItem "three"
                Quote "said"
                Code "a\n  b"
                TableHeader "k | v"
                TableRow "1 2 | 3"
                Paragraph "tail"
            "#]],
        );
    }

    #[test]
    fn deep_and_large_pages_are_not_small() {
        assert!(is_small("<p>a<p>b"));
        assert!(is_small(&"<li>x".repeat(1000)), "items need no closing tag");
        assert!(!is_small(&"<div>".repeat(200)));
        assert!(!is_small(&"x".repeat(SMALL_BYTES + 1)));
    }

    #[test]
    fn stripping_keeps_what_is_between_tags() {
        let page = strip_tags("<p>one<script>two</script><b>three</b> four < five", 1000);
        let texts: Vec<_> = page.pieces.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["one", "three", "four"]);
        assert!(strip_tags("<p>茶茶茶", 4).truncated);
    }

    #[test]
    fn a_page_states_its_charset() {
        assert_eq!(
            stated_charset(b"<meta charset=\"Big5\">").as_deref(),
            Some("big5")
        );
        assert_eq!(
            stated_charset(b"<meta content='text/html; charset=gb2312'>").as_deref(),
            Some("gb2312")
        );
        assert_eq!(stated_charset(b"<p>"), None);
    }

    proptest! {
        #[test]
        fn any_page_is_read(source in "(</?(p|div|table|tr|td|th|ul|li|pre|title|b|script|svg|br|blockquote|h1)>|<div class=(gmail_quote|gmail_signature)>|<p id=appendonsend>|[a-z茶 \n&;<\"=]){0,60}") {
            let page = Page::from(extract(&source, Origin::Web, 1 << 20));
            check_blocks(&page.text, &page.blocks)?;
            let page = Page::from(strip_tags(&source, 1 << 20));
            check_blocks(&page.text, &page.blocks)?;
        }
    }
}
