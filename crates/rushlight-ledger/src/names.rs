//! Names as links are compared by: in one case, composed, with slashes for backslashes.

use unicode_normalization::UnicodeNormalization;

/// The text as names are compared: how it is composed and its case do not count.
pub fn fold_name(text: &str) -> String {
    text.trim()
        .replace('\\', "/")
        .nfc()
        .flat_map(char::to_lowercase)
        .collect()
}

/// The last part of a path, folded: `drinks/Tea.md` → `tea.md`. Empty where there is none.
pub(crate) fn last_part(path: &str) -> String {
    let folded = fold_name(path);
    let path = folded.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// A file's name without its ending: `tea.md` → `tea`, `v1.2.md` → `v1.2`; what has no ending, or nothing before it, as it is.
pub fn without_ending(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && !stem.ends_with('/') && !ending.contains('/') => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_composition() {
        assert_eq!(fold_name(" Cafe\u{301}\\ÄB "), "café/äb");
        assert_eq!(last_part("drinks/Tea.md"), "tea.md");
        assert_eq!(last_part("drinks/"), "drinks");
        assert_eq!(last_part("茶"), "茶");
        assert_eq!(last_part("/"), "");
    }

    #[test]
    fn endings_are_short_and_behind_something() {
        for (name, stem) in [
            ("tea.md", "tea"),
            ("v1.2.md", "v1.2"),
            (".hidden", ".hidden"),
            ("a/.b", "a/.b"),
            ("a.b/c", "a.b/c"),
            ("tea", "tea"),
        ] {
            assert_eq!(without_ending(name), stem);
        }
    }
}
