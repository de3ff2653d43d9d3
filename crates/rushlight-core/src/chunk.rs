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

impl Chunk {
    /// The chunk without what stands before this byte of its document, on a character's boundary; `None` when nothing is left.
    /// Its identity and its tokens stay those of the whole.
    pub fn beginning_at(mut self, start: usize) -> Option<Self> {
        if start >= self.span.end {
            return None;
        }
        if start > self.span.start {
            let kept = self.text.split_off(start - self.span.start);
            let left_out = std::mem::replace(&mut self.text, kept);
            self.span.start = start;
            if let Locator::Lines { first, .. } = &mut self.locator {
                *first += left_out.matches('\n').count() as u32;
            }
        }
        Some(self)
    }
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

    /// The direction of the sum of these; `None` when there are none, or they cancel out.
    pub fn mean<'a>(embeddings: impl IntoIterator<Item = &'a Embedding>) -> Option<Self> {
        let mut sum: Vec<f32> = Vec::new();
        for Self(values) in embeddings {
            sum.resize(values.len(), 0.0);
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        Self::normalized(sum).ok()
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Cosine with another vector of the same dimensions, from -1 to 1.
    pub fn cosine(&self, other: &Embedding) -> f32 {
        dot(&self.0, &other.0)
    }
}

/// The sum of the products, always added in the same order: sixteen sums side by side, which compilers turn into a few
/// instructions, and then those. All cosines come from here, so that the same two vectors have the same one everywhere.
///
/// # Panics
/// In builds with assertions, when the lengths differ.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    debug_assert_eq!(
        a.len(),
        b.len(),
        "vectors that are compared have the same dimensions"
    );
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// What a text is embedded as. Some models read questions and passages differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedKind {
    /// Something to search for.
    Query,
    /// Something to be found.
    Passage,
    /// The title of something to be found.
    Title,
    /// Something to search for that is as short as a title, to be compared with titles: embedded as they are.
    BriefQuery,
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
    fn a_dot_product_counts_every_value() {
        for length in [0, 1, 15, 16, 17, 40] {
            let ones = vec![1.0; length];
            let numbers: Vec<f32> = (0..length).map(|at| at as f32).collect();
            assert_eq!(dot(&ones, &numbers), numbers.iter().sum::<f32>(), "{length}");
        }
    }

    #[test]
    fn a_mean_lies_between() {
        let towards = |values: [f32; 2]| Embedding::normalized(values.to_vec()).expect("has a direction");
        let (east, north, west) = (towards([1.0, 0.0]), towards([0.0, 1.0]), towards([-1.0, 0.0]));
        assert_eq!(Embedding::mean([&east, &north]), Some(towards([1.0, 1.0])));
        assert_eq!(Embedding::mean([&north]), Some(north));
        assert_eq!(Embedding::mean([&east, &west]), None);
        assert_eq!(Embedding::mean([]), None);
    }

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
