//! Where a link stands in its document's text, with the words around it.

use rushlight_core::{DocLink, LinkKind, TextSpan};

/// Bytes of text that are shown on either side of a link at most.
const AROUND: usize = 120;
/// What a sentence ends with.
const ENDS: [char; 8] = ['.', '!', '?', '。', '！', '？', '；', '…'];

/// The sentence, or what there is of it on the link's own line, around the first place where this link is written;
/// `None` where the text does not show it, as in HTML.
pub(crate) fn context_of(text: &str, link: &DocLink) -> Option<TextSpan> {
    let (start, end) = match link.kind {
        LinkKind::Name => by_name(text, link)?,
        LinkKind::Path => by_path(text, link)?,
    };
    Some(sentence(text, start, end))
}

/// `[[name#place|shown]]`, from the first bracket to the last.
fn by_name(text: &str, link: &DocLink) -> Option<(usize, usize)> {
    let is_it = |inner: &str| {
        let inner = inner.split('|').next().unwrap_or_default().trim_end_matches('\\');
        let (target, fragment) = match inner.split_once('#') {
            Some((target, fragment)) => (target, Some(fragment.trim())),
            None => (inner, None),
        };
        target.trim() == link.target && same_fragment(fragment, link)
    };
    between(text, "[[", "]]", is_it)
}

/// `](path)`, from the bracket of the shown text to the last one.
fn by_path(text: &str, link: &DocLink) -> Option<(usize, usize)> {
    let is_it = |inner: &str| {
        let inner = inner.trim().trim_start_matches('<');
        let path = inner.split(['>', '"']).next().unwrap_or_default().trim();
        let (target, fragment) = match path.split_once('#') {
            Some((target, fragment)) => (target, Some(fragment)),
            None => (path, None),
        };
        decoded(target).trim() == link.target && same_fragment(fragment, link)
    };
    let (start, end) = between(text, "](", ")", is_it).or_else(|| {
        // Org: `[[file:path][shown]]`.
        let is_it = |inner: &str| {
            let path = inner.split("][").next().unwrap_or_default();
            let path = path.strip_prefix("file:").unwrap_or(path);
            path.split("::")
                .next()
                .is_some_and(|path| path.trim() == link.target)
        };
        between(text, "[[", "]]", is_it)
    })?;
    let opening = text[..start]
        .rfind(['[', '\n'])
        .filter(|at| text[*at..].starts_with('['));
    Some((opening.unwrap_or(start), end))
}

fn same_fragment(fragment: Option<&str>, link: &DocLink) -> bool {
    let fragment = fragment.map(decoded).filter(|fragment| !fragment.is_empty());
    fragment.as_deref().map(str::trim) == link.fragment.as_deref()
}

/// The first stretch between these signs that is the one.
fn between(text: &str, open: &str, close: &str, is_it: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find(open) {
        let inner = from + at + open.len();
        let line = text[inner..].find('\n').map_or(text.len(), |at| inner + at);
        if let Some(length) = text[inner..line].find(close)
            && is_it(&text[inner..inner + length])
        {
            return Some((from + at, inner + length + close.len()));
        }
        from = inner;
    }
    None
}

/// `%20` and the like as what they stand for, where that is text.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// The sentence around a stretch, within its line and not longer than can be shown.
fn sentence(text: &str, start: usize, end: usize) -> TextSpan {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let before = &text[line_start..start];
    let from = before
        .char_indices()
        .rev()
        .find(|(at, c)| ends_sentence(&text[line_start + at + c.len_utf8()..], *c))
        .map_or(line_start, |(at, c)| line_start + at + c.len_utf8());
    let after = &text[end..line_end];
    let to = after
        .char_indices()
        .find(|(at, c)| ends_sentence(&text[end + at + c.len_utf8()..], *c))
        .map_or(line_end, |(at, c)| end + at + c.len_utf8());
    let from = from.max(text.ceil_char_boundary(start.saturating_sub(AROUND)));
    let to = to.min(text.floor_char_boundary((end + AROUND).min(text.len())));
    let (from, to) = (from.min(start), to.max(end));
    let shown = &text[from..to];
    let from = from + (shown.len() - shown.trim_start().len());
    TextSpan::new(from, from + shown.trim().len())
}

/// A full stop ends a sentence before white space only: `v1.2` is one word.
fn ends_sentence(rest: &str, c: char) -> bool {
    ENDS.contains(&c) && (!c.is_ascii() || rest.is_empty() || rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: LinkKind, target: &str, fragment: Option<&str>, expected: Option<&str>) {
        let link = DocLink {
            kind,
            target: target.to_owned(),
            fragment: fragment.map(str::to_owned),
            embedded: false,
        };
        let found = context_of(text, &link).map(|span| span.of(text).expect("on boundaries"));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_sentence_of_a_name() {
        let text = "# Day\nIt rained. We had [[Tea#Steeping|green tea]] v1.2 at six! Then home.\n\n茶很好。我喜歡[[綠茶]]，也喜歡水。結束。";
        let name = LinkKind::Name;
        check(
            text,
            name,
            "Tea",
            Some("Steeping"),
            Some("We had [[Tea#Steeping|green tea]] v1.2 at six!"),
        );
        check(text, name, "Tea", None, None);
        check(text, name, "綠茶", None, Some("我喜歡[[綠茶]]，也喜歡水。"));
        check(text, name, "coffee", None, None);
        check("- ![[cup.png]]", name, "cup.png", None, Some("- ![[cup.png]]"));
        check("| [[a\\|b]] |", name, "a", None, Some("| [[a\\|b]] |"));
        check(
            "broken [[ and [[a]]",
            name,
            "a",
            None,
            Some("broken [[ and [[a]]"),
        );
    }

    #[test]
    fn the_sentence_of_a_path() {
        let path = LinkKind::Path;
        let text = "First. See [the tea](../drinks/green%20tea.md#hot%20tea \"title\") now.\nNext.";
        check(
            text,
            path,
            "../drinks/green tea.md",
            Some("hot tea"),
            Some("See [the tea](../drinks/green%20tea.md#hot%20tea \"title\") now."),
        );
        check("[a](<b c.md>)", path, "b c.md", None, Some("[a](<b c.md>)"));
        check(
            "Look: [[file:tea.org::*Green][tea]].",
            path,
            "tea.org",
            None,
            Some("Look: [[file:tea.org::*Green][tea]]."),
        );
        check("a](", path, "x", None, None);
    }

    #[test]
    fn a_long_line_is_cut_around_the_link() {
        let text = format!("{}[[a]]{}", "長".repeat(500), "長".repeat(500));
        let link = DocLink {
            kind: LinkKind::Name,
            target: "a".to_owned(),
            fragment: None,
            embedded: false,
        };
        let span = context_of(&text, &link).expect("there");
        let shown = span.of(&text).expect("on boundaries");
        assert!(
            shown.contains("[[a]]") && shown.len() <= 5 + 2 * AROUND,
            "{}",
            shown.len()
        );
    }
}
