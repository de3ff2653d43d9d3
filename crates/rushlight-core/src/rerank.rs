//! Reading question and passage together: slower than comparing vectors, and so kept for the best few hits.

use crate::error::Result;

/// What a reranking model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RerankerSpec {
    /// Identity of model and weights; two rerankers with one id give the same scores.
    pub model_id: String,
    /// Tokens of question and passage together that it reads at once, special tokens included.
    pub max_tokens: usize,
}

/// Says how well each passage answers a question. Computes; called from a blocking thread of the runtime.
pub trait Reranker: Send + Sync {
    /// What the model is.
    fn spec(&self) -> &RerankerSpec;

    /// One finite score per text, in order, higher is better; comparable within one query only. A text's score does not
    /// depend on the others of the call. What is longer than [`RerankerSpec::max_tokens`] is cut off at the passage's end,
    /// not at the question.
    fn rerank(&self, query: &str, texts: &[&str]) -> Result<Vec<f32>>;
}
