//! An embedder without a model: texts that share words are near, others are not.

use rushlight_core::{EmbedKind, Embedder, EmbedderSpec, Embedding, Result, TokenCounter};

use crate::words::{terms, words};

const DIMENSIONS: usize = 64;
const MAX_TOKENS: usize = 512;

/// A hashed bag of words and pairs of ideographs in 64 dimensions.
///
/// Every word stands for a fixed random direction; a text's vector is the sum of its words'. Two texts without a word
/// in common have a cosine of 0, give or take 0.125; equal texts of 1.
#[derive(Debug)]
pub struct HashEmbedder {
    spec: EmbedderSpec,
}

impl HashEmbedder {
    /// With the model id `hash-64`.
    pub fn new() -> Self {
        Self::named("hash-64")
    }

    /// With another id, to play a change of the model: the vectors change with it.
    pub fn named(model_id: &str) -> Self {
        Self {
            spec: EmbedderSpec {
                model_id: model_id.to_owned(),
                dimensions: DIMENSIONS,
                max_tokens: MAX_TOKENS,
            },
        }
    }

    fn vector(&self, text: &str) -> Result<Embedding> {
        let cut = WordTokenCounter
            .token_ends(text)
            .get(MAX_TOKENS - 1)
            .copied()
            .unwrap_or(text.len());
        let mut sum = vec![0.0f32; DIMENSIONS];
        // A direction shared by every text of this model, so that a text without a word has a vector too.
        self.add(&mut sum, "", 0.01);
        for term in terms(&words(&text[..cut])) {
            // Short Latin words are mostly articles and prepositions.
            let weight = if term.is_ascii() && term.len() <= 3 {
                0.3
            } else {
                1.0
            };
            self.add(&mut sum, &term, weight);
        }
        Embedding::normalized(sum)
    }

    fn add(&self, sum: &mut [f32], term: &str, weight: f32) {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(self.spec.model_id.as_bytes())
            .update(&[0])
            .update(term.as_bytes());
        let bits = hasher.finalize();
        for (index, value) in sum.iter_mut().enumerate() {
            let up = bits.as_bytes()[index / 8] >> (index % 8) & 1 == 1;
            *value += if up { weight } else { -weight };
        }
    }
}

impl Default for HashEmbedder {
    fn default() -> Self {
        Self::new()
    }
}

impl Embedder for HashEmbedder {
    fn spec(&self) -> &EmbedderSpec {
        &self.spec
    }

    fn embed(&self, _kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
        texts.iter().map(|text| self.vector(text)).collect()
    }
}

/// Counts Latin words, single ideographs and every other visible character as one token each.
#[derive(Clone, Copy, Debug, Default)]
pub struct WordTokenCounter;

impl TokenCounter for WordTokenCounter {
    fn id(&self) -> &str {
        "words"
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        let words = words(text);
        let mut ends = Vec::with_capacity(words.len());
        let mut rest = words.iter().peekable();
        for (start, character) in text.char_indices() {
            let end = start + character.len_utf8();
            match rest.peek() {
                Some(word) if word.start <= start => {
                    if word.end == end {
                        ends.push(end);
                        rest.next();
                    }
                }
                _ if character.is_whitespace() => {}
                _ => ends.push(end),
            }
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fakes_keep_their_contracts() {
        crate::contract::embedder(&HashEmbedder::new());
        crate::contract::token_counter(&WordTokenCounter);
    }

    fn cosine(a: &str, b: &str) -> f32 {
        let vectors = HashEmbedder::new()
            .embed(EmbedKind::Passage, &[a, b])
            .expect("never fails");
        vectors[0].cosine(&vectors[1])
    }

    #[test]
    fn texts_that_share_words_are_near() {
        let strangers = [
            "rusty bicycle chain needs oil",
            "invoice overdue since march",
            "腳踏車鏈條生鏽了",
        ];
        for (text, question) in [
            (
                "green tea is steeped at seventy degrees",
                "how hot is green tea steeped",
            ),
            ("綠茶要用七十度的水沖泡", "綠茶用幾度的水"),
        ] {
            let near = cosine(text, question);
            let far = strangers
                .iter()
                .map(|stranger| cosine(text, stranger))
                .sum::<f32>()
                / 3.0;
            assert!(near > 0.3 && near > far + 0.2, "{text}: {near} {far}");
        }
    }

    #[test]
    fn what_lies_beyond_the_limit_is_cut_off() {
        let long = "word ".repeat(512);
        assert!(cosine(&long, &format!("{long} other other other")) > 0.9999);
    }

    #[test]
    fn words_ideographs_and_signs_are_tokens() {
        assert_eq!(
            WordTokenCounter.token_ends("Tea, 綠茶 70°"),
            [3, 4, 8, 11, 14, 16]
        );
        assert_eq!(WordTokenCounter.count(" \n"), 0);
    }
}
