//! How documents are found by what their titles mean.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use rushlight_core::{DocId, EmbedKind, Embedder, Embedding, KeywordHit, Result, VectorHit};

use crate::background::{Background, without_background};
use crate::features::brief;

/// Documents whose titles are nearest that are looked at.
pub const TITLES: usize = 20;

/// Makes the vectors that titles are compared with. Keeps those of the headings that stand for what all short texts in a
/// script have in common, each computed once.
#[derive(Debug, Default)]
pub struct TitleQueries {
    /// By script, and by whether they are embedded as titles.
    headings: Mutex<HashMap<(Background, bool), Headings>>,
}

type Headings = Arc<Vec<Embedding>>;

impl TitleQueries {
    /// The vector of `query` for titles, without what short texts of its script share. A query as short as a title is compared
    /// with titles as one of them; of a longer one `vector`, which the passages are asked with, is good enough. Computes.
    ///
    /// # Errors
    /// Those of `embedder`.
    pub fn vector(&self, embedder: &dyn Embedder, query: &str, vector: &Embedding) -> Result<Embedding> {
        let is_brief = brief(query) > 0.0;
        let as_title = match is_brief {
            true => embedder.embed(EmbedKind::BriefQuery, &[query])?.pop(),
            false => None,
        };
        let vector = as_title.as_ref().unwrap_or(vector);
        let Some(background) = Background::of(query) else {
            return Ok(vector.clone());
        };
        let key = (background, is_brief);
        let known = self.headings.lock().get(&key).cloned();
        let headings = match known {
            Some(headings) => headings,
            None => {
                let kind = match is_brief {
                    true => EmbedKind::BriefQuery,
                    false => EmbedKind::Query,
                };
                let headings = Arc::new(embedder.embed(kind, background.headings())?);
                self.headings.lock().insert(key, Arc::clone(&headings));
                headings
            }
        };
        Ok(without_background(vector, &headings))
    }
}

/// The documents that nothing but their titles found, in any order.
pub fn found_by_title_alone(
    titles: &HashMap<DocId, f32>,
    words: &[KeywordHit],
    meaning: &[VectorHit],
) -> Vec<DocId> {
    let by_word = words.iter().map(|hit| hit.doc_id);
    let found: HashSet<DocId> = by_word.chain(meaning.iter().map(|hit| hit.doc_id)).collect();
    let alone = titles.keys().filter(|document| !found.contains(document));
    alone.copied().collect()
}

#[cfg(test)]
mod tests {
    use rushlight_core::{ChunkId, EmbedderSpec};

    use super::*;

    /// A text's vector says how it was embedded, and how long it is.
    struct Told {
        spec: EmbedderSpec,
        asked: Mutex<Vec<(EmbedKind, usize)>>,
    }

    impl Embedder for Told {
        fn spec(&self) -> &EmbedderSpec {
            &self.spec
        }

        fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
            self.asked.lock().push((kind, texts.len()));
            let as_title = f32::from(u8::from(kind == EmbedKind::BriefQuery));
            let vector = |text: &&str| Embedding::normalized(vec![1.0, as_title, text.len() as f32 / 100.0]);
            texts.iter().map(vector).collect()
        }
    }

    #[test]
    fn a_brief_query_is_embedded_as_a_title_and_headings_once() {
        let embedder = Told {
            spec: EmbedderSpec {
                model_id: "told".to_owned(),
                dimensions: 3,
                max_tokens: 512,
            },
            asked: Mutex::new(Vec::new()),
        };
        let titles = TitleQueries::default();
        let as_query = Embedding::normalized(vec![1.0, 0.0, 0.0]).expect("has a direction");
        let asked = |query: &str| {
            titles.vector(&embedder, query, &as_query).expect("embeds");
            std::mem::take(&mut *embedder.asked.lock())
        };
        let long = "how hot is the water for green tea";
        assert_eq!(asked(long), [(EmbedKind::Query, 32)]);
        assert_eq!(asked(long), []);
        assert_eq!(
            asked("Environment"),
            [(EmbedKind::BriefQuery, 1), (EmbedKind::BriefQuery, 32)]
        );
        assert_eq!(asked("Endorsements"), [(EmbedKind::BriefQuery, 1)]);
        assert_eq!(
            asked("環境"),
            [(EmbedKind::BriefQuery, 1), (EmbedKind::BriefQuery, 32)]
        );
        assert_eq!(asked("환경"), [(EmbedKind::BriefQuery, 1)]);
    }

    #[test]
    fn what_either_leg_found_was_not_found_by_its_title_alone() {
        let id = |n: u8| DocId([n; 16]);
        let titles = HashMap::from([(id(1), 0.9), (id(2), 0.8), (id(3), 0.7)]);
        let word = KeywordHit {
            chunk_id: ChunkId([9; 16]),
            doc_id: id(1),
            score: 1.0,
        };
        let meant = VectorHit {
            chunk_id: ChunkId([8; 16]),
            doc_id: id(3),
            similarity: 0.5,
        };
        assert_eq!(found_by_title_alone(&titles, &[word], &[meant]), [id(2)]);
    }
}
