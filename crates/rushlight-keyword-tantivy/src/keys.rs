//! Keys of what is compared as a whole: tags, languages, names.

use rushlight_analysis::{TermKind, analyze};

/// The words and characters of a text, folded, each with the byte of the text where it begins, and whether a space stands
/// before it.
pub(crate) fn folded(text: &str) -> Vec<(String, usize, bool)> {
    let mut last_end = None;
    analyze(text)
        .into_iter()
        .filter(|token| matches!(token.kind, TermKind::Word | TermKind::Single | TermKind::Alone))
        .map(|token| {
            let single = token.kind != TermKind::Word;
            let spaced = !(single && last_end == Some(token.start));
            last_end = single.then_some(token.end);
            (token.term, token.start, spaced)
        })
        .collect()
}

/// A text as it is compared: folded, one space between words. Without any word it is itself.
pub(crate) fn key(text: &str) -> String {
    let mut key = String::new();
    for (term, _, spaced) in folded(text) {
        if spaced && !key.is_empty() {
            key.push(' ');
        }
        key.push_str(&term);
    }
    if key.is_empty() {
        return text.trim().to_lowercase();
    }
    key
}

/// A tag's levels: `a/b` is found as `a` and as `a/b`.
pub(crate) fn tag_terms(tag: &str) -> Vec<String> {
    let mut terms: Vec<String> = Vec::new();
    for level in tag.split('/').map(key).filter(|level| !level.is_empty()) {
        let term = match terms.last() {
            Some(above) => format!("{above}/{level}"),
            None => level,
        };
        terms.push(term);
    }
    terms
}

/// A language tag and its beginnings: `zh-Hant` is found as `zh` and as `zh-hant`.
pub(crate) fn language_terms(tag: &str) -> Vec<String> {
    let tag = tag.trim().to_lowercase().replace('_', "-");
    let ends = tag.match_indices('-').map(|(at, _)| at).chain([tag.len()]);
    ends.filter(|end| *end > 0)
        .map(|end| tag[..end].to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_folded() {
        assert_eq!(key("Green  TEA, café"), "green tea cafe");
        assert_eq!(key("綠茶 與 tea"), key("绿茶 与 Tea"));
        assert_eq!(key("茶"), "茶");
        assert_eq!(key("🍵"), "🍵");
        assert_eq!(tag_terms("Drinks/Green-Tea/"), ["drinks", "drinks/green tea"]);
        assert_eq!(language_terms("zh-Hant-TW"), ["zh", "zh-hant", "zh-hant-tw"]);
        assert_eq!(language_terms(""), [""; 0]);
    }
}
