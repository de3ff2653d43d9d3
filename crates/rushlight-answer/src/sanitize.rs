//! Generated text as plain text: what could load, link or pretend to be a citation is taken out.

/// The text without `[n]`, HTML, Markdown images and links, addresses, and invisible characters.
///
/// The words of a Markdown link stay, its target goes. An address in running text becomes `…`. What is left has no
/// `](`, no `<` followed by a letter, and nothing that reads `scheme://` or `www.`.
pub fn plain_text(text: &str) -> String {
    let mut plain = visible(text);
    // Taking one thing out can bring another together, so it goes on until nothing changes.
    loop {
        let next = without_marks(&without_addresses(&without_tags(&without_links(
            &without_numbers(&plain),
        ))));
        if next == plain {
            return plain;
        }
        plain = next;
    }
}

/// Without the marks of headings, quotations, emphasis and code; white space in a line is one space.
fn without_marks(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace("**", "").replace("__", "").replace('`', "");
        let line = line.trim_start_matches(|c: char| matches!(c, '#' | '>') || c.is_whitespace());
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The text without characters that show nothing: controls, zero widths, bidirectional overrides, tags.
pub(crate) fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).collect()
}

fn is_invisible(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{ffa0}' => true,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

/// Without `[1]`, `[1, 2]`, `【1】` and `[^1]`: only verified numbers are shown.
fn without_numbers(text: &str) -> String {
    replace_between(text, &[('[', ']'), ('【', '】'), ('［', '］')], |inner| {
        let number = |c: char| c.is_numeric() || matches!(c, ' ' | ',' | '，' | '、' | '-' | '–' | '^');
        (inner.chars().any(char::is_numeric) && inner.chars().all(number)).then(String::new)
    })
}

/// `![a](b)` goes, `[a](b)` and `[a][b]` become `a`.
fn without_links(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("](").or_else(|| rest.find("][")) {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let open = before.rfind('[');
        let (kept, words) = match open {
            Some(open) if before[..open].ends_with('!') => (&before[..open - 1], ""),
            Some(open) => (&before[..open], &before[open + 1..]),
            None => (before, ""),
        };
        plain.push_str(kept);
        plain.push_str(words);
        rest = &after[target_length(after)..];
    }
    plain.push_str(rest);
    plain
}

/// Length of a link's target with its brackets, which may hold brackets of their own; all of it when it does not end.
fn target_length(target: &str) -> usize {
    let (open, close) = if target.starts_with('(') {
        ('(', ')')
    } else {
        ('[', ']')
    };
    let mut depth = 0;
    for (at, c) in target.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
        }
        if depth == 0 {
            return at + c.len_utf8();
        }
    }
    target.len()
}

/// Without HTML and control tokens: from `<` and a letter, `/`, `!`, `?` or `|` to the next `>`, or to the end.
fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let after = &rest[at + 1..];
        if after.starts_with(|c: char| c.is_alphabetic() || matches!(c, '/' | '!' | '?' | '|')) {
            plain.push_str(&rest[..at]);
            rest = after.find('>').map_or("", |end| &after[end + 1..]);
        } else {
            plain.push_str(&rest[..=at]);
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

/// Addresses become `…`: `scheme://…`, `www.…`, `javascript:…`, `data:…`, `mailto:…`.
fn without_addresses(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let is_address_char =
        |c: char| c.is_ascii() && !c.is_ascii_whitespace() && !matches!(c, '<' | '>' | '"' | '`');
    let mut plain = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = ["://", "www.", "javascript:", "data:", "mailto:"]
        .iter()
        .filter_map(|mark| lower[at..].find(mark).map(|found| (at + found, *mark)))
        .min()
    {
        let (found, mark) = found;
        let start = if mark == "://" {
            // The scheme before it.
            let scheme = text[at..found]
                .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-'));
            at + scheme.len()
        } else {
            found
        };
        let after = found + mark.len();
        // `data: 5 GB` is running text.
        if matches!(mark, "data:" | "javascript:" | "mailto:") && !text[after..].starts_with(is_address_char)
        {
            plain.push_str(&text[at..after]);
            at = after;
            continue;
        }
        let length = text[after..]
            .find(|c: char| !is_address_char(c))
            .unwrap_or(text.len() - after);
        // A stop behind an address ends the sentence.
        let length = text[after..after + length]
            .trim_end_matches(['.', ',', ';', ':', '!', '?', ')'])
            .len();
        plain.push_str(&text[at..start]);
        plain.push('…');
        at = after + length;
    }
    plain.push_str(&text[at..]);
    plain
}

/// Replaces bracketed stretches for which `replace` has an answer; they do not nest.
fn replace_between(
    text: &str,
    brackets: &[(char, char)],
    replace: impl Fn(&str) -> Option<String>,
) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, open)) = rest
        .char_indices()
        .find(|(_, c)| brackets.iter().any(|(open, _)| open == c))
    {
        let close = brackets
            .iter()
            .find(|(bracket, _)| *bracket == open)
            .map_or(open, |(_, close)| *close);
        let after = &rest[at + open.len_utf8()..];
        let replaced = after
            .find(close)
            .and_then(|end| Some((end, replace(&after[..end])?)));
        match replaced {
            Some((end, new)) => {
                plain.push_str(rest[..at].trim_end_matches(' '));
                plain.push_str(&new);
                rest = &after[end + close.len_utf8()..];
            }
            None => {
                plain.push_str(&rest[..at + open.len_utf8()]);
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_act_is_taken_out_and_words_stay() {
        for (text, plain) in [
            ("Plain text, 3 < 4.", "Plain text, 3 < 4."),
            ("It began in 1973 [1][2].", "It began in 1973."),
            ("見【3】。", "見。"),
            ("[1, 2] a [x] b", "a [x] b"),
            ("See [the page](http://evil.example/?q=1) now", "See the page now"),
            ("![p](http://evil.example/a.png) done", "done"),
            ("a <img src=x onerror=alert(1)> b", "a b"),
            ("a <script>b", "a b"),
            ("go to https://evil.example/x?y=1. Then", "go to …. Then"),
            ("www.evil.example", "…"),
            ("data: 5 GB", "data: 5 GB"),
            ("java\u{200b}script:alert(1)", "…)"),
            ("[a](java[1]script:alert(1))", "a"),
            ("# **Bold** `code`", "Bold code"),
            ("a\u{202e}b\u{e0041}", "ab"),
        ] {
            assert_eq!(plain_text(text), plain, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_survives(parts in proptest::collection::vec(
            prop_oneof![
                Just("["), Just("]"), Just("("), Just(")"), Just("!"), Just("<"), Just(">"), Just("a"), Just("1"), Just("/"),
                Just("http"), Just("://"), Just("www."), Just("javascript:"), Just(" "), Just("茶"), Just("\u{200b}"), Just("`"),
                Just("【"), Just("】"), Just("**"), Just("#"), Just("\n"),
            ], 0..24)
        ) {
            let plain = plain_text(&parts.concat());
            prop_assert!(!plain.contains("]("), "{}", plain);
            prop_assert!(!plain.contains("://"), "{}", plain);
            prop_assert!(!plain.contains("www."), "{}", plain);
            prop_assert!(!plain.contains("<a") && !plain.contains("</"), "{}", plain);
            prop_assert!(!plain.contains("[1]"), "{}", plain);
            prop_assert_eq!(plain_text(&plain), plain);
        }
    }
}
