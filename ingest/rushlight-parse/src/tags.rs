//! Tags written in the text, `#like-this`.

/// Adds the tags of `text` to `tags`, each once, in order. A tag begins after white space or an opening bracket, is
/// made of letters, digits, `_`, `-` and `/`, and is not a number.
pub(crate) fn collect(text: &str, tags: &mut Vec<String>) {
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let opens =
            before.is_whitespace() || matches!(before, '(' | '[' | '（' | '「' | '，' | '。' | '、' | ',');
        if c == '#' && opens {
            let rest = &text[at + 1..];
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '/')))
                .unwrap_or(rest.len());
            add(rest[..end].trim_end_matches(['/', '-']), tags);
        }
        before = c;
    }
}

/// Adds one tag, unless it is there or none.
pub(crate) fn add(tag: &str, tags: &mut Vec<String>) {
    let tag = tag.trim().trim_start_matches('#');
    let named = tag.chars().any(|c| c.is_alphabetic());
    if named && tag.chars().count() <= 100 && !tags.iter().any(|known| known == tag) {
        tags.push(tag.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_where_people_write_them() {
        let mut tags = Vec::new();
        collect(
            "#tea and (#work/tea), #茶道，#tea again; issue #12, a#b, C# ## x #green-tea.",
            &mut tags,
        );
        assert_eq!(tags, ["tea", "work/tea", "茶道", "green-tea"]);
    }
}
