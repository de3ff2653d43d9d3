//! The sentence of a passage that is nearest in meaning to what was searched: what there is to mark where no word of the search
//! stands.

use std::sync::Arc;

use rushlight_answer::sentences;
use rushlight_core::{ChunkId, EmbedKind, Embedding, NearestSentence, Principal, Result, TextSpan};
use rushlight_ledger::ChunkRecord;
use rushlight_retrieval::query::Calendar;

use super::{blocking, read};
use crate::document::may_read;
use crate::engine::{Engine, Shared};

/// Stretches of a passage that are compared at most; a table has more lines than a text has sentences.
const STRETCHES: usize = 24;

/// Passages that were found, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentenceRequest {
    /// The asker's principals.
    pub principals: Vec<Principal>,
    /// The query, as it was searched.
    pub query: String,
    /// The passages.
    pub chunks: Vec<ChunkId>,
}

impl Engine {
    /// The sentence of each passage that is nearest to the query in meaning, in the order asked. Passages without a choice are
    /// left out: those of one sentence, those that are gone, and those that the asker may not read. So are all where the query
    /// asks for nothing that has a meaning.
    ///
    /// It takes about as long as to embed the passages anew, and waits for one that is being embedded in the background.
    ///
    /// # Errors
    /// Those of [`Engine::search`] for a query that cannot be read; what the model comes to.
    pub async fn sentences(&self, request: SentenceRequest) -> Result<Vec<NearestSentence>> {
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.nearest_sentences(&request)).await
    }
}

impl Shared {
    fn nearest_sentences(&self, request: &SentenceRequest) -> Result<Vec<NearestSentence>> {
        let calendar = Calendar::at_offset(self.clock.now(), 0);
        let about = read(&request.query, &calendar)?.free_text();
        let mut passages = self.ledger.hydrate(&request.chunks)?;
        passages.retain(|record| may_read(&record.access, &request.principals));
        if about.is_empty() || passages.is_empty() {
            return Ok(Vec::new());
        }
        // Somebody waits: work in the background gives way.
        let _waiting = self.gate.enter();
        let embedder = self.embedder.get()?;
        let query = self.query_vector(&about)?;
        let mut found = Vec::new();
        for passage in passages.iter().filter_map(ChunkRecord::passage) {
            let text = passage.text;
            let stretches = stretches(&text);
            if stretches.len() < 2 {
                continue;
            }
            let texts: Vec<&str> = stretches.iter().map(|span| &text[span.range()]).collect();
            let vectors = embedder.embed(EmbedKind::Passage, &texts)?;
            if let Some(at) = nearest(&query, &vectors) {
                found.push(NearestSentence {
                    chunk_id: passage.id,
                    span: stretches[at],
                    text,
                });
            }
        }
        Ok(found)
    }
}

/// The sentences of a passage without its headings; where there are very many, neighbours together.
fn stretches(text: &str) -> Vec<TextSpan> {
    let mut spans = sentences(text);
    spans.retain(|span| !text[span.range()].starts_with('#'));
    while spans.len() > STRETCHES {
        let join = |pair: &[TextSpan]| TextSpan::new(pair[0].start, pair[pair.len() - 1].end);
        spans = spans.chunks(2).map(join).collect();
    }
    spans
}

/// The nearest of some vectors; of equally near ones the first.
fn nearest(query: &Embedding, vectors: &[Embedding]) -> Option<usize> {
    let cosines = vectors.iter().map(|vector| query.cosine(vector)).enumerate();
    let nearest = cosines.min_by(|(_, a), (_, b)| b.total_cmp(a));
    nearest.map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_is_compared_by_sentences_but_not_by_headings() {
        let text = "# Tea\n\nBoil water. Steep at 70 °C.\n綠茶。";
        let cut: Vec<_> = stretches(text).iter().map(|span| &text[span.range()]).collect();
        assert_eq!(cut, ["Boil water.", "Steep at 70 °C.", "綠茶。"]);
        assert!(stretches("# Tea").is_empty());
    }

    #[test]
    fn many_lines_are_compared_together_and_none_is_left_out() {
        let text: String = (0..100).map(|row| format!("| row {row} | 茶 |\n")).collect();
        let spans = stretches(&text);
        assert!(spans.len() <= STRETCHES && spans.len() > STRETCHES / 2);
        assert_eq!((spans[0].start, spans[spans.len() - 1].end), (0, text.len() - 1));
        assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start));
    }

    #[test]
    fn the_first_of_the_nearest_is_taken() {
        let towards = |values: [f32; 2]| Embedding::normalized(values.to_vec()).expect("has a direction");
        let vectors = [towards([0.0, 1.0]), towards([1.0, 0.1]), towards([1.0, 0.1])];
        assert_eq!(nearest(&towards([1.0, 0.0]), &vectors), Some(1));
        assert_eq!(nearest(&towards([1.0, 0.0]), &[]), None);
    }
}
