//! What is given to the embedding model for a chunk, and the names that follow from it.

use rushlight_core::{ChunkId, DocId, EmbeddingKey};

/// Bytes of a title or heading that are embedded; longer ones are cut.
const LINE_BYTES: usize = 200;
/// Bytes of the heading path that are embedded; the innermost headings are kept.
const PATH_BYTES: usize = 300;

/// Bytes of a text that says by itself what it is about. A title before it would only bring all passages of its document
/// closer to each other: on the retrieval sets of docs/benchmarks.md, whose paragraphs share titles, that cost up to
/// 0.008 of nDCG@10.
const TELLING_BYTES: usize = 600;

/// The text that is embedded for a chunk: its headings on a line, then the text; before them the document's title where
/// the text is short. Long titles and paths are cut, so that the text itself keeps its room in the model. A heading equal
/// to the title says nothing more than the title.
pub fn embedding_text(title: &str, heading_path: &[String], text: &str) -> String {
    let title = cut(title.trim());
    let mut headings: Vec<&str> = Vec::new();
    let mut bytes = 0;
    for heading in heading_path.iter().rev() {
        let heading = cut(heading.trim());
        bytes += heading.len();
        if bytes > PATH_BYTES {
            break;
        }
        if !heading.is_empty() && heading != title {
            headings.push(heading);
        }
    }
    headings.reverse();
    let mut embedded = String::with_capacity(title.len() + bytes + text.len() + 8);
    if !title.is_empty() && text.len() < TELLING_BYTES {
        embedded.push_str(title);
        embedded.push('\n');
    }
    if !headings.is_empty() {
        embedded.push_str(&headings.join(" > "));
        embedded.push('\n');
    }
    embedded.push_str(text);
    embedded
}

/// The text that is embedded for a document's title: the title, long ones cut. A name without spaces is that of a file,
/// whose dashes and underscores stand for them. `None` where no letter is in it.
pub fn title_text(title: &str) -> Option<String> {
    let title = cut(title.trim());
    if !title.contains(char::is_alphabetic) {
        return None;
    }
    if title.contains(char::is_whitespace) {
        return Some(title.to_owned());
    }
    Some(title.replace(['-', '_'], " ").trim().to_owned())
}

/// The key an embedding is kept under: BLAKE3 of the model's id and the embedded text.
pub fn embedding_key(model_id: &str, embedding_text: &str) -> EmbeddingKey {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(model_id.len() as u64).to_le_bytes());
    hasher.update(model_id.as_bytes());
    hasher.update(embedding_text.as_bytes());
    EmbeddingKey(*hasher.finalize().as_bytes())
}

/// A chunk's identity: the first half of BLAKE3 of its document, its embedding key and which occurrence of that key in
/// the document it is, counted from zero. It does not change when text before it does.
pub fn chunk_id(doc_id: DocId, key: EmbeddingKey, occurrence: u32) -> ChunkId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&doc_id.0);
    hasher.update(&key.0);
    hasher.update(&occurrence.to_le_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    ChunkId(id)
}

fn cut(line: &str) -> &str {
    &line[..line.floor_char_boundary(LINE_BYTES)]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn title_headings_and_text_stand_on_lines_of_their_own() {
        let path = ["茶".to_owned(), "Oolong".to_owned(), " ".to_owned()];
        expect![[r#"
            茶
            Oolong
            半發酵。"#]]
        .assert_eq(&embedding_text("茶", &path, "半發酵。"));
        assert_eq!(embedding_text("", &[], "only text"), "only text");
        let long = "綠茶".repeat(100);
        assert_eq!(embedding_text("茶", &path, &long), format!("Oolong\n{long}"));
    }

    #[test]
    fn long_headings_leave_room_for_the_text() {
        let path: Vec<String> = (0..100).map(|n| format!("{n} {}", "題".repeat(100))).collect();
        let embedded = embedding_text(&"t".repeat(10_000), &path, "text");
        assert!(
            embedded.len() < LINE_BYTES + PATH_BYTES + 20,
            "{}",
            embedded.len()
        );
        assert!(embedded.contains("99 題") && embedded.ends_with("\ntext"));
    }

    #[test]
    fn a_title_is_embedded_as_it_is_read() {
        assert_eq!(title_text("  Green tea "), Some("Green tea".to_owned()));
        assert_eq!(title_text("5-3-協作_筆記"), Some("5 3 協作 筆記".to_owned()));
        assert_eq!(
            title_text("State-of-the-art brewing"),
            Some("State-of-the-art brewing".to_owned())
        );
        assert_eq!(title_text("2024-03-05"), None);
        assert_eq!(title_text(""), None);
        assert!(title_text(&"綠茶".repeat(1000)).is_some_and(|text| text.len() <= LINE_BYTES));
    }

    #[test]
    fn keys_and_ids_depend_on_all_they_are_made_of() {
        let key = embedding_key("model", "text");
        assert_eq!(key, embedding_key("model", "text"));
        assert_ne!(key, embedding_key("modelt", "ext"));
        let ids = [
            chunk_id(DocId([0; 16]), key, 0),
            chunk_id(DocId([0; 16]), key, 1),
            chunk_id(DocId([1; 16]), key, 0),
            chunk_id(DocId([0; 16]), embedding_key("model", "other"), 0),
        ];
        assert_eq!(
            ids.iter().collect::<std::collections::HashSet<_>>().len(),
            ids.len()
        );
    }
}
