//! Whether a title says more than the file's name.

use rushlight_core::{BlockKind, ParsedDocument};

/// False when the document's title is only the name of its file: it is then left out of what is embedded, so that
/// nothing is embedded again when the file gets another name. (The name is searched by word all the same.)
pub fn title_is_embedded(path: &str, document: &ParsedDocument) -> bool {
    let title = document.title.trim();
    !is_name(title, path) || stands_in_text(title, document)
}

/// The file's name without its ending, or that with a number: the third message of a mailbox without a subject.
fn is_name(title: &str, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    let is_number = |rest: &str| {
        rest.strip_prefix(' ')
            .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    };
    [name, stem].iter().any(|name| {
        title
            .strip_prefix(name.trim())
            .is_some_and(|rest| rest.is_empty() || is_number(rest))
    })
}

/// True when a heading or a field of the header (front matter, a mail's subject) is the title.
fn stands_in_text(title: &str, document: &ParsedDocument) -> bool {
    let marks: &[char] = &['#', '*', '_', '`', '=', '"', '\''];
    let bare = |text: &str| -> String {
        let words: Vec<&str> = text
            .trim_matches(|c: char| c.is_whitespace() || marks.contains(&c))
            .split_whitespace()
            .collect();
        words.join(" ")
    };
    let title = bare(title);
    document.blocks.iter().any(|block| {
        let Some(text) = block.span.of(&document.text) else {
            return false;
        };
        match block.kind {
            BlockKind::Heading { .. } => text.lines().next().is_some_and(|line| bare(line) == title),
            BlockKind::Metadata => {
                text.lines()
                    .filter_map(|line| line.split_once(':'))
                    .any(|(field, value)| {
                        ["title", "subject"].contains(&field.trim().to_lowercase().as_str())
                            && bare(value) == title
                    })
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use rushlight_core::{Block, ContentHash, DocMetadata, DocumentKind, Locator, TextSpan};

    use super::*;

    fn check(path: &str, title: &str, kind: BlockKind, text: &str, embedded: bool) {
        let document = ParsedDocument {
            part: String::new(),
            part_key: String::new(),
            content_hash: ContentHash([0; 32]),
            kind: DocumentKind::Note,
            media_type: String::new(),
            title: title.to_owned(),
            metadata: DocMetadata::default(),
            text: text.to_owned(),
            blocks: vec![Block {
                kind,
                span: TextSpan::new(0, text.len()),
                locator: Locator::Whole,
            }],
            lines: Vec::new(),
            recognised: Vec::new(),
            pages: None,
            unreadable_pages: Vec::new(),
            warnings: Vec::new(),
        };
        assert_eq!(title_is_embedded(path, &document), embedded, "{path} {title}");
    }

    #[test]
    fn a_title_that_is_only_the_files_name_is_not_embedded() {
        let paragraph = BlockKind::Paragraph;
        check("tea/oolong.txt", "oolong", paragraph, "oolong is roasted", false);
        check("信/2024.06.mbox", "2024.06 12", paragraph, "x", false);
        check("tea/oolong.txt", "Tea", paragraph, "x", true);
        check("a/oolong.md", "oolong tea", paragraph, "x", true);
        check(".profile", ".profile", paragraph, "x", false);
    }

    #[test]
    fn a_title_that_the_document_states_is_embedded_whatever_the_files_name() {
        let heading = BlockKind::Heading { level: 1 };
        check("烏龍.md", "烏龍", heading, "# 烏龍 #", true);
        check("oolong.md", "oolong", heading, "# About oolong", false);
        check(
            "oolong.md",
            "oolong",
            BlockKind::Metadata,
            "---\ntitle: \"oolong\"\n---",
            true,
        );
        check(
            "oolong.md",
            "oolong",
            BlockKind::Metadata,
            "---\ntags: oolong\n---",
            false,
        );
    }
}
