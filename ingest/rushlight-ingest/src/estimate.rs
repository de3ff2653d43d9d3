//! An estimate of tokens for as long as no embedding model is installed.

use rushlight_core::TokenCounter;

/// Bytes of a word without spaces that count as one token. Real vocabularies do better, so that chunks stay below a
/// model's limit.
const BYTES: usize = 4;

/// Counts four bytes of a word, or one wider character, as a token.
#[derive(Clone, Copy, Debug, Default)]
pub struct EstimatedTokens;

impl TokenCounter for EstimatedTokens {
    fn id(&self) -> &str {
        "estimate-1"
    }

    fn token_ends(&self, text: &str) -> Vec<usize> {
        let mut ends = Vec::with_capacity(text.len() / BYTES + 1);
        let mut start = None;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let word = c.is_ascii() && !c.is_whitespace();
            match start {
                Some(from) if !word || end - from > BYTES => {
                    ends.push(at);
                    start = word.then_some(at);
                }
                None if word => start = Some(at),
                _ => {}
            }
            if !word && !c.is_whitespace() {
                ends.push(end);
            }
        }
        if start.is_some() {
            ends.push(text.len());
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_wide_characters_are_counted() {
        assert_eq!(
            EstimatedTokens.token_ends("tea kettles 茶壺."),
            [3, 8, 11, 15, 18, 19]
        );
        assert_eq!(EstimatedTokens.count(" \n"), 0);
    }

    proptest! {
        #[test]
        fn ends_rise_and_lie_on_boundaries(text in any::<String>()) {
            let ends = EstimatedTokens.token_ends(&text);
            prop_assert!(ends.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(ends.iter().all(|end| *end > 0 && text.is_char_boundary(*end)));
            if let Some(last) = ends.last() {
                prop_assert!(text[*last..].trim().is_empty());
            }
        }
    }
}
