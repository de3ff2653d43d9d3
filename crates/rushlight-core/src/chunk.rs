//! Chunks, their embeddings, and the ports that count tokens and compute vectors.

use crate::error::{Error, ErrorCode, Result};
use crate::id::{ChunkId, DocId, EmbeddingKey};
use crate::place::{Locator, TextSpan};

/// A stretch of a document that is found and cited as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Identity within the index.
    pub id: ChunkId,
    /// The document it belongs to.
    pub doc_id: DocId,
    /// Position among the document's chunks, from zero.
    pub ordinal: u32,
    /// Exactly the document's text under `span`.
    pub text: String,
    /// Headings above it, outermost first.
    pub heading_path: Vec<String>,
    /// Where it stands in the document's text.
    pub span: TextSpan,
    /// Where it stands in the original.
    pub locator: Locator,
    /// Length of `text` in tokens of the embedding model.
    pub token_count: u32,
    /// Key of its embedding.
    pub embedding_key: EmbeddingKey,
    /// How sure the recogniser is of what was recognised of it, in per cent; `None` when nothing was.
    pub confidence: Option<u8>,
}

/// Whose words a chunk's are, as far as its document tells. A chunk is of one kind throughout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ChunkOrigin {
    /// Its document's.
    #[default]
    Own,
    /// Of a mail that this one answers or passes on.
    Quote,
    /// What stands below every mail of its sender.
    Signature,
}

/// A vector of unit length.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Scales `values` to unit length.
    ///
    /// # Errors
    /// [`ErrorCode::EmbeddingFailed`] when there is no direction: no values, all zero, or one that is not finite.
    pub fn normalized(mut values: Vec<f32>) -> Result<Self> {
        let norm = values
            .iter()
            .map(|v| f64::from(*v) * f64::from(*v))
            .sum::<f64>()
            .sqrt();
        if !norm.is_finite() || norm == 0.0 {
            return Err(Error::new(
                ErrorCode::EmbeddingFailed,
                format!("a vector of {} values has no direction", values.len()),
            ));
        }
        for value in &mut values {
            *value = (f64::from(*value) / norm) as f32;
        }
        Ok(Self(values))
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Cosine with another vector of the same dimensions, from -1 to 1.
    pub fn cosine(&self, other: &Embedding) -> f32 {
        debug_assert_eq!(
            self.0.len(),
            other.0.len(),
            "cosine needs vectors of the same dimensions"
        );
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// What a text is embedded as. Some models read questions and passages differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedKind {
    /// Something to search for.
    Query,
    /// Something to be found.
    Passage,
}

/// What an embedding model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedderSpec {
    /// Identity of model and weights; two embedders with one id compute the same vectors.
    pub model_id: String,
    /// Dimensions of a vector.
    pub dimensions: usize,
    /// Tokens it can read at once, prefix and special tokens included.
    pub max_tokens: usize,
}

/// Splits text into a model's tokens. Cheap to call; pure.
pub trait TokenCounter: Send + Sync {
    /// Identity of the tokenizer: chunks made with one are made anew under another.
    fn id(&self) -> &str;

    /// The end of each token of `text` in bytes, in order, on character boundaries, special tokens left out.
    fn token_ends(&self, text: &str) -> Vec<usize>;

    /// Number of tokens of `text`, special tokens left out.
    fn count(&self, text: &str) -> usize {
        self.token_ends(text).len()
    }
}

/// Computes vectors. Called from the indexing thread, and for questions from a blocking thread of the runtime.
pub trait Embedder: Send + Sync {
    /// What the model is.
    fn spec(&self) -> &EmbedderSpec;

    /// One vector per text, in order. A text's vector does not depend on the others of the call. Text beyond
    /// [`EmbedderSpec::max_tokens`] is cut off at the end.
    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_of_unit_length_or_refused() {
        let embedding = Embedding::normalized(vec![3.0, 4.0]).expect("has a direction");
        assert_eq!(embedding.values(), [0.6, 0.8]);
        assert!((embedding.cosine(&embedding) - 1.0).abs() < 1e-6);
        for bad in [vec![], vec![0.0, 0.0], vec![f32::NAN, 1.0], vec![f32::INFINITY]] {
            assert_eq!(
                Embedding::normalized(bad).expect_err("refused").code(),
                ErrorCode::EmbeddingFailed
            );
        }
    }
}
